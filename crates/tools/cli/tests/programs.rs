//! How long programs have, and another year for them: the commands as a user meets them, on a node.

use alloy::primitives::{Address, B256, Bytes, U256, hex};
use client::{
    abi::IArbWasm::activateProgramCall,
    chain::{Chain, OPERATOR, Wallet},
};
use devnode::{Config, Handle};
use programs::{self, ARB_WASM, Life};
use serde_json::{Value, json};
use std::process::{Command, Output};

const DAY: u64 = 86_400;
/// Where the contract is that the programs are found from.
const FRONT: Address = Address::repeat_byte(0xf0);

/// A node with a contract that names two programs in its code and one in its storage.
struct Scene {
    node: Handle,
    chain: Chain,
}

impl Scene {
    async fn open() -> Self {
        let node = devnode::spawn(Config::default()).unwrap();
        let chain = Chain::connect(&node.url()).await.unwrap();
        let scene = Self { node, chain };
        for number in 1..=3 {
            scene.put(program(number), &stylus_code(number)).await;
        }
        let (clone, word) = (program(1), program(2).into_word());
        let front = [&[0x73], clone.as_slice(), &[0x7f], word.as_slice(), &[0x00]].concat();
        scene.put(FRONT, &front).await;
        let mut packed = [7; 32];
        packed[..20].copy_from_slice(program(3).as_slice());
        let slot = json!([FRONT, U256::from(3), B256::from(packed)]);
        scene.ask("anvil_setStorageAt", slot).await;
        scene
    }

    async fn ask(&self, method: &'static str, params: Value) {
        self.chain.request::<Value>(method, params).await.unwrap();
    }

    async fn put(&self, address: Address, code: &[u8]) {
        let params = json!([address, Bytes::copy_from_slice(code)]);
        self.ask("anvil_setCode", params).await;
    }

    async fn activate(&self, number: u8) {
        use alloy::sol_types::SolCall;
        let wallet = Wallet::open(&self.chain, OPERATOR).await.unwrap();
        let call = activateProgramCall {
            program: program(number),
        };
        let ether = U256::from(10).pow(U256::from(18));
        let data = call.abi_encode().into();
        let transaction = wallet.transact(&self.chain, "activate", ARB_WASM, ether, data);
        self.chain.execute(&[transaction.unwrap()]).await.unwrap();
    }

    async fn wait(&self, days: u64) {
        self.chain.advance(days * DAY).await.unwrap();
    }

    /// Days that the programs have, those with the fewest first; none for those that do not run.
    async fn days(&self) -> Vec<Option<u64>> {
        let report = programs::report(&self.chain, &[FRONT]).await.unwrap();
        let days = report.programs.iter().map(|program| match program.life {
            Life::Active { seconds } => Some(seconds.div_ceil(DAY)),
            _ => None,
        });
        days.collect()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let front = FRONT.to_string();
        bulkhead(&[arguments, &[&front, "--rpc-url", &self.node.url()]].concat())
    }

    fn keep_alive(&self, within: &str) -> String {
        let key = OPERATOR.to_string();
        let output = self.run(&["keep-alive", "--within", within, "--private-key", &key]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Outside the checkout, where nothing is written down.
fn bulkhead(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bulkhead"))
        .current_dir(std::env::temp_dir())
        .env_remove("RPC_URL")
        .env_remove("PRIVATE_KEY")
        .args(arguments)
        .output()
        .unwrap()
}

fn program(number: u8) -> Address {
    Address::repeat_byte(0x10 + number)
}

/// Code of a program that returns `number`.
fn stylus_code(number: u8) -> Vec<u8> {
    let wat = format!(
        "(module (memory (export \"memory\") 1 1) (func (export \"user_entrypoint\") (param i32) (result i32) i32.const {number}))"
    );
    let wasm = wat::parse_str(wat).unwrap();
    let mut code = hex!("eff00000").to_vec();
    let params = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &wasm[..], &mut code, &params).unwrap();
    code
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_are_found_and_each_says_how_long_it_has() {
    let scene = Scene::open().await;
    scene.activate(1).await;
    scene.wait(100).await;
    scene.activate(2).await;
    assert_eq!(scene.days().await, [None, Some(265), Some(365)]);
    let output = scene.run(&["programs"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(5), "one does not run: {text}");
    assert!(text.contains("never activated"), "{text}");
    scene.activate(3).await;
    assert_eq!(scene.run(&["programs"]).status.code(), Some(0));
    assert_eq!(
        scene.run(&["programs", "--within", "264"]).status.code(),
        Some(0)
    );
    assert_eq!(
        scene.run(&["programs", "--within", "265"]).status.code(),
        Some(5)
    );

    let json = scene.run(&["programs", "--json"]).stdout;
    let report: Value = serde_json::from_slice(&json).unwrap();
    let first = &report["programs"][0];
    assert_eq!(first["address"], json!(program(1)));
    assert_eq!(first["status"], "active");
    let ends = report["time"].as_u64().unwrap() + first["seconds"].as_u64().unwrap();
    assert_eq!(first["expires"], ends);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_another_year_when_they_need_it_and_may_have_it() {
    let scene = Scene::open().await;
    for number in 1..=3 {
        scene.activate(number).await;
    }
    let text = scene.keep_alive("60");
    assert!(
        text.contains("every program has more than 60 days"),
        "{text}"
    );
    let text = scene.keep_alive("365");
    assert_eq!(text.matches("cannot be prolonged yet").count(), 3, "{text}");
    scene.wait(310).await;
    assert_eq!(scene.run(&["programs"]).status.code(), Some(5));
    let before = scene.chain.balance(Address::ZERO).await.unwrap();
    let text = scene.keep_alive("60");
    assert_eq!(text.matches(" prolonged for ").count(), 3, "{text}");
    assert_eq!(scene.days().await, [Some(365); 3]);
    // What the chain kept is what was said and gas; the rest came back.
    let spent = scene.chain.balance(Address::ZERO).await.unwrap() - before;
    let said: Vec<U256> = text
        .lines()
        .map(|line| line.split(' ').nth(3).unwrap().parse().unwrap())
        .collect();
    let gas = spent - said.iter().sum::<U256>();
    let least = U256::from(3 * 21_000_u64 * 100_000_000);
    assert!(least < gas && gas < least * U256::from(20), "{gas}");
    assert!(
        said[0] < said[1] && said[1] < said[2],
        "demand rises: {said:?}"
    );
    assert_eq!(scene.run(&["programs"]).status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_have_expired_are_activated_again() {
    let scene = Scene::open().await;
    scene.activate(1).await;
    scene.activate(2).await;
    scene.wait(366).await;
    let text = String::from_utf8(scene.run(&["programs"]).stdout).unwrap();
    assert_eq!(text.matches("expired").count(), 2, "{text}");
    let text = scene.keep_alive("0");
    assert_eq!(text.matches(" activated for ").count(), 3, "{text}");
    assert_eq!(scene.days().await, [Some(365); 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_an_exit_code_with_a_reason() {
    let scene = Scene::open().await;
    let url = scene.node.url();
    let nobody = Address::repeat_byte(9).to_string();
    let poor = B256::repeat_byte(5).to_string();
    let front = FRONT.to_string();
    for (arguments, code, reason) in [
        (
            vec!["programs", &nobody, "--rpc-url", &url],
            2,
            "no Stylus program",
        ),
        (
            vec!["programs", "0x12", "--rpc-url", &url],
            2,
            "invalid value",
        ),
        (
            vec!["programs", &nobody, "--rpc-url", "nonsense"],
            2,
            "not the address of a node",
        ),
        (vec!["programs", "--rpc-url", &url], 2, "no addresses given"),
        (
            vec!["programs", &nobody, "--rpc-url", "http://127.0.0.1:1"],
            1,
            "does not answer",
        ),
        (
            vec!["keep-alive", &front, "--rpc-url", &url],
            2,
            "--private-key",
        ),
        (
            vec![
                "keep-alive",
                &front,
                "--rpc-url",
                &url,
                "--private-key",
                "7",
            ],
            2,
            "invalid value",
        ),
        (
            vec![
                "keep-alive",
                &front,
                "--rpc-url",
                &url,
                "--private-key",
                &poor,
            ],
            1,
            "insufficient funds",
        ),
    ] {
        let output = bulkhead(&arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
        assert!(message.contains(reason), "{arguments:?}: {message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

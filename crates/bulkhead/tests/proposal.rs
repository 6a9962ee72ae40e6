//! What the simulation says of a proposal, against what happens when the proposal is carried out on a node.

use alloy::primitives::{Address, B256, Bytes, U256, hex};
use alloy::sol_types::SolCall;
use bulkhead::abi::IMarginVault::{self, Instrument};
use bulkhead::abi::{IOracleGuard, IRiskSteward};
use bulkhead::chain::{Chain, OPERATOR, Transaction, Wallet};
use bulkhead::deploy::{self, Deployment};
use bulkhead::market::{Market, Terms, deposit, rate};
use bulkhead::node::Node;
use bulkhead::orders::{Party, Trade, settle};
use bulkhead::project;
use bulkhead::proposal::decode::{Call, IGovernorLists};
use bulkhead::proposal::impact::{AccountImpact, Impact, Standing};
use bulkhead::proposal::report::Report;
use bulkhead::proposal::system::SystemError;
use bulkhead::proposal::{Options, ProposalError, run};
use bulkhead::units::{number, signed_number, wad};
use std::process::Command;
use tokio::sync::Mutex;

/// Deployments of one process write the same file.
static DEPLOYING: Mutex<()> = Mutex::const_new(());

const PRICE: f64 = 200.0;
const SIZE: f64 = 100.0;
const GAS_MONEY: u64 = 1_000_000_000_000_000_000;
/// Longs by what they deposit; each buys 100 ETH at 200 dollars.
const DEPOSITS: [f64; 3] = [2_000.0, 1_200.0, 10_000.0];
const BOLD: usize = 1;
const TERMS: Terms = Terms {
    maintenance: 0.03,
    initial: 0.05,
    band: 0.02,
    fees: [0.0, 0.0],
    open_interest: 1e6,
    shock: 0.15,
    cover: 50_000.0,
    floor: 1.0,
    ceiling: 100_000.0,
    heartbeat: 86_400,
};

struct Scene {
    _node: Node,
    url: String,
    chain: Chain,
    operator: Wallet,
    deployment: Deployment,
    market: Market,
    longs: Vec<Wallet>,
    short: Wallet,
}

impl Scene {
    /// A market in ETH with three longs and the short opposite to them.
    async fn open() -> Self {
        let root = project::root().unwrap();
        let node = Node::at(None).unwrap();
        let url = node.url();
        let price = (PRICE * 1e8).round() as i128;
        let deployment = {
            let _one_at_a_time = DEPLOYING.lock().await;
            deploy::deploy(&root, &url, price).await.unwrap()
        };
        let chain = Chain::connect(&url).await.unwrap();
        let operator = Wallet::open(&chain, OPERATOR).await.unwrap();
        let listed = [("ETH", deployment.price_feed)];
        let market = Market::create(&chain, &operator, &deployment, &listed, &TERMS)
            .await
            .unwrap();
        market.promote(&chain, &operator, &TERMS).await.unwrap();
        market
            .seed_insurance(&chain, &operator, 1_000_000.0)
            .await
            .unwrap();
        let wallet = |k| Wallet::derived("proposal", k).unwrap();
        let scene = Self {
            longs: (0..DEPOSITS.len() as u64).map(wallet).collect(),
            short: wallet(99),
            _node: node,
            url,
            chain,
            operator,
            deployment,
            market,
        };
        scene.trade().await;
        scene
    }

    async fn trade(&self) {
        self.fund(&self.short, 1_000_000.0).await;
        for (k, long) in self.longs.iter().enumerate() {
            self.fund(long, DEPOSITS[k]).await;
            let trade = Trade {
                seller: Party::main(&self.short),
                buyer: Party::main(long),
                instrument: 1,
                size: wad(SIZE),
                price: wad(PRICE),
                nonce: k as u64 + 1,
                reduce_only: false,
            };
            let settled = settle(&self.chain, self.market.vault, &self.operator, &trade).unwrap();
            self.execute(settled).await;
        }
    }

    async fn fund(&self, wallet: &Wallet, dollars: f64) {
        let gas = self
            .operator
            .transact(
                &self.chain,
                "gas",
                wallet.address(),
                U256::from(GAS_MONEY),
                Bytes::new(),
            )
            .unwrap();
        self.execute(gas).await;
        let steps = deposit(&self.chain, &self.market, wallet, dollars).unwrap();
        self.chain.execute(&steps).await.unwrap();
    }

    async fn execute(&self, transaction: Transaction) {
        self.chain.execute(&[transaction]).await.unwrap();
    }

    async fn instrument(&self) -> Instrument {
        let call = IMarginVault::instrumentCall { instrument: 1 };
        self.chain.call(self.market.vault, &call).await.unwrap()
    }

    async fn stricter(&self) -> IMarginVault::setInstrumentCall {
        IMarginVault::setInstrumentCall {
            instrument: 1,
            parameters: Instrument {
                maintenanceRate: rate(0.07),
                initialRate: rate(0.09),
                ..self.instrument().await
            },
        }
    }

    async fn simulate(
        &self,
        proposal: String,
        to: Option<Address>,
    ) -> Result<Report, ProposalError> {
        run(&self.options(proposal, to)).await
    }

    fn options(&self, proposal: String, to: Option<Address>) -> Options {
        Options {
            proposal,
            to,
            rpc_url: self.url.clone(),
            factory: Some(self.deployment.factory),
            from_block: 0,
            out: None,
        }
    }

    async fn health(&self, account: B256) -> IMarginVault::healthReturn {
        let call = IMarginVault::healthCall { account };
        self.chain.call(self.market.vault, &call).await.unwrap()
    }
}

/// `data` for `target` as it is proposed to a governor.
fn proposed(target: Address, data: Vec<u8>) -> String {
    let call = IGovernorLists::proposeCall {
        targets: vec![target],
        values: vec![U256::ZERO],
        calldatas: vec![data.into()],
        description: "stricter margins".into(),
    };
    hex::encode_prefixed(call.abi_encode())
}

fn account(impact: &Impact, account: B256) -> &AccountImpact {
    let found = impact.accounts.iter().find(|of| of.account == account);
    found.expect("everybody with a position is listed")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_foreseen_is_what_happens() {
    let scene = Scene::open().await;
    let vault = scene.market.vault;
    let stricter = scene.stricter().await;
    let report = scene
        .simulate(proposed(vault, stricter.abi_encode()), None)
        .await
        .unwrap();
    let fields: Vec<&str> = report.changes[0]
        .fields
        .iter()
        .map(|change| change.field.as_str())
        .collect();
    assert_eq!(fields, ["maintenanceRate", "initialRate"]);
    let [impact] = &report.impacts[..] else {
        panic!("one market is concerned")
    };
    // Six sides of 20,000 dollars, at 5 and at 9 %.
    assert_eq!(
        (impact.before.initial, impact.after.initial),
        (6_000.0, 10_800.0)
    );
    assert_eq!(
        (impact.before.accounts, impact.before.below_initial),
        (4, 0)
    );
    assert_eq!(
        (impact.after.below_initial, impact.after.below_maintenance),
        (1, 1)
    );
    let bold = &scene.longs[BOLD];
    let foreseen = account(impact, bold.account());
    assert_eq!(foreseen.before.standing, Standing::Free);
    assert_eq!(foreseen.after.standing, Standing::BelowMaintenance);
    // (1.25 x 1,400 - 1,200) / (1,400 x (1.25 - 0.05))
    assert!((foreseen.after.liquidated_share - 550.0 / 1_680.0).abs() < 1e-9);
    assert!((impact.after.liquidated - 20_000.0 * 550.0 / 1_680.0).abs() < 1e-6);

    // Looking changed nothing.
    assert_eq!(scene.instrument().await.initialRate, rate(0.05));
    let set = scene.operator.call(&scene.chain, vault, &stricter).unwrap();
    scene.execute(set).await;
    for wallet in scene.longs.iter().chain([&scene.short]) {
        let after = account(impact, wallet.account()).after;
        let health = scene.health(wallet.account()).await;
        assert_eq!(after.equity, signed_number(health.equity));
        assert_eq!(after.maintenance, number(health.maintenance));
        assert_eq!(after.initial, number(health.initial));
    }
    let take = IMarginVault::liquidateCall {
        account: bold.account(),
        into: scene.short.account(),
        maxShare: wad(1.0),
    };
    let data: Bytes = take.abi_encode().into();
    let from = Some(scene.short.address());
    let answer = scene.chain.call_raw(from, vault, data).await.unwrap();
    let taken = IMarginVault::liquidateCall::abi_decode_returns(&answer).unwrap();
    assert_eq!(foreseen.after.liquidated_share, number(taken.share));
}

#[tokio::test(flavor = "multi_thread")]
async fn proposals_of_every_kind_are_understood_or_refused_by_name() {
    let scene = Scene::open().await;
    let vault = scene.market.vault;
    let mut broken = scene.stricter().await;
    broken.parameters.maintenanceRate = rate(0.1);
    let error = scene
        .simulate(proposed(vault, broken.abi_encode()), None)
        .await
        .unwrap_err();
    match error {
        ProposalError::System(SystemError::Reverts { target, reason, .. }) => {
            assert_eq!(target, vault);
            assert!(reason.contains("InvalidParameters"), "{reason}");
        }
        other => panic!("{other}"),
    }

    // Bare calldata needs a target; an unknown function is named and not guessed at.
    let bare = hex::encode_prefixed(scene.stricter().await.abi_encode());
    let error = scene.simulate(bare.clone(), None).await.unwrap_err();
    assert!(matches!(error, ProposalError::NoTarget), "{error}");
    let report = scene.simulate(bare, Some(vault)).await.unwrap();
    assert_eq!(report.impacts.len(), 1);
    let report = scene
        .simulate("0x01020304".into(), Some(vault))
        .await
        .unwrap();
    assert_eq!((report.changes.len(), report.other_calls.len()), (0, 1));

    // An agent's step through the steward is the change that it makes in the vault.
    let step = IRiskSteward::adjustCall {
        subject: IRiskSteward::Subject {
            target: vault,
            kind: 1,
            key: B256::with_last_byte(1),
        },
        changes: vec![IRiskSteward::Change {
            field: 2,
            value: wad(0.055),
        }],
    };
    let report = scene
        .simulate(
            hex::encode(step.abi_encode()),
            Some(Address::repeat_byte(1)),
        )
        .await
        .unwrap();
    assert_eq!(report.changes[0].fields[0].after, "0.055");
    assert_eq!(report.impacts[0].after.initial, 6_600.0);
}

/// A range of 5 % is more than the instrument's 3 %, and initial margin is at least 1.25 times what it asks for.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_guard_reaches_the_markets() {
    let scene = Scene::open().await;
    let guard = scene.market.guard;
    let limits = IOracleGuard::setRangeLimitsCall {
        asset: scene.market.contracts[0].asset,
        limits: IOracleGuard::RangeLimits {
            stressed: rate(1.5),
            min: rate(0.05),
            max: rate(0.05),
            confidence: 0,
        },
    };
    let list = serde_json::json!([{ "to": guard, "data": Bytes::from(limits.abi_encode()) }]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), list.to_string()).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let report = scene.simulate(path, None).await.unwrap();
    let Impact { before, after, .. } = &report.impacts[0];
    assert_eq!((before.maintenance, before.initial), (3_600.0, 6_000.0));
    assert_eq!((after.maintenance, after.initial), (6_000.0, 7_500.0));
    assert_eq!((after.below_initial, after.below_maintenance), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_prints_tables_or_json_and_draws() {
    let scene = Scene::open().await;
    let vault = scene.market.vault;
    let folder = tempfile::tempdir().unwrap();
    let proposal = proposed(vault, scene.stricter().await.abi_encode());
    let factory = scene.deployment.factory.to_string();
    let command = |extra: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_bulkhead"))
            .args(["simulate-proposal", &proposal, "--rpc-url", &scene.url])
            .args(["--factory", &factory])
            .args(extra)
            .output()
            .unwrap()
    };
    let tables = command(&["--out", folder.path().to_str().unwrap()]);
    assert!(tables.status.success(), "{tables:?}");
    let text = String::from_utf8(tables.stdout).unwrap();
    assert!(text.contains("is liquidated: 32.7 %"), "{text}");
    assert!(folder.path().join("proposal-0.png").is_file());
    let json = command(&["--json"]);
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["impacts"][0]["after"]["belowMaintenance"], 1);
    assert_eq!(report["impacts"][0]["stress"].as_array().unwrap().len(), 5);
}

#[test]
fn what_cannot_be_read_is_exit_code_2() {
    for proposal in ["0x12", "not calldata", "/no/such/file"] {
        let output = Command::new(env!("CARGO_BIN_EXE_bulkhead"))
            .args([
                "simulate-proposal",
                proposal,
                "--rpc-url",
                "http://127.0.0.1:1",
            ])
            .output()
            .unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.starts_with("bulkhead: "), "{message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

#[test]
fn calls_of_a_list_keep_their_targets() {
    let call = Call {
        to: Some(Address::repeat_byte(4)),
        data: Bytes::from_static(&[1, 2, 3, 4]),
    };
    let text = format!(
        r#"[{{"target":"{}","calldata":"0x01020304"}}]"#,
        Address::repeat_byte(4)
    );
    let read: Vec<Call> = serde_json::from_str(&text).unwrap();
    assert_eq!(read, vec![call]);
}

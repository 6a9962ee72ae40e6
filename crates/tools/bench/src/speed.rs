//! How fast the node is.

use super::{BenchError, artifacts::creation_code};
use alloy::{
    primitives::{Address, Bytes, U256, address, hex},
    sol_types::SolCall,
};
use client::{
    abi::{IArbWasm, IMarginVault, IQuoteToken},
    chain::{Chain, ChainError, OPERATOR, Transaction, Wallet},
    project,
    units::WAD,
};
use serde_json::json;
use stage::market::Market;
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    MemorySection, MemoryType, Module, TypeSection, ValType,
};

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// How long a rate is measured.
const MEASURED: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 8;
const STARTS: u32 = 5;
/// Transactions of the EVM-only workload.
const TRANSFERS: u64 = 3_000;
/// Size of the program whose activation is measured.
const PROGRAM_BYTES: usize = 100_000;

/// Measures start-up, calls, activation, and an EVM-only workload beside anvil.
pub async fn measure(
    root: &Path,
    chain: &Chain,
    market: &Market,
) -> Result<BTreeMap<String, f64>, BenchError> {
    let one = calls_per_second(&chain.url, market.vault, 1).await?;
    let many = calls_per_second(&chain.url, market.vault, CONNECTIONS).await?;
    let mut speed = BTreeMap::from([
        ("node_start_ms".to_owned(), start_milliseconds().await?),
        ("eth_call_vault_totals_1_connection_per_s".to_owned(), one),
        ("eth_call_vault_totals_8_connections_per_s".to_owned(), many),
    ]);
    let (activated, called) = activation_milliseconds(chain).await?;
    speed.insert("activate_100kB_program_ms".to_owned(), activated);
    speed.insert("first_call_of_100kB_program_ms".to_owned(), called);
    let token = creation_code(root, "QuoteToken")?;
    let own = devnode::spawn(devnode::Config::default())?;
    let anvil = Anvil::start(root)?;
    for (name, url) in [("devnode", own.url()), ("anvil", anvil.url.clone())] {
        let (transfers, calls) = evm_workload(&url, &token).await?;
        speed.insert(format!("evm_transfers_{name}_per_s"), transfers);
        speed.insert(format!("evm_eth_call_balanceOf_{name}_per_s"), calls);
    }
    Ok(speed)
}

/// From the order to start until the first answer, on average.
async fn start_milliseconds() -> Result<f64, BenchError> {
    let mut total = Duration::ZERO;
    for _ in 0..STARTS {
        let started = Instant::now();
        let node = devnode::spawn(devnode::Config::default())?;
        Chain::connect(&node.url()).await?;
        total += started.elapsed();
    }
    Ok(total.as_secs_f64() * 1000.0 / f64::from(STARTS))
}

/// Calls of a getter of the vault, one after the other on each of `connections` keep-alive connections.
async fn calls_per_second(
    url: &str,
    vault: Address,
    connections: usize,
) -> Result<f64, BenchError> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let chain = Chain::connect(url).await?;
        tasks.spawn(async move {
            let (started, mut calls) = (Instant::now(), 0_u64);
            while started.elapsed() < MEASURED {
                chain.call(vault, &IMarginVault::totalsCall {}).await?;
                calls += 1;
            }
            Ok::<f64, ChainError>(calls as f64 / started.elapsed().as_secs_f64())
        });
    }
    let mut rate = 0.0;
    for result in tasks.join_all().await {
        rate += result?;
    }
    Ok(rate)
}

/// The time that the node takes for the transaction which activates a new program of `PROGRAM_BYTES`, and for the program's
/// first call.
async fn activation_milliseconds(chain: &Chain) -> Result<(f64, f64), BenchError> {
    let operator = Wallet::open(chain, OPERATOR).await?;
    let wasm = program(U256::from(chain.block_number().await?).to::<u64>());
    let mut code = hex!("eff00000").to_vec();
    code.extend(compress(&wasm)?);
    // A made-up address that nobody has used: the code's own hash.
    let program = Address::from_slice(&alloy::primitives::keccak256(&code)[12..]);
    chain
        .request::<serde_json::Value>("anvil_setCode", json!([program, Bytes::from(code)]))
        .await?;
    let activate = IArbWasm::activateProgramCall { program }
        .abi_encode()
        .into();
    let value = U256::from(WAD / 10);
    let transaction = operator.transact(chain, "activateProgram", ARB_WASM, value, activate)?;
    let started = Instant::now();
    chain.execute(&[transaction]).await?;
    let activated = started.elapsed();
    let started = Instant::now();
    // It reverts, as programs do that return another status than 0; the time is what counts.
    let _ = chain.call_raw(None, program, Bytes::new()).await;
    Ok((
        activated.as_secs_f64() * 1000.0,
        started.elapsed().as_secs_f64() * 1000.0,
    ))
}

fn compress(wasm: &[u8]) -> Result<Vec<u8>, BenchError> {
    const QUALITY: u32 = 11;
    const WINDOW: u32 = 22;
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, 4096, QUALITY, WINDOW);
    let failed = |error: std::io::Error| BenchError::Io {
        what: "brotli".into(),
        reason: error.to_string(),
    };
    writer.write_all(wasm).map_err(failed)?;
    writer.flush().map_err(failed)?;
    drop(writer);
    Ok(out)
}

/// A valid Stylus program of `PROGRAM_BYTES`, different for each `seed`: many functions of arithmetic, and an entrypoint.
fn program(seed: u64) -> Vec<u8> {
    const FUNCTIONS: u32 = 400;
    /// Bytes of one step: two of one byte, two of two bytes, two constants of four.
    const STEP: usize = 14;
    let steps = PROGRAM_BYTES / FUNCTIONS as usize / STEP;
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([ValType::I32], []);
    let mut imports = ImportSection::new();
    imports.import("vm_hooks", "pay_for_memory_grow", EntityType::Function(1));
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for number in 0..FUNCTIONS {
        functions.function(0);
        let mut body = Function::new([]);
        let mut instructions = body.instructions();
        for step in 0..steps {
            let constant =
                100_000 + ((number as usize * 31 + step * 7 + seed as usize) % 61) as i32;
            instructions
                .local_get(0)
                .i32_const(constant)
                .i32_mul()
                .i32_const(constant + 1000)
                .i32_add()
                .local_set(0);
        }
        instructions.local_get(0).end();
        code.function(&body);
    }
    let mut exports = ExportSection::new();
    exports
        .export("user_entrypoint", ExportKind::Func, 1)
        .export("memory", ExportKind::Memory, 0);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: Some(1),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&memories)
        .section(&exports)
        .section(&code);
    module.finish()
}

/// Token transfers and balance queries a second, on a chain of their own.
async fn evm_workload(url: &str, token: &Bytes) -> Result<(f64, f64), BenchError> {
    let chain = Chain::connect(url).await?;
    let operator = Wallet::open(&chain, OPERATOR).await?;
    let target = operator.address().create(0);
    let transaction = operator.create(&chain, "create the token", token.clone())?;
    chain.execute(&[transaction]).await?;
    let amount = U256::from(TRANSFERS);
    let mint = operator.call(
        &chain,
        target,
        &IQuoteToken::mintCall {
            to: operator.address(),
            amount,
        },
    )?;
    chain.execute(&[mint]).await?;
    let transfers = (0..TRANSFERS).map(|k| {
        let to = Address::from_word(alloy::primitives::keccak256(k.to_be_bytes()));
        operator.call(
            &chain,
            target,
            &IQuoteToken::transferCall {
                to,
                amount: U256::ONE,
            },
        )
    });
    let transfers: Vec<Transaction> = transfers.collect::<Result<_, _>>()?;
    let started = Instant::now();
    chain.execute(&transfers).await?;
    let transfer_rate = TRANSFERS as f64 / started.elapsed().as_secs_f64();
    let (started, mut calls) = (Instant::now(), 0_u64);
    while started.elapsed() < MEASURED {
        chain
            .call(
                target,
                &IQuoteToken::balanceOfCall {
                    owner: operator.address(),
                },
            )
            .await?;
        calls += 1;
    }
    Ok((
        transfer_rate,
        calls as f64 / started.elapsed().as_secs_f64(),
    ))
}

/// An anvil on a free port; ends when dropped.
struct Anvil {
    process: Child,
    url: String,
}

impl Anvil {
    fn start(root: &Path) -> Result<Self, BenchError> {
        let path = project::tool(root, "anvil")?;
        let mut process = Command::new(&path)
            .args(["--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| BenchError::io(&path, &error))?;
        let output = process
            .stdout
            .take()
            .ok_or_else(|| BenchError::io(&path, &"no output"))?;
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("Listening on ").map(str::to_owned));
        let anvil = Self {
            process,
            url: address
                .map(|address| format!("http://{address}"))
                .unwrap_or_default(),
        };
        if anvil.url.is_empty() {
            return Err(BenchError::io(&path, &"it ended without listening"));
        }
        // It prints a line for every request, and would stop at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(anvil)
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measured_program_has_the_size_it_says_and_fits_a_contract() {
        let wasm = program(1);
        assert!(
            wasm.len().abs_diff(PROGRAM_BYTES) < PROGRAM_BYTES / 20,
            "{} bytes",
            wasm.len()
        );
        assert_ne!(wasm, program(2), "a new program is compiled anew");
        assert!(compress(&wasm).unwrap().len() < 24_000);
    }
}

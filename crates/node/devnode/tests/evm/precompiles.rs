//! ArbOS's precompiles: outputs, gas, failures.

use alloy::{
    primitives::U256 as Word,
    sol,
    sol_types::{SolCall, SolError, SolEvent},
};
use devnode::evm::{CHAIN_OWNER, Outcome, STYLUS_DEPLOYER, Status};
use revm::{
    context::TxEnv,
    primitives::{Address, B256, U256, address, keccak256},
    state::AccountInfo,
};

use crate::{
    actor::{ACTOR, Act, act},
    assembler::{CALL, DELEGATECALL, STATICCALL, deploying, forwarder},
    common::{ALICE, ARB_WASM, Chain, GAS, NOW, program_address, stylus_code},
};

sol! {
    function activateProgram(address program) payable returns (uint16 version, uint256 dataFee);
    function codehashKeepalive(bytes32 codehash) payable;
    function stylusVersion() view returns (uint16 version);
    function codehashVersion(bytes32 codehash) view returns (uint16 version);
    function programVersion(address program) view returns (uint16 version);
    function programInitGas(address program) view returns (uint64 gas, uint64 gasWhenCached);
    function programMemoryFootprint(address program) view returns (uint16 footprint);
    function programTimeLeft(address program) view returns (uint64 _secs);
    function inkPrice() view returns (uint32 price);
    function maxStackDepth() view returns (uint32 depth);
    function freePages() view returns (uint16 pages);
    function pageGas() view returns (uint16 gas);
    function pageRamp() view returns (uint64 ramp);
    function pageLimit() view returns (uint16 limit);
    function minInitGas() view returns (uint64 gas, uint64 cached);
    function initCostScalar() view returns (uint64 percent);
    function expiryDays() view returns (uint16 _days);
    function keepaliveDays() view returns (uint16 _days);
    function blockCacheSize() view returns (uint16 count);

    function isCacheManager(address manager) view returns (bool);
    function allCacheManagers() view returns (address[] managers);
    function cacheProgram(address addr);
    function evictCodehash(bytes32 codehash);
    function codehashIsCached(bytes32 codehash) view returns (bool);
    function addWasmCacheManager(address manager);
    function removeWasmCacheManager(address manager);
    function setCalldataPriceIncrease(bool enable);

    function arbBlockNumber() view returns (uint256);
    function arbBlockHash(uint256 arbBlockNum) view returns (bytes32);
    function arbChainID() view returns (uint256);
    function arbOSVersion() view returns (uint256);
    function isTopLevelCall() view returns (bool);
    function myCallersAddressWithoutAliasing() view returns (address);
    function mapL1SenderContractAddressToL2Alias(address sender, address unused) pure returns (address);
    function withdrawEth(address destination) payable returns (uint256);
    function getBalance(address account) view returns (uint256);
    function getMinimumGasPrice() view returns (uint256);
    function getL1BaseFeeEstimate() view returns (uint256);
    function isChainOwner(address addr) view returns (bool);

    function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) payable returns (address);

    event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
    event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);
    event L2ToL1Tx(address caller, address indexed destination, uint256 indexed hash, uint256 indexed position, uint256 arbBlockNum, uint256 ethBlockNum, uint256 timestamp, uint256 callvalue, bytes data);
    event ContractDeployed(address deployedContract);

    error ProgramNotWasm();
    error ProgramNotActivated();
    error ProgramExpired(uint64 ageInSeconds);
    error ProgramUpToDate();
    error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
    error ProgramInsufficientValue(uint256 have, uint256 want);
    error InvalidBlockNumber(uint256 requested, uint256 current);
    error ContractInitializationError(address newContract, bytes data);
}

const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
const ARB_INFO: Address = address!("0000000000000000000000000000000000000065");
const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
const ARB_OWNER: Address = address!("0000000000000000000000000000000000000070");
const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

const PROGRAM: Address = address!("00000000000000000000000000000000000ac704");
const PROXY: Address = address!("000000000000000000000000000000000009a0c1");
const ETHER: u64 = 1_000_000_000_000_000_000;
const DAY: u64 = 86_400;

/// Reading ArbOS's version, which opens every call but pure ones.
const OPEN: u64 = 800;
const PARAMS: u64 = 100;

fn ask<C: SolCall>(chain: &mut Chain, to: Address, call: &C) -> C::Return {
    let outcome = chain.call(ALICE, to, call.abi_encode());
    assert_eq!(outcome.status, Status::Success, "{}", C::SIGNATURE);
    C::abi_decode_returns(&outcome.output).expect("its ABI")
}

fn with_value(chain: &Chain, to: Address, call: &impl SolCall, value: u64) -> TxEnv {
    TxEnv {
        value: U256::from(value),
        ..chain.tx(ALICE, to, call.abi_encode())
    }
}

fn intrinsic(data: &[u8]) -> u64 {
    21_000
        + data
            .iter()
            .map(|&byte| if byte == 0 { 4 } else { 16 })
            .sum::<u64>()
}

fn fails_with(outcome: &Outcome, error: &impl SolError) {
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(outcome.output, error.abi_encode());
}

#[test]
fn arb_wasm_tells_the_parameters_of_arbos_51() {
    let mut chain = Chain::new();
    let chain = &mut chain;
    assert_eq!(ask(chain, ARB_WASM, &stylusVersionCall {}), 2);
    assert_eq!(ask(chain, ARB_WASM, &inkPriceCall {}), 10_000);
    assert_eq!(ask(chain, ARB_WASM, &maxStackDepthCall {}), 22_000);
    assert_eq!(ask(chain, ARB_WASM, &freePagesCall {}), 2);
    assert_eq!(ask(chain, ARB_WASM, &pageGasCall {}), 1_000);
    assert_eq!(ask(chain, ARB_WASM, &pageRampCall {}), 620_674_314);
    assert_eq!(ask(chain, ARB_WASM, &pageLimitCall {}), 128);
    let min = ask(chain, ARB_WASM, &minInitGasCall {});
    assert_eq!((min.gas, min.cached), (69 * 128, 11 * 32));
    assert_eq!(ask(chain, ARB_WASM, &initCostScalarCall {}), 100);
    assert_eq!(ask(chain, ARB_WASM, &expiryDaysCall {}), 365);
    assert_eq!(ask(chain, ARB_WASM, &keepaliveDaysCall {}), 31);
    assert_eq!(ask(chain, ARB_WASM, &blockCacheSizeCall {}), 32);
}

#[test]
fn a_method_costs_its_words_the_version_and_what_it_reads() {
    let mut chain = Chain::new();
    let data = stylusVersionCall {}.abi_encode();
    let outcome = chain.send(ALICE, ARB_WASM, data.clone());
    assert_eq!(outcome.gas_used, intrinsic(&data) + OPEN + PARAMS + 3);

    let data = programVersionCall { program: PROGRAM }.abi_encode();
    let outcome = chain.send(ALICE, ARB_WASM, data.clone());
    fails_with(&outcome, &ProgramNotActivated {});
    // One word of arguments, one of error, the code's hash, the program's entry.
    assert_eq!(
        outcome.gas_used,
        intrinsic(&data) + OPEN + PARAMS + 2 * 3 + 2_600 + 800
    );

    // A pure method does not open ArbOS's state.
    let call = mapL1SenderContractAddressToL2AliasCall {
        sender: ALICE,
        unused: ALICE,
    };
    let data = call.abi_encode();
    let outcome = chain.send(ALICE, ARB_SYS, data.clone());
    assert_eq!(outcome.gas_used, intrinsic(&data) + 3 * 3);
}

#[test]
fn a_wrong_call_reverts_without_data_and_takes_all_gas() {
    let mut chain = Chain::new();
    chain.etch(PROXY, forwarder(DELEGATECALL, ARB_WASM));
    let paid = TxEnv {
        value: U256::from(1),
        ..chain.tx(ALICE, ARB_WASM, stylusVersionCall {}.abi_encode())
    };
    for tx in [
        chain.tx(ALICE, ARB_WASM, []),
        chain.tx(ALICE, ARB_WASM, [1, 2, 3]),
        chain.tx(ALICE, ARB_WASM, [1, 2, 3, 4]),
        chain.tx(ALICE, ARB_WASM, &activateProgramCall::SELECTOR[..]),
        paid,
    ] {
        let nonce = chain.tx(ALICE, ARB_WASM, []).nonce;
        let outcome = chain.transact(TxEnv { nonce, ..tx });
        assert_eq!((&outcome.status, outcome.gas_used), (&Status::Revert, GAS));
        assert!(outcome.output.is_empty());
    }
    let delegated = chain.call(ALICE, PROXY, stylusVersionCall {}.abi_encode());
    assert_eq!(delegated.status, Status::Revert);
    chain.etch(PROXY, forwarder(STATICCALL, ARB_WASM));
    let read_only = chain.call(
        ALICE,
        PROXY,
        activateProgramCall { program: PROGRAM }.abi_encode(),
    );
    assert_eq!(read_only.status, Status::Revert);
    assert_eq!(
        chain
            .call(ALICE, PROXY, stylusVersionCall {}.abi_encode())
            .status,
        Status::Success
    );
}

#[test]
fn activation_charges_gas_and_fee_and_refunds_the_rest() {
    let mut chain = Chain::new();
    let code = stylus_code(ACTOR);
    chain.etch(PROGRAM, code.clone());
    let code_hash = keccak256(&code);
    let before = chain.balance(ALICE);
    let call = activateProgramCall { program: PROGRAM };
    let tx = with_value(&chain, ARB_WASM, &call, ETHER);
    let outcome = chain.transact(tx);
    assert_eq!(outcome.status, Status::Success);

    let returned = activateProgramCall::abi_decode_returns(&outcome.output).expect("its ABI");
    assert_eq!(returned.version, 2);
    let fee = returned.dataFee;
    assert!(
        fee > Word::from(10_u64.pow(13)) && fee < Word::from(10_u64.pow(15)),
        "{fee}"
    );
    let price = U256::from(chain.block.basefee);
    let spent = before - chain.balance(ALICE);
    assert_eq!(spent, fee + price * U256::from(outcome.gas_used));
    // Fee and gas both go to the network fee account, which is the zero address.
    assert_eq!(chain.balance(Address::ZERO), spent);
    assert_eq!(chain.balance(ARB_WASM), U256::ZERO);

    let event = ProgramActivated::decode_log(&outcome.logs[0]).expect("the event");
    assert_eq!(
        (event.codehash, event.program, event.dataFee),
        (code_hash, PROGRAM, fee)
    );

    let wasm = stylus_vm::decode_program(&code, 1 << 17).expect("a program");
    let activation = stylus_vm::activate(&wasm, 128, u64::MAX).expect("a valid program");
    // Module hash, demand for data and its time, and the program; read are the old program, the fee's model and who is paid.
    let storage = 4 * 20_000 + 800 * (1 + 5 + 1);
    let event_gas = 375 * 3 + 8 * 4 * 32;
    let words = 3 + 2 * 3;
    let expected = intrinsic(&call.abi_encode())
        + OPEN
        + words
        + 1_659_168
        + PARAMS
        + activation.gas
        + storage
        + event_gas;
    assert_eq!(outcome.gas_used, expected);

    assert_eq!(
        ask(
            &mut chain,
            ARB_WASM,
            &codehashVersionCall {
                codehash: code_hash
            }
        ),
        2
    );
    assert_eq!(
        ask(
            &mut chain,
            ARB_WASM,
            &programMemoryFootprintCall { program: PROGRAM }
        ),
        1
    );
    let gas = ask(
        &mut chain,
        ARB_WASM,
        &programInitGasCall { program: PROGRAM },
    );
    assert!(gas.gas > 69 * 128 + gas.gasWhenCached && gas.gasWhenCached > 352);
    let left = ask(
        &mut chain,
        ARB_WASM,
        &programTimeLeftCall { program: PROGRAM },
    );
    assert!(left <= 365 * DAY && left > 365 * DAY - 3_600, "{left}");
}

#[test]
fn activation_fails_with_nitros_errors() {
    let mut chain = Chain::new();
    let call = activateProgramCall { program: PROGRAM };
    fails_with(&chain.activate(PROGRAM), &ProgramNotWasm {});

    chain.etch(PROGRAM, [0x60, 0x00]);
    let outcome = chain.activate(PROGRAM);
    assert_eq!(
        (&outcome.status, outcome.output.len()),
        (&Status::Revert, 0)
    );
    assert!(outcome.gas_used < 2_000_000);

    chain.etch(
        PROGRAM,
        stylus_code("(module (memory (export \"memory\") 1 1))"),
    );
    let outcome = chain.activate(PROGRAM);
    let Status::Halt(reason) = &outcome.status else {
        panic!("{:?}", outcome.status)
    };
    assert!(
        reason
            .to_string()
            .starts_with("program activation failed: "),
        "{reason}"
    );
    assert_eq!(outcome.gas_used, GAS);

    chain.etch(PROGRAM, stylus_code(ACTOR));
    let tx = with_value(&chain, ARB_WASM, &call, 5);
    let outcome = chain.transact(tx);
    let short = ProgramInsufficientValue::abi_decode(&outcome.output).expect("the error");
    assert_eq!(short.have, Word::from(5));
    let want: u64 = short.want.to();
    let tx = with_value(&chain, ARB_WASM, &call, want);
    assert!(chain.transact(tx).status.is_success());
    fails_with(&chain.activate(PROGRAM), &ProgramUpToDate {});
}

#[test]
fn a_program_that_is_not_active_takes_all_gas() {
    let mut chain = Chain::new();
    chain.etch(PROGRAM, stylus_code(ACTOR));
    let ask = act(Act::Reentrant, PROGRAM, U256::ZERO, &[]);
    let outcome = chain.send(ALICE, PROGRAM, ask.clone());
    let Status::Halt(reason) = &outcome.status else {
        panic!("{:?}", outcome.status)
    };
    assert_eq!(reason.to_string(), "ProgramNotActivated()");
    assert_eq!(outcome.gas_used, GAS);

    assert!(chain.activate(PROGRAM).status.is_success());
    assert!(chain.send(ALICE, PROGRAM, ask.clone()).status.is_success());
    chain.block.timestamp = U256::from(NOW + 366 * DAY);
    let outcome = chain.send(ALICE, PROGRAM, ask.clone());
    let Status::Halt(reason) = &outcome.status else {
        panic!("{:?}", outcome.status)
    };
    assert!(
        reason.to_string().starts_with("ProgramExpired("),
        "{reason}"
    );
    assert!(chain.activate(PROGRAM).status.is_success());
    assert!(chain.send(ALICE, PROGRAM, ask).status.is_success());
}

#[test]
fn an_activation_may_be_prolonged_after_a_month() {
    let mut chain = Chain::new();
    let code = stylus_code(ACTOR);
    chain.etch(PROGRAM, code.clone());
    assert!(chain.activate(PROGRAM).status.is_success());
    let call = codehashKeepaliveCall {
        codehash: keccak256(&code),
    };
    let tx = with_value(&chain, ARB_WASM, &call, ETHER);
    let outcome = chain.transact(tx);
    let error = ProgramKeepaliveTooSoon::abi_decode(&outcome.output).expect("the error");
    assert!(error.ageInSeconds < 3_600);
    chain.block.timestamp = U256::from(NOW + 100 * DAY);
    let tx = with_value(&chain, ARB_WASM, &call, ETHER);
    assert_eq!(chain.transact(tx).logs.len(), 1);
    let left = ask(
        &mut chain,
        ARB_WASM,
        &programTimeLeftCall { program: PROGRAM },
    );
    assert!(left > 365 * DAY - 3_600);
}

/// The fee in wei for `bytes` of code while `demand` bytes, these included, are not paid back: the price of a byte grows by
/// e^x with x the demand over its inertia, as twelve terms of the series have it.
fn fee_at(demand: f64, bytes: f64) -> f64 {
    let x = demand / 21_360_419.0;
    let mut term = 1.0;
    let mut growth = 1.0;
    for k in 1..=12 {
        term *= x / f64::from(k);
        growth += term;
    }
    82_928_201.0 * growth * bytes
}

/// What an activation or a keepalive was charged besides gas.
fn data_fee(outcome: &Outcome) -> f64 {
    assert!(outcome.status.is_success(), "{:?}", outcome.status);
    let log = &outcome.logs[0];
    let fee = ProgramActivated::decode_log(log).map(|event| event.dataFee);
    let fee = fee.or_else(|_| ProgramLifetimeExtended::decode_log(log).map(|event| event.dataFee));
    fee.expect("one of the events").to::<u128>() as f64
}

/// Programs that differ in what they return, and the bytes that activation counts of each.
fn many_programs(chain: &mut Chain, count: u8) -> Vec<(Address, f64)> {
    (0..count)
        .map(|number| {
            let code = stylus_code(&format!(
                "(module (memory (export \"memory\") 1 1) (func (export \"user_entrypoint\") (param i32) (result i32) i32.const {number}))"
            ));
            let wasm = stylus_vm::decode_program(&code, 1 << 17).expect("a program");
            let activation = stylus_vm::activate(&wasm, 128, u64::MAX).expect("a valid program");
            let address = program_address(&format!("burst {number}"));
            chain.etch(address, code);
            (address, f64::from(activation.info.asm_estimate))
        })
        .collect()
}

#[test]
fn a_burst_of_activations_pays_for_demand_that_time_has_not_paid_back() {
    const BYTES_PER_SECOND: f64 = 34_865.0;
    let mut chain = Chain::new();
    let mut demand: f64 = 0.0;
    let mut fees = Vec::new();
    // 300 activations: 150 programs, and again when they have expired.
    for round in 0..2_u64 {
        for (place, (program, bytes)) in (0..).zip(many_programs(&mut chain, 150)) {
            // Two a second.
            chain.block.timestamp = U256::from(NOW + round * 366 * DAY + place / 2);
            let elapsed = if place == 0 {
                f64::MAX
            } else {
                f64::from((place as u32).is_multiple_of(2))
            };
            demand = (demand - BYTES_PER_SECOND * elapsed).max(0.0) + bytes;
            let fee = data_fee(&chain.activate(program));
            let expected = fee_at(demand, bytes);
            assert!(
                (fee / expected - 1.0).abs() < 5e-4,
                "round {round}, activation {place}: {fee} wei, not {expected}"
            );
            fees.push(fee);
        }
    }
    assert_eq!(fees.len(), 300);
    assert!(
        fees[149] > 25.0 * fees[0],
        "{} after {}",
        fees[149],
        fees[0]
    );
    assert_eq!(fees[150], fees[0], "a year pays everything back");
}

#[test]
fn programs_kept_alive_together_pay_for_each_other() {
    let mut chain = Chain::new();
    let programs = many_programs(&mut chain, 2);
    for (program, _) in &programs {
        assert!(chain.activate(*program).status.is_success());
    }
    chain.block.timestamp = U256::from(NOW + 100 * DAY);
    let mut demand = 0.0;
    for (program, bytes) in programs {
        let code = chain.db.cache.accounts[&program].info.code_hash;
        let tx = with_value(
            &chain,
            ARB_WASM,
            &codehashKeepaliveCall { codehash: code },
            ETHER,
        );
        let fee = data_fee(&chain.transact(tx));
        // What is stored of a program is its size in KiB, rounded up.
        let bytes = (bytes / 1_024.0).ceil() * 1_024.0;
        demand += bytes;
        let expected = fee_at(demand, bytes);
        assert!(
            (fee / expected - 1.0).abs() < 5e-4,
            "{fee} wei, not {expected}"
        );
    }
}

#[test]
fn a_reverted_activation_never_was() {
    let mut chain = Chain::new();
    chain.etch(PROGRAM, stylus_code(ACTOR));
    // Calls ArbWasm with its value and calldata, then reverts.
    let mut code = forwarder(CALL, ARB_WASM);
    code.truncate(code.len() - 10);
    code.extend([0x5f, 0x5f, 0xfd]);
    chain.etch(PROXY, code);
    let tx = with_value(
        &chain,
        PROXY,
        &activateProgramCall { program: PROGRAM },
        ETHER,
    );
    let outcome = chain.transact(tx);
    assert_eq!(outcome.status, Status::Revert);
    assert!(outcome.trace.expect("asked for").calls[0].error.is_none());
    let ask = act(Act::Reentrant, PROGRAM, U256::ZERO, &[]);
    assert!(!chain.send(ALICE, PROGRAM, ask).status.is_success());
}

#[test]
fn cached_programs_are_cheaper_to_enter() {
    let mut chain = Chain::new();
    let code = stylus_code(ACTOR);
    chain.etch(PROGRAM, code.clone());
    assert!(chain.activate(PROGRAM).status.is_success());
    let codehash = keccak256(&code);
    chain
        .db
        .insert_account_info(CHAIN_OWNER, AccountInfo::from_balance(U256::from(ETHER)));

    let cache = cacheProgramCall { addr: PROGRAM }.abi_encode();
    let refused = chain.send(ALICE, ARB_WASM_CACHE, cache.clone());
    assert_eq!((&refused.status, refused.gas_used), (&Status::Revert, GAS));

    let add = addWasmCacheManagerCall { manager: ALICE }.abi_encode();
    let refused = chain.send(ALICE, ARB_OWNER, add.clone());
    assert!(matches!(refused.status, Status::Halt(_)));
    let tx = TxEnv {
        gas_limit: 1_000_000,
        ..chain.tx(CHAIN_OWNER, ARB_OWNER, add.clone())
    };
    let added = chain.transact(tx);
    assert_eq!(
        (&added.status, added.gas_used),
        (&Status::Success, intrinsic(&add))
    );
    assert_eq!(
        ask(&mut chain, ARB_WASM_CACHE, &allCacheManagersCall {}),
        [ALICE]
    );

    let gas = ask(
        &mut chain,
        ARB_WASM,
        &programInitGasCall { program: PROGRAM },
    );
    let call = act(Act::Reentrant, PROGRAM, U256::ZERO, &[]);
    let uncached = chain.send(ALICE, PROGRAM, call.clone()).gas_used;
    let cached = chain.send(ALICE, ARB_WASM_CACHE, cache);
    assert_eq!((&cached.status, cached.logs.len()), (&Status::Success, 1));
    assert!(ask(
        &mut chain,
        ARB_WASM_CACHE,
        &codehashIsCachedCall { codehash }
    ));
    let entered = chain.send(ALICE, PROGRAM, call.clone()).gas_used;
    assert_eq!(uncached - entered, gas.gas - gas.gasWhenCached);

    let evicted = chain.send(
        ALICE,
        ARB_WASM_CACHE,
        evictCodehashCall { codehash }.abi_encode(),
    );
    assert_eq!(evicted.status, Status::Success);
    assert_eq!(chain.send(ALICE, PROGRAM, call).gas_used, uncached);
    let remove = removeWasmCacheManagerCall { manager: ALICE }.abi_encode();
    let tx = TxEnv {
        gas_limit: 1_000_000,
        ..chain.tx(CHAIN_OWNER, ARB_OWNER, remove)
    };
    assert!(chain.transact(tx).status.is_success());
    assert!(!ask(
        &mut chain,
        ARB_WASM_CACHE,
        &isCacheManagerCall { manager: ALICE }
    ));
}

#[test]
fn arb_sys_knows_chain_and_callers() {
    let mut chain = Chain::new();
    let chain = &mut chain;
    assert_eq!(ask(chain, ARB_SYS, &arbBlockNumberCall {}), Word::from(7));
    assert_eq!(ask(chain, ARB_SYS, &arbChainIDCall {}), Word::from(412_346));
    assert_eq!(
        ask(chain, ARB_SYS, &arbOSVersionCall {}),
        Word::from(55 + 51)
    );
    let wrong = arbBlockHashCall {
        arbBlockNum: Word::from(7),
    }
    .abi_encode();
    let error = InvalidBlockNumber {
        requested: Word::from(7),
        current: Word::from(7),
    };
    fails_with(&chain.send(ALICE, ARB_SYS, wrong), &error);
    let hash = ask(
        chain,
        ARB_SYS,
        &arbBlockHashCall {
            arbBlockNum: Word::from(6),
        },
    );
    assert_ne!(hash, B256::ZERO);
    let sender = address!("8888000000000000000000000000000000000001");
    let call = mapL1SenderContractAddressToL2AliasCall {
        sender,
        unused: ALICE,
    };
    assert_eq!(
        ask(chain, ARB_SYS, &call),
        address!("9999000000000000000000000000000000001112")
    );

    chain.etch(PROXY, forwarder(CALL, ARB_SYS));
    assert!(ask(chain, ARB_SYS, &isTopLevelCallCall {}));
    assert!(ask(chain, PROXY, &isTopLevelCallCall {}));
    assert_eq!(
        ask(chain, PROXY, &myCallersAddressWithoutAliasingCall {}),
        ALICE
    );
    let above = address!("00000000000000000000000000000000000ab0fe");
    chain.etch(above, forwarder(CALL, PROXY));
    assert!(!ask(chain, above, &isTopLevelCallCall {}));
    assert_eq!(
        ask(chain, above, &myCallersAddressWithoutAliasingCall {}),
        above
    );
}

#[test]
fn withdrawals_burn_and_are_numbered() {
    let mut chain = Chain::new();
    for leaf in 0..5_u64 {
        let call = withdrawEthCall { destination: PROXY };
        let tx = with_value(&chain, ARB_SYS, &call, 1_000);
        let outcome = chain.transact(tx);
        assert_eq!(outcome.output[..], Word::from(leaf).to_be_bytes::<32>()[..]);
        let event = L2ToL1Tx::decode_log(outcome.logs.last().expect("an event")).expect("it");
        assert_eq!(
            (event.position, event.callvalue),
            (Word::from(leaf), Word::from(1_000))
        );
        // Every leaf completes as many nodes as its number ends in binary ones.
        assert_eq!(outcome.logs.len() - 1, leaf.trailing_ones() as usize);
    }
    assert_eq!(chain.balance(ARB_SYS), U256::ZERO);
}

#[test]
fn prices_owners_and_accounts_can_be_asked_for() {
    let mut chain = Chain::new();
    let chain = &mut chain;
    assert_eq!(
        ask(chain, ARB_GAS_INFO, &getMinimumGasPriceCall {}),
        Word::from(100_000_000)
    );
    assert_eq!(
        ask(chain, ARB_GAS_INFO, &getL1BaseFeeEstimateCall {}),
        Word::ZERO
    );
    assert!(ask(
        chain,
        ARB_OWNER_PUBLIC,
        &isChainOwnerCall { addr: CHAIN_OWNER }
    ));
    assert!(!ask(
        chain,
        ARB_OWNER_PUBLIC,
        &isChainOwnerCall { addr: ALICE }
    ));
    let balance = chain.balance(ALICE);
    assert_eq!(
        ask(chain, ARB_INFO, &getBalanceCall { account: ALICE }),
        balance
    );
}

#[test]
fn the_deployer_deploys_activates_and_initialises() {
    let mut chain = Chain::new();
    let init = act(Act::Store, PROXY, U256::from(8), &[7; 32]);
    let call = deployCall {
        bytecode: deploying(&stylus_code(ACTOR)).into(),
        initData: init.clone().into(),
        initValue: Word::ZERO,
        salt: B256::ZERO,
    };
    let before = chain.balance(ALICE);
    let tx = with_value(&chain, STYLUS_DEPLOYER, &call, ETHER);
    let outcome = chain.transact(tx);
    assert_eq!(outcome.status, Status::Success, "{:?}", outcome.trace);
    let event = ContractDeployed::decode_log(outcome.logs.last().expect("an event")).expect("it");
    assert_eq!(event.deployedContract, STYLUS_DEPLOYER.create(1));
    assert_eq!(
        chain.storage(event.deployedContract, 8),
        U256::from_be_bytes([7; 32])
    );
    assert!(
        before - chain.balance(ALICE) < U256::from(ETHER / 100),
        "the rest came back"
    );
    assert_eq!(chain.balance(STYLUS_DEPLOYER), U256::ZERO);

    // The same code needs no second activation; salt and initialisation fix the address.
    let salt = B256::with_last_byte(1);
    let again = deployCall { salt, ..call };
    let tx = with_value(&chain, STYLUS_DEPLOYER, &again, 0);
    let outcome = chain.transact(tx);
    let created = deployCall::abi_decode_returns(&outcome.output).expect("an address");
    let salt = keccak256([salt.as_slice(), &init].concat());
    assert_eq!(
        created,
        STYLUS_DEPLOYER.create2(salt, keccak256(&again.bytecode))
    );

    let failing = act(Act::Revert, PROXY, U256::ZERO, b"no");
    let tx = with_value(
        &chain,
        STYLUS_DEPLOYER,
        &deployCall {
            initData: failing.into(),
            ..again
        },
        0,
    );
    let outcome = chain.transact(tx);
    let error = ContractInitializationError::abi_decode(&outcome.output).expect("the error");
    assert_eq!(error.data[..], b"no"[..]);
}

#[test]
fn the_floor_price_of_calldata_is_off_until_an_owner_wants_it() {
    let mut chain = Chain::new();
    let data = [1; 300];
    let used = chain.send(ALICE, PROXY, data).gas_used;
    assert_eq!(used, 21_000 + 300 * 16);
    chain
        .db
        .insert_account_info(CHAIN_OWNER, AccountInfo::from_balance(U256::from(ETHER)));
    let call = setCalldataPriceIncreaseCall { enable: true }.abi_encode();
    let tx = TxEnv {
        gas_limit: 1_000_000,
        ..chain.tx(CHAIN_OWNER, ARB_OWNER, call)
    };
    assert!(chain.transact(tx).status.is_success());
    assert_eq!(chain.send(ALICE, PROXY, data).gas_used, 21_000 + 300 * 40);
}

//! A chain in memory, just enough of one to run programs against.
#![allow(dead_code, reason = "every test file uses its own part")]

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use stylus_vm::{
    AccountState, CallKind, CallRequest, CallResult, CompiledProgram, CreateRequest, CreateResult,
    EvmApi, EvmData, Outcome, PageCount, SlotState, Status, StylusConfig, StylusParams,
    call_program, run,
};

pub const SENDER: Address = address!("00000000000000000000000000000000000000aa");
pub const PROGRAM: Address = address!("00000000000000000000000000000000000000bb");
pub const OTHER: Address = address!("00000000000000000000000000000000000000cc");
pub const GAS: u64 = 10_000_000;

/// Code of an account.
#[derive(Clone, Default)]
pub enum Code {
    #[default]
    None,
    /// Bytes that nothing runs.
    Plain(Bytes),
    Program(CompiledProgram),
}

#[derive(Clone, Default)]
pub struct Account {
    pub balance: U256,
    pub code: Code,
    pub nonce: u64,
}

/// State of the chain and of the transaction that runs.
#[derive(Clone, Default)]
pub struct World {
    pub accounts: BTreeMap<Address, Account>,
    pub committed: BTreeMap<(Address, B256), B256>,
    pub storage: BTreeMap<(Address, B256), B256>,
    pub transient: BTreeMap<(Address, B256), B256>,
    pub warm_slots: BTreeSet<(Address, B256)>,
    pub warm_accounts: BTreeSet<Address>,
    pub logs: Vec<(Address, Vec<B256>, Bytes)>,
    pub refund: i64,
    pub pages: PageCount,
    /// Every call and creation that a program made.
    pub calls: Vec<CallRequest>,
    pub creates: Vec<CreateRequest>,
    /// What creations give.
    pub create_result: CreateResult,
}

/// A frame of execution.
pub struct Frame<'a> {
    pub world: &'a mut World,
    pub acting: Address,
    pub caller: Address,
    pub value: U256,
    pub is_static: bool,
    pub depth: usize,
}

impl World {
    pub fn with_program(wat: &str) -> Self {
        let mut world = Self::default();
        world.install(PROGRAM, wat);
        world
    }

    pub fn install(&mut self, at: Address, wat: &str) {
        self.accounts.insert(
            at,
            Account {
                code: Code::Program(compile(wat)),
                nonce: 1,
                ..Account::default()
            },
        );
    }

    pub fn slot(&self, at: Address, key: u64) -> U256 {
        self.storage
            .get(&(at, U256::from(key).into()))
            .copied()
            .unwrap_or_default()
            .into()
    }

    pub fn set_slot(&mut self, at: Address, key: u64, value: u64) {
        let (key, value) = (
            (at, B256::from(U256::from(key))),
            B256::from(U256::from(value)),
        );
        self.storage.insert(key, value);
        self.committed.insert(key, value);
    }

    pub fn frame(&mut self) -> Frame<'_> {
        Frame {
            world: self,
            acting: PROGRAM,
            caller: SENDER,
            value: U256::ZERO,
            is_static: false,
            depth: 1,
        }
    }

    /// Runs the program at [`PROGRAM`] without the price of entering it.
    pub fn run(&mut self, args: &[u8]) -> Outcome {
        self.run_with(args, GAS)
    }

    pub fn run_with(&mut self, args: &[u8], gas: u64) -> Outcome {
        run_in(&mut self.frame(), args, gas)
    }

    /// Runs the program at a price of one ink per gas, so that gas tells the ink that it used.
    pub fn ink_of(&mut self, args: &[u8]) -> (Outcome, u64) {
        const INK: u64 = 1_000_000_000_000;
        let config = StylusConfig {
            ink_price: 1,
            ..StylusParams::default().config()
        };
        let outcome = run_at(&mut self.frame(), args, INK, &config);
        let used = INK - outcome.gas_left;
        (outcome, used)
    }

    pub fn run_static(&mut self, args: &[u8]) -> Outcome {
        let mut frame = self.frame();
        frame.is_static = true;
        run_in(&mut frame, args, GAS)
    }

    /// A whole transaction to `to`, without the intrinsic gas: how it ended and its gas, refund taken off.
    pub fn transact(&mut self, to: Address, input: &[u8], intrinsic: u64) -> (Outcome, u64) {
        let gas = 30_000_000;
        self.committed = self.storage.clone();
        self.transient.clear();
        self.warm_slots.clear();
        self.warm_accounts = [SENDER, to].into();
        (self.refund, self.pages) = (0, PageCount::default());
        let request = CallRequest {
            kind: CallKind::Call,
            target: to,
            value: U256::ZERO,
            input: Bytes::copy_from_slice(input),
            gas_limit: gas,
        };
        let mut outer = Frame {
            world: self,
            acting: SENDER,
            caller: SENDER,
            value: U256::ZERO,
            is_static: false,
            depth: 0,
        };
        let outcome = outer.enter(&request);
        let used = gas - outcome.gas_left;
        let refund = (self.refund.max(0) as u64).min((used + intrinsic) / 5);
        (outcome, used - refund)
    }
}

fn run_in(frame: &mut Frame<'_>, args: &[u8], gas: u64) -> Outcome {
    run_at(frame, args, gas, &StylusParams::default().config())
}

fn run_at(frame: &mut Frame<'_>, args: &[u8], gas: u64, config: &StylusConfig) -> Outcome {
    let Some(Account {
        code: Code::Program(program),
        ..
    }) = frame.world.accounts.get(&PROGRAM)
    else {
        panic!("no program is installed")
    };
    let (program, data) = (program.clone(), frame.data());
    run(&program, args, frame, &data, config, gas)
}

impl Frame<'_> {
    pub fn data(&self) -> EvmData {
        EvmData {
            arbos_version: 51,
            block_basefee: U256::from(100_000_000),
            chain_id: 412_346,
            block_coinbase: address!("00000000000000000000000000000000000000c0"),
            block_gas_limit: 1_125_899_906_842_624,
            block_number: 19_000_001,
            block_timestamp: 1_700_000_000,
            contract_address: self.acting,
            msg_sender: self.caller,
            msg_value: self.value,
            tx_gas_price: U256::from(100_000_001),
            tx_origin: SENDER,
            reentrant: false,
        }
    }

    /// Runs what is called, and undoes what it did if it fails.
    fn enter(&mut self, request: &CallRequest) -> Outcome {
        let nothing = |gas_left| Outcome {
            status: Status::Success,
            output: Bytes::new(),
            gas_left,
        };
        if self.depth >= 1_024 {
            return Outcome {
                status: Status::Revert,
                ..nothing(request.gas_limit)
            };
        }
        let before = self.world.clone();
        let account = self
            .world
            .accounts
            .get(&request.target)
            .cloned()
            .unwrap_or_default();
        let Code::Program(program) = account.code else {
            return nothing(request.gas_limit);
        };
        let delegate = request.kind == CallKind::Delegate;
        let mut frame = Frame {
            acting: if delegate {
                self.acting
            } else {
                request.target
            },
            caller: if delegate { self.caller } else { self.acting },
            value: if delegate { self.value } else { request.value },
            is_static: self.is_static || request.kind == CallKind::Static,
            depth: self.depth + 1,
            world: self.world,
        };
        let data = frame.data();
        let params = StylusParams::default();
        let outcome = call_program(
            &program,
            false,
            &request.input,
            &mut frame,
            &data,
            &params,
            request.gas_limit,
        );
        if outcome.status != Status::Success {
            let pages = self.world.pages;
            let calls = std::mem::take(&mut self.world.calls);
            *self.world = World {
                pages,
                calls,
                ..before
            };
        }
        outcome
    }
}

impl EvmApi for Frame<'_> {
    fn is_static(&self) -> bool {
        self.is_static
    }

    fn load_slot(&mut self, key: B256) -> SlotState {
        let key = (self.acting, key);
        SlotState {
            original: self.world.committed.get(&key).copied().unwrap_or_default(),
            present: self.world.storage.get(&key).copied().unwrap_or_default(),
            is_cold: self.world.warm_slots.insert(key),
        }
    }

    fn store_slot(&mut self, key: B256, value: B256) {
        assert!(!self.is_static, "written in a static frame");
        assert!(
            self.world.warm_slots.contains(&(self.acting, key)),
            "written before it was loaded"
        );
        self.world.storage.insert((self.acting, key), value);
    }

    fn add_refund(&mut self, delta: i64) {
        self.world.refund += delta;
    }

    fn load_transient(&mut self, key: B256) -> B256 {
        self.world
            .transient
            .get(&(self.acting, key))
            .copied()
            .unwrap_or_default()
    }

    fn store_transient(&mut self, key: B256, value: B256) {
        assert!(!self.is_static, "written in a static frame");
        self.world.transient.insert((self.acting, key), value);
    }

    fn load_account(&mut self, address: Address) -> AccountState {
        let is_cold = self.world.warm_accounts.insert(address);
        let Some(account) = self.world.accounts.get(&address).cloned() else {
            return AccountState {
                is_empty: true,
                is_cold,
                ..AccountState::default()
            };
        };
        let has_code = !matches!(account.code, Code::None);
        AccountState {
            balance: account.balance,
            code_hash: keccak256(self.account_code(address)),
            is_empty: !has_code && account.balance.is_zero() && account.nonce == 0,
            is_cold,
        }
    }

    fn account_code(&mut self, address: Address) -> Bytes {
        match self
            .world
            .accounts
            .get(&address)
            .map(|account| &account.code)
        {
            Some(Code::Plain(code)) => code.clone(),
            Some(Code::Program(_)) => Bytes::from_static(&[0xef, 0xf0, 0, 0, 1]),
            Some(Code::None) | None => Bytes::new(),
        }
    }

    fn call(&mut self, request: CallRequest) -> CallResult {
        self.world.calls.push(request.clone());
        let outcome = self.enter(&request);
        CallResult {
            success: outcome.status == Status::Success,
            output: outcome.output,
            gas_left: outcome.gas_left,
        }
    }

    fn create(&mut self, request: CreateRequest) -> CreateResult {
        self.world.creates.push(request);
        self.world.create_result.clone()
    }

    fn emit_log(&mut self, topics: &[B256], data: Bytes) {
        assert!(!self.is_static, "log in a static frame");
        self.world.logs.push((self.acting, topics.to_vec(), data));
    }

    fn pages(&self) -> PageCount {
        self.world.pages
    }

    fn set_pages(&mut self, pages: PageCount) {
        self.world.pages = pages;
    }
}

/// Compiles WAT.
pub fn compile(wat: &str) -> CompiledProgram {
    CompiledProgram::compile(&assemble(wat)).unwrap_or_else(|error| panic!("{error}\n{wat}"))
}

/// Assembles WAT, without the custom section that would keep its names.
pub fn assemble(wat: &str) -> Vec<u8> {
    let wasm = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
    let mut module = wasm_encoder::Module::new();
    for payload in wasmparser::Parser::new(0).parse_all(&wasm) {
        match payload.expect("wat gives valid sections").as_section() {
            Some((id, range)) if id != 0 => {
                module.section(&wasm_encoder::RawSection {
                    id,
                    data: &wasm[range],
                });
            }
            _ => {}
        }
    }
    module.finish()
}

/// A program with these imports and this body. `$len` is the length of the calldata.
pub fn program(imports: &str, body: &str) -> String {
    format!(
        r#"(module {} (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param $len i32) (result i32) {body}))"#,
        import_list(imports)
    )
}

/// `name (params) (results)`, separated by `;`, as imports from `vm_hooks`.
pub fn import_list(imports: &str) -> String {
    let item = |line: &str| {
        let (name, ty) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        format!(r#"(import "vm_hooks" "{name}" (func ${name} {ty}))"#)
    };
    imports
        .split(';')
        .filter(|line| !line.trim().is_empty())
        .map(item)
        .collect()
}

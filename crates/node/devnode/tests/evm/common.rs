//! A chain for tests: an executor and the state it works on.

use devnode::evm::{Config, Executor, Options, Outcome, genesis};
use revm::{
    DatabaseCommit,
    context::{BlockEnv, TxEnv},
    database::{CacheDB, EmptyDB},
    primitives::{Address, Bytes, TxKind, U256, address, keccak256},
    state::{AccountInfo, Bytecode},
};

/// An account with money.
pub const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
/// ArbWasm.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// Where blocks of tests stand in time.
pub const NOW: u64 = 1_760_000_000;

/// Gas limit of transactions.
pub const GAS: u64 = 30_000_000;

/// A state and what changes it.
pub struct Chain {
    pub db: CacheDB<EmptyDB>,
    pub executor: Executor,
    pub block: BlockEnv,
}

impl Chain {
    /// The initial state, with money for Alice.
    pub fn new() -> Self {
        let mut db = CacheDB::new(EmptyDB::default());
        for (address, account) in genesis() {
            let code = Bytecode::new_raw(account.code);
            let info = AccountInfo::new(account.balance, account.nonce, code.hash_slow(), code);
            db.insert_account_info(address, info);
            for (slot, value) in account.storage {
                db.insert_account_storage(address, slot, value)
                    .expect("in memory");
            }
        }
        let balance = U256::from(10).pow(U256::from(24));
        db.insert_account_info(ALICE, AccountInfo::from_balance(balance));
        let block = BlockEnv {
            number: U256::from(7),
            timestamp: U256::from(NOW),
            gas_limit: 1 << 50,
            basefee: 100_000_000,
            ..BlockEnv::default()
        };
        Self {
            db,
            executor: Executor::new(Config::default()),
            block,
        }
    }

    /// Puts code at an address.
    pub fn etch(&mut self, address: Address, code: impl Into<Bytes>) {
        let code = Bytecode::new_raw(code.into());
        let mut info = self
            .db
            .cache
            .accounts
            .get(&address)
            .map(|it| it.info.clone())
            .unwrap_or_default();
        info.nonce = info.nonce.max(1);
        info.code_hash = code.hash_slow();
        info.code = Some(code);
        self.db.insert_account_info(address, info);
    }

    /// Puts a program, given as WAT, at an address and activates it.
    pub fn install(&mut self, address: Address, wat: &str) {
        self.etch(address, stylus_code(wat));
        let outcome = self.activate(address);
        assert!(
            outcome.status.is_success(),
            "activation of {address}: {:?}",
            outcome.status
        );
    }

    /// Activates the program at an address with more than enough value.
    pub fn activate(&mut self, address: Address) -> Outcome {
        let data = [
            &keccak256("activateProgram(address)")[..4],
            address.into_word().as_slice(),
        ]
        .concat();
        let tx = TxEnv {
            value: U256::from(10).pow(U256::from(18)),
            ..self.tx(ALICE, ARB_WASM, data)
        };
        self.transact(tx)
    }

    /// A transaction at the base fee with the sender's next nonce.
    pub fn tx(&self, from: Address, to: Address, data: impl Into<Bytes>) -> TxEnv {
        TxEnv {
            caller: from,
            kind: TxKind::Call(to),
            data: data.into(),
            gas_limit: GAS,
            gas_price: self.block.basefee.into(),
            nonce: self
                .db
                .cache
                .accounts
                .get(&from)
                .map_or(0, |account| account.info.nonce),
            chain_id: Some(412_346),
            ..TxEnv::default()
        }
    }

    /// Executes and commits.
    pub fn transact(&mut self, tx: TxEnv) -> Outcome {
        self.transact_with(
            tx,
            &Options {
                trace: true,
                ..Options::default()
            },
        )
    }

    /// Executes under `options` and commits.
    pub fn transact_with(&mut self, tx: TxEnv, options: &Options) -> Outcome {
        let outcome = self
            .executor
            .transact(&mut self.db, &self.block, tx, options);
        let outcome = outcome.expect("a valid transaction");
        self.db.commit(outcome.state.clone());
        outcome
    }

    /// Sends a transaction without value.
    pub fn send(&mut self, from: Address, to: Address, data: impl Into<Bytes>) -> Outcome {
        self.transact(self.tx(from, to, data))
    }

    /// Calls without effect.
    pub fn call(&mut self, from: Address, to: Address, data: impl Into<Bytes>) -> Outcome {
        let tx = TxEnv {
            gas_price: 0,
            ..self.tx(from, to, data)
        };
        let options = Options {
            trace: true,
            ..Options::call()
        };
        self.executor
            .transact(&mut self.db, &self.block, tx, &options)
            .expect("a valid call")
    }

    /// The balance of an account in wei.
    pub fn balance(&self, address: Address) -> U256 {
        self.db
            .cache
            .accounts
            .get(&address)
            .map_or(U256::ZERO, |account| account.info.balance)
    }

    /// A slot of an account.
    pub fn storage(&self, address: Address, slot: u64) -> U256 {
        let account = self.db.cache.accounts.get(&address);
        account
            .and_then(|it| it.storage.get(&U256::from(slot)).copied())
            .unwrap_or_default()
    }
}

/// The address of the test program `name`.
pub fn program_address(name: &str) -> Address {
    Address::from_slice(&keccak256(name)[12..])
}

/// The on-chain code of a program given as WAT.
pub fn stylus_code(wat: &str) -> Bytes {
    let wasm = without_names(&wat::parse_str(wat).expect("valid WAT"));
    [&[0xef, 0xf0, 0x00, 0x00], compress(&wasm).as_slice()]
        .concat()
        .into()
}

/// Drops custom sections, which deployment tools strip: a module's length has a price.
fn without_names(wasm: &[u8]) -> Vec<u8> {
    let (header, mut rest) = wasm.split_at(8);
    let mut kept = header.to_vec();
    while let Some((&id, after)) = rest.split_first() {
        let mut length = 0;
        let mut bytes = 0;
        for (i, byte) in after.iter().enumerate() {
            length |= usize::from(byte & 0x7f) << (7 * i);
            bytes = i + 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (section, next) = rest.split_at(1 + bytes + length);
        if id != 0 {
            kept.extend_from_slice(section);
        }
        rest = next;
    }
    kept
}

fn compress(wasm: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &wasm[..], &mut out, &params).expect("in memory");
    out
}

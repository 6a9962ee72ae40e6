//! Accounts, storage and code with their whole history.
//!
//! Nothing is ever overwritten: each change appends a value under a new version. A reader picks a
//! version and keeps seeing exactly that state while the writer goes on, and a revert is a change
//! like any other, which writes the old values again.

use std::{collections::hash_map::Entry, sync::Arc};

use alloy::primitives::{
    Address, B256, Bytes, KECCAK256_EMPTY, U256,
    map::{AddressMap, B256Map, HashMap, HashSet},
};
use parking_lot::RwLock;
use revm::{
    bytecode::Bytecode,
    state::{AccountInfo, EvmState},
};

/// A point in the history of the state; grows by one with every commit.
pub type Version = u64;

/// An account as it was at some version, without its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// Balance in wei.
    pub balance: U256,
    /// Nonce.
    pub nonce: u64,
    /// Hash of the code; keccak256 of nothing for none.
    pub code_hash: B256,
    /// Changes when the account's storage is wiped: a slot belongs to one incarnation.
    incarnation: u64,
}

impl Default for AccountRecord {
    fn default() -> Self {
        Self {
            balance: U256::ZERO,
            nonce: 0,
            code_hash: KECCAK256_EMPTY,
            incarnation: 0,
        }
    }
}

impl AccountRecord {
    /// Whether EIP-161 counts the account as absent.
    pub fn is_empty(&self) -> bool {
        self.balance.is_zero() && self.nonce == 0 && self.code_hash == KECCAK256_EMPTY
    }
}

/// Values by version, oldest first, with strictly growing versions.
#[derive(Clone, Debug)]
struct History<T>(Vec<(Version, T)>);

impl<T> Default for History<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> History<T> {
    fn at(&self, version: Version) -> Option<T> {
        match self.0.last() {
            Some((newest, value)) if *newest <= version => Some(*value),
            _ => {
                let after = self.0.partition_point(|(written, _)| *written <= version);
                after.checked_sub(1).map(|last| self.0[last].1)
            }
        }
    }

    fn set(&mut self, version: Version, value: T) {
        match self.0.last_mut() {
            Some((newest, last)) if *newest == version => *last = value,
            _ => self.0.push((version, value)),
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct SlotValue {
    incarnation: u64,
    value: U256,
}

#[derive(Debug, Default)]
struct AccountHistory {
    record: History<AccountRecord>,
    storage: HashMap<U256, History<SlotValue>>,
}

impl AccountHistory {
    fn record_at(&self, version: Version) -> AccountRecord {
        self.record.at(version).unwrap_or_default()
    }

    fn slot_at(&self, slot: &U256, version: Version) -> U256 {
        let Some(found) = self
            .storage
            .get(slot)
            .and_then(|history| history.at(version))
        else {
            return U256::ZERO;
        };
        if found.incarnation == self.record_at(version).incarnation {
            found.value
        } else {
            U256::ZERO
        }
    }

    fn set_slot(&mut self, slot: U256, version: Version, value: U256) {
        let incarnation = self.record_at(version).incarnation;
        self.storage
            .entry(slot)
            .or_default()
            .set(version, SlotValue { incarnation, value });
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Account(Address),
    Slot(Address, U256),
}

#[derive(Debug, Default)]
struct Histories {
    version: Version,
    accounts: AddressMap<AccountHistory>,
    code: B256Map<Bytecode>,
    /// How many storages were wiped so far; never goes back, so that no incarnation is used twice.
    wipes: u64,
    /// What each version changed, oldest first.
    changes: Vec<(Version, Key)>,
}

impl Histories {
    fn set_record(&mut self, address: Address, record: AccountRecord) {
        let version = self.version;
        let account = self.accounts.entry(address).or_default();
        if account.record_at(version) != record {
            account.record.set(version, record);
            self.changes.push((version, Key::Account(address)));
        }
    }

    fn set_slot(&mut self, address: Address, slot: U256, value: U256) {
        let version = self.version;
        let account = self.accounts.entry(address).or_default();
        if account.slot_at(&slot, version) != value {
            account.set_slot(slot, version, value);
            self.changes.push((version, Key::Slot(address, slot)));
        }
    }

    fn record(&self, address: Address) -> AccountRecord {
        self.accounts
            .get(&address)
            .map(|found| found.record_at(self.version))
            .unwrap_or_default()
    }

    fn add_code(&mut self, hash: B256, code: Bytecode) {
        if let Entry::Vacant(free) = self.code.entry(hash) {
            free.insert(code);
        }
    }

    fn apply(&mut self, changes: EvmState) {
        for (address, account) in changes {
            if !account.is_touched() {
                continue;
            }
            let mut incarnation = self.record(address).incarnation;
            if account.is_selfdestructed() || account.is_created() {
                self.wipes += 1;
                incarnation = self.wipes;
            }
            if account.is_selfdestructed() {
                self.set_record(
                    address,
                    AccountRecord {
                        incarnation,
                        ..Default::default()
                    },
                );
                continue;
            }
            let (balance, nonce) = (account.info.balance, account.info.nonce);
            let code_hash = account.info.code_hash;
            let record = AccountRecord {
                balance,
                nonce,
                code_hash,
                incarnation,
            };
            self.set_record(address, record);
            if let Some(code) = account.info.code {
                self.add_code(account.info.code_hash, code);
            }
            for (slot, value) in account.storage {
                if value.is_changed() {
                    self.set_slot(address, slot, value.present_value);
                }
            }
        }
    }

    fn revert_to(&mut self, target: Version) {
        let first = self
            .changes
            .partition_point(|(version, _)| *version <= target);
        let touched: HashSet<Key> = self.changes[first..].iter().map(|(_, key)| *key).collect();
        // Records before slots: a slot is written under its account's incarnation.
        for key in &touched {
            if let Key::Account(address) = *key {
                let record = self.accounts.entry(address).or_default().record_at(target);
                self.set_record(address, record);
            }
        }
        for key in &touched {
            if let Key::Slot(address, slot) = *key {
                let value = self
                    .accounts
                    .entry(address)
                    .or_default()
                    .slot_at(&slot, target);
                self.set_slot(address, slot, value);
            }
        }
    }
}

/// The state of all accounts at every version. Clones share one store.
#[derive(Clone, Debug, Default)]
pub struct StateStore(Arc<RwLock<Histories>>);

/// One account with everything it holds, for dumps and genesis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FullAccount {
    /// Balance in wei.
    pub balance: U256,
    /// Nonce.
    pub nonce: u64,
    /// Runtime code; empty for none.
    pub code: Bytes,
    /// Non-zero slots.
    pub storage: Vec<(U256, U256)>,
}

impl StateStore {
    /// The newest version.
    pub fn version(&self) -> Version {
        self.0.read().version
    }

    /// The newest state, read-only and unaffected by later changes.
    pub fn latest(&self) -> StateView {
        self.at(self.version())
    }

    /// The state as it was at `version`; later versions than the newest show the newest.
    pub fn at(&self, version: Version) -> StateView {
        StateView {
            store: self.clone(),
            version,
        }
    }

    /// Commits what executed transactions changed, all of it or nothing, as one new version.
    pub fn commit(&self, changes: impl IntoIterator<Item = EvmState>) -> Version {
        self.update(|state| {
            for change in changes {
                state.apply(change);
            }
        })
    }

    /// Makes the state what it was at `version`, as a new version.
    pub fn revert_to(&self, version: Version) -> Version {
        self.update(|state| state.revert_to(version))
    }

    /// Sets an account's balance, in wei.
    pub fn set_balance(&self, address: Address, balance: U256) -> Version {
        self.update(|state| {
            let record = AccountRecord {
                balance,
                ..state.record(address)
            };
            state.set_record(address, record);
        })
    }

    /// Sets an account's nonce.
    pub fn set_nonce(&self, address: Address, nonce: u64) -> Version {
        self.update(|state| {
            let record = AccountRecord {
                nonce,
                ..state.record(address)
            };
            state.set_record(address, record);
        })
    }

    /// Sets an account's code; its storage stays.
    pub fn set_code(&self, address: Address, code: Bytecode) -> Version {
        self.update(|state| {
            let code_hash = code.hash_slow();
            let record = AccountRecord {
                code_hash,
                ..state.record(address)
            };
            state.add_code(code_hash, code);
            state.set_record(address, record);
        })
    }

    /// Sets one storage slot.
    pub fn set_storage(&self, address: Address, slot: U256, value: U256) -> Version {
        self.update(|state| state.set_slot(address, slot, value))
    }

    /// Writes whole accounts; slots that are not given keep their values.
    pub fn put(&self, accounts: impl IntoIterator<Item = (Address, FullAccount)>) -> Version {
        self.update(|state| {
            for (address, account) in accounts {
                let code = raw_bytecode(account.code);
                let code_hash = code.hash_slow();
                let incarnation = state.record(address).incarnation;
                let (balance, nonce) = (account.balance, account.nonce);
                state.add_code(code_hash, code);
                state.set_record(
                    address,
                    AccountRecord {
                        balance,
                        nonce,
                        code_hash,
                        incarnation,
                    },
                );
                for (slot, value) in account.storage {
                    state.set_slot(address, slot, value);
                }
            }
        })
    }

    /// Forgets everything; the new empty state is a new version.
    pub fn clear(&self) -> Version {
        self.update(|state| state.revert_to(0))
    }

    fn update(&self, change: impl FnOnce(&mut Histories)) -> Version {
        let mut state = self.0.write();
        state.version += 1;
        change(&mut state);
        state.version
    }
}

/// Code as the interpreter wants it. An EIP-7702 designator that is not well-formed is kept as
/// ordinary code, which halts when it runs.
pub fn raw_bytecode(code: Bytes) -> Bytecode {
    Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code))
}

/// The state at one version.
#[derive(Clone, Debug)]
pub struct StateView {
    store: StateStore,
    version: Version,
}

impl StateView {
    /// The account, empty if it does not exist.
    pub fn account(&self, address: Address) -> AccountRecord {
        let state = self.store.0.read();
        state
            .accounts
            .get(&address)
            .map(|found| found.record_at(self.version))
            .unwrap_or_default()
    }

    /// The account's code.
    pub fn code(&self, address: Address) -> Bytes {
        let hash = self.account(address).code_hash;
        self.store
            .0
            .read()
            .code
            .get(&hash)
            .map(Bytecode::original_bytes)
            .unwrap_or_default()
    }

    /// The account with its code as the interpreter wants it; none if it does not exist.
    pub fn account_info(&self, address: Address) -> Option<AccountInfo> {
        let state = self.store.0.read();
        let record = state.accounts.get(&address)?.record_at(self.version);
        (!record.is_empty()).then(|| AccountInfo {
            balance: record.balance,
            nonce: record.nonce,
            code_hash: record.code_hash,
            code: Some(
                state
                    .code
                    .get(&record.code_hash)
                    .cloned()
                    .unwrap_or_default(),
            ),
            ..Default::default()
        })
    }

    /// Code by its hash; empty if no account ever had it.
    pub fn code_by_hash(&self, code_hash: B256) -> Bytecode {
        self.store
            .0
            .read()
            .code
            .get(&code_hash)
            .cloned()
            .unwrap_or_default()
    }

    /// One storage slot.
    pub fn slot(&self, address: Address, slot: U256) -> U256 {
        let state = self.store.0.read();
        state
            .accounts
            .get(&address)
            .map(|found| found.slot_at(&slot, self.version))
            .unwrap_or_default()
    }

    /// All accounts that are not empty or hold storage, ordered by address, slots ordered too.
    pub fn accounts(&self) -> Vec<(Address, FullAccount)> {
        let state = self.store.0.read();
        let mut all: Vec<_> = state
            .accounts
            .iter()
            .map(|(address, history)| {
                let record = history.record_at(self.version);
                let mut storage: Vec<_> = history
                    .storage
                    .keys()
                    .map(|slot| (*slot, history.slot_at(slot, self.version)))
                    .filter(|(_, value)| !value.is_zero())
                    .collect();
                storage.sort_unstable();
                let code = state.code.get(&record.code_hash);
                let code = code.map(Bytecode::original_bytes).unwrap_or_default();
                let (balance, nonce) = (record.balance, record.nonce);
                (
                    *address,
                    FullAccount {
                        balance,
                        nonce,
                        code,
                        storage,
                    },
                )
            })
            .filter(|(_, account)| *account != FullAccount::default())
            .collect();
        all.sort_unstable_by_key(|(address, _)| *address);
        all
    }
}

//! Development methods: snapshots, time, mining, impersonation, direct changes of the state.

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use alloy::primitives::{Address, Bytes, U256};

use super::{Chain, Clock, Ledger, Mining, Settings, Version, genesis_block, state::raw_bytecode};

/// How many snapshots are kept; the oldest is forgotten first.
pub const MAX_SNAPSHOTS: usize = 100_000;

#[derive(Clone, Debug)]
struct Snapshot {
    block: u64,
    version: Version,
    clock: Clock,
}

/// Snapshots by their ids. Guarded by the writer's lock.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    taken: BTreeMap<u64, Snapshot>,
    next_id: u64,
}

impl Snapshots {
    pub(super) fn clear(&mut self) {
        self.taken.clear();
    }
}

impl Chain {
    /// Remembers the chain as it is now and returns an id for [`Chain::revert`].
    pub fn snapshot(&self) -> u64 {
        let mut snapshots = self.writer.lock();
        let id = snapshots.next_id;
        snapshots.next_id += 1;
        let (block, version) = (self.head().header.number, self.state.version());
        let clock = self.settings.read().clock.clone();
        snapshots.taken.insert(
            id,
            Snapshot {
                block,
                version,
                clock,
            },
        );
        if snapshots.taken.len() > MAX_SNAPSHOTS {
            snapshots.taken.pop_first();
        }
        id
    }

    /// Makes the chain what it was at snapshot `id`, forgets this and all later snapshots and all
    /// waiting transactions. Returns whether there was such a snapshot.
    pub fn revert(&self, id: u64) -> bool {
        let mut snapshots = self.writer.lock();
        let mut reverted = snapshots.taken.split_off(&id);
        let Some(snapshot) = reverted.remove(&id) else {
            snapshots.taken.append(&mut reverted);
            return false;
        };
        {
            let mut ledger = self.ledger.write();
            ledger.truncate(snapshot.block);
            self.state.revert_to(snapshot.version);
        }
        self.settings.write().clock = snapshot.clock;
        self.pool.write().clear();
        self.changed();
        true
    }

    /// Starts again from the genesis block.
    pub fn reset(&self) {
        let mut snapshots = self.writer.lock();
        snapshots.clear();
        self.pool.write().clear();
        let settings = Settings::default();
        *self.settings.write() = settings.clone();
        let mut ledger = self.ledger.write();
        self.state.clear();
        *ledger = Ledger::new(genesis_block(&self.config, &settings, &self.state));
        self.changed();
    }

    /// Sets a balance in wei.
    pub fn set_balance(&self, address: Address, balance: U256) {
        self.edit(|chain| chain.state.set_balance(address, balance));
    }

    /// Sets a nonce.
    pub fn set_nonce(&self, address: Address, nonce: u64) {
        self.edit(|chain| chain.state.set_nonce(address, nonce));
    }

    /// Sets the code of an account.
    pub fn set_code(&self, address: Address, code: Bytes) {
        self.edit(|chain| chain.state.set_code(address, raw_bytecode(code)));
    }

    /// Sets one storage slot.
    pub fn set_storage(&self, address: Address, slot: U256, value: U256) {
        self.edit(|chain| chain.state.set_storage(address, slot, value));
    }

    /// Changes what holds for blocks to come.
    pub fn configure<R>(&self, change: impl FnOnce(&mut Settings) -> R) -> R {
        let _writer = self.writer.lock();
        let result = change(&mut self.settings.write());
        self.changed();
        result
    }

    /// Changes when blocks are mined. Switching to automatic mining mines what waits.
    pub fn set_mining(&self, mining: Mining) {
        let mut writer = self.writer.lock();
        self.mining.send_replace(mining);
        if mining == Mining::Automatic {
            self.mine_waiting(&mut writer);
        }
    }

    /// When blocks are mined.
    pub fn mining_mode(&self) -> Mining {
        *self.mining.borrow()
    }

    /// Mines at intervals of `seconds`, or not by itself if 0.
    pub fn set_interval_mining(&self, seconds: u64) {
        let interval = Mining::Interval(Duration::from_secs(seconds));
        self.set_mining(if seconds == 0 {
            Mining::Manual
        } else {
            interval
        });
    }

    /// Removes a waiting transaction; returns whether there was one.
    pub fn drop_transaction(&self, hash: &alloy::primitives::B256) -> bool {
        let _writer = self.writer.lock();
        self.pool.write().remove(hash).is_some()
    }

    /// Removes all waiting transactions, or all of one sender.
    pub fn drop_transactions(&self, sender: Option<Address>) {
        let _writer = self.writer.lock();
        let mut pool = self.pool.write();
        match sender {
            Some(sender) => pool.remove_sender(sender),
            None => pool.clear(),
        }
    }

    /// Counts changes, so that a saver knows whether it has work to do.
    pub fn change_count(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    fn edit(&self, change: impl FnOnce(&Self) -> Version) {
        let _writer = self.writer.lock();
        change(self);
        self.changed();
    }

    pub(super) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }
}

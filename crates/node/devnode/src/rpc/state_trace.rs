//! geth's `prestateTracer`: what a transaction found, and what it changed.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    rpc::types::trace::geth::{
        AccountState, DiffMode, PreStateConfig, PreStateFrame, PreStateMode,
    },
};
use revm::state::{Account, AccountInfo, Bytecode};

use crate::{chain::BlockState, evm::Outcome};

/// The accounts that an execution on `before` touched.
pub(super) fn frame(
    before: &mut BlockState,
    outcome: &Outcome,
    config: &PreStateConfig,
) -> PreStateFrame {
    let mut view = View {
        before,
        has_code: !config.disable_code.unwrap_or_default(),
        has_storage: !config.disable_storage.unwrap_or_default(),
    };
    if config.diff_mode.unwrap_or_default() {
        return PreStateFrame::Diff(view.changes(outcome));
    }
    let accounts = outcome.state.iter();
    let found = accounts.map(|(address, account)| (*address, view.found(*address, account)));
    PreStateFrame::Default(PreStateMode(found.collect()))
}

struct View<'b> {
    before: &'b mut BlockState,
    has_code: bool,
    has_storage: bool,
}

impl View<'_> {
    fn state(&self, info: &AccountInfo, code: Bytes) -> AccountState {
        let code = Some(code).filter(|_| self.has_code);
        AccountState::from_account_info(info.nonce, info.balance, code)
    }

    fn state_before(&mut self, address: Address) -> AccountState {
        let (info, code) = (self.before.account(address), self.before.code(address));
        self.state(&info, code)
    }

    /// An account as it was, with every slot that was looked at.
    fn found(&mut self, address: Address, account: &Account) -> AccountState {
        let mut state = self.state_before(address);
        if self.has_storage {
            let slots = account.storage.keys();
            state.storage = slots
                .map(|slot| (word(*slot), word(self.before.slot(address, *slot))))
                .collect();
        }
        state
    }

    fn changes(&mut self, outcome: &Outcome) -> DiffMode {
        let mut diff = DiffMode::default();
        for (address, account) in &outcome.state {
            let mut pre = self.state_before(*address);
            let post = if account.is_selfdestructed() {
                pre = self.found(*address, account);
                None
            } else {
                let Some((slots, post)) = self.changed(*address, account, &pre) else {
                    continue;
                };
                pre.storage = slots;
                Some(post)
            };
            pre.storage.retain(|_, value| !value.is_zero());
            if pre != AccountState::from_account_info(0, U256::ZERO, None) {
                diff.pre.insert(*address, pre);
            }
            if let Some(post) = post {
                diff.post.insert(*address, post);
            }
        }
        diff
    }

    /// The former values of slots that changed, and the account with nothing but what changed; none if nothing did.
    fn changed(
        &mut self,
        address: Address,
        account: &Account,
        pre: &AccountState,
    ) -> Option<(BTreeMap<B256, B256>, AccountState)> {
        let code = account.info.code.as_ref().map(Bytecode::original_bytes);
        let mut post = self.state(&account.info, code.unwrap_or_default());
        post.remove_matching_account_info(pre);
        let mut slots = BTreeMap::new();
        if self.has_storage {
            for (slot, value) in &account.storage {
                let old = self.before.slot(address, *slot);
                if old != value.present_value {
                    slots.insert(word(*slot), word(old));
                    if !value.present_value.is_zero() {
                        post.storage.insert(word(*slot), word(value.present_value));
                    }
                }
            }
        }
        let is_changed = !slots.is_empty() || post != AccountState::default();
        is_changed.then_some((slots, post))
    }
}

fn word(value: U256) -> B256 {
    value.into()
}

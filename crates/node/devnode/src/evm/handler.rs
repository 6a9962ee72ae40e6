//! The phases of a transaction, where Nitro's differ from Ethereum's.

use revm::{
    context::{
        ContextTr, JournalTr, Transaction,
        result::{EVMError, HaltReason, InvalidTransaction},
    },
    handler::{EvmTr, FrameResult, Handler},
    interpreter::{GasTracker, InitialAndFloorGas},
    primitives::U256,
};

use super::{arbos::state, database::DbError, machine::Machine};

/// Why a transaction could not be executed.
pub(super) type HandlerError = EVMError<DbError, InvalidTransaction>;

/// Nitro's transaction rules.
pub(super) struct ArbitrumHandler<'a> {
    /// Gas that one transaction may use, or none for calls.
    pub(super) gas_limit: Option<u64>,
    pub(super) machine: std::marker::PhantomData<Machine<'a>>,
}

impl<'a> Handler for ArbitrumHandler<'a> {
    type Evm = Machine<'a>;
    type Error = HandlerError;
    type HaltReason = HaltReason;

    /// Sets aside what exceeds the limit per transaction (`GasChargingHook`).
    fn tx_gas(&self, evm: &mut Machine<'a>, initial: &InitialAndFloorGas) -> GasTracker {
        let gas_limit = evm.ctx_ref().tx().gas_limit();
        let available = gas_limit.saturating_sub(initial.initial_total_gas());
        let usable = self.gas_limit.map_or(u64::MAX, |limit| {
            limit.saturating_sub(initial.initial_total_gas())
        });
        let remaining = available.min(usable);
        evm.ctx_mut().chain.held_gas = available - remaining;
        GasTracker::new(gas_limit, remaining, 0)
    }

    /// Returns what was set aside.
    fn last_frame_result(
        &mut self,
        evm: &mut Machine<'a>,
        result: &mut FrameResult,
        gas: &mut GasTracker,
    ) -> Result<(), HandlerError> {
        let outcome = result.instruction_result();
        gas.spend_all();
        revm::handler::handle_reservoir_remaining_gas(outcome, gas, result.gas_mut().tracker_mut());
        gas.erase_cost(std::mem::take(&mut evm.ctx_mut().chain.held_gas));
        *result.gas_mut().tracker_mut() = *gas;
        Ok(())
    }

    /// The fee, all of it, goes to the network fee account (`EndTxHook`).
    fn reward_beneficiary(
        &self,
        evm: &mut Machine<'a>,
        result: &mut FrameResult,
    ) -> Result<(), HandlerError> {
        let ctx = evm.ctx_mut();
        let price = ctx.tx.effective_gas_price(ctx.block.basefee.into());
        let fee = U256::from(price) * U256::from(result.gas().used());
        if fee.is_zero() {
            return Ok(());
        }
        let account = state::network_fee_account(ctx)?;
        ctx.journal_mut().balance_incr(account, fee)?;
        Ok(())
    }
}

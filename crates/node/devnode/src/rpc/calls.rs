//! `eth_call`, gas estimates and access lists.

use alloy::{
    consensus::TxType,
    eips::{
        BlockId,
        eip2930::{AccessList, AccessListItem},
    },
    primitives::{Address, Bytes, TxKind, U64, U256},
    rpc::types::{AccessListResult, BlockOverrides, TransactionRequest, state::StateOverride},
};
use revm::{context::TxEnv, context_interface::either::Either};

use super::{
    Rpc, RpcError,
    error::output,
    node_interface,
    registry::{Args, Registry, RpcResult},
};
use crate::{
    chain::{BlockState, ChainError},
    evm::{ExecutionError, InvalidTransaction, Options, Outcome, Status},
};

/// Gas of a call that names no limit, and the most that any call gets, as Nitro's `rpc.gas-cap`.
pub const CALL_GAS_CAP: u64 = 50_000_000;
/// Gas of a plain transfer.
const TRANSFER_GAS: u64 = 21_000;
/// What a call with value hands over on top, which a limit must leave room for.
const CALL_STIPEND: u64 = 2_300;
/// The search for an estimate stops when it is this close: 15 thousandths, geth's and Nitro's ratio.
const ESTIMATE_TOLERANCE_PER_MILLE: u64 = 15;

pub(super) fn register(registry: &mut Registry) {
    registry.heavy(&["eth_call"], call);
    registry.heavy(&["eth_estimateGas"], |rpc, args| {
        let request: TransactionRequest = args.next()?;
        node_interface::refuse(&request)?;
        let state = rpc.overridden_state(args, BlockId::pending())?;
        Ok(U64::from(rpc.estimate_gas(&state, &request)?))
    });
    registry.heavy(&["eth_createAccessList"], create_access_list);
}

fn call(rpc: &Rpc, args: &mut Args) -> RpcResult<Bytes> {
    let request: TransactionRequest = args.next()?;
    let state = rpc.overridden_state(args, BlockId::latest())?;
    if let Some(answer) = rpc.node_interface(&state, &request) {
        return answer;
    }
    output(rpc.execute(&state, &request, None)?)
}

fn create_access_list(rpc: &Rpc, args: &mut Args) -> RpcResult<AccessListResult> {
    let mut request: TransactionRequest = args.next()?;
    node_interface::refuse(&request)?;
    let state = rpc.overridden_state(args, BlockId::pending())?;
    let first = rpc.execute(&state, &request, None)?;
    let access_list = accessed(&request, &first);
    request.access_list = Some(access_list.clone());
    let second = rpc.execute(&state, &request, None)?;
    let gas_used = U256::from(second.gas_used);
    let error = output(second).err().map(|error| error.to_string());
    Ok(AccessListResult {
        access_list,
        gas_used,
        error,
    })
}

/// What an execution touched, except what is warm anyway.
fn accessed(request: &TransactionRequest, outcome: &Outcome) -> AccessList {
    let to = request.to.and_then(|kind| kind.into_to());
    let free = [request.from, to, outcome.created];
    let mut items: Vec<_> = outcome
        .state
        .iter()
        .filter(|(address, account)| {
            !account.storage.is_empty()
                || !(free.contains(&Some(**address)) || is_reserved(address))
        })
        .map(|(address, account)| {
            let mut storage_keys: Vec<_> =
                account.storage.keys().map(|slot| (*slot).into()).collect();
            storage_keys.sort_unstable();
            AccessListItem {
                address: *address,
                storage_keys,
            }
        })
        .collect();
    items.sort_unstable_by_key(|item| item.address);
    AccessList(items)
}

/// Ethereum's and Arbitrum's precompiles and the sequencer, all at or below 0xffff or with its name.
fn is_reserved(address: &Address) -> bool {
    address[..18].iter().all(|byte| *byte == 0) || *address == crate::chain::SEQUENCER
}

impl Rpc {
    /// Reads block, state overrides and block overrides, and returns the state that they describe.
    pub(super) fn overridden_state(
        &self,
        args: &mut Args,
        default: BlockId,
    ) -> RpcResult<BlockState> {
        let block = args.optional()?.unwrap_or(default);
        let accounts: Option<StateOverride> = args.optional()?;
        let env: Option<BlockOverrides> = args.optional()?;
        self.state_with(block, accounts, env)
    }

    /// The state at a block with overrides.
    pub(super) fn state_with(
        &self,
        block: BlockId,
        accounts: Option<StateOverride>,
        env: Option<BlockOverrides>,
    ) -> RpcResult<BlockState> {
        let mut state = self.chain.state_at(block)?;
        state.override_accounts(accounts.unwrap_or_default());
        state.override_block(env.unwrap_or_default());
        Ok(state)
    }

    /// Executes a request as a call with `gas`, or what the request says.
    pub(super) fn execute(
        &self,
        state: &BlockState,
        request: &TransactionRequest,
        gas: Option<u64>,
    ) -> RpcResult<Outcome> {
        self.execute_with(state, request, gas, Options::call())
    }

    /// Executes a request as a call under `options`, except that who offers a gas price must be able to pay it.
    pub(super) fn execute_with(
        &self,
        state: &BlockState,
        request: &TransactionRequest,
        gas: Option<u64>,
        options: Options,
    ) -> RpcResult<Outcome> {
        let tx = call_env(request, gas, self.chain.chain_id())?;
        let options = Options {
            check_balance: options.check_balance || tx.gas_price > 0,
            ..options
        };
        Ok(self.chain.call(state, tx, &options)?)
    }

    /// The least gas limit, within geth's tolerance, with which a request succeeds.
    pub(super) fn estimate_gas(
        &self,
        state: &BlockState,
        request: &TransactionRequest,
    ) -> RpcResult<u64> {
        let limit = self.affordable_gas(state, request)?;
        if is_plain_transfer(state, request) && limit >= TRANSFER_GAS {
            let outcome = self.try_gas(state, request, TRANSFER_GAS)?;
            if outcome.is_some_and(|outcome| outcome.status.is_success()) {
                return Ok(TRANSFER_GAS);
            }
        }
        let Some(outcome) = self.try_gas(state, request, limit)? else {
            return Err(gas_exceeds_allowance(limit));
        };
        let used = outcome.gas_used;
        match outcome.status {
            Status::Success => self.search_gas(state, request, used, limit),
            Status::Halt(ref halt) if halt.to_string() == OUT_OF_GAS => {
                Err(gas_exceeds_allowance(limit))
            }
            _ => Err(output(outcome)
                .err()
                .unwrap_or_else(|| gas_exceeds_allowance(limit))),
        }
    }

    /// Narrows the range in which the least sufficient limit lies. `used` is too little or just
    /// enough; `sufficient` is enough.
    fn search_gas(
        &self,
        state: &BlockState,
        request: &TransactionRequest,
        used: u64,
        mut sufficient: u64,
    ) -> RpcResult<u64> {
        let succeeds = |gas| -> RpcResult<bool> {
            Ok(self
                .try_gas(state, request, gas)?
                .is_some_and(|outcome| outcome.status.is_success()))
        };
        let mut insufficient = used.saturating_sub(1);
        // Each frame keeps 1/64 of its gas from the next: a first guess that is usually right.
        let guess = used.saturating_add(CALL_STIPEND).saturating_mul(64) / 63;
        if guess < sufficient {
            if succeeds(guess)? {
                sufficient = guess;
            } else {
                insufficient = guess;
            }
        }
        while insufficient + 1 < sufficient {
            if (sufficient - insufficient) * 1_000 < sufficient * ESTIMATE_TOLERANCE_PER_MILLE {
                break;
            }
            // Most need little more than what they use.
            let middle = insufficient
                .midpoint(sufficient)
                .min(insufficient.saturating_mul(2));
            let middle = middle.max(insufficient + 1);
            if succeeds(middle)? {
                sufficient = middle;
            } else {
                insufficient = middle;
            }
        }
        Ok(sufficient)
    }

    /// Executes with a gas limit; none if the limit does not cover the fixed costs.
    fn try_gas(
        &self,
        state: &BlockState,
        request: &TransactionRequest,
        gas: u64,
    ) -> RpcResult<Option<Outcome>> {
        match self.execute(state, request, Some(gas)) {
            Ok(outcome) => Ok(Some(outcome)),
            Err(RpcError::Chain(ChainError::Execution(ExecutionError::Invalid(
                InvalidTransaction::IntrinsicGasTooLow { .. }
                | InvalidTransaction::FloorDataGas { .. },
            )))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The gas that the request allows and the sender can pay for.
    fn affordable_gas(&self, state: &BlockState, request: &TransactionRequest) -> RpcResult<u64> {
        let wanted = request.gas.unwrap_or(CALL_GAS_CAP).min(CALL_GAS_CAP);
        let price = U256::from(fee_cap(request));
        if price.is_zero() {
            return Ok(wanted);
        }
        let balance = state
            .clone()
            .account(request.from.unwrap_or_default())
            .balance;
        let value = request.value.unwrap_or_default();
        let Some(free) = balance.checked_sub(value) else {
            return Err(RpcError::Refused("insufficient funds for transfer".into()));
        };
        Ok(wanted.min((free / price).saturating_to()))
    }
}

const OUT_OF_GAS: &str = "out of gas";

fn gas_exceeds_allowance(limit: u64) -> RpcError {
    RpcError::Refused(format!("gas required exceeds allowance ({limit})"))
}

fn is_plain_transfer(state: &BlockState, request: &TransactionRequest) -> bool {
    let Some(TxKind::Call(to)) = request.to else {
        return false;
    };
    let plain = request.input.input().is_none_or(|input| input.is_empty())
        && request.authorization_list.is_none()
        && request.access_list.is_none();
    plain && state.clone().code(to).is_empty() && !is_reserved(&to)
}

/// The most that a request pays per gas, in wei.
fn fee_cap(request: &TransactionRequest) -> u128 {
    request
        .max_fee_per_gas
        .or(request.gas_price)
        .unwrap_or_default()
}

/// A request as the executor wants it.
///
/// # Errors
/// [`RpcError::InvalidParams`] for contradictory fields.
fn call_env(request: &TransactionRequest, gas: Option<u64>, chain_id: u64) -> RpcResult<TxEnv> {
    refuse_blobs(request)?;
    if request.gas_price.is_some() && request.max_fee_per_gas.is_some() {
        let text = "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified";
        return Err(RpcError::InvalidParams(text.into()));
    }
    let input = request
        .input
        .unique_input()
        .map_err(|error| RpcError::InvalidParams(error.to_string()))?;
    let authorizations = request.authorization_list.clone().unwrap_or_default();
    let tx_type = if request.authorization_list.is_some() {
        TxType::Eip7702
    } else if request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some() {
        TxType::Eip1559
    } else if request.access_list.is_some() {
        TxType::Eip2930
    } else {
        TxType::Legacy
    };
    let tip = request.max_priority_fee_per_gas;
    Ok(TxEnv {
        tx_type: tx_type.into(),
        caller: request.from.unwrap_or_default(),
        gas_limit: gas
            .or(request.gas)
            .unwrap_or(CALL_GAS_CAP)
            .min(CALL_GAS_CAP),
        gas_price: fee_cap(request),
        gas_priority_fee: matches!(tx_type, TxType::Eip1559 | TxType::Eip7702)
            .then(|| tip.unwrap_or_default()),
        kind: request.to.unwrap_or(TxKind::Create),
        value: request.value.unwrap_or_default(),
        data: input.cloned().unwrap_or_default(),
        nonce: request.nonce.unwrap_or_default(),
        chain_id: request.chain_id.or(Some(chain_id)),
        access_list: request.access_list.clone().unwrap_or_default(),
        authorization_list: authorizations.into_iter().map(Either::Left).collect(),
        ..Default::default()
    })
}

/// Arbitrum has no blobs.
///
/// # Errors
/// [`ChainError::UnsupportedType`].
pub(super) fn refuse_blobs(request: &TransactionRequest) -> RpcResult<()> {
    let blobs = request.max_fee_per_blob_gas.is_some() || request.blob_versioned_hashes.is_some();
    if blobs
        || request.sidecar.is_some()
        || request.transaction_type == Some(TxType::Eip4844.into())
    {
        return Err(ChainError::UnsupportedType.into());
    }
    Ok(())
}

//! What a running transaction sees: revm's context over this chain's state, with what Nitro keeps besides.

use revm::{
    Context, Journal,
    context::{BlockEnv, CfgEnv, ContextTr, JournalTr, LocalContext, LocalContextTr, TxEnv},
    handler::evm::ContextDbError,
    primitives::hardfork::SpecId,
};

use super::{database::Db, transaction::TransactionContext};

/// Everything that a running transaction can see.
pub(super) type Ctx<'a> =
    Context<BlockEnv, TxEnv, CfgEnv, Db<'a>, Journal<Db<'a>>, TransactionContext, LocalContext>;

/// A failure that ends the whole transaction.
pub(super) type Fault<'a> = ContextDbError<Ctx<'a>>;

/// EVM rules of ArbOS 51.
pub(super) const SPEC: SpecId = SpecId::OSAKA;

/// Tells the tracer and, if this is the transaction's first frame, its sender why it halts.
pub(super) fn explain(ctx: &mut Ctx<'_>, reason: String) {
    if let Some(recorder) = &mut ctx.chain.recorder {
        recorder.explain(reason.clone());
    }
    if ctx.journal().depth() == 1 {
        ctx.local_mut().set_precompile_error_context(reason);
    }
}

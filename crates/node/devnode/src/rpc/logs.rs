//! `eth_getLogs`.

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    rpc::types::{Filter, FilterBlockOption, Log},
};

use super::{
    Rpc, RpcError,
    registry::{Registry, RpcResult},
    types::matching_logs,
};
use crate::chain::SharedBlock;

/// How many logs one answer has at most, so that it stays within the response limit.
pub const MAX_LOGS: usize = 100_000;
/// How many addresses, and how many alternatives per topic, a filter may have.
const MAX_ALTERNATIVES: usize = 10_000;

pub(super) fn register(registry: &mut Registry) {
    registry.heavy(&["eth_getLogs"], |rpc, args| rpc.logs(&args.next()?));
}

impl Rpc {
    /// All logs that match.
    pub(super) fn logs(&self, filter: &Filter) -> RpcResult<Vec<Log>> {
        check_filter(filter)?;
        let blocks = self.blocks_of(filter)?;
        let mut found = Vec::new();
        for block in blocks {
            found.extend(matching_logs(filter, &block));
            if found.len() > MAX_LOGS {
                return Err(RpcError::Refused(format!(
                    "query returned more than {MAX_LOGS} results"
                )));
            }
        }
        Ok(found)
    }

    fn blocks_of(&self, filter: &Filter) -> RpcResult<Vec<SharedBlock>> {
        let (from, to) = match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let block = self.chain.block(BlockId::hash(hash));
                return Ok(vec![
                    block.ok_or_else(|| RpcError::Refused("unknown block".into()))?,
                ]);
            }
            FilterBlockOption::Range {
                from_block,
                to_block,
            } => (from_block, to_block),
        };
        let resolve =
            |tag: Option<BlockNumberOrTag>| self.chain.block_number(tag.unwrap_or_default());
        let (from, to) = (resolve(from), resolve(to));
        if from > to {
            return Err(RpcError::Refused("invalid block range params".into()));
        }
        Ok(self.chain.blocks(from, to))
    }
}

/// Refuses filters that are too large.
///
/// # Errors
/// [`RpcError::InvalidParams`].
pub(super) fn check_filter(filter: &Filter) -> RpcResult<()> {
    let sizes = filter.topics.iter().map(|alternatives| alternatives.len());
    if sizes
        .chain([filter.address.len()])
        .any(|size| size > MAX_ALTERNATIVES)
    {
        let text =
            format!("a filter has at most {MAX_ALTERNATIVES} addresses or alternatives per topic");
        return Err(RpcError::InvalidParams(text));
    }
    Ok(())
}

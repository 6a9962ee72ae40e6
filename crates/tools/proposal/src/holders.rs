//! Who has positions in a vault: accounts are found by its events, which are asked for in ranges of blocks that the node takes.

use super::{
    error::ProposalError,
    reader::{ReadError, Reader, in_groups},
};
use alloy::{
    primitives::{Address, B256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use client::{abi::IMarginVault, chain::View};
use risk::Position;
use standing::{Leg, numbers};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

/// Blocks of the first range; the following ones grow as long as the node takes them.
const FIRST_RANGE: u64 = 100_000;
/// Accounts whose legs are asked for in one call.
const AT_ONCE: usize = 100;
/// Nobody receives a position but by these events.
const RECEIVING: [B256; 2] = [
    IMarginVault::Settled::SIGNATURE_HASH,
    IMarginVault::Liquidated::SIGNATURE_HASH,
];

/// Which blocks to search, and how.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// The first block.
    pub from: u64,
    /// Most blocks in one request.
    pub widest: u64,
}

/// Positions by account, none of them zero.
pub type Holders = BTreeMap<B256, Vec<Leg>>;

/// Everybody with a position in `vault`.
pub async fn holders(
    reader: &Reader,
    vault: Address,
    search: Search,
) -> Result<Holders, ProposalError> {
    let mut accounts = BTreeSet::new();
    let fetch = async |blocks| reader.events(vault, &RECEIVING, blocks).await;
    let note = |log: &Log| accounts.extend(receivers(log));
    scan(search, reader.block.number, fetch, note).await?;
    let accounts: Vec<B256> = accounts.into_iter().collect();
    let legs = in_groups(&accounts, AT_ONCE, async |group| {
        let ask = |&account: &B256| View::new(vault, &IMarginVault::legsCall { account });
        let views: Vec<View> = group.iter().map(ask).collect();
        let mut answers = reader.ask(&views, &[]).await?;
        let each = group
            .iter()
            .map(|_| legs(&answers.take::<IMarginVault::legsCall>()?));
        each.collect()
    });
    let all = accounts.iter().copied().zip(legs.await?);
    Ok(all.filter(|(_, legs)| !legs.is_empty()).collect())
}

fn legs(answer: &IMarginVault::legsReturn) -> Result<Vec<Leg>, ProposalError> {
    let mut legs = Vec::new();
    for (&instrument, size) in answer.instruments.iter().zip(&answer.sizes) {
        let size = Position(numbers::usd(*size)?.0);
        if size != Position::ZERO {
            legs.push(Leg { instrument, size });
        }
    }
    Ok(legs)
}

/// Shows `note` every log of the blocks to search, up to `last`. A range that `fetch` refuses is halved, and no later one is
/// longer than its half.
pub async fn scan(
    search: Search,
    last: u64,
    fetch: impl AsyncFn(RangeInclusive<u64>) -> Result<Vec<Log>, ReadError>,
    mut note: impl FnMut(&Log),
) -> Result<(), ReadError> {
    let mut widest = search.widest.max(1);
    let (mut next, mut width) = (search.from, widest.min(FIRST_RANGE));
    while next <= last {
        let end = last.min(next.saturating_add(width - 1));
        match fetch(next..=end).await {
            Ok(logs) => {
                logs.iter().for_each(&mut note);
                if end == last {
                    break;
                }
                next = end + 1;
                width = widest.min(width.saturating_mul(2));
            }
            Err(_) if end > next => {
                widest = (end - next).div_ceil(2);
                width = widest;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The accounts that an event of [`RECEIVING`] names: both have two.
fn receivers(log: &Log) -> impl Iterator<Item = B256> {
    log.topics().iter().skip(1).take(2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Bytes, LogData};
    use std::cell::RefCell;

    const LAST: u64 = 1_000_000;

    /// One trade in every thousandth block.
    fn trades(blocks: &RangeInclusive<u64>) -> Vec<Log> {
        let first = blocks.start().div_ceil(1_000) * 1_000;
        let each = (first..=*blocks.end()).step_by(1_000);
        each.map(trade).collect()
    }

    fn trade(block: u64) -> Log {
        let account = |number: u64| B256::left_padding_from(&number.to_be_bytes());
        let topics = vec![RECEIVING[0], account(block), account(block + 1), B256::ZERO];
        let mut log = Log::default();
        log.inner.data = LogData::new_unchecked(topics, Bytes::new());
        log
    }

    async fn search(search: Search, longest: u64) -> (Result<usize, ReadError>, Vec<u64>) {
        let asked = RefCell::new(vec![]);
        let mut found = BTreeSet::new();
        let fetch = async |blocks: RangeInclusive<u64>| {
            let width = blocks.end() - blocks.start() + 1;
            if width > longest {
                return Err(ReadError::NoMulticall);
            }
            asked.borrow_mut().push(width);
            Ok(trades(&blocks))
        };
        let scanned = scan(search, LAST, fetch, |log| found.extend(receivers(log))).await;
        (scanned.map(|()| found.len()), asked.into_inner())
    }

    #[tokio::test]
    async fn ranges_grow_while_the_node_takes_them() {
        let all = Search {
            from: 0,
            widest: u64::MAX,
        };
        let (found, asked) = search(all, u64::MAX).await;
        // Blocks 0, 1000 ... 1,000,000, two accounts in each.
        assert_eq!(found.unwrap(), 2_002);
        assert_eq!(asked, [100_000, 200_000, 400_000, 300_001]);
    }

    #[tokio::test]
    async fn ranges_shrink_until_the_node_takes_them() {
        let all = Search {
            from: 500_000,
            widest: u64::MAX,
        };
        let (found, asked) = search(all, 2_000).await;
        assert_eq!(found.unwrap(), 1_002);
        assert_eq!(asked.iter().sum::<u64>(), 500_001);
        assert!(asked.iter().all(|width| *width <= 2_000));
        assert!(asked.len() < 400, "{}", asked.len());
    }

    #[tokio::test]
    async fn no_range_is_wider_than_asked_for() {
        let narrow = Search {
            from: 999_000,
            widest: 10,
        };
        let (found, asked) = search(narrow, u64::MAX).await;
        assert_eq!(found.unwrap(), 4);
        assert!(asked.iter().all(|width| *width <= 10));
    }

    #[tokio::test]
    async fn a_node_that_takes_nothing_is_an_error_after_a_few_requests() {
        let all = Search {
            from: 0,
            widest: u64::MAX,
        };
        assert!(search(all, 0).await.0.is_err());
        let later = Search {
            from: LAST + 1,
            widest: 0,
        };
        assert_eq!(search(later, 0).await.0.unwrap(), 0);
    }
}

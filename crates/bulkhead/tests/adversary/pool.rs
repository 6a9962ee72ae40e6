//! The insurance pool as depositors meet it: how they come and leave, and what a share is worth.

use alloy::primitives::{Address, U256};
use bulkhead::abi::{IERC4626, IInsurancePool};

use crate::node::{Answers, Node, Question};
use crate::seen::tokens_as_money;
use crate::system::System;

const DAY: u64 = 86_400;

/// Seconds from `now` until some minutes into the first day, by UTC, that begins at least a week later: then what is requested now is
/// mature, and batches are fulfilled.
pub const fn until_fulfilment(now: u64) -> u64 {
    const MINUTES: u64 = 600;
    let mature = (now + 7 * DAY).div_ceil(DAY) * DAY;
    mature + MINUTES - now
}

/// Puts tokens into the pool.
pub fn deposit(node: &Node, system: &System, from: Address, assets: U256) -> Result<(), String> {
    let receiver = from;
    let call = IERC4626::depositCall { assets, receiver };
    node.send(from, system.pool, &call).map(drop)
}

/// Asks for shares to be paid out.
pub fn request(node: &Node, system: &System, from: Address, shares: U256) -> Result<(), String> {
    let (controller, owner) = (from, from);
    let call = IInsurancePool::requestRedeemCall {
        shares,
        controller,
        owner,
    };
    node.send(from, system.pool, &call).map(drop)
}

/// Has what is mature fulfilled, and takes it out with what was fulfilled before.
pub fn leave(node: &Node, system: &System, from: Address) -> Result<(), String> {
    let fulfil = IInsurancePool::fulfilCall { controller: from };
    let fulfilled = node.send(from, system.pool, &fulfil);
    let shares = node.view(system.pool, &IERC4626::maxRedeemCall { owner: from });
    if shares.is_zero() {
        return fulfilled.map(drop);
    }
    let (receiver, owner) = (from, from);
    let call = IERC4626::redeemCall {
        shares,
        receiver,
        owner,
    };
    node.send(from, system.pool, &call).map(drop)
}

/// What is known of the pool. Its income counts once it is harvested.
#[derive(Clone, Copy, Debug, Default)]
pub struct PoolSeen {
    /// What shares are worth together, WAD.
    pub assets: i128,
    /// What it would pay the vault now, WAD.
    pub payable: i128,
    pub supply: U256,
    /// Shares of the adversary's owners that are not requested.
    pub own: U256,
}

/// What has to be asked for [`PoolSeen`], after everything else.
pub fn questions(system: &System) -> Vec<Question> {
    let (pool, vault) = (system.pool, system.vault);
    let mut questions = vec![
        Question::new(pool, &IERC4626::totalAssetsCall {}),
        Question::new(pool, &IERC4626::totalSupplyCall {}),
        Question::new(pool, &IInsurancePool::availableCall { vault }),
    ];
    for owner in system.adversaries() {
        questions.push(Question::new(pool, &IERC4626::balanceOfCall { owner }));
    }
    questions
}

/// Reads the answers to [`questions`].
pub fn read(system: &System, answers: &mut Answers) -> PoolSeen {
    let assets = answers.take::<IERC4626::totalAssetsCall>();
    let supply = answers.take::<IERC4626::totalSupplyCall>();
    let available = answers.take::<IInsurancePool::availableCall>();
    let mut own = U256::ZERO;
    for _ in system.adversaries() {
        own += answers.take::<IERC4626::balanceOfCall>();
    }
    PoolSeen {
        assets: tokens_as_money(assets),
        payable: tokens_as_money(available.amount),
        supply,
        own,
    }
}

//! The insurance pool as depositors meet it: how they come and leave, and what a share is worth.

use alloy::primitives::{Address, U256};
use client::abi::{IERC4626, IInsurancePool, IQuoteToken};

use crate::bounds::{Kind, Violation, hold, in_dollars};
use crate::node::{Answers, Node, Question};
use crate::seen::tokens_as_money;
use crate::system::System;

alloy::sol! {
    interface IClaims {
        function maxWithdraw(address owner) external view returns (uint256 assets);
    }
}

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

/// Has what is mature of a controller's requests fulfilled, which anybody may.
pub fn fulfil(
    node: &Node,
    system: &System,
    from: Address,
    controller: Address,
) -> Result<(), String> {
    let call = IInsurancePool::fulfilCall { controller };
    node.send(from, system.pool, &call).map(drop)
}

/// Takes out what was fulfilled.
pub fn redeem(node: &Node, system: &System, from: Address, shares: U256) -> Result<(), String> {
    let (receiver, owner) = (from, from);
    let call = IERC4626::redeemCall {
        shares,
        receiver,
        owner,
    };
    node.send(from, system.pool, &call).map(drop)
}

/// Tokens that somebody could put into it.
pub fn tokens(node: &Node, system: &System, owner: Address) -> U256 {
    node.view(system.token, &IQuoteToken::balanceOfCall { owner })
}

/// Shares of somebody's that are not requested.
pub fn shares(node: &Node, system: &System, owner: Address) -> U256 {
    node.view(system.pool, &IERC4626::balanceOfCall { owner })
}

/// Those that are requested and not fulfilled.
pub fn pending(node: &Node, system: &System, controller: Address) -> U256 {
    let call = IInsurancePool::pendingRedeemRequestCall {
        requestId: U256::ZERO, // the only one there is
        controller,
    };
    node.view(system.pool, &call)
}

/// Those that are fulfilled and not taken out.
pub fn claimable(node: &Node, system: &System, owner: Address) -> U256 {
    node.view(system.pool, &IERC4626::maxRedeemCall { owner })
}

/// What is known of the pool. Its income counts once it is harvested.
#[derive(Clone, Copy, Debug, Default)]
pub struct PoolSeen {
    /// What shares are worth together, WAD.
    pub assets: i128,
    /// What it would pay the vault now, WAD.
    pub payable: i128,
    pub supply: U256,
    /// Tokens that it holds, WAD.
    held: i128,
    /// What is set aside for the adversary's owners, WAD.
    aside: i128,
}

impl PoolSeen {
    /// What shares are worth and what was set aside is there.
    pub fn check(&self) -> Result<(), Violation> {
        let missing = self.assets + self.aside - self.held;
        hold(Kind::Conservation, missing <= 0, || {
            format!("the pool lacks {}", in_dollars(missing))
        })
    }
}

/// What has to be asked for [`PoolSeen`], after everything else.
pub fn questions(system: &System) -> Vec<Question> {
    let (pool, vault) = (system.pool, system.vault);
    let mut questions = vec![
        Question::new(pool, &IERC4626::totalAssetsCall {}),
        Question::new(pool, &IERC4626::totalSupplyCall {}),
        Question::new(pool, &IInsurancePool::availableCall { vault }),
        Question::new(system.token, &IQuoteToken::balanceOfCall { owner: pool }),
    ];
    for owner in system.adversaries() {
        questions.push(Question::new(pool, &IClaims::maxWithdrawCall { owner }));
    }
    questions
}

/// Reads the answers to [`questions`].
pub fn read(system: &System, answers: &mut Answers) -> PoolSeen {
    let assets = answers.take::<IERC4626::totalAssetsCall>();
    let supply = answers.take::<IERC4626::totalSupplyCall>();
    let available = answers.take::<IInsurancePool::availableCall>();
    let held = answers.take::<IQuoteToken::balanceOfCall>();
    let aside = system
        .adversaries()
        .map(|_| answers.take::<IClaims::maxWithdrawCall>());
    PoolSeen {
        assets: tokens_as_money(assets),
        payable: tokens_as_money(available.amount),
        supply,
        held: tokens_as_money(held),
        aside: aside.into_iter().map(tokens_as_money).sum(),
    }
}

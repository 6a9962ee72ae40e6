//! The insurance pool: shares, and leaving it.

use super::{Bench, DAY, SPEC, START_PRICE};
use crate::BenchError;
use alloy::primitives::U256;
use client::{
    abi::{IERC4626, IInsurancePool, IQuoteToken},
    units::tokens,
};
use stage::market::rate;

/// Dollars that one deposit measured puts in.
const DEPOSIT: f64 = 100_000.0;
/// Dollars of open interest that the market's later chapters need insurance for.
const INSURED: f64 = 2_000_000.0;
/// The least share of the pool that may be drawn a day, so that a deficit beyond it can be measured.
const DAILY_DRAW: f64 = 0.01;
const WEEK: u64 = 7 * DAY;

impl Bench<'_> {
    pub(super) async fn pool(&mut self) -> Result<(), BenchError> {
        self.join().await?;
        self.leave().await?;
        let pool = self.market.pool;
        self.market
            .seed_insurance(self.chain, self.operator, SPEC.insurance(INSURED))
            .await?;
        // Covers count it from the next day's opening on.
        self.advance(DAY).await?;
        self.quote(START_PRICE).await?;
        let defaults = self
            .chain
            .call(pool, &IInsurancePool::parametersCall {})
            .await?;
        let set = IInsurancePool::setParametersCall {
            parameters: IInsurancePool::Parameters {
                dailyDrawShare: rate(DAILY_DRAW),
                ..defaults
            },
            emergencies: 0,
        };
        self.owner_call("pool.setParameters", pool, &set).await
    }

    async fn join(&mut self) -> Result<(), BenchError> {
        let (pool, receiver) = (self.market.pool, self.people[0].address());
        let assets = tokens(DEPOSIT);
        let mint = IQuoteToken::mintCall {
            to: receiver,
            amount: assets * U256::from(3),
        };
        let approve = IQuoteToken::approveCall {
            spender: pool,
            amount: U256::MAX,
        };
        let ready = [
            self.people[0].call(self.chain, self.market.token, &mint)?,
            self.people[0].call(self.chain, self.market.token, &approve)?,
        ];
        self.chain.execute(&ready).await?;
        let enter = IERC4626::depositCall { assets, receiver };
        self.call("pool.deposit.first", 0, pool, &enter).await?;
        self.call("pool.deposit.existing", 0, pool, &enter).await?;
        let shares = self.shares(0).await? / U256::from(4);
        let mint = IERC4626::mintCall { shares, receiver };
        self.call("pool.mint", 0, pool, &mint).await?;
        let to = self.people[1].address();
        let transfer = IERC4626::transferCall { to, amount: shares };
        self.call("pool.transfer", 0, pool, &transfer).await?;
        let approve = IERC4626::approveCall {
            spender: to,
            amount: shares,
        };
        self.call("pool.approve", 0, pool, &approve).await?;
        let from = receiver;
        let amount = U256::ONE;
        let transfer = IERC4626::transferFromCall { from, to, amount };
        self.call("pool.transferFrom", 1, pool, &transfer).await
    }

    /// Leaves the pool: asks, is fulfilled at the first midnight a week later, and redeems.
    async fn leave(&mut self) -> Result<(), BenchError> {
        let (pool, owner) = (self.market.pool, self.people[1].address());
        let shares = self.shares(1).await?;
        let request = IInsurancePool::requestRedeemCall {
            shares,
            controller: owner,
            owner,
        };
        self.call("pool.requestRedeem", 1, pool, &request).await?;
        let operator = IInsurancePool::setOperatorCall {
            operator: self.people[0].address(),
            approved: true,
        };
        self.call("pool.setOperator", 1, pool, &operator).await?;
        let now = self.chain.timestamp().await?;
        self.advance(WEEK + DAY - now % DAY).await?;
        let fulfil = IInsurancePool::fulfilCall { controller: owner };
        self.call("pool.fulfil", 0, pool, &fulfil).await?;
        self.quote(START_PRICE).await?;
        let redeem = IERC4626::redeemCall {
            shares: shares / U256::from(4),
            receiver: owner,
            owner,
        };
        self.call("pool.redeem", 1, pool, &redeem).await?;
        let withdraw = IERC4626::withdrawCall {
            assets: tokens(1_000.0),
            receiver: owner,
            owner,
        };
        self.call("pool.withdraw", 1, pool, &withdraw).await
    }

    async fn shares(&self, who: usize) -> Result<U256, BenchError> {
        let owner = self.people[who].address();
        let balance = IERC4626::balanceOfCall { owner };
        Ok(self.chain.call(self.market.pool, &balance).await?)
    }
}

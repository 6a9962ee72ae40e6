//! A minute's price, and what the views say afterwards.

use super::Play;
use crate::record::Step;
use alloy::primitives::{I256, U256};
use client::{
    abi::{IERC4626, IMarginVault, IOracleGuard, IPriceFeed},
    chain::{Answers, ChainError, View},
    units::{FEED, number, token_number},
};
use keeper::Outlook;
use prices::Tick;

/// What the market is like in a minute.
pub(super) struct State {
    /// What the record keeps of it.
    pub step: Step,
    /// What the keeper sees.
    pub outlook: Outlook,
    /// Per contract.
    pub marks: Vec<U256>,
    /// Per contract, what is blocked.
    pub blocked: Vec<u16>,
    /// Per option series, whether its mark is the settled one.
    pub settled: Vec<bool>,
}

impl Play<'_> {
    /// Pushes the price, pokes the guard, quotes volatilities, and looks at the market, all in one message.
    pub(super) async fn publish(
        &mut self,
        minute: u64,
        time: u64,
        tick: &Tick,
    ) -> Result<State, ChainError> {
        let answer = I256::unchecked_from((tick.price * FEED).round() as i128);
        let push = || {
            let push = IPriceFeed::pushCall { answer };
            self.operator.call(self.chain, self.feed, &push)
        };
        // In a gap the feed is silent.
        let push = (tick.age == 0).then(push).transpose()?;
        let assets = self.market.assets();
        let poke = self.keeper.wallet.call(
            self.chain,
            self.market.guard,
            &IOracleGuard::pokeManyCall { assets },
        )?;
        let mut batch = self.chain.batch();
        let moved = batch.set_next_timestamp(time)?;
        let quotes = self
            .options
            .keep(self.chain, self.operator, minute, time, tick.price)?;
        let mut sent = Vec::new();
        for call in push.iter().chain([&poke]) {
            sent.push(batch.send(call)?);
        }
        for quote in &quotes {
            sent.push(batch.send(quote)?);
        }
        self.transactions += sent.len();
        let views = batch.views(&self.state_views())?;
        batch.finish().await?;
        moved.done().await?;
        for transaction in sent {
            transaction.hash().await?;
        }
        let step = Step {
            price: tick.price,
            ..Step::default()
        };
        self.read_state(&mut views.answers().await?, step)
    }

    /// Looks at the market again, in the minute of `step`.
    pub(super) async fn look(&self, step: Step) -> Result<State, ChainError> {
        let mut answers = self.chain.views(&self.state_views()).await?;
        self.read_state(&mut answers, step)
    }

    fn state_views(&self) -> Vec<View> {
        let (vault, pool) = (self.market.vault, self.market.pool);
        let mut views = vec![
            View::new(vault, &IMarginVault::coverageCall {}),
            View::new(vault, &IMarginVault::totalsCall {}),
            View::new(pool, &IERC4626::totalAssetsCall {}),
        ];
        for contract in &self.market.contracts {
            let instrument = contract.instrument;
            views.push(View::new(
                self.market.guard,
                &IOracleGuard::readCall {
                    asset: contract.asset,
                },
            ));
            views.push(View::new(
                vault,
                &IMarginVault::openInterestCall { instrument },
            ));
        }
        views.push(self.options.view());
        for series in &self.options.series {
            let instrument = series.instrument;
            views.push(View::new(
                vault,
                &IMarginVault::openInterestCall { instrument },
            ));
        }
        views.extend(self.keeper.views());
        views
    }

    fn read_state(&self, answers: &mut Answers, mut step: Step) -> Result<State, ChainError> {
        let coverage = answers.take::<IMarginVault::coverageCall>()?;
        let totals = answers.take::<IMarginVault::totalsCall>()?;
        step.insurance = token_number(answers.take::<IERC4626::totalAssetsCall>()?);
        (step.coverage, step.missing) = (number(coverage.h), number(coverage.missing));
        (step.tokens, step.capital) = (number(totals.tokens), number(totals.capital));
        (step.profit, step.debt) = (number(totals.profit), number(totals.debt));
        let (mut marks, mut blocked) = (Vec::new(), Vec::new());
        step.open_interest = 0.0;
        for _ in &self.market.contracts {
            let reading = answers.take::<IOracleGuard::readCall>()?;
            step.tier = step.tier.max(reading.tier);
            step.mark = number(reading.mark);
            blocked.push(reading.blocked);
            marks.push(reading.mark);
            step.open_interest += number(answers.take::<IMarginVault::openInterestCall>()?.long);
        }
        let quotes = self.options.quotes(answers)?;
        (step.greeks, step.option_interest) = Default::default();
        for quote in &quotes {
            let size = number(answers.take::<IMarginVault::openInterestCall>()?.long);
            marks.push(quote.mark);
            blocked.push(quote.blocked);
            if !quote.is_final {
                step.option_interest += size;
                step.greeks.add(size, &quote.greeks);
            }
        }
        let outlook = self.keeper.outlook(answers)?;
        step.unhealthy = outlook
            .others
            .iter()
            .filter(|account| !account.health.is_healthy())
            .count();
        Ok(State {
            step,
            outlook,
            marks,
            blocked,
            settled: quotes.iter().map(|quote| quote.is_final).collect(),
        })
    }
}

//! The live system as it is, and as it would be: the contracts themselves answer both, in one `eth_call` each, in which the
//! owner's account is given the code of Multicall3 and first makes the proposal's changes. Nothing is sent.

use super::parameters::{Change, Subject};
use crate::{
    abi::{
        IInsurancePool, IMarginVault,
        IMarketFactory::{marketAtCall, marketCountCall},
        IOracleGuard,
    },
    chain::{Answers, Chain, ChainError, MULTICALL3, View, multicall},
};
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use steward::Kind;

/// Accounts that one call asks about; each costs a contract a few hundred thousand gas at worst.
const ACCOUNTS_AT_ONCE: usize = 50;

/// Why the live system cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// The node.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The chain has no Multicall3.
    #[error("there is no Multicall3 at {MULTICALL3}")]
    NoMulticall,
    /// The proposal would not execute.
    #[error("the proposal reverts when it sets {what} of {target}: {reason}")]
    Reverts {
        /// The struct.
        what: String,
        /// Its contract.
        target: Address,
        /// The contract's error.
        reason: String,
    },
}

/// One market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    /// Its vault.
    pub vault: Address,
    /// Its pool.
    pub pool: Address,
    /// The guard of its prices.
    pub guard: Address,
}

/// A position with what it is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Leg {
    /// The instrument's number.
    pub instrument: u32,
    /// WAD, positive is long.
    pub size: i128,
}

/// An account under some parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Margins {
    /// WAD amounts.
    pub equity: i128,
    /// Below which it is liquidated.
    pub maintenance: u128,
    /// Below which it opens nothing.
    pub initial: u128,
    /// Seconds for which ill health was observed.
    pub unhealthy_secs: u64,
}

/// Terms of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// The perpetual that it is on.
    pub underlying: u32,
    /// Unix time.
    pub expiry: u64,
    /// WAD price.
    pub strike: u128,
    /// Whether it is a call.
    pub is_call: bool,
    /// WAD volatility a year, at its strike.
    pub volatility: u64,
}

/// An instrument, whatever the parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The guard's id of its underlying.
    pub asset: B256,
    /// WAD price of it.
    pub mark: u128,
    /// WAD price of its underlying; the mark of a perpetual.
    pub spot: u128,
    /// Its terms, if it is an option.
    pub series: Option<Series>,
}

/// A perpetual under some parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// WAD size of the larger side.
    pub open_interest: u128,
    /// WAD size of one side that cover allows now.
    pub open_interest_limit: u128,
    /// WAD amount that insurance would pay for it now.
    pub cover_left: u128,
    /// WAD share of notional.
    pub maintenance_rate: u64,
}

/// A vault under some parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    /// By account.
    pub accounts: BTreeMap<B256, Margins>,
    /// By number of the perpetual.
    pub terms: BTreeMap<u32, Terms>,
    /// WAD share of maintenance margin at the start of the clock.
    pub penalty_start: u64,
    /// Seconds.
    pub penalty_ramp: u32,
    /// WAD amount below which a liquidation takes everything.
    pub dust_notional: u128,
    /// WAD amount that the pool would pay the vault now.
    pub insurance: u128,
}

/// A market with everybody in it, as it is and as it would be.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Which.
    pub market: Market,
    /// Time of the block, seconds.
    pub time: u64,
    /// By instrument.
    pub listed: BTreeMap<u32, Listed>,
    /// By account.
    pub legs: BTreeMap<B256, Vec<Leg>>,
    /// As it is, with prices poked.
    pub before: Conditions,
    /// With the changes made, and prices poked.
    pub after: Conditions,
}

/// Every market of `factory`.
pub async fn markets(chain: &Chain, factory: Address) -> Result<Vec<Market>, SystemError> {
    let count: u64 = chain
        .call(factory, &marketCountCall {})
        .await?
        .saturating_to();
    let mut markets = Vec::new();
    for i in 0..count {
        let i = U256::from(i);
        let at = chain.call(factory, &marketAtCall { i }).await?;
        markets.push(Market {
            vault: at.vault,
            pool: at.pool,
            guard: chain.call(at.vault, &IMarginVault::guardCall {}).await?,
        });
    }
    Ok(markets)
}

impl Market {
    /// Whether it depends on `subject`.
    pub fn is_concerned(&self, subject: &Subject) -> bool {
        let contract = match subject.kind {
            Kind::VaultParameters | Kind::Instrument | Kind::OptionRules => self.vault,
            Kind::GuardParameters | Kind::RangeLimits | Kind::SurfaceLimits => self.guard,
            Kind::PoolParameters => self.pool,
        };
        contract == subject.target
    }
}

/// Makes changes in the name of an account, and looks at what came of them.
pub struct Probe<'a> {
    chain: &'a Chain,
    executor: Address,
    code: Bytes,
}

impl<'a> Probe<'a> {
    /// In the name of `executor`, who owns what changes.
    pub async fn new(chain: &'a Chain, executor: Address) -> Result<Self, SystemError> {
        let code: Bytes = chain
            .request("eth_getCode", json!([MULTICALL3, "latest"]))
            .await?;
        if code.is_empty() {
            return Err(SystemError::NoMulticall);
        }
        Ok(Self {
            chain,
            executor,
            code,
        })
    }

    async fn ask(&self, views: &[View]) -> Result<Answers, SystemError> {
        let (_, data) = multicall(views);
        let call = json!({ "to": self.executor, "data": data });
        let overrides = json!({ self.executor.to_string(): { "code": self.code } });
        let answer: Bytes = self
            .chain
            .request("eth_call", json!([call, "latest", overrides]))
            .await?;
        Ok(Answers::decode(&answer)?)
    }

    /// Makes `changes`, asks the feeds for their prices, then asks `views`; the answers are those to `views`.
    async fn after(
        &self,
        changes: &[Change],
        poke: &View,
        views: Vec<View>,
    ) -> Result<Answers, SystemError> {
        let mut all: Vec<View> = changes
            .iter()
            .map(|change| View::raw(change.subject.target, change.subject.set(&change.after)))
            .collect();
        all.push(poke.clone());
        all.extend(views);
        let mut answers = self.ask(&all).await?;
        for Change { subject, .. } in changes {
            answers.outcome()?.map_err(|reason| SystemError::Reverts {
                what: subject.name(),
                target: subject.target,
                reason,
            })?;
        }
        // A feed that does not answer freezes its asset, whatever the parameters.
        let _poked = answers.outcome()?;
        Ok(answers)
    }

    /// A market as it is and as `changes` make it. Accounts are those that its events name from block `from` on.
    pub async fn snapshot(
        &self,
        market: Market,
        changes: &[Change],
        from: u64,
    ) -> Result<Snapshot, SystemError> {
        let time = self.chain.timestamp().await?;
        let legs = self.legs(market.vault, from).await?;
        let listed = self.listed(&market, &legs).await?;
        let assets: BTreeSet<B256> = listed.values().map(|listed| listed.asset).collect();
        let poke = View::new(
            market.guard,
            &IOracleGuard::pokeManyCall {
                assets: assets.into_iter().collect(),
            },
        );
        let accounts: Vec<B256> = legs.keys().copied().collect();
        let perpetuals: Vec<u32> = listed
            .iter()
            .filter(|(_, listed)| listed.series.is_none())
            .map(|(number, _)| *number)
            .collect();
        let conditions = async |changes: &[Change]| {
            self.conditions(&market, changes, &poke, &accounts, &perpetuals)
                .await
        };
        let (before, after) = (conditions(&[]).await?, conditions(changes).await?);
        Ok(Snapshot {
            market,
            time,
            listed,
            legs,
            before,
            after,
        })
    }

    /// Positions of everybody who has any.
    async fn legs(
        &self,
        vault: Address,
        from: u64,
    ) -> Result<BTreeMap<B256, Vec<Leg>>, SystemError> {
        let accounts: Vec<B256> = accounts_in(&self.chain.logs(vault, from).await?)
            .into_iter()
            .collect();
        let mut found = BTreeMap::new();
        for some in accounts.chunks(ACCOUNTS_AT_ONCE) {
            let views: Vec<View> = some
                .iter()
                .map(|&account| View::new(vault, &IMarginVault::legsCall { account }))
                .collect();
            let mut answers = self.chain.views(&views).await?;
            for account in some {
                let legs = answers.take::<IMarginVault::legsCall>()?;
                let held = legs.instruments.iter().zip(&legs.sizes);
                let held: Vec<Leg> = held
                    .map(|(&instrument, size)| Leg {
                        instrument,
                        size: i128::try_from(*size).unwrap_or_default(),
                    })
                    .filter(|leg| leg.size != 0)
                    .collect();
                if !held.is_empty() {
                    found.insert(*account, held);
                }
            }
        }
        Ok(found)
    }

    /// Perpetuals of the vault, and the options that anybody holds, with their marks.
    async fn listed(
        &self,
        market: &Market,
        legs: &BTreeMap<B256, Vec<Leg>>,
    ) -> Result<BTreeMap<u32, Listed>, SystemError> {
        let Market { vault, guard, .. } = *market;
        let instruments = self
            .chain
            .call(vault, &IMarginVault::instrumentsCall {})
            .await?;
        let mut listed = BTreeMap::new();
        let held: BTreeSet<u32> = legs.values().flatten().map(|leg| leg.instrument).collect();
        for instrument in instruments.into_iter().filter(|number| !is_option(*number)) {
            let call = IMarginVault::instrumentCall { instrument };
            let asset = self.chain.call(vault, &call).await?.asset;
            let read = self
                .chain
                .call(guard, &IOracleGuard::readCall { asset })
                .await?;
            let mark = read.mark.saturating_to();
            listed.insert(
                instrument,
                Listed {
                    asset,
                    mark,
                    spot: mark,
                    series: None,
                },
            );
        }
        for instrument in held.into_iter().filter(|number| is_option(*number)) {
            let option = self.option(market, instrument, &listed).await?;
            listed.extend(option.map(|option| (instrument, option)));
        }
        Ok(listed)
    }

    /// An option that somebody holds; none if its underlying is not listed.
    async fn option(
        &self,
        market: &Market,
        instrument: u32,
        perpetuals: &BTreeMap<u32, Listed>,
    ) -> Result<Option<Listed>, SystemError> {
        let call = IMarginVault::optionCall { instrument };
        let terms = self.chain.call(market.vault, &call).await?;
        let Some(underlying) = perpetuals.get(&terms.underlying) else {
            return Ok(None);
        };
        let strike: u128 = terms.strike.saturating_to();
        let call = IOracleGuard::marksWithOptionsCall {
            assets: vec![underlying.asset],
            options: vec![IOracleGuard::OptionId {
                asset: 0,
                expiry: terms.expiry,
                strike,
                isCall: terms.isCall,
            }],
        };
        let answer = self.chain.call(market.guard, &call).await?;
        Ok(answer._1.first().map(|quote| Listed {
            asset: underlying.asset,
            mark: quote.mark,
            spot: underlying.spot,
            series: Some(Series {
                underlying: terms.underlying,
                expiry: terms.expiry,
                strike,
                is_call: terms.isCall,
                volatility: quote.volatility,
            }),
        }))
    }

    async fn conditions(
        &self,
        market: &Market,
        changes: &[Change],
        poke: &View,
        accounts: &[B256],
        perpetuals: &[u32],
    ) -> Result<Conditions, SystemError> {
        let mut found = self.shared(market, changes, poke, perpetuals).await?;
        for some in accounts.chunks(ACCOUNTS_AT_ONCE) {
            let views = some
                .iter()
                .map(|&account| View::new(market.vault, &IMarginVault::healthCall { account }))
                .collect();
            let mut answers = self.after(changes, poke, views).await?;
            for account in some {
                let health = answers.take::<IMarginVault::healthCall>()?;
                let margins = Margins {
                    equity: i128::try_from(health.equity).unwrap_or_default(),
                    maintenance: health.maintenance.saturating_to(),
                    initial: health.initial.saturating_to(),
                    unhealthy_secs: health.unhealthySecs,
                };
                found.accounts.insert(*account, margins);
            }
        }
        Ok(found)
    }

    /// What belongs to no account.
    async fn shared(
        &self,
        market: &Market,
        changes: &[Change],
        poke: &View,
        perpetuals: &[u32],
    ) -> Result<Conditions, SystemError> {
        use IMarginVault::{coverCall, instrumentCall, openInterestCall, parametersCall};
        let Market { vault, pool, .. } = *market;
        let token = self
            .chain
            .call(vault, &IMarginVault::quoteTokenCall {})
            .await?;
        let mut views = vec![
            View::new(vault, &parametersCall {}),
            View::new(pool, &IInsurancePool::availableCall { vault }),
            View::new(token, &crate::abi::IQuoteToken::decimalsCall {}),
        ];
        for &instrument in perpetuals {
            views.push(View::new(vault, &openInterestCall { instrument }));
            views.push(View::new(vault, &coverCall { instrument }));
            views.push(View::new(vault, &instrumentCall { instrument }));
        }
        let mut answers = self.after(changes, poke, views).await?;
        let parameters = answers.take::<parametersCall>()?;
        let available = answers.take::<IInsurancePool::availableCall>()?;
        let decimals = answers.take::<crate::abi::IQuoteToken::decimalsCall>()?;
        let unit = 10_u128.pow(18_u8.saturating_sub(decimals).into());
        let mut terms = BTreeMap::new();
        for &number in perpetuals {
            let sides = answers.take::<openInterestCall>()?;
            let cover = answers.take::<coverCall>()?;
            let instrument = answers.take::<instrumentCall>()?;
            let of_number = Terms {
                open_interest: sides.long.max(sides.short).saturating_to(),
                open_interest_limit: cover.openInterestLimit.saturating_to(),
                cover_left: cover.left.saturating_to(),
                maintenance_rate: instrument.maintenanceRate,
            };
            terms.insert(number, of_number);
        }
        Ok(Conditions {
            accounts: BTreeMap::new(),
            terms,
            penalty_start: parameters.penaltyStart,
            penalty_ramp: parameters.penaltyRamp,
            dust_notional: parameters.dustNotional,
            insurance: available
                .amount
                .saturating_to::<u128>()
                .saturating_mul(unit),
        })
    }
}

/// Options are numbered from 2^31.
fn is_option(instrument: u32) -> bool {
    instrument >= 1 << 31
}

/// Accounts that received capital or positions.
fn accounts_in(logs: &[Log]) -> BTreeSet<B256> {
    use IMarginVault::{Deposited, Liquidated, Settled, Transferred};
    let mut found = BTreeSet::new();
    for log in logs {
        let topics = log.topics();
        let named = match topics.first() {
            Some(&Deposited::SIGNATURE_HASH) => 1..2,
            Some(&(Settled::SIGNATURE_HASH | Liquidated::SIGNATURE_HASH)) => 1..3,
            Some(&Transferred::SIGNATURE_HASH) => 1..3,
            _ => 0..0,
        };
        found.extend(topics.get(named).unwrap_or_default());
    }
    found
}

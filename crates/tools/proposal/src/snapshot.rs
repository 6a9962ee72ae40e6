//! A market with everybody in it, at three stages: as it is; with prices poked; and with the proposal's calls made, and prices
//! poked. All numbers are the contracts' own.

use super::{
    error::ProposalError,
    holders::{Holders, Search, holders},
    probe::{Probe, Stage},
    reader::{Reader, in_groups},
    system::Market,
};
use alloy::primitives::{B256, U256};
use client::{
    abi::{
        IInsurancePool::{self, availableCall},
        IMarginVault::{
            self, coverCall, debtsCall, dustCall, healthCall, instrumentCall, openInterestCall,
            optionCall, parametersCall,
        },
        IOracleGuard::{self, OptionId, marksWithOptionsCall},
        IQuoteToken::decimalsCall,
    },
    chain::{Answers, View},
};
use risk::Position;
use std::collections::{BTreeMap, BTreeSet};

/// Accounts, and instruments, that one call asks about: an account of sixteen options costs up to two million gas.
const AT_ONCE: usize = 20;
/// Options are numbered from here.
const FIRST_OPTION: u32 = 1 << 31;
/// Quotes of the guard in one call.
const QUOTES_AT_ONCE: usize = 64;
/// Decimals of WAD amounts.
const WAD_DECIMALS: u8 = 18;

/// What an instrument is, whatever the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instrument {
    /// A perpetual on an asset of the guard.
    Perpetual {
        /// The guard's id.
        asset: B256,
    },
    /// An option.
    Option(Series),
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
    /// When it settles early, unix time; zero if it does not.
    pub closes: u64,
}

/// An account under some parameters. WAD amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Margins {
    /// Capital, and profit at its worth.
    pub equity: i128,
    /// Below which it is liquidated.
    pub maintenance: i128,
    /// Below which it opens nothing.
    pub initial: i128,
    /// Seconds for which ill health was observed.
    pub unhealthy_secs: u64,
}

/// What the guard says of an instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// WAD price.
    pub mark: u128,
    /// WAD price of the underlying; the mark of a perpetual.
    pub spot: u128,
    /// WAD volatility a year at the strike; zero of a perpetual, and of an option from its expiry on.
    pub volatility: u64,
    /// Whether it is a settlement price, which does not move any more.
    pub is_final: bool,
    /// WAD share of the price by which maintenance margin lets it move, before the instrument's own rate.
    pub range: u128,
    /// The guard's bits of what is forbidden.
    pub blocked: u16,
}

/// A perpetual under some parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// WAD size of the larger side.
    pub open_interest: i128,
    /// WAD size of one side that cover allows now.
    pub open_interest_limit: u128,
    /// WAD amount that insurance would pay for it now, debts and rewards together.
    pub cover_left: i128,
    /// WAD amount that insurance would pay for its debts now.
    pub debt_room: i128,
    /// WAD share of notional that maintenance margin is at least.
    pub maintenance_rate: u64,
    /// WAD share of the mark that its cover has to pay for.
    pub shock: u64,
}

/// A vault under some parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// By account.
    pub accounts: BTreeMap<B256, Margins>,
    /// By instrument.
    pub quotes: BTreeMap<u32, Quote>,
    /// By number of the perpetual.
    pub terms: BTreeMap<u32, Terms>,
    /// WAD share of maintenance margin at the start of the clock.
    pub penalty_start: u64,
    /// Seconds.
    pub penalty_ramp: u32,
    /// WAD amount below which a liquidation takes everything.
    pub dust_notional: i128,
    /// WAD amount that the pool would pay the vault now.
    pub insurance: i128,
}

/// Open interest of an instrument that nobody was found to hold. WAD sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfound {
    /// The instrument's number.
    pub instrument: u32,
    /// Of the long side.
    pub long: i128,
    /// Of the short side.
    pub short: i128,
}

/// A market with everybody in it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Which.
    pub market: Market,
    /// Time of the block, seconds.
    pub time: u64,
    /// By number: every perpetual, and the options that anybody holds.
    pub instruments: BTreeMap<u32, Instrument>,
    /// Everybody with a position.
    pub holders: Holders,
    /// What nobody was found to hold.
    pub unfound: Vec<Unfound>,
    /// As it is.
    pub now: Conditions,
    /// With prices poked.
    pub before: Conditions,
    /// With the calls made, and prices poked.
    pub after: Conditions,
}

impl Snapshot {
    /// Looks at `market` at all three stages.
    pub async fn take(
        probe: &Probe<'_>,
        market: Market,
        search: Search,
    ) -> Result<Self, ProposalError> {
        let reader = probe.reader();
        let holders = holders(reader, market.vault, search).await?;
        let numbers = reader.call(market.vault, &IMarginVault::instrumentsCall {});
        let numbers = numbers.await?;
        let unfound = unfound(reader, &market, &numbers, &holders).await?;
        let instruments = instruments(reader, &market, &numbers, &holders).await?;
        let survey = Survey {
            probe,
            market,
            instruments: &instruments,
            accounts: holders.keys().copied().collect(),
        };
        let poke = Some(survey.poke());
        let stage = |executed, poke| Stage { executed, poke };
        let now = survey.conditions(&stage(false, None)).await?;
        let before = survey.conditions(&stage(false, poke.clone())).await?;
        let after = survey.conditions(&stage(true, poke)).await?;
        Ok(Self {
            market,
            time: reader.block.timestamp,
            instruments,
            holders,
            unfound,
            now,
            before,
            after,
        })
    }
}

/// Open interest beyond what `holders` have, but for what no leg holds and what rounding may leave.
async fn unfound(
    reader: &Reader,
    market: &Market,
    numbers: &[u32],
    holders: &Holders,
) -> Result<Vec<Unfound>, ProposalError> {
    let found = in_groups(numbers, AT_ONCE, async |group| {
        let ask = |&instrument: &u32| {
            [
                View::new(market.vault, &openInterestCall { instrument }),
                View::new(market.vault, &dustCall { instrument }),
            ]
        };
        let views: Vec<View> = group.iter().flat_map(ask).collect();
        let mut answers = reader.ask(&views, &[]).await?;
        let each = group.iter().map(|&instrument| {
            let open = answers.take::<openInterestCall>()?;
            let dust = answers.take::<dustCall>()?;
            let (long, short) = held(holders, instrument)?;
            Ok::<_, ProposalError>(Unfound {
                instrument,
                long: left(open.long, dust.long, long)?,
                short: left(open.short, dust.short, short)?,
            })
        });
        each.collect()
    });
    let mut found = found.await?;
    found.retain(|unfound| unfound.long > 0 || unfound.short > 0);
    Ok(found)
}

/// What is left of open interest; nothing if it is a billionth of it.
fn left(open: U256, dust: U256, held: i128) -> Result<i128, risk::Error> {
    const NEGLIGIBLE: i128 = 1_000_000_000;
    let open = signed(open)?;
    let left = open - signed(dust)? - held;
    Ok(if left > open / NEGLIGIBLE { left } else { 0 })
}

/// Sizes of both sides of an instrument that `holders` have.
fn held(holders: &Holders, instrument: u32) -> Result<(i128, i128), risk::Error> {
    let (mut long, mut short) = (Position(0), Position(0));
    let legs = holders.values().flatten();
    for leg in legs.filter(|leg| leg.instrument == instrument) {
        let side = if leg.size > 0 { &mut long } else { &mut short };
        *side = side.plus(Position(leg.size))?;
    }
    Ok((long.0, short.negated()?.0))
}

/// What perpetuals are on, and the terms of the options that anybody holds.
async fn instruments(
    reader: &Reader,
    market: &Market,
    numbers: &[u32],
    holders: &Holders,
) -> Result<BTreeMap<u32, Instrument>, ProposalError> {
    let is_perpetual = |number: &&u32| **number < FIRST_OPTION;
    let mut all: BTreeSet<u32> = numbers.iter().filter(is_perpetual).copied().collect();
    all.extend(holders.values().flatten().map(|leg| leg.instrument));
    let all: Vec<u32> = all.into_iter().collect();
    let described = in_groups(&all, AT_ONCE, async |group| {
        let ask = |&instrument: &u32| {
            if instrument < FIRST_OPTION {
                View::new(market.vault, &instrumentCall { instrument })
            } else {
                View::new(market.vault, &optionCall { instrument })
            }
        };
        let views: Vec<View> = group.iter().map(ask).collect();
        let mut answers = reader.ask(&views, &[]).await?;
        let each = group.iter().map(|number| described(*number, &mut answers));
        each.collect()
    });
    Ok(all.iter().copied().zip(described.await?).collect())
}

fn described(number: u32, answers: &mut Answers) -> Result<Instrument, ProposalError> {
    if number < FIRST_OPTION {
        let asset = answers.take::<instrumentCall>()?.asset;
        return Ok(Instrument::Perpetual { asset });
    }
    let terms = answers.take::<optionCall>()?;
    Ok(Instrument::Option(Series {
        underlying: terms.underlying,
        expiry: terms.expiry,
        strike: unsigned(terms.strike)?,
        is_call: terms.isCall,
        closes: terms.closes,
    }))
}

/// What to ask of a market at each stage.
struct Survey<'a> {
    probe: &'a Probe<'a>,
    market: Market,
    instruments: &'a BTreeMap<u32, Instrument>,
    accounts: Vec<B256>,
}

impl Survey<'_> {
    fn poke(&self) -> View {
        let assets = self.perpetuals().map(|(_, asset)| asset).collect();
        View::new(self.market.guard, &IOracleGuard::pokeManyCall { assets })
    }

    /// Perpetuals with their assets.
    fn perpetuals(&self) -> impl Iterator<Item = (u32, B256)> {
        let all = self.instruments.iter();
        all.filter_map(|(number, instrument)| match instrument {
            Instrument::Perpetual { asset } => Some((*number, *asset)),
            Instrument::Option(_) => None,
        })
    }

    fn options(&self) -> impl Iterator<Item = (u32, Series)> {
        let all = self.instruments.iter();
        all.filter_map(|(number, instrument)| match instrument {
            Instrument::Perpetual { .. } => None,
            Instrument::Option(series) => Some((*number, *series)),
        })
    }

    async fn conditions(&self, stage: &Stage) -> Result<Conditions, ProposalError> {
        use IMarginVault::Parameters;
        let Market {
            vault, pool, token, ..
        } = self.market;
        let views = [
            View::new(vault, &parametersCall {}),
            View::new(pool, &availableCall { vault }),
            View::new(token, &decimalsCall {}),
        ];
        let mut answers = self.probe.ask(stage, &views).await?;
        let Parameters {
            penaltyStart,
            penaltyRamp,
            dustNotional,
            ..
        } = answers.take::<parametersCall>()?;
        let available = answers.take::<IInsurancePool::availableCall>()?.amount;
        let decimals = answers.take::<decimalsCall>()?;
        Ok(Conditions {
            accounts: self.margins(stage).await?,
            quotes: self.quotes(stage).await?,
            terms: self.terms(stage).await?,
            penalty_start: penaltyStart,
            penalty_ramp: penaltyRamp,
            dust_notional: signed(dustNotional)?,
            insurance: in_wad(available, decimals)?,
        })
    }

    async fn margins(&self, stage: &Stage) -> Result<BTreeMap<B256, Margins>, ProposalError> {
        let vault = self.market.vault;
        let found = in_groups(&self.accounts, AT_ONCE, async |group| {
            let ask = |&account: &B256| View::new(vault, &healthCall { account });
            let views: Vec<View> = group.iter().map(ask).collect();
            let mut answers = self.probe.ask(stage, &views).await?;
            let each = group
                .iter()
                .map(|_| margins(&answers.take::<healthCall>()?));
            each.collect()
        });
        let accounts = self.accounts.iter().copied();
        Ok(accounts.zip(found.await?).collect())
    }

    async fn terms(&self, stage: &Stage) -> Result<BTreeMap<u32, Terms>, ProposalError> {
        let vault = self.market.vault;
        let perpetuals: Vec<u32> = self.perpetuals().map(|(number, _)| number).collect();
        let found = in_groups(&perpetuals, AT_ONCE, async |group| {
            let ask = |&instrument: &u32| {
                [
                    View::new(vault, &openInterestCall { instrument }),
                    View::new(vault, &coverCall { instrument }),
                    View::new(vault, &debtsCall { instrument }),
                    View::new(vault, &instrumentCall { instrument }),
                ]
            };
            let views: Vec<View> = group.iter().flat_map(ask).collect();
            let mut answers = self.probe.ask(stage, &views).await?;
            let each = group.iter().map(|_| terms(&mut answers));
            each.collect()
        });
        let found = found.await?;
        Ok(perpetuals.into_iter().zip(found).collect())
    }

    /// Marks of everything, at the guard's prices of this stage.
    async fn quotes(&self, stage: &Stage) -> Result<BTreeMap<u32, Quote>, ProposalError> {
        let perpetuals: Vec<(u32, B256)> = self.perpetuals().collect();
        let assets: Vec<B256> = perpetuals.iter().map(|(_, asset)| *asset).collect();
        let answer = self.marks(stage, &assets, vec![]).await?;
        let each = perpetuals.iter().zip(&answer._0);
        let mut quotes: BTreeMap<u32, Quote> = each
            .map(|((number, _), mark)| (*number, of_perpetual(mark)))
            .collect();
        let options: Vec<(u32, Series)> = self.options().collect();
        let found = in_groups(&options, QUOTES_AT_ONCE, async |group| {
            self.option_quotes(stage, &perpetuals, group, &quotes).await
        });
        let found = found.await?;
        quotes.extend(found);
        Ok(quotes)
    }

    async fn option_quotes(
        &self,
        stage: &Stage,
        perpetuals: &[(u32, B256)],
        options: &[(u32, Series)],
        quotes: &BTreeMap<u32, Quote>,
    ) -> Result<Vec<(u32, Quote)>, ProposalError> {
        let place = |underlying: u32| {
            perpetuals
                .iter()
                .position(|(number, _)| *number == underlying)
        };
        let known: Vec<(u32, Series, u8)> = options
            .iter()
            .filter_map(|&(number, series)| {
                let asset = u8::try_from(place(series.underlying)?).ok()?;
                Some((number, series, asset))
            })
            .collect();
        let ids = known.iter().map(|&(_, series, asset)| OptionId {
            asset,
            expiry: series.expiry,
            strike: series.strike,
            isCall: series.is_call,
            closes: series.closes,
        });
        let assets: Vec<B256> = perpetuals.iter().map(|(_, asset)| *asset).collect();
        let answer = self.marks(stage, &assets, ids.collect()).await?;
        let each = known
            .iter()
            .zip(&answer._1)
            .map(|(&(number, series, _), said)| {
                let underlying = quotes.get(&series.underlying).copied();
                let quote = Quote {
                    mark: said.mark,
                    volatility: said.volatility,
                    is_final: said.isFinal,
                    blocked: said.blocked,
                    ..underlying.unwrap_or_default()
                };
                (number, quote)
            });
        Ok(each.collect())
    }

    async fn marks(
        &self,
        stage: &Stage,
        assets: &[B256],
        options: Vec<OptionId>,
    ) -> Result<IOracleGuard::marksWithOptionsReturn, ProposalError> {
        let assets = assets.to_vec();
        let view = View::new(self.market.guard, &marksWithOptionsCall { assets, options });
        let mut answers = self.probe.ask(stage, &[view]).await?;
        Ok(answers.take::<marksWithOptionsCall>()?)
    }
}

fn of_perpetual(mark: &IOracleGuard::Mark) -> Quote {
    Quote {
        mark: mark.mark,
        spot: mark.mark,
        range: mark.spotRange.into(),
        blocked: mark.blocked,
        ..Quote::default()
    }
}

fn margins(health: &IMarginVault::healthReturn) -> Result<Margins, ProposalError> {
    Ok(Margins {
        equity: i128::try_from(health.equity).map_err(|_| risk::Error::Overflow)?,
        maintenance: signed(health.maintenance)?,
        initial: signed(health.initial)?,
        unhealthy_secs: health.unhealthySecs,
    })
}

fn terms(answers: &mut Answers) -> Result<Terms, ProposalError> {
    let sides = answers.take::<openInterestCall>()?;
    let cover = answers.take::<coverCall>()?;
    let debts = answers.take::<debtsCall>()?;
    let instrument = answers.take::<instrumentCall>()?;
    Ok(Terms {
        open_interest: signed(sides.long.max(sides.short))?,
        // Without a limit it is the largest size there is.
        open_interest_limit: cover.openInterestLimit.saturating_to(),
        cover_left: signed(cover.left)?,
        debt_room: signed(debts.room)?,
        maintenance_rate: instrument.maintenanceRate,
        shock: instrument.shock,
    })
}

/// An amount of a token as a WAD amount.
fn in_wad(amount: U256, decimals: u8) -> Result<i128, risk::Error> {
    let unit = U256::from(10_u64).pow(U256::from(WAD_DECIMALS.saturating_sub(decimals)));
    signed(amount.saturating_mul(unit))
}

fn unsigned(value: U256) -> Result<u128, risk::Error> {
    u128::try_from(value).map_err(|_| risk::Error::Overflow)
}

fn signed(value: impl TryInto<i128>) -> Result<i128, risk::Error> {
    value.try_into().map_err(|_| risk::Error::Overflow)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{coins::asset_of, holders::Leg};
    use alloy::primitives::Address;
    use risk::WAD;

    pub const ALICE: B256 = B256::repeat_byte(1);
    pub const BOB: B256 = B256::repeat_byte(2);

    pub fn usd(amount: i64) -> i128 {
        i128::from(amount) * WAD as i128
    }

    pub fn wad(amount: i64) -> u128 {
        usd(amount).unsigned_abs()
    }

    fn margins(equity: i64, maintenance: i64, initial: i64) -> Margins {
        Margins {
            equity: usd(equity),
            maintenance: usd(maintenance),
            initial: usd(initial),
            unhealthy_secs: 0,
        }
    }

    fn conditions(initial: i64, maintenance: i64) -> Conditions {
        let accounts = [
            (ALICE, margins(1_500, maintenance, initial)),
            (BOB, margins(9_000, maintenance, initial)),
        ];
        let quote = Quote {
            mark: wad(200),
            spot: wad(200),
            ..Quote::default()
        };
        let terms = Terms {
            open_interest: usd(100),
            open_interest_limit: wad(200),
            cover_left: usd(2_000),
            debt_room: usd(2_000),
            maintenance_rate: (WAD / 20) as u64,
            shock: (WAD / 4) as u64,
        };
        Conditions {
            accounts: accounts.into(),
            quotes: [(1, quote)].into(),
            terms: [(1, terms)].into(),
            penalty_start: (WAD / 20) as u64,
            penalty_ramp: 600,
            dust_notional: 0,
            insurance: usd(5_000),
        }
    }

    /// 100 ETH at 200 dollars, long by Alice, short by Bob.
    pub fn snapshot() -> Snapshot {
        let vault = Address::repeat_byte(9);
        let asset = asset_of(vault, "ETH");
        let leg = |size| {
            let (instrument, size) = (1, usd(size));
            vec![Leg { instrument, size }]
        };
        Snapshot {
            market: Market {
                vault,
                pool: Address::repeat_byte(8),
                guard: Address::repeat_byte(7),
                token: Address::repeat_byte(6),
            },
            time: 0,
            instruments: [(1, Instrument::Perpetual { asset })].into(),
            holders: [(ALICE, leg(100)), (BOB, leg(-100))].into(),
            unfound: vec![],
            now: conditions(1_400, 1_000),
            before: conditions(1_400, 1_000),
            after: conditions(2_400, 2_000),
        }
    }

    #[test]
    fn open_interest_that_nobody_was_found_with_is_noticed() {
        let holders = snapshot().holders;
        assert_eq!(held(&holders, 1), Ok((usd(100), usd(100))));
        assert_eq!(held(&holders, 2), Ok((0, 0)));
        let left = |open| left(U256::from(open), U256::from(7), usd(100));
        assert_eq!(left(wad(100) + 7), Ok(0));
        assert_eq!(left(wad(100) + 1_000), Ok(0), "rounding");
        assert_eq!(left(wad(150) + 7), Ok(usd(50)));
        assert_eq!(left(wad(1)), Ok(0));
    }

    #[test]
    fn a_tokens_amount_has_the_tokens_decimals() {
        assert_eq!(in_wad(U256::from(1_500_000), 6), Ok(usd(3) / 2));
        assert_eq!(in_wad(U256::from(wad(2)), 18), Ok(usd(2)));
        assert_eq!(in_wad(U256::MAX, 6), Err(risk::Error::Overflow));
    }
}

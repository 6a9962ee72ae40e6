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
            optionCall, optionRulesCall, parametersCall,
        },
        IOracleGuard::{self, OptionId, marksWithOptionsCall},
        IQuoteToken::decimalsCall,
    },
    chain::{Answers, View},
};
use risk::{Clock, Health, OptionRates, Ratio, Side, Size, Usd};
use standing::{Instrument, Quote, Series, clock, market::option_rates, numbers};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts, and instruments, that one call asks about: an account of sixteen options costs up to two million gas.
const AT_ONCE: usize = 20;
/// Options are numbered from here.
const FIRST_OPTION: u32 = 1 << 31;
/// Quotes of the guard in one call.
const QUOTES_AT_ONCE: usize = 64;

/// An account under some parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Margins {
    /// Equity, profit at its worth, and the margin below which it is liquidated.
    pub health: Health,
    /// Below which it opens nothing.
    pub initial: Usd,
    /// For how long ill health was observed.
    pub clock: Clock,
}

/// A perpetual under some parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Size of the larger side.
    pub open_interest: Size,
    /// Size of one side that cover allows now; the largest number where nothing limits it.
    pub open_interest_limit: Size,
    /// What insurance would pay for it now, debts and rewards together.
    pub cover_left: Usd,
    /// What insurance would pay for its debts now.
    pub debt_room: Usd,
    /// Share of the mark that its cover has to pay for.
    pub shock: Ratio,
}

/// A vault under some parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// By account.
    pub accounts: BTreeMap<B256, Margins>,
    /// Every perpetual, and the options that anybody holds, at their prices.
    pub market: standing::MarketState,
    /// By number of the perpetual.
    pub capacities: BTreeMap<u32, Capacity>,
    /// What the pool would pay the vault now.
    pub insurance: Usd,
}

/// Open interest of an instrument that nobody was found to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfound {
    /// The instrument's number.
    pub instrument: u32,
    /// Of the long side.
    pub long: Size,
    /// Of the short side.
    pub short: Size,
}

/// A market with everybody in it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Which.
    pub market: Market,
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
            let residue = answers.take::<dustCall>()?;
            let (long, short) = held(holders, instrument)?;
            Ok::<_, ProposalError>(Unfound {
                instrument,
                long: left(open.long, residue.long, long)?,
                short: left(open.short, residue.short, short)?,
            })
        });
        each.collect()
    });
    let mut found = found.await?;
    found.retain(|unfound| unfound.long > Size::ZERO || unfound.short > Size::ZERO);
    Ok(found)
}

/// What is left of open interest; nothing if it is a billionth of it.
fn left(open: U256, residue: U256, held: Size) -> Result<Size, risk::Error> {
    const NEGLIGIBLE: u128 = 1_000_000_000;
    let open = size(open)?;
    let found = size(residue)?.plus(held)?;
    let left = Size(open.0.saturating_sub(found.0));
    Ok(if left.0 > open.0 / NEGLIGIBLE {
        left
    } else {
        Size::ZERO
    })
}

/// Sizes of both sides of an instrument that `holders` have.
fn held(holders: &Holders, instrument: u32) -> Result<(Size, Size), risk::Error> {
    let (mut long, mut short) = (Size::ZERO, Size::ZERO);
    let legs = holders.values().flatten();
    for leg in legs.filter(|leg| leg.instrument == instrument) {
        let side = match leg.size.side() {
            Side::Long => &mut long,
            Side::Short => &mut short,
        };
        *side = side.plus(leg.size.size())?;
    }
    Ok((long, short))
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
    Ok(Instrument::Option(Series::of(&terms)?))
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
        let Market {
            vault, pool, token, ..
        } = self.market;
        let views = [
            View::timestamp(),
            View::new(vault, &parametersCall {}),
            View::new(pool, &availableCall { vault }),
            View::new(token, &decimalsCall {}),
        ];
        let mut answers = self.probe.ask(stage, &views).await?;
        let time = answers.timestamp()?;
        let parameters = answers.take::<parametersCall>()?;
        let available = answers.take::<IInsurancePool::availableCall>()?.amount;
        let decimals = answers.take::<decimalsCall>()?;
        let said = self.said_of_perpetuals(stage).await?;
        let mut market = standing::MarketState::new(time, &parameters)?;
        market.instruments.clone_from(self.instruments);
        market.quotes = self.quotes(stage, &said).await?;
        let rules = said.iter().map(|(number, said)| (*number, said.rates));
        market.option_rates = rules.collect();
        Ok(Conditions {
            accounts: self.margins(stage, time).await?,
            market,
            capacities: said
                .iter()
                .map(|(number, said)| (*number, said.capacity))
                .collect(),
            insurance: numbers::of_token(available, decimals)?,
        })
    }

    async fn margins(
        &self,
        stage: &Stage,
        time: u64,
    ) -> Result<BTreeMap<B256, Margins>, ProposalError> {
        let vault = self.market.vault;
        let found = in_groups(&self.accounts, AT_ONCE, async |group| {
            let ask = |&account: &B256| View::new(vault, &healthCall { account });
            let views: Vec<View> = group.iter().map(ask).collect();
            let mut answers = self.probe.ask(stage, &views).await?;
            let each = group
                .iter()
                .map(|_| margins(&answers.take::<healthCall>()?, time));
            each.collect()
        });
        let accounts = self.accounts.iter().copied();
        Ok(accounts.zip(found.await?).collect())
    }

    async fn said_of_perpetuals(
        &self,
        stage: &Stage,
    ) -> Result<BTreeMap<u32, Said>, ProposalError> {
        let vault = self.market.vault;
        let perpetuals: Vec<u32> = self.perpetuals().map(|(number, _)| number).collect();
        let found = in_groups(&perpetuals, AT_ONCE, async |group| {
            let ask = |&instrument: &u32| {
                [
                    View::new(vault, &openInterestCall { instrument }),
                    View::new(vault, &coverCall { instrument }),
                    View::new(vault, &debtsCall { instrument }),
                    View::new(vault, &instrumentCall { instrument }),
                    View::new(
                        vault,
                        &optionRulesCall {
                            underlying: instrument,
                        },
                    ),
                ]
            };
            let views: Vec<View> = group.iter().flat_map(ask).collect();
            let mut answers = self.probe.ask(stage, &views).await?;
            let each = group.iter().map(|_| said(&mut answers));
            each.collect()
        });
        let found = found.await?;
        Ok(perpetuals.into_iter().zip(found).collect())
    }

    /// Marks of everything, at the guard's prices of this stage.
    async fn quotes(
        &self,
        stage: &Stage,
        said: &BTreeMap<u32, Said>,
    ) -> Result<BTreeMap<u32, Quote>, ProposalError> {
        let perpetuals: Vec<(u32, B256)> = self.perpetuals().collect();
        let assets: Vec<B256> = perpetuals.iter().map(|(_, asset)| *asset).collect();
        let answer = self.marks(stage, &assets, vec![]).await?;
        let each = perpetuals.iter().zip(&answer._0);
        let mut quotes: BTreeMap<u32, Quote> = each
            .filter_map(|((number, _), mark)| {
                let own = &said.get(number)?.instrument;
                Some((*number, Quote::of_perpetual(mark, own)))
            })
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
        let ids = known.iter().map(|(_, series, asset)| series.id(*asset));
        let assets: Vec<B256> = perpetuals.iter().map(|(_, asset)| *asset).collect();
        let answer = self.marks(stage, &assets, ids.collect()).await?;
        let each = known.iter().zip(&answer._1);
        let each = each.filter_map(|(&(number, series, _), said)| {
            let underlying = quotes.get(&series.underlying)?;
            Some((number, Quote::of_option(said, underlying)))
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

fn margins(view: &IMarginVault::healthReturn, time: u64) -> Result<Margins, ProposalError> {
    Ok(Margins {
        health: Health {
            equity: numbers::usd(view.equity)?,
            maintenance: numbers::usd(view.maintenance)?,
        },
        initial: numbers::usd(view.initial)?,
        clock: clock(time, view.unhealthySecs),
    })
}

/// What a vault says of a perpetual.
struct Said {
    capacity: Capacity,
    instrument: IMarginVault::Instrument,
    /// By what options on its underlying are margined.
    rates: OptionRates,
}

fn said(answers: &mut Answers) -> Result<Said, ProposalError> {
    let sides = answers.take::<openInterestCall>()?;
    let cover = answers.take::<coverCall>()?;
    let debts = answers.take::<debtsCall>()?;
    let instrument = answers.take::<instrumentCall>()?;
    let rules = answers.take::<optionRulesCall>()?;
    let capacity = Capacity {
        open_interest: size(sides.long.max(sides.short))?,
        // Without a limit it is the largest size there is.
        open_interest_limit: Size(cover.openInterestLimit.saturating_to()),
        cover_left: numbers::usd(cover.left)?,
        debt_room: numbers::usd(debts.room)?,
        shock: Ratio(instrument.shock.into()),
    };
    Ok(Said {
        capacity,
        instrument,
        rates: option_rates(&rules),
    })
}

/// A WAD size.
fn size(value: U256) -> Result<Size, risk::Error> {
    u128::try_from(value)
        .map(Size)
        .map_err(|_| risk::Error::Overflow)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::coins::asset_of;
    use alloy::primitives::Address;
    use risk::{Mark, Penalty, Position, Spot, WAD};
    use standing::Leg;

    const VAULT: Address = Address::repeat_byte(9);

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
            health: Health {
                equity: Usd(usd(equity)),
                maintenance: Usd(usd(maintenance)),
            },
            initial: Usd(usd(initial)),
            clock: Clock::default(),
        }
    }

    fn conditions(initial: i64, maintenance: i64) -> Conditions {
        let accounts = [
            (ALICE, margins(1_500, maintenance, initial)),
            (BOB, margins(9_000, maintenance, initial)),
        ];
        let quote = Quote {
            mark: Mark(wad(200)),
            spot: Spot(wad(200)),
            range: Ratio(wad(maintenance) / 20_000),
            ..Quote::default()
        };
        let asset = asset_of(VAULT, "ETH");
        let capacity = Capacity {
            open_interest: Size(wad(100)),
            open_interest_limit: Size(wad(200)),
            cover_left: Usd(usd(2_000)),
            debt_room: Usd(usd(2_000)),
            shock: Ratio(WAD / 4),
        };
        Conditions {
            accounts: accounts.into(),
            market: standing::MarketState {
                time: 0,
                instruments: [(1, Instrument::Perpetual { asset })].into(),
                quotes: [(1, quote)].into(),
                option_rates: BTreeMap::new(),
                penalty: Penalty {
                    start: Ratio(WAD / 20),
                    ramp: 600,
                },
                dust_notional: Usd::ZERO,
            },
            capacities: [(1, capacity)].into(),
            insurance: Usd(usd(5_000)),
        }
    }

    /// 100 ETH at 200 dollars, long by Alice, short by Bob.
    pub fn snapshot() -> Snapshot {
        let leg = |size| {
            let (instrument, size) = (1, Position(usd(size)));
            vec![Leg { instrument, size }]
        };
        Snapshot {
            market: Market {
                vault: VAULT,
                pool: Address::repeat_byte(8),
                guard: Address::repeat_byte(7),
                token: Address::repeat_byte(6),
            },
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
        let size = |amount| Size(wad(amount));
        assert_eq!(held(&holders, 1), Ok((size(100), size(100))));
        assert_eq!(held(&holders, 2), Ok((Size::ZERO, Size::ZERO)));
        let left = |open| left(U256::from(open), U256::from(7), size(100));
        assert_eq!(left(wad(100) + 7), Ok(Size::ZERO));
        assert_eq!(left(wad(100) + 1_000), Ok(Size::ZERO), "rounding");
        assert_eq!(left(wad(150) + 7), Ok(size(50)));
        assert_eq!(left(wad(1)), Ok(Size::ZERO));
    }
}

//! The days that a market must survive (DESIGN 9), as gaps: prices jump from today's marks to the day's last, volatilities stay,
//! and nobody is liquidated on the way but those whom the parameters already put below maintenance margin. Who then owes how
//! much, what insurance pays of it, and what profits lose. Options are valued, and debts divided among instruments, by the
//! functions of the crate `risk`.

use super::{
    amount::Amount,
    coins::Coin,
    error::ProposalError,
    snapshot::{Conditions, Margins, Snapshot},
};
use risk::options::black;
use risk::{Attribution, Parts, Position, Price, Ratio, Totals, Usd, WAD, math};
use serde::Serialize;
use standing::{Book, Instrument, Leg, Quote, Series};
use std::collections::BTreeMap;

/// WAD share of a price in a millionth.
const MILLIONTH: u128 = WAD / 1_000_000;
/// Where a price stays, in millionths.
const SAME: u32 = 1_000_000;
/// No price falls below a hundredth of itself, as in the scenarios of margin.
const LEAST: u128 = WAD / 100;

/// Where a day leaves prices, in millionths of what they were.
enum Moves {
    /// By coin.
    Coins {
        bitcoin: u32,
        ether: u32,
        stable: u32,
        others: u32,
    },
    /// Down by each instrument's shock.
    ShockDown,
    /// Up by each instrument's shock.
    ShockUp,
}

struct Day {
    name: &'static str,
    moves: Moves,
}

const fn coins(name: &'static str, [bitcoin, ether, stable, others]: [u32; 4]) -> Day {
    let moves = Moves::Coins {
        bitcoin,
        ether,
        stable,
        others,
    };
    Day { name, moves }
}

/// Published figures. Where a day has one for a single coin, the others are taken to do the same if it was a crash, and to stay
/// where they are if it was a squeeze. Prices by coin: bitcoin, ether, stablecoins, others.
const DAYS: [Day; 9] = [
    // ETH from 194 to 86 dollars.
    coins("12 March 2020", [443_299, 443_299, SAME, 443_299]),
    // From 0.038 to 0.91 dollars in ten minutes.
    coins(
        "October 2022, thin-token pump",
        [SAME, SAME, SAME, 23_947_368],
    ),
    // Bitcoin fell by 13 %, others by 40 to 80 %.
    coins(
        "10 October 2025, alts -40 %",
        [870_000, 600_000, SAME, 600_000],
    ),
    coins(
        "10 October 2025, alts -80 %",
        [870_000, 200_000, SAME, 200_000],
    ),
    // The mark that the guard takes is 0.92, from 0.99.
    coins("stablecoin on one venue", [SAME, SAME, 929_293, SAME]),
    // A thin token from 0.0095 to 0.0376 dollars.
    coins(
        "short squeeze of a thin token",
        [SAME, SAME, SAME, 3_957_895],
    ),
    // ETH fell by 12 % while the sequencer was down.
    coins("outage of 45 minutes", [880_000, 880_000, SAME, 880_000]),
    // What cover has to pay for, in one update.
    Day {
        name: "every price down by its shock",
        moves: Moves::ShockDown,
    },
    Day {
        name: "every price up by its shock",
        moves: Moves::ShockUp,
    },
];

/// What a day costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// Accounts that it leaves in debt.
    pub bankrupt: usize,
    /// What they owe.
    pub deficit: Amount,
    /// What insurance pays of it: for each instrument at most what its cover has for debts, and in all what the pool pays the
    /// vault.
    pub insured: Amount,
    /// What profits lose by it.
    pub uncovered: Amount,
}

/// Where a price goes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Move {
    /// The perpetual.
    pub instrument: u32,
    /// Share of its price that is left.
    pub factor: Amount,
}

/// A day, before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stressed {
    /// Its name.
    pub day: &'static str,
    /// Prices that change.
    pub moves: Vec<Move>,
    /// As things are.
    pub before: Loss,
    /// As they would be.
    pub after: Loss,
}

/// Every day, before and after.
pub fn days(snapshot: &Snapshot) -> Result<Vec<Stressed>, ProposalError> {
    let days = DAYS.iter().map(|day| {
        let factors = factors(snapshot, &day.moves);
        Ok(Stressed {
            day: day.name,
            moves: moves(&factors)?,
            before: loss(snapshot, &snapshot.before, &factors)?,
            after: loss(snapshot, &snapshot.after, &factors)?,
        })
    });
    days.collect()
}

/// WAD shares of their prices that perpetuals are left with. The shock is the larger of what it is and what it would be, so that
/// both sides are held to the same gap.
fn factors(snapshot: &Snapshot, moves: &Moves) -> BTreeMap<u32, u128> {
    let shock = |number: &u32| {
        let both = [&snapshot.before, &snapshot.after];
        let of = |side: &Conditions| {
            side.capacities
                .get(number)
                .map_or(Ratio::ZERO, |capacity| capacity.shock)
        };
        both.map(of).into_iter().max().unwrap_or_default().0
    };
    let perpetuals = snapshot.before.market.instruments.iter();
    perpetuals
        .filter_map(|(number, instrument)| match instrument {
            Instrument::Perpetual { asset } => {
                Some((number, Coin::of(snapshot.market.vault, *asset)))
            }
            Instrument::Option(_) => None,
        })
        .map(|(number, coin)| {
            let factor = match moves {
                Moves::ShockDown => WAD.saturating_sub(shock(number)),
                Moves::ShockUp => WAD.saturating_add(shock(number)),
                Moves::Coins {
                    bitcoin,
                    ether,
                    stable,
                    others,
                } => {
                    let millionths = match coin {
                        Coin::Bitcoin => bitcoin,
                        Coin::Ether => ether,
                        Coin::Stable => stable,
                        Coin::Other => others,
                    };
                    u128::from(*millionths) * MILLIONTH
                }
            };
            (*number, factor.max(LEAST))
        })
        .collect()
}

fn moves(factors: &BTreeMap<u32, u128>) -> Result<Vec<Move>, risk::Error> {
    let moved = factors.iter().filter(|(_, factor)| **factor != WAD);
    let each = moved.map(|(&instrument, &factor)| {
        let factor = Amount::of(factor)?;
        Ok(Move { instrument, factor })
    });
    each.collect()
}

fn loss(
    snapshot: &Snapshot,
    conditions: &Conditions,
    factors: &BTreeMap<u32, u128>,
) -> Result<Loss, ProposalError> {
    let (mut bankrupt, mut deficit) = (0, Usd::ZERO);
    let mut owed: BTreeMap<u32, Usd> = BTreeMap::new();
    for (account, legs) in &snapshot.holders {
        let margins = conditions.accounts.get(account);
        let margins = margins.ok_or(ProposalError::AccountLost(*account))?;
        let fallen = Fallen::of(conditions, margins, legs, factors)?;
        let debt = fallen.equity.deficit()?;
        if debt == Usd::ZERO {
            continue;
        }
        bankrupt += 1;
        deficit = deficit.plus(debt)?;
        for (instrument, part) in fallen.attributed(debt)? {
            let total = owed.entry(instrument).or_default();
            *total = total.plus(part)?;
        }
    }
    let mut insured = Usd::ZERO;
    for (instrument, debt) in owed {
        let capacity = conditions.capacities.get(&instrument);
        let room = capacity.map_or(Usd::ZERO, |capacity| capacity.debt_room);
        insured = insured.plus(debt.min(room))?;
    }
    insured = insured.min(conditions.insurance);
    let owing = Totals {
        debt: deficit,
        ..Totals::default()
    };
    Ok(Loss {
        bankrupt,
        deficit: Amount(deficit.0),
        insured: Amount(insured.0),
        uncovered: Amount(owing.missing(insured)?.0),
    })
}

/// An account once it has been liquidated, if it is below maintenance margin, and then prices have jumped. Whoever takes positions
/// over is taken to have enough; nobody takes over an account in debt.
struct Fallen<'m> {
    book: Book<'m>,
    equity: Usd,
    /// By place in the book, negative where a leg gained.
    losses: Parts,
}

impl<'m> Fallen<'m> {
    fn of(
        conditions: &'m Conditions,
        margins: &Margins,
        legs: &[Leg],
        factors: &BTreeMap<u32, u128>,
    ) -> Result<Self, risk::Error> {
        let book = Book::new(&conditions.market, legs)?;
        let taken = book.liquidated(&margins.health, margins.clock)?;
        let taken = taken.unwrap_or_default();
        let mut equity = margins.health.equity.minus(taken.penalty)?;
        let mut losses = Parts::default();
        for (place, position) in book.positions().iter() {
            let number = book.number(place);
            let (side, size) = (position.side(), position.size());
            let moved = size.share_up(taken.share_of(number))?;
            let kept = side.position(size.minus(moved)?)?;
            let gain = gain(&conditions.market, number, kept, factors)?;
            equity = equity.plus(gain)?;
            losses.add(place, Usd::ZERO.minus(gain)?)?;
        }
        Ok(Self {
            book,
            equity,
            losses,
        })
    }

    /// A debt divided among perpetuals as the ledger divides it: by what legs on each underlying lost together. One that nothing was
    /// lost for is owed for none: no cover pays it.
    fn attributed(&self, debt: Usd) -> Result<Vec<(u32, Usd)>, risk::Error> {
        let new = Attribution::default();
        let underlying = |place| self.book.underlying(place);
        let divided = new.grown((Usd::ZERO, debt), &self.losses, underlying)?;
        let parts = divided.parts(debt)?;
        let named = parts
            .iter()
            .map(|(place, part)| (self.book.number(place), part));
        Ok(named.collect())
    }
}

/// What a position in an instrument gains by the jump, rounded down.
fn gain(
    market: &standing::MarketState,
    instrument: u32,
    position: Position,
    factors: &BTreeMap<u32, u128>,
) -> Result<Usd, risk::Error> {
    let quote = market.quote(instrument);
    let factor = factors.get(&market.underlying(instrument));
    let factor = factor.copied().unwrap_or(WAD);
    let series = market.series(instrument);
    let price = price_after(&quote, series, factor, market.time)?;
    let change = math::signed(price.0)? - math::signed(quote.mark.0)?;
    let change = if position.0 > 0 { change } else { -change };
    math::mul_div_floor(change, position.size().0, WAD).map(Usd)
}

/// Price of an instrument once that of its underlying is `factor` (WAD) of what it was; volatilities stay, and so does a final
/// settlement price. An option's forward is the price of its underlying, also while its settlement is averaged.
fn price_after(
    quote: &Quote,
    series: Option<&Series>,
    factor: u128,
    now: u64,
) -> Result<Price, risk::Error> {
    let spot = Price(math::mul_div_down(quote.spot.0, factor, WAD)?).min(Price::MAX);
    let Some(series) = series else {
        return Ok(spot);
    };
    if quote.is_final {
        return Ok(quote.mark.price());
    }
    let inputs = black::Inputs {
        kind: series.kind,
        forward: spot,
        strike: series.strike,
        // The guard has no volatility of an option from its expiry on, nor of one that nobody quotes.
        seconds: match quote.volatility {
            0 => 0,
            _ => series.expiry.saturating_sub(now),
        },
        volatility: Ratio(quote.volatility.into()),
    };
    Ok(inputs.quote()?.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::{ALICE, snapshot, usd, wad};
    use risk::{Mark, Spot};

    fn loss_at(snapshot: &Snapshot, conditions: &Conditions, percent: u128) -> Loss {
        let factors = [(1, WAD / 100 * percent)].into();
        loss(snapshot, conditions, &factors).unwrap()
    }

    /// 100 ETH long at 200 dollars with 1,500 of equity: at 170 it owes 1,500, of which cover pays all.
    #[test]
    fn a_gap_leaves_debts_that_insurance_pays_up_to_the_cover() {
        let mut snapshot = snapshot();
        let at = |snapshot: &Snapshot, percent| loss_at(snapshot, &snapshot.before, percent);
        assert_eq!(at(&snapshot, 95), Loss::default());
        let fallen = at(&snapshot, 85);
        assert_eq!((fallen.bankrupt, fallen.deficit), (1, Amount(usd(1_500))));
        assert_eq!(
            (fallen.insured, fallen.uncovered),
            (Amount(usd(1_500)), Amount(0))
        );
        // At 140 it owes 4,500: cover pays 2,000, and a poorer pool less.
        let fallen = at(&snapshot, 70);
        assert_eq!(
            (fallen.insured, fallen.uncovered),
            (Amount(usd(2_000)), Amount(usd(2_500)))
        );
        snapshot.before.insurance = Usd(usd(500));
        assert_eq!(at(&snapshot, 70).insured, Amount(usd(500)));
    }

    /// Liquidated by 1,000 / 2,400 for a penalty of 5 % of that share of 2,000 dollars.
    #[test]
    fn whom_the_parameters_liquidate_owes_less_afterwards() {
        let snapshot = snapshot();
        let before = loss_at(&snapshot, &snapshot.before, 70);
        let after = loss_at(&snapshot, &snapshot.after, 70);
        let expected =
            usd(6_000) - usd(6_000) * 1_000 / 2_400 - usd(1_500) + usd(100) * 1_000 / 2_400;
        assert!((after.deficit.0 - expected).abs() < 10_000, "{after:?}");
        assert!(after.deficit < before.deficit);
    }

    const CALL: u32 = 1 << 31;

    fn call() -> (Quote, Series) {
        let quote = Quote {
            mark: Mark(wad(20)),
            spot: Spot(wad(200)),
            volatility: WAD as u64,
            ..Quote::default()
        };
        let series = Series {
            underlying: 1,
            expiry: 86_400 * 30,
            strike: Price(wad(200)),
            kind: black::Kind::Call,
            closes: 0,
        };
        (quote, series)
    }

    /// A market with a second perpetual beside the first, and a call on the first at 200 dollars.
    fn conditions() -> Conditions {
        let mut conditions = snapshot().before;
        let market = &mut conditions.market;
        let asset = alloy::primitives::B256::ZERO;
        let perpetual = Instrument::Perpetual { asset };
        market.instruments.insert(2, perpetual);
        market.quotes.insert(2, market.quotes[&1]);
        let (quote, series) = call();
        market.instruments.insert(CALL, Instrument::Option(series));
        market.quotes.insert(CALL, quote);
        conditions
    }

    fn fallen<'m>(
        conditions: &'m Conditions,
        legs: &[(u32, i64)],
        factors: &[(u32, u128)],
    ) -> Fallen<'m> {
        let legs = legs.iter().map(|&(instrument, size)| Leg {
            instrument,
            size: Position(usd(size)),
        });
        let legs: Vec<Leg> = legs.collect();
        let margins = conditions.accounts[&ALICE];
        let factors = factors.iter().copied().collect();
        Fallen::of(conditions, &margins, &legs, &factors).unwrap()
    }

    #[test]
    fn a_debt_is_divided_by_what_legs_lose_to_the_last_unit() {
        let conditions = conditions();
        let parts = |factors: [(u32, u128); 2]| {
            let fallen = fallen(&conditions, &[(1, 100), (2, -200)], &factors);
            fallen.attributed(Usd(usd(100))).unwrap()
        };
        let divided = parts([(1, WAD / 2), (2, WAD / 2 * 3)]);
        let [(first, third), (second, rest)] = divided[..] else {
            panic!("{divided:?}");
        };
        assert_eq!((first, second), (1, 2));
        // To a share of 2^-26.
        assert!((third.0 - usd(100) / 3).abs() < usd(100) >> 25, "{third:?}");
        assert_eq!(third.plus(rest), Ok(Usd(usd(100))));
        let all = [(1, Usd(usd(100)))];
        assert_eq!(parts([(1, WAD / 2), (2, WAD / 2)]), all);
        assert_eq!(parts([(1, WAD * 2), (2, WAD)]), []);
    }

    /// A call sold against the perpetual loses less than that gains: together they lose nothing, and owe nothing.
    #[test]
    fn a_hedge_in_an_underlying_makes_it_owe_nothing() {
        let conditions = conditions();
        let legs = [(1, 100), (CALL, -100), (2, 100)];
        let fallen = fallen(&conditions, &legs, &[(1, 2 * WAD), (2, WAD / 2)]);
        let of_call = |&(place, _): &(u8, Usd)| fallen.book.number(place) == CALL;
        let lost = fallen.losses.iter().find(of_call).unwrap().1;
        assert!(lost > Usd(usd(10_000)), "{lost:?}");
        let debt = Usd(usd(900));
        assert_eq!(fallen.attributed(debt), Ok(vec![(2, debt)]));
    }

    /// Alice is below maintenance margin with 100 of each perpetual, of which the second is frozen: that falls with her.
    #[test]
    fn a_frozen_leg_is_there_when_prices_fall() {
        let mut conditions = conditions();
        let quote = conditions.market.quotes.get_mut(&2).unwrap();
        quote.blocked = risk::rules::tiers::action::ALL;
        let legs = [(1, 100), (2, 100)];
        let margins = conditions.accounts.get_mut(&ALICE).unwrap();
        margins.health.maintenance = Usd(usd(2_000));
        let fall = |factors: &[(u32, u128)]| fallen(&conditions, &legs, factors).equity;
        let lost = |factors| fall(&[]).minus(fall(factors)).unwrap();
        // Half of 100 at 200 dollars, and what is left of the other after (2,500 - 1,500) / (1,000 x 1.2) of it.
        assert_eq!(lost(&[(2, WAD / 2)]), Usd(usd(10_000)));
        let left = lost(&[(1, WAD / 2)]).0 - usd(10_000) / 6;
        assert!(left.abs() < 10_000, "{left}");
    }

    #[test]
    fn an_option_is_repriced_until_it_is_settled() {
        let (quote, series) = call();
        let price =
            |quote: &Quote, factor, now| price_after(quote, Some(&series), factor, now).unwrap();
        assert!(price(&quote, WAD / 10, 0) < Price(wad(1) / 1_000));
        assert!(price(&quote, WAD, 0) > Price(wad(20)));
        assert_eq!(price(&quote, 2 * WAD, series.expiry), Price(wad(200)));
        let unquoted = Quote {
            volatility: 0,
            ..quote
        };
        assert_eq!(price(&unquoted, 2 * WAD, 0), Price(wad(200)));
        let settled = Quote {
            is_final: true,
            ..quote
        };
        assert_eq!(price(&settled, 2 * WAD, series.expiry), quote.mark.price());
    }

    #[test]
    fn every_day_is_played_on_its_own_coins() {
        let days = days(&snapshot()).unwrap();
        assert_eq!(days.len(), DAYS.len());
        for day in &days {
            // Alice is long ETH, Bob short; a day on which ETH stays where it is bankrupts nobody.
            assert_eq!(
                day.before.bankrupt == 0,
                day.moves.is_empty() || day.day.starts_with("every price up"),
                "{}",
                day.day
            );
        }
        let shocks: Vec<_> = days
            .iter()
            .filter(|day| day.day.starts_with("every"))
            .collect();
        let factors = shocks.iter().map(|day| day.moves[0].factor.exact());
        assert_eq!(factors.collect::<Vec<_>>(), ["0.75", "1.25"]);
    }
}

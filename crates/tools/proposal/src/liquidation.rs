//! What is taken of an account now: by a liquidation, or, where that is not to be had, by a deleveraging.

use super::snapshot::Margins;
use risk::Result;
use standing::{Book, Taken};

/// What is taken of an account now: what a liquidation takes; of one that nobody takes over, in debt or long near it, what is closed
/// against the other side.
pub fn taken(book: &Book, margins: &Margins) -> Result<Taken> {
    let Margins { health, clock, .. } = margins;
    if let Some(taken) = book.liquidated(health, *clock)? {
        return Ok(taken);
    }
    Ok(book.deleveraged(health, *clock)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::{ALICE, snapshot, usd, wad};
    use risk::options::{black::Kind, settlement::Counted};
    use risk::rules::tiers::action;
    use risk::{
        Clock, Health, Mark, OptionRates, Position, Price, Ratio, SettlementPrice, Usd, WAD,
    };
    use standing::{Instrument, Leg, MarketState, Quote, Series};

    const PERPETUAL: u32 = 1;
    const OTHER: u32 = 2;
    const CALL: u32 = 1 << 31;
    const PUT: u32 = CALL + 1;
    const DAY: u64 = 86_400;

    fn of(market: &MarketState, margins: &Margins, legs: &[Leg]) -> Taken {
        taken(&Book::new(market, legs).unwrap(), margins).unwrap()
    }

    fn taken_with(change: impl Fn(&mut MarketState, &mut Margins)) -> Taken {
        let snapshot = snapshot();
        let mut market = snapshot.after.market;
        let mut margins = snapshot.after.accounts[&ALICE];
        change(&mut market, &mut margins);
        of(&market, &margins, &snapshot.holders[&ALICE])
    }

    fn leg(instrument: u32, size: i64) -> Leg {
        Leg {
            instrument,
            size: Position(usd(size)),
        }
    }

    /// (1.25 x 2,000 - 1,500) / (2,000 x (1.25 - 0.05)) = 1,000 / 2,400, for 5 % of that share of 2,000 dollars.
    #[test]
    fn a_liquidation_takes_the_share_and_the_penalty_of_the_ledger() {
        let taken = taken_with(|_, _| {});
        assert_eq!(taken.share, Ratio((WAD * 1_000).div_ceil(2_400)));
        let penalty = usd(100) * 1_000 / 2_400;
        assert!((taken.penalty.0 - penalty).abs() < 1_000, "{taken:?}");
        assert_eq!(taken.share_of(PERPETUAL), taken.share);
        assert_eq!(taken.share_of(OTHER), Ratio::ZERO);
    }

    #[test]
    fn nothing_is_taken_of_a_healthy_account_and_all_of_one_in_debt_or_of_dust() {
        let with_equity = |equity, unhealthy| {
            taken_with(move |_, margins| {
                margins.health.equity = equity;
                margins.clock = Clock { seen: 1, unhealthy };
            })
        };
        assert_eq!(with_equity(Usd(usd(2_000)), 0), Taken::default());
        let all = with_equity(Usd(-1), 0);
        assert_eq!((all.share, all.penalty), (Ratio::ONE, Usd::ZERO));
        // 100 ETH at 200 dollars.
        let at = |dust| taken_with(move |market, _| market.dust_notional = Usd(usd(dust))).share;
        assert!(at(20_000) < Ratio::ONE);
        assert_eq!(at(20_001), Ratio::ONE);
    }

    #[test]
    fn an_account_with_nothing_left_that_owes_nothing_is_closed_after_two_minutes() {
        let after = |unhealthy| {
            taken_with(move |_, margins| {
                margins.health.equity = Usd::ZERO;
                margins.clock = Clock { seen: 1, unhealthy };
            })
        };
        assert_eq!(after(119), Taken::default());
        assert_eq!(after(120).share, Ratio::ONE);
    }

    #[test]
    fn what_the_guard_forbids_is_not_taken() {
        let blocked = |bits, equity| {
            taken_with(move |market, margins| {
                market.quotes.get_mut(&PERPETUAL).unwrap().blocked = bits;
                margins.health.equity = Usd(equity);
            })
        };
        let ill = usd(1_500);
        assert_eq!(blocked(action::LIQUIDATE, ill), Taken::default());
        let others = !action::LIQUIDATE & !action::GRACE;
        assert_ne!(blocked(others, ill), Taken::default());
        // A debt is not transferred but cut.
        assert_eq!(blocked(action::LIQUIDATE, -1).share, Ratio::ONE);
        assert_eq!(blocked(action::DELEVERAGE, -1), Taken::default());
    }

    #[test]
    fn nearly_enough_spares_an_account_in_the_grace_period() {
        let in_grace = |equity| {
            taken_with(move |market, margins| {
                market.quotes.get_mut(&PERPETUAL).unwrap().blocked = action::GRACE;
                margins.health.equity = Usd(equity);
            })
        };
        assert_eq!(in_grace(usd(1_900)), Taken::default());
        assert_ne!(in_grace(usd(1_900) - 1), Taken::default());
    }

    /// The snapshot's market with a second perpetual like the first, and a call and a put on the first that expire in a month.
    fn market() -> MarketState {
        let mut market = snapshot().after.market;
        let asset = alloy::primitives::B256::ZERO;
        let perpetual = Instrument::Perpetual { asset };
        market.instruments.insert(OTHER, perpetual);
        let quote = Quote {
            range: Ratio(WAD / 10),
            ..market.quotes[&PERPETUAL]
        };
        market.quotes.insert(PERPETUAL, quote);
        market.quotes.insert(OTHER, quote);
        for (number, kind) in [(CALL, Kind::Call), (PUT, Kind::Put)] {
            let series = Series {
                underlying: PERPETUAL,
                expiry: 30 * DAY,
                strike: Price(wad(200)),
                kind,
                closes: 0,
            };
            market
                .instruments
                .insert(number, Instrument::Option(series));
            let option = Quote {
                mark: Mark(wad(20)),
                volatility: WAD as u64 / 10 * 8,
                ..quote
            };
            market.quotes.insert(number, option);
        }
        let rates = OptionRates {
            tick: Price(WAD),
            volatility_range: Ratio(WAD / 10 * 3),
            short_option_rate: Ratio(WAD / 100),
        };
        market.option_rates.insert(PERPETUAL, rates);
        market
    }

    fn freeze(market: &mut MarketState, instrument: u32) {
        market.quotes.get_mut(&instrument).unwrap().blocked = action::ALL;
    }

    /// What the account of some legs needs, and 90 % of it as equity.
    fn ailing(market: &MarketState, legs: &[Leg]) -> Margins {
        let book = Book::new(market, legs).unwrap();
        let mut margins = snapshot().after.accounts[&ALICE];
        let maintenance = book.maintenance(book.positions()).unwrap();
        margins.health.maintenance = maintenance;
        margins.health.equity = Usd(maintenance.0 / 10 * 9);
        margins
    }

    /// What the movable margin of an account has to be for its share: (1.25 x MM - 0.9 x MM) / (MM' x (1.25 - 0.05)).
    fn share(maintenance: Usd, movable: Usd) -> Ratio {
        let (whole, moving) = (maintenance.0.unsigned_abs(), movable.0.unsigned_abs());
        let share = risk::math::mul_div_up(whole * 35 / 100, WAD, moving * 120 / 100);
        Ratio(share.unwrap()).min(Ratio::ONE)
    }

    #[test]
    fn a_frozen_leg_stays_and_the_others_make_up_for_it() {
        let mut market = market();
        let legs = [leg(PERPETUAL, 100), leg(OTHER, 100)];
        let margins = ailing(&market, &legs);
        let alone = of(&market, &margins, &legs);
        freeze(&mut market, OTHER);
        let partly = of(&market, &margins, &legs);
        // Half the margin can move, and twice the share of it.
        assert!(
            partly.share.0.abs_diff(2 * alone.share.0) <= 2,
            "{partly:?}"
        );
        assert_eq!(partly.share_of(OTHER), Ratio::ZERO);
        assert_eq!(partly.share_of(PERPETUAL), partly.share);
        assert_eq!(partly.notional, alone.notional);
    }

    /// A perpetual hedged by options that are frozen, and another that is not: taking the hedge away would raise the margin.
    #[test]
    fn what_hedges_a_frozen_option_stays_with_it() {
        let mut market = market();
        let hedged = [leg(CALL, -100), leg(PUT, 100), leg(PERPETUAL, 100)];
        let legs = [&hedged[..], &[leg(OTHER, 30)]].concat();
        let margins = ailing(&market, &legs);
        let without = |legs: &[Leg]| {
            let book = Book::new(&market, legs).unwrap();
            book.maintenance(book.positions()).unwrap()
        };
        let (whole, unhedged) = (without(&hedged), without(&hedged[..2]));
        assert!(unhedged.0 > 5 * whole.0, "{whole:?} {unhedged:?}");
        let other = without(&legs[3..]);
        for frozen in [CALL, PUT] {
            market.quotes.get_mut(&frozen).unwrap().blocked = action::LIQUIDATE;
        }
        let taken = of(&market, &margins, &legs);
        assert_eq!(taken.share_of(PERPETUAL), Ratio::ZERO, "the hedge");
        assert_eq!(taken.share_of(OTHER), taken.share);
        assert!(taken.share > Ratio::ZERO);
        let expected = share(margins.health.maintenance, other);
        assert!(
            taken.share.0.abs_diff(expected.0) < 1_000_000,
            "{taken:?} {expected:?}"
        );
        // 30 at 200 dollars, of which that share goes.
        assert_eq!(
            taken.notional,
            Usd(usd(6_000)).times_down(taken.share).unwrap()
        );
    }

    /// Without the perpetual that is no hedge, nothing can move: the account is left alone.
    #[test]
    fn an_account_of_which_only_a_hedge_could_move_is_left_alone() {
        let mut market = market();
        let legs = [leg(CALL, -100), leg(PUT, 100), leg(PERPETUAL, 100)];
        let margins = ailing(&market, &legs);
        for frozen in [CALL, PUT] {
            freeze(&mut market, frozen);
        }
        assert_eq!(of(&market, &margins, &legs), Taken::default());
        let owing = Margins {
            health: Health {
                equity: Usd(-1),
                ..margins.health
            },
            ..margins
        };
        let closed = of(&market, &owing, &legs);
        assert_eq!(closed.share_of(PERPETUAL), Ratio::ONE, "of a debt");
        assert_eq!(closed.share_of(CALL), Ratio::ZERO, "but what is frozen");
    }

    /// Long options lower the margin of what they hedge, so that what moves beside frozen ones is worth less than by itself.
    #[test]
    fn what_moves_beside_a_frozen_option_counts_for_what_the_portfolio_falls_by() {
        let mut market = market();
        let legs = [leg(PERPETUAL, 100), leg(PUT, 40)];
        let margins = ailing(&market, &legs);
        let book = Book::new(&market, &legs[1..]).unwrap();
        let rest = book.maintenance(book.positions()).unwrap();
        freeze(&mut market, PUT);
        let taken = of(&market, &margins, &legs);
        let whole = margins.health.maintenance;
        let expected = share(whole, whole.minus(rest).unwrap());
        assert!(
            taken.share.0.abs_diff(expected.0) < 1_000_000,
            "{taken:?} {expected:?}"
        );
        // By itself, as a perpetual of 40 x 200 dollars, the option would count for 800.
        assert!(rest < Usd(usd(500)), "{rest:?}");
    }

    #[test]
    fn an_option_that_has_settled_is_no_position() {
        let mut market = market();
        let legs = [leg(PERPETUAL, 100), leg(CALL, -100)];
        market.quotes.get_mut(&CALL).unwrap().is_final = true;
        let margins = ailing(&market, &legs[..1]);
        let alone = of(&market, &margins, &legs[..1]);
        assert_eq!(of(&market, &margins, &legs), alone);
        assert_eq!(alone.share_of(CALL), Ratio::ZERO);
        // Nor one that is listed no more; and 20,000 dollars of the perpetual are all that dust is measured by.
        market.instruments.remove(&CALL);
        assert_eq!(of(&market, &margins, &legs), alone);
        market.dust_notional = Usd(usd(20_001));
        assert_eq!(of(&market, &margins, &legs).share, Ratio::ONE);
    }

    #[test]
    fn distrust_and_settlement_windows_change_what_options_need() {
        let market = market();
        let needs = |change: fn(&mut Quote)| {
            let mut market = market.clone();
            change(market.quotes.get_mut(&CALL).unwrap());
            let legs = [leg(CALL, -100)];
            let book = Book::new(&market, &legs).unwrap();
            book.maintenance(book.positions()).unwrap()
        };
        let usual = needs(|_| {});
        let distrusted = needs(|quote| quote.blocked = action::DISTRUSTED);
        assert!(distrusted > usual, "{distrusted:?} {usual:?}");
        let counted = needs(|quote| {
            quote.counted = Counted {
                share: Ratio(WAD / 2),
                average: SettlementPrice(quote.spot.0),
            }
        });
        let half = Usd(usual.0 / 2);
        assert!(
            counted.0.abs_diff(half.0) < 1_000_000,
            "{counted:?} {half:?}"
        );
    }
}

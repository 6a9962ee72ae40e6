//! Funding: what longs pay to shorts for trading above the mark.
//!
//! The rate is an average of premiums that decays as exp(-t / 8 h) while nobody trades, so that a rate r pays r x mark in
//! all, and in any time what the rate fell by. Paying by the fall makes a split of the time pay the same.
//!
//! # Washing costs at least what it earns
//!
//! A trade moves the rate by at most notional x fee rate / open interest. A position earns at most size x mark x move by
//! it until the end of time, and no position exceeds the open interest: not more than notional x fee rate, the fees that
//! both sides paid.

use crate::decay;
use crate::{Index, Mark, Price, Usd, WAD, math};

/// Seconds for which a funding rate is quoted, in which it falls to 1/e without trades, and over which volume is summed.
pub const PERIOD: u32 = 28_800;
/// Largest rate either way: 0.5 % for a period, in units of 1e-9.
pub const MAX_RATE: i32 = 5_000_000;
/// Largest funding paid by a unit either way, 2^99 - 1 WAD (6.3e11 of the quote token). There funding stops.
pub const MAX_PAID: i128 = (1 << 99) - 1;
/// Units of a rate in one.
const RATE_ONE: u128 = 1_000_000_000;
/// WAD units in one micro-dollar, the unit of volumes.
const MICRO: u128 = 1_000_000_000_000;

/// Funding of one instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funding {
    /// Paid so far by a unit of long position to a unit of short position, at most [`MAX_PAID`] either way.
    pub paid: Index,
    /// Paid by longs for a period, a share of the mark in units of 1e-9, at most [`MAX_RATE`] either way.
    pub rate: i32,
    /// Unix time up to which the rate has decayed.
    pub since: u32,
}

/// Volume of the running period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Notional traded in the period, micro-dollars, at most 1.8e13 of the quote token.
    pub micros: u64,
    /// Number of the period since 1970, below 2^24.
    pub period: u32,
}

/// A trade, as funding sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Price of the fill.
    pub price: Price,
    /// The mark.
    pub mark: Mark,
    /// Size x mark, not negative.
    pub notional: Usd,
    /// Fees that both sides paid, not negative.
    pub fees: Usd,
    /// Open interest of one side x mark, the larger of before and after the trade.
    pub open_interest: Usd,
}

impl Funding {
    /// Funding at unix time `now` with the mark unchanged since: paid += mark x (rate - rate(now)), where rate(now) = rate
    /// x exp(-t / 8 h), to the nearest 1e-9. Nothing changes, and no time passes, until that is another rate. Both sides count
    /// the same number, so its rounding towards zero moves nothing in or out of the vault.
    #[must_use]
    pub fn at(self, mark: Mark, now: u64) -> Self {
        let elapsed = now.saturating_sub(self.since.into());
        let kept = u128::from(self.rate.unsigned_abs()) * decay::left_down(elapsed, PERIOD).0;
        let rate = with_sign((kept + WAD / 2) / WAD, self.rate);
        if rate == self.rate {
            return self;
        }
        Self {
            paid: pay(self.paid, self.rate - rate, mark),
            rate,
            since: seconds(now),
        }
    }

    /// Funding after a trade at unix time `now`, to which it has been brought by [`Funding::at`], and the volume with it:
    /// rate += weight x premium move, rounded towards zero. The weight is notional / max(volume of the period, open
    /// interest); the premium and its distance from the rate are each clipped to the fee rate that was paid.
    #[must_use]
    pub fn traded(self, volume: Volume, trade: &Trade, now: u64) -> (Self, Volume) {
        let volume = volume.plus(trade.notional, now);
        let rate = self.rate + self.step(&volume, trade);
        let rate = rate.clamp(-MAX_RATE, MAX_RATE);
        let since = if rate == self.rate {
            self.since
        } else {
            seconds(now)
        };
        (
            Self {
                rate,
                since,
                ..self
            },
            volume,
        )
    }

    /// The rate as a WAD share of the mark.
    #[must_use]
    pub const fn wad_rate(self) -> i128 {
        self.rate as i128 * (WAD / RATE_ONE) as i128
    }

    /// By how much a trade moves the rate; `volume` counts the trade.
    fn step(self, volume: &Volume, trade: &Trade) -> i32 {
        let notional = trade.notional.or_zero().0.unsigned_abs();
        let fees = trade.fees.or_zero().0.unsigned_abs();
        let fee_rate = share(fees, notional);
        let distance = share(trade.price.0.abs_diff(trade.mark.0), trade.mark.0).min(fee_rate);
        let premium = if trade.price < trade.mark.price() {
            -distance
        } else {
            distance
        };
        let aim = (premium - self.rate).clamp(-fee_rate, fee_rate);
        // The largest of the three, so that the weight is at most one; at least one, so that it is defined.
        let base = volume
            .value()
            .max(trade.open_interest.or_zero().0.unsigned_abs())
            .max(notional)
            .max(1);
        let moved = math::checked_mul_div_down(aim.unsigned_abs().into(), notional, base);
        with_sign(moved.unwrap_or(0), aim)
    }
}

impl Volume {
    /// The volume after `notional` was traded at unix time `now`; a new period starts at nothing. Rounded up.
    fn plus(self, notional: Usd, now: u64) -> Self {
        let period = seconds(now) / PERIOD;
        let before = if period == self.period {
            self.micros
        } else {
            0
        };
        let micros = notional.or_zero().0.unsigned_abs().div_ceil(MICRO);
        Self {
            micros: before.saturating_add(u64::try_from(micros).unwrap_or(u64::MAX)),
            period,
        }
    }

    /// WAD.
    fn value(self) -> u128 {
        u128::from(self.micros) * MICRO
    }
}

/// `paid` after a unit paid `rate` x `mark` more, rounded towards zero, at most [`MAX_PAID`] either way.
fn pay(paid: Index, rate: i32, mark: Mark) -> Index {
    let due = math::checked_mul_div_down(mark.0, rate.unsigned_abs().into(), RATE_ONE)
        .and_then(|due| i128::try_from(due).ok())
        .unwrap_or(MAX_PAID)
        .min(MAX_PAID);
    let due = if rate < 0 { -due } else { due };
    Index((paid.0 + due).clamp(-MAX_PAID, MAX_PAID))
}

/// part / whole in units of 1e-9, rounded down, at most [`MAX_RATE`]; nothing of nothing.
fn share(part: u128, whole: u128) -> i32 {
    if whole == 0 {
        return 0;
    }
    let rate = math::checked_mul_div_down(part, RATE_ONE, whole).unwrap_or(u128::MAX);
    with_sign(rate, 1)
}

/// A rate of this size, at most [`MAX_RATE`], with the sign of `like`.
fn with_sign(size: u128, like: i32) -> i32 {
    let size = i32::try_from(size).map_or(MAX_RATE, |size| size.min(MAX_RATE));
    if like < 0 { -size } else { size }
}

/// A unix time that is stored; times end in 2106.
fn seconds(now: u64) -> u32 {
    u32::try_from(now).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOLLAR: i128 = WAD as i128;
    const MARK: Mark = Mark(2_000 * WAD);
    const HOUR: u64 = 3_600;

    fn usd(dollars: i128) -> Usd {
        Usd(dollars * DOLLAR)
    }

    fn at_rate(rate: i32) -> Funding {
        Funding {
            rate,
            ..Funding::default()
        }
    }

    /// A trade at a premium in units of 1e-9 with both sides' fees at a rate in the same units.
    fn trade(premium: i128, notional: i128, fee_rate: i128, open_interest: i128) -> Trade {
        let price = MARK.0.cast_signed() / 1_000_000_000 * (1_000_000_000 + premium);
        Trade {
            price: Price(price.cast_unsigned()),
            mark: MARK,
            notional: usd(notional),
            fees: Usd(notional * fee_rate * (DOLLAR / 1_000_000_000)),
            open_interest: usd(open_interest),
        }
    }

    #[test]
    fn a_rate_pays_itself_times_the_mark_in_all() {
        let end = at_rate(1_000_000).at(MARK, 100 * HOUR * 8);
        assert_eq!((end.paid.0, end.rate), (2 * DOLLAR, 0));
        let end = at_rate(-1_000_000).at(MARK, 100 * HOUR * 8);
        assert_eq!((end.paid.0, end.rate), (-2 * DOLLAR, 0));
    }

    #[test]
    fn a_period_pays_all_but_one_part_in_e() {
        let after = at_rate(MAX_RATE).at(MARK, 8 * HOUR);
        assert_eq!(after.rate, 1_839_397);
        // 10 x (1 - 1/e) = 6.32120...
        assert_eq!(after.paid.0, 6_321_206 * (DOLLAR / 1_000_000));
    }

    #[test]
    fn accrual_every_second_pays_what_accrual_at_the_end_pays() {
        let once = at_rate(100_000).at(MARK, 8 * HOUR);
        let mut often = at_rate(100_000);
        for now in 1..=8 * HOUR {
            often = often.at(MARK, now);
        }
        // Within 2 % of the rate, in timing only: what is not paid is still to be paid.
        assert!(often.rate.abs_diff(once.rate) < 2_000, "{often:?} {once:?}");
        let whole =
            |f: Funding| f.paid.0 + i128::from(f.rate) * (MARK.0.cast_signed() / 1_000_000_000);
        assert_eq!(whole(once), whole(often));
        assert_eq!(whole(once), DOLLAR / 5);
    }

    #[test]
    fn at_its_limit_funding_stops_and_may_come_back() {
        let mut funding = at_rate(MAX_RATE);
        funding.paid = Index(MAX_PAID - 1);
        let stopped = funding.at(Mark(u128::MAX), HOUR);
        assert_eq!(stopped.paid, Index(MAX_PAID));
        let back = Funding {
            rate: -MAX_RATE,
            ..stopped
        }
        .at(MARK, 2 * HOUR);
        assert!(back.paid < Index(MAX_PAID));
        let below = Funding {
            rate: -MAX_RATE,
            paid: Index(-MAX_PAID),
            since: 0,
        };
        assert_eq!(below.at(MARK, HOUR).paid, Index(-MAX_PAID));
    }

    #[test]
    fn a_premium_counts_up_to_the_fees_paid() {
        let (funding, _) =
            at_rate(0).traded(Volume::default(), &trade(3_000_000, 100, 1_000_000, 50), 5);
        assert_eq!((funding.rate, funding.since), (1_000_000, 5));
        let (funding, _) =
            at_rate(0).traded(Volume::default(), &trade(-400_000, 100, 1_000_000, 50), 5);
        assert_eq!(funding.rate, -400_000);
        let (free, _) = at_rate(70).traded(Volume::default(), &trade(400_000, 100, 0, 50), 5);
        assert_eq!(free, at_rate(70));
    }

    #[test]
    fn a_trade_weighs_its_share_of_volume_or_open_interest() {
        let first = trade(1_000_000, 100, 1_000_000, 400);
        let (funding, volume) = at_rate(0).traded(Volume::default(), &first, 10);
        assert_eq!((funding.rate, volume.micros), (250_000, 100_000_000));
        let second = trade(1_000_000, 900, 1_000_000, 400);
        let (funding, volume) = funding.traded(volume, &second, 20);
        assert_eq!((funding.rate, volume.micros), (925_000, 1_000_000_000));
        let (_, volume) = funding.traded(volume, &first, u64::from(PERIOD));
        assert_eq!((volume.micros, volume.period), (100_000_000, 1));
    }

    #[test]
    fn nothing_traded_moves_nothing() {
        let empty = trade(1_000_000, 0, 1_000_000, 0);
        let (funding, volume) = at_rate(5).traded(Volume::default(), &empty, 9);
        assert_eq!((funding, volume), (at_rate(5), Volume::default()));
    }

    fn rates() -> impl Strategy<Value = i32> {
        -MAX_RATE..=MAX_RATE
    }

    proptest! {
        #[test]
        fn a_wash_costs_at_least_what_it_can_ever_earn(
            rate in rates(), premium in -50_000_000i128..50_000_000, fee_rate in 0i128..5_000_000,
            notional in 1i128..1_000_000_000, others in 0i128..1_000_000_000, before in 0u64..1 << 50, share in 0i128..=1_000,
        ) {
            // The largest position of one party after the trade, which may have opened it.
            let open_interest = others + notional;
            let position = open_interest * share / 1_000;
            let wash = trade(premium, notional, fee_rate, open_interest);
            let (after, _) = at_rate(rate).traded(Volume { micros: before, period: 0 }, &wash, 7);
            let forever = 1_000 * u64::from(PERIOD);
            let without = at_rate(rate).at(MARK, forever).paid.0;
            let with = Funding { since: 0, ..after }.at(MARK, forever).paid.0;
            let earned = position * (with - without).abs() / 2_000;
            prop_assert!(earned <= wash.fees.0, "{earned} for {}", wash.fees.0);
        }

        #[test]
        fn many_washes_cost_at_least_what_they_can_ever_earn(
            rate in rates(), washes in prop::collection::vec((-50_000_000i128..50_000_000, 1i128..1_000_000), 1..30),
            fee_rate in 1i128..5_000_000, open_interest in 1_000_000i128..1_000_000_000,
        ) {
            let (mut funding, mut volume, mut fees) = (at_rate(rate), Volume::default(), 0);
            for (premium, notional) in washes {
                let wash = trade(premium, notional, fee_rate, open_interest);
                (funding, volume) = funding.traded(volume, &wash, 7);
                fees += wash.fees.0;
            }
            let moved = i128::from(funding.rate.abs_diff(rate)) * (DOLLAR / 1_000_000_000);
            prop_assert!(open_interest * moved <= fees, "{moved}");
        }

        #[test]
        fn splitting_a_time_in_two_pays_the_same(rate in rates(), first in 0u64..1_000_000, second in 0u64..1_000_000) {
            let once = at_rate(rate).at(MARK, first + second);
            let twice = at_rate(rate).at(MARK, first).at(MARK, first + second);
            prop_assert!(once.rate.abs_diff(twice.rate) <= 1, "{once:?} {twice:?}");
            prop_assert!(once.paid.0.abs_diff(twice.paid.0) <= MARK.0 / RATE_ONE + 2);
        }

        #[test]
        fn a_rate_only_falls_and_pays_only_its_way(rate in rates(), first in 0u64..1_000_000, more in 0u64..1_000_000) {
            let (early, late) = (at_rate(rate).at(MARK, first), at_rate(rate).at(MARK, first + more));
            prop_assert!(late.rate.abs() <= early.rate.abs() && late.paid.0.abs() >= early.paid.0.abs());
            prop_assert!(i128::from(rate) * late.paid.0 >= 0 && rate.signum() * late.rate.signum() >= 0);
        }

        #[test]
        fn accrual_agrees_with_the_integral(rate in rates(), secs in 0u64..1_000_000) {
            let funding = at_rate(rate).at(MARK, secs);
            let left = decay::left_down(secs, PERIOD).0 as f64 / 1e18;
            let exact = f64::from(rate) / 1e9 * 2_000.0 * (1.0 - left);
            prop_assert!((funding.paid.0 as f64 / 1e18 - exact).abs() <= 2_000.0 * 0.51e-9, "{exact}");
        }

        #[test]
        fn no_trade_takes_the_rate_beyond_its_limit(
            rate in rates(), price in any::<u128>(), mark in any::<u128>(), notional in any::<i128>(), fees in any::<i128>(),
            open_interest in any::<i128>(), micros in any::<u64>(), now in any::<u64>(),
        ) {
            let wild = Trade { price: Price(price), mark: Mark(mark), notional: Usd(notional), fees: Usd(fees), open_interest: Usd(open_interest) };
            let (funding, _) = at_rate(rate).traded(Volume { micros, period: 0 }, &wild, now);
            prop_assert!(funding.rate.abs() <= MAX_RATE);
            prop_assert!(funding.at(Mark(mark), now).paid.0.abs() <= MAX_PAID);
        }
    }
}

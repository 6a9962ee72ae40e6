//! Cover: what insurance pays for one instrument, and the open interest that this allows.
//!
//! [`Flow`] says how large an instrument's cover is, [`Cover`] what payments have used up of it. Every payment of insurance goes
//! through a [`Cover`], which refuses what it has no room for: no other code bounds what insurance pays for an instrument.

use crate::decay;
use crate::{Error, Mark, Ratio, Result, Size, Usd, WAD, math, refuse};

/// Seconds for which a vault goes by what it last heard of its pool's assets, where open interest is limited by them.
pub const ASSETS_SERVE: u64 = 600;
/// Seconds in which what an instrument paid into insurance falls to 1/e: 90 days.
pub const MEMORY: u32 = 7_776_000;
/// Seconds in which a whole cover drains: 90 days.
const WINDOW: u64 = 7_776_000;
/// Largest allowance, a share of the pool's assets: 10 %.
const MAX_ALLOWANCE: Ratio = Ratio(WAD / 10);
/// Parts of a cover that pay debts, and of which one more, apart, pays rewards.
const DEBT_PARTS: u128 = 9;
/// Parts of a cover.
const PARTS: u128 = 10;
/// WAD units in one micro-dollar.
const MICRO: u128 = 1_000_000_000_000;
/// Bits of what debts have used up, so that it fits beside the rest.
const DEBT_BITS: u32 = 100;
/// Bits of what rewards have used up, in micro-dollars.
const REWARD_BITS: u32 = 60;

/// What an instrument paid into insurance, decaying as exp(-t / 90 d), in micro-dollars, at most 1.8e13 of the quote token.
/// Rounded down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Paid into insurance, micro-dollars at `since`.
    pub paid: u64,
    /// Unix time up to which it has decayed.
    pub since: u32,
    /// Whether insurance has ever paid for the instrument: until then its [`Cover`] need not be read.
    pub drew: bool,
}

impl Flow {
    /// The flow at unix time `now`.
    #[must_use]
    pub fn at(self, now: u64) -> Self {
        let elapsed = now.saturating_sub(self.since.into());
        if elapsed == 0 {
            return self;
        }
        let left = if self.paid == 0 {
            0
        } else {
            u128::from(self.paid) * decay::left_down(elapsed, MEMORY).0 / WAD
        };
        Self {
            paid: micros(left),
            since: u32::try_from(now).unwrap_or(u32::MAX),
            ..self
        }
    }

    /// The flow after the instrument paid `amount` into insurance at unix time `now`; rounded down.
    #[must_use]
    pub fn with_paid(self, amount: Usd, now: u64) -> Self {
        let flow = self.at(now);
        let paid = micros(amount.or_zero().0.unsigned_abs() / MICRO);
        Self {
            paid: flow.paid.saturating_add(paid),
            ..flow
        }
    }

    /// How large the instrument's cover is at unix time `now`, rounded down: min(allowance, 10 % of the pool) + paid / 2.
    /// `pool` is what the pool says that covers are measured by.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `pool` is negative, or the sum does not fit.
    pub fn cover(self, allowance: Usd, pool: Usd, now: u64) -> Result<Usd> {
        let half_paid = value(self.at(now).paid)?.0 / 2;
        allowed(allowance, pool)?.plus(Usd(half_paid))
    }
}

/// What a cover is without what its instrument has paid: min(allowance, 10 % of the pool), rounded down.
#[inline]
fn allowed(allowance: Usd, pool: Usd) -> Result<Usd> {
    Ok(allowance.min(pool.times_down(MAX_ALLOWANCE)?))
}

/// The one account of what insurance pays for an instrument (DESIGN 3): a bucket as large as the instrument's cover, which every
/// payment fills and which drains linearly, a whole cover in 90 days; between two looks at the smaller of the covers at both. Nine
/// tenths pay debts, one tenth, apart, rewards.
///
/// So insurance pays at most the cover at once, and at most twice the largest cover in any 90 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    /// What payments for debts hold of nine tenths, below 2^100.
    pub debts: Usd,
    /// What rewards hold of one tenth, micro-dollars, rounded up.
    pub rewards: u64,
    /// How large the cover was at `seen`, micro-dollars, rounded down.
    pub size: u64,
    /// Unix time of the last look.
    pub seen: u32,
}

impl Cover {
    /// The cover as it is at unix time `now`, if it is `size` large then. A time before the last look counts as that.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `size` is negative.
    #[inline]
    pub fn at(self, size: Usd, now: u64) -> Result<Self> {
        let size = micros(math::unsigned(size.0)? / MICRO);
        let elapsed = now.saturating_sub(self.seen.into()).min(u32::MAX.into());
        // What drains of the smaller cover, micro-dollars x seconds.
        let drained = u128::from(self.size.min(size)) * u128::from(elapsed);
        let (debts, window) = (self.debts.0.unsigned_abs(), u128::from(WINDOW));
        let of_debts = math::mul_div_down(drained, DEBT_PARTS * MICRO, PARTS * window)?;
        let of_rewards = micros(drained / (PARTS * window));
        Ok(Self {
            debts: Usd(math::signed(debts.saturating_sub(of_debts))?),
            rewards: self.rewards.saturating_sub(of_rewards),
            size,
            seen: u32::try_from(now).unwrap_or(u32::MAX).max(self.seen),
        })
    }

    /// The cover as it is now, were it at most `size` large: what it has left, and by what it drains from now on.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `size` is negative.
    #[inline]
    pub fn within(mut self, size: Usd) -> Result<Self> {
        let size = micros(math::unsigned(size.0)? / MICRO);
        self.size = self.size.min(size);
        Ok(self)
    }

    /// What it has left for debts, rounded down.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) never.
    pub fn room(&self) -> Result<Usd> {
        let all = u128::from(self.size) * MICRO * DEBT_PARTS / PARTS;
        Ok(Usd(math::signed(all)?).minus(self.debts)?.or_zero())
    }

    /// What it has left for rewards, rounded down.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) never.
    pub fn reward_room(&self) -> Result<Usd> {
        let all = self.size / PARTS as u64;
        value(all.saturating_sub(self.rewards))
    }

    /// What it has left in all: the open interest that it allows is measured by it.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) never.
    pub fn left(&self) -> Result<Usd> {
        self.room()?.plus(self.reward_room()?)
    }

    /// Insurance pays `amount` for debts.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) for more than there is [room](Cover::room) for, or less than nothing.
    #[inline]
    pub fn pay(&mut self, amount: Usd) -> Result<()> {
        if amount < Usd::ZERO || amount > self.room()? {
            return refuse(Error::Overflow);
        }
        self.debts = self.debts.plus(amount)?.within(Usd((1 << DEBT_BITS) - 1))?;
        Ok(())
    }

    /// Insurance pays `amount` as a reward; rounded up.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) for more than there is [room](Cover::reward_room) for, or less than nothing.
    #[inline]
    pub fn reward(&mut self, amount: Usd) -> Result<()> {
        if amount > self.reward_room()? {
            return refuse(Error::Overflow);
        }
        let paid = micros(math::unsigned(amount.0)?.div_ceil(MICRO));
        self.rewards = (self.rewards + paid).min((1 << REWARD_BITS) - 1);
        Ok(())
    }

    /// A payment for debts did not arrive: it has used nothing up.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) never, for an amount that was paid.
    #[inline]
    pub fn refund(&mut self, amount: Usd) -> Result<()> {
        self.debts = self.debts.minus(amount)?.or_zero();
        Ok(())
    }

    /// A reward did not arrive: it has used nothing up. Rounded down.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) for less than nothing.
    #[inline]
    pub fn refund_reward(&mut self, amount: Usd) -> Result<()> {
        let refunded = micros(math::unsigned(amount.0)? / MICRO);
        self.rewards = self.rewards.saturating_sub(refunded);
        Ok(())
    }
}

/// What positions of one side may lose beyond their margin in one shock: (shock - maintenance rate) x size x mark, rounded
/// up; nothing if the margin covers the shock.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if it does not fit.
pub fn exposure(open_interest: Size, mark: Mark, shock: Ratio, maintenance: Ratio) -> Result<Usd> {
    let beyond = Ratio(shock.0.saturating_sub(maintenance.0));
    open_interest.notional_up(mark.price())?.times_up(beyond)
}

/// The open interest of one side whose [`exposure`] a cover pays for, rounded down; beyond 128 bits, and where the margin
/// covers the shock, the largest size there is.
#[must_use]
pub fn open_interest_limit(cover: Usd, mark: Mark, shock: Ratio, maintenance: Ratio) -> Size {
    let beyond = shock.0.saturating_sub(maintenance.0);
    let limit = u128::try_from(cover.0)
        .ok()
        .and_then(|cover| math::checked_mul_div_down(cover, WAD, beyond))
        .and_then(|notional| math::checked_mul_div_down(notional, WAD, mark.0));
    Size(limit.unwrap_or(u128::MAX))
}

/// The share of fees that insurance gets: `least` while its assets reach the `target`, growing linearly to all of them as
/// they fall to nothing. Rounded up.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if `least` is above one or an amount is negative.
pub fn fee_share(least: Ratio, assets: Usd, target: Usd) -> Result<Ratio> {
    let rest = Ratio::ONE.minus(least)?;
    let (assets, target) = (math::unsigned(assets.0)?, math::unsigned(target.0)?);
    if assets >= target {
        return Ok(least);
    }
    let grown = math::mul_div_up(rest.0, target - assets, target)?;
    least.plus(Ratio(grown))
}

/// Micro-dollars that are stored, at the end of the range if they are beyond.
fn micros(amount: u128) -> u64 {
    u64::try_from(amount).unwrap_or(u64::MAX)
}

/// Micro-dollars as an amount.
fn value(micros: u64) -> Result<Usd> {
    math::signed(u128::from(micros) * MICRO).map(Usd)
}

/// What can be recovered for an instrument of what is `unpaid`: what its cover has, `room`, beyond `known` debts.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow).
pub fn recoverable(unpaid: Usd, room: Usd, known: Usd) -> Result<Usd> {
    Ok(unpaid.min(room.minus(known)?.or_zero()))
}

/// What a cover has left for what is on record, for whoever knows no more than what it has left for debts, `room`: that is by what
/// covers are measured by, and what is on record is paid by what they were measured by before it came, `recorded`.
///
/// Rounded down, less than a micro-dollar below what there is. Where what the instrument has paid makes its cover larger than all of
/// `recorded`, it is at most that much, and may be more than there is by what `recorded` cuts off.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if `measured` or `recorded` is negative.
pub fn room_on_record(room: Usd, allowance: Usd, measured: Usd, recorded: Usd) -> Result<Usd> {
    if recorded >= measured {
        return Ok(room);
    }
    let smaller = allowed(allowance, measured)?.minus(allowed(allowance, recorded)?)?;
    let of_debts = |size: u128| math::signed(size * MICRO / PARTS * DEBT_PARTS).map(Usd);
    let cut = of_debts(math::unsigned(smaller.0)?.div_ceil(MICRO))?;
    let most = of_debts(math::unsigned(recorded.0)? / MICRO)?;
    Ok(room.minus(cut)?.or_zero().min(most))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use proptest::prelude::*;

    use super::*;

    const DOLLAR: i128 = WAD as i128;
    const DAY: u64 = 86_400;

    fn usd(dollars: i128) -> Usd {
        Usd(dollars * DOLLAR)
    }

    fn percent(share: u128) -> Ratio {
        Ratio(share * WAD / 100)
    }

    #[test]
    fn a_cover_is_the_allowance_and_half_of_what_was_paid() {
        let flow = Flow::default().with_paid(usd(1_000), 10);
        assert_eq!(flow.cover(usd(5_000), usd(100_000), 10), Ok(usd(5_500)));
        assert_eq!(flow.cover(usd(5_000), usd(20_000), 10), Ok(usd(2_500)));
        assert_eq!(flow.cover(usd(5_000), usd(0), 10), Ok(usd(500)));
        assert_eq!(flow.cover(usd(1), usd(-5), 10), Err(Error::Overflow));
    }

    #[test]
    fn payments_into_insurance_are_forgotten_over_ninety_days() {
        let flow = Flow::default().with_paid(usd(1_000), 0).at(90 * DAY);
        assert_eq!(flow.paid, 367_879_441);
        assert_eq!(flow.at(10_000 * DAY).paid, 0);
    }

    #[test]
    fn nine_tenths_of_a_cover_pay_debts_and_one_tenth_rewards() {
        let mut cover = Cover::default().at(usd(1_000), 5).unwrap();
        assert_eq!(
            (cover.room(), cover.reward_room()),
            (Ok(usd(900)), Ok(usd(100)))
        );
        assert_eq!(cover.pay(Usd(usd(900).0 + 1)), Err(Error::Overflow));
        assert_eq!(cover.reward(Usd(usd(100).0 + 1)), Err(Error::Overflow));
        cover.pay(usd(900)).unwrap();
        cover.reward(Usd(1)).unwrap();
        assert_eq!(cover.room(), Ok(Usd::ZERO));
        assert_eq!(cover.reward_room(), Ok(Usd(usd(100).0 - MICRO as i128)));
        assert_eq!(cover.left(), cover.reward_room());
        assert_eq!(cover.pay(Usd(1)), Err(Error::Overflow));
        assert_eq!(cover.pay(Usd(-1)), Err(Error::Overflow));
        cover.refund(usd(400)).unwrap();
        assert_eq!(cover.room(), Ok(usd(400)));
        cover.refund(usd(501)).unwrap();
        assert_eq!(cover.room(), Ok(usd(900)));
    }

    #[test]
    fn a_cover_drains_linearly_at_the_smaller_of_two_sizes() {
        let mut full = Cover::default().at(usd(1_000), 0).unwrap();
        full.pay(usd(900)).unwrap();
        full.reward(usd(100)).unwrap();
        let room = |size, days| {
            let then = full.at(usd(size), days * DAY).unwrap();
            (then.room().unwrap(), then.reward_room().unwrap())
        };
        assert_eq!(room(1_000, 9), (usd(90), usd(10)));
        assert_eq!(room(1_000, 90), (usd(900), usd(100)));
        assert_eq!(room(1_000, 900), (usd(900), usd(100)));
        // A cover that has grown drains as it was, and has its new size.
        assert_eq!(room(2_000, 9), (usd(990), usd(110)));
        // One that has shrunk drains as it is: 900 of 450 in 180 days, of which the first 90 are over its size.
        assert_eq!(room(500, 90), (Usd::ZERO, Usd::ZERO));
        assert_eq!(room(500, 99), (usd(45), usd(5)));
        assert_eq!(room(500, 180), (usd(450), usd(50)));
        assert_eq!(full.at(usd(0), 900 * DAY).unwrap().room(), Ok(Usd::ZERO));
    }

    #[test]
    fn a_clock_that_runs_backwards_changes_nothing() {
        let flow = Flow::default().with_paid(usd(1_000), 1_000);
        assert_eq!(flow.at(10), flow);
    }

    #[test]
    fn a_thin_market_is_limited_by_its_shock_beyond_margin() {
        let (mark, shock, maintenance) = (Mark(2_000 * WAD), percent(15), percent(3));
        // 12 % of notional: 240 of each unit.
        assert_eq!(
            exposure(Size(10 * WAD), mark, shock, maintenance),
            Ok(usd(2_400))
        );
        assert_eq!(
            open_interest_limit(usd(2_400), mark, shock, maintenance),
            Size(10 * WAD)
        );
        assert_eq!(
            exposure(Size(10 * WAD), mark, maintenance, shock),
            Ok(Usd::ZERO)
        );
        assert_eq!(
            open_interest_limit(usd(1), mark, maintenance, shock),
            Size(u128::MAX)
        );
        assert_eq!(
            open_interest_limit(usd(0), mark, shock, maintenance),
            Size(0)
        );
    }

    #[test]
    fn what_known_debts_need_is_not_recovered() {
        let due = |unpaid, room, known| recoverable(usd(unpaid), usd(room), usd(known));
        assert_eq!(due(100, 500, 450), Ok(usd(50)));
        assert_eq!(due(100, 500, 400), Ok(usd(100)));
        assert_eq!(due(100, 500, 600), Ok(Usd::ZERO));
        assert_eq!(due(-5, 500, 0), Ok(usd(-5)), "haircuts have paid for it");
    }

    #[test]
    fn what_is_on_record_is_paid_by_the_pool_that_there_was() {
        let room = |room, allowance, recorded| {
            room_on_record(usd(room), usd(allowance), usd(10_000), usd(recorded))
        };
        // Covers of 1,000 and of 400: nine tenths of the 600 between them are missing.
        assert_eq!(room(900, 5_000, 4_000), Ok(usd(360)));
        assert_eq!(room(600, 5_000, 4_000), Ok(usd(60)));
        assert_eq!(room(500, 5_000, 4_000), Ok(Usd::ZERO));
        // The allowance is less than both tenths.
        assert_eq!(room(500, 300, 4_000), Ok(usd(500)));
        assert_eq!(room(500, 300, 0), Ok(Usd::ZERO));
        // Nothing came since.
        assert_eq!(room(900, 5_000, 10_000), Ok(usd(900)));
        assert_eq!(room(900, 5_000, 20_000), Ok(usd(900)));
        // No cover is more than all that there was.
        assert_eq!(room(9_000, 0, 100), Ok(usd(90)));
        assert_eq!(room(9_000, 0, -1), Err(Error::Overflow));
    }

    #[test]
    fn all_fees_go_to_an_empty_pool() {
        let share = |assets| fee_share(percent(20), usd(assets), usd(1_000));
        assert_eq!(share(0), Ok(Ratio::ONE));
        assert_eq!(share(500), Ok(percent(60)));
        assert_eq!(share(1_000), Ok(percent(20)));
        assert_eq!(share(5_000), Ok(percent(20)));
        assert_eq!(fee_share(percent(20), usd(0), usd(0)), Ok(percent(20)));
        assert_eq!(
            fee_share(percent(120), usd(0), usd(0)),
            Err(Error::Overflow)
        );
    }

    proptest! {
        #[test]
        fn the_limit_is_what_the_cover_pays_for(
            cover in 0i128..1 << 100, mark in 1u128 << 50..1 << 100, beyond in WAD / 1_000..=3 * WAD, maintenance in 0u128..=WAD,
        ) {
            let (mark, shock, maintenance) = (Mark(mark), Ratio(maintenance + beyond), Ratio(maintenance));
            let limit = open_interest_limit(Usd(cover), mark, shock, maintenance);
            let needed = exposure(limit, mark, shock, maintenance);
            // Notional is rounded up twice, by less than a unit and then by its share.
            prop_assert!(needed.is_ok_and(|needed| needed.0 <= cover + 4), "{needed:?}");
        }

        #[test]
        fn splitting_a_time_in_two_leaves_the_same(paid in 0u64..1 << 60, first in 0u64..20_000_000, second in 0u64..20_000_000) {
            let flow = Flow { paid, ..Flow::default() };
            let (once, twice) = (flow.at(first + second), flow.at(first).at(first + second));
            prop_assert!(twice.paid <= once.paid + 8 && once.paid <= twice.paid + 8);
        }

        #[test]
        fn a_cover_rises_with_payments(paid in 0u64..1 << 60, secs in 0u64..20_000_000, amount in 0i128..1 << 100) {
            let flow = Flow { paid, ..Flow::default() };
            let cover = |flow: Flow| flow.cover(usd(1_000_000), usd(1_000_000_000), secs).expect("in range");
            prop_assert!(cover(flow) <= cover(flow.with_paid(Usd(amount), secs)));
        }

        /// As the ledger works it out, which knows what the instrument has paid and what payments hold.
        #[test]
        fn a_room_on_record_is_worked_out_from_the_room_alone(
            allowance in 0i128..1 << 90, measured in 0i128..1 << 90, recorded in 0i128..1 << 90, paid in 0u64..1 << 50,
            used in 0i128..1 << 90,
        ) {
            let flow = Flow { paid, ..Flow::default() };
            let size = |pool| flow.cover(Usd(allowance), Usd(pool), 0).unwrap();
            let cover = Cover { debts: Usd(used), ..Cover::default() }.at(size(measured), 0).unwrap();
            let exact = if recorded < measured {
                cover.within(size(recorded).min(Usd(recorded))).unwrap().room().unwrap()
            } else {
                cover.room().unwrap()
            };
            let room = room_on_record(cover.room().unwrap(), Usd(allowance), Usd(measured), Usd(recorded)).unwrap();
            prop_assert!(room.0 > exact.0 - MICRO as i128, "{room:?} of {exact:?}");
            if recorded >= measured || size(recorded) <= Usd(recorded) {
                prop_assert!(room <= exact, "{room:?} of {exact:?}");
            }
        }

        /// Invariant 8, whatever is asked for and whenever, of a cover that changes as it likes.
        #[test]
        fn insurance_pays_at_most_a_cover_at_once_and_two_in_ninety_days(
            calls in prop::collection::vec((0u64..20_000_000, 0i128..10_000, prop::bool::ANY, 0i128..20_000), 1..60),
        ) {
            let (mut cover, mut now, mut log) = (Cover::default(), 1_000, std::vec::Vec::new());
            for (wait, size, is_reward, wanted) in calls {
                now += if wait % 3 == 0 { 0 } else { wait };
                cover = cover.at(usd(size), now).unwrap();
                let room = if is_reward { cover.reward_room() } else { cover.room() }.unwrap();
                let paid = usd(wanted).min(room);
                if is_reward { cover.reward(paid).unwrap() } else { cover.pay(paid).unwrap() }
                log.push((now, size, paid.0));
                let mut at_once = 0;
                let (mut window, mut largest) = (0, 0);
                for &(at, size, paid) in &log {
                    at_once += if at == now { paid } else { 0 };
                    if now - at <= WINDOW {
                        window += paid;
                        largest = largest.max(size);
                    }
                }
                let sizes = log.iter().filter(|entry| entry.0 == now).map(|entry| entry.1);
                prop_assert!(at_once <= usd(sizes.max().unwrap()).0);
                prop_assert!(window <= usd(2 * largest).0, "{window} of {largest}");
            }
        }

        #[test]
        fn the_share_of_fees_falls_as_the_pool_fills(least in 0u128..=WAD, assets in 0i128..1 << 100, more in 0i128..1 << 90, target in 0i128..1 << 100) {
            let share = |assets| fee_share(Ratio(least), Usd(assets), Usd(target)).expect("in range");
            let (low, high) = (share(assets + more), share(assets));
            prop_assert!(low <= high && high <= Ratio::ONE && low >= Ratio(least));
        }
    }
}

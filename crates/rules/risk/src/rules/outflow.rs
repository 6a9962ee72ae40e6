//! How much of a vault's tokens may leave beyond what their owners have just brought ([`Credit`](crate::Credit)): the outflow
//! within any hour and any day, whoever asks for it.
//!
//! Two leaky buckets, one for the hour and one for the day. Each holds half of its cap and drains the other half evenly
//! over its window, so that *every* window of that length, wherever it starts, pays at most the cap: what a bucket holds
//! plus what drains within the window. A deposit restores nothing: nobody leaves by what others brought.
//!
//! A cap is a share of the smaller of the vault's tokens at the start of the UTC day and their 24-hour average. Neither
//! sees a deposit before time has passed, so that tokens which come and go within a block move no cap. While the base
//! moves, buckets drain at the smallest cap that held since they last did.

use crate::decay::{left_down, left_up};
use crate::{Credit, Ratio, Result, Usd, WAD, math};

/// Seconds of the shorter window.
const HOUR: u64 = 3_600;
/// Seconds of the longer window.
const DAY: u64 = 86_400;
/// Seconds over which the average forgets all but a share of 1/e.
const AVERAGED_OVER: u32 = 86_400;
/// WAD amount of one unit that the state is kept in: a thousandth of a quote token.
const UNIT: u128 = WAD / 1_000;
/// Both caps are at least this many units, 1m quote tokens: a small vault can be left within a day.
const MIN_CAP: u64 = 1_000_000_000;

/// How fast tokens may leave, shares of the vault's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutflowRates {
    /// Share that may leave within any 24 hours.
    pub daily: Ratio,
    /// Share that may leave within any hour.
    pub hourly: Ratio,
}

/// What may leave within a window of each length. Amounts of the quote token, WAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutflowCaps {
    /// Within any hour.
    pub hourly: Usd,
    /// Within any 24 hours.
    pub daily: Usd,
}

/// State of the limiter: four amounts in thousandths of the quote token, at most [`Outflow::MAX_AMOUNT`], a time and a day. Its fields are
/// for those who keep it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outflow {
    /// What the bucket of the hour holds, rounded up.
    pub hour: u64,
    /// What the bucket of the day holds, rounded up.
    pub day: u64,
    /// Average of the vault's tokens, weights falling as exp(-age / 24 h), rounded down.
    pub average: u64,
    /// The vault's tokens when the UTC day began, rounded down.
    pub opening: u64,
    /// Time of the last observation, seconds.
    pub seen: u32,
    /// Day of the last observation, days since 1970; it fits until the year 2149.
    pub date: u16,
}

/// Caps in units.
#[derive(Clone, Copy)]
struct Caps {
    hour: u64,
    day: u64,
}

impl Outflow {
    /// Largest amount in the state, in its units: 52 bits, 4.5e12 quote tokens. A vault that holds more has the caps of one that holds
    /// this.
    pub const MAX_AMOUNT: u64 = (1 << 52) - 1;

    /// Brings the state up to `now`. `tokens` is what the vault has held since the last observation: call this before
    /// every change of it, and before `rates` change. A time before the last observation counts as that.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `tokens` is negative, or `rates` are above one.
    pub fn observe(&mut self, now: u64, tokens: Usd, rates: OutflowRates) -> Result<()> {
        let elapsed = now.saturating_sub(self.seen.into());
        if elapsed == 0 {
            return Ok(());
        }
        let tokens = units_down(tokens)?.min(Outflow::MAX_AMOUNT);
        let before = self.caps_in_units(rates)?;
        let date = u16::try_from(now / DAY).unwrap_or(u16::MAX);
        if date != self.date {
            self.opening = tokens;
            self.date = date;
        }
        self.average = moved(self.average, tokens, elapsed)?;
        self.seen = u32::try_from(now).unwrap_or(u32::MAX);
        let after = self.caps_in_units(rates)?;
        self.hour -= drained(before.hour.min(after.hour), elapsed, HOUR)?.min(self.hour);
        self.day -= drained(before.day.min(after.day), elapsed, DAY)?.min(self.day);
        Ok(())
    }

    /// What the two windows may pay in all, by the state as it is.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `rates` are above one.
    pub fn caps(&self, rates: OutflowRates) -> Result<OutflowCaps> {
        let caps = self.caps_in_units(rates)?;
        Ok(OutflowCaps {
            hourly: amount(caps.hour)?,
            daily: amount(caps.day)?,
        })
    }

    /// The average of the vault's tokens over 24 hours, if it has held `tokens` since the last observation: weights fall as
    /// exp(-age / 24 h); rounded down.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `tokens` is negative.
    pub fn average(&self, now: u64, tokens: Usd) -> Result<Usd> {
        let elapsed = now.saturating_sub(self.seen.into());
        let tokens = units_down(tokens)?.min(Outflow::MAX_AMOUNT);
        amount(moved(self.average, tokens, elapsed)?)
    }

    /// What may leave now, of a state that was observed now.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `rates` are above one.
    pub fn available(&self, rates: OutflowRates) -> Result<Usd> {
        let caps = self.caps_in_units(rates)?;
        let hour = (caps.hour / 2).saturating_sub(self.hour);
        amount(hour.min((caps.day / 2).saturating_sub(self.day)))
    }

    /// Takes `wanted`, or what may leave now if that is less, of a state that was observed now. Returns it.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `wanted` is negative, or `rates` are above one.
    pub fn take(&mut self, wanted: Usd, rates: OutflowRates) -> Result<Usd> {
        let paid = wanted.min(self.available(rates)?);
        let units = narrow(math::unsigned(paid.0)?.div_ceil(UNIT))?;
        self.hour = self.hour.saturating_add(units);
        self.day = self.day.saturating_add(units);
        Ok(paid)
    }

    /// What may leave now to an owner with such a credit, both up to date.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `rates` are above one.
    pub fn available_to(&self, credit: &Credit, rates: OutflowRates) -> Result<Usd> {
        credit.available()?.plus(self.available(rates)?)
    }

    /// Takes `wanted`, or what may leave now if that is less: by the owner's credit first, and by what all share for the rest,
    /// both up to date. Returns it.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `wanted` is negative, or `rates` are above one.
    pub fn take_for(
        &mut self,
        credit: &mut Credit,
        wanted: Usd,
        rates: OutflowRates,
    ) -> Result<Usd> {
        let own = credit.take(wanted)?;
        own.plus(self.take(wanted.minus(own)?, rates)?)
    }

    fn caps_in_units(&self, rates: OutflowRates) -> Result<Caps> {
        let base = self.opening.min(self.average);
        let day = share(base, rates.daily)?.max(MIN_CAP);
        let hour = share(base, rates.hourly)?.max(MIN_CAP).min(day);
        Ok(Caps { hour, day })
    }
}

/// The share of an amount, rounded down.
fn share(base: u64, rate: Ratio) -> Result<u64> {
    if rate > Ratio::ONE {
        return crate::refuse(crate::Error::Overflow);
    }
    narrow(math::mul_div_down(base.into(), rate.0, WAD)?)
}

fn narrow(units: u128) -> Result<u64> {
    u64::try_from(units).map_err(|_| crate::refused(crate::Error::Overflow))
}

/// What a bucket with half of `cap` as its content drains in a part of its window, rounded down.
fn drained(cap: u64, elapsed: u64, window: u64) -> Result<u64> {
    narrow(math::mul_div_down(
        (cap / 2).into(),
        elapsed.min(window).into(),
        window.into(),
    )?)
}

/// The average after `tokens` were held for a time, rounded down: tokens + (average - tokens) exp(-elapsed / 24 h).
fn moved(average: u64, tokens: u64, elapsed: u64) -> Result<u64> {
    let distance = average.abs_diff(tokens).into();
    let rises = tokens > average;
    let left = narrow(if rises {
        math::mul_div_up(distance, left_up(elapsed, AVERAGED_OVER).0, WAD)?
    } else {
        math::mul_div_down(distance, left_down(elapsed, AVERAGED_OVER).0, WAD)?
    })?;
    Ok(if rises {
        tokens.saturating_sub(left)
    } else {
        tokens.saturating_add(left)
    })
}

/// An amount in units, rounded down, saturating.
fn units_down(amount: Usd) -> Result<u64> {
    Ok(u64::try_from(math::unsigned(amount.0)? / UNIT).unwrap_or(u64::MAX))
}

fn amount(units: u64) -> Result<Usd> {
    math::mul_div_down(units.into(), UNIT, 1)
        .and_then(math::signed)
        .map(Usd)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    const RATES: OutflowRates = OutflowRates {
        daily: Ratio(WAD / 10),
        hourly: Ratio(WAD / 100),
    };
    /// 00:00 UTC on a day of 2026.
    const MIDNIGHT: u64 = 20_000 * DAY;

    fn whole(tokens: u128) -> Usd {
        Usd((tokens * WAD).cast_signed())
    }

    /// A vault whose tokens, average and opening have been the same for long.
    fn settled(tokens: Usd) -> Outflow {
        let units = units_down(tokens).unwrap().min(Outflow::MAX_AMOUNT);
        Outflow {
            average: units,
            opening: units,
            seen: u32::try_from(MIDNIGHT).unwrap(),
            date: u16::try_from(MIDNIGHT / DAY).unwrap(),
            ..Outflow::default()
        }
    }

    const OWNERS: usize = 4;
    /// For so long a deposit may serve a withdrawal of its owner's, at most.
    const TWO_DAYS: u64 = 2 * DAY;

    #[derive(Clone, Debug)]
    enum Call {
        Wait(u64),
        Deposit(usize, u128),
        Withdraw(usize, u128),
        /// A deposit that leaves again in the same block, and tries to take more.
        Flash(usize, u128),
        /// Everybody withdraws as much.
        Rush(u128),
        /// An owner takes what others have, whatever the way: a loss, a fault, a stolen key.
        Theft(usize),
        /// Capital moves from an owner to another: sub-accounts share their owner's credit, a trade moves none.
        Move(usize, usize, u128),
    }

    fn call() -> impl Strategy<Value = Call> {
        let amount = prop_oneof![0..WAD, 0..2_000_000 * WAD, 0..600_000_000 * WAD];
        let owner = 0..OWNERS;
        prop_oneof![
            4 => prop_oneof![0_u64..30, 0_u64..4_000, 0_u64..100_000].prop_map(Call::Wait),
            2 => (owner.clone(), amount.clone()).prop_map(|(owner, amount)| Call::Deposit(owner, amount)),
            4 => (owner.clone(), amount.clone()).prop_map(|(owner, amount)| Call::Withdraw(owner, amount)),
            1 => (owner.clone(), amount.clone()).prop_map(|(owner, amount)| Call::Flash(owner, amount)),
            1 => amount.clone().prop_map(Call::Rush),
            1 => owner.clone().prop_map(Call::Theft),
            1 => (owner.clone(), owner, amount).prop_map(|(from, to, amount)| Call::Move(from, to, amount)),
        ]
    }

    /// A deposit, as far as no withdrawal of its owner's was held against it.
    #[derive(Clone, Copy, Debug)]
    struct Brought {
        time: u64,
        left: i128,
    }

    /// What left at one time beyond what its owner had brought within two days, and the caps then.
    #[derive(Clone, Copy, Debug)]
    struct Entry {
        time: u64,
        beyond: i128,
        caps: OutflowCaps,
    }

    #[derive(Clone, Default)]
    struct Owner {
        capital: i128,
        credit: Credit,
        brought: Vec<Brought>,
    }

    struct Run {
        outflow: Outflow,
        now: u64,
        tokens: i128,
        owners: [Owner; OWNERS],
        log: Vec<Entry>,
    }

    impl Run {
        fn average(&self) -> Result<Usd> {
            self.outflow.average(self.now, Usd(self.tokens))
        }

        /// A vault whose tokens are the first owner's, and have been there for long.
        fn new(tokens: u128) -> Self {
            let tokens = whole(tokens);
            let mut owners = <[Owner; OWNERS]>::default();
            owners[0].capital = tokens.0;
            Self {
                outflow: settled(tokens),
                now: MIDNIGHT,
                tokens: tokens.0,
                owners,
                log: Vec::new(),
            }
        }

        fn apply(&mut self, call: &Call) {
            match *call {
                Call::Wait(seconds) => self.now += seconds,
                Call::Deposit(owner, amount) => self.deposit(owner, amount.cast_signed()),
                Call::Withdraw(owner, amount) => {
                    self.withdraw(owner, amount.cast_signed());
                }
                Call::Flash(owner, amount) => {
                    self.deposit(owner, amount.cast_signed());
                    self.withdraw(owner, amount.cast_signed());
                    self.withdraw(owner, amount.cast_signed());
                }
                Call::Rush(amount) => {
                    for owner in 0..OWNERS {
                        self.withdraw(owner, amount.cast_signed());
                    }
                }
                Call::Theft(thief) => {
                    for victim in 0..OWNERS {
                        self.shift(victim, thief, i128::MAX);
                    }
                }
                Call::Move(from, to, amount) => self.shift(from, to, amount.cast_signed()),
            }
        }

        fn shift(&mut self, from: usize, to: usize, amount: i128) {
            let amount = amount.min(self.owners[from].capital);
            self.owners[from].capital -= amount;
            self.owners[to].capital += amount;
        }

        fn observed(&mut self) -> OutflowCaps {
            self.outflow
                .observe(self.now, Usd(self.tokens), RATES)
                .unwrap();
            self.outflow.caps(RATES).unwrap()
        }

        fn deposit(&mut self, owner: usize, amount: i128) {
            self.observed();
            self.tokens += amount;
            let owner = &mut self.owners[owner];
            owner.capital += amount;
            owner.credit = owner.credit.deposited(Usd(amount), self.now).unwrap();
            owner.brought.push(Brought {
                time: self.now,
                left: amount,
            });
        }

        /// Returns what was paid.
        fn withdraw(&mut self, owner: usize, amount: i128) -> i128 {
            let caps = self.observed();
            let owner = &mut self.owners[owner];
            let wanted = Usd(amount.min(owner.capital));
            owner.credit = owner.credit.at(self.now);
            let available = self.outflow.available_to(&owner.credit, RATES).unwrap();
            let paid = self
                .outflow
                .take_for(&mut owner.credit, wanted, RATES)
                .unwrap();
            assert_eq!(paid, wanted.min(available));
            owner.capital -= paid.0;
            self.tokens -= paid.0;
            let beyond = paid.0 - owner.use_up(paid.0, self.now);
            self.log.push(Entry {
                time: self.now,
                beyond,
                caps,
            });
            paid.0
        }

        /// Asserts that beyond what owners brought every window pays at most the largest cap within it.
        fn check_windows(&self, length: u64, which: usize) {
            for (first, start) in self.log.iter().enumerate() {
                let (mut out, mut largest) = (0, 0);
                for entry in self.log[first..]
                    .iter()
                    .take_while(|entry| entry.time - start.time <= length)
                {
                    out += entry.beyond;
                    largest = largest.max([entry.caps.hourly.0, entry.caps.daily.0][which]);
                    assert!(
                        out <= largest,
                        "{out} from {} to {}",
                        start.time,
                        entry.time
                    );
                }
            }
        }
    }

    impl Owner {
        /// Holds a withdrawal against what the owner brought within two days, each token once. Returns how much of it.
        fn use_up(&mut self, paid: i128, now: u64) -> i128 {
            let mut used = 0;
            for brought in &mut self.brought {
                if now - brought.time <= TWO_DAYS {
                    let part = brought.left.min(paid - used);
                    brought.left -= part;
                    used += part;
                }
            }
            used
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn every_window_pays_at_most_its_cap(
            tokens in prop_oneof![0_u128..3_000_000, 0_u128..900_000_000],
            calls in prop::collection::vec(call(), 1..120),
        ) {
            let mut run = Run::new(tokens);
            for call in &calls {
                run.apply(call);
            }
            run.check_windows(HOUR, 0);
            run.check_windows(DAY, 1);
        }

        #[test]
        fn tokens_that_come_and_go_within_two_days_change_nothing(
            tokens in 0_u128..900_000_000, flash in 0_u128..1_000_000_000, wait in 0_u64..200_000, times in 1..6,
        ) {
            let mut run = Run::new(tokens);
            run.now += wait;
            let caps = run.observed();
            let (available, held) = (run.outflow.available(RATES).unwrap(), run.tokens);
            for _ in 0..times {
                run.deposit(1, whole(flash).0);
                prop_assert_eq!(run.outflow.available(RATES).unwrap(), available);
                prop_assert_eq!(run.withdraw(1, whole(flash).0), whole(flash).0);
                prop_assert_eq!(run.observed(), caps);
                prop_assert_eq!(run.outflow.available(RATES).unwrap(), available);
                prop_assert_eq!(run.withdraw(1, 1), 0);
            }
            prop_assert_eq!(run.tokens, held);
        }

        #[test]
        fn who_observes_and_how_often_moves_the_caps_by_rounding_alone(
            steps in prop::collection::vec(1_u64..2_000, 1..60), change in 0_u128..900_000_000,
        ) {
            let mut often = settled(whole(400_000_000));
            let mut once = often;
            let mut now = MIDNIGHT;
            for step in &steps {
                now += step;
                often.observe(now, whole(change), RATES).unwrap();
            }
            once.observe(now, whole(change), RATES).unwrap();
            prop_assert!(often.average <= once.average);
            prop_assert!(once.average - often.average <= steps.len() as u64);
        }
    }

    /// The most that can leave within `length` seconds when somebody withdraws all there is every `step` seconds.
    fn drain(tokens: u128, length: u64, step: u64, mut run: Run) -> i128 {
        let before = (tokens * WAD).cast_signed();
        assert_eq!(run.tokens, before);
        let end = run.now + length;
        while run.now <= end {
            run.withdraw(0, before);
            run.now += step;
        }
        before - run.tokens
    }

    #[test]
    fn a_stolen_multisig_drains_one_percent_an_hour_and_ten_a_day() {
        let tokens = 550_000_000;
        for step in [1, 60, 3_600] {
            let hour = drain(tokens, HOUR, step, Run::new(tokens));
            assert!(hour <= whole(5_500_000).0, "{hour} in an hour");
            assert!(hour > whole(5_400_000).0, "{hour} in an hour");
        }
        let day = drain(tokens, DAY, 600, Run::new(tokens));
        assert!(day <= whole(55_000_000).0, "{day} in a day");
        assert!(day > whole(50_000_000).0, "{day} in a day");
    }

    #[test]
    fn a_small_vault_can_be_left_within_a_day() {
        assert_eq!(
            drain(900_000, DAY, HOUR, Run::new(900_000)),
            whole(900_000).0
        );
        assert_eq!(
            Run::new(900_000).outflow.available(RATES),
            Ok(whole(500_000))
        );
    }

    #[test]
    fn a_deposit_counts_for_the_caps_only_with_time() {
        let mut run = Run::new(100_000_000);
        run.now += HOUR;
        run.deposit(0, whole(900_000_000).0);
        assert_eq!(run.observed().daily, whole(10_000_000));
        // At the end of the day the average has come closer; the opening has not.
        run.now = MIDNIGHT + DAY - 1;
        assert_eq!(run.observed().daily, whole(10_000_000));
        run.now = MIDNIGHT + DAY;
        let caps = run.observed();
        assert!(caps.daily > whole(60_000_000) && caps.daily < whole(70_000_000));
    }

    #[test]
    fn a_deposit_restores_nothing_and_leaves_again_by_its_owners_credit_alone() {
        let mut run = Run::new(550_000_000);
        run.withdraw(0, whole(2_000_000).0);
        assert_eq!(run.outflow.available(RATES), Ok(whole(750_000)));
        run.deposit(1, whole(50_000_000).0);
        assert_eq!(run.outflow.available(RATES), Ok(whole(750_000)));
        assert_eq!(run.withdraw(0, whole(2_000_000).0), whole(750_000).0);
        run.shift(0, 1, whole(100_000_000).0);
        assert_eq!(
            run.withdraw(1, whole(150_000_000).0),
            whole(50_000_000).0,
            "what it brought, and nothing of what it took from others"
        );
    }

    /// 40 thieves with the keys of everybody, each of whom brought a million to have a credit.
    #[test]
    fn credits_of_many_accounts_open_nothing_beyond_what_they_brought() {
        let mut outflow = settled(whole(550_000_000));
        let mut paid = Usd::ZERO;
        for _ in 0..40 {
            let mut credit = Credit::default()
                .deposited(whole(1_000_000), MIDNIGHT)
                .unwrap();
            let taken = outflow.take_for(&mut credit, whole(15_000_000), RATES);
            paid = paid.plus(taken.unwrap()).unwrap();
        }
        assert_eq!(paid, whole(40 * 1_000_000 + 2_750_000));
    }

    #[test]
    fn the_average_follows_the_tokens_within_a_day_and_no_faster() {
        let mut run = Run::new(100_000_000);
        run.deposit(1, whole(900_000_000).0);
        assert_eq!(run.average(), Ok(whole(100_000_000)));
        run.now += HOUR;
        run.observed();
        let average = run.average().unwrap();
        assert!(average > whole(136_000_000) && average < whole(137_500_000));
    }

    #[test]
    fn withdrawals_smaller_than_a_unit_count_as_one() {
        let mut run = Run::new(1_000_000);
        for _ in 0..1_000 {
            run.withdraw(0, 1);
        }
        assert_eq!(run.outflow.hour, 1_000);
        assert_eq!(run.outflow.available(RATES), Ok(whole(499_999)));
    }

    #[test]
    fn amounts_beyond_the_state_tighten_the_caps() {
        let tokens = Usd((5_000_000_000_000 * WAD).cast_signed());
        let caps = settled(tokens).caps(RATES).unwrap();
        assert_eq!(caps.daily, amount(Outflow::MAX_AMOUNT / 10).unwrap());
    }

    #[test]
    fn rates_above_one_are_refused() {
        let rates = OutflowRates {
            daily: Ratio(WAD + 1),
            hourly: RATES.hourly,
        };
        let outflow = settled(whole(550_000_000));
        assert_eq!(outflow.caps(rates), Err(crate::Error::Overflow));
    }
}

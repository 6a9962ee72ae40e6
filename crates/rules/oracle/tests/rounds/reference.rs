//! What becomes of a price by the design, in whole numbers and from whole histories: every round is judged anew, every second
//! that a mean or a settlement covers is added up, every trip is remembered.
//!
//! Of the crate it takes its types of input, and nothing that computes.

use oracle::{Cause, Parameters, Round, WAD};
use ruint::aliases::{U256, U512};

/// The most seconds that trips may take of any such period.
pub const TRIP_ALLOWANCE: u64 = 72 * 3_600;
const TRIP_PERIOD: u64 = 30 * 86_400;

fn wide(value: u128) -> U512 {
    U512::from(value)
}

/// One feed as it was configured. Prices are WAD.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    pub decimals: u8,
    pub heartbeat: u32,
    pub floor: u128,
    pub ceiling: u128,
}

/// A trusted answer.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    pub price: u128,
    pub updated: u64,
    /// The last second at which it is not older than the heartbeat.
    pub expires: u64,
}

impl Source {
    /// What `round` is worth at `now`: nothing if its answer is not above zero, at or outside floor or ceiling, older than the
    /// heartbeat, from the future, of an incomplete round or of another scale.
    pub fn judge(&self, round: Option<&Round>, now: u64) -> Option<Sighting> {
        let round = round?;
        let negative = round.answer >> 255 != U256::ZERO;
        let complete = round.updated_at != U256::ZERO && round.answered_in_round >= round.round_id;
        if negative
            || !complete
            || round.decimals != U256::from(self.decimals)
            || round.updated_at > U256::from(now)
        {
            return None;
        }
        let scale = U512::from(10).pow(U512::from(18 - self.decimals));
        let price = U512::from_limbs_slice(round.answer.as_limbs()) * scale;
        let updated: u64 = round.updated_at.to();
        let inside = price > wide(self.floor) && price < wide(self.ceiling);
        let young = now - updated <= self.heartbeat.into();
        (inside && young).then(|| Sighting {
            price: price.to(),
            updated,
            expires: updated + u64::from(self.heartbeat),
        })
    }
}

/// How the configured sources stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    Frozen,
    Agreeing,
    Diverged,
    Sole,
}

/// What trusted sources make of the mark.
struct Verdict {
    mark: u128,
    trust: Trust,
    /// The tier that their distance asks for.
    divergence: u8,
    /// When the oldest was updated, and the last second at which none is too old.
    updated: u64,
    expires: u64,
}

fn agreeing(seen: &[Sighting], divergence: u8) -> Verdict {
    Verdict {
        mark: seen[0].price,
        trust: Trust::Agreeing,
        divergence,
        updated: seen.iter().map(|one| one.updated).min().unwrap(),
        expires: seen.iter().map(|one| one.expires).min().unwrap(),
    }
}

/// The tier of two prices: 1 from a distance of 1 % of the lower one on, 2 from 3 %, 3 from 10 %.
fn divergence(a: u128, b: u128) -> u8 {
    let distance = wide(a.abs_diff(b)) * U512::from(100);
    let tiers = [1, 3, 10].map(|percent| distance >= wide(a.min(b)) * U512::from(percent));
    tiers.iter().filter(|reached| **reached).count() as u8
}

/// The mark of what was seen, one place for each configured source; `stable` is nothing before the first mark, when there is no
/// price unless every source is trusted and all agree.
fn verdict(seen: &[Option<Sighting>], stable: Option<u128>) -> Option<Verdict> {
    match *seen {
        [Some(only)] => Some(agreeing(&[only], 0)),
        [Some(primary), Some(secondary)] => {
            let divergence = divergence(primary.price, secondary.price);
            let agreed = agreeing(&[primary, secondary], divergence);
            if divergence < 2 {
                return Some(agreed);
            }
            let mut votes = [primary.price, secondary.price, stable?];
            votes.sort_unstable();
            Some(Verdict {
                mark: votes[1],
                trust: Trust::Diverged,
                ..agreed
            })
        }
        [Some(sole), None] | [None, Some(sole)] => {
            let stable = stable?;
            // The whole numbers from 90 % to 110 %.
            let (least, most) = ((stable * 9).div_ceil(10), stable * 11 / 10);
            Some(Verdict {
                mark: sole.price.max(least).min(most),
                trust: Trust::Sole,
                ..agreeing(&[sole], 0)
            })
        }
        _ => None,
    }
}

/// A state that the breaker may be in, and the cause that it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stance {
    pub tier: u8,
    /// Since when every observation asked for less; zero if the last did not.
    pub calm_since: u64,
    pub cause: Cause,
}

/// What an observation must lead to.
#[derive(Debug)]
pub struct Expected {
    /// Zero before the first.
    pub mark: u128,
    pub trust: Trust,
    pub updated: u64,
    pub expires: u64,
    /// The stable price lies between these two.
    pub stable: (u128, u128),
    /// The breaker is in one of these states: in more than one only where the mean that a move is measured against is not
    /// exact.
    pub stances: Vec<Stance>,
}

/// One asset by the design.
#[derive(Clone, Debug)]
pub struct Reference {
    mark: u128,
    trust: Trust,
    updated: u64,
    expires: u64,
    /// The primary's price, which the stable price follows while the sources diverge.
    primary: u128,
    /// How far the secondary's is above or below it.
    apart: i128,
    stable: u128,
    pub observed: u64,
    tier: u8,
    calm_since: u64,
    /// Every mark, from when on it was in force, oldest first.
    marks: Vec<(u64, u128)>,
    /// Since when the mean counts; nothing if the next observation has none.
    mean_since: Option<u64>,
    /// A change of the mean's window: when, and the time before and after it for which the mean is anything between the
    /// marks.
    resized: Option<(u64, u64, u64)>,
    /// From when until when trips were in force, oldest first.
    trips: Vec<(u64, u64)>,
}

impl Reference {
    pub fn new() -> Self {
        Self {
            mark: 0,
            trust: Trust::Frozen,
            updated: 0,
            expires: 0,
            primary: 0,
            apart: 0,
            stable: 0,
            observed: 0,
            tier: 0,
            calm_since: 0,
            marks: Vec::new(),
            mean_since: None,
            resized: None,
            trips: Vec::new(),
        }
    }

    /// Whether money may depend on the mark at `now`, if the sequencer went down or came up at `changed`: not on one from before.
    pub fn is_trusted(&self, changed: u64, now: u64) -> bool {
        self.is_young(now) && changed <= self.observed
    }

    /// Whether the mark is not too old at `now`, whatever the sequencer does.
    pub fn is_young(&self, now: u64) -> bool {
        self.trust != Trust::Frozen && now <= self.expires
    }

    /// Whether every configured source is trusted at `now` and they agree.
    pub fn agrees(&self, changed: u64, now: u64) -> bool {
        self.trust == Trust::Agreeing && self.is_trusted(changed, now)
    }

    pub fn mark(&self) -> u128 {
        self.mark
    }

    /// Whether this, which followed `before`, says anything that that did not say, time aside; what is not of sources that agree
    /// always does.
    pub fn differs_from(&self, before: &Self) -> bool {
        let said = |one: &Self| {
            let breaker = (one.tier, one.calm_since);
            (
                one.mark,
                one.trust,
                one.updated,
                one.expires,
                one.apart,
                breaker,
            )
        };
        self.trust != Trust::Agreeing || said(self) != said(before)
    }

    /// The least and greatest that the stable price may be at `now`: it moves towards what it follows by a whole number, not
    /// past it, and not faster than its rate allows; nor slower, but for rounding; while the mark is trusted.
    pub fn stable_at(&self, now: u64, rate: u64) -> (u128, u128) {
        let secs = match self.trust {
            Trust::Frozen => 0,
            _ => now.min(self.expires).saturating_sub(self.observed),
        };
        let (target, divisor) = match self.trust {
            Trust::Diverged => (self.primary, 5),
            _ => (self.mark, 1),
        };
        let allowed = wide(self.stable) * U512::from(rate) * U512::from(secs)
            / (U512::from(WAD) * U512::from(divisor));
        // In a single step it does not more than double.
        let step: u128 = allowed.min(wide(self.stable)).to();
        let moved = |step: u128| {
            let step = step.min(self.stable.abs_diff(target));
            if target > self.stable {
                self.stable + step
            } else {
                self.stable - step
            }
        };
        let (near, far) = (moved(step.saturating_sub(1)), moved(step));
        (near.min(far), near.max(far))
    }

    /// The sources were configured anew: nothing is compared with what they said before.
    pub fn reconfigured(&mut self) {
        self.mean_since = None;
    }

    /// The window of the mean is another one from `now` on.
    pub fn resized(&mut self, before: u32, after: u32, now: u64) {
        let (before, after) = (u64::from(before), u64::from(after));
        let earlier = self.resized.filter(|&(at, _, until)| now <= at + until);
        let reach = earlier.map_or(0, |(at, reach, _)| now - at + reach);
        self.resized = Some((now, reach.max(2 * before), 2 * after.max(before)));
    }

    /// What an observation at `now` must lead to, `stable` being what the stable price has come to.
    pub fn expect(
        &self,
        seen: &[Option<Sighting>],
        sequencer_down: bool,
        parameters: &Parameters,
        stable_price_rate: u64,
        stable: u128,
        now: u64,
    ) -> Expected {
        let verdict = verdict(seen, (self.mark != 0).then_some(stable));
        let mean = self.mean(parameters.mean_window, now);
        let stances = self.stances(verdict.as_ref(), mean, sequencer_down, parameters, now);
        let stable = match (&verdict, self.mark) {
            (Some(first), 0) => (first.mark, first.mark),
            _ => self.stable_at(now, stable_price_rate),
        };
        match verdict {
            Some(verdict) => Expected {
                mark: verdict.mark,
                trust: verdict.trust,
                updated: verdict.updated,
                expires: verdict.expires,
                stable,
                stances,
            },
            None => Expected {
                mark: self.mark,
                trust: Trust::Frozen,
                updated: self.updated,
                expires: self.expires,
                stable,
                stances,
            },
        }
    }

    fn stances(
        &self,
        verdict: Option<&Verdict>,
        mean: Option<Mean>,
        sequencer_down: bool,
        parameters: &Parameters,
        now: u64,
    ) -> Vec<Stance> {
        let moves = match (verdict, &mean) {
            (Some(verdict), Some(mean)) => mean.tiers(verdict.mark, parameters),
            (Some(verdict), None) => self.tiers_after_gap(verdict.mark, parameters, now),
            (None, _) => (0, 0),
        };
        let mut stances: Vec<Stance> = (moves.0..=moves.1)
            .map(|moved| {
                let (wanted, cause) = match verdict {
                    None => (3, Cause::Frozen),
                    Some(_) if sequencer_down => (3, Cause::SequencerDown),
                    Some(one) if one.trust == Trust::Sole => (moved + 1, Cause::SourceLost),
                    Some(two) if two.divergence > moved => (two.divergence, Cause::Divergence),
                    Some(_) => (moved, Cause::Move),
                };
                self.stance(wanted, cause, mean.is_some(), parameters.calm_period, now)
            })
            .collect();
        stances.dedup();
        stances
    }

    /// The least and greatest tier that a move asks for where there is no mean: against the last mark, with the thresholds times
    /// sqrt(gap / window), from once to four times, the root known to a thousandth.
    fn tiers_after_gap(&self, price: u128, parameters: &Parameters, now: u64) -> (u8, u8) {
        if self.mark == 0 {
            return (0, 0);
        }
        let window = u64::from(parameters.mean_window);
        let gap = now - self.observed.min(self.expires);
        let gap = U512::from(gap.clamp(window, 16 * window));
        let distance = wide(price.abs_diff(self.mark)) * U512::from(WAD);
        // Squares of both sides, in parts of 1e12.
        let tier = |slack: u64| {
            let reaches = |threshold: u64| {
                let least = wide(self.mark) * U512::from(threshold);
                let parts = U512::from(1_000_000_000_000_u64 - slack);
                distance * distance * U512::from(window) * U512::from(1_000_000_000_000_u64)
                    >= least * least * gap * parts
            };
            u8::from(reaches(parameters.caution_move))
                + u8::from(reaches(parameters.restricted_move))
        };
        (tier(0), tier(2_000_000_000))
    }

    /// Escalation is immediate; de-escalation one tier at a time, after a calm period.
    fn stance(
        &self,
        wanted: u8,
        cause: Cause,
        comparable: bool,
        calm_period: u32,
        now: u64,
    ) -> Stance {
        if wanted >= self.tier {
            return Stance {
                tier: wanted,
                calm_since: 0,
                cause,
            };
        }
        let calm = self.calm_since != 0 && comparable;
        let over = calm && now - self.calm_since >= calm_period.into();
        Stance {
            tier: if over { self.tier - 1 } else { self.tier },
            calm_since: if calm && !over { self.calm_since } else { now },
            cause: if over { Cause::Calm } else { cause },
        }
    }

    /// Takes over what an observation has led to, which was found to be one of the expected states.
    pub fn adopt(
        &mut self,
        seen: &[Option<Sighting>],
        expected: &Expected,
        stable: u128,
        stance: Stance,
        window: u32,
        now: u64,
    ) {
        let frozen = expected.trust == Trust::Frozen;
        if !self.has_mean(window, now) {
            self.mean_since = (!frozen).then_some(now);
        }
        if !frozen {
            self.primary = seen[0].map_or(0, |primary| primary.price);
            let secondary = seen.get(1).copied().flatten();
            let secondary = secondary.map_or(self.primary, |secondary| secondary.price);
            self.apart = secondary.cast_signed() - self.primary.cast_signed();
        }
        if expected.mark != 0 {
            self.marks.push((now, expected.mark));
        }
        (self.mark, self.trust) = (expected.mark, expected.trust);
        (self.updated, self.expires) = (expected.updated, expected.expires);
        (self.stable, self.observed) = (stable, now);
        (self.tier, self.calm_since) = (stance.tier, stance.calm_since);
    }

    // ---- the mean

    /// Whether there is a mean at `now`: not if nobody looked for longer than its window.
    fn has_mean(&self, window: u32, now: u64) -> bool {
        self.mean_since.is_some() && now - self.observed <= window.into()
    }

    /// Every mark that was in force between two times, with the seconds for which it was.
    fn in_force(&self, from: u64, to: u64) -> impl Iterator<Item = (u128, u64)> + Clone + '_ {
        let ends = self.marks.iter().skip(1).map(|&(start, _)| start);
        let spans = self.marks.iter().zip(ends.chain([u64::MAX]));
        let first = self.marks.partition_point(|&(start, _)| start <= from);
        spans
            .skip(first.saturating_sub(1))
            .map(move |(&(start, price), end)| (price, end.min(to).saturating_sub(start.max(from))))
            .filter(move |&(_, secs)| secs != 0)
    }

    /// The mean until `now`, and what the crate's may be off by.
    fn mean(&self, window: u32, now: u64) -> Option<Mean> {
        if !self.has_mean(window, now) {
            return None;
        }
        let since = self.mean_since?;
        match self.resized {
            // It knows what the old window knew, or has restarted at the mark.
            Some((at, reach, until)) if now <= at + until => {
                let known = self.in_force(since.max(at.saturating_sub(reach)), now);
                Some(Mean::between(
                    known.map(|(price, _)| price).chain([self.mark]),
                ))
            }
            // The crate's window is a multiple of three seconds.
            _ => Some(self.exact_mean(since, u64::from(window / 3), now)),
        }
    }

    /// The mean over three times `third` seconds, or since it began.
    fn exact_mean(&self, since: u64, third: u64, now: u64) -> Mean {
        let from = since.max(now.saturating_sub(3 * third));
        let (mut sum, mut total, mut spans) = (U512::ZERO, 0, 0);
        for (price, secs) in self.in_force(from, now) {
            sum += wide(price) * U512::from(secs);
            (total, spans) = (total + secs, spans + 1);
        }
        if total == 0 {
            return Mean::between([self.mark].into_iter());
        }
        // The oldest third is taken for steady, though a part of it has left the window.
        let steady = if now - since > 3 * third {
            let oldest = self.in_force(since.max(now.saturating_sub(4 * third)), now - 2 * third);
            let oldest: Vec<u128> = oldest.map(|(price, _)| price).collect();
            (oldest.iter().max().unwrap() - oldest.iter().min().unwrap()) / 3
        } else {
            0
        };
        // Every observation rounds.
        let error = wide(steady) + U512::from(2 * spans + 8);
        let total = U512::from(total);
        Mean {
            low: sum.saturating_sub(error * total),
            high: sum + error * total,
            total,
        }
    }

    // ---- trips

    /// The guardian was allowed a trip at `now` until `until`.
    pub fn tripped(&mut self, now: u64, until: u64) {
        let last = self.trips.last().map_or(0, |&(_, until)| until);
        self.trips.push((now.max(last), until));
    }

    /// The most seconds under trips that any 30 days hold.
    pub fn most_tripped(&self) -> u64 {
        let tripped = |start: u64| -> u64 {
            let end = start + TRIP_PERIOD;
            let within =
                |&(from, until): &(u64, u64)| until.min(end).saturating_sub(from.max(start));
            self.trips.iter().map(within).sum()
        };
        // The fullest 30 days begin with a trip.
        let starts = self.trips.iter().map(|&(from, _)| from);
        starts.map(tripped).max().unwrap_or(0)
    }

    /// Whether a trip of `secs` at `now` has to be allowed for its length: there was none in the last 30 days.
    pub fn may_trip(&self, secs: u32, now: u64) -> bool {
        let last = self.trips.last().map_or(0, |&(_, until)| until);
        (1..=TRIP_ALLOWANCE).contains(&secs.into()) && (last == 0 || now >= last + TRIP_PERIOD)
    }

    // ---- settlements

    /// The sum of the marks between two times, second by second, while they were trusted, and the number of those seconds.
    ///
    /// `trusted` are the spans in which there was a trusted mark, with the mark.
    fn sum_of(trusted: &[(u64, u64, u128)], from: u64, to: u64) -> (U512, u64) {
        let (mut sum, mut counted) = (U512::ZERO, 0);
        for &(start, end, price) in trusted {
            let secs = end.min(to).saturating_sub(start.max(from));
            (sum, counted) = (sum + wide(price) * U512::from(secs), counted + secs);
        }
        (sum, counted)
    }

    /// The prices of all days that ended from `start` until `now`, as far as they have one, and what is counted of the first that has
    /// none: a day's mean over its window, if half of that was trusted, and else over what makes half up, which days that end
    /// meanwhile share. `window` is that of a day.
    pub fn days(
        trusted: &[(u64, u64, u128)],
        start: u64,
        now: u64,
        window: impl Fn(u64) -> u64,
    ) -> (Vec<Day>, (U512, u64)) {
        let next = |time: u64| (time + 16 * 3_600) / 86_400 * 86_400 + 8 * 3_600;
        let (mut days, mut end) = (Vec::new(), next(start));
        loop {
            let (from, half) = (end - window(end), window(end).div_ceil(2));
            let within = |to: u64| Self::sum_of(trusted, from, to);
            if end > now {
                return (days, within(now));
            }
            let by = if within(end).1 >= half {
                end
            } else {
                // The first second by which half is made up.
                let (mut low, mut high) = (end, now + 1);
                while low < high {
                    let middle = low.midpoint(high);
                    if within(middle).1 >= half {
                        high = middle;
                    } else {
                        low = middle + 1;
                    }
                }
                low
            };
            if by > now {
                return (days, within(now));
            }
            let (sum, secs) = within(by);
            let (price, made_up, first) = ((sum / U512::from(secs)).to(), by > end, end);
            while end <= by {
                days.push(Day {
                    end,
                    price,
                    made_up,
                    joined: end > first,
                });
                end += 86_400;
            }
        }
    }

    /// The span for which the mark of now counts if `now` is the next that anybody looks.
    pub fn trusted_span(&self, changed: u64, now: u64) -> Option<(u64, u64, u128)> {
        let end = now.min(self.expires);
        let counts = self.trust != Trust::Frozen && changed <= self.observed;
        (counts && end > self.observed).then_some((self.observed, end, self.mark))
    }
}

/// A day with a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub end: u64,
    pub price: u128,
    /// Whether less than half of its window was trusted before its end.
    pub made_up: bool,
    /// Whether it has the price of an earlier one, which was waiting when it ended.
    pub joined: bool,
}

/// A mean between two fractions.
struct Mean {
    low: U512,
    high: U512,
    total: U512,
}

impl Mean {
    /// Anything between some prices, to what rounding adds.
    fn between(prices: impl Iterator<Item = u128> + Clone) -> Self {
        let rounding = U512::from(8);
        Self {
            low: wide(prices.clone().min().unwrap()).saturating_sub(rounding),
            high: wide(prices.max().unwrap()) + rounding,
            total: U512::ONE,
        }
    }

    /// The least and greatest tier that the move from it to `price` may ask for.
    fn tiers(&self, price: u128, parameters: &Parameters) -> (u8, u8) {
        let at = wide(price) * self.total;
        let ends = [self.low, self.high].map(|mean| self.tier(at, mean, parameters));
        let least = if (self.low..=self.high).contains(&at) {
            0
        } else {
            ends[0].min(ends[1])
        };
        (least, ends[0].max(ends[1]))
    }

    fn tier(&self, price: U512, mean: U512, parameters: &Parameters) -> u8 {
        let distance = price.max(mean) - price.min(mean);
        let moves = [parameters.caution_move, parameters.restricted_move];
        let reached = moves.map(|least| distance * U512::from(WAD) >= mean * U512::from(least));
        reached.iter().filter(|reached| **reached).count() as u8
    }
}

/// The actions that are forbidden in `tier`, by the table of tiers: everything without a trusted price, opening from Restricted
/// on, reducing and withdrawing from Halted on; opening in the grace period after an outage, and a sign of it.
pub fn forbidden(tier: u8, trusted: bool, grace: bool) -> u16 {
    let (opening, reducing, withdrawing, everything, sign) = (1, 2, 4, 63, 64);
    let by_tier = match (trusted, tier) {
        (false, _) => everything,
        (true, 0 | 1) => 0,
        (true, 2) => opening,
        (true, _) => opening | reducing | withdrawing,
    };
    by_tier | if grace { opening | sign } else { 0 }
}

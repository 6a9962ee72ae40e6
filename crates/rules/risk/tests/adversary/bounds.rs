//! What no market's sequence of operations may do, whether it is attacked natively or on a node: the kinds of violations, what
//! insurance pays (invariant 8) and what leaves (invariant 9).

use std::fmt;

use risk::{InstrumentId, OutflowRates, Usd};

/// Rounding that one operation may leave to an account: a millionth of a quote token.
pub const ROUNDING: i128 = 1_000_000_000_000;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
const COVER_WINDOW: u64 = 90 * DAY;
/// What may leave in an hour and in a day whatever the vault holds.
const LEAST_CAP: i128 = 1_000_000 * 1_000_000_000_000_000_000;

/// What was violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An account has more than the rules gave it.
    Theft,
    /// Accounts together have more or less than the rules gave them.
    Lost,
    /// An operation was refused because a number did not fit.
    Overflow,
    /// Profit of the manipulated market is convertible too early.
    Early,
    /// Invariant 1: totals and conservation.
    Conservation,
    /// Invariant 2: capital is backed.
    Backing,
    /// Invariant 3: long is short, up to residue.
    Residue,
    /// Invariant 5: initial margin after an operation of one's own.
    Margin,
    /// Invariant 6: one result, whatever the order.
    Order,
    /// Invariant 7: claims are at most what there is.
    Claims,
    /// Invariant 8: what insurance pays.
    Cover,
    /// Invariant 9: what leaves.
    Outflow,
}

/// What a sequence of operations must not do, and did.
#[derive(Clone, Debug)]
pub struct Violation {
    pub kind: Kind,
    pub detail: String,
}

impl Violation {
    pub fn new(kind: Kind, detail: impl fmt::Display) -> Self {
        Self {
            kind,
            detail: detail.to_string(),
        }
    }
}

pub fn hold(kind: Kind, holds: bool, detail: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(Violation::new(kind, detail()))
    }
}

/// An amount as a number of dollars, to look at and to compare with.
pub fn in_dollars(amount: i128) -> f64 {
    amount as f64 / 1e18
}

/// What insurance has paid for an instrument.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    pub time: u64,
    pub instrument: InstrumentId,
    pub amount: Usd,
    /// What may be paid at once if nothing was paid before: the instrument's cover; of rewards, a tenth of all covers.
    pub whole: Usd,
    /// Whether it was a reward for closing.
    pub reward: bool,
}

/// Tokens that have come or gone, by owner.
#[derive(Clone, Copy, Debug)]
pub struct Passage {
    pub time: u64,
    pub owner: usize,
    /// Negative if they have gone.
    pub amount: Usd,
    /// The vault's tokens before.
    pub tokens: Usd,
}

/// Invariant 8, of the instrument for which insurance has paid last. Returns the largest share of its cover that was used up.
pub fn covers(payments: &[Payment]) -> Result<f64, Violation> {
    let mut worst = 0.0_f64;
    let Some(last) = payments.last() else {
        return Ok(worst);
    };
    let of_it = || {
        payments
            .iter()
            .filter(|payment| payment.instrument == last.instrument)
    };
    let (mut at_once, mut in_window) = (0, 0);
    for payment in of_it() {
        let age = last.time - payment.time;
        in_window += if age <= COVER_WINDOW {
            payment.amount.0
        } else {
            0
        };
        at_once += if age == 0 { payment.amount.0 } else { 0 };
    }
    let whole = of_it().map(|payment| payment.whole.0).max().unwrap_or(0);
    worst = worst.max(at_once as f64 / whole.max(1) as f64);
    hold(Kind::Cover, at_once <= whole + ROUNDING, || {
        let (paid, whole) = (in_dollars(at_once), in_dollars(whole));
        format!(
            "{paid} at once for {}, whose cover is {whole}",
            last.instrument
        )
    })?;
    hold(Kind::Cover, in_window <= 2 * whole + ROUNDING, || {
        let (paid, whole) = (in_dollars(in_window), in_dollars(whole));
        format!(
            "{paid} in 90 days for {}, whose cover is {whole}",
            last.instrument
        )
    })?;
    Ok(worst)
}

/// Invariant 9: in every hour and day, what leaves beyond what its owner has brought within two days is at most the cap. Passages
/// are told from the vault's first deposit on. Returns the largest share of a cap that has left.
pub fn outflow(passages: &[Passage], rates: OutflowRates) -> Result<f64, Violation> {
    let gone = beyond_what_was_brought(passages);
    let mut most = 0.0_f64;
    for (window, rate) in [(HOUR, rates.hourly), (DAY, rates.daily)] {
        for (at, first) in gone.iter().enumerate() {
            let (mut left, mut cap) = (0, LEAST_CAP);
            let within = |one: &&Gone| one.time - first.time <= window;
            for one in gone[at..].iter().take_while(within) {
                left += one.amount;
                cap = cap.max(one.base.times_up(rate).unwrap().0);
                most = most.max(left as f64 / cap as f64);
                hold(Kind::Outflow, left <= cap + ROUNDING, || {
                    let (left, cap) = (in_dollars(left), in_dollars(cap));
                    format!("{left} left within {window} s, of at most {cap}")
                })?;
            }
        }
    }
    Ok(most)
}

/// What left beyond what its owner had brought.
struct Gone {
    time: u64,
    amount: i128,
    /// What caps were a share of, at most.
    base: Usd,
}

/// Holds withdrawals against what their owners had brought within two days, the oldest first, and each token once: what a vault
/// may count for a day less counts here too.
fn beyond_what_was_brought(passages: &[Passage]) -> Vec<Gone> {
    let mut brought: Vec<Passage> = Vec::new();
    let mut holdings = Holdings::default();
    let mut gone = Vec::new();
    for &passage in passages {
        let base = holdings.observe(&passage);
        if passage.amount >= Usd::ZERO {
            brought.push(passage);
            continue;
        }
        let mut beyond = -passage.amount.0;
        let of_the_owner = brought
            .iter_mut()
            .filter(|one| one.owner == passage.owner && passage.time - one.time <= 2 * DAY);
        for one in of_the_owner {
            let used = one.amount.0.min(beyond);
            one.amount.0 -= used;
            beyond -= used;
        }
        gone.push(Gone {
            time: passage.time,
            amount: beyond,
            base,
        });
    }
    gone
}

/// The vault's tokens over time, at most.
#[derive(Default)]
struct Holdings {
    opening: i128,
    /// Weights fall as exp(-age / 24 h).
    average: f64,
    seen: u64,
    after: i128,
}

impl Holdings {
    /// Follows them up to a passage. Returns the smaller of the tokens when the UTC day began and of their average; what came in
    /// meanwhile from elsewhere counts from the last passage on.
    fn observe(&mut self, passage: &Passage) -> Usd {
        let held = self.after.max(passage.tokens.0);
        if passage.time / DAY > self.seen / DAY {
            self.opening = held;
        }
        let left = (-((passage.time - self.seen) as f64) / DAY as f64).exp();
        self.average = held as f64 + (self.average - held as f64) * left;
        self.seen = passage.time;
        self.after = passage.tokens.0 + passage.amount.0;
        let average = self.average * (1.0 + 1e-9);
        Usd(self.opening.min(average as i128))
    }
}

//! That the judge of invariant 9 sees what it must see, and raises no alarm about what its owner brought.

use risk::{Usd, WAD};

use crate::bounds::{self, Kind, Passage, Violation};
use crate::vault::OUTFLOW;

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
/// 00:00 UTC on a day of 2026.
const MIDNIGHT: u64 = 20_500 * DAY;
/// Brings twenty millions, and leaves them there for long.
const SETTLED: usize = 0;
const GUEST: usize = 1;
/// When averages have followed.
const LATER: u64 = 10 * DAY;

/// Millions that come and go.
struct History {
    passages: Vec<Passage>,
    tokens: i128,
}

fn millions(amount: f64) -> i128 {
    (amount * 1e6) as i128 * WAD as i128
}

impl History {
    fn new() -> Self {
        let mut history = Self {
            passages: vec![],
            tokens: 0,
        };
        history.pass(0, SETTLED, 20.0);
        history
    }

    /// After so many seconds, an owner brings an amount, or takes it.
    fn pass(&mut self, time: u64, owner: usize, amount: f64) {
        let amount = millions(amount);
        self.passages.push(Passage {
            time: MIDNIGHT + time,
            owner,
            amount: Usd(amount),
            tokens: Usd(self.tokens),
        });
        self.tokens += amount;
    }

    fn judged(&self) -> Result<f64, Violation> {
        bounds::outflow(&self.passages, OUTFLOW)
    }

    fn is_fine(&self) -> bool {
        match self.judged() {
            Ok(_) => true,
            Err(violation) => {
                assert_eq!(violation.kind, Kind::Outflow);
                false
            }
        }
    }
}

#[test]
fn what_an_owner_brought_leaves_again_within_two_days_and_once() {
    let mut history = History::new();
    history.pass(LATER, GUEST, 5.0);
    history.pass(LATER + 2 * DAY, GUEST, -5.0);
    assert!(history.is_fine());
    history.pass(LATER + 2 * DAY, GUEST, -1.0);
    assert!(history.is_fine(), "the hour's cap");
    history.pass(LATER + 2 * DAY, GUEST, -0.1);
    assert!(!history.is_fine(), "five millions serve once");
}

#[test]
fn what_was_brought_long_ago_leaves_by_the_caps_alone() {
    let mut history = History::new();
    history.pass(LATER, GUEST, 5.0);
    history.pass(LATER + 2 * DAY + 1, GUEST, -1.1);
    assert!(!history.is_fine());
}

#[test]
fn nobody_leaves_by_what_another_brought() {
    let mut history = History::new();
    history.pass(LATER, GUEST, 5.0);
    history.pass(LATER + 60, SETTLED, -1.1);
    assert!(!history.is_fine());
}

#[test]
fn a_day_pays_a_tenth_however_it_is_spread_over_hours() {
    let mut history = History::new();
    for hour in 0..2 {
        history.pass(LATER + hour * (HOUR + 1), SETTLED, -0.95);
    }
    assert!(history.is_fine());
    history.pass(LATER + 12 * HOUR, SETTLED, -0.15);
    assert!(!history.is_fine(), "2.05 millions of 20");
}

#[test]
fn a_deposit_raises_the_caps_only_with_time() {
    let mut history = History::new();
    history.pass(LATER, GUEST, 900.0);
    history.pass(LATER + HOUR, SETTLED, -3.0);
    assert!(!history.is_fine(), "the cap is that of 20 millions");
    let mut history = History::new();
    history.pass(LATER, GUEST, 900.0);
    history.pass(LATER + 5 * DAY, SETTLED, -3.0);
    assert!(history.is_fine(), "the cap is that of 900 millions");
}

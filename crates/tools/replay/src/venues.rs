//! What the guard makes of two venues that part. How far they are apart is measured here by itself, not asked of the guard.

use super::{
    guard::{ROUNDING, Step, Tier},
    series::Moment,
};
use serde::Serialize;

/// Distances of two venues, as shares of the lower price, from which the mark is the median, and the asset is halted.
const APART: f64 = 0.03;
const FAR_APART: f64 = 0.10;

/// How often the guard halted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Halts {
    /// Times in all.
    pub count: usize,
    /// Of these, while there was one source, or two less than 10 % apart: no true move may halt.
    pub falsely: usize,
}

impl Halts {
    /// In `steps`.
    pub fn of(steps: &[Step]) -> Self {
        let mut halts = Self {
            count: 0,
            falsely: 0,
        };
        let mut before = Tier::Normal;
        for step in steps {
            if step.tier == Tier::Halted && before != Tier::Halted {
                halts.count += 1;
                halts.falsely += usize::from(distance(&step.moment) < FAR_APART);
            }
            before = step.tier;
        }
        halts
    }
}

/// What happened while two venues were apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Venues {
    /// Seconds in which they were 3 % or more apart.
    pub seconds_apart: u64,
    /// Times that they came to be 10 % or more apart, each with a first bad print.
    pub bad_prints: usize,
    /// Pokes from a first bad print to the Halt, the one that sees the print counted, at the latest; nothing if it never came while
    /// the venues stayed so far apart.
    pub pokes_to_halt: Option<usize>,
    /// Seconds from a first bad print to the Halt, at the latest.
    pub seconds_to_halt: Option<u64>,
    /// Pokes at which they were 3 % or more apart and the mark was the price of the venue that had strayed: the one that is
    /// further from the last mark on which both agreed.
    pub strayed_marks: usize,
    /// The lowest mark.
    pub lowest_mark: f64,
    /// The highest mark.
    pub highest_mark: f64,
}

impl Venues {
    /// In `steps`, or nothing if they are of one source.
    pub fn of(steps: &[Step]) -> Option<Self> {
        steps.first()?.moment.secondary?;
        let waits = waits(steps);
        let latest = |part: fn(&Wait) -> u64| {
            let parts = waits.iter().map(|wait| wait.as_ref().map(part));
            parts.collect::<Option<Vec<_>>>()?.into_iter().max()
        };
        let marks = || steps.iter().map(|step| step.mark);
        Some(Self {
            seconds_apart: seconds_apart(steps),
            bad_prints: waits.len(),
            pokes_to_halt: latest(|wait| wait.pokes).map(|pokes| pokes as usize),
            seconds_to_halt: latest(|wait| wait.seconds),
            strayed_marks: strayed_marks(steps),
            lowest_mark: marks().fold(f64::INFINITY, f64::min),
            highest_mark: marks().fold(0.0, f64::max),
        })
    }
}

/// How far apart the two prices are, as a share of the lower one; zero if there is one, or a source has fallen silent.
fn distance(moment: &Moment) -> f64 {
    let Some(secondary) = moment.secondary else {
        return 0.0;
    };
    if moment.silent().contains(&true) {
        return 0.0;
    }
    (moment.primary - secondary).abs() / moment.primary.min(secondary)
}

fn seconds_apart(steps: &[Step]) -> u64 {
    let pairs = steps.windows(2);
    let apart = pairs.filter(|pair| distance(&pair[0].moment) >= APART);
    apart
        .map(|pair| pair[1].moment.time - pair[0].moment.time)
        .sum()
}

/// From a first bad print to the Halt.
struct Wait {
    pokes: u64,
    seconds: u64,
}

/// The wait for each Halt that was due, or nothing where it never came.
fn waits(steps: &[Step]) -> Vec<Option<Wait>> {
    let runs = steps.chunk_by(|a, b| is_far(a) == is_far(b));
    let bad = runs.filter(|run| is_far(&run[0]));
    bad.map(|run| {
        let halted = run.iter().position(|step| step.tier == Tier::Halted)?;
        Some(Wait {
            pokes: halted as u64 + 1,
            seconds: run[halted].moment.time - run[0].moment.time,
        })
    })
    .collect()
}

fn is_far(step: &Step) -> bool {
    distance(&step.moment) >= FAR_APART
}

fn strayed_marks(steps: &[Step]) -> usize {
    let mut agreed = None;
    let mut count = 0;
    for step in steps {
        if distance(&step.moment) < APART {
            agreed = Some(step.mark);
        } else if let Some(strayed) = agreed.and_then(|mark| strayed(&step.moment, mark)) {
            count += usize::from((step.mark - strayed).abs() <= ROUNDING * strayed);
        }
    }
    count
}

/// The price that is further from `agreed`; nothing if both are as far.
fn strayed(moment: &Moment, agreed: f64) -> Option<f64> {
    let secondary = moment.secondary?;
    let off = |price: f64| (price - agreed).abs();
    match off(moment.primary).total_cmp(&off(secondary)) {
        std::cmp::Ordering::Less => Some(secondary),
        std::cmp::Ordering::Greater => Some(moment.primary),
        std::cmp::Ordering::Equal => None,
    }
}

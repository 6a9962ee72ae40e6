//! What is said about a replay: as JSON, and as a table.

use super::{
    ReplayError, Series,
    ewma::{RISK_METRICS_PERIOD, deviations, least_multiplier},
    guard::{PARAMETERS, Step},
    lag::Lag,
    measures::{Behaviour, Moves},
    venues::{Halts, Venues},
};
use oracle::Tier;
use prices::Point;
use serde::Serialize;
use std::fmt;

/// A level of margin in a step.
type Level = fn(&Step) -> f64;

/// The guard's margins.
const LEVELS: [(&str, Level); 3] = [
    ("maintenance range", |step| step.maintenance),
    ("initial range", |step| step.initial),
    ("initial margin", |step| step.margin),
];

/// A margin, its coverage and its behaviour.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Which model.
    pub model: String,
    /// Standard deviations of the horizon that it covers; nothing for the guard's own, which is not scaled.
    pub multiplier: Option<f64>,
    /// Share of the moves over the horizon that are within it.
    pub coverage: f64,
    /// How it behaves.
    #[serde(flatten)]
    pub behaviour: Behaviour,
}

/// Whether a margin of the guard is less procyclical than RiskMetrics' average at the same coverage, by each measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// By peak to trough.
    pub peak_to_trough: bool,
    /// By the largest five-day rise as a share of what it rises from.
    pub relative_rise: bool,
    /// By the largest five-day rise as a share of the price.
    pub absolute_rise: bool,
}

/// One margin of the guard beside averages that cover as many moves.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Which margin.
    pub margin: &'static str,
    /// The guard's own.
    pub guard: Row,
    /// RiskMetrics' average, and one as fast as the guard's fast volatility.
    pub averages: [Row; 2],
    /// Whether the guard's is less procyclical than the first of them.
    pub is_less_procyclical: Verdict,
}

/// What a replay shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What was replayed.
    pub title: String,
    /// Minutes that are measured.
    pub minutes: u64,
    /// Of these, minutes in each tier, by number.
    pub minutes_in_tier: [u64; 4],
    /// How often the guard halted.
    pub halts: Halts,
    /// How far its prices stayed behind.
    pub lag: Lag,
    /// What happened while the two venues were apart, if there are two.
    pub venues: Option<Venues>,
    /// Seconds over which a move has to be covered.
    pub horizon: u64,
    /// Moves over the horizon that begin in what is measured.
    pub moves: usize,
    /// The guard's margins, each beside averages.
    pub comparisons: Vec<Comparison>,
}

impl Report {
    /// Of `series` and what the guard said about it, step by step.
    pub fn new(series: &Series, steps: &[Step]) -> Result<Self, ReplayError> {
        let horizon = u64::from(PARAMETERS.horizon);
        let title = series.title.clone();
        if steps.is_empty() {
            return Err(ReplayError::NeverAgree { title });
        }
        let shown = measured(series, steps);
        let first = steps.len() - shown.len();
        let marks: Vec<Point> = steps.iter().map(mark).collect();
        let moves = Moves::new(&marks, first, horizon);
        if moves.count() == 0 {
            return Err(ReplayError::TooShort { title, horizon });
        }
        let seconds = seconds_in_tier(shown);
        let fast = f64::from(PARAMETERS.fast_period);
        let averages = [
            Average::new("EWMA 0.94 a day", RISK_METRICS_PERIOD, &marks, &moves),
            Average::new("EWMA of 3 hours", fast, &marks, &moves),
        ];
        let measured = Measured {
            times: shown.iter().map(|step| step.moment.time).collect(),
            first,
            moves,
        };
        let compare = |(margin, level): (&'static str, Level)| {
            measured.compare(margin, level, steps, &averages)
        };
        Ok(Self {
            title,
            minutes: seconds.iter().sum::<u64>() / 60,
            minutes_in_tier: seconds.map(|seconds| seconds / 60),
            halts: Halts::of(shown),
            lag: Lag::of(shown),
            venues: Venues::of(shown),
            horizon,
            moves: measured.moves.count(),
            comparisons: LEVELS.into_iter().map(compare).collect(),
        })
    }
}

/// Those of `steps` that come after what the guard learns from.
pub(super) fn measured<'a>(series: &Series, steps: &'a [Step]) -> &'a [Step] {
    let start = steps.first().map_or(0, |step| step.moment.time) + series.learning;
    &steps[steps.partition_point(|step| step.moment.time < start)..]
}

fn mark(step: &Step) -> Point {
    Point {
        time: step.moment.time,
        price: step.mark,
    }
}

/// A tier counts until the next step, the last one's for as long as the one before.
fn seconds_in_tier(steps: &[Step]) -> [u64; 4] {
    let mut seconds = [0; 4];
    let mut last = 0;
    for pair in steps.windows(2) {
        last = pair[1].moment.time - pair[0].moment.time;
        seconds[pair[0].tier as usize] += last;
    }
    if let Some(step) = steps.last() {
        seconds[step.tier as usize] += last;
    }
    seconds
}

/// A plain average of variance over the marks.
struct Average {
    model: &'static str,
    /// Standard deviation over the horizon at every point.
    deviations: Vec<f64>,
    /// The moves as multiples of it, sorted.
    multiples: Vec<f64>,
}

impl Average {
    fn new(model: &'static str, period: f64, marks: &[Point], moves: &Moves) -> Self {
        let root = f64::from(PARAMETERS.horizon).sqrt();
        let mut deviations = deviations(marks, period);
        for deviation in &mut deviations {
            *deviation *= root;
        }
        let multiples = moves.multiples(&deviations);
        Self {
            model,
            deviations,
            multiples,
        }
    }
}

/// What is measured of a path.
struct Measured {
    times: Vec<u64>,
    first: usize,
    moves: Moves,
}

impl Measured {
    fn compare(
        &self,
        margin: &'static str,
        level: Level,
        steps: &[Step],
        averages: &[Average; 2],
    ) -> Comparison {
        let levels: Vec<f64> = steps.iter().map(level).collect();
        let covered = self.moves.covered(&levels);
        let guard = self.row("guard", None, &levels);
        let averages = averages.each_ref().map(|average| {
            let multiplier = least_multiplier(&average.multiples, covered);
            let scaled = average
                .deviations
                .iter()
                .map(|deviation| deviation * multiplier);
            let levels: Vec<f64> = scaled.collect();
            self.row(average.model, Some(multiplier), &levels)
        });
        let (ours, theirs) = (&guard.behaviour, &averages[0].behaviour);
        let is_less_procyclical = Verdict {
            peak_to_trough: ours.peak_to_trough < theirs.peak_to_trough,
            relative_rise: ours.relative_rise < theirs.relative_rise,
            absolute_rise: ours.absolute_rise < theirs.absolute_rise,
        };
        Comparison {
            margin,
            guard,
            averages,
            is_less_procyclical,
        }
    }

    fn row(&self, model: &str, multiplier: Option<f64>, levels: &[f64]) -> Row {
        Row {
            model: model.to_owned(),
            multiplier,
            coverage: self.moves.covered(levels) as f64 / self.moves.count() as f64,
            behaviour: Behaviour::of(&self.times, &levels[self.first..]),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "{}: {} minutes", self.title, self.minutes)?;
        for (name, minutes) in Tier::NAMES.iter().zip(self.minutes_in_tier) {
            let share = 100.0 * minutes as f64 / self.minutes.max(1) as f64;
            writeln!(f, "  {name:<12} {minutes:>9} min {share:>8.3} %")?;
        }
        write!(f, "{}{}", self.halts, self.lag)?;
        if let Some(venues) = &self.venues {
            write!(f, "{venues}")?;
        }
        let hours = self.horizon / 3_600;
        writeln!(
            f,
            "\nMargins in % of the price; covered: share of {} moves over {hours} h within the margin\n",
            self.moves
        )?;
        writeln!(
            f,
            "{:<20}{:>10}{:>12}{:>9}{:>9}{:>9}{:>14}{:>13}{:>13}",
            "",
            "covered",
            "multiplier",
            "mean",
            "lowest",
            "highest",
            "peak/trough",
            "5-day rise",
            "in points"
        )?;
        for comparison in &self.comparisons {
            write!(f, "{comparison}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Halts {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { count, falsely } = self;
        writeln!(
            f,
            "  halts: {count}, false ones (of one source, or two less than 10 % apart): {falsely}"
        )
    }
}

impl fmt::Display for Venues {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let minutes = self.seconds_apart as f64 / 60.0;
        writeln!(f, "  venues 3 % or more apart: {minutes:.1} min")?;
        let wait = match self.pokes_to_halt.zip(self.seconds_to_halt) {
            Some((pokes, seconds)) => {
                format!(
                    "halted by poke {pokes} from the first on, {seconds} s after it, at the latest"
                )
            }
            None if self.bad_prints == 0 => "nothing to halt for".to_owned(),
            None => "NOT always halted while they lasted".to_owned(),
        };
        let times = self.bad_prints;
        writeln!(
            f,
            "  bad prints (10 % or more apart): {times} times, {wait}"
        )?;
        let count = self.strayed_marks;
        writeln!(
            f,
            "  the mark was the price of the venue that strayed: {count} times"
        )?;
        let (low, high) = (self.lowest_mark, self.highest_mark);
        writeln!(f, "  mark from {low:.6} to {high:.6}")
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "{}", self.margin)?;
        write!(f, "{}", self.guard)?;
        for row in &self.averages {
            write!(f, "{row}")?;
        }
        let word = |less| if less { "less" } else { "NOT less" };
        let verdict = &self.is_less_procyclical;
        writeln!(
            f,
            "  {:<67}{:>14}{:>13}{:>13}",
            "procyclical than EWMA 0.94 at equal coverage?",
            word(verdict.peak_to_trough),
            word(verdict.relative_rise),
            word(verdict.absolute_rise)
        )
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let percent = |share: f64| 100.0 * share;
        let multiplier = self
            .multiplier
            .map_or_else(|| "-".to_owned(), |multiplier| format!("{multiplier:.2}"));
        let Behaviour {
            mean,
            trough,
            peak,
            peak_to_trough,
            relative_rise,
            absolute_rise,
        } = self.behaviour;
        write!(f, "  {:<18}{:>10.4}", self.model, percent(self.coverage))?;
        write!(f, "{multiplier:>12}{:>9.2}", percent(mean))?;
        write!(f, "{:>9.2}{:>9.2}", percent(trough), percent(peak))?;
        writeln!(
            f,
            "{peak_to_trough:>14.2}{:>12.0}%{:>13.2}",
            percent(relative_rise),
            percent(absolute_rise)
        )
    }
}

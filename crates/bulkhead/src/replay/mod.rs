//! Prices replayed through the guard's own arithmetic, without a chain: which tiers they cause, how margins follow, and how
//! procyclical those are beside a plain moving average of variance that covers as many moves.
//!
//! The guard is the crate `oracle` with its default parameters and limits, poked at every point of the path, with one source that
//! always answers. The measures are those of Murphy, Vasios and Vause, "An investigation into the procyclicality of risk-based
//! initial margin models", Bank of England Financial Stability Paper 29, 2014: peak to trough, and the largest rise in n days.

mod ewma;
mod guard;
mod measures;
mod plots;
mod regimes;
mod report;

pub use ewma::{RISK_METRICS_PERIOD, deviations, least_multiplier};
pub use guard::{Step, replay};
pub use measures::{Behaviour, Moves, peak_to_trough};
pub use regimes::{REGIMES, Regime, STEP_SECS, regimes};
pub use report::{Comparison, Report, Row, Verdict};

use crate::{
    picture::PlotError,
    prices::{self, Point, PriceFileError},
};
use std::path::{Path, PathBuf};

const DAY: u64 = 86_400;

/// What is replayed.
#[derive(Clone, Debug)]
pub enum Source {
    /// A price file, minute by minute.
    File(PathBuf),
    /// Eight synthetic years, from this seed.
    Regimes(u64),
}

/// Why nothing could be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The price file is bad.
    #[error(transparent)]
    Prices(#[from] PriceFileError),
    /// The path does not last as long as what the guard's ranges have to cover.
    #[error("{title} is too short: no move over {horizon} s begins in what is measured")]
    TooShort {
        /// What was replayed.
        title: String,
        /// The guard's horizon, seconds.
        horizon: u64,
    },
    /// A picture could not be drawn.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// The folder for pictures cannot be made.
    #[error("{path}: {reason}")]
    Folder {
        /// The folder.
        path: String,
        /// What the system says.
        reason: String,
    },
}

/// A path, and from when on it is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it is, for titles.
    pub title: String,
    /// The prices, in order of time.
    pub points: Vec<Point>,
    /// Seconds at the start in which the guard learns and nothing is measured.
    pub learning: u64,
}

/// Replays `source` and reports; draws a picture into `out` if there is one.
///
/// A file is measured from its first minute, at which the guard knows no more than the stressed volatility it starts with; the
/// synthetic years after their first ninety days.
pub fn run(source: &Source, out: Option<&Path>) -> Result<Report, ReplayError> {
    let series = match source {
        Source::File(file) => {
            let path = prices::read(file)?;
            Series {
                title: path.title,
                points: path.points,
                learning: 0,
            }
        }
        Source::Regimes(seed) => Series {
            title: format!("eight synthetic years, seed {seed}"),
            points: regimes(*seed),
            learning: 90 * DAY,
        },
    };
    let steps = replay(&series.points);
    let report = Report::new(&series, &steps)?;
    if let Some(folder) = out {
        std::fs::create_dir_all(folder).map_err(|error| ReplayError::Folder {
            path: folder.display().to_string(),
            reason: error.to_string(),
        })?;
        plots::draw(&series.title, &steps, folder)?;
    }
    Ok(report)
}

#[cfg(test)]
mod tests;

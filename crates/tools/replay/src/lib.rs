//! Prices replayed through the guard's own arithmetic, without a chain: which tiers they cause, how margins follow, and how
//! procyclical those are beside a plain moving average of variance that covers as many moves.
//!
//! The guard is the crate `oracle` with its default parameters and limits but the stable price's rate, poked at every moment of
//! the path and every minute of its gaps, with one or two sources whose answers count for an hour. The measures are those of
//! Murphy, Vasios and Vause, "An investigation into the procyclicality of risk-based initial margin models", Bank of England
//! Financial Stability Paper 29, 2014: peak to trough, and the largest rise in n days.

#![warn(missing_docs)]

mod ewma;
mod guard;
mod lag;
mod measures;
mod plots;
mod regimes;
mod report;
mod series;
mod venues;

pub use ewma::{RISK_METRICS_PERIOD, deviations, least_multiplier};
pub use guard::{Step, replay};
pub use lag::Lag;
pub use measures::{Behaviour, Moves, peak_to_trough};
pub use regimes::{REGIMES, Regime, STEP_SECS, regimes};
pub use report::{Comparison, Report, Row, Verdict};
pub use series::{Moment, Series, Source};
pub use venues::{Halts, Venues};

use oracle::RangeLimits;
use pictures::PlotError;
use prices::PriceFileError;
use std::path::Path;

const DAY: u64 = 86_400;

/// Why nothing could be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A price file is bad.
    #[error(transparent)]
    Prices(#[from] PriceFileError),
    /// The files of two venues have no time in common.
    #[error("{primary} and {secondary} have no time in common")]
    Apart {
        /// The primary's title.
        primary: String,
        /// The secondary's title.
        secondary: String,
    },
    /// Two venues are never within 3 % of each other, so that there is no first mark.
    #[error("{title}: the venues never agree")]
    NeverAgree {
        /// What was replayed.
        title: String,
    },
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

impl ReplayError {
    /// Whether what was asked for cannot be replayed, rather than something here having failed.
    pub fn is_bad_input(&self) -> bool {
        !matches!(self, Self::Plot(_) | Self::Folder { .. })
    }
}

/// Replays `source` as the price of an asset with such `limits` and reports; draws a picture of what is measured into `out` if
/// there is one.
pub fn run(
    source: &Source,
    limits: &RangeLimits,
    out: Option<&Path>,
) -> Result<Report, ReplayError> {
    let series = Series::load(source)?;
    let steps = replay(&series.moments, limits);
    let report = Report::new(&series, &steps)?;
    if let Some(folder) = out {
        std::fs::create_dir_all(folder).map_err(|error| ReplayError::Folder {
            path: folder.display().to_string(),
            reason: error.to_string(),
        })?;
        plots::draw(&series.title, report::measured(&series, &steps), folder)?;
    }
    Ok(report)
}

#[cfg(test)]
mod tests;

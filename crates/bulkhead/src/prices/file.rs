//! Price files: CSV with the columns `timestamp_utc_ms,open,high,low,close,volume`.

use super::{Path, Point, STEP_SECONDS};
use std::path::Path as FilePath;

const COLUMNS: [&str; 6] = ["timestamp_utc_ms", "open", "high", "low", "close", "volume"];
/// Outside these, an 8-decimal feed cannot carry the price or a WAD of it overflows sizes.
const PRICE_RANGE: std::ops::Range<f64> = 1e-6..1e9;
const MILLISECONDS: u64 = 1000;
/// 2100-01-01: a timestamp beyond it is not in milliseconds.
const LATEST_MILLISECONDS: u64 = 4_102_444_800_000;
/// A path of a year of minutes; a longer gap between bars is a mistake in the file.
const MAX_MINUTES: u64 = 366 * 24 * 60;

/// Why a price file cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PriceFileError {
    /// The file cannot be opened or read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// A line does not say what it should.
    #[error("{path}, line {line}: {reason}")]
    BadLine {
        /// The file.
        path: String,
        /// The line, counted from 1 with the header.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The file has fewer than two bars or spans more than a year.
    #[error("{path}: {reason}")]
    BadLength {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Bar {
    time: u64,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
}

/// Reads a file and walks its bars minute by minute. A bar of a minute gives its close; a longer one is walked in straight
/// lines from its open over both extremes to its close, the extreme against the bar's direction first.
pub fn read(path: &FilePath) -> Result<Path, PriceFileError> {
    let bars = read_bars(path)?;
    let name = path.display().to_string();
    let span = (bars[bars.len() - 1].time - bars[0].time) / STEP_SECONDS;
    if span > MAX_MINUTES {
        return Err(PriceFileError::BadLength {
            path: name,
            reason: format!("{span} minutes are more than a year"),
        });
    }
    let title = path
        .file_stem()
        .map_or(name, |stem| stem.to_string_lossy().into_owned());
    Ok(Path {
        title,
        points: walk(&bars),
    })
}

fn read_bars(path: &FilePath) -> Result<Vec<Bar>, PriceFileError> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| PriceFileError::Unreadable {
        path: name.clone(),
        reason: error.to_string(),
    })?;
    let bad = |line: usize, reason: String| PriceFileError::BadLine {
        path: name.clone(),
        line,
        reason,
    };
    let mut lines = bytes.trim_ascii_end().split(|byte| *byte == b'\n').zip(1..);
    if lines
        .next()
        .is_none_or(|(header, _)| header.trim_ascii() != COLUMNS.join(",").as_bytes())
    {
        return Err(bad(
            1,
            format!("the header must be `{}`", COLUMNS.join(",")),
        ));
    }
    let mut bars: Vec<Bar> = Vec::new();
    for (text, line) in lines {
        let bar = parse(text).map_err(|reason| bad(line, reason))?;
        if let Some(last) = bars.last().filter(|last| last.time >= bar.time) {
            let step = format!("{} s does not come after {} s", bar.time, last.time);
            return Err(bad(line, step));
        }
        bars.push(bar);
    }
    if bars.len() < 2 {
        return Err(PriceFileError::BadLength {
            path: name,
            reason: format!("{} bars, at least 2 needed", bars.len()),
        });
    }
    Ok(bars)
}

fn parse(line: &[u8]) -> Result<Bar, String> {
    let text = std::str::from_utf8(line).map_err(|_| "not UTF-8 text")?;
    let fields: Vec<&str> = text.split(',').map(str::trim).collect();
    if fields.len() != COLUMNS.len() {
        return Err(format!(
            "{} columns instead of {}",
            fields.len(),
            COLUMNS.len()
        ));
    }
    let milliseconds: u64 = fields[0]
        .parse()
        .map_err(|_| format!("`{}` is not a time in milliseconds", fields[0]))?;
    if milliseconds > LATEST_MILLISECONDS {
        return Err(format!(
            "{milliseconds} is not a time in milliseconds before the year 2100"
        ));
    }
    let price = |k: usize| match fields[k].parse::<f64>() {
        Ok(value) if PRICE_RANGE.contains(&value) => Ok(value),
        Ok(value) => Err(format!(
            "{} = {value} is outside {PRICE_RANGE:?}",
            COLUMNS[k]
        )),
        Err(_) => Err(format!("{} = `{}` is not a number", COLUMNS[k], fields[k])),
    };
    let (open, high, low, close) = (price(1)?, price(2)?, price(3)?, price(4)?);
    if fields[5]
        .parse::<f64>()
        .ok()
        .filter(|volume| *volume >= 0.0 && volume.is_finite())
        .is_none()
    {
        return Err(format!(
            "volume = `{}` is not a number of at least 0",
            fields[5]
        ));
    }
    for (name, value) in [("open", open), ("close", close)] {
        if value < low || value > high {
            return Err(format!(
                "{name} = {value} is outside low {low} to high {high}"
            ));
        }
    }
    Ok(Bar {
        time: milliseconds / MILLISECONDS,
        open,
        high,
        low,
        close,
    })
}

fn walk(bars: &[Bar]) -> Vec<Point> {
    let last_length = bars[bars.len() - 1].time - bars[bars.len() - 2].time;
    let ends = bars
        .iter()
        .skip(1)
        .map(|next| next.time)
        .chain([bars[bars.len() - 1].time + last_length]);
    let mut points: Vec<Point> = Vec::new();
    for (bar, end) in bars.iter().zip(ends) {
        let steps = ((end - bar.time) / STEP_SECONDS).max(1);
        for step in 0..steps {
            let time = bar.time + step * STEP_SECONDS;
            let price = if steps == 1 {
                bar.close
            } else {
                along(bar, step as f64 / (steps - 1) as f64)
            };
            points.push(Point { time, price });
        }
    }
    points
}

/// The bar's price after the share `progress` of its time.
fn along(bar: &Bar, progress: f64) -> f64 {
    let (first, second) = if bar.close < bar.open {
        (bar.high, bar.low)
    } else {
        (bar.low, bar.high)
    };
    let corners = [bar.open, first, second, bar.close];
    let position = progress * 3.0;
    let leg = (position as usize).min(2);
    corners[leg] + (corners[leg + 1] - corners[leg]) * (position - leg as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const HEADER: &str = "timestamp_utc_ms,open,high,low,close,volume\n";

    fn played(body: &[u8]) -> Result<Path, PriceFileError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(body).unwrap();
        read(file.path())
    }

    /// The line and reason with which a file of these lines after the header is refused.
    fn refusal(lines: &str) -> (usize, String) {
        match played(format!("{HEADER}{lines}").as_bytes()) {
            Err(PriceFileError::BadLine { line, reason, .. }) => (line, reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bars_of_a_minute_play_their_closes() {
        let path = played(format!("{HEADER}60000,10,12,9,11,5\n120000,11,11,8,8.5,0\n").as_bytes())
            .unwrap();
        assert_eq!(
            path.points,
            [
                Point {
                    time: 60,
                    price: 11.0
                },
                Point {
                    time: 120,
                    price: 8.5
                }
            ]
        );
    }

    #[test]
    fn longer_bars_are_walked_over_both_extremes() {
        let path = played(format!("{HEADER}0,10,16,8,9,1\n240000,9,9,9,9,1\n").as_bytes()).unwrap();
        let prices: Vec<f64> = path.points.iter().map(|point| point.price).collect();
        assert_eq!(
            prices,
            [10.0, 16.0, 8.0, 9.0, 9.0, 9.0, 9.0, 9.0],
            "a falling bar meets its high first"
        );
    }

    #[test]
    fn a_bad_line_is_named_with_its_reason() {
        let good = "60000,10,12,9,11,5\n";
        for (lines, line, reason) in [
            (
                "60000,10,12,9,x,5\n".to_owned(),
                2,
                "close = `x` is not a number",
            ),
            (
                format!("{good}later,10,12,9,11,5\n"),
                3,
                "`later` is not a time",
            ),
            (
                format!("{good}120000,10,12,9,11\n"),
                3,
                "5 columns instead of 6",
            ),
            (
                format!("{good}60000,10,12,9,11,5\n"),
                3,
                "does not come after",
            ),
            (
                format!("{good}120000,13,12,9,11,5\n"),
                3,
                "open = 13 is outside low 9 to high 12",
            ),
            (
                format!("{good}120000,10,9,12,11,5\n"),
                3,
                "open = 10 is outside low 12 to high 9",
            ),
            (
                format!("{good}120000,-1,12,9,11,5\n"),
                3,
                "open = -1 is outside",
            ),
            (
                format!("{good}120000,NaN,12,9,11,5\n"),
                3,
                "open = NaN is outside",
            ),
            (
                format!("{good}120000,10,inf,9,11,5\n"),
                3,
                "high = inf is outside",
            ),
            (format!("{good}120000,10,12,9,11,-5\n"), 3, "volume = `-5`"),
            (
                format!("{good}99999999999999999,10,12,9,11,5\n"),
                3,
                "before the year 2100",
            ),
            (
                format!("{good}\n120000,10,12,9,11,5\n"),
                3,
                "1 columns instead of 6",
            ),
        ] {
            let refused = refusal(&lines);
            assert!(
                refused.0 == line && refused.1.contains(reason),
                "{lines:?} gave {refused:?}"
            );
        }
    }

    #[test]
    fn a_file_without_the_header_is_refused_at_line_one() {
        for body in ["", "60000,10,12,9,11,5\n", "time,price\n1,2\n"] {
            assert!(
                matches!(
                    played(body.as_bytes()),
                    Err(PriceFileError::BadLine { line: 1, .. })
                ),
                "{body:?}"
            );
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_refused() {
        let body = [HEADER.as_bytes(), b"60000,10,12,9,\xff,5\n"].concat();
        assert!(matches!(
            played(&body),
            Err(PriceFileError::BadLine { line: 2, .. })
        ));
    }

    #[test]
    fn a_file_that_is_missing_too_short_or_too_long_is_refused() {
        assert!(matches!(
            read(FilePath::new("/no/such/file.csv")),
            Err(PriceFileError::Unreadable { .. })
        ));
        let one = format!("{HEADER}60000,10,12,9,11,5\n");
        assert!(matches!(
            played(one.as_bytes()),
            Err(PriceFileError::BadLength { .. })
        ));
        let years = format!("{one}1600000000000,10,12,9,11,5\n");
        assert!(matches!(
            played(years.as_bytes()),
            Err(PriceFileError::BadLength { .. })
        ));
    }
}

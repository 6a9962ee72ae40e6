//! Price files: CSV with the columns `timestamp_utc_ms,open,high,low,close,volume`, or of single prints, with the columns
//! `timestamp_utc_ms` and `price` among others.

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
    /// The file has fewer than two rows or spans more than a year.
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
    Ok(Path {
        title: title(path),
        points: walk(&bars),
    })
}

/// Reads every print of a file: its single prints, or of bars the open, both extremes and the close, the extreme against the
/// bar's direction first, a quarter of the bar apart.
pub fn read_prints(path: &FilePath) -> Result<Path, PriceFileError> {
    let text = Text::read(path)?;
    let points = if text.header() == COLUMNS.join(",").as_bytes() {
        quarters(&text.rows(parse, |bar: &Bar| bar.time)?)
    } else {
        let columns = PrintColumns::of(text.header()).map_err(|reason| text.bad(1, reason))?;
        text.rows(|line| columns.parse(line), |point: &Point| point.time)?
    };
    Ok(Path {
        title: title(path),
        points,
    })
}

fn title(path: &FilePath) -> String {
    path.file_stem().map_or_else(
        || path.display().to_string(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}

fn read_bars(path: &FilePath) -> Result<Vec<Bar>, PriceFileError> {
    let text = Text::read(path)?;
    if text.header() != COLUMNS.join(",").as_bytes() {
        return Err(text.bad(1, format!("the header must be `{}`", COLUMNS.join(","))));
    }
    text.rows(parse, |bar| bar.time)
}

/// What is in a file.
struct Text {
    name: String,
    bytes: Vec<u8>,
}

impl Text {
    fn read(path: &FilePath) -> Result<Self, PriceFileError> {
        let name = path.display().to_string();
        match std::fs::read(path) {
            Ok(bytes) => Ok(Self { name, bytes }),
            Err(error) => Err(PriceFileError::Unreadable {
                path: name,
                reason: error.to_string(),
            }),
        }
    }

    fn bad(&self, line: usize, reason: String) -> PriceFileError {
        PriceFileError::BadLine {
            path: self.name.clone(),
            line,
            reason,
        }
    }

    /// Every line with its number, counted from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let lines = self.bytes.trim_ascii_end().split(|byte| *byte == b'\n');
        (1..).zip(lines)
    }

    fn header(&self) -> &[u8] {
        self.lines()
            .next()
            .map_or(&[], |(_, line)| line.trim_ascii())
    }

    /// What `parse` makes of every line after the header: at least two rows, in order of `time`, within a year.
    fn rows<T>(
        &self,
        parse: impl Fn(&[u8]) -> Result<T, String>,
        time: fn(&T) -> u64,
    ) -> Result<Vec<T>, PriceFileError> {
        let mut rows: Vec<T> = Vec::new();
        for (line, text) in self.lines().skip(1) {
            let row = parse(text).map_err(|reason| self.bad(line, reason))?;
            if let Some(last) = rows.last().map(time).filter(|last| *last >= time(&row)) {
                let step = format!("{} s does not come after {last} s", time(&row));
                return Err(self.bad(line, step));
            }
            rows.push(row);
        }
        let bad = |reason| PriceFileError::BadLength {
            path: self.name.clone(),
            reason,
        };
        let [first, .., last] = rows.as_slice() else {
            return Err(bad(format!("{} rows, at least 2 needed", rows.len())));
        };
        let span = (time(last) - time(first)) / STEP_SECONDS;
        if span > MAX_MINUTES {
            return Err(bad(format!("{span} minutes are more than a year")));
        }
        Ok(rows)
    }
}

/// The fields of a line that must have `count` of them.
fn fields(line: &[u8], count: usize) -> Result<Vec<&str>, String> {
    let text = std::str::from_utf8(line).map_err(|_| "not UTF-8 text")?;
    let fields: Vec<&str> = text.split(',').map(str::trim).collect();
    if fields.len() == count {
        Ok(fields)
    } else {
        Err(format!("{} columns instead of {count}", fields.len()))
    }
}

/// Seconds from a field in milliseconds.
fn seconds(field: &str) -> Result<u64, String> {
    let milliseconds: u64 = field
        .parse()
        .map_err(|_| format!("`{field}` is not a time in milliseconds"))?;
    if milliseconds > LATEST_MILLISECONDS {
        return Err(format!(
            "{milliseconds} is not a time in milliseconds before the year 2100"
        ));
    }
    Ok(milliseconds / MILLISECONDS)
}

/// The price in the field of the column `name`.
fn price(name: &str, field: &str) -> Result<f64, String> {
    match field.parse::<f64>() {
        Ok(value) if PRICE_RANGE.contains(&value) => Ok(value),
        Ok(value) => Err(format!("{name} = {value} is outside {PRICE_RANGE:?}")),
        Err(_) => Err(format!("{name} = `{field}` is not a number")),
    }
}

/// Where a file of prints has what counts.
struct PrintColumns {
    count: usize,
    time: usize,
    price: usize,
}

impl PrintColumns {
    fn of(header: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(header).map_err(|_| "not UTF-8 text")?;
        let names: Vec<&str> = text.split(',').map(str::trim).collect();
        let column = |name: &str| {
            let bars = COLUMNS.join(",");
            let wanted = format!(
                "the header must be `{bars}` or have the columns `timestamp_utc_ms` and `price`"
            );
            names.iter().position(|found| *found == name).ok_or(wanted)
        };
        Ok(Self {
            count: names.len(),
            time: column(COLUMNS[0])?,
            price: column("price")?,
        })
    }

    fn parse(&self, line: &[u8]) -> Result<Point, String> {
        let fields = fields(line, self.count)?;
        Ok(Point {
            time: seconds(fields[self.time])?,
            price: price("price", fields[self.price])?,
        })
    }
}

fn parse(line: &[u8]) -> Result<Bar, String> {
    let fields = fields(line, COLUMNS.len())?;
    let time = seconds(fields[0])?;
    let price = |k: usize| price(COLUMNS[k], fields[k]);
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
        time,
        open,
        high,
        low,
        close,
    })
}

/// Every bar with when it ends: as the next one begins, the last one after as long as the one before.
fn with_ends(bars: &[Bar]) -> impl Iterator<Item = (&Bar, u64)> {
    let last_length = bars[bars.len() - 1].time - bars[bars.len() - 2].time;
    let ends = bars.iter().skip(1).map(|next| next.time);
    bars.iter()
        .zip(ends.chain([bars[bars.len() - 1].time + last_length]))
}

fn walk(bars: &[Bar]) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for (bar, end) in with_ends(bars) {
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

/// The corners of every bar, a quarter of its time apart; of one shorter than four seconds the close alone.
fn quarters(bars: &[Bar]) -> Vec<Point> {
    let mut points = Vec::new();
    for (bar, end) in with_ends(bars) {
        let quarter = (end - bar.time) / 4;
        let corner = |(number, price)| Point {
            time: bar.time + number * quarter,
            price,
        };
        let unseen = if quarter == 0 { 3 } else { 0 };
        points.extend((0..).zip(bar.corners()).skip(unseen).map(corner));
    }
    points
}

impl Bar {
    /// Where its price was in order: the extreme that it closed away from comes first.
    fn corners(&self) -> [f64; 4] {
        if self.close < self.open {
            [self.open, self.high, self.low, self.close]
        } else {
            [self.open, self.low, self.high, self.close]
        }
    }
}

/// The bar's price after the share `progress` of its time.
fn along(bar: &Bar, progress: f64) -> f64 {
    let corners = bar.corners();
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

    fn prints(text: &str) -> Result<Vec<Point>, PriceFileError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        read_prints(file.path()).map(|path| path.points)
    }

    #[test]
    fn prints_are_read_from_their_columns_and_bars_by_their_corners() {
        let point = |time, price| Point { time, price };
        let block = "timestamp_utc_ms,block,price,tvl_usd\n";
        assert_eq!(
            prints(&format!("{block}5000,7,0.99,1\n17000,8,1.01,1\n")).unwrap(),
            [point(5, 0.99), point(17, 1.01)]
        );
        assert_eq!(
            prints(&format!("{HEADER}0,10,16,8,9,1\n60000,9,12,9,11,1\n")).unwrap(),
            [
                point(0, 10.0),
                point(15, 16.0),
                point(30, 8.0),
                point(45, 9.0),
                point(60, 9.0),
                point(75, 9.0),
                point(90, 12.0),
                point(105, 11.0),
            ],
            "the extreme that a bar closes away from comes first"
        );
        assert_eq!(
            prints(&format!("{HEADER}0,10,16,8,9,1\n1000,9,12,9,11,1\n")).unwrap(),
            [point(0, 9.0), point(1, 11.0)],
            "bars of a second have no quarters"
        );
    }

    #[test]
    fn bad_prints_are_refused_with_their_line() {
        let block = "timestamp_utc_ms,block,price\n";
        for (text, line, reason) in [
            (
                "time,price\n1,2\n".to_owned(),
                1,
                "`timestamp_utc_ms` and `price`",
            ),
            (
                format!("{block}5000,7,0.99\n5999,7,0.99\n"),
                3,
                "does not come after",
            ),
            (format!("{block}5000,7\n"), 2, "2 columns instead of 3"),
            (
                format!("{block}5000,7,x\n"),
                2,
                "price = `x` is not a number",
            ),
            (format!("{block}5000,7,0\n"), 2, "price = 0 is outside"),
            (format!("{block}-5,7,1\n"), 2, "is not a time"),
        ] {
            match prints(&text) {
                Err(PriceFileError::BadLine {
                    line: found,
                    reason: why,
                    ..
                }) => {
                    assert!(
                        found == line && why.contains(reason),
                        "{text:?}: {found} {why}"
                    );
                }
                other => panic!("{text:?} gave {other:?}"),
            }
        }
        assert!(matches!(
            prints(&format!("{block}5000,7,1\n")),
            Err(PriceFileError::BadLength { .. })
        ));
    }
}

//! Price files: CSV with the columns `timestamp_utc_ms,open,high,low,close,volume`, or of single prints, with the columns
//! `timestamp_utc_ms` and `price` among others.
//!
//! A bar lasts as long as most bars of its file, or until the next one begins. Where a bar is missing there is no price.

use super::{Path, Point, Prints, STEP_SECONDS};
use std::path::Path as FilePath;

const COLUMNS: [&str; 6] = ["timestamp_utc_ms", "open", "high", "low", "close", "volume"];
/// Outside these, an 8-decimal feed cannot carry the price or a WAD of it overflows sizes.
const PRICE_RANGE: std::ops::Range<f64> = 1e-6..1e9;
const MILLISECONDS: u64 = 1000;
/// 2009-01-01 and 2100-01-01: a timestamp outside is not in milliseconds.
const MILLISECONDS_RANGE: std::ops::Range<u64> = 1_230_768_000_000..4_102_444_800_000;
/// What some editors and spreadsheets put before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// A path of a year of minutes; a longer one is a mistake in the file.
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
    let interval = usual_interval(&bars);
    Ok(Path {
        title: title(path),
        points: walk(&bars, interval),
        longest_step: interval - (steps_in(interval) - 1) * STEP_SECONDS,
    })
}

/// Reads every print of a file: its single prints, or of bars the open, both extremes and the close, the extreme against the
/// bar's direction first, a quarter of the bar apart.
pub fn read_prints(path: &FilePath) -> Result<Prints, PriceFileError> {
    let text = Text::read(path)?;
    let points = if text.header() == COLUMNS.join(",").as_bytes() {
        quarters(&text.bars()?)
    } else {
        let columns = PrintColumns::of(text.header()).map_err(|reason| text.bad(1, reason))?;
        let prints = text.rows(|line| columns.parse(line), |last, next| last <= next)?;
        let point = |(milliseconds, price)| Point {
            time: milliseconds / MILLISECONDS,
            price,
        };
        prints.into_iter().map(point).collect()
    };
    Ok(Prints {
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
    text.bars()
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
            Ok(mut bytes) => {
                if bytes.starts_with(BYTE_ORDER_MARK) {
                    bytes.drain(..BYTE_ORDER_MARK.len());
                }
                Ok(Self { name, bytes })
            }
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

    /// Its bars, each of which begins in a second of its own.
    fn bars(&self) -> Result<Vec<Bar>, PriceFileError> {
        let follows = |last, next| last / MILLISECONDS < next / MILLISECONDS;
        let rows = self.rows(parse, follows)?;
        Ok(rows.into_iter().map(|(_, bar)| bar).collect())
    }

    /// What `parse` makes of every line after the header, with its time in milliseconds: at least two rows, each in order after
    /// the last one as `follows` says of their times, within a year.
    fn rows<T>(
        &self,
        parse: impl Fn(&[u8]) -> Result<(u64, T), String>,
        follows: fn(u64, u64) -> bool,
    ) -> Result<Vec<(u64, T)>, PriceFileError> {
        let mut rows: Vec<(u64, T)> = Vec::new();
        for (line, text) in self.lines().skip(1) {
            let row = parse(text).map_err(|reason| self.bad(line, reason))?;
            if let Some((last, _)) = rows.last().filter(|(last, _)| !follows(*last, row.0)) {
                let step = format!("{} ms does not come after {last} ms", row.0);
                return Err(self.bad(line, step));
            }
            rows.push(row);
        }
        let bad = |reason| PriceFileError::BadLength {
            path: self.name.clone(),
            reason,
        };
        let [(first, _), .., (last, _)] = rows.as_slice() else {
            return Err(bad(format!("{} rows, at least 2 needed", rows.len())));
        };
        let span = (last - first) / (MILLISECONDS * STEP_SECONDS);
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

/// A time in milliseconds from a field.
fn milliseconds(field: &str) -> Result<u64, String> {
    let time: u64 = field
        .parse()
        .map_err(|_| format!("`{field}` is not a time in milliseconds"))?;
    if MILLISECONDS_RANGE.contains(&time) {
        return Ok(time);
    }
    let is_in = |unit: &dyn Fn(u64) -> u64| {
        MILLISECONDS_RANGE.start <= unit(time) && unit(time) < MILLISECONDS_RANGE.end
    };
    let found = if is_in(&|time| time.saturating_mul(1_000)) {
        "a time in seconds, not in milliseconds"
    } else if is_in(&|time| time / 1_000) {
        "a time in microseconds, not in milliseconds"
    } else if is_in(&|time| time / 1_000_000) {
        "a time in nanoseconds, not in milliseconds"
    } else {
        "not a time in milliseconds between the years 2009 and 2100"
    };
    Err(format!("{time} is {found}"))
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

    fn parse(&self, line: &[u8]) -> Result<(u64, f64), String> {
        let fields = fields(line, self.count)?;
        let time = milliseconds(fields[self.time])?;
        Ok((time, price("price", fields[self.price])?))
    }
}

fn parse(line: &[u8]) -> Result<(u64, Bar), String> {
    let fields = fields(line, COLUMNS.len())?;
    let time = milliseconds(fields[0])?;
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
    let bar = Bar {
        time: time / MILLISECONDS,
        open,
        high,
        low,
        close,
    };
    Ok((time, bar))
}

/// Seconds from most bars to the next one; of lengths that are as frequent the shortest.
fn usual_interval(bars: &[Bar]) -> u64 {
    let pairs = bars.windows(2);
    let mut steps: Vec<u64> = pairs.map(|pair| pair[1].time - pair[0].time).collect();
    steps.sort_unstable();
    let runs = steps.chunk_by(|a, b| a == b).rev();
    runs.max_by_key(|run| run.len())
        .map_or(STEP_SECONDS, |run| run[0])
}

/// How many points a bar of `interval` seconds is walked in.
fn steps_in(interval: u64) -> u64 {
    (interval / STEP_SECONDS).max(1)
}

/// Every bar with when it ends: after the usual interval, or as the next one begins if that is sooner.
fn with_ends(bars: &[Bar], interval: u64) -> impl Iterator<Item = (&Bar, u64)> {
    let next = bars.iter().skip(1).map(|next| next.time);
    let next = next.chain([u64::MAX]);
    bars.iter()
        .zip(next)
        .map(move |(bar, next)| (bar, next.min(bar.time + interval)))
}

fn walk(bars: &[Bar], interval: u64) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for (bar, end) in with_ends(bars, interval) {
        let steps = steps_in(end - bar.time);
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
    for (bar, end) in with_ends(bars, usual_interval(bars)) {
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
    /// When the files of these tests begin, seconds.
    const START: u64 = 1_500_000_000;

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
        let path = played(
            format!("{HEADER}1500000060000,10,12,9,11,5\n1500000120000,11,11,8,8.5,0\n").as_bytes(),
        )
        .unwrap();
        assert_eq!(
            path.points,
            [
                Point {
                    time: START + 60,
                    price: 11.0
                },
                Point {
                    time: START + 120,
                    price: 8.5
                }
            ]
        );
    }

    #[test]
    fn longer_bars_are_walked_over_both_extremes() {
        let path = played(
            format!("{HEADER}1500000000000,10,16,8,9,1\n1500000240000,9,9,9,9,1\n").as_bytes(),
        )
        .unwrap();
        let prices: Vec<f64> = path.points.iter().map(|point| point.price).collect();
        assert_eq!(
            prices,
            [10.0, 16.0, 8.0, 9.0, 9.0, 9.0, 9.0, 9.0],
            "a falling bar meets its high first"
        );
    }

    #[test]
    fn a_bad_line_is_named_with_its_reason() {
        let good = "1500000060000,10,12,9,11,5\n";
        for (lines, line, reason) in [
            (
                "1500000060000,10,12,9,x,5\n".to_owned(),
                2,
                "close = `x` is not a number",
            ),
            (
                format!("{good}later,10,12,9,11,5\n"),
                3,
                "`later` is not a time",
            ),
            (
                format!("{good}1500000120000,10,12,9,11\n"),
                3,
                "5 columns instead of 6",
            ),
            (
                format!("{good}1500000060000,10,12,9,11,5\n"),
                3,
                "does not come after",
            ),
            (
                format!("{good}1500000120000,13,12,9,11,5\n"),
                3,
                "open = 13 is outside low 9 to high 12",
            ),
            (
                format!("{good}1500000120000,10,9,12,11,5\n"),
                3,
                "open = 10 is outside low 12 to high 9",
            ),
            (
                format!("{good}1500000120000,-1,12,9,11,5\n"),
                3,
                "open = -1 is outside",
            ),
            (
                format!("{good}1500000120000,NaN,12,9,11,5\n"),
                3,
                "open = NaN is outside",
            ),
            (
                format!("{good}1500000120000,10,inf,9,11,5\n"),
                3,
                "high = inf is outside",
            ),
            (
                format!("{good}1500000120000,10,12,9,11,-5\n"),
                3,
                "volume = `-5`",
            ),
            (
                format!("{good}99999999999999,10,12,9,11,5\n"),
                3,
                "99999999999999 is not a time in milliseconds between the years 2009 and 2100",
            ),
            (
                format!("{good}1500000120,10,12,9,11,5\n"),
                3,
                "1500000120 is a time in seconds, not in milliseconds",
            ),
            (
                format!("{good}1500000120000000,10,12,9,11,5\n"),
                3,
                "is a time in microseconds, not in milliseconds",
            ),
            (
                format!("{good}1500000120000000000,10,12,9,11,5\n"),
                3,
                "is a time in nanoseconds, not in milliseconds",
            ),
            (
                format!("{good}1230767999999,10,12,9,11,5\n"),
                3,
                "between the years 2009 and 2100",
            ),
            (
                format!("{good}1500000060999,10,12,9,11,5\n"),
                3,
                "1500000060999 ms does not come after 1500000060000 ms",
            ),
            (
                format!("{good}\n1500000120000,10,12,9,11,5\n"),
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
        for body in ["", "1500000060000,10,12,9,11,5\n", "time,price\n1,2\n"] {
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
        let body = [HEADER.as_bytes(), b"1500000060000,10,12,9,\xff,5\n"].concat();
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
        let one = format!("{HEADER}1500000060000,10,12,9,11,5\n");
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

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let text = format!("{HEADER}1500000000000,1,1,1,1,1\n1500000060000,1,1,1,1,1\n");
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        assert_eq!(
            played(&marked).unwrap().points,
            played(text.as_bytes()).unwrap().points
        );
        let prints_file = "\u{feff}timestamp_utc_ms,price\n1500000000000,1\n1500000001000,2\n";
        assert_eq!(prints(prints_file).unwrap().len(), 2);
        let twice = [b"\xef\xbb\xbf", marked.as_slice()].concat();
        assert!(matches!(
            played(&twice),
            Err(PriceFileError::BadLine { line: 1, .. })
        ));
    }

    /// Bars of five minutes, of which those from the 20th to the 40th minute are missing.
    fn bars_with_a_gap() -> String {
        let bars = [0, 5, 10, 15, 40, 45]
            .map(|minute: u64| format!("{}000,{minute}.5,100,0.5,60,1\n", START + minute * 60));
        format!("{HEADER}{}", bars.concat())
    }

    #[test]
    fn a_bar_lasts_no_longer_than_most_of_its_file() {
        let path = played(bars_with_a_gap().as_bytes()).unwrap();
        let minutes: Vec<u64> = path
            .points
            .iter()
            .map(|point| (point.time - START) / 60)
            .collect();
        let expected: Vec<u64> = (0..20).chain(40..50).collect();
        assert_eq!(minutes, expected);
        assert_eq!(path.longest_step, STEP_SECONDS);
        let corners = prints(&bars_with_a_gap()).unwrap();
        let last_before = corners
            .iter()
            .rev()
            .find(|point| point.time < START + 40 * 60);
        assert_eq!(
            last_before.unwrap().time,
            START + 15 * 60 + 3 * 75,
            "three quarters of a bar"
        );
    }

    #[test]
    fn in_a_gap_time_goes_on_and_nobody_says_anything() {
        let ticks = played(bars_with_a_gap().as_bytes()).unwrap().ticks();
        let minutes: Vec<u64> = ticks.iter().map(|tick| (tick.time - START) / 60).collect();
        assert_eq!(
            minutes,
            (0..50).collect::<Vec<_>>(),
            "every minute is there"
        );
        for tick in &ticks[20..40] {
            let said = START + 19 * 60;
            assert_eq!((tick.price, tick.age), (ticks[19].price, tick.time - said));
        }
        let fresh = ticks.iter().filter(|tick| tick.age == 0);
        assert_eq!(fresh.count(), 30);
    }

    #[test]
    fn bars_of_other_lengths_have_gaps_too() {
        for (interval, step) in [(1, 1), (30, 30), (60, 60), (90, 90), (150, 90), (3_600, 60)] {
            let bars =
                [0, 1, 2, 3, 7].map(|place| format!("{}000,1,1,1,1,1\n", START + place * interval));
            let path = played(format!("{HEADER}{}", bars.concat()).as_bytes()).unwrap();
            assert_eq!(path.longest_step, step, "bars of {interval} s");
            let silent = path.ticks().iter().filter(|tick| tick.age > 0).count();
            // Three bars are missing.
            let first = path
                .points
                .iter()
                .rev()
                .nth(path.points.len() / 5)
                .unwrap()
                .time;
            let gap = START + 7 * interval - first;
            assert_eq!(
                silent as u64,
                (gap - 1) / STEP_SECONDS,
                "bars of {interval} s"
            );
        }
    }

    #[test]
    fn several_prints_may_be_in_a_second() {
        let text = "timestamp_utc_ms,price\n1500000005000,1\n1500000005400,2\n1500000005400,3\n1500000006000,4\n";
        let found: Vec<(u64, f64)> = prints(text)
            .unwrap()
            .iter()
            .map(|point| (point.time - START, point.price))
            .collect();
        assert_eq!(found, [(5, 1.0), (5, 2.0), (5, 3.0), (6, 4.0)]);
    }

    fn prints(text: &str) -> Result<Vec<Point>, PriceFileError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        read_prints(file.path()).map(|path| path.points)
    }

    #[test]
    fn prints_are_read_from_their_columns_and_bars_by_their_corners() {
        let point = |time, price| Point {
            time: START + time,
            price,
        };
        let block = "timestamp_utc_ms,block,price,tvl_usd\n";
        assert_eq!(
            prints(&format!(
                "{block}1500000005000,7,0.99,1\n1500000017000,8,1.01,1\n"
            ))
            .unwrap(),
            [point(5, 0.99), point(17, 1.01)]
        );
        assert_eq!(
            prints(&format!(
                "{HEADER}1500000000000,10,16,8,9,1\n1500000060000,9,12,9,11,1\n"
            ))
            .unwrap(),
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
            prints(&format!(
                "{HEADER}1500000000000,10,16,8,9,1\n1500000001000,9,12,9,11,1\n"
            ))
            .unwrap(),
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
                format!("{block}1500000005000,7,0.99\n1500000004999,7,0.99\n"),
                3,
                "1500000004999 ms does not come after 1500000005000 ms",
            ),
            (
                format!("{block}1500000005000,7\n"),
                2,
                "2 columns instead of 3",
            ),
            (
                format!("{block}1500000005000,7,x\n"),
                2,
                "price = `x` is not a number",
            ),
            (
                format!("{block}1500000005000,7,0\n"),
                2,
                "price = 0 is outside",
            ),
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
            prints(&format!("{block}1500000005000,7,1\n")),
            Err(PriceFileError::BadLength { .. })
        ));
    }
}

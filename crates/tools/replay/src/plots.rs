//! A replay as a picture: the price over the tiers, and the margins below.

use super::{DAY, guard::Step};
use oracle::Tier;
use pictures::{
    BLUE, Drawing, Drawn, GREEN, Panel, PlotError, RED, SIZE, TIER_COLOURS, axes, legend, picture,
    rectangle,
};
use plotters::prelude::*;
use std::path::{Path, PathBuf};

/// Stretches of time that a picture shows: about one for each of its columns.
const COLUMNS: usize = 1_200;

/// What a stretch of time looks like: its last price, its strictest tier, its highest margins.
struct Column {
    from: f64,
    to: f64,
    step: Step,
}

/// Draws `steps` into `replay.png` in `folder`, and returns its path.
pub(super) fn draw(title: &str, steps: &[Step], folder: &Path) -> Result<PathBuf, PlotError> {
    let columns = columns(steps);
    let start = steps.first().map_or(0, |step| step.moment.time);
    let size = (SIZE.0, SIZE.1 * 3 / 2);
    picture(folder.join("replay.png"), size, |area| {
        let (upper, lower) = area.split_vertically(SIZE.1 as i32 * 3 / 4);
        price_and_tier(title, &columns, start, &upper)?;
        margins(title, &columns, start, &lower)
    })
}

fn columns(steps: &[Step]) -> Vec<Column> {
    let start = steps.first().map_or(0, |step| step.moment.time);
    let day = |time: u64| time.saturating_sub(start) as f64 / DAY as f64;
    let each = steps.len().div_ceil(COLUMNS).max(1);
    let widest = |a: Step, b: &Step| Step {
        tier: a.tier.max(b.tier),
        maintenance: a.maintenance.max(b.maintenance),
        initial: a.initial.max(b.initial),
        margin: a.margin.max(b.margin),
        ..*b
    };
    let column = |(number, chunk): (usize, &[Step])| {
        let first = chunk.first()?;
        let last = chunk.last()?;
        let end = steps.get((number + 1) * each).unwrap_or(last);
        Some(Column {
            from: day(first.moment.time),
            to: day(end.moment.time),
            step: chunk.iter().fold(*first, widest),
        })
    };
    steps.chunks(each).enumerate().filter_map(column).collect()
}

/// The day on which each column begins, with a value of it.
fn points(columns: &[Column], value: fn(&Step) -> f64) -> impl Iterator<Item = (f64, f64)> {
    columns
        .iter()
        .map(move |column| (column.from, value(&column.step)))
}

fn price_and_tier(title: &str, columns: &[Column], start: u64, area: &Drawing) -> Drawn {
    let (low, high) = columns
        .iter()
        .flat_map(|column| prices(&column.step))
        .fold((f64::INFINITY, 0.0_f64), |(low, high), price| {
            (low.min(price), high.max(price))
        });
    let margin = (high - low).max(high * 0.01) * 0.08;
    let bounds = (low - margin).max(0.0)..high + margin;
    let title = format!("{title}: price and breaker tier");
    let right = columns.last().map_or(1.0, |column| column.to);
    let label = |day: f64| date(start, day, right);
    let mut panel = axes(area, &title, "Price", right, bounds.clone(), &label)?;
    for tier in [Tier::Caution, Tier::Restricted, Tier::Halted] {
        let colour = TIER_COLOURS[tier as usize];
        let boxes = columns
            .chunk_by(|a, b| a.step.tier == b.step.tier)
            .filter(|run| run[0].step.tier == tier)
            .map(|run| rectangle((run[0].from, run[run.len() - 1].to), &bounds, &colour));
        panel
            .draw_series(boxes)?
            .label(format!(
                "tier {}: {}",
                tier as u8,
                Tier::NAMES[tier as usize]
            ))
            .legend(move |(x, y)| Rectangle::new([(x, y - 6), (x + 22, y + 6)], colour.filled()));
    }
    draw_prices(&mut panel, columns)?;
    legend(&mut panel, SeriesLabelPosition::UpperRight)
}

/// What the sources say, and the mark.
fn prices(step: &Step) -> impl Iterator<Item = f64> {
    let sources = [Some(step.moment.primary), step.moment.secondary];
    sources.into_iter().flatten().chain([step.mark])
}

/// The mark of two venues above what they say; of one it is the price.
fn draw_prices(panel: &mut Panel, columns: &[Column]) -> Drawn {
    let has_two = columns
        .iter()
        .any(|column| column.step.moment.secondary.is_some());
    let primary = points(columns, |step| step.moment.primary);
    if !has_two {
        return line(panel, "price", BLUE, primary);
    }
    line(panel, "primary", RED, primary)?;
    let secondary = |step: &Step| step.moment.secondary.unwrap_or(step.moment.primary);
    line(panel, "secondary", GREEN, points(columns, secondary))?;
    line(panel, "mark", BLUE, points(columns, |step| step.mark))
}

fn margins(title: &str, columns: &[Column], start: u64, area: &Drawing) -> Drawn {
    let highest =
        points(columns, |step| step.margin).fold(0.0_f64, |high, point| high.max(point.1));
    let top = (100.0 * highest * 1.1).max(1.0);
    let title = format!("{title}: what margins cover");
    let right = columns.last().map_or(1.0, |column| column.to);
    let label = |day: f64| date(start, day, right);
    let mut panel = axes(area, &title, "% of the price", right, 0.0..top, &label)?;
    let margin = points(columns, |step| 100.0 * step.margin);
    line(&mut panel, "initial margin, with tier", RED, margin)?;
    let initial = points(columns, |step| 100.0 * step.initial);
    line(&mut panel, "initial range", BLUE, initial)?;
    let maintenance = points(columns, |step| 100.0 * step.maintenance);
    line(&mut panel, "maintenance range", GREEN, maintenance)?;
    legend(&mut panel, SeriesLabelPosition::UpperRight)
}

/// One pixel wide: corners of wider lines that turn back within a pixel would reach far beyond the data.
fn line(
    panel: &mut Panel,
    name: &str,
    colour: RGBColor,
    points: impl Iterator<Item = (f64, f64)>,
) -> Drawn {
    panel
        .draw_series(LineSeries::new(points, colour.stroke_width(1)))?
        .label(name)
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], colour.stroke_width(3)));
    Ok(())
}

/// The moment `day` days after `start`: to the minute in a path of up to thirty days, to the month in a longer one.
fn date(start: u64, day: f64, days: f64) -> String {
    let seconds = start + (day * DAY as f64).round() as u64;
    let format = if days <= 30.0 { "%d %b %H:%M" } else { "%b %Y" };
    chrono::DateTime::from_timestamp(seconds as i64, 0)
        .map_or_else(String::new, |time| time.format(format).to_string())
}

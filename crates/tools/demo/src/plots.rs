//! A run as five PNG pictures.

use super::record::{Record, Step};
use oracle::Tier;
use pictures::{
    BLUE, Drawing, Drawn, GREEN, Panel, PlotError, RED, SIZE, TIER_COLOURS, axes, legend, picture,
    rectangle,
};
use plotters::prelude::*;
use std::{
    ops::Range,
    path::{Path, PathBuf},
};

/// Draws one picture of a run.
type Picture = fn(&Record, &Drawing) -> Drawn;

/// Draws all pictures into `folder` and returns their paths.
pub fn draw(record: &Record, folder: &Path) -> Result<Vec<PathBuf>, PlotError> {
    let pictures: [(&str, Picture); 5] = [
        ("price-and-tier.png", price_and_tier),
        ("open-interest.png", open_interest),
        ("greeks.png", greeks),
        ("coverage-and-insurance.png", coverage_and_insurance),
        ("liquidations-and-deleveraging.png", liquidations),
    ];
    pictures
        .into_iter()
        .map(|(name, draw)| picture(folder.join(name), SIZE, |area| draw(record, area)))
        .collect()
}

fn price_and_tier(record: &Record, area: &Drawing) -> Drawn {
    let (low, high) = range(record, |step| step.price);
    let margin = (high - low).max(high * 0.01) * 0.08;
    let bounds = (low - margin).max(0.0)..high + margin;
    let mut panel = panel(
        area,
        record,
        "price and breaker tier",
        "Price (USD)",
        bounds.clone(),
    )?;
    for (tier, colour) in TIER_COLOURS.iter().enumerate().skip(1) {
        let bands = runs(&record.steps, |step| usize::from(step.tier) == tier);
        let boxes = bands
            .into_iter()
            .map(|band| rectangle(band, &bounds, colour));
        let name = format!("tier {tier}: {}", Tier::NAMES[tier]);
        let fill = colour.to_rgba();
        panel
            .draw_series(boxes)?
            .label(name)
            .legend(move |(x, y)| Rectangle::new([(x, y - 6), (x + 22, y + 6)], fill.filled()));
    }
    line(&mut panel, record, "price", BLUE, |step| step.price)?;
    legend(&mut panel, SeriesLabelPosition::LowerLeft)
}

fn open_interest(record: &Record, area: &Drawing) -> Drawn {
    let (_, high) = range(record, |step| step.open_interest.max(step.option_interest));
    let top = (high * 1.08).max(1.0);
    let mut panel = panel(
        area,
        record,
        "open interest of one side",
        "Open interest (ETH)",
        0.0..top,
    )?;
    line(&mut panel, record, "perpetuals", BLUE, |step| {
        step.open_interest
    })?;
    line(&mut panel, record, "options", GREEN, |step| {
        step.option_interest
    })?;
    legend(&mut panel, SeriesLabelPosition::UpperRight)
}

fn greeks(record: &Record, area: &Drawing) -> Drawn {
    /// Title, unit, and where the number is.
    type Greek = (&'static str, &'static str, fn(&Step) -> f64);
    const GREEKS: [Greek; 3] = [
        ("delta of the longs in options", "ETH", |step| {
            step.greeks.delta
        }),
        ("gamma", "ETH per USD", |step| step.greeks.gamma),
        ("vega", "USD per 1 %", |step| step.greeks.vega / 100.0),
    ];
    for (part, (title, unit, value)) in area.split_evenly((GREEKS.len(), 1)).iter().zip(GREEKS) {
        let (low, high) = range(record, value);
        let margin = (high - low).max(high.abs() * 0.01).max(1e-6) * 0.1;
        let mut panel = panel(part, record, title, unit, low - margin..high + margin)?;
        line(&mut panel, record, title, BLUE, value)?;
    }
    Ok(())
}

fn coverage_and_insurance(record: &Record, area: &Drawing) -> Drawn {
    let (upper, lower) = area.split_vertically(SIZE.1 as i32 / 2);
    let (low, _) = range(record, |step| step.coverage);
    let bottom = (low - (1.0 - low) * 0.15).clamp(0.0, 0.99);
    let top = 1.0 + (1.0 - bottom) * 0.1;
    let mut panel_above = panel(
        &upper,
        record,
        "coverage ratio of profits",
        "Coverage h",
        bottom..top,
    )?;
    line(&mut panel_above, record, "coverage ratio", BLUE, |step| {
        step.coverage
    })?;
    legend(&mut panel_above, SeriesLabelPosition::LowerLeft)?;
    let thousands = |value: f64| value / 1000.0;
    let highest = range(record, |step| step.insurance)
        .1
        .max(range(record, |step| step.missing).1);
    let top = (thousands(highest) * 1.1).max(1.0);
    let mut panel_below = panel(
        &lower,
        record,
        "insurance pool and missing backing",
        "Thousand USD",
        0.0..top,
    )?;
    line(&mut panel_below, record, "insurance pool", GREEN, |step| {
        thousands(step.insurance)
    })?;
    line(
        &mut panel_below,
        record,
        "missing: paid by nobody yet",
        RED,
        |step| thousands(step.missing),
    )?;
    legend(&mut panel_below, SeriesLabelPosition::UpperRight)
}

fn liquidations(record: &Record, area: &Drawing) -> Drawn {
    const SLOT: u64 = 15;
    let slots = record.steps.last().map_or(0, |step| step.minute / SLOT + 1) as usize;
    let (mut liquidated, mut deleveraged) = (vec![0_usize; slots], vec![0_usize; slots]);
    for step in &record.steps {
        liquidated[(step.minute / SLOT) as usize] += step.liquidations;
        deleveraged[(step.minute / SLOT) as usize] += step.deleveragings;
    }
    let highest = liquidated
        .iter()
        .zip(&deleveraged)
        .map(|(a, b)| a + b)
        .max()
        .unwrap_or(0);
    let top = (highest as f64 * 1.15).max(1.0);
    let title = "liquidations and deleveragings, in quarters of an hour";
    let mut panel = panel(area, record, title, "Operations in 15 minutes", 0.0..top)?;
    let width = SLOT as f64 / 60.0;
    let bars = |from: Vec<usize>, height: Vec<usize>, colour: RGBColor| {
        from.into_iter()
            .zip(height)
            .enumerate()
            .filter(|(_, (_, height))| *height > 0)
            .map(move |(slot, (from, height))| {
                let left = slot as f64 * width;
                let corners = [
                    (left, from as f64),
                    (left + width * 0.9, (from + height) as f64),
                ];
                Rectangle::new(corners, colour.filled())
            })
    };
    let square = |colour: RGBColor| {
        move |(x, y)| Rectangle::new([(x, y - 6), (x + 22, y + 6)], colour.filled())
    };
    panel
        .draw_series(bars(vec![0; slots], liquidated.clone(), BLUE))?
        .label("liquidations")
        .legend(square(BLUE));
    panel
        .draw_series(bars(liquidated, deleveraged, RED))?
        .label("deleveragings")
        .legend(square(RED));
    legend(&mut panel, SeriesLabelPosition::UpperRight)
}

/// Axes over the run's hours, with a title and units.
fn panel<'a, 'b>(
    area: &'a Drawing<'b>,
    record: &Record,
    title: &str,
    unit: &str,
    values: Range<f64>,
) -> Result<Panel<'a, 'b>, Box<dyn std::error::Error>> {
    let title = format!("{}: {title}", record.title);
    let right = hours(record.steps.last()).max(1.0 / 60.0);
    let start = record.steps.first().map_or(0, |step| step.time);
    let label = |hour: f64| clock(start + (hour * 3600.0).round() as u64);
    axes(area, &title, unit, right, values, &label)
}

fn line(
    panel: &mut Panel,
    record: &Record,
    name: &str,
    colour: RGBColor,
    value: impl Fn(&Step) -> f64,
) -> Drawn {
    let points = record
        .steps
        .iter()
        .map(|step| (hours(Some(step)), value(step)));
    panel
        .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
        .label(name)
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], colour.stroke_width(3)));
    Ok(())
}

/// Stretches of consecutive steps that satisfy `test`, in hours.
fn runs(steps: &[Step], test: impl Fn(&Step) -> bool) -> Vec<(f64, f64)> {
    let minute = 1.0 / 60.0;
    steps
        .chunk_by(|a, b| test(a) == test(b))
        .filter(|run| test(&run[0]))
        .map(|run| (hours(run.first()), hours(run.last()) + minute))
        .collect()
}

fn hours(step: Option<&Step>) -> f64 {
    step.map_or(0.0, |step| step.minute as f64 / 60.0)
}

fn range(record: &Record, value: impl Fn(&Step) -> f64) -> (f64, f64) {
    let values = record.steps.iter().map(value);
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// Day of the month and time of day.
fn clock(seconds: u64) -> String {
    chrono::DateTime::from_timestamp(seconds as i64, 0)
        .map_or(String::new(), |time| time.format("%d %b %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Summary;

    fn record(steps: u64) -> Record {
        let step = |minute: u64| Step {
            minute,
            time: 1_583_971_200 + minute * 60,
            price: 194.0 - minute as f64 * 0.06,
            tier: (minute / 100 % 4) as u8,
            coverage: 1.0 - minute as f64 / 1e5,
            insurance: 1e6 - minute as f64,
            open_interest: 5e4,
            liquidations: usize::from(minute.is_multiple_of(50)),
            deleveragings: usize::from(minute.is_multiple_of(70)),
            ..Step::default()
        };
        Record {
            title: "Test".into(),
            seed: 1,
            steps: (0..steps).map(step).collect(),
            incidents: vec![],
            traders: vec![],
            stages: Default::default(),
            summary: Summary::default(),
            invariants: vec![],
        }
    }

    #[test]
    fn every_picture_is_written_and_has_something_on_it() {
        let folder = tempfile::tempdir().unwrap();
        for steps in [1, 2, 1680] {
            for path in draw(&record(steps), folder.path()).unwrap() {
                let picture = image::open(&path).unwrap().to_rgb8();
                assert_eq!(picture.dimensions(), SIZE);
                let inked = picture
                    .pixels()
                    .filter(|pixel| pixel.0 != [255, 255, 255])
                    .count();
                assert!(inked > 5_000, "{}: {inked} pixels", path.display());
            }
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let error = draw(&record(2), Path::new("/no/such/folder"))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("plot /no/such/folder/price-and-tier.png: "),
            "{error}"
        );
    }

    #[test]
    fn runs_of_a_tier_are_joined() {
        let steps = record(400).steps;
        let hour = |minutes: u64| minutes as f64 / 60.0;
        assert_eq!(
            runs(&steps, |step| step.tier == 2),
            [(hour(200), hour(299) + 1.0 / 60.0)]
        );
    }
}

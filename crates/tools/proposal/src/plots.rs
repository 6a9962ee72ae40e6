//! A picture of a proposal: how far everybody is from liquidation, and what days of crisis would cost, before and after.

use super::{
    amount::Amount,
    impact::{Account, AccountImpact, Impact},
    report::Report,
    stress::{Loss, Stressed},
};
use pictures::{BLUE, Drawing, Drawn, FONT, INK, PlotError, RED, SIZE, chart, legend, picture};
use plotters::prelude::*;
use std::path::{Path, PathBuf};

const BEFORE: RGBColor = BLUE;
const AFTER: RGBColor = RED;
/// Equity beyond this many times maintenance margin is drawn there: it is far away.
const FAR: f64 = 5.0;
/// Pixels for the names of days.
const NAMES: u32 = 300;
/// Width of a bar, of a day's.
const BAR: f64 = 0.35;

/// Draws one picture for each market of the report into `folder`, and returns their paths.
pub fn draw(report: &Report, folder: &Path) -> Result<Vec<PathBuf>, PlotError> {
    std::fs::create_dir_all(folder).map_err(|error| PlotError::new(folder, &error))?;
    let size = (SIZE.0, SIZE.1 * 3 / 2);
    let drawn = report.impacts.iter().enumerate().map(|(number, impact)| {
        picture(
            folder.join(format!("proposal-{number}.png")),
            size,
            |area| {
                let (upper, lower) = area.split_vertically(size.1 as i32 / 2);
                cushions(impact, &upper)?;
                losses(impact, &lower)
            },
        )
    });
    drawn.collect()
}

/// Equity as a multiple of maintenance margin, every account at its rank.
fn cushions(impact: &Impact, area: &Drawing) -> Drawn {
    let sorted = |of: fn(&AccountImpact) -> &Account| {
        let mut all: Vec<f64> = impact
            .accounts
            .iter()
            .map(|account| cushion(of(account)))
            .collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let right = impact.accounts.len().max(1) as f64;
    let title = format!("Distance from liquidation in market {}", impact.vault);
    let mut panel = chart(area, &title, right, 0.0..FAR)?;
    panel
        .configure_mesh()
        .x_desc("Accounts, the nearest to liquidation first")
        .y_desc("Equity / maintenance margin (5: or more)")
        .x_label_formatter(&|place| format!("{place:.0}"))
        .label_style((FONT, 16).into_font().color(&INK))
        .axis_desc_style((FONT, 18).into_font().color(&INK))
        .light_line_style(TRANSPARENT)
        .bold_line_style(INK.mix(0.12))
        .draw()?;
    let limit = [(0.0, 1.0), (right, 1.0)];
    panel.draw_series(LineSeries::new(limit, INK.stroke_width(1)))?;
    for (name, colour, heights) in [
        ("before", BEFORE, sorted(|account| &account.before)),
        ("after", AFTER, sorted(|account| &account.after)),
    ] {
        panel
            .draw_series(LineSeries::new(steps(&heights), colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], colour.stroke_width(3)));
    }
    legend(&mut panel, SeriesLabelPosition::UpperRight)
}

/// Each height over a width of one.
fn steps(heights: &[f64]) -> Vec<(f64, f64)> {
    let both = heights.iter().enumerate().flat_map(|(rank, &height)| {
        let left = rank as f64;
        [(left, height), (left + 1.0, height)]
    });
    both.collect()
}

fn cushion(account: &Account) -> f64 {
    let maintenance = account.maintenance.approximate();
    if maintenance <= 0.0 {
        return FAR;
    }
    (account.equity.approximate() / maintenance).clamp(0.0, FAR)
}

/// What a day costs before or after.
type Side = fn(&Stressed) -> &Loss;

/// What each day costs that moves a price here: what insurance pays in full colour, what profits lose beside it.
fn losses(impact: &Impact, area: &Drawing) -> Drawn {
    let days: Vec<&Stressed> = impact
        .stress
        .iter()
        .filter(|day| !day.moves.is_empty())
        .collect();
    let highest = days
        .iter()
        .flat_map(|day| [day.before.deficit, day.after.deficit])
        .map(thousands)
        .fold(0.0, f64::max);
    let right = (highest * 1.2).max(1.0);
    let names: Vec<&str> = days.iter().map(|day| day.day).collect();
    let rows = days.len().max(1) as f64;
    let mut panel = ChartBuilder::on(area)
        .caption(
            "Debts if prices gapped as on ... (full: insured, pale: from profits)",
            (FONT, 24).into_font().color(&INK),
        )
        .margin(14)
        .x_label_area_size(46)
        .y_label_area_size(NAMES)
        .build_cartesian_2d(0.0..right, rows..0.0)?;
    panel
        .configure_mesh()
        .x_desc("Thousand USD")
        .y_labels(names.len() * 2 + 1)
        .y_label_formatter(&|place| label(&names, *place))
        .disable_y_mesh()
        .label_style((FONT, 16).into_font().color(&INK))
        .axis_desc_style((FONT, 18).into_font().color(&INK))
        .light_line_style(TRANSPARENT)
        .bold_line_style(INK.mix(0.12))
        .draw()?;
    let sides: [(&str, RGBColor, f64, Side); 2] = [
        ("before", BEFORE, 0.14, |day| &day.before),
        ("after", AFTER, 0.51, |day| &day.after),
    ];
    for (name, colour, offset, side) in sides {
        let bars = days.iter().enumerate().flat_map(|(place, day)| {
            let top = place as f64 + offset;
            let [insured, all] = [side(day).insured, side(day).deficit].map(thousands);
            let bar = |from, to| [(from, top), (to, top + BAR)];
            [
                Rectangle::new(bar(0.0, insured), colour.filled()),
                Rectangle::new(bar(insured, all), colour.mix(0.35).filled()),
            ]
        });
        panel
            .draw_series(bars)?
            .label(name)
            .legend(move |(x, y)| Rectangle::new([(x, y - 6), (x + 22, y + 6)], colour.filled()));
    }
    legend(&mut panel, SeriesLabelPosition::LowerRight)
}

fn thousands(amount: Amount) -> f64 {
    amount.approximate() / 1000.0
}

/// The name of the day in whose middle `place` is.
fn label(names: &[&str], place: f64) -> String {
    let is_middle = (place.fract() - 0.5).abs() < 0.01;
    let name = names.get(place as usize).filter(|_| is_middle);
    name.map_or_else(String::new, |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;

    #[test]
    fn a_picture_is_written_and_has_something_on_it() {
        let folder = tempfile::tempdir().unwrap();
        let paths = draw(&report(), folder.path()).unwrap();
        assert_eq!(paths.len(), 1);
        let picture = image::open(&paths[0]).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (1280, 960));
        for colour in [BEFORE, AFTER] {
            let RGBColor(r, g, b) = colour;
            let inked = picture
                .pixels()
                .filter(|pixel| pixel.0 == [r, g, b])
                .count();
            assert!(inked > 500, "{inked} pixels of {colour:?}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let error = draw(&report(), Path::new("/dev/null/plots")).unwrap_err();
        assert!(error.to_string().starts_with("plot /dev/null/plots: "));
    }
}

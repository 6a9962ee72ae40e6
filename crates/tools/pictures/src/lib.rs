//! What all pictures are drawn with: size, colours, font, axes, legend.

#![warn(missing_docs)]

use plotters::{
    coord::{Shift, types::RangedCoordf64},
    prelude::*,
    style::{FontStyle, register_font},
};
use std::{
    ops::Range,
    path::{Path, PathBuf},
};

/// Pixels of most pictures.
pub const SIZE: (u32, u32) = (1280, 640);
/// The name of the built-in font.
pub const FONT: &str = "sans-serif";
/// Text and axes.
pub const INK: RGBColor = RGBColor(40, 44, 52);
/// The first line of a chart.
pub const BLUE: RGBColor = RGBColor(31, 98, 168);
/// What is well.
pub const GREEN: RGBColor = RGBColor(34, 139, 84);
/// What is not.
pub const RED: RGBColor = RGBColor(200, 50, 47);
/// Background of a tier's minutes, by number.
pub const TIER_COLOURS: [RGBAColor; 4] = [
    RGBAColor(255, 255, 255, 0.0),
    RGBAColor(255, 214, 102, 0.35),
    RGBAColor(255, 140, 66, 0.45),
    RGBAColor(200, 50, 47, 0.45),
];

/// A picture could not be drawn or written.
#[derive(Debug, thiserror::Error)]
#[error("plot {path}: {reason}")]
pub struct PlotError {
    path: String,
    reason: String,
}

impl PlotError {
    /// Why `path` could not be written.
    pub fn new(path: &Path, reason: &dyn std::fmt::Display) -> Self {
        Self {
            path: path.display().to_string(),
            reason: reason.to_string(),
        }
    }
}

/// A picture, or a part of it.
pub type Drawing<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
/// A chart over numbers.
pub type Panel<'a, 'b> =
    ChartContext<'a, BitMapBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
/// Whether something was drawn.
pub type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws a picture of `size` to `path`, and returns that.
pub fn picture(
    path: PathBuf,
    size: (u32, u32),
    draw: impl FnOnce(&Drawing) -> Drawn,
) -> Result<PathBuf, PlotError> {
    // The fonts of the machine are not used: there may be none, and pictures should look the same everywhere.
    register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT)
        .map_err(|_| PlotError::new(Path::new(FONT), &"the built-in font cannot be read"))?;
    let drawn = || -> Drawn {
        let area = BitMapBackend::new(&path, size).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area)?;
        Ok(area.present()?)
    };
    match drawn() {
        Ok(()) => Ok(path),
        Err(error) => Err(PlotError::new(&path, &error)),
    }
}

/// A chart with a title, from zero to `right`, whose axes are still to be drawn.
pub fn chart<'a, 'b>(
    area: &'a Drawing<'b>,
    title: &str,
    right: f64,
    values: Range<f64>,
) -> Result<Panel<'a, 'b>, Box<dyn std::error::Error>> {
    Ok(ChartBuilder::on(area)
        .caption(title, (FONT, 24).into_font().color(&INK))
        .margin(14)
        .x_label_area_size(46)
        .y_label_area_size(78)
        .build_cartesian_2d(0.0..right, values)?)
}

/// Axes over time from zero to `right`, whose moments `label` names, with a title and the unit of the values.
pub fn axes<'a, 'b>(
    area: &'a Drawing<'b>,
    title: &str,
    unit: &str,
    right: f64,
    values: Range<f64>,
    label: &dyn Fn(f64) -> String,
) -> Result<Panel<'a, 'b>, Box<dyn std::error::Error>> {
    let mut panel = chart(area, title, right, values)?;
    panel
        .configure_mesh()
        .x_desc("Time (UTC)")
        .y_desc(unit)
        .x_labels(10)
        .y_labels(8)
        .y_label_formatter(&|value| tick(*value))
        .x_label_formatter(&|moment| label(*moment))
        .label_style((FONT, 16).into_font().color(&INK))
        .axis_desc_style((FONT, 18).into_font().color(&INK))
        .light_line_style(TRANSPARENT)
        .bold_line_style(INK.mix(0.12))
        .draw()?;
    Ok(panel)
}

/// What the lines of a chart are called.
pub fn legend<'a, 'b: 'a>(panel: &mut Panel<'a, 'b>, place: SeriesLabelPosition) -> Drawn {
    panel
        .configure_series_labels()
        .position(place)
        .label_font((FONT, 16).into_font().color(&INK))
        .background_style(WHITE.mix(0.85))
        .border_style(INK.mix(0.3))
        .legend_area_size(30)
        .draw()?;
    Ok(())
}

/// A background for some hours.
pub fn rectangle(
    hours: (f64, f64),
    values: &Range<f64>,
    colour: &RGBAColor,
) -> Rectangle<(f64, f64)> {
    Rectangle::new(
        [(hours.0, values.start), (hours.1, values.end)],
        colour.filled(),
    )
}

/// Up to three decimals, none where they would be zeros.
fn tick(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

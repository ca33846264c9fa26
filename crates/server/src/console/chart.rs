//! Lines over time as a picture in a page (SVG), drawn by plotters. The page's styles give the colours, so
//! that the picture follows them by day and by night; and a table beside it tells the same to whoever does
//! not see it.

use std::error::Error;

use plotters::prelude::*;

/// The picture's width and height, in its own units; the page scales it.
const SIZE: (u32, u32) = (480, 200);

/// The colours that lines are drawn in, by their place. The styles know each by this value, and show
/// another by night (`.chart` in `web/console/chart.css`).
const LINES: [RGBColor; 5] = [
    RGBColor(0x1f, 0x52, 0x66),
    RGBColor(0x1a, 0x7f, 0x4b),
    RGBColor(0xb3, 0x40, 0x1c),
    RGBColor(0x6d, 0x3f, 0xa0),
    RGBColor(0x8a, 0x6a, 0x00),
];

/// The colour of what is written, and of the lines that values are read off by.
const TEXT: RGBColor = RGBColor(0x4a, 0x5d, 0x66);
const GRID: RGBColor = RGBColor(0xc9, 0xd6, 0xdc);

/// Parts of the height that have a line to read values off by.
const STEPS: u32 = 4;

/// What a picture shows.
pub(super) struct Chart {
    /// What stands below the points, from left to right.
    pub(super) labels: Vec<String>,
    /// The lines, five at most; a point without a value interrupts its line.
    pub(super) lines: Vec<Vec<Option<f64>>>,
    /// Whether the values are whole numbers.
    pub(super) is_whole: bool,
}

impl Chart {
    /// The picture, as an element to be put out as it is: it holds numbers and labels of ours alone. Empty
    /// where it could not be drawn.
    pub(super) fn svg(&self) -> String {
        let mut svg = String::new();
        if let Err(error) = self.draw(&mut svg) {
            tracing::warn!(%error, "a chart could not be drawn");
            return String::new();
        }
        // The table beside the picture says the same: those who hear the page need it once.
        svg.replacen(
            "<svg ",
            "<svg class=\"chart\" aria-hidden=\"true\" focusable=\"false\" ",
            1,
        )
    }

    fn draw(&self, into: &mut String) -> Result<(), Box<dyn Error + '_>> {
        let points = self.labels.len().max(2);
        let top = self.top();
        let area = SVGBackend::with_string(into, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(6)
            .margin_right(18)
            .x_label_area_size(30)
            .y_label_area_size(52)
            .build_cartesian_2d(0..points - 1, 0.0..top)?;
        let label = |at: &usize| self.labels.get(*at).cloned().unwrap_or_default();
        let value = |value: &f64| self.written(*value);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(6)
            .y_labels(usize::try_from(STEPS + 1).unwrap_or(5))
            .x_label_formatter(&label)
            .y_label_formatter(&value)
            .axis_style(GRID)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", 13).into_font().color(&TEXT))
            .draw()?;
        for (line, color) in self.lines.iter().zip(LINES) {
            for run in runs(line) {
                if let [alone] = run.as_slice() {
                    chart.draw_series([Circle::new(*alone, 3, color.filled())])?;
                } else {
                    chart.draw_series(LineSeries::new(run, color.stroke_width(2)))?;
                }
            }
        }
        area.present()?;
        Ok(())
    }

    /// The value at the top: one that is easy to divide, and not less than any.
    fn top(&self) -> f64 {
        let values = self.lines.iter().flatten().flatten();
        let most = values.fold(0.0_f64, |most, value| most.max(*value));
        let least = if self.is_whole { 1.0 } else { 0.1 };
        let step = (most / f64::from(STEPS)).max(least);
        let ten = 10_f64.powf(step.log10().floor());
        let nice = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter();
        let mut nice = nice
            .map(|times| times * ten)
            .filter(|nice| *nice >= step && (!self.is_whole || nice.fract() == 0.0));
        nice.next().unwrap_or(step) * f64::from(STEPS)
    }

    fn written(&self, value: f64) -> String {
        if self.is_whole || value >= 10.0 {
            format!("{value:.0}")
        } else {
            format!("{value:.1}")
        }
    }
}

/// The unbroken parts of a line.
fn runs(line: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs = vec![Vec::new()];
    for (at, value) in line.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((at, *value)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(lines: Vec<Vec<Option<f64>>>, is_whole: bool) -> Chart {
        let labels = (0..lines[0].len()).map(|at| at.to_string()).collect();
        Chart {
            labels,
            lines,
            is_whole,
        }
    }

    #[test]
    fn each_line_is_drawn_in_its_colour_and_interrupted_where_there_is_nothing() {
        let first = vec![Some(1.0), Some(2.0), None, Some(3.0), Some(4.0)];
        let second = vec![None, None, Some(7.0), None, None];
        let svg = chart(vec![first, second], true).svg();
        assert!(svg.starts_with("<svg class=\"chart\""), "{svg}");
        assert_eq!(
            svg.matches("<polyline").count()
                - svg.matches("#C9D6DC\" stroke-width=\"1\" points").count(),
            2,
            "{svg}"
        );
        assert_eq!(svg.matches("<circle").count(), 1, "{svg}");
        assert!(svg.contains("#1F5266") && svg.contains("#1A7F4B"), "{svg}");
    }

    #[test]
    fn a_picture_has_no_style_of_its_own() {
        let svg = chart(vec![vec![Some(0.2), Some(12.5)]], false).svg();
        assert!(!svg.contains("style=") && !svg.contains("<style"), "{svg}");
    }

    #[test]
    fn the_top_is_easy_to_divide() {
        for (most, is_whole, top) in [
            (0.0, true, 4.0),
            (3.0, true, 4.0),
            (9.0, true, 20.0),
            (1000.0, true, 1000.0),
            (1001.0, true, 2000.0),
            (0.0, false, 0.4),
            (8.5, false, 10.0),
        ] {
            let found = chart(vec![vec![Some(most), Some(0.0)]], is_whole).top();
            assert!((found - top).abs() < 1e-9, "{most}: {found}");
        }
    }
}

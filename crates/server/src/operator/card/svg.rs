//! The card as SVG, in millimetres.

use super::layout::{Area, HEIGHT, Layout, WIDTH, Word};

/// The picture as a document of its own.
pub(super) fn draw(layout: &Layout) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}mm\" height=\"{}mm\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n",
        millimetres(WIDTH),
        millimetres(HEIGHT),
    );
    for area in &layout.areas {
        svg.push_str(&rectangle(area));
    }
    for word in &layout.words {
        svg.push_str(&text(word));
    }
    svg.push_str("</svg>\n");
    svg
}

fn millimetres(hundredths: u16) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn rectangle(area: &Area) -> String {
    let Area {
        left,
        top,
        width,
        height,
        shade,
    } = area;
    let fill = grey(shade.level());
    format!(
        "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>\n"
    )
}

fn text(word: &Word) -> String {
    let (x, y, size) = (word.x, word.baseline, word.size);
    let fill = grey(word.shade.level());
    let anchor = if word.centred { "middle" } else { "start" };
    let text = escaped(&word.text);
    // The face stands in each text, because not every reader lets a text inherit it.
    format!(
        "<text x=\"{x}\" y=\"{y}\" font-family=\"Helvetica,Arial,sans-serif\" font-weight=\"bold\" \
         font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{text}</text>\n"
    )
}

fn grey(level: u8) -> String {
    format!("#{level:02x}{level:02x}{level:02x}")
}

/// A serial is a text of somebody else.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

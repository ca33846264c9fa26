//! The card as PDF: one page in the card's own size, which is printed unscaled.
//!
//! The face is Helvetica bold, one of the fourteen that every reader of PDF has or replaces by one of
//! the same widths (ISO 32000-1, section 9.6.2.2), so that none has to be carried along.

use pdf_writer::{Buf, Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use super::layout::{HEIGHT, Layout, Shade, WIDTH, Word};

const FONT: Name<'static> = Name(b"F");

/// Points in a hundredth of a millimetre.
const POINTS: f32 = 72.0 / 2540.0;

/// The document's bytes.
pub(super) fn draw(layout: &Layout) -> Vec<u8> {
    let [catalog, pages, page, bold, content, information] = [1, 2, 3, 4, 5, 6].map(Ref::new);
    let mut pdf = Pdf::new();
    pdf.document_info(information).title(TextStr("Card"));
    pdf.catalog(catalog)
        .pages(pages)
        .viewer_preferences()
        .pair(Name(b"PrintScaling"), Name(b"None"));
    pdf.pages(pages).kids([page]).count(1);
    let mut sheet = pdf.page(page);
    let (width, height) = (f32::from(WIDTH) * POINTS, f32::from(HEIGHT) * POINTS);
    sheet.media_box(Rect::new(0.0, 0.0, width, height));
    sheet.parent(pages).contents(content);
    sheet.resources().fonts().pair(FONT, bold);
    sheet.finish();
    pdf.type1_font(bold)
        .base_font(Name(b"Helvetica-Bold"))
        .encoding_predefined(Name(b"WinAnsiEncoding"));
    pdf.stream(content, &drawing(layout));
    pdf.finish()
}

/// What is drawn, in hundredths of a millimetre; PDF counts heights from below.
fn drawing(layout: &Layout) -> Buf {
    let above = |below_top: u16| f32::from(HEIGHT) - f32::from(below_top);
    let mut content = Content::new();
    content.transform([POINTS, 0.0, 0.0, POINTS, 0.0, 0.0]);
    for area in &layout.areas {
        let (width, height) = (f32::from(area.width), f32::from(area.height));
        content
            .set_fill_gray(grey(area.shade))
            .rect(
                f32::from(area.left),
                above(area.top) - height,
                width,
                height,
            )
            .fill_nonzero();
    }
    content.begin_text();
    for word in &layout.words {
        let left = if word.centred { width(word) / 2.0 } else { 0.0 };
        let x = f32::from(word.x) - left;
        content
            .set_fill_gray(grey(word.shade))
            .set_font(FONT, f32::from(word.size))
            .set_text_matrix([1.0, 0.0, 0.0, 1.0, x, above(word.baseline)])
            .show(Str(&encoded(&word.text)));
    }
    content.end_text();
    content.finish()
}

fn grey(shade: Shade) -> f32 {
    f32::from(shade.level()) / 255.0
}

/// The text in the encoding of Western Europe; what it has not becomes a question mark.
fn encoded(text: &str) -> Vec<u8> {
    let known = |letter: char| match letter {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(letter)).unwrap_or(b'?'),
        _ => b'?',
    };
    text.chars().map(known).collect()
}

/// How wide a word of digits and capitals is, by the widths of the face.
pub(super) fn width(word: &Word) -> f32 {
    let letters = word.text.chars().map(thousandths);
    letters.map(f32::from).sum::<f32>() * f32::from(word.size) / 1000.0
}

fn thousandths(letter: char) -> u16 {
    match letter {
        '0'..='9' | 'J' => 556,
        'F' | 'T' | 'Z' => 611,
        'E' | 'P' | 'S' | 'V' | 'X' | 'Y' => 667,
        'G' => 778,
        'M' => 833,
        'W' => 944,
        _ => 722,
    }
}

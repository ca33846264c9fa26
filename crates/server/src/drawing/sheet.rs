//! A sheet of one ink on paper, and its file, whose length tells nothing of what is on it.

use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use tiny_skia::{FillRule, Mask, Path, PathStroker, Stroke, Transform};

/// Where ink is: 0 for none, 255 for all that a place can hold.
pub(super) struct Sheet {
    mask: Mask,
}

/// The colours of a sheet, by how dark a place is.
pub(super) struct Tint {
    /// What is darkest.
    pub(super) ink: [u8; 3],
    /// What is lightest.
    pub(super) paper: [u8; 3],
}

impl Sheet {
    /// An empty sheet of this many pixels.
    pub(super) fn new((width, height): (u32, u32)) -> Self {
        let mask = Mask::new(width, height).expect("a sheet has a width and a height");
        Self { mask }
    }

    /// Fills a path with ink.
    pub(super) fn fill(&mut self, path: Option<&Path>) {
        if let Some(path) = path {
            let as_it_is = Transform::identity();
            self.mask.fill_path(path, FillRule::Winding, true, as_it_is);
        }
    }

    /// Draws along a path with a pen of this width in pixels.
    pub(super) fn stroke(&mut self, path: &Path, pen: &Stroke) {
        self.fill(PathStroker::new().stroke(path, pen, 1.0).as_ref());
    }

    /// How much ink is where, in rows.
    pub(super) fn coverage(&self) -> &[u8] {
        self.mask.data()
    }
}

/// A PNG (RFC 2083) of lightness in rows: 0 is the ink, 255 the paper. It is stored, not compressed, so that
/// all files of one size have one length.
pub(super) fn png_of((width, height): (u32, u32), lightness: &[u8], tint: &Tint) -> Vec<u8> {
    let mut file = Vec::with_capacity(lightness.len() + 2048);
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(palette(tint));
    encoder.set_compression(Compression::NoCompression);
    encoder.set_filter(Filter::NoFilter);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(lightness)?;
        writer.finish()
    });
    written.expect("rows of this width and height can be written to memory");
    file
}

fn palette(tint: &Tint) -> Vec<u8> {
    let mix = |ink: u8, paper: u8, step: u8| {
        let (ink, paper, step) = (u16::from(ink), u16::from(paper), u16::from(step));
        u8::try_from((ink * (255 - step) + paper * step) / 255).unwrap_or(u8::MAX)
    };
    let colour =
        |step: u8| [0, 1, 2].map(|part: usize| mix(tint.ink[part], tint.paper[part], step));
    (0..=u8::MAX).flat_map(colour).collect()
}

/// A lightness as a byte.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 255 after the clamp"
)]
pub(super) fn level(light: f32) -> u8 {
    light.clamp(0.0, 255.0) as u8
}

//! QR codes as pictures: a PNG of 300 by 300 points, one bit of grey each, not interlaced, that holds
//! the text alone.

use base64ct::{Base64, Encoding as _};
use png::{BitDepth, ColorType, Encoder};
use qrcode::{Color, EcLevel, QrCode};

/// Points on each side of the picture.
const SIDE: u32 = 300;

/// Light modules around the code on each side (ISO/IEC 18004, section 6.3.8).
const QUIET: usize = 4;

/// Bytes of a row: one bit a point.
const ROW: usize = SIDE.div_ceil(8) as usize;

/// The picture was not made; the text is for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotDrawn(pub(crate) String);

/// The picture of a text in base64.
pub(crate) fn picture(text: &str) -> Result<String, NotDrawn> {
    let failed = |error: &dyn std::fmt::Display| NotDrawn(format!("a QR code: {error}"));
    let code =
        QrCode::with_error_correction_level(text, EcLevel::M).map_err(|error| failed(&error))?;
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, SIDE, SIDE);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    let mut writer = encoder.write_header().map_err(|error| failed(&error))?;
    writer
        .write_image_data(&points(&code))
        .map_err(|error| failed(&error))?;
    writer.finish().map_err(|error| failed(&error))?;
    Ok(Base64::encode_string(&file))
}

/// The points, row by row, eight in a byte, light ones set.
fn points(code: &QrCode) -> Vec<u8> {
    let side = SIDE as usize;
    let modules = code.width();
    // The largest code has 177 modules: a point each at least.
    let scale = side / (modules + 2 * QUIET);
    let margin = (side - modules * scale) / 2;
    let mut rows = vec![0xFF; ROW * side];
    let dark = code
        .to_colors()
        .into_iter()
        .enumerate()
        .filter(|(_, color)| *color == Color::Dark);
    for (index, _) in dark {
        let (left, top) = (
            margin + index % modules * scale,
            margin + index / modules * scale,
        );
        for y in top..top + scale {
            for x in left..left + scale {
                rows[y * ROW + x / 8] &= !(0x80 >> (x % 8));
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_finds_the_code_alone_in_a_picture_of_the_documented_shape() {
        for text in ["980565", "000000", "123456789012"] {
            let file = Base64::decode_vec(&picture(text).unwrap()).unwrap();
            let decoder = png::Decoder::new(std::io::Cursor::new(&file));
            let mut reader = decoder.read_info().unwrap();
            let info = reader.info();
            assert_eq!((info.width, info.height), (300, 300));
            assert_eq!(info.color_type, ColorType::Grayscale);
            assert_eq!(info.bit_depth, BitDepth::One);
            assert!(!info.interlaced);
            let mut points = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut points).unwrap();
            let light = |x: usize, y: usize| points[y * ROW + x / 8] & (0x80 >> (x % 8)) != 0;
            let mut seen = rqrr::PreparedImage::prepare_from_greyscale(300, 300, |x, y| {
                if light(x, y) { 255 } else { 0 }
            });
            let grids = seen.detect_grids();
            assert_eq!(grids.len(), 1);
            assert_eq!(grids[0].decode().unwrap().1, text);
        }
    }
}

//! An image of the operator's turned into one as it is shown: one size, one format, nothing about where it
//! came from.

use std::io::Cursor;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use challenge::corpus::Holds;
use challenge::methods::images::{CHOSEN_SIZE, TEXT_SIZE};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits, Rgb, RgbImage};

/// Bytes of a file at most.
pub(super) const FILE_BYTES_MAX: u64 = 20 * 1024 * 1024;

/// Pixels of an image at most.
pub(super) const PIXELS_MAX: u64 = 40_000_000;

/// Bytes that decoding one may take: four for each pixel, and as much again to turn it.
const DECODING_BYTES_MAX: u64 = 2 * 4 * PIXELS_MAX;

/// Quality of what is kept, of 100.
const QUALITY: u8 = 80;

/// An image as it is kept.
pub(super) struct Framed {
    /// SHA-256 of the file.
    pub(super) digest: [u8; 32],
    /// JPEG without metadata.
    pub(super) jpeg: Vec<u8>,
}

/// Reads a file and puts its image into the frame of its kind; the error says what is wrong with it.
pub(super) fn framed(path: &Path, holds: Holds) -> Result<Framed, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if length.len() > FILE_BYTES_MAX {
        let bytes = length.len();
        return Err(format!("{bytes} bytes are more than {FILE_BYTES_MAX}"));
    }
    let file = std::fs::read(path).map_err(|error| error.to_string())?;
    let image = decoded(&file)?;
    let size = match holds {
        Holds::Classes => CHOSEN_SIZE,
        Holds::Texts => TEXT_SIZE,
    };
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(&in_frame(&image, size))
        .map_err(|error| error.to_string())?;
    let hash = digest(&SHA256, &file);
    let digest = hash
        .as_ref()
        .try_into()
        .map_err(|_| "no digest".to_owned())?;
    Ok(Framed { digest, jpeg })
}

/// Decodes an image, turned as its camera says it is to be.
fn decoded(file: &[u8]) -> Result<DynamicImage, String> {
    let told = |error: image::ImageError| error.to_string();
    let reader = ImageReader::new(Cursor::new(file)).with_guessed_format();
    let mut reader = reader.map_err(|error| error.to_string())?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODING_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(told)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > PIXELS_MAX {
        return Err(format!(
            "{width} × {height} pixels are none, or more than {PIXELS_MAX}"
        ));
    }
    let orientation = decoder.orientation().map_err(told)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(told)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// The image as large as it fits into a frame, in its middle, on white.
fn in_frame(image: &DynamicImage, (width, height): (u32, u32)) -> RgbImage {
    let fitting = if image.width() > width || image.height() > height {
        // Averages all that falls on one pixel, however much that is.
        image.thumbnail(width, height)
    } else {
        image.resize(width, height, FilterType::CatmullRom)
    };
    let fitting = fitting.into_rgba8();
    let mut frame = image::RgbaImage::from_pixel(width, height, image::Rgba([255; 4]));
    let left = i64::from((width - fitting.width().min(width)) / 2);
    let top = i64::from((height - fitting.height().min(height)) / 2);
    imageops::overlay(&mut frame, &fitting, left, top);
    let mut plain = RgbImage::new(width, height);
    for (to, from) in plain.pixels_mut().zip(frame.pixels()) {
        let [red, green, blue, _] = from.0;
        *to = Rgb([red, green, blue]);
    }
    plain
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgba, RgbaImage};

    use super::*;

    fn written(bytes: &[u8], holds: Holds) -> Result<Framed, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image");
        std::fs::write(&path, bytes).unwrap();
        framed(&path, holds)
    }

    fn drawn(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let image = RgbaImage::from_fn(width, height, |x, _| {
            if x * 2 < width {
                Rgba([200, 30, 30, 255])
            } else {
                Rgba([0, 0, 0, 0])
            }
        });
        let mut bytes = Cursor::new(Vec::new());
        let image = DynamicImage::ImageRgba8(image);
        let image = match format {
            ImageFormat::Jpeg => DynamicImage::ImageRgb8(image.into_rgb8()),
            _ => image,
        };
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn every_format_and_shape_gets_into_the_same_frame() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            for (width, height) in [(50, 50), (1000, 10), (3, 900), (240, 240)] {
                for (holds, size) in [(Holds::Classes, CHOSEN_SIZE), (Holds::Texts, TEXT_SIZE)] {
                    let framed = written(&drawn(width, height, format), holds).unwrap();
                    let kept = image::load_from_memory_with_format(&framed.jpeg, ImageFormat::Jpeg);
                    let kept = kept.unwrap();
                    assert_eq!((kept.width(), kept.height()), size, "{format:?} {width}");
                }
            }
        }
    }

    #[test]
    fn what_is_transparent_is_white_and_what_is_there_is_in_the_middle() {
        let framed = written(&drawn(60, 60, ImageFormat::Png), Holds::Classes).unwrap();
        let kept = image::load_from_memory(&framed.jpeg).unwrap().into_rgb8();
        let red = kept.get_pixel(40, 120).0;
        assert!(red[0] > 180 && red[1] < 60, "{red:?}");
        assert!(kept.get_pixel(200, 120).0.iter().all(|&part| part > 240));
    }

    #[test]
    fn what_a_camera_wrote_about_a_photograph_is_not_kept() {
        let jpeg = drawn(80, 60, ImageFormat::Jpeg);
        let note = b"Exif\0\0GPS 48.8566 N 2.3522 E";
        let length = u16::try_from(note.len() + 2).unwrap().to_be_bytes();
        let with_note = [&jpeg[..2], &[0xFF, 0xE1], &length, note, &jpeg[2..]].concat();
        let framed = written(&with_note, Holds::Classes).unwrap();
        let there = |bytes: &[u8]| bytes.windows(3).any(|three| three == b"GPS");
        assert!(there(&with_note) && !there(&framed.jpeg));
    }

    #[test]
    fn what_is_no_image_or_too_large_is_refused() {
        for bytes in [&b""[..], b"file,class\n", b"GIF89a\x01\0\x01\0", b"<svg/>"] {
            assert!(written(bytes, Holds::Classes).is_err());
        }
        let png = drawn(40, 40, ImageFormat::Png);
        assert!(written(&png[..png.len() / 2], Holds::Classes).is_err());
        let refusal = |bytes: &[u8]| written(bytes, Holds::Classes).err().unwrap();
        let many = vec![7; usize::try_from(FILE_BYTES_MAX + 1).unwrap()];
        assert!(refusal(&many).contains("more than 20971520"));
        let wide = drawn(8001, 5000, ImageFormat::Png);
        assert!(
            refusal(&wide).contains("more than 40000000"),
            "{}",
            refusal(&wide)
        );
    }
}

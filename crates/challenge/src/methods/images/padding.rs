//! Images made equally long, so that their length does not tell which is which.

/// Bytes of a segment at most: marker, length, and what the length counts (ITU-T T.81, B.1.1.4).
const SEGMENT_MAX: usize = 2 + 65_535;

/// Bytes of a segment at least: marker and length.
const SEGMENT_MIN: usize = 4;

/// Bytes by which the longest image is exceeded, since the shortest segment has as many.
pub const MARGIN: u32 = 4;

/// A JPEG as it was, with comment segments after its beginning (ITU-T T.81, B.2.4.5), so many bytes long.
///
/// Nothing where that is not possible: it is no JPEG, or not [`MARGIN`] bytes shorter.
pub fn padded(jpeg: &[u8], length: u32) -> Option<Vec<u8>> {
    let length = usize::try_from(length).ok()?;
    let (begin, rest) = jpeg.split_at_checked(2)?;
    let mut missing = length.checked_sub(jpeg.len())?;
    (begin == [0xFF, 0xD8] && missing >= SEGMENT_MIN).then_some(())?;
    let mut longer = Vec::with_capacity(length);
    longer.extend_from_slice(begin);
    while missing > 0 {
        let mut segment = missing.min(SEGMENT_MAX);
        // What would be left for the next one is too short for a segment.
        if (1..SEGMENT_MIN).contains(&(missing - segment)) {
            segment -= SEGMENT_MIN;
        }
        let counted = u16::try_from(segment - 2).ok()?;
        longer.extend_from_slice(&[0xFF, 0xFE]);
        longer.extend_from_slice(&counted.to_be_bytes());
        longer.resize(longer.len() + segment - SEGMENT_MIN, 0);
        missing -= segment;
    }
    longer.extend_from_slice(rest);
    Some(longer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths of the comments, and what comes after them.
    fn comments(mut jpeg: &[u8]) -> (Vec<usize>, &[u8]) {
        let mut lengths = Vec::new();
        jpeg = jpeg.strip_prefix(&[0xFF, 0xD8]).unwrap();
        while let Some(rest) = jpeg.strip_prefix(&[0xFF, 0xFE]) {
            let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
            lengths.push(length);
            jpeg = &rest[length..];
        }
        (lengths, jpeg)
    }

    #[test]
    fn an_image_gets_as_long_as_it_is_to_be_and_stays_the_same_image() {
        let jpeg = [&[0xFF, 0xD8, 0xFF, 0xDB][..], &[7; 96]].concat();
        for length in (104..300).chain([65_640, 65_641, 65_642, 131_172, 131_175, 200_000]) {
            let longer = padded(&jpeg, length).unwrap();
            assert_eq!(longer.len(), usize::try_from(length).unwrap());
            let (lengths, rest) = comments(&longer);
            assert!(lengths.iter().all(|&length| length >= 2), "{length}");
            assert_eq!(rest, &jpeg[2..], "{length}");
        }
    }

    #[test]
    fn what_is_no_jpeg_or_too_long_is_not_padded() {
        let jpeg = [&[0xFF, 0xD8][..], &[7; 98]].concat();
        for length in [0, 99, 100, 101, 103] {
            assert_eq!(padded(&jpeg, length), None);
        }
        assert_eq!(padded(b"\x89PNG", 900), None);
        assert_eq!(padded(b"", 900), None);
    }
}

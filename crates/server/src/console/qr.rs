//! A QR code as a picture in a page.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// The picture as SVG, black on white whatever the page's colours: phones read nothing else as well.
/// Nothing where the text is too long for a QR code.
pub(super) fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let picture = code.render::<svg::Color<'_>>().quiet_zone(true).build();
    // A page's elements have no XML declaration.
    let at = picture.find("<svg")?;
    picture.get(at..).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_an_element_without_style_or_script() {
        let picture = svg("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ").unwrap();
        assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
        assert!(!picture.contains("style") && !picture.contains("script"));
        assert!(svg(&"x".repeat(4000)).is_none());
    }
}

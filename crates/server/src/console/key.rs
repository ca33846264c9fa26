//! A key as a person takes it over: as a picture, as an address, and in groups to be typed.

use super::qr;

/// A key that was drawn. **It holds the secret**, and is shown once.
pub(super) struct KeyShown {
    /// A QR code of the address, as SVG.
    pub(super) picture: String,
    /// What authenticator apps read (`otpauth://`).
    pub(super) uri: String,
    /// The key alone, in base32, in groups of four.
    pub(super) key: String,
}

impl KeyShown {
    /// The key that stands in this address.
    pub(super) fn of(uri: &str) -> Self {
        let query = uri.split_once('?').map_or("", |(_, query)| query);
        let mut parsed = form_urlencoded::parse(query.as_bytes());
        let key = parsed.find(|(name, _)| name == "secret");
        Self {
            picture: qr::svg(uri).unwrap_or_default(),
            key: key.map_or_else(String::new, |(_, key)| grouped(&key)),
            uri: uri.to_owned(),
        }
    }
}

fn grouped(key: &str) -> String {
    let characters: Vec<_> = key.chars().collect();
    let groups: Vec<String> = characters.chunks(4).map(String::from_iter).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_read_out_of_its_address_and_grouped() {
        let shown = KeyShown::of("otpauth://totp/B:1?secret=GEZDGNBVGY&issuer=B");
        assert_eq!(shown.key, "GEZD GNBV GY");
        assert!(shown.picture.starts_with("<svg"));
    }
}

//! Secrets of officers as they are kept: keyed digests, and what is sealed.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::id::Id;
use crate::rng::{self, Rng};
use crate::secret::SecretMac;

/// Random bytes of what is drawn: nobody guesses it.
const SECRET_LENGTH: usize = 32;

/// Draws a text that says which one it is: a prefix, then 64 small letters and digits (base32 of an
/// 8-byte id and 32 random bytes).
pub(super) fn draw<Of>(prefix: &str, id: Id<Of>, rng: &dyn Rng) -> SecretString {
    let mut raw = id.number().to_be_bytes().to_vec();
    raw.extend_from_slice(&rng::bytes::<SECRET_LENGTH>(rng));
    let text = BASE32_NOPAD.encode(&raw).to_ascii_lowercase();
    format!("{prefix}{text}").into()
}

/// Which one a text says that it is; nothing where it was not drawn like that.
pub(super) fn id_of_unverified<Of>(prefix: &str, text: &str) -> Option<Id<Of>> {
    let body = text.strip_prefix(prefix)?;
    if body.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let raw = BASE32_NOPAD.decode(body.to_ascii_uppercase().as_bytes());
    let raw = raw.ok()?;
    let (id, secret) = raw.split_first_chunk::<8>()?;
    let id = Id::from_number(i64::from_be_bytes(*id));
    id.filter(|_| secret.len() == SECRET_LENGTH)
}

/// A keyed digest of something random or secret: a token, a link, a recovery code.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    key_version: u32,
    mac: [u8; 32],
}

impl Kept {
    /// As the key ring compares it.
    pub(super) fn mac(&self) -> SecretMac {
        SecretMac {
            key_version: self.key_version,
            mac: self.mac,
        }
    }
}

impl From<SecretMac> for Kept {
    fn from(SecretMac { key_version, mac }: SecretMac) -> Self {
        Self { key_version, mac }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Kept(..)")
    }
}

/// A sealed value in a row that is JSON: standard base64.
pub(super) mod sealed {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::secret::Sealed;

    #[expect(clippy::ref_option, reason = "serde gives a reference to the member")]
    pub(in super::super) fn serialize<S: Serializer>(
        sealed: &Option<Sealed>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = sealed
            .as_ref()
            .map(|sealed| BASE64.encode(sealed.as_bytes()));
        text.serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Sealed>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let bytes = text.map(|text| BASE64.decode(text.as_bytes()));
        let bytes = bytes.transpose().map_err(serde::de::Error::custom)?;
        Ok(bytes.map(Sealed::from_bytes))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::directory::User;
    use crate::rng::DangerCountingRng;

    #[test]
    fn what_is_drawn_says_its_id_and_what_is_cut_or_changed_says_nothing() {
        let id: Id<User> = Id::from_number(77).unwrap();
        let text = draw("cst_", id, &DangerCountingRng::default());
        let text = text.expose_secret();
        assert_eq!(text.len(), 68);
        let read = |text: &str| id_of_unverified::<User>("cst_", text);
        assert_eq!(read(text), Some(id));
        let large = text.to_uppercase();
        let longer = format!("{text}a");
        for strange in [&text[..67], &text[1..], "", "cst_", &large, &longer] {
            assert_eq!(read(strange), None, "{strange}");
        }
        assert_eq!(id_of_unverified::<User>("csl_", text), None);
    }

    #[test]
    fn a_keyed_digest_shows_nothing() {
        let kept = Kept {
            key_version: 1,
            mac: [7; 32],
        };
        assert_eq!(format!("{kept:?}"), "Kept(..)");
    }
}

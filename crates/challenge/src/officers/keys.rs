//! Secrets of officers as they are kept: keyed digests, and what is sealed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::secret::SecretMac;

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

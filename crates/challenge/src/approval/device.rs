//! A device: a phone that holds a P-256 key whose private half never leaves it.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::push::UnverifiedSubscription;
use super::refused::Refused;
use crate::clock::Timestamp;
use crate::directory::{Tenant, User};
use crate::id::{Id, NotAnId};

/// Bytes of an uncompressed point of P-256 (SEC 1, section 2.3.3).
const POINT_LENGTH: usize = 65;

/// What stands before the point in a P-256 `SubjectPublicKeyInfo` (RFC 5480, section 2).
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A linked phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The device's id.
    pub id: Id<Device>,
    /// The tenant it is linked to.
    pub tenant: Id<Tenant>,
    /// The user it is linked to.
    pub user: Id<User>,
    /// The asker's own name for the user when it was linked.
    pub user_external_id: String,
    /// The public half of its key.
    pub public_key: PublicKey,
    /// Its name for people.
    pub name: String,
    /// What it runs on, for people.
    pub platform: String,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Where pushes go: the subscription, sealed, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<String>,
    /// When it was linked.
    pub linked_at: Timestamp,
    /// Whether it is linked.
    pub status: DeviceStatus,
}

/// What a device can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// It can make sure who holds it.
    pub biometrics: bool,
    /// It can be woken by a push.
    pub push: bool,
}

/// Whether a device is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceStatus {
    /// It is.
    Linked,
    /// It was, until then; another took its place, or it was unlinked.
    Unlinked {
        /// When.
        at: Timestamp,
    },
}

/// What a device tells anew about itself; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct DeviceUpdate<'a> {
    /// What it can do.
    pub capabilities: Option<Capabilities>,
    /// Where pushes go. `Some(None)` takes it away.
    pub push: Option<Option<UnverifiedSubscription<'a>>>,
}

/// How a device names itself: `TENANT-DEVICE`, two ids in decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceName {
    /// The tenant it is linked to.
    pub tenant: Id<Tenant>,
    /// The device's id.
    pub device: Id<Device>,
}

impl fmt::Display for DeviceName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.tenant, self.device)
    }
}

impl FromStr for DeviceName {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (tenant, device) = text.split_once('-').ok_or(NotAnId)?;
        Ok(Self {
            tenant: tenant.parse()?,
            device: device.parse()?,
        })
    }
}

impl Device {
    /// How the device names itself.
    pub fn name_on_the_wire(&self) -> DeviceName {
        DeviceName {
            tenant: self.tenant,
            device: self.id,
        }
    }

    /// Whether it is linked.
    pub fn is_linked(&self) -> bool {
        self.status == DeviceStatus::Linked
    }

    /// From when on nobody needs it any more; nothing while it is linked.
    pub fn keep_until(&self) -> Option<Timestamp> {
        match self.status {
            DeviceStatus::Linked => None,
            DeviceStatus::Unlinked { at } => Some(at.plus_s(super::session::EVIDENCE_S)),
        }
    }
}

/// A point on P-256, uncompressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; POINT_LENGTH]);

impl PublicKey {
    /// Takes 65 bytes of an uncompressed point or its `SubjectPublicKeyInfo`, if it is on the curve.
    pub fn of_unverified(bytes: &[u8]) -> Result<Self, Refused> {
        let point = bytes.strip_prefix(&SPKI_PREFIX).unwrap_or(bytes);
        let misfit = || {
            Refused::DoesNotFit(
                "public key: a P-256 key is needed, as 65 bytes uncompressed or as SPKI".to_owned(),
            )
        };
        let point: [u8; POINT_LENGTH] = point.try_into().map_err(|_| misfit())?;
        if point.first() != Some(&4) {
            return Err(misfit());
        }
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| misfit())?;
        Ok(Self(point))
    }

    /// The uncompressed point.
    pub fn as_bytes(&self) -> &[u8; POINT_LENGTH] {
        &self.0
    }

    /// Whether this is the key's signature under the message: ECDSA with SHA-256, r and s as 64
    /// bytes (IEEE P1363, what `WebCrypto` gives).
    pub fn verifies(&self, message: &[u8], unverified_signature: &[u8]) -> bool {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.0)
            .is_ok_and(|key| key.verify_sig(message, unverified_signature).is_ok())
    }
}

impl fmt::Display for PublicKey {
    /// Standard base64 of the uncompressed point.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&BASE64.encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = BASE64
            .decode(text.as_bytes())
            .map_err(serde::de::Error::custom)?;
        // It was on the curve when it was stored; verifying parses it again.
        let point = bytes.try_into();
        point
            .map(Self)
            .map_err(|_| serde::de::Error::custom("65 bytes expected"))
    }
}

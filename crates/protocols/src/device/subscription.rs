//! A push subscription as an app sends it: what a browser's `PushSubscription.toJSON()` gives (Push API,
//! section 8), and the server's key that it was made with.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use challenge::approval::push::UnverifiedSubscription;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::device::refusal::Refused;

/// Where pushes go. Further members are not looked at.
#[derive(Deserialize, ToSchema)]
#[schema(as = DeviceSubscriptionGiven)]
pub(super) struct SubscriptionGiven {
    /// The URL of the push service: `https://`, at most 2048 bytes.
    #[schema(examples("https://push.example/send/AbC"))]
    endpoint: String,
    /// What only the app can open.
    keys: KeysGiven,
    /// The `push_public_key` that it was made with; absent: the present one.
    key: Option<String>,
}

/// What a push is sealed with.
#[derive(Deserialize, ToSchema)]
#[schema(as = DeviceSubscriptionKeysGiven)]
pub(super) struct KeysGiven {
    /// Base64url without padding of the app's P-256 public key: 65 bytes.
    p256dh: String,
    /// Base64url without padding of 16 bytes.
    auth: String,
}

/// The same, read.
pub(super) struct SubscriptionRead {
    endpoint: String,
    p256dh: Vec<u8>,
    auth: Vec<u8>,
    key: Option<Vec<u8>>,
}

impl SubscriptionGiven {
    /// Reads the members that are base64url.
    pub(super) fn read(self) -> Result<SubscriptionRead, Refused> {
        let key = self.key.map(|key| bytes("push.key", &key));
        Ok(SubscriptionRead {
            endpoint: self.endpoint,
            p256dh: bytes("push.keys.p256dh", &self.keys.p256dh)?,
            auth: bytes("push.keys.auth", &self.keys.auth)?,
            key: key.transpose()?,
        })
    }
}

impl SubscriptionRead {
    /// What the domain looks at.
    pub(super) fn unverified(&self) -> UnverifiedSubscription<'_> {
        UnverifiedSubscription {
            endpoint: &self.endpoint,
            p256dh: &self.p256dh,
            auth: &self.auth,
            key: self.key.as_deref(),
        }
    }
}

fn bytes(name: &str, text: &str) -> Result<Vec<u8>, Refused> {
    Base64UrlUnpadded::decode_vec(text)
        .map_err(|_| Refused::Malformed(format!("{name}: send base64url without padding")))
}

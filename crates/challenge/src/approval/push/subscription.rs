//! A push subscription: where an app is reached, and what only it can open (RFC 8030, RFC 8291).

use std::fmt;
use std::sync::Arc;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::approval::device::{Device, PublicKey};
use crate::approval::refused::Refused;
use crate::directory::Tenant;
use crate::id::Id;
use crate::push_key::PushKey;
use crate::secret::{Place, Sealed};
use crate::verifier::Verifier;

/// The longest endpoint, in bytes.
pub const ENDPOINT_MAX: usize = 2048;

/// Bytes of the secret that app and server share (RFC 8291, section 3.2).
pub const AUTH_LENGTH: usize = 16;

/// Bytes of an uncompressed point of P-256.
const POINT_LENGTH: usize = 65;

/// A subscription as an app gave it.
#[derive(Clone, Copy)]
pub struct UnverifiedSubscription<'a> {
    /// The URL that pushes go to.
    pub endpoint: &'a str,
    /// The app's public key: a point of P-256, 65 bytes.
    pub p256dh: &'a [u8],
    /// The secret that app and server share: 16 bytes.
    pub auth: &'a [u8],
    /// The server's push key that it was made with; nothing: the present one.
    pub key: Option<&'a [u8]>,
}

impl fmt::Debug for UnverifiedSubscription<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("UnverifiedSubscription(..)")
    }
}

/// A subscription that pushes can be sent to. Whoever knows it all can write to the phone, so it rests
/// sealed, and is in no log.
#[derive(Clone)]
pub struct Subscription {
    endpoint: Url,
    p256dh: PublicKey,
    auth: Zeroizing<[u8; AUTH_LENGTH]>,
    key: PublicKey,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Subscription(..)")
    }
}

/// A subscription as it rests, sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    endpoint: Url,
    p256dh: PublicKey,
    auth: Zeroizing<String>,
    key: PublicKey,
}

impl Subscription {
    /// The URL that pushes go to.
    pub fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// The push service: scheme, host and port, in the form of RFC 6454, section 6.2.
    pub fn service(&self) -> String {
        self.endpoint.origin().ascii_serialization()
    }

    /// The app's public key.
    pub fn p256dh(&self) -> &PublicKey {
        &self.p256dh
    }

    /// The secret that app and server share.
    pub fn auth(&self) -> &[u8; AUTH_LENGTH] {
        &self.auth
    }

    /// The server's push key that it was made with.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Takes what fits: an endpoint that pushes can go to, and keys of the right shape. Plain HTTP is
    /// taken where private addresses are allowed.
    fn of_unverified(
        given: &UnverifiedSubscription<'_>,
        key: PublicKey,
        allow_private: bool,
    ) -> Result<Self, Refused> {
        let endpoint =
            endpoint(given.endpoint, allow_private).map_err(|problem| misfit(&problem))?;
        let on_curve = (given.p256dh.len() == POINT_LENGTH)
            .then(|| PublicKey::of_unverified(given.p256dh).ok())
            .flatten();
        let p256dh = on_curve
            .ok_or_else(|| misfit("keys.p256dh: a point of P-256 is needed, as 65 bytes"))?;
        let auth = given.auth.try_into().map(Zeroizing::new);
        let auth =
            auth.map_err(|_| misfit(&format!("keys.auth: {AUTH_LENGTH} bytes are needed")))?;
        Ok(Self {
            endpoint,
            p256dh,
            auth,
            key,
        })
    }

    fn to_text(&self) -> Option<Zeroizing<String>> {
        let kept = Kept {
            endpoint: self.endpoint.clone(),
            p256dh: self.p256dh,
            auth: Zeroizing::new(BASE64.encode(&*self.auth)),
            key: self.key,
        };
        serde_json::to_string(&kept).ok().map(Zeroizing::new)
    }

    fn of_text(text: &[u8]) -> Option<Self> {
        let kept: Kept = serde_json::from_slice(text).ok()?;
        let auth = Zeroizing::new(BASE64.decode(kept.auth.as_bytes()).ok()?);
        Some(Self {
            endpoint: kept.endpoint,
            p256dh: kept.p256dh,
            auth: Zeroizing::new(auth.as_slice().try_into().ok()?),
            key: kept.key,
        })
    }
}

/// The endpoint as a URL, or what is wrong with it.
fn endpoint(text: &str, allow_private: bool) -> Result<Url, String> {
    if text.len() > ENDPOINT_MAX {
        return Err(format!(
            "endpoint: at most {ENDPOINT_MAX} bytes are allowed"
        ));
    }
    let needed = "endpoint: an https:// URL without user, password and fragment is needed";
    let url = Url::parse(text).map_err(|_| needed.to_owned())?;
    let scheme_fits = url.scheme() == "https" || allow_private && url.scheme() == "http";
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if !(scheme_fits && bare && url.has_host()) {
        return Err(needed.to_owned());
    }
    // What the parser escapes grows to three bytes.
    if url.as_str().len() > ENDPOINT_MAX {
        return Err(format!(
            "endpoint: at most {ENDPOINT_MAX} bytes are allowed, escapes included"
        ));
    }
    Ok(url)
}

fn misfit(problem: &str) -> Refused {
    Refused::DoesNotFit(format!("push.{problem}"))
}

impl Verifier {
    /// The key pair by which push services know this server now; apps subscribe with its public half.
    pub fn push_key(&self) -> Result<Arc<PushKey>, Refused> {
        Ok(self.keyring.push_key()?)
    }

    /// The key pair that a subscription was made with, which an older master key may give.
    pub fn push_key_of(&self, subscription: &Subscription) -> Result<Arc<PushKey>, Refused> {
        let found = self.keyring.push_key_of(subscription.key());
        found.ok_or_else(|| Refused::Unavailable("no master key gives that push key".to_owned()))
    }

    /// Where a device's pushes go; nothing where it gave nothing.
    pub fn push_subscription(&self, device: &Device) -> Result<Option<Subscription>, Refused> {
        let Some(text) = &device.push else {
            return Ok(None);
        };
        let damaged = || Refused::Unavailable(format!("device {}: damaged push", device.id));
        let sealed = BASE64.decode(text.as_bytes()).map_err(|_| damaged())?;
        let place = push_place(device.tenant, device.id);
        let plain = self.keyring.open(&place, &Sealed::from_bytes(sealed))?;
        Subscription::of_text(&plain).map(Some).ok_or_else(damaged)
    }

    /// A subscription that fits, as it rests: sealed, in base64.
    pub(in crate::approval) fn sealed_push(
        &self,
        tenant: &Tenant,
        device: Id<Device>,
        given: &UnverifiedSubscription<'_>,
    ) -> Result<String, Refused> {
        let key = match given.key {
            None => Some(self.push_key()?),
            Some(bytes) => PublicKey::of_unverified(bytes)
                .ok()
                .and_then(|key| self.keyring.push_key_of(&key)),
        };
        let key = key.ok_or_else(|| misfit("key: subscribe with the server's push_public_key"))?;
        let okay = tenant.okay.as_ref();
        let allow_private = okay.is_some_and(|okay| okay.allow_private_push);
        let subscription = Subscription::of_unverified(given, *key.public(), allow_private)?;
        let unwritable = || Refused::Unavailable("a subscription cannot be written".to_owned());
        let text = subscription.to_text().ok_or_else(unwritable)?;
        let place = push_place(tenant.id, device);
        let sealed = self.keyring.seal(&*self.rng, &place, text.as_bytes())?;
        Ok(BASE64.encode(sealed.as_bytes()))
    }
}

/// Where a device's push subscription stands.
pub(crate) fn push_place(tenant: Id<Tenant>, device: Id<Device>) -> Place<'static> {
    Place {
        table: "device",
        column: "push",
        tenant: tenant.number(),
        row: device.number(),
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD;

    use super::*;

    // RFC 8291, appendix A.
    const P256DH: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

    fn taken(endpoint: &str, p256dh: &[u8], auth: &[u8]) -> Result<Subscription, String> {
        let given = UnverifiedSubscription {
            endpoint,
            p256dh,
            auth,
            key: None,
        };
        let point = BASE64URL_NOPAD.decode(P256DH.as_bytes()).unwrap();
        let key = PublicKey::of_unverified(&point).unwrap();
        Subscription::of_unverified(&given, key, false).map_err(|refused| refused.to_string())
    }

    fn point() -> Vec<u8> {
        BASE64URL_NOPAD.decode(P256DH.as_bytes()).unwrap()
    }

    #[test]
    fn a_subscription_is_kept_as_it_was_given() {
        let taken = taken("https://Push.example:443/a?b", &point(), &[7; 16]).unwrap();
        let text = taken.to_text().unwrap();
        let read = Subscription::of_text(text.as_bytes()).unwrap();
        assert_eq!(read.endpoint().as_str(), "https://push.example/a?b");
        assert_eq!(read.service(), "https://push.example");
        assert_eq!(read.p256dh().as_bytes().as_slice(), point());
        assert_eq!((read.auth(), read.key()), (&[7; 16], taken.key()));
        assert!(!format!("{taken:?}").contains("push.example"));
    }

    #[test]
    fn an_endpoint_is_an_https_url_of_bounded_length() {
        let longest = format!("https://push.example/{}", "a".repeat(ENDPOINT_MAX - 21));
        assert_eq!(longest.len(), ENDPOINT_MAX);
        assert!(taken(&longest, &point(), &[0; 16]).is_ok());
        for (endpoint, problem) in [
            (format!("{longest}a"), "at most 2048 bytes"),
            // 2001 bytes that the parser escapes to three times as many.
            (
                format!("https://push.example/{}", "\u{7f}".repeat(1980)),
                "escapes included",
            ),
            ("http://push.example/a".to_owned(), "https:// URL"),
            ("https://u@push.example/a".to_owned(), "without user"),
            ("https://u:p@push.example/a".to_owned(), "without user"),
            ("https://push.example/a#b".to_owned(), "fragment"),
            ("https://".to_owned(), "https:// URL"),
            ("https:".to_owned(), "https:// URL"),
            ("ftp://push.example/".to_owned(), "https:// URL"),
            ("javascript:alert(1)".to_owned(), "https:// URL"),
            ("push.example".to_owned(), "https:// URL"),
            (String::new(), "https:// URL"),
        ] {
            let refused = taken(&endpoint, &point(), &[0; 16]).unwrap_err();
            assert!(refused.contains("push.endpoint: "), "{refused}");
            assert!(refused.contains(problem), "{endpoint:.40}: {refused}");
        }
    }

    #[test]
    fn a_key_off_the_curve_or_of_another_form_is_refused() {
        let endpoint = "https://push.example/a";
        let mut off = point();
        off[64] ^= 1;
        let mut compressed = point()[..33].to_vec();
        compressed[0] = 2;
        let mut spki = vec![
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
            0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        spki.extend(point());
        let mut hybrid = point();
        hybrid[0] = 6;
        for key in [
            off,
            compressed,
            spki,
            hybrid,
            vec![0; 65],
            vec![4; 65],
            vec![],
        ] {
            let refused = taken(endpoint, &key, &[0; 16]).unwrap_err();
            assert!(refused.contains("push.keys.p256dh: "), "{refused}");
        }
        for length in [0, 15, 17, 4096] {
            let refused = taken(endpoint, &point(), &vec![0; length]).unwrap_err();
            assert!(refused.contains("push.keys.auth: 16 bytes"), "{refused}");
        }
    }
}

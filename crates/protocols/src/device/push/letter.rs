//! A push as it is sent: sealed body and headers (RFC 8030). Nothing of what is asked is in it, sealed or
//! not: it says which session of which device to look at.

use aws_lc_rs::hmac;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use challenge::approval::push::{About, OutgoingPush};
use challenge::clock::Timestamp;
use challenge::push_key::PushKey;
use challenge::rng::Rng;
use serde::Serialize;

use super::encryption::{self, Fresh, Recipient};
use super::vapid;

/// The version of what is in a push.
const VERSION: u32 = 1;

/// Bytes that every text is filled up to before it is sealed: more than any has. Push services take
/// 4096 at least (RFC 8030, section 7.2), what sealing adds included.
const TEXT_LENGTH: usize = 256;

/// Bytes of a session's name for push services: 32 characters, the most that they take (RFC 8030,
/// section 5.4).
const TOPIC_LENGTH: usize = 24;

/// Who sends pushes.
#[derive(Clone, Copy)]
pub struct Sender<'a> {
    /// The key pair that the subscription was made with.
    pub key: &'a PushKey,
    /// A `mailto:` or `https:` URI where whoever runs this server is reached.
    pub contact: &'a str,
}

/// One try of a push.
pub struct Letter {
    /// The sealed body.
    pub body: Vec<u8>,
    /// The headers.
    pub headers: [(&'static str, String); 6],
}

/// A push that cannot be written: randomness or cryptography failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the push cannot be sealed or signed")]
pub struct Unwritable;

/// What the app finds in a push.
#[derive(Serialize)]
struct Content {
    version: u32,
    about: &'static str,
    device: String,
    session: String,
    answer_by_ms: i64,
}

/// Writes a push to be sent `now`. Its time to live ends when nobody is asked any more, and a session's
/// second push takes the place of the first where that was not delivered.
pub fn letter(
    push: &OutgoingPush,
    sender: Sender<'_>,
    now: Timestamp,
    rng: &dyn Rng,
) -> Result<Letter, Unwritable> {
    let subscription = &push.subscription;
    let content = Content {
        version: VERSION,
        about: match push.about {
            About::Asked => "asked",
            About::Ended => "ended",
        },
        device: push.device.to_string(),
        session: push.session.to_string(),
        answer_by_ms: push.answer_by.unix_ms(),
    };
    let text = serde_json::to_vec(&content).map_err(|_| Unwritable)?;
    let recipient = Recipient {
        p256dh: subscription.p256dh(),
        auth: subscription.auth(),
    };
    let body = encryption::sealed(&text, TEXT_LENGTH, &recipient, &Fresh::draw(rng)?)?;
    let whom = (subscription.service(), sender.contact);
    let authorization = vapid::authorization(sender.key, (&whom.0, whom.1), now)?;
    let left_ms = push.answer_by.unix_ms().saturating_sub(now.unix_ms());
    // Somebody waits for an answer; that none is wanted any more can wait until the phone is awake.
    let urgency = match push.about {
        About::Asked => "high",
        About::Ended => "normal",
    };
    Ok(Letter {
        body,
        headers: [
            ("authorization", authorization),
            ("content-encoding", "aes128gcm".to_owned()),
            ("content-type", "application/octet-stream".to_owned()),
            ("ttl", (left_ms / 1000).max(0).to_string()),
            ("urgency", urgency.to_owned()),
            ("topic", topic(subscription.auth(), &content.session)),
        ],
    })
}

/// The session's name for the push service: it cannot be turned back, nor be found again in another
/// subscription.
fn topic(auth: &[u8], session: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, auth);
    let tag = hmac::sign(&key, format!("topic {session}").as_bytes());
    let bytes: [u8; TOPIC_LENGTH] = tag.as_ref().first_chunk().copied().unwrap_or_default();
    Base64UrlUnpadded::encode_string(&bytes)
}

//! The chain that events are sealed into: what is digested of an event, how one link follows from the one
//! before it, and the signed statements about its two ends. Pure: who stores and seals stands elsewhere.
//!
//! What may have to be forgotten (see `personal`) enters the chain as a commitment alone, a digest over
//! it and 16 random bytes. When the texts and the random bytes are destroyed the commitment stays, the
//! chain stays whole, and nobody can find out by guessing what stood there.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

use super::Event;
use crate::clock::Timestamp;
use crate::secret::{Keyring, SealError};

/// The digest that stands before the first link.
pub const ORIGIN: Digest = [0; 32];

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// The random bytes that an event's personal part is committed with.
pub type Salt = [u8; 16];

/// What shows that this server appended an event: the version of the master key (4 bytes), and HMAC-SHA-256
/// over the event's digest under a key derived from it, cut to 16 bytes.
pub type Tag = [u8; 20];

/// How the personal part of an event is known to the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It stands in the event, and these bytes go with it.
    Salt(Salt),
    /// It was erased, and the server signed that it did so.
    Erased(Erased),
}

/// What is left of the personal part of an event that was erased.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// The commitment that the chain holds.
    pub commitment: Digest,
    /// Signed by whom, and how, that the server erased it.
    pub signature: Signature,
}

impl fmt::Debug for Erased {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Erased(..)")
    }
}

/// An Ed25519 signature (RFC 8032) and the version of the master key whose signing key made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The version of the master key.
    pub key_version: u32,
    /// The signature.
    pub bytes: [u8; 64],
}

impl Erased {
    /// The bytes in the database: commitment (32), version of the key (4), signature (64).
    pub const LENGTH: usize = 100;

    /// The bytes to store.
    pub fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.commitment.to_vec();
        bytes.extend_from_slice(&self.signature.key_version.to_be_bytes());
        bytes.extend_from_slice(&self.signature.bytes);
        bytes
    }

    /// What was stored; nothing where it has not the right length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (commitment, rest) = bytes.split_first_chunk::<32>()?;
        let (version, signature) = rest.split_first_chunk::<4>()?;
        Some(Self {
            commitment: *commitment,
            signature: Signature {
                key_version: u32::from_be_bytes(*version),
                bytes: signature.try_into().ok()?,
            },
        })
    }
}

/// An event without what may have to be forgotten: the user as named in the request, the address, the
/// caller's own name for the request, and the fields of a transaction. Ids and the names of clients and
/// officers stay: they say who did what.
pub fn without_personal(event: &Event) -> Event {
    let mut left = event.clone();
    left.detail.named_user = None;
    left.detail.address = None;
    left.detail.correlation = None;
    left.detail.fields = Vec::new();
    left
}

/// Whether anything stands in an event that may have to be forgotten.
pub fn has_personal(event: &Event) -> bool {
    let detail = &event.detail;
    let texts = [&detail.named_user, &detail.address, &detail.correlation];
    texts.into_iter().any(Option::is_some) || !detail.fields.is_empty()
}

/// The bytes of what may have to be forgotten.
fn personal(event: &Event) -> Vec<u8> {
    let detail = &event.detail;
    let mut members = Members::new();
    members.text("named_user", detail.named_user.as_deref());
    members.text("address", detail.address.as_deref());
    members.text("correlation", detail.correlation.as_deref());
    for (name, value) in &detail.fields {
        members.text("field", Some(name));
        members.text("value", Some(value));
    }
    members.0
}

/// The bytes of everything else.
fn lasting(event: &Event) -> Vec<u8> {
    let detail = &event.detail;
    let number = |number: i64| number.to_be_bytes();
    let mut members = Members::new();
    members.bytes("id", event.id.as_bytes());
    members.bytes("at", &number(event.at.unix_ms()));
    members.bytes("tenant", &number(event.tenant.number()));
    members.text("kind", Some(event.kind.name()));
    members.text("outcome", Some(event.outcome.name()));
    if let Some(user) = event.user {
        members.bytes("user", &number(user.number()));
    }
    members.text("door", detail.door.map(crate::door::Door::name));
    members.text("client", detail.client.as_deref());
    members.text("site", detail.site.as_deref());
    if let Some(authenticator) = detail.authenticator {
        members.bytes("authenticator", &number(authenticator.number()));
    }
    if let Some(challenge) = &detail.challenge {
        members.bytes("challenge", challenge.as_bytes());
    }
    members.text("policy", detail.policy.as_deref());
    members.text("channel", detail.channel.as_deref());
    if let Some(session) = detail.session {
        members.bytes("session", &number(session.number()));
    }
    if let Some(device) = detail.device {
        members.bytes("device", &number(device.number()));
    }
    members.0
}

/// Names and values one after the other, each behind its length in four bytes, so that no two events have
/// the same bytes. What is absent is left out: a member that a later version adds changes no older event.
pub(super) struct Members(pub(super) Vec<u8>);

impl Members {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(512))
    }

    pub(super) fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.bytes(name, value.as_bytes());
        }
    }

    pub(super) fn bytes(&mut self, name: &str, value: &[u8]) {
        for part in [name.as_bytes(), value] {
            // No text in an event is anywhere near 4 GB.
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            self.0.extend_from_slice(&length.to_be_bytes());
            self.0.extend_from_slice(part);
        }
    }
}

pub(super) fn digest(parts: &[&[u8]]) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = ORIGIN;
    for (place, byte) in out.iter_mut().zip(context.finish().as_ref()) {
        *place = *byte;
    }
    out
}

/// What the chain holds of an event's personal part.
pub fn commitment(event: &Event, salt: &Salt) -> Digest {
    digest(&[b"countersign audit personal v1", salt, &personal(event)])
}

/// The digest of an event.
pub fn leaf(event: &Event, opening: &Opening) -> Digest {
    let commitment = match opening {
        Opening::Salt(salt) => commitment(event, salt),
        Opening::Erased(erased) => erased.commitment,
    };
    digest(&[b"countersign audit event v1", &commitment, &lasting(event)])
}

/// The link of the event with this number (the first is 1) behind the link before it.
pub fn link(number: u64, before: &Digest, leaf: &Digest) -> Digest {
    let number = number.to_be_bytes();
    digest(&[b"countersign audit link v1", &number, before, leaf])
}

/// A signed statement about one end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The number of the last event up to which this speaks.
    pub number: u64,
    /// Its link.
    pub link: Digest,
    /// When it was signed.
    pub at: Timestamp,
    /// The signature.
    pub signature: Signature,
}

/// Which end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Up to here everything is sealed.
    Head,
    /// Up to here everything was removed, because its time was over.
    Cut,
}

impl fmt::Display for Which {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Head => "head",
            Self::Cut => "cut",
        })
    }
}

/// How a chain began. Signed with both of its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// When its first link was made.
    pub at: Timestamp,
    /// Until when events are sealed that no [`Stamp`] marked: those of an older version, and of its nodes
    /// that still run.
    pub unmarked_until: Timestamp,
}

/// The chain as it is kept beside its links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// How it began.
    pub beginning: Beginning,
    /// Up to where it is sealed.
    pub head: End,
    /// Up to where it was cut off; nothing: it is whole.
    pub cut: Option<End>,
}

impl Chain {
    /// The number and the link that the first event follows which is still there.
    pub fn foot(&self) -> (u64, Digest) {
        self.cut.map_or((0, ORIGIN), |cut| (cut.number, cut.link))
    }
}

/// The bytes that are signed of an end.
pub fn statement(which: Which, beginning: &Beginning, end: (u64, &Digest, Timestamp)) -> Vec<u8> {
    let (number, link, at) = end;
    let label: &[u8] = match which {
        Which::Head => b"countersign audit head v1",
        Which::Cut => b"countersign audit cut v1",
    };
    let mut bytes = label.to_vec();
    bytes.extend_from_slice(&beginning.at.unix_ms().to_be_bytes());
    bytes.extend_from_slice(&beginning.unmarked_until.unix_ms().to_be_bytes());
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(link);
    bytes.extend_from_slice(&at.unix_ms().to_be_bytes());
    bytes
}

/// The bytes that are signed where the personal part of an event is erased.
pub fn erasure(event: &Event, commitment: &Digest) -> Vec<u8> {
    let mut bytes = b"countersign audit erased v1".to_vec();
    bytes.extend_from_slice(&event.tenant.number().to_be_bytes());
    bytes.extend_from_slice(event.id.as_bytes());
    bytes.extend_from_slice(commitment);
    bytes
}

/// Signs an end.
pub fn signed(
    keyring: &Keyring,
    which: Which,
    beginning: &Beginning,
    (number, link, at): (u64, Digest, Timestamp),
) -> Result<End, SealError> {
    let signature = keyring.audit_signature(&statement(which, beginning, (number, &link, at)))?;
    Ok(End {
        number,
        link,
        at,
        signature,
    })
}

/// The public keys that signatures are verified with, by the version of their master key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicKeys(pub Vec<(u32, [u8; 32])>);

impl PublicKeys {
    /// Why a signature does not count; nothing where it does.
    pub fn problem(&self, message: &[u8], signature: &Signature) -> Option<String> {
        let version = signature.key_version;
        let Some((_, key)) = self.0.iter().find(|(known, _)| *known == version) else {
            return Some(format!(
                "it is signed with the key of master key version {version}, which is not here"
            ));
        };
        let key = UnparsedPublicKey::new(&ED25519, key);
        let verified = key.verify(message, &signature.bytes);
        verified
            .err()
            .map(|_| "its signature is not this server's".to_owned())
    }

    /// Why an end does not count; nothing where it does.
    pub fn problem_of(&self, which: Which, beginning: &Beginning, end: &End) -> Option<String> {
        let message = statement(which, beginning, (end.number, &end.link, end.at));
        self.problem(&message, &end.signature)
    }

    /// Why the ends of a chain do not count, each that does not.
    pub fn problems_of(&self, chain: &Chain) -> impl Iterator<Item = String> {
        let ends = [(Which::Head, Some(chain.head)), (Which::Cut, chain.cut)];
        ends.into_iter().filter_map(move |(which, end)| {
            let problem = self.problem_of(which, &chain.beginning, &end?)?;
            Some(format!("its {which} does not count: {problem}"))
        })
    }
}

/// Marks events as they are appended, so that nobody can add one who has the database and not the key.
///
/// Nothing that is ever answered depends on the salts, so they are drawn by the library of the digests:
/// a conversation with a seeded generator is the same with and without them.
#[derive(Clone)]
pub struct Stamp {
    key_version: u32,
    key: hmac::Key,
}

impl fmt::Debug for Stamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Stamp(..)")
    }
}

/// What an event is appended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Stays with the event.
    pub salt: Salt,
    /// Waits with it to be sealed.
    pub tag: Tag,
}

impl Stamp {
    pub(crate) fn new(key_version: u32, key: hmac::Key) -> Self {
        Self { key_version, key }
    }

    /// Marks an event; the error: the system gives no random bytes.
    pub fn mark(&self, event: &Event) -> Result<Mark, SealError> {
        let mut salt = [0; 16];
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| SealError::Damaged)?;
        let leaf = leaf(event, &Opening::Salt(salt));
        let tag = tag((self.key_version, &self.key), &leaf);
        Ok(Mark { salt, tag })
    }
}

/// The tag of an event's digest.
pub(crate) fn tag((key_version, key): (u32, &hmac::Key), leaf: &Digest) -> Tag {
    let (version, full) = (key_version.to_be_bytes(), hmac::sign(key, leaf));
    let mut tag = [0; 20];
    for (place, byte) in tag.iter_mut().zip(version.iter().chain(full.as_ref())) {
        *place = *byte;
    }
    tag
}

/// The version of the master key that a tag says it was made under.
pub(crate) fn key_version(unverified: &Tag) -> u32 {
    let [first, second, third, fourth, ..] = *unverified;
    u32::from_be_bytes([first, second, third, fourth])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Detail, EventKind, Outcome};
    use crate::door::Door;
    use crate::id::{Id, TimedId};

    const SALT: Opening = Opening::Salt([7; 16]);

    fn event() -> Event {
        let at = Timestamp::from_unix_s(1_800_000_000);
        Event {
            id: TimedId::first_at(at),
            at,
            tenant: Id::from_number(41).unwrap(),
            kind: EventKind::Signature,
            outcome: Outcome::Done,
            user: Id::from_number(7),
            detail: Detail {
                door: Some(Door::Activid),
                client: Some("portal".into()),
                named_user: Some("ann".into()),
                site: Some("shop".into()),
                authenticator: Id::from_number(9),
                challenge: Some(TimedId::first_at(at)),
                policy: Some("P".into()),
                channel: Some("C".into()),
                address: Some("::1".into()),
                correlation: Some("r-1".into()),
                session: Id::from_number(10),
                device: Id::from_number(11),
                fields: vec![("payee".into(), "Landlord".into())],
            },
        }
    }

    /// A change of one member.
    type Change = fn(&mut Event);

    #[test]
    fn whatever_is_changed_of_an_event_changes_its_digest() {
        let changes: [Change; 22] = [
            |event| event.id = TimedId::from_bytes([1; 16]),
            |event| event.at = event.at.plus_s(1),
            |event| event.tenant = Id::SERVER,
            |event| event.kind = EventKind::Response,
            |event| event.outcome = Outcome::Wrong,
            |event| event.user = None,
            |event| event.detail.door = None,
            |event| event.detail.client = None,
            |event| event.detail.named_user = Some("bob".into()),
            |event| event.detail.site = None,
            |event| event.detail.authenticator = None,
            |event| event.detail.challenge = None,
            |event| event.detail.policy = None,
            |event| event.detail.channel = None,
            |event| event.detail.address = None,
            |event| event.detail.correlation = None,
            |event| event.detail.session = None,
            |event| event.detail.device = None,
            |event| event.detail.fields = Vec::new(),
            |event| event.detail.fields = vec![("paye".into(), "eLandlord".into())],
            // A text moves from one member to another.
            |event| event.detail.policy = event.detail.channel.replace("P".into()),
            |event| event.detail.address = event.detail.correlation.replace("::1".into()),
        ];
        let mut seen = std::collections::BTreeSet::from([leaf(&event(), &SALT)]);
        for (place, change) in changes.iter().enumerate() {
            let mut changed = event();
            change(&mut changed);
            assert!(seen.insert(leaf(&changed, &SALT)), "change {place}");
        }
        assert!(seen.insert(leaf(&event(), &Opening::Salt([8; 16]))));
    }

    #[test]
    fn an_event_without_its_texts_has_the_digest_it_had() {
        let whole = event();
        let salt = [7; 16];
        let without = without_personal(&whole);
        assert!(has_personal(&whole) && !has_personal(&without));
        let erased = Erased {
            commitment: commitment(&whole, &salt),
            signature: Signature {
                key_version: 3,
                bytes: [5; 64],
            },
        };
        let bytes = erased.to_bytes();
        assert_eq!(bytes.len(), Erased::LENGTH);
        assert_eq!(Erased::from_bytes(&bytes), Some(erased));
        assert_eq!(Erased::from_bytes(&bytes[1..]), None);
        let opening = Opening::Erased(erased);
        assert_eq!(leaf(&without, &opening), leaf(&whole, &SALT));
        assert_ne!(leaf(&without, &SALT), leaf(&whole, &SALT));
    }

    #[test]
    fn an_end_is_signed_for_what_it_is_alone() {
        let keys = [(1, [7; 32]), (2, [8; 32])].into();
        let ring = Keyring::new(keys).unwrap();
        let until = Timestamp::from_unix_s(1_800_000_000);
        let begun = Beginning {
            at: until.plus_s(7),
            unmarked_until: until,
        };
        let end = signed(&ring, Which::Head, &begun, (40, [1; 32], until)).unwrap();
        let keys = ring.audit_public_keys();
        assert_eq!(end.signature.key_version, 2);
        assert_eq!(keys.problem_of(Which::Head, &begun, &end), None);
        let changed = [
            End { number: 41, ..end },
            End {
                link: [2; 32],
                ..end
            },
            End {
                at: until.plus_s(1),
                ..end
            },
            End {
                signature: Signature {
                    key_version: 1,
                    ..end.signature
                },
                ..end
            },
        ];
        for other in changed {
            assert!(keys.problem_of(Which::Head, &begun, &other).is_some());
        }
        assert!(keys.problem_of(Which::Cut, &begun, &end).is_some());
        let (mut earlier, mut longer) = (begun, begun);
        earlier.at = until;
        longer.unmarked_until = until.plus_s(1);
        for other in [earlier, longer] {
            assert!(keys.problem_of(Which::Head, &other, &end).is_some());
        }
        let older = Keyring::new([(1, [7; 32])].into()).unwrap();
        let problem = older
            .audit_public_keys()
            .problem_of(Which::Head, &begun, &end);
        assert!(problem.unwrap().contains("version 2, which is not here"));
    }
}

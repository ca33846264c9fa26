//! Secrets at rest: sealed where they are needed in clear again, hashed under a key where not.
//!
//! Sealing is AES-256-GCM (NIST SP 800-38D) under the master key, with the table, row and column
//! as associated data, so that a sealed value cannot be moved to another row. What this module is
//! not for: passwords and PINs that people choose.

mod auditing;
mod lasting;
mod master;
mod ring;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, RwLock};

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use aws_lc_rs::{constant_time, hmac};
use zeroize::{Zeroize, Zeroizing};

use self::lasting::Lasting;
use self::master::MasterKey;
pub use self::ring::Held;
use self::ring::Ring;
pub(crate) use self::ring::lasting_place;
use crate::approval::PublicKey;
use crate::clock::Timestamp;
use crate::push_key::PushKey;
use crate::rng::{self, Rng};

/// Length of a master key in bytes.
pub const MASTER_KEY_LENGTH: usize = 32;

/// Length of the key version and the nonce that stand before the sealed bytes.
const HEADER_LENGTH: usize = 4 + NONCE_LEN;

/// A value sealed under one version of the master key: version (4 bytes), nonce (12), ciphertext
/// and tag.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// The sealed value as the database keeps it.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Sealed({} bytes)", self.0.len())
    }
}

/// A client secret as it is stored: HMAC-SHA-256 under a key derived from the master key.
///
/// No `PartialEq`: it is compared by [`Keyring::client_secret_matches`] alone, in constant time.
#[derive(Clone)]
pub struct SecretMac {
    /// The version of the master key it was made under.
    pub key_version: u32,
    /// The 32 bytes of the HMAC.
    pub mac: [u8; 32],
}

impl fmt::Debug for SecretMac {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SecretMac(..)")
    }
}

/// Why something sealed could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The value was sealed under a master key that this server does not hold.
    #[error("sealed under master key version {0}, which is not here; give the server that key too")]
    UnknownKey(u32),
    /// The value is damaged, or was moved from another row.
    #[error("a sealed value is damaged or stands in the wrong row")]
    Damaged,
}

/// The master keys: one that seals, others that open, and of those that were dropped what lasts. A key may
/// come, go, or begin to seal while all of it is in use.
pub struct Keyring {
    ring: RwLock<Arc<Ring>>,
}

/// One of the keys of a master key that last.
type KeyOf = fn(&Lasting) -> &hmac::Key;

impl fmt::Debug for Keyring {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ring = self.ring();
        write!(
            out,
            "Keyring(current version {}, {} keys)",
            ring.current,
            ring.keys.len()
        )
    }
}

impl Keyring {
    /// A key ring whose highest version seals. The bytes given are wiped.
    ///
    /// Nothing where no key was given.
    pub fn new(keys: BTreeMap<u32, [u8; MASTER_KEY_LENGTH]>) -> Option<Self> {
        let current = keys.keys().next_back().copied()?;
        let keys = keys
            .into_iter()
            .filter_map(|(version, mut key)| {
                let derived = MasterKey::derive(&key);
                key.zeroize();
                Some((version, Arc::new(derived?)))
            })
            .collect();
        Some(Self {
            ring: RwLock::new(Arc::new(Ring::of(current, keys))),
        })
    }

    /// The version of the master key that seals.
    pub fn version(&self) -> u32 {
        self.ring().current
    }

    /// Seals `plain` for one place; `place` names table, row and column.
    pub fn seal(
        &self,
        rng: &dyn Rng,
        place: &Place<'_>,
        plain: &[u8],
    ) -> Result<Sealed, SealError> {
        let (current, key) = self.current()?;
        let nonce: [u8; NONCE_LEN] = rng::bytes(rng);
        let mut body = Vec::with_capacity(plain.len() + 16);
        body.extend_from_slice(plain);
        key.sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.associated_data()),
                &mut body,
            )
            .map_err(|_| SealError::Damaged)?;
        let mut sealed = Vec::with_capacity(HEADER_LENGTH + body.len());
        sealed.extend_from_slice(&current.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut body);
        Ok(Sealed(sealed))
    }

    /// Opens what was sealed for this place.
    pub fn open(
        &self,
        place: &Place<'_>,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (version, rest) = sealed
            .0
            .split_first_chunk::<4>()
            .ok_or(SealError::Damaged)?;
        let (nonce, body) = rest
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(SealError::Damaged)?;
        let key = self.key(u32::from_be_bytes(*version))?;
        let mut plain = Zeroizing::new(body.to_vec());
        let length = key
            .sealing
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(place.associated_data()),
                &mut plain,
            )
            .map_err(|_| SealError::Damaged)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    /// The form in which a client's secret is stored.
    pub fn client_secret_mac(&self, secret: &str) -> Result<SecretMac, SealError> {
        self.mac(|key| &key.client_secrets, secret)
    }

    /// Whether this is the secret, decided in constant time.
    ///
    /// Without a stored form (an unknown client) the same work is done and the answer is no.
    pub fn client_secret_matches(&self, stored: Option<&SecretMac>, unverified: &str) -> bool {
        self.matches(|key| &key.client_secrets, stored, unverified)
    }

    /// The form in which is kept what an officer proves to be one with; what it is for goes before it.
    pub(crate) fn officer_mac(&self, purpose: &str, text: &str) -> Result<SecretMac, SealError> {
        self.mac(|key| &key.officers, &format!("{purpose} {text}"))
    }

    /// Whether this is what is kept, decided in constant time; where nothing is, the same work is
    /// done and the answer is no.
    pub(crate) fn officer_matches(
        &self,
        stored: Option<&SecretMac>,
        purpose: &str,
        unverified: &str,
    ) -> bool {
        let named = format!("{purpose} {unverified}");
        self.matches(|key| &key.officers, stored, &named)
    }

    fn mac(&self, of: KeyOf, text: &str) -> Result<SecretMac, SealError> {
        let (current, key) = self.current()?;
        let tag = hmac::sign(of(&key.lasting), text.as_bytes());
        let mac = tag.as_ref().try_into().map_err(|_| SealError::Damaged)?;
        Ok(SecretMac {
            key_version: current,
            mac,
        })
    }

    fn matches(&self, of: KeyOf, stored: Option<&SecretMac>, unverified: &str) -> bool {
        let ring = self.ring();
        let version = stored.map_or(ring.current, |stored| stored.key_version);
        let Some(key) = ring.lasting(version) else {
            return false;
        };
        let tag = hmac::sign(of(key), unverified.as_bytes());
        let expected = stored.map_or([0; 32], |stored| stored.mac);
        let equal = constant_time::verify_slices_are_equal(tag.as_ref(), &expected).is_ok();
        equal && stored.is_some()
    }

    /// The digest by which a new linking code is kept.
    pub fn linking_code_digest(&self, code: &str) -> Result<[u8; 32], SealError> {
        let (_, key) = self.current()?;
        key.linking("code", code).ok_or(SealError::Damaged)
    }

    /// The digests by which a linking code may be kept: one for each key.
    pub fn linking_code_digests(&self, code: &str) -> Vec<[u8; 32]> {
        let ring = self.ring();
        let keys = ring.keys.values();
        keys.filter_map(|key| key.linking("code", code)).collect()
    }

    /// The digest by which wrong guesses at linking codes from one place are counted. Another master key
    /// begins to count anew.
    pub fn linking_place_digest(&self, place: &str) -> Result<[u8; 32], SealError> {
        let (_, key) = self.current()?;
        key.linking("place", place).ok_or(SealError::Damaged)
    }

    /// The seed of the puzzles of one turn, in hexadecimal: the same on every node.
    pub fn linking_puzzle_seed(&self, turn: i64) -> Result<String, SealError> {
        let (_, key) = self.current()?;
        key.linking_seed(turn).ok_or(SealError::Damaged)
    }

    /// The seeds that a puzzle of one turn may have been given with: one for each key.
    pub fn linking_puzzle_seeds(&self, turn: i64) -> Vec<String> {
        let ring = self.ring();
        let keys = ring.keys.values();
        keys.filter_map(|key| key.linking_seed(turn)).collect()
    }

    /// Seals what strangers carry around: under a key of its own for each hour, because they can have
    /// as many of these made as they like, and random nonces allow 2^32 under one key (NIST SP
    /// 800-38D, section 8.3).
    pub fn seal_ticket(
        &self,
        rng: &dyn Rng,
        now: Timestamp,
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let hour = u32::try_from(now.unix_s() / 3600).map_err(|_| SealError::Damaged)?;
        let (current, key) = self.current()?;
        let key = key.ticket_key(hour)?;
        let nonce: [u8; NONCE_LEN] = rng::bytes(rng);
        let mut sealed = current.to_be_bytes().to_vec();
        sealed.extend_from_slice(&hour.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        let mut body = plain.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut body)
            .map_err(|_| SealError::Damaged)?;
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// Opens a ticket; nothing where no key of this ring sealed it.
    pub fn open_ticket(&self, unverified: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (version, rest) = unverified.split_first_chunk::<4>()?;
        let (hour, rest) = rest.split_first_chunk::<4>()?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>()?;
        let master = self.key(u32::from_be_bytes(*version)).ok()?;
        let key = master.ticket_key(u32::from_be_bytes(*hour)).ok()?;
        let mut plain = Zeroizing::new(body.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = key
            .open_in_place(nonce, Aad::empty(), &mut plain)
            .ok()?
            .len();
        plain.truncate(length);
        Some(plain)
    }

    /// The key that a site's puzzles are signed with. It is not made from the site's own key, which may
    /// be short: what everybody can see would tell whether a guess at it is right.
    pub fn puzzle_key(&self, site: i64) -> Result<Zeroizing<[u8; 32]>, SealError> {
        let (_, key) = self.current()?;
        key.puzzle_key(site).ok_or(SealError::Damaged)
    }

    /// The keys that a site's puzzles may be signed with: one for each master key.
    pub fn puzzle_keys(&self, site: i64) -> Vec<Zeroizing<[u8; 32]>> {
        let ring = self.ring();
        let keys = ring.keys.values().rev();
        keys.filter_map(|key| key.puzzle_key(site)).collect()
    }

    /// By what a visitor's voice about a corpus is told from others: the address itself is not kept, and
    /// cannot be found without this ring. Another master key makes it another voice.
    pub fn voice(&self, corpus: i64, address: &str) -> Result<[u8; 16], SealError> {
        let text = format!("{corpus} {address}");
        let (_, key) = self.current()?;
        let tag = hmac::sign(&key.lasting.voices, text.as_bytes());
        let half = tag.as_ref().first_chunk::<16>();
        half.copied().ok_or(SealError::Damaged)
    }

    /// The key that a transaction's questions are derived under, for one tenant.
    pub fn question_key(&self, tenant: i64) -> Result<hmac::Key, SealError> {
        let (_, key) = self.current()?;
        let key = hmac::sign(&key.questions, &tenant.to_be_bytes());
        Ok(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    /// The keys under which one authenticator's passcodes are remembered: first the one under which they
    /// are from now on, then those under which they may have been.
    pub fn passcode_keys(&self, authenticator: i64) -> Vec<hmac::Key> {
        let ring = self.ring();
        let current = ring.lasting(ring.current).into_iter();
        let of = |lasting: &Lasting| {
            let key = hmac::sign(&lasting.passcodes, &authenticator.to_be_bytes());
            hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
        };
        current.chain(ring.lasting_of_others()).map(of).collect()
    }

    /// The key pair by which push services know this server now.
    pub fn push_key(&self) -> Result<Arc<PushKey>, SealError> {
        let (_, key) = self.current()?;
        Ok(Arc::clone(&key.lasting.push))
    }

    /// The key pair with this public half: the present one, or one of an older master key.
    pub fn push_key_of(&self, public: &PublicKey) -> Option<Arc<PushKey>> {
        let ring = self.ring();
        let mut keys = ring.all_lasting().map(|lasting| &lasting.push);
        keys.find(|key| key.public() == public).map(Arc::clone)
    }
}

/// Where a sealed value stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The tenant's id.
    pub tenant: i64,
    /// The row's id.
    pub row: i64,
}

impl Place<'_> {
    fn associated_data(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(self.table.len() + self.column.len() + 18);
        data.extend_from_slice(self.table.as_bytes());
        data.push(0);
        data.extend_from_slice(self.column.as_bytes());
        data.push(0);
        data.extend_from_slice(&self.tenant.to_be_bytes());
        data.extend_from_slice(&self.row.to_be_bytes());
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::DangerCountingRng;

    const PLACE: Place<'_> = Place {
        table: "authenticator",
        column: "secret",
        tenant: 1,
        row: 2,
    };

    fn keyring(keys: &[(u32, u8)]) -> Keyring {
        let keys = keys
            .iter()
            .map(|&(version, byte)| (version, [byte; 32]))
            .collect();
        Keyring::new(keys).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_in_its_place_alone() {
        let (ring, rng) = (keyring(&[(1, 7)]), DangerCountingRng::default());
        let sealed = ring.seal(&rng, &PLACE, b"key").unwrap();
        assert_eq!(ring.open(&PLACE, &sealed).unwrap().as_slice(), b"key");
        for elsewhere in [
            Place {
                table: "site",
                ..PLACE
            },
            Place {
                column: "pin",
                ..PLACE
            },
            Place { tenant: 2, ..PLACE },
            Place { row: 3, ..PLACE },
        ] {
            assert_eq!(
                ring.open(&elsewhere, &sealed).unwrap_err(),
                SealError::Damaged
            );
        }
    }

    #[test]
    fn a_changed_byte_or_a_short_value_is_damaged() {
        let (ring, rng) = (keyring(&[(1, 7)]), DangerCountingRng::default());
        let sealed = ring.seal(&rng, &PLACE, b"key").unwrap();
        for place in 4..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[place] ^= 1;
            assert!(ring.open(&PLACE, &Sealed::from_bytes(bytes)).is_err());
        }
        for length in 0..sealed.as_bytes().len() {
            let short = Sealed::from_bytes(sealed.as_bytes()[..length].to_vec());
            assert!(ring.open(&PLACE, &short).is_err());
        }
    }

    #[test]
    fn an_older_key_still_opens_and_a_missing_one_is_named() {
        let rng = DangerCountingRng::default();
        let old = keyring(&[(1, 7)]).seal(&rng, &PLACE, b"key").unwrap();
        assert!(keyring(&[(1, 7), (2, 8)]).open(&PLACE, &old).is_ok());
        let missing = keyring(&[(2, 8)]).open(&PLACE, &old).unwrap_err();
        assert_eq!(missing, SealError::UnknownKey(1));
    }

    #[test]
    fn both_versions_count_while_both_are_here() {
        let (old, both) = (keyring(&[(1, 7)]), keyring(&[(1, 7), (2, 8)]));
        let seed = old.linking_puzzle_seed(5).unwrap();
        assert!(both.linking_puzzle_seeds(5).contains(&seed));
        assert_ne!(both.linking_puzzle_seed(5).unwrap(), seed);
        assert!(!both.linking_puzzle_seeds(6).contains(&seed));
        let code = old.linking_code_digest("12345678").unwrap();
        assert!(both.linking_code_digests("12345678").contains(&code));
        let key = old.puzzle_key(9).unwrap();
        assert!(both.puzzle_keys(9).contains(&key) && !both.puzzle_keys(8).contains(&key));
        let tag = |key: &hmac::Key| hmac::sign(key, b"159357").as_ref().to_vec();
        let tags = |ring: &Keyring| ring.passcode_keys(3).iter().map(tag).collect::<Vec<_>>();
        // What is remembered from now on is remembered under the new one.
        assert_eq!(tags(&both)[1..], tags(&old)[..]);
        let secret = old.client_secret_mac("password01").unwrap();
        assert!(both.client_secret_matches(Some(&secret), "password01"));
        assert!(
            both.audit_public_keys()
                .0
                .contains(&old.audit_public_keys().0[0])
        );
    }

    #[test]
    fn a_key_that_was_dropped_opens_nothing_and_what_lasts_of_it_counts() {
        let rng = DangerCountingRng::default();
        let (old, both, new) = (
            keyring(&[(1, 7)]),
            keyring(&[(1, 7), (2, 8)]),
            keyring(&[(2, 8)]),
        );
        let (sealed, secret) = (
            old.seal(&rng, &PLACE, b"key").unwrap(),
            old.client_secret_mac("password01").unwrap(),
        );
        let ticket = old.seal_ticket(&rng, Timestamp::from_unix_s(1_800_000_000), b"t");
        let lasting = both.seal_lasting(&rng, 1).unwrap();
        let unsealed = keyring(&[(1, 9)]).take_up(&old, 1, &[(1, lasting.clone())]);
        assert_eq!(unsealed, Err(SealError::UnknownKey(2)));
        new.take_up(&keyring(&[(2, 8)]), 2, &[(1, lasting)])
            .unwrap();
        assert!(new.client_secret_matches(Some(&secret), "password01"));
        assert!(!new.client_secret_matches(Some(&secret), "password02"));
        assert_eq!(new.passcode_keys(3).len(), 2);
        assert_eq!(new.audit_public_keys(), both.audit_public_keys());
        assert!(new.push_key_of(old.push_key().unwrap().public()).is_some());
        assert_eq!(new.open(&PLACE, &sealed), Err(SealError::UnknownKey(1)));
        assert!(new.open_ticket(&ticket.unwrap()).is_none());
        assert_eq!(new.seal_lasting(&rng, 1), Err(SealError::UnknownKey(1)));
        assert_eq!(new.held().len(), 1);
    }

    #[test]
    fn a_ring_takes_up_all_or_nothing() {
        let ring = keyring(&[(1, 7)]);
        let more = keyring(&[(1, 7), (2, 8)]);
        assert_eq!(ring.take_up(&more, 3, &[]), Err(SealError::UnknownKey(3)));
        assert_eq!((ring.version(), ring.held().len()), (1, 1));
        ring.take_up(&more, 1, &[]).unwrap();
        assert_eq!((ring.version(), ring.held().len()), (1, 2));
        ring.take_up(&more, 2, &[]).unwrap();
        assert_eq!(ring.version(), 2);
        assert!(format!("{ring:?}").starts_with("Keyring(current version 2"));
    }

    #[test]
    fn a_ticket_opens_whole_alone_and_under_its_own_hour() {
        let (ring, rng) = (keyring(&[(1, 7)]), DangerCountingRng::default());
        let now = Timestamp::from_unix_s(1_800_000_000);
        let ticket = ring.seal_ticket(&rng, now, b"all of it").unwrap();
        assert_eq!(ring.open_ticket(&ticket).unwrap().as_slice(), b"all of it");
        for place in 0..ticket.len() {
            let mut changed = ticket.clone();
            changed[place] ^= 1;
            assert!(ring.open_ticket(&changed).is_none(), "byte {place}");
        }
        for length in 0..ticket.len() {
            assert!(ring.open_ticket(&ticket[..length]).is_none());
        }
        assert!(keyring(&[(1, 8)]).open_ticket(&ticket).is_none());
        assert!(keyring(&[(1, 7), (2, 8)]).open_ticket(&ticket).is_some());
    }

    #[test]
    fn a_client_secret_matches_itself_and_an_unknown_client_never() {
        let ring = keyring(&[(1, 7)]);
        let stored = ring.client_secret_mac("password01").unwrap();
        assert!(ring.client_secret_matches(Some(&stored), "password01"));
        assert!(!ring.client_secret_matches(Some(&stored), "password02"));
        assert!(!ring.client_secret_matches(None, "password01"));
        // What officers prove themselves with is kept under another key, and apart by purpose.
        let kept = ring.officer_mac("link", "password01").unwrap();
        assert!(ring.officer_matches(Some(&kept), "link", "password01"));
        assert!(!ring.officer_matches(Some(&kept), "token", "password01"));
        assert!(!ring.officer_matches(Some(&stored), "link", "password01"));
        assert!(!ring.officer_matches(None, "link", "password01"));
    }
}

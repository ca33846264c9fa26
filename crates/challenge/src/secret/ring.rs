//! The versions of the master key that are here at one moment, and how they change while they are in use.
//! Which version is to seal is not decided here: [`crate::rotation`] does.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use zeroize::Zeroizing;

use super::lasting::Lasting;
use super::master::MasterKey;
use super::{Keyring, Place, SealError, Sealed};
use crate::rng::Rng;

/// A version of the master key that is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// Which.
    pub version: u32,
    /// By which it is told from another of the same version; it tells nothing about the key.
    pub fingerprint: [u8; 16],
}

/// The keys at one moment.
pub(super) struct Ring {
    /// The version that seals.
    pub(super) current: u32,
    pub(super) keys: BTreeMap<u32, Arc<MasterKey>>,
    /// What lasts of versions that were dropped.
    pub(super) former: BTreeMap<u32, Arc<Lasting>>,
}

impl Ring {
    pub(super) fn of(current: u32, keys: BTreeMap<u32, Arc<MasterKey>>) -> Self {
        Self {
            current,
            keys,
            former: BTreeMap::new(),
        }
    }

    /// What lasts of a version, whether it is here or was dropped.
    pub(super) fn lasting(&self, version: u32) -> Option<&Lasting> {
        let whole = self.keys.get(&version).map(|key| &key.lasting);
        let found = whole.or_else(|| self.former.get(&version));
        found.map(AsRef::as_ref)
    }

    /// What lasts of all versions but the one that seals, newest first.
    pub(super) fn lasting_of_others(&self) -> impl Iterator<Item = &Lasting> {
        let all = self.all_lasting_by_version();
        let others = all.filter(|(version, _)| *version != self.current);
        others.map(|(_, lasting)| lasting)
    }

    pub(super) fn all_lasting(&self) -> impl Iterator<Item = &Lasting> {
        self.all_lasting_by_version().map(|(_, lasting)| lasting)
    }

    /// What lasts of all versions, newest first.
    pub(super) fn all_lasting_by_version(
        &self,
    ) -> impl DoubleEndedIterator<Item = (u32, &Lasting)> {
        let here = self
            .keys
            .iter()
            .map(|(version, key)| (*version, &*key.lasting));
        let gone = self.former.iter();
        let gone = gone.filter(|(version, _)| !self.keys.contains_key(version));
        let gone = gone.map(|(version, lasting)| (*version, &**lasting));
        let mut all: Vec<_> = here.chain(gone).collect();
        all.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        all.into_iter()
    }
}

impl Keyring {
    /// The keys of this moment: whoever needs several of them takes them from one ring.
    pub(super) fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The version that seals, and its key.
    pub(super) fn current(&self) -> Result<(u32, Arc<MasterKey>), SealError> {
        let ring = self.ring();
        let key = ring.keys.get(&ring.current);
        let key = key.ok_or(SealError::UnknownKey(ring.current))?;
        Ok((ring.current, Arc::clone(key)))
    }

    pub(super) fn key(&self, version: u32) -> Result<Arc<MasterKey>, SealError> {
        let ring = self.ring();
        let key = ring.keys.get(&version).map(Arc::clone);
        key.ok_or(SealError::UnknownKey(version))
    }

    /// The versions that are here, ascending; of those that were dropped nothing is said.
    pub fn held(&self) -> Vec<Held> {
        let ring = self.ring();
        let keys = ring.keys.iter();
        keys.map(|(version, key)| Held {
            version: *version,
            fingerprint: key.fingerprint,
        })
        .collect()
    }

    /// Whether a version is not here, and newer than all that are.
    pub(crate) fn may_come(&self, version: u32) -> bool {
        self.ring().keys.keys().all(|known| *known < version)
    }

    /// Takes up the keys of another ring, of which `sealing` seals from now on, and what lasts of those that
    /// were dropped. All of it or nothing; nothing where `sealing` is not among them, or where what lasts
    /// does not open.
    pub fn take_up(
        &self,
        keys: &Self,
        sealing: u32,
        dropped: &[(u32, Sealed)],
    ) -> Result<(), SealError> {
        keys.key(sealing)?;
        let mut former = BTreeMap::new();
        for (version, sealed) in dropped {
            let bytes = keys.open(&lasting_place(*version), sealed)?;
            let lasting = Lasting::of(&bytes).ok_or(SealError::Damaged)?;
            former.insert(*version, Arc::new(lasting));
        }
        let next = Arc::new(Ring {
            current: sealing,
            keys: keys.ring().keys.clone(),
            former,
        });
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// What outlives a version, sealed under the one that seals; nothing where that version is not here.
    pub fn seal_lasting(&self, rng: &dyn Rng, version: u32) -> Result<Sealed, SealError> {
        let bytes: Zeroizing<Vec<u8>> = self.key(version)?.lasting.bytes.clone();
        self.seal(rng, &lasting_place(version), &bytes)
    }
}

/// Where what lasts of a version is sealed for.
pub(crate) fn lasting_place(version: u32) -> Place<'static> {
    Place {
        table: "master_key",
        column: "lasting",
        tenant: 1,
        row: i64::from(version),
    }
}

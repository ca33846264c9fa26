//! How a node that runs follows what becomes of the master key: it says which versions it holds, and takes
//! up what the database says seals.

use std::sync::Arc;

use super::agreement::{KeyTrouble, sealing, take_up};
use super::ports::Holder;
use crate::clock::Timestamp;
use crate::ports::Version;
use crate::rng;
use crate::secret::{Held, Keyring};
use crate::verifier::Verifier;

/// Seconds after which a node says anew what it holds.
const SAID_AGAIN_S: u32 = 30;

/// A node that runs.
pub struct Node {
    verifier: Arc<Verifier>,
    id: [u8; 16],
    name: String,
    /// What was said last, and when.
    said: Option<Holder>,
    /// How many versions had been dropped when the ring was last brought up to date.
    dropped: Version,
}

impl Node {
    /// A node with this name.
    pub fn new(verifier: &Arc<Verifier>, name: String) -> Self {
        Self {
            verifier: Arc::clone(verifier),
            id: rng::bytes(&*verifier.rng),
            name,
            said: None,
            dropped: 0,
        }
    }

    /// Takes up what changed, and says what is held. `keys`: what is in the key's place now, where that can
    /// be read anew. Gives the version that seals from now on, where that changed.
    pub async fn follow(&mut self, keys: Option<&Keyring>) -> Result<Option<u32>, KeyTrouble> {
        let verifier = Arc::clone(&self.verifier);
        let (ring, store) = (&verifier.keyring, &verifier.store);
        // What is held still is said first: a version that begins to seal after that is one of these, or this
        // node is asked; one that began before is seen below. What is new is said once it is taken up.
        let mut held = keys.unwrap_or(ring).held();
        held.retain(|one| ring.held().contains(one));
        // What it seals with is held until another takes its place, though it is out of the file already.
        let mut all = ring.held().into_iter();
        let used = all.find(|one| one.version == ring.version());
        held.extend(used.filter(|one| !held.contains(one)));
        held.sort_unstable();
        self.say(held).await?;
        let rows = store.master_keys().await?;
        let before = ring.version();
        let seals = sealing(&rows).map(|row| row.held.version);
        let dropped = rows.iter().filter(|row| row.dropped_at.is_some()).count();
        let dropped = Version::try_from(dropped).unwrap_or(Version::MAX);
        let other_keys = keys.is_some_and(|keys| keys.held() != ring.held());
        if seals == Some(before) && dropped == self.dropped && !other_keys {
            return Ok(None);
        }
        // A key may be gone: what is remembered of the directory is not to be sealed under it any more.
        verifier.catalogue.refresh().await?;
        take_up(&rows, ring, keys.unwrap_or(ring))?;
        self.dropped = dropped;
        if ring.version() == before {
            self.say(ring.held()).await?;
            return Ok(None);
        }
        store.stamp_with(ring.audit_stamp()?);
        if let Some(row) = sealing(&rows) {
            verifier.health.know_key(row.added_at);
        }
        self.say(ring.held()).await?;
        Ok(Some(ring.version()))
    }

    /// Says what is held, if that is other than before or was said long ago.
    async fn say(&mut self, held: Vec<Held>) -> Result<(), KeyTrouble> {
        let now: Timestamp = self.verifier.now();
        let holder = Holder {
            node: self.id,
            name: self.name.clone(),
            seals: self.verifier.keyring.version(),
            held,
            seen_at: now,
        };
        let is_known = self.said.as_ref().is_some_and(|said| {
            let same = (said.seals, &said.held) == (holder.seals, &holder.held);
            same && now < said.seen_at.plus_s(SAID_AGAIN_S) && said.seen_at <= now
        });
        if !is_known {
            self.verifier.store.hold_keys(&holder).await?;
            self.said = Some(holder);
        }
        Ok(())
    }

    /// Says that this node ends.
    pub async fn leave(self) -> Result<(), KeyTrouble> {
        Ok(self.verifier.store.forget_holder(&self.id).await?)
    }
}

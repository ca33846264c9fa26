//! The steps of a rotation: a version becomes known, begins to seal once every node holds it, and is dropped
//! once nothing needs it. Each may be asked for again after it was cut off.

use super::agreement::{self, KeyTrouble, sealing};
use super::ports::{Holder, KeyRow};
use crate::administration::Actor;
use crate::audit::sealing::NotSealed;
use crate::audit::signing::{SignedAnew, sign_anew};
use crate::audit::{Detail, Event, EventKind, Outcome};
use crate::clock::Timestamp;
use crate::id::TimedId;
use crate::officers::CONSOLE;
use crate::ports::{Change, StoreError};
use crate::secret::Held;
use crate::verifier::Verifier;
use crate::visitor::{ANSWER_S, CHECK_S};

/// Seconds for which a node counts as running after it last said what it holds. One that ends says so.
pub const ALIVE_S: i64 = 120;

/// What is known of the master key.
#[derive(Clone, Debug)]
pub struct State {
    /// All versions, ascending, dropped ones included.
    pub keys: Vec<KeyRow>,
    /// The nodes that run.
    pub nodes: Vec<Holder>,
    /// The version that seals.
    pub seals: u32,
}

impl State {
    /// The version that is known and does not seal yet.
    pub fn waiting(&self) -> Option<&KeyRow> {
        // One below the version that seals never will.
        let may_come = |row: &&KeyRow| row.held.version > self.seals && row.dropped_at.is_none();
        self.keys
            .iter()
            .rfind(|row| may_come(row) && row.seals_since.is_none())
    }

    /// What is known of a version.
    pub fn key(&self, version: u32) -> Option<&KeyRow> {
        self.keys.iter().find(|row| row.held.version == version)
    }

    /// The nodes that run and do not hold this key.
    pub fn without(&self, held: &Held) -> Vec<&Holder> {
        let lacks = |node: &&Holder| !node.held.contains(held);
        self.nodes.iter().filter(lacks).collect()
    }
}

/// What came of asking for a version to seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It seals from now on.
    Seals,
    /// These nodes do not hold it yet.
    NotHeldBy(Vec<String>),
}

/// Why a version does not come to seal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotateRefused {
    /// The keys or the database.
    #[error(transparent)]
    Trouble(#[from] KeyTrouble),
    /// There is no such version that waits.
    #[error("master key version {0} does not wait to be used; see `countersign key status`")]
    NotWaiting(u32),
}

/// Why a version is not dropped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DropRefused {
    /// The keys or the database.
    #[error(transparent)]
    Trouble(#[from] KeyTrouble),
    /// There is no such version.
    #[error("there is no master key version {0}; see `countersign key status`")]
    Unknown(u32),
    /// It was dropped before.
    #[error("master key version {0} was dropped already")]
    Dropped(u32),
    /// It seals.
    #[error("master key version {0} seals; run `countersign key rotate` first")]
    Seals(u32),
    /// A node still seals with it.
    #[error("the node {node} still seals with master key version {version}; try again in a minute")]
    Used {
        /// The node.
        node: String,
        /// The version.
        version: u32,
    },
    /// Not everything is known to be sealed under the version that seals.
    #[error(
        "not everything is known to be sealed under master key version {0} yet; run `countersign key rotate` \
         to its end first"
    )]
    Unfinished(u32),
    /// Another version began to seal while it was counted what needs this one.
    #[error(
        "another version began to seal, or a node came or went, while it was counted what needs master key \
         version {0}: nothing was dropped; run this again"
    )]
    Changed(u32),
    /// What was given out under it is still good.
    #[error(
        "challenges and linking codes that were given out under master key version {version} are good for \
         {wait_s} more seconds; come back then, or end them with --now"
    )]
    Carried {
        /// The version.
        version: u32,
        /// Seconds.
        wait_s: i64,
    },
    /// Rows need it.
    #[error(
        "{rows} rows and {events} events of the audit log still need master key version {version}; run \
         `countersign key rotate` to have them sealed anew"
    )]
    Needed {
        /// The version.
        version: u32,
        /// Rows that are sealed under it.
        rows: u64,
        /// Events that were marked under it and are not sealed into the chain yet, or not signed anew.
        events: u64,
    },
}

impl Verifier {
    /// What is known of the master key now.
    pub async fn key_state(&self) -> Result<State, KeyTrouble> {
        self.state_of(self.store.master_keys().await?).await
    }

    /// What is known, where these are the versions.
    async fn state_of(&self, keys: Vec<KeyRow>) -> Result<State, KeyTrouble> {
        let seals = sealing(&keys).ok_or(KeyTrouble::NoneSeals)?.held.version;
        let nodes = self.store.key_holders(self.alive_since()).await?;
        Ok(State { keys, nodes, seals })
    }

    /// Brings this ring to what the database says now, and marks under it what is appended to the audit log.
    async fn agree(&self) -> Result<Vec<KeyRow>, KeyTrouble> {
        let keys = agreement::agree(&*self.store, &self.keyring, self.now()).await?;
        self.store.stamp_with(self.keyring.audit_stamp()?);
        Ok(keys)
    }

    /// A node that was seen since then counts as running.
    fn alive_since(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.now().unix_ms() - ALIVE_S * 1000)
    }

    /// Makes a version known that is in this ring; whether it was not before.
    pub async fn introduce_key(&self, held: Held, by: &Actor<'_>) -> Result<bool, KeyTrouble> {
        let row = KeyRow::waiting(held, self.now());
        let known = self.store.master_keys().await?;
        if known.iter().any(|row| row.held == held) {
            return Ok(false);
        }
        // An older one would seal in the stead of the one that seals.
        if known.iter().any(|row| row.held.version >= held.version) {
            return Err(KeyTrouble::Other(held.version));
        }
        let rows = self.store.add_key(&row).await?;
        if !rows.iter().any(|row| row.held == held) {
            return Err(KeyTrouble::Other(held.version));
        }
        self.tell_of_key("known", held.version, by).await?;
        Ok(true)
    }

    /// Lets a version seal, if every node that runs holds it.
    pub async fn begin_sealing(
        &self,
        version: u32,
        by: &Actor<'_>,
    ) -> Result<Begun, RotateRefused> {
        let state = self.key_state().await?;
        let waiting = state.waiting().filter(|row| row.held.version == version);
        let held = waiting.ok_or(RotateRefused::NotWaiting(version))?.held;
        let names = |nodes: Vec<&Holder>| nodes.iter().map(|node| node.name.clone()).collect();
        let without = state.without(&held);
        if !without.is_empty() {
            return Ok(Begun::NotHeldBy(names(without)));
        }
        let now = self.now();
        let moments = (now, self.alive_since());
        match self.store.begin_sealing(version, moments).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => {
                let state = self.key_state().await?;
                let without = names(state.without(&held));
                return Ok(if state.seals == version {
                    Begun::Seals
                } else {
                    Begun::NotHeldBy(without)
                });
            }
            Err(error) => return Err(KeyTrouble::Store(error).into()),
        }
        self.agree().await?;
        self.tell_of_key("seals", version, by).await?;
        Ok(Begun::Seals)
    }

    /// Drops a version that nothing needs any more. `at_once`: what was given out under it ends.
    pub async fn drop_key(
        &self,
        version: u32,
        at_once: bool,
        by: &Actor<'_>,
    ) -> Result<(), DropRefused> {
        // What lasts of it is sealed under the version that seals now, not under the one of this ring's start.
        let keys = self.agree().await?;
        let state = self.state_of(keys).await?;
        match self.may_drop(&state, version, at_once) {
            // Its line may have been put back for what was sealed under it since.
            Err(DropRefused::Dropped(_)) => return Err(self.dropped_before(version).await?),
            may => may?,
        }
        let trouble = |error: StoreError| DropRefused::Trouble(error.into());
        // What is being changed from rows as they were is not written after they are counted.
        self.store.raise_directory().await.map_err(trouble)?;
        let rows = self.needs(&|_| ()).await?.of(version);
        let unsealed = self.store.marked_events(version).await.map_err(trouble)?;
        let signed = self.sign_log_anew().await?;
        let events = unsealed.max(signed.left);
        if rows + events > 0 {
            return Err(DropRefused::Needed {
                version,
                rows,
                events,
            });
        }
        let sealed = self.keyring.seal_lasting(&*self.rng, version);
        let lasting = sealed.map_err(KeyTrouble::Seal)?;
        let moments = (self.now(), self.alive_since());
        let dropped = self
            .store
            .drop_key(version, (state.seals, &lasting), moments);
        match dropped.await {
            Ok(()) => Ok(self.tell_of_key("dropped", version, by).await?),
            Err(StoreError::Conflict) => Err(self.not_dropped(version, state.seals).await?),
            Err(error) => Err(trouble(error)),
        }
    }

    /// Whether a version may be dropped, before it is counted what needs it.
    fn may_drop(&self, state: &State, version: u32, at_once: bool) -> Result<(), DropRefused> {
        let row = state.key(version).ok_or(DropRefused::Unknown(version))?;
        if row.dropped_at.is_some() {
            return Err(DropRefused::Dropped(version));
        }
        if state.seals == version {
            return Err(DropRefused::Seals(version));
        }
        if let Some(node) = state.nodes.iter().find(|node| node.seals == version) {
            let node = node.name.clone();
            return Err(DropRefused::Used { node, version });
        }
        let now = self.now();
        let since = state.key(state.seals).and_then(|row| row.seals_since);
        let good_until = since.map_or(now, |since| since.plus_s(self.carried_s()));
        if now < good_until && !at_once && row.seals_since.is_some() {
            let wait_s = (good_until.unix_ms() - now.unix_ms()).div_euclid(1000) + 1;
            return Err(DropRefused::Carried { version, wait_s });
        }
        Ok(())
    }

    /// What is told of a version that was dropped before.
    async fn dropped_before(&self, version: u32) -> Result<DropRefused, KeyTrouble> {
        let rows = self.needs(&|_| ()).await?.of(version);
        Ok(if rows > 0 {
            DropRefused::Needed {
                version,
                rows,
                events: 0,
            }
        } else {
            DropRefused::Dropped(version)
        })
    }

    /// Why the store did not drop a version, while `sealing` was taken for the one that seals.
    async fn not_dropped(&self, version: u32, sealing: u32) -> Result<DropRefused, KeyTrouble> {
        let state = self.key_state().await?;
        if let Err(refused) = self.may_drop(&state, version, true) {
            return Ok(refused);
        }
        let noted = state.key(sealing).and_then(|row| row.resealed_at);
        Ok(if state.seals == sealing && noted.is_none() {
            DropRefused::Unfinished(sealing)
        } else {
            DropRefused::Changed(version)
        })
    }

    /// Has what older versions signed of the audit log signed by the one that seals; what is left goes by itself
    /// where a server runs.
    pub async fn sign_log_anew(&self) -> Result<SignedAnew, KeyTrouble> {
        let signed = sign_anew(&*self.store, &self.keyring).await;
        signed.map_err(|error| match error {
            NotSealed::Store(error) => KeyTrouble::Store(error),
            NotSealed::Key(error) => KeyTrouble::Seal(error),
            other => KeyTrouble::Log(other.to_string()),
        })
    }

    /// Seconds for which something is good that was given out and is not in the database, or is found there
    /// by a digest alone: visitors' challenges, and linking codes.
    fn carried_s(&self) -> u32 {
        let tenants = self.catalogue.tenants();
        let okay = tenants.iter().filter_map(|view| view.tenant.okay.as_ref());
        let linking = okay.map(|okay| okay.linking_s).max().unwrap_or(0);
        linking.max(ANSWER_S + CHECK_S)
    }

    /// Tells in the audit log what became of a version.
    async fn tell_of_key(
        &self,
        what: &str,
        version: u32,
        by: &Actor<'_>,
    ) -> Result<(), KeyTrouble> {
        let Some(view) = self.catalogue.tenant(CONSOLE) else {
            return Ok(());
        };
        let now = self.now();
        let event = Event {
            id: TimedId::random(now, &*self.rng),
            at: now,
            tenant: view.tenant.id,
            kind: EventKind::RotateKey,
            outcome: Outcome::Done,
            user: None,
            detail: Detail {
                door: Some(by.door),
                client: Some(by.name.to_owned()),
                fields: vec![(what.to_owned(), version.to_string())],
                ..Detail::default()
            },
        };
        Ok(self.commit(Change::telling(event)).await?)
    }
}

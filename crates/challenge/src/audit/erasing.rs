//! Forgetting a person: what the directory knows of a user goes at once, and soon after what the audit log
//! tells in texts. What happened stays, under the user's id, and the chain stays whole (see [`super::chain`]).
//!
//! What is not erased here: the evidence of approvals (sessions and phones with their signatures), which
//! has an end of its own, and what leaves by itself within days (tokens, challenges, messages).

use std::collections::BTreeMap;

use super::chain::{
    Digest, Erased, Members, Opening, commitment, digest, erasure, has_personal, without_personal,
};
use super::ports::Erasure;
use super::sealing::NotSealed;
use super::seen::lock;
use super::{Event, EventKind, Outcome, named_user};
use crate::administration::Actor;
use crate::approval::Refused;
use crate::clock::Timestamp;
use crate::directory::{Authenticator, Tenant, TenantView, User, UserKey};
use crate::id::{Id, TimedId};
use crate::ports::{Provision, StoreError};
use crate::refusal::Refusal;
use crate::standing::Status;
use crate::verifier::{TRIES, Verifier};

/// Events looked at in one go.
const CHUNK: u32 = 1000;

/// Erasures that are read at once.
const ERASURES: u32 = 64;

/// Such looks in one turn, between which nothing is sealed.
const LOOKS: u32 = 8;

/// Seconds after which nobody appends an event any more that names an erased user: a request that was
/// under way has ended, and every node has read the directory again.
const SETTLED_S: u32 = 60;

/// Seconds after which a log is walked again in which something was left for later.
const AGAIN_S: u32 = 60;

/// How far this process is with each erasure.
pub(super) type Walks = BTreeMap<(Id<Tenant>, Id<User>), Walk>;

/// A walk along a tenant's log for one erasure: the first as soon as it is asked for, the last when nothing
/// can come any more.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    /// Of which erasure it is: a user may be erased, described anew and erased again.
    asked_at: Timestamp,
    /// Not before this moment.
    from: Timestamp,
    /// Whether it began when nothing could come any more.
    is_last: bool,
    /// Behind which event it goes on.
    after: TimedId,
    /// Whether it left nothing for later.
    is_whole: bool,
}

impl Walk {
    fn first(erasure: &Erasure, now: Timestamp) -> Self {
        Self {
            asked_at: erasure.asked_at,
            from: now,
            is_last: now >= erasure.asked_at.plus_s(SETTLED_S),
            after: TimedId::from_bytes([0; 16]),
            is_whole: true,
        }
    }

    fn last(erasure: &Erasure, from: Timestamp) -> Self {
        Self {
            is_last: true,
            ..Self::first(erasure, from)
        }
    }
}

/// What a turn of erasing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErasedEvents {
    /// Events whose texts were erased.
    pub events: u64,
    /// Erasures that this server did not ask for: nothing is erased for them.
    pub foreign: u64,
    /// Whether there is more to look at now.
    pub goes_on: bool,
}

impl User {
    /// The login name of a user whose data was erased.
    fn erased_name(&self) -> String {
        format!("erased-{}", self.id)
    }

    /// The user without what is known of the person.
    fn erased(&self) -> Self {
        Self {
            id: self.id,
            tenant: self.tenant,
            login_name: self.erased_name(),
            external_id: None,
            display_name: None,
            email: None,
            phone: None,
            password_hash: None,
        }
    }

    /// What the person is called.
    fn names(&self) -> Vec<String> {
        let others = [
            &self.external_id,
            &self.display_name,
            &self.email,
            &self.phone,
        ];
        let others = others.into_iter().flatten().cloned();
        std::iter::once(self.login_name.clone())
            .chain(others)
            .collect()
    }
}

impl Erasure {
    /// The digest of the order: of everything but its tag.
    pub fn order(&self) -> Digest {
        let mut members = Members::new();
        members.bytes("tenant", &self.tenant.number().to_be_bytes());
        members.bytes("user", &self.user.number().to_be_bytes());
        for name in &self.names {
            members.text("name", Some(name));
        }
        members.bytes("asked_at", &self.asked_at.unix_ms().to_be_bytes());
        digest(&[b"countersign audit erase v1", &members.0])
    }

    /// Whether an event tells of the person: it is about the user, somebody tried the user's name, or it
    /// tells of a change of the directory and names the user in it.
    fn concerns(&self, event: &Event) -> bool {
        let detail = &event.detail;
        let is_name = |text: &String| self.names.iter().any(|name| named_user(name) == *text);
        let names_user = |text: &String| self.names.iter().any(|name| has_word(text, name));
        event.user == Some(self.user)
            || detail.named_user.as_ref().is_some_and(is_name)
            || (event.kind == EventKind::Provision
                && detail.fields.iter().any(|(_, value)| names_user(value)))
    }
}

/// Whether a name stands in a text and not inside a longer one.
fn has_word(text: &str, name: &str) -> bool {
    let goes_on = |letter: char| letter.is_alphanumeric() || "._-@".contains(letter);
    let ends = |(place, found): (usize, &str)| {
        let before = text.get(..place).and_then(|text| text.chars().next_back());
        let after = text.get(place + found.len()..);
        let after = after.and_then(|text| text.chars().next());
        !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
    };
    !name.is_empty() && text.match_indices(name).any(ends)
}

impl Verifier {
    /// Erases what is known of a user: locks the user for good, revokes the authenticators, unlinks the
    /// phone, empties the user's row, and has the audit log erased.
    ///
    /// [`Refusal::DoesNotFit`] for an administrator, whose name says who did what. Once more changes
    /// nothing.
    pub async fn erase_user(
        &self,
        actor: &Actor<'_>,
        tenant: &TenantView,
        (user, authenticators): (&User, &[Authenticator]),
    ) -> Result<(), Refusal> {
        if tenant.tenant.name == crate::officers::CONSOLE {
            return Err(Refusal::DoesNotFit(
                "an administrator's name says who did what, and stays in the log; remove the \
                 administrator instead"
                    .to_owned(),
            ));
        }
        if user.login_name == user.erased_name() {
            return Ok(());
        }
        self.lock_user(actor, user).await?;
        let standing = self.store.standing(user.tenant, user.id).await?;
        let standing = standing.map(|row| row.value).unwrap_or_default();
        for authenticator in authenticators {
            if standing.status(authenticator) != Status::Revoked {
                self.revoke_authenticator(actor, authenticator).await?;
            }
        }
        if let Some(device) = standing.approval.device {
            match self.unlink_for(actor, tenant, device).await {
                // Somebody else who erases the user was faster.
                Ok(()) | Err(Refused::UnknownDevice) => {}
                Err(error) => return Err(Refusal::Unavailable(error.to_string())),
            }
        }
        for _ in 0..TRIES {
            if self.empty_row(actor, user).await? {
                return Ok(());
            }
        }
        Err(Refusal::Unavailable(
            "the directory is being changed by many; try again".to_owned(),
        ))
    }

    /// Empties the user's row and asks for the rest; whether the user is erased, by this or somebody else.
    async fn empty_row(&self, actor: &Actor<'_>, user: &User) -> Result<bool, Refusal> {
        let expected_version = self.store.directory_version().await?;
        let key = UserKey::Id(user.id);
        let Some((present, _)) = self.store.user(user.tenant, key).await? else {
            return Err(Refusal::NotFound("user"));
        };
        if present.login_name == present.erased_name() {
            return Ok(true);
        }
        let mut erasure = Erasure {
            tenant: user.tenant,
            user: user.id,
            names: present.names(),
            asked_at: self.now(),
            tag: [0; 20],
        };
        erasure.tag = self.keyring.erasure_tag(&erasure.order())?;
        let mut event = self.event_of_actor(actor, user.tenant, (EventKind::Erase, Outcome::Done));
        event.user = Some(user.id);
        let change = Provision {
            expected_version,
            users: vec![present.erased()],
            erasures: vec![erasure],
            events: vec![event],
            ..Provision::default()
        };
        match self.store.provision(change).await {
            Ok(()) => {
                self.catalogue.refresh().await?;
                Ok(true)
            }
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Erases from the audit log what is to be erased from it: once as soon as it is asked for, and once
    /// more when nothing can come any more. A turn looks at some thousands of events and goes on there the
    /// next time.
    pub async fn erase_events(&self) -> Result<ErasedEvents, NotSealed> {
        let (mut done, mut looks) = (ErasedEvents::default(), LOOKS);
        let mut known = Walks::new();
        let mut after = None;
        loop {
            let erasures = self.store.erasures(after, ERASURES).await?;
            let Some(last) = erasures.last() else {
                break;
            };
            after = Some((last.tenant, last.user));
            for erasure in &erasures {
                if !self.keyring.erasure_fits(erasure) {
                    done.foreign += 1;
                    continue;
                }
                let key = (erasure.tenant, erasure.user);
                let begun = lock(&self.audit.walks).get(&key).copied();
                let begun = begun.filter(|walk| walk.asked_at == erasure.asked_at);
                let mut walk = begun.unwrap_or_else(|| Walk::first(erasure, self.now()));
                self.walk_on(erasure, (&mut walk, &mut looks), &mut done)
                    .await?;
                known.insert(key, walk);
                lock(&self.audit.walks).insert(key, walk);
            }
        }
        // Of erasures that have ended nothing is remembered.
        *lock(&self.audit.walks) = known;
        Ok(done)
    }

    /// Walks on along the tenant's log, as far as the turn goes.
    async fn walk_on(
        &self,
        erasure: &Erasure,
        (walk, looks): (&mut Walk, &mut u32),
        done: &mut ErasedEvents,
    ) -> Result<(), NotSealed> {
        while self.now() >= walk.from {
            if *looks == 0 {
                done.goes_on = true;
                return Ok(());
            }
            *looks -= 1;
            if self.look(erasure, (walk, done)).await? {
                continue;
            }
            if walk.is_last && walk.is_whole {
                return Ok(self.store.end_erasure(erasure.tenant, erasure.user).await?);
            }
            let settled_at = erasure.asked_at.plus_s(SETTLED_S);
            let again_at = self.now().plus_s(AGAIN_S);
            *walk = Walk::last(erasure, if walk.is_last { again_at } else { settled_at });
        }
        Ok(())
    }

    /// Looks at the next events; whether there may be more.
    async fn look(
        &self,
        erasure: &Erasure,
        (walk, done): (&mut Walk, &mut ErasedEvents),
    ) -> Result<bool, NotSealed> {
        let ids = (walk.after, TimedId::from_bytes([0xff; 16]));
        let events = self.store.events_between(erasure.tenant, ids, CHUNK);
        let events = events.await?;
        let Some(newest) = events.last() else {
            return Ok(false);
        };
        for written in &events {
            let event = &written.event;
            if !erasure.concerns(event) || !has_personal(event) {
                continue;
            }
            match written.opening {
                Some(Opening::Salt(salt)) => {
                    done.events += u64::from(self.erase_event(event, salt).await?);
                }
                // It has no salt before it is sealed.
                None => walk.is_whole = false,
                Some(Opening::Erased(_)) => {}
            }
        }
        walk.after = newest.event.id;
        Ok(events.len() == CHUNK as usize)
    }

    /// Erases one event's texts; whether nobody else did.
    async fn erase_event(
        &self,
        event: &Event,
        salt: super::chain::Salt,
    ) -> Result<bool, NotSealed> {
        let commitment = commitment(event, &salt);
        let without = without_personal(event);
        let erased = Erased {
            commitment,
            signature: self.keyring.audit_signature(&erasure(event, &commitment))?,
        };
        match self.store.erase_event(&without, (&salt, &erased)).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_as_a_word_alone() {
        assert!(has_word("user \"ann\": e-mail address changed", "ann"));
        assert!(has_word("ann", "ann"));
        assert!(has_word("hannah, ann", "ann"));
        for other in ["hannah", "ann.b", "ann@bank", "anna", "", "Ann"] {
            assert!(!has_word(other, "ann"), "{other}");
        }
        assert!(!has_word("anything", ""));
    }
}

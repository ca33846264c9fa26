//! Forgetting a person: what the directory knows of a user goes at once, and soon after what the audit log
//! tells in texts. What happened stays, under the user's id, and the chain stays whole (see [`super::chain`]).
//!
//! What is not erased here: the evidence of approvals (sessions and phones with their signatures), which
//! has an end of its own, and what leaves by itself within days (tokens, challenges, messages).

use super::chain::{Erased, Opening, commitment, erasure, has_personal, without_personal};
use super::ports::Erasure;
use super::sealing::NotSealed;
use super::{Event, EventKind, Outcome};
use crate::administration::Actor;
use crate::directory::{Authenticator, TenantView, User, UserKey};
use crate::id::TimedId;
use crate::ports::{Provision, StoreError};
use crate::refusal::Refusal;
use crate::standing::Status;
use crate::verifier::{TRIES, Verifier};

/// Events looked at in one go.
const CHUNK: u32 = 1000;

/// Erasures that are looked at in one turn.
const ERASURES: u32 = 16;

/// Seconds after which nobody appends an event any more that names an erased user: a request that was
/// under way has ended, and every node has read the directory again.
const SETTLED_S: u32 = 60;

/// Seconds after it was asked for within which an erasure is done the first time.
const FRESH_S: u32 = 15;

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
    /// Whether an event tells of the person: it is about the user, somebody tried the user's name, or it
    /// tells of a change of the directory and names the user in it.
    fn concerns(&self, event: &Event) -> bool {
        let detail = &event.detail;
        let is_name = |text: &String| self.names.contains(text);
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
            let unlinked = self.unlink_for(actor, tenant, device).await;
            unlinked.map_err(|error| Refusal::Unavailable(error.to_string()))?;
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

    /// Empties the user's row and asks for the rest; whether nobody was faster.
    async fn empty_row(&self, actor: &Actor<'_>, user: &User) -> Result<bool, Refusal> {
        let expected_version = self.store.directory_version().await?;
        let key = UserKey::Id(user.id);
        let Some((present, _)) = self.store.user(user.tenant, key).await? else {
            return Err(Refusal::NotFound("user"));
        };
        let mut event = self.event_of_actor(actor, user.tenant, (EventKind::Erase, Outcome::Done));
        event.user = Some(user.id);
        let change = Provision {
            expected_version,
            users: vec![present.erased()],
            erasures: vec![Erasure {
                tenant: user.tenant,
                user: user.id,
                names: present.names(),
                asked_at: self.now(),
            }],
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
    /// more when nothing can come any more. Gives the number of events.
    pub async fn erase_events(&self) -> Result<u64, NotSealed> {
        let mut erased = 0;
        for erasure in self.store.erasures(ERASURES).await? {
            let now = self.now();
            let is_settled = now >= erasure.asked_at.plus_s(SETTLED_S);
            if !is_settled && now >= erasure.asked_at.plus_s(FRESH_S) {
                continue;
            }
            let (events, is_whole) = self.erase_events_of(&erasure).await?;
            erased += events;
            if is_settled && is_whole {
                self.store.end_erasure(erasure.tenant, erasure.user).await?;
            }
        }
        Ok(erased)
    }

    /// Walks the tenant's log; gives the number of events, and whether none is left for later.
    async fn erase_events_of(&self, erasure: &Erasure) -> Result<(u64, bool), NotSealed> {
        let (mut erased, mut is_whole) = (0, true);
        let mut after = TimedId::from_bytes([0; 16]);
        let last = TimedId::from_bytes([0xff; 16]);
        loop {
            let ids = (after, last);
            let events = self
                .store
                .events_between(erasure.tenant, ids, CHUNK)
                .await?;
            let Some(newest) = events.last() else {
                return Ok((erased, is_whole));
            };
            after = newest.event.id;
            for written in &events {
                let event = &written.event;
                if !erasure.concerns(event) || !has_personal(event) {
                    continue;
                }
                match written.opening {
                    Some(Opening::Salt(salt)) => {
                        erased += u64::from(self.erase_event(event, salt).await?);
                    }
                    // It has no salt before it is sealed.
                    None => is_whole = false,
                    Some(Opening::Erased(_)) => {}
                }
            }
        }
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

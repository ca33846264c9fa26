//! What waits in the outbox, by where it is going; and letting some of it leave again.

use crate::administration::Actor;
use crate::approval::{CALLBACKS, PUSHES};
use crate::audit::{EventKind, Outcome};
use crate::delivery::Way;
use crate::directory::{TenantView, User};
use crate::id::{Id, TimedId};
use crate::ports::{Change, StoreError};
use crate::refusal::Refusal;
use crate::verifier::Verifier;

/// Seconds that a message waits where its tenant's callbacks were stopped: a node that does not know
/// yet that they go on would give it up again.
const HONOURED_WITHIN_S: u32 = 1;

/// Where messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Post {
    /// To tenants' servers.
    Callback,
    /// To phones, through push services.
    Push,
    /// To users, by e-mail: codes.
    Email,
    /// To users, by short message: codes.
    Sms,
}

impl Post {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Callback, Self::Push, Self::Email, Self::Sms];

    /// The name for people and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Push => "push",
            Self::Email => Way::Email.name(),
            Self::Sms => Way::Sms.name(),
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|post| post.name() == name)
    }

    /// The kind of its messages in the outbox.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Callback => CALLBACKS,
            Self::Push => PUSHES,
            Self::Email => Way::Email.kind(),
            Self::Sms => Way::Sms.kind(),
        }
    }
}

impl Verifier {
    /// Lets a message leave now, with all tries before it, in an officer's name: whether it was there.
    /// A tenant's callbacks that a 410 had stopped go on.
    ///
    /// What is of no use any more, a code that expired, say, is dropped when its turn comes.
    pub async fn redeliver_for(
        &self,
        actor: &Actor<'_>,
        tenant: &TenantView,
        (post, id, line): (Post, TimedId, Option<Id<User>>),
    ) -> Result<bool, Refusal> {
        let owner = tenant.tenant.id;
        let okay = tenant.tenant.okay.as_ref();
        let stopped = okay.is_some_and(|okay| okay.callback_stopped_at.is_some());
        let mut due_at = self.clock.now();
        if post == Post::Callback && stopped {
            let resumed = self.resume_callbacks(owner).await;
            resumed.map_err(|refused| StoreError::Unavailable(refused.to_string()))?;
            due_at = due_at.plus_s(HONOURED_WITHIN_S);
        }
        if !self.store.redeliver(owner, id, due_at).await? {
            return Ok(false);
        }
        let mut event = self.event_of_actor(actor, owner, (EventKind::Redeliver, Outcome::Done));
        event.user = line;
        event.detail.fields = vec![
            ("message".to_owned(), id.to_string()),
            ("kind".to_owned(), post.name().to_owned()),
        ];
        self.commit(Change::telling(event)).await?;
        match post {
            Post::Callback => self.bell().ring_outbox(),
            Post::Push => self.bell().ring_pushes(true),
            Post::Email | Post::Sms => self.bell().ring_codes(),
        }
        Ok(true)
    }
}

//! A bell in memory: who waits for something about a user, or for a message to leave, is woken. Those that
//! bring callbacks, those that bring pushes and those that bring codes have one each.
//!
//! It makes nothing correct: another node's change does not ring here, so whoever waits looks again
//! after a while anyway.

use std::hash::{BuildHasher, RandomState};

use event_listener::{Event, EventListener};

use crate::directory::User;
use crate::id::Id;

/// Bells; users that share one wake each other's waiters now and then, which harms nobody.
const WIDTH: usize = 1024;

/// A row of bells for users, and three for the outbox.
pub struct Bell {
    hasher: RandomState,
    users: Vec<Event>,
    outbox: Event,
    pushes: Event,
    codes: Event,
}

/// Resolves when the bell rings after it was made. Look at the state after making it, then wait.
pub type Ring = EventListener;

impl Default for Bell {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            users: std::iter::repeat_with(Event::new).take(WIDTH).collect(),
            outbox: Event::new(),
            pushes: Event::new(),
            codes: Event::new(),
        }
    }
}

impl Bell {
    /// Something about this user's sessions or device will have changed.
    pub fn about(&self, user: Id<User>) -> Ring {
        self.of(user).unwrap_or(&self.outbox).listen()
    }

    /// A callback will have been put into the outbox, due at once.
    pub fn outbox(&self) -> Ring {
        self.outbox.listen()
    }

    /// A push will have been put into the outbox.
    pub fn pushes(&self) -> Ring {
        self.pushes.listen()
    }

    /// A code will have been put into the outbox, due at once.
    pub fn codes(&self) -> Ring {
        self.codes.listen()
    }

    pub(crate) fn ring(&self, user: Id<User>) {
        if let Some(event) = self.of(user) {
            event.notify(usize::MAX);
        }
    }

    pub(crate) fn ring_outbox(&self) {
        self.outbox.notify(usize::MAX);
    }

    /// Rings where a push was written.
    pub(crate) fn ring_pushes(&self, written: bool) {
        if written {
            self.pushes.notify(usize::MAX);
        }
    }

    pub(crate) fn ring_codes(&self) {
        self.codes.notify(usize::MAX);
    }

    fn of(&self, user: Id<User>) -> Option<&Event> {
        let width = u64::try_from(self.users.len()).ok()?;
        let place = usize::try_from(self.hasher.hash_one(user) % width).ok()?;
        self.users.get(place)
    }
}

//! What went over the wire, a list for each user, for the page to show as it grows. Of callbacks that
//! do not verify, whose sender may be anybody, there is one short list, and no more than that they came.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use challenge::clock::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use super::account::Exchange;
use super::callback::Callback;

/// Entries that are kept for a user, the newest.
const ENTRIES_MAX: usize = 100;

/// Users whose entries are kept, those of whom something was heard last.
const USERS_MAX: usize = 100;

/// Callbacks that did not verify of which it is kept that they came, the newest.
const REFUSED_MAX: usize = 20;

/// One thing that went over the wire.
#[derive(Clone, Serialize)]
pub(super) struct Entry {
    /// Counts up over all users.
    pub(super) number: u64,
    /// When, in milliseconds since the epoch.
    pub(super) at: i64,
    #[serde(flatten)]
    pub(super) what: What,
}

/// What it was.
#[derive(Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum What {
    /// The partner asked the Okay server.
    Request {
        url: String,
        sent: Value,
        status: Option<u16>,
        received: Value,
    },
    /// The Okay server told the partner.
    Callback {
        /// Nothing where it did not verify.
        body: Option<Value>,
        /// What was verified, and whether it was as it must be.
        checks: Vec<(&'static str, bool)>,
        verified: bool,
        id: Option<String>,
        /// Whether a callback with this id came before.
        repeated: bool,
    },
}

impl From<Exchange> for What {
    fn from(exchange: Exchange) -> Self {
        Self::Request {
            url: exchange.url,
            sent: exchange.sent,
            status: exchange.status.map(|status| status.as_u16()),
            received: exchange.received,
        }
    }
}

/// The lists of all users.
pub(super) struct Journal {
    kept: Mutex<Kept>,
    grown: watch::Sender<u64>,
}

#[derive(Default)]
struct Kept {
    last_number: u64,
    users: HashMap<String, VecDeque<Entry>>,
    refused: VecDeque<Entry>,
}

impl Journal {
    /// Empty lists.
    pub(super) fn new() -> Self {
        Self {
            kept: Mutex::default(),
            grown: watch::Sender::new(0),
        }
    }

    /// Adds a request of the partner's.
    pub(super) fn asked(&self, user: &str, exchange: Exchange, at: Timestamp) {
        self.add(user, at, |_| exchange.into());
    }

    /// Adds a callback; of one that does not verify nothing that its sender chose.
    pub(super) fn told(&self, callback: Callback, at: Timestamp) {
        let checks = callback.checks.iter();
        let checks = checks.map(|check| (check.what, check.passed)).collect();
        if !callback.is_verified() {
            return self.refused(checks, at);
        }
        self.add(&callback.unverified_user, at, |before| What::Callback {
            repeated: callback.id.is_some() && came_before(before, callback.id.as_deref()),
            body: Some(callback.body),
            checks,
            verified: true,
            id: callback.id,
        });
    }

    fn refused(&self, checks: Vec<(&'static str, bool)>, at: Timestamp) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last_number += 1;
        let number = kept.last_number;
        kept.refused.push_back(Entry {
            number,
            at: at.unix_ms(),
            what: What::Callback {
                body: None,
                checks,
                verified: false,
                id: None,
                repeated: false,
            },
        });
        if kept.refused.len() > REFUSED_MAX {
            kept.refused.pop_front();
        }
        drop(kept);
        self.grown.send_replace(number);
    }

    /// The user's entries after this number and the callbacks that did not verify, oldest first.
    pub(super) fn since(&self, user: &str, number: u64) -> Vec<Entry> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = kept.users.get(user).into_iter().flatten();
        let entries = entries.chain(&kept.refused);
        let newer = entries.filter(|entry| entry.number > number);
        let mut newer: Vec<_> = newer.cloned().collect();
        newer.sort_by_key(|entry| entry.number);
        newer
    }

    /// Tells when the lists grow.
    pub(super) fn growth(&self) -> watch::Receiver<u64> {
        self.grown.subscribe()
    }

    fn add(&self, user: &str, at: Timestamp, what: impl FnOnce(&VecDeque<Entry>) -> What) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last_number += 1;
        let number = kept.last_number;
        if !kept.users.contains_key(user) && kept.users.len() >= USERS_MAX {
            let quietest = kept
                .users
                .iter()
                .min_by_key(|(_, entries)| entries.back().map(|entry| entry.number));
            let quietest = quietest.map(|(user, _)| user.clone());
            quietest.and_then(|user| kept.users.remove(&user));
        }
        let entries = kept.users.entry(user.to_owned()).or_default();
        let what = what(entries);
        entries.push_back(Entry {
            number,
            at: at.unix_ms(),
            what,
        });
        if entries.len() > ENTRIES_MAX {
            entries.pop_front();
        }
        drop(kept);
        self.grown.send_replace(number);
    }
}

/// Whether a verified callback with this id is among the entries.
fn came_before(entries: &VecDeque<Entry>, wanted: Option<&str>) -> bool {
    entries.iter().any(|entry| {
        matches!(&entry.what, What::Callback { id, verified: true, .. } if id.as_deref() == wanted)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::serving::partner_okay::callback::Check;

    fn callback(user: &str, id: &str, passed: bool) -> Callback {
        let what = "signature";
        Callback {
            body: json!({}),
            unverified_user: user.to_owned(),
            checks: vec![Check { what, passed }],
            id: Some(id.to_owned()),
        }
    }

    fn repeated(entry: &Entry) -> bool {
        matches!(entry.what, What::Callback { repeated, .. } if repeated)
    }

    #[test]
    fn a_callback_that_came_before_is_known_by_its_id() {
        let journal = Journal::new();
        let at = Timestamp::from_unix_s(1);
        for (id, passed) in [("a", false), ("a", true), ("b", true), ("a", true)] {
            journal.told(callback("u", id, passed), at);
        }
        let entries = journal.since("u", 0);
        let repeats: Vec<bool> = entries.iter().map(repeated).collect();
        assert_eq!(repeats, [false, false, false, true]);
        assert_eq!(journal.since("somebody else", 1).len(), 0);
        assert_eq!(journal.since("u", 3).len(), 1);
    }

    #[test]
    fn the_lists_stay_short_and_the_quietest_user_leaves() {
        let journal = Journal::new();
        let at = Timestamp::from_unix_s(1);
        for _ in 0..=ENTRIES_MAX {
            journal.told(callback("first", "a", true), at);
        }
        assert_eq!(journal.since("first", 0).len(), ENTRIES_MAX);
        for number in 0..USERS_MAX {
            journal.told(callback(&format!("user{number}"), "a", true), at);
        }
        assert!(journal.since("first", 0).is_empty());
        assert_eq!(journal.since("user0", 0).len(), 1);
        assert_eq!(*journal.growth().borrow(), 201);
    }

    #[test]
    fn of_callbacks_that_do_not_verify_nothing_is_kept_but_that_they_came() {
        let journal = Journal::new();
        let at = Timestamp::from_unix_s(1);
        journal.told(callback("u", "mine", true), at);
        for number in 0..1000 {
            let long = "x".repeat(64 * 1024);
            let mut forged = callback(&format!("{number}{long}"), &long, false);
            forged.body = json!({ "userExternalId": long });
            journal.told(forged, at);
        }
        let entries = journal.since("u", 0);
        assert_eq!(entries.len(), 1 + REFUSED_MAX);
        let text = serde_json::to_string(&entries).unwrap();
        assert!(text.len() < 200 * entries.len(), "{}", text.len());
        assert!(text.contains("mine") && !text.contains("xx"));
        assert_eq!(journal.kept.lock().unwrap().users.len(), 1);
    }
}

//! The messages that the mailbox shows: the last few, in memory alone.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use challenge::clock::Timestamp;
use serde::{Deserialize, Serialize};

/// The most messages that are kept.
const KEPT_MAX: usize = 20;

/// A message as the gateway was asked to send it.
#[derive(Clone, Deserialize)]
pub(super) struct Asked {
    id: String,
    to: String,
    text: String,
}

/// A message as the page shows it.
#[derive(Clone, Serialize)]
pub(super) struct Shown {
    id: String,
    to: String,
    text: String,
    /// When it came, in milliseconds since the epoch.
    at_ms: i64,
}

/// The last messages, newest first.
#[derive(Default)]
pub(super) struct Messages(Mutex<VecDeque<Shown>>);

impl Messages {
    /// Keeps a message; one that came before, by its id, is not kept again.
    pub(super) fn keep(&self, asked: Asked, now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.iter().any(|one| one.id == asked.id) {
            return;
        }
        let Asked { id, to, text } = asked;
        let at_ms = now.unix_ms();
        kept.push_front(Shown {
            id,
            to,
            text,
            at_ms,
        });
        kept.truncate(KEPT_MAX);
    }

    /// Those that are kept, newest first.
    pub(super) fn all(&self) -> Vec<Shown> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_kept_and_one_that_comes_twice_once() {
        let messages = Messages::default();
        for number in 0..30 {
            for _ in 0..2 {
                let (to, text) = ("+41".to_owned(), "code".to_owned());
                let id = number.to_string();
                messages.keep(Asked { id, to, text }, Timestamp::from_unix_s(number));
            }
        }
        let kept = messages.all();
        assert_eq!((kept.len(), kept[0].id.as_str()), (20, "29"));
        assert_eq!(kept[19].at_ms, 10_000);
    }
}

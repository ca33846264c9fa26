//! What is left of each row that moves, once its database was restored. Pure.

use crate::approval::Session;
use crate::clock::Timestamp;
use crate::lifecycle::State;
use crate::standing::{Movement, Restored, Standing};

/// A standing without what was open in it, and with what is not known of its authenticators. Counts of
/// failures and locks stay.
pub(super) fn standing_after(
    standing: &Standing,
    at: Timestamp,
    texts_may_repeat: bool,
) -> Standing {
    let mut next = standing.clone();
    for tally in next.policies.values_mut() {
        tally.live.clear();
        tally.closed = None;
    }
    next.approval.pending.clear();
    next.approval.linking = None;
    for movement in next.authenticators.values_mut() {
        *movement = movement_after(movement, at, texts_may_repeat);
    }
    next
}

fn movement_after(movement: &Movement, at: Timestamp, texts_may_repeat: bool) -> Movement {
    let before = movement.restored;
    Movement {
        // A code alone must not finish what the other one began before the backup.
        awaited: None,
        restored: Some(Restored {
            at: before.map_or(at, |before| before.at.max(at)),
            counter_found: false,
            signature_counter_found: false,
            // What an earlier restore lost is not found by this one.
            texts_may_repeat: texts_may_repeat
                && before.is_none_or(|before| before.texts_may_repeat),
        }),
        ..movement.clone()
    }
}

/// A session that was open, or approved and perhaps not used, ended: what was signed stays as evidence.
/// Nothing: it had ended.
pub(super) fn session_after(session: &Session, at: Timestamp) -> Option<Session> {
    let state = match session.state {
        State::Open { .. } if !session.end_told => State::Cancelled { at },
        State::Accepted { .. } => State::Consumed { at },
        State::Open { .. }
        | State::Refused { .. }
        | State::Declined { .. }
        | State::Consumed { .. }
        | State::Cancelled { .. }
        | State::Replaced { .. } => return None,
    };
    Some(Session {
        state,
        ..session.clone()
    })
}

//! Approvals of a database that is marked as restored, while somebody moves one of them all the same.

use std::sync::Arc;

use challenge::approval::SessionKind;
use challenge::lifecycle::State;
use challenge::ports::StoreError;

use super::phone::{Desk, USER};
use crate::restoring::marked;

#[test]
fn a_session_that_moves_while_it_is_marked_stops_the_marking_which_can_be_run_again() {
    let desk = Desk::new();
    desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    let store = Arc::clone(&desk.bench.store);
    let decided = session.id;
    // Somebody declines between what is read and what is written.
    let declined = State::Declined {
        at: session.issued_at,
    };
    desk.bench.store.rows().meanwhile = Some(Box::new(move || {
        let mut rows = store.rows();
        let row = rows.approvals.sessions.get_mut(&decided).unwrap();
        row.version += 1;
        row.value.state = declined;
    }));
    assert_eq!(marked(&desk.bench, false), Err(StoreError::Conflict));
    let state = || {
        let rows = desk.bench.store.rows();
        rows.approvals.sessions[&decided].value.state
    };
    assert_eq!(state(), declined);
    assert_eq!(marked(&desk.bench, false).unwrap().sessions, 0);
    assert_eq!(state(), declined);
}

//! Decisions that come too late: what one asker was told stays true, whoever may not ask gets no yes.

use std::sync::Arc;

use challenge::approval::{
    Answered, Asking, Checked, Evidence, Refused, SessionKind, Told, Verdict,
};
use challenge::directory::{OkaySettings, TenantStatus};
use challenge::lifecycle::{OutOfTurn, Phase};

use super::phone::{Desk, USER};
use crate::bench::{START, block_on};

/// The seconds that a session waits here.
const PENDING_S: u32 = 120;

/// How a tenant comes to ask no more.
type Stop = fn(&mut OkaySettings);

fn expired<T: std::fmt::Debug>(result: &Result<T, Refused>) -> bool {
    matches!(result, Err(Refused::OutOfTurn(OutOfTurn(Phase::Expired))))
}

fn told(desk: &Desk) -> Vec<Told> {
    desk.callbacks().into_iter().map(|one| one.told).collect()
}

#[test]
fn a_decision_judged_in_time_is_refused_once_a_check_told_that_the_session_is_past() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    desk.callbacks();
    let (verifier, tenant) = (
        Arc::clone(&desk.bench.verifier),
        Arc::clone(&desk.bench.tenant),
    );
    let (clock, id) = (Arc::clone(&desk.bench.clock), session.id.to_string());
    desk.bench.store.rows().meanwhile = Some(Box::new(move || {
        clock.set(START.plus_s(PENDING_S));
        let asking = Asking {
            tenant: &tenant,
            door: challenge::door::Door::Okay,
            officer: None,
            address: None,
            correlation: None,
        };
        let checked = block_on(verifier.check_approval(&asking, &id));
        assert_eq!(checked, Err(Refused::SessionNotFound));
    }));
    assert!(expired(&desk.approve(&phone, &session)));
    assert!(desk.bench.store.rows().meanwhile.is_none(), "it was run");
    assert_eq!(desk.check(&session), Err(Refused::SessionNotFound));
    let ended = Told::Ended {
        session: session.id,
    };
    assert_eq!(told(&desk), [ended]);
    assert_eq!(block_on(desk.bench.verifier.do_chores()), Ok(1));
    assert_eq!(told(&desk), [], "the chore has nothing left to tell");
}

#[test]
fn a_decision_that_is_on_disk_first_is_what_a_late_check_tells() {
    let desk = Arc::new(Desk::new());
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    desk.bench.clock.set(START.plus_s(PENDING_S));
    let (there, asked) = (Arc::clone(&desk), session.clone());
    desk.bench.store.rows().meanwhile = Some(Box::new(move || {
        there.bench.clock.set(START.plus_s(PENDING_S - 1));
        there.approve(&phone, &asked).unwrap();
        there.bench.clock.set(START.plus_s(PENDING_S));
    }));
    let answered = Ok(Checked::Answered(Answered::Approved));
    assert_eq!(desk.check(&session), answered);
    assert_eq!(told(&desk).len(), 2, "linked and answered, and never ended");
}

#[test]
fn what_was_told_as_past_is_past_for_a_node_whose_clock_is_behind() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    desk.bench.clock.set(START.plus_s(PENDING_S));
    assert_eq!(desk.check(&session), Err(Refused::SessionNotFound));
    desk.bench.clock.set(START.plus_s(PENDING_S - 1));
    assert!(expired(&desk.approve(&phone, &session)));
    assert_eq!(desk.check(&session), Err(Refused::SessionNotFound));
}

#[test]
fn a_session_whose_cancelling_came_too_late_is_not_decided_any_more() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    desk.bench.clock.set(START.plus_s(PENDING_S));
    let verifier = &desk.bench.verifier;
    let cancelled = block_on(verifier.cancel_approval(&desk.asking(), session.id));
    assert!(expired(&cancelled));
    desk.bench.clock.set(START.plus_s(PENDING_S - 1));
    assert!(expired(&desk.approve(&phone, &session)));
}

#[test]
fn expiry_that_cannot_be_written_is_not_told() {
    let desk = Desk::new();
    desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    desk.bench.clock.set(START.plus_s(PENDING_S));
    desk.bench.store.rows().broken = true;
    assert!(matches!(desk.check(&session), Err(Refused::Unavailable(_))));
    desk.bench.store.rows().broken = false;
    assert_eq!(desk.check(&session), Err(Refused::SessionNotFound));
}

#[test]
fn what_a_tenant_asked_that_may_not_ask_any_more_is_declined_but_not_approved() {
    let inactive = |okay: &mut OkaySettings| okay.status = TenantStatus::Inactive;
    let over = |okay: &mut OkaySettings| okay.trial_expires = Some(START);
    let stops: [(Stop, Refused); 2] = [
        (inactive, Refused::TenantInactive),
        (over, Refused::TenantExpired),
    ];
    for (stop, refused) in stops {
        let desk = Desk::with(|okay| okay.max_pending = 2);
        let phone = desk.linked(USER);
        let sessions = [(), ()].map(|()| desk.start(SessionKind::Ok).unwrap());
        {
            let mut rows = desk.bench.store.rows();
            stop(rows.tenants[0].tenant.okay.as_mut().unwrap());
            rows.version += 1;
        }
        assert_eq!(block_on(desk.bench.verifier.catalogue.refresh()), Ok(true));
        desk.callbacks();
        for session in &sessions {
            assert_eq!(desk.approve(&phone, session), Err(refused.clone()));
        }
        assert_eq!(told(&desk), []);
        let [first, second] = &sessions;
        for (session, verdict) in [(first, Verdict::Decline), (second, Verdict::NotMe)] {
            let declined = desk.decide(&phone, session, verdict, Evidence::default());
            assert_eq!(declined.unwrap().answer, Some(Answered::Declined));
        }
    }
}

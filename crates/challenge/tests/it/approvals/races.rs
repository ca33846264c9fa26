//! Races on threads: one code links one phone, one session ends in one way.

use std::sync::Barrier;
use std::thread;

use challenge::approval::{
    Answered, Checked, Evidence, Refused, SessionKind, Told, Verdict, WRONG_PER_ADDRESS,
};
use challenge::audit::{EventKind, Outcome};
use challenge::lifecycle::State;

use super::phone::{Desk, Phone, USER};
use crate::bench::block_on;

/// Runs what each thread does at once, and gives what came of it.
pub(super) fn at_once<T: Send>(acts: Vec<Box<dyn FnOnce() -> T + Send + '_>>) -> Vec<T> {
    let barrier = Barrier::new(acts.len());
    thread::scope(|scope| {
        let threads: Vec<_> = acts
            .into_iter()
            .map(|act| {
                scope.spawn(|| {
                    barrier.wait();
                    act()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn of_64_phones_with_one_code_one_is_linked() {
    for _ in 0..5 {
        let desk = Desk::new();
        let code = desk.code_for(USER);
        let acts = (0..64).map(|number| -> Box<dyn FnOnce() -> bool + Send> {
            let (desk, code) = (&desk, &code);
            Box::new(move || {
                let address = format!("203.0.113.{number}");
                desk.link_from(&mut Phone::new(), code, &address, None)
                    .is_ok()
            })
        });
        let linked = at_once(acts.collect());
        assert_eq!(linked.into_iter().filter(|linked| *linked).count(), 1);
        assert_eq!(desk.bench.store.rows().approvals.devices.len(), 1);
        let told: Vec<_> = desk.callbacks().into_iter().map(|one| one.told).collect();
        assert_eq!(told, [Told::Linked]);
    }
}

#[test]
fn wrong_codes_at_once_are_looked_at_up_to_the_limit_exactly() {
    let desk = Desk::new();
    let right: u64 = desk.code_for(USER).parse().unwrap();
    let wrong = format!("{:06}", (right + 1) % 1_000_000);
    let acts = (0..64).map(|_| -> Box<dyn FnOnce() -> Refused + Send> {
        let (desk, wrong) = (&desk, &wrong);
        Box::new(move || desk.link(&mut Phone::new(), wrong).unwrap_err())
    });
    let told = at_once(acts.collect());
    let looked_at = told.iter().filter(|one| **one == Refused::BadLinkingCode);
    assert_eq!(
        looked_at.count(),
        usize::try_from(WRONG_PER_ADDRESS).unwrap()
    );
    let rows = desk.bench.store.rows();
    let counted = rows
        .events
        .iter()
        .filter(|event| (event.kind, event.outcome) == (EventKind::LinkDevice, Outcome::Wrong));
    assert_eq!(counted.count(), usize::try_from(WRONG_PER_ADDRESS).unwrap());
}

#[test]
fn starts_at_once_leave_one_pending() {
    let desk = Desk::new();
    desk.linked(USER);
    let acts = (0..32).map(|_| -> Box<dyn FnOnce() -> bool + Send> {
        let desk = &desk;
        Box::new(move || desk.start(SessionKind::Ok).is_ok())
    });
    let started = at_once(acts.collect());
    assert_eq!(started.into_iter().filter(|started| *started).count(), 1);
    assert_eq!(desk.bench.store.rows().approvals.sessions.len(), 1);
}

#[test]
fn approve_decline_cancel_and_expiry_at_once_end_in_one_way_told_alike_everywhere() {
    for _ in 0..200 {
        let desk = Desk::new();
        let phone = desk.linked(USER);
        let session = desk.start(SessionKind::Ok).unwrap();
        desk.callbacks();
        let caller = |_| desk.caller(&phone).unwrap();
        let [yes, no] = [0, 1].map(caller);
        let (desk, phone, session) = (&desk, &phone, &session);
        let verifier = &desk.bench.verifier;
        let decide = move |caller, verdict| {
            desk.decide_as(&caller, (phone, session), verdict, Evidence::default())
                .is_ok()
        };
        let acts: Vec<Box<dyn FnOnce() -> bool + Send>> = vec![
            Box::new(move || decide(yes, Verdict::Approve)),
            Box::new(move || decide(no, Verdict::Decline)),
            Box::new(move || {
                block_on(verifier.cancel_approval(&desk.asking(), session.id)).is_ok()
            }),
            Box::new(move || {
                desk.bench.clock.advance_s(119);
                desk.bench.clock.advance_s(1);
                block_on(verifier.do_chores()).unwrap();
                false
            }),
        ];
        let won = at_once(acts).into_iter().filter(|won| *won).count();
        block_on(verifier.do_chores()).unwrap();
        let state = desk.bench.store.rows().approvals.sessions[&session.id]
            .value
            .state;
        let told: Vec<_> = desk.callbacks().into_iter().map(|one| one.told).collect();
        let id = session.id;
        let answered = |answer: Answered| {
            let told = Told::Answered {
                session: id,
                answer: answer.clone(),
            };
            (1, Ok(Checked::Answered(answer)), vec![told])
        };
        let ended = |won| {
            (
                won,
                Err(Refused::SessionNotFound),
                vec![Told::Ended { session: id }],
            )
        };
        let expected = match state {
            State::Accepted { .. } => answered(Answered::Approved),
            State::Declined { .. } => answered(Answered::Declined),
            State::Cancelled { .. } => ended(1),
            State::Open { .. } => ended(0),
            other => panic!("{other:?}"),
        };
        assert_eq!((won, desk.check(session), told), expected);
        let events = &desk.bench.store.rows().events;
        let endings = events.iter().filter(|event| {
            let kinds = [EventKind::Decision, EventKind::Cancel, EventKind::Expire];
            kinds.contains(&event.kind)
        });
        assert_eq!(endings.count(), 1, "the audit log has one end");
    }
}

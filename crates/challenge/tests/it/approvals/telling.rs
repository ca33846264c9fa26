//! What the tenant is told, when it is tried again, and when it is given up.

use challenge::approval::delivery::{self, PAUSES_S, Reception, TRIES_IN_LINE};
use challenge::approval::ports::Fate;
use challenge::approval::{Answered, Callback, Digits, Refused, SessionKind, Told, Wanted};
use challenge::audit::EventKind;
use challenge::clock::Timestamp;
use challenge::id::Id;
use challenge::lifecycle::State;
use challenge::rng::DangerCountingRng;

use super::phone::{Desk, USER};
use crate::bench::{START, block_on};

fn chores(desk: &Desk) -> usize {
    block_on(desk.bench.verifier.do_chores()).unwrap()
}

fn failed(retry_after_s: Option<u32>) -> Reception {
    Reception::Failed {
        trouble: "HTTP 500".to_owned(),
        retry_after_s,
    }
}

/// A wish for so many callbacks of whichever kind of try.
pub(super) fn at_most(most: u32) -> Wanted {
    Wanted {
        most_per_tenant: most,
        most,
        first_tries_only: false,
        pass_over: Vec::new(),
    }
}

/// Claims what is due and tells how each was received; how many there were.
fn deliver(desk: &Desk, reception: &Reception) -> usize {
    let verifier = &desk.bench.verifier;
    let given_out = block_on(verifier.claim_callbacks(at_most(10))).unwrap();
    let outgoing = given_out.outgoing;
    let receptions = outgoing
        .iter()
        .map(|one| (one.claimed.clone(), reception.clone()));
    block_on(verifier.settle_callbacks(receptions.collect())).unwrap();
    outgoing.len()
}

#[test]
fn an_expired_session_is_told_once() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    desk.callbacks();
    assert_eq!(chores(&desk), 0, "it is not due");
    desk.bench.clock.advance_s(120);
    assert!(matches!(
        desk.approve(&phone, &session),
        Err(Refused::OutOfTurn(_))
    ));
    assert_eq!((chores(&desk), chores(&desk)), (1, 0));
    let told: Vec<_> = desk.callbacks().into_iter().map(|one| one.told).collect();
    assert_eq!(
        told,
        [Told::Ended {
            session: session.id
        }]
    );
    let rows = desk.bench.store.rows();
    let kept = &rows.approvals.sessions[&session.id].value;
    assert!(
        kept.end_told && matches!(kept.state, State::Open { .. }),
        "expiry is computed"
    );
    let expiries = rows
        .events
        .iter()
        .filter(|event| event.kind == EventKind::Expire);
    assert_eq!(expiries.count(), 1);
}

#[test]
fn what_was_decided_does_not_expire() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    desk.approve(&phone, &session).unwrap();
    desk.callbacks();
    desk.bench.clock.advance_s(120);
    assert_eq!(chores(&desk), 1);
    assert_eq!(desk.callbacks(), []);
}

#[test]
fn a_cancelled_session_is_told_as_ended() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    desk.callbacks();
    let cancel = || {
        block_on(
            desk.bench
                .verifier
                .cancel_approval(&desk.asking(), session.id),
        )
    };
    assert!(cancel().is_ok());
    assert!(matches!(cancel(), Err(Refused::OutOfTurn(_))));
    assert!(matches!(
        desk.approve(&phone, &session),
        Err(Refused::OutOfTurn(_))
    ));
    desk.bench.clock.advance_s(120);
    chores(&desk);
    let told: Vec<_> = desk.callbacks().into_iter().map(|one| one.told).collect();
    assert_eq!(
        told,
        [Told::Ended {
            session: session.id
        }]
    );
}

#[test]
fn without_a_url_nothing_is_told() {
    let desk = Desk::with(|okay| okay.callback_url = None);
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    desk.approve(&phone, &session).unwrap();
    assert_eq!(desk.callbacks(), []);
}

#[test]
fn a_failed_callback_is_tried_again_after_its_pause_under_the_same_name() {
    let desk = Desk::new();
    desk.linked(USER);
    let verifier = &desk.bench.verifier;
    let waiting = || block_on(verifier.waiting_callbacks(None, false, (None, 10))).unwrap();
    let name = waiting()[0].message.id;
    assert_eq!(deliver(&desk, &failed(None)), 1);
    assert_eq!(deliver(&desk, &failed(None)), 0);
    desk.bench.clock.advance_s(7);
    assert_eq!(deliver(&desk, &failed(Some(3600))), 1);
    assert_eq!(
        (waiting()[0].message.id, waiting()[0].failed_tries),
        (name, 2)
    );
    desk.bench.clock.advance_s(3599);
    assert_eq!(deliver(&desk, &Reception::Taken), 0, "it asked for an hour");
    desk.bench.clock.advance_s(1);
    assert_eq!(deliver(&desk, &Reception::Taken), 1);
    assert_eq!(waiting(), []);
}

#[test]
fn a_receiver_that_is_gone_gets_nothing_until_it_is_resumed() {
    let desk = Desk::new();
    desk.linked(USER);
    desk.linked("another");
    let verifier = &desk.bench.verifier;
    let tenant = desk.bench.tenant.tenant.id;
    let dead = || block_on(verifier.waiting_callbacks(Some(tenant), true, (None, 10))).unwrap();
    let first = block_on(verifier.claim_callbacks(at_most(1))).unwrap();
    let gone = (first.outgoing[0].claimed.clone(), Reception::Gone);
    block_on(verifier.settle_callbacks(vec![gone])).unwrap();
    assert_eq!(block_on(verifier.catalogue.refresh()), Ok(true));
    let stopped = block_on(verifier.claim_callbacks(at_most(10))).unwrap();
    assert_eq!((stopped.outgoing.len(), stopped.given_up), (0, 1));
    assert_eq!(dead().len(), 2, "both are kept");
    block_on(verifier.resume_callbacks(tenant)).unwrap();
    assert_eq!(block_on(verifier.catalogue.refresh()), Ok(true));
    for one in dead() {
        assert_eq!(
            block_on(verifier.redeliver(tenant, one.message.id)),
            Ok(true)
        );
    }
    assert_eq!(deliver(&desk, &Reception::Taken), 2);
}

#[test]
fn a_callback_that_this_node_cannot_read_has_its_tries_like_any_other() {
    let sealed_otherwise = Callback {
        user_external_id: USER.to_owned(),
        told: Told::Answered {
            session: Id::random(&DangerCountingRng::default()),
            answer: Answered::Pin(Some(Digits::Sealed("AAAA".to_owned()))),
        },
    };
    let sealed_otherwise = serde_json::to_string(&sealed_otherwise).unwrap();
    for unread in [sealed_otherwise.as_str(), r#"{"told":"of_tomorrow"}"#] {
        let desk = Desk::new();
        desk.linked(USER);
        let put = |body: &str| {
            let mut rows = desk.bench.store.rows();
            let posted = rows.approvals.outbox.values_mut();
            let mut callbacks = posted.filter(|one| one.message.kind == "okay.callback");
            std::mem::replace(&mut callbacks.next().unwrap().message.body, body.to_owned())
        };
        let readable = put(unread);
        let verifier = &desk.bench.verifier;
        let dead = || block_on(verifier.waiting_callbacks(None, true, (None, 10))).unwrap();
        assert_eq!(deliver(&desk, &Reception::Taken), 0);
        put(&readable);
        assert_eq!(deliver(&desk, &Reception::Taken), 0, "not before its pause");
        desk.bench.clock.advance_s(7);
        assert_eq!(deliver(&desk, &Reception::Taken), 1, "now it is readable");

        desk.linked(USER);
        put(unread);
        for _ in PAUSES_S {
            assert_eq!(deliver(&desk, &Reception::Taken), 0);
            assert_eq!(dead(), []);
            desk.bench.clock.advance_s(2 * 86_400);
        }
        assert_eq!(deliver(&desk, &Reception::Taken), 0);
        assert_eq!(dead().len(), 1, "the tenth try was the last");
    }
}

#[test]
fn the_schedule_is_the_documented_one() {
    let rng = DangerCountingRng::default();
    let again = |tries| match delivery::fate(tries, failed(None), START, &rng) {
        Fate::Again { at, .. } => Some(at.unix_ms() - START.unix_ms()),
        Fate::Dead { at: START, .. } => None,
        other => panic!("{other:?}"),
    };
    let hours = [2, 5, 10, 14, 20, 24].map(|hours| hours * 3600);
    assert_eq!(PAUSES_S[..3], [5, 300, 1800]);
    assert_eq!(PAUSES_S[3..], hours);
    for (tries, pause_s) in (0..).zip(PAUSES_S) {
        let pause_ms = i64::from(pause_s) * 1000;
        let waited = again(tries).unwrap();
        assert!(
            (pause_ms..=pause_ms * 12 / 10).contains(&waited),
            "{tries}: {waited}"
        );
    }
    assert_eq!(again(9), None, "the tenth try was the last");
    assert_eq!(again(u32::MAX), None);
    assert_eq!(TRIES_IN_LINE, 3);
    let asked = delivery::fate(0, failed(Some(u32::MAX)), START, &rng);
    let Fate::Again { at, .. } = asked else {
        panic!("{asked:?}");
    };
    assert_eq!(
        at,
        Timestamp::from_unix_ms(START.unix_ms() + 86_400_000),
        "a day at most"
    );
}

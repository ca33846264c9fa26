//! Approvals that a client has asked for itself: used once, by that client, in time.

use std::sync::Arc;

use challenge::administration::Actor;
use challenge::approval::{
    ApprovalWish, Consumption, Evidence, OwnApproval, Question, Refused, Session, SessionKind,
    Verdict,
};
use challenge::audit::{EventKind, Outcome};
use challenge::directory::{Client, User, UserKey};
use challenge::id::Id;

use super::phone::{Desk, USER};
use super::races::at_once;
use crate::bench::{START, block_on};

fn user(desk: &Desk) -> User {
    let found = desk
        .bench
        .verifier
        .catalogue
        .user(desk.bench.tenant.tenant.id, UserKey::ExternalId(USER));
    block_on(found).unwrap().unwrap().user.clone()
}

/// Has the user asked by the bench's client, or by the tenant's own server.
fn start(desk: &Desk, client: Option<&Client>) -> Session {
    let question = Question {
        kind: SessionKind::Ok,
        header: "Sign in".to_owned(),
        text: "Approve to sign in.".to_owned(),
        device_data: None,
    };
    let wish = ApprovalWish {
        asking: desk.asking(),
        user_external_id: USER,
        question: &question,
        client,
    };
    block_on(desk.bench.verifier.start_approval(&wish)).unwrap()
}

fn consume_as(
    desk: &Desk,
    (client, user): (&Client, Id<User>),
    session: &str,
) -> Result<Consumption, Refused> {
    block_on(desk.bench.verifier.consume_approval(&OwnApproval {
        asking: desk.asking(),
        client,
        user,
        unverified_session: session,
    }))
}

fn consume(desk: &Desk, session: &Session) -> Result<Consumption, Refused> {
    let user = user(desk).id;
    consume_as(desk, (&desk.bench.client, user), &session.id.to_string())
}

#[test]
fn an_approval_is_used_once() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = start(&desk, Some(&desk.bench.client));
    assert_eq!(
        consume(&desk, &session),
        Ok(Consumption::Pending(Box::new(session.clone())))
    );
    desk.approve(&phone, &session).unwrap();
    assert_eq!(consume(&desk, &session), Ok(Consumption::Approved));
    assert_eq!(consume(&desk, &session), Ok(Consumption::Before));
    let rows = desk.bench.store.rows();
    let event = rows
        .events
        .iter()
        .find(|event| event.kind == EventKind::Consume)
        .unwrap();
    assert_eq!(event.detail.client.as_deref(), Some("spl-api"));
    assert_eq!(event.detail.session, Some(session.id));
}

#[test]
fn of_32_callers_at_once_one_uses_an_approval() {
    for _ in 0..5 {
        let desk = Desk::new();
        let phone = desk.linked(USER);
        let session = start(&desk, Some(&desk.bench.client));
        desk.approve(&phone, &session).unwrap();
        let acts = (0..32).map(|_| -> Box<dyn FnOnce() -> Consumption + Send> {
            let (desk, session) = (&desk, &session);
            Box::new(move || consume(desk, session).unwrap())
        });
        let told = at_once(acts.collect());
        let won = told.iter().filter(|one| **one == Consumption::Approved);
        assert_eq!(won.count(), 1);
        let late = told.iter().filter(|one| **one == Consumption::Before);
        assert_eq!(late.count(), 31);
    }
}

#[test]
fn what_was_declined_is_told_as_often_as_it_is_asked() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = start(&desk, Some(&desk.bench.client));
    desk.decide(&phone, &session, Verdict::Decline, Evidence::default())
        .unwrap();
    assert_eq!(consume(&desk, &session), Ok(Consumption::Declined));
    assert_eq!(consume(&desk, &session), Ok(Consumption::Declined));
}

#[test]
fn nobody_uses_what_another_asked_or_another_user_approved() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let (client, own) = (Arc::clone(&desk.bench.client), user(&desk).id);
    let session = start(&desk, Some(&client));
    desk.approve(&phone, &session).unwrap();
    let id = session.id.to_string();
    let other = Client {
        id: Id::from_number(7).unwrap(),
        ..Client::clone(&client)
    };
    for (who, session) in [
        ((&other, own), id.as_str()),
        ((&*client, desk.bench.user), &id),
        ((&*client, own), "1"),
        ((&*client, own), "x"),
        ((&*client, own), ""),
    ] {
        assert_eq!(
            consume_as(&desk, who, session),
            Err(Refused::SessionNotFound),
            "{session}"
        );
    }
    let servers = start(&desk, None);
    desk.approve(&phone, &servers).unwrap();
    assert_eq!(consume(&desk, &servers), Err(Refused::SessionNotFound));
    assert_eq!(consume(&desk, &session), Ok(Consumption::Approved));
}

#[test]
fn an_approval_is_used_within_ten_minutes_and_a_question_answered_in_its_time() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = start(&desk, Some(&desk.bench.client));
    desk.approve(&phone, &session).unwrap();
    desk.bench.clock.set(START.plus_s(600));
    assert_eq!(consume(&desk, &session), Err(Refused::SessionNotFound));
    let late = start(&desk, Some(&desk.bench.client));
    desk.bench.clock.set(late.answer_by);
    assert_eq!(consume(&desk, &late), Err(Refused::SessionNotFound));
    assert!(desk.approve(&phone, &late).is_err());
}

#[test]
fn a_locked_user_approved_nothing() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = start(&desk, Some(&desk.bench.client));
    desk.approve(&phone, &session).unwrap();
    let actor = Actor {
        name: "operator",
        door: challenge::door::Door::CommandLine,
        address: None,
        correlation: None,
    };
    block_on(desk.bench.verifier.lock_user(&actor, &user(&desk))).unwrap();
    assert_eq!(consume(&desk, &session), Err(Refused::Locked));
    let told = desk.bench.store.rows().events.last().cloned().unwrap();
    assert_eq!(
        (told.kind, told.outcome),
        (EventKind::Consume, Outcome::Locked)
    );
}

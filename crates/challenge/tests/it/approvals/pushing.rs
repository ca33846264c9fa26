//! Pushes: when one is written, what becomes of it, and where it goes.

use challenge::approval::push::{
    About, OutgoingPush, PushReception, Settlement, UnverifiedSubscription,
};
use challenge::approval::{DeviceUpdate, Evidence, Refused, Session, SessionKind, Verdict};
use challenge::audit::EventKind;
use challenge::secret::Keyring;

use super::phone::{Desk, Phone, USER, subscribed};
use super::telling::at_most;
use crate::bench::{START, block_on};

fn claimed(desk: &Desk) -> Vec<OutgoingPush> {
    let claim = desk.bench.verifier.claim_pushes(at_most(10));
    block_on(claim).unwrap().outgoing
}

/// How many were passed over for good.
fn passed(desk: &Desk) -> u32 {
    let claim = desk.bench.verifier.claim_pushes(at_most(10));
    let given_out = block_on(claim).unwrap();
    assert!(given_out.outgoing.is_empty(), "one was given out");
    given_out.passed
}

fn settle(desk: &Desk, push: &OutgoingPush, reception: PushReception) -> Settlement {
    let receptions = [(push.clone(), reception)];
    block_on(desk.bench.verifier.settle_pushes(&receptions)).unwrap()
}

fn failed(retry_after_s: Option<u32>) -> PushReception {
    PushReception::Failed {
        trouble: "it answered 503".to_owned(),
        retry_after_s,
    }
}

/// The messages for phones that wait.
fn waiting(desk: &Desk) -> usize {
    let rows = desk.bench.store.rows();
    let posted = rows.approvals.outbox.values();
    let pushes = posted.filter(|one| one.message.kind == "okay.push");
    pushes.count()
}

fn subscribes(
    desk: &Desk,
    phone: &Phone,
    push: Option<UnverifiedSubscription<'_>>,
) -> Result<(), Refused> {
    let update = DeviceUpdate {
        capabilities: None,
        push: Some(push),
    };
    let caller = desk.caller(phone)?;
    block_on(desk.bench.verifier.update_device(&caller, &update)).map(|_| ())
}

/// A desk with a session that waits, and the phone that was asked.
fn asked() -> (Desk, Phone, Session) {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    (desk, phone, session)
}

fn cancel(desk: &Desk, session: &Session) {
    let asking = desk.asking();
    let cancelled = desk.bench.verifier.cancel_approval(&asking, session.id);
    block_on(cancelled).unwrap();
}

#[test]
fn a_start_pushes_once_and_waits_behind_no_callback() {
    let (desk, phone, session) = asked();
    // The callback of the link is not delivered, and holds up the user's line.
    let given_out = claimed(&desk);
    let [push] = given_out.as_slice() else {
        panic!("{} pushes", given_out.len());
    };
    assert_eq!((push.about, push.session), (About::Asked, session.id));
    assert_eq!(Some(push.device), phone.name);
    assert_eq!(push.answer_by, START.plus_s(120));
    assert_eq!(
        push.subscription.endpoint().as_str(),
        "https://push.example/1"
    );
    assert!(claimed(&desk).is_empty(), "it was given out twice");
    assert_eq!(
        settle(&desk, push, PushReception::Taken),
        Settlement::default()
    );
    desk.bench.clock.advance_s(61);
    assert!(claimed(&desk).is_empty(), "it was sent again");
    assert_eq!(waiting(&desk), 0);
}

#[test]
fn one_that_was_not_settled_in_time_is_given_out_again() {
    let (desk, _, _) = asked();
    let first = claimed(&desk);
    desk.bench.clock.advance_s(60);
    let second = claimed(&desk);
    assert_eq!((first.len(), second.len()), (1, 1));
    // What the first one says comes too late.
    settle(&desk, &first[0], PushReception::Taken);
    assert_eq!(waiting(&desk), 1);
    settle(&desk, &second[0], PushReception::Taken);
    assert_eq!(waiting(&desk), 0);
}

#[test]
fn a_phone_that_takes_no_pushes_is_sent_none() {
    let desk = Desk::new();
    let mut phone = Phone::new();
    phone.pushes_to = None;
    let code = desk.code_for(USER);
    desk.link(&mut phone, &code).unwrap();
    let session = desk.start(SessionKind::Ok).unwrap();
    cancel(&desk, &session);
    assert_eq!(waiting(&desk), 0);
    // One that took some and takes none any more gets none of those that wait either.
    subscribes(&desk, &phone, Some(subscribed("https://push.example/1"))).unwrap();
    desk.start(SessionKind::Ok).unwrap();
    assert_eq!(waiting(&desk), 1);
    subscribes(&desk, &phone, None).unwrap();
    assert_eq!((passed(&desk), waiting(&desk)), (1, 0));
}

#[test]
fn what_was_decided_or_expired_meanwhile_is_not_pushed() {
    let (desk, phone, session) = asked();
    let decided = desk.decide(&phone, &session, Verdict::Decline, Evidence::default());
    decided.unwrap();
    assert_eq!((passed(&desk), waiting(&desk)), (1, 0));
    desk.start(SessionKind::Ok).unwrap();
    desk.bench.clock.advance_s(120);
    assert_eq!((passed(&desk), waiting(&desk)), (1, 0));
}

#[test]
fn a_withdrawal_is_pushed_once_and_an_expiry_or_decision_never() {
    let (desk, phone, session) = asked();
    settle(&desk, &claimed(&desk)[0], PushReception::Taken);
    cancel(&desk, &session);
    let ended = claimed(&desk);
    assert_eq!((ended.len(), ended[0].about), (1, About::Ended));
    assert_eq!(ended[0].session, session.id);
    settle(&desk, &ended[0], PushReception::Taken);
    let session = desk.start(SessionKind::Ok).unwrap();
    settle(&desk, &claimed(&desk)[0], PushReception::Taken);
    desk.approve(&phone, &session).unwrap();
    assert_eq!(waiting(&desk), 0);
    desk.start(SessionKind::Ok).unwrap();
    settle(&desk, &claimed(&desk)[0], PushReception::Taken);
    desk.bench.clock.advance_s(120);
    assert_eq!(block_on(desk.bench.verifier.do_chores()), Ok(3));
    assert_eq!(waiting(&desk), 0);
}

#[test]
fn a_withdrawal_is_not_pushed_after_the_time_to_answer() {
    let (desk, _, session) = asked();
    settle(&desk, &claimed(&desk)[0], PushReception::Taken);
    cancel(&desk, &session);
    desk.bench.clock.advance_s(120);
    assert_eq!((passed(&desk), waiting(&desk)), (1, 0));
}

#[test]
fn a_dead_subscription_is_forgotten_and_audited() {
    let (desk, phone, session) = asked();
    let told = settle(&desk, &claimed(&desk)[0], PushReception::Gone);
    assert_eq!((told.dropped, told.given_up), (1, 0));
    let device = desk.caller(&phone).unwrap().device;
    assert!(device.push.is_none() && device.is_linked());
    {
        let rows = desk.bench.store.rows();
        let mut dropped = rows.events.iter();
        let dropped = dropped
            .find(|event| event.kind == EventKind::DropPush)
            .unwrap();
        assert_eq!(dropped.user, Some(session.user));
        assert_eq!(dropped.detail.device, Some(session.device));
    }
    cancel(&desk, &session);
    assert_eq!(waiting(&desk), 0, "there is nowhere to push to");
    let next = desk.start(SessionKind::Ok).unwrap();
    assert!(
        desk.approve(&phone, &next).is_ok(),
        "the phone looks by itself"
    );
}

#[test]
fn a_newer_subscription_stays_where_the_older_one_is_dead() {
    let (desk, phone, _) = asked();
    let push = claimed(&desk).remove(0);
    subscribes(&desk, &phone, Some(subscribed("https://push.example/2"))).unwrap();
    assert_eq!(settle(&desk, &push, PushReception::Gone).dropped, 0);
    let device = desk.caller(&phone).unwrap().device;
    let kept = desk.bench.verifier.push_subscription(&device).unwrap();
    assert_eq!(kept.unwrap().endpoint().as_str(), "https://push.example/2");
}

#[test]
fn a_service_that_fails_is_tried_until_nobody_is_asked_any_more() {
    let (desk, phone, session) = asked();
    let mut tries = 0;
    for _ in 0..120 {
        for push in claimed(&desk) {
            assert_eq!(push.claimed.failed_tries, tries);
            settle(&desk, &push, failed(None));
            tries += 1;
        }
        desk.bench.clock.advance_s(1);
    }
    assert!((6..=9).contains(&tries), "{tries} tries");
    assert_eq!((passed(&desk), waiting(&desk)), (0, 0));
    let late = desk.approve(&phone, &session);
    assert!(matches!(late, Err(Refused::OutOfTurn(_))));
    desk.start(SessionKind::Ok).unwrap();
    let told = settle(&desk, &claimed(&desk)[0], failed(Some(3600)));
    assert_eq!((told.given_up, waiting(&desk)), (1, 0));
    desk.bench.clock.advance_s(120);
    desk.start(SessionKind::Ok).unwrap();
    let refused = PushReception::Refused("it answered 403".to_owned());
    let told = settle(&desk, &claimed(&desk)[0], refused);
    assert_eq!((told, waiting(&desk)), (Settlement::default(), 0));
}

#[test]
fn a_push_that_this_node_cannot_read_is_left_to_others_for_a_while() {
    let (desk, _, _) = asked();
    for posted in desk.bench.store.rows().approvals.outbox.values_mut() {
        if posted.message.kind == "okay.push" {
            posted.message.body = "{\"about\":\"something newer\"}".to_owned();
        }
    }
    assert_eq!((passed(&desk), waiting(&desk)), (0, 1));
    for _ in 0..120 {
        desk.bench.clock.advance_s(1);
        assert!(claimed(&desk).is_empty());
    }
    assert_eq!(waiting(&desk), 0);
}

#[test]
fn plain_http_is_for_tenants_whose_pushes_may_go_to_private_addresses() {
    let inside = Some(subscribed("http://127.0.0.1:9/push"));
    let (desk, phone, _) = asked();
    let refused = subscribes(&desk, &phone, inside).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("push.endpoint: an https:// URL")
    );
    let desk = Desk::with(|okay| okay.allow_private_push = true);
    let phone = desk.linked(USER);
    subscribes(&desk, &phone, inside).unwrap();
    desk.start(SessionKind::Ok).unwrap();
    assert!(claimed(&desk)[0].allow_private);
}

#[test]
fn a_subscription_names_the_key_it_was_made_with_and_an_older_one_still_serves() {
    let (desk, phone, _) = asked();
    let present = *desk.bench.verifier.push_key().unwrap().public();
    let with = |key| UnverifiedSubscription {
        key: Some(key),
        ..subscribed("https://push.example/3")
    };
    subscribes(&desk, &phone, Some(with(present.as_bytes()))).unwrap();
    let strange = phone.public_key();
    for wrong in [strange.as_bytes().as_slice(), &[], &[4; 65]] {
        let refused = subscribes(&desk, &phone, Some(with(wrong))).unwrap_err();
        assert!(refused.to_string().contains("push.key: "), "{refused}");
    }
    let push = claimed(&desk).remove(0);
    let key = desk.bench.verifier.push_key_of(&push.subscription).unwrap();
    assert_eq!(*key.public(), present);
    let rotated = Keyring::new([(1, [7; 32]), (2, [8; 32])].into()).unwrap();
    assert_ne!(*rotated.push_key().unwrap().public(), present);
    assert!(rotated.push_key_of(&present).is_some());
    let without = Keyring::new([(2, [8; 32])].into()).unwrap();
    assert!(without.push_key_of(&present).is_none());
}

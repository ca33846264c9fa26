//! Who may be asked, how often, and what is drawn.

use challenge::administration::Actor;
use challenge::approval::{
    ApprovalWish, Checked, Evidence, Limit, Question, Refused, SessionKind, Split, SplitKind,
    TEXT_MAX, Verdict,
};
use challenge::audit::{EventKind, Outcome};
use challenge::directory::PinPlace;

use super::phone::{Desk, USER};
use crate::bench::block_on;

#[test]
fn only_a_linked_user_is_asked() {
    let desk = Desk::new();
    assert_eq!(desk.start(SessionKind::Ok), Err(Refused::NotLinked));
    desk.code_for(USER);
    assert_eq!(desk.start(SessionKind::Ok), Err(Refused::NotLinked));
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    assert_eq!(desk.check(&session), Ok(Checked::Pending));
    let caller = desk.caller(&phone).unwrap();
    let pending = block_on(desk.bench.verifier.pending_approvals(&caller)).unwrap();
    assert_eq!(pending, [session]);
}

#[test]
fn one_session_is_pending_and_the_next_may_start_when_it_expired() {
    let desk = Desk::new();
    desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    assert_eq!(desk.start(SessionKind::Ok), Err(Refused::AlreadyPending));
    desk.bench.clock.advance_s(119);
    assert_eq!(desk.start(SessionKind::Ok), Err(Refused::AlreadyPending));
    desk.bench.clock.advance_s(1);
    assert_eq!(desk.check(&session), Err(Refused::SessionNotFound));
    assert!(desk.start(SessionKind::Ok).is_ok());
}

#[test]
fn the_fourth_start_in_five_minutes_is_refused_and_reported() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    for _ in 0..3 {
        let session = desk.start(SessionKind::Ok).unwrap();
        assert_eq!(desk.start(SessionKind::Ok), Err(Refused::AlreadyPending));
        desk.approve(&phone, &session).unwrap();
    }
    let limit = Err(Refused::LimitReached(Limit::Starts));
    assert_eq!(desk.start(SessionKind::Ok), limit);
    let told = desk.bench.store.rows().events.last().unwrap().clone();
    assert_eq!(
        (told.kind, told.outcome),
        (EventKind::Start, Outcome::TooMany)
    );
    desk.bench.clock.advance_s(299);
    assert_eq!(desk.start(SessionKind::Ok), limit);
    desk.bench.clock.advance_s(1);
    assert!(desk.start(SessionKind::Ok).is_ok());
}

#[test]
fn who_said_that_it_was_somebody_else_is_not_asked_for_a_while() {
    let desk = Desk::with(|okay| okay.pause_s = 60);
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    desk.decide(&phone, &session, Verdict::NotMe, Evidence::default())
        .unwrap();
    let told = desk.bench.store.rows().events.last().unwrap().clone();
    assert_eq!(
        (told.kind, told.outcome),
        (EventKind::NotMe, Outcome::Declined)
    );
    desk.bench.clock.advance_s(59);
    let paused = Err(Refused::LimitReached(Limit::Paused));
    assert_eq!(desk.start(SessionKind::Ok), paused);
    desk.bench.clock.advance_s(1);
    assert!(desk.start(SessionKind::Ok).is_ok());
}

#[test]
fn a_locked_user_is_not_asked() {
    let desk = Desk::new();
    desk.linked(USER);
    let user = desk.bench.store.rows().users[1].0.clone();
    let actor = Actor {
        name: "operator",
        door: challenge::door::Door::CommandLine,
        address: None,
        correlation: None,
    };
    block_on(desk.bench.verifier.lock_user(&actor, &user)).unwrap();
    assert_eq!(desk.start(SessionKind::Ok), Err(Refused::Locked));
}

#[test]
fn a_tenant_that_runs_wild_is_held_up() {
    let desk = Desk::with(|okay| okay.starts_per_min = Some(2));
    desk.code_for("one");
    desk.code_for("two");
    let third = block_on(desk.bench.verifier.link(&desk.asking(), "three"));
    assert_eq!(third, Err(Refused::LimitReached(Limit::Tenant)));
    desk.bench.clock.advance_s(60);
    desk.code_for("three");
}

#[test]
fn a_pin_that_was_never_set_is_not_asked_for() {
    let desk = Desk::with(|okay| okay.pin = PinPlace::Server);
    desk.linked(USER);
    assert_eq!(desk.start(SessionKind::Pin), Err(Refused::NoPin));
    assert!(desk.start(SessionKind::SetPin).is_ok());
}

#[test]
fn a_number_is_drawn_where_the_tenant_or_the_kind_wants_one() {
    for (matching, kind, drawn) in [
        (false, SessionKind::Ok, false),
        (false, SessionKind::PinTan, true),
        (true, SessionKind::Ok, true),
        (true, SessionKind::DeviceInfo, false),
    ] {
        let desk = Desk::with(|okay| okay.number_matching = matching);
        desk.linked(USER);
        let number = desk.start(kind).unwrap().number;
        assert_eq!(number.is_some(), drawn, "{matching} {kind:?}");
        assert!(number.is_none_or(|number| number.len() == 2));
    }
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    let desk = Desk::new();
    desk.linked(USER);
    let start = |length| {
        let question = Question {
            kind: SessionKind::Ok,
            header: String::new(),
            text: "x".repeat(length),
            device_data: None,
        };
        let wish = ApprovalWish {
            asking: desk.asking(),
            user_external_id: USER,
            question: &question,
            client: None,
        };
        block_on(desk.bench.verifier.start_approval(&wish))
    };
    assert!(matches!(start(TEXT_MAX + 1), Err(Refused::DoesNotFit(_))));
    assert!(start(TEXT_MAX).is_ok());
}

#[test]
fn a_signature_keeps_the_split_of_the_first_request_that_carried_it() {
    let desk = Desk::new();
    let bind = |kind, signature: &[u8], fields: &[&str]| {
        let split = Split {
            kind,
            signature,
            fields,
        };
        block_on(desk.bench.verifier.bind_signature(&desk.asking(), &split))
    };
    let first = ["40007", "uid", "header", "text", "101"];
    assert_eq!(bind(SplitKind::Start, b"s", &first), Ok(()));
    assert_eq!(bind(SplitKind::Start, b"s", &first), Ok(()));
    for other in [
        ["40007", "ui", "dheader", "text", "101"],
        ["40007", "uid", "", "headertext", "101"],
        ["4000", "7uid", "header", "text", "101"],
    ] {
        assert_eq!(
            bind(SplitKind::Start, b"s", &other),
            Err(Refused::SplitOtherwise)
        );
    }
    assert_eq!(
        bind(SplitKind::Link, b"s", &first),
        Err(Refused::SplitOtherwise)
    );
    let shorter = ["40007", "uidheadertext101"];
    assert_eq!(
        bind(SplitKind::Link, b"s", &shorter),
        Err(Refused::SplitOtherwise)
    );
    assert_eq!(bind(SplitKind::Link, b"t", &shorter), Ok(()));
    assert_eq!(
        bind(SplitKind::Start, b"s", &first),
        Ok(()),
        "still bound as it was"
    );
}

#[test]
fn a_tenant_that_takes_any_other_length_for_a_yes_gets_four_digits_alone() {
    let desk = Desk::with(|okay| okay.decline_word = "NO".to_owned());
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Pin).unwrap();
    for misfit in ["123", "12345", "123456789012"] {
        let refused = desk.approve_with_pin(&phone, &session, misfit);
        assert!(matches!(refused, Err(Refused::DoesNotFit(_))), "{misfit}");
    }
    assert!(desk.approve_with_pin(&phone, &session, "1234").is_ok());
}

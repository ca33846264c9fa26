//! Decisions: what they need, what they prove, and what is told of them.

use challenge::approval::{
    Answered, Capabilities, Checked, Digits, Evidence, POLICY, Refused, Session, SessionKind, Told,
    Verdict, signed,
};
use challenge::audit::{EventKind, Outcome};
use challenge::directory::PinPlace;
use challenge::lifecycle::{OutOfTurn, Phase, State};
use proptest::prelude::*;
use secrecy::SecretString;

use super::phone::{Desk, Phone, USER};
use crate::bench::START;

/// What the tenant is told, in check and in the one callback.
fn told(desk: &Desk, session: &Session) -> Answered {
    let Ok(Checked::Answered(checked)) = desk.check(session) else {
        panic!("not answered");
    };
    let callbacks = desk.callbacks();
    let answers = callbacks.into_iter().filter_map(|one| match one.told {
        Told::Answered {
            session: id,
            answer,
        } if id == session.id => Some(answer),
        _ => None,
    });
    assert_eq!(answers.collect::<Vec<_>>(), std::slice::from_ref(&checked));
    checked
}

fn clear(digits: &str) -> Digits {
    Digits::Clear(digits.to_owned().into())
}

fn with_server_pin() -> (Desk, Phone) {
    let desk = Desk::with(|okay| {
        okay.pin = PinPlace::Server;
        okay.starts_per_5_min = 1000;
    });
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::SetPin).unwrap();
    desk.approve_with_pin(&phone, &session, "4711").unwrap();
    assert_eq!(told(&desk, &session), Answered::PinSet(None));
    (desk, phone)
}

#[test]
fn an_approval_is_told_and_its_signature_can_be_shown() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    let decided = desk.approve(&phone, &session).unwrap();
    assert_eq!(decided.state, State::Accepted { at: START });
    assert_eq!(told(&desk, &session), Answered::Approved);
    let proof = decided.proof.unwrap();
    let signature = data_encoding::BASE64
        .decode(proof.signature.as_bytes())
        .unwrap();
    assert!(
        phone
            .public_key()
            .verifies(proof.signed.as_bytes(), &signature)
    );
    for shown in [
        "5:40007",
        "11:Online Bank",
        "9:uid406jkt",
        "28:Do you okay",
        "7:approve",
    ] {
        assert!(proof.signed.contains(shown), "{shown}: {}", proof.signed);
    }
}

#[test]
fn the_signed_text_is_as_documented() {
    let desk = Desk::new();
    desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    let text = signed::decision(&signed::DecisionText {
        displayed: signed::Displayed {
            text: "Pay 5 €\nto:1:x",
            ..session.displayed("960002")
        },
        verdict: Verdict::NotMe,
        number: "42",
        pin_given: true,
        user_verified: true,
        time_ms: 1_700_000_000_000,
    });
    assert_eq!(
        text,
        "countersign decision 1\ntenant_id:5:40007\ntenant_name:11:Online Bank\nuser:9:uid406jkt\n\
         session:6:960002\ntype:2:OK\nheader:23:Authorization requested\n\
         text:16:Pay 5 €\nto:1:x\ndevice_data:0:\ndecision:6:not_me\nnumber:2:42\npin:5:given\n\
         user_verified:3:yes\ntime:13:1700000000000\n"
    );
}

#[test]
fn a_decline_is_told_as_an_answer() {
    for verdict in [Verdict::Decline, Verdict::NotMe] {
        let desk = Desk::new();
        let phone = desk.linked(USER);
        let session = desk.start(SessionKind::Pin).unwrap();
        desk.decide(&phone, &session, verdict, Evidence::default())
            .unwrap();
        assert_eq!(told(&desk, &session), Answered::Declined);
    }
}

#[test]
fn biometrics_need_the_devices_word_or_fall_back() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::BiometricOk).unwrap();
    assert!(matches!(
        desk.approve(&phone, &session),
        Err(Refused::DoesNotFit(_))
    ));
    let evidence = Evidence {
        user_verified: true,
        ..Evidence::default()
    };
    desk.decide(&phone, &session, Verdict::Approve, evidence)
        .unwrap();
    assert_eq!(told(&desk, &session), Answered::UserVerified);
    let session = desk.start(SessionKind::BiometricOk).unwrap();
    desk.decide(&phone, &session, Verdict::FallBack, Evidence::default())
        .unwrap();
    assert_eq!(told(&desk, &session), Answered::FellBack);
    let session = desk.start(SessionKind::Fallback).unwrap();
    desk.approve_with_pin(&phone, &session, "4711").unwrap();
    assert_eq!(told(&desk, &session), Answered::Pin(Some(clear("4711"))));
}

#[test]
fn device_information_is_what_the_device_says() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::DeviceInfo).unwrap();
    let evidence = Evidence {
        capabilities: Some(Capabilities {
            biometrics: false,
            push: true,
        }),
        ..Evidence::default()
    };
    desk.decide(&phone, &session, Verdict::Approve, evidence)
        .unwrap();
    let (biometrics, push) = (false, true);
    assert_eq!(
        told(&desk, &session),
        Answered::DeviceInfo { biometrics, push }
    );
}

#[test]
fn digits_for_the_tenant_rest_sealed_and_are_forgotten_after_a_day() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Pin).unwrap();
    desk.approve_with_pin(&phone, &session, "90210847").unwrap();
    {
        let rows = desk.bench.store.rows();
        let session = serde_json::to_string(&rows.approvals.sessions[&session.id].value).unwrap();
        let outbox = rows.approvals.outbox.values();
        let outbox: String = outbox.map(|one| one.message.body.as_str()).collect();
        let events = format!("{:?}", rows.events);
        for place in [session, outbox, events] {
            assert!(!place.contains("90210847"), "{place}");
        }
    }
    assert_eq!(
        told(&desk, &session),
        Answered::Pin(Some(clear("90210847")))
    );
    desk.bench.clock.advance_s(86_400);
    assert_eq!(desk.check(&session), Err(Refused::SessionNotFound));
    crate::bench::block_on(desk.bench.verifier.do_chores()).unwrap();
    let rows = desk.bench.store.rows();
    let kept = &rows.approvals.sessions[&session.id].value;
    assert_eq!(kept.answer, Some(Answered::Pin(Some(Digits::Forgotten))));
    assert!(kept.proof.is_some(), "the signature is kept");
}

#[test]
fn a_pin_is_verified_here_where_the_tenant_wants_that() {
    let (desk, phone) = with_server_pin();
    let session = desk.start(SessionKind::Pin).unwrap();
    let wrong = desk.approve_with_pin(&phone, &session, "4712");
    assert_eq!(wrong, Err(Refused::Wrong { attempts_left: 2 }));
    assert!(matches!(
        desk.approve(&phone, &session),
        Err(Refused::DoesNotFit(_))
    ));
    for misfit in ["123", "12a4", "1234567890123"] {
        let refused = desk.approve_with_pin(&phone, &session, misfit);
        assert!(matches!(refused, Err(Refused::DoesNotFit(_))), "{misfit}");
    }
    desk.approve_with_pin(&phone, &session, "4711").unwrap();
    assert_eq!(told(&desk, &session), Answered::Pin(None));
    let rows = desk.bench.store.rows();
    let standings = format!("{:?}", rows.standings);
    assert!(!standings.contains("4711"));
}

#[test]
fn three_wrong_pins_end_the_session_and_five_lock_the_user() {
    let (desk, phone) = with_server_pin();
    desk.callbacks();
    let session = desk.start(SessionKind::Pin).unwrap();
    for left in [2, 1, 0] {
        let wrong = desk.approve_with_pin(&phone, &session, "0000");
        assert_eq!(
            wrong,
            Err(Refused::Wrong {
                attempts_left: left
            })
        );
    }
    let refused = State::Refused { at: START };
    let late = desk.approve_with_pin(&phone, &session, "4711");
    assert_eq!(late, Err(Refused::OutOfTurn(OutOfTurn(Phase::Is(refused)))));
    assert_eq!(desk.check(&session), Err(Refused::SessionNotFound));
    let ended = Told::Ended {
        session: session.id,
    };
    assert_eq!(
        desk.callbacks()
            .into_iter()
            .map(|one| one.told)
            .collect::<Vec<_>>(),
        [ended]
    );
    // What needs no PIN must not give more guesses at it.
    let plain = desk.start(SessionKind::Ok).unwrap();
    desk.approve(&phone, &plain).unwrap();
    let session = desk.start(SessionKind::Pin).unwrap();
    for _ in 0..2 {
        desk.approve_with_pin(&phone, &session, "0000").unwrap_err();
    }
    let told = desk.bench.store.rows().events.last().unwrap().clone();
    assert_eq!(
        (told.kind, told.outcome),
        (EventKind::Decision, Outcome::WrongAndLocked)
    );
    assert_eq!(told.detail.policy.as_deref(), Some(POLICY));
    let compared = desk
        .hasher
        .compared
        .load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(compared, 5);
    let locked = desk.approve_with_pin(&phone, &session, "4711");
    assert_eq!(locked, Err(Refused::Locked));
    let declined = desk.decide(&phone, &session, Verdict::Decline, Evidence::default());
    assert!(declined.is_ok(), "a locked user may say no");
    assert_eq!(desk.start(SessionKind::Ok), Err(Refused::Locked));
    desk.bench.clock.advance_s(1800);
    let session = desk.start(SessionKind::Pin).unwrap();
    assert!(desk.approve_with_pin(&phone, &session, "4711").is_ok());
}

#[test]
fn a_pin_can_be_forgotten() {
    let (desk, phone) = with_server_pin();
    let session = desk.start(SessionKind::Pin).unwrap();
    desk.decide(&phone, &session, Verdict::ForgotPin, Evidence::default())
        .unwrap();
    assert_eq!(
        told(&desk, &session),
        Answered::PinForgotten { asked: false }
    );
    let session = desk.start(SessionKind::UserForgotPin).unwrap();
    desk.approve(&phone, &session).unwrap();
    assert_eq!(
        told(&desk, &session),
        Answered::PinForgotten { asked: true }
    );
    assert_eq!(desk.start(SessionKind::Pin), Err(Refused::NoPin));
}

#[test]
fn the_number_on_the_page_must_be_typed() {
    let desk = Desk::with(|okay| okay.number_matching = true);
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    assert!(matches!(
        desk.approve(&phone, &session),
        Err(Refused::DoesNotFit(_))
    ));
    let right: u32 = session.number.as_deref().unwrap().parse().unwrap();
    let typed = |number: u32| {
        let number = number.to_string();
        let evidence = Evidence {
            number: Some(&number),
            ..Evidence::default()
        };
        desk.decide(&phone, &session, Verdict::Approve, evidence)
    };
    assert_eq!(
        typed(10 + (right - 9) % 90),
        Err(Refused::Wrong { attempts_left: 2 })
    );
    assert!(typed(right).is_ok());
    assert_eq!(told(&desk, &session), Answered::Approved);
}

#[test]
fn a_decision_of_another_phone_or_tenant_is_not_found() {
    let desk = Desk::new();
    desk.linked(USER);
    let stranger = desk.linked("somebody else");
    let session = desk.start(SessionKind::Ok).unwrap();
    assert_eq!(
        desk.approve(&stranger, &session),
        Err(Refused::SessionNotFound)
    );
}

#[test]
fn a_request_that_decided_is_spent_on_every_node() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let caller = desk.caller(&phone).unwrap();
    let session = desk.start(SessionKind::Ok).unwrap();
    let decide = |session: &Session| {
        let evidence = Evidence::default();
        desk.decide_as(&caller, (&phone, session), Verdict::Approve, evidence)
    };
    assert!(decide(&session).is_ok());
    let next = desk.start(SessionKind::Ok).unwrap();
    assert_eq!(decide(&next), Err(Refused::Replayed));
}

/// A field of what is displayed, and what it is changed to.
fn any_change() -> impl Strategy<Value = (usize, String)> {
    (0_usize..6, "\\PC{0,12}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is changed between what was asked and what was displayed, it is not accepted.
    #[test]
    fn what_is_signed_is_what_was_asked((field, text) in any_change()) {
        let desk = Desk::new();
        let phone = desk.linked(USER);
        let session = desk.start(SessionKind::Ok).unwrap();
        let mut shown = session.clone();
        match field {
            0 => shown.question.header = text,
            1 => shown.question.text = text,
            2 => shown.tenant_name = text,
            3 => shown.user_external_id = text,
            4 => shown.question.device_data = Some(text),
            _ => shown.tenant_number = u64::try_from(text.len()).unwrap(),
        }
        let same = shown.displayed("1") == session.displayed("1");
        let decided = desk.approve(&phone, &shown);
        prop_assert_eq!(decided.is_ok(), same);
        if !same {
            prop_assert_eq!(decided, Err(Refused::NotWhatWasDisplayed));
            prop_assert_eq!(desk.check(&session), Ok(Checked::Pending));
        }
    }
}

#[test]
fn a_decision_that_was_signed_long_ago_is_refused() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    let caller = desk.caller(&phone).unwrap();
    let pin = SecretString::from("1234");
    let evidence = Evidence {
        pin: Some(&pin),
        ..Evidence::default()
    };
    let decision = challenge::approval::UnverifiedDecision {
        session: session.id,
        verdict: Verdict::Approve,
        evidence,
        time_ms: START.unix_ms() - 121_000,
        unverified_signature: &[0; 64],
    };
    let decided = desk.bench.verifier.decide(&caller, &decision, &desk.hasher);
    let refused = crate::bench::block_on(decided).unwrap_err();
    assert_eq!(refused, Refused::WrongTime { ahead_s: -121 });
}

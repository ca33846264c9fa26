//! Linking a phone, replacing it, unlinking it, and what it signs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use challenge::approval::signed::SignedRequest;
use challenge::approval::{Capabilities, DeviceStatus, DeviceUpdate, Refused, SessionKind, Told};
use challenge::audit::EventKind;
use challenge::directory::TenantStatus;
use challenge::lifecycle::State;
use challenge::rng::Rng;
use challenge::secret::Keyring;
use challenge::verifier::{Ports, Verifier};
use challenge::visitor::InlineMint;

use super::phone::{Desk, Phone, USER, subscribed};
use crate::bench::{START, block_on};

#[test]
fn a_user_who_is_not_known_is_created_and_linked() {
    let desk = Desk::new();
    let code = desk.code_for(USER);
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
    let linked = desk.link(&mut Phone::new(), &code).unwrap();
    assert_eq!(
        (linked.tenant_number, linked.tenant_name.as_str()),
        (40007, "Online Bank")
    );
    assert_eq!(linked.device.user_external_id, USER);
    let told: Vec<_> = desk.callbacks().into_iter().map(|one| one.told).collect();
    assert_eq!(told, [Told::Linked]);
    desk.code_for(USER);
    let users = desk.bench.store.rows().users.len();
    assert_eq!(users, 2, "the bench's and the one that was linked");
}

#[test]
fn somebody_who_signs_in_by_the_name_is_not_taken_for_the_same_person() {
    let desk = Desk::new();
    desk.linked("myTestUser1");
    let rows = desk.bench.store.rows();
    assert_eq!(rows.users[1].0.login_name, "okay:myTestUser1");
    assert!(rows.users[0].0.external_id.is_none());
}

#[test]
fn a_user_is_created_though_both_names_are_login_names_of_others() {
    let desk = Desk::new();
    desk.linked("okay:myTestUser1");
    desk.linked("myTestUser1");
    let rows = desk.bench.store.rows();
    let created = &rows.users[2].0;
    let expected = format!("okay:myTestUser1:{}", created.id);
    assert_eq!(created.login_name, expected);
    assert_eq!(created.external_id.as_deref(), Some("myTestUser1"));
}

#[test]
fn a_code_opens_one_phone_for_an_hour_and_the_next_one_replaces_it() {
    let desk = Desk::new();
    let (first, second) = (desk.code_for(USER), desk.code_for(USER));
    let link = |code: &str| desk.link(&mut Phone::new(), code).map(|_| ());
    assert_eq!(link(&first), Err(Refused::BadLinkingCode));
    assert_eq!(link(&second), Ok(()));
    assert_eq!(link(&second), Err(Refused::BadLinkingCode));
    let third = desk.code_for(USER);
    desk.bench.clock.advance_s(3600);
    assert_eq!(link(&third), Err(Refused::BadLinkingCode));
}

#[test]
fn a_tenant_gets_longer_codes_if_it_asks() {
    let desk = Desk::with(|okay| okay.linking_digits = 9);
    assert_eq!(desk.code_for(USER).len(), 9);
}

#[test]
fn codes_grow_with_the_number_of_open_ones() {
    let desk = Desk::new();
    for number in 0..100 {
        assert_eq!(desk.code_for(&format!("user {number}")).len(), 6);
    }
    assert_eq!(desk.code_for("one more").len(), 7);
    desk.bench.clock.advance_s(3600);
    assert_eq!(desk.code_for("an hour later").len(), 6);
}

#[test]
fn a_second_phone_replaces_the_first_and_ends_what_that_was_asked() {
    let desk = Desk::new();
    let first = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    desk.callbacks();
    let second = desk.linked(USER);
    let told: Vec<_> = desk.callbacks().into_iter().map(|one| one.told).collect();
    assert_eq!(
        told,
        [
            Told::Ended {
                session: session.id
            },
            Told::Linked
        ]
    );
    assert_eq!(desk.caller(&first).unwrap_err(), Refused::UnknownDevice);
    assert_eq!(desk.check(&session), Err(Refused::SessionNotFound));
    let next = desk.start(SessionKind::Ok).unwrap();
    assert!(desk.approve(&second, &next).is_ok());
    let rows = desk.bench.store.rows();
    let replaced = &rows.approvals.devices[&first.name.unwrap().device].value;
    assert_eq!(
        (replaced.status, &replaced.push),
        (DeviceStatus::Unlinked { at: START }, &None)
    );
}

#[test]
fn an_unlinked_phone_is_nobody_and_the_tenant_is_told() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    desk.callbacks();
    let caller = desk.caller(&phone).unwrap();
    let verifier = &desk.bench.verifier;
    assert_eq!(block_on(verifier.unlink(&caller)), Ok(()));
    let told: Vec<_> = desk.callbacks().into_iter().map(|one| one.told).collect();
    assert_eq!(
        told,
        [
            Told::Ended {
                session: session.id
            },
            Told::Unlinked
        ]
    );
    assert_eq!(desk.caller(&phone).unwrap_err(), Refused::UnknownDevice);
    assert_eq!(
        block_on(verifier.unlink(&caller)),
        Err(Refused::UnknownDevice)
    );
    assert_eq!(desk.start(SessionKind::Ok), Err(Refused::NotLinked));
    let state = desk.bench.store.rows().approvals.sessions[&session.id]
        .value
        .state;
    assert_eq!(state, State::Cancelled { at: START });
}

#[test]
fn a_tenant_that_may_not_ask_links_nobody() {
    let desk = Desk::with(|okay| okay.status = TenantStatus::Inactive);
    let link = block_on(desk.bench.verifier.link(&desk.asking(), USER));
    assert_eq!(link, Err(Refused::TenantInactive));
    let desk = Desk::with(|okay| okay.trial_expires = Some(START));
    assert_eq!(desk.start(SessionKind::Ok), Err(Refused::TenantExpired));
}

#[test]
fn names_that_cannot_be_kept_are_refused() {
    let desk = Desk::new();
    for name in ["", "a\nb", &"x".repeat(201)] {
        let link = block_on(desk.bench.verifier.link(&desk.asking(), name));
        assert!(matches!(link, Err(Refused::DoesNotFit(_))), "{name:?}");
    }
}

#[test]
fn no_user_is_called_like_a_session() {
    let desk = Desk::new();
    desk.linked(USER);
    let session = desk.start(SessionKind::Ok).unwrap();
    let name = session.id.to_string();
    let link = block_on(desk.bench.verifier.link(&desk.asking(), &name));
    assert!(matches!(link, Err(Refused::DoesNotFit(_))));
}

/// Something that is done to a request after it was signed.
type Change = fn(&mut SignedRequest<'_>);

#[test]
fn a_request_counts_once_and_only_as_it_was_signed() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let (nonce, path) = ("0123456789abcdef", "/device/decide?x=1");
    assert!(desk.caller_with(&phone, nonce, path, |_| {}).is_ok());
    let again = desk.caller_with(&phone, nonce, path, |_| {});
    assert_eq!(again.unwrap_err(), Refused::Replayed);
    let other = "fedcba9876543210";
    let changes: [Change; 6] = [
        |request| request.method = "GET",
        |request| request.path = "/device/decide?x=2",
        |request| request.time_ms += 1,
        |request| request.nonce = "fedcba9876543211",
        |request| request.body = b"{ }",
        |request| request.unverified_signature = &[7; 64],
    ];
    for change in changes {
        let refused = desk.caller_with(&phone, other, path, change);
        assert_eq!(refused.unwrap_err(), Refused::UnknownDevice);
    }
    let short = desk.caller_with(&phone, "short", path, |_| {});
    assert!(matches!(short, Err(Refused::DoesNotFit(_))));
    let late = desk.caller_with(&phone, other, path, |request| request.time_ms += 120_001);
    assert_eq!(late.unwrap_err(), Refused::WrongTime { ahead_s: 120 });
}

#[test]
fn a_phone_must_hold_the_key_that_it_brings() {
    let desk = Desk::new();
    let code = desk.code_for(USER);
    let (owner, thief) = (Phone::new(), Phone::new());
    let key = owner.public_key();
    let time_ms = START.unix_ms();
    let text = challenge::approval::signed::link(&challenge::approval::signed::LinkText {
        code: &code,
        public_key: &key,
        name: "",
        platform: "",
        time_ms,
    });
    let answer = challenge::approval::LinkingAnswer {
        unverified_code: &code,
        public_key: key.as_bytes(),
        name: "",
        platform: "",
        capabilities: Capabilities::default(),
        push: None,
        time_ms,
        unverified_signature: &thief.sign(&text),
        work: None,
        address: None,
    };
    let linked = block_on(desk.bench.verifier.complete_linking(&answer));
    assert_eq!(linked.unwrap_err(), Refused::UnknownDevice);
}

#[test]
fn what_a_phone_tells_anew_is_kept_and_its_push_is_sealed() {
    let desk = Desk::new();
    let phone = desk.linked(USER);
    let caller = desk.caller(&phone).unwrap();
    let update = DeviceUpdate {
        capabilities: Some(Capabilities {
            biometrics: false,
            push: true,
        }),
        push: Some(Some(subscribed("https://push.example/2"))),
    };
    let verifier = &desk.bench.verifier;
    let device = block_on(verifier.update_device(&caller, &update)).unwrap();
    assert_eq!(device.capabilities, update.capabilities.unwrap());
    let kept = verifier.push_subscription(&device).unwrap().unwrap();
    assert_eq!(kept.endpoint().as_str(), "https://push.example/2");
    assert!(
        !serde_json::to_string(&device)
            .unwrap()
            .contains("push.example")
    );
    let again = block_on(verifier.update_device(&caller, &update));
    assert_eq!(again.unwrap_err(), Refused::Replayed, "its nonce is spent");
    let rows = desk.bench.store.rows();
    assert!(
        rows.events
            .iter()
            .any(|event| event.kind == EventKind::UpdateDevice)
    );
}

/// Draws this number first, and other ones after it.
struct First(AtomicU64);

impl Rng for First {
    fn fill(&self, buffer: &mut [u8]) {
        let next = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (byte, drawn) in buffer.iter_mut().zip(next.iter().cycle()) {
            *byte = *drawn;
        }
    }
}

/// Two versions of the master key, of which the bench has the first.
fn both() -> Keyring {
    Keyring::new([(1, [7; 32]), (2, [8; 32])].into()).unwrap()
}

/// Another node on the same database, which seals with the second version.
fn follow(desk: &mut Desk, first: u64) {
    let ports = Ports {
        store: desk.bench.store.clone(),
        clock: desk.bench.clock.clone(),
        rng: Arc::new(First(AtomicU64::new(first))),
        keyring: both(),
        mint: Arc::new(InlineMint(First(AtomicU64::new(0)))),
    };
    desk.bench.verifier = Arc::new(block_on(Verifier::start(ports)).unwrap());
}

#[test]
fn a_code_that_is_open_under_an_older_key_is_not_drawn_again() {
    let mut desk = Desk::new();
    desk.code_for("another");
    let code = desk.code_for(USER);
    let number: u64 = code.parse().unwrap();
    follow(&mut desk, number);
    let fresh = desk.code_for("another");
    assert_eq!(fresh, format!("{:06}", number + 1));
    let linked = desk.link(&mut Phone::new(), &code).unwrap();
    assert_eq!(linked.device.user_external_id, USER);
    let linked = desk.link(&mut Phone::new(), &fresh).unwrap();
    assert_eq!(linked.device.user_external_id, "another");
    // Once it is used, it may be drawn again.
    follow(&mut desk, number);
    assert_eq!(desk.code_for("another"), code);
}

#[test]
fn a_code_that_two_keys_drew_opens_nothing() {
    let mut desk = Desk::new();
    desk.code_for("another");
    let code = desk.code_for(USER);
    // Two nodes drew it at one moment, one of which did not follow yet.
    follow(&mut desk, 0);
    let other = desk.code_for("another");
    {
        let mut rows = desk.bench.store.rows();
        let digests = [&other, &code].map(|code| both().linking_code_digest(code).unwrap());
        let row = rows.approvals.codes.remove(&digests[0]).unwrap();
        rows.approvals.codes.insert(digests[1], row);
    }
    let refused = desk.link(&mut Phone::new(), &code).unwrap_err();
    assert_eq!(refused, Refused::BadLinkingCode);
    assert!(desk.bench.store.rows().approvals.devices.is_empty());
}

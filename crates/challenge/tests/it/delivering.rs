//! Codes on their way: given out to one at a time, never past their time, and never in clear.

use challenge::audit::{Event, EventKind, Outcome};
use challenge::delivery::{
    Delivery, DeliverySettings, Format, GatewaySettings, Handover, Method, PAUSES_S, Parcel,
    SETTING, Says, Security, SmtpSettings, Way,
};
use challenge::directory::{ServerSetting, User};
use challenge::id::{Id, TimedId};
use challenge::policy::Limits;
use challenge::ports::Change;
use challenge::refusal::Refusal;
use secrecy::ExposeSecret as _;

use crate::bench::*;

const TO: &str = "+41791234567";
const CODE: &str = "73915508";
const LIFE_S: u32 = 120;

fn bench() -> Bench {
    Bench::with(
        Limits::default(),
        vec![ocra(Some("OCRA-1:HOTP-SHA1-8:QN08"), None)],
    )
}

/// A code for a challenge that waits, in the outbox.
fn send(bench: &Bench) -> TimedId {
    let challenge = bench.issue(None).unwrap();
    let delivery = Delivery {
        tenant: bench.tenant.tenant.id,
        way: Way::Sms,
        to: TO.to_owned(),
        says: Says::Code {
            user: bench.user,
            challenge: challenge.id,
            code: CODE.to_owned().into(),
        },
        expires_at: bench.verifier.now().plus_s(LIFE_S),
    };
    let now = bench.verifier.now();
    let message = bench.verifier.delivery_message(&delivery, now).unwrap();
    assert!(!message.body.contains("7915"), "{}", message.body);
    assert!(!message.body.contains("915508"), "{}", message.body);
    assert!(!format!("{delivery:?}").contains("91"), "{delivery:?}");
    let mut event = bench.store.rows().events[0].clone();
    event.id = TimedId::random(now, &challenge::rng::DangerCountingRng::default());
    let change = Change {
        messages: vec![message],
        ..Change::telling(event)
    };
    block_on(challenge::ports::Store::commit(&*bench.store, change)).unwrap();
    challenge.id
}

fn claim(bench: &Bench, way: Way) -> (Vec<Parcel>, u32) {
    let handout = block_on(bench.verifier.claim_deliveries(way, 16)).unwrap();
    (handout.parcels, handout.dropped)
}

/// Whom a code is for, what it answers, and the code.
fn code_of(parcel: &Parcel) -> Option<(Id<User>, TimedId, String)> {
    match &parcel.delivery.says {
        Says::Code {
            user,
            challenge,
            code,
        } => Some((*user, *challenge, code.expose_secret().to_owned())),
        Says::Letter { .. } => None,
    }
}

fn settle(bench: &Bench, parcel: Parcel, handover: Handover) -> u32 {
    let settled = vec![(parcel.claimed, handover)];
    block_on(bench.verifier.settle_deliveries(Way::Sms, settled)).unwrap()
}

fn failed() -> Handover {
    Handover::Failed {
        trouble: "no connection".to_owned(),
        retry_after_s: None,
    }
}

fn waiting(bench: &Bench) -> usize {
    bench.store.rows().approvals.outbox.len()
}

/// What was told about deliveries.
fn told(bench: &Bench) -> Vec<Event> {
    let rows = bench.store.rows();
    let told = rows.events.iter();
    told.filter(|event| event.kind == EventKind::Deliver)
        .cloned()
        .collect()
}

#[test]
fn a_code_is_given_out_once_with_all_that_it_was_sent_with() {
    let bench = bench();
    let challenge = send(&bench);
    assert!(claim(&bench, Way::Email).0.is_empty());
    let (mut parcels, _) = claim(&bench, Way::Sms);
    assert!(claim(&bench, Way::Sms).0.is_empty(), "it is given out");
    let parcel = parcels.pop().unwrap();
    let delivery = &parcel.delivery;
    assert_eq!(delivery.to, TO);
    assert_eq!(
        code_of(&parcel),
        Some((bench.user, challenge, CODE.to_owned()))
    );
    assert_eq!(delivery.expires_at, START.plus_s(LIFE_S));
    assert_eq!(settle(&bench, parcel, Handover::Taken), 0);
    assert_eq!(waiting(&bench), 0);
    let told = told(&bench);
    assert_eq!((told.len(), told[0].outcome), (1, Outcome::Done));
    assert_eq!(told[0].user, Some(bench.user));
    assert_eq!(told[0].detail.challenge, Some(challenge));
}

#[test]
fn of_many_claims_at_once_one_gets_the_code() {
    let bench = std::sync::Arc::new(bench());
    send(&bench);
    let claims: Vec<_> = (0..32)
        .map(|_| {
            let bench = std::sync::Arc::clone(&bench);
            std::thread::spawn(move || claim(&bench, Way::Sms).0.len())
        })
        .collect();
    let given: usize = claims.into_iter().map(|one| one.join().unwrap()).sum();
    assert_eq!(given, 1);
}

#[test]
fn what_fails_is_tried_again_soon_and_dropped_with_an_event_once_it_would_be_late() {
    let bench = bench();
    send(&bench);
    let mut tries = 0;
    let mut waited_s = 0;
    while waiting(&bench) > 0 {
        if let Some(parcel) = claim(&bench, Way::Sms).0.pop() {
            assert!(waited_s < LIFE_S, "given out {waited_s} s after the start");
            settle(&bench, parcel, failed());
            tries += 1;
        }
        bench.clock.advance_s(1);
        waited_s += 1;
    }
    // At 0, then 2, 10, 30 and 60 s after the one before, each up to a fifth later and seen by the
    // next whole second.
    let in_time: u32 = PAUSES_S.iter().sum();
    assert!(in_time < LIFE_S);
    assert!((4..=5).contains(&tries), "{tries}");
    let told = told(&bench);
    assert_eq!((told.len(), told[0].outcome), (1, Outcome::Undelivered));
    let fields = &told[0].detail.fields;
    let trouble = &fields[2].1;
    assert!(["no connection", "not sent: its time was over"].contains(&trouble.as_str()));
    assert!(fields.contains(&("tries".to_owned(), tries.to_string())));
}

#[test]
fn a_code_past_its_time_is_never_given_out() {
    let bench = bench();
    send(&bench);
    bench.clock.advance_s(LIFE_S);
    let (parcels, dropped) = claim(&bench, Way::Sms);
    assert_eq!((parcels.len(), dropped), (0, 1));
    assert_eq!(waiting(&bench), 0);
    assert_eq!(told(&bench)[0].outcome, Outcome::Undelivered);
}

#[test]
fn a_code_that_was_rejected_for_good_is_dropped_at_once() {
    let bench = bench();
    send(&bench);
    let parcel = claim(&bench, Way::Sms).0.pop().unwrap();
    let rejected = Handover::Rejected {
        trouble: "it answered 550".to_owned(),
    };
    assert_eq!(settle(&bench, parcel, rejected), 1);
    assert_eq!(waiting(&bench), 0);
    assert_eq!(told(&bench)[0].outcome, Outcome::Undelivered);
}

#[test]
fn a_code_whose_challenge_was_withdrawn_is_not_sent() {
    let bench = bench();
    let challenge = send(&bench);
    block_on(bench.verifier.cancel(&bench.context(), challenge)).unwrap();
    let (parcels, dropped) = claim(&bench, Way::Sms);
    assert_eq!((parcels.len(), dropped, waiting(&bench)), (0, 1, 0));
    assert!(told(&bench).is_empty(), "what ended it was told already");
}

#[test]
fn what_was_not_settled_in_time_is_given_out_again() {
    let bench = bench();
    send(&bench);
    let late = claim(&bench, Way::Sms).0.pop().unwrap();
    bench.clock.advance_s(challenge::delivery::LEASE_S);
    let again = claim(&bench, Way::Sms).0.pop().unwrap();
    settle(&bench, late, failed());
    assert_eq!(waiting(&bench), 1);
    assert_eq!(
        bench
            .store
            .rows()
            .approvals
            .outbox
            .values()
            .next()
            .unwrap()
            .failed_tries,
        0
    );
    settle(&bench, again, Handover::Taken);
    assert_eq!(waiting(&bench), 0);
}

#[test]
fn a_message_moved_to_another_row_opens_nothing_and_is_kept_until_its_time_is_over() {
    let bench = bench();
    send(&bench);
    {
        let mut rows = bench.store.rows();
        let (_, mut posted) = rows.approvals.outbox.pop_first().unwrap();
        let mut id = *posted.message.id.as_bytes();
        id[15] ^= 1;
        posted.message.id = TimedId::from_bytes(id);
        rows.approvals.outbox.insert(posted.message.id, posted);
    }
    let (parcels, dropped) = claim(&bench, Way::Sms);
    assert_eq!((parcels.len(), dropped, waiting(&bench)), (0, 0, 1));
    bench.clock.advance_s(LIFE_S);
    assert_eq!(claim(&bench, Way::Sms).1, 1);
    assert_eq!(told(&bench)[0].outcome, Outcome::Undelivered);
}

pub(crate) fn set(bench: &Bench, prefer: Way, ways: &[Way]) {
    let smtp = SmtpSettings {
        host: "mail.example".to_owned(),
        port: 587,
        security: Security::Starttls,
        user_name: None,
        from: "codes@bank.example".to_owned(),
        subject: "code".to_owned(),
        text: "{code}".to_owned(),
        per_min: None,
    };
    let gateway = GatewaySettings {
        method: Method::Post,
        format: Format::Json,
        text: "{code}".to_owned(),
        allow_private: false,
        per_min: None,
    };
    let settings = DeliverySettings {
        prefer,
        smtp: ways.contains(&Way::Email).then_some(smtp),
        gateway: ways.contains(&Way::Sms).then_some(gateway),
    };
    {
        let mut rows = bench.store.rows();
        rows.version += 1;
        rows.settings = vec![ServerSetting {
            name: SETTING.to_owned(),
            body: serde_json::to_string(&settings).unwrap(),
            secret: None,
        }];
    }
    block_on(bench.verifier.catalogue.refresh()).unwrap();
}

#[test]
fn a_code_takes_the_preferred_way_that_is_there_and_what_is_missing_is_said() {
    let bench = bench();
    let user = |email: Option<&str>, phone: Option<&str>| User {
        email: email.map(str::to_owned),
        phone: phone.map(str::to_owned),
        ..bench.store.rows().users[0].0.clone()
    };
    let (mail, both) = (user(Some("a@b"), None), user(Some("a@b"), Some(TO)));
    let phone = user(None, Some(TO));
    let missing = |user: &User| match bench.verifier.way_to(user) {
        Err(Refusal::NoDestination(text)) => text,
        other => panic!("{other:?}"),
    };
    assert!(missing(&both).contains("apply a file with [delivery.smtp]"));
    set(&bench, Way::Sms, &[]);
    assert!(missing(&both).contains("apply a file with [delivery.smtp]"));
    set(&bench, Way::Sms, &[Way::Email, Way::Sms]);
    let way_to = |user: &User| bench.verifier.way_to(user).unwrap();
    assert_eq!(way_to(&both), (Way::Sms, TO.to_owned()));
    assert_eq!(way_to(&mail), (Way::Email, "a@b".to_owned()));
    assert!(missing(&user(None, None)).contains("neither"));
    set(&bench, Way::Email, &[Way::Email, Way::Sms]);
    assert_eq!(way_to(&both).0, Way::Email);
    assert_eq!(way_to(&phone).0, Way::Sms);
    set(&bench, Way::Sms, &[Way::Email]);
    assert_eq!(way_to(&both).0, Way::Email);
    assert!(missing(&phone).contains("no e-mail address"));
    set(&bench, Way::Email, &[Way::Sms]);
    assert!(missing(&mail).contains("no phone number"));
}

#[test]
fn a_letter_goes_by_e_mail_as_it_was_written_until_its_time_is_over() {
    let bench = bench();
    let now = bench.verifier.now();
    let delivery = Delivery {
        tenant: bench.tenant.tenant.id,
        way: Way::Email,
        to: "ann@bank.example".to_owned(),
        says: Says::Letter {
            subject: "Your account".to_owned(),
            text: "https://bank.example/secret".to_owned().into(),
        },
        expires_at: now.plus_s(LIFE_S),
    };
    let shown = format!("{delivery:?}");
    assert!(
        !shown.contains("ann@") && !shown.contains("https"),
        "{shown}"
    );
    let post = || {
        let message = bench.verifier.delivery_message(&delivery, now).unwrap();
        assert!(!message.body.contains("ann@"), "{}", message.body);
        let mut event = bench.store.rows().events[0].clone();
        event.id = TimedId::random(now, &challenge::rng::DangerCountingRng::default());
        let change = Change {
            messages: vec![message],
            ..Change::telling(event)
        };
        block_on(challenge::ports::Store::commit(&*bench.store, change)).unwrap();
    };
    bench.issue(None).unwrap();
    post();
    assert!(claim(&bench, Way::Sms).0.is_empty());
    let (mut parcels, _) = claim(&bench, Way::Email);
    let parcel = parcels.pop().unwrap();
    assert_eq!(
        (code_of(&parcel), &*parcel.delivery.to),
        (None, "ann@bank.example")
    );
    let Says::Letter { subject, text } = &parcel.delivery.says else {
        panic!("a code");
    };
    assert_eq!(subject, "Your account");
    assert_eq!(text.expose_secret(), "https://bank.example/secret");
    settle(&bench, parcel, Handover::Taken);
    let told = told(&bench);
    assert_eq!((told.len(), told[0].user), (1, None));

    bench.clock.advance_s(LIFE_S);
    post();
    let (parcels, dropped) = claim(&bench, Way::Email);
    assert_eq!((parcels.len(), dropped, waiting(&bench)), (0, 1, 0));
}

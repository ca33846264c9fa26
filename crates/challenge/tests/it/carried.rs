//! Challenges that the page carries whole: presented once, in time, to their own site, and never without their code.

use std::num::NonZeroU32;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::pbkdf2;
use challenge::audit::{EventKind, Outcome};
use challenge::directory::Site;
use challenge::methods::hashed_number::Found;
use challenge::methods::signed_work::SignedWork;
use challenge::visitor::{
    ANSWER_S, CARRIED_S, Carried, Check, CodeTold, Form, IssuedToCarry, Kind, Owner,
    PICTURES_PER_MINUTE, Presented, Refused, Task, Told, WRONG_SECRETS_PER_MINUTE, Wish,
};
use data_encoding::HEXLOWER;
use pollster::block_on;
use serde_json::{Map, Value};

use crate::visitor_shop::{CHECK, HERE, Shop, VISITOR};

const FORMS: [Form; 2] = [Form::HashedNumber, Form::SignedWork];

fn issue(shop: &Shop, form: Form, with_code: bool) -> IssuedToCarry {
    issue_of(shop, &shop.site, (form, with_code)).unwrap()
}

fn issue_of(shop: &Shop, site: &Site, wanted: (Form, bool)) -> Result<IssuedToCarry, Refused> {
    let wish = Wish::of(Kind::Text, HERE);
    block_on(shop.bench.verifier.issue_to_carry(site, wanted, &wish))
}

fn site(shop: &Shop, name: &str) -> Arc<Site> {
    shop.bench.verifier.catalogue.site(name).unwrap()
}

/// Solves as a browser does, by what is shown alone.
fn solved(issued: &IssuedToCarry) -> Carried {
    let shown = &issued.shown;
    match shown.get("parameters") {
        Some(Value::Object(parameters)) => Carried::SignedWork(SignedWork {
            parameters: parameters.clone(),
            signature: shown["signature"].as_str().unwrap().to_owned(),
            key: derived(parameters),
        }),
        _ => Carried::HashedNumber(found(shown)),
    }
}

fn found(shown: &Map<String, Value>) -> Found {
    let text = |name: &str| shown[name].as_str().unwrap().to_owned();
    let (challenge, salt) = (text("challenge"), text("salt"));
    let hits = |number: &u64| {
        let hash = digest(&SHA256, format!("{salt}{number}").as_bytes());
        HEXLOWER.encode(hash.as_ref()) == challenge
    };
    let highest = shown["maxnumber"].as_u64().unwrap();
    Found {
        number: (0..=highest).find(hits).unwrap(),
        challenge: challenge.clone(),
        salt: salt.clone(),
        signature: text("signature"),
    }
}

fn derived(parameters: &Map<String, Value>) -> [u8; 32] {
    let hex = |name: &str| {
        let text = parameters[name].as_str().unwrap();
        HEXLOWER.decode(text.as_bytes()).unwrap()
    };
    let cost = u32::try_from(parameters["cost"].as_u64().unwrap()).unwrap();
    let cost = NonZeroU32::new(cost).unwrap();
    let (nonce, salt, prefix) = (hex("nonce"), hex("salt"), hex("keyPrefix"));
    let keys = (0..100_u32).map(|counter| {
        let password = [nonce.as_slice(), &counter.to_be_bytes()].concat();
        let mut key = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, cost, &salt, &password, &mut key);
        key
    });
    keys.into_iter()
        .find(|key| key.starts_with(&prefix))
        .unwrap()
}

fn present_with(shop: &Shop, carried: &Carried, check: &Check<'_>) -> Result<Presented, Refused> {
    block_on(shop.bench.verifier.present(&shop.site, carried, check))
}

fn present(shop: &Shop, carried: &Carried) -> Presented {
    present_with(shop, carried, &CHECK).unwrap()
}

fn answer(shop: &Shop, carried: &Carried, code: &str) -> Result<CodeTold, Refused> {
    let verifier = &shop.bench.verifier;
    block_on(verifier.answer_carried(&shop.site, (carried, code), &VISITOR))
}

/// The right code, which the server alone knows.
fn code_of(shop: &Shop, issued: &IssuedToCarry) -> String {
    let id = &issued.code.as_ref().unwrap().id;
    match shop.bench.verifier.ticket(id).unwrap().0.task {
        Task::Text(code) => code.text,
        _ => panic!("no code"),
    }
}

#[test]
fn a_proof_is_taken_once_and_leaves_one_event() {
    for form in FORMS {
        let shop = Shop::open();
        let issued = issue(&shop, form, false);
        assert!(shop.events().is_empty() && issued.code.is_none());
        let proof = solved(&issued);
        let peek = Check {
            peek: true,
            ..CHECK
        };
        assert_eq!(present_with(&shop, &proof, &peek), Ok(Presented::Right));
        assert!(shop.events().is_empty(), "to peek writes nothing");
        assert_eq!(present(&shop, &proof), Presented::Right);
        assert_eq!(present(&shop, &proof), Presented::Used);
        assert_eq!(present_with(&shop, &proof, &peek), Ok(Presented::Used));
        assert_eq!(shop.events(), [(EventKind::Consume, Outcome::Done)]);
    }
}

#[test]
fn a_presentation_is_repeated_under_its_own_key_and_in_time_alone() {
    for form in FORMS {
        let shop = Shop::open();
        let proof = solved(&issue(&shop, form, false));
        let under = |key| Check {
            repeat_key: Some(key),
            ..CHECK
        };
        assert_eq!(
            present_with(&shop, &proof, &under("a")),
            Ok(Presented::Right)
        );
        assert_eq!(
            present_with(&shop, &proof, &under("b")),
            Ok(Presented::Used)
        );
        assert_eq!(present(&shop, &proof), Presented::Used);
        shop.bench.clock.advance_s(59);
        assert_eq!(
            present_with(&shop, &proof, &under("a")),
            Ok(Presented::Right)
        );
        shop.bench.clock.advance_s(1);
        assert_eq!(
            present_with(&shop, &proof, &under("a")),
            Ok(Presented::Used)
        );
        assert_eq!(shop.events().len(), 1);
    }
}

#[test]
fn a_proof_expires_and_one_from_a_clock_set_back_is_none() {
    for form in FORMS {
        let shop = Shop::open();
        let (last, late) = (issue(&shop, form, false), issue(&shop, form, false));
        shop.bench.clock.advance_s(CARRIED_S - 1);
        assert_eq!(present(&shop, &solved(&last)), Presented::Right);
        shop.bench.clock.advance_s(1);
        assert_eq!(present(&shop, &solved(&late)), Presented::Expired);
        let ahead = solved(&issue(&shop, form, false));
        shop.bench.clock.set(crate::bench::START);
        assert_eq!(present(&shop, &ahead), Presented::Expired);
    }
}

#[test]
fn another_sites_proof_is_none_even_under_the_same_key() {
    for form in FORMS {
        let shop = Shop::open();
        for other in ["forum", "twin"] {
            let other = site(&shop, other);
            let foreign = solved(&issue_of(&shop, &other, (form, false)).unwrap());
            assert_eq!(present(&shop, &foreign), Presented::Wrong);
            let verifier = &shop.bench.verifier;
            let own = block_on(verifier.present(&other, &foreign, &CHECK));
            assert_eq!(own, Ok(Presented::Right));
        }
        assert_eq!(shop.events().len(), 2);
    }
}

#[test]
fn a_short_key_signs_nothing() {
    let shop = Shop::open();
    let brief = site(&shop, "brief");
    for wanted in FORMS
        .map(|form| (form, false))
        .into_iter()
        .chain(FORMS.map(|form| (form, true)))
    {
        assert_eq!(issue_of(&shop, &brief, wanted), Err(Refused::KeyTooShort));
    }
    let proof = solved(&issue(&shop, Form::SignedWork, false));
    let taken = block_on(shop.bench.verifier.present(&brief, &proof, &CHECK));
    assert_eq!(taken, Err(Refused::KeyTooShort));
}

#[test]
fn who_has_too_many_codes_drawn_has_to_wait() {
    let shop = Shop::open();
    for _ in 0..PICTURES_PER_MINUTE {
        issue(&shop, Form::HashedNumber, true);
    }
    let refused = issue_of(&shop, &shop.site, (Form::HashedNumber, true));
    assert!(
        matches!(refused, Err(Refused::SlowDown { retry_s: 1..=60 })),
        "{refused:?}"
    );
    issue(&shop, Form::HashedNumber, false);
    shop.bench.clock.advance_s(60);
    issue(&shop, Form::HashedNumber, true);
}

#[test]
fn a_right_code_makes_a_challenge_that_is_told_to_be_valid_once() {
    for form in FORMS {
        let shop = Shop::open();
        let issued = issue(&shop, form, true);
        let shown = issued.code.clone().unwrap();
        assert!(!shown.image.bytes.is_empty());
        let (proof, code) = (solved(&issued), code_of(&shop, &issued));
        assert_eq!(code.len(), shown.length);
        assert_eq!(present(&shop, &proof), Presented::WithoutCode);
        let typed = format!(" {} ", code.to_uppercase());
        let right = CodeTold::Right {
            id: shown.id.clone(),
            answered_at: crate::bench::START,
        };
        assert_eq!(answer(&shop, &proof, &typed), Ok(right.clone()));
        shop.bench.clock.advance_s(ANSWER_S - 1);
        assert_eq!(answer(&shop, &proof, &code), Ok(right));
        assert_eq!(present(&shop, &proof), Presented::WithoutCode);
        assert_eq!(shop.check(&shown.id), Ok(Told::Valid));
        assert_eq!(shop.check(&shown.id), Ok(Told::Consumed));
        assert_eq!(answer(&shop, &proof, &code), Err(Refused::AlreadyAnswered));
    }
}

#[test]
fn a_wrong_code_spends_its_challenge() {
    for form in FORMS {
        let shop = Shop::open();
        let issued = issue(&shop, form, true);
        let (proof, code) = (solved(&issued), code_of(&shop, &issued));
        assert_eq!(answer(&shop, &proof, "wrong"), Ok(CodeTold::Wrong));
        assert_eq!(answer(&shop, &proof, &code), Err(Refused::AlreadyAnswered));
        let id = &issued.code.unwrap().id;
        assert_eq!(shop.check(id), Ok(Told::Invalid));
        assert_eq!(present(&shop, &proof), Presented::WithoutCode);
    }
}

#[test]
fn a_code_needs_its_own_proof_and_no_other_of_the_site() {
    let shop = Shop::open();
    for form in FORMS {
        let issued = issue(&shop, form, true);
        let code = code_of(&shop, &issued);
        let id = issued.code.clone().unwrap().id;
        let plain = solved(&issue(&shop, form, false));
        let told = answer(&shop, &plain, &code);
        assert_eq!(told, Ok(CodeTold::Proof(Presented::Wrong)));
        let altered = match solved(&issued) {
            Carried::SignedWork(work) => Carried::SignedWork(SignedWork {
                key: work.key.map(|byte| !byte),
                ..work
            }),
            Carried::HashedNumber(found) => Carried::HashedNumber(Found {
                number: found.number + 1,
                ..found
            }),
        };
        let told = answer(&shop, &altered, &code);
        assert_eq!(told, Ok(CodeTold::Proof(Presented::Wrong)));
        assert_eq!(shop.check(&id), Ok(Told::Pending), "nothing was answered");
        shop.bench.clock.advance_s(ANSWER_S);
        let told = answer(&shop, &solved(&issued), &code);
        assert_eq!(told, Ok(CodeTold::Proof(Presented::Expired)));
    }
}

#[test]
fn what_is_not_presented_does_not_press_a_site() {
    let shop = Shop::open();
    for _ in 0..100 {
        issue(&shop, Form::HashedNumber, false);
    }
    let proof = solved(&issue(&shop, Form::SignedWork, false));
    assert_eq!(present(&shop, &proof), Presented::Right);
    shop.bench.clock.advance_s(60);
    let totals = shop
        .bench
        .verifier
        .visitors
        .totals(shop.bench.verifier.now());
    let [of_shop] = totals.as_slice() else {
        panic!("one site was counted");
    };
    let counted = (of_shop.issued, of_shop.right, of_shop.checked);
    assert_eq!(counted, (1, 1, 1));
    assert_eq!((of_shop.failures_per_minute, of_shop.abandoned), (0, 0));
}

#[test]
fn a_secret_is_known_as_its_own_sites_or_anothers_or_nobodys() {
    let shop = Shop::open();
    let secret = |name: &str| format!("{name:-<32}");
    let owner = |site: Option<&Site>, unverified: &str| {
        let verifier = &shop.bench.verifier;
        verifier.owner_of_secret(site, unverified, HERE).unwrap()
    };
    let of_shop = Some(&*shop.site);
    for (site, unverified, expected) in [
        (of_shop, secret("shop"), Owner::Own),
        (None, secret("shop"), Owner::Other),
        (of_shop, secret("forum"), Owner::Other),
        (of_shop, secret("shop") + "-", Owner::Nobody),
        (of_shop, secret("nobody"), Owner::Nobody),
        (of_shop, String::new(), Owner::Nobody),
        (None, String::new(), Owner::Nobody),
    ] {
        assert_eq!(owner(site, &unverified), expected, "{unverified}");
    }
}

#[test]
fn who_tries_secrets_has_to_wait_and_right_ones_are_free() {
    let shop = Shop::open();
    let show = |unverified: &str, address: &str| {
        let verifier = &shop.bench.verifier;
        verifier.owner_of_secret(Some(&shop.site), unverified, address)
    };
    let right = format!("{:-<32}", "shop");
    for number in 0..WRONG_SECRETS_PER_MINUTE {
        assert_eq!(show(&right, HERE), Ok(Owner::Own));
        let tried = show(&format!("{number:-<32}"), HERE);
        assert_eq!(tried, Ok(Owner::Nobody));
    }
    for unverified in ["tried", &right] {
        let limited = show(unverified, HERE);
        assert!(
            matches!(limited, Err(Refused::SlowDown { retry_s: 1..=60 })),
            "right or wrong, nobody looks"
        );
    }
    assert_eq!(show(&right, "192.0.2.99"), Ok(Owner::Own));
    shop.bench.clock.advance_s(60);
    assert_eq!(show(&right, HERE), Ok(Owner::Own));
}

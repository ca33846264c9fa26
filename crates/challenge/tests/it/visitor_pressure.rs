//! What many visitors bring about: waiting, dearer work, and counts.

use challenge::clock::Timestamp;
use challenge::visitor::{
    Answered, ISSUED_UNDER_ATTACK_PER_MINUTE, Refused, Shown, Told, WRONG_ANSWERS_PER_MINUTE,
};

use crate::visitor_shop::{HERE, Shop};

#[test]
fn an_address_that_guesses_has_to_wait_and_loses_nothing_by_it() {
    let shop = Shop::open();
    for _ in 0..WRONG_ANSWERS_PER_MINUTE {
        let id = challenge_of(&shop);
        assert!(matches!(shop.answer_wrong(&id), Ok(Answered::Wrong(_))));
    }
    let (id, other) = (challenge_of(&shop), challenge_of(&shop));
    assert!(matches!(
        shop.answer_wrong(&id),
        Err(Refused::SlowDown { retry_s: 1..=60 })
    ));
    assert_eq!(shop.answer_right(&id), Ok(Answered::Right), "a neighbour's");
    shop.bench.clock.advance_s(60);
    assert!(matches!(shop.answer_wrong(&other), Ok(Answered::Wrong(_))));
}

#[test]
fn an_answer_whose_sender_hangs_up_is_counted_all_the_same() {
    let shop = Shop::open();
    let id = shop.issue().id;
    shop.bench.store.rows().mute = true;
    let mut answer = std::pin::pin!(shop.answering_wrong(&id));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(answer.as_mut().poll(&mut context).is_pending());
    let totals = || {
        shop.bench
            .verifier
            .visitors
            .totals(shop.bench.verifier.now())
    };
    assert_eq!(totals()[0].wrong, 0, "it may still be refused");
    answer.set(shop.answering_wrong(&id));
    assert_eq!(totals()[0].wrong, 1);
    assert_eq!(shop.check(&id), Ok(Told::Invalid));
}

/// A challenge issued to somebody else, so that its issue is not counted against this address.
fn challenge_of(shop: &Shop) -> String {
    let totals = shop.bench.verifier.visitors.totals(Timestamp::default());
    let issued = totals.first().map_or(0, |site| site.issued);
    shop.issue_from(&format!("198.51.100.{issued}")).unwrap().id
}

/// The algorithm and cost of what is issued now.
fn shown(shop: &Shop, address: &str) -> (String, u64) {
    let issued = shop.issue_from(address).unwrap();
    let Shown::ProofOfWork(puzzle) = &issued.shown else {
        panic!("no proof of work");
    };
    let parameters = &puzzle["parameters"];
    let text = parameters["algorithm"].as_str().unwrap().to_owned();
    (text, parameters["cost"].as_u64().unwrap())
}

#[test]
fn a_flood_of_unanswered_challenges_makes_work_dear_in_memory_and_it_falls_again() {
    let shop = Shop::open();
    let peace = ("PBKDF2/SHA-256".to_owned(), 5_000);
    assert_eq!(shown(&shop, HERE), peace);
    for _ in 0..400 {
        shop.issue();
    }
    assert_eq!(
        shown(&shop, HERE),
        peace,
        "half a minute is given for answers"
    );
    shop.bench.clock.advance_s(31);
    assert_eq!(shown(&shop, HERE).0, "ARGON2ID");
    for _ in 1..ISSUED_UNDER_ATTACK_PER_MINUTE {
        shop.issue_from(HERE).unwrap();
    }
    let refused = shop.issue_from(HERE);
    assert!(
        matches!(refused, Err(Refused::SlowDown { .. })),
        "{refused:?}"
    );
    assert_eq!(
        shown(&shop, "192.0.2.8").0,
        "ARGON2ID",
        "another address is served"
    );
    shop.bench.clock.advance_s(150);
    assert_eq!(shown(&shop, HERE), peace);
}

#[test]
fn what_happened_is_counted_for_the_hour_of_the_issue() {
    let shop = Shop::open();
    let visitors = &shop.bench.verifier.visitors;
    let (right, wrong) = (shop.issue().id, shop.issue().id);
    shop.issue();
    shop.bench.clock.advance_s(4);
    shop.answer_right(&right).unwrap();
    shop.answer_wrong(&wrong).unwrap();
    shop.check(&right).unwrap();
    let hours = visitors.take_hours();
    let [hour] = hours.as_slice() else {
        panic!("one hour: {hours:?}");
    };
    let counts = [
        hour.issued,
        hour.right,
        hour.wrong,
        hour.checked,
        hour.answer_ms,
    ];
    assert_eq!(counts, [4, 1, 1, 1, 8000]);
    assert_eq!(hour.abandoned(), 2);
    assert_eq!(hour.from.unix_ms() % 3_600_000, 0);
    assert!(visitors.take_hours().is_empty());
    visitors.put_back(&hours);
    shop.issue();
    assert_eq!(visitors.take_hours()[0].issued, 5);
    let totals = visitors.totals(shop.bench.verifier.now());
    assert_eq!((totals[0].issued, totals[0].failures_per_minute), (5, 1));
    assert_eq!(totals[0].answered_within, [0, 0, 2, 2, 2, 2, 2]);
}

//! Challenges for visitors: issued without a trace, answered once, told to be valid once.

use std::sync::Arc;

use challenge::audit::{EventKind, Outcome};
use challenge::clock::Timestamp;
use challenge::directory::Site;
use challenge::methods::proof_of_work::Attempt;
use challenge::policy::Limits;
use challenge::visitor::{
    ANSWER_S, AnswerGiven, Answered, CHECK_S, Check, ISSUED_UNDER_ATTACK_PER_MINUTE,
    IssuedToVisitor, Kind, Refused, Told, Voucher, WRONG_ANSWERS_PER_MINUTE,
};
use pollster::block_on;
use proptest::prelude::*;

use crate::bench::Bench;

const HERE: &str = "192.0.2.7";

/// A bench, one of its sites, and what visitors and that site do.
struct Shop {
    bench: Bench,
    site: Arc<Site>,
}

impl Shop {
    fn open() -> Self {
        let bench = Bench::with(Limits::default(), vec![]);
        let site = bench.verifier.catalogue.site("shop").unwrap();
        Self { bench, site }
    }

    fn issue(&self) -> IssuedToVisitor {
        self.issue_from(HERE).unwrap()
    }

    fn issue_from(&self, address: &str) -> Result<IssuedToVisitor, Refused> {
        let issued = self
            .bench
            .verifier
            .issue_to_visitor(&self.site, Kind::ProofOfWork, address);
        block_on(issued)
    }

    /// The right answer, which the server alone knows without trying.
    fn solution(&self, id: &str) -> Attempt {
        let (ticket, _) = self.bench.verifier.ticket(id).unwrap();
        let solution = &ticket.solution;
        Attempt {
            counter: solution.counter,
            key: solution.key,
        }
    }

    fn answer(&self, id: &str, attempt: Attempt) -> Result<Answered, Refused> {
        let (ticket, site) = self.bench.verifier.ticket(id).ok_or(Refused::NotFound)?;
        let given = AnswerGiven::ProofOfWork(attempt);
        let answered = self
            .bench
            .verifier
            .answer_of_visitor((&ticket, &site), &given, HERE);
        block_on(answered)
    }

    fn answer_right(&self, id: &str) -> Result<Answered, Refused> {
        self.answer(id, self.solution(id))
    }

    fn answer_wrong(&self, id: &str) -> Result<Answered, Refused> {
        let right = self.solution(id);
        let key = right.key.map(|byte| !byte);
        self.answer(id, Attempt { key, ..right })
    }

    fn check_with(&self, id: &str, check: &Check<'_>) -> Result<Told, Refused> {
        block_on(self.bench.verifier.check_visit(&self.site, id, check))
    }

    fn check(&self, id: &str) -> Result<Told, Refused> {
        self.check_with(id, &CHECK)
    }

    fn events(&self) -> Vec<(EventKind, Outcome)> {
        let rows = self.bench.store.rows();
        let told = rows.events.iter().map(|event| (event.kind, event.outcome));
        told.collect()
    }
}

const CHECK: Check<'_> = Check {
    peek: false,
    repeat_key: None,
    voucher: None,
    address: HERE,
};

fn voucher(id: &str, ends_at: Timestamp) -> Voucher<'_> {
    Voucher { id, ends_at }
}

#[test]
fn issuing_writes_nothing() {
    let shop = Shop::open();
    let issued: Vec<_> = (0..50).map(|_| shop.issue().id).collect();
    let rows = shop.bench.store.rows();
    assert!(rows.events.is_empty() && rows.visits.is_empty());
    assert!(
        issued
            .iter()
            .all(|id| id.starts_with("c.") && id.len() <= 512)
    );
}

#[test]
fn a_right_answer_is_told_to_be_valid_once_and_each_step_leaves_an_event() {
    let shop = Shop::open();
    let id = shop.issue().id;
    assert_eq!(shop.check(&id), Ok(Told::Pending));
    assert_eq!(shop.answer_right(&id), Ok(Answered::Right));
    assert_eq!(shop.check(&id), Ok(Told::Valid));
    assert_eq!(shop.check(&id), Ok(Told::Consumed));
    let told = [
        (EventKind::Response, Outcome::Done),
        (EventKind::Consume, Outcome::Done),
    ];
    assert_eq!(shop.events(), told);
}

#[test]
fn a_wrong_answer_spends_the_challenge_and_brings_the_next_one() {
    let shop = Shop::open();
    let id = shop.issue().id;
    let Ok(Answered::Wrong(Some(next))) = shop.answer_wrong(&id) else {
        panic!("a wrong answer brings the next challenge");
    };
    assert_eq!(shop.answer_right(&id), Err(Refused::AlreadyAnswered));
    assert_eq!(shop.check(&id), Ok(Told::Invalid));
    assert_ne!(next.id, id);
    assert_eq!(shop.answer_right(&next.id), Ok(Answered::Right));
}

#[test]
fn the_same_right_answer_is_right_again_until_it_is_checked_and_no_other_is() {
    let shop = Shop::open();
    let id = shop.issue().id;
    shop.answer_right(&id).unwrap();
    assert_eq!(shop.answer_right(&id), Ok(Answered::Right));
    assert_eq!(shop.answer_wrong(&id), Err(Refused::AlreadyAnswered));
    assert_eq!(
        shop.check(&id),
        Ok(Told::Valid),
        "a wrong one after it harms nothing"
    );
    assert_eq!(shop.answer_right(&id), Err(Refused::AlreadyAnswered));
    assert_eq!(shop.events().len(), 2);
}

#[test]
fn it_is_too_late_to_answer_after_five_minutes_and_to_check_after_ten_more() {
    let shop = Shop::open();
    let (late, just) = (shop.issue().id, shop.issue().id);
    shop.bench.clock.advance_s(ANSWER_S - 1);
    shop.answer_right(&just).unwrap();
    shop.bench.clock.advance_s(1);
    assert_eq!(shop.answer_right(&late), Err(Refused::Expired));
    assert_eq!(shop.check(&late), Ok(Told::Expired));
    shop.bench.clock.advance_s(CHECK_S - 2);
    let peek = Check {
        peek: true,
        ..CHECK
    };
    assert_eq!(shop.check_with(&just, &peek), Ok(Told::Answered));
    shop.bench.clock.advance_s(1);
    assert_eq!(shop.check(&just), Ok(Told::Expired));
    assert_eq!(shop.answer_right(&just), Err(Refused::Expired));
}

#[test]
fn who_peeks_sees_an_answer_and_consumes_nothing() {
    let shop = Shop::open();
    let id = shop.issue().id;
    let peek = Check {
        peek: true,
        ..CHECK
    };
    assert_eq!(shop.check_with(&id, &peek), Ok(Told::Pending));
    shop.answer_right(&id).unwrap();
    for _ in 0..3 {
        assert_eq!(shop.check_with(&id, &peek), Ok(Told::Answered));
    }
    assert_eq!(shop.check(&id), Ok(Told::Valid));
    assert_eq!(shop.check_with(&id, &peek), Ok(Told::Consumed));
}

#[test]
fn a_check_is_repeated_under_its_own_key_for_a_minute() {
    let shop = Shop::open();
    let id = shop.issue().id;
    shop.answer_right(&id).unwrap();
    let under = |key| Check {
        repeat_key: Some(key),
        ..CHECK
    };
    assert_eq!(shop.check_with(&id, &under("a")), Ok(Told::Valid));
    assert_eq!(shop.check_with(&id, &under("b")), Ok(Told::Consumed));
    assert_eq!(shop.check(&id), Ok(Told::Consumed));
    shop.bench.clock.advance_s(59);
    assert_eq!(shop.check_with(&id, &under("a")), Ok(Told::Valid));
    let peek = Check {
        peek: true,
        ..under("a")
    };
    assert_eq!(shop.check_with(&id, &peek), Ok(Told::Consumed));
    shop.bench.clock.advance_s(1);
    assert_eq!(shop.check_with(&id, &under("a")), Ok(Told::Consumed));
}

#[test]
fn a_voucher_serves_one_check_but_for_its_repetition() {
    let shop = Shop::open();
    let (first, second) = (shop.issue().id, shop.issue().id);
    for id in [&first, &second] {
        shop.answer_right(id).unwrap();
    }
    let ends_at = shop.bench.verifier.now().plus_s(300);
    let by = |repeat_key| Check {
        repeat_key,
        voucher: Some(voucher("jti-1", ends_at)),
        ..CHECK
    };
    assert_eq!(shop.check_with(&first, &by(Some("a"))), Ok(Told::Valid));
    assert_eq!(shop.check_with(&first, &by(Some("a"))), Ok(Told::Valid));
    let used = Err(Refused::VoucherUsed);
    assert_eq!(shop.check_with(&first, &by(Some("b"))), used);
    assert_eq!(shop.check_with(&first, &by(None)), used);
    assert_eq!(
        shop.check_with(&second, &by(Some("a"))),
        used,
        "nor another challenge"
    );
    shop.bench.clock.advance_s(60);
    assert_eq!(shop.check_with(&first, &by(Some("a"))), used);
    assert_eq!(
        shop.check(&second),
        Ok(Told::Valid),
        "a refused check consumed nothing"
    );
}

#[test]
fn a_voucher_is_used_up_by_a_check_that_finds_nothing_to_consume() {
    let shop = Shop::open();
    let id = shop.issue().id;
    let ends_at = shop.bench.verifier.now().plus_s(300);
    let by = Check {
        voucher: Some(voucher("jti-1", ends_at)),
        ..CHECK
    };
    assert_eq!(shop.check_with(&id, &by), Ok(Told::Pending));
    assert_eq!(shop.check_with(&id, &by), Err(Refused::VoucherUsed));
    assert_eq!(shop.events(), [(EventKind::Check, Outcome::Done)]);
}

#[test]
fn another_sites_challenge_is_not_found() {
    let shop = Shop::open();
    let id = shop.issue().id;
    shop.answer_right(&id).unwrap();
    let forum = shop.bench.verifier.catalogue.site("forum").unwrap();
    let checked = block_on(shop.bench.verifier.check_visit(&forum, &id, &CHECK));
    assert_eq!(checked, Err(Refused::NotFound));
    assert_eq!(shop.check(&id), Ok(Told::Valid));
}

#[test]
fn an_answer_that_cannot_be_written_is_refused_and_is_not_valid() {
    let shop = Shop::open();
    let id = shop.issue().id;
    shop.bench.store.rows().broken = true;
    assert!(matches!(
        shop.answer_right(&id),
        Err(Refused::Unavailable(_))
    ));
    shop.bench.store.rows().broken = false;
    assert_eq!(shop.check(&id), Ok(Told::Pending));
    shop.answer_right(&id).unwrap();
    shop.bench.store.rows().broken = true;
    assert!(matches!(shop.check(&id), Err(Refused::Unavailable(_))));
    shop.bench.store.rows().broken = false;
    assert_eq!(shop.check(&id), Ok(Told::Valid));
}

#[test]
fn an_address_that_guesses_has_to_wait_and_loses_nothing_by_it() {
    let shop = Shop::open();
    for _ in 0..WRONG_ANSWERS_PER_MINUTE {
        let id = challenge_of(&shop);
        assert!(matches!(shop.answer_wrong(&id), Ok(Answered::Wrong(_))));
    }
    let id = challenge_of(&shop);
    assert!(matches!(
        shop.answer_right(&id),
        Err(Refused::SlowDown { retry_s: 1..=60 })
    ));
    shop.bench.clock.advance_s(60);
    assert_eq!(shop.answer_right(&id), Ok(Answered::Right));
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
    let parameters = &issued.shown["parameters"];
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

proptest! {
    #[test]
    fn a_changed_id_is_no_challenge(place in 0_usize..200, bit in 0_u8..7) {
        let shop = Shop::open();
        let id = shop.issue().id;
        let mut bytes = id.clone().into_bytes();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert!(shop.bench.verifier.ticket(&changed).is_none());
            prop_assert_eq!(shop.check(&changed), Err(Refused::NotFound));
        }
    }

    #[test]
    fn whatever_is_done_in_whatever_order_valid_is_told_at_most_once_and_only_after_a_right_answer(
        acts in prop::collection::vec(0_u8..5, 1..12),
    ) {
        let shop = Shop::open();
        let id = shop.issue().id;
        let (mut first_answer, mut told_valid) = (None, 0);
        for act in acts {
            match act {
                0 => { first_answer.get_or_insert(true); shop.answer_right(&id).ok(); }
                1 => { first_answer.get_or_insert(false); shop.answer_wrong(&id).ok(); }
                2 => shop.bench.clock.advance_s(7),
                3 => { shop.check_with(&id, &Check { peek: true, ..CHECK }).unwrap(); }
                _ if shop.check(&id) == Ok(Told::Valid) => {
                    prop_assert_eq!(first_answer, Some(true));
                    told_valid += 1;
                }
                _ => {}
            }
        }
        prop_assert!(told_valid <= 1);
    }
}

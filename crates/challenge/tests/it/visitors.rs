//! Challenges for visitors: issued without a trace, answered once, told to be valid once.

use challenge::audit::{EventKind, Outcome};
use challenge::visitor::{ANSWER_S, Answered, CHECK_S, Check, Refused, Told};
use pollster::block_on;
use proptest::prelude::*;

use crate::visitor_shop::{CHECK, Shop, voucher};

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
fn a_challenge_from_the_future_of_a_clock_set_back_is_not_answered() {
    let shop = Shop::open();
    let now = shop.bench.verifier.now();
    shop.bench.clock.advance_s(61);
    let id = shop.issue().id;
    shop.bench.clock.set(now);
    assert_eq!(shop.answer_right(&id), Err(Refused::Expired));
    shop.bench.clock.advance_s(1);
    assert_eq!(shop.answer_right(&id), Ok(Answered::Right));
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

//! How much can be tried at images and codes, and what a store or a clock in trouble costs.

use challenge::corpus::EditionKey;
use challenge::id::Id;
use challenge::visitor::{
    AnswerGiven, Answered, Kind, PICTURES_PER_MINUTE, Refused, Told,
    WRONG_GUESSES_OF_SITE_PER_MINUTE, WRONG_GUESSES_PER_MINUTE, Wish,
};
use pollster::block_on;

use crate::visitor_gallery::*;
use crate::visitor_shop::{HERE, VISITOR};

#[test]
fn a_replaced_edition_is_answered_on_every_node_until_it_is_removed_and_then_nothing_is_spent() {
    let shop = open();
    // Another node, which has nothing in memory and finds another edition shown.
    let node = open();
    let mut rows = node.bench.store.rows();
    let shown = rows.corpora.corpora.iter_mut();
    let replaced = shown.map(|corpus| {
        let before = corpus.clone();
        corpus.edition = Id::from_number(corpus.edition.number() + 80).unwrap();
        before
    });
    let replaced: Vec<_> = replaced.collect();
    drop(rows);
    let answered_there = |id: &str, given: &AnswerGiven| {
        let (ticket, _) = shop.bench.verifier.ticket(id).unwrap();
        let verifier = &node.bench.verifier;
        block_on(verifier.answer_of_visitor((&ticket, &node.site), given, &VISITOR))
    };
    let issued = shop.ask(Kind::Transcription);
    let given = typed(&shop.images(&issued.id), "");
    assert_eq!(answered_there(&issued.id, &given), Err(Refused::Expired));
    assert!(node.bench.store.rows().visits.is_empty());
    node.bench.store.rows().corpora.replaced = replaced;
    assert_eq!(answered_there(&issued.id, &given), Ok(Answered::Right));
    let issued = shop.ask(Kind::Classification);
    let given = chosen(&shop.images(&issued.id), |_| false);
    assert_eq!(answered_there(&issued.id, &given), Ok(Answered::Right));
    assert_eq!(node.said().len(), 4);
}

#[test]
fn a_clock_ahead_does_not_have_the_images_read_again_and_again() {
    let shop = open();
    let ahead = open();
    ahead.bench.clock.advance_s(50);
    let before = ahead.ticket(&ahead.ask(Kind::Classification).id);
    let far = open();
    far.bench.clock.advance_s(3600);
    let from_the_future = far.ticket(&far.ask(Kind::Classification).id);
    for after in [&before, &from_the_future] {
        let wish = Wish {
            after: Some(after),
            ..Wish::of(Kind::Classification, HERE)
        };
        for _ in 0..20 {
            shop.wish(&wish).unwrap();
        }
    }
    let id = shop.wish(&Wish::of(Kind::Classification, HERE)).unwrap().id;
    assert_eq!(shop.images(&id).series.salts.len(), 1);
    assert_eq!(shop.bench.store.rows().corpora.reads, 1);
}

#[test]
fn a_store_that_cannot_list_is_asked_once_in_ten_seconds_and_pow_goes_on() {
    let shop = open();
    shop.bench.store.rows().corpora.broken = true;
    for _ in 0..20 {
        assert_eq!(shop.ask(Kind::ProofOfWork).kind(), Kind::ProofOfWork);
        let refused = shop.wish(&Wish::of(Kind::Classification, HERE));
        assert!(
            matches!(refused, Err(Refused::Unavailable(_))),
            "{refused:?}"
        );
    }
    assert_eq!(shop.bench.store.rows().corpora.lists, 1);
    shop.bench.store.rows().corpora.broken = false;
    shop.bench.clock.advance_s(10);
    assert_eq!(shop.ask(Kind::Classification).kinds.len(), 4);
    // What was known a moment ago is good enough while nothing can be read.
    shop.bench.store.rows().corpora.broken = true;
    shop.bench.clock.advance_s(10);
    for _ in 0..20 {
        assert_eq!(shop.ask(Kind::Classification).kinds.len(), 4);
    }
    assert_eq!(shop.bench.store.rows().corpora.lists, 3);
}

#[test]
fn images_that_cannot_be_read_anew_are_those_of_a_moment_ago() {
    let shop = open();
    let before = shop.ask(Kind::Classification).id;
    shop.bench.store.rows().corpora.unreadable = true;
    shop.bench.store.rows().corpora.corpora[0].version += 1;
    shop.bench.clock.advance_s(60);
    let read_before = shop.bench.store.rows().corpora.reads;
    assert_eq!(shop.ask(Kind::Classification).kinds.len(), 4);
    assert_eq!(shop.bench.store.rows().corpora.reads, read_before + 1);
    let right = chosen(&shop.images(&before), |_| false);
    assert_eq!(shop.give(&before, &right), Ok(Answered::Right));
    let refused = shop.wish(&Wish::of(Kind::Transcription, HERE));
    assert!(
        matches!(refused, Err(Refused::Unavailable(_))),
        "there is none of the texts: {refused:?}"
    );
}

#[test]
fn a_right_guess_whose_sender_hangs_up_is_not_counted_as_wrong() {
    let shop = open();
    for _ in 0..=WRONG_GUESSES_PER_MINUTE {
        let id = shop.ask(Kind::Text).id;
        let code = AnswerGiven::Text(shop.code(&id));
        shop.bench.store.rows().mute = true;
        let (ticket, site) = shop.bench.verifier.ticket(&id).unwrap();
        let verifier = &shop.bench.verifier;
        let mut answer =
            std::pin::pin!(verifier.answer_of_visitor((&ticket, &site), &code, &VISITOR));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(answer.as_mut().poll(&mut context).is_pending());
    }
    shop.bench.store.rows().mute = false;
    let id = shop.ask(Kind::Text).id;
    let code = AnswerGiven::Text(shop.code(&id));
    assert_eq!(shop.give(&id, &code), Ok(Answered::Right));
    // A wrong one stays counted, whoever hangs up.
    let wrong = AnswerGiven::Text("wrong".to_owned());
    let spent = shop.ask(Kind::Text).id;
    for _ in 0..WRONG_GUESSES_PER_MINUTE {
        let (ticket, site) = shop
            .bench
            .verifier
            .ticket(&shop.ask(Kind::Text).id)
            .unwrap();
        shop.bench.store.rows().mute = true;
        let verifier = &shop.bench.verifier;
        let mut answer =
            std::pin::pin!(verifier.answer_of_visitor((&ticket, &site), &wrong, &VISITOR));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(answer.as_mut().poll(&mut context).is_pending());
        shop.bench.store.rows().mute = false;
    }
    let limited = shop.give(&spent, &wrong);
    assert!(matches!(limited, Err(Refused::SlowDown { .. })));
}

#[test]
fn wrong_guesses_are_limited_by_address_before_they_are_looked_at_and_right_ones_are_free() {
    let shop = open();
    for _ in 0..WRONG_GUESSES_PER_MINUTE {
        let right = shop.ask(Kind::Text).id;
        let code = AnswerGiven::Text(shop.code(&right));
        assert_eq!(shop.give(&right, &code), Ok(Answered::Right));
        let wrong = shop.ask(Kind::Text).id;
        let answered = shop.give(&wrong, &AnswerGiven::Text("wrong".to_owned()));
        assert!(matches!(answered, Ok(Answered::Wrong(_))));
    }
    let id = shop.ask(Kind::Text).id;
    let code = AnswerGiven::Text(shop.code(&id));
    let refused = shop.give(&id, &code);
    assert!(
        matches!(refused, Err(Refused::SlowDown { .. })),
        "right or wrong, nobody looks"
    );
    let images = shop.ask(Kind::Classification).id;
    let given = AnswerGiven::Chosen(vec![1]);
    assert!(matches!(
        shop.give(&images, &given),
        Err(Refused::SlowDown { .. })
    ));
    assert_eq!(
        shop.give_from(&id, &code, "192.0.2.99"),
        Ok(Answered::Right),
        "it is not spent"
    );
    let pow = shop.ask(Kind::ProofOfWork).id;
    assert_eq!(shop.answer_right(&pow), Ok(Answered::Right));
    shop.bench.clock.advance_s(60);
    assert!(shop.give(&images, &given).is_ok());
}

#[test]
fn another_right_answer_does_not_tell_which_images_are_not_known() {
    let shop = open();
    let id = shop.ask(Kind::Classification).id;
    let images = shop.images(&id);
    let (_, unknown) = images.pick.unknown().next().unwrap();
    let given = chosen(&images, |one| one == unknown);
    let AnswerGiven::Chosen(mut backwards) = given.clone() else {
        unreachable!()
    };
    backwards.reverse();
    let other = chosen(&images, |_| false);
    assert_eq!(shop.give(&id, &given), Ok(Answered::Right));
    assert_eq!(shop.give(&id, &other), Err(Refused::AlreadyAnswered));
    let backwards = AnswerGiven::Chosen(backwards);
    assert_eq!(shop.give(&id, &backwards), Ok(Answered::Right));
    let id = shop.ask(Kind::Transcription).id;
    let images = shop.images(&id);
    let answers = [
        ("Le Roi", Ok(Answered::Right)),
        ("  le  ROI ", Ok(Answered::Right)),
        ("la reine", Err(Refused::AlreadyAnswered)),
        ("", Err(Refused::AlreadyAnswered)),
    ];
    for (text, expected) in answers {
        assert_eq!(shop.give(&id, &typed(&images, text)), expected, "{text}");
    }
    assert_eq!(shop.check(&id), Ok(Told::Valid));
}

#[test]
fn right_answers_that_come_too_late_count_as_guesses() {
    for kind in [Kind::Text, Kind::Classification] {
        let shop = open();
        let id = shop.ask(kind).id;
        let right = match kind {
            Kind::Text => AnswerGiven::Text(shop.code(&id)),
            _ => chosen(&shop.images(&id), |_| false),
        };
        let wrong = AnswerGiven::Chosen(vec![]);
        let spent = shop.give_from(&id, &wrong, "192.0.2.99");
        assert!(matches!(spent, Ok(Answered::Wrong(_))));
        for _ in 0..WRONG_GUESSES_PER_MINUTE {
            assert_eq!(shop.give(&id, &right), Err(Refused::AlreadyAnswered));
        }
        let limited = shop.give(&id, &right);
        assert!(matches!(limited, Err(Refused::SlowDown { .. })), "{kind:?}");
    }
}

#[test]
fn images_that_are_not_at_hand_do_not_tell_a_right_answer_from_a_wrong_one() {
    let shop = open();
    let id = shop.ask(Kind::Classification).id;
    let right = chosen(&shop.images(&id), |_| false);
    let elsewhere = open();
    elsewhere.bench.store.rows().corpora.corpora.clear();
    let (ticket, _) = shop.bench.verifier.ticket(&id).unwrap();
    for given in [right, AnswerGiven::Chosen(vec![])] {
        let verifier = &elsewhere.bench.verifier;
        let answered = verifier.answer_of_visitor((&ticket, &elsewhere.site), &given, &VISITOR);
        assert_eq!(block_on(answered), Err(Refused::Expired));
    }
    assert!(elsewhere.bench.store.rows().visits.is_empty());
}

#[test]
fn wrong_guesses_of_many_addresses_are_limited_by_site() {
    let shop = open();
    let wrong = AnswerGiven::Text("wrong".to_owned());
    let from = |number: u32| format!("198.51.{}.{}", number / 250, number % 250);
    for number in 0..WRONG_GUESSES_OF_SITE_PER_MINUTE {
        let id = shop.ask(Kind::Text).id;
        let answered = shop.give_from(&id, &wrong, &from(number));
        assert!(matches!(answered, Ok(Answered::Wrong(_))), "{number}");
    }
    let id = shop.ask(Kind::Text).id;
    let refused = shop.give_from(&id, &wrong, "203.0.113.1");
    assert!(matches!(refused, Err(Refused::SlowDown { .. })));
    let pow = shop.ask(Kind::ProofOfWork).id;
    assert_eq!(
        shop.answer_right(&pow),
        Ok(Answered::Right),
        "the way out stays open"
    );
}

#[test]
fn pictures_are_limited_by_address() {
    let shop = open();
    let id = shop.ask(Kind::Classification).id;
    for _ in 0..PICTURES_PER_MINUTE {
        shop.picture(&id, 1).unwrap();
    }
    assert!(matches!(
        shop.picture(&id, 1),
        Err(Refused::SlowDown { .. })
    ));
    shop.bench.clock.advance_s(60);
    assert!(shop.picture(&id, 1).is_ok());
}

#[test]
fn a_corpus_is_read_once_and_again_when_it_changed() {
    let shop = open();
    let reads = || shop.bench.store.rows().corpora.reads;
    for _ in 0..20 {
        shop.ask(Kind::Classification);
    }
    assert_eq!(reads(), 1);
    shop.bench.clock.advance_s(300);
    shop.ask(Kind::Classification);
    assert_eq!(reads(), 1, "it did not change");
    let key: EditionKey = shop.bench.store.rows().corpora.corpora[0].key();
    let settled = [(KNOWN, Some("ship".to_owned()))];
    let now = shop.bench.verifier.now();
    shop.bench.store.rows().corpora.settle(key, &settled, now);
    shop.bench.clock.advance_s(10);
    shop.ask(Kind::Classification);
    assert_eq!(reads(), 2);
}

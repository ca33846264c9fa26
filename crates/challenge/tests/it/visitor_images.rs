//! Challenges with images and codes: what is shown, what is right, and what is said.

use std::collections::{BTreeSet, HashSet};

use challenge::corpus::{Annotation, Said};
use challenge::id::Id;
use challenge::visitor::{
    AnswerGiven, Answered, Kind, Language, Refused, SERIES_MAX, Shown, TICKET_LENGTH_MAX, Told,
    Wish,
};
use pollster::block_on;

use crate::bench::START;
use crate::visitor_gallery::*;
use crate::visitor_shop::HERE;

#[test]
fn a_site_offers_what_it_lists_and_has_and_pow_in_any_case() {
    let shop = open();
    let all = [
        Kind::Classification,
        Kind::Transcription,
        Kind::Text,
        Kind::ProofOfWork,
    ];
    assert_eq!(shop.ask(Kind::Text).kinds, all);
    shop.bench.store.rows().corpora.corpora.remove(0);
    shop.bench.clock.advance_s(10);
    assert_eq!(shop.ask(Kind::Text).kinds, all[1..]);
    let nothing = shop.wish(&Wish::of(Kind::Classification, HERE));
    assert_eq!(nothing, Err(Refused::NothingToShow));
}

#[test]
fn the_known_images_of_the_class_are_right_and_say_what_the_others_show() {
    let shop = open();
    let issued = shop.ask(Kind::Classification);
    let Shown::Classification { about, images } = &issued.shown else {
        panic!("no images");
    };
    assert_eq!(*images, 12);
    let images = shop.images(&issued.id);
    let unknown: Vec<_> = images.pick.unknown().map(|(_, ordinal)| ordinal).collect();
    let answered = shop.give(&issued.id, &chosen(&images, |one| one == unknown[0]));
    assert_eq!(answered, Ok(Answered::Right));
    let said: BTreeSet<_> = shop.said().into_iter().collect();
    let expected = unknown.iter().enumerate().map(|(place, &ordinal)| {
        let said = if place == 0 {
            Said::Shows(about.clone())
        } else {
            Said::ShowsNot(about.clone())
        };
        (ordinal, said)
    });
    assert_eq!(said, expected.collect());
    assert_eq!(shop.check(&issued.id), Ok(Told::Valid));
}

#[test]
fn a_wrong_answer_says_nothing_and_goes_on_with_other_images_in_the_same_language() {
    let shop = open();
    let wish = Wish {
        language: Language::French,
        ..Wish::of(Kind::Classification, HERE)
    };
    let issued = shop.wish(&wish).unwrap();
    let images = shop.images(&issued.id);
    let AnswerGiven::Chosen(mut numbers) = chosen(&images, |_| true) else {
        unreachable!()
    };
    numbers.remove(0);
    let answered = shop.give(&issued.id, &AnswerGiven::Chosen(numbers));
    let Ok(Answered::Wrong(Some(next))) = answered else {
        panic!("{answered:?}");
    };
    assert!(shop.said().is_empty());
    assert_eq!(
        (next.kind(), next.language),
        (Kind::Classification, Language::French)
    );
    let shown = Shown::Classification {
        about: "bateau".to_owned(),
        images: 12,
    };
    assert_eq!(next.shown, shown);
    let (before, after) = (images.pick.images, shop.images(&next.id).pick.images);
    assert!(after.iter().all(|image| !before.contains(image)));
}

#[test]
fn a_known_text_is_right_and_the_other_one_is_kept_as_it_was_typed() {
    let shop = open();
    let issued = shop.ask(Kind::Transcription);
    assert_eq!(issued.shown, Shown::Transcription { images: 2 });
    let images = shop.images(&issued.id);
    let wrong = shop.give(
        &issued.id,
        &AnswerGiven::Texts(vec!["x".to_owned(), "y".to_owned()]),
    );
    assert!(matches!(wrong, Ok(Answered::Wrong(Some(_)))));
    let next = shop.after(&issued.id);
    let images_next = shop.images(&next.id);
    assert_eq!(
        shop.give(&next.id, &typed(&images_next, " Le Roi ")),
        Ok(Answered::Right)
    );
    let unknown = images_next.pick.unknown().next().unwrap().1;
    assert_eq!(shop.said(), [(unknown, Said::Reads("Le Roi".to_owned()))]);
    assert_ne!(images.pick.images, images_next.pick.images);
}

#[test]
fn nothing_is_shown_twice_in_a_series_and_what_comes_next_is_drawn_anew() {
    let shop = open();
    let mut seen = HashSet::new();
    let mut id = shop.ask(Kind::Transcription).id;
    for step in 1..=SERIES_MAX {
        assert!(id.len() <= TICKET_LENGTH_MAX, "{}", id.len());
        let images = shop.images(&id);
        assert_eq!(images.series.salts.len(), step);
        assert!(images.pick.images.iter().all(|&image| seen.insert(image)));
        let again = shop.images(&shop.after(&id).id);
        id = shop.after(&id).id;
        assert_ne!(again.series.salts, shop.images(&id).series.salts);
    }
    assert_eq!(shop.images(&id).series.salts.len(), 1, "a new series");
}

#[test]
fn the_longest_id_is_within_its_limit() {
    let shop = open();
    let mut id = shop.ask(Kind::Classification).id;
    let mut longest = id.len();
    for _ in 1..SERIES_MAX {
        id = shop.after(&id).id;
        longest = longest.max(id.len());
    }
    assert_eq!(shop.images(&id).series.salts.len(), SERIES_MAX);
    assert!((400..=TICKET_LENGTH_MAX).contains(&longest), "{longest}");
}

#[test]
fn all_images_of_a_challenge_have_one_length_and_none_is_shown_after_the_answer() {
    let shop = open();
    let issued = shop.ask(Kind::Classification);
    let lengths: HashSet<_> = (1..=12)
        .map(|number| shop.picture(&issued.id, number).unwrap().len())
        .collect();
    assert_eq!(lengths.len(), 1);
    for number in [0, 13, 99] {
        assert_eq!(shop.picture(&issued.id, number), Err(Refused::NotFound));
    }
    let images = shop.images(&issued.id);
    shop.give(&issued.id, &chosen(&images, |_| false)).unwrap();
    assert_eq!(shop.picture(&issued.id, 1), Err(Refused::Expired));
    let late = shop.ask(Kind::Classification).id;
    shop.bench.clock.advance_s(challenge::visitor::ANSWER_S);
    assert_eq!(shop.picture(&late, 1), Err(Refused::Expired));
}

#[test]
fn a_code_is_one_image_and_a_sound_and_right_in_any_case() {
    let shop = open();
    let id = shop.ask(Kind::Text).id;
    let image = shop.picture(&id, 1).unwrap();
    assert_eq!(image, shop.picture(&id, 1).unwrap());
    assert_eq!(shop.picture(&id, 2), Err(Refused::NotFound));
    let (ticket, site) = shop.bench.verifier.ticket(&id).unwrap();
    let spoken = |language| {
        let speech = shop.bench.verifier.speech((&ticket, &site), language, HERE);
        block_on(speech).unwrap()
    };
    assert_eq!(spoken(Language::English), spoken(Language::English));
    assert_ne!(spoken(Language::English), spoken(Language::French));
    let code = shop.code(&id).to_uppercase();
    assert_eq!(
        shop.give(&id, &AnswerGiven::Text(code)),
        Ok(Answered::Right)
    );
    let pow = shop.ask(Kind::ProofOfWork).id;
    assert_eq!(shop.picture(&pow, 1), Err(Refused::NotFound));
    let (ticket, site) = shop.bench.verifier.ticket(&pow).unwrap();
    let speech = shop
        .bench
        .verifier
        .speech((&ticket, &site), Language::English, HERE);
    assert_eq!(block_on(speech), Err(Refused::NotFound));
}

#[test]
fn an_answer_of_another_kind_is_wrong() {
    let shop = open();
    for (kind, given) in [
        (Kind::Classification, AnswerGiven::Text(String::new())),
        (Kind::Transcription, AnswerGiven::Chosen(vec![1, 2])),
        (Kind::Text, AnswerGiven::Texts(vec![])),
        (Kind::ProofOfWork, AnswerGiven::Text(String::new())),
    ] {
        let id = shop.ask(kind).id;
        assert!(
            matches!(shop.give(&id, &given), Ok(Answered::Wrong(_))),
            "{kind:?}"
        );
    }
}

#[test]
fn a_visitor_has_one_voice_an_image_and_enough_of_them_make_it_known() {
    let shop = open();
    let mut round = 0;
    // Until one image was seen by three visitors who chose it each time.
    while shop.bench.store.rows().corpora.corpora[0].version == 1 {
        round += 1;
        assert!(round < 2000, "nothing became known");
        let address = format!("192.0.2.{}", round % 200);
        let id = shop.ask(Kind::Classification).id;
        let images = shop.images(&id);
        let class = u32::from(images.pick.about);
        let given = chosen(&images, |ordinal| ordinal % 3 == class);
        assert_eq!(shop.give_from(&id, &given, &address), Ok(Answered::Right));
    }
    let rows = shop.bench.store.rows();
    let voices: HashSet<_> = rows
        .corpora
        .annotations
        .iter()
        .map(|one| (one.digest, one.voice))
        .collect();
    assert_eq!(voices.len(), rows.corpora.annotations.len());
    let learnt: Vec<_> = rows
        .corpora
        .images
        .iter()
        .filter(|(_, image)| image.row.ordinal >= KNOWN && image.row.known.is_some())
        .collect();
    assert_eq!(learnt.len(), 1);
    let row = &learnt[0].1.row;
    let class = ["ship", "house", "tree"][usize::try_from(row.ordinal % 3).unwrap()];
    assert_eq!(row.known.as_deref(), Some(class));
}

#[test]
fn what_visitors_agreed_on_before_a_class_was_renamed_retires_no_image() {
    let shop = open();
    let said_before = |digest, voice| Annotation {
        corpus: Id::from_number(1).unwrap(),
        digest,
        voice: [voice; 16],
        said: Said::Shows("vessel".to_owned()),
        at: START,
    };
    let id = shop.ask(Kind::Classification).id;
    let images = shop.images(&id);
    let mut rows = shop.bench.store.rows();
    let digests: Vec<_> = rows
        .corpora
        .images
        .iter()
        .map(|one| one.1.row.digest)
        .collect();
    for voice in 0..5 {
        let words = digests.iter().map(|digest| said_before(*digest, voice));
        rows.corpora.annotate(words.collect());
    }
    drop(rows);
    assert_eq!(
        shop.give(&id, &chosen(&images, |_| false)),
        Ok(Answered::Right)
    );
    let rows = shop.bench.store.rows();
    assert_eq!(rows.corpora.corpora[0].version, 1, "nothing was settled");
    let unknown = images.pick.unknown().map(|(_, ordinal)| ordinal);
    for ordinal in unknown {
        let mut of_corpus = rows.corpora.images.iter();
        let (_, image) = of_corpus
            .find(|(_, image)| image.row.ordinal == ordinal)
            .unwrap();
        assert_eq!((&image.row.known, image.row.settled_at), (&None, None));
    }
}

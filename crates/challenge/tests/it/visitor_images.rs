//! Challenges with images and codes: what is shown, what is right, what is said, and how much can be tried.

use std::collections::{BTreeSet, HashSet};

use challenge::corpus::{Class, Corpus, EditionKey, Holds, ImageRow, NewImage, Said};
use challenge::id::Id;
use challenge::visitor::{
    AnswerGiven, Answered, Images, IssuedToVisitor, Kind, Language, PICTURES_PER_MINUTE, Refused,
    SERIES_MAX, Shown, TICKET_LENGTH_MAX, Task, Ticket, Told, Visitor,
    WRONG_GUESSES_OF_SITE_PER_MINUTE, WRONG_GUESSES_PER_MINUTE, Wish,
};
use pollster::block_on;

use crate::bench::START;
use crate::visitor_shop::{HERE, Shop, VISITOR};

const KNOWN: u32 = 60;
const UNKNOWN: u32 = 60;

/// A shop with a corpus of ships, houses and trees, and one of texts.
fn open() -> Shop {
    let shop = Shop::open_as("gallery");
    for (number, holds) in [(1, Holds::Classes), (2, Holds::Texts)] {
        let corpus = corpus(&shop, number, holds);
        let mut rows = shop.bench.store.rows();
        let images = (0..KNOWN + UNKNOWN).map(|ordinal| (corpus.key(), image(ordinal, holds)));
        rows.corpora.images.extend(images);
        rows.corpora.corpora.push(corpus);
    }
    shop
}

fn corpus(shop: &Shop, number: i64, holds: Holds) -> Corpus {
    let classes = ["ship", "house", "tree"].map(|name| Class {
        name: name.to_owned(),
        said: [("en", name), ("fr", "bateau")]
            .map(|(code, said)| (code.to_owned(), said.to_owned()))
            .into(),
    });
    Corpus {
        id: Id::from_number(number).unwrap(),
        tenant: shop.site.tenant,
        name: format!("corpus{number}"),
        holds,
        agreement: 3,
        classes: match holds {
            Holds::Classes => classes.to_vec(),
            Holds::Texts => vec![],
        },
        edition: Id::from_number(number + 10).unwrap(),
        imported_at: START,
        version: 1,
    }
}

/// The first half of the images are known.
fn image(ordinal: u32, holds: Holds) -> NewImage {
    let class = ["ship", "house", "tree"][usize::try_from(ordinal % 3).unwrap()];
    let shows = match holds {
        Holds::Classes => class.to_owned(),
        Holds::Texts => format!("words number {ordinal}"),
    };
    let known = (ordinal < KNOWN).then_some(shows);
    let bytes = [
        &[0xFF, 0xD8][..],
        &vec![7; 100 + usize::try_from(ordinal).unwrap()],
    ]
    .concat();
    let mut digest = [9; 32];
    digest[..4].copy_from_slice(&ordinal.to_be_bytes());
    NewImage {
        row: ImageRow {
            ordinal,
            digest,
            file: format!("{ordinal}.jpg"),
            settled_at: known.is_some().then_some(START),
            known,
            length: u32::try_from(bytes.len()).unwrap(),
        },
        bytes,
    }
}

impl Shop {
    fn wish(&self, wish: &Wish<'_>) -> Result<IssuedToVisitor, Refused> {
        block_on(self.bench.verifier.issue_to_visitor(&self.site, wish))
    }

    fn ask(&self, kind: Kind) -> IssuedToVisitor {
        self.wish(&Wish::of(kind, HERE)).unwrap()
    }

    fn after(&self, id: &str) -> IssuedToVisitor {
        let before = self.ticket(id);
        let wish = Wish {
            after: Some(&before),
            ..Wish::of(before.kind(), HERE)
        };
        self.wish(&wish).unwrap()
    }

    fn ticket(&self, id: &str) -> Ticket {
        self.bench.verifier.ticket(id).unwrap().0
    }

    fn images(&self, id: &str) -> Images {
        self.ticket(id).task.images().unwrap().clone()
    }

    fn give(&self, id: &str, given: &AnswerGiven) -> Result<Answered, Refused> {
        self.give_from(id, given, HERE)
    }

    fn give_from(&self, id: &str, given: &AnswerGiven, address: &str) -> Result<Answered, Refused> {
        let (ticket, site) = self.bench.verifier.ticket(id).unwrap();
        let visitor = Visitor { address, ..VISITOR };
        let answered = self
            .bench
            .verifier
            .answer_of_visitor((&ticket, &site), given, &visitor);
        block_on(answered)
    }

    fn code(&self, id: &str) -> String {
        match self.ticket(id).task {
            Task::Text(code) => code.text,
            _ => panic!("no code"),
        }
    }

    fn picture(&self, id: &str, number: usize) -> Result<Vec<u8>, Refused> {
        let (ticket, site) = self.bench.verifier.ticket(id).unwrap();
        let drawn = self.bench.verifier.picture((&ticket, &site), number, HERE);
        Ok(block_on(drawn)?.bytes)
    }

    fn said(&self) -> Vec<(u32, Said)> {
        let rows = self.bench.store.rows();
        let said = rows.corpora.annotations.iter();
        said.map(|one| (ordinal_of(&one.digest), one.said.clone()))
            .collect()
    }
}

fn ordinal_of(digest: &[u8; 32]) -> u32 {
    u32::from_be_bytes(digest[..4].try_into().unwrap())
}

/// The images that show the class, and of the unknown ones those that `also` names.
fn chosen(images: &Images, also: impl Fn(u32) -> bool) -> AnswerGiven {
    let pick = &images.pick;
    let numbers = pick.images.iter().enumerate().filter(|(place, ordinal)| {
        let shows = pick.positive >> place & 1 == 1;
        shows || (!pick.is_known(*place) && also(**ordinal))
    });
    AnswerGiven::Chosen(numbers.map(|(place, _)| place + 1).collect())
}

fn typed(images: &Images, unknown: &str) -> AnswerGiven {
    let texts = images
        .pick
        .images
        .iter()
        .enumerate()
        .map(|(place, ordinal)| {
            if images.pick.is_known(place) {
                format!("WORDS number {ordinal}")
            } else {
                unknown.to_owned()
            }
        });
    AnswerGiven::Texts(texts.collect())
}

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

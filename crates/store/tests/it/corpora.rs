//! Corpora on the true stores: an edition is seen whole or not at all, and a visitor's word is kept once.

use std::sync::Arc;

use challenge::clock::Timestamp;
use challenge::corpus::{
    Annotation, Class, Corpus, Edition, EditionKey, Holds, ImageRow, KEPT_AFTER_REPLACEMENT_S,
    NewImage, Published, STAGED_S, Said,
};
use challenge::ports::{Change, Store, StoreError};

use crate::support::*;

on_both!(
    an_edition_is_seen_once_it_is_published,
    a_replaced_edition_is_kept_for_a_while_and_then_removed,
    of_two_imports_at_once_one_is_shown,
    an_edition_that_took_too_long_is_not_shown,
    images_are_settled_once,
    a_voice_counts_once_and_comes_with_its_change_or_not_at_all,
    a_word_that_the_database_does_not_take_takes_no_other_with_it,
    tallies_come_in_pages_of_whole_images,
    a_removed_corpus_goes_with_what_was_said_of_it,
);

pub(crate) fn corpus(edition: i64) -> Corpus {
    Corpus {
        id: id(5),
        tenant: id(1),
        name: "harbour".to_owned(),
        holds: Holds::Classes,
        agreement: 5,
        classes: vec![Class {
            name: "ship".to_owned(),
            said: [("fr".to_owned(), "bateau".to_owned())].into(),
        }],
        edition: id(edition),
        imported_at: NOW,
        version: 1,
    }
}

pub(crate) fn image(ordinal: u32, known: Option<&str>) -> NewImage {
    NewImage {
        row: ImageRow {
            ordinal,
            digest: digest(ordinal),
            file: format!("{ordinal}.jpg"),
            known: known.map(str::to_owned),
            settled_at: known.is_some().then_some(NOW),
            length: 3,
        },
        bytes: vec![7, 0, u8::try_from(ordinal % 256).unwrap()],
    }
}

fn digest(ordinal: u32) -> [u8; 32] {
    let mut digest = [3; 32];
    digest[..4].copy_from_slice(&ordinal.to_be_bytes());
    digest
}

/// Stages an edition of so many images.
pub(crate) async fn stage(store: &dyn Store, edition: i64, count: u32) -> EditionKey {
    let key = corpus(edition).key();
    store.stage_edition(&corpus(edition), NOW).await.unwrap();
    let images = (0..count).map(|ordinal| image(ordinal, (ordinal % 2 == 0).then_some("ship")));
    store.stage_images(key, images.collect()).await.unwrap();
    key
}

pub(crate) async fn publish(
    store: &dyn Store,
    edition: i64,
    old: Option<i64>,
) -> Result<(), StoreError> {
    let published = Published {
        corpus: corpus(edition),
        replaces: old.map(id::<Edition>),
    };
    store.publish(&published, NOW).await
}

async fn an_edition_is_seen_once_it_is_published(place: &Place) {
    let store = place.open().await;
    let key = stage(&*store, 11, 7).await;
    assert_eq!(store.corpora(id(1)).await.unwrap(), []);
    publish(&*store, 11, None).await.unwrap();
    assert_eq!(store.corpora(id(1)).await.unwrap(), [corpus(11)]);
    assert_eq!(store.corpora(id(2)).await.unwrap(), [], "another tenant");
    let mut read = Vec::new();
    for from in [0, 3, 6] {
        read.extend(store.corpus_images(key, from, 3).await.unwrap());
    }
    let written = (0..7).map(|ordinal| image(ordinal, (ordinal % 2 == 0).then_some("ship")).row);
    assert_eq!(read, written.collect::<Vec<_>>());
    assert_eq!(
        store.image_bytes(key, 6).await.unwrap(),
        Some(vec![7, 0, 6])
    );
    assert_eq!(store.image_bytes(key, 7).await.unwrap(), None);
}

async fn a_replaced_edition_is_kept_for_a_while_and_then_removed(place: &Place) {
    let store = place.open().await;
    let old = stage(&*store, 11, 5).await;
    publish(&*store, 11, None).await.unwrap();
    let new = stage(&*store, 12, 4).await;
    publish(&*store, 12, Some(11)).await.unwrap();
    let replaced = Corpus {
        version: 2,
        ..corpus(12)
    };
    assert_eq!(store.corpora(id(1)).await.unwrap(), [replaced]);
    let end = NOW.plus_s(KEPT_AFTER_REPLACEMENT_S);
    let just_before = Timestamp::from_unix_ms(end.unix_ms() - 1);
    store.sweep(just_before, 100).await.unwrap();
    assert!(store.image_bytes(old, 4).await.unwrap().is_some());
    let as_it_was = Corpus {
        version: 0,
        ..corpus(11)
    };
    assert_eq!(store.corpus_of(old).await.unwrap(), Some(as_it_was));
    for _ in 0..8 {
        store.sweep(end, 3).await.unwrap();
    }
    assert!(store.image_bytes(old, 4).await.unwrap().is_none());
    assert!(store.corpus_images(old, 0, 9).await.unwrap().is_empty());
    assert_eq!(
        store.sweep(end, 3).await.unwrap(),
        0,
        "nothing is left of it"
    );
    assert_eq!(store.corpus_images(new, 0, 9).await.unwrap().len(), 4);
}

async fn of_two_imports_at_once_one_is_shown(place: &Place) {
    let store = place.open().await;
    for edition in [11, 12] {
        stage(&*store, edition, 2).await;
    }
    let (one, other) = tokio::join!(publish(&*store, 11, None), publish(&*store, 12, None));
    let won: Vec<_> = [(11, one), (12, other)]
        .into_iter()
        .filter_map(|(edition, outcome)| match outcome {
            Ok(()) => Some(edition),
            Err(error) => {
                assert_eq!(error, StoreError::Conflict);
                None
            }
        })
        .collect();
    assert_eq!(won.len(), 1);
    for edition in [13, 14] {
        stage(&*store, edition, 2).await;
    }
    let old = Some(won[0]);
    let (one, other) = tokio::join!(publish(&*store, 13, old), publish(&*store, 14, old));
    assert_eq!(
        [one, other]
            .iter()
            .filter(|outcome| outcome.is_ok())
            .count(),
        1
    );
}

async fn an_edition_that_took_too_long_is_not_shown(place: &Place) {
    let store = place.open().await;
    stage(&*store, 11, 2).await;
    let published = Published {
        corpus: corpus(11),
        replaces: None,
    };
    let late = NOW.plus_s(STAGED_S);
    let outcome = store.publish(&published, late).await;
    assert_eq!(outcome, Err(StoreError::Conflict));
    assert_eq!(store.corpora(id(1)).await.unwrap(), []);
    for _ in 0..3 {
        store.sweep(late, 100).await.unwrap();
    }
    assert!(
        store
            .corpus_images(corpus(11).key(), 0, 9)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn images_are_settled_once(place: &Place) {
    let store = place.open().await;
    let key = stage(&*store, 11, 4).await;
    publish(&*store, 11, None).await.unwrap();
    let settle = |settled: &[(u32, Option<&str>)], s| {
        let settled = settled
            .iter()
            .map(|(at, known)| (*at, known.map(str::to_owned)));
        store.settle_images(key, settled.collect(), NOW.plus_s(s))
    };
    settle(&[(1, Some("ship")), (3, None)], 10).await.unwrap();
    settle(
        &[(0, Some("house")), (1, Some("house")), (3, Some("house"))],
        20,
    )
    .await
    .unwrap();
    let rows = store.corpus_images(key, 0, 9).await.unwrap();
    let seen = |ordinal: usize| (rows[ordinal].known.as_deref(), rows[ordinal].settled_at);
    assert_eq!(seen(0), (Some("ship"), Some(NOW)));
    assert_eq!(seen(1), (Some("ship"), Some(NOW.plus_s(10))));
    assert_eq!(seen(3), (None, Some(NOW.plus_s(10))));
    assert_eq!(store.corpora(id(1)).await.unwrap()[0].version, 3);
}

fn word(ordinal: u32, voice: u8, said: Said) -> Annotation {
    Annotation {
        corpus: id(5),
        digest: digest(ordinal),
        voice: [voice; 16],
        said,
        at: NOW.plus_s(u32::from(voice)),
    }
}

fn ship() -> Said {
    Said::Shows("ship".to_owned())
}

async fn say(store: &dyn Store, annotations: Vec<Annotation>) {
    let change = Change {
        annotations,
        ..Change::telling(event(id(1)))
    };
    store.commit(change).await.unwrap();
}

/// What was said of an image: each word with its voices and the last moment.
async fn heard(store: &dyn Store, ordinal: u32) -> Vec<(Said, u32, Timestamp)> {
    let tallies = store.tallies_of(id(1), id(5), &digest(ordinal)).await;
    let tallies = tallies.unwrap().into_iter();
    tallies
        .map(|one| (one.said, one.voices, one.last_at))
        .collect()
}

async fn a_voice_counts_once_and_comes_with_its_change_or_not_at_all(place: &Place) {
    let store = place.open().await;
    let not = || Said::ShowsNot("ship".to_owned());
    say(&*store, vec![word(1, 1, ship()), word(2, 1, not())]).await;
    say(
        &*store,
        vec![word(1, 1, not()), word(1, 1, ship()), word(1, 2, ship())],
    )
    .await;
    assert_eq!(heard(&*store, 1).await, [(ship(), 2, NOW.plus_s(2))]);
    assert_eq!(heard(&*store, 2).await, [(not(), 1, NOW.plus_s(1))]);
    let many = (3..40).map(|voice| {
        let (store, word) = (Arc::clone(&store), word(1, voice, ship()));
        tokio::spawn(async move { say(&*store, vec![word.clone(), word]).await })
    });
    for task in many.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(heard(&*store, 1).await, [(ship(), 39, NOW.plus_s(39))]);
    // A change that loses takes its words with it.
    let tenant = with_users(&*store, 1).await;
    let lost = Change {
        annotations: vec![word(9, 1, ship())],
        standing: Some(standing_write(id(1), 77, 1)),
        ..Change::telling(event(tenant))
    };
    assert_eq!(store.commit(lost).await, Err(StoreError::Conflict));
    assert_eq!(heard(&*store, 9).await, []);
    let text = |text: &str| Said::Reads(text.to_owned());
    say(
        &*store,
        vec![word(8, 1, text("Le Roi\u{2019}s")), word(8, 2, text("yes"))],
    )
    .await;
    let read: Vec<_> = heard(&*store, 8)
        .await
        .into_iter()
        .map(|one| one.0)
        .collect();
    assert_eq!(read, [text("Le Roi\u{2019}s"), text("yes")]);
}

async fn a_word_that_the_database_does_not_take_takes_no_other_with_it(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 0).await;
    let commits = (0..64).map(|ordinal| {
        let text = if ordinal % 16 == 5 { "a\0" } else { "a" };
        let change = Change {
            annotations: vec![word(ordinal, 1, Said::Reads(text.to_owned()))],
            ..telling(tenant)
        };
        let store = Arc::clone(&store);
        tokio::spawn(async move { (ordinal, store.commit(change).await) })
    });
    for task in commits.collect::<Vec<_>>() {
        let (ordinal, outcome) = task.await.unwrap();
        // SQLite has a place for NUL.
        let taken = ordinal % 16 != 5 || !place.text().starts_with("postgres:");
        assert_eq!(outcome.is_ok(), taken, "{ordinal}: {outcome:?}");
    }
}

async fn tallies_come_in_pages_of_whole_images(place: &Place) {
    let store = place.open().await;
    let words = (0..5).flat_map(|ordinal| {
        [(1, "ship"), (2, "house"), (3, "ship")]
            .map(|(voice, class)| word(ordinal, voice, Said::Shows(class.to_owned())))
    });
    say(&*store, words.collect()).await;
    let (mut after, mut pages) = (Vec::new(), Vec::new());
    loop {
        let page = store.tallies(id(1), id(5), &after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.digest.to_vec();
        pages.push(page.iter().map(|one| one.voices).collect::<Vec<_>>());
    }
    assert_eq!(pages, [vec![1, 2, 1, 2], vec![1, 2, 1, 2], vec![1, 2]]);
}

async fn a_removed_corpus_goes_with_what_was_said_of_it(place: &Place) {
    let store = place.open().await;
    let replaced = stage(&*store, 11, 3).await;
    publish(&*store, 11, None).await.unwrap();
    let shown = stage(&*store, 12, 3).await;
    publish(&*store, 12, Some(11)).await.unwrap();
    say(&*store, vec![word(1, 1, ship()), word(2, 1, ship())]).await;
    let of_another = Annotation {
        corpus: id(6),
        ..word(1, 1, ship())
    };
    say(&*store, vec![of_another]).await;
    let end = NOW.plus_s(KEPT_AFTER_REPLACEMENT_S);
    let sweep_all = |at: Timestamp| {
        let store = Arc::clone(&store);
        async move { while store.sweep(at, 2).await.unwrap() > 0 {} }
    };
    sweep_all(end).await;
    assert_eq!(store.corpus_of(replaced).await.unwrap(), None);
    assert_eq!(heard(&*store, 1).await.len(), 1, "the corpus is there");
    let later = NOW.plus_s(3600);
    store.remove_corpus(id(1), id(5), later).await.unwrap();
    let again = store.remove_corpus(id(1), id(5), later).await;
    assert_eq!(again, Err(StoreError::Conflict));
    assert_eq!(store.corpora(id(1)).await.unwrap(), []);
    // Who was asked before can still look and answer.
    let end = later.plus_s(KEPT_AFTER_REPLACEMENT_S);
    sweep_all(Timestamp::from_unix_ms(end.unix_ms() - 1)).await;
    assert!(store.image_bytes(shown, 2).await.unwrap().is_some());
    say(&*store, vec![word(1, 2, ship())]).await;
    sweep_all(end).await;
    assert_eq!(store.image_bytes(shown, 2).await.unwrap(), None);
    assert_eq!(store.corpus_of(shown).await.unwrap(), None);
    for ordinal in [1, 2] {
        assert_eq!(heard(&*store, ordinal).await, []);
    }
    let of_another = store.tallies_of(id(1), id(6), &digest(1)).await;
    assert_eq!(of_another.unwrap().len(), 1);
}

//! Imports that are killed, and editions that are swept while they are published.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use challenge::clock::Timestamp;
use challenge::corpus::{Published, STAGED_S};
use challenge::ports::StoreError;

use crate::corpora::{corpus, image, publish, stage};
use crate::support::*;

on_both!(
    a_killed_import_leaves_nothing_to_be_seen,
    what_is_published_while_others_sweep_is_whole,
    an_edition_that_is_given_up_is_removed_by_the_next_sweep_and_a_shown_one_stays,
);

const URL: &str = "COUNTERSIGN_STORE_CORPUS_URL";

async fn what_is_published_while_others_sweep_is_whole(place: &Place) {
    let store = place.open().await;
    let (mut published, mut swept, mut shown) = (0, 0, None);
    for edition in 20..50 {
        let key = stage(&*store, edition, 40).await;
        // The clock of whoever sweeps is a day ahead.
        let ahead = NOW.plus_s(STAGED_S);
        let sweep = async {
            for _ in 0..3 {
                store.sweep(ahead, 7).await.unwrap();
            }
        };
        let (outcome, ()) = tokio::join!(publish(&*store, edition, shown), sweep);
        if outcome.is_ok() {
            (published, shown) = (published + 1, Some(edition));
            let images = store.corpus_images(key, 0, 100).await.unwrap();
            assert_eq!(images.len(), 40);
            assert!(store.image_bytes(key, 39).await.unwrap().is_some());
        } else {
            swept += 1;
        }
    }
    assert_eq!(published + swept, 30);
    assert!(published > 0);
}

async fn an_edition_that_is_given_up_is_removed_by_the_next_sweep_and_a_shown_one_stays(
    place: &Place,
) {
    let store = place.open().await;
    let shown = stage(&*store, 11, 4).await;
    publish(&*store, 11, None).await.unwrap();
    let given_up = stage(&*store, 12, 4).await;
    for key in [shown, given_up] {
        store.unstage_edition(key, NOW).await.unwrap();
    }
    assert_eq!(
        publish(&*store, 12, Some(11)).await,
        Err(StoreError::Conflict)
    );
    let before = Timestamp::from_unix_ms(NOW.unix_ms() - i64::from(STAGED_S) * 1000);
    assert_eq!(store.sweep(before, 100).await, Ok(8), "4 rows, 4 images");
    assert_eq!(store.sweep(before, 100).await, Ok(1), "the edition");
    assert!(store.image_bytes(given_up, 0).await.unwrap().is_none());
    assert_eq!(store.corpus_of(given_up).await, Ok(None));
    assert!(store.image_bytes(shown, 3).await.unwrap().is_some());
    stage(&*store, 13, 1).await;
    publish(&*store, 13, Some(11)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the process that a_killed_import_leaves_nothing_to_be_seen starts and kills"]
async fn importer() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the parent passes the store's URL"
    )]
    let Ok(url) = std::env::var(URL) else { return };
    let options = store::Options::default();
    let store = store::open(&url.parse().unwrap(), &options).await.unwrap();
    for edition in 100.. {
        let key = corpus(edition).key();
        store.stage_edition(&corpus(edition), NOW).await.unwrap();
        for page in 0..20 {
            let images = (page * 10..page * 10 + 10).map(|ordinal| image(ordinal, Some("ship")));
            store.stage_images(key, images.collect()).await.unwrap();
            std::io::stdout().write_all(b"staged\n").unwrap();
        }
        let shown = store.corpora(id(1)).await.unwrap();
        let published = Published {
            corpus: corpus(edition),
            replaces: shown.first().map(|corpus| corpus.edition),
        };
        store.publish(&published, NOW).await.unwrap();
    }
}

/// Lets an importer run for a while after its first images, and kills it.
fn import_and_kill(url: &str, lifetime: Duration) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "corpora_ended::importer",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(URL, url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(Ok(line)) = lines.next() {
        if line.contains("staged") {
            break;
        }
    }
    std::thread::sleep(lifetime);
    child.kill().unwrap();
    child.wait().unwrap();
}

async fn a_killed_import_leaves_nothing_to_be_seen(place: &Place) {
    place.open().await;
    for round in 0..6_u64 {
        let url = place.text();
        let lifetime = Duration::from_micros(3_000 + round * 21_919);
        tokio::task::spawn_blocking(move || import_and_kill(&url, lifetime))
            .await
            .unwrap();
        let store = place.open().await;
        for corpus in store.corpora(id(1)).await.unwrap() {
            let images = store.corpus_images(corpus.key(), 0, 1000).await.unwrap();
            assert_eq!(images.len(), 200, "half an edition is shown");
            assert!(
                store
                    .image_bytes(corpus.key(), 199)
                    .await
                    .unwrap()
                    .is_some()
            );
        }
        // The next round's importer names its editions anew.
        place.execute("DELETE FROM corpus; DELETE FROM corpus_edition; DELETE FROM corpus_image; DELETE FROM corpus_bytes").await;
    }
}

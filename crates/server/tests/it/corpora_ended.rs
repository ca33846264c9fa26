//! Corpora at the command line that come to nothing or to an end: refused, of another kind, removed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use challenge::clock::{Clock as _, Timestamp};
use challenge::directory::provision::{Blueprint, Options, Provisioner, Removal, Removed};
use challenge::secret::Keyring;
use countersign::system::{OsRng, SystemClock};
use serde_json::Value;

use crate::corpora::{furnish, import, listed, museum, say, store_of, told};

#[test]
fn a_corpus_keeps_its_kind() {
    let (home, folder) = museum();
    furnish(folder.path(), 40);
    assert!(import(&home, folder.path(), &[]).status.success());
    let before = listed(&home);
    let mut texts = "file,text\n".to_owned();
    for number in 0..40 {
        writeln!(texts, "{number}.img,words number {number}").unwrap();
    }
    fs::write(folder.path().join("photographs.csv"), texts).unwrap();
    let refused = import(&home, folder.path(), &[]);
    assert_eq!(refused.status.code(), Some(1));
    let why = told(&refused);
    assert!(
        why.contains("holds classes") && why.contains("take another --name for texts"),
        "{why}"
    );
    assert_eq!(listed(&home), before);
}

#[tokio::test]
async fn what_was_agreed_on_by_a_name_that_is_gone_is_open_again() {
    let (home, folder) = museum();
    furnish(folder.path(), 40);
    assert!(import(&home, folder.path(), &[]).status.success());
    let (store, tenant) = store_of(&home).await;
    let corpus = store.corpora(tenant).await.unwrap().remove(0);
    let rows = store.corpus_images(corpus.key(), 0, 100).await.unwrap();
    // More than anybody is asked for, and more than enough for an agreement.
    say(&*store, &corpus, &[(&rows[1].digest, "ship")], 200).await;
    for name in ["photographs.csv", "classes.csv"] {
        let path = folder.path().join(name);
        let text = fs::read_to_string(&path).unwrap();
        let renamed = text
            .replace(",ship\n", ",boat\n")
            .replace("\nship,", "\nboat,");
        fs::write(path, renamed).unwrap();
    }
    let done = import(&home, folder.path(), &[]);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        said.contains("0 agreed on before, 20 to be asked"),
        "{said}{}",
        told(&done)
    );
    let exported = home.done(["corpus", "export", "harbour", "--jsonl"]);
    let line = exported.lines().nth(1).unwrap();
    let image: Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&image["state"], &image["opinion"], &image["voices"]),
        (&"open".into(), &Value::Null, &200.into())
    );
}

#[tokio::test]
async fn a_refused_import_leaves_nothing_after_the_next_sweep() {
    let (home, folder) = museum();
    furnish(folder.path(), 200);
    let images = folder.path().join("photographs");
    fs::write(images.join("150.img"), "no image").unwrap();
    assert_eq!(import(&home, folder.path(), &[]).status.code(), Some(1));
    let (store, _) = store_of(&home).await;
    let long_ago = Timestamp::from_unix_s(1_700_000_000);
    let mut swept = Vec::new();
    while swept.last() != Some(&0) {
        swept.push(store.sweep(long_ago, 1_000).await.unwrap());
    }
    // Two batches of 64 were stored before the broken one, each image in two rows.
    assert_eq!(swept, [256, 1, 0]);
}

#[tokio::test]
async fn a_removed_corpus_is_gone_and_its_tenant_can_go() {
    let (home, folder) = museum();
    furnish(folder.path(), 40);
    assert!(import(&home, folder.path(), &[]).status.success());
    let (store, tenant) = store_of(&home).await;
    let corpus = store.corpora(tenant).await.unwrap().remove(0);
    let rows = store.corpus_images(corpus.key(), 0, 100).await.unwrap();
    say(&*store, &corpus, &[(&rows[1].digest, "ship")], 5).await;
    let remove_tenant = async || {
        let provisioner = Provisioner {
            store: &*store,
            keyring: &Keyring::new(BTreeMap::from([(1, [7; 32])])).unwrap(),
            rng: &OsRng,
            clock: &SystemClock,
        };
        let blueprint = Blueprint {
            removed: vec![Removal {
                tenant: "MUSEUM".to_owned(),
                what: Removed::Tenant,
            }],
            ..Blueprint::default()
        };
        provisioner.apply(&blueprint, Options::default()).await
    };
    let refused = format!("{:?}", remove_tenant().await.err());
    assert!(
        refused.contains("it has corpora (`corpus remove`)"),
        "{refused}"
    );
    let said = home.done(["corpus", "remove", "harbour"]);
    assert!(said.contains("corpus harbour removed"), "{said}");
    assert_eq!(listed(&home), serde_json::json!([]));
    remove_tenant().await.unwrap();
    let in_an_hour = SystemClock.now().plus_s(3600);
    while store.sweep(in_an_hour, 1_000).await.unwrap() > 0 {}
    let left = store.tallies(tenant, corpus.id, &[], 100).await.unwrap();
    assert_eq!(left, []);
    assert_eq!(store.corpus_of(corpus.key()).await.unwrap(), None);
}

//! Corpora at the command line: imported whole or not at all, listed, given out, imported anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use challenge::clock::{Clock as _, Timestamp};
use challenge::corpus::{Annotation, Corpus, Said};
use challenge::directory::Tenant;
use challenge::directory::provision::{Blueprint, Options, Provisioner, Removal, Removed};
use challenge::id::Id;
use challenge::ports::{Change, Store};
use challenge::secret::Keyring;
use countersign::system::{OsRng, SystemClock};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::Value;
use tempfile::TempDir;

use crate::documents::block;
use crate::running::Home;

const TENANT: &str = "[[tenant]]\nname = \"MUSEUM\"\n";

/// A home with the tenant of the documents, and an empty folder for images.
fn museum() -> (Home, TempDir) {
    let (home, folder) = (Home::sqlite(), TempDir::new().unwrap());
    let file = folder.path().join("museum.toml");
    fs::write(&file, TENANT).unwrap();
    home.done(["apply", file.to_str().unwrap()]);
    fs::create_dir(folder.path().join("photographs")).unwrap();
    (home, folder)
}

/// An image unlike any other of its number.
fn draw(path: &Path, number: u32) {
    let [_, red, green, blue] = number.wrapping_mul(2_654_435_761).to_be_bytes();
    let image = RgbImage::from_fn(64, 48, |x, y| {
        let lit = x % 8 == number % 8 || y == number / 8 % 48;
        Rgb(if lit { [255; 3] } else { [red, green, blue] })
    });
    let format = if number.is_multiple_of(2) {
        ImageFormat::Png
    } else {
        ImageFormat::Jpeg
    };
    let mut file = fs::File::create(path).unwrap();
    DynamicImage::ImageRgb8(image)
        .write_to(&mut file, format)
        .unwrap();
}

/// Draws so many images, and writes their table: every other one is known.
fn furnish(folder: &Path, count: u32) {
    let mut table = "file,class\n".to_owned();
    for number in 0..count {
        let name = format!("{number}.img");
        draw(&folder.join("photographs").join(&name), number);
        let class = match number % 4 {
            0 => "ship",
            2 => "house",
            _ => "",
        };
        writeln!(table, "{name},{class}").unwrap();
    }
    fs::write(folder.join("photographs.csv"), table).unwrap();
    let names = "class,en,fr,de,es\nship,a ship,un bateau,ein Schiff,un barco\n";
    fs::write(folder.join("classes.csv"), names).unwrap();
}

fn import(home: &Home, folder: &Path, more: &[&str]) -> Output {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let mut arguments = vec![
        "corpus".to_owned(),
        "import".to_owned(),
        path("photographs"),
    ];
    arguments.extend(["--csv".to_owned(), path("photographs.csv")]);
    let named = ["--tenant", "MUSEUM", "--name", "harbour"];
    arguments.extend(named.iter().chain(more).map(|&one| one.to_owned()));
    home.run(arguments)
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn listed(home: &Home) -> Value {
    serde_json::from_str(&home.done(["corpus", "list", "--json"])).unwrap()
}

#[test]
fn the_documented_commands_work_as_they_stand_there() {
    let (home, folder) = museum();
    furnish(folder.path(), 40);
    let mut printed = String::new();
    for line in block("docs/corpora.md", "sh").lines() {
        let words = line
            .strip_prefix("countersign ")
            .expect("a command of the program");
        let words = words.replace(
            "photographs",
            &format!("{}/photographs", folder.path().display()),
        );
        printed += &home.done(words.split_whitespace());
    }
    assert!(printed.contains("40 images, 20 known"), "{printed}");
    assert!(
        printed.contains("file,sha256,state,shows,known_since"),
        "{printed}"
    );
    let last = printed.lines().last().unwrap();
    let image: Value = serde_json::from_str(last).unwrap();
    assert_eq!(
        (&image["file"], &image["state"]),
        (&"39.img".into(), &"open".into())
    );
}

#[test]
fn duplicates_are_left_out_and_told_and_what_is_broken_refuses_the_whole() {
    let (home, folder) = museum();
    furnish(folder.path(), 40);
    let images = folder.path().join("photographs");
    fs::copy(images.join("1.img"), images.join("3.img")).unwrap();
    fs::write(images.join("5.img"), "no image").unwrap();
    fs::remove_file(images.join("7.img")).unwrap();
    let refused = import(&home, folder.path(), &[]);
    assert_eq!(refused.status.code(), Some(1));
    let why = told(&refused);
    assert!(
        why.contains("line 7: 5.img: ") && why.contains("line 9: 7.img: "),
        "{why}"
    );
    assert!(
        why.contains("nothing was imported") && why.contains("--skip-broken"),
        "{why}"
    );
    assert_eq!(listed(&home), serde_json::json!([]));
    let done = import(&home, folder.path(), &["--skip-broken"]);
    assert!(done.status.success(), "{}", told(&done));
    let why = told(&done);
    assert!(
        why.contains("1 left out as duplicates: line 5: 3.img: the same image as in line 3"),
        "{why}"
    );
    assert!(why.contains("2 left out as broken"), "{why}");
    assert_eq!(listed(&home)[0]["images"], 37);
    fs::copy(images.join("0.img"), images.join("2.img")).unwrap();
    let refused = import(&home, folder.path(), &["--skip-broken"]);
    assert!(
        told(&refused).contains("line 4: 2.img: the same image as in line 2, which says otherwise")
    );
    assert_eq!(
        listed(&home)[0]["images"],
        37,
        "the corpus before is still there"
    );
}

#[test]
fn a_corpus_of_which_nothing_can_be_asked_is_refused() {
    let (home, folder) = museum();
    furnish(folder.path(), 12);
    let why = told(&import(&home, folder.path(), &[]));
    assert!(why.contains("2 such classes are needed"), "{why}");
    for (name, expected) in [("a b", "--name has"), ("", "--name has")] {
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let output = home.run([
            "corpus",
            "import",
            &path("photographs"),
            "--csv",
            &path("photographs.csv"),
            "--tenant",
            "MUSEUM",
            "--name",
            name,
        ]);
        assert!(told(&output).contains(expected), "{}", told(&output));
    }
    let why = told(&import(&home, folder.path(), &["--agreement", "101"]));
    assert!(why.contains("101"), "{why}");
}

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

/// The store of a home, and its museum.
async fn store_of(home: &Home) -> (Arc<dyn Store>, Id<Tenant>) {
    let url = format!("sqlite:{}", home.data().join("countersign.db").display());
    let (url, options) = (url.parse().unwrap(), store::Options::default());
    let store = store::open(&url, &options).await.unwrap();
    let tenants = store.tenants().await.unwrap();
    let mut others = tenants.iter().filter(|rows| rows.tenant.name != "CONSOLE");
    (store, others.next().unwrap().tenant.id)
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

/// What so many visitors say of images, as their answers would have written it.
async fn say(store: &dyn Store, corpus: &Corpus, images: &[(&[u8; 32], &str)], voices: u8) {
    for voice in 0..voices {
        let at = Timestamp::from_unix_s(1_700_000_000 + i64::from(voice));
        let annotations = images.iter().map(|(digest, class)| Annotation {
            corpus: corpus.id,
            digest: **digest,
            voice: [voice; 16],
            said: Said::Shows((*class).to_owned()),
            at,
        });
        let event = challenge::audit::Event {
            id: challenge::id::TimedId::random(at, &countersign::system::OsRng),
            at,
            tenant: corpus.tenant,
            kind: challenge::audit::EventKind::Response,
            outcome: challenge::audit::Outcome::Done,
            user: None,
            detail: challenge::audit::Detail::default(),
        };
        let change = Change {
            annotations: annotations.collect(),
            ..Change::telling(event)
        };
        store.commit(change).await.unwrap();
    }
}

#[tokio::test]
async fn what_visitors_said_of_an_image_outlives_its_edition() {
    let (home, folder) = museum();
    furnish(folder.path(), 40);
    assert!(import(&home, folder.path(), &[]).status.success());
    let (store, tenant) = store_of(&home).await;
    let corpus = store.corpora(tenant).await.unwrap().remove(0);
    let rows = store.corpus_images(corpus.key(), 0, 100).await.unwrap();
    let [one, other] = [&rows[1], &rows[3]];
    assert!(one.known.is_none() && other.known.is_none());
    say(&*store, &corpus, &[(&one.digest, "ship")], 5).await;
    say(&*store, &corpus, &[(&other.digest, "ship")], 4).await;
    // The order changes, and with it every ordinal.
    let table = fs::read_to_string(folder.path().join("photographs.csv")).unwrap();
    let (head, lines) = table.split_once('\n').unwrap();
    let lines: Vec<_> = lines.lines().rev().collect();
    let turned = format!("{head}\n{}\n", lines.join("\n"));
    fs::write(folder.path().join("photographs.csv"), turned).unwrap();
    let done = import(&home, folder.path(), &[]);
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(
        said.contains("replaced: 40 images, 20 known, 1 agreed on before, 19 to be asked"),
        "{said}"
    );
    let exported = home.done(["corpus", "export", "harbour", "--jsonl"]);
    let of = |file: &str| -> Value {
        let lines = exported
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.into_iter().find(|line| line["file"] == file).unwrap()
    };
    let agreed = of(&one.file);
    assert_eq!(
        (&agreed["state"], &agreed["shows"]),
        (&"agreed".into(), &"ship".into())
    );
    assert_eq!(agreed["known_since"], "2023-11-14T22:13:24Z");
    assert_eq!(
        (
            &agreed["opinion"]["agreeing"],
            &agreed["opinion"]["percent"]
        ),
        (&5.into(), &100.into())
    );
    let open = of(&other.file);
    assert_eq!(
        (&open["state"], &open["voices"], &open["shows"]),
        (&"open".into(), &4.into(), &Value::Null)
    );
    let csv = home.done(["corpus", "export", "harbour", "--csv"]);
    let line = csv
        .lines()
        .find(|line| line.starts_with(&one.file))
        .unwrap();
    assert!(
        line.ends_with(",agreed,ship,2023-11-14T22:13:24Z,5,ship,5,5,100"),
        "{line}"
    );
}

#[test]
fn an_import_that_is_killed_leaves_what_was_there() {
    let (home, folder) = museum();
    furnish(folder.path(), 400);
    assert!(import(&home, folder.path(), &[]).status.success());
    let before = listed(&home);
    for round in 0..4_u64 {
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let mut child = home
            .command([
                "corpus",
                "import",
                &path("photographs"),
                "--csv",
                &path("photographs.csv"),
                "--tenant",
                "MUSEUM",
                "--name",
                "harbour",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(150 + round * 130));
        child.kill().unwrap();
        child.wait().unwrap();
        let after = listed(&home);
        assert_eq!(after[0]["images"], 400);
        assert_eq!(after[0]["known"], before[0]["known"]);
    }
}

/// The most memory that a process had, in MiB, as long as it runs.
fn peak_mib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

#[test]
#[ignore = "takes some minutes; its figures stand in docs/corpora.md"]
fn twenty_thousand_images_are_imported_in_bounded_memory() {
    let (home, folder) = museum();
    furnish(folder.path(), 20_000);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let watch = countersign::system::Stopwatch::start();
    let mut child = home
        .command([
            "corpus",
            "import",
            &path("photographs"),
            "--csv",
            &path("photographs.csv"),
            "--tenant",
            "MUSEUM",
            "--name",
            "harbour",
        ])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(peak_mib(child.id()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(50));
    }
    let seconds = watch.elapsed().as_secs_f64();
    println!("20,000 images in {seconds:.0} s, {peak} MiB at most");
    assert_eq!(listed(&home)[0]["images"], 20_000);
    assert!((1..400).contains(&peak), "{peak} MiB");
}

//! Cards from the program's stdout to an answer: what is printed is what a challenge asks for.

use std::collections::BTreeMap;
use std::fs;
use std::process::Output;
use std::sync::Arc;

use challenge::answer::{Answer, Proof};
use challenge::directory::UserKey;
use challenge::issuance::{Asked, Wish};
use challenge::lifecycle::Purpose;
use challenge::secret::Keyring;
use challenge::verifier::{Context, Ports, Verifier};
use challenge::visitor::InlineMint;
use challenge::which::Which;
use countersign::system::{OsRng, SystemClock};
use data_encoding::HEXLOWER;
use serde_json::Value;

use crate::running::Home;

const BANK: &str = r#"
[[tenant]]
name = "BANK"
  [[tenant.client]]
  id = "portal"
  secret = "a secret of the portal's own, long enough"
  grants = ["client_credentials"]
  protocols = ["dualshield"]
  [[tenant.policy]]
  code = "P"
  [[tenant.user]]
  login_name = "u"
    [[tenant.user.authenticator]]
    serial = "20000042"
    kind = "card"
    secret = { generate = true }
    [[tenant.user.authenticator]]
    serial = "20000043"
    kind = "totp"
    secret = { generate = true }
"#;

fn bank() -> Home {
    let home = Home::sqlite();
    let file = home.data().join("bank.toml");
    fs::write(&file, BANK).unwrap();
    home.done(["apply", file.to_str().unwrap()]);
    home
}

fn printed(home: &Home, serial: &str, form: &str) -> Output {
    home.run(["authenticator", "card", serial, form])
}

/// What stands on a printed table in these cells, found as a person does: below the column's letter,
/// beside the row's digit.
fn read_off(table: &str, coordinates: &str) -> String {
    let head = table.lines().find(|line| line.trim().starts_with("A B C"));
    let head = head.unwrap();
    let read = |label: &str| {
        let (column, row) = label.split_at(1);
        let line = table
            .lines()
            .find(|line| line.starts_with(&format!("{row} ")));
        line.unwrap()
            .chars()
            .nth(head.find(column).unwrap())
            .unwrap()
    };
    coordinates.split(' ').map(read).collect()
}

/// The verifier of a server on this home's database.
async fn verifier(home: &Home) -> Verifier {
    let keys = fs::read_to_string(home.data().join("master.key")).unwrap();
    let (_, key) = keys.lines().last().unwrap().split_once(' ').unwrap();
    let key = HEXLOWER.decode(key.as_bytes()).unwrap().try_into().unwrap();
    let url = store::StoreUrl::Sqlite(home.data().join("countersign.db"));
    let store = store::open(&url, &store::Options::default()).await;
    let ports = Ports {
        store: store.unwrap(),
        clock: Arc::new(SystemClock),
        rng: Arc::new(OsRng),
        keyring: Keyring::new(BTreeMap::from([(1, key)])).unwrap(),
        mint: Arc::new(InlineMint(OsRng)),
    };
    Verifier::start(ports).await.unwrap()
}

/// Asks for cells, reads them off the table, and answers; whether that was right.
async fn is_answered_by(verifier: &Verifier, table: &str) -> bool {
    let tenant = verifier.catalogue.tenant("BANK").unwrap();
    let context = || Context {
        tenant: &tenant,
        client: tenant.client("portal").unwrap(),
        door: challenge::door::Door::Activid,
        channel: None,
        address: None,
        correlation: None,
    };
    let wish = Wish {
        context: context(),
        user: UserKey::LoginName("u"),
        policy: None,
        which: Which::ANY,
        purpose: Purpose::Respond,
        asked: Asked::Drawn,
        to_one: true,
    };
    let challenge = verifier.issue(&wish).await.unwrap();
    let answer = Answer {
        context: context(),
        user: UserKey::LoginName("u"),
        policy: None,
        which: Which::ANY,
        proof: Proof::ResponseTo {
            cc: None,
            unverified_code: &read_off(table, &challenge.question),
        },
        wants_token: false,
    };
    verifier.answer(&answer).await.is_ok()
}

#[tokio::test]
async fn what_is_printed_answers_challenges_and_another_card_does_not() {
    let home = bank();
    let table = String::from_utf8(printed(&home, "20000042", "--text").stdout).unwrap();
    assert!(table.starts_with("20000042\n"), "the serial comes first");
    let verifier = verifier(&home).await;
    for _ in 0..3 {
        assert!(is_answered_by(&verifier, &table).await);
    }
    let other = String::from_utf8(printed(&bank(), "20000042", "--text").stdout).unwrap();
    assert_ne!(table, other);
    assert!(!is_answered_by(&verifier, &other).await);
}

#[test]
fn every_form_shows_the_same_card_and_nothing_stands_on_stderr() {
    let home = bank();
    let told = |form: &str| {
        let output = printed(&home, "20000042", form);
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(output.stderr, b"", "{form}");
        output.stdout
    };
    let table = String::from_utf8(told("--text")).unwrap();
    let (pdf, svg) = (told("--pdf"), told("--svg"));
    assert!(pdf.starts_with(b"%PDF-") && svg.starts_with(b"<svg "));
    let symbols: String = table
        .lines()
        .skip(3)
        .flat_map(|line| line.chars().skip(1).filter(|symbol| *symbol != ' '))
        .collect();
    assert_eq!(symbols.len(), 220);
    // Both draw row after row: the label of the row, then its symbols.
    let texts = |document: &[u8], before: &str, after: &str| -> String {
        let text = String::from_utf8_lossy(document).into_owned();
        let pieces = text
            .split(after)
            .filter_map(|part| part.rsplit_once(before));
        let single = pieces
            .map(|(_, text)| text)
            .filter(|text| text.len() == 1 && *text != "\n");
        single.skip(22).map(ToOwned::to_owned).collect()
    };
    let labelled = (0..10).flat_map(|row| {
        let line = &symbols[22 * row..22 * (row + 1)];
        [row.to_string(), line.to_owned()]
    });
    let labelled: String = labelled.collect();
    assert_eq!(texts(&svg, ">", "</text>"), labelled);
    assert_eq!(texts(&pdf, "(", ") Tj"), labelled);
    let json = home.done(["authenticator", "card", "20000042", "--text", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let rows = json["rows"].as_array().unwrap();
    let rows: String = rows.iter().map(|row| row.as_str().unwrap()).collect();
    assert_eq!((rows, &json["serial"]), (symbols, &Value::from("20000042")));
}

#[test]
fn what_is_no_card_is_not_printed_and_one_form_must_be_said() {
    let home = bank();
    for (serial, problem) in [
        ("20000043", "of kind totp"),
        ("20000044", "there is no authenticator 20000044"),
    ] {
        let output = printed(&home, serial, "--svg");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout), (Some(1), Vec::new()));
        assert!(told.contains(problem), "{told}");
    }
    home.done(["authenticator", "revoke", "20000042"]);
    let output = printed(&home, "20000042", "--pdf");
    assert_eq!((output.status.code(), output.stdout), (Some(1), Vec::new()));
    for line in [
        vec!["authenticator", "card", "20000042"],
        vec!["authenticator", "card", "20000042", "--pdf", "--text"],
    ] {
        assert_eq!(home.run(line).status.code(), Some(2));
    }
}

//! For those who come from elsewhere: libraries that others wrote, with another address, and the commands of
//! `docs/moving-to-ocapi.md`.

use std::collections::BTreeMap;
use std::process::Command;

use challenge::secret::Keyring;
use challenge::visitor::{Task, Ticket};
use countersign::serving::solver::solve;
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};

use crate::documents::block;
use crate::running::{Home, foreign, prepared};
use crate::visitors::{PRIVATE_ID, answered, client};

const MOVING: &str = "docs/moving-to-ocapi.md";

/// A site that lists the kind `text`, too.
const SITE: &str = "[[tenant]]\nname = \"SHOPS\"\n[[tenant.site]]\npublic_id = \"shop\"\n\
    secret = \"a-private-id-of-the-tests-that-has-at-least-sixty-four-characters\"\n\
    kinds = [\"pow\", \"text\"]\ndifficulty = 20\n";

fn home() -> Home {
    let home = Home::sqlite();
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), SITE).unwrap();
    home.done(["apply", file.path().to_str().unwrap()]);
    home
}

fn passes(command: &mut Command) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{told}");
}

/// The code that an image shows, which the server's own keys alone tell.
fn code_of(home: &Home, id: &str) -> String {
    let file = std::fs::read_to_string(home.data().join("master.key")).unwrap();
    let (version, key) = file.lines().last().unwrap().split_once(' ').unwrap();
    let key = HEXLOWER.decode(key.as_bytes()).unwrap();
    let keys = BTreeMap::from([(version.parse().unwrap(), key.try_into().unwrap())]);
    match Ticket::open(&Keyring::new(keys).unwrap(), id).unwrap().task {
        Task::Text(code) => code.text,
        _ => panic!("no code"),
    }
}

async fn issue(base: &str, query: &str) -> Value {
    let place = format!("{base}/ocapi/altcha/shop/challenge?{query}");
    let answer = client().get(place).send().await.unwrap();
    answer.json().await.unwrap()
}

/// What ALTCHA's widget carries after it solved a challenge of version 2.
fn payload(challenge: &Value) -> String {
    let payload = json!({
        "challenge": {"parameters": challenge["parameters"], "signature": challenge["signature"]},
        "solution": solve(challenge).unwrap(),
    });
    BASE64.encode(payload.to_string().as_bytes())
}

/// What it carries after its user typed a code.
async fn statement(home: &Home, base: &str) -> String {
    let challenge = issue(base, "v=2&code=1").await;
    let audio = challenge["codeChallenge"]["audio"].as_str().unwrap();
    let id = audio
        .split('/')
        .find(|part| part.starts_with("c."))
        .unwrap();
    let asked = json!({"payload": payload(&challenge), "code": code_of(home, id)});
    let place = format!("{base}/ocapi/altcha/shop/verify");
    let answer = client().post(place).json(&asked).send().await.unwrap();
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told["verified"], true, "{told}");
    told["payload"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn libraries_for_three_other_services_verify_with_another_address() {
    let home = home();
    let server = home.serve();
    let mut python = Command::new(prepared("COUNTERSIGN_TEST_PYTHON"));
    python.arg(foreign("siteverify_clients.py"));
    python.args([&server.base, PRIVATE_ID]);
    for _ in 0..9 {
        python.arg(answered(&server.base).await);
    }
    passes(python.env("NO_PROXY", "*").env("no_proxy", "*"));
    assert!(server.stopped());
}

#[tokio::test]
async fn a_library_for_three_other_services_signs_people_up_with_another_address() {
    let home = home();
    let server = home.serve();
    let mut node = Command::new("node");
    node.arg(foreign("siteverify_clients.mjs"));
    let modules = prepared("COUNTERSIGN_TEST_NODE_MODULES");
    node.args([&server.base, &modules, PRIVATE_ID]);
    for _ in 0..6 {
        node.arg(answered(&server.base).await);
    }
    passes(&mut node);
    assert!(server.stopped());
}

#[tokio::test]
async fn altchas_libraries_solve_and_verify_what_is_issued_and_are_verified() {
    let home = home();
    let server = home.serve();
    let (first, second) = (
        statement(&home, &server.base).await,
        statement(&home, &server.base).await,
    );
    let mut python = Command::new(prepared("COUNTERSIGN_TEST_PYTHON"));
    python.arg(foreign("altcha_client.py"));
    passes(
        python
            .args([&server.base, PRIVATE_ID, &first])
            .env("NO_PROXY", "*"),
    );
    let mut node = Command::new("node");
    node.arg(foreign("altcha_client.mjs"));
    let modules = prepared("COUNTERSIGN_TEST_NODE_MODULES");
    passes(node.args([&server.base, &modules, PRIVATE_ID, &second]));
    assert!(server.stopped());
}

/// Runs a program of the document on something; whether it found that good.
fn takes(base: &str, (language, shell): (&str, &str), given: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("check"), block(MOVING, language)).unwrap();
    let mut command = Command::new(shell);
    command.args(["check", given]).current_dir(folder.path());
    command.env("OCAPI_SERVER", base).env("NO_PROXY", "*");
    command.env("OCAPI_PUBLIC_ID", "shop");
    command.env("OCAPI_PRIVATE_ID", PRIVATE_ID);
    command.output().unwrap().status.success()
}

#[tokio::test]
async fn the_commands_of_the_document_take_what_is_good_once_and_fail_closed() {
    let home = home();
    let server = home.serve();
    let base = server.base.clone();
    let (secret, altcha) = (("bash", "bash"), ("sh", "sh"));
    let id = answered(&base).await;
    assert!(takes(&base, secret, &id), "a valid challenge was refused");
    let carried = payload(&issue(&base, "").await);
    assert!(takes(&base, altcha, &carried), "a good payload was refused");
    for given in [&id, "", "c.AAAA", "x&secret=y"] {
        assert!(!takes(&base, secret, given), "{given:?} was taken");
    }
    for given in [&carried, "", "e30=", &id] {
        assert!(!takes(&base, altcha, given), "{given:?} was taken");
    }
    let (id, carried) = (answered(&base).await, payload(&issue(&base, "").await));
    assert!(server.stopped());
    assert!(!takes(&base, secret, &id) && !takes(&base, altcha, &carried));
}

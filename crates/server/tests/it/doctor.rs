//! `doctor` on set-ups that are broken in one way each, and on sound ones.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use countersign::operator::doctor::KINDS;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::Value;

use crate::running::Home;

/// What doctor told.
struct Told {
    code: Option<i32>,
    text: String,
    found: Vec<Value>,
}

impl Told {
    /// The codes of what is wrong, without notes.
    fn wrong(&self) -> BTreeSet<&str> {
        let wrong = self.found.iter().filter(|one| one["severity"] != "note");
        wrong.map(|one| one["code"].as_str().unwrap()).collect()
    }

    fn about(&self, code: &str) -> &str {
        let found = self.found.iter().find(|one| one["code"] == code);
        found.map_or("", |one| one["about"].as_str().unwrap())
    }
}

fn doctor(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> Told {
    let all = ["doctor", "--json"].iter().chain(arguments);
    let mut command = home.command(all);
    // No other program of this machine is in the way.
    command.env("COUNTERSIGN_LISTEN", "127.0.0.1:0");
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    let told: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{log}"));
    for finding in told["findings"].as_array().unwrap() {
        assert!(finding["means"].as_str().unwrap().ends_with('.'));
        assert!(finding["remedy"].as_str().unwrap().ends_with('.'));
    }
    Told {
        code: output.status.code(),
        found: told["findings"].as_array().unwrap().clone(),
        text,
    }
}

/// What is wrong is this and nothing else.
fn only(told: &Told, codes: &[&str]) {
    assert_eq!(
        told.wrong(),
        codes.iter().copied().collect(),
        "{}",
        told.text
    );
}

fn key_file(home: &Home) -> std::path::PathBuf {
    home.data().join("master.key")
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_sound_set_up_has_nothing_wrong() {
    for home in [Home::sqlite(), Home::postgres()] {
        let before = std::fs::read_to_string(key_file(&home)).unwrap();
        for arguments in [&["--offline"][..], &[]] {
            let told = doctor(&home, arguments, &[]);
            only(&told, &[]);
            assert_eq!(told.code, Some(0));
        }
        // The document's commands as they stand.
        let block = crate::documents::block("docs/doctor.md", "sh");
        for line in block.lines() {
            let words = line.split(' ').skip(1);
            let mut command = home.command(words);
            command.env("COUNTERSIGN_LISTEN", "127.0.0.1:0");
            let output = command.output().unwrap();
            assert!(output.status.success(), "{line}");
        }
        // Nothing was changed, and beside a server it is as well.
        assert_eq!(std::fs::read_to_string(key_file(&home)).unwrap(), before);
        let server = home.serve();
        let listen = server.base.strip_prefix("http://").unwrap();
        let told = doctor(&home, &[], &[("COUNTERSIGN_LISTEN", listen)]);
        only(&told, &[]);
    }
}

#[test]
fn a_key_that_is_missing_open_broken_wrong_or_half_changed_is_told() {
    let home = Home::sqlite();
    let file = key_file(&home);
    let text = std::fs::read_to_string(&file).unwrap();
    let key = text.lines().nth(1).unwrap().split_once(' ').unwrap().1;
    let with_mode = |mode| {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    with_mode(0o644);
    let told = doctor(&home, &["--offline"], &[]);
    only(&told, &["key.readable_by_others"]);
    assert_eq!(told.code, Some(1));
    assert!(
        told.about("key.readable_by_others").contains("0644"),
        "{}",
        told.text
    );
    assert!(!told.text.contains(key));
    with_mode(0o600);
    std::fs::write(&file, text.replace(key, &key[1..])).unwrap();
    let told = doctor(&home, &["--offline"], &[]);
    only(&told, &["key.unusable"]);
    assert!(!told.text.contains(&key[1..]));
    std::fs::write(&file, text.replace(key, &"ab".repeat(32))).unwrap();
    only(&doctor(&home, &["--offline"], &[]), &["key.wrong"]);
    std::fs::remove_file(&file).unwrap();
    only(&doctor(&home, &["--offline"], &[]), &["key.missing"]);
    std::fs::write(&file, &text).unwrap();
    with_mode(0o600);
    let server = {
        let mut command = home.command(["serve", "--listen", "127.0.0.1:0"]);
        command.env("COUNTERSIGN_MASTER_KEY", key);
        crate::running::Server::quietly(command)
    };
    assert!(!home.run(["key", "rotate", "--wait", "0"]).status.success());
    drop(server);
    let told = doctor(&home, &["--offline"], &[]);
    only(&told, &["key.unfinished"]);
    assert_eq!(told.code, Some(3));
}

#[test]
fn a_database_that_is_missing_newer_or_in_another_mode_is_told() {
    let home = Home::sqlite();
    let missing = "sqlite:/nowhere/at-all.db";
    only(
        &doctor(&home, &["--offline"], &[("COUNTERSIGN_STORE", missing)]),
        &["store.unreachable"],
    );
    let database = rusqlite::Connection::open(home.data().join("countersign.db")).unwrap();
    let sql = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
               VALUES (99, 'from_the_future', '2026-11-22T00:00:00Z', '1')";
    database.execute_batch(sql).unwrap();
    let told = doctor(&home, &["--offline"], &[]);
    only(&told, &["store.newer_schema"]);
    assert!(told.about("store.newer_schema").contains("99"));
    let sql =
        "DELETE FROM refinery_schema_history WHERE version = 99; PRAGMA journal_mode = DELETE;";
    database.execute_batch(sql).unwrap();
    let told = doctor(&home, &["--offline"], &[]);
    assert!(
        told.about("store.journal").contains("delete"),
        "{}",
        told.text
    );
    drop(database);
    let home = Home::postgres();
    home.psql("DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET synchronous_commit = off'; END $$");
    let told = doctor(&home, &["--offline"], &[]);
    only(&told, &["store.not_durable"]);
    assert_eq!(told.code, Some(3));
}

#[test]
fn settings_and_listeners_that_do_not_fit_are_told() {
    let home = Home::sqlite();
    let folder = tempfile::tempdir().unwrap();
    let config = write(folder.path(), "wrong.toml", "listenn = \"127.0.0.1:1\"\n");
    let told = doctor(&home, &["--offline", "--config", &config], &[]);
    only(&told, &["settings.unreadable"]);
    assert_eq!(told.code, Some(1));
    let config = write(folder.path(), "both.toml", "[[tenant]]\nname = \"A\"\n");
    only(
        &doctor(&home, &["--offline", "--config", &config], &[]),
        &["settings.elsewhere"],
    );
    let url = [("COUNTERSIGN_PUBLIC_URL", "http://bank.example")];
    only(&doctor(&home, &["--offline"], &url), &["public_url.plain"]);
    let proxies = [("COUNTERSIGN_TRUSTED_PROXIES", "0.0.0.0/0")];
    only(
        &doctor(&home, &["--offline"], &proxies),
        &["proxies.everybody"],
    );
    let open = [("COUNTERSIGN_LISTEN", "0.0.0.0:0")];
    only(&doctor(&home, &["--offline"], &open), &["listen.open"]);
    let nowhere = [("COUNTERSIGN_LISTEN", "192.0.2.1:80"), proxies_of_one()];
    only(
        &doctor(&home, &["--offline"], &nowhere),
        &["listen.unusable"],
    );
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let taken = [("COUNTERSIGN_LISTEN", address.as_str())];
    only(&doctor(&home, &[], &taken), &["listen.taken"]);
    std::fs::set_permissions(home.data(), std::fs::Permissions::from_mode(0o755)).unwrap();
    only(
        &doctor(&home, &["--offline"], &[]),
        &["data.readable_by_others"],
    );
}

fn proxies_of_one() -> (&'static str, &'static str) {
    ("COUNTERSIGN_TRUSTED_PROXIES", "10.0.0.1")
}

#[test]
fn what_was_found_before_the_database_refuses_is_told() {
    let home = Home::sqlite();
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(key_file(&home), open).unwrap();
    let both = ["key.readable_by_others", "store.unreachable"];
    let wrong = [("COUNTERSIGN_STORE", "mysql://nowhere")];
    only(&doctor(&home, &["--offline"], &wrong), &both);
    // Whoever restores has the database alone.
    let lock = std::fs::File::open(home.data().join("countersign.db.lock")).unwrap();
    lock.lock().unwrap();
    only(&doctor(&home, &["--offline"], &[]), &both);
    drop(lock);
    let sql = "UPDATE master_key SET dropped_at = 1";
    let database = rusqlite::Connection::open(home.data().join("countersign.db")).unwrap();
    database.execute_batch(sql).unwrap();
    let told = doctor(&home, &["--offline"], &[]);
    only(&told, &["key.readable_by_others", "doctor.cut_short"]);
    assert!(told.text.contains("names no master key"));
}

#[test]
fn a_certificate_that_clients_refuse_is_told() {
    let home = Home::sqlite();
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, years: (i32, i32)| {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.not_before = date_time_ymd(years.0, 1, 1);
        parameters.not_after = date_time_ymd(years.1, 1, 1);
        let names = &mut parameters.distinguished_name;
        names.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    };
    let told = |pem: &str, key: &str| {
        let pem = write(folder.path(), "server.pem", pem);
        let key = write(folder.path(), "server.key", key);
        let variables = [
            ("COUNTERSIGN_TLS_LISTEN", "127.0.0.1:0"),
            ("COUNTERSIGN_TLS_CERTIFICATE", pem.as_str()),
            ("COUNTERSIGN_TLS_KEY", key.as_str()),
            ("COUNTERSIGN_PUBLIC_URL", "https://bank.example"),
        ];
        doctor(&home, &["--offline"], &variables)
    };
    let (pem, key) = made("bank.example", (2020, 2200));
    only(&told(&pem, &key), &[]);
    let (other_pem, other_key) = made("shop.example", (2020, 2200));
    only(&told(&other_pem, &other_key), &["tls.other_name"]);
    only(&told(&pem, &other_key), &["tls.unusable"]);
    only(&told(&format!("{pem}{other_pem}"), &key), &["tls.chain"]);
    let (past, past_key) = made("bank.example", (2020, 2021));
    only(&told(&past, &past_key), &["tls.not_valid"]);
    only(&told("no certificate", &key), &["tls.unusable"]);
}

const TENANTS: &str = r#"
[[tenant]]
name = "WEAK"
  [tenant.okay]
  id = 40007
  secret = "short"
  callback_url = "http://127.0.0.1:9/hook?key=hidden-in-the-url"
  [[tenant.client]]
  id = "portal"
  secret = "password01"
  [[tenant.site]]
  public_id = "shop"
  secret = "a-short-secret"
  [[tenant.policy]]
  code = "AT"
  [[tenant.user]]
  login_name = "ann"
    [[tenant.user.authenticator]]
    serial = "10000000"
    kind = "hotp"
    policies = ["AT"]
    secret = { hex = "3132333435363738393031323334353637383930" }

[[tenant]]
name = "DEAF"
  [tenant.okay]
  id = 40008
  secret = "a secret of more than sixteen bytes"
  callback_url = "https://127.0.0.1:9/"
  allow_private_callback = true

[delivery.smtp]
host = "127.0.0.1"
port = 9
security = "none"
from = "codes@bank.example"
"#;

#[test]
fn what_is_set_up_badly_is_told_and_no_secret_is_printed() {
    let home = Home::sqlite();
    let folder = tempfile::tempdir().unwrap();
    home.done(["apply", &write(folder.path(), "tenants.toml", TENANTS)]);
    let weak = [
        "authenticator.published_key",
        "callback.plain",
        "client.weak_secret",
        "okay.weak_secret",
        "site.weak_secret",
    ];
    let told = doctor(&home, &["--offline"], &[]);
    only(&told, &weak);
    assert_eq!(told.about("client.weak_secret"), "client portal of WEAK");
    let told = doctor(&home, &[], &[]);
    let reached = [
        "callback.internal",
        "callback.unreachable",
        "delivery.unreachable",
    ];
    only(&told, &[&weak[..], &reached].concat());
    assert!(
        told.about("callback.unreachable")
            .starts_with("DEAF: https://127.0.0.1:9")
    );
    for secret in [
        "password01",
        "a-short-secret",
        "hidden-in-the-url",
        "313233343536",
    ] {
        assert!(!told.text.contains(secret), "{}", told.text);
    }
    // Visitors may open accounts, and no letter reaches them.
    let database = rusqlite::Connection::open(home.data().join("countersign.db")).unwrap();
    let sql = "DELETE FROM server_setting WHERE name = 'delivery'; \
               INSERT INTO server_setting (name, body) VALUES ('sign_up', '{\"open\":true}')";
    database.execute_batch(sql).unwrap();
    let told = doctor(&home, &["--offline"], &[]);
    only(&told, &[&weak[..], &["sign_up.without_mail"]].concat());
}

#[test]
fn an_event_of_the_future_and_a_chain_that_others_signed_are_told() {
    let home = Home::sqlite();
    let database = rusqlite::Connection::open(home.data().join("countersign.db")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "a.toml", "[[tenant]]\nname = \"A\"\n");
    home.done(["apply", &file]);
    let sql = "UPDATE event SET at = at + 3600000 WHERE tenant = (SELECT id FROM tenant WHERE name = 'A'); \
               INSERT INTO audit_chain (one, began_at, unmarked_until, head_number, head_link, head_at, head_key, \
               head_signature) VALUES (1, 0, 0, 1, zeroblob(32), 0, 1, zeroblob(64))";
    database.execute_batch(sql).unwrap();
    only(
        &doctor(&home, &["--offline"], &[]),
        &["audit.signature", "clock.behind_events"],
    );
}

#[test]
fn the_documents_table_is_printed_from_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/doctor.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, _) = text.split_once("| code |").unwrap_or((&text, ""));
    let mut expected =
        format!("{head}| code | | what it means | what to do |\n|---|---|---|---|\n");
    for kind in &KINDS {
        writeln!(
            expected,
            "| `{}` | {} | {} | {} |",
            kind.code,
            kind.severity.name(),
            kind.means,
            kind.remedy
        )
        .unwrap();
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the one who runs the test asks for it"
    )]
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    assert_eq!(text, expected, "run the test with UPDATE=1");
}

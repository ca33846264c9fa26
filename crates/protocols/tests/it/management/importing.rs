//! Files of tokens over the management API: taken in whole or not at all, and what is refused by line.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::bank::Reply;
use crate::management::office::Office;
use crate::management::watching::BANK;

const HEAD: &str = "serial,kind,secret_hex,login_name\n";

const KEY: &str = "3132333435363738393031323334353637383930";

async fn import(office: &Office, body: &Value) -> Reply {
    office.post(&format!("{BANK}/imports"), body).await
}

async fn is_there(office: &Office, serial: &str) -> bool {
    let path = format!("{BANK}/authenticators/{serial}");
    office.get(&path).await.status == 200
}

#[tokio::test]
async fn a_file_is_looked_at_and_then_taken_in() {
    let office = Office::open().await;
    let file = format!("{HEAD}I1,hotp,{KEY},ida\nI2,hotp,{KEY},myTestUser1\nI3,hotp,{KEY},\n");
    let mut body = json!({"format": "csv", "file": file, "dry_run": true, "unassigned": true});
    let looked = import(&office, &body).await;
    assert_eq!(looked.status, 200, "{}", looked.body);
    let looked = looked.json();
    assert_eq!(
        (&looked["imported"], &looked["authenticators"]),
        (&json!(false), &json!(3))
    );
    assert!(!is_there(&office, "I1").await);
    body["dry_run"] = json!(false);
    let told = import(&office, &body).await.json();
    assert_eq!(
        (&told["imported"], &told["unassigned"]),
        (&json!(true), &json!(1)),
        "{told}"
    );
    assert_eq!(
        (&told["users_created"], &told["refused_count"]),
        (&json!(2), &json!(0))
    );
    for serial in ["I1", "I2", "I3"] {
        assert!(is_there(&office, serial).await, "{serial}");
    }
    let events = format!("{BANK}/audit?kind=provision");
    let newest = office.get(&events).await.json()["items"][0].clone();
    assert!(
        newest
            .to_string()
            .contains("3 authenticators imported from csv"),
        "{newest}"
    );
    assert_eq!(newest["protocol"], "management");
    // Once more, each of them is there already.
    let again = import(&office, &body).await;
    assert_eq!(again.status, 400);
    assert_eq!(again.json()["errors"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_is_refused_is_told_by_line_and_nothing_is_imported() {
    let office = Office::open().await;
    let file = format!("{HEAD}R1,hotp,{KEY},rosa\nR2,hotp,{KEY}ZZ,rosa\nR3,hotp,{KEY},\n");
    let mut body = json!({"format": "csv", "file": file});
    let refused = import(&office, &body).await;
    assert_eq!(refused.status, 400);
    assert!(!refused.body.contains(KEY), "{}", refused.body);
    let told = refused.json();
    let errors = told["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{told}");
    assert!(errors.iter().all(|error| error["pointer"] == "/file"));
    let detail = |place: usize| errors[place]["detail"].as_str().unwrap().to_owned();
    assert!(
        detail(0).starts_with("line 3, serial R2: secret_hex"),
        "{told}"
    );
    // In the words of the body, not of the command line.
    assert!(
        detail(1).contains("line 4") && detail(1).contains("unassigned"),
        "{told}"
    );
    assert!(!detail(1).contains("--"), "{told}");
    assert!(!is_there(&office, "R1").await);
    body["dry_run"] = json!(true);
    let looked = import(&office, &body).await.json();
    assert_eq!(
        (&looked["imported"], &looked["refused_count"]),
        (&json!(false), &json!(2))
    );
    assert_eq!(looked["refused"][0]["line"], 3);
    body["dry_run"] = json!(false);
    body["skip_refused"] = json!(true);
    let told = import(&office, &body).await.json();
    assert_eq!(
        (&told["imported"], &told["authenticators"]),
        (&json!(true), &json!(1))
    );
    assert!(is_there(&office, "R1").await && !is_there(&office, "R2").await);
}

#[tokio::test]
async fn an_encrypted_file_is_opened_with_the_key_that_is_sent() {
    let office = Office::open().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../import/tests/it/data");
    let figure = |number| std::fs::read_to_string(format!("{folder}/figure{number}.xml")).unwrap();
    let key = "12345678901234567890123456789012";
    let sealed = json!({"format": "pskc", "file": figure(6), "unassigned": true, "key_hex": key});
    assert_eq!(import(&office, &sealed).await.json()["imported"], true);
    let derived = json!({
        "format": "pskc", "file": figure(7), "unassigned": true, "passphrase": "qwerty", "dry_run": true,
    });
    let told = import(&office, &derived).await.json();
    assert_eq!(told["refused"][0]["serial"], "987654321", "{told}");
    let closed = json!({"format": "pskc", "file": figure(6), "unassigned": true});
    let told = import(&office, &closed).await.json();
    assert!(
        told["detail"].as_str().unwrap().contains("key_hex"),
        "{told}"
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_by_its_member() {
    let office = Office::open().await;
    let otpauth = |more: &[(&str, &str)]| {
        let mut body = json!({"format": "otpauth", "file": "otpauth://hotp/a?secret=GEZDGNBV\n"});
        for (member, text) in more {
            body[*member] = json!(text);
        }
        body
    };
    let hostile = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    let mut unknown = otpauth(&[]);
    unknown["policies"] = json!(["NOSUCH"]);
    for (body, pointer, text) in [
        (
            json!({"format": "pskc", "file": hostile}),
            "/file",
            "DOCTYPE",
        ),
        (json!({"format": "csv", "file": "a,b\n"}), "/file", "line 1"),
        (json!({"format": "xml", "file": ""}), "/format", "csv"),
        (otpauth(&[("passphrase", "x")]), "/passphrase", "PSKC"),
        (unknown, "/policies", "no policy NOSUCH"),
        (
            json!({"format": "pskc", "file": "", "key_hex": "00", "passphrase": "x"}),
            "/passphrase",
            "already",
        ),
        (
            json!({"format": "pskc", "file": "", "key_hex": "xy"}),
            "/key_hex",
            "hexadecimal",
        ),
    ] {
        let reply = import(&office, &body).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        let told = reply.json();
        let error = &told["errors"][0];
        assert_eq!(error["pointer"], pointer, "{told}");
        assert!(error["detail"].as_str().unwrap().contains(text), "{told}");
    }
}

#[tokio::test]
async fn a_file_may_be_longer_than_another_body_and_has_an_end() {
    let office = Office::open().await;
    let mut file = HEAD.to_owned();
    while file.len() < 300_000 {
        writeln!(file, "# {}", "x".repeat(1000)).unwrap();
    }
    let long = import(
        &office,
        &json!({"format": "csv", "file": file, "dry_run": true}),
    )
    .await;
    assert_ne!(long.status, 413, "{}", long.body);
    let body = json!({"format": "otpauth", "file": "#".repeat(1024 * 1024)});
    let longer = import(&office, &body).await;
    assert_eq!(longer.status, 413);
    assert!(longer.body.contains("1048576"), "{}", longer.body);
}

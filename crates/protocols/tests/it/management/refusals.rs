//! What is refused, and how that is told.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::management::office::{Office, problem};

#[tokio::test]
async fn whoever_brings_no_good_token_is_told_the_same_for_every_reason() {
    let office = Office::open().await;
    let mut told = Vec::new();
    let cut = &office.admin[..office.admin.len() - 1];
    for token in ["", "x", "cst_", cut, &office.former] {
        let reply = office
            .ask(token, ("GET", "/tenants"), &[], &Value::Null)
            .await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{token}");
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
        told.push(reply.body);
    }
    assert!(told.iter().all(|body| *body == told[0]), "{told:?}");
    let basic = [("authorization", "Basic eDp5")];
    let reply = office
        .ask("", ("GET", "/tenants"), &basic, &Value::Null)
        .await;
    assert_eq!(problem(&reply).0, "not-signed-in");
}

/// Checks that each body is refused for these places.
async fn refused_at(cases: Vec<(String, Value, Vec<&str>)>) {
    let office = Office::open().await;
    for (path, body, places) in cases {
        let reply = office.post(&path, &body).await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{body}: {}",
            reply.body
        );
        assert_eq!(
            problem(&reply),
            ("invalid".to_owned(), places_of(&places)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn every_mistake_about_a_tenant_is_named_by_its_place() {
    let late = json!({"secret": "s", "trial_expires": "soon"});
    let ranges = json!({"secret": "s", "pending_s": 0, "max_pending": 9999});
    let cases = [
        (json!({}), vec!["/name"]),
        (json!({"name": "X", "colour": "red"}), vec!["/colour"]),
        (json!({"name": "a b"}), vec!["/name"]),
        (json!({"name": "X", "okay": {"ids": 1}}), vec!["/okay/ids"]),
        (json!({"name": "X", "okay": {"id": "1"}}), vec!["/okay/id"]),
        (json!({"name": "X", "okay": {}}), vec!["/okay/secret"]),
        (
            json!({"name": "X", "okay": ranges}),
            vec!["/okay/pending_s", "/okay/max_pending"],
        ),
        (
            json!({"name": "X", "okay": late}),
            vec!["/okay/trial_expires"],
        ),
        (json!([]), vec![""]),
    ];
    let of = |(body, places)| ("/tenants".to_owned(), body, places);
    refused_at(cases.into_iter().map(of).collect()).await;
}

#[tokio::test]
async fn every_mistake_about_what_belongs_to_a_tenant_is_named_by_its_place() {
    let long = "x".repeat(1025);
    let cases = [
        (
            "clients",
            json!({"id": "c", "grants": ["any"]}),
            "/grants/0",
        ),
        (
            "clients",
            json!({"id": "c", "addresses": ["home"]}),
            "/addresses/0",
        ),
        (
            "clients",
            json!({"id": "c", "default_policy": "NONE"}),
            "/default_policy",
        ),
        ("clients", json!({"id": "c", "secret": 5}), "/secret"),
        ("sites", json!({"public_id": "s"}), "/secret"),
        (
            "sites",
            json!({"public_id": "c.s", "secret": "x"}),
            "/public_id",
        ),
        ("policies", json!({"code": "P", "lock_s": -1}), "/lock_s"),
        (
            "policies",
            json!({"code": "P", "max_failures": 0}),
            "/max_failures",
        ),
        ("users", json!({"login_name": ""}), "/login_name"),
        (
            "users",
            json!({"login_name": "a", "password": ""}),
            "/password",
        ),
        (
            "users",
            json!({"login_name": "a", "password": long}),
            "/password",
        ),
    ];
    let of = |(what, body, place)| (format!("/tenants/ONLINEBANK/{what}"), body, vec![place]);
    refused_at(cases.into_iter().map(of).collect()).await;
}

fn places_of(places: &[&str]) -> Vec<String> {
    places.iter().map(|place| (*place).to_owned()).collect()
}

#[tokio::test]
async fn what_is_sent_wrong_is_refused_before_it_is_looked_at() {
    let office = Office::open().await;
    let cases = [
        ("GET", "/tenants?limit=0", "malformed"),
        ("GET", "/tenants?limit=501", "malformed"),
        ("GET", "/tenants?after=!", "malformed"),
        ("GET", "/tenants?lmiit=5", "malformed"),
        ("GET", "/tenants/ONLINEBANK/users?locked=yes", "malformed"),
        (
            "GET",
            "/tenants/ONLINEBANK/users?locked=true&after=eA",
            "malformed",
        ),
        ("GET", "/nothing", "not-found"),
        ("GET", "/tenants/%00", "not-found"),
        ("GET", "/tenants/%ff", "not-found"),
        ("PUT", "/tenants", "wrong-method"),
    ];
    for (method, path, kind) in cases {
        let reply = office
            .ask(&office.admin, (method, path), &[], &Value::Null)
            .await;
        assert_eq!(problem(&reply).0, kind, "{method} {path}: {}", reply.body);
    }
    let body = json!({"name": "X"});
    let headers = [("content-type", "text/plain")];
    let reply = office
        .ask(&office.admin, ("POST", "/tenants"), &headers, &body)
        .await;
    assert_eq!(problem(&reply).0, "wrong-media-type");
    let long = json!({"name": "X".repeat(262_144)});
    let reply = office.post("/tenants", &long).await;
    assert_eq!(problem(&reply).0, "too-large");
    let headers = [("if-match", "abc")];
    let path = ("PATCH", "/tenants/ONLINEBANK");
    let reply = office.ask(&office.admin, path, &headers, &json!({})).await;
    assert_eq!(problem(&reply).0, "malformed");
    let key = "k".repeat(256);
    for key in ["", &key] {
        let headers = [("idempotency-key", key)];
        let reply = office
            .ask(&office.admin, ("POST", "/tenants"), &headers, &body)
            .await;
        assert_eq!(problem(&reply).0, "malformed");
    }
}

#[tokio::test]
async fn names_that_are_taken_are_told_without_telling_by_whom() {
    let office = Office::open().await;
    let at = |rest: &str| format!("/tenants/ONLINEBANK{rest}");
    let okay = json!({"name": "X", "okay": {"id": 40008, "secret": "s".repeat(40)}});
    let secret = "s".repeat(86);
    let cases = [
        ("/tenants".to_owned(), json!({"name": "OTHERBANK"}), "/name"),
        ("/tenants".to_owned(), json!({"name": "CONSOLE"}), "/name"),
        ("/tenants".to_owned(), okay, "/okay/id"),
        (at("/clients"), json!({"id": "onlinebank-api"}), "/id"),
        (at("/clients"), json!({"id": "otherbank-api"}), ""),
        (
            at("/sites"),
            json!({"public_id": "otherbank-shop", "secret": secret}),
            "/public_id",
        ),
        (at("/policies"), json!({"code": "AT_CUSTOTP"}), "/code"),
        (
            at("/users"),
            json!({"login_name": "myTestUser1"}),
            "/login_name",
        ),
        (
            at("/users"),
            json!({"login_name": "x", "external_id": "uid406jkt"}),
            "/external_id",
        ),
    ];
    for (path, body, place) in cases {
        let reply = office.post(&path, &body).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{body}: {}", reply.body);
        assert_eq!(
            problem(&reply),
            ("taken".to_owned(), places_of(&[place])),
            "{body}"
        );
        let told = reply.json()["detail"].as_str().unwrap().to_owned();
        let names_holder = told.contains("tenant OTHERBANK") || told.contains("user myTestUser1");
        assert!(!names_holder, "{told}");
    }
}

#[tokio::test]
async fn names_and_secrets_are_not_changed_away() {
    let office = Office::open().await;
    let at = |rest: &str| format!("/tenants/ONLINEBANK{rest}");
    let cases = [
        (String::new(), json!({"name": "OTHER"}), "/name"),
        (String::new(), json!({"name": null}), "/name"),
        (
            String::new(),
            json!({"okay": {"secret": null}}),
            "/okay/secret",
        ),
        (
            "/clients/onlinebank-api".to_owned(),
            json!({"id": "x"}),
            "/id",
        ),
        (
            "/clients/onlinebank-api".to_owned(),
            json!({"secret": null}),
            "/secret",
        ),
        (
            "/sites/onlinebank-shop".to_owned(),
            json!({"public_id": "x"}),
            "/public_id",
        ),
        (
            "/policies/AT_SPARE".to_owned(),
            json!({"code": "x"}),
            "/code",
        ),
        (
            "/authenticators/H1".to_owned(),
            json!({"serial": "x"}),
            "/serial",
        ),
        (
            "/authenticators/H1".to_owned(),
            json!({"kind": "totp"}),
            "/kind",
        ),
        (
            "/authenticators/H1".to_owned(),
            json!({"secret": null}),
            "/secret",
        ),
    ];
    for (path, patch, place) in cases {
        let reply = office.patch(&at(&path), &patch).await;
        assert_eq!(
            problem(&reply),
            ("invalid".to_owned(), places_of(&[place])),
            "{patch}"
        );
    }
}

#[tokio::test]
async fn an_owner_sets_up_the_tenant_and_neither_extends_the_trial_nor_opens_the_network() {
    let office = Office::open().await;
    let own = ("PATCH", "/tenants/ONLINEBANK");
    for okay in [
        json!({"status": "inactive"}),
        json!({"trial_expires": "2030-01-01"}),
        json!({"allow_private_callback": true}),
        json!({"allow_private_push": true}),
        json!({"id": 7}),
        Value::Null,
    ] {
        let reply = office
            .ask(&office.owner, own, &[], &json!({"okay": okay}))
            .await;
        assert_eq!(problem(&reply).0, "forbidden", "{okay}");
    }
    let patch = json!({"display_name": "Ours", "okay": {"callback_url": "https://ours.example/"}});
    let reply = office.ask(&office.owner, own, &[], &patch).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let reply = office
        .patch("/tenants/ONLINEBANK", &json!({"okay": null}))
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    let okay = json!({"okay": {"secret": "s".repeat(40)}});
    let reply = office.ask(&office.owner, own, &[], &okay).await;
    assert_eq!(problem(&reply).0, "forbidden");
}

#[tokio::test]
async fn a_policy_that_is_somebodys_default_and_a_tenant_with_something_in_it_stay() {
    let office = Office::open().await;
    let client = "/tenants/ONLINEBANK/clients/onlinebank-api";
    office
        .patch(client, &json!({"default_policy": "AT_SPARE"}))
        .await;
    for path in [
        "/tenants/ONLINEBANK/policies/AT_SPARE",
        "/tenants/ONLINEBANK",
    ] {
        let reply = office
            .ask(&office.admin, ("DELETE", path), &[], &Value::Null)
            .await;
        assert_eq!(problem(&reply).0, "not-possible", "{}", reply.body);
        assert_eq!(office.get(path).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn wrong_codes_of_a_resynchronisation_are_counted_until_they_lock() {
    let office = Office::open().await;
    let path = "/tenants/ONLINEBANK/authenticators/H1/resynchronise";
    let codes = json!({"first": "000000", "second": "000001"});
    for left in [4, 3, 2, 1, 0] {
        let reply = office.post(path, &codes).await;
        assert_eq!(problem(&reply).0, "wrong-code");
        assert_eq!(reply.json()["attempts_left"], left);
    }
    assert_eq!(problem(&office.post(path, &codes).await).0, "locked");
    let locked = office
        .get("/tenants/ONLINEBANK/users?locked=true")
        .await
        .json();
    assert_eq!(locked["items"][0]["login_name"], "myTestUser1");
    assert_eq!(locked["items"][0]["locked_policies"], json!(["AT_CUSTOTP"]));
}

#[tokio::test]
async fn a_token_has_600_requests_a_minute() {
    let office = Office::open().await;
    for _ in 0..600 {
        assert_eq!(office.get("/me").await.status, StatusCode::OK);
    }
    let reply = office.get("/me").await;
    assert_eq!(reply.headers["retry-after"], "40");
    assert_eq!(problem(&reply).0, "too-fast");
    let other = office
        .ask(&office.operator, ("GET", "/me"), &[], &Value::Null)
        .await;
    assert_eq!(other.status, StatusCode::OK);
    office.clock.advance_s(40);
    assert_eq!(office.get("/me").await.status, StatusCode::OK);
}

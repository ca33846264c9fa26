//! What a device is refused, and what that changes: nothing, but counts.

use axum::body::Body;
use axum::http::{Request, header};
use challenge::approval::Verdict;
use challenge::clock::Clock as _;
use serde_json::{Value, json};

use crate::partner::{BUSY, Partner, SHOP};
use crate::phone::{Phone, Typed};

const SESSIONS: (&str, &str) = ("GET", "/device/v1/sessions");

#[tokio::test]
async fn a_request_without_its_own_signature_is_refused() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, SHOP, "u").await;
    let good = || phone.request(&partner, SESSIONS, "");
    let mut other_path = good();
    *other_path.uri_mut() = "/device/v1/sessions?wait_s=1".parse().unwrap();
    let mut other_body = phone.request(&partner, ("PUT", "/device/v1/device/push"), "{}");
    *other_body.body_mut() = Body::from("{ }");
    let mut other_method = phone.request(&partner, ("GET", "/device/v1/device"), "");
    *other_method.method_mut() = "DELETE".parse().unwrap();
    let mut stranger = Phone::new();
    stranger.name = phone.name;
    let stranger = stranger.request(&partner, SESSIONS, "");
    let mut bearer = good();
    let value = "Bearer abc".parse().unwrap();
    bearer.headers_mut().insert(header::AUTHORIZATION, value);
    let bare = Request::get("/device/v1/sessions").body(Body::empty());
    for request in [
        other_path,
        other_body,
        other_method,
        stranger,
        bearer,
        bare.unwrap(),
    ] {
        let reply = partner.send(request).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (401, "unknown-device")
        );
        assert_eq!(reply.headers[header::WWW_AUTHENTICATE], "Countersign");
        assert_eq!(
            reply.headers[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }
    assert_eq!(partner.send(good()).await.status, 200);
}

#[tokio::test]
async fn time_and_nonce_are_looked_at() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, SHOP, "u").await;
    let now = partner.clock.now().unix_ms();
    let at = |time, nonce: &str| phone.request_at(time, nonce, SESSIONS, "");
    for (request, status, kind) in [
        (at(now, "a-nonce-of-some-length"), 200, ""),
        (at(now, "a-nonce-of-some-length"), 409, "replayed"),
        (at(now + 1, "a-nonce-of-some-length"), 409, "replayed"),
        (at(now - 120_000, "another-nonce-of-some-length"), 200, ""),
        (
            at(now - 120_001, "a-third-nonce-of-some-length"),
            401,
            "wrong-time",
        ),
        (
            at(now + 120_001, "a-third-nonce-of-some-length"),
            401,
            "wrong-time",
        ),
        (at(now, "too-short"), 400, "does-not-fit"),
        (at(now, &"x".repeat(65)), 400, "does-not-fit"),
    ] {
        let reply = partner.send(request).await;
        assert_eq!(reply.status, status, "{}", reply.body);
        if status != 200 {
            assert_eq!(reply.problem(), kind);
        }
    }
}

#[tokio::test]
async fn a_decision_about_something_else_than_was_displayed_is_refused() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, SHOP, "u").await;
    let session = partner.started(SHOP, "u", &json!(101)).await;
    let shown = phone.pending(&partner).await.remove(0);
    let path = format!("/device/v1/sessions/{session}/decision");
    for (member, value) in [
        ("text", json!("Text")),
        ("header", json!("")),
        ("user", json!("v")),
        ("tenant_id", json!(1)),
        ("tenant_name", json!("Tenant")),
        ("type", json!("PIN")),
        ("session", json!("1")),
    ] {
        let mut other = shown.clone();
        other[member] = value;
        let body = phone.decision(&partner, &other, Verdict::Approve, Typed::default());
        let reply = phone.send(&partner, ("POST", &path), body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (403, "not-what-was-displayed"),
            "{member}"
        );
    }
    let mut body = phone.decision(&partner, &shown, Verdict::Decline, Typed::default());
    body["decision"] = json!("approve");
    let reply = phone.send(&partner, ("POST", &path), body).await;
    assert_eq!(reply.problem(), "not-what-was-displayed");
    assert_eq!(
        partner.check(SHOP, &session).await.json()["status"]["code"],
        -1
    );
}

#[tokio::test]
async fn a_session_that_is_over_or_anothers_takes_no_decision() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "u").await;
    let other = Phone::linked(&partner, BUSY, "v").await;
    let session = partner.started(BUSY, "u", &json!(101)).await;
    let shown = phone.pending(&partner).await.remove(0);
    let path = format!("/device/v1/sessions/{session}/decision");
    let body = other.decision(&partner, &shown, Verdict::Approve, Typed::default());
    let reply = other.send(&partner, ("POST", &path), body).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (404, "session-not-found")
    );
    phone
        .decide(&partner, Verdict::Decline, Typed::default())
        .await;
    let body = phone.decision(&partner, &shown, Verdict::Approve, Typed::default());
    let reply = phone.send(&partner, ("POST", &path), body.clone()).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (409, "session-over")
    );
    for session in ["1", "x", "01", "%00"] {
        let path = format!("/device/v1/sessions/{session}/decision");
        let reply = phone.send(&partner, ("POST", &path), body.clone()).await;
        assert_eq!(reply.problem(), "session-not-found", "{session}");
    }
    partner.started(BUSY, "u", &json!(101)).await;
    let shown = phone.pending(&partner).await.remove(0);
    partner.clock.advance_s(120);
    let body = phone.decision(&partner, &shown, Verdict::Approve, Typed::default());
    let path = format!(
        "/device/v1/sessions/{}/decision",
        shown["session"].as_str().unwrap()
    );
    let reply = phone.send(&partner, ("POST", &path), body).await;
    assert_eq!(reply.problem(), "session-over");
}

#[tokio::test]
async fn what_a_session_asks_for_must_come() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "u").await;
    for (kind, typed) in [
        (json!(102), Typed::default()),
        (
            json!(102),
            Typed {
                pin: Some("123"),
                ..Typed::default()
            },
        ),
        (
            json!(102),
            Typed {
                pin: Some("12a4"),
                ..Typed::default()
            },
        ),
        (json!(105), Typed::default()),
    ] {
        let session = partner.started(BUSY, "u", &kind).await;
        let reply = phone.decide(&partner, Verdict::Approve, typed).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (400, "does-not-fit"),
            "{}",
            reply.body
        );
        assert_eq!(
            partner.check(BUSY, &session).await.json()["status"]["code"],
            -1
        );
        phone
            .decide(&partner, Verdict::Decline, Typed::default())
            .await;
    }
}

#[tokio::test]
async fn guessing_at_codes_ends_after_five_an_hour() {
    let partner = Partner::open().await;
    let mut phone = Phone::new();
    for guess in ["999990", "999991", "999992", "999993", "999994"] {
        let body = phone.link_body(&partner, guess);
        let reply = phone.link(&partner, &body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (403, "wrong-linking-code")
        );
    }
    let code = partner.link(SHOP, "u").await.json()["linkingCode"].clone();
    let body = phone.link_body(&partner, code.as_str().unwrap());
    let reply = phone.link(&partner, &body).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (429, "limit-reached")
    );
    partner.clock.advance_s(3601);
    let code = partner.link(SHOP, "u").await.json()["linkingCode"].clone();
    let body = phone.link_body(&partner, code.as_str().unwrap());
    assert_eq!(phone.link(&partner, &body).await.status, 201);
    let again = Phone::new().link(&partner, &body).await;
    assert_eq!(
        again.problem(),
        "wrong-linking-code",
        "a code opens one phone"
    );
}

#[tokio::test]
async fn a_link_must_be_signed_by_the_key_it_brings() {
    let partner = Partner::open().await;
    let code = partner.link(SHOP, "u").await.json()["linkingCode"].clone();
    let code = code.as_str().unwrap();
    let mut phone = Phone::new();
    let good = phone.link_body(&partner, code);
    let mut foreign = good.clone();
    foreign["signature"] = Phone::new().link_body(&partner, code)["signature"].clone();
    let mut renamed = good.clone();
    renamed["name"] = json!("Another phone");
    let mut no_key = good.clone();
    no_key["public_key"] = json!("AAAA");
    let mut late = good.clone();
    late["time_ms"] = json!(partner.clock.now().unix_ms() - 121_000);
    let mut short = good.clone();
    short["signature"] = json!("AAAA");
    for (body, status, kind) in [
        (foreign, 401, "unknown-device"),
        (renamed, 401, "unknown-device"),
        (no_key, 400, "does-not-fit"),
        (late, 401, "wrong-time"),
        (short, 400, "malformed"),
        (Value::Null, 400, "malformed"),
        (json!({"code": 1}), 400, "malformed"),
    ] {
        let reply = phone.link(&partner, &body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (status, kind),
            "{body}"
        );
    }
    assert_eq!(phone.link(&partner, &good).await.status, 201);
}

#[tokio::test]
async fn a_second_phone_takes_the_place_of_the_first() {
    let partner = Partner::open().await;
    let first = Phone::linked(&partner, BUSY, "u").await;
    let session = partner.started(BUSY, "u", &json!(101)).await;
    let second = Phone::linked(&partner, BUSY, "u").await;
    let reply = first.send(&partner, SESSIONS, "").await;
    assert_eq!(reply.problem(), "unknown-device");
    assert!(second.pending(&partner).await.is_empty());
    assert_eq!(
        partner.check(BUSY, &session).await.message(),
        "TenantSessionNotFound"
    );
    partner.started(BUSY, "u", &json!(101)).await;
    assert_eq!(second.pending(&partner).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_there_or_too_long_says_so() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, SHOP, "u").await;
    for (place, status, kind) in [
        (("GET", "/device/v1"), 404, "not-here"),
        (("GET", "/device/v1/nothing"), 404, "not-here"),
        (("GET", "/device/v2/server"), 404, "not-here"),
        (("POST", "/device/v1/server"), 405, "wrong-method"),
        (("GET", "/device/v1/link"), 405, "wrong-method"),
        (("GET", "/device/v1/sessions?wait_s=31"), 400, "malformed"),
    ] {
        let reply = phone.send(&partner, place, "").await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (status, kind),
            "{place:?}"
        );
    }
    let push = ("PUT", "/device/v1/device/push");
    for (body, status, kind) in [
        ("[]".to_owned(), 400, "malformed"),
        (
            json!({"x": "x".repeat(16 * 1024)}).to_string(),
            413,
            "too-large",
        ),
    ] {
        let reply = phone.send(&partner, push, body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (status, kind)
        );
    }
}

//! Who calls: the ways to prove it, and what is said to those who do not.

use axum::http::header;
use base64ct::{Base64, Encoding};

use crate::bank::{Bank, FORM, Reply, TOKEN, request};
use crate::codes::hotp;

const OWN: &str = "grant_type=client_credentials";

fn basic(pair: &str) -> String {
    format!("Basic {}", Base64::encode_string(pair.as_bytes()))
}

async fn with(bank: &Bank, authorization: &str, body: &str) -> Reply {
    bank.post(TOKEN, &[("authorization", authorization)], body)
        .await
}

#[tokio::test]
async fn a_secret_is_taken_in_every_spelling() {
    let bank = Bank::open().await;
    // The seed's, the odd one raw, the odd one form-encoded as RFC 6749 has it.
    for pair in [
        "spl-api:password01",
        "odd~client:p+w:d%41 é",
        "odd%7Eclient:p%2Bw%3Ad%2541+%C3%A9",
    ] {
        let reply = with(&bank, &basic(pair), OWN).await;
        assert_eq!(reply.status, 200, "{pair}: {}", reply.body);
    }
    let lower = with(
        &bank,
        &basic("spl-api:password01").replacen("Basic", "bASIC", 1),
        OWN,
    )
    .await;
    assert_eq!(lower.status, 200);
    let body = format!("{OWN}&client_id=odd%7Eclient&client_secret=p%2Bw%3Ad%2541+%C3%A9");
    assert_eq!(bank.post(TOKEN, &[], &body).await.status, 200);
    let named = with(
        &bank,
        &basic("spl-api:password01"),
        &format!("{OWN}&client_id=spl-api"),
    )
    .await;
    assert_eq!(named.status, 200);
}

/// Asserts the error, and the scheme that `WWW-Authenticate` asks for.
async fn assert_refused(bank: &Bank, authorization: &str, body: &str, expected: (&str, &str)) {
    let reply = with(bank, authorization, body).await;
    let challenge = reply.headers.get(header::WWW_AUTHENTICATE);
    let challenge = challenge.map_or("", |value| value.to_str().unwrap());
    let asked = challenge.split(' ').next().unwrap();
    assert_eq!(
        (reply.error().as_str(), asked),
        expected,
        "{authorization} {body}"
    );
    let status = if expected.0 == "invalid_client" {
        401
    } else {
        400
    };
    assert_eq!(reply.status, status, "{authorization} {body}");
}

/// Bodies with a secret, or without one, that is no proof.
const NO_PROOF: [&str; 7] = [
    "grant_type=client_credentials",
    "grant_type=client_credentials&client_id=spl-api",
    "grant_type=client_credentials&client_id=spl-api&client_secret=",
    "grant_type=client_credentials&client_id=spl-api&client_secret=wrong",
    "grant_type=client_credentials&client_id=nobody&client_secret=wrong",
    "grant_type=client_credentials&client_id=public&client_secret=wrong",
    "grant_type=client_credentials&client_id=remote&client_secret=password04",
];

#[tokio::test]
async fn who_does_not_prove_it_by_a_secret_is_told_how() {
    let bank = Bank::open().await;
    let (no_client, no_request) = (("invalid_client", "Basic"), ("invalid_request", ""));
    for body in NO_PROOF {
        assert_refused(&bank, "", body, no_client).await;
        assert_refused(&bank, "Digest x", body, no_client).await;
    }
    for authorization in [&basic("spl-api:wrong"), &basic("spl-api"), "Basic ===="] {
        assert_refused(&bank, authorization, OWN, no_client).await;
    }
    let right = basic("spl-api:password01");
    assert_refused(&bank, &right, &format!("{OWN}&client_id=other"), no_client).await;
    assert_refused(
        &bank,
        &right,
        &format!("{OWN}&client_secret=password01"),
        no_request,
    )
    .await;
    assert_refused(&bank, "", &format!("{OWN}&client_secret=wrong"), no_request).await;
}

#[tokio::test]
async fn who_does_not_prove_it_by_a_token_is_told_how() {
    let bank = Bank::open().await;
    let portal = bank.portal_token().await;
    let login = format!(
        "mode=SYNCHRONOUS&username=myTestUser1&authType=AT_CUSTOTP&password={}",
        hotp(0)
    );
    let user = bank.login(&portal, &login).await.json()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let (portal, user) = (format!("Bearer {portal}"), format!("Bearer {user}"));
    let login = "grant_type=password&username=a&password=b&mode=SYNCHRONOUS";
    let (no_client, no_token) = (("invalid_client", "Basic"), ("invalid_client", "Bearer"));
    let twice = format!("{login}&client_secret=password01&client_id=spl-api");
    assert_refused(&bank, &portal, &twice, ("invalid_request", "")).await;
    assert_refused(
        &bank,
        &portal,
        &format!("{login}&client_id=no-passwords"),
        no_token,
    )
    .await;
    assert_refused(&bank, &portal, OWN, no_client).await;
    assert_refused(&bank, "Bearer x", login, no_token).await;
    assert_refused(&bank, "Bearer ", login, no_client).await;
    assert_refused(&bank, &user, login, no_token).await;
}

#[tokio::test]
async fn a_known_and_an_unknown_client_are_refused_alike() {
    let bank = Bank::open().await;
    let known = with(&bank, &basic("spl-api:wrong"), OWN).await;
    assert_eq!(known, with(&bank, &basic("nobody:wrong"), OWN).await);
    insta::assert_snapshot!(known.shown());
}

#[tokio::test]
async fn two_authorizations_are_too_many() {
    let bank = Bank::open().await;
    let one = basic("spl-api:password01");
    let headers = [FORM, ("authorization", &one), ("authorization", &one)];
    let reply = bank.send(request("POST", TOKEN, &headers, OWN)).await;
    assert_eq!(
        (reply.status.as_u16(), reply.error().as_str()),
        (400, "invalid_request")
    );
}

#[tokio::test]
async fn a_client_does_only_what_it_was_allowed() {
    let bank = Bank::open().await;
    let password = "grant_type=password&username=a&password=b&mode=SYNCHRONOUS";
    for (pair, body, expected) in [
        ("no-passwords:password02", OWN, ""),
        ("no-passwords:password02", password, "unauthorized_client"),
        ("elsewhere:password03", OWN, "unauthorized_client"),
        ("powerless:password05", OWN, ""),
        ("powerless:password05", password, "unauthorized_client"),
        (
            "spl-api:password01",
            "grant_type=api_otp&username=a",
            "unsupported_grant_type",
        ),
        (
            "spl-api:password01",
            "grant_type=Password",
            "unsupported_grant_type",
        ),
        ("spl-api:password01", "username=a", "invalid_request"),
    ] {
        let reply = with(&bank, &basic(pair), body).await;
        assert_eq!(reply.error(), expected, "{pair} {body}");
        assert_eq!(
            reply.status,
            if expected.is_empty() { 200 } else { 400 },
            "{pair} {body}"
        );
    }
    let reply = with(&bank, &basic("powerless:password05"), OWN).await;
    let token = reply.json()["access_token"].as_str().unwrap().to_owned();
    for (method, path, body) in [
        ("GET", "/v2/Users", String::new()),
        ("POST", "/v2/Users/.search", "{}".to_owned()),
        (
            "POST",
            "/v2/Authenticator/.AT_CUSTOTP",
            crate::bank::action("RESET", &[]),
        ),
        (
            "POST",
            "/v2/Authenticator/.AT_CUSTOTP",
            crate::bank::action("USER-CHALLENGE", &[]),
        ),
        (
            "POST",
            "/v2/Device/13158",
            crate::bank::action("AUTO-SYNCH", &[]),
        ),
    ] {
        let reply = bank.scim(&token, method, path, &body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()["status"].as_str()),
            (403, Some("403")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn scim_takes_a_clients_token_alone() {
    let bank = Bank::open().await;
    let path = "/scim/ONLINEBANK/v2/Users";
    let bare = bank.send(request("GET", path, &[], "")).await;
    insta::assert_snapshot!("scim_without_a_token", bare.shown());
    let wrong = bank.scim("x", "GET", "/v2/Users", "").await;
    insta::assert_snapshot!("scim_with_a_bad_token", wrong.shown());
    let secret = basic("spl-api:password01");
    let reply = bank
        .send(request("GET", path, &[("authorization", &secret)], ""))
        .await;
    assert_eq!(reply.status, 401);
    let token = bank.portal_token().await;
    assert_eq!(bank.scim(&token, "GET", "/v2/Users", "").await.status, 200);
    bank.clock.advance_s(1_576_800);
    assert_eq!(
        bank.scim(&token, "GET", "/v2/Users", "").await,
        wrong,
        "an expired token is a bad one"
    );
}

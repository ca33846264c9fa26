//! Who calls: a token or a certificate, from where it may come, for what it may do.

use axum::http::header;
use base64ct::{Base64, Encoding as _};
use serde_json::json;

use crate::agency::{Agency, MACHINE, PINNED, SHARED, TOKEN, call, error, first};
use crate::bank::{Reply, request};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");
const OWN: &str = "grant_type=client_credentials";

fn basic(pair: &str) -> String {
    format!("Basic {}", Base64::encode_string(pair.as_bytes()))
}

async fn asked(agency: &Agency, headers: &[(&str, &str)], body: &str) -> Reply {
    agency.send(request("POST", TOKEN, headers, body)).await
}

/// The error at the token endpoint; empty where there is a token.
async fn oauth_error(agency: &Agency, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let reply = asked(agency, headers, body).await;
    let error = reply.json()["error"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (reply.status.as_u16(), error)
}

#[tokio::test]
async fn a_token_is_had_by_form_by_basic_and_by_json() {
    let agency = Agency::open().await;
    let in_form = format!("{OWN}&client_id=agent&client_secret=password01&scope=x&state=");
    let in_json = json!({
        "grant_type": "client_credentials", "client_id": "agent", "client_secret": "password01",
        "scope": null, "x": [1],
    })
    .to_string();
    let (agent, odd) = (basic("agent:password01"), basic("odd~client:p+w:d%41 é"));
    let encoded = basic("odd%7Eclient:p%2Bw%3Ad%2541+%C3%A9");
    let json_grant = json!({"grant_type": "client_credentials", "client_id": "agent"}).to_string();
    for (headers, body) in [
        (&[FORM][..], in_form.as_str()),
        (&[], &in_form),
        (&[JSON], &in_json),
        (
            &[("content-type", "application/json; charset=utf-8")],
            &in_json,
        ),
        (&[FORM, ("authorization", &agent)], OWN),
        (&[FORM, ("authorization", &odd)], OWN),
        (&[FORM, ("authorization", &encoded)], OWN),
        (&[JSON, ("authorization", &agent)], &json_grant),
    ] {
        let reply = asked(&agency, headers, body).await;
        assert_eq!(reply.status, 200, "{body}: {}", reply.body);
        assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(reply.headers[header::PRAGMA], "no-cache");
        let issued = reply.json();
        assert_eq!(issued["token_type"], "Bearer");
        assert!(issued["expires_in"].as_u64().unwrap() > 60);
        let token = issued["access_token"].as_str().unwrap();
        assert_eq!(error(&agency.call(token, "logout", "{}").await), 0);
    }
}

#[tokio::test]
async fn who_gets_no_token_is_told_why_in_oauths_words() {
    let agency = Agency::open().await;
    let with = |body: &str| format!("{OWN}&{body}");
    let client = (401, "invalid_client");
    for (headers, body, expected) in [
        (&[FORM][..], OWN.to_owned(), client),
        (&[FORM], with("client_id=agent"), client),
        (&[FORM], with("client_id=agent&client_secret="), client),
        (&[FORM], with("client_id=agent&client_secret=wrong"), client),
        (
            &[FORM],
            with("client_id=nobody&client_secret=wrong"),
            client,
        ),
        (&[FORM], with("client_id=machine&client_secret=x"), client),
        (
            &[FORM],
            with("client_id=remote&client_secret=password04"),
            client,
        ),
        (
            &[FORM],
            with("client_id=pinned&client_secret=password09"),
            client,
        ),
        // A client of another protocol is not looked for by its name alone.
        (
            &[FORM],
            with("client_id=elsewhere&client_secret=password08"),
            client,
        ),
    ] {
        let told = oauth_error(&agency, headers, &body).await;
        assert_eq!((told.0, told.1.as_str()), expected, "{body:.80}");
    }
}

#[tokio::test]
async fn what_is_no_request_for_a_token_is_told_so() {
    let agency = Agency::open().await;
    let secret = "client_id=agent&client_secret=password01";
    let right = basic("agent:password01");
    let with = |body: &str| format!("{OWN}&{body}");
    let client = (401, "invalid_client");
    let malformed = (400, "invalid_request");
    for (headers, body, expected) in [
        (
            &[FORM, ("authorization", "Bearer x")][..],
            OWN.to_owned(),
            client,
        ),
        (
            &[FORM, ("authorization", "Basic ===")],
            OWN.to_owned(),
            client,
        ),
        (
            &[FORM, ("authorization", &right)],
            with("client_id=second"),
            client,
        ),
        (
            &[FORM, ("authorization", &right)],
            with("client_secret=password01"),
            malformed,
        ),
        (
            &[FORM, ("authorization", &right), ("authorization", &right)],
            OWN.to_owned(),
            malformed,
        ),
        (&[FORM], with("client_secret=password01"), malformed),
        (&[FORM], secret.to_owned(), malformed),
        (&[FORM], format!("{secret}&{OWN}&{OWN}"), malformed),
        (
            &[FORM],
            format!("{secret}&grant_type=password"),
            (400, "unsupported_grant_type"),
        ),
        (
            &[FORM],
            with("client_id=grantless&client_secret=password07"),
            (400, "unauthorized_client"),
        ),
        (&[JSON], "[]".to_owned(), malformed),
        (&[JSON], "{".to_owned(), malformed),
        (&[JSON], r#"{"client_id":1}"#.to_owned(), malformed),
        (
            &[JSON],
            r#"{"client_id":"a","client_id":"b"}"#.to_owned(),
            malformed,
        ),
        (&[("content-type", "text/plain")], with(secret), malformed),
        (&[FORM], "x".repeat(65_537), (413, "invalid_request")),
    ] {
        let told = oauth_error(&agency, headers, &body).await;
        assert_eq!((told.0, told.1.as_str()), expected, "{body:.80}");
    }
    let reply = agency.send(request("GET", TOKEN, &[], "")).await;
    assert_eq!(
        (reply.status.as_u16(), reply.json()["error"].as_str()),
        (405, Some("invalid_request"))
    );
    assert_eq!(reply.headers[header::ALLOW], "POST");
}

#[tokio::test]
async fn a_known_and_an_unknown_client_are_refused_alike() {
    let agency = Agency::open().await;
    let of = |name: &str| format!("{OWN}&client_id={name}&client_secret=wrong");
    let known = asked(&agency, &[FORM], &of("agent")).await;
    assert_eq!(known, asked(&agency, &[FORM], &of("nobody")).await);
    insta::assert_snapshot!(known.shown());
}

#[tokio::test]
async fn who_does_not_authenticate_is_told_so_in_the_envelope() {
    let agency = Agency::open().await;
    let bare = request("POST", "/das5/rest/auth/logout", &[JSON], "{}");
    let bare = agency.send(bare).await;
    insta::assert_snapshot!("without_a_token", bare.shown());
    let wrong = agency.call("x", "logout", "{}").await;
    insta::assert_snapshot!("with_a_bad_token", wrong.shown());
    let secret = basic("agent:password01");
    let headers = [JSON, ("authorization", secret.as_str())];
    let reply = agency
        .send(request("POST", "/auth/logout", &headers, "{}"))
        .await;
    assert_eq!((reply.status.as_u16(), error(&reply)), (401, 1101));
    let token = agency.agent().await;
    // An unknown method and a bad body are told to those alone who may ask.
    for (path, body) in [("/auth/nothing", "{}"), ("/auth/logout", "{")] {
        let reply = agency.send(call("x", path, body)).await;
        assert_eq!((reply.status.as_u16(), error(&reply)), (401, 1102));
    }
    agency.clock.advance_s(3600);
    assert_eq!(
        agency.call(&token, "logout", "{}").await,
        wrong,
        "an expired token is a bad one"
    );
}

#[tokio::test]
async fn two_authorizations_are_too_many() {
    let agency = Agency::open().await;
    let bearer = format!("Bearer {}", agency.agent().await);
    let headers = [JSON, ("authorization", &bearer), ("authorization", &bearer)];
    let reply = agency
        .send(request("POST", "/auth/logout", &headers, "{}"))
        .await;
    assert_eq!((reply.status.as_u16(), error(&reply)), (400, 1100));
}

#[tokio::test]
async fn a_pinned_certificate_is_its_clients_and_an_unpinned_one_nobodys() {
    let agency = Agency::open().await;
    let bare = |body: &str| request("POST", "/das5/rest/auth/listApplications", &[JSON], body);
    for (certificate, name) in [(MACHINE, "machine"), (PINNED, "pinned")] {
        let reply = agency.send_with(certificate, bare("{}")).await;
        assert_eq!(error(&reply), 0, "{}", reply.body);
        assert_eq!(reply.json()["result"]["rows"][0]["name"], name);
    }
    let unpinned = agency.send_with([1; 32], bare("{}")).await;
    assert_eq!(
        unpinned,
        agency.send(bare("{}")).await,
        "as if there were none"
    );
    // Two clients have the third; the request has to say which of them it is.
    let reply = agency.send_with(SHARED, bare("{}")).await;
    assert_eq!(
        (reply.status.as_u16(), error(&reply)),
        (401, 1102),
        "{}",
        reply.body
    );
    let named = bare(r#"{"application":{"name":"two-of-two"}}"#);
    let reply = agency.send_with(SHARED, named).await;
    assert_eq!(reply.json()["result"]["rows"][0]["name"], "two-of-two");
    for body in [
        r#"{"application":{"name":"machine"}}"#,
        r#"{"application":{}}"#,
        "{",
    ] {
        let reply = agency.send_with(SHARED, bare(body)).await;
        assert_eq!(
            (reply.status.as_u16(), error(&reply)),
            (401, 1102),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_pin_binds_the_secret_and_the_tokens_of_its_client() {
    let agency = Agency::open().await;
    let body = format!("{OWN}&client_id=pinned&client_secret=password09");
    let wanted = || request("POST", TOKEN, &[FORM], &body);
    let refused = agency.send(wanted()).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused, agency.send_with(MACHINE, wanted()).await);
    let issued = agency.send_with(PINNED, wanted()).await;
    assert_eq!(issued.status, 200, "{}", issued.body);
    let token = issued.json()["access_token"].as_str().unwrap().to_owned();
    let stolen = agency.call(&token, "logout", "{}").await;
    assert_eq!((stolen.status.as_u16(), error(&stolen)), (401, 1102));
    let request = || call(&token, "/auth/logout", "{}");
    assert_eq!(stolen, agency.send_with(MACHINE, request()).await);
    assert_eq!(error(&agency.send_with(PINNED, request()).await), 0);
    // Whose token it is counts, not whose certificate comes beside it.
    let agents = agency.agent().await;
    let reply = agency
        .send_with(MACHINE, call(&agents, "/auth/listApplications", "{}"))
        .await;
    assert_eq!(reply.json()["result"]["rows"][0]["name"], "agent");
}

#[tokio::test]
async fn a_client_does_only_what_it_was_allowed() {
    let agency = Agency::open().await;
    let powerless = agency.token("powerless", "password05").await;
    let reader = agency.token("reader", "password06").await;
    for (method, is_reading) in [
        ("getChallengeCode", false),
        ("generate", false),
        ("sendOTP", false),
        ("verifyResponse", false),
        ("verify", false),
        ("logon", false),
        ("listApplications", true),
        ("listDomains", true),
        ("listAuthenticators", true),
        ("getLogonSteps", true),
        ("listTokens", true),
        ("listTokenAssignments", true),
    ] {
        let body = json!({"user": first()});
        let reply = agency.call(&powerless, method, &body).await;
        assert_eq!(
            (reply.status.as_u16(), error(&reply)),
            (403, 1103),
            "{method}"
        );
        let reply = agency.call(&reader, method, &body).await;
        let expected = if is_reading { (200, 0) } else { (403, 1103) };
        assert_eq!((reply.status.as_u16(), error(&reply)), expected, "{method}");
    }
    assert_eq!(error(&agency.call(&powerless, "logout", "{}").await), 0);
}

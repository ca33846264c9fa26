//! What is no request: sizes, depths, types, places and methods of HTTP, each with a clear answer.

use serde_json::json;

use crate::agency::{Agency, call, error, first};
use crate::bank::request;

#[tokio::test]
async fn a_body_has_a_size() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for (length, expected) in [(65_536, (200, 0)), (65_537, (413, 1106))] {
        let body = format!(r#"{{"x":"{}"}}"#, "y".repeat(length - 8));
        assert_eq!(body.len(), length);
        let reply = agency.call(&token, "logout", &body).await;
        assert_eq!((reply.status.as_u16(), error(&reply)), expected);
    }
}

#[tokio::test]
async fn a_body_has_a_depth() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for (depth, expected) in [(127, (200, 0)), (128, (400, 1100)), (30_000, (400, 1100))] {
        let body = format!(
            r#"{{"x":{}{}}}"#,
            "[".repeat(depth - 1),
            "]".repeat(depth - 1)
        );
        let reply = agency.call(&token, "logout", &body).await;
        assert_eq!((reply.status.as_u16(), error(&reply)), expected, "{depth}");
        // Objects are walked through, so that paths can be read.
        let open = r#"{"x":"#.repeat(depth - 1);
        let body = format!(r#"{{"x":{open}1{}}}"#, "}".repeat(depth - 1));
        let reply = agency.call(&token, "listDomains", &body).await;
        let is_short = body.len() <= 65_536;
        let expected = if is_short { expected } else { (413, 1106) };
        assert_eq!((reply.status.as_u16(), error(&reply)), expected, "{depth}");
    }
}

#[tokio::test]
async fn what_is_no_object_is_told() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for body in [
        "[]",
        "1",
        "null",
        "\"x\"",
        "{} {}",
        "{'a':1}",
        "\u{feff}{}",
        r#"{"user":{"id":"1","id":"1"}}"#,
        r#"{"credential":{"otp":"1"},"credential":{"otp":"2"}}"#,
    ] {
        let reply = agency.call(&token, "logout", body).await;
        assert_eq!(
            (reply.status.as_u16(), error(&reply)),
            (400, 1100),
            "{body}"
        );
    }
    for body in ["", " \r\n\t", "{}", "\t{\r\n}\n"] {
        assert_eq!(
            error(&agency.call(&token, "logout", body).await),
            0,
            "{body:?}"
        );
    }
    let bytes = [&b"{\"x\":\"\xff\"}"[..], b"\x00"];
    for body in bytes {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let reply = agency
            .send(request("POST", "/auth/logout", &headers, body))
            .await;
        assert_eq!((reply.status.as_u16(), error(&reply)), (400, 1100));
    }
}

#[tokio::test]
async fn only_json_is_json() {
    let agency = Agency::open().await;
    let bearer = format!("Bearer {}", agency.agent().await);
    for (media_type, expected) in [
        (Some("application/json"), 200),
        (Some("Application/JSON; charset=UTF-8"), 200),
        (Some("text/json"), 200),
        (Some("application/vnd.x+json"), 200),
        (None, 200),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("text/plain"), 415),
        (Some(""), 415),
        (Some("multipart/form-data; boundary=x"), 415),
    ] {
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(media_type.map(|given| ("content-type", given)));
        let reply = agency
            .send(request("POST", "/auth/logout", &headers, "{}"))
            .await;
        assert_eq!(reply.status, expected, "{media_type:?}");
        assert_eq!(error(&reply), if expected == 200 { 0 } else { 1107 });
    }
}

#[tokio::test]
async fn places_that_are_not_there_are_told_in_the_envelope() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for path in [
        "/das5/rest/auth/verifyOTP",
        "/das5/rest/auth/getchallengecode",
        "/das5/rest/auth/",
        "/das5/rest/auth",
        "/das5/rest/token/create",
        "/das5",
        "/das5/",
        "/auth",
        "/auth/",
        "/auth/nothing",
        "/auth/verify/",
        "/auth/verify/x",
        "/auth/%FF",
    ] {
        let reply = agency.send(call(&token, path, "{}")).await;
        assert_eq!(
            (reply.status.as_u16(), error(&reply)),
            (404, 1104),
            "{path}"
        );
    }
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        for path in ["/das5/rest/auth/verify", "/auth/verify"] {
            let reply = agency.send(request(method, path, &[], "")).await;
            assert_eq!(
                (reply.status.as_u16(), error(&reply)),
                (405, 1105),
                "{method}"
            );
            assert_eq!(reply.headers["allow"], "POST");
        }
    }
}

#[tokio::test]
async fn codes_are_texts() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let cc = agency.challenge(&token, "10000000").await["code"].clone();
    let number: u64 = cc.as_str().unwrap().parse().unwrap();
    for (credential, member) in [
        (json!({"otp": "123456", "cc": number}), "credential.cc"),
        (json!({"otp": 123_456, "cc": cc}), "credential.otp"),
        (json!({"otp": "123456", "cc": ""}), "credential.cc"),
        (json!({"otp": "", "cc": cc}), "credential.otp"),
        (json!({"cc": cc}), "credential.otp"),
        (json!({"otp": ["1"], "cc": cc}), "credential.otp"),
        (json!({"otp": "1".repeat(4097), "cc": cc}), "credential.otp"),
    ] {
        let body =
            json!({"user": first(), "token": {"serial": "10000000"}, "credential": credential});
        for method in ["verifyResponse", "verify", "logon"] {
            let reply = agency.call(&token, method, &body).await;
            assert_eq!(
                (reply.status.as_u16(), error(&reply)),
                (400, 1100),
                "{body}"
            );
            let message = reply.json()["message"].as_str().unwrap().to_owned();
            assert!(message.starts_with(member), "{message}");
            assert!(
                !reply.body.contains(&number.to_string()),
                "no code is told back"
            );
        }
    }
    // Nothing of that was counted, and the challenge still stands.
    let otp = crate::codes::ocra(crate::agency::SUITE, cc.as_str().unwrap());
    let answered = agency
        .answer(&token, "verify", ("10000000", &otp, cc.as_str()))
        .await;
    assert_eq!(error(&answered), 0, "{}", answered.body);
}

#[tokio::test]
async fn a_credential_says_what_it_is() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for (credential, expected) in [
        (json!({}), 1100),
        (json!({"otp": "1", "password": "x"}), 1100),
        (json!({"method": "SPASS"}), 1100),
        (json!({"method": "SPASS", "password": 1}), 1100),
        (json!({"method": "SPASS", "password": ""}), 1100),
        (json!({"method": "OTP", "password": "x"}), 1100),
        (json!({"method": "FlashPass", "otp": "1"}), 1100),
        (
            json!({"method": "SPASS", "password": "wrong", "otp": "1"}),
            1000,
        ),
        (json!({"method": "otp", "otp": "1"}), 1000),
        (json!({"method": "OTPoD", "otp": "1"}), 1005),
        (json!({"method": "OOBA"}), 1206),
    ] {
        let body = json!({"user": first(), "credential": credential});
        let reply = agency.call(&token, "verify", &body).await;
        assert_eq!(error(&reply), expected, "{credential}: {}", reply.body);
    }
}

#[tokio::test]
async fn names_without_end_are_refused_before_anybody_is_known() {
    let agency = Agency::open().await;
    let long = "x".repeat(30_000);
    let leaves: Vec<_> = (0..4_000).map(|n| format!(r#""{n}":1"#)).collect();
    let body = format!(r#"{{"application":{{"{long}":{{{}}}}}}}"#, leaves.join(","));
    assert!(body.len() < 65_536);
    let reply = agency.send(call("x", "/auth/listDomains", &body)).await;
    assert_eq!(reply.status.as_u16(), 401, "{}", reply.body);
    let token = agency.agent().await;
    for body in [
        body,
        format!(r#"{{"application":{{{}}}}}"#, leaves.join(",")),
    ] {
        let reply = agency.send(call(&token, "/auth/listDomains", &body)).await;
        assert_eq!(
            (reply.status.as_u16(), error(&reply)),
            (400, 1100),
            "{}",
            reply.body
        );
        assert!(reply.body.len() < 500);
    }
}

#[tokio::test]
async fn a_condition_that_is_not_known_is_not_read_over() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for body in [
        json!({"user": first(), "token": {"Serial": "10000000"}}),
        json!({"user": first(), "token": {"product": {"productCode": "MT"}}}),
    ] {
        let reply = agency.call(&token, "getChallengeCode", &body).await;
        assert_eq!(error(&reply), 1100, "{}", reply.body);
        assert!(reply.body.contains("not known here"));
    }
}

//! Requests as published clients send them, and what their answers must look like.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use crate::partner::{BUSY, Partner, SHOP, check, link, sign, start};
use crate::phone::Phone;

#[tokio::test]
async fn paths_that_differ_in_slashes_are_one_place() {
    let partner = Partner::open().await;
    Phone::linked(&partner, BUSY, "u").await;
    for path in [
        "/gateway/auth",
        "//gateway/auth",
        "/gateway/auth/",
        "/gateway//auth",
        "///gateway///auth//",
        "/gateway/session",
        "//gateway/session/",
    ] {
        let reply = partner
            .post(path, start(BUSY, "u", &json!(101), "text"))
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.message().as_str()),
            (200, "OK"),
            "{path}"
        );
    }
    let reply = partner.post("//gateway/link/", link(SHOP, "v")).await;
    assert_eq!(reply.message(), "OK");
    let reply = partner.post("//gateway/check", check(SHOP, "100227")).await;
    assert_eq!(reply.message(), "TenantSessionNotFound");
}

#[tokio::test]
async fn what_is_not_there_says_so_in_the_same_shape() {
    let partner = Partner::open().await;
    for (method, path, status) in [
        ("GET", "/gateway/link", 405),
        ("PUT", "//gateway/check/", 405),
        ("OPTIONS", "/gateway/auth", 405),
        ("POST", "/gateway", 404),
        ("POST", "/gateway/", 404),
        ("POST", "/gateway/unlink", 404),
        ("POST", "/gateway/link/x", 404),
        ("POST", "/gateway/LINK", 404),
        ("POST", "//", 404),
        ("POST", "//else/where", 404),
    ] {
        let request = Request::builder().method(method).uri(path);
        let reply = partner.send(request.body(Body::empty()).unwrap()).await;
        if path == "//" {
            assert_eq!(reply.status, status);
            continue;
        }
        assert_eq!(
            (reply.status.as_u16(), reply.message().as_str()),
            (status, "ProtocolError"),
            "{method} {path}"
        );
        assert_eq!(
            reply.headers.contains_key(header::ALLOW),
            status == 405,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_body_is_json_whatever_its_content_types_say() {
    let partner = Partner::open().await;
    for kinds in [
        &[][..],
        &["application/json"],
        &["application/json", "application/x-www-form-urlencoded"],
        &["text/plain"],
        &["multipart/form-data"],
    ] {
        let mut request = Request::builder().method(Method::POST).uri("/gateway/link");
        for kind in kinds {
            request = request.header(header::CONTENT_TYPE, *kind);
        }
        let body = Body::from(link(SHOP, "u").to_string());
        let reply = partner.send(request.body(body).unwrap()).await;
        assert_eq!(reply.message(), "OK", "{kinds:?}");
        assert_eq!(reply.headers[header::CONTENT_TYPE], "application/json");
    }
}

#[tokio::test]
async fn ids_may_be_numbers_or_texts_and_the_rest_is_ignored() {
    let partner = Partner::open().await;
    Phone::linked(&partner, BUSY, "3137").await;
    let text = BUSY.to_string();
    let mut body = start(BUSY, "3137", &json!("101"), "text");
    for (tenant, user) in [
        (json!(BUSY), json!("3137")),
        (json!(text), json!("3137")),
        (json!(text), json!(3137)),
    ] {
        body["tenantId"] = tenant;
        body["userExternalId"] = user;
        body["more"] = json!({"of": ["what", {"nobody": "knows"}]});
        let reply = partner.post("/gateway/auth", &body).await;
        let session = reply.json()["sessionExternalId"].clone();
        assert!(session.is_string(), "{}", reply.body);
        let session = session.as_str().unwrap();
        let mut asked = check(BUSY, session);
        asked["type"] = json!(101);
        asked["authParams"] = json!({"guiText": "?", "guiHeader": "?"});
        for id in [json!(session), json!(session.parse::<u64>().unwrap())] {
            asked["sessionExternalId"] = id;
            let reply = partner.post("/gateway/check", &asked).await;
            assert_eq!(reply.json()["status"]["code"], -1, "{}", reply.body);
        }
    }
}

#[tokio::test]
async fn a_name_may_be_hashed_as_its_numbers_or_as_itself() {
    let partner = Partner::open().await;
    Phone::linked(&partner, BUSY, "u").await;
    for (name, hashed) in [
        ("AUTH_OK", "101"),
        ("AUTH_OK", "103"),
        ("AUTH_OK", "AUTH_OK"),
        ("AUTH_PIN", "102"),
        ("AUTH_PIN_TAN", "103"),
        ("AUTH_BIOMETRIC_OK", "105"),
        ("BIOMETRIC_OK", "107"),
        ("SET_PIN", "105"),
        ("USER_FORGOT_PIN", "106"),
        ("FALLBACK", "108"),
        ("DEVICE_INFOR", "104"),
    ] {
        let text = format!("{name} {hashed}");
        let mut body = start(BUSY, "u", &json!(name), &text);
        body["signature"] = match name {
            "DEVICE_INFOR" => sign(&["50001", "u", hashed]).into(),
            _ => Value::from(sign(&["50001", "u", "Header", &text, hashed])),
        };
        let reply = partner.post("/gateway/auth", body).await;
        assert_eq!(reply.message(), "OK", "{text}");
    }
    for (name, hashed) in [("AUTH_OK", "102"), ("AUTH_PIN", "101"), ("SET_PIN", "107")] {
        let mut body = start(BUSY, "u", &json!(name), "text");
        body["signature"] = sign(&["50001", "u", "Header", "text", hashed]).into();
        let reply = partner.post("/gateway/auth", body).await;
        assert_eq!(reply.message(), "ProtocolError", "{name} {hashed}");
    }
}

#[tokio::test]
async fn texts_arrive_as_they_are() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "Zoë <b>\u{202e}").await;
    for text in [
        "<script>alert(1)</script>",
        "\u{202e}\u{200b}\u{feff}",
        "a\r\nb\tc",
        "😀\\\"",
        &"x".repeat(16_384),
    ] {
        let reply = partner
            .start(BUSY, "Zoë <b>\u{202e}", &json!(101), text)
            .await;
        assert_eq!(reply.message(), "OK");
        let shown = phone.pending(&partner).await;
        assert_eq!(shown.last().unwrap()["text"], text);
        assert_eq!(shown.last().unwrap()["user"], "Zoë <b>\u{202e}");
    }
}

//! Strange requests: each gets an answer of the protocol, and none a server error.

use axum::http::header;

use crate::bank::{Bank, FORM, TOKEN, request};

#[tokio::test]
async fn a_place_or_method_that_is_not_there_says_so_in_its_doors_shape() {
    let bank = Bank::open().await;
    for (method, path, status, allow) in [
        ("GET", TOKEN, 405, "POST"),
        ("PUT", "/idp/ONLINEBANK/authn/introspect", 405, "POST"),
        (
            "POST",
            "/idp/ONLINEBANK/authn/.well-known/openid-configuration",
            405,
            "GET,HEAD",
        ),
        ("POST", "/idp/OTHER/authn/token", 404, ""),
        ("POST", "/idp/onlinebank/authn/token", 404, ""),
        ("POST", "/idp/%FF/authn/token", 404, ""),
        ("POST", "/idp/ONLINEBANK/authn/nothing", 404, ""),
        ("POST", "/idp/ONLINEBANK/authn/token/", 404, ""),
        ("GET", "/idp/x", 404, ""),
        ("DELETE", "/scim/ONLINEBANK/v2/Users", 405, "GET,HEAD"),
        ("PATCH", "/scim/ONLINEBANK/Device/1", 405, "GET,HEAD,POST"),
        ("GET", "/scim/ONLINEBANK/v2/Users/.search", 405, "POST"),
        ("GET", "/scim/OTHER/v2/Users", 404, ""),
        ("GET", "/scim/ONLINEBANK/v2/users", 404, ""),
        ("GET", "/scim/ONLINEBANK/v3/Users", 404, ""),
        ("GET", "/SCIM/x", 404, ""),
    ] {
        let reply = bank.send(request(method, path, &[FORM], "")).await;
        assert_eq!(reply.status, status, "{method} {path}");
        let given = reply
            .headers
            .get(header::ALLOW)
            .map_or("", |value| value.to_str().unwrap());
        assert_eq!(given, allow, "{method} {path}");
        let kind = reply.headers[header::CONTENT_TYPE].to_str().unwrap();
        let scim = path.to_lowercase().starts_with("/scim");
        assert_eq!(
            kind.starts_with("application/scim+json"),
            scim,
            "{method} {path}"
        );
        assert!(reply.json().is_object());
    }
}

#[tokio::test]
async fn the_first_segment_may_be_in_upper_case() {
    let bank = Bank::open().await;
    let body = "grant_type=client_credentials&client_id=spl-api&client_secret=password01";
    let reply = bank.post("/IDP/ONLINEBANK/authn/token", &[], body).await;
    let bearer = format!("Bearer {}", reply.json()["access_token"].as_str().unwrap());
    for path in [
        "/SCIM/ONLINEBANK/v2/Users",
        "/SCIM/ONLINEBANK/Users",
        "/scim/ONLINEBANK/Device",
    ] {
        assert_eq!(
            bank.send(request("GET", path, &[("authorization", &bearer)], ""))
                .await
                .status,
            200,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_body_is_at_most_64_kib() {
    let bank = Bank::open().await;
    let most = format!(
        "grant_type=client_credentials&x={}",
        "x".repeat(64 * 1024 - 32)
    );
    assert_eq!(most.len(), 64 * 1024);
    assert_eq!(bank.post(TOKEN, &[], &most).await.status, 401);
    let reply = bank.post(TOKEN, &[], &(most.clone() + "x")).await;
    assert_eq!(
        (reply.status.as_u16(), reply.error().as_str()),
        (413, "invalid_request")
    );
    let token = bank.portal_token().await;
    let reply = bank
        .scim(&token, "POST", "/v2/Users/.search", &(most + "x"))
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.json()["status"].as_str()),
        (413, Some("413"))
    );
}

#[tokio::test]
async fn a_body_of_another_kind_is_told_what_to_be() {
    let bank = Bank::open().await;
    let headers = [("content-type", "application/json")];
    let reply = bank.send(request("POST", TOKEN, &headers, "{}")).await;
    insta::assert_snapshot!(reply.shown());
}

#[tokio::test]
async fn nothing_strange_makes_a_server_error() {
    let bank = Bank::open().await;
    let token = bank.portal_token().await;
    let bearer = format!("Bearer {token}");
    let long = "9".repeat(60_000);
    let hostile = format!("sign1:{}", ":true ".repeat(9_000));
    for body in [
        "mode=SYNCHRONOUS&username=%00&password=1".to_owned(),
        "mode=SYNCHRONOUS&username=%FF&password=1".to_owned(),
        "=".to_owned(),
        "&&&".to_owned(),
        "%".to_owned(),
        format!("mode=SYNCHRONOUS&username={long}&password=1"),
        format!("mode=SYNCHRONOUS&username=myTestUser1&password={long}"),
        format!("mode=SYNCHRONOUS&username=myTestUser1&password=1&device_id={long}"),
        format!("mode=SYNCHRONOUS&username=myTestUser1&password=1&authType={long}"),
        format!("mode=SIGNING&username=myTestUser1&password=1&context={hostile}"),
        format!("mode=SIGNING&username=myTestUser1&password=1&context=sign1:{long}:true"),
        "mode=SIGNING&username=myTestUser1&password=1&context=sign1::false".to_owned(),
        "mode=SIGNING&username=myTestUser1&password=1&context=sign1:%C3%A9%F0%9F%98%80:false"
            .to_owned(),
        format!(
            "mode=SIGNING&username=myTestUser1&password=1&context={}",
            (1..=65)
                .map(|n| format!("sign{n}:1:false"))
                .collect::<Vec<_>>()
                .join("+")
        ),
        format!("token={long}"),
    ] {
        for place in ["token", "introspect", "revoke"] {
            let body = format!("grant_type=password&{body}");
            let path = format!("/idp/ONLINEBANK/authn/{place}");
            let reply = bank
                .send(request(
                    "POST",
                    &path,
                    &[FORM, ("authorization", &bearer)],
                    body.clone(),
                ))
                .await;
            assert!(
                !reply.status.is_server_error(),
                "{place} {}: {}",
                &body[..60.min(body.len())],
                reply.body
            );
        }
    }
    for path in [
        "/v2/Users/%00",
        "/v2/Device/%00",
        "/v2/Authenticator/%00.AT_CUSTOTP",
        "/v2/Users?filter=userName%20eq%20%22%5Cu0000%22",
        "/v2/Users?filter=%FF",
        "/v2/Users?startIndex=9223372036854775807&count=9223372036854775807&sortBy=id",
    ] {
        let reply = bank.scim(&token, "GET", path, "").await;
        assert!(!reply.status.is_server_error(), "{path} {}", reply.body);
    }
    let raw = request(
        "POST",
        TOKEN,
        &[FORM, ("authorization", &bearer)],
        vec![0xFF; 1000],
    );
    assert_eq!(bank.send(raw).await.error(), "invalid_request");
}

//! Reading over SCIM: resources, lists, and the searches of the vendor's clients.

use serde_json::{Value, json};

use crate::bank::Bank;
use crate::codes::hotp;

async fn bank() -> (Bank, String) {
    let bank = Bank::open().await;
    let token = bank.portal_token().await;
    (bank, token)
}

/// The names that a search finds: user names, or ids' ends.
async fn found(bank: &Bank, token: &str, kind: &str, body: &Value) -> Vec<String> {
    let reply = bank
        .scim(
            token,
            "POST",
            &format!("/v2/{kind}/.search"),
            &body.to_string(),
        )
        .await;
    assert_eq!(reply.status, 200, "{body}: {}", reply.body);
    let list = reply.json();
    let names = list["resources"].as_array().unwrap().iter().map(|one| {
        let name = one
            .get("userName")
            .or(one.get("policy").and_then(|policy| policy.get("value")));
        name.unwrap_or(&one["id"]).as_str().unwrap().to_owned()
    });
    names.collect()
}

#[tokio::test]
async fn a_user_an_authenticator_and_a_device() {
    let (bank, token) = bank().await;
    for (code, right) in [(hotp(0), true), ("000000".to_owned(), false)] {
        let body =
            format!("mode=SYNCHRONOUS&authType=AT_CUSTOTP&username=myTestUser1&password={code}");
        assert_eq!(bank.login(&token, &body).await.status == 200, right);
        bank.clock.advance_s(1);
    }
    let id = bank.user_id(&token, "myTestUser1").await;
    let mut shown = String::new();
    for path in [
        format!("/v2/Users/{id}?api-version%20=%209"),
        format!("/v2/Authenticator/{id}.AT_CUSTOTP"),
        "/v2/Device/13158".to_owned(),
        "/v2/Device/13158?attributes=status".to_owned(),
    ] {
        shown += &bank.scim(&token, "GET", &path, "").await.shown();
    }
    insta::assert_snapshot!(shown);
    for path in [
        "/v2/Users/1",
        "/v2/Users/x",
        "/v2/Users/",
        "/v2/Device/x",
        "/v2/Authenticator/1.AT_CUSTOTP",
        &format!("/v2/Authenticator/{id}.AT_NONE"),
        &format!("/v2/Authenticator/{id}"),
        "/v2/Nothing",
        "/v2/Users/a/b",
    ] {
        let reply = bank.scim(&token, "GET", path, "").await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()["status"].as_str()),
            (404, Some("404")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_locked_user_is_disabled_and_a_tampered_count_is_seen() {
    let (bank, token) = bank().await;
    let id = bank.user_id(&token, "myTestUser3").await;
    let path = format!("/v2/Authenticator/{id}.AT_EMPOTP");
    let status = async || bank.scim(&token, "GET", &path, "").await.json();
    assert_eq!(
        status().await["status"],
        json!({"status": "ENABLED", "active": true})
    );
    for _ in 0..2 {
        let ask = crate::bank::action("USER-CHALLENGE", &[("USER.EXTERNALID", "myTestUser3")]);
        bank.scim(&token, "POST", &path, &ask).await;
        let wrong = "mode=ASYNCHRONOUS&authType=AT_EMPOTP&username=myTestUser3&password=00000000";
        assert_eq!(bank.login(&token, wrong).await.status, 400);
    }
    let locked = status().await;
    assert_eq!(
        locked["status"],
        json!({"status": "DISABLED", "active": false})
    );
    assert_eq!(locked["statistics"]["consecutiveFailed"], "2");
    bank.scim(&token, "POST", &path, &crate::bank::action("RESET", &[]))
        .await;
    let reset = status().await;
    assert_eq!(reset["status"]["status"], "ENABLED");
    assert_eq!(
        (
            &reset["statistics"]["consecutiveFailed"],
            &reset["statistics"]["totalFailed"]
        ),
        (&json!("0"), &json!("2"))
    );
}

#[tokio::test]
async fn the_vendors_searches_find_their_users() {
    let (bank, token) = bank().await;
    let id = bank.user_id(&token, "myTestUser1").await;
    for (kind, filter, expected) in [
        (
            "Users",
            "userName eq myTestUser1".to_owned(),
            &["myTestUser1"][..],
        ),
        (
            "Users",
            "username eq \"myTestUser1\"".to_owned(),
            &["myTestUser1"],
        ),
        ("Users", "userName eq mytestuser1".to_owned(), &[]),
        (
            "Users",
            "externalId eq \"uid406jkt\"".to_owned(),
            &["myTestUser1"],
        ),
        ("Users", "externalId eq myTestUser1".to_owned(), &[]),
        (
            "Users",
            "externalId eq myTestUser2".to_owned(),
            &["myTestUser2"],
        ),
        (
            "Users",
            "ATR_MOBILE eq +971566950101".to_owned(),
            &["myTestUser1"],
        ),
        ("Users", "emails co example".to_owned(), &["myTestUser1"]),
        (
            "Users",
            format!("id eq {id} and active eq true"),
            &["myTestUser1"],
        ),
        ("Users", format!("id eq {id} and active eq false"), &[]),
        ("Users", "nothing eq x".to_owned(), &[]),
    ] {
        let names = found(&bank, &token, kind, &json!({"filter": filter})).await;
        assert_eq!(names, expected, "{kind} {filter}");
    }
}

#[tokio::test]
async fn the_vendors_searches_find_authenticators_and_devices() {
    let (bank, token) = bank().await;
    let id = bank.user_id(&token, "myTestUser1").await;
    for (kind, filter, expected) in [
        (
            "Authenticator",
            format!("owner.value eq {id}"),
            &["AT_CUSTOTP", "AT_EMPOTP"][..],
        ),
        (
            "Authenticator",
            format!("owner.value eq {id} and policy.value eq AT_EMPOTP"),
            &["AT_EMPOTP"],
        ),
        (
            "Authenticator",
            "owner.display eq \"uid406jkt\" and policy eq AT_EMPOTP".to_owned(),
            &["AT_EMPOTP"],
        ),
        (
            "Authenticators",
            format!("id eq {id}.AT_EMPOTP"),
            &["AT_EMPOTP"],
        ),
        ("Device", "externalId eq 10000000".to_owned(), &["13158"]),
        ("Device", "id eq \"phone 2\"".to_owned(), &["phone 2"]),
        ("Devices", format!("owner.value eq {id}"), &["13158"]),
        ("Device", "type eq DT_POCK_OT".to_owned(), &["phone 2"]),
        (
            "Device",
            "status.status eq ACTIVE and (externalId eq S3 or externalId eq S4)".to_owned(),
            &["S3", "S4"],
        ),
    ] {
        let mut names = found(&bank, &token, kind, &json!({"filter": filter})).await;
        names.sort();
        assert_eq!(names, expected, "{kind} {filter}");
    }
}

#[tokio::test]
async fn lists_are_sorted_and_cut_as_the_vendors_page_asks() {
    let (bank, token) = bank().await;
    let all = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "groups eq \"UG_ROOT\"",
        "sortBy": "userName", "sortOrder": "descending", "startIndex": 0, "count": "100",
    });
    assert_eq!(
        found(&bank, &token, "Users", &all).await,
        ["myTestUser3", "myTestUser2", "myTestUser1"]
    );
    let path = "/v2/Users?sortBy=userName&startIndex=2&count=1&attributes=userName,roles";
    insta::assert_snapshot!(bank.scim(&token, "GET", path, "").await.shown());
    for body in [
        "",
        "[]",
        "{\"filter\":\"userName eq\"}",
        "{\"count\":\"x\"}",
        "{\"sortBy\":\"a b\"}",
    ] {
        let reply = bank.scim(&token, "POST", "/v2/Users/.search", body).await;
        assert_eq!(reply.status, 400, "{body}");
    }
}

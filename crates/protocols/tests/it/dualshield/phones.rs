//! `OOBA`: the user approves on the linked phone while the call waits.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use challenge::approval::Verdict;
use serde_json::{Value, json};

use crate::agency::{TOKEN, call};
use crate::partner::{ASLEEP, BANK, BUSY, Partner, Reply, SHOP};
use crate::phone::{Phone, Typed};

/// What a user who is asked is called.
const USER: &str = "u";

async fn token(partner: &Partner, client: &str) -> String {
    let body = json!({
        "grant_type": "client_credentials", "client_id": client, "client_secret": "password01",
    });
    let request = Request::post(TOKEN).header("content-type", "application/json");
    let reply = partner
        .send(request.body(body.to_string().into()).unwrap())
        .await;
    let token = reply.json()["access_token"].as_str().map(str::to_owned);
    token.unwrap_or_else(|| panic!("no token: {}", reply.body))
}

async fn agent(partner: &Partner, tenant: u64) -> String {
    token(partner, &format!("agent-{tenant}")).await
}

/// Has a user asked, or goes on waiting, with these members of the credential.
async fn logon(partner: &Partner, token: &str, credential: Value) -> Reply {
    logon_of(partner, token, USER, credential).await
}

async fn logon_of(partner: &Partner, token: &str, user: &str, mut credential: Value) -> Reply {
    credential["method"] = "OOBA".into();
    let body =
        json!({"user": {"id": user}, "credential": credential, "return": ["user.externalId"]});
    partner
        .send(call(token, "/das5/rest/auth/logon", &body))
        .await
}

fn error(reply: &Reply) -> u64 {
    reply.json()["error"].as_u64().unwrap()
}

/// Decides as soon as something is asked; gives what was displayed.
async fn decide(partner: &Partner, phone: &Phone, verdict: Verdict, typed: Typed<'_>) -> Value {
    loop {
        if let Some(shown) = phone.pending(partner).await.into_iter().next() {
            let reply = phone.decide(partner, verdict, typed).await;
            assert_eq!(reply.status, 200, "{}", reply.body);
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The id of a session that waits.
async fn asked(partner: &Partner, token: &str) -> String {
    let reply = logon(partner, token, json!({})).await;
    assert_eq!(error(&reply), 1200, "{}", reply.body);
    reply.json()["result"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_call_waits_until_the_user_approved() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, USER).await;
    let token = agent(&partner, BUSY).await;
    let (reply, shown) = tokio::join!(
        logon(&partner, &token, json!({})),
        decide(&partner, &phone, Verdict::Approve, Typed::default()),
    );
    assert_eq!(
        reply.body,
        r#"{"error":0,"result":{"user.externalId":"u"}}"#
    );
    assert_eq!(shown["header"], "Sign in");
    let text = format!("Somebody signs in at Tenant \u{201c}{BUSY}\u{201d}. Is it you?");
    assert_eq!(shown["text"], text.as_str());
}

#[tokio::test]
async fn what_the_phone_displays_is_the_applications_to_say() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, USER).await;
    let token = agent(&partner, BUSY).await;
    for (rest, header, text) in [
        (
            json!({"options": {"header": "Payment", "text": "12.50 EUR"}}),
            "Payment",
            "12.50 EUR",
        ),
        (
            json!({"remoteIp": "2001:db8::1"}),
            "Sign in",
            "Somebody signs in at Tenant \u{201c}50001\u{201d} from 2001:db8::1. Is it you?",
        ),
        (
            json!({"remoteIp": "your bank, press yes"}),
            "Sign in",
            "Somebody signs in at Tenant \u{201c}50001\u{201d}. Is it you?",
        ),
    ] {
        let mut body = rest;
        body["user"] = json!({"id": USER});
        body["credential"] = json!({"method": "ooba"});
        let (reply, shown) = tokio::join!(
            partner.send(call(&token, "/auth/verify", &body)),
            decide(&partner, &phone, Verdict::Approve, Typed::default()),
        );
        assert_eq!(reply.body, r#"{"error":0}"#);
        assert_eq!(
            (&shown["header"], &shown["text"]),
            (&json!(header), &json!(text))
        );
    }
    let long = json!({"user": {"id": USER}, "credential": {"method": "OOBA"}, "options": {"text": "x".repeat(16_385)}});
    assert_eq!(
        error(&partner.send(call(&token, "/auth/verify", &long)).await),
        1007
    );
}

#[tokio::test]
async fn a_user_who_declines_is_told_as_that() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, USER).await;
    let token = agent(&partner, BUSY).await;
    for verdict in [Verdict::Decline, Verdict::NotMe] {
        let (reply, _) = tokio::join!(
            logon(&partner, &token, json!({})),
            decide(&partner, &phone, verdict, Typed::default()),
        );
        assert_eq!(error(&reply), 1201, "{}", reply.body);
    }
    let paused = logon(&partner, &token, json!({})).await;
    assert_eq!(
        error(&paused),
        1205,
        "who said it was somebody else is left alone: {}",
        paused.body
    );
}

#[tokio::test]
async fn a_call_that_waited_long_enough_is_told_how_to_go_on() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, USER).await;
    let token = agent(&partner, BUSY).await;
    let began = now();
    let id = asked(&partner, &token).await;
    let waited = began.elapsed();
    assert!(
        waited > Duration::from_secs(7) && waited < Duration::from_mins(1),
        "{waited:?}"
    );
    decide(&partner, &phone, Verdict::Approve, Typed::default()).await;
    let going_on = json!({"id": id});
    assert_eq!(error(&logon(&partner, &token, going_on.clone()).await), 0);
    assert_eq!(error(&logon(&partner, &token, going_on).await), 1204);
    assert_eq!(
        phone.pending(&partner).await.len(),
        0,
        "nobody was asked again"
    );
}

#[tokio::test]
async fn a_number_is_told_at_once_for_the_application_to_show() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BANK, USER).await;
    let token = agent(&partner, BANK).await;
    let began = now();
    let reply = logon(&partner, &token, json!({})).await;
    assert!(
        began.elapsed() < Duration::from_secs(7),
        "{:?}",
        began.elapsed()
    );
    let result = reply.json()["result"].clone();
    let (id, number) = (&result["id"], result["number"].as_str().unwrap().to_owned());
    assert!(result["expires"].as_str().unwrap().ends_with('Z'));
    let typed = Typed {
        number: Some(&number),
        ..Typed::default()
    };
    let (reply, _) = tokio::join!(
        logon(&partner, &token, json!({"id": id})),
        decide(&partner, &phone, Verdict::Approve, typed),
    );
    assert_eq!(error(&reply), 0, "{}", reply.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_calls_that_wait_for_one_approval_one_is_told_so() {
    let partner = Arc::new(Partner::open().await);
    let phone = Phone::linked(&partner, BANK, USER).await;
    let token = agent(&partner, BANK).await;
    let result = logon(&partner, &token, json!({})).await.json()["result"].clone();
    let calls: Vec<_> = (0..32)
        .map(|_| {
            let (partner, token) = (Arc::clone(&partner), token.clone());
            let credential = json!({"id": result["id"]});
            tokio::spawn(async move { error(&logon(&partner, &token, credential).await) })
        })
        .collect();
    let typed = Typed {
        number: result["number"].as_str(),
        ..Typed::default()
    };
    decide(&partner, &phone, Verdict::Approve, typed).await;
    let mut told = Vec::new();
    for call in calls {
        told.push(call.await.unwrap());
    }
    assert_eq!(
        told.iter().filter(|error| **error == 0).count(),
        1,
        "{told:?}"
    );
    assert!(
        told.iter().all(|error| [0, 1204].contains(error)),
        "{told:?}"
    );
}

#[tokio::test]
async fn an_approval_is_its_clients_and_its_users() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BANK, USER).await;
    Phone::linked(&partner, BANK, "v").await;
    let agent = agent(&partner, BANK).await;
    let second = token(&partner, &format!("second-{BANK}")).await;
    let elsewhere = token(&partner, &format!("agent-{SHOP}")).await;
    Phone::linked(&partner, SHOP, USER).await;
    let result = logon(&partner, &agent, json!({})).await.json()["result"].clone();
    let typed = Typed {
        number: result["number"].as_str(),
        ..Typed::default()
    };
    decide(&partner, &phone, Verdict::Approve, typed).await;
    let id = json!({"id": result["id"]});
    for reply in [
        logon(&partner, &second, id.clone()).await,
        logon(&partner, &elsewhere, id.clone()).await,
        logon_of(&partner, &agent, "v", id.clone()).await,
        logon(&partner, &agent, json!({"id": "1"})).await,
        logon(&partner, &agent, json!({"id": "x"})).await,
    ] {
        assert_eq!(error(&reply), 1203, "{}", reply.body);
    }
    assert_eq!(error(&logon(&partner, &agent, id.clone()).await), 0);
    partner.clock.advance_s(600);
    let token = token(&partner, &format!("agent-{BANK}")).await;
    assert_eq!(error(&logon(&partner, &token, id).await), 1204);
}

#[tokio::test]
async fn what_cannot_be_asked_is_told_at_once() {
    let partner = Partner::open().await;
    let shop = agent(&partner, SHOP).await;
    partner.link(SHOP, "unlinked").await;
    assert_eq!(
        error(&logon_of(&partner, &shop, "unlinked", json!({})).await),
        1202
    );
    assert_eq!(
        error(&logon_of(&partner, &shop, "nobody", json!({})).await),
        101
    );
    let asleep = agent(&partner, ASLEEP).await;
    assert_eq!(
        error(&logon_of(&partner, &asleep, "nobody", json!({})).await),
        101
    );
    let phone = Phone::linked(&partner, SHOP, USER).await;
    let started = partner.start(SHOP, USER, &json!(101), "text").await;
    assert_eq!(started.message(), "OK");
    assert_eq!(
        error(&logon(&partner, &shop, json!({})).await),
        1205,
        "one is pending already"
    );
    // What the tenant's own server asked is not the application's to use.
    decide(&partner, &phone, Verdict::Approve, Typed::default()).await;
    let theirs = json!({"id": started.json()["sessionExternalId"]});
    assert_eq!(error(&logon(&partner, &shop, theirs).await), 1203);
}

#[tokio::test]
async fn a_phone_is_a_token_that_can_be_named() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BANK, USER).await;
    let token = agent(&partner, BANK).await;
    let wanted = json!({
        "user": {"id": USER}, "token": {"product.functions": "OOBA"},
        "return": ["id", "status", {"token": ["id", "serial", "oobDeviceModel", "oobDeviceType"]}],
    });
    let reply = partner
        .send(call(&token, "/auth/listTokenAssignments", &wanted))
        .await;
    let row = reply.json()["result"]["rows"][0].clone();
    let id = phone.name.unwrap().device.to_string();
    assert_eq!(
        row,
        json!({
            "id": id, "status": "ACTIVE",
            "token": {"id": id, "serial": id, "oobDeviceModel": "My phone", "oobDeviceType": "test"},
        })
    );
    let steps = json!({"user": {"id": USER}, "return": [{"authenticators": ["code"]}]});
    let reply = partner
        .send(call(&token, "/auth/getLogonSteps", &steps))
        .await;
    assert_eq!(
        reply.json()["result"]["rows"][0]["authenticators"],
        json!([{"code": "OOBA"}])
    );
    for (named, expected) in [
        (json!({"tokenId": "1"}), 1005),
        (json!({"tokenId": id}), 1200),
    ] {
        assert_eq!(error(&logon(&partner, &token, named).await), expected);
    }
    for (named, total) in [
        (json!({"id": id}), 1),
        (json!({"serial": id}), 1),
        (
            json!({"product.name": "phone", "product.method": "OOBA"}),
            1,
        ),
        (json!({"product.method": "OOBA"}), 1),
        (json!({"product.name": "Phone"}), 1),
        (json!({"product.functions": "OTP"}), 0),
        (json!({"id": "1"}), 0),
    ] {
        let body = json!({"user": {"id": USER}, "token": named});
        let reply = partner.send(call(&token, "/auth/listTokens", &body)).await;
        assert_eq!(reply.json()["result"]["total"], total, "{body}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test measures how long it waited"
)]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

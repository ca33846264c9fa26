//! Every message that the gateway can say, each brought about.

use challenge::approval::Verdict;
use serde_json::{Value, json};

use crate::partner::{
    ASLEEP, BANK, BUSY, OVER, Partner, Reply, SHOP, SLOW, START_S, check, link, sign, start,
};
use crate::phone::{Phone, Typed};

fn assert_refused(reply: &Reply, message: &str) {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let status = json!({"code": 101, "message": message});
    assert_eq!(reply.json()["status"], status, "{}", reply.reason());
}

#[tokio::test]
async fn a_bad_signature_and_an_unknown_tenant_look_the_same() {
    let partner = Partner::open().await;
    let mut forged = link(SHOP, "u");
    forged["signature"] = sign(&["else"]).into();
    let forged = partner.post("/gateway/link", forged).await;
    assert_refused(&forged, "ProtocolError");
    for tenant in [
        json!(1),
        json!(u64::MAX),
        json!("40007x"),
        json!("040007"),
        json!("+40007"),
        json!(""),
    ] {
        let mut body = link(SHOP, "u");
        let text = tenant.as_str().map_or(tenant.to_string(), str::to_owned);
        body["signature"] = sign(&[&text, "u"]).into();
        body["tenantId"] = tenant;
        let unknown = partner.post("/gateway/link", body).await;
        assert_eq!(unknown.body, forged.body);
        assert_eq!(unknown.headers, forged.headers);
    }
}

#[tokio::test]
async fn every_changed_field_breaks_the_signature() {
    let partner = Partner::open().await;
    Phone::linked(&partner, BUSY, "u").await;
    let good = start(BUSY, "u", &json!(101), "text");
    for (path, value) in [
        ("/tenantId", json!(SHOP)),
        ("/userExternalId", json!("v")),
        ("/type", json!(102)),
        ("/authParams/guiHeader", json!("Heade")),
        ("/authParams/guiText", json!("Text")),
        ("/authParams", Value::Null),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(path).unwrap() = value;
        let reply = partner.post("/gateway/auth", body).await;
        assert_refused(&reply, "ProtocolError");
    }
    assert_eq!(partner.post("/gateway/auth", good).await.message(), "OK");
}

#[tokio::test]
async fn what_cannot_be_decoded_is_a_protocol_error_and_says_why() {
    let partner = Partner::open().await;
    let mut unsigned = link(SHOP, "u");
    unsigned["signature"] = json!("zz");
    let mut card = start(SHOP, "u", &json!(111), "text");
    let mut unknown = card.clone();
    card["type"] = json!("GET_PAYMENT_CARD");
    unknown["type"] = json!(99);
    for (place, body, reason) in [
        ("link", json!({}), "missing field"),
        (
            "link",
            json!({"tenantId": {}, "userExternalId": "u", "signature": ""}),
            "a text or a whole number",
        ),
        ("link", unsigned, "signature: base64 of 32 bytes"),
        ("auth", card, "payment cards"),
        ("auth", unknown, "type: send one of"),
        (
            "check",
            json!({"tenantId": 1, "signature": ""}),
            "sessionExternalId",
        ),
    ] {
        let reply = partner.post(&format!("/gateway/{place}"), body).await;
        assert_refused(&reply, "ProtocolError");
        assert!(reply.reason().contains(reason), "{}", reply.reason());
    }
    for body in ["", "nonsense", "[]", "\"x\"", "{\"a\":"] {
        for place in ["link", "auth", "session", "check"] {
            let reply = partner.post(&format!("/gateway/{place}"), body).await;
            assert_eq!(
                (reply.status.as_u16(), reply.message().as_str()),
                (400, "ProtocolError")
            );
        }
    }
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(256 * 1024));
    let reply = partner.post("/gateway/auth", long).await;
    assert_eq!(
        (reply.status.as_u16(), reply.message().as_str()),
        (413, "ProtocolError")
    );
    let long = start(SHOP, "u", &json!(101), &"x".repeat(16_385));
    let reply = partner.post("/gateway/auth", long).await;
    assert_refused(&reply, "ProtocolError");
    assert!(reply.reason().contains("guiText"), "{}", reply.reason());
    for user in ["", &"x".repeat(201), "a\nb"] {
        let reply = partner.link(SHOP, user).await;
        assert_refused(&reply, "ProtocolError");
        assert!(
            reply.reason().starts_with("userExternalId"),
            "{}",
            reply.reason()
        );
    }
}

#[tokio::test]
async fn a_tenant_that_may_not_ask_is_told_so_once_it_has_signed() {
    let partner = Partner::open().await;
    for (tenant, message) in [(ASLEEP, "TenantInactive"), (OVER, "TenantExpired")] {
        assert_refused(&partner.link(tenant, "u").await, message);
        assert_refused(
            &partner.start(tenant, "u", &json!(101), "text").await,
            message,
        );
        assert_refused(&partner.check(tenant, "100227").await, message);
        let mut forged = link(tenant, "u");
        forged["signature"] = sign(&["else"]).into();
        let reply = partner.post("/gateway/link", forged).await;
        assert_refused(&reply, "ProtocolError");
    }
    let moment = challenge::clock::Timestamp::from_unix_s(START_S - 1);
    partner.clock.set(moment);
    assert_eq!(partner.link(OVER, "u").await.message(), "OK");
}

#[tokio::test]
async fn limits_are_told_and_end() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, SHOP, "u").await;
    for round in 0..3 {
        partner.started(SHOP, "u", &json!(101)).await;
        let second = partner
            .start(SHOP, "u", &json!(101), &format!("more {round}"))
            .await;
        assert_refused(&second, "BadTenantSession");
        phone
            .decide(&partner, Verdict::Decline, Typed::default())
            .await;
    }
    let fourth = partner.start(SHOP, "u", &json!(101), "text").await;
    assert_refused(&fourth, "TenantReachedLimits");
    assert!(fourth.reason().contains("five minutes"));
    partner.clock.advance_s(301);
    partner.started(SHOP, "u", &json!(101)).await;
    phone
        .decide(&partner, Verdict::NotMe, Typed::default())
        .await;
    partner.clock.advance_s(899);
    let paused = partner.start(SHOP, "u", &json!(101), "text").await;
    assert_refused(&paused, "TenantReachedLimits");
    partner.clock.advance_s(2);
    partner.started(SHOP, "u", &json!(101)).await;
}

#[tokio::test]
async fn a_tenant_has_its_own_pace() {
    let partner = Partner::open().await;
    for user in ["a", "b"] {
        assert_eq!(partner.link(SLOW, user).await.message(), "OK");
    }
    assert_refused(&partner.link(SLOW, "c").await, "TenantReachedLimits");
    partner.clock.advance_s(61);
    assert_eq!(partner.link(SLOW, "c").await.message(), "OK");
}

#[tokio::test]
async fn a_user_without_a_phone_is_not_linked_whether_known_or_not() {
    let partner = Partner::open().await;
    partner.link(SHOP, "known").await;
    let replies = [
        partner.start(SHOP, "known", &json!(101), "text").await,
        partner.start(SHOP, "unknown", &json!(101), "text").await,
    ];
    assert_refused(&replies[0], "UserNotLinked");
    assert_eq!(replies[0].body, replies[1].body);
    let phone = Phone::linked(&partner, SHOP, "known").await;
    phone
        .send(&partner, ("DELETE", "/device/v1/device"), "")
        .await;
    let reply = partner.start(SHOP, "known", &json!(101), "text").await;
    assert_refused(&reply, "UserNotLinked");
}

#[tokio::test]
async fn sessions_that_are_not_there_look_the_same() {
    let partner = Partner::open().await;
    let _phone = Phone::linked(&partner, SHOP, "u").await;
    Phone::linked(&partner, BUSY, "u").await;
    let foreign = partner.started(BUSY, "u", &json!(101)).await;
    let expired = partner.started(SHOP, "u", &json!(101)).await;
    partner.clock.advance_s(120);
    let mut bodies = Vec::new();
    for session in [
        &expired,
        &foreign,
        "100227",
        "x",
        "",
        "00",
        "9007199254740993",
        "-1",
    ] {
        let reply = partner.check(SHOP, session).await;
        assert_refused(&reply, "TenantSessionNotFound");
        bodies.push((reply.body, reply.headers));
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn a_locked_user_is_a_limit() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BANK, "u").await;
    for round in 0..5 {
        if phone.pending(&partner).await.is_empty() {
            partner
                .start(BANK, "u", &json!(101), &format!("{round}"))
                .await;
        }
        let typed = Typed {
            number: Some("00"),
            ..Typed::default()
        };
        let wrong = phone.decide(&partner, Verdict::Approve, typed).await;
        assert_eq!(wrong.problem(), "wrong", "{round}");
    }
    phone
        .decide(&partner, Verdict::Decline, Typed::default())
        .await;
    let reply = partner.start(BANK, "u", &json!(101), "text").await;
    assert_refused(&reply, "TenantReachedLimits");
    assert_eq!(reply.reason(), "the user is locked");
}

#[tokio::test]
async fn a_link_answer_with_one_signature_serves_no_other_place() {
    let partner = Partner::open().await;
    // The same bytes are signed for both.
    let linked = partner.link(SHOP, "100227").await;
    assert_eq!(linked.message(), "OK");
    assert_refused(&partner.check(SHOP, "100227").await, "ProtocolError");
    let checked = partner.post("/gateway/check", check(SHOP, "100228")).await;
    assert_refused(&checked, "TenantSessionNotFound");
    assert_refused(&partner.link(SHOP, "100228").await, "ProtocolError");
}

//! A phone's life: linked, asked, told about, unlinked.

use axum::body::Body;
use axum::http::{Request, header};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use challenge::approval::Verdict;
use challenge::approval::signed;
use serde_json::json;

use crate::partner::{BUSY, Partner, SHOP, START_S};
use crate::phone::{Phone, Typed};

#[tokio::test]
async fn anybody_may_ask_for_the_time() {
    let partner = Partner::open().await;
    let request = Request::get("/device/v1/server").body(Body::empty());
    let reply = partner.send(request.unwrap()).await;
    let key = *partner.verifier.push_key().unwrap().public();
    let expected = json!({
        "time_ms": START_S * 1000, "time_tolerance_s": 120, "wait_max_s": 30,
        "push_public_key": Base64UrlUnpadded::encode_string(key.as_bytes()),
    });
    assert_eq!(reply.json(), expected);
}

#[tokio::test]
async fn a_phone_is_linked_told_about_and_unlinked() {
    let partner = Partner::open().await;
    let code = partner.link(SHOP, "uid406jkt").await.json()["linkingCode"].clone();
    let mut phone = Phone::new();
    let body = phone.link_body(&partner, code.as_str().unwrap());
    let linked = phone.link(&partner, &body).await;
    assert_eq!(linked.status, 201);
    let device = phone.name.unwrap().to_string();
    let name = "Tenant \u{201c}40007\u{201d}";
    let expected = json!({
        "device": device, "tenant_id": SHOP, "tenant_name": name, "user": "uid406jkt",
    });
    assert_eq!(linked.json(), expected);
    let place = ("PUT", "/device/v1/device/push");
    // The keys of RFC 8291, appendix A.
    let p256dh =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    let subscription = json!({
        "endpoint": "https://push.example/1",
        "keys": {"p256dh": p256dh, "auth": "BTBZMqHH6r4Tts7J_aSIgg"},
    });
    assert_eq!(phone.send(&partner, place, &subscription).await.status, 204);
    let place = ("PUT", "/device/v1/device/capabilities");
    let capabilities = json!({"biometrics": false, "push": true});
    assert_eq!(phone.send(&partner, place, &capabilities).await.status, 204);
    let shown = phone.send(&partner, ("GET", "/device/v1/device"), "").await;
    let expected = json!({
        "device": device, "name": "My phone", "platform": "test", "capabilities": capabilities,
        "push_subscribed": true, "tenant_id": SHOP, "tenant_name": name, "user": "uid406jkt",
        "linked_at_ms": START_S * 1000,
    });
    assert_eq!(shown.json(), expected);
    let name = phone.name.unwrap();
    let kept = partner
        .verifier
        .store()
        .device(name.tenant, name.device)
        .await
        .unwrap()
        .unwrap();
    let opened = partner.verifier.push_subscription(&kept.value).unwrap();
    let opened = opened.unwrap();
    assert_eq!(opened.endpoint().as_str(), "https://push.example/1");
    let kept = Base64UrlUnpadded::encode_string(opened.p256dh().as_bytes());
    assert_eq!(kept, p256dh);
    let place = ("DELETE", "/device/v1/device/push");
    assert_eq!(phone.send(&partner, place, "").await.status, 204);
    let shown = phone.send(&partner, ("GET", "/device/v1/device"), "").await;
    assert_eq!(shown.json()["push_subscribed"], false);
    assert_eq!(
        phone
            .send(&partner, ("DELETE", "/device/v1/device"), "")
            .await
            .status,
        204
    );
    let gone = phone.send(&partner, ("GET", "/device/v1/device"), "").await;
    assert_eq!(
        (gone.status.as_u16(), gone.problem().as_str()),
        (401, "unknown-device")
    );
}

#[tokio::test]
async fn the_server_keeps_what_the_device_signed_and_can_show_it() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, SHOP, "u").await;
    let session = partner.started(SHOP, "u", &json!(101)).await;
    phone
        .decide(&partner, Verdict::Approve, Typed::default())
        .await;
    let tenant = phone.name.unwrap().tenant;
    let kept = partner
        .verifier
        .approval(tenant, session.parse().unwrap())
        .await
        .unwrap();
    let proof = kept.proof.unwrap();
    assert!(proof.signed.starts_with(signed::DECISION_TITLE));
    for line in [
        "user:1:u\n",
        "header:6:Header\n",
        "text:4:text\n",
        "decision:7:approve\n",
    ] {
        assert!(proof.signed.contains(line), "{}", proof.signed);
    }
}

#[tokio::test]
async fn no_page_of_another_origin_may_use_the_api() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "u").await;
    let mut request = phone.request(&partner, ("GET", "/device/v1/sessions"), "");
    let origin = "https://elsewhere.example".parse().unwrap();
    request.headers_mut().insert(header::ORIGIN, origin);
    let reply = partner.send(request).await;
    assert!(
        !reply
            .headers
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
    let request = Request::options("/device/v1/sessions").body(Body::empty());
    let reply = partner.send(request.unwrap()).await;
    assert_eq!(reply.status, 405);
    assert!(
        !reply
            .headers
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
}

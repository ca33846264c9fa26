//! Whole conversations: linked, asked, answered, looked at.

use challenge::approval::Verdict;
use serde_json::{Value, json};

use crate::partner::{BANK, BUSY, Partner, SHOP, sign};
use crate::phone::{Phone, Typed};

fn nothing() -> Value {
    json!({"dataType": null, "data": null})
}

#[tokio::test]
async fn an_approval_goes_from_link_to_check() {
    let partner = Partner::open().await;
    let linked = partner.link(SHOP, "uid406jkt").await.json();
    let members: Vec<_> = linked.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["linkingCode", "linkingQrImg", "status"]);
    assert_eq!(linked["linkingCode"].as_str().unwrap().len(), 6);
    assert_eq!(linked["status"], json!({"code": 0, "message": "OK"}));
    let phone = Phone::linked(&partner, SHOP, "uid406jkt").await;
    let reply = partner.start(SHOP, "uid406jkt", &json!(101), "Pay?").await;
    let started = reply.json();
    let session = started["sessionExternalId"].as_str().unwrap();
    assert_eq!(
        started,
        json!({"status": {"code": 0, "message": "OK"}, "sessionExternalId": session})
    );
    assert!(session.parse::<u64>().unwrap() < 1 << 53);
    let pending = partner.check(SHOP, session).await;
    let incomplete = json!({"code": -1, "message": "INCOMPLETE"});
    assert_eq!(
        pending.json(),
        json!({"status": incomplete, "authResult": nothing()})
    );
    let decided = phone
        .decide(&partner, Verdict::Approve, Typed::default())
        .await;
    assert_eq!(
        decided.json(),
        json!({"session": session, "decision": "approve"})
    );
    for _ in 0..2 {
        partner.assert_checked(SHOP, session, (103, "OK")).await;
    }
    partner.clock.advance_s(86_400);
    let late = partner.check(SHOP, session).await.json();
    let gone = json!({"code": 101, "message": "TenantSessionNotFound"});
    assert_eq!(late, json!({"status": gone, "authResult": nothing()}));
}

#[tokio::test]
async fn a_no_is_told_in_the_tenants_word() {
    let partner = Partner::open().await;
    for (tenant, word) in [(SHOP, "CANCEL"), (BANK, "NO")] {
        let phone = Phone::linked(&partner, tenant, "u").await;
        let session = partner.started(tenant, "u", &json!(101)).await;
        phone
            .decide(&partner, Verdict::Decline, Typed::default())
            .await;
        partner.assert_checked(tenant, &session, (101, word)).await;
        let session = partner.started(tenant, "u", &json!(105)).await;
        phone
            .decide(&partner, Verdict::FallBack, Typed::default())
            .await;
        partner.assert_checked(tenant, &session, (108, word)).await;
    }
}

#[tokio::test]
async fn each_type_asks_for_its_own_and_is_answered_in_its_own_number() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BUSY, "u").await;
    let pin = Typed {
        pin: Some("1234"),
        ..Typed::default()
    };
    let verified = Typed {
        user_verified: true,
        ..Typed::default()
    };
    for (kind, shown, typed, result) in [
        (json!(101), "OK", Typed::default(), (103, "OK")),
        (json!("AUTH_OK"), "OK", Typed::default(), (103, "OK")),
        (json!("102"), "PIN", pin, (102, "1234")),
        (json!(103), "OK", Typed::default(), (103, "OK")),
        (json!(105), "BIOMETRIC_OK", verified, (107, "OK")),
        (json!(107), "BIOMETRIC_OK", verified, (107, "OK")),
        (json!("SET_PIN"), "SET_PIN", pin, (105, "1234")),
        (json!(106), "USER_FORGOT_PIN", Typed::default(), (106, "OK")),
        (json!(108), "FALLBACK", pin, (102, "1234")),
    ] {
        // One number is hashed for two meanings, so the texts differ.
        let started = partner.start(BUSY, "u", &kind, shown).await.json();
        let session = started["sessionExternalId"].as_str().unwrap();
        assert_eq!(phone.pending(&partner).await[0]["type"], shown, "{kind}");
        let decided = phone.decide(&partner, Verdict::Approve, typed).await;
        assert_eq!(decided.status, 200, "{kind} {}", decided.body);
        partner.assert_checked(BUSY, session, result).await;
    }
}

#[tokio::test]
async fn the_match_number_is_told_to_the_page_and_asked_of_the_phone() {
    let partner = Partner::open().await;
    for (tenant, kind) in [(BANK, json!(101)), (SHOP, json!("AUTH_PIN_TAN"))] {
        let phone = Phone::linked(&partner, tenant, "u").await;
        let started = partner.start(tenant, "u", &kind, "text").await.json();
        let members: Vec<_> = started.as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["status", "sessionExternalId", "matchNumber"]);
        let number = started["matchNumber"].as_str().unwrap();
        let shown = phone.pending(&partner).await;
        assert_eq!(shown[0]["needs_number"], true);
        assert!(!shown[0].to_string().contains(&format!("\"{number}\"")));
        let typed = Typed {
            number: Some("00"),
            pin: Some("1234"),
            ..Typed::default()
        };
        let wrong = phone.decide(&partner, Verdict::Approve, typed).await;
        assert_eq!(
            (wrong.status.as_u16(), wrong.problem().as_str()),
            (403, "wrong")
        );
        assert_eq!(wrong.json()["attempts_left"], 2);
        let typed = Typed {
            number: Some(number),
            ..typed
        };
        let right = phone.decide(&partner, Verdict::Approve, typed).await;
        assert_eq!(right.status, 200, "{}", right.body);
    }
}

#[tokio::test]
async fn a_pin_of_the_server_is_set_verified_and_never_told() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, BANK, "u").await;
    let refused = partner.start(BANK, "u", &json!(102), "text").await;
    assert_eq!(refused.message(), "UserNotLinked");
    assert_eq!(refused.reason(), "the user has set no PIN");
    for (kind, pin, result) in [
        (json!("SET_PIN"), "123456", (105, "PIN")),
        (json!(102), "123456", (102, "PIN")),
    ] {
        let started = partner.start(BANK, "u", &kind, "text").await.json();
        let number = started["matchNumber"].as_str();
        let typed = Typed {
            number,
            pin: Some(pin),
            ..Typed::default()
        };
        let decided = phone.decide(&partner, Verdict::Approve, typed).await;
        assert_eq!(decided.status, 200, "{}", decided.body);
        let session = started["sessionExternalId"].as_str().unwrap();
        partner.assert_checked(BANK, session, result).await;
    }
    let session = partner.started(BANK, "u", &json!(102)).await;
    let forgot = phone
        .decide(&partner, Verdict::ForgotPin, Typed::default())
        .await;
    assert_eq!(forgot.status, 200);
    partner.assert_checked(BANK, &session, (106, "NO")).await;
}

#[tokio::test]
async fn device_information_is_asked_for_and_told() {
    let partner = Partner::open().await;
    let phone = Phone::linked(&partner, SHOP, "u").await;
    // What is hashed for the seed's own name: the number, else the name itself.
    for hashed in ["104", "DEVICE_INFO"] {
        let signature = sign(&["40007", "u", "isBioEnabled", hashed]);
        let body = json!({
            "userExternalId": "u", "tenantId": "40007", "type": "DEVICE_INFO",
            "sessionParams": {"deviceData": "isBioEnabled"}, "signature": signature,
        });
        let reply = partner.post("/gateway/session", body).await;
        assert_eq!(reply.message(), "OK");
        let shown = &phone.pending(&partner).await[0];
        assert_eq!(
            (&shown["type"], &shown["device_data"]),
            (&json!("DEVICE_INFO"), &json!("isBioEnabled"))
        );
        phone
            .decide(&partner, Verdict::Approve, Typed::default())
            .await;
        let session = reply.json()["sessionExternalId"]
            .as_str()
            .unwrap()
            .to_owned();
        let told = "isBiometryEnabled=1;isApnsEnabled=0;";
        partner.assert_checked(SHOP, &session, (104, told)).await;
    }
}

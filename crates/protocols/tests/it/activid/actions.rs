//! Actions over SCIM: challenges, reset, resynchronisation.

use std::fmt::Write as _;

use crate::bank::{Bank, Reply, action};
use crate::codes::{hotp, response};

const PATH: &str = "/v2/Authenticator/.AT_CUSTOTP";

async fn bank() -> (Bank, String) {
    let bank = Bank::open().await;
    let token = bank.portal_token().await;
    (bank, token)
}

fn value(reply: &Reply, at: usize) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["attributes"][at]["value"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn a_user_is_named_in_every_way() {
    let (bank, token) = bank().await;
    let id = bank.user_id(&token, "myTestUser3").await;
    let (by_name, nobody) = ([("USER.EXTERNALID", "myTestUser3")], []);
    for (path, attributes) in [
        (PATH.to_owned(), &by_name[..]),
        ("/Authenticator/.AT_CUSTOTP".to_owned(), &by_name),
        (
            "/v2/Authenticators/.AT_CUSTOTP?api-version%20=%209".to_owned(),
            &by_name,
        ),
        (format!("/v2/Authenticator/{id}.AT_CUSTOTP"), &nobody),
        (format!("/v2/Authenticator/{id}.AT_CUSTOTP"), &by_name),
        ("/v2/Authenticator/S3.AT_CUSTOTP".to_owned(), &by_name),
        ("/v2/Authenticator/S3.AT_CUSTOTP".to_owned(), &nobody),
    ] {
        let reply = bank
            .scim(&token, "POST", &path, &action("USER-CHALLENGE", attributes))
            .await;
        let question = value(&reply, 0);
        let login = format!(
            "mode=ASYNCHRONOUS&authType=AT_CUSTOTP&username=myTestUser3&device_id=S3&password={}",
            response(&question)
        );
        assert_eq!(bank.login(&token, &login).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_devices_challenge_is_answered_by_that_device() {
    let (bank, token) = bank().await;
    for name in [
        "DEVICE.ID",
        "DEVICE_ID",
        "DEVICEID",
        "DEVICE.EXTERNALID",
        "device.id",
    ] {
        let reply = bank
            .scim(
                &token,
                "POST",
                PATH,
                &action("DEVICE-CHALLENGE", &[(name, "S4")]),
            )
            .await;
        let code = response(&value(&reply, 0));
        let login = |device: &str| {
            format!(
                "mode=ASYNCHRONOUS&authType=AT_CUSTOTP&username=myTestUser3&device_id={device}&password={code}"
            )
        };
        assert_eq!(
            bank.login(&token, &login("S3")).await.error(),
            "invalid_grant",
            "{name}"
        );
        assert_eq!(bank.login(&token, &login("S4")).await.status, 200, "{name}");
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let (bank, token) = bank().await;
    let user = ("USER.EXTERNALID", "myTestUser3");
    let id = bank.user_id(&token, "myTestUser3").await;
    let challenge = |attributes: &[(&str, &str)]| action("USER-CHALLENGE", attributes);
    let mut shown = String::new();
    for (path, body) in [
        (PATH, "{"),
        (PATH, "{}"),
        (PATH, &action("DELIVER-CHALLENGE", &[user])),
        (PATH, &challenge(&[])),
        (PATH, &challenge(&[user, user])),
        (PATH, &challenge(&[("USER.EXTERNALID", "nobody")])),
        (PATH, &challenge(&[("USER.EXTERNALID", "myTestUser2")])),
        (
            &format!("/v2/Authenticator/{id}.AT_CUSTOTP"),
            &challenge(&[("USER.EXTERNALID", "uid406jkt")]),
        ),
        ("/v2/Authenticator/.AT_NONE", &challenge(&[user])),
        (
            "/v2/Authenticator/.AT_EMPOTP",
            &challenge(&[user, ("CHANNEL", "CH_DIRECT")]),
        ),
        ("/v2/Authenticator/12345.AT_CUSTOTP", &challenge(&[])),
        ("/v2/Authenticator/nodots", &challenge(&[user])),
        (PATH, &action("DEVICE-CHALLENGE", &[user])),
        (
            PATH,
            &action("DEVICE-CHALLENGE", &[("DEVICE.ID", "nothing")]),
        ),
        (
            PATH,
            &action("DEVICE-CHALLENGE", &[user, ("DEVICE.ID", "13158")]),
        ),
        ("/v2/Authenticator/.AT_NONE", &action("RESET", &[user])),
        ("/v2/Device/13158", &action("AUTO-SYNCH", &[])),
        ("/v2/Device/13158", &action("RESET", &[])),
        ("/v2/Device/nothing", &action("AUTO-SYNCH", &[("OTP", "1")])),
        ("/v2/Device/S3", &action("AUTO-SYNCH", &[("OTP", "1")])),
        (
            "/v2/Device/13158",
            &action("AUTO-SYNCH", &[("OTP", "000000")]),
        ),
    ] {
        let reply = bank.scim(&token, "POST", path, body).await;
        let path = path.replace(&id, "ID");
        writeln!(shown, "{path} {body}\n{} {}\n", reply.status, reply.body).unwrap();
        assert!(reply.status.is_client_error());
        assert_eq!(reply.json()["status"], reply.status.as_str());
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn too_many_open_challenges_are_reset() {
    let (bank, token) = bank().await;
    let path = "/v2/Authenticator/.AT_EMPOTP";
    let user = ("USER.EXTERNALID", "myTestUser3");
    let ask = action("USER-CHALLENGE", &[user, ("CHANNEL", "CH_EXTRAPP")]);
    for _ in 0..2 {
        assert_eq!(bank.scim(&token, "POST", path, &ask).await.status, 200);
    }
    let refused = bank.scim(&token, "POST", path, &ask).await;
    insta::assert_snapshot!("too_many_challenges", refused.shown());
    let reset = bank
        .scim(&token, "POST", path, &action("RESET", &[user]))
        .await;
    insta::assert_snapshot!("reset", reset.shown());
    assert_eq!(bank.scim(&token, "POST", path, &ask).await.status, 200);
}

#[tokio::test]
async fn a_token_out_of_step_is_brought_back_by_two_codes() {
    let (bank, token) = bank().await;
    let login = async |counter| {
        let body = format!(
            "mode=SYNCHRONOUS&authType=AT_CUSTOTP&username=myTestUser1&password={}",
            hotp(counter)
        );
        bank.login(&token, &body).await.status == 200
    };
    let synch = async |codes: &[(&str, &str)]| {
        bank.scim(
            &token,
            "POST",
            "/v2/Device/13158",
            &action("AUTO-SYNCH", codes),
        )
        .await
    };
    // Two in one request, in both spellings.
    assert!(!login(30).await);
    assert_eq!(
        value(&synch(&[("OTP", &hotp(31)), ("OTP2", &hotp(32))]).await, 2),
        "1"
    );
    assert!(login(33).await);
    assert_eq!(
        value(&synch(&[("OTP", &hotp(50)), ("OTP", &hotp(51))]).await, 2),
        "1"
    );
    assert!(login(52).await);
    // One, then another.
    let first = synch(&[("OTP", &hotp(70))]).await;
    insta::assert_snapshot!(first.shown());
    assert_eq!(value(&synch(&[("OTP", &hotp(71))]).await, 2), "1");
    assert!(login(72).await);
    // One, then a login.
    assert_eq!(value(&synch(&[("OTP", &hotp(90))]).await, 2), "0");
    assert!(login(91).await);
    // A spent one never.
    assert_eq!(
        synch(&[("OTP", &hotp(90)), ("OTP2", &hotp(91))])
            .await
            .status,
        400
    );
}

//! Logins that a client passes on: what is accepted, what is refused, and that refusals tell nothing.

use std::sync::Arc;

use crate::bank::{Bank, Reply};
use crate::codes::{hotp, response, signature, totp};

const USER: &str = "authType=AT_CUSTOTP&username=myTestUser1";

async fn bank() -> (Bank, String) {
    let bank = Bank::open().await;
    let token = bank.portal_token().await;
    (bank, token)
}

fn accepted(reply: &Reply) -> bool {
    assert!(
        reply.status == 200 || reply.error() == "invalid_grant",
        "{}",
        reply.body
    );
    reply.status == 200
}

#[tokio::test]
async fn every_failure_is_the_same_bytes() {
    let (bank, token) = bank().await;
    let mut replies = Vec::new();
    for body in [
        "mode=SYNCHRONOUS&authType=AT_CUSTOTP&username=nobody&password=123456",
        &format!("mode=SYNCHRONOUS&{USER}&password=000000"),
        &format!("mode=SYNCHRONOUS&{USER}&password=0"),
        &format!("mode=SYNCHRONOUS&{USER}&password=%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6"),
        &format!(
            "mode=SYNCHRONOUS&{USER}&device_id=elsewhere&password={}",
            hotp(0)
        ),
        &format!("mode=ASYNCHRONOUS&{USER}&password=12345678"),
        &format!("mode=SIGNING&{USER}&password=12345678&context=sign1:1:false"),
        "mode=SIGNING&authType=AT_CUSTOTP&username=nobody&password=12345678&context=sign1:1:false",
        "mode=ASYNCHRONOUS&username=nobody&password=12345678",
    ] {
        replies.push(bank.login(&token, body).await);
    }
    // Five were counted by now, or will be: the user is locked, and a right code changes nothing.
    for _ in 0..5 {
        replies.push(
            bank.login(&token, &format!("mode=SYNCHRONOUS&{USER}&password=000000"))
                .await,
        );
    }
    replies.push(
        bank.login(
            &token,
            &format!("mode=SYNCHRONOUS&{USER}&password={}", hotp(0)),
        )
        .await,
    );
    let question = bank.challenge(&token, "myTestUser3").await;
    bank.clock.advance_s(120);
    let late = format!(
        "mode=ASYNCHRONOUS&authType=AT_CUSTOTP&username=myTestUser3&password={}",
        response(&question)
    );
    replies.push(bank.login(&token, &late).await);
    for reply in &replies {
        assert_eq!(reply, &replies[0]);
    }
    insta::assert_snapshot!(replies[0].shown());
}

#[tokio::test]
async fn of_many_requests_with_one_code_one_is_accepted() {
    let (bank, token) = bank().await;
    let bank = Arc::new(bank);
    let body = format!("mode=SYNCHRONOUS&{USER}&password={}", hotp(0));
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let (bank, token, body) = (Arc::clone(&bank), token.clone(), body.clone());
            tokio::spawn(async move { bank.login(&token, &body).await })
        })
        .collect();
    let mut right = 0;
    for task in tasks {
        right += u32::from(accepted(&task.await.unwrap()));
    }
    assert_eq!(right, 1);
}

#[tokio::test]
async fn a_mode_that_does_not_fit_says_what_does() {
    let (bank, token) = bank().await;
    let mut shown = String::new();
    for body in [
        "mode=SYNCHRONOUS&authType=AT_CUSTOTP&username=myTestUser3&password=123456",
        "mode=ASYNCHRONOUS&authType=AT_CUSTOTP&username=myTestUser2&password=12345678",
        "mode=SIGNING&authType=AT_CUSTOTP&username=myTestUser2&password=1&context=sign1:1:false",
    ] {
        shown += &bank.login(&token, body).await.shown();
    }
    insta::assert_snapshot!(shown);
}

/// Parameters, the error, and what is said about them.
const WRONG: [(&str, &str, &str); 18] = [
    (
        "username=a&password=1",
        "invalid_request",
        "mode is missing; send SYNCHRONOUS, ASYNCHRONOUS or SIGNING",
    ),
    (
        "username=a&password=1&mode=",
        "invalid_request",
        "mode is missing; send SYNCHRONOUS, ASYNCHRONOUS or SIGNING",
    ),
    (
        "username=a&password=1&mode=signing",
        "invalid_request",
        "mode is unknown; send SYNCHRONOUS, ASYNCHRONOUS or SIGNING",
    ),
    (
        "mode=SYNCHRONOUS&password=1",
        "invalid_request",
        "username is missing",
    ),
    (
        "mode=SYNCHRONOUS&username=a&password=",
        "invalid_request",
        "password is missing",
    ),
    (
        "mode=SYNCHRONOUS&username=a&password=1&username=b",
        "invalid_request",
        "username stands twice",
    ),
    (
        "mode=SYNCHRONOUS&username=a&password=1&x=1&x=2",
        "invalid_request",
        "x stands twice",
    ),
    (
        "mode=SIGNING&username=a&password=1",
        "invalid_request",
        "a signature needs at least one field to sign",
    ),
    (
        "mode=SIGNING&username=a&password=1&context=txID:1:false",
        "invalid_request",
        "a signature needs at least one field to sign",
    ),
    (
        "mode=SIGNING&username=a&password=1&context=sign1",
        "invalid_request",
        "context is a list of NAME:VALUE:true or NAME:VALUE:false",
    ),
    (
        "mode=SIGNING&username=a&password=1&context=sign2:1:false",
        "invalid_request",
        "field 1 is missing",
    ),
    (
        "mode=SIGNING&username=a&password=1&context=sign1:1:false+sign1:1:false",
        "invalid_request",
        "field 1 stands twice",
    ),
    (
        "mode=SIGNING&username=a&password=1&context=amount:1:false",
        "invalid_request",
        "context has an item amount; known are sign1, sign2 and so on, correlationId and txID",
    ),
    (
        "mode=SYNCHRONOUS&username=a&password=1&context=sign1:1:false",
        "invalid_request",
        "context has fields to sign; send mode=SIGNING",
    ),
    (
        "mode=SYNCHRONOUS&username=a&password=1&authType=AT_NONE",
        "invalid_request",
        "the tenant has no policy AT_NONE",
    ),
    (
        "mode=SYNCHRONOUS&username=a&password=1&authType=%22%5C%C3%A9",
        "invalid_request",
        "the tenant has no policy '/?",
    ),
    (
        "mode=SYNCHRONOUS&username=a&password=1&authType=AT_EMPOTP&channel=CH_DIRECT",
        "invalid_grant",
        "policy AT_EMPOTP may not be used over channel CH_DIRECT",
    ),
    (
        "mode=SYNCHRONOUS&username=a&password=1&channel=CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC",
        "invalid_request",
        "channel is too long",
    ),
];

#[tokio::test]
async fn what_is_wrong_with_the_request_is_said_whoever_the_user_is() {
    let (bank, token) = bank().await;
    for (body, error, text) in WRONG {
        for user in ["username=a", "username=myTestUser1"] {
            let reply = bank
                .login(&token, &body.replacen("username=a", user, 1))
                .await;
            let said = reply.json()["error_description"]
                .as_str()
                .unwrap()
                .to_owned();
            assert_eq!(
                (reply.status.as_u16(), reply.error().as_str(), said.as_str()),
                (400, error, text),
                "{body}"
            );
        }
    }
    let long = format!(
        "mode=SIGNING&{USER}&password=1&context=sign1:{}:false",
        "x".repeat(65)
    );
    let reply = bank.login(&token, &long).await;
    assert_eq!(reply.error(), "invalid_request", "{}", reply.body);
}

#[tokio::test]
async fn no_token_is_made_where_none_is_wanted() {
    let (bank, token) = bank().await;
    let reply = bank
        .login(
            &token,
            &format!("mode=SYNCHRONOUS&{USER}&noToken=1&password={}", hotp(0)),
        )
        .await;
    insta::assert_snapshot!(reply.shown());
}

#[tokio::test]
async fn a_signature_without_counter_or_time_is_good_once() {
    let (bank, token) = bank().await;
    let body = |value: &str| {
        let code = signature(&value.replace('+', " "));
        format!("mode=SIGNING&{USER}&scope=openid&password={code}&context=sign1:{value}:true+")
    };
    assert!(accepted(
        &bank.login(&token, &body("rent+for+May:+2")).await
    ));
    let again = bank.login(&token, &body("rent+for+May:+2")).await;
    assert_eq!(
        again.json()["error_description"]
            .as_str()
            .unwrap()
            .split(';')
            .next(),
        Some("this signature was accepted before")
    );
    assert!(accepted(&bank.login(&token, &body("rent+for+June")).await));
    assert!(!accepted(
        &bank
            .login(
                &token,
                &format!(
                    "mode=SIGNING&{USER}&password={}&context=sign1:2:false",
                    signature("1")
                )
            )
            .await
    ));
}

#[tokio::test]
async fn a_challenge_is_bound_to_its_device_and_to_one_attempt() {
    let (bank, token) = bank().await;
    let question = bank.challenge(&token, "myTestUser3").await;
    let login = |question: &str| {
        format!(
            "mode=ASYNCHRONOUS&authType=AT_CUSTOTP&username=myTestUser3&device_id=S4&password={}",
            response(question)
        )
    };
    assert!(accepted(&bank.login(&token, &login(&question)).await));
    let question = bank.challenge(&token, "myTestUser3").await;
    let wrong = "mode=ASYNCHRONOUS&authType=AT_CUSTOTP&username=myTestUser3&password=00000000";
    assert!(!accepted(&bank.login(&token, wrong).await));
    assert!(
        !accepted(&bank.login(&token, &login(&question)).await),
        "one attempt"
    );
}

#[tokio::test]
async fn a_time_based_code_needs_no_policy_and_no_device() {
    let (bank, token) = bank().await;
    let body = format!(
        "mode=SYNCHRONOUS&username=myTestUser2&password={}",
        totp(&bank.clock)
    );
    assert!(accepted(&bank.login(&token, &body).await));
    assert!(!accepted(&bank.login(&token, &body).await));
}

//! Challenges made of a payment, and challenges that the application makes by itself.

use challenge::clock::Clock as _;
use serde_json::json;

use crate::agency::{Agency, SUITE, TIMED_SUITE, error};
use crate::codes::{ocra, ocra_at};

fn payer() -> serde_json::Value {
    json!({"loginName": "payer"})
}

/// What the payer's token answers now.
fn timed(agency: &Agency, question: &str) -> String {
    let minute = agency.clock.now().unix_s() / 60;
    ocra_at(TIMED_SUITE, question, Some(minute))
}

#[tokio::test]
async fn the_digits_of_an_account_are_asked_where_the_suite_makes_them_fresh() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let transaction = json!({"account": "NL91 ABNA 0417 1643 00", "amount": "12.50"});
    let body =
        json!({"user": payer(), "token": {"serial": "30000000"}, "transaction": transaction});
    let challenge = agency.result(&token, "getChallengeCode", &body).await;
    assert_eq!(challenge["code"], "17164300");
    let credential = json!({"otp": timed(&agency, "17164300"), "cc": "17164300"});
    let answer =
        json!({"user": payer(), "token": {"serial": "30000000"}, "credential": credential});
    assert_eq!(
        error(&agency.call(&token, "verifyResponse", &answer).await),
        0
    );
    assert_eq!(
        error(&agency.call(&token, "verifyResponse", &answer).await),
        1004
    );
}

#[tokio::test]
async fn a_suite_that_answers_the_same_for_ever_pays_to_an_account_once() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let user = json!({"loginName": "myTestUser1"});
    let named = json!({"product.functions": "CR", "serial": "10000000"});
    let transaction = json!({"account": "NL91 ABNA 0417 1643 00", "amount": "12.50"});
    let body = json!({"user": user, "token": named, "transaction": transaction});
    let challenge = agency.result(&token, "getChallengeCode", &body).await;
    assert_eq!(challenge["code"], "17164300");
    let otp = ocra(SUITE, "17164300");
    let given = ("10000000", otp.as_str(), challenge["id"].as_str());
    assert_eq!(
        error(&agency.answer(&token, "verifyResponse", given).await),
        0
    );
    let again = agency.call(&token, "getChallengeCode", &body).await;
    assert_eq!(error(&again), 1007, "{}", again.body);
}

#[tokio::test]
async fn an_hmac_covers_all_of_a_payment_and_is_never_the_same() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let user = json!({"loginName": "myTestUser1"});
    let mut codes = Vec::new();
    for amount in ["12.50", "12.50", "12.51"] {
        let transaction =
            json!({"mode": "hmac", "account": "NL91ABNA0417164300", "amount": amount});
        let body =
            json!({"user": user, "token": {"serial": "10000000"}, "transaction": transaction});
        let challenge = agency.result(&token, "getChallengeCode", &body).await;
        let code = challenge["code"].as_str().unwrap().to_owned();
        assert!(
            code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()),
            "{code}"
        );
        assert!(!codes.contains(&code));
        let otp = ocra(SUITE, &code);
        let given = ("10000000", otp.as_str(), Some(code.as_str()));
        let answered = agency.answer(&token, "verifyResponse", given).await;
        assert_eq!(error(&answered), 0);
        codes.push(code);
    }
}

#[tokio::test]
async fn a_grid_is_not_made_of_a_payment() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for mode in ["digits", "hmac"] {
        for serial in ["G1", "C1"] {
            let transaction = json!({"mode": mode, "account": "12345678"});
            let user = json!({"loginName": "myTestUser1"});
            let body =
                json!({"user": user, "token": {"serial": serial}, "transaction": transaction});
            let reply = agency.call(&token, "getChallengeCode", &body).await;
            assert_eq!(error(&reply), 1007, "{serial} {mode}: {}", reply.body);
        }
    }
}

#[tokio::test]
async fn a_transaction_that_cannot_be_read_is_no_challenge() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for transaction in [json!(1), json!({}), json!({"account": 12_345_678})] {
        let body = json!({"user": payer(), "transaction": transaction});
        let reply = agency.call(&token, "getChallengeCode", &body).await;
        assert_eq!(
            (reply.status.as_u16(), error(&reply)),
            (400, 1100),
            "{transaction}"
        );
    }
}

#[tokio::test]
async fn who_may_supplies_challenges_and_each_answer_counts_once() {
    let agency = Agency::open().await;
    let payments = agency.token("payments", "password03").await;
    let answer = |serial: &str, otp: &str, cc: &str| {
        json!({
            "user": payer(), "token": {"serial": serial},
            "credential": {"otp": otp, "cc": cc},
        })
    };
    let right = answer("30000000", &timed(&agency, "07880384"), "07880384");
    // Who may not has no such challenge.
    let agent = agency.agent().await;
    assert_eq!(
        error(&agency.call(&agent, "verifyResponse", &right).await),
        1002
    );
    assert_eq!(
        error(&agency.call(&payments, "verifyResponse", &right).await),
        0
    );
    let again = agency.call(&payments, "verifyResponse", &right).await;
    assert_eq!(error(&again), 1004, "{}", again.body);
    assert_eq!(again.json()["result"]["attemptsLeft"], 4);
    let swapped = answer("30000000", &timed(&agency, "07880384"), "07880385");
    assert_eq!(
        error(&agency.call(&payments, "verifyResponse", &swapped).await),
        1000
    );
    // The same account a step later is a new response, and taken.
    agency.clock.advance_s(60);
    let later = answer("30000000", &timed(&agency, "07880384"), "07880384");
    assert_eq!(
        error(&agency.call(&payments, "verifyResponse", &later).await),
        0
    );
    // A suite without counter or time would give the same response for ever.
    let credential = json!({"otp": ocra(SUITE, "07880384"), "cc": "07880384"});
    let body = json!({"user": {"loginName": "myTestUser1"}, "token": {"serial": "10000000"}, "credential": credential});
    let reply = agency.call(&payments, "verifyResponse", &body).await;
    assert_eq!(error(&reply), 1000, "{}", reply.body);
}

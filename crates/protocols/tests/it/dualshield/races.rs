//! Of many right answers at once exactly one is taken.

use std::sync::Arc;

use serde_json::json;

use crate::agency::{Agency, SUITE, call, error, first, read_off};
use crate::codes::{hotp, ocra};

const AT_ONCE: usize = 32;

/// Sends the same request many times at once; gives the errors that are told.
async fn at_once(agency: &Arc<Agency>, token: &str, method: &str, body: String) -> Vec<u64> {
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (agency, body) = (Arc::clone(agency), body.clone());
            let request = call(token, &format!("/auth/{method}"), &body);
            tokio::spawn(async move { error(&agency.send(request).await) })
        })
        .collect();
    let mut told = Vec::new();
    for task in tasks {
        told.push(task.await.unwrap());
    }
    told
}

fn assert_one_won(told: &[u64], late: &[u64]) {
    assert_eq!(
        told.iter().filter(|error| **error == 0).count(),
        1,
        "{told:?}"
    );
    assert!(
        told.iter().all(|error| *error == 0 || late.contains(error)),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_right_responses_one_is_taken() {
    for round in 0..4 {
        let agency = Arc::new(Agency::open().await);
        let token = agency.agent().await;
        let serial = if round % 2 == 0 { "10000000" } else { "G1" };
        let challenge = agency.challenge(&token, serial).await;
        let cc = challenge["code"].as_str().unwrap();
        let otp = if round % 2 == 0 {
            ocra(SUITE, cc)
        } else {
            read_off(cc, (5, 5))
        };
        let credential = json!({"otp": otp, "cc": challenge["reference"]});
        let body = json!({"user": first(), "token": {"serial": serial}, "credential": credential});
        let told = at_once(&agency, &token, "verifyResponse", body.to_string()).await;
        // Those who come late are wrong, then find a user who guessed too often.
        assert_one_won(&told, &[1001, 1004]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_equal_one_time_passwords_one_is_taken() {
    let agency = Arc::new(Agency::open().await);
    let token = agency.agent().await;
    let body = json!({"user": first(), "token": {"serial": "H1"}, "credential": {"otp": hotp(0)}});
    let told = at_once(&agency, &token, "verify", body.to_string()).await;
    assert_one_won(&told, &[1000, 1001]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_challenges_at_once_the_last_one_stands() {
    let agency = Arc::new(Agency::open().await);
    let token = agency.agent().await;
    let body = json!({"user": first(), "token": {"serial": "G1"}}).to_string();
    let told = at_once(&agency, &token, "getChallengeCode", body).await;
    assert!(
        told.iter().all(|error| [0, 1008].contains(error)),
        "{told:?}"
    );
    assert!(
        told.iter().filter(|error| **error == 0).count() >= 10,
        "{told:?}"
    );
    agency.clock.advance_s(60);
    let challenge = agency.challenge(&token, "G1").await;
    let otp = read_off(challenge["code"].as_str().unwrap(), (5, 5));
    let answered = agency.answer(&token, "verify", ("G1", &otp, None)).await;
    assert_eq!(error(&answered), 0, "{}", answered.body);
}

//! What there is, and which part of it is told.

use challenge::administration::Actor;
use challenge::directory::UserKey;
use serde_json::{Value, json};

use crate::agency::{Agency, error, first};

const ACTOR: Actor<'static> = Actor {
    name: "operator",
    door: challenge::door::Door::CommandLine,
    address: None,
    correlation: None,
};

#[tokio::test]
async fn a_page_is_told_with_the_number_of_all() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for (max, offset, expected) in [
        (json!(null), json!(null), 5),
        (json!(2), json!(null), 2),
        (json!(2), json!(4), 1),
        (json!("2"), json!("5"), 0),
        (json!(0), json!(0), 0),
        (json!(1000), json!(4_294_967_295_u64), 0),
    ] {
        let body = json!({"user": first(), "max": max, "offset": offset, "return": ["serial"]});
        let found = agency.result(&token, "listTokens", &body).await;
        assert_eq!(found["total"], 5, "{body}");
        assert_eq!(found["rows"].as_array().unwrap().len(), expected, "{body}");
    }
    for body in [
        json!({"user": first(), "max": 1001}),
        json!({"user": first(), "max": -1}),
        json!({"user": first(), "offset": 1.5}),
        json!({"user": first(), "return": 7}),
        json!({"user": first(), "return": [["id"]]}),
    ] {
        let reply = agency.call(&token, "listTokens", &body).await;
        assert_eq!(
            (reply.status.as_u16(), error(&reply)),
            (400, 1100),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_client_sees_itself_and_its_domain() {
    let agency = Agency::open().await;
    let (agent, second) = (
        agency.agent().await,
        agency.token("second", "password02").await,
    );
    for (token, name) in [(&agent, "agent"), (&second, "second")] {
        let found = agency
            .result(token, "listApplications", &json!({"return": ["name"]}))
            .await;
        assert_eq!(found, json!({"total": 1, "rows": [{"name": name}]}));
        let found = agency
            .result(
                token,
                "listDomains",
                &json!({"return": ["name", "displayName"]}),
            )
            .await;
        let domain = json!({"name": "ONLINEBANK", "displayName": "Online Bank"});
        assert_eq!(found, json!({"total": 1, "rows": [domain]}));
    }
}

#[tokio::test]
async fn a_user_has_one_step_and_the_ways_to_take_it() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for (user, codes, has_challenges) in [
        ("myTestUser1", &["OTP", "SPASS"][..], true),
        ("payer", &["OTP"], true),
        ("tokenless", &[], false),
    ] {
        let user = json!({"loginName": user});
        let body = json!({"user": user, "return": ["name", "challengResponse", {"authenticators": ["code"]}]});
        let found = agency.result(&token, "getLogonSteps", &body).await;
        let codes: Vec<_> = codes.iter().map(|code| json!({"code": code})).collect();
        let step =
            json!({"name": "step 1", "challengResponse": has_challenges, "authenticators": codes});
        assert_eq!(found, json!({"total": 1, "rows": [step]}));
        for (step, expected) in [
            (json!(1), codes.len()),
            (json!("1"), codes.len()),
            (json!(2), 0),
        ] {
            let body = json!({"user": user, "step": step});
            let found = agency.result(&token, "listAuthenticators", &body).await;
            assert_eq!(found["rows"].as_array().unwrap().len(), expected, "{body}");
        }
    }
    for step in [json!(0), json!("first"), json!(101)] {
        let body = json!({"user": first(), "step": step});
        let reply = agency.call(&token, "listAuthenticators", &body).await;
        assert_eq!(
            (reply.status.as_u16(), error(&reply)),
            (400, 1100),
            "{step}"
        );
    }
}

/// Status of a token, and status of its assignment.
async fn states(agency: &Agency, token: &str, serial: &str) -> (Value, Value) {
    let body = json!({"user": first(), "token": {"serial": serial}});
    let tokens = agency.result(token, "listTokens", &body).await;
    let assignments = agency.result(token, "listTokenAssignments", &body).await;
    let told = tokens["rows"][0]["tokenAssignments"]["elements"][0]["status"].clone();
    let status = assignments["rows"][0]["status"].clone();
    assert_eq!(told, status, "both lists say the same");
    (tokens["rows"][0]["status"].clone(), status)
}

#[tokio::test]
async fn the_states_of_tokens_are_told_in_the_vendors_words() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let tenant = agency
        .verifier
        .catalogue
        .tenant("ONLINEBANK")
        .unwrap()
        .tenant
        .id;
    let key = UserKey::LoginName("myTestUser1");
    let record = agency
        .verifier
        .catalogue
        .user(tenant, key)
        .await
        .unwrap()
        .unwrap();
    let held = |serial: &str| {
        let mut all = record.authenticators.iter();
        all.find(|one| one.serial == serial).unwrap()
    };
    assert_eq!(
        states(&agency, &token, "G1").await,
        (json!("ACTIVE"), json!("ACTIVE"))
    );
    agency
        .verifier
        .lock_authenticator(&ACTOR, held("G1"))
        .await
        .unwrap();
    assert_eq!(
        states(&agency, &token, "G1").await,
        (json!("DISABLED"), json!("DISABLED"))
    );
    agency
        .verifier
        .revoke_authenticator(&ACTOR, held("C1"))
        .await
        .unwrap();
    assert_eq!(
        states(&agency, &token, "C1").await,
        (json!("DECEASED"), json!(null))
    );
    agency
        .verifier
        .lock_user(&ACTOR, &record.user)
        .await
        .unwrap();
    assert_eq!(
        states(&agency, &token, "H1").await,
        (json!("ACTIVE"), json!("LOCKED"))
    );
    let body = json!({"user": first()});
    let tokens = agency.result(&token, "listTokens", &body).await;
    let assignments = agency.result(&token, "listTokenAssignments", &body).await;
    assert_eq!(
        (&tokens["total"], &assignments["total"]),
        (&json!(5), &json!(4))
    );
}

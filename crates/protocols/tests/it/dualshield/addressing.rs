//! Every way to name a user, a domain and a token: all that is said must hold.

use serde_json::{Value, json};

use crate::agency::{Agency, error, first};

async fn named(agency: &Agency, token: &str, body: &Value) -> u64 {
    error(&agency.call(token, "listTokens", body).await)
}

/// The ids of the first user and of the domain.
async fn ids(agency: &Agency, token: &str) -> (String, String) {
    let wanted = json!({"user": first(), "max": 1, "return": ["user.id", "user.domain.id"]});
    let found = agency.result(token, "listTokens", &wanted).await;
    let id = |name: &str| found["rows"][0][name].as_str().unwrap().to_owned();
    (id("user.id"), id("user.domain.id"))
}

#[tokio::test]
async fn a_user_is_found_by_every_name_and_spelling() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let (user, domain) = ids(&agency, &token).await;
    let number: u64 = user.parse().unwrap();
    let domain_number: u64 = domain.parse().unwrap();
    for user in [
        json!({"id": user}),
        json!({"id": number}),
        json!({"id": "uid406jkt"}),
        json!({"loginName": "myTestUser1"}),
        json!({"loginName": "myTestUser1", "domain.id": domain}),
        json!({"loginName": "myTestUser1", "domain.id": domain_number}),
        json!({"loginName": "myTestUser1", "domain.name": "ONLINEBANK"}),
        json!({"loginName": "myTestUser1", "domain": {"id": domain}}),
        json!({"loginName": "myTestUser1", "domain": {"name": "ONLINEBANK", "x": null}}),
        json!({"id": user, "loginName": "myTestUser1", "domain.name": "ONLINEBANK"}),
        json!({"id": "uid406jkt", "loginName": "myTestUser1", "unit": {"id": 1}}),
    ] {
        let body = json!({"user": user, "max": 1, "return": ["user.loginName"]});
        let found = agency.result(&token, "listTokens", &body).await;
        assert_eq!(found["rows"][0]["user.loginName"], "myTestUser1", "{user}");
    }
    let dotted = json!({"user.loginName": "myTestUser1", "user.domain.name": "ONLINEBANK"});
    assert_eq!(named(&agency, &token, &dotted).await, 0);
}

#[tokio::test]
async fn what_does_not_hold_together_is_nobody() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let (user, _) = ids(&agency, &token).await;
    for user in [
        json!({"id": user, "loginName": "payer"}),
        json!({"id": "uid406jkt", "loginName": "nobody"}),
        json!({"id": "nobody", "loginName": "myTestUser1"}),
        json!({"id": "myTestUser1"}),
        json!({"id": ""}),
        json!({"id": "1"}),
        json!({"id": format!("0{user}")}),
        json!({"loginName": ""}),
        json!({"loginName": "MYTESTUSER1"}),
        json!({"loginName": "uid406jkt"}),
        json!({"loginName": 7}),
    ] {
        for (method, rest) in [
            ("listTokens", json!({})),
            ("getLogonSteps", json!({})),
            ("getChallengeCode", json!({})),
            ("sendOTP", json!({})),
            ("verifyResponse", json!({"otp": "1", "cc": "1"})),
            ("verify", json!({"otp": "1"})),
            ("verify", json!({"password": "1"})),
            ("logon", json!({"method": "OOBA"})),
        ] {
            let body = json!({"user": user, "credential": rest});
            let reply = agency.call(&token, method, &body).await;
            assert_eq!(error(&reply), 101, "{method} {user}: {}", reply.body);
            assert_eq!(reply.body, r#"{"error":101,"message":"user not found."}"#);
        }
    }
}

#[tokio::test]
async fn no_name_at_all_is_a_mistake_in_the_request() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for body in [
        json!({}),
        json!({"user": {}}),
        json!({"user": {"id": null, "email": "x@example.org"}}),
        json!({"user": {"domain.name": "ONLINEBANK"}}),
        json!({"user": {"id": [1]}}),
        json!({"user": {"id": 1.5}}),
        json!({"user": "myTestUser1"}),
        json!({"user": {"id": "1", "domain.id": "1", "domain": {"id": "2"}}}),
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
async fn a_domain_or_application_of_somebody_else_is_refused_before_the_user_is_looked_for() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let other = agency.token("other-agent", "password01").await;
    let others = agency.result(&other, "listDomains", &json!({})).await["rows"][0].clone();
    let application =
        agency.result(&other, "listApplications", &json!({})).await["rows"][0].clone();
    for domain in [
        json!({"domain.id": others["id"]}),
        json!({"domain.name": others["name"]}),
        json!({"domain.name": "onlinebank"}),
        json!({"domain.name": "ONLINEBANK", "domain.id": others["id"]}),
        json!({"domain.id": ""}),
    ] {
        for name in ["myTestUser1", "nobody"] {
            let mut user = domain.clone();
            user["loginName"] = name.into();
            for method in ["getChallengeCode", "listTokens", "getLogonSteps", "sendOTP"] {
                let reply = agency.call(&token, method, json!({"user": user})).await;
                assert_eq!(error(&reply), 242, "{user}");
                assert_eq!(
                    reply.body,
                    "{\"error\":242,\"message\":\"The requested domain is not defined in the realm\",\
                     \"severity\":\"ERROR\"}"
                );
            }
        }
    }
    for named in [
        json!({"id": application["id"]}),
        json!({"name": "other-agent"}),
        json!({"name": "agent", "id": application["id"]}),
    ] {
        let body = json!({"application": named, "user": first()});
        for method in ["listDomains", "getLogonSteps", "getChallengeCode"] {
            let reply = agency.call(&token, method, &body).await;
            assert_eq!(error(&reply), 1010, "{method} {body}");
        }
    }
}

#[tokio::test]
async fn another_tenants_ids_mean_nothing_here() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let other = agency.token("other-agent", "password01").await;
    let theirs = agency
        .result(&other, "listTokens", &json!({"user": first()}))
        .await["rows"][0]
        .clone();
    let by_id = json!({"user": {"id": theirs["user"]["id"]}});
    assert_eq!(named(&agency, &token, &by_id).await, 101);
    for token_named in [json!({"id": theirs["id"]}), json!({"serial": "90000000"})] {
        let body = json!({"user": first(), "token": token_named});
        let reply = agency.call(&token, "getChallengeCode", &body).await;
        assert_eq!(error(&reply), 1005, "{body}");
        let found = agency.result(&token, "listTokens", &body).await;
        assert_eq!(found["total"], 0);
    }
    // Their login name is the same, and means their own user there.
    let body = json!({"user": first(), "token": {"serial": "10000000"}});
    assert_eq!(
        error(&agency.call(&other, "getChallengeCode", &body).await),
        1005
    );
}

/// The serials that are meant.
async fn serials(agency: &Agency, token: &str, named: &Value) -> Vec<String> {
    let body = json!({"user": first(), "token": named, "return": ["serial"]});
    let found = agency.result(token, "listTokens", &body).await;
    let rows = found["rows"].as_array().unwrap();
    let mut serials: Vec<_> = rows
        .iter()
        .map(|row| row["serial"].as_str().unwrap().to_owned())
        .collect();
    serials.sort_unstable();
    serials
}

#[tokio::test]
async fn all_conditions_on_a_token_hold() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let body = json!({"user": first(), "token": {"serial": "G1"}});
    let grid = agency.result(&token, "listTokens", &body).await["rows"][0]["id"].clone();
    let number: u64 = grid.as_str().unwrap().parse().unwrap();
    for (named, expected) in [
        (json!({}), &["10000000", "C1", "G1", "H1", "T1"][..]),
        (json!(null), &["10000000", "C1", "G1", "H1", "T1"]),
        (json!({"id": grid}), &["G1"]),
        (json!({"id": number}), &["G1"]),
        (json!({"id": "tid1"}), &[]),
        (json!({"id": grid, "serial": "C1"}), &[]),
        (json!({"serial": "G1"}), &["G1"]),
        // A serial stands for what lives on its device.
        (json!({"serial": "10000000"}), &["10000000", "T1"]),
        (json!({"serial": 10_000_000}), &["10000000", "T1"]),
        (json!({"serial": ""}), &[]),
        (json!({"product.method": "GridGo"}), &["G1"]),
        (json!({"product": {"method": "gridgo"}}), &["G1"]),
        (json!({"product.method": "GridID"}), &["C1"]),
        (json!({"product.method": "MobileID"}), &["10000000", "T1"]),
        (json!({"product.name": "mobileid"}), &["10000000", "T1"]),
        (
            json!({"product.name": "MobileID", "product.method": "MobileID"}),
            &["10000000", "T1"],
        ),
        (
            json!({"product.name": "SafeID", "product.method": "MobileID"}),
            &[],
        ),
        (json!({"product.method": "SafeID"}), &["H1"]),
        (json!({"product.method": "T-Pass"}), &[]),
        (json!({"product.method": "FlashPass"}), &[]),
        (json!({"product.functions": "OTP"}), &["H1", "T1"]),
        (json!({"product.functions": "otpod"}), &[]),
        (json!({"product.functions": "OOBA"}), &[]),
        (json!({"product.functions": "nothing"}), &[]),
        (
            json!({"product.functions": "OTP", "product.method": "MobileID"}),
            &["T1"],
        ),
        (
            json!({"product.functions": "OTP", "product.method": "GridGo"}),
            &[],
        ),
        (
            json!({"product.functions": "CR", "serial": "T1"}),
            &["10000000"],
        ),
        (json!({"colour": "blue", "serial": "H1"}), &["H1"]),
    ] {
        assert_eq!(serials(&agency, &token, &named).await, expected, "{named}");
    }
}

#[tokio::test]
async fn several_that_fit_are_told_and_none_is_taken_for_the_first() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let user = json!({"loginName": "twofold"});
    let reply = agency
        .call(&token, "getChallengeCode", json!({"user": user}))
        .await;
    assert_eq!(error(&reply), 1006, "{}", reply.body);
    let body = json!({"user": user, "token": {"serial": "40000001"}});
    assert_eq!(
        error(&agency.call(&token, "getChallengeCode", &body).await),
        0
    );
}

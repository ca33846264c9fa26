//! The seed's bodies byte for byte, and the vendor's other published bodies, answered.

use std::fmt::Write as _;

use serde_json::json;

use crate::agency::{Agency, SUITE, TOKEN, call, error, first, read_off};
use crate::bank::{Reply, request};
use crate::codes::{hotp, ocra, totp};

/// What was said, for a snapshot.
#[derive(Default)]
struct Record(String);

impl Record {
    fn note(&mut self, line: &str, body: &str, reply: &Reply) {
        write!(self.0, "> POST {line}\n> {body}\n{}\n", reply.shown()).unwrap();
    }
}

/// A challenge by the login name, as the seed has it, with `return` in quotes.
const SEED_BY_ID: &str = r#"{
	"user":
	{
		"loginName":"login name",
		"domain.id":"domainid"
	},
	"token":
	{
		"id":"tid1"
	},
	"return":["id", "code", "starts", "expires"]
}"#;

/// A grid, as the seed has it.
const SEED_GRID: &str = r#"{
	"user":
	{
		"loginName":"login name",
		"domain.id":"domainid"
	},
	"token":
	{
		"product.method":"GridGo"
	},
	"return":["id", "code", "reference"]
}"#;

/// A response, as the seed has it.
const SEED_RESPONSE: &str = r#"{
	"user":
	{
		"id":"userid"
	},
	"token":
	{
		"serial":"10000000"
	},
	"credential":
	{
		"otp":"xxxxxx",
		"cc":"yyyyyy"
	}
}"#;

#[tokio::test]
async fn the_seeds_conversation() {
    let agency = Agency::open().await;
    let mut record = Record::default();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = "grant_type=client_credentials&client_id=agent&client_secret=password01";
    let reply = agency.send(request("POST", TOKEN, &[form], body)).await;
    record.note(TOKEN, body, &reply);
    let token = reply.json()["access_token"].as_str().unwrap().to_owned();

    let wanted = json!({"return": ["id", "name"]});
    let domains = agency.call(&token, "listDomains", &wanted).await;
    record.note("/das5/rest/auth/listDomains", &wanted.to_string(), &domains);
    let domain = domains.json()["result"]["rows"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let wanted = json!({
        "user": first(), "token": {"product.functions": "CR"},
        "return": ["id", "product.name", {"user": ["id"]}],
    });
    let tokens = agency.call(&token, "listTokens", &wanted).await;
    record.note("/das5/rest/auth/listTokens", &wanted.to_string(), &tokens);
    let rows = tokens.json()["result"]["rows"].clone();
    let mobile = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["product.name"] == "MobileID");
    let mobile = mobile.unwrap().clone();
    let filled = |body: &str| {
        body.replace("login name", "myTestUser1")
            .replace("domainid", &domain)
            .replace("tid1", mobile["id"].as_str().unwrap())
            .replace("userid", mobile["user"]["id"].as_str().unwrap())
    };

    let body = filled(SEED_BY_ID);
    let asked = agency.send(call(&token, "/auth/generate", &body)).await;
    record.note("/auth/generate", &body, &asked);
    let cc = asked.json()["result"]["code"].as_str().unwrap().to_owned();
    let otp = ocra(SUITE, &cc);
    let body = filled(SEED_RESPONSE)
        .replace("xxxxxx", &otp)
        .replace("yyyyyy", &cc);
    let answered = agency.call(&token, "verifyResponse", &body).await;
    record.note("/das5/rest/auth/verifyResponse", &body, &answered);
    let again = agency.call(&token, "verifyResponse", &body).await;
    record.note("/das5/rest/auth/verifyResponse", "(the same again)", &again);

    let body = filled(SEED_GRID);
    let asked = agency.call(&token, "getChallengeCode", &body).await;
    record.note("/das5/rest/auth/getChallengeCode", &body, &asked);
    let result = &asked.json()["result"];
    let otp = read_off(result["code"].as_str().unwrap(), (4, 10));
    let cc = result["reference"].as_str().unwrap();
    let serial = filled(SEED_RESPONSE).replace("10000000", "G1");
    let body = serial.replace("xxxxxx", &otp).replace("yyyyyy", cc);
    let answered = agency.call(&token, "verifyResponse", &body).await;
    record.note("/das5/rest/auth/verifyResponse", &body, &answered);
    insta::assert_snapshot!(record.0);
}

#[tokio::test]
async fn the_seeds_text_as_it_stands_is_no_json_and_is_told_so() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for body in [
        SEED_BY_ID.replace("\"return\"", "return"),
        SEED_RESPONSE.replace("\"yyyyyy\"", "\"yyyyyy\" // if verifyResponse is required"),
        SEED_RESPONSE.replace('"', "'"),
        format!("{SEED_RESPONSE},"),
    ] {
        let reply = agency.call(&token, "getChallengeCode", &body).await;
        assert_eq!(
            (reply.status.as_u16(), error(&reply)),
            (400, 1100),
            "{body}"
        );
        let message = reply.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("the body is no JSON"), "{message}");
        assert!(
            message.contains(" line ") && message.contains("double quotes"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn the_vendors_published_calls() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let mut record = Record::default();
    let challenge = agency.challenge(&token, "10000000").await;
    let cc = challenge["code"].as_str().unwrap();
    let user = json!({"loginName": "myTestUser1", "domain.name": "ONLINEBANK"});
    let found = agency.result(&token, "listApplications", &json!({})).await;
    let application = &found["rows"][0];
    let by_serial = json!({"user": user, "token": {"serial": "H1"}, "return": ["*"]});
    for (method, body) in [
        ("listApplications", json!({"return": ["id", "name"]})),
        (
            "listDomains",
            json!({"application": {"id": application["id"]}, "return": ["id", "name"]}),
        ),
        (
            "listAuthenticators",
            json!({"step": 1, "application": application, "user": user}),
        ),
        (
            "getLogonSteps",
            json!({
                "application": {"id": application["id"]}, "user": {"loginName": "myTestUser1"},
                "return": ["name", "challengResponse", "authenticators"],
            }),
        ),
        (
            "listTokenAssignments",
            json!({
                "user": user, "token": {"product.functions": "CR"},
                "return": ["id", "status", {"token": ["id", "serial", "oobDeviceModel"]}],
            }),
        ),
        ("listTokens", by_serial),
        (
            "logon",
            json!({
                "remoteIp": "192.0.2.9", "application": {"id": application["id"]}, "user": user,
                "token": {"serial": "H1"}, "credential": {"otp": hotp(0)},
            }),
        ),
        ("logout", json!({})),
        (
            "verify",
            json!({"credential": {"otp": totp(&agency.clock)}, "user": user, "return": ["*"]}),
        ),
        (
            "verify",
            json!({
                "credential": {"password": crate::agency::PASSWORD, "method": "SPASS"},
                "user": user, "return": ["user.loginName"],
            }),
        ),
        (
            "verify",
            json!({
                "user": user, "token": {"serial": "10000000"},
                "credential": {"otp": ocra(SUITE, cc), "cc": cc},
            }),
        ),
    ] {
        let body = body.to_string();
        let reply = agency.call(&token, method, &body).await;
        assert_eq!(error(&reply), 0, "{method}: {}", reply.body);
        record.note(&format!("/das5/rest/auth/{method}"), &body, &reply);
    }
    insta::assert_snapshot!(record.0);
}

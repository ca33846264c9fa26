//! The vendor's documented conversation, byte for byte but for codes.

use std::fmt::Write as _;

use crate::bank::{Bank, FORM, Reply, TOKEN, action, request};
use crate::codes::{hotp, response, signature};

/// What was said, for a snapshot.
#[derive(Default)]
struct Record(String);

impl Record {
    fn note(&mut self, line: &str, body: &str, reply: &Reply) {
        write!(self.0, "> {line}\n> {body}\n{}\n", reply.shown()).unwrap();
    }
}

#[tokio::test]
async fn the_seeds_conversation() {
    let bank = Bank::open().await;
    let mut record = Record::default();
    let body = "grant_type=client_credentials&client_id=spl-api&client_secret=password01";
    let reply = bank.send(request("POST", TOKEN, &[], body)).await;
    record.note(&format!("POST {TOKEN}"), body, &reply);
    let token = reply.json()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), FORM];

    let one_time = format!(
        "mode=SYNCHRONOUS&password={}&grant_type=password&authType=AT_CUSTOTP&client_id=spl-api&username=myTestUser1",
        hotp(0)
    );
    let reply = bank
        .send(request("POST", TOKEN, &headers, one_time.clone()))
        .await;
    record.note(&format!("POST {TOKEN}"), &one_time, &reply);

    let wanted = action(
        "USER-CHALLENGE",
        &[("CHANNEL", "CH_IIS"), ("USER.EXTERNALID", "uid406jkt")],
    );
    let path = "/v2/Authenticator/.AT_CUSTOTP?api-version%20=%209";
    let reply = bank.scim(&token, "POST", path, &wanted).await;
    record.note(
        &format!("POST /scim/ONLINEBANK{path}"),
        "(USER-CHALLENGE)",
        &reply,
    );
    let question = reply.json()["attributes"][0]["value"]
        .as_str()
        .unwrap()
        .to_owned();

    let answer = format!(
        "mode=ASYNCHRONOUS&password={}&device_id=13158&grant_type=password&channel=CH_CSTPORT&authType=AT_CUSTOTP&client_id=spl-api&username=myTestUser1",
        response(&question)
    );
    let reply = bank
        .send(request("POST", TOKEN, &headers, answer.clone()))
        .await;
    record.note(&format!("POST {TOKEN}"), &answer, &reply);

    let signed = format!(
        "mode=SIGNING&password={}&device_id=13158&grant_type=password&context=sign1%3AAccountId1%3Afalse sign2%3ATransactionId1%3Afalse sign3%3A10000%3Afalse&channel=CH_CSTPORT&authType=AT_CUSTOTP&client_id=spl-api&username=myTestUser1",
        signature("AccountId1TransactionId110000")
    );
    let reply = bank
        .send(request("POST", TOKEN, &headers, signed.clone()))
        .await;
    record.note(&format!("POST {TOKEN}"), &signed, &reply);

    // Each once: the same three again.
    for body in [one_time, answer, signed] {
        let reply = bank.send(request("POST", TOKEN, &headers, body)).await;
        record.note(&format!("POST {TOKEN}"), "(the same again)", &reply);
    }
    insta::assert_snapshot!(record.0);
}

#[tokio::test]
async fn what_a_token_is_worth_and_its_end() {
    let bank = Bank::open().await;
    let mut record = Record::default();
    let token = bank.portal_token().await;
    let login = format!(
        "mode=SYNCHRONOUS&username=myTestUser1&authType=AT_CUSTOTP&password={}",
        hotp(0)
    );
    let user_token = bank.login(&token, &login).await.json()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let bearer = format!("Bearer {token}");
    let basic = ("authorization", "Basic c3BsLWFwaTpwYXNzd29yZDAx");
    let encoded = user_token.replace('+', "%2B");
    let mut say = async |place: &str, header: (&str, &str), body: String| {
        let path = format!("/idp/ONLINEBANK/authn/{place}");
        let reply = bank.post(&path, &[header], &body).await;
        record.note(&format!("POST {path}"), &body, &reply);
        reply
    };
    say(
        "introspect",
        basic,
        format!("token={encoded}&token_type_hint=access_token"),
    )
    .await;
    say(
        "introspect",
        ("authorization", &bearer),
        format!("token={}&client_id=spl-api", token.replace('+', "%2B")),
    )
    .await;
    let sloppy = say("introspect", basic, format!("token={user_token}")).await;
    assert_eq!(
        sloppy.json()["active"],
        true,
        "a plus that became a space is repaired"
    );
    say("introspect", basic, "token=nonsense".to_owned()).await;
    say("introspect", basic, "token=".to_owned()).await;
    say(
        "revoke",
        ("authorization", &bearer),
        format!("token={encoded}&token_type_hint=whatever&client_id=spl-api"),
    )
    .await;
    say("introspect", basic, format!("token={encoded}")).await;
    say("revoke", basic, format!("token={encoded}")).await;
    say("revoke", basic, String::new()).await;
    insta::assert_snapshot!(record.0);

    bank.clock.advance_s(1_576_800);
    let late = bank
        .post(
            "/idp/ONLINEBANK/authn/introspect",
            &[("authorization", &bearer)],
            "token=x",
        )
        .await;
    assert_eq!(
        (late.status.as_u16(), late.error().as_str()),
        (401, "invalid_client")
    );
}

#[tokio::test]
async fn both_discovery_documents_are_one() {
    let bank = Bank::open().await;
    let appended = "/idp/ONLINEBANK/authn/.well-known/openid-configuration";
    let inserted = "/.well-known/oauth-authorization-server/idp/ONLINEBANK/authn";
    let first = bank.send(request("GET", appended, &[], "")).await;
    assert_eq!(first, bank.send(request("GET", inserted, &[], "")).await);
    assert_eq!(
        bank.send(request(
            "GET",
            "/idp/NOBANK/authn/.well-known/openid-configuration",
            &[],
            ""
        ))
        .await
        .status,
        404
    );
    insta::assert_snapshot!(first.shown());
}

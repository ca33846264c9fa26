//! The tour's `ActivID` part: the four requests of the published samples, and three refusals.

use anyhow::{Context as _, ensure};
use oath::ocra::{Input, Suite};
use oath::{Hotp, Key};
use reqwest::StatusCode;
use serde_json::Value;

use super::wire::{Body, Request, Wire, outln};

const TOKEN_PATH: &str = "/idp/ONLINEBANK/authn/token";
const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";
const KEY: &[u8] = b"12345678901234567890";
const RESPONSE_SUITE: &str = "OCRA-1:HOTP-SHA1-8:QN08";
const SIGNATURE_SUITE: &str = "OCRA-1:HOTP-SHA1-8:QA64";

/// What identifies the user's requests in the samples.
const AS_USER: &str = "authType=AT_CUSTOTP&client_id=spl-api&username=myTestUser1";

/// Plays the part; an error names the step that was not as it must be.
pub(super) async fn play(wire: &mut Wire) -> anyhow::Result<()> {
    outln("\n=== ActivID: one-time passwords, challenge-response, transaction signatures ===");
    let bearer = client_token(wire).await?;
    let code = hotp(0)?;
    let otp = format!("mode=SYNCHRONOUS&password={code}&grant_type=password&{AS_USER}");
    let title = "The user types a one-time password from a token (HOTP, counter 0)";
    accepted(&post(wire, title, &otp, Some(&bearer), StatusCode::OK).await?)?;
    challenge_response(wire, &bearer).await?;
    sign(wire, &bearer).await?;
    refusals(wire, &bearer, &otp).await
}

async fn client_token(wire: &mut Wire) -> anyhow::Result<String> {
    let body = "grant_type=client_credentials&client_id=spl-api&client_secret=password01";
    let title = "The portal authenticates itself";
    let answer = post(wire, title, body, None, StatusCode::OK).await?;
    ensure!(
        answer["expires_in"] == 1_576_800,
        "the client token's lifetime is not the set one"
    );
    let token = answer["access_token"].as_str().context("no access token")?;
    Ok(token.to_owned())
}

async fn challenge_response(wire: &mut Wire, bearer: &str) -> anyhow::Result<()> {
    let action = concat!(
        r#"{"schemas":["urn:hid:scim:api:idp:2.0:Action"],"#,
        r#""urn:hid:scim:api:idp:2.0:Action":{"action":"USER-CHALLENGE","#,
        r#""attributes":[{"name":"USER.EXTERNALID","value":"uid406jkt"}]}}"#,
    );
    let request = Request {
        path: "/scim/ONLINEBANK/v2/Authenticator/.AT_CUSTOTP",
        bearer: Some(bearer),
        body: Some(Body {
            content_type: "application/scim+json",
            text: action,
        }),
    };
    let title = "The portal asks for a challenge, and shows it to the user";
    let answer = wire.exchange(title, &request, StatusCode::OK).await?;
    let first = &answer["attributes"][0];
    ensure!(
        first["name"] == "CHALLENGE",
        "the challenge is not the first attribute"
    );
    let question = first["value"].as_str().context("no challenge")?.to_owned();
    let response = ocra(RESPONSE_SUITE, &question)?;
    outln(&format!(
        "   The user types {question} into the phone, which shows {response}."
    ));
    let body = format!(
        "mode=ASYNCHRONOUS&password={response}&device_id=13158&grant_type=password\
         &channel=CH_CSTPORT&{AS_USER}"
    );
    let title = "The user types the phone's response";
    accepted(&post(wire, title, &body, Some(bearer), StatusCode::OK).await?)
}

async fn sign(wire: &mut Wire, bearer: &str) -> anyhow::Result<()> {
    let signature = ocra(SIGNATURE_SUITE, "AccountId1TransactionId110000")?;
    outln(&format!(
        "\n   The user types the three fields into the phone, which shows {signature}."
    ));
    // The spaces between the fields stand in the body as they are, as in the published sample.
    let body = format!(
        "mode=SIGNING&password={signature}&device_id=13158&grant_type=password\
         &context=sign1%3AAccountId1%3Afalse sign2%3ATransactionId1%3Afalse \
         sign3%3A10000%3Afalse&channel=CH_CSTPORT&{AS_USER}"
    );
    let title = "The user signs a transaction of three fields";
    accepted(&post(wire, title, &body, Some(bearer), StatusCode::OK).await?)
}

async fn refusals(wire: &mut Wire, bearer: &str, spent: &str) -> anyhow::Result<()> {
    let refused = StatusCode::BAD_REQUEST;
    let replayed = post(
        wire,
        "The spent one-time password again",
        spent,
        Some(bearer),
        refused,
    );
    let replayed = replayed.await?;
    ensure!(
        replayed["error"] == "invalid_grant",
        "a replay is not invalid_grant"
    );
    let wrong = format!("mode=SYNCHRONOUS&password=000000&grant_type=password&{AS_USER}");
    for title in [
        "A wrong code",
        "A wrong code",
        "A wrong code",
        "A wrong code: the fifth failure",
    ] {
        let answer = post(wire, title, &wrong, Some(bearer), refused).await?;
        ensure!(
            answer == replayed,
            "a wrong code is told apart from a replayed one"
        );
    }
    let right = hotp(1)?;
    let right = format!("mode=SYNCHRONOUS&password={right}&grant_type=password&{AS_USER}");
    let title = "The right code, while the user is locked";
    let answer = post(wire, title, &right, Some(bearer), refused).await?;
    ensure!(answer == replayed, "a lock is told apart from a wrong code");
    Ok(())
}

async fn post(
    wire: &mut Wire,
    title: &str,
    body: &str,
    bearer: Option<&str>,
    expected: StatusCode,
) -> anyhow::Result<Value> {
    let request = Request {
        path: TOKEN_PATH,
        bearer,
        body: Some(Body {
            content_type: FORM,
            text: body,
        }),
    };
    wire.exchange(title, &request, expected).await
}

fn accepted(answer: &Value) -> anyhow::Result<()> {
    ensure!(answer["access_token"].is_string(), "no access token");
    ensure!(
        answer["token_type"] == "Bearer",
        "the token is not a bearer token"
    );
    ensure!(
        answer["expires_in"] == 86_400,
        "the user token's lifetime is not the set one"
    );
    Ok(())
}

fn hotp(counter: u64) -> anyhow::Result<String> {
    Ok(Hotp::default().code(&Key::new(KEY)?, counter).to_string())
}

fn ocra(suite: &str, question: &str) -> anyhow::Result<String> {
    let suite = Suite::parse(suite)?;
    let question = suite.question(question)?;
    let input = Input {
        counter: None,
        question,
        pin: None,
        session: None,
        time_step: None,
    };
    Ok(suite.response(&Key::new(KEY)?, &input)?.to_string())
}

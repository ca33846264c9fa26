//! The tour's Ocapi part: the workflow of the published document, a wrong answer, a second check and a
//! forged token.

use anyhow::{Context as _, ensure};
use challenge::clock::Clock as _;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::wire::{Body, Request, Wire, outln};
use crate::serving::partner::Account;
use crate::serving::solver::solve;
use crate::system::SystemClock;

/// The highest counter of the tour's site: so low that nobody waits.
pub(super) const DIFFICULTY: u32 = 60;

/// Plays the part; an error names the step that was not as it must be.
pub(super) async fn play(wire: &mut Wire, account: &Account) -> anyhow::Result<()> {
    outln("\n=== Ocapi: a website asks its visitors to prove that they are no robots ===");
    let path = format!("/ocapi/v2/challenge/{}", account.public_id);
    let title = "The visitor's browser asks for a challenge";
    let challenge = get(wire, title, (&path, None), StatusCode::OK).await?;
    ensure!(challenge["kind"] == "pow", "it is no proof of work");
    let wrong = json!({"counter": 1, "derivedKey": "00".repeat(32)});
    let title = "It answers without having done the work, and gets the next challenge";
    let answer = post(wire, title, &challenge, &wrong).await?;
    ensure!(answer["state"] == "invalid", "no work was taken for some");
    let challenge = answer["next"].clone();
    let right = solve(&challenge)?;
    outln(&format!(
        "\n   The browser tried {} keys.",
        right["counter"]
    ));
    let title = "It does the work and answers";
    let answer = post(wire, title, &challenge, &right).await?;
    ensure!(answer["state"] == "valid", "the work was not accepted");
    let id = challenge["id"].as_str().context("no id")?;
    outln("\n   The browser sends the form, with the challenge's id in it, to the website.");
    check(wire, account, id).await
}

async fn check(wire: &mut Wire, account: &Account, id: &str) -> anyhow::Result<()> {
    let path = format!("/ocapi/v2/challenge/{id}");
    let claims = account.claims(id, SystemClock.now());
    let forger = Account {
        private_id: "a guess at the private id of at least sixty-four characters......".into(),
        ..account.clone()
    };
    let forged = forger.signed(&claims);
    let title = "Somebody who does not know the private id checks the challenge";
    let forged = (path.as_str(), Some(forged.as_str()));
    get(wire, title, forged, StatusCode::UNAUTHORIZED).await?;
    let token = account.signed(&claims);
    outln(&format!("\n   The website's server signs {claims}."));
    for (title, state) in [
        ("The website's server checks the challenge", "valid"),
        (
            "It checks once more, for a form that was sent twice",
            "consumed",
        ),
    ] {
        let answer = get(wire, title, (&path, Some(&token)), StatusCode::OK).await?;
        ensure!(answer["state"] == state, "the challenge is not {state}");
    }
    Ok(())
}

async fn get(
    wire: &mut Wire,
    title: &str,
    (path, bearer): (&str, Option<&str>),
    expected: StatusCode,
) -> anyhow::Result<Value> {
    let request = Request {
        path,
        bearer,
        body: None,
    };
    wire.exchange(title, &request, expected).await
}

async fn post(
    wire: &mut Wire,
    title: &str,
    challenge: &Value,
    answer: &Value,
) -> anyhow::Result<Value> {
    let id = challenge["id"]
        .as_str()
        .context("the challenge has no id")?;
    let request = Request {
        path: &format!("/ocapi/v2/challenge/{id}"),
        bearer: None,
        body: Some(Body {
            content_type: "application/json",
            text: &json!({ "answer": answer }).to_string(),
        }),
    };
    wire.exchange(title, &request, StatusCode::OK).await
}

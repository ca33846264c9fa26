//! The tour's `DualShield` part: a grid, a phone, one-time and static passwords, a card, the lists, and what is refused.

use anyhow::{Context as _, ensure};
use challenge::clock::Clock as _;
use oath::Totp;
use reqwest::StatusCode;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::wire::{Body, Request, Wire, outln};
use crate::serving::partner_dual::{Account, Pocket, read_along};
use crate::system::SystemClock;

/// The numbers of refusals, as docs/dualshield-errors.md lists them.
const WRONG: i64 = 1000;
const NO_CHALLENGE: i64 = 1002;
const USED: i64 = 1004;

/// The serial number of the demo's grid.
const GRID: &str = "40000000";

/// Where the customer starts to read: row 4, column M, counted from 0.
const START: (usize, usize) = (4, 10);

/// Plays the part; an error names the step that was not as it must be.
pub(super) async fn play(
    wire: &mut Wire,
    account: &Account,
    pocket: &Pocket,
) -> anyhow::Result<()> {
    outln("\n=== DualShield: a grid on the screen, a phone's response, a printed card ===");
    let bearer = token(wire, account).await?;
    let mut scene = Scene {
        wire,
        account,
        pocket,
        bearer,
    };
    scene.lists().await?;
    scene.grid().await?;
    scene.payment().await?;
    scene.passwords().await?;
    scene.card().await
}

async fn token(wire: &mut Wire, account: &Account) -> anyhow::Result<String> {
    let secret = account.client_secret.expose_secret();
    let id = &account.client_id;
    let request = Request {
        path: "/das5/rest/oauth/token",
        bearer: None,
        body: Some(Body {
            content_type: "application/x-www-form-urlencoded",
            text: &format!("grant_type=client_credentials&client_id={id}&client_secret={secret}"),
        }),
    };
    let title = "The application authenticates itself";
    let answer = wire.exchange(title, &request, StatusCode::OK).await?;
    let token = answer["access_token"].as_str();
    Ok(token.context("no access token")?.to_owned())
}

struct Scene<'a> {
    wire: &'a mut Wire,
    account: &'a Account,
    pocket: &'a Pocket,
    bearer: String,
}

impl Scene<'_> {
    async fn lists(&mut self) -> anyhow::Result<()> {
        let wanted = json!({"return": ["id", "name"]});
        let title = "It asks which domain it is in";
        let domains = self.done(title, "listDomains", &wanted).await?;
        let name = &domains["rows"][0]["name"];
        ensure!(
            *name == *self.account.domain,
            "not the application's domain"
        );
        let wanted =
            json!({"user": self.by_name(), "return": ["serial", "product.name", "status"]});
        let title = "It asks which tokens the customer has";
        let tokens = self.done(title, "listTokens", &wanted).await?;
        ensure!(tokens["total"] == 5, "not the customer's five tokens");
        let wanted = json!({"user": self.by_name()});
        let title = "It asks how the customer may sign in";
        let steps = self.done(title, "getLogonSteps", &wanted).await?;
        let codes = steps["rows"][0]["authenticators"].to_string();
        ensure!(
            codes.contains("\"OTP\"") && codes.contains("\"SPASS\""),
            "a way to sign in is missing"
        );
        Ok(())
    }

    async fn grid(&mut self) -> anyhow::Result<()> {
        let title = "It asks for a grid, and shows it to the customer";
        let (cc, passcode) = self.drawn(title).await?;
        let answer = self.answer(GRID, &passcode, &cc);
        let title = "The customer types the passcode";
        self.done(title, "verifyResponse", &answer).await?;
        let title = "The same passcode for the same grid again";
        self.refused(title, &answer, USED).await?;

        let title = "It asks for another grid";
        let (cc, passcode) = self.drawn(title).await?;
        let wrong = self.answer(GRID, "0000000", &cc);
        self.refused("A wrong passcode", &wrong, WRONG).await?;
        let late = self.answer(GRID, &passcode, &cc);
        let title = "The right one, after the wrong one: each grid takes one answer";
        self.refused(title, &late, USED).await?;

        let title = "It asks for a third grid";
        let (cc, passcode) = self.drawn(title).await?;
        let rows = vec!["n".repeat(22); 10];
        let labels = "ABCDEFGHJKMNPRSTUVWXYZ";
        let own = json!({"grid": rows, "rows": 10, "cols": 22, "indiecs": labels}).to_string();
        let forged = self.answer(GRID, "nnnnnnn", &own);
        let title = "A grid of the caller's own making, of n alone";
        self.refused(title, &forged, NO_CHALLENGE).await?;

        let answer = self.answer(GRID, &passcode, &cc);
        let title = "The grid that was drawn is still good, and the customer is let in";
        self.done(title, "verifyResponse", &answer).await?;
        Ok(())
    }

    /// Has a grid drawn and reads it; gives its reference and the passcode.
    async fn drawn(&mut self, title: &str) -> anyhow::Result<(String, String)> {
        let wanted = json!({
            "user": self.by_name(),
            "token": {"product.method": "GridGo"},
            "return": ["id", "code", "reference"],
        });
        let drawn = self.done(title, "getChallengeCode", &wanted).await?;
        let code = drawn["code"].as_str().context("no grid")?;
        let passcode = read_along(code, &self.pocket.steps(), START)?;
        outln(&format!(
            "   The customer starts in M4, follows the path, and reads {passcode}."
        ));
        let reference = drawn["reference"].as_str().context("no reference")?;
        Ok((reference.to_owned(), passcode))
    }

    async fn payment(&mut self) -> anyhow::Result<()> {
        let serial = &self.pocket.phone.serial;
        let title = "It asks for digits that stand for the payee's account";
        let (digits, response) = self.digits(title).await?;
        let swapped = self.answer(serial, &response, "11112222");
        let title = "The response as if it were for another account's digits";
        self.refused(title, &swapped, NO_CHALLENGE).await?;
        let answer = self.answer(serial, &response, &digits);
        let title = "The response for the digits that were shown";
        self.done(title, "verifyResponse", &answer).await?;
        self.refused("The same again", &answer, USED).await
    }

    /// Has digits made of an account and types them into the app; gives them and its response.
    async fn digits(&mut self, title: &str) -> anyhow::Result<(String, String)> {
        let wanted = json!({
            "user": self.by_name(),
            "token": {"product.method": "MobileID"},
            "transaction": {"account": "4000 0788 0384"},
            "return": ["id", "code", "starts", "expires"],
        });
        let asked = self.done(title, "getChallengeCode", &wanted).await?;
        let digits = asked["code"].as_str().context("no digits")?.to_owned();
        ensure!(digits == "07880384", "not the last digits of the account");
        let response = self.pocket.phone.respond(&digits, SystemClock.now());
        let response = response.map_err(anyhow::Error::msg)?;
        outln(&format!(
            "   The customer compares {digits} with the account and types it into the app, which shows {response}."
        ));
        Ok((digits, response))
    }

    async fn passwords(&mut self) -> anyhow::Result<()> {
        let code = Totp::default().code_at(&self.pocket.codes, SystemClock.now().unix_s());
        let code = code.context("no code at this time")?.to_string();
        let title = "The customer types a one-time password of the app";
        let verify = json!({"user": self.by_id(), "credential": {"otp": code}});
        self.done(title, "verify", &verify).await?;
        let title = "The same one-time password again";
        self.told(title, "verify", &verify, WRONG).await?;
        let password = self.pocket.password.expose_secret();
        for (title, password, error) in [
            ("A wrong static password", "guessed", WRONG),
            ("The customer's static password", password, 0),
        ] {
            let credential = json!({"method": "SPASS", "password": password});
            let verify = json!({"user": self.by_name(), "credential": credential});
            self.told(title, "verify", &verify, error).await?;
        }
        Ok(())
    }

    async fn card(&mut self) -> anyhow::Result<()> {
        let wanted = json!({"user": self.by_name(), "token": {"product.method": "GridID"}});
        let title = "It asks for cells of the customer's card (by the short path)";
        let asked = self.call(title, "/auth/generate", &wanted, 0).await?;
        let result = &asked["result"];
        let cells = result["code"].as_str().context("no cells")?;
        let symbols = self.pocket.symbols(cells).context("no such cells")?;
        outln(&format!("   The customer reads {symbols} in {cells}."));
        let cc = result["reference"].as_str().context("no reference")?;
        let answer = self.answer(&self.pocket.card_serial, &symbols, cc);
        let title = "The customer types the symbols";
        self.done(title, "verifyResponse", &answer).await?;
        self.refused("The same again", &answer, USED).await
    }

    fn by_name(&self) -> Value {
        json!({"loginName": self.pocket.login_name, "domain.name": self.account.domain})
    }

    fn by_id(&self) -> Value {
        json!({"id": self.pocket.external_id})
    }

    fn answer(&self, serial: &str, otp: &str, cc: &str) -> Value {
        json!({
            "user": self.by_id(),
            "token": {"serial": serial},
            "credential": {"otp": otp, "cc": cc},
        })
    }

    /// Calls a method that must go well; gives its result.
    async fn done(&mut self, title: &str, method: &str, body: &Value) -> anyhow::Result<Value> {
        let path = format!("/das5/rest/auth/{method}");
        Ok(self.call(title, &path, body, 0).await?["result"].take())
    }

    async fn refused(&mut self, title: &str, body: &Value, error: i64) -> anyhow::Result<()> {
        self.told(title, "verifyResponse", body, error).await
    }

    async fn told(
        &mut self,
        title: &str,
        method: &str,
        body: &Value,
        error: i64,
    ) -> anyhow::Result<()> {
        let path = format!("/das5/rest/auth/{method}");
        self.call(title, &path, body, error).await.map(drop)
    }

    async fn call(
        &mut self,
        title: &str,
        path: &str,
        body: &Value,
        error: i64,
    ) -> anyhow::Result<Value> {
        let request = Request {
            path,
            bearer: Some(&self.bearer),
            body: Some(Body {
                content_type: "application/json",
                text: &body.to_string(),
            }),
        };
        let answer = self.wire.exchange(title, &request, StatusCode::OK).await?;
        let told = &answer["error"];
        ensure!(*told == error, "{title}: error {told}, not {error}");
        Ok(answer)
    }
}

//! The tour's Okay part: a software phone is linked and asked, decides, and the partner is called back.

use anyhow::{Context as _, bail, ensure};
use challenge::approval::Verdict;
use reqwest::StatusCode;
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::mailbox::Mailbox;
use super::wire::{Body, Request, Wire, outln};
use crate::device::{Decision, Device, Home, Pending, Trouble};
use crate::serving::partner_okay::{Account, Wish};

const USER: &str = "uid406jkt";
const PIN: &str = "2580";

/// What the part is played with.
pub(super) struct Cast {
    /// What the partner was given.
    pub(super) account: Account,
    /// Where callbacks arrive.
    pub(super) mailbox: Mailbox,
}

/// Plays the part; an error names the step that was not as it must be.
pub(super) async fn play(wire: &mut Wire, cast: &mut Cast) -> anyhow::Result<()> {
    outln("\n=== Okay: approvals on a phone, signed by it, and callbacks ===");
    let folder = TempDir::with_prefix("countersign-phone-").context("no temporary folder")?;
    let mut scene = Scene {
        wire,
        account: &cast.account,
        mailbox: &mut cast.mailbox,
        home: Home::at(folder.path().join("phone")),
    };
    let phone = scene.link().await?;
    scene.approve(&phone).await?;
    scene.decline(&phone).await?;
    scene.pin(&phone).await?;
    scene.number(&phone).await?;
    scene.forge().await?;
    scene.unlink(phone).await
}

struct Scene<'a> {
    wire: &'a mut Wire,
    account: &'a Account,
    mailbox: &'a mut Mailbox,
    home: Home,
}

/// A session that was started.
struct Started {
    id: String,
    number: Option<String>,
}

impl Scene<'_> {
    async fn link(&mut self) -> anyhow::Result<Device> {
        let title = "The partner asks for a linking code, and shows it to its customer";
        let linked = self.ask(title, self.account.link(USER)).await?;
        said(&linked, 0, "OK")?;
        let code = linked["linkingCode"].as_str().context("no linking code")?;
        let server = &self.account.server;
        let phone = Device::link(server, code, &self.home).await?;
        outln(&format!(
            "\n   The phone makes a key, is linked with the code {code}, and is now {}.",
            phone.name()
        ));
        let told = self.mailbox.next("The partner is called back").await?;
        ensure!(
            told["type"] == 101 && told["userExternalId"] == USER,
            "not the callback of a link"
        );
        let again = Device::link(server, code, &self.home).await;
        refused("The same code a second time", again.map(drop))?;
        Ok(phone)
    }

    async fn approve(&mut self, phone: &Device) -> anyhow::Result<()> {
        let session = self.start("AUTH_OK", "asks for an approval").await?;
        let title = "Meanwhile the partner may ask what became of it";
        let waiting = self.check(title, &session.id).await?;
        ensure!(
            waiting["status"]["code"] == -1 && waiting["authResult"]["data"].is_null(),
            "it is not pending"
        );
        let title = "A second request while the phone is being asked";
        let second = self.ask(title, self.wish("AUTH_OK")?).await?;
        said(&second, 101, "BadTenantSession")?;
        let pending = shown(phone).await?;
        let decision = Decision::plain(Verdict::Approve);
        phone.decide(&pending, &decision).await?;
        outln("   The phone signs all that it showed, and approves.");
        self.ended(&session.id, &json!({"dataType": 103, "data": "OK"}))
            .await?;
        let again = phone.decide(&pending, &decision).await;
        refused("The same session decided a second time", again)
    }

    async fn decline(&mut self, phone: &Device) -> anyhow::Result<()> {
        let session = self.start("AUTH_OK", "asks again").await?;
        let decision = Decision::plain(Verdict::Decline);
        phone.decide(&shown(phone).await?, &decision).await?;
        outln("   The phone declines.");
        let declined = json!({"dataType": 101, "data": "CANCEL"});
        self.ended(&session.id, &declined).await
    }

    async fn pin(&mut self, phone: &Device) -> anyhow::Result<()> {
        let session = self
            .start("SET_PIN", "asks the customer to choose a PIN")
            .await?;
        let chosen = SecretString::from(PIN);
        let decision = Decision {
            pin: Some(&chosen),
            ..Decision::plain(Verdict::Approve)
        };
        phone.decide(&shown(phone).await?, &decision).await?;
        outln(&format!("   The customer chooses {PIN}."));
        let set = json!({"dataType": 105, "data": "PIN"});
        self.ended(&session.id, &set).await?;

        let session = self
            .start("AUTH_PIN", "asks for an approval with the PIN")
            .await?;
        let pending = shown(phone).await?;
        let wrong = SecretString::from("0000");
        let guess = Decision {
            pin: Some(&wrong),
            ..decision
        };
        refused("A wrong PIN", phone.decide(&pending, &guess).await)?;
        phone.decide(&pending, &decision).await?;
        outln("   The customer types the PIN, which the server verifies and keeps to itself.");
        let approved = json!({"dataType": 102, "data": "PIN"});
        self.ended(&session.id, &approved).await
    }

    async fn number(&mut self, phone: &Device) -> anyhow::Result<()> {
        let session = self
            .start("AUTH_PIN_TAN", "asks for the PIN and a number")
            .await?;
        let number = session.number.context("no number to be shown")?;
        let pending = shown(phone).await?;
        let pin = SecretString::from(PIN);
        let other = if number == "11" { "12" } else { "11" };
        let typed = |number| Decision {
            verdict: Verdict::Approve,
            pin: Some(&pin),
            number: Some(number),
        };
        refused(
            "A number that the partner's page does not show",
            phone.decide(&pending, &typed(other)).await,
        )?;
        phone.decide(&pending, &typed(&number)).await?;
        outln(&format!(
            "   The customer types {number}, which the partner's page shows and the phone was never told."
        ));
        let approved = json!({"dataType": 102, "data": "PIN"});
        self.ended(&session.id, &approved).await
    }

    async fn forge(&mut self) -> anyhow::Result<()> {
        let (path, mut body) = self.wish("AUTH_OK")?;
        body["authParams"]["guiText"] = json!("Do you okay ten times as much?");
        let title = "A request whose text was changed after it was signed";
        let forged = self.ask(title, (path, body)).await?;
        said(&forged, 101, "ProtocolError")
    }

    async fn unlink(&mut self, phone: Device) -> anyhow::Result<()> {
        phone.unlink(&self.home).await?;
        outln("\n   The customer unlinks the phone.");
        let told = self.mailbox.next("The partner is called back").await?;
        ensure!(told["type"] == 103, "not the callback of an unlinked phone");
        let title = "Nobody is there to be asked";
        let answer = self.ask(title, self.wish("AUTH_OK")?).await?;
        said(&answer, 101, "UserNotLinked")
    }

    async fn start(&mut self, kind: &str, what: &str) -> anyhow::Result<Started> {
        let title = format!("The partner {what} ({kind})");
        let started = self.ask(&title, self.wish(kind)?).await?;
        said(&started, 0, "OK")?;
        let id = started["sessionExternalId"].as_str();
        Ok(Started {
            id: id.context("no session")?.to_owned(),
            number: started["matchNumber"].as_str().map(str::to_owned),
        })
    }

    /// The callback and the answer to a check must both say how the session ended.
    async fn ended(&mut self, session: &str, result: &Value) -> anyhow::Result<()> {
        let told = self.mailbox.next("The partner is called back").await?;
        ensure!(
            told["type"] == 102 && told["sessionExternalId"] == session,
            "not the callback of session {session}"
        );
        ensure!(
            &told["authResult"] == result,
            "the callback tells another end"
        );
        let title = "The partner may ask as well";
        let checked = self.check(title, session).await?;
        said(&checked, 0, "OK")?;
        ensure!(
            &checked["authResult"] == result,
            "the check tells another end"
        );
        Ok(())
    }

    fn wish(&self, kind: &str) -> anyhow::Result<(&'static str, Value)> {
        let wish = Wish {
            user: USER,
            kind,
            header: "Authorization requested",
            text: "Do you okay this transaction?",
        };
        self.account.start(&wish).context("there is no such type")
    }

    async fn check(&mut self, title: &str, session: &str) -> anyhow::Result<Value> {
        self.ask(title, self.account.check(session)).await
    }

    async fn ask(&mut self, title: &str, (path, body): (&str, Value)) -> anyhow::Result<Value> {
        let body = body.to_string();
        let request = Request {
            path,
            bearer: None,
            body: Some(Body {
                content_type: "application/json",
                text: &body,
            }),
        };
        self.wire.exchange(title, &request, StatusCode::OK).await
    }
}

/// What the phone shows.
async fn shown(phone: &Device) -> anyhow::Result<Pending> {
    let pending = phone.pending().await?.into_iter().next();
    let pending = pending.context("the phone is asked nothing")?;
    outln(&format!(
        "\n   The phone shows: {} asks {}: {} / {}",
        pending.tenant_name, pending.user, pending.header, pending.text
    ));
    Ok(pending)
}

/// What must not work did not.
fn refused(what: &str, tried: Result<(), Trouble>) -> anyhow::Result<()> {
    match tried {
        Err(Trouble::Refused { status, text, .. }) => {
            outln(&format!("\n   {what}: refused ({status}: {text})"));
            Ok(())
        }
        Err(trouble) => bail!("{what}: {trouble}"),
        Ok(()) => bail!("{what}: it was accepted"),
    }
}

fn said(answer: &Value, code: i64, message: &str) -> anyhow::Result<()> {
    let status = &answer["status"];
    ensure!(
        status["code"] == code && status["message"] == message,
        "the status is {status}, not {code} {message}"
    );
    Ok(())
}

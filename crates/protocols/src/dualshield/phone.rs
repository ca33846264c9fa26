//! `OOBA`: the user approves on the linked phone while the call waits.
//!
//! A call waits for a bounded time, shorter than the server's own limit for a request. Then it is told
//! that the decision is pending, with an id; the same call with that id goes on waiting. Of all calls with
//! one id exactly one is told that the user approved.

use std::net::IpAddr;
use std::time::Duration;

use challenge::approval::{
    ApprovalWish, Asking, Consumption, Device, OwnApproval, Question, Refused as DomainRefused,
    Session, SessionKind,
};
use challenge::directory::UserRecord;
use serde_json::{Value, json};

use crate::dualshield::act::{Act, Outcome};
use crate::dualshield::refusal::Refused;
use crate::dualshield::{token, user, view};

/// The longest a call waits for the user, in the ten seconds that a request may take.
const WAIT_MAX: Duration = Duration::from_secs(8);

/// The pause between two looks at what other nodes wrote.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// Has the user asked, or goes on waiting for a user who was.
pub(super) async fn approval(act: &Act<'_>) -> Outcome {
    let credential = act.asked.conditions("credential")?;
    let named = token::Named::read(act.asked, &[])?;
    let token_id = credential.name("tokenId")?;
    let waiting_for = credential.name("id")?;
    let found = user::find(act.desk, act.caller, act.asked).await?;
    let record = found.needed()?;
    let phone = linked(act, record).await?;
    let is_meant = |phone: &Device| {
        let id = phone.id.to_string();
        named.may_be_phone(phone) && token_id.as_ref().is_none_or(|given| *given == id)
    };
    if !phone.as_ref().is_none_or(is_meant) {
        return Err(Refused::OtherPhone);
    }
    let session = if let Some(id) = waiting_for {
        id
    } else {
        let session = started(act, record).await?;
        if session.number.is_some() {
            // Nobody can approve before the application shows the number.
            return Err(pending(&session));
        }
        session.id.to_string()
    };
    waited(act, record, &session).await?;
    let whole = || view::of_user(&act.caller.tenant, record);
    Ok(act.wanted.is_said().then(|| act.wanted.of(&whole(), &[])))
}

/// The user's linked phone.
pub(super) async fn linked(act: &Act<'_>, record: &UserRecord) -> Result<Option<Device>, Refused> {
    let (tenant, user) = (act.caller.tenant.tenant.id, record.user.id);
    let store = act.desk.verifier.store();
    let standing = store.standing(tenant, user).await?;
    let Some(device) = standing.and_then(|row| row.value.approval.device) else {
        return Ok(None);
    };
    Ok(store.device(tenant, device).await?.map(|row| row.value))
}

async fn started(act: &Act<'_>, record: &UserRecord) -> Result<Session, Refused> {
    let external_id = record.user.external_id.as_deref();
    // A phone is linked under the external id; who has none has no phone.
    let user_external_id = external_id.ok_or(Refused::Approval(DomainRefused::NotLinked))?;
    let question = question(act)?;
    let wish = ApprovalWish {
        asking: asking(act),
        user_external_id,
        question: &question,
        client: Some(&act.caller.client),
    };
    Ok(act.desk.verifier.start_approval(&wish).await?)
}

/// What the phone displays: what the application says in `options`, else that somebody signs in.
fn question(act: &Act<'_>) -> Result<Question, Refused> {
    let options = act.asked.conditions("options")?;
    let tenant = &act.caller.tenant.tenant.display_name;
    let from = act.asked.member("remoteIp").and_then(Value::as_str);
    let from = from.and_then(|text| text.parse::<IpAddr>().ok());
    let from = from.map_or_else(String::new, |address| format!(" from {address}"));
    let said = options.long_text("text")?.map(str::to_owned);
    let header = options.long_text("header")?;
    Ok(Question {
        kind: SessionKind::Ok,
        header: header.unwrap_or("Sign in").to_owned(),
        text: said.unwrap_or_else(|| format!("Somebody signs in at {tenant}{from}. Is it you?")),
        device_data: None,
    })
}

/// Waits until the user approved, and uses that.
async fn waited(act: &Act<'_>, record: &UserRecord, session: &str) -> Result<(), Refused> {
    let user = record.user.id;
    let own = OwnApproval {
        asking: asking(act),
        client: &act.caller.client,
        user,
        unverified_session: session,
    };
    let verifier = &act.desk.verifier;
    let over = tokio::time::sleep(WAIT_MAX);
    tokio::pin!(over);
    loop {
        // The bell is heard from before the look, so that no decision falls in between. A look is never
        // given up half-way: it may be the one that uses the approval.
        let ring = verifier.bell().about(user);
        let session = match verifier.consume_approval(&own).await? {
            Consumption::Approved => return Ok(()),
            Consumption::Declined => return Err(Refused::Declined),
            Consumption::Before => return Err(Refused::ApprovalUsed),
            Consumption::Pending(session) => session,
        };
        tokio::select! {
            () = &mut over => return Err(pending(&session)),
            // Another node's decision does not ring here.
            _ = tokio::time::timeout(LOOK_PAUSE, ring) => {}
        }
    }
}

/// What is told of a session that waits for the user.
fn pending(session: &Session) -> Refused {
    let mut known = json!({
        "id": session.id.to_string(),
        "expires": view::moment(session.answer_by),
    });
    if let Some(number) = &session.number {
        known["number"] = number.as_str().into();
    }
    Refused::Pending(known)
}

fn asking<'a>(act: &'a Act<'_>) -> Asking<'a> {
    let context = act.context();
    Asking {
        tenant: &act.caller.tenant,
        door: context.door,
        officer: None,
        address: context.address,
        correlation: context.correlation,
    }
}

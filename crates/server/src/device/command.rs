//! `device`: link, list, approve, decline, watch, unlink.

use std::collections::HashSet;
use std::time::Duration;

use challenge::approval::Verdict;
use challenge::clock::Timestamp;
use serde_json::json;
use tokio::task::JoinSet;

use super::{Decision, Device, Home, Pending, Trouble};
use crate::cli::{
    DecideArguments, DeviceCommand, Failure, HomeOption, LinkArguments, Output, Row, moment, plain,
};
use crate::serving::stop;

const HEAD: &[&str] = &[
    "SESSION", "TENANT", "USER", "TYPE", "HEADER", "TEXT", "EXPIRES", "NEEDS",
];

/// How long to wait for a server that did not answer before asking it again.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// Does it.
pub async fn run(output: Output, command: DeviceCommand) -> Result<(), Failure> {
    match command {
        DeviceCommand::Link(arguments) => link(output, &arguments).await,
        DeviceCommand::List(home) => list(output, &home).await,
        DeviceCommand::Approve(arguments) => {
            let decision = Decision {
                verdict: Verdict::Approve,
                pin: arguments.pin.as_ref(),
                number: arguments.number.as_deref(),
            };
            decide(output, &arguments.which, &decision).await
        }
        DeviceCommand::Decline(arguments) => {
            let verdict = if arguments.not_me {
                Verdict::NotMe
            } else {
                Verdict::Decline
            };
            decide(output, &arguments.which, &Decision::plain(verdict)).await
        }
        DeviceCommand::Watch(home) => watch(output, &home).await,
        DeviceCommand::Unlink(home) => unlink(output, &home).await,
    }
}

async fn link(output: Output, arguments: &LinkArguments) -> Result<(), Failure> {
    let home = Home::at(&arguments.home);
    let device = Device::link(&arguments.server, &arguments.code, &home).await?;
    output.one(&Row {
        value: json!({
            "device": device.name(),
            "tenant": device.tenant_name(),
            "tenant_id": device.tenant_id(),
            "user": device.user(),
        }),
        cells: Vec::new(),
    })
}

async fn list(output: Output, home: &HomeOption) -> Result<(), Failure> {
    let devices = linked(home)?;
    let rows: Vec<_> = pending_of(&devices)
        .await?
        .iter()
        .map(|(_, session)| row(session))
        .collect();
    output.list(HEAD, &rows)
}

async fn decide(
    output: Output,
    which: &DecideArguments,
    decision: &Decision<'_>,
) -> Result<(), Failure> {
    let devices = linked(&which.home)?;
    let pending = pending_of(&devices).await?;
    let (device, session) = chosen(pending, which.session.as_deref())?;
    if decision.verdict == Verdict::Approve {
        if session.needs_pin && decision.pin.is_none() {
            return Err(Failure::new("this session asks for a PIN; give --pin P"));
        }
        if session.needs_number && decision.number.is_none() {
            return Err(Failure::new(
                "this session asks for the number on the asker's page; give --number N",
            ));
        }
    }
    device.decide(&session, decision).await?;
    if output.json {
        let verdict = decision.verdict.name();
        return output.value(&json!({ "session": session.session, "decision": verdict }));
    }
    let did = match decision.verdict {
        Verdict::Approve => "approved",
        _ => "declined",
    };
    output.done(&format!("{did} {}", session.session))
}

/// The one that was named, or the only one there is.
fn chosen<'d>(
    mut pending: Vec<(&'d Device, Pending)>,
    named: Option<&str>,
) -> Result<(&'d Device, Pending), Trouble> {
    if let Some(named) = named {
        let found = pending.into_iter().find(|(_, one)| one.session == named);
        return found.ok_or(Trouble::NothingPending);
    }
    if pending.len() > 1 {
        let names: Vec<_> = pending
            .iter()
            .map(|(_, one)| one.session.as_str())
            .collect();
        return Err(Trouble::SeveralPending(names.join(", ")));
    }
    pending.pop().ok_or(Trouble::NothingPending)
}

/// Prints each session once when it appears, until stopped.
async fn watch(output: Output, home: &HomeOption) -> Result<(), Failure> {
    let mut watching = JoinSet::new();
    for device in linked(home)? {
        watching.spawn(async move { watch_one(output, &device).await });
    }
    tokio::select! {
        () = stop::asked() => Ok(()),
        ended = watching.join_next() => match ended {
            Some(Ok(ended)) => ended,
            Some(Err(error)) => Err(Failure::new(error)),
            None => Ok(()),
        },
    }
}

async fn watch_one(output: Output, device: &Device) -> Result<(), Failure> {
    let (mut state, mut seen) = (None, HashSet::new());
    let mut well = true;
    loop {
        match device.pending_after(state.as_deref()).await {
            Ok(listed) => {
                for session in &listed.sessions {
                    if !seen.contains(&session.session) {
                        tell(output, session)?;
                    }
                }
                seen = listed.sessions.into_iter().map(|one| one.session).collect();
                state = Some(listed.state);
                well = true;
            }
            Err(Trouble::Unanswered(text)) => {
                // Said once, not every other second.
                if well {
                    output.note(&format!("{text}; asking again"));
                }
                well = false;
                tokio::time::sleep(ASK_AGAIN).await;
            }
            Err(trouble) => return Err(trouble.into()),
        }
    }
}

fn tell(output: Output, session: &Pending) -> Result<(), Failure> {
    let row = row(session);
    if output.json {
        return output.line(&row.value.to_string());
    }
    output.line(&row.cells.join("  "))
}

/// Unlinks what is linked; every link is tried.
async fn unlink(output: Output, home: &HomeOption) -> Result<(), Failure> {
    let devices = linked(home)?;
    let home = Home::at(&home.home);
    let mut first_trouble = None;
    for device in devices {
        let name = device.name().to_owned();
        match device.unlink(&home).await {
            Ok(()) => output.done(&format!("unlinked {name}"))?,
            Err(trouble) => first_trouble = first_trouble.or(Some(trouble)),
        }
    }
    first_trouble.map_or(Ok(()), |trouble| Err(trouble.into()))
}

/// The devices of the folder; at least one.
fn linked(home: &HomeOption) -> Result<Vec<Device>, Failure> {
    let shown = home.home.display();
    let unlinked = || {
        Failure::new(format!(
            "{shown}: nothing is linked; see `device link --help`"
        ))
    };
    if !home.home.is_dir() {
        return Err(unlinked());
    }
    let devices = Device::all(&Home::at(&home.home))?;
    if devices.is_empty() {
        return Err(unlinked());
    }
    Ok(devices)
}

/// What all of them are asked, soonest to expire first. A link that the server knows no more is an
/// error only where there is no other.
async fn pending_of(devices: &[Device]) -> Result<Vec<(&Device, Pending)>, Trouble> {
    let (mut pending, mut refused) = (Vec::new(), None);
    let mut any = false;
    for device in devices {
        match device.pending().await {
            Ok(sessions) => {
                any = true;
                pending.extend(sessions.into_iter().map(|session| (device, session)));
            }
            Err(trouble) if trouble.is_unlinked() => refused = Some(trouble),
            Err(trouble) => return Err(trouble),
        }
    }
    if let (false, Some(trouble)) = (any, refused) {
        return Err(trouble);
    }
    pending.sort_by_key(|(_, session)| session.answer_by_ms);
    Ok(pending)
}

/// A session as it is listed.
fn row(session: &Pending) -> Row {
    let expires_at = moment(Timestamp::from_unix_ms(session.answer_by_ms));
    let mut needs = Vec::new();
    if session.needs_pin {
        needs.push("PIN");
    }
    if session.needs_number {
        needs.push("number");
    }
    let cells = vec![
        session.session.clone(),
        plain(&session.tenant_name),
        plain(&session.user),
        plain(&session.kind),
        plain(&session.header),
        plain(&session.text),
        expires_at.clone(),
        needs.join(" "),
    ];
    let value = json!({
        "session": session.session,
        "tenant": session.tenant_name,
        "tenant_id": session.tenant_id,
        "user": session.user,
        "type": session.kind,
        "header": session.header,
        "text": session.text,
        "expires_at": expires_at,
        "needs_pin": session.needs_pin,
        "needs_number": session.needs_number,
    });
    Row { value, cells }
}

//! `approval`: a session shown with the device's signature under its answer, and one withdrawn. Never
//! the digits of a PIN, and never the number that the asker's page shows.

use challenge::approval::{Answered, Asking, Proof, Refused, Session};
use challenge::clock::Timestamp;
use challenge::directory::Tenant;
use challenge::id::Id;
use challenge::lifecycle::{Phase, State};
use challenge::verifier::Verifier;
use serde_json::{Value, json};

use super::desk::{OPERATOR, tenants};
use crate::cli::{ApprovalCommand, Failure, Row, SessionArguments, moment};
use crate::operator::Desk;

/// `approval show|cancel`
pub async fn run(desk: &Desk, command: &ApprovalCommand) -> Result<(), Failure> {
    let verifier = desk.verifier().await?;
    match command {
        ApprovalCommand::Show(arguments) => {
            let (_, session) = find(&verifier, arguments).await?;
            desk.output.one(&row(&session, verifier.now()))
        }
        ApprovalCommand::Cancel(arguments) => cancel(desk, &verifier, arguments).await,
    }
}

async fn find(
    verifier: &Verifier,
    arguments: &SessionArguments,
) -> Result<(Id<Tenant>, Session), Failure> {
    let SessionArguments { id, tenant: name } = arguments;
    let unknown = || {
        Failure::new(format!(
            "tenant {name} has no session {id}; give the sessionExternalId that it was answered"
        ))
    };
    let found = tenants(&**verifier.store(), Some(name)).await?;
    let tenant = found.first().map(|rows| rows.tenant.id);
    let tenant = tenant.ok_or_else(unknown)?;
    let wanted: Id<Session> = id.parse().map_err(|_| unknown())?;
    match verifier.approval(tenant, wanted).await {
        Ok(session) => Ok((tenant, session)),
        Err(Refused::SessionNotFound) => Err(unknown()),
        Err(refused) => Err(refused.into()),
    }
}

async fn cancel(
    desk: &Desk,
    verifier: &Verifier,
    arguments: &SessionArguments,
) -> Result<(), Failure> {
    let (tenant, session) = find(verifier, arguments).await?;
    let phase = session.phase_at(verifier.now());
    if !matches!(phase, Phase::Is(State::Open { .. })) {
        return Err(Failure::new(format!(
            "session {} waits no more: it is {}",
            session.id,
            phase_name(&session, phase)
        )));
    }
    let view = verifier.catalogue.tenant_by_id(tenant);
    let view = view.ok_or_else(|| Failure::new("the tenant was removed meanwhile"))?;
    let asking = Asking {
        tenant: &view,
        door: OPERATOR.door,
        officer: Some(OPERATOR.name),
        address: OPERATOR.address,
        correlation: OPERATOR.correlation,
    };
    verifier.cancel_approval(&asking, session.id).await?;
    desk.output
        .done(&format!("session {}: cancelled", session.id))
}

fn row(session: &Session, now: Timestamp) -> Row {
    let question = &session.question;
    let phase = session.phase_at(now);
    let value = json!({
        "session": session.id.to_string(),
        "tenant": session.tenant_name,
        "tenant_id": session.tenant_number,
        "user": session.user_external_id,
        "device": session.device.to_string(),
        "type": question.kind.name(),
        "header": question.header,
        "text": question.text,
        "device_data": question.device_data,
        "issued_at": moment(session.issued_at),
        "expires_at": moment(session.answer_by),
        "state": phase_name(session, phase),
        "ended_at": ended_at(session, phase).map(moment),
        "answer": session.answer.as_ref().map(answer),
        "kept_until": moment(session.keep_until()),
        "proof": session.proof.as_ref().map(proof),
    });
    let cells = Vec::new();
    Row { value, cells }
}

/// The state in the words of people who asked for an approval.
fn phase_name(session: &Session, phase: Phase) -> &'static str {
    match phase {
        Phase::Expired if session.answer.is_some() => "answered",
        Phase::Expired => "expired",
        Phase::Is(State::Open { .. }) => "pending",
        Phase::Is(State::Accepted { .. } | State::Consumed { .. }) => "answered",
        Phase::Is(State::Refused { .. }) => "refused",
        Phase::Is(State::Declined { .. }) => "declined",
        Phase::Is(State::Cancelled { .. }) => "cancelled",
        Phase::Is(State::Replaced { .. }) => "replaced",
    }
}

fn ended_at(session: &Session, phase: Phase) -> Option<Timestamp> {
    match session.state {
        State::Accepted { at }
        | State::Consumed { at }
        | State::Refused { at }
        | State::Declined { at }
        | State::Cancelled { at }
        | State::Replaced { at } => Some(at),
        State::Open { .. } => (phase == Phase::Expired).then_some(session.answer_by),
    }
}

fn answer(answer: &Answered) -> Value {
    match answer {
        Answered::Approved => "approved".into(),
        Answered::UserVerified => "approved, the user verified by the phone".into(),
        Answered::Pin(_) => "approved with a PIN".into(),
        Answered::DeviceInfo { biometrics, push } => json!({
            "biometrics": biometrics,
            "push": push,
        }),
        Answered::PinSet(_) => "a PIN was set".into(),
        Answered::PinForgotten { asked: true } => "the PIN is forgotten, as was asked".into(),
        Answered::PinForgotten { asked: false } => "the user forgot the PIN".into(),
        Answered::FellBack => "the phone could not verify the user".into(),
        Answered::Declined => "declined".into(),
    }
}

fn proof(proof: &Proof) -> Value {
    json!({
        "public_key": proof.public_key,
        "signed": proof.signed,
        "signature": proof.signature,
    })
}

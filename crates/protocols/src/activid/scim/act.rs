//! Actions: a challenge for a user or a device, a reset of counts, a token brought back into step.

use std::sync::Arc;

use axum::extract::Request;
use challenge::administration::Actor;
use challenge::directory::{
    Authenticator, AuthenticatorKey, Client, Method, Scope, User, UserKey, UserRecord,
};
use challenge::id::Id;
use challenge::issuance::{Asked, Wish};
use challenge::lifecycle::Purpose;
use challenge::refusal::Refusal;
use challenge::resynchronisation::Resynchronised;
use challenge::which::Which;
use serde_json::Value;

use crate::activid::caller;
use crate::activid::refusal::Refused;
use crate::activid::request::{Call, short};
use crate::activid::scim::action::{Action, Done};
use crate::activid::scim::search;
use crate::desk::Desk;

/// The attribute that names a user by external id.
const USER: &str = "USER.EXTERNALID";

/// The spellings of the attribute that names a device.
const DEVICE: [&str; 4] = ["DEVICE.ID", "DEVICE_ID", "DEVICEID", "DEVICE.EXTERNALID"];

/// What a client hears that gave the first of two codes.
const SECOND_AWAITED: &str =
    "the first code was found; send the next one, or have the user log in with it";

/// Whom an action is about.
struct Target {
    record: Arc<UserRecord>,
    device_id: Option<String>,
}

/// An action on `Authenticator/{id}.{policy}`.
pub(super) async fn on_authenticator(desk: &Desk, request: Request) -> Result<Value, Refused> {
    let (call, client) = called(desk, request).await?;
    let action = Action::parse(&call.body)?;
    match action.name.as_str() {
        "USER-CHALLENGE" | "DEVICE-CHALLENGE" => challenge(desk, &call, &client, &action).await,
        "RESET" => reset(desk, &call, &client, &action).await,
        _ => Err(Refused::Unsupported(
            "action is one of USER-CHALLENGE, DEVICE-CHALLENGE and RESET".to_owned(),
        )),
    }
}

/// An action on `Device/{id}`.
pub(super) async fn on_device(desk: &Desk, request: Request) -> Result<Value, Refused> {
    let (call, client) = called(desk, request).await?;
    let action = Action::parse(&call.body)?;
    if action.name != "AUTO-SYNCH" {
        return Err(Refused::Unsupported("action is AUTO-SYNCH".to_owned()));
    }
    may(&client, Scope::Unlock, "its scopes do not list unlock")?;
    let mut codes = action.all("OTP");
    codes.extend(action.all("OTP2"));
    let codes = match codes.as_slice() {
        [] => return Err(Refused::Missing("OTP")),
        [first] => (*first, None),
        [first, second] => (*first, Some(*second)),
        _ => return Err(Refused::Repeated("OTP".to_owned())),
    };
    let awaited = match resynchronised(desk, &call, &client, codes).await? {
        Resynchronised::Done => None,
        Resynchronised::Awaiting => Some(SECOND_AWAITED),
    };
    let done = Done {
        awaited,
        ..Done::default()
    };
    Ok(done.to_json())
}

async fn called(desk: &Desk, request: Request) -> Result<(Call, Arc<Client>), Refused> {
    let call = Call::read(desk, request).await?;
    let client = caller::at_scim(desk, &call).await?;
    Ok((call, client))
}

fn may(client: &Client, scope: Scope, lacks: &'static str) -> Result<(), Refused> {
    if client.may(scope) {
        Ok(())
    } else {
        Err(Refused::NotAllowed(lacks))
    }
}

async fn challenge(
    desk: &Desk,
    call: &Call,
    client: &Client,
    action: &Action,
) -> Result<Value, Refused> {
    may(client, Scope::Challenge, "its scopes do not list challenge")?;
    let channel = short(action.one(&["CHANNEL"])?, "CHANNEL")?;
    let (id, policy) = split_id(call);
    let to_device = action.name == "DEVICE-CHALLENGE";
    let device = if to_device {
        action.one(&DEVICE)?
    } else {
        None
    };
    let target = target(desk, call, id, (action.one(&[USER])?, device)).await?;
    if to_device && target.device_id.is_none() {
        return Err(Refused::Missing("DEVICE.ID"));
    }
    let wish = Wish {
        context: call.context(client, channel),
        user: UserKey::Id(target.record.user.id),
        policy: Some(policy),
        which: Which::on_device(target.device_id.as_deref()),
        purpose: Purpose::Respond,
        asked: Asked::Drawn,
        to_one: false,
    };
    let issued = desk.verifier.issue(&wish).await?;
    metrics::counter!("countersign_challenges_issued_total", "protocol" => "activid").increment(1);
    let done = Done {
        challenge: Some((issued.question, issued.id.to_string())),
        ..Done::default()
    };
    Ok(done.to_json())
}

async fn reset(
    desk: &Desk,
    call: &Call,
    client: &Client,
    action: &Action,
) -> Result<Value, Refused> {
    may(client, Scope::Unlock, "its scopes do not list unlock")?;
    let (id, policy) = split_id(call);
    if call.tenant.policy(policy).is_none() {
        return Err(Refused::Domain(Refusal::UnknownPolicy(policy.to_owned())));
    }
    let target = target(desk, call, id, (action.one(&[USER])?, None)).await?;
    desk.verifier
        .reset(&actor(call, client), &target.record.user, policy)
        .await?;
    Ok(Done::default().to_json())
}

/// User (or device) and policy out of `{id}.{policy}`: the first dot that a policy of the tenant
/// follows divides them.
fn split_id(call: &Call) -> (&str, &str) {
    let parts = call
        .id
        .match_indices('.')
        .map(|(at, _)| (&call.id[..at], &call.id[at + 1..]));
    let known = parts
        .into_iter()
        .find(|(_, code)| call.tenant.policy(code).is_some());
    known
        .or_else(|| call.id.split_once('.'))
        .unwrap_or((&call.id, ""))
}

fn actor<'a>(call: &'a Call, client: &'a Client) -> Actor<'a> {
    let context = call.context(client, None);
    Actor {
        name: &client.name,
        door: context.door,
        address: context.address,
        correlation: context.correlation,
    }
}

/// Whom the path's id and the attributes name: a user, a device, or a user's device.
///
/// The vendor's own client puts a device, or nothing, where a user's id is documented.
async fn target(
    desk: &Desk,
    call: &Call,
    id: &str,
    (user, device): (Option<&str>, Option<&str>),
) -> Result<Target, Refused> {
    let by_path = search::by_id(desk, call, id).await?;
    let by_name = match user {
        Some(name) => Some(by_name(desk, call, name).await?),
        None => None,
    };
    let record = match (by_path, by_name) {
        (Some(one), Some(other)) if one.user.id != other.user.id => {
            let text = format!("the path and {USER} name different users");
            return Err(Refused::Unsupported(text));
        }
        (Some(record), _) => {
            return match device {
                Some(device) => device_of(desk, call, device, Some(record)).await,
                None => Ok(Target {
                    record,
                    device_id: None,
                }),
            };
        }
        (None, by_name) => by_name,
    };
    match (device.or((!id.is_empty()).then_some(id)), record) {
        (Some(device), record) => device_of(desk, call, device, record).await,
        (None, Some(record)) => Ok(Target {
            record,
            device_id: None,
        }),
        (None, None) => Err(Refused::Missing(USER)),
    }
}

/// A user by external id, else by login name.
async fn by_name(desk: &Desk, call: &Call, name: &str) -> Result<Arc<UserRecord>, Refused> {
    let found = match search::by(desk, call, UserKey::ExternalId(name)).await? {
        Some(found) => Some(found),
        None => search::by(desk, call, UserKey::LoginName(name)).await?,
    };
    found.ok_or(Refused::Domain(Refusal::NotFound("user")))
}

/// A device by name, of this user or of the only one who has it.
async fn device_of(
    desk: &Desk,
    call: &Call,
    device: &str,
    record: Option<Arc<UserRecord>>,
) -> Result<Target, Refused> {
    let on = authenticators(desk, call, device).await?;
    let mut owners: Vec<Id<User>> = on.iter().map(|one| one.user).collect();
    owners.dedup();
    let owner = match (&record, owners.as_slice()) {
        (Some(record), owners) if owners.contains(&record.user.id) => record.user.id,
        (None, [only]) => *only,
        (None, [_, _, ..]) => {
            let text = format!("several users have this device; name one by {USER}");
            return Err(Refused::Unsupported(text));
        }
        _ => return Err(Refused::Domain(Refusal::NotFound("device"))),
    };
    let missing = || Refused::Domain(Refusal::NotFound("device"));
    let first = on
        .iter()
        .find(|one| one.user == owner)
        .ok_or_else(missing)?;
    let device_id = Some(first.device_id.clone());
    let record = match record {
        Some(record) => record,
        None => search::by(desk, call, UserKey::Id(owner))
            .await?
            .ok_or_else(missing)?,
    };
    Ok(Target { record, device_id })
}

/// The authenticators that a name stands for: all on the device of this id, else the one with this
/// id of ours, else with this serial number. By ascending user.
async fn authenticators(
    desk: &Desk,
    call: &Call,
    name: &str,
) -> Result<Vec<Authenticator>, Refused> {
    let (tenant, store) = (call.tenant.tenant.id, desk.verifier.store());
    let mut on = store.authenticators_on(tenant, name).await?;
    if let (true, Ok(id)) = (on.is_empty(), name.parse::<Id<Authenticator>>()) {
        on.extend(
            store
                .authenticator(tenant, AuthenticatorKey::Id(id))
                .await?,
        );
    }
    if on.is_empty() {
        on.extend(
            store
                .authenticator(tenant, AuthenticatorKey::Serial(name))
                .await?,
        );
    }
    on.sort_by_key(|one| (one.user, one.id));
    Ok(on)
}

/// Tries the codes on each token of the device in turn; the first that knows them is brought into
/// A wrong code counts once.
async fn resynchronised(
    desk: &Desk,
    call: &Call,
    client: &Client,
    codes: (&str, Option<&str>),
) -> Result<Resynchronised, Refused> {
    let on = authenticators(desk, call, &call.id).await?;
    if on.is_empty() {
        return Err(Refused::Domain(Refusal::NotFound("device")));
    }
    let counts =
        |one: &Authenticator| matches!(one.method, Method::Hotp { .. } | Method::Totp { .. });
    let tokens: Vec<_> = on.into_iter().filter(counts).map(Arc::new).collect();
    if tokens.is_empty() {
        let text = "only authenticators of kind hotp or totp get out of step; \
                    there is none on this device";
        return Err(Refused::Domain(Refusal::DoesNotFit(text.to_owned())));
    }
    if tokens.iter().any(|one| one.user != tokens[0].user) {
        let text = "several users have a token on this device; resynchronise it by its own id";
        return Err(Refused::Unsupported(text.to_owned()));
    }
    let actor = actor(call, client);
    let reached = desk
        .verifier
        .resynchronise(&actor, &call.tenant, &tokens, codes)
        .await?;
    Ok(reached)
}

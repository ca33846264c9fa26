//! Who calls: exactly one way to prove it, at the token endpoint one of three, at SCIM a bearer token.

use std::sync::Arc;

use axum::http::HeaderMap;
use challenge::directory::{Client, TenantView};
use challenge::refusal::Refusal;

use crate::activid::refusal::Refused;
use crate::activid::request::Call;
use crate::credentials::{self, Authorization, BasicPair};
use crate::desk::Desk;
use crate::form::Form;
use crate::networks;

/// A client that has proved to be who it is.
pub(super) struct Caller {
    /// The client.
    pub(super) client: Arc<Client>,
    /// Whether it did so by a token rather than by its secret.
    pub(super) by_token: bool,
}

/// Authenticates a client by Basic, by `client_secret`, or by a token that it got for itself.
pub(super) async fn at_token_endpoint(
    desk: &Desk,
    call: &Call,
    form: &Form,
) -> Result<Caller, Refused> {
    let secret = form.get("client_secret");
    let (client, by_token) = match (authorization(&call.headers)?, secret) {
        (Some(_), Some(_)) => {
            let text = "authenticate the client one way: by Basic, by Bearer or by client_secret";
            return Err(Refused::Malformed(text.to_owned()));
        }
        (Some(Authorization::Basic(encoded)), None) => (by_basic(desk, call, encoded)?, false),
        (Some(Authorization::Bearer(token)), None) => (by_bearer(desk, call, token).await?, true),
        (None, Some(secret)) => {
            let name = form.need("client_id")?;
            (by_secret(desk, &call.tenant, &[name], &[secret])?, false)
        }
        (None, None) => return Err(Refused::NoCaller),
    };
    if form
        .get("client_id")
        .is_some_and(|named| named != client.name)
    {
        return Err(Refused::OtherClient { by_token });
    }
    let refused = if by_token {
        Refused::WrongToken
    } else {
        Refused::WrongSecret
    };
    let client = admitted(call, client, refused)?;
    Ok(Caller { client, by_token })
}

/// Authenticates a client by a token that it got for itself.
pub(super) async fn at_scim(desk: &Desk, call: &Call) -> Result<Arc<Client>, Refused> {
    match authorization(&call.headers)? {
        Some(Authorization::Bearer(token)) => {
            let client = by_bearer(desk, call, token).await?;
            admitted(call, client, Refused::WrongToken)
        }
        Some(Authorization::Basic(_)) | None => Err(Refused::NoCaller),
    }
}

/// The client, if it may speak this protocol from where it calls.
fn admitted(call: &Call, client: Arc<Client>, refused: Refused) -> Result<Arc<Client>, Refused> {
    if !networks::hold(&client.addresses, call.peer) {
        return Err(refused);
    }
    if !client.speaks("activid") {
        return Err(Refused::NotAllowed("its protocols do not list activid"));
    }
    Ok(client)
}

fn authorization(headers: &HeaderMap) -> Result<Option<Authorization<'_>>, Refused> {
    credentials::authorization(headers)
        .map_err(|credentials::Repeated| Refused::Repeated("Authorization".to_owned()))
}

fn by_basic(desk: &Desk, call: &Call, encoded: &str) -> Result<Arc<Client>, Refused> {
    let pair = BasicPair::read(encoded).ok_or(Refused::WrongSecret)?;
    let names = pair.names.each_ref().map(String::as_str);
    let secrets = pair.secrets.each_ref().map(|secret| secret.as_str());
    by_secret(desk, &call.tenant, &names, &secrets)
}

fn by_secret(
    desk: &Desk,
    tenant: &TenantView,
    names: &[&str],
    secrets: &[&str],
) -> Result<Arc<Client>, Refused> {
    // The first reading of the name that is a client's counts; where none is, the same work is done.
    let known = names.iter().find(|name| tenant.client(name).is_some());
    let name = known.or(names.first()).copied().unwrap_or_default();
    let found = desk.verifier.client_by_secret(tenant, name, secrets);
    found.map_err(|refusal| or_unavailable(refusal, Refused::WrongSecret))
}

async fn by_bearer(desk: &Desk, call: &Call, token: &str) -> Result<Arc<Client>, Refused> {
    let found = desk.verifier.client_by_token(&call.tenant, token).await;
    found.map_err(|refusal| or_unavailable(refusal, Refused::WrongToken))
}

fn or_unavailable(refusal: Refusal, refused: Refused) -> Refused {
    match refusal {
        Refusal::Unavailable(_) => Refused::Domain(refusal),
        _ => refused,
    }
}

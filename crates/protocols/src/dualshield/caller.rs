//! Who calls: a client, by a token that it got for itself or by the certificate that is pinned to it.
//!
//! A pin binds everything of its client: its secret and its tokens are good only over a connection on
//! which the peer proved to hold the certificate's key (as RFC 8705, sections 2 and 3, has it), so that what
//! is stolen from a file or a log is worth nothing alone.

use std::sync::Arc;

use challenge::directory::{Client, TenantView};
use challenge::refusal::Refusal;
use data_encoding::HEXLOWER;

use crate::credentials::{self, Authorization, BasicPair};
use crate::desk::Desk;
use crate::dualshield::no_token::TokenRefused;
use crate::dualshield::refusal::Refused;
use crate::dualshield::request::Call;
use crate::dualshield::user::Application;
use crate::incoming;
use crate::networks;

/// What `protocols` of a client has to list.
const PROTOCOL: &str = "dualshield";

/// A client that has proved to be who it is.
pub(super) struct Caller {
    /// Its tenant.
    pub(super) tenant: Arc<TenantView>,
    /// The client.
    pub(super) client: Arc<Client>,
}

impl Caller {
    /// The client that asks for something.
    ///
    /// `application` is what the request names so: it tells clients with one certificate apart.
    pub(super) async fn of(
        desk: &Desk,
        call: &Call,
        application: Option<&Application>,
    ) -> Result<Self, Refused> {
        let twice =
            |credentials::Repeated| Refused::Malformed("Authorization stands twice".to_owned());
        let caller = match credentials::authorization(&call.headers).map_err(twice)? {
            Some(Authorization::Bearer(token)) => by_token(desk, token).await?,
            Some(Authorization::Basic(_)) => return Err(Refused::NoCaller),
            None => by_certificate(desk, call, application)?,
        };
        if !is_at_its_place(call, &caller.client) {
            return Err(Refused::WrongToken);
        }
        incoming::is_of(caller.tenant.tenant.id);
        if !caller.client.speaks(PROTOCOL) {
            return Err(Refused::NotAllowed(NOT_SPOKEN));
        }
        Ok(caller)
    }

    /// The client that wants a token, by its secret.
    pub(super) fn with_secret(
        desk: &Desk,
        call: &Call,
        given: Given<'_>,
    ) -> Result<Self, TokenRefused> {
        let twice = |credentials::Repeated| {
            TokenRefused::Malformed("Authorization stands twice".to_owned())
        };
        let header = credentials::authorization(&call.headers).map_err(twice)?;
        let caller = match (header, given.client_secret) {
            (Some(_), Some(_)) => {
                let text = "authenticate one way: by Basic or by client_secret";
                return Err(TokenRefused::Malformed(text.to_owned()));
            }
            (Some(Authorization::Basic(encoded)), None) => {
                let pair = BasicPair::read(encoded).ok_or(TokenRefused::WrongSecret)?;
                let names = pair.names.each_ref().map(String::as_str);
                let secrets = pair.secrets.each_ref().map(|secret| secret.as_str());
                by_secret(desk, &names, &secrets)?
            }
            (None, Some(secret)) => {
                let name = given
                    .client_id
                    .ok_or_else(|| TokenRefused::Malformed("client_id is missing".to_owned()))?;
                by_secret(desk, &[name], &[secret])?
            }
            (Some(Authorization::Bearer(_)) | None, None) => return Err(TokenRefused::NoCaller),
        };
        let named_otherwise = given
            .client_id
            .is_some_and(|named| named != caller.client.name);
        if named_otherwise || !is_at_its_place(call, &caller.client) {
            return Err(TokenRefused::WrongSecret);
        }
        incoming::is_of(caller.tenant.tenant.id);
        if !caller.client.speaks(PROTOCOL) {
            return Err(TokenRefused::NotAllowed(NOT_SPOKEN));
        }
        Ok(caller)
    }
}

const NOT_SPOKEN: &str = "its protocols do not list dualshield";

/// How a client names itself in a body.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    /// `client_id`.
    pub(super) client_id: Option<&'a str>,
    /// `client_secret`.
    pub(super) client_secret: Option<&'a str>,
}

async fn by_token(desk: &Desk, unverified_token: &str) -> Result<Caller, Refused> {
    match desk.verifier.caller_by_token(unverified_token).await {
        Ok((tenant, client)) => Ok(Caller { tenant, client }),
        Err(Refusal::Unavailable(text)) => Err(Refused::Domain(Refusal::Unavailable(text))),
        Err(_) => Err(Refused::WrongToken),
    }
}

fn by_certificate(
    desk: &Desk,
    call: &Call,
    application: Option<&Application>,
) -> Result<Caller, Refused> {
    let certificate = call.certificate.ok_or(Refused::NoCaller)?;
    let mut found = desk
        .verifier
        .catalogue
        .agents_by_certificate(&certificate.sha256);
    let is_shared = found.len() > 1;
    if is_shared {
        let is_meant = |client: &Client| application.is_some_and(|named| named.is_said_of(client));
        found.retain(|(_, client)| client.speaks(PROTOCOL) && is_meant(client));
    }
    match (found.pop(), found.is_empty()) {
        (Some((tenant, client)), true) => Ok(Caller { tenant, client }),
        (Some(_), false) => Err(Refused::SharedCertificate),
        (None, _) if is_shared => Err(Refused::SharedCertificate),
        (None, _) => Err(Refused::NoCaller),
    }
}

fn by_secret(desk: &Desk, names: &[&str], secrets: &[&str]) -> Result<Caller, TokenRefused> {
    let (tenant, client) = desk.verifier.client_by_secret_in_server(names, secrets)?;
    Ok(Caller { tenant, client })
}

/// Whether a client calls from where it may, and with the certificate that it has to present.
fn is_at_its_place(call: &Call, client: &Client) -> bool {
    let presented = call.certificate.map(|one| HEXLOWER.encode(&one.sha256));
    let is_pinned_one =
        client.certificate_sha256.is_none() || client.certificate_sha256 == presented;
    let is_at_home = networks::hold(&client.addresses, call.peer);
    if !(is_pinned_one && is_at_home) {
        let client = client.name.as_str();
        tracing::warn!(
            client,
            is_at_home,
            is_pinned_one,
            "a client is not where it may be"
        );
    }
    is_pinned_one && is_at_home
}

//! The token endpoint: a client's token for itself, and a user's login that a client passes on.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use challenge::answer::{Answer, Proof};
use challenge::directory::{Client, Grant, Scope, UserKey};
use challenge::which::Which;

use crate::activid::caller::{self, Caller};
use crate::activid::refusal::Refused;
use crate::activid::request::{Call, Login, Mode};
use crate::activid::response::{self, Door, Granted, OAuthError};
use crate::desk::Desk;

/// A token for the client itself, or for a user whose code it passes on; docs/activid.md has every
/// parameter.
#[utoipa::path(
    post, path = "/idp/{tenant}/authn/token", tag = "activid", operation_id = "actividToken",
    params(("tenant" = String, Path, description = "the tenant's name")),
    security(("actividBasic" = []), ("activid" = [])),
    request_body(
        content = String, content_type = "application/x-www-form-urlencoded",
        example = "grant_type=password&username=myTestUser1&password=755224&authType=AT_CUSTOTP\
            &mode=SYNCHRONOUS",
    ),
    responses(
        (status = 200, body = Granted, description = "granted"),
        (status = "default", body = OAuthError, description = "refused, and why"),
    ),
)]
pub(super) async fn token(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    let answered = granted(&desk, request).await;
    answered.unwrap_or_else(|refused| response::refusal(Door::OAuth, &refused))
}

async fn granted(desk: &Desk, request: Request) -> Result<Response<Body>, Refused> {
    let call = Call::read(desk, request).await?;
    let form = call.form()?;
    let caller = caller::at_token_endpoint(desk, &call, &form).await?;
    match form.need("grant_type")? {
        "client_credentials" => client_token(desk, &call, &caller).await,
        "password" => {
            may(
                &caller.client,
                Grant::Password,
                "its grants do not list password",
            )?;
            if !caller.client.may(Scope::Authenticate) {
                return Err(Refused::NotAllowed("its scopes do not list authenticate"));
            }
            let login = Login::parse(&form)?;
            let answered = user_token(desk, &call, &caller.client, &login).await;
            let outcome = answered
                .as_ref()
                .map_or_else(Refused::outcome, |_| "accepted");
            count(login.mode, outcome);
            answered
        }
        _ => Err(Refused::UnsupportedGrant),
    }
}

async fn client_token(
    desk: &Desk,
    call: &Call,
    caller: &Caller,
) -> Result<Response<Body>, Refused> {
    // A token that could renew itself would never expire.
    if caller.by_token {
        return Err(Refused::NoCaller);
    }
    let lacks = "its grants do not list client_credentials";
    may(&caller.client, Grant::ClientCredentials, lacks)?;
    let context = call.context(&caller.client, None);
    let issued = desk.verifier.client_token(&context).await?;
    Ok(response::token(&issued))
}

async fn user_token(
    desk: &Desk,
    call: &Call,
    client: &Client,
    login: &Login<'_>,
) -> Result<Response<Body>, Refused> {
    let unverified_code = login.unverified_code;
    let proof = match login.mode {
        Mode::Synchronous => Proof::OneTimePassword(unverified_code),
        Mode::Asynchronous => Proof::Response(unverified_code),
        Mode::Signing => Proof::Signature {
            fields: login.fields.clone(),
            unverified_code,
        },
    };
    let answer = Answer {
        context: call.context(client, login.channel),
        user: UserKey::LoginName(login.username),
        policy: login.policy,
        which: Which::on_device(login.device_id),
        proof,
        wants_token: login.wants_token,
    };
    let accepted = desk.verifier.answer(&answer).await?;
    let issued = accepted.token.as_ref();
    Ok(issued.map_or_else(response::no_token, response::token))
}

fn may(client: &Client, grant: Grant, lacks: &'static str) -> Result<(), Refused> {
    if client.may_grant(grant) {
        Ok(())
    } else {
        Err(Refused::NotAllowed(lacks))
    }
}

fn count(mode: Mode, outcome: &'static str) {
    let labels = [
        ("protocol", "activid"),
        ("method", mode.name()),
        ("outcome", outcome),
    ];
    metrics::counter!("countersign_answers_total", &labels).increment(1);
}

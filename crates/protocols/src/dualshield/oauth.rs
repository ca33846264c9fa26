//! The token endpoint: a client's token for itself (RFC 6749, section 4.4), by form, Basic or JSON.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use challenge::directory::Grant;
use serde_json::Value;

use crate::desk::Desk;
use crate::dualshield::caller::{Caller, Given};
use crate::dualshield::no_token::TokenRefused;
use crate::dualshield::request::Call;
use crate::dualshield::response;
use crate::form::{Form, FormError};
use crate::json;

/// The parameters that are looked at.
const PARAMETERS: [&str; 3] = ["grant_type", "client_id", "client_secret"];

/// Issues a token, or says why not.
pub(super) async fn token(desk: &Arc<Desk>, request: Request) -> Response<Body> {
    let issued = issued(desk, request).await;
    issued.unwrap_or_else(|refused| response::no_token(&refused))
}

async fn issued(desk: &Desk, request: Request) -> Result<Response<Body>, TokenRefused> {
    let call = Call::read(request).await?;
    let [grant_type, client_id, client_secret] = parameters(&call)?;
    let given = Given {
        client_id: client_id.as_deref(),
        client_secret: client_secret.as_deref(),
    };
    let caller = Caller::with_secret(desk, &call, given)?;
    match grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(_) => return Err(TokenRefused::UnsupportedGrant),
        None => return Err(TokenRefused::Malformed("grant_type is missing".to_owned())),
    }
    if !caller.client.may_grant(Grant::ClientCredentials) {
        let text = "its grants do not list client_credentials";
        return Err(TokenRefused::NotAllowed(text));
    }
    let context = call.context(&caller);
    let issued = desk.verifier.client_token(&context).await?;
    Ok(response::token(&issued))
}

/// The parameters, from a form or from JSON; an empty one counts as omitted (RFC 6749, section 3.2).
fn parameters(call: &Call) -> Result<[Option<String>; 3], TokenRefused> {
    if call.media_type().is_none() || !call.is_json() {
        let form = Form::parse(call.content_type(), &call.body)?;
        return Ok(PARAMETERS.map(|name| form.get(name).map(str::to_owned)));
    }
    let malformed = |text: &str| TokenRefused::Malformed(text.to_owned());
    let body = json::read(&call.body)
        .map_err(|error| malformed(&format!("the body is no JSON: {error}")))?;
    if !body.is_object() {
        return Err(malformed("the body is JSON, but not an object"));
    }
    let mut read = [const { None }; 3];
    for (place, name) in read.iter_mut().zip(PARAMETERS) {
        *place = match body.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()).filter(|text| !text.is_empty()),
            Some(_) => return Err(malformed(&format!("{name}: send a text"))),
        };
    }
    Ok(read)
}

impl From<FormError> for TokenRefused {
    fn from(error: FormError) -> Self {
        let text = match error {
            FormError::Malformed(text) => format!("{text}, or as application/json"),
            FormError::Missing(name) => format!("{name} is missing"),
            FormError::Repeated(name) => {
                let name: String = name.chars().take(64).collect();
                format!("{name} stands twice")
            }
        };
        Self::Malformed(text)
    }
}

//! What a page or a site's server asks for in ALTCHA's forms.

use axum::body::Body;
use axum::http::request::Parts;
use challenge::visitor::{Form, Kind};
use http_body_util::LengthLimitError;
use serde_json::Value;

use crate::json;
use crate::ocapi::refusal::Refused;
use crate::ocapi::request::{BODY_LENGTH_MAX, CODE_LENGTH_MAX, is_line, parameter};

/// The form that a challenge is to have.
pub(super) fn form(parts: &Parts) -> Result<Form, Refused> {
    match parameter(parts, "v")?.as_deref() {
        Some("1") => Ok(Form::HashedNumber),
        None | Some("2") => Ok(Form::SignedWork),
        Some(_) => Err(Refused::Malformed("v is 1 or 2".to_owned())),
    }
}

/// Whether a code is asked beside the proof: as the page wishes, out of the kinds that it may have; without a
/// wish if that is what the site asks first.
pub(super) fn with_code(parts: &Parts, kinds: &[Kind]) -> Result<bool, Refused> {
    match parameter(parts, "code")?.as_deref() {
        None => Ok(kinds.first() == Some(&Kind::Text)),
        Some("false" | "0") => Ok(false),
        Some("true" | "1") if kinds.contains(&Kind::Text) => Ok(true),
        Some("true" | "1") => Err(Refused::NoSuchKind(
            "the site does not list the kind text, which the code is".to_owned(),
        )),
        Some(_) => Err(Refused::Malformed("code is true or false".to_owned())),
    }
}

/// What the widget wants to have verified.
pub(super) struct ToVerify {
    /// What it carries.
    pub(super) payload: String,
    /// The code that was typed, where one was asked.
    pub(super) code: Option<String>,
}

impl ToVerify {
    /// Reads a body, whatever its content type says: it is JSON.
    pub(super) async fn read(body: Body) -> Result<Self, Refused> {
        let body = axum::body::to_bytes(body, BODY_LENGTH_MAX).await;
        let body = body.map_err(|error| {
            if error.into_inner().is::<LengthLimitError>() {
                Refused::TooLarge
            } else {
                Refused::Malformed("the body ended early".to_owned())
            }
        })?;
        let body = json::read(&body)
            .map_err(|error| Refused::Malformed(format!("the body is no good JSON: {error}")))?;
        let Some(payload) = body.get("payload").and_then(Value::as_str) else {
            return Err(Refused::Malformed(r#"send {"payload": …}"#.to_owned()));
        };
        let code = match body.get("code") {
            None | Some(Value::Null) => None,
            Some(Value::String(code)) if is_line(code, CODE_LENGTH_MAX) => Some(code),
            Some(_) => {
                let text = format!(
                    "code is a text of at most {CODE_LENGTH_MAX} characters, none of them a control character"
                );
                return Err(Refused::Malformed(text));
            }
        };
        Ok(Self {
            payload: payload.to_owned(),
            code: code.cloned(),
        })
    }
}

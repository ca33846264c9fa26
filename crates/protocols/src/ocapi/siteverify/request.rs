//! What a check by a secret asks.

use axum::body::Body;
use axum::http::request::Parts;

use super::refusal::Failed;
use super::shape::Shape;
use crate::ocapi::fields::Fields;
use crate::ocapi::request::REPEAT_KEY_LENGTH_MAX;

/// Characters of a `response` at most, as Turnstile has it; a challenge's id has fewer.
pub(super) const RESPONSE_LENGTH_MAX: usize = 2048;

/// What is asked, unverified.
pub(super) struct Asked(Fields);

impl Asked {
    /// Reads a request.
    pub(super) async fn read(parts: &Parts, body: Body) -> Result<Self, Failed> {
        let fields = Fields::read(&parts.headers, body).await;
        fields.map(Self).map_err(|_| Failed::BadRequest)
    }

    /// The secret and the response; both are named where both are missing.
    pub(super) fn needed(&self) -> Result<(&str, &str), Vec<Failed>> {
        let (secret, response) = (self.0.get("secret"), self.0.get("response"));
        match (secret, response) {
            (Some(secret), Some(response)) => Ok((secret, response)),
            _ => Err([
                secret.is_none().then_some(Failed::NoSecret),
                response.is_none().then_some(Failed::NoResponse),
            ]
            .into_iter()
            .flatten()
            .collect()),
        }
    }

    /// The site that the response has to be of, where the shape lets that be said.
    pub(super) fn site_key(&self, shape: Shape) -> Option<&str> {
        self.0.get("sitekey").filter(|_| shape == Shape::Hcaptcha)
    }

    /// The key under which this may be asked again, where the shape has one.
    pub(super) fn repeat_key(&self, shape: Shape) -> Result<Option<&str>, Failed> {
        let key = self.0.get("idempotency_key");
        let key = key.filter(|_| shape == Shape::Turnstile);
        if key.is_some_and(|key| key.len() > REPEAT_KEY_LENGTH_MAX) {
            return Err(Failed::BadRequest);
        }
        Ok(key)
    }
}

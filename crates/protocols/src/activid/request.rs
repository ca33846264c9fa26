//! Requests as they come: read whole, with the tenant found, and a login's parameters sorted out.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::RequestExt;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, RawPathParams, Request};
use axum::http::{HeaderMap, header};
use challenge::directory::{Client, TenantView};
use challenge::door::Door;
use challenge::transaction::Field;
use challenge::verifier::Context;
use http_body_util::LengthLimitError;

use crate::activid::refusal::Refused;
use crate::activid::signature;
use crate::desk::Desk;
use crate::form::Form;
use crate::incoming;

/// Bytes of a body at most.
pub(super) const BODY_LENGTH_MAX: usize = 64 * 1024;

/// Characters of a correlation id that are kept.
const CORRELATION_LENGTH_MAX: usize = 64;

/// Bytes of a channel's or policy's name at most.
const NAME_LENGTH_MAX: usize = 64;

/// A request, read whole.
pub(super) struct Call {
    /// The tenant that the path names.
    pub(super) tenant: Arc<TenantView>,
    /// What the path names below the tenant's resources, where it names something.
    pub(super) id: String,
    /// The query, as it came.
    pub(super) query: String,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The body.
    pub(super) body: Bytes,
    /// Where it came from.
    pub(super) peer: Option<IpAddr>,
    address: Option<String>,
    correlation: Option<String>,
}

/// The whole body, if it is no longer than it may be.
async fn read_to_end(body: Body) -> Result<Bytes, Refused> {
    axum::body::to_bytes(body, BODY_LENGTH_MAX)
        .await
        .map_err(|error| {
            if error.into_inner().is::<LengthLimitError>() {
                Refused::TooLarge
            } else {
                Refused::Malformed("the body ended early".to_owned())
            }
        })
}

impl Call {
    /// Reads a request to the end.
    pub(super) async fn read(desk: &Desk, mut request: Request) -> Result<Self, Refused> {
        let parameters = request.extract_parts::<RawPathParams>().await;
        let parameters = parameters.map_err(|_| Refused::NotHere)?;
        let (mut tenant, mut id) = (None, String::new());
        for (name, value) in &parameters {
            match name {
                "tenant" => tenant = desk.verifier.catalogue.tenant(value),
                "id" => value.clone_into(&mut id),
                _ => {}
            }
        }
        let tenant = tenant.ok_or(Refused::NotHere)?;
        incoming::is_of(tenant.tenant.id);
        if id.contains('\0') {
            return Err(Refused::NotHere);
        }
        let (parts, body) = request.into_parts();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(address)| address.ip().to_canonical());
        let headers = parts.headers;
        let body = read_to_end(body).await?;
        Ok(Self {
            tenant,
            id,
            query,
            correlation: correlation(&headers),
            headers,
            body,
            peer,
            address: peer.map(|address| address.to_string()),
        })
    }

    /// The body as a form.
    pub(super) fn form(&self) -> Result<Form, Refused> {
        let content_type = self.headers.get(header::CONTENT_TYPE);
        let content_type = content_type.map(header::HeaderValue::as_bytes);
        Ok(Form::parse(content_type, &self.body)?)
    }

    /// What the domain is told about the request.
    pub(super) fn context<'a>(
        &'a self,
        client: &'a Client,
        channel: Option<&'a str>,
    ) -> Context<'a> {
        Context {
            tenant: &self.tenant,
            client,
            door: Door::Activid,
            channel,
            address: self.address.as_deref(),
            correlation: self.correlation.as_deref(),
        }
    }
}

/// The caller's own name for the request: its printable ASCII, cut.
fn correlation(headers: &HeaderMap) -> Option<String> {
    let given = headers.get("x-correlation-id")?;
    let kept: String = given
        .as_bytes()
        .iter()
        .filter(|byte| byte.is_ascii_graphic() || **byte == b' ')
        .take(CORRELATION_LENGTH_MAX)
        .map(|&byte| char::from(byte))
        .collect();
    (!kept.is_empty()).then_some(kept)
}

/// What kind of code a login brings (`mode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A one-time password.
    Synchronous,
    /// The response to a challenge.
    Asynchronous,
    /// The signature of a transaction.
    Signing,
}

impl Mode {
    const WANTED: &'static str = "send SYNCHRONOUS, ASYNCHRONOUS or SIGNING";

    fn parse(form: &Form) -> Result<Self, Refused> {
        match form.get("mode") {
            Some("SYNCHRONOUS") => Ok(Self::Synchronous),
            Some("ASYNCHRONOUS") => Ok(Self::Asynchronous),
            Some("SIGNING") => Ok(Self::Signing),
            Some(_) => Err(Refused::Unsupported(format!(
                "mode is unknown; {}",
                Self::WANTED
            ))),
            None => Err(Refused::Malformed(format!(
                "mode is missing; {}",
                Self::WANTED
            ))),
        }
    }

    /// The mode's name in metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Synchronous => "synchronous",
            Self::Asynchronous => "asynchronous",
            Self::Signing => "signing",
        }
    }
}

/// A user's login, as a client passes it on (the password grant).
pub(super) struct Login<'a> {
    /// What kind of code it is.
    pub(super) mode: Mode,
    /// Who logs in.
    pub(super) username: &'a str,
    /// The code.
    pub(super) unverified_code: &'a str,
    /// The policy.
    pub(super) policy: Option<&'a str>,
    /// The channel.
    pub(super) channel: Option<&'a str>,
    /// The device.
    pub(super) device_id: Option<&'a str>,
    /// The fields of the transaction, where one is signed.
    pub(super) fields: Vec<Field>,
    /// Whether a token is wanted.
    pub(super) wants_token: bool,
}

impl<'a> Login<'a> {
    /// Reads a login's parameters; what is wrong here is wrong whoever the user is.
    pub(super) fn parse(form: &'a Form) -> Result<Self, Refused> {
        let mode = Mode::parse(form)?;
        let username = form.need("username")?;
        let unverified_code = form.need("password")?;
        let fields = form
            .get("context")
            .map_or(Ok(Vec::new()), signature::fields)?;
        match (mode, fields.is_empty()) {
            (Mode::Signing, true) => {
                let nothing = challenge::transaction::TransactionError::Empty;
                return Err(Refused::Domain(nothing.into()));
            }
            (Mode::Synchronous | Mode::Asynchronous, false) => {
                let text = "context has fields to sign; send mode=SIGNING";
                return Err(Refused::Malformed(text.to_owned()));
            }
            (Mode::Signing, false) | (Mode::Synchronous | Mode::Asynchronous, true) => {}
        }
        Ok(Self {
            mode,
            username,
            unverified_code,
            policy: short(form.get("authType"), "authType")?,
            channel: short(form.get("channel"), "channel")?,
            device_id: form.get("device_id"),
            fields,
            wants_token: form.get("noToken") != Some("1"),
        })
    }
}

/// A name, if it is no longer than names are.
pub(super) fn short<'a>(
    value: Option<&'a str>,
    name: &'static str,
) -> Result<Option<&'a str>, Refused> {
    match value {
        Some(text) if text.len() > NAME_LENGTH_MAX => Err(Refused::TooLong(name)),
        _ => Ok(value),
    }
}

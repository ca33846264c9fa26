//! Requests as they come: read whole, with what is known of where they came from. What the body says is
//! in `asked`, who calls in `caller`.

use std::net::{IpAddr, SocketAddr};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use challenge::door::Door;
use challenge::verifier::Context;

use crate::dualshield::caller::Caller;
use crate::dualshield::refusal::Refused;
use crate::incoming::{self, NoBody, PeerCertificate};

/// Bytes of a body at most.
pub(super) const BODY_LENGTH_MAX: usize = 64 * 1024;

/// A request, read whole.
pub(super) struct Call {
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The body.
    pub(super) body: Bytes,
    /// Where it came from.
    pub(super) peer: Option<IpAddr>,
    /// The certificate whose key the peer proved to hold.
    pub(super) certificate: Option<PeerCertificate>,
    address: Option<String>,
    correlation: Option<String>,
}

impl Call {
    /// Reads a request to the end.
    pub(super) async fn read(request: Request) -> Result<Self, Refused> {
        let (parts, body) = request.into_parts();
        let body =
            incoming::read_body(body, BODY_LENGTH_MAX)
                .await
                .map_err(|error| match error {
                    NoBody::TooLarge => Refused::TooLarge,
                    NoBody::EndedEarly => Refused::Malformed("the body ended early".to_owned()),
                })?;
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self {
            peer: peer.map(|ConnectInfo(address)| address.ip().to_canonical()),
            certificate: parts.extensions.get::<PeerCertificate>().copied(),
            address: incoming::address(&parts),
            correlation: incoming::correlation(&parts),
            headers: parts.headers,
            body,
        })
    }

    /// The essence of the content type, in lower case; nothing where none is given.
    pub(super) fn media_type(&self) -> Option<String> {
        let given = self.headers.get(header::CONTENT_TYPE)?;
        let text = given.to_str().unwrap_or("?");
        let essence = text.split(';').next().unwrap_or_default();
        Some(essence.trim().to_ascii_lowercase())
    }

    /// Whether the body is said to be JSON, or nothing is said of it.
    pub(super) fn is_json(&self) -> bool {
        self.media_type().is_none_or(|given| {
            let subtype = given
                .strip_prefix("application/")
                .or_else(|| given.strip_prefix("text/"));
            subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
        })
    }

    /// The content type as it came.
    pub(super) fn content_type(&self) -> Option<&[u8]> {
        let given = self.headers.get(header::CONTENT_TYPE);
        given.map(HeaderValue::as_bytes)
    }

    /// What the domain is told about the request.
    pub(super) fn context<'a>(&'a self, caller: &'a Caller) -> Context<'a> {
        Context {
            tenant: &caller.tenant,
            client: &caller.client,
            door: Door::Dualshield,
            channel: None,
            address: self.address.as_deref(),
            correlation: self.correlation.as_deref(),
        }
    }
}

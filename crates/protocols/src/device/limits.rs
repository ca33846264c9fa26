//! What the server tells anybody who asks: its time, its limits, and the key that pushes are signed with.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use challenge::approval::signed;
use challenge::clock::Timestamp;
use challenge::push_key::PushKey;
use serde::Serialize;
use utoipa::ToSchema;

use crate::device::request::WAIT_MAX_S;
use crate::device::response::json;

/// The server's time, limits and push key.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceServerAnswer)]
pub(super) struct ServerAnswer {
    /// Milliseconds since 1970 by the server's clock.
    #[schema(examples(1_790_000_000_000_i64))]
    time_ms: i64,
    /// Seconds by which a device's time may differ from it.
    #[schema(examples(120))]
    time_tolerance_s: u32,
    /// The longest `wait_s`.
    #[schema(examples(30))]
    wait_max_s: u64,
    /// What push subscriptions are made with: base64url without padding of a P-256 public key, 65 bytes.
    push_public_key: String,
}

/// The server's time, limits and push key.
pub(super) fn answer(now: Timestamp, push_key: &PushKey) -> Response<Body> {
    json(
        StatusCode::OK,
        &ServerAnswer {
            time_ms: now.unix_ms(),
            time_tolerance_s: signed::TIME_TOLERANCE_S,
            wait_max_s: WAIT_MAX_S,
            push_public_key: Base64UrlUnpadded::encode_string(push_key.public().as_bytes()),
        },
    )
}

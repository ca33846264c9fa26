//! What the protocol is to programs that read descriptions: each operation at its first spelling.
//!
//! The routes themselves are in `routes`, which has every spelling; a test asks for each described one.

use utoipa::OpenApi;

use crate::activid::scim::handlers;
use crate::activid::{discovery, introspection, token};

/// The operations.
#[derive(OpenApi)]
#[openapi(paths(
    token::token,
    introspection::introspect,
    introspection::revoke,
    discovery::metadata,
    handlers::list_users,
    handlers::search_users,
    handlers::user,
    handlers::list_authenticators,
    handlers::search_authenticators,
    handlers::authenticator,
    handlers::act_on_authenticator,
    handlers::list_devices,
    handlers::search_devices,
    handlers::device,
    handlers::act_on_device,
))]
pub(crate) struct Described;

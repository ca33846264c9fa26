//! The Okay protocol: a tenant's server has a phone asked, over four places of a gateway.
//!
//! Numbers, names and signatures are translated here; what they mean is decided in [`challenge`].
//! What is served, with examples and every refusal, stands in `docs/okay.md`. What the phone itself
//! says is another protocol, `device`.
//!
//! | on the wire | here |
//! |---|---|
//! | `tenantId` | tenant, by its number in this protocol |
//! | token, secret | the tenant's secret |
//! | `userExternalId` | user, by external id |
//! | `/gateway/link`, `linkingCode` | linking ticket |
//! | `/gateway/auth`, `/gateway/session` | starting a session |
//! | `sessionExternalId` | session, by its id in decimals |
//! | `type` | session kind |
//! | `authParams`, `guiHeader`, `guiText` | what the question displays |
//! | `sessionParams`, `deviceData` | what is wanted of device information |
//! | `/gateway/check` | looking at a session |
//! | `authResult`, `dataType`, `data` | answered |
//! | `status.code` -1, 0, 101 | pending, answered, refused |
//! | signature | SHA-256 over the fields and the secret, bound to its split |

mod acts;
pub mod auth_result;
pub mod callback;
mod refusal;
mod request;
mod response;
pub mod routes;
mod session_type;
mod signature;

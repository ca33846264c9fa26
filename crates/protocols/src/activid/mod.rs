//! The ActivID protocol: a bank's portal asks an OATH device, over an OpenID token endpoint and SCIM.
//!
//! Grants, modes and actions are translated here; what they mean is decided in [`challenge`]. What
//! is served, with examples, stands in `docs/activid.md`, every refusal in `docs/activid-errors.md`.
//!
//! | on the wire | here |
//! |---|---|
//! | tenant, security domain | tenant |
//! | direct user, `client_id` | client |
//! | indirect user, `username` | user, by login name |
//! | `USER.EXTERNALID` | user, by external id, else login name |
//! | authentication policy, `authType`, `AT_CODE` | policy |
//! | `mode=SYNCHRONOUS` | one-time password of a hotp or totp authenticator |
//! | `mode=ASYNCHRONOUS` | response to the user's live challenge, of an ocra authenticator |
//! | `mode=SIGNING`, `context` | signature of a transaction's fields, of an ocra authenticator |
//! | SCIM Authenticator, `{user}.{AT_CODE}` | a user's standing under one policy |
//! | SCIM Device | the authenticators that share a `device_id` |
//! | `RESET`, `AUTO-SYNCH` | reset, resynchronise |

mod caller;
mod description;
mod discovery;
mod introspection;
mod refusal;
mod request;
mod response;
pub mod routes;
mod scim;
mod signature;
mod token;

pub(crate) use description::Described;

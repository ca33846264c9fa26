//! What stands still: tenants, clients, sites, users and authenticators, as the operator set them.
//!
//! Nothing here changes in the course of a verification; what does is in `standing`.

mod authenticator;
mod catalogue;
mod client;
pub mod provision;
mod setting;
mod site;
mod tenant;
mod user;

pub use authenticator::{Authenticator, AuthenticatorKey, Method, OcraSuites};
pub use catalogue::{Caller, Catalogue, TenantView, UserRecord};
pub use client::{Client, Grant, Scope, TENANTLESS};
pub use setting::{ServerSetting, SignUp};
pub use site::Site;
pub use tenant::{OkaySettings, PinPlace, Tenant, TenantStatus};
pub use user::{User, UserKey};

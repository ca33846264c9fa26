//! Officers: whoever runs the server, what they may do, and how they prove who they are.
//!
//! An **administrator** is a user of the built-in tenant [`CONSOLE`] and signs in at the console with
//! a password and a one-time code, both verified as every user's are; what is more (role, reach,
//! recovery codes) is a row of its own. A **token** stands for a program at the management API. The
//! **command line** may do all. What each may do is [`may`], within its [`Reach`]. Where the operator lets
//! them, visitors open accounts: they become administrators of a tenant of their own (`account.rs`).
//!
//! Start reading at `role.rs`, then `sign_in.rs`. What is not here: pages, cookies, JSON.

mod account;
mod administrator;
mod asked;
mod bearer;
mod console;
mod governing;
mod keeping;
mod keys;
mod letters;
mod links;
mod officer;
mod opening;
mod people;
pub mod ports;
mod request;
mod role;
mod session;
mod sessions;
mod setup;
mod sign_in;
mod token;

pub use account::{ASKED_IN_ALL, ASKED_PER_ADDRESS, ASKED_PER_EMAIL, AccountWish};
pub use administrator::{Administrator, OWING_MAX, SESSIONS_MAX, Stage};
pub(crate) use asked::wish_place;
pub use asked::{AskedAccount, COMPANY_MAX, CONFIRM_S, company_of_unverified, email_of_unverified};
pub(crate) use bearer::KnownTokens;
pub use console::{CODE_POLICY, PASSWORD_POLICY, SIGN_UP_SITE};
pub use governing::ADMINISTRATORS_MAX;
pub(crate) use governing::within_tenant;
pub(crate) use keeping::kept_place;
pub use letters::{AccountLetters, Letter};
pub use links::{LINK_S, SignInLink};
pub use officer::{CONSOLE, Denied, Identity, Officer, Origin};
pub use people::{AdministratorChange, NewAdministrator};
pub use request::{ABANDONED_S, ANSWER_KEPT_S, ANSWER_MAX, KEY_MAX, KeptRequest, Opening, Ticket};
pub use role::{NoSuchRole, Power, Reach, Role, may};
pub use session::{
    ABSOLUTE_S, HALF_S, IDLE_S, KeptSession, ListedSession, NewSession, Session, csrf_matches,
    csrf_token,
};
pub(crate) use setup::drawn_place;
pub use setup::{PASSWORD_LENGTH_MIN, RECOVERY_CODES, SecondFactor};
pub use token::{DAYS, DAYS_MAX, MadeToken, NAME_MAX, NewToken, PREFIX, TOKENS_MAX, Token};

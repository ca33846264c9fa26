//! The DualShield protocol: an application asks for challenges and has answers verified, over a JSON API.
//!
//! Names, numbers and shapes are translated here; what they mean is decided in [`challenge`]. What is
//! served, with examples, stands in `docs/dualshield.md`, every refusal in `docs/dualshield-errors.md`.
//!
//! | on the wire | here |
//! |---|---|
//! | API agent, application, `application.id` | client |
//! | domain, `domain.id`, `domain.name` | tenant |
//! | `user.id` | user, by id or external id |
//! | `user.loginName` | user, by login name |
//! | token, `token.id`, `token.serial` | authenticator |
//! | `product.name` | an authenticator's product |
//! | `product.method` GridGo, GridID, T-Pass | authenticator of kind grid, card, `on_demand` |
//! | `product.functions` | the kinds that can do it |
//! | token assignment | an authenticator and its user's standing under its policies |
//! | `getChallengeCode`, `generate` | issuing a challenge bound to one authenticator and the client |
//! | challenge code, `cc` | a challenge's question, id or reference |
//! | `otp` | one-time password, delivered code, or response |
//! | `SPASS` | static password |
//! | `OOBA` | approval session on the user's linked phone |

mod act;
mod asked;
mod caller;
mod issue;
mod lists;
mod logon_steps;
mod no_token;
mod oauth;
mod phone;
mod projection;
mod refusal;
mod request;
mod response;
pub mod routes;
mod token;
mod transaction;
mod user;
mod verification;
mod view;

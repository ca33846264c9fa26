//! OCRA, RFC 6287: challenge–response, mutual authentication and signatures. It makes no
//! questions, remembers no answers and reads no clock: a verifier's questions come from a secure
//! random generator, are good for one answer and expire, and that part is the caller's.
//!
//! # Who computes what
//!
//! `QC` is the client's question, `QS` the server's; of a signature, `QS` is the text to sign.
//!
//! | RFC 6287 | who computes | what | question |
//! |---|---|---|---|
//! | 7.1 one-way | client | response | `suite.question(qs)` |
//! | 7.2 mutual | server | RS | `server_suite.server_question(qc, qs)` |
//! | | client | RC | `client_suite.client_question(qc, qs)` |
//! | 7.3.1 plain signature | client | SIGN | `suite.question(qs)` |
//! | 7.3.2 signature with server authentication | server | RS | `server_suite.server_question(qc, qs)` |
//! | | client | SIGN | `client_suite.client_question(qc, qs)` |
//!
//! Client and server usually have a suite each in the two-way modes, since only the client knows
//! a PIN. Who only receives a response checks it with [`Suite::find`] over the same input.
//!
//! A suite with neither counter nor time answers the same question with the same response for
//! ever. For signatures take one with a counter or a time step, or remember what was accepted.

mod data_input;
mod grammar;
mod pin;
mod question;
mod suite;
mod window;

pub use data_input::{Input, InputError, Member};
pub use grammar::SuiteError;
pub use pin::{PinHash, PinHashError};
pub use question::{Question, QuestionError, QuestionFormat, QuestionKind};
pub use suite::Suite;
pub use window::{Match, Window};

//! Approvals on a phone: linking it, asking it, taking its decision, and telling who asked.
//!
//! A **device** is a phone that holds a P-256 key. It is **linked** to one user by a code that the
//! user typed or scanned. A **session** asks it for a decision; what the device signs is everything
//! it displayed and by whom it was asked ([`signed`]). What a decision means is decided by
//! [`crate::lifecycle`], as for every challenge. Whoever asked is told by a **callback**, which is
//! written in the same commit as what it tells and leaves through the outbox ([`delivery`]). The phone is
//! woken by a **push** ([`push`]).
//!
//! Start reading at `start.rs` and `decide.rs`. What is not here: the words and numbers of the wire.

mod bell;
mod callback;
mod caller;
mod completing;
mod consuming;
mod decide;
pub mod delivery;
mod device;
mod directory;
mod ending;
mod guessing;
mod hearing;
mod judging;
mod linking;
mod looking;
mod outbox;
pub mod pin;
pub mod ports;
pub mod push;
mod recent;
mod refused;
mod session;
pub mod signed;
mod split;
mod standing;
mod start;
mod unlinking;

pub use bell::{Bell, Ring};
pub(crate) use callback::{CALLBACKS, PUSHES};
pub use callback::{Callback, Told};
pub(crate) use caller::Nearby;
pub use caller::{Asking, DeviceCaller};
pub use completing::{Linked, LinkingAnswer};
pub use consuming::{Consumption, OwnApproval};
pub(crate) use decide::pin_place;
pub use decide::{Evidence, UnverifiedDecision, digits_allowed};
pub use device::{Capabilities, Device, DeviceName, DeviceStatus, DeviceUpdate, PublicKey};
pub(crate) use directory::okay_place;
pub use guessing::{Puzzle, WRONG_PER_ADDRESS, WRONG_WITHOUT_WORK, Work};
pub(crate) use guessing::{WINDOW_S, one_more, place_of};
pub use judging::POLICY;
pub use linking::LinkingTicket;
pub use looking::Checked;
pub(crate) use looking::digits_place;
pub(crate) use outbox::settled;
pub use outbox::{GivenOut, LEASE_S, Outgoing, Wanted};
pub(crate) use push::push_place;
pub use refused::{Limit, Refused};
pub(crate) use session::RESULT_S;
pub use session::{Answered, Digits, EVIDENCE_S, Proof, Question, Session, SessionKind, Verdict};
pub use split::{Split, SplitKind};
pub use standing::{ApprovalStanding, PendingSession};
pub use start::{ATTEMPTS, ApprovalWish, TEXT_MAX};

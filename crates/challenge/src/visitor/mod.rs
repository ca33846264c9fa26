//! Challenges for visitors: people (or not) whom nobody knows, on the page of a partner's website.
//!
//! Issuing writes nothing: the challenge's id is a sealed [`Ticket`] that carries all of it. The first
//! answer, right or wrong, writes a [`Visit`], which is from then on the one truth about that challenge;
//! the partner's check consumes it. What becomes of a visit is decided by
//! [`lifecycle`](crate::lifecycle) alone.

mod answering;
mod carried;
mod checking;
mod counters;
mod effort;
mod imagery;
mod issuing;
mod kind;
mod language;
mod mint;
mod pictures;
mod pressure;
mod refused;
mod site_hour;
mod site_secrets;
mod task;
mod throttle;
mod ticket;
mod visit;
mod voices;

pub use answering::{AnswerGiven, Answered, Visitor};
pub use carried::{
    CARRIED_S, Carried, CodeTold, Form, IssuedToCarry, Presented, SIGNING_KEY_LENGTH_MIN, ShownCode,
};
pub use checking::{Check, Finding, Told, Voucher};
pub use counters::{
    Counters, ISSUED_UNDER_ATTACK_PER_MINUTE, SiteTotals, TIME_BOUNDS_S, WRONG_ANSWERS_PER_MINUTE,
    WRONG_GUESSES_OF_SITE_PER_MINUTE, WRONG_GUESSES_PER_MINUTE, WRONG_SECRETS_PER_MINUTE,
};
pub use effort::{BASE_COST, BASE_COUNTER_MAX, FAILURES_FREE, effort_for};
pub use issuing::{ANSWER_S, CHECK_S, IssuedToVisitor, Shown, Wish};
pub use kind::Kind;
pub use language::Language;
pub use mint::{Drawn, InlineMint, Mint};
pub use pictures::PICTURES_PER_MINUTE;
pub use refused::Refused;
pub use site_hour::SiteHour;
pub use site_secrets::Owner;
pub(crate) use site_secrets::SiteSecrets;
pub use task::{Images, SERIES_MAX, Series, Task};
pub use ticket::{TICKET_LENGTH_MAX, Ticket};
pub use visit::{Visit, VisitWrite};

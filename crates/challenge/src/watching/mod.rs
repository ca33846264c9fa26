//! What an operator watches: the audit log searched, what was counted, what waits, and whether the
//! workers work.
//!
//! Nothing here changes anything. What is counted ([`Traffic`]) lies in memory until a worker has it
//! stored; what happened is in the audit log alone, which [`Search`] reads.

mod health;
pub mod ports;
mod post;
mod search;
mod traffic;

pub use health::{Health, Pulse};
pub use post::Post;
pub use search::{Among, Found, LOOK_MAX, Search};
pub use traffic::{
    Counts, HOURS_KEPT_S, LATENCY_BOUNDS_US, LATENCY_CLASSES, MINUTES_KEPT_S, Span, Traffic,
    TrafficRow, spread,
};

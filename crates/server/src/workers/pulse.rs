//! How workers say how they are, so that whoever watches the server sees when one does not work. Not
//! for the log: each has its own words there.

use std::fmt::Display;
use std::time::Duration;

use challenge::verifier::Verifier;

/// Notes that a worker, which has a turn about so often, ended one, and with what it failed if it did.
pub(super) fn note(
    verifier: &Verifier,
    (worker, every): (&'static str, Duration),
    failed: Option<&dyn Display>,
) {
    let every_s = u32::try_from(every.as_secs()).unwrap_or(u32::MAX);
    let now = verifier.now();
    match failed {
        None => verifier.health.well(worker, every_s, now),
        Some(error) => verifier
            .health
            .failed(worker, every_s, (now, &error.to_string())),
    }
}

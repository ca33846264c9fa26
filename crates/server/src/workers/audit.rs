//! The audit log sealed, cut where it is too old, and rid of what is to be forgotten. On every node: of
//! several that seal at once one does.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use challenge::audit::sealing::NotSealed;
use challenge::clock::Timestamp;
use challenge::verifier::Verifier;

use super::pulse;
use crate::system::Stopwatch;

/// How often what was appended is sealed: an event has its place in the chain two seconds later.
const EVERY: Duration = Duration::from_secs(1);

/// Turns from one look at what is too old to the next.
const CUT_EVERY: u32 = 60;

const DAY_MS: i64 = 86_400_000;

/// Looks after the log until the task is ended. `keep_days`: how long events are kept; nothing: for ever.
pub(super) async fn run(verifier: Arc<Verifier>, keep_days: Option<u32>) {
    let mut every = tokio::time::interval(EVERY);
    let (mut turn, mut well) = (0_u32, true);
    loop {
        every.tick().await;
        let mut done = seal(&verifier).await;
        if done.is_ok() {
            done = verifier.erase_events().await.map(|_| ());
        }
        if let (Ok(()), Some(days)) = (&done, keep_days)
            && turn.is_multiple_of(CUT_EVERY)
        {
            done = cut(&verifier, days).await;
        }
        turn = turn.wrapping_add(1);
        if let Err(error) = &done
            && well
        {
            tracing::warn!(%error, "the audit log is not looked after");
        }
        well = done.is_ok();
        let failed = done.as_ref().err().map(|error| error as &dyn Display);
        pulse::note(&verifier, ("audit", EVERY), failed);
    }
}

/// Seals all that is old enough.
async fn seal(verifier: &Verifier) -> Result<(), NotSealed> {
    loop {
        let begun = Stopwatch::start();
        let sealed = verifier.seal_events().await?;
        if sealed.refused > 0 {
            tracing::error!(
                events = sealed.refused,
                "events waited to be sealed that this server did not append, or that were removed: see \
                 `countersign audit verify`"
            );
        } else if sealed.events == 0 {
            return Ok(());
        }
        pause(begun).await;
    }
}

async fn cut(verifier: &Verifier, days: u32) -> Result<(), NotSealed> {
    let before = verifier.now().unix_ms() - i64::from(days) * DAY_MS;
    let mut all = 0;
    loop {
        let begun = Stopwatch::start();
        let cut = verifier.cut_events(Timestamp::from_unix_ms(before)).await?;
        all += cut;
        if cut == 0 {
            break;
        }
        pause(begun).await;
    }
    if all > 0 {
        tracing::info!(
            events = all,
            "events were removed that were older than is kept"
        );
    }
    Ok(())
}

/// Leaves the store to the requests for as long as it was used.
async fn pause(begun: Stopwatch) {
    tokio::time::sleep(begun.elapsed()).await;
}

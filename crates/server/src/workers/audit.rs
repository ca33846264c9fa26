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
        let is_minute = turn.is_multiple_of(CUT_EVERY);
        let done = look_after(&verifier, (is_minute, keep_days)).await;
        turn = turn.wrapping_add(1);
        if let Err(error) = &done
            && well
        {
            tracing::error!(%error, "the audit log is not looked after");
        }
        well = done.is_ok();
        metrics::gauge!("countersign_audit_log_trouble").set(u32::from(!well));
        let failed = done.as_ref().err().map(|error| error as &dyn Display);
        pulse::note(&verifier, ("audit", EVERY), failed);
    }
}

/// One turn: each part has its chance, whatever becomes of the others. Gives the first thing that went wrong.
async fn look_after(
    verifier: &Verifier,
    (is_minute, keep_days): (bool, Option<u32>),
) -> Result<(), NotSealed> {
    let sealed = seal(verifier).await;
    let erased = erase(verifier).await;
    if !is_minute {
        return sealed.and(erased);
    }
    let taken_back = verifier.take_back_refused().await;
    if let Ok(events @ 1..) = taken_back {
        tracing::error!(
            events,
            "events of this server had been marked so that they are never sealed; they are sealed now"
        );
    }
    let cut = match keep_days {
        Some(days) => cut(verifier, days).await,
        None => Ok(()),
    };
    sealed.and(erased).and(taken_back.map(|_| ())).and(cut)
}

/// Erases what is to be erased; between some thousands of events and the next, what waits is sealed.
async fn erase(verifier: &Verifier) -> Result<(), NotSealed> {
    loop {
        let begun = Stopwatch::start();
        let erased = verifier.erase_events().await?;
        if erased.foreign > 0 {
            return Err(NotSealed::NotAskedFor(erased.foreign));
        }
        if !erased.goes_on {
            return Ok(());
        }
        pause(begun).await;
        seal(verifier).await?;
    }
}

/// Seals all that is old enough.
async fn seal(verifier: &Verifier) -> Result<(), NotSealed> {
    loop {
        let begun = Stopwatch::start();
        let sealed = verifier.seal_events().await?;
        metrics::counter!("countersign_audit_sealed_total").increment(sealed.events);
        metrics::counter!("countersign_audit_refused_total").increment(sealed.refused);
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

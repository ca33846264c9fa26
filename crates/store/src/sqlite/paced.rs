//! Much that is written beside everybody else who writes: one short transaction after the other, with pauses in
//! which others write. What is in a transaction is said elsewhere.

use std::time::Duration;

use challenge::ports::StoreError;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

/// How often a transaction is tried again: somebody else wrote for long, or moved a standing.
const ATTEMPTS: u32 = 20;

/// The pause after a transaction is as long as it took, within these bounds: it is in the pauses that other
/// processes write.
const PAUSE_MIN: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(250);

/// Carries out one short transaction, and pauses. It is made anew and tried again where the database was busy,
/// after a conflict as well where `is_raced`: somebody else can have been faster.
pub(super) async fn paced<'a, T>(
    is_raced: bool,
    transaction: impl Fn() -> BoxFuture<'a, Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let mut left = ATTEMPTS;
    loop {
        let began = Instant::now();
        let outcome = transaction().await;
        tokio::time::sleep(began.elapsed().clamp(PAUSE_MIN, PAUSE_MAX)).await;
        left -= 1;
        match outcome {
            Err(StoreError::Unavailable(problem)) if left > 0 => {
                tracing::debug!(problem, "trying again");
            }
            Err(StoreError::Conflict) if left > 0 && is_raced => {}
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Transactions that end so, one after the other; with when each began, in milliseconds.
    async fn carried_out(
        outcomes: &[Result<(), StoreError>],
        (takes, is_raced): (Duration, bool),
    ) -> (Result<(), StoreError>, Vec<u128>, u128) {
        let (start, begun) = (Instant::now(), Mutex::new(Vec::new()));
        let outcome = paced(is_raced, || {
            let mut begun = begun.lock().unwrap();
            begun.push(start.elapsed().as_millis());
            let outcome = outcomes[begun.len() - 1].clone();
            Box::pin(async move {
                tokio::time::sleep(takes).await;
                outcome
            })
        });
        let outcome = outcome.await;
        let ended = start.elapsed().as_millis();
        (outcome, begun.into_inner().unwrap(), ended)
    }

    fn busy() -> Result<(), StoreError> {
        Err(StoreError::Unavailable("busy".to_owned()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_as_long_as_the_transaction_took_within_bounds() {
        for (takes, until) in [(0, 2), (40, 80), (3000, 3250)] {
            let takes = Duration::from_millis(takes);
            let (outcome, _, ended) = carried_out(&[Ok(())], (takes, false)).await;
            assert_eq!((outcome, ended), (Ok(()), until));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_database_is_tried_again_after_a_pause_and_not_for_ever() {
        let takes = Duration::from_millis(10);
        let (outcome, begun, _) = carried_out(&[busy(), busy(), Ok(())], (takes, false)).await;
        assert_eq!((outcome, begun), (Ok(()), vec![0, 20, 40]));
        let all = vec![busy(); 21];
        let (outcome, begun, _) = carried_out(&all, (takes, false)).await;
        assert_eq!((outcome, begun.len()), (busy(), 20));
    }

    #[tokio::test(start_paused = true)]
    async fn a_conflict_is_tried_again_where_somebody_can_have_been_faster() {
        let takes = Duration::from_millis(10);
        let outcomes = [Err(StoreError::Conflict), Ok(())];
        let (outcome, begun, _) = carried_out(&outcomes, (takes, true)).await;
        assert_eq!((outcome, begun.len()), (Ok(()), 2));
        let (outcome, begun, _) = carried_out(&outcomes, (takes, false)).await;
        assert_eq!((outcome, begun.len()), (Err(StoreError::Conflict), 1));
    }
}

//! The group commit: two tasks take turns at one queue, each with a connection of its own. While
//! one waits for its COMMIT, the other gathers and sends the next group.

use std::sync::Arc;

use challenge::ports::StoreError;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;
use tokio_postgres::Config;

use crate::change::ChangeRows;
use crate::database::{GROUP, PATIENCE, QUEUE, too_late};
use crate::postgres::failure::Failure;
use crate::postgres::link::Link;

/// Tasks that commit groups.
const BATCHERS: usize = 2;

/// How often a group is tried before its changes are tried one by one.
const ATTEMPTS: u32 = 4;

/// A change, and where its outcome goes.
pub(super) struct Waiting {
    pub(super) change: ChangeRows,
    pub(super) reply: oneshot::Sender<Result<(), StoreError>>,
}

type Outcome = Result<(), StoreError>;

/// Starts the batchers. They end when the queue is dropped.
pub(super) fn start(config: &Config) -> mpsc::Sender<Waiting> {
    let (queue, changes) = mpsc::channel(QUEUE);
    let changes = Arc::new(Mutex::new(changes));
    for _ in 0..BATCHERS {
        tokio::spawn(batch_all(config.clone(), Arc::clone(&changes)));
    }
    queue
}

async fn batch_all(config: Config, changes: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
    let mut link = None;
    loop {
        let mut group = Vec::new();
        if changes.lock().await.recv_many(&mut group, GROUP).await == 0 {
            return;
        }
        // Who gave up was told `Unavailable`; it is kinder not to write it any more.
        group.retain(|waiting| !waiting.reply.is_closed());
        let rows: Vec<&ChangeRows> = group.iter().map(|waiting| &waiting.change).collect();
        let in_time = timeout(PATIENCE, commit(&config, &mut link, &rows)).await;
        let outcomes = in_time.unwrap_or_else(|_| {
            // A transaction may still be under way on it: nobody may use it again.
            link = None;
            refuse(&rows, &too_late())
        });
        // A server that refuses everything may have become a standby: the next group asks anew where
        // the primary is.
        let refused = |outcome: &Outcome| matches!(outcome, Err(StoreError::Unavailable(_)));
        let useless = !outcomes.is_empty() && outcomes.iter().all(refused);
        link = link.filter(|link| !link.is_closed() && !useless);
        for (waiting, outcome) in group.into_iter().zip(outcomes) {
            // Whoever asked may have given up.
            let _ = waiting.reply.send(outcome);
        }
    }
}

fn refuse(group: &[&ChangeRows], error: &StoreError) -> Vec<Outcome> {
    group.iter().map(|_| Err(error.clone())).collect()
}

async fn commit(config: &Config, link: &mut Option<Link>, group: &[&ChangeRows]) -> Vec<Outcome> {
    let link = match link {
        Some(link) => link,
        None => match Link::connect(config).await {
            Ok(connected) => link.insert(connected),
            Err(failure) => return refuse(group, &failure.into()),
        },
    };
    match attempts(link, group).await {
        Ok(outcomes) => outcomes,
        Err(Failure::Again(_) | Failure::Taken | Failure::Orphan(_) | Failure::Unfit(_))
            if group.len() > 1 =>
        {
            let mut outcomes = Vec::with_capacity(group.len());
            for &change in group {
                match attempts(link, &[change]).await {
                    Ok(outcome) => outcomes.extend(outcome),
                    Err(failure) => outcomes.push(Err(failure.into())),
                }
            }
            outcomes
        }
        Err(failure) => refuse(group, &failure.into()),
    }
}

/// Tries the whole again where another node was in the way.
async fn attempts(link: &Link, group: &[&ChangeRows]) -> Result<Vec<Outcome>, Failure> {
    for _ in 1..ATTEMPTS {
        match link.attempt(group).await {
            Err(Failure::Again(_) | Failure::Taken) => {}
            decided => return decided,
        }
    }
    link.attempt(group).await
}

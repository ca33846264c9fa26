//! PostgreSQL as the engine sees it: a queue to the batchers, and a pool for everything else.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use challenge::ports::StoreError;
use deadpool_postgres::{
    Hook, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Transaction,
};
use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_postgres::NoTls;
use tokio_postgres::types::{ToSql, Type};

use crate::cell::{Cell, Row};
use crate::change::ChangeRows;
use crate::database::{Database, INTAKE_PATIENCE, PATIENCE, Step, gone, too_busy, too_late};
use crate::error::OpenError;
use crate::postgres::batcher::{self, Waiting};
use crate::postgres::failure::Failure;
use crate::postgres::open::{self, last_word};
use crate::spool::{self, Spool};
use crate::url::Options;

/// Connections for reads, and for what is written outside the group commit.
const CONNECTIONS: usize = 16;

/// How often a transaction is tried that other nodes are in the way of.
const ATTEMPTS: u32 = 5;

/// Nothing where somebody holds the tenant's row.
const FREE_TENANT: &str = "SELECT id FROM tenant WHERE id = $1 FOR UPDATE SKIP LOCKED";

/// Whoever ends a change of the directory holds this row until that is done.
const HOLD_VERSION: &str = "SELECT version FROM directory_version FOR UPDATE";
const ARE_THERE: &str = "SELECT EXISTS (SELECT 1 FROM user_account \
     WHERE tenant = $1 AND id >= $2 AND id <= $3) OR EXISTS (SELECT 1 FROM authenticator \
     WHERE tenant = $1 AND id >= $2 AND id <= $3)";

/// Statements sent ahead of their answers.
const PIPELINE: usize = 256;

/// The store on PostgreSQL.
pub(crate) struct Postgres {
    description: String,
    problem: Option<String>,
    queue: mpsc::Sender<Waiting>,
    pool: Pool,
}

impl Postgres {
    pub(crate) async fn open(url: &str, options: &Options) -> Result<Self, OpenError> {
        let opened = open::open(url, options).await?;
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(opened.config.clone(), NoTls, recycling);
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move {
                    // Before its first statistics a large table looks like three rows, and reading and
                    // sorting all of them as good as the first of an index. An engine that plans in
                    // another way may not know the setting.
                    if let Err(error) = client.batch_execute("SET enable_bitmapscan = off").await {
                        tracing::debug!(%error, "a setting of the planner was not taken");
                    }
                    Ok(())
                })
            }))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .build()
            .map_err(|error| OpenError::BadUrl(error.to_string()))?;
        let queue = batcher::start(&opened.config);
        Ok(Self {
            description: opened.description,
            problem: opened.problem,
            queue,
            pool,
        })
    }

    async fn connection(&self) -> Result<deadpool_postgres::Client, Failure> {
        self.pool
            .get()
            .await
            .map_err(|error| Failure::Unavailable(error.to_string()))
    }

    async fn read(&self, sql: &str, cells: &[Cell]) -> Result<Vec<Row>, Failure> {
        let client = self.connection().await?;
        let statement = client.prepare_cached(sql).await?;
        let rows = client.query(&statement, &borrowed(cells)).await?;
        Ok(rows.iter().map(row).collect::<Result<_, _>>()?)
    }

    async fn run_once(&self, steps: &[Step]) -> Result<u64, Failure> {
        let mut client = self.connection().await?;
        // Rolled back when it is dropped, at whatever point that is.
        let transaction = client.transaction().await?;
        let mut total = 0;
        for alike in steps.chunk_by(|one, next| one.sql == next.sql) {
            for part in alike.chunks(PIPELINE) {
                total += run_part(&transaction, part).await?;
            }
        }
        let [unlimited, _] = last_word();
        transaction.batch_execute(unlimited).await?;
        transaction.commit().await?;
        Ok(total)
    }
}

impl Postgres {
    async fn run_spooled_once(&self, spool: &mut Spool) -> Result<(), Failure> {
        let unread = |error| Failure::Unavailable(spool::failed(&error).to_string());
        spool.rewind().map_err(unread)?;
        let mut client = self.connection().await?;
        let transaction = client.transaction().await?;
        let mut part: Vec<Step> = Vec::new();
        loop {
            let step = spool.next().map_err(unread)?;
            let (first, next) = (part.first(), step.as_ref());
            let is_alike = first.is_none() || first.map(|one| one.sql) == next.map(|one| one.sql);
            if !is_alike || part.len() >= PIPELINE {
                run_part(&transaction, &part).await?;
                part.clear();
            }
            match step {
                Some(step) => part.push(step),
                None => break,
            }
        }
        let [unlimited, _] = last_word();
        transaction.batch_execute(unlimited).await?;
        Ok(transaction.commit().await?)
    }
}

impl Postgres {
    /// What became of statements that were kept aside and failed: an error around COMMIT does not say whether it
    /// happened, and a tenant that is gone was removed while they were being carried out.
    async fn looked_into(&self, failure: Failure, spool: &Spool) -> Result<(), StoreError> {
        let looks = matches!(failure, Failure::Unavailable(_) | Failure::Orphan(_));
        if !looks {
            return Err(failure.into());
        }
        let standing = match timeout(PATIENCE, self.look(spool)).await {
            Ok(standing) => standing.map_err(StoreError::from),
            Err(_) => Err(too_late()),
        };
        match (failure, standing) {
            (Failure::Unavailable(problem), Ok((_, true))) => {
                tracing::warn!(problem, "an intake was told late that it is written");
                Ok(())
            }
            (Failure::Orphan(_), Ok((version, _)))
                if u64::try_from(version) != Ok(spool.expected_version) =>
            {
                Err(StoreError::Conflict)
            }
            (Failure::Unavailable(problem), Err(unknown)) => {
                tracing::warn!(%unknown, "whether an intake is written cannot be read");
                Err(spool::unknown(&format!("PostgreSQL: {problem}")))
            }
            (failure, _) => Err(failure.into()),
        }
    }

    /// The directory's version, once nobody is changing it, and whether what is kept aside is written.
    async fn look(&self, spool: &Spool) -> Result<(i64, bool), Failure> {
        let mut client = self.connection().await?;
        let transaction = client.transaction().await?;
        let held = transaction.query_one(HOLD_VERSION, &[]).await?;
        let are_there = match &spool.span {
            None => false,
            Some(span) => {
                let key: [&(dyn ToSql + Sync); 3] = [&span.tenant, &span.first, &span.last];
                transaction.query_one(ARE_THERE, &key).await?.try_get(0)?
            }
        };
        Ok((held.try_get(0)?, are_there))
    }
}

/// Carries out steps with one statement; they are sent without waiting for each other.
async fn run_part(transaction: &Transaction<'_>, steps: &[Step]) -> Result<u64, Failure> {
    let Some(first) = steps.first() else {
        return Ok(0);
    };
    let statement = transaction.prepare_cached(first.sql).await?;
    let answers = steps.iter().map(|step| {
        let statement = &statement;
        async move { transaction.execute(statement, &borrowed(&step.cells)).await }
    });
    let mut total = 0;
    for (step, rows) in steps.iter().zip(join_all(answers).await) {
        let rows = rows?;
        if step.rows.is_some_and(|expected| expected != rows) {
            return Err(Failure::Taken);
        }
        total += rows;
    }
    Ok(total)
}

fn borrowed(cells: &[Cell]) -> Vec<&(dyn ToSql + Sync)> {
    cells
        .iter()
        .map(|cell| cell as &(dyn ToSql + Sync))
        .collect()
}

fn row(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
    let cells = row.columns().iter().enumerate().map(|(place, column)| {
        Ok(match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(place)?.into(),
            Type::BOOL => row.try_get::<_, Option<bool>>(place)?.map(i64::from).into(),
            Type::BYTEA => row
                .try_get::<_, Option<Vec<u8>>>(place)?
                .map(Cell::Bytes)
                .into(),
            _ => row.try_get::<_, Option<String>>(place)?.into(),
        })
    });
    Ok(Row(cells.collect::<Result<_, tokio_postgres::Error>>()?))
}

#[async_trait]
impl Database for Postgres {
    async fn fetch(&self, sql: &'static str, cells: Vec<Cell>) -> Result<Vec<Row>, StoreError> {
        match timeout(PATIENCE, self.read(sql, &cells)).await {
            Ok(rows) => Ok(rows?),
            Err(_) => Err(too_late()),
        }
    }

    async fn commit(&self, change: ChangeRows) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue
            .try_send(Waiting { change, reply })
            .map_err(|error| match error {
                TrySendError::Full(_) => too_busy(),
                TrySendError::Closed(_) => gone(),
            })?;
        match timeout(PATIENCE, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(gone()),
            Err(_) => Err(too_late()),
        }
    }

    async fn run(&self, steps: Vec<Step>, patience: Duration) -> Result<u64, StoreError> {
        let run = async {
            for _ in 1..ATTEMPTS {
                match self.run_once(&steps).await {
                    Err(Failure::Again(problem)) => tracing::debug!(problem, "trying again"),
                    decided => return decided,
                }
            }
            self.run_once(&steps).await
        };
        match timeout(patience, run).await {
            Ok(total) => Ok(total?),
            Err(_) => Err(too_late()),
        }
    }

    async fn run_spooled(&self, mut spool: Spool) -> Result<(), StoreError> {
        let run = async {
            for _ in 1..ATTEMPTS {
                match self.run_spooled_once(&mut spool).await {
                    Err(Failure::Again(problem)) => tracing::debug!(problem, "trying again"),
                    decided => return decided,
                }
            }
            self.run_spooled_once(&mut spool).await
        };
        let late = || Err(Failure::Unavailable(too_late().to_string()));
        let outcome = timeout(INTAKE_PATIENCE, run).await;
        match outcome.unwrap_or_else(|_| late()) {
            Ok(()) => Ok(()),
            Err(failure) => self.looked_into(failure, &spool).await,
        }
    }

    /// They are one transaction, which the database itself takes back.
    async fn clear_up(&self) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Whoever writes a user holds the tenant's row until that is done.
    async fn is_filled(&self, tenant: i64) -> Result<bool, StoreError> {
        let free = self.fetch(FREE_TENANT, vec![tenant.into()]).await?;
        Ok(free.is_empty())
    }

    fn folder(&self) -> PathBuf {
        std::env::temp_dir()
    }

    fn describe(&self) -> String {
        self.description.clone()
    }

    fn problem(&self) -> Option<String> {
        self.problem.clone()
    }
}

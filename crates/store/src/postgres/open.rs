//! Connecting: session settings, schema, and what the database promises to keep.

use std::str::FromStr;
use std::time::Duration;

use challenge::clock::{Clock, Timestamp};
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

use crate::error::OpenError;
use crate::facts::{Facts, Schema};
use crate::postgres::failure::told;
use crate::url::Options;

/// Limits of every session, in milliseconds. All are below what a caller waits, but for the last,
/// which takes locks from a node that froze inside a transaction.
const SESSION: &str = "-c statement_timeout=2500 -c lock_timeout=2000 \
     -c idle_in_transaction_session_timeout=5000";

/// How often the schema is tried again: another node may be bringing it up to date.
const MIGRATION_ATTEMPTS: u32 = 5;

/// Taken while the schema is brought up to date. The number says `Countersign` on a telephone's keys.
const SCHEMA_LOCK: &str = "SET lock_timeout = '60s'; SELECT pg_advisory_lock(26868377446); \
     SET lock_timeout = 0";

mod embedded {
    refinery::embed_migrations!("migrations/postgres");
}

/// The statements that end a transaction.
///
/// The time limit goes first: a COMMIT that it cancels while it waits for the synchronous standby
/// is **reported as done** by PostgreSQL (with a warning), although the standby may not have it.
pub(super) fn last_word() -> [&'static str; 2] {
    ["SET LOCAL statement_timeout = 0", "COMMIT"]
}

/// What was found at the other end.
pub(super) struct Opened {
    pub(super) config: Config,
    pub(super) description: String,
    /// Why it may forget what it acknowledged.
    pub(super) problem: Option<String>,
}

pub(super) async fn open(url: &str, options: &Options) -> Result<Opened, OpenError> {
    let mut config = Config::from_str(url).map_err(|error| OpenError::BadUrl(told(&error)))?;
    config
        .connect_timeout(Duration::from_secs(2))
        .keepalives_idle(Duration::from_secs(10));
    config
        .tcp_user_timeout(Duration::from_secs(5))
        .application_name("countersign");
    let target = target(&config);
    let (mut client, connection) =
        config
            .connect(NoTls)
            .await
            .map_err(|error| OpenError::CannotConnect {
                target: target.clone(),
                problem: told(&error),
            })?;
    let connection = tokio::spawn(connection);
    migrate(&mut client).await?;
    let durability = Durability::read(&client).await;
    if options.require_durable
        && let Some(problem) = durability.problem()
    {
        return Err(OpenError::NotDurable(problem));
    }
    drop(client);
    connection.abort();
    // After the schema: bringing a large table up to date may take longer than a request.
    let own = config
        .get_options()
        .map(|own| format!("{own} "))
        .unwrap_or_default();
    config.options(format!("{own}{SESSION}"));
    let description = format!("PostgreSQL at {target} (unencrypted), {durability}");
    Ok(Opened {
        config,
        description,
        problem: durability.problem(),
    })
}

/// Looks at a database without changing it.
pub(crate) async fn facts(url: &str, clock: &dyn Clock) -> Result<Facts, OpenError> {
    let mut config = Config::from_str(url).map_err(|error| OpenError::BadUrl(told(&error)))?;
    config.connect_timeout(Duration::from_secs(2));
    let target = target(&config);
    let cannot = |error: tokio_postgres::Error| OpenError::CannotConnect {
        target: target.clone(),
        problem: told(&error),
    };
    let (client, connection) = config.connect(NoTls).await.map_err(cannot)?;
    let connection = tokio::spawn(connection);
    let durability = Durability::read(&client).await;
    let before = clock.now();
    let now = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";
    let now = client.query_one(now, &[]).await.map_err(cannot)?;
    let after = clock.now();
    let has_history = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    let has_history = client.query_one(has_history, &[]).await.map_err(cannot)?;
    let found = if has_history.get(0) {
        let newest = "SELECT max(version) FROM refinery_schema_history";
        client.query_one(newest, &[]).await.map_err(cannot)?.get(0)
    } else {
        None
    };
    connection.abort();
    Ok(Facts {
        schema: Schema::of(found, known()),
        not_durable: durability.problem(),
        journal: None,
        clock: Some((before, Timestamp::from_unix_ms(now.get(0)), after)),
    })
}

/// The newest schema that this program knows.
fn known() -> i32 {
    let runner = embedded::migrations::runner();
    let versions = runner.get_migrations().iter();
    versions
        .map(refinery::Migration::version)
        .max()
        .unwrap_or(0)
}

/// Host, port and database, without user and password.
fn target(config: &Config) -> String {
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(place, host)| {
            let ports = config.get_ports();
            let port = ports.get(place).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(path) => format!("{}:{port}", path.display()),
            }
        })
        .collect();
    format!(
        "{}/{}",
        hosts.join(","),
        config.get_dbname().unwrap_or_default()
    )
}

async fn migrate(client: &mut Client) -> Result<(), OpenError> {
    let runner = embedded::migrations::runner();
    let known = known();
    let mut problem = String::new();
    // One node at a time; the others find the schema as it is to be. The lock goes with the connection.
    // Where an engine has no such locks, or somebody holds it for too long, the attempts have to do.
    if let Err(error) = client.batch_execute(SCHEMA_LOCK).await {
        tracing::debug!(error = told(&error), "the lock of the schema was not taken");
    }
    for _ in 0..MIGRATION_ATTEMPTS {
        match runner.get_last_applied_migration_async(client).await {
            Ok(Some(last)) if last.version() > known => {
                return Err(OpenError::NewerSchema {
                    found: last.version(),
                    known,
                });
            }
            Ok(Some(last)) if last.version() == known => return Ok(()),
            // A new database has no history yet; what else is wrong, the run will tell.
            Ok(_) | Err(_) => {}
        }
        match runner.run_async(client).await {
            Ok(_) => return Ok(()),
            Err(error) => problem = error.to_string(),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(OpenError::Migration(problem))
}

/// What the database says about keeping what it acknowledged.
struct Durability {
    /// `on` or `off`; `?` where the engine has no such setting. So for the others.
    fsync: String,
    synchronous_commit: String,
    synchronous_standby_names: String,
    standbys: i64,
}

impl Durability {
    async fn read(client: &Client) -> Self {
        let standbys = client
            .query_one("SELECT count(*) FROM pg_stat_replication", &[])
            .await;
        Self {
            fsync: setting(client, "SHOW fsync").await,
            synchronous_commit: setting(client, "SHOW synchronous_commit").await,
            synchronous_standby_names: setting(client, "SHOW synchronous_standby_names").await,
            standbys: standbys.and_then(|row| row.try_get(0)).unwrap_or(0),
        }
    }

    /// Why it may forget what it acknowledged.
    fn problem(&self) -> Option<String> {
        let named = !["", "?"].contains(&self.synchronous_standby_names.as_str());
        if self.fsync == "off" {
            return Some("fsync is off; set fsync = on in postgresql.conf".to_owned());
        }
        match self.synchronous_commit.as_str() {
            "off" => Some("synchronous_commit is off; set it to on".to_owned()),
            "local" if named => Some(
                "synchronous_commit is local, so no standby is waited for; set it to on".to_owned(),
            ),
            _ if self.standbys > 0 && !named => Some(format!(
                "{} standby servers follow, and none is waited for; \
                 name one in synchronous_standby_names",
                self.standbys
            )),
            _ => None,
        }
    }
}

impl std::fmt::Display for Durability {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "fsync={}, synchronous_commit={}, synchronous_standby_names='{}', {} standbys",
            self.fsync, self.synchronous_commit, self.synchronous_standby_names, self.standbys,
        )?;
        match self.problem() {
            Some(problem) => write!(out, "; NOT DURABLE: {problem}"),
            None => Ok(()),
        }
    }
}

async fn setting(client: &Client, show: &str) -> String {
    let shown = client.query_one(show, &[]).await;
    shown
        .and_then(|row| row.try_get(0))
        .unwrap_or_else(|_| "?".to_owned())
}

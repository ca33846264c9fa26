//! One dedicated connection, and a group's transaction on it: two round trips.
//!
//! First BEGIN and the group's rows, locked in key order, so that the groups of several nodes do
//! not wait for each other in a circle; then all writes, one statement a table, and COMMIT.
//!
//! A locked row is waited for, not passed over (`SKIP LOCKED`): a change that is bound to lose would
//! otherwise take a rightful one with it, by holding the row while that one is looked at.

use challenge::ports::StoreError;
use futures_util::future::{BoxFuture, join_all, try_join_all};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Error, NoTls, Row, Statement};

use crate::change::ChangeRows;
use crate::postgres::decide::{Current, Keys};
use crate::postgres::failure::Failure;
use crate::postgres::open::last_word;
use crate::postgres::shelves;
use crate::shelf::Shelf;

const LOCK_STANDINGS: &str = "SELECT s.tenant, s.user_id, s.version FROM standing s \
     JOIN unnest($1::bigint[], $2::bigint[]) AS k (tenant, user_id) \
     ON s.tenant = k.tenant AND s.user_id = k.user_id \
     ORDER BY s.tenant, s.user_id FOR UPDATE OF s";
const LOCK_CHALLENGES: &str = "SELECT c.tenant, c.id, c.version FROM challenge c \
     JOIN unnest($1::bigint[], $2::bytea[]) AS k (tenant, id) \
     ON c.tenant = k.tenant AND c.id = k.id ORDER BY c.tenant, c.id FOR UPDATE OF c";
const FIND_SPENT: &str = "SELECT s.tenant, s.digest FROM spent s \
     JOIN unnest($1::bigint[], $2::bytea[]) AS k (tenant, digest) \
     ON s.tenant = k.tenant AND s.digest = k.digest";

const STATEMENTS: [&str; 14] = [
    LOCK_STANDINGS,
    LOCK_CHALLENGES,
    FIND_SPENT,
    "INSERT INTO standing (tenant, user_id, version, body, failures) \
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[])",
    "UPDATE standing s SET version = k.version, body = k.body, failures = k.failures \
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[]) \
     AS k (tenant, user_id, version, body, failures) \
     WHERE s.tenant = k.tenant AND s.user_id = k.user_id",
    "INSERT INTO challenge (tenant, id, version, state, ends_at, body) SELECT * FROM \
     unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::text[], $5::bigint[], $6::text[])",
    "UPDATE challenge c SET version = k.version, state = k.state, ends_at = k.ends_at, \
     body = k.body FROM \
     unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::text[], $5::bigint[], $6::text[]) \
     AS k (tenant, id, version, state, ends_at, body) WHERE c.tenant = k.tenant AND c.id = k.id",
    "INSERT INTO spent (tenant, digest, keep_until) \
     SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[])",
    "INSERT INTO annotation (tenant, corpus, digest, voice, about, said, at) SELECT * FROM \
     unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::text[], $6::text[], \
     $7::bigint[]) ON CONFLICT DO NOTHING",
    "INSERT INTO access_token \
     (tenant, issued_ms, digest, client_id, user_id, login_name, expires_at, revoked) \
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::bigint[], \
     $6::text[], $7::bigint[], $8::boolean[])",
    "UPDATE access_token t SET revoked = TRUE \
     FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS k (tenant, issued_ms, digest) \
     WHERE t.tenant = k.tenant AND t.issued_ms = k.issued_ms AND t.digest = k.digest",
    "INSERT INTO outbox (tenant, id, kind, line, place, body, due_at) SELECT * FROM \
     unnest($1::bigint[], $2::bytea[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], \
     $7::bigint[])",
    "INSERT INTO event (tenant, id, at, kind, outcome, user_id, officer, detail, salt) SELECT * FROM \
     unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], \
     $7::text[], $8::text[], $9::bytea[])",
    "INSERT INTO event_unsealed (refused, id, tenant, tag) SELECT 0, k.id, k.tenant, k.tag FROM \
     unnest($1::bytea[], $2::bigint[], $3::bytea[]) AS k (id, tenant, tag)",
];

/// Planned once, and by the keys: a plan made while a table was small or its statistics old would
/// read the whole table for every group.
const PLANS: [&str; 4] = [
    "SET plan_cache_mode = force_generic_plan",
    "SET enable_seqscan = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
];

/// A value for each row of one column.
type Column<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// A connection with its statements prepared.
pub(super) struct Link {
    client: Client,
    statements: Vec<Statement>,
    /// Of each table in [`Shelf::ALL`]: lock, add, move.
    shelves: Vec<Statement>,
}

impl Link {
    pub(super) async fn connect(config: &Config) -> Result<Self, Failure> {
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "a connection to PostgreSQL ended");
            }
        });
        for setting in PLANS {
            // An engine that plans in another way may not know it.
            if let Err(error) = client.batch_execute(setting).await {
                tracing::debug!(%error, setting, "a setting of the planner was not taken");
            }
        }
        let statements = try_join_all(STATEMENTS.iter().map(|sql| client.prepare(sql))).await?;
        let of_shelves = Shelf::ALL.map(shelves::statements);
        let of_shelves = of_shelves.as_flattened().iter();
        let shelves = try_join_all(of_shelves.map(|sql| client.prepare(sql))).await?;
        Ok(Self {
            client,
            statements,
            shelves,
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Commits the changes of a group that win. A failure: nothing was acknowledged.
    pub(super) async fn attempt(
        &self,
        group: &[&ChangeRows],
    ) -> Result<Vec<Result<(), StoreError>>, Failure> {
        let outcome = self.transaction(group).await;
        if outcome.is_err() && !self.is_closed() {
            self.client.batch_execute("ROLLBACK").await?;
        }
        outcome
    }

    async fn transaction(
        &self,
        group: &[&ChangeRows],
    ) -> Result<Vec<Result<(), StoreError>>, Failure> {
        let outcomes = self.read(&Keys::of(group)).await?.decide(group);
        let winners: Vec<&ChangeRows> = group
            .iter()
            .zip(&outcomes)
            .filter_map(|(&change, outcome)| outcome.is_ok().then_some(change))
            .collect();
        if winners.is_empty() {
            self.client.batch_execute("ROLLBACK").await?;
        } else {
            self.write_and_commit(&winners).await?;
        }
        Ok(outcomes)
    }

    async fn read(&self, keys: &Keys) -> Result<Current, Failure> {
        let (tenants, users) = unzip(&keys.standings, |user| user);
        let standings: Vec<Column<'_>> = vec![tenants, users];
        let (tenants, ids) = unzip(&keys.challenges, <[u8; 16]>::as_slice);
        let challenges: Vec<Column<'_>> = vec![tenants, ids];
        let (tenants, digests) = unzip(&keys.spent, <[u8; 32]>::as_slice);
        let spent: Vec<Column<'_>> = vec![tenants, digests];
        let begin: BoxFuture<'_, Result<Vec<Row>, Error>> = Box::pin(async {
            self.client
                .batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED")
                .await?;
            Ok(Vec::new())
        });
        let shelves = Shelf::ALL.map(|shelf| shelf_columns(keys, shelf));
        let [first, second, third] = [0, 1, 2].map(|place| &self.statements[place]);
        let mut questions = vec![
            begin,
            self.query(first, keys.standings.is_empty(), &standings),
            self.query(second, keys.challenges.is_empty(), &challenges),
            self.query(third, keys.spent.is_empty(), &spent),
        ];
        for (columns, statement) in shelves.iter().zip(self.shelves.iter().step_by(3)) {
            let (empty, columns) = columns;
            questions.push(self.query(statement, *empty, columns));
        }
        // All are sent before the first is answered, in this order.
        let answers = join_all(questions);
        let mut current = Current::default();
        for (place, rows) in answers.await.into_iter().enumerate() {
            for row in rows? {
                match place {
                    1 => {
                        let key = (row.try_get(0)?, row.try_get(1)?);
                        current.standings.insert(key, row.try_get(2)?);
                    }
                    2 => {
                        let key = (row.try_get(0)?, bytes(&row)?);
                        current.challenges.insert(key, row.try_get(2)?);
                    }
                    0 | 3 => {
                        current.spent.insert((row.try_get(0)?, bytes(&row)?));
                    }
                    _ => {
                        let shelf = Shelf::ALL[place - 4];
                        let key = (shelf, row.try_get(0)?, row.try_get(1)?);
                        current.shelves.insert(key, row.try_get(2)?);
                    }
                }
            }
        }
        Ok(current)
    }

    fn query<'a>(
        &'a self,
        statement: &'a Statement,
        nothing_to_ask: bool,
        columns: &'a [Column<'a>],
    ) -> BoxFuture<'a, Result<Vec<Row>, Error>> {
        if nothing_to_ask {
            return Box::pin(async { Ok(Vec::new()) });
        }
        Box::pin(async move {
            let columns = borrowed(columns);
            self.client.query(statement, &columns).await
        })
    }

    async fn write_and_commit(&self, winners: &[&ChangeRows]) -> Result<(), Failure> {
        let tables = super::columns::of(winners);
        let shelves = Shelf::ALL.map(|shelf| shelves::columns(shelf, winners));
        let mut answers: Vec<BoxFuture<'_, Result<(), Error>>> = Vec::new();
        let of_shelves = self
            .shelves
            .chunks(3)
            .flat_map(|statements| &statements[1..]);
        let tables = self.statements.iter().skip(3).zip(&tables);
        for (statement, columns) in tables.chain(of_shelves.zip(shelves.as_flattened())) {
            let Some(columns) = columns else { continue };
            answers.push(Box::pin(async move {
                self.client
                    .execute(statement, &borrowed(columns))
                    .await
                    .map(|_| ())
            }));
        }
        for sql in last_word() {
            answers.push(Box::pin(self.client.batch_execute(sql)));
        }
        // A statement that fails makes the COMMIT behind it a ROLLBACK, which the server answers
        // without an error: the first error counts, and only no error at all is `Ok`.
        for answer in join_all(answers).await {
            answer?;
        }
        Ok(())
    }
}

fn borrowed<'a>(columns: &'a [Column<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    columns
        .iter()
        .map(|column| &**column as &(dyn ToSql + Sync))
        .collect()
}

fn unzip<'a, K: 'a, V: ToSql + Sync + Send + 'a>(
    keys: impl IntoIterator<Item = &'a (i64, K)>,
    part: fn(&'a K) -> V,
) -> (Column<'a>, Column<'a>) {
    let (tenants, parts): (Vec<i64>, Vec<V>) = keys
        .into_iter()
        .map(|(tenant, key)| (*tenant, part(key)))
        .unzip();
    (Box::new(tenants), Box::new(parts))
}

/// The keys of a table in columns, and whether there are none.
fn shelf_columns(keys: &Keys, shelf: Shelf) -> (bool, Vec<Column<'_>>) {
    let of_it = keys.shelves.iter().filter(|key| key.0 == shelf);
    let (tenants, ids): (Vec<i64>, Vec<&str>) =
        of_it.map(|(_, tenant, id)| (*tenant, id.as_str())).unzip();
    (tenants.is_empty(), vec![Box::new(tenants), Box::new(ids)])
}

fn bytes<const N: usize>(row: &Row) -> Result<[u8; N], Failure> {
    let bytes: &[u8] = row.try_get(1)?;
    bytes
        .try_into()
        .map_err(|_| Failure::Unavailable(format!("a key has not {N} bytes")))
}

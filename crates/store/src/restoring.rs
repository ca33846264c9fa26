//! The port's part about restores, written once for both databases: all standings, and the statements that
//! end what was open in a backup. The files of the embedded store are copied in `sqlite/copying.rs`.

use async_trait::async_trait;
use challenge::approval::ports::ApprovalWrites;
use challenge::directory::{Tenant, User};
use challenge::id::Id;
use challenge::ports::{StoreError, Versioned};
use challenge::restore::ports::{Ends, RestoreWrites, Standings};
use challenge::standing::Standing;

use crate::cell::Row;
use crate::database::{Database, Step};
use crate::engine::Engine;
use crate::provision::{any, exactly};
use crate::shelf::{self, ShelfBody};

pub(crate) const STANDINGS: &str = "SELECT user_id, version, body FROM standing \
     WHERE tenant = $1 AND user_id > $2 ORDER BY user_id LIMIT $3";
pub(crate) const MOVE_SESSION: &str = "UPDATE approval_session SET version = version + 1, \
     ends_at = $1, body = $2 WHERE tenant = $3 AND id = $4 AND version = $5";
pub(crate) const GIVE_UP_ALL: &str = "UPDATE outbox SET dead_at = $1, trouble = $2, lease_until = 0 \
     WHERE kind = $3 AND dead_at IS NULL";
pub(crate) const REMOVE_KIND: &str = "DELETE FROM outbox WHERE kind = $1";

/// What is emptied: each of these rows opens something once, and may have opened it since the backup.
pub(crate) const EMPTIED: [&str; 6] = [
    "DELETE FROM challenge",
    "DELETE FROM access_token",
    "DELETE FROM linking_code",
    "DELETE FROM console_session",
    "DELETE FROM kept_request",
    "DELETE FROM sign_up",
];

#[async_trait]
impl<D: Database> Standings for Engine<D> {
    async fn standings(
        &self,
        tenant: Id<Tenant>,
        after: Option<Id<User>>,
        limit: u32,
    ) -> Result<Vec<(Id<User>, Versioned<Standing>)>, StoreError> {
        let cells = vec![
            tenant.number().into(),
            after.map_or(0, Id::number).into(),
            i64::from(limit).into(),
        ];
        self.all(STANDINGS, cells, standing).await
    }
}

fn standing(row: Row) -> Result<(Id<User>, Versioned<Standing>), StoreError> {
    let mut row = row.of("standing");
    let user = row.id()?;
    let version = row.int()?;
    let body = row.text()?;
    let value = row.json(&body)?;
    Ok((user, Versioned { version, value }))
}

/// The statements of what ends.
pub(crate) fn steps(writes: &RestoreWrites) -> Result<Vec<Step>, StoreError> {
    let mut steps = Vec::new();
    for (tenant, write) in &writes.sessions {
        let writes = ApprovalWrites {
            sessions: vec![write.clone()],
            ..ApprovalWrites::default()
        };
        for row in shelf::rows(*tenant, &writes)? {
            let Some(ShelfBody { ends_at, body }) = row.next else {
                continue;
            };
            let cells = vec![
                ends_at.into(),
                body.into(),
                row.tenant.into(),
                row.id.into(),
                row.expected.into(),
            ];
            steps.push(exactly(1, MOVE_SESSION, cells));
        }
    }
    steps.extend(writes.ends.iter().flat_map(ends));
    Ok(steps)
}

fn ends(ends: &Ends) -> Vec<Step> {
    let given_up = vec![
        ends.at.unix_ms().into(),
        ends.trouble.into(),
        ends.given_up.into(),
    ];
    let mut steps: Vec<_> = EMPTIED.iter().map(|sql| any(sql, vec![])).collect();
    steps.push(any(GIVE_UP_ALL, given_up));
    let removed = ends.removed.iter();
    steps.extend(removed.map(|kind| any(REMOVE_KIND, vec![(*kind).into()])));
    steps
}

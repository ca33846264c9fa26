//! The statements and columns of the tables that have one shape ([`crate::shelf`]).

use tokio_postgres::types::ToSql;

use crate::change::ChangeRows;
use crate::shelf::{Shelf, ShelfRow};

type Column<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// Statements of a table: lock the rows of these keys, add rows, move rows.
pub(super) fn statements(shelf: Shelf) -> [String; 3] {
    let table = shelf.table();
    [
        format!(
            "SELECT s.tenant, s.id, s.version FROM {table} s \
             JOIN unnest($1::bigint[], $2::text[]) AS k (tenant, id) \
             ON s.tenant = k.tenant AND s.id = k.id ORDER BY s.tenant, s.id FOR UPDATE OF s"
        ),
        format!(
            "INSERT INTO {table} (tenant, id, version, ends_at, body) SELECT * FROM \
             unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[])"
        ),
        format!(
            "UPDATE {table} s SET version = k.version, ends_at = k.ends_at, body = k.body FROM \
             unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[]) \
             AS k (tenant, id, version, ends_at, body) \
             WHERE s.tenant = k.tenant AND s.id = k.id"
        ),
    ]
}

/// The columns of the rows that are added to a table, and of those that are moved; nothing where
/// there are none. Rows stand in key order.
pub(super) fn columns<'a>(
    shelf: Shelf,
    winners: &[&'a ChangeRows],
) -> [Option<Vec<Column<'a>>>; 2] {
    let mut rows: Vec<&'a ShelfRow> = winners
        .iter()
        .flat_map(|change| &change.shelves)
        .filter(|row| row.shelf == shelf && row.next.is_some())
        .collect();
    rows.sort_unstable_by_key(|row| (row.tenant, &row.id));
    let (new, moved): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.expected == 0);
    [new, moved].map(|rows| {
        let body = |row: &&'a ShelfRow| row.next.as_ref().map(|next| next.body.as_str());
        let ends_at = |row: &&'a ShelfRow| row.next.as_ref().and_then(|next| next.ends_at);
        (!rows.is_empty()).then(|| -> Vec<Column<'a>> {
            vec![
                Box::new(rows.iter().map(|row| row.tenant).collect::<Vec<_>>()),
                Box::new(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>()),
                Box::new(rows.iter().map(|row| row.expected + 1).collect::<Vec<_>>()),
                Box::new(rows.iter().map(ends_at).collect::<Vec<_>>()),
                Box::new(rows.iter().map(body).collect::<Vec<_>>()),
            ]
        })
    })
}

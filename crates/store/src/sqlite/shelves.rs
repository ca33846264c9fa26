//! The statements of the tables that have one shape ([`crate::shelf`]).

use rusqlite::{Connection, params};

use crate::shelf::{Shelf, ShelfRow};

/// Writes one row, whose version was checked.
pub(super) fn write(connection: &Connection, row: &ShelfRow) -> rusqlite::Result<()> {
    let Some(to) = &row.next else {
        return Ok(());
    };
    let [_, add, change] = statements(row.shelf);
    let sql = if row.expected == 0 { add } else { change };
    let next = row.expected + 1;
    connection
        .prepare_cached(sql)?
        .execute(params![next, to.ends_at, to.body, row.tenant, row.id])?;
    Ok(())
}

/// Statements of a table: find a row's version, add a row, move a row.
pub(super) fn statements(shelf: Shelf) -> [&'static str; 3] {
    match shelf {
        Shelf::Device => [
            "SELECT version FROM device WHERE tenant = ?1 AND id = ?2",
            "INSERT INTO device (version, ends_at, body, tenant, id) VALUES (?1, ?2, ?3, ?4, ?5)",
            "UPDATE device SET version = ?1, ends_at = ?2, body = ?3 \
             WHERE tenant = ?4 AND id = ?5",
        ],
        Shelf::Session => [
            "SELECT version FROM approval_session WHERE tenant = ?1 AND id = ?2",
            "INSERT INTO approval_session (version, ends_at, body, tenant, id) VALUES (?1, ?2, ?3, ?4, ?5)",
            "UPDATE approval_session SET version = ?1, ends_at = ?2, body = ?3 \
             WHERE tenant = ?4 AND id = ?5",
        ],
        Shelf::LinkingCode => [
            "SELECT version FROM linking_code WHERE tenant = ?1 AND id = ?2",
            "INSERT INTO linking_code (version, ends_at, body, tenant, id) VALUES (?1, ?2, ?3, ?4, ?5)",
            "UPDATE linking_code SET version = ?1, ends_at = ?2, body = ?3 \
             WHERE tenant = ?4 AND id = ?5",
        ],
        Shelf::Guesses => [
            "SELECT version FROM linking_guess WHERE tenant = ?1 AND id = ?2",
            "INSERT INTO linking_guess (version, ends_at, body, tenant, id) VALUES (?1, ?2, ?3, ?4, ?5)",
            "UPDATE linking_guess SET version = ?1, ends_at = ?2, body = ?3 \
             WHERE tenant = ?4 AND id = ?5",
        ],
        Shelf::Administrator => [
            "SELECT version FROM administrator WHERE tenant = ?1 AND id = ?2",
            "INSERT INTO administrator (version, ends_at, body, tenant, id) VALUES (?1, ?2, ?3, ?4, ?5)",
            "UPDATE administrator SET version = ?1, ends_at = ?2, body = ?3 \
             WHERE tenant = ?4 AND id = ?5",
        ],
        Shelf::OfficerToken => [
            "SELECT version FROM officer_token WHERE tenant = ?1 AND id = ?2",
            "INSERT INTO officer_token (version, ends_at, body, tenant, id) VALUES (?1, ?2, ?3, ?4, ?5)",
            "UPDATE officer_token SET version = ?1, ends_at = ?2, body = ?3 \
             WHERE tenant = ?4 AND id = ?5",
        ],
        Shelf::ConsoleSession => [
            "SELECT version FROM console_session WHERE tenant = ?1 AND id = ?2",
            "INSERT INTO console_session (version, ends_at, body, tenant, id) VALUES (?1, ?2, ?3, ?4, ?5)",
            "UPDATE console_session SET version = ?1, ends_at = ?2, body = ?3 \
             WHERE tenant = ?4 AND id = ?5",
        ],
        Shelf::SignUp => [
            "SELECT version FROM sign_up WHERE tenant = ?1 AND id = ?2",
            "INSERT INTO sign_up (version, ends_at, body, tenant, id) VALUES (?1, ?2, ?3, ?4, ?5)",
            "UPDATE sign_up SET version = ?1, ends_at = ?2, body = ?3 \
             WHERE tenant = ?4 AND id = ?5",
        ],
    }
}

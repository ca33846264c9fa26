//! One change inside the open transaction: first every expectation is checked, then all is written.
//!
//! A change that loses is found before its first write, so it needs no savepoint and leaves nothing.

use challenge::access::AccessToken;
use challenge::corpus::Annotation;
use challenge::ports::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

use crate::change::{ChallengeRow, ChangeRows, EventRow, MessageRow, StandingBody, StandingRow};
use crate::sqlite::shelves;

/// Checks and writes one change. The inner error: it lost, and nothing of it was written.
pub(super) fn apply(
    connection: &Connection,
    change: &ChangeRows,
) -> rusqlite::Result<Result<(), StoreError>> {
    if let Err(lost) = check(connection, change)? {
        return Ok(Err(lost));
    }
    write(connection, change)?;
    Ok(Ok(()))
}

fn check(connection: &Connection, change: &ChangeRows) -> rusqlite::Result<Result<(), StoreError>> {
    if let Some(standing) = &change.standing {
        let version = connection
            .prepare_cached("SELECT version FROM standing WHERE tenant = ?1 AND user_id = ?2")?
            .query_row(params![change.tenant, standing.user], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        if standing.expected != version {
            return Ok(Err(StoreError::Conflict));
        }
    }
    for challenge in &change.challenges {
        let version = connection
            .prepare_cached("SELECT version FROM challenge WHERE tenant = ?1 AND id = ?2")?
            .query_row(params![change.tenant, challenge.id], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        if challenge.expected != version {
            return Ok(Err(StoreError::Conflict));
        }
    }
    for row in &change.shelves {
        let version = connection
            .prepare_cached(shelves::statements(row.shelf)[0])?
            .query_row(params![row.tenant, row.id], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        if row.expected != version {
            return Ok(Err(StoreError::Conflict));
        }
    }
    for mark in &change.spent {
        let spent = connection
            .prepare_cached("SELECT 1 FROM spent WHERE tenant = ?1 AND digest = ?2")?
            .exists(params![change.tenant, mark.digest])?;
        if spent {
            return Ok(Err(StoreError::AlreadySpent));
        }
    }
    Ok(Ok(()))
}

fn write(connection: &Connection, change: &ChangeRows) -> rusqlite::Result<()> {
    let tenant = change.tenant;
    if let Some(standing) = &change.standing {
        write_standing(connection, tenant, standing)?;
    }
    for challenge in &change.challenges {
        write_challenge(connection, tenant, challenge)?;
    }
    for row in &change.shelves {
        shelves::write(connection, row)?;
    }
    for mark in &change.spent {
        let keep_until = mark.keep_until.map(challenge::clock::Timestamp::unix_ms);
        connection
            .prepare_cached("INSERT INTO spent (tenant, digest, keep_until) VALUES (?1, ?2, ?3)")?
            .execute(params![tenant, mark.digest, keep_until])?;
    }
    for annotation in &change.annotations {
        write_annotation(connection, tenant, annotation)?;
    }
    if let Some(token) = &change.token {
        write_token(connection, tenant, token)?;
    }
    if let Some(key) = &change.revoked {
        connection
            .prepare_cached(
                "UPDATE access_token SET revoked = 1 \
                 WHERE tenant = ?1 AND issued_ms = ?2 AND digest = ?3",
            )?
            .execute(params![tenant, key.issued_ms, key.digest])?;
    }
    for MessageRow { message, place } in &change.messages {
        connection
            .prepare_cached(
                "INSERT INTO outbox (tenant, id, kind, line, place, body, due_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                message.tenant.number(),
                message.id.as_bytes(),
                message.kind,
                message.line.map(challenge::id::Id::number),
                place,
                message.body,
                message.due_at.unix_ms()
            ])?;
    }
    append(connection, &change.event)
}

/// Appends the event, to be sealed where it is marked.
fn append(connection: &Connection, event: &EventRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO event (tenant, id, at, kind, outcome, user_id, officer, detail, salt) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            event.tenant,
            event.id,
            event.at,
            event.kind,
            event.outcome,
            event.user,
            event.officer,
            event.detail,
            event.mark.map(|mark| mark.salt)
        ])?;
    if let Some(mark) = event.mark {
        connection
            .prepare_cached(
                "INSERT INTO event_unsealed (refused, id, tenant, tag) VALUES (0, ?1, ?2, ?3)",
            )?
            .execute(params![event.id, event.tenant, mark.tag])?;
    }
    Ok(())
}

fn write_standing(
    connection: &Connection,
    tenant: i64,
    standing: &StandingRow,
) -> rusqlite::Result<()> {
    let Some(StandingBody { body, failures }) = &standing.next else {
        return Ok(());
    };
    let sql = if standing.expected == 0 {
        "INSERT INTO standing (version, body, failures, tenant, user_id) \
         VALUES (?1, ?2, ?3, ?4, ?5)"
    } else {
        "UPDATE standing SET version = ?1, body = ?2, failures = ?3 \
         WHERE tenant = ?4 AND user_id = ?5"
    };
    let next = standing.expected + 1;
    connection.prepare_cached(sql)?.execute(params![
        next,
        body,
        failures,
        tenant,
        standing.user
    ])?;
    Ok(())
}

fn write_challenge(
    connection: &Connection,
    tenant: i64,
    challenge: &ChallengeRow,
) -> rusqlite::Result<()> {
    let Some(to) = &challenge.next else {
        return Ok(());
    };
    let sql = if challenge.expected == 0 {
        "INSERT INTO challenge (version, state, ends_at, body, tenant, id) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    } else {
        "UPDATE challenge SET version = ?1, state = ?2, ends_at = ?3, body = ?4 \
         WHERE tenant = ?5 AND id = ?6"
    };
    let next = challenge.expected + 1;
    connection.prepare_cached(sql)?.execute(params![
        next,
        to.state,
        to.ends_at,
        to.body,
        tenant,
        challenge.id
    ])?;
    Ok(())
}

/// A second word of the same visitor on the same image is passed over.
fn write_annotation(
    connection: &Connection,
    tenant: i64,
    annotation: &Annotation,
) -> rusqlite::Result<()> {
    let (about, said) = annotation.said.parts();
    connection
        .prepare_cached(
            "INSERT INTO annotation (tenant, corpus, digest, voice, about, said, at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            tenant,
            annotation.corpus.number(),
            annotation.digest,
            annotation.voice,
            about,
            said,
            annotation.at.unix_ms()
        ])?;
    Ok(())
}

fn write_token(connection: &Connection, tenant: i64, token: &AccessToken) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO access_token \
             (tenant, issued_ms, digest, client_id, user_id, login_name, expires_at, revoked) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            tenant,
            token.key.issued_ms,
            token.key.digest,
            token.client.number(),
            token.user.as_ref().map(|user| user.id.number()),
            token.user.as_ref().map(|user| user.login_name.as_str()),
            token.expires_at.unix_ms(),
            token.revoked
        ])?;
    Ok(())
}

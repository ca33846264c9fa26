//! That SQLite finds rows by their keys: a test of the planner's choices on a new database.

use rusqlite::Connection;

use crate::sqlite::open;
use crate::{sql, sql_audit, sql_watching};

/// Every statement that may meet a table with many rows.
const STATEMENTS: [&str; 109] = [
    sql::STANDING,
    sql::CHALLENGE,
    sql::TOKEN,
    sql::KEPT_MARK,
    sql::SITE_HOURS,
    sql::DEVICE,
    sql::SESSION,
    sql::LINKING_CODE,
    sql::GUESSES,
    sql::ADMINISTRATOR,
    sql::OFFICER_TOKEN,
    sql::CONSOLE_SESSION,
    sql::SIGN_UP,
    sql::KEPT_REQUEST,
    sql::ADMINISTRATORS,
    sql::OFFICER_TOKENS,
    sql::ADD_ADMINISTRATOR,
    sql::MOVE_ADMINISTRATOR,
    sql::ADD_OFFICER_TOKEN,
    sql::MOVE_OFFICER_TOKEN,
    sql::ADD_CONSOLE_SESSION,
    sql::MOVE_CONSOLE_SESSION,
    sql::ADD_SIGN_UP,
    sql::MOVE_SIGN_UP,
    sql::ADD_KEPT_REQUEST,
    sql::MOVE_KEPT_REQUEST,
    sql::ENDED_OFFICER_TOKENS,
    sql::REMOVE_OFFICER_TOKEN,
    sql::ENDED_CONSOLE_SESSIONS,
    sql::REMOVE_CONSOLE_SESSION,
    sql::ENDED_SIGN_UPS,
    sql::REMOVE_SIGN_UP,
    sql::ENDED_KEPT_REQUESTS,
    sql::REMOVE_KEPT_REQUEST,
    sql::OPEN_LINKING_CODES,
    sql::TENANTS_WITH_MESSAGES,
    sql::READY_MESSAGES,
    sql::TAKE_MESSAGE,
    sql::TICKET,
    sql::REMOVE_DELIVERED,
    sql::HOLD_UP_LINE,
    sql::REDELIVER,
    sql::WAITING_MESSAGES,
    sql::ENDED_DEVICES,
    sql::ENDED_SESSIONS,
    sql::ENDED_CODES,
    sql::ENDED_GUESSES,
    sql::ENDED_MESSAGES,
    sql::REMOVE_MESSAGE,
    sql::USER_BY_ID,
    sql::USER_BY_LOGIN_NAME,
    sql::USER_BY_EXTERNAL_ID,
    sql::USERS,
    sql::USERS_FROM,
    sql::FAILING_USERS,
    sql::AUTHENTICATOR_BY_ID,
    sql::AUTHENTICATOR_BY_SERIAL,
    sql::AUTHENTICATORS_ON,
    sql::MOVE_STANDING,
    sql::ENDED_TOKENS,
    sql::REMOVE_TOKEN,
    sql::ENDED_MARKS,
    sql::ENDED_CHALLENGES,
    sql::ENDED_SITE_HOURS,
    sql::REMOVE_SITE_HOUR,
    sql::CORPUS_IMAGES,
    sql::IMAGE_BYTES,
    sql::SETTLE_IMAGE,
    sql::TALLIES_OF,
    sql::ENDED_BYTES,
    sql::REMOVE_BYTES,
    sql::ENDED_IMAGES,
    sql::REMOVE_IMAGE,
    sql::ENDED_EDITIONS,
    sql::END_EDITION,
    sql::EMPTY_EDITIONS,
    sql::ENDED_WORDS,
    sql::REMOVE_WORD,
    sql::EDITION,
    sql_watching::EVENTS_OF_TENANT,
    sql_watching::EVENTS_OF_USER,
    sql_watching::EVENTS_OF_KIND,
    sql_watching::EVENTS_OF_OUTCOME,
    sql_watching::EVENTS_OF_OFFICER,
    sql_watching::CHALLENGES,
    sql_watching::KEPT,
    sql_watching::SESSIONS,
    sql_watching::DEVICES,
    sql_watching::LINKED_DEVICES,
    sql_watching::WAITING_MESSAGES_OF_LINE,
    sql_watching::TRAFFIC,
    sql_watching::ENDED_TRAFFIC,
    sql_watching::REMOVE_TRAFFIC,
    sql_audit::WAITING,
    sql_audit::UNMARKED,
    sql_audit::TURN_WAITING,
    sql_audit::DROP_WAITING,
    sql_audit::TAKE_WAITING,
    sql_audit::SALT_EVENT,
    sql_audit::LINKS,
    sql_audit::SEALED_AT,
    sql_audit::FOUND_EVENT,
    sql_audit::CUT_LINKS,
    sql_audit::REMOVE_EVENT,
    sql_audit::EVENTS_BETWEEN,
    sql_audit::ERASE_EVENT,
    sql_audit::ERASED,
    sql_audit::SIGN_ERASED,
    sql_audit::ERASURES,
];

/// The steps of a statement's plan, as SQLite words them.
fn plan(connection: &Connection, statement: &str) -> Vec<String> {
    let mut explained = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
        .unwrap();
    let nulls = vec![rusqlite::types::Null; explained.parameter_count()];
    let steps = explained
        .query_map(rusqlite::params_from_iter(nulls), |row| row.get(3))
        .unwrap();
    steps.map(Result::unwrap).collect()
}

/// Whether a step looks at every row of a tenant, or of a table that grows with them.
fn walks(step: &str) -> bool {
    let few = [
        "SCAN t",
        "SCAN u",
        "SCAN w",
        "SCAN open",
        "SCAN directory_version",
        // The index has those rows alone that are looked for.
        "SCAN event USING INDEX event_unmarked",
    ];
    step.ends_with("(tenant=?)") || (step.starts_with("SCAN") && !few.contains(&step))
}

#[test]
fn no_statement_of_a_request_walks_all_rows_of_a_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let connection = open::open_writer(&folder.path().join("new.db")).unwrap();
    for statement in STATEMENTS {
        for step in plan(&connection, statement) {
            assert!(
                !walks(step.trim_end_matches(" LEFT-JOIN")),
                "{step}: {statement}"
            );
        }
    }
}

#[test]
fn a_walk_is_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let connection = open::open_writer(&folder.path().join("new.db")).unwrap();
    let walk = "SELECT id FROM authenticator WHERE tenant = $1 AND body = $2";
    assert!(plan(&connection, walk).iter().any(|step| walks(step)));
}

#[test]
fn a_search_reads_along_the_index_that_narrows_it_and_sorts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let connection = open::open_writer(&folder.path().join("new.db")).unwrap();
    let by_index = [
        (sql_watching::EVENTS_OF_TENANT, "PRIMARY KEY"),
        (sql_watching::EVENTS_OF_USER, "event_user"),
        (sql_watching::EVENTS_OF_KIND, "event_kind"),
        (sql_watching::EVENTS_OF_OUTCOME, "event_outcome"),
        (sql_watching::EVENTS_OF_OFFICER, "event_officer"),
        (sql_watching::SESSIONS, "approval_session_newest"),
    ];
    for (statement, index) in by_index {
        let plan = plan(&connection, statement);
        let [step] = &plan[..] else {
            panic!("{plan:?}: {statement}");
        };
        assert!(step.contains(index), "{step}: {statement}");
    }
}

//! The numbers that the documents tell are those of the program.

use challenge::approval::signed::TIME_TOLERANCE_S;
use challenge::approval::{ATTEMPTS, WRONG_PER_ADDRESS, WRONG_WITHOUT_WORK};
use challenge::directory::OkaySettings;
use challenge::lockout::{ISSUED_PER_MINUTE, SENT_MAX, SENT_WINDOW_S};
use challenge::officers::{ABSOLUTE_S, IDLE_S};
use challenge::policy::Limits;
use challenge::visitor::{
    ANSWER_S, CHECK_S, PICTURES_PER_MINUTE, WRONG_ANSWERS_PER_MINUTE,
    WRONG_GUESSES_OF_SITE_PER_MINUTE, WRONG_GUESSES_PER_MINUTE,
};

use crate::documents::text;
use crate::documents_operating::table;

/// The numbers in a text, without the commas between thousands; those in backticks are names.
fn numbers(cell: &str) -> Vec<u32> {
    let prose: String = cell.split('`').step_by(2).collect();
    let plain = prose.replace(',', "");
    let pieces = plain.split(|letter: char| !letter.is_ascii_digit());
    pieces.filter_map(|piece| piece.parse().ok()).collect()
}

#[test]
fn the_limits_of_the_security_model_are_those_of_the_program() {
    let rows = table("docs/security.md", "## Limits, with their numbers");
    let told = |begins: &str| {
        let row = rows.iter().find(|row| row[0].starts_with(begins));
        let row = row.unwrap_or_else(|| panic!("no row about {begins}"));
        numbers(&row[1])
    };
    let policy = Limits::default();
    assert_eq!(
        told("wrong answers in a row"),
        [policy.max_failures, policy.lock_s / 60]
    );
    assert_eq!(
        told("open challenges"),
        [policy.max_open_challenges, ISSUED_PER_MINUTE]
    );
    assert_eq!(told("codes sent"), [SENT_MAX, SENT_WINDOW_S / 60]);
    assert_eq!(
        told("approvals of a user"),
        [1, 3, 5, OkaySettings::PAUSE_S / 60]
    );
    assert_eq!(told("wrong PINs"), [ATTEMPTS, policy.max_failures]);
    assert_eq!(
        told("wrong linking codes")[..2],
        [WRONG_PER_ADDRESS, WRONG_WITHOUT_WORK]
    );
    assert_eq!(
        told("a console session")[..2],
        [IDLE_S / 60, ABSOLUTE_S / 3600]
    );
    assert_eq!(
        told("a visitor's wrong answers"),
        [
            WRONG_ANSWERS_PER_MINUTE,
            WRONG_GUESSES_PER_MINUTE,
            WRONG_GUESSES_OF_SITE_PER_MINUTE
        ]
    );
    assert_eq!(told("a visitor's challenge"), [ANSWER_S / 60, CHECK_S / 60]);
    assert_eq!(told("a signed request")[0], TIME_TOLERANCE_S);
    assert_eq!(told("pictures"), [PICTURES_PER_MINUTE]);
}

/// A source file, what it defines, and what the document tells of it.
const OF_THE_SERVER: [[&str; 3]; 12] = [
    [
        "server/src/serving/connections.rs",
        "CONNECTIONS_MAX: usize = 16_384;",
        "| 16,384, 4,096 |",
    ],
    [
        "server/src/serving/connections.rs",
        "PER_ADDRESS_MAX: usize = 4096;",
        "| 16,384, 4,096 |",
    ],
    [
        "server/src/serving/connections.rs",
        "HEAD_BYTES_MAX: usize = 32 * 1024;",
        "| 32 KiB, within",
    ],
    [
        "server/src/serving/connections.rs",
        "HEAD_TIME_MAX: Duration = Duration::from_secs(30);",
        "within 30 seconds |",
    ],
    [
        "server/src/serving/connections.rs",
        "REQUEST_TIME_MAX: Duration = Duration::from_secs(10);",
        "begins | 10 seconds |",
    ],
    [
        "server/src/serving/connections.rs",
        "DRAIN_TIME_MAX: Duration = Duration::from_secs(15);",
        "finished, for 15 seconds at most",
    ],
    [
        "server/src/serving/health.rs",
        "CHECK_TIME_MAX: Duration = Duration::from_secs(2);",
        "within 2 seconds, and the directory",
    ],
    [
        "store/src/database.rs",
        "QUEUE: usize = 16_384;",
        "wait for the database | 16,384;",
    ],
    [
        "store/src/database.rs",
        "PATIENCE: Duration = Duration::from_secs(3);",
        "waiting for the database | 3 seconds",
    ],
    [
        "store/src/postgres/open.rs",
        "statement_timeout=2500 -c lock_timeout=2000",
        "a statement 2.5 seconds, a lock 2,",
    ],
    [
        "store/src/postgres/open.rs",
        "idle_in_transaction_session_timeout=5000",
        "a transaction that does nothing 5.",
    ],
    [
        "store/src/postgres/store.rs",
        "CONNECTIONS: usize = 16;",
        "takes 18 connections at most",
    ],
];

#[test]
fn the_limits_of_the_operators_document_are_those_of_the_program() {
    let document = text("docs/operations.md");
    for [file, defined, told] in OF_THE_SERVER {
        let source = text(&format!("crates/{file}"));
        assert!(source.contains(defined), "{file} says otherwise: {defined}");
        assert!(
            document.contains(told),
            "docs/operations.md does not say: {told}"
        );
    }
}

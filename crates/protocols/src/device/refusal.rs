//! Every refusal of the device API, and the one table that turns it into a problem (RFC 9457). The
//! table is printed into `docs/device-api.md` by a test below.

use challenge::approval::{self, Puzzle};
use challenge::lifecycle::{OutOfTurn, Phase, State};

/// A request that is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The domain said no.
    Domain(approval::Refused),
    /// The request cannot be read; the text says what is expected.
    Malformed(String),
    /// The body is longer than it may be.
    TooLarge,
    /// The request is not signed.
    NoAuthorization,
    /// There is no such place.
    NotHere,
    /// The place is there, but does not take this method.
    WrongMethod,
}

/// A refusal as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wire {
    /// The status of HTTP.
    pub(super) status: u16,
    /// What `type` ends in.
    pub(super) kind: &'static str,
    /// `detail`.
    pub(super) detail: String,
    /// A member beside the usual ones.
    pub(super) more: More,
}

/// What helps a device to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum More {
    /// Nothing.
    Nothing,
    /// `attempts_left`.
    Attempts(u32),
    /// `seed` and `bits`.
    Puzzle(Puzzle),
    /// `outcome`: what became of the session.
    Outcome(&'static str),
}

impl From<approval::Refused> for Refused {
    fn from(refused: approval::Refused) -> Self {
        Self::Domain(refused)
    }
}

impl Refused {
    /// What goes over the wire.
    pub(super) fn to_wire(&self) -> Wire {
        let (status, kind, detail) = match self {
            Self::Domain(refused) => return domain_to_wire(refused),
            Self::Malformed(text) => (400, "malformed", text.as_str()),
            Self::TooLarge => (413, "too-large", "the body is longer than 16384 bytes"),
            Self::NoAuthorization => (
                401,
                "unknown-device",
                "sign the request with the device's key, in one Authorization: Countersign",
            ),
            Self::NotHere => (404, "not-here", "there is nothing here"),
            Self::WrongMethod => (
                405,
                "wrong-method",
                "this place does not take this method; Allow names those it takes",
            ),
        };
        row(status, kind, detail)
    }
}

fn domain_to_wire(refused: &approval::Refused) -> Wire {
    use approval::Refused as Domain;
    let detail = refused.to_string();
    let (status, kind) = match refused {
        Domain::UnknownDevice => (401, "unknown-device"),
        Domain::WrongTime { .. } => (401, "wrong-time"),
        Domain::Replayed => (409, "replayed"),
        Domain::BadLinkingCode => (403, "wrong-linking-code"),
        Domain::WorkNeeded(puzzle) => {
            return Wire {
                more: More::Puzzle(puzzle.clone()),
                ..row(403, "work-needed", &detail)
            };
        }
        Domain::LimitReached(_) => (429, "limit-reached"),
        Domain::SessionNotFound => (404, "session-not-found"),
        Domain::OutOfTurn(OutOfTurn(phase)) => {
            return Wire {
                more: More::Outcome(outcome(*phase)),
                ..row(409, "session-over", &detail)
            };
        }
        Domain::NotWhatWasDisplayed => (403, "not-what-was-displayed"),
        Domain::Wrong { attempts_left } => {
            return Wire {
                more: More::Attempts(*attempts_left),
                ..row(403, "wrong", &detail)
            };
        }
        Domain::Locked => (403, "locked"),
        Domain::NoPin => (409, "no-pin"),
        Domain::DoesNotFit(_) => (400, "does-not-fit"),
        Domain::TenantInactive | Domain::TenantExpired | Domain::NotSetUp => {
            (403, "tenant-inactive")
        }
        // What only a tenant's server can be told, or what is for the log.
        Domain::AlreadyPending
        | Domain::NotLinked
        | Domain::SplitOtherwise
        | Domain::NoUniqueLinkingCode
        | Domain::Unavailable(_) => {
            return row(
                503,
                "unavailable",
                "no answer can be given now; what was sent may have been done all the same",
            );
        }
    };
    row(status, kind, &detail)
}

/// What became of a session that takes no decision any more, in one word.
fn outcome(phase: Phase) -> &'static str {
    match phase {
        Phase::Is(State::Accepted { .. } | State::Consumed { .. }) => "approved",
        Phase::Is(State::Declined { .. }) => "declined",
        Phase::Is(State::Refused { .. }) => "failed",
        Phase::Is(State::Cancelled { .. } | State::Replaced { .. }) => "withdrawn",
        Phase::Expired | Phase::Is(State::Open { .. }) => "expired",
    }
}

fn row(status: u16, kind: &'static str, detail: &str) -> Wire {
    Wire {
        status,
        kind,
        detail: detail.to_owned(),
        more: More::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use challenge::approval::{Limit, Refused as Domain};

    use super::*;

    const BEGIN: &str =
        "<!-- Printed from crates/protocols/src/device/refusal.rs; do not edit. -->\n";
    const END: &str = "<!-- End of what is printed. -->\n";

    /// One of each refusal that can come up here, with the words that vary in angle brackets.
    fn one_of_each() -> Vec<Refused> {
        let domain = [
            Domain::UnknownDevice,
            Domain::WrongTime { ahead_s: 300 },
            Domain::Replayed,
            Domain::BadLinkingCode,
            Domain::WorkNeeded(Puzzle {
                seed: String::new(),
                bits: 18,
            }),
            Domain::LimitReached(Limit::Guesses),
            Domain::SessionNotFound,
            Domain::OutOfTurn(OutOfTurn(Phase::Expired)),
            Domain::NotWhatWasDisplayed,
            Domain::Wrong { attempts_left: 2 },
            Domain::Locked,
            Domain::NoPin,
            Domain::DoesNotFit("<what would fit>".to_owned()),
            Domain::TenantInactive,
            Domain::TenantExpired,
            Domain::Unavailable("for the log".to_owned()),
        ];
        let own = [
            Refused::Malformed("<what is expected>".to_owned()),
            Refused::TooLarge,
            Refused::NoAuthorization,
            Refused::NotHere,
            Refused::WrongMethod,
        ];
        domain.into_iter().map(Refused::Domain).chain(own).collect()
    }

    fn table() -> String {
        let mut table = format!(
            "{BEGIN}\n| HTTP | `type`, after `urn:problem-type:device:` | `detail` | further |\n|---|---|---|---|\n"
        );
        for refused in one_of_each() {
            let wire = refused.to_wire();
            let (status, kind, detail) = (wire.status, wire.kind, &wire.detail);
            let more = match wire.more {
                More::Nothing => "",
                More::Attempts(_) => "`attempts_left`; 0: the session is over",
                More::Puzzle(_) => "`seed`, `bits`",
                More::Outcome(_) => {
                    "`outcome`: `approved`, `declined`, `expired`, `failed` (by wrong PINs or numbers) or `withdrawn`"
                }
            };
            writeln!(table, "| {status} | `{kind}` | {detail} | {more} |").unwrap();
        }
        table + "\n" + END
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "UPDATE=1 is a wish of the developer, not a setting"
    )]
    fn the_device_document_shows_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/device-api.md");
        let written = std::fs::read_to_string(path).unwrap();
        let (before, rest) = written.split_once(BEGIN).unwrap();
        let (_, after) = rest.split_once(END).unwrap();
        let fresh = format!("{before}{}{after}", table());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &fresh).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap();
        assert!(
            written == fresh,
            "docs/device-api.md is stale; run UPDATE=1 cargo test -p protocols the_device_document_shows_the_table"
        );
    }

    #[test]
    fn only_the_store_gives_a_server_error_and_its_reason_is_not_told() {
        for refused in one_of_each() {
            let wire = refused.to_wire();
            let expected = matches!(refused, Refused::Domain(Domain::Unavailable(_)));
            assert_eq!(wire.status >= 500, expected, "{refused:?}");
            assert!(!wire.detail.contains("for the log"));
        }
    }
}

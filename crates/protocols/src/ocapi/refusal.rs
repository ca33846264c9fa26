//! Every refusal of this protocol, and the one table that turns it into words on the wire.
//!
//! The table is printed into `docs/ocapi-errors.md` by a test below. On the wire a refusal is a problem
//! document (RFC 9457).

use challenge::visitor::{self, SIGNING_KEY_LENGTH_MIN};

use crate::ocapi::request::BODY_LENGTH_MAX;

/// A request that is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The domain said no.
    Domain(visitor::Refused),
    /// The request cannot be read; the text says what is expected.
    Malformed(String),
    /// There is no challenge of this kind to be had; the text says of which kinds there are.
    NoSuchKind(String),
    /// There is no site of this public id.
    NoSuchSite,
    /// There is nothing at this path.
    NotHere,
    /// The place is there, but does not take this method.
    WrongMethod {
        /// The methods it takes, as `Allow` names them.
        allow: &'static str,
    },
    /// The body is longer than it may be.
    TooLarge,
    /// The page that asks is none of the site's.
    ForeignOrigin,
    /// The caller did not say who it is.
    NoToken,
    /// The token cannot be read, or no key of a site made it.
    WrongToken,
    /// The secret is not this site's.
    WrongSecret,
    /// The token is a site's, but is not good here and now; the text says why.
    BadClaim(&'static str),
}

/// A refusal as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wire {
    /// The HTTP status.
    pub(super) status: u16,
    /// The last part of `type`.
    pub(super) name: &'static str,
    /// `title`: the same for all problems of this type.
    pub(super) title: &'static str,
    /// `detail`: what to do.
    pub(super) detail: String,
}

impl From<visitor::Refused> for Refused {
    fn from(refused: visitor::Refused) -> Self {
        Self::Domain(refused)
    }
}

impl Refused {
    /// Seconds after which it is worth trying again, where waiting helps.
    pub(super) fn retry_s(&self) -> Option<u32> {
        match self {
            Self::Domain(visitor::Refused::SlowDown { retry_s }) => Some((*retry_s).max(1)),
            Self::Domain(visitor::Refused::Unavailable(_)) => Some(1),
            _ => None,
        }
    }

    /// What goes over the wire.
    pub(super) fn to_wire(&self) -> Wire {
        match self {
            Self::Domain(refused) => domain_to_wire(refused),
            Self::Malformed(text) => wire(400, "malformed", "The request cannot be read", text),
            Self::NoSuchKind(text) => wire(400, "no-such-kind", "No challenge of this kind", text),
            Self::NoSuchSite => wire(
                404,
                "no-such-site",
                "No such site",
                "no site has this public id; compare it with the one that the server's operator gave out",
            ),
            Self::NotHere => wire(
                404,
                "not-here",
                "Nothing here",
                "there is nothing at this path; challenges are at /ocapi/v2/challenge/{public id}, the widget is at /ocapi.js",
            ),
            Self::WrongMethod { .. } => wire(
                405,
                "wrong-method",
                "Wrong method",
                "this place does not take this method; Allow names those it takes",
            ),
            Self::TooLarge => wire(
                413,
                "too-large",
                "The body is too long",
                format!("an answer has at most {BODY_LENGTH_MAX} bytes"),
            ),
            Self::ForeignOrigin => wire(
                403,
                "foreign-origin",
                "Not a page of this site",
                "the origin of this page is not among the site's origins; have it added there",
            ),
            Self::NoToken => wire(
                401,
                "no-token",
                "A token is needed",
                "send Authorization: Bearer and a JWT that the site's private id signed",
            ),
            Self::WrongToken => wire(
                401,
                "refused-token",
                "The token is refused",
                "send one JWT with the site's public id as iss, an algorithm that the site may use (HS512 unless \
                 it says otherwise), and the MAC made with its private id",
            ),
            Self::WrongSecret => wire(
                400,
                "wrong-secret",
                "The secret is refused",
                "send the site's private id as secret",
            ),
            Self::BadClaim(why) => wire(
                401,
                "refused-token",
                "The token is refused",
                format!("{why}; make a new token for each check"),
            ),
        }
    }
}

fn domain_to_wire(refused: &visitor::Refused) -> Wire {
    match refused {
        visitor::Refused::NotFound => wire(
            404,
            "no-such-challenge",
            "No such challenge",
            "there is no such challenge, or it is another site's; get a new one",
        ),
        visitor::Refused::NothingToShow => wire(
            400,
            "no-such-kind",
            "No challenge of this kind",
            "the site has no images for this kind; ask for another kind, pow is always there",
        ),
        visitor::Refused::AlreadyAnswered => wire(
            409,
            "already-answered",
            "Already answered",
            "this challenge was answered before, and only its first answer counts; get a new one",
        ),
        visitor::Refused::Expired => wire(
            410,
            "expired",
            "Expired",
            "it is too late for this challenge; get a new one",
        ),
        visitor::Refused::SlowDown { .. } => wire(
            429,
            "slow-down",
            "Too many requests",
            "nothing is spent; try again after the seconds in Retry-After",
        ),
        visitor::Refused::KeyTooShort => wire(
            403,
            "short-private-id",
            "The site's private id is too short",
            format!(
                "ALTCHA's challenges are signed with the site's private id, which has to have {SIGNING_KEY_LENGTH_MIN} \
                 bytes; give the site a longer one"
            ),
        ),
        visitor::Refused::VoucherUsed => wire(
            401,
            "refused-token",
            "The token is refused",
            "its jti was used before; make a new token for each check",
        ),
        visitor::Refused::Unavailable(_) => wire(
            503,
            "unavailable",
            "Unavailable",
            "no answer can be given now, and the challenge may have been spent all the same; try again",
        ),
    }
}

fn wire(status: u16, name: &'static str, title: &'static str, detail: impl Into<String>) -> Wire {
    Wire {
        status,
        name,
        title,
        detail: detail.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// One of each refusal, with the words that vary in angle brackets.
    fn one_of_each() -> Vec<Refused> {
        let domain = [
            visitor::Refused::NotFound,
            visitor::Refused::NothingToShow,
            visitor::Refused::AlreadyAnswered,
            visitor::Refused::Expired,
            visitor::Refused::SlowDown { retry_s: 7 },
            visitor::Refused::KeyTooShort,
            visitor::Refused::VoucherUsed,
            visitor::Refused::Unavailable("for the log".to_owned()),
        ];
        let own = [
            Refused::Malformed("<what is expected>".to_owned()),
            Refused::NoSuchKind("<of which kinds there are challenges>".to_owned()),
            Refused::NoSuchSite,
            Refused::NotHere,
            Refused::WrongMethod { allow: "GET" },
            Refused::TooLarge,
            Refused::ForeignOrigin,
            Refused::NoToken,
            Refused::WrongToken,
            Refused::WrongSecret,
            Refused::BadClaim("<what is wrong with it>"),
        ];
        domain.into_iter().map(Refused::Domain).chain(own).collect()
    }

    fn table() -> String {
        let mut table = "# Every refusal of the Ocapi protocol\n\n\
            Printed from `crates/protocols/src/ocapi/refusal.rs` by its tests; do not edit.\n\
            Each is a problem document (RFC 9457): `type` is `urn:problem-type:ocapi:` and the name below, \
            `title` and `detail` are for people and may change.\n\n\
            | refusal | status | name | title | detail |\n|---|---|---|---|---|\n"
            .to_owned();
        for refused in one_of_each() {
            let debug = format!("{refused:?}").replace("Domain(", "");
            let name: String = debug
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            let wire = refused.to_wire();
            let (status, title) = (wire.status, wire.title);
            writeln!(
                table,
                "| {name} | {status} | `{}` | {title} | {} |",
                wire.name, wire.detail
            )
            .unwrap();
        }
        table
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "UPDATE=1 is a wish of the developer, not a setting"
    )]
    fn the_document_shows_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ocapi-errors.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, table()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == table(),
            "docs/ocapi-errors.md is stale; run UPDATE=1 cargo test -p protocols the_document_shows_the_table"
        );
    }

    #[test]
    fn only_the_store_gives_a_server_error_and_its_reason_stays_here() {
        for refused in one_of_each() {
            let expected = matches!(refused, Refused::Domain(visitor::Refused::Unavailable(_)));
            let wire = refused.to_wire();
            assert_eq!(wire.status >= 500, expected, "{refused:?}");
            assert!(!wire.detail.contains("for the log"));
        }
    }

    #[test]
    fn waiting_is_told_where_it_helps_and_never_for_nothing() {
        let told: Vec<_> = one_of_each().iter().filter_map(Refused::retry_s).collect();
        assert_eq!(told, [7, 1]);
        let at_once = Refused::Domain(visitor::Refused::SlowDown { retry_s: 0 });
        assert_eq!(at_once.retry_s(), Some(1));
    }
}

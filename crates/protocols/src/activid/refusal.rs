//! Every refusal of this protocol, and the one table that turns it into words on the wire.
//!
//! The table is printed into `docs/activid-errors.md` by a test below. A refusal has one text at
//! both doors; the token endpoint adds an OAuth error, SCIM a `scimType`.

use challenge::refusal::Refusal;

use crate::form::FormError;

/// A request that is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The domain said no.
    Domain(Refusal),
    /// The request cannot be read; the text says what is expected.
    Malformed(String),
    /// A parameter or attribute is missing.
    Missing(&'static str),
    /// A parameter or attribute stands twice.
    Repeated(String),
    /// A value is not one of those known; the text says which are.
    Unsupported(String),
    /// A value is longer than it may be.
    TooLong(&'static str),
    /// The body is longer than it may be.
    TooLarge,
    /// There is no such tenant, or no such place.
    NotHere,
    /// The place is there, but does not take this method.
    WrongMethod,
    /// The caller did not say who it is.
    NoCaller,
    /// The caller's secret is wrong, or there is no such client.
    WrongSecret,
    /// The caller's bearer token is unknown, expired, revoked, or a user's.
    WrongToken,
    /// The caller proved to be another client than `client_id` says.
    OtherClient {
        /// Whether it was by a token.
        by_token: bool,
    },
    /// There is no such grant here.
    UnsupportedGrant,
    /// The client may not do this; the text says what it lacks.
    NotAllowed(&'static str),
    /// A filter does not parse; the text says where.
    BadFilter(String),
    /// A search would look at more users than one request may.
    TooMany,
}

/// How a caller may authenticate after it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// That is not the question.
    Nothing,
    /// As the door prefers: by Basic at the token endpoint, by Bearer at SCIM.
    Any,
    /// By a secret.
    Basic,
    /// By a better token.
    Bearer,
}

/// A refusal as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wire {
    /// At the token endpoint: HTTP status and `error` (RFC 6749, section 5.2).
    pub(super) oauth: (u16, &'static str),
    /// At SCIM: HTTP status and `scimType` (RFC 7644, section 3.12), empty where none fits.
    pub(super) scim: (u16, &'static str),
    /// The vendor's reason: `hid_error` at the token endpoint, `errorCode` at SCIM.
    pub(super) reason: u16,
    /// `error_description` and `detail`.
    pub(super) text: String,
    /// What `WWW-Authenticate` asks for.
    pub(super) ask: Ask,
}

/// The vendor's reasons, as far as they are published.
mod reason {
    pub(super) const TECHNICAL: u16 = 0;
    pub(super) const CALLER: u16 = 100;
    pub(super) const NULL: u16 = 1000;
    pub(super) const BAD_STATUS: u16 = 1001;
    pub(super) const FORMAT: u16 = 1006;
    pub(super) const TOO_LONG: u16 = 1008;
    pub(super) const UNSUPPORTED: u16 = 1009;
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Domain(refusal)
    }
}

impl From<FormError> for Refused {
    fn from(error: FormError) -> Self {
        match error {
            FormError::Malformed(text) => Self::Malformed(text.to_owned()),
            FormError::Repeated(name) => Self::Repeated(name),
            FormError::Missing(name) => Self::Missing(name),
        }
    }
}

impl From<challenge::ports::StoreError> for Refused {
    fn from(error: challenge::ports::StoreError) -> Self {
        Self::Domain(error.into())
    }
}

impl Refused {
    /// What goes over the wire.
    pub(super) fn to_wire(&self) -> Wire {
        let invalid =
            |scim, reason, text: String| row((400, "invalid_request"), (400, scim), reason, text);
        let caller = |ask, text: &str| Wire {
            ask,
            ..row((401, "invalid_client"), (401, ""), reason::CALLER, text)
        };
        match self {
            Self::Domain(refusal) => domain_to_wire(refusal),
            Self::Malformed(text) => invalid("invalidSyntax", reason::FORMAT, text.clone()),
            Self::Missing(name) => {
                invalid("invalidValue", reason::NULL, format!("{name} is missing"))
            }
            Self::Repeated(name) => {
                let name: String = name.chars().take(64).collect();
                invalid("invalidSyntax", reason::FORMAT, format!("{name} stands twice"))
            }
            Self::Unsupported(text) => invalid("invalidValue", reason::UNSUPPORTED, text.clone()),
            Self::TooLong(name) => {
                invalid("invalidValue", reason::TOO_LONG, format!("{name} is too long"))
            }
            Self::TooLarge => row(
                (413, "invalid_request"),
                (413, ""),
                reason::TOO_LONG,
                "the body is longer than 65536 bytes",
            ),
            Self::NotHere => row(
                (404, "invalid_request"),
                (404, ""),
                reason::UNSUPPORTED,
                "there is nothing here",
            ),
            Self::WrongMethod => row(
                (405, "invalid_request"),
                (405, ""),
                reason::UNSUPPORTED,
                "this place does not take this method; Allow names those it takes",
            ),
            Self::NoCaller => caller(Ask::Any, "the client did not authenticate"),
            Self::WrongSecret => caller(Ask::Basic, "the client is unknown or its secret wrong"),
            Self::WrongToken => caller(
                Ask::Bearer,
                "the bearer is not a good token of a client; get a new one by client_credentials",
            ),
            Self::OtherClient { by_token } => {
                let ask = if *by_token { Ask::Bearer } else { Ask::Basic };
                caller(ask, "client_id names another client")
            }
            Self::UnsupportedGrant => row(
                (400, "unsupported_grant_type"),
                (400, "invalidValue"),
                reason::UNSUPPORTED,
                "grant_type is one of client_credentials and password",
            ),
            Self::NotAllowed(what) => not_allowed(what),
            Self::BadFilter(text) => invalid("invalidFilter", reason::FORMAT, text.clone()),
            Self::TooMany => invalid(
                "tooMany",
                reason::UNSUPPORTED,
                "too many users to look at; narrow the filter by id, userName, externalId or owner.value"
                    .to_owned(),
            ),
        }
    }

    /// The outcome's name in metrics: one of few words.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Domain(refusal) => match refusal {
                Refusal::NotVerified(_) => "not_verified",
                Refusal::AlreadySigned => "already_signed",
                Refusal::DoesNotFit(_) => "does_not_fit",
                Refusal::Unavailable(_) => "unavailable",
                Refusal::UnknownPolicy(_)
                | Refusal::ChannelNotAllowed { .. }
                | Refusal::Transaction(_)
                | Refusal::TooManyChallenges
                | Refusal::TooManySent
                | Refusal::Ambiguous(_)
                | Refusal::NoDestination(_)
                | Refusal::OutOfTurn(_)
                | Refusal::NotFound(_)
                | Refusal::UnknownCaller
                | Refusal::NotAllowed(_) => "refused",
            },
            Self::NoCaller | Self::WrongSecret | Self::WrongToken | Self::OtherClient { .. } => {
                "caller"
            }
            Self::NotAllowed(_) => "not_allowed",
            Self::Malformed(_)
            | Self::Missing(_)
            | Self::Repeated(_)
            | Self::Unsupported(_)
            | Self::TooLong(_)
            | Self::TooLarge
            | Self::NotHere
            | Self::WrongMethod
            | Self::UnsupportedGrant
            | Self::BadFilter(_)
            | Self::TooMany => "malformed",
        }
    }
}

/// The domain's refusals. All the ways in which a proof can fail look the same.
fn domain_to_wire(refusal: &Refusal) -> Wire {
    const GRANT: (u16, &str) = (400, "invalid_grant");
    const REQUEST: (u16, &str) = (400, "invalid_request");
    const VALUE: (u16, &str) = (400, "invalidValue");
    match refusal {
        Refusal::NotVerified(_) => row(
            GRANT,
            VALUE,
            reason::BAD_STATUS,
            "the user was not verified",
        ),
        Refusal::AlreadySigned => row(
            GRANT,
            VALUE,
            reason::BAD_STATUS,
            "this signature was accepted before; a signature suite with a counter or time makes each one new",
        ),
        Refusal::DoesNotFit(text) => row(GRANT, VALUE, reason::UNSUPPORTED, text.as_str()),
        Refusal::UnknownPolicy(code) => {
            let code: String = code.chars().take(64).collect();
            let text = format!("the tenant has no policy {code}");
            row(REQUEST, (404, ""), reason::UNSUPPORTED, text)
        }
        Refusal::ChannelNotAllowed { .. } => {
            row(GRANT, (403, ""), reason::UNSUPPORTED, refusal.to_string())
        }
        Refusal::Transaction(error) => row(REQUEST, VALUE, reason::FORMAT, error.to_string()),
        Refusal::Ambiguous(text) | Refusal::NoDestination(text) => {
            row(GRANT, VALUE, reason::UNSUPPORTED, *text)
        }
        Refusal::TooManyChallenges | Refusal::TooManySent => row(
            GRANT,
            (403, ""),
            reason::BAD_STATUS,
            "too many challenges were issued without a right answer; wait, or send RESET",
        ),
        Refusal::OutOfTurn(_) => row(
            GRANT,
            (409, ""),
            reason::BAD_STATUS,
            "the challenge does not take this now",
        ),
        Refusal::NotFound(_) => row(GRANT, (404, ""), reason::UNSUPPORTED, refusal.to_string()),
        Refusal::UnknownCaller => Wire {
            ask: Ask::Any,
            ..row(
                (401, "invalid_client"),
                (401, ""),
                reason::CALLER,
                refusal.to_string(),
            )
        },
        Refusal::NotAllowed(what) => not_allowed(what),
        Refusal::Unavailable(_) => row(
            (503, "temporarily_unavailable"),
            (503, ""),
            reason::TECHNICAL,
            "no answer can be given now; what was sent may have been counted, so try again with a new code",
        ),
    }
}

fn not_allowed(what: &str) -> Wire {
    let text = format!("the client may not do this: {what}");
    row(
        (400, "unauthorized_client"),
        (403, ""),
        reason::CALLER,
        text,
    )
}

fn row(
    oauth: (u16, &'static str),
    scim: (u16, &'static str),
    reason: u16,
    text: impl Into<String>,
) -> Wire {
    let text = text.into();
    Wire {
        oauth,
        scim,
        reason,
        text,
        ask: Ask::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use challenge::lifecycle::{OutOfTurn, Phase};
    use challenge::refusal::{Gone, Why};
    use challenge::transaction::TransactionError;

    use super::*;

    /// One of each refusal, with the words that vary in angle brackets.
    fn one_of_each() -> Vec<Refused> {
        let domain = [
            Refusal::NotVerified(Why::UnknownUser),
            Refusal::AlreadySigned,
            Refusal::DoesNotFit("<what the mode needs, and what the user has>".to_owned()),
            Refusal::UnknownPolicy("<authType>".to_owned()),
            Refusal::ChannelNotAllowed {
                policy: "<authType>".to_owned(),
                channel: "<channel>".to_owned(),
            },
            Refusal::Transaction(TransactionError::Duplicate(2)),
            Refusal::TooManyChallenges,
            Refusal::OutOfTurn(OutOfTurn(Phase::Expired)),
            Refusal::NotFound("<thing>"),
            Refusal::UnknownCaller,
            Refusal::NotAllowed("<what it lacks>"),
            Refusal::Unavailable("for the log".to_owned()),
        ];
        let own = [
            Refused::Malformed("<what is expected>".to_owned()),
            Refused::Missing("<parameter>"),
            Refused::Repeated("<parameter>".to_owned()),
            Refused::Unsupported("<what is known>".to_owned()),
            Refused::TooLong("<parameter>"),
            Refused::TooLarge,
            Refused::NotHere,
            Refused::WrongMethod,
            Refused::NoCaller,
            Refused::WrongSecret,
            Refused::WrongToken,
            Refused::OtherClient { by_token: true },
            Refused::UnsupportedGrant,
            Refused::NotAllowed("<what it lacks>"),
            Refused::BadFilter("<where the filter cannot be read>".to_owned()),
            Refused::TooMany,
        ];
        domain.into_iter().map(Refused::Domain).chain(own).collect()
    }

    fn table() -> String {
        let mut table = "# Every refusal of the ActivID protocol\n\n\
            Printed from `crates/protocols/src/activid/refusal.rs` by its tests; do not edit.\n\
            The two doors share the text (`error_description`, `detail`) and the reason \
            (`hid_error`, `errorCode`).\n\n\
            | refusal | token endpoint | SCIM | reason | text |\n|---|---|---|---|---|\n"
            .to_owned();
        for refused in one_of_each() {
            let debug = format!("{refused:?}").replace("Domain(", "");
            let name: String = debug
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            let wire = refused.to_wire();
            writeln!(
                table,
                "| {name} | {} `{}` | {} {} | {} | {} |",
                wire.oauth.0,
                wire.oauth.1,
                wire.scim.0,
                if wire.scim.1.is_empty() {
                    String::new()
                } else {
                    format!("`{}`", wire.scim.1)
                },
                wire.reason,
                wire.text
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
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/activid-errors.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, table()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == table(),
            "docs/activid-errors.md is stale; run UPDATE=1 cargo test -p protocols the_document_shows_the_table"
        );
    }

    #[test]
    fn all_ways_to_fail_a_proof_look_the_same() {
        let ways = [
            Why::UnknownUser,
            Why::NoAuthenticator,
            Why::Wrong { attempts_left: 3 },
            Why::Wrong { attempts_left: 0 },
            Why::Locked,
            Why::NoChallenge {
                attempts_left: 1,
                because: Gone::Unknown,
            },
        ];
        let first = Refused::Domain(Refusal::NotVerified(Why::UnknownUser)).to_wire();
        for why in ways {
            assert_eq!(Refused::Domain(Refusal::NotVerified(why)).to_wire(), first);
        }
    }

    #[test]
    fn only_the_store_gives_a_server_error() {
        for refused in one_of_each() {
            let wire = refused.to_wire();
            let expected = matches!(refused, Refused::Domain(Refusal::Unavailable(_)));
            assert_eq!(wire.oauth.0 >= 500, expected, "{refused:?}");
            assert_eq!(wire.scim.0 >= 500, expected, "{refused:?}");
        }
    }
}

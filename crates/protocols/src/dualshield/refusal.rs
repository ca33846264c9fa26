//! Every refusal of this protocol, and the one table that turns it into numbers and words on the wire.
//!
//! Of the vendor's numbers 101 and 242 are published; ours begin at 1000. Business is 10xx and told with
//! HTTP 200, what is wrong with a request 11xx, approvals on a phone 12xx. The tables are printed into
//! `docs/dualshield-errors.md` by a test below.

use challenge::approval;
use challenge::ports::StoreError;
use challenge::refusal::{Gone, Refusal, Why};
use serde_json::{Value, json};

/// A request that is not granted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Refused {
    /// The domain said no.
    Domain(Refusal),
    /// The domain said no to an approval on a phone.
    Approval(approval::Refused),
    /// The request names a domain that is not the caller's.
    OtherDomain,
    /// The request names an application that is not the caller's.
    OtherApplication,
    /// The request's id is one user's id and another's external id.
    TwoUsers,
    /// The phone that the request names is not the user's linked one.
    OtherPhone,
    /// The user has not decided yet; what the caller needs to ask again.
    Pending(Value),
    /// The user said no on the phone.
    Declined,
    /// The approval was used before.
    ApprovalUsed,
    /// The request cannot be read; the text says what is expected.
    Malformed(String),
    /// The body is longer than it may be.
    TooLarge,
    /// The body is said to be something else than JSON.
    NotJson,
    /// The caller did not say who it is.
    NoCaller,
    /// The certificate is pinned to several clients.
    SharedCertificate,
    /// The caller's token is none of a client, or not from where it comes from.
    WrongToken,
    /// The client may not do this; the text says what it lacks.
    NotAllowed(&'static str),
    /// There is no such method, or no such place.
    NotHere,
    /// The place is there, but takes POST alone.
    WrongMethod,
}

/// A refusal as it goes over the wire.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wire {
    /// The status of HTTP.
    pub(super) http: u16,
    /// `error`.
    pub(super) error: u32,
    /// `message`.
    pub(super) message: String,
    /// `result`, where there is more to tell.
    pub(super) result: Option<Value>,
}

/// The vendor's numbers, as far as they are published, and ours.
mod number {
    pub(super) const NO_USER: u32 = 101;
    pub(super) const OTHER_DOMAIN: u32 = 242;
    pub(super) const WRONG: u32 = 1000;
    pub(super) const LOCKED: u32 = 1001;
    pub(super) const NO_CHALLENGE: u32 = 1002;
    pub(super) const EXPIRED: u32 = 1003;
    pub(super) const USED: u32 = 1004;
    pub(super) const NO_TOKEN: u32 = 1005;
    pub(super) const AMBIGUOUS: u32 = 1006;
    pub(super) const DOES_NOT_FIT: u32 = 1007;
    pub(super) const TOO_MANY: u32 = 1008;
    pub(super) const NO_DESTINATION: u32 = 1009;
    pub(super) const OTHER_APPLICATION: u32 = 1010;
    pub(super) const POLICY: u32 = 1011;
    pub(super) const OUT_OF_TURN: u32 = 1012;
    pub(super) const MALFORMED: u32 = 1100;
    pub(super) const NO_CALLER: u32 = 1101;
    pub(super) const WRONG_CALLER: u32 = 1102;
    pub(super) const NOT_ALLOWED: u32 = 1103;
    pub(super) const NOT_HERE: u32 = 1104;
    pub(super) const WRONG_METHOD: u32 = 1105;
    pub(super) const TOO_LARGE: u32 = 1106;
    pub(super) const NOT_JSON: u32 = 1107;
    pub(super) const UNAVAILABLE: u32 = 1108;
    pub(super) const PENDING: u32 = 1200;
    pub(super) const DECLINED: u32 = 1201;
    pub(super) const NO_PHONE: u32 = 1202;
    pub(super) const NO_SESSION: u32 = 1203;
    pub(super) const SESSION_USED: u32 = 1204;
    pub(super) const PHONE_LIMIT: u32 = 1205;
    pub(super) const NO_PHONES_HERE: u32 = 1206;
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Domain(refusal)
    }
}

impl From<approval::Refused> for Refused {
    fn from(refused: approval::Refused) -> Self {
        Self::Approval(refused)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Domain(error.into())
    }
}

impl Refused {
    /// What goes over the wire.
    pub(super) fn to_wire(&self) -> Wire {
        match self {
            Self::Domain(refusal) => domain_to_wire(refusal),
            Self::Approval(refused) => approval_to_wire(refused),
            Self::OtherDomain => row(
                200,
                number::OTHER_DOMAIN,
                "The requested domain is not defined in the realm",
            ),
            Self::OtherApplication => row(
                200,
                number::OTHER_APPLICATION,
                "the application is not the caller's; listApplications names it",
            ),
            Self::TwoUsers => row(
                200,
                number::AMBIGUOUS,
                "user.id is one user's id and another's external id; send the loginName",
            ),
            Self::OtherPhone => row(200, number::NO_TOKEN, NO_TOKEN),
            Self::Pending(known) => Wire {
                result: Some(known.clone()),
                ..row(
                    200,
                    number::PENDING,
                    "the user has not decided yet; send the same again with this id as credential.id",
                )
            },
            Self::Declined => row(200, number::DECLINED, "the user declined on the phone"),
            Self::ApprovalUsed => row(200, number::SESSION_USED, "the approval was used before"),
            Self::Malformed(text) => row(400, number::MALFORMED, text.as_str()),
            Self::TooLarge => row(
                413,
                number::TOO_LARGE,
                "the body is longer than 65536 bytes",
            ),
            Self::NotJson => row(
                415,
                number::NOT_JSON,
                "send the body as Content-Type: application/json",
            ),
            Self::NoCaller => row(
                401,
                number::NO_CALLER,
                "the application did not authenticate; send a bearer token from \
                 /das5/rest/oauth/token, or present the certificate that is pinned to a client",
            ),
            Self::SharedCertificate => row(
                401,
                number::WRONG_CALLER,
                "the certificate is pinned to several clients; say which by application.id, or send a bearer token",
            ),
            Self::WrongToken => row(
                401,
                number::WRONG_CALLER,
                "the bearer is not a good token of a client, or comes without the client's \
                 certificate or from another address; get a new one",
            ),
            Self::NotAllowed(what) => not_allowed(what),
            Self::NotHere => row(
                404,
                number::NOT_HERE,
                "there is no such method; /docs and docs/dualshield.md list them",
            ),
            Self::WrongMethod => row(405, number::WRONG_METHOD, "this place takes POST alone"),
        }
    }

    /// The outcome's name in metrics: one of few words.
    pub(super) fn outcome(&self) -> &'static str {
        match self.to_wire().error {
            number::NO_USER
            | number::WRONG
            | number::LOCKED
            | number::NO_CHALLENGE
            | number::EXPIRED
            | number::USED
            | number::NO_TOKEN => "not_verified",
            number::PENDING => "pending",
            number::DECLINED => "declined",
            number::DOES_NOT_FIT => "does_not_fit",
            number::UNAVAILABLE => "unavailable",
            number::MALFORMED => "malformed",
            _ => "refused",
        }
    }

    /// What is for the log alone, where something is.
    pub(super) fn for_the_log(&self) -> Option<&str> {
        match self {
            Self::Domain(Refusal::Unavailable(text))
            | Self::Approval(approval::Refused::Unavailable(text)) => Some(text),
            _ => None,
        }
    }
}

const NO_TOKEN: &str = "the user has no such token";

/// The domain's refusals. The caller is trusted with the differences; while a user is locked there are none.
fn domain_to_wire(refusal: &Refusal) -> Wire {
    match refusal {
        Refusal::NotVerified(why) => why_to_wire(*why),
        Refusal::NotFound("user") => row(200, number::NO_USER, "user not found."),
        Refusal::NotFound(_) => row(200, number::NO_TOKEN, NO_TOKEN),
        Refusal::Ambiguous(text) => row(200, number::AMBIGUOUS, *text),
        Refusal::DoesNotFit(text) => row(200, number::DOES_NOT_FIT, text.as_str()),
        Refusal::AlreadySigned | Refusal::Transaction(_) => {
            row(200, number::DOES_NOT_FIT, refusal.to_string())
        }
        Refusal::TooManyChallenges => row(
            200,
            number::TOO_MANY,
            "too many challenges were asked for without a right answer; wait",
        ),
        Refusal::TooManySent => row(
            200,
            number::TOO_MANY,
            "too many codes were sent to this user; wait",
        ),
        Refusal::NoDestination(text) => row(200, number::NO_DESTINATION, *text),
        Refusal::UnknownPolicy(_) | Refusal::ChannelNotAllowed { .. } => {
            row(200, number::POLICY, refusal.to_string())
        }
        Refusal::OutOfTurn(_) => row(
            200,
            number::OUT_OF_TURN,
            "the challenge does not take this now",
        ),
        Refusal::UnknownCaller => Refused::WrongToken.to_wire(),
        Refusal::NotAllowed(what) => not_allowed(what),
        Refusal::Unavailable(_) => unavailable(),
    }
}

fn why_to_wire(why: Why) -> Wire {
    let with_left = |error, message, attempts_left: u32| Wire {
        result: Some(json!({"attemptsLeft": attempts_left})),
        ..row(200, error, message)
    };
    match why {
        Why::UnknownUser => row(200, number::NO_USER, "user not found."),
        Why::NoAuthenticator => row(200, number::NO_TOKEN, NO_TOKEN),
        Why::Wrong { attempts_left } => with_left(
            number::WRONG,
            "the answer is wrong, or was used before",
            attempts_left,
        ),
        Why::Locked => row(200, number::LOCKED, "the user is locked"),
        Why::NoChallenge {
            attempts_left,
            because,
        } => match because {
            Gone::Unknown => with_left(
                number::NO_CHALLENGE,
                "no challenge waits for this answer; ask for one",
                attempts_left,
            ),
            Gone::Expired => with_left(
                number::EXPIRED,
                "the challenge expired; ask for a new one",
                attempts_left,
            ),
            Gone::Used => with_left(
                number::USED,
                "the challenge was answered before; ask for a new one",
                attempts_left,
            ),
        },
    }
}

/// The domain's refusals about approvals on a phone.
fn approval_to_wire(refused: &approval::Refused) -> Wire {
    use approval::Refused as Domain;
    let error = match refused {
        Domain::NotSetUp | Domain::TenantInactive | Domain::TenantExpired => number::NO_PHONES_HERE,
        Domain::NotLinked | Domain::NoPin => number::NO_PHONE,
        Domain::Locked => return row(200, number::LOCKED, "the user is locked"),
        Domain::LimitReached(_) | Domain::AlreadyPending => number::PHONE_LIMIT,
        Domain::SessionNotFound | Domain::OutOfTurn(_) => number::NO_SESSION,
        Domain::DoesNotFit(_) => number::DOES_NOT_FIT,
        // What only a device or the gateway can be told comes up nowhere here.
        Domain::Unavailable(_)
        | Domain::SplitOtherwise
        | Domain::NoUniqueLinkingCode
        | Domain::BadLinkingCode
        | Domain::WorkNeeded(_)
        | Domain::UnknownDevice
        | Domain::WrongTime { .. }
        | Domain::Replayed
        | Domain::NotWhatWasDisplayed
        | Domain::Wrong { .. } => return unavailable(),
    };
    row(200, error, refused.to_string())
}

fn not_allowed(what: &str) -> Wire {
    let text = format!("the client may not do this: {what}");
    row(403, number::NOT_ALLOWED, text)
}

fn unavailable() -> Wire {
    row(
        503,
        number::UNAVAILABLE,
        "no answer can be given now; what was sent may have been counted, so try again with a new code",
    )
}

fn row(http: u16, error: u32, message: impl Into<String>) -> Wire {
    Wire {
        http,
        error,
        message: message.into(),
        result: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Write as _;

    use challenge::approval::{Limit, Refused as Approval};
    use challenge::lifecycle::{OutOfTurn, Phase};
    use challenge::transaction::TransactionError;

    use super::*;
    use crate::dualshield::no_token::TokenRefused;

    /// One of each refusal of the domain, with the words that vary in angle brackets.
    fn domain() -> Vec<Refusal> {
        let because = |because| {
            Refusal::NotVerified(Why::NoChallenge {
                attempts_left: 4,
                because,
            })
        };
        vec![
            Refusal::NotFound("user"),
            Refusal::NotVerified(Why::UnknownUser),
            Refusal::NotVerified(Why::Wrong { attempts_left: 4 }),
            Refusal::NotVerified(Why::Locked),
            because(Gone::Unknown),
            because(Gone::Expired),
            because(Gone::Used),
            Refusal::NotVerified(Why::NoAuthenticator),
            Refusal::NotFound("authenticator"),
            Refusal::Ambiguous("<how to name one>"),
            Refusal::DoesNotFit("<what is needed, and what the user has>".to_owned()),
            Refusal::AlreadySigned,
            Refusal::Transaction(TransactionError::Duplicate(2)),
            Refusal::TooManyChallenges,
            Refusal::TooManySent,
            Refusal::NoDestination("<what is missing>"),
            Refusal::UnknownPolicy("<policy>".to_owned()),
            Refusal::ChannelNotAllowed {
                policy: "<policy>".to_owned(),
                channel: "<channel>".to_owned(),
            },
            Refusal::OutOfTurn(OutOfTurn(Phase::Expired)),
            Refusal::UnknownCaller,
            Refusal::NotAllowed("<what it lacks>"),
            Refusal::Unavailable("for the log".to_owned()),
        ]
    }

    fn approvals() -> Vec<Approval> {
        vec![
            Approval::NotSetUp,
            Approval::TenantInactive,
            Approval::TenantExpired,
            Approval::NotLinked,
            Approval::NoPin,
            Approval::Locked,
            Approval::LimitReached(Limit::Starts),
            Approval::LimitReached(Limit::Paused),
            Approval::LimitReached(Limit::Tenant),
            Approval::AlreadyPending,
            Approval::SessionNotFound,
            Approval::OutOfTurn(OutOfTurn(Phase::Expired)),
            Approval::DoesNotFit("<what is allowed>".to_owned()),
            Approval::Unavailable("for the log".to_owned()),
        ]
    }

    fn one_of_each() -> Vec<Refused> {
        let own = [
            Refused::OtherDomain,
            Refused::OtherApplication,
            Refused::TwoUsers,
            Refused::OtherPhone,
            Refused::Pending(json!({"id": "<id>", "expires": "<when>"})),
            Refused::Declined,
            Refused::ApprovalUsed,
            Refused::Malformed("<what is expected>".to_owned()),
            Refused::TooLarge,
            Refused::NotJson,
            Refused::NoCaller,
            Refused::SharedCertificate,
            Refused::WrongToken,
            Refused::NotAllowed("<what it lacks>"),
            Refused::NotHere,
            Refused::WrongMethod,
        ];
        let domain = domain().into_iter().map(Refused::Domain);
        let approvals = approvals().into_iter().map(Refused::Approval);
        domain.chain(approvals).chain(own).collect()
    }

    fn tokens() -> [TokenRefused; 8] {
        [
            TokenRefused::Malformed("<what is expected>".to_owned()),
            TokenRefused::TooLarge,
            TokenRefused::NoCaller,
            TokenRefused::WrongSecret,
            TokenRefused::UnsupportedGrant,
            TokenRefused::NotAllowed("<what it lacks>"),
            TokenRefused::WrongMethod,
            TokenRefused::Unavailable("for the log".to_owned()),
        ]
    }

    fn table() -> String {
        let mut table = "# Every refusal of the DualShield protocol\n\n\
            Printed from `crates/protocols/src/dualshield/refusal.rs` by its tests; do not edit.\n\
            101 and 242 are the vendor's published numbers, all others are ours. Whatever the HTTP \
            status, the body is the envelope, and `error` is a number.\n\n\
            | `error` | HTTP | `message` | `result` |\n|---|---|---|---|\n"
            .to_owned();
        let mut rows: Vec<_> = one_of_each().iter().map(Refused::to_wire).collect();
        rows.sort_by_key(|wire| wire.error);
        let all = std::mem::take(&mut rows);
        for row in all {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        for wire in rows {
            let result = wire
                .result
                .map_or(String::new(), |result| format!("`{result}`"));
            let (error, http, message) = (wire.error, wire.http, wire.message);
            writeln!(table, "| {error} | {http} | {message} | {result} |").unwrap();
        }
        table += "\n## At the token endpoint\n\n\
            As RFC 6749, section 5.2, has it: `error` is a word here.\n\n\
            | `error` | HTTP | `error_description` |\n|---|---|---|\n";
        for refused in tokens() {
            let (http, error, text) = refused.to_wire();
            writeln!(table, "| `{error}` | {http} | {text} |").unwrap();
        }
        table
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "UPDATE=1 is a wish of the developer, not a setting"
    )]
    fn the_table_in_docs_is_this_one() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/dualshield-errors.md"
        );
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, table()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == table(),
            "docs/dualshield-errors.md is stale; run UPDATE=1 cargo test -p protocols the_table_in_docs"
        );
    }

    #[test]
    fn business_is_told_with_200_and_its_own_numbers() {
        for refused in one_of_each() {
            let wire = refused.to_wire();
            let is_business = !(1100..1200).contains(&wire.error);
            assert_eq!(wire.http == 200, is_business, "{refused:?}");
            let is_known = [101, 242].contains(&wire.error) || (1000..1300).contains(&wire.error);
            assert!(is_known, "{refused:?}");
        }
    }

    #[test]
    fn one_number_is_never_told_with_two_statuses() {
        let mut statuses = BTreeMap::new();
        for wire in one_of_each().iter().map(Refused::to_wire) {
            let first = *statuses.entry(wire.error).or_insert(wire.http);
            assert_eq!(first, wire.http, "{}", wire.error);
        }
    }

    #[test]
    fn what_is_for_the_log_stays_there() {
        for refused in one_of_each() {
            assert!(
                !refused.to_wire().message.contains("for the log"),
                "{refused:?}"
            );
        }
        for refused in tokens() {
            assert!(!refused.to_wire().2.contains("for the log"), "{refused:?}");
        }
    }

    #[test]
    fn a_lock_by_whatever_way_looks_the_same() {
        let by_code = Refused::Domain(Refusal::NotVerified(Why::Locked)).to_wire();
        assert_eq!(by_code, Refused::Approval(Approval::Locked).to_wire());
        assert_eq!(by_code.result, None);
    }
}

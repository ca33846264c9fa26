//! Every refusal of the management API, and the one table that turns it into a problem (RFC 9457).
//! The table is printed into `docs/management-api.md` by a test below.

use challenge::approval;
use challenge::directory::provision::{Finding, ProvisionError};
use challenge::officers::Denied;
use challenge::ports::StoreError;
use challenge::refusal::{Refusal as Domain, Why};

/// A request that is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The officer may not, or what is asked for is not there.
    Denied(Denied),
    /// The domain said no.
    Domain(Domain),
    /// Approvals said no.
    Approval(approval::Refused),
    /// The request cannot be read; the text says what is expected.
    Malformed(String),
    /// Members of the body are wrong: which, and how. At least one.
    Invalid(Vec<FieldError>),
    /// Names in the body are taken: which, and how. At least one.
    Taken(Vec<FieldError>),
    /// What is asked for cannot be done with what there is; the text says what to do first.
    NotPossible(String),
    /// There is no such place.
    NotHere,
    /// The place is there, but does not take this method.
    WrongMethod,
    /// The thing is not what `If-Match` says any more.
    Changed,
    /// The body is longer than it may be.
    TooLarge,
    /// The body is in a media type that is not read here; the text names those that are.
    WrongMediaType(&'static str),
    /// Too many requests in this minute; seconds until the next begins.
    TooFast(u32),
    /// Nothing is told. The text is for the log.
    Unavailable(String),
}

/// What is wrong with one member of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Where it is (a JSON pointer, RFC 6901); empty: the body as a whole.
    pub pointer: String,
    /// What is wrong with it. Never a secret.
    pub detail: String,
}

impl FieldError {
    /// What is wrong at this place.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

/// A kind of problem: what `type` ends in, the status of HTTP, `title`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What `type` ends in, after `urn:problem-type:management:`.
    pub name: &'static str,
    /// The status of HTTP.
    pub status: u16,
    /// The kind in words.
    pub title: &'static str,
}

/// The name of the kind by which nothing is told.
const UNAVAILABLE: &str = "unavailable";

/// All kinds, in the order of their status.
pub const KINDS: [Kind; 17] = [
    kind("malformed", 400, "The request cannot be read"),
    kind("invalid", 400, "Members of the body are wrong"),
    kind("not-signed-in", 401, "Send a bearer token that is good"),
    kind("forbidden", 403, "This officer may not do that"),
    kind("not-found", 404, "There is nothing of this name"),
    kind("wrong-method", 405, "This place does not take this method"),
    kind("taken", 409, "The name is taken"),
    kind(
        "not-possible",
        409,
        "This cannot be done with what there is",
    ),
    kind("in-progress", 409, "The same request is being answered"),
    kind("wrong-code", 409, "The codes are wrong"),
    kind("locked", 409, "The user or the authenticator is locked"),
    kind("changed", 412, "It is not what If-Match says any more"),
    kind("too-large", 413, "The body is too long"),
    kind("wrong-media-type", 415, "The body is in another media type"),
    kind(
        "key-reused",
        422,
        "The Idempotency-Key came with another request",
    ),
    kind("too-fast", 429, "Too many requests in this minute"),
    kind(UNAVAILABLE, 503, "No answer can be given now"),
];

const fn kind(name: &'static str, status: u16, title: &'static str) -> Kind {
    Kind {
        name,
        status,
        title,
    }
}

/// A refusal as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The kind.
    pub kind: Kind,
    /// `detail`.
    pub detail: String,
    /// `errors`: the members that are wrong.
    pub errors: Vec<FieldError>,
    /// `attempts_left`: wrong codes that are left before the user is locked.
    pub attempts_left: Option<u32>,
    /// Seconds after which it is worth to try again.
    pub retry_after_s: Option<u32>,
}

impl Wire {
    fn of(name: &str, detail: impl Into<String>) -> Self {
        let known = KINDS.iter().find(|kind| kind.name == name);
        Self {
            // A name that stands in no row is a mistake, and told as one that is not the caller's.
            kind: *known.unwrap_or(&KINDS[KINDS.len() - 1]),
            detail: detail.into(),
            errors: Vec::new(),
            attempts_left: None,
            retry_after_s: None,
        }
    }

    fn with(name: &str, errors: &[FieldError]) -> Self {
        let first = errors.first();
        let detail = first.map_or("", |error| error.detail.as_str());
        Self {
            errors: errors.to_vec(),
            ..Self::of(name, detail)
        }
    }
}

impl Refusal {
    /// One member is wrong.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, detail)])
    }

    /// There is no such thing, or none within reach.
    pub fn unknown(what: &'static str) -> Self {
        Self::Denied(Denied::Unknown(what))
    }

    /// The members that are wrong, for whoever asked by a form.
    pub fn errors(&self) -> &[FieldError] {
        match self {
            Self::Invalid(errors) | Self::Taken(errors) => errors,
            _ => &[],
        }
    }

    /// Whether nothing is told, and what was asked for may have been done all the same.
    pub(super) fn is_unavailable(&self) -> bool {
        self.to_wire().kind.name == UNAVAILABLE
    }

    /// What goes over the wire.
    pub fn to_wire(&self) -> Wire {
        match self {
            Self::Denied(denied) => denied_to_wire(denied),
            Self::Domain(refusal) => domain_to_wire(refusal),
            Self::Approval(refused) => approval_to_wire(refused),
            Self::Malformed(text) => Wire::of("malformed", text),
            Self::Invalid(errors) => Wire::with("invalid", errors),
            Self::Taken(errors) => Wire::with("taken", errors),
            Self::NotPossible(text) => Wire::of("not-possible", text),
            Self::NotHere => Wire::of("not-found", "there is nothing here"),
            Self::WrongMethod => Wire::of("wrong-method", "Allow names the methods it takes"),
            Self::Changed => Wire::of(
                "changed",
                "somebody changed it since; read it again, and decide again",
            ),
            Self::TooLarge => Wire::of(
                "too-large",
                "a body has 262144 bytes at most, one with a file 1048576",
            ),
            Self::WrongMediaType(known) => {
                Wire::of("wrong-media-type", format!("send the body as {known}"))
            }
            Self::TooFast(wait_s) => Wire {
                retry_after_s: Some(*wait_s),
                ..Wire::of(
                    "too-fast",
                    "600 requests a minute are answered for one token",
                )
            },
            Self::Unavailable(_) => unavailable(),
        }
    }
}

fn unavailable() -> Wire {
    let detail = "no answer can be given now; what was asked for may have been done all the same";
    Wire {
        retry_after_s: Some(1),
        ..Wire::of(UNAVAILABLE, detail)
    }
}

fn denied_to_wire(denied: &Denied) -> Wire {
    let name = match denied {
        Denied::NotSignedIn => {
            return Wire::of(
                "not-signed-in",
                "send Authorization: Bearer with a token from `countersign admin token create`",
            );
        }
        Denied::NeedsLink | Denied::Owes(_) | Denied::Forbidden(_) | Denied::OutOfReach => {
            "forbidden"
        }
        Denied::Unknown(_) => "not-found",
        Denied::Taken(_) => "taken",
        Denied::DoesNotFit(text) => {
            return Wire::with("invalid", &[field_error(text)]);
        }
        Denied::TooMany(_)
        | Denied::LastAdministrator
        | Denied::ForOneself
        | Denied::NotVerified => "not-possible",
        Denied::Changed => "changed",
        Denied::InProgress => "in-progress",
        Denied::KeyReused => "key-reused",
        Denied::Unavailable(_) => return unavailable(),
    };
    Wire::of(name, denied.to_string())
}

fn domain_to_wire(refusal: &Domain) -> Wire {
    let name = match refusal {
        Domain::NotVerified(Why::Locked) => {
            let detail = "locked: codes are not looked at before it is unlocked";
            return Wire::of("locked", detail);
        }
        Domain::NotVerified(
            Why::Wrong { attempts_left } | Why::NoChallenge { attempts_left, .. },
        ) => {
            return Wire {
                attempts_left: Some(*attempts_left),
                ..Wire::of("wrong-code", "the codes are not two consecutive ones")
            };
        }
        Domain::NotVerified(Why::UnknownUser | Why::NoAuthenticator)
        | Domain::NotFound(_)
        | Domain::UnknownPolicy(_) => "not-found",
        Domain::UnknownCaller => return denied_to_wire(&Denied::NotSignedIn),
        Domain::NotAllowed(_) => "forbidden",
        Domain::AlreadySigned
        | Domain::DoesNotFit(_)
        | Domain::ChannelNotAllowed { .. }
        | Domain::Transaction(_)
        | Domain::TooManyChallenges
        | Domain::Ambiguous(_)
        | Domain::NoDestination(_)
        | Domain::TooManySent
        | Domain::OutOfTurn(_) => "not-possible",
        Domain::Unavailable(_) => return unavailable(),
    };
    Wire::of(name, refusal.to_string())
}

fn approval_to_wire(refused: &approval::Refused) -> Wire {
    use approval::Refused as Approval;
    let name = match refused {
        Approval::SessionNotFound | Approval::UnknownDevice | Approval::NotLinked => "not-found",
        Approval::Locked => "locked",
        Approval::Unavailable(_) => return unavailable(),
        Approval::NotSetUp
        | Approval::TenantInactive
        | Approval::TenantExpired
        | Approval::LimitReached(_)
        | Approval::AlreadyPending
        | Approval::SplitOtherwise
        | Approval::BadLinkingCode
        | Approval::NoUniqueLinkingCode
        | Approval::WorkNeeded(_)
        | Approval::WrongTime { .. }
        | Approval::Replayed
        | Approval::NotWhatWasDisplayed
        | Approval::Wrong { .. }
        | Approval::OutOfTurn(_)
        | Approval::NoPin
        | Approval::DoesNotFit(_) => "not-possible",
    };
    Wire::of(name, refused.to_string())
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Domain> for Refusal {
    fn from(refusal: Domain) -> Self {
        Self::Domain(refusal)
    }
}

impl From<approval::Refused> for Refusal {
    fn from(refused: approval::Refused) -> Self {
        Self::Approval(refused)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<ProvisionError> for Refusal {
    fn from(error: ProvisionError) -> Self {
        match error {
            ProvisionError::Refused(findings) => of_findings(&findings),
            ProvisionError::Store(error) => error.into(),
        }
    }
}

/// What stands before the name of whoever holds a name: which may be a tenant that the officer must
/// not know of.
const TAKEN: &str = " is taken by ";

fn of_findings(findings: &[Finding]) -> Refusal {
    let taken = findings.iter().filter_map(|found| {
        let (name, _holder) = found.text.split_once(TAKEN)?;
        let error = field_error(name);
        let name = error.detail;
        Some(FieldError::new(error.pointer, format!("{name} is taken")))
    });
    let taken: Vec<_> = taken.collect();
    if !taken.is_empty() {
        return Refusal::Taken(taken);
    }
    Refusal::Invalid(
        findings
            .iter()
            .map(|found| field_error(&found.text))
            .collect(),
    )
}

/// `okay.pending_s: 0 is out of range`, taken apart. What names no member is about the body as a whole.
fn field_error(text: &str) -> FieldError {
    let is_key = |key: &str| {
        let fits =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte);
        !key.is_empty() && key.bytes().all(fits)
    };
    match text.split_once(": ").filter(|(key, _)| is_key(key)) {
        Some((key, detail)) => FieldError::new(format!("/{}", key.replace('.', "/")), detail),
        None => FieldError::new("", text),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use challenge::officers::Power;

    use super::*;

    const BEGIN: &str =
        "<!-- Printed from crates/protocols/src/management/refusal.rs; do not edit. -->\n";
    const END: &str = "<!-- End of what is printed. -->\n";

    /// One of each refusal, with the words that vary in angle brackets.
    fn one_of_each() -> Vec<Refusal> {
        let field = || vec![FieldError::new("/<member>", "<what is wrong with it>")];
        vec![
            Refusal::Malformed("<what is expected>".to_owned()),
            Refusal::Invalid(field()),
            Denied::NotSignedIn.into(),
            Denied::Forbidden(Power::Tend).into(),
            Denied::OutOfReach.into(),
            Denied::Unknown("<thing>").into(),
            Refusal::NotHere,
            Refusal::WrongMethod,
            Refusal::Taken(field()),
            Refusal::NotPossible("<what to do first>".to_owned()),
            Denied::LastAdministrator.into(),
            Denied::InProgress.into(),
            Domain::NotVerified(Why::Wrong { attempts_left: 4 }).into(),
            Domain::NotVerified(Why::Locked).into(),
            Refusal::Changed,
            Refusal::TooLarge,
            Refusal::WrongMediaType("<the one that is>"),
            Denied::KeyReused.into(),
            Refusal::TooFast(60),
            Refusal::Unavailable("for the log".to_owned()),
        ]
    }

    fn table() -> String {
        let mut table = format!(
            "{BEGIN}\n| HTTP | `type`, after `urn:problem-type:management:` | `detail` | further |\n|---|---|---|---|\n"
        );
        for refusal in one_of_each() {
            let wire = refusal.to_wire();
            let (status, name, detail) = (wire.kind.status, wire.kind.name, wire.detail);
            let more = match (
                wire.errors.is_empty(),
                wire.attempts_left,
                wire.retry_after_s,
            ) {
                (false, ..) => "`errors`: each with `pointer` and `detail`",
                (_, Some(_), _) => "`attempts_left`; 0: the user is locked",
                (.., Some(_)) => "`Retry-After`",
                _ => "",
            };
            writeln!(table, "| {status} | `{name}` | {detail} | {more} |").unwrap();
        }
        table + "\n" + END
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "UPDATE=1 is a wish of the developer, not a setting"
    )]
    fn the_management_document_shows_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/management-api.md");
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
            "docs/management-api.md is stale; run UPDATE=1 cargo test -p protocols the_management_document_shows_the_table"
        );
    }

    #[test]
    fn every_kind_has_a_refusal_and_only_the_store_gives_a_server_error() {
        let mut named: Vec<_> = Vec::new();
        for refusal in one_of_each() {
            let wire = refusal.to_wire();
            let is_unavailable = matches!(refusal, Refusal::Unavailable(_));
            assert_eq!(wire.kind.status >= 500, is_unavailable, "{refusal:?}");
            assert!(!wire.detail.contains("for the log"));
            named.push(wire.kind);
        }
        for kind in KINDS {
            assert!(named.contains(&kind), "{}", kind.name);
        }
    }

    #[test]
    fn a_finding_is_told_by_its_member_and_who_holds_a_name_is_not_told() {
        let found = |text: &str| Finding {
            path: "tenant A".to_owned(),
            text: text.to_owned(),
        };
        let one = field_error("okay.pending_s: 0 is out of range");
        assert_eq!(one, FieldError::new("/okay/pending_s", "0 is out of range"));
        let whole = field_error("Everything: is wrong");
        assert_eq!(whole.pointer, "");
        let text = "okay.id: 7 is taken by tenant SECRETBANK; it is unique in the server";
        let taken = of_findings(&[found(text), found("name: it is empty")]);
        assert_eq!(taken.errors(), [FieldError::new("/okay/id", "7 is taken")]);
    }
}

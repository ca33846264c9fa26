//! Every refusal of the gateway, and the one table that turns it into words on the wire.
//!
//! The vendor documents thirteen messages and no room for more, and clients read answers with
//! regular expressions. So what would help to mend a request stands in a header of ours,
//! `countersign-reason`. The table is printed into `docs/okay.md` by a test below.

use challenge::approval;
use challenge::lifecycle::OutOfTurn;

/// A request that is not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The domain said no.
    Domain(approval::Refused),
    /// The body is no JSON object.
    NotAnObject,
    /// The body is longer than it may be.
    TooLarge,
    /// The body lacks what is needed; the text says what.
    Undecodable(String),
    /// The signature is not base64 of 32 bytes.
    MalformedSignature,
    /// The signature does not verify, or there is no such tenant.
    WrongSignature,
    /// `type` is none that is known.
    UnknownType,
    /// `type` asks for a payment card.
    PaymentCard,
    /// The digits that were typed are forgotten.
    DigitsGone,
    /// The picture of the code was not drawn; the text is for the log.
    NotDrawn(String),
    /// There is no such place.
    NotHere,
    /// The place is there, but does not take this method.
    WrongMethod,
}

/// A refusal as it goes over the wire; `status.code` is always 101.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wire {
    /// The status of HTTP.
    pub(super) http: u16,
    /// `status.message`.
    pub(super) message: &'static str,
    /// What the header `countersign-reason` says.
    pub(super) reason: String,
}

impl From<approval::Refused> for Refused {
    fn from(refused: approval::Refused) -> Self {
        Self::Domain(refused)
    }
}

impl Refused {
    /// What goes over the wire.
    pub(super) fn to_wire(&self) -> Wire {
        let (http, message, reason) = match self {
            Self::Domain(refused) => return domain_to_wire(refused),
            Self::NotAnObject => (400, "ProtocolError", "the body is no JSON object"),
            Self::TooLarge => (413, "ProtocolError", "the body is longer than 262144 bytes"),
            Self::Undecodable(text) => (200, "ProtocolError", text.as_str()),
            Self::MalformedSignature => (
                200,
                "ProtocolError",
                "signature: base64 of 32 bytes is expected",
            ),
            Self::WrongSignature => (
                200,
                "ProtocolError",
                "the signature does not verify, or there is no such tenant",
            ),
            Self::UnknownType => (
                200,
                "ProtocolError",
                "type: send one of 101 to 108 or of the documented names",
            ),
            Self::PaymentCard => (
                200,
                "ProtocolError",
                "type: this server does not ask for payment cards",
            ),
            Self::DigitsGone => (
                200,
                "TenantSessionNotFound",
                "the digits were asked for too late",
            ),
            Self::NotDrawn(_) => (503, "UnknownError", "no answer can be given now"),
            Self::NotHere => (404, "ProtocolError", "there is nothing here"),
            Self::WrongMethod => (405, "ProtocolError", "this place takes POST alone"),
        };
        row(http, message, reason)
    }

    /// What is for the log alone, where something is.
    pub(super) fn for_the_log(&self) -> Option<&str> {
        match self {
            Self::Domain(approval::Refused::Unavailable(text)) | Self::NotDrawn(text) => Some(text),
            _ => None,
        }
    }
}

fn domain_to_wire(refused: &approval::Refused) -> Wire {
    use approval::Refused as Domain;
    let message = match refused {
        Domain::NotSetUp | Domain::SplitOtherwise | Domain::DoesNotFit(_) => "ProtocolError",
        Domain::TenantInactive => "TenantInactive",
        Domain::TenantExpired => "TenantExpired",
        Domain::LimitReached(_) | Domain::Locked => "TenantReachedLimits",
        Domain::AlreadyPending => "BadTenantSession",
        Domain::SessionNotFound | Domain::OutOfTurn(OutOfTurn(_)) => "TenantSessionNotFound",
        Domain::NotLinked | Domain::NoPin => "UserNotLinked",
        Domain::NoUniqueLinkingCode => "NoUniqueLinkingCode",
        Domain::BadLinkingCode => "BadLinkingCode",
        Domain::Unavailable(_) => {
            return row(
                503,
                "UnknownError",
                "no answer can be given now; what was sent may have been done all the same",
            );
        }
        // What only a device can be told.
        Domain::WorkNeeded(_)
        | Domain::UnknownDevice
        | Domain::WrongTime { .. }
        | Domain::Replayed
        | Domain::NotWhatWasDisplayed
        | Domain::Wrong { .. } => "UnknownError",
    };
    row(200, message, &refused.to_string())
}

fn row(http: u16, message: &'static str, reason: &str) -> Wire {
    let reason = reason.to_owned();
    Wire {
        http,
        message,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use challenge::approval::{Limit, Refused as Domain};
    use challenge::lifecycle::Phase;

    use super::*;

    const BEGIN: &str =
        "<!-- Printed from crates/protocols/src/okay/refusal.rs; do not edit. -->\n";
    const END: &str = "<!-- End of what is printed. -->\n";

    /// One of each refusal that can come up here, with the words that vary in angle brackets.
    fn one_of_each() -> Vec<Refused> {
        let domain = [
            Domain::NotSetUp,
            Domain::SplitOtherwise,
            Domain::DoesNotFit("<what is allowed>".to_owned()),
            Domain::TenantInactive,
            Domain::TenantExpired,
            Domain::LimitReached(Limit::Starts),
            Domain::LimitReached(Limit::Paused),
            Domain::LimitReached(Limit::Tenant),
            Domain::Locked,
            Domain::AlreadyPending,
            Domain::SessionNotFound,
            Domain::OutOfTurn(OutOfTurn(Phase::Expired)),
            Domain::NotLinked,
            Domain::NoPin,
            Domain::NoUniqueLinkingCode,
            Domain::Unavailable("for the log".to_owned()),
        ];
        let own = [
            Refused::NotAnObject,
            Refused::TooLarge,
            Refused::Undecodable("<which member is wrong or missing>".to_owned()),
            Refused::MalformedSignature,
            Refused::WrongSignature,
            Refused::UnknownType,
            Refused::PaymentCard,
            Refused::DigitsGone,
            Refused::NotDrawn("for the log".to_owned()),
            Refused::NotHere,
            Refused::WrongMethod,
        ];
        domain.into_iter().map(Refused::Domain).chain(own).collect()
    }

    fn table() -> String {
        let mut table = format!(
            "{BEGIN}\n| refusal | HTTP | `status.message` | `countersign-reason` |\n|---|---|---|---|\n"
        );
        for refused in one_of_each() {
            let debug = format!("{refused:?}").replace("Domain(", "");
            let name: String = debug
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            let wire = refused.to_wire();
            let (http, message, reason) = (wire.http, wire.message, &wire.reason);
            writeln!(table, "| {name} | {http} | `{message}` | {reason} |").unwrap();
        }
        table + "\n" + END
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "UPDATE=1 is a wish of the developer, not a setting"
    )]
    fn the_okay_document_shows_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/okay.md");
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
            "docs/okay.md is stale; run UPDATE=1 cargo test -p protocols the_okay_document_shows_the_table"
        );
    }

    #[test]
    fn only_documented_messages_are_said_and_domain_outcomes_are_200() {
        let documented = [
            "TenantInactive",
            "TenantExpired",
            "BadApplication",
            "BadLinkingCode",
            "TenantLimitsNotDefined",
            "TenantReachedLimits",
            "BadTenantSession",
            "TenantSessionNotFound",
            "UserNotLinked",
            "ProtocolError",
            "NoUniqueLinkingCode",
            "NoPendingLinking",
            "UnknownError",
        ];
        for refused in one_of_each() {
            let wire = refused.to_wire();
            assert!(documented.contains(&wire.message), "{refused:?}");
            if let Refused::Domain(domain) = &refused {
                let unavailable = matches!(domain, Domain::Unavailable(_));
                assert_eq!(
                    wire.http,
                    if unavailable { 503 } else { 200 },
                    "{refused:?}"
                );
            }
            assert!(!wire.reason.contains("for the log"), "{refused:?}");
        }
    }
}

//! Why no access token is issued, in the words of OAuth. The table of all is printed with that of `refusal`.

use challenge::refusal::Refusal;

use crate::dualshield::refusal::Refused;

/// A request for an access token that is not granted (RFC 6749, section 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenRefused {
    /// The request cannot be read; the text says what is expected.
    Malformed(String),
    /// The body is longer than it may be.
    TooLarge,
    /// The caller did not say who it is.
    NoCaller,
    /// The client is unknown, its secret wrong, its address or its certificate not its own.
    WrongSecret,
    /// There is no such grant here.
    UnsupportedGrant,
    /// The client may not do this; the text says what it lacks.
    NotAllowed(&'static str),
    /// The place takes POST alone.
    WrongMethod,
    /// No answer can be given; the text is for the log.
    Unavailable(String),
}

impl From<Refused> for TokenRefused {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TooLarge => Self::TooLarge,
            Refused::Domain(Refusal::Unavailable(text)) => Self::Unavailable(text),
            Refused::Domain(_) => Self::WrongSecret,
            other => Self::Malformed(other.to_wire().message),
        }
    }
}

impl From<Refusal> for TokenRefused {
    fn from(refusal: Refusal) -> Self {
        Refused::Domain(refusal).into()
    }
}

impl TokenRefused {
    /// The status of HTTP, `error` and `error_description`.
    pub(super) fn to_wire(&self) -> (u16, &'static str, String) {
        let (http, error, text) = match self {
            Self::Malformed(text) => (400, "invalid_request", text.as_str()),
            Self::TooLarge => (
                413,
                "invalid_request",
                "the body is longer than 65536 bytes",
            ),
            Self::NoCaller => (
                401,
                "invalid_client",
                "send client_id and client_secret, in the body or by Basic",
            ),
            Self::WrongSecret => (
                401,
                "invalid_client",
                "the client is unknown, its secret wrong, or it calls from another address or \
                 without its certificate",
            ),
            Self::UnsupportedGrant => (
                400,
                "unsupported_grant_type",
                "grant_type is client_credentials",
            ),
            Self::NotAllowed(text) => (400, "unauthorized_client", *text),
            Self::WrongMethod => (405, "invalid_request", "this place takes POST alone"),
            Self::Unavailable(_) => (
                503,
                "temporarily_unavailable",
                "no token can be given now; try again",
            ),
        };
        (http, error, text.to_owned())
    }
}

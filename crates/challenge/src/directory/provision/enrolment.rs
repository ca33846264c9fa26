//! What an authenticator computes: parameters checked and defaults filled in, before it is enrolled.

use oath::ocra::{QuestionKind, Suite};
use oath::{Algorithm, Digits, otpauth};

use super::blueprint::{AuthenticatorBlueprint, KeySource, Kind};
use super::findings::{At, Findings};
use super::names;
use crate::directory::{Method, OcraSuites};
use crate::methods::grid;
use crate::policy::{Policy, SignFormat};

/// The suite of challenge–response where none is named.
const SUITE: &str = "OCRA-1:HOTP-SHA1-8:QN08";

/// The same for the product `MobileID`, whose codes have six digits.
const SUITE_OF_MOBILE_ID: &str = "OCRA-1:HOTP-SHA1-6:QN08";

/// Codes that may be right at once: guessing gets easier by as much, and verifying dearer.
const CANDIDATES_MAX: u32 = 64;

/// The suite of signatures where none is named.
const SIGNATURE_SUITE: &str = "OCRA-1:HOTP-SHA1-8:QA64";

/// The product of OCRA authenticators where none is named.
pub(super) const MOBILE_ID: &str = "MobileID";

/// An authenticator's parameters, checked.
pub(super) struct Enrolment {
    pub(super) method: Method,
    /// The hash of its codes: a generated key is as long as its digest.
    pub(super) algorithm: Algorithm,
    /// Whether its answers have a PIN in them.
    pub(super) has_pin: bool,
    /// What the device is told of signing.
    pub(super) signing: Signing,
}

/// How a device signs: as the first policy it serves has it, since it knows no policies.
#[derive(Default)]
pub(super) struct Signing {
    /// Nothing: by the suite.
    pub(super) format: Option<otpauth::SignFormat>,
    /// The names of the fields; none: the device has its own.
    pub(super) fields: Vec<String>,
}

impl Signing {
    fn under(policy: &Policy) -> Self {
        Self {
            format: match policy.limits.sign_format {
                SignFormat::Auto => None,
                SignFormat::Concatenated => Some(otpauth::SignFormat::Concatenated),
                SignFormat::Digest => Some(otpauth::SignFormat::Digest),
            },
            fields: policy.limits.sign_labels.clone(),
        }
    }
}

/// Checks the parameters. Nothing where one of them cannot be; the problems are kept.
pub(super) fn check(
    found: &mut Findings,
    at: &At,
    token: &AuthenticatorBlueprint,
    policies: &[&Policy],
) -> Option<Enrolment> {
    warn_of_unused(found, at, token);
    match token.kind {
        Kind::Hotp => {
            let look_ahead = token.look_ahead;
            names::check_range(found, at, "look_ahead", look_ahead.unwrap_or(1), 1..=100);
            let (algorithm, digits) = code_parameters(found, at, token)?;
            let method = Method::Hotp {
                algorithm,
                digits,
                look_ahead,
            };
            Some(Enrolment {
                method,
                algorithm,
                has_pin: false,
                signing: Signing::default(),
            })
        }
        Kind::Totp => {
            let period_s = token.period_s.unwrap_or(30);
            names::check_range(found, at, "period_s", period_s, 1..=86_400);
            let t0 = token.t0.unwrap_or(0);
            let (algorithm, digits) = code_parameters(found, at, token)?;
            let method = Method::Totp {
                algorithm,
                digits,
                period_s,
                t0,
            };
            Some(Enrolment {
                method,
                algorithm,
                has_pin: false,
                signing: Signing::default(),
            })
        }
        Kind::Ocra => ocra(found, at, token, policies),
        Kind::Grid => Some(Enrolment::of(Method::Grid {
            mode: token.grid_mode.unwrap_or(grid::Mode::Path),
            wraps: token.grid_wraps.unwrap_or(true),
        })),
        Kind::Card => Some(Enrolment::of(Method::Card)),
        Kind::OnDemand => {
            let (_, digits) = code_parameters(found, at, token)?;
            Some(Enrolment::of(Method::OnDemand { digits }))
        }
    }
}

impl Enrolment {
    /// What has no parameters to be checked, and a key of 256 bits if any.
    fn of(method: Method) -> Self {
        Self {
            method,
            algorithm: Algorithm::Sha256,
            has_pin: false,
            signing: Signing::default(),
        }
    }
}

fn code_parameters(
    found: &mut Findings,
    at: &At,
    token: &AuthenticatorBlueprint,
) -> Option<(Algorithm, u8)> {
    let digits = token.digits.unwrap_or(6);
    let checked = u8::try_from(digits)
        .ok()
        .and_then(|digits| Digits::new(digits).ok());
    if checked.is_none() {
        found.problem(
            at,
            format!("digits: {digits} is out of range; choose 6 to 10"),
        );
    }
    Some((token.algorithm.unwrap_or_default(), checked?.get()))
}

fn ocra(
    found: &mut Findings,
    at: &At,
    token: &AuthenticatorBlueprint,
    policies: &[&Policy],
) -> Option<Enrolment> {
    let is_mobile_id = token.product.as_deref() == Some(MOBILE_ID);
    let default = if is_mobile_id {
        SUITE_OF_MOBILE_ID
    } else {
        SUITE
    };
    let suite = parsed(
        found,
        at,
        "suite",
        token.suite.as_deref().unwrap_or(default),
    );
    let named = token.signature_suite.as_deref().unwrap_or(SIGNATURE_SUITE);
    let signature_suite = parsed(found, at, "signature_suite", named);
    if let Ok(Some(suite)) = &signature_suite {
        check_signing(found, at, suite, policies);
    }
    names::check_range(
        found,
        at,
        "counter_window",
        token.counter_window.unwrap_or(1),
        1..=100,
    );
    let time_window = token.time_window.unwrap_or(1);
    names::check_range(found, at, "time_window", time_window, 0..=10);
    let tried = token.counter_window.unwrap_or(1) * (2 * time_window + 1);
    if tried > CANDIDATES_MAX {
        found.problem(
            at,
            format!(
                "counter_window and time_window: together {tried} codes would be right at once; \
                 at most {CANDIDATES_MAX} may be"
            ),
        );
    }

    let (suite, signature_suite) = (suite.ok()?, signature_suite.ok()?);
    let Some(leading) = suite.as_ref().or(signature_suite.as_ref()) else {
        found.problem(
            at,
            "suite: it is empty, and signature_suite too; name one of them",
        );
        return None;
    };
    check_apart(found, at, suite.as_ref(), signature_suite.as_ref());
    let algorithm = leading.algorithm();
    let all = [suite.as_ref(), signature_suite.as_ref()];
    let has_pin = all.into_iter().flatten().any(|suite| suite.pin().is_some());
    Some(Enrolment {
        algorithm,
        has_pin,
        signing: policies
            .first()
            .copied()
            .map(Signing::under)
            .unwrap_or_default(),
        method: Method::Ocra(OcraSuites {
            suite: suite.map(|suite| suite.to_string()),
            signature_suite: signature_suite.map(|suite| suite.to_string()),
            counter_window: token.counter_window,
            time_window,
        }),
    })
}

/// The suite; nothing for an empty text; the error was kept.
fn parsed(found: &mut Findings, at: &At, key: &str, text: &str) -> Result<Option<Suite>, ()> {
    if text.is_empty() {
        return Ok(None);
    }
    let suite = found.accept(at, key, Suite::parse(text)).ok_or(())?;
    if suite.session_bytes().is_some() {
        found.problem(
            at,
            format!("{key}: session information (S) is carried by no protocol here; leave it out"),
        );
        return Err(());
    }
    Ok(Some(suite))
}

/// A response must never be a signature of the same text, so the two suites must not be one.
fn check_apart(
    found: &mut Findings,
    at: &At,
    suite: Option<&Suite>,
    signature_suite: Option<&Suite>,
) {
    if suite.is_some() && suite.map(Suite::as_str) == signature_suite.map(Suite::as_str) {
        found.problem(
            at,
            "signature_suite: it is the same as suite, so that a response would be a signature as \
             well; choose another",
        );
    }
}

/// Whether what is signed under these policies fits the suite's question.
fn check_signing(found: &mut Findings, at: &At, suite: &Suite, policies: &[&Policy]) {
    let shape = suite.question_format();
    if shape.kind == QuestionKind::Numeric {
        found.problem(
            at,
            "signature_suite: numbers (QN) cannot be signed, since RFC 6287 encodes some of them \
             alike; choose QA or QH",
        );
        return;
    }
    for policy in policies {
        let hashed = match policy.limits.sign_format {
            SignFormat::Auto => shape.kind == QuestionKind::Hexadecimal,
            SignFormat::Digest => true,
            SignFormat::Concatenated => false,
        };
        if hashed && shape.max < 40 {
            let code = &policy.code;
            found.problem(
                at,
                format!(
                    "signature_suite: policy {code} signs a hash of 40 characters or more; choose \
                     40 to 64, or sign_format = \"concatenated\" in the policy"
                ),
            );
        }
    }
}

/// Parameters of other kinds are ignored, but not in silence.
fn warn_of_unused(found: &mut Findings, at: &At, token: &AuthenticatorBlueprint) {
    let is = |kind| token.kind == kind;
    let (hotp, totp, ocra) = (is(Kind::Hotp), is(Kind::Totp), is(Kind::Ocra));
    let (grid, on_demand) = (is(Kind::Grid), is(Kind::OnDemand));
    let given = [
        ("suite", token.suite.is_some(), ocra),
        ("signature_suite", token.signature_suite.is_some(), ocra),
        ("digits", token.digits.is_some(), hotp || totp || on_demand),
        ("algorithm", token.algorithm.is_some(), hotp || totp),
        ("counter", token.counter.is_some(), hotp || ocra),
        ("look_ahead", token.look_ahead.is_some(), hotp),
        ("period_s", token.period_s.is_some(), totp),
        ("t0", token.t0.is_some(), totp),
        ("counter_window", token.counter_window.is_some(), ocra),
        ("time_window", token.time_window.is_some(), ocra),
        ("pin", token.pin.is_some(), ocra),
        ("path", token.path.is_some(), grid),
        ("grid_mode", token.grid_mode.is_some(), grid),
        ("grid_wraps", token.grid_wraps.is_some(), grid),
        (
            "secret",
            !matches!(token.key, KeySource::AsItIs),
            !grid && !on_demand,
        ),
    ];
    let unused = given
        .iter()
        .filter(|(_, given, used)| *given && !*used)
        .map(|(key, ..)| *key);
    let unused: Vec<_> = unused
        .chain(token.ignored.iter().map(String::as_str))
        .collect();
    if !unused.is_empty() {
        let kind = token.kind.name();
        found.warn(
            at,
            format!("{}: not used by kind {kind}", unused.join(", ")),
        );
    }
}

//! What a session asks for, as the many clients write it: a number, a number in a text, or a name
//! of one of the two tables that the vendor published.
//!
//! A name means what it says. A number means what breaks no client that is known: 103 is a yes or
//! no, as in the guide, although the other table calls that number `AUTH_PIN_TAN`; 105 asks for
//! biometrics, although the guide calls it `SET_PIN`.

use challenge::approval::SessionKind;

use crate::okay::refusal::Refused;
use crate::okay::request::Text;

/// Every name, what it asks for, and the numbers that its users hash for it, likeliest first.
const NAMES: [(&str, SessionKind, &[&str]); 14] = [
    ("AUTH_OK", SessionKind::Ok, &["101", "103"]),
    ("OK", SessionKind::Ok, &["101", "103"]),
    ("AUTH_PIN", SessionKind::Pin, &["102"]),
    ("PIN", SessionKind::Pin, &["102"]),
    ("AUTH_PIN_TAN", SessionKind::PinTan, &["103"]),
    ("PIN_TAN", SessionKind::PinTan, &["103"]),
    (
        "AUTH_BIOMETRIC_OK",
        SessionKind::BiometricOk,
        &["105", "107"],
    ),
    ("BIOMETRIC_OK", SessionKind::BiometricOk, &["105", "107"]),
    ("DEVICE_INFO", SessionKind::DeviceInfo, &["104"]),
    ("DEVICE_INFOR", SessionKind::DeviceInfo, &["104"]),
    ("SET_PIN", SessionKind::SetPin, &["105"]),
    ("USER_FORGOT_PIN", SessionKind::UserForgotPin, &["106"]),
    ("FALLBACK", SessionKind::Fallback, &["108"]),
    ("AUTH_FALLBACK", SessionKind::Fallback, &["108"]),
];

/// Every number, and what it asks for.
const NUMBERS: [(&str, SessionKind); 8] = [
    ("101", SessionKind::Ok),
    ("102", SessionKind::Pin),
    ("103", SessionKind::Ok),
    ("104", SessionKind::DeviceInfo),
    ("105", SessionKind::BiometricOk),
    ("106", SessionKind::UserForgotPin),
    ("107", SessionKind::BiometricOk),
    ("108", SessionKind::Fallback),
];

/// What a request's `type` means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SessionType {
    /// What it asks for.
    pub(super) kind: SessionKind,
    /// The ways in which it may stand in what was signed: numbers first, then the text as it came.
    pub(super) spellings: Vec<String>,
}

impl SessionType {
    /// Finds out what a `type` means.
    pub(super) fn parse(given: &Text) -> Result<Self, Refused> {
        let text = given.as_str();
        if let Some((_, kind, numbers)) = NAMES.iter().find(|(name, ..)| *name == text) {
            let mut spellings: Vec<String> = numbers.iter().map(|&one| one.to_owned()).collect();
            spellings.push(text.to_owned());
            return Ok(Self {
                kind: *kind,
                spellings,
            });
        }
        if let Some((number, kind)) = NUMBERS.iter().find(|(number, _)| *number == text) {
            return Ok(Self {
                kind: *kind,
                spellings: vec![(*number).to_owned()],
            });
        }
        Err(match text {
            "111" | "GET_PAYMENT_CARD" => Refused::PaymentCard,
            _ => Refused::UnknownType,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<SessionType, Refused> {
        SessionType::parse(&Text::from(text))
    }

    #[test]
    fn a_name_wins_over_the_number_that_it_is_hashed_as() {
        for (given, kind, spellings) in [
            ("101", SessionKind::Ok, &["101"][..]),
            ("103", SessionKind::Ok, &["103"]),
            ("105", SessionKind::BiometricOk, &["105"]),
            ("AUTH_OK", SessionKind::Ok, &["101", "103", "AUTH_OK"]),
            (
                "AUTH_PIN_TAN",
                SessionKind::PinTan,
                &["103", "AUTH_PIN_TAN"],
            ),
            (
                "BIOMETRIC_OK",
                SessionKind::BiometricOk,
                &["105", "107", "BIOMETRIC_OK"],
            ),
            ("SET_PIN", SessionKind::SetPin, &["105", "SET_PIN"]),
            (
                "DEVICE_INFO",
                SessionKind::DeviceInfo,
                &["104", "DEVICE_INFO"],
            ),
        ] {
            let parsed = parsed(given).unwrap();
            assert_eq!(
                (parsed.kind, parsed.spellings.len()),
                (kind, spellings.len())
            );
            assert_eq!(parsed.spellings, spellings, "{given}");
        }
    }

    #[test]
    fn every_kind_can_be_asked_for_by_its_own_name() {
        for kind in SessionKind::ALL {
            assert_eq!(parsed(kind.name()).unwrap().kind, kind);
        }
    }

    #[test]
    fn what_is_no_type_is_refused_and_a_payment_card_by_its_name() {
        for text in [
            "",
            "0",
            "100",
            "109",
            "0101",
            "+101",
            "101 ",
            "ok",
            "CANCEL",
            "AUTH_CANCEL",
        ] {
            assert_eq!(parsed(text), Err(Refused::UnknownType), "{text}");
        }
        for text in ["111", "GET_PAYMENT_CARD"] {
            assert_eq!(parsed(text), Err(Refused::PaymentCard), "{text}");
        }
    }
}

//! What a user answered, in the words of the wire: the one place for `/check` and for callbacks.
//! Not for what a session may become; that is the domain's.

use challenge::approval::{Answered, Digits};
use zeroize::Zeroizing;

/// `dataType` of a declined approval.
pub(super) const CANCEL: u16 = 101;

/// `dataType` and `data`. The data may be PIN digits, so it is forgotten with this.
pub struct AuthResult {
    /// What the data is: 101 (declined) to 108.
    pub data_type: u16,
    /// A word, or the digits that the user typed.
    pub data: Zeroizing<String>,
}

impl AuthResult {
    /// An answer in the words of the wire; nothing where it has digits that cannot be told any more.
    pub fn of(answer: &Answered, decline_word: &str) -> Option<Self> {
        let word = |data_type, data: &str| Self {
            data_type,
            data: Zeroizing::new(data.to_owned()),
        };
        let digits = |data_type, digits: &Option<Digits>| match digits {
            None => Some(word(data_type, "PIN")),
            Some(Digits::Clear(digits)) => Some(Self {
                data_type,
                data: digits.clone(),
            }),
            Some(Digits::Sealed(_) | Digits::Forgotten) => None,
        };
        let told = match answer {
            Answered::Approved => word(103, "OK"),
            Answered::UserVerified => word(107, "OK"),
            Answered::Pin(typed) => return digits(102, typed),
            Answered::DeviceInfo { biometrics, push } => word(
                104,
                &format!(
                    "isBiometryEnabled={};isApnsEnabled={};",
                    u8::from(*biometrics),
                    u8::from(*push)
                ),
            ),
            Answered::PinSet(typed) => return digits(105, typed),
            Answered::PinForgotten { asked: true } => word(106, "OK"),
            // No approval was given: published clients take any word but this one for a yes.
            Answered::PinForgotten { asked: false } => word(106, decline_word),
            Answered::FellBack => word(108, decline_word),
            Answered::Declined => word(CANCEL, decline_word),
        };
        Some(told)
    }
}

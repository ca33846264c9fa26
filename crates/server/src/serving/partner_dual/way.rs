//! The four ways to sign in, and what differs between them.

use serde_json::{Value, json};

use super::form::Form;

/// How a customer proves to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A grid on the screen and a path in mind.
    Grid,
    /// A phone that computes a response.
    Phone,
    /// A printed card.
    Card,
    /// A code that is sent.
    Code,
}

impl Way {
    /// All of them, in the order of the pages.
    pub(super) const ALL: [Self; 4] = [Self::Grid, Self::Phone, Self::Card, Self::Code];

    /// The path of its pages.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Grid => "gridgo",
            Self::Phone => "mobileid",
            Self::Card => "gridid",
            Self::Code => "t-pass",
        }
    }

    /// The product's name on the wire.
    pub(super) fn product(self) -> &'static str {
        match self {
            Self::Grid => "GridGo",
            Self::Phone => "MobileID",
            Self::Card => "GridID",
            Self::Code => "T-Pass",
        }
    }

    /// The method that asks for something to be answered.
    pub(super) fn asking(self) -> &'static str {
        match self {
            Self::Grid | Self::Phone | Self::Card => "getChallengeCode",
            Self::Code => "sendOTP",
        }
    }

    /// The method that has an answer verified.
    pub(super) fn verifying(self) -> &'static str {
        match self {
            Self::Grid | Self::Phone | Self::Card => "verifyResponse",
            Self::Code => "verify",
        }
    }

    /// The body that asks, for this user.
    pub(super) fn question(self, user: &Value, form: &Form) -> Value {
        let mut body = json!({
            "user": user,
            "token": {"product.method": self.product()},
        });
        if self != Self::Code {
            body["return"] = json!(["id", "code", "starts", "expires", "reference"]);
        }
        if self == Self::Phone && form.is_payment() {
            body["transaction"] = json!({
                "mode": if form.covers_all() { "hmac" } else { "digits" },
                "account": form.account,
                "amount": form.amount,
            });
        }
        body
    }

    /// The body that has the answer verified. What was answered is named by `cc`, as it was shown or by
    /// its reference; a sent code stands for itself.
    pub(super) fn answer(self, user: &Value, form: &Form) -> Value {
        let mut body = json!({
            "user": user,
            "token": {"product.method": self.product()},
            "credential": {"otp": form.otp},
        });
        if self != Self::Code {
            body["credential"]["cc"] = json!(form.cc);
        }
        body
    }
}

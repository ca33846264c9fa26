//! What a message says: the operator's texts with the code, the time and the tenant's name filled in; or a
//! letter as it was written.

use challenge::clock::Timestamp;
use challenge::delivery::template::{self, Escape};
use challenge::delivery::{Delivery, Says, SmtpSettings};
use challenge::verifier::Verifier;
use secrecy::{ExposeSecret, SecretString};

/// What is filled in. It holds the code and whom it is for, so it has no `Debug`.
pub(super) struct Letter<'a> {
    to: &'a str,
    code: &'a SecretString,
    tenant: String,
    minutes: String,
}

/// Subject and text of the e-mail that a delivery is.
pub(super) fn email(
    verifier: &Verifier,
    settings: &SmtpSettings,
    delivery: &Delivery,
) -> (SecretString, SecretString) {
    match &delivery.says {
        Says::Letter { subject, text } => (subject.clone().into(), text.clone()),
        Says::Code { code, .. } => {
            let letter = Letter::with_code(verifier, delivery, code);
            (letter.text(&settings.subject), letter.text(&settings.text))
        }
    }
}

impl<'a> Letter<'a> {
    /// What is filled in for this delivery; nothing where it brings no code.
    pub(super) fn of(verifier: &Verifier, delivery: &'a Delivery) -> Option<Self> {
        match &delivery.says {
            Says::Code { code, .. } => Some(Self::with_code(verifier, delivery, code)),
            Says::Letter { .. } => None,
        }
    }

    fn with_code(verifier: &Verifier, delivery: &'a Delivery, code: &'a SecretString) -> Self {
        let tenant = verifier.catalogue.tenant_by_id(delivery.tenant);
        let tenant = tenant.map(|view| view.tenant.display_name.clone());
        Self {
            to: &delivery.to,
            code,
            tenant: tenant.unwrap_or_default(),
            minutes: minutes_left(verifier.now(), delivery.expires_at).to_string(),
        }
    }

    /// A text for people.
    pub(super) fn text(&self, template: &str) -> SecretString {
        let filling = [
            ("code", self.code.expose_secret()),
            ("minutes", self.minutes.as_str()),
            ("tenant", self.tenant.as_str()),
        ];
        template::fill(template, &filling, Escape::Text).into()
    }

    /// What a gateway is asked with: `text` is the text that it is to send, `id` the message's.
    pub(super) fn request(
        &self,
        template: &SecretString,
        (id, text): (&str, &SecretString),
        escape: Escape,
    ) -> SecretString {
        let filling = [
            ("to", self.to),
            ("text", text.expose_secret()),
            ("code", self.code.expose_secret()),
            ("minutes", self.minutes.as_str()),
            ("tenant", self.tenant.as_str()),
            ("id", id),
        ];
        template::fill(template.expose_secret(), &filling, escape).into()
    }
}

/// Minutes that are left, a part of one counted as a whole.
fn minutes_left(now: Timestamp, until: Timestamp) -> i64 {
    let left_ms = until.unix_ms().saturating_sub(now.unix_ms()).max(1);
    (left_ms + 59_999) / 60_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_minute_counts_as_one() {
        let now = Timestamp::from_unix_s(1_800_000_000);
        for (seconds, minutes) in [(120, 2), (119, 2), (61, 2), (60, 1), (1, 1), (0, 1)] {
            assert_eq!(minutes_left(now, now.plus_s(seconds)), minutes, "{seconds}");
        }
    }
}

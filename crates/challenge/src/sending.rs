//! Codes sent on demand: drawn, kept as a digest, and put into the outbox with the challenge that asks
//! for them. How a message leaves is in `delivery`.

use secrecy::SecretString;

use crate::delivery::{Delivery, Says, Way};
use crate::directory::User;
use crate::issuance::{Asked, Wish};
use crate::lifecycle::{Challenge, Purpose};
use crate::methods::{Opened, OpenedMethod, on_demand};
use crate::ports::Message;
use crate::refusal::Refusal;
use crate::verifier::Verifier;

/// What a caller learns of a code that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The challenge that asks for it.
    pub challenge: Challenge,
    /// How it goes.
    pub way: Way,
    /// Where it goes, with most of it left out: enough for the user to know which phone to look at.
    pub to_hint: String,
}

impl Verifier {
    /// Sends the user a code that may be given once, as an answer to `Proof::OneTimePassword`.
    ///
    /// A newer code takes the place of the older one. At most [`crate::lockout::SENT_MAX`] are sent in
    /// [`crate::lockout::SENT_WINDOW_S`] seconds, and none to a user who is locked.
    pub async fn send_code(&self, wish: &Wish<'_>) -> Result<Sent, Refusal> {
        let tenant = wish.context.tenant.tenant.id;
        let found = self.catalogue.user(tenant, wish.user).await?;
        let record = found.ok_or(Refusal::NotFound("user"))?;
        let (way, to) = self.way_to(&record.user)?;
        let wish = Wish {
            purpose: Purpose::Repeat,
            asked: Asked::Drawn,
            to_one: true,
            ..*wish
        };
        let challenge = self.issue(&wish).await?;
        Ok(Sent {
            challenge,
            way,
            to_hint: hint(&to),
        })
    }

    /// A code for one authenticator: what is kept of it, and the message that carries it.
    pub(crate) fn code_to(
        &self,
        opened: &Opened,
        user: &User,
        challenge: &Challenge,
    ) -> Result<(String, Message), Refusal> {
        let OpenedMethod::OnDemand { digits } = opened.method else {
            return Err(Refusal::NotFound("authenticator"));
        };
        let code = on_demand::draw_code(digits, &*self.rng);
        let kept = on_demand::keep(&opened.key, &code, &*self.rng);
        let (way, to) = self.way_to(user)?;
        let delivery = Delivery {
            tenant: challenge.tenant,
            way,
            to,
            says: Says::Code {
                user: user.id,
                challenge: challenge.id,
                code: SecretString::from(code.as_str()),
            },
            expires_at: challenge.answer_by,
        };
        let message = self.delivery_message(&delivery, challenge.issued_at)?;
        Ok((kept, message))
    }
}

/// The first character and the domain of an address, the last two digits of a number.
fn hint(to: &str) -> String {
    let first: String = to.chars().take(1).collect();
    if let Some((_, domain)) = to.rsplit_once('@') {
        return format!("{first}…@{domain}");
    }
    let last = to.chars().count().saturating_sub(2);
    let last: String = to.chars().skip(last).collect();
    format!("…{last}")
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn a_hint_tells_little() {
        assert_eq!(hint("anna@example.org"), "a…@example.org");
        assert_eq!(hint("+31612345689"), "…89");
        assert_eq!(hint("1"), "…1");
        assert_eq!(hint(""), "…");
    }
}

//! What a key may be used for, and until when (RFC 6030, section 5). What the server could not hold to
//! is a reason to refuse the key: a policy that is passed over is none.

use challenge::clock::Timestamp;

use super::Fault;
use super::tree::Element;
use crate::date;

/// What is known of how a key may be used.
#[derive(Default)]
pub(super) struct Policy {
    pub(super) starts_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    /// The key with the PIN that goes into the answers.
    pub(super) pin_key: Option<String>,
    /// The uses that are named; none: any.
    uses: Vec<String>,
}

impl Policy {
    /// Reads the policies of a key and of its device.
    pub(super) fn read(key: &Element, device: Option<&Element>) -> Result<Self, Fault> {
        let mut policy = Self::default();
        for dated in device.into_iter().chain(key.child("Policy")).chain([key]) {
            let start = moment(dated, &["StartDate"])?;
            policy.starts_at = policy.starts_at.max(start);
            let end = moment(dated, &["ExpiryDate", "Expiry"])?;
            let ends = policy.expires_at.into_iter().chain(end);
            policy.expires_at = ends.min();
        }
        for rule in key
            .child("Policy")
            .iter()
            .flat_map(|policy| &policy.children)
        {
            match rule.name.as_str() {
                "StartDate" | "ExpiryDate" => {}
                "KeyUsage" => policy.uses.push(rule.text.to_string()),
                "PINPolicy" => policy.read_pin(rule)?,
                "NumberOfTransactions" => {
                    return Err(Fault::token(
                        "it may be used a limited number of times (NumberOfTransactions), which is not \
                         counted here",
                    ));
                }
                _ => {
                    return Err(Fault::token(
                        "its policy has a rule that is not known, so that it must not be used (RFC \
                         6030, section 5)",
                    ));
                }
            }
        }
        // The form before RFC 6030 has the uses as attributes.
        let usage = key.child("Usage");
        for name in ["OTP", "CR", "Integrity", "Encrypt", "Unlock"] {
            let value = usage.and_then(|usage| usage.attribute(name));
            if value.is_some_and(|value| value == "true" || value == "1") {
                policy.uses.push(name.to_owned());
            }
        }
        Ok(policy)
    }

    /// Whether the key may be used so.
    pub(super) fn allows(&self, what: &str) -> bool {
        self.uses.is_empty() || self.uses.iter().any(|one| one == what)
    }

    fn read_pin(&mut self, rule: &Element) -> Result<(), Fault> {
        let mode = rule.attribute("PINUsageMode").unwrap_or("Local");
        match mode {
            // The device asks for it, and nobody else.
            "Local" => Ok(()),
            "Algorithmic" => {
                let key = rule.attribute("PINKeyId");
                let key = key.ok_or_else(|| {
                    Fault::token(
                        "its PIN goes into the answers, and the file does not say where it is",
                    )
                })?;
                self.pin_key = Some(key.to_owned());
                Ok(())
            }
            _ => Err(Fault::token(
                "its PIN is sent together with the code (PINUsageMode Append or Prepend), which is not \
                 supported; have the token made without, or with a PIN that the device asks for (Local)",
            )),
        }
    }
}

fn moment(of: &Element, names: &[&str]) -> Result<Option<Timestamp>, Fault> {
    let Some(text) = names.iter().find_map(|name| of.text_at(&[name])) else {
        return Ok(None);
    };
    let moment = date::moment(text);
    let name = names.first().unwrap_or(&"a date");
    moment
        .map(Some)
        .ok_or_else(|| Fault::token(format!("{name}: it is no moment of XML Schema")))
}

//! The tenant that the administrators are users of.

use super::Denied;
use crate::verifier::Verifier;

/// The policy of administrators' passwords.
pub const PASSWORD_POLICY: &str = "CONSOLE_PASSWORD";

/// The policy of administrators' one-time codes and recovery codes.
pub const CODE_POLICY: &str = "CONSOLE_CODE";

impl Verifier {
    /// Makes the tenant [`super::CONSOLE`] with its policies where it is missing.
    pub async fn found_console(&self) -> Result<(), Denied> {
        Err(Denied::Unavailable(String::new()))
    }
}

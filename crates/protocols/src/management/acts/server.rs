//! The server as a whole, and its settings. For officers of the whole server.

use challenge::directory::provision::Blueprint;
use challenge::officers::{Officer, Power};
use serde_json::Value;

use crate::desk::Desk;
use crate::management::members;
use crate::management::moment;
use crate::management::precondition::{IfMatch, Tag, Tagged};
use crate::management::refusal::{FieldError, Refusal};
use crate::management::shapes::server::{DeliveryShown, ServerBody, ServerShown, SignUpBody};
use crate::management::writing;

/// The server, and its settings.
#[expect(
    clippy::unused_async,
    reason = "operations are alike: whether one waits is no matter of its callers"
)]
pub async fn show(desk: &Desk, officer: &Officer) -> Result<Tagged<ServerShown>, Refusal> {
    officer.server(Power::Read)?;
    let catalogue = &desk.verifier.catalogue;
    let delivery = catalogue.delivery();
    let value = ServerShown {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        public_url: desk.public_url.clone(),
        store: desk.verifier.store().describe(),
        time: moment::show(desk.verifier.now()),
        sign_up: SignUpBody::of(catalogue.sign_up()),
        delivery: delivery.map(|stored| DeliveryShown::of(&stored.settings)),
    };
    // The time goes on, and is no setting.
    let settings = (&value.sign_up, &value.delivery);
    let tag = Tag::of(&settings, &[]);
    Ok(Tagged { value, tag })
}

/// Changes settings of the server (RFC 7396).
pub async fn change(
    desk: &Desk,
    officer: &Officer,
    (patch, if_match): (&Value, &IfMatch),
) -> Result<Tagged<ServerShown>, Refusal> {
    let describe = async || {
        officer.server(Power::Govern)?;
        if_match.check(&show(desk, officer).await?.tag)?;
        let sign_up = SignUpBody::of(desk.verifier.catalogue.sign_up());
        let wanted = members::patched(&ServerBody { sign_up }, patch)?;
        Ok(Blueprint {
            sign_up: Some(wanted.sign_up.wanted()),
            ..Blueprint::default()
        })
    };
    let written = writing::write(desk, officer, describe).await;
    written.map_err(of_sign_up)?;
    show(desk, officer).await
}

/// What was found about the settings of the sign-up, which are the only ones that are changed here: told by
/// their place in the body.
fn of_sign_up(refusal: Refusal) -> Refusal {
    let Refusal::Invalid(errors) = refusal else {
        return refusal;
    };
    let within = |error: FieldError| match error.pointer.as_str() {
        "/open" | "/trial_days" => {
            FieldError::new(format!("/sign_up{}", error.pointer), error.detail)
        }
        _ => error,
    };
    Refusal::Invalid(errors.into_iter().map(within).collect())
}

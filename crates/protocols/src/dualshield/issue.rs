//! Asking for something to be answered: a challenge, or a code that is sent to the user.

use challenge::delivery::Way;
use challenge::issuance::{Asked as Question, Wish};
use challenge::lifecycle::Purpose;
use serde_json::json;

use crate::dualshield::act::{Act, Outcome};
use crate::dualshield::transaction::Transaction;
use crate::dualshield::{token, user, view};

/// What `getChallengeCode` gives where nothing is said.
const CHALLENGE: [&str; 5] = ["id", "code", "starts", "expires", "reference"];

/// `getChallengeCode`: a challenge for one of the user's authenticators, of this client alone.
pub(super) async fn challenge(act: &Act<'_>) -> Outcome {
    let found = user::find(act.desk, act.caller, act.asked).await?;
    let named = token::Named::read(act.asked, &[])?;
    let transaction = Transaction::read(act.asked)?;
    let wish = Wish {
        context: act.context(),
        user: found.key(),
        policy: None,
        which: named.which(),
        purpose: Purpose::Respond,
        asked: transaction.question(),
        to_one: true,
    };
    let challenge = act.desk.verifier.issue(&wish).await?;
    let whole = view::challenge(&act.caller.tenant, found.needed()?, &challenge);
    Ok(Some(act.wanted.of(&whole, &CHALLENGE)))
}

/// `sendOTP`: a code on its way to the user.
pub(super) async fn code(act: &Act<'_>) -> Outcome {
    let found = user::find(act.desk, act.caller, act.asked).await?;
    let named = token::Named::read(act.asked, &["on_demand"])?;
    let wish = Wish {
        context: act.context(),
        user: found.key(),
        policy: None,
        which: named.which(),
        purpose: Purpose::Repeat,
        asked: Question::Drawn,
        to_one: true,
    };
    let sent = act.desk.verifier.send_code(&wish).await?;
    let whole = json!({
        "method": match sent.way {
            Way::Email => "EMAIL",
            Way::Sms => "SMS",
        },
        "to": sent.to_hint,
        "expires": view::moment(sent.challenge.answer_by),
    });
    Ok(Some(act.wanted.of(&whole, &[])))
}

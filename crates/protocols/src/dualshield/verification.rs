//! Having something verified: a response, a one-time password, a static password. What a phone approves is in
//! `phone`.

use challenge::answer::{Answer, Proof};
use challenge::password::PasswordAnswer;
use secrecy::SecretString;

use crate::dualshield::act::{Act, Outcome};
use crate::dualshield::asked::Conditions;
use crate::dualshield::refusal::Refused;
use crate::dualshield::user::Found;
use crate::dualshield::{phone, token, user, view};

/// `verifyResponse`: the response to a challenge.
pub(super) async fn response(act: &Act<'_>) -> Outcome {
    let credential = act.asked.conditions("credential")?;
    let found = user::find(act.desk, act.caller, act.asked).await?;
    let named = token::Named::read(act.asked, &[])?;
    let unverified_code = otp(&credential)?;
    let cc = credential.code("cc")?;
    let proof = Proof::ResponseTo {
        cc,
        unverified_code,
    };
    verified(act, &found, &named, proof).await
}

/// `verify` and `logon`: whatever the credential is. With `cc` it is the very call of [`response`].
pub(super) async fn any(act: &Act<'_>) -> Outcome {
    let credential = act.asked.conditions("credential")?;
    let method = credential.name("method")?.unwrap_or_default();
    let has_password = credential.password("password")?.is_some();
    let has_otp = credential.code("otp")?.is_some();
    match method.to_ascii_uppercase().as_str() {
        "OOBA" => phone::approval(act).await,
        "SPASS" => password(act).await,
        "" if has_password && has_otp => Err(Refused::Malformed(
            "credential: send otp or password, not both".to_owned(),
        )),
        "" if has_password => password(act).await,
        "" | "OTP" | "OTPOD" if credential.code("cc")?.is_some() => response(act).await,
        "" | "OTP" => one_time_password(act, &credential, &[]).await,
        "OTPOD" => one_time_password(act, &credential, &["on_demand"]).await,
        _ => Err(credential.misfit("method", "send OTP, OTPoD, SPASS or OOBA, or leave it out")),
    }
}

/// A one-time password, or a delivered code. Where all that is meant are grids and cards, it can only be
/// what was read off one.
async fn one_time_password(
    act: &Act<'_>,
    credential: &Conditions<'_>,
    kinds: &[&'static str],
) -> Outcome {
    let unverified_code = otp(credential)?;
    let found = user::find(act.desk, act.caller, act.asked).await?;
    let named = token::Named::read(act.asked, kinds)?;
    let proof = if named.means_what_is_read(found.record.as_deref()) {
        Proof::ResponseTo {
            cc: None,
            unverified_code,
        }
    } else {
        Proof::OneTimePassword(unverified_code)
    };
    verified(act, &found, &named, proof).await
}

async fn verified(act: &Act<'_>, found: &Found, named: &token::Named, proof: Proof<'_>) -> Outcome {
    let answer = Answer {
        context: act.context(),
        user: found.key(),
        policy: None,
        which: named.which(),
        proof,
        wants_token: false,
    };
    let accepted = act.desk.verifier.answer(&answer).await?;
    let whole = || view::verified(&act.caller.tenant, &accepted.user, accepted.authenticator);
    Ok(act.wanted.is_said().then(|| act.wanted.of(&whole(), &[])))
}

/// A static password (`SPASS`).
async fn password(act: &Act<'_>) -> Outcome {
    let credential = act.asked.conditions("credential")?;
    let unverified = credential.password("password")?;
    let unverified = unverified.ok_or_else(|| credential.misfit("password", "it is missing"))?;
    let found = user::find(act.desk, act.caller, act.asked).await?;
    let answer = PasswordAnswer {
        context: act.context(),
        user: found.key(),
        policy: None,
        unverified_password: &SecretString::from(unverified),
    };
    let verifier = &act.desk.verifier;
    let user = verifier.answer_password(&answer, act.hasher).await?;
    let whole = || view::of_user(&act.caller.tenant, &user);
    Ok(act.wanted.is_said().then(|| act.wanted.of(&whole(), &[])))
}

fn otp<'a>(credential: &Conditions<'a>) -> Result<&'a str, Refused> {
    let otp = credential.code("otp")?;
    otp.ok_or_else(|| credential.misfit("otp", "it is missing"))
}

//! How a user may sign in: one step, and the ways that the user has to take it.

use challenge::directory::UserRecord;
use challenge::password;
use challenge::standing::Standing;
use serde_json::{Value, json};

use crate::dualshield::act::{Act, Outcome};
use crate::dualshield::{asked, lists, user};

/// Steps that a caller may ask about.
const STEPS: std::ops::RangeInclusive<u64> = 1..=100;

/// The ways to sign in, by the vendor's codes.
const WAYS: [(&str, &str); 4] = [
    ("OTP", "One-Time Password"),
    ("OTPoD", "On-Demand Password"),
    ("SPASS", "Static Password"),
    ("OOBA", "Out of Band Authentication"),
];

/// The ways that one user has.
struct Ways {
    codes: Vec<&'static str>,
    /// Whether a challenge can be asked for.
    has_challenges: bool,
}

/// `listAuthenticators`: the ways to take a step. There is one step.
pub(super) async fn authenticators(act: &Act<'_>) -> Outcome {
    let step = asked::number(act.asked, "step", STEPS)?.unwrap_or(1);
    let ways = ways(act).await?;
    let codes = if step == 1 { ways.codes } else { Vec::new() };
    lists::rows(act, &told(&codes))
}

/// `getLogonSteps`: the one step, with the ways to take it.
pub(super) async fn steps(act: &Act<'_>) -> Outcome {
    let ways = ways(act).await?;
    let step = json!({
        "name": "step 1",
        // Spelled as the vendor spells it.
        "challengResponse": ways.has_challenges,
        "authenticators": told(&ways.codes),
    });
    lists::rows(act, &[step])
}

fn told(codes: &[&str]) -> Vec<Value> {
    let known = WAYS.iter().filter(|(code, _)| codes.contains(code));
    known
        .map(|(code, name)| json!({"code": code, "name": name}))
        .collect()
}

async fn ways(act: &Act<'_>) -> Result<Ways, crate::dualshield::refusal::Refused> {
    let found = user::find(act.desk, act.caller, act.asked).await?;
    let record = found.needed()?;
    let (tenant, user) = (&act.caller.tenant, &record.user);
    let standing = act
        .desk
        .verifier
        .store()
        .standing(tenant.tenant.id, user.id)
        .await?;
    let standing = standing.map(|row| row.value).unwrap_or_default();
    let kinds = kinds(record, &standing);
    let has = |wanted: &[&str]| kinds.iter().any(|kind| wanted.contains(kind));
    let has_challenges = has(&["ocra", "grid", "card"]);
    let mut codes = Vec::new();
    for (code, is_there) in [
        ("OTP", has_challenges || has(&["hotp", "totp"])),
        ("OTPoD", has(&["on_demand"])),
        (
            "SPASS",
            user.password_hash.is_some() && password::takes_passwords(&act.context()),
        ),
        (
            "OOBA",
            tenant.tenant.okay.is_some() && standing.approval.device.is_some(),
        ),
    ] {
        if is_there {
            codes.push(code);
        }
    }
    Ok(Ways {
        codes,
        has_challenges,
    })
}

/// The kinds of what the user may use.
fn kinds(record: &UserRecord, standing: &Standing) -> Vec<&'static str> {
    let all = record.authenticators.iter();
    let usable = all.filter(|one| standing.status(one).is_active());
    usable.map(|one| one.method.kind()).collect()
}

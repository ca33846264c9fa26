//! What there is: applications, domains, tokens, and their assignments to a user.

use challenge::refusal::Refusal;
use serde_json::{Value, json};

use crate::dualshield::act::{Act, Outcome};
use crate::dualshield::refusal::Refused;
use crate::dualshield::view::{self, View};
use crate::dualshield::{asked, phone, token, user};

/// Rows that may be asked for at a time.
const MAX: u64 = 1000;

/// `listApplications`: the calling one.
pub(super) fn applications(act: &Act<'_>) -> Outcome {
    user::check_domain(act.caller, act.asked)?;
    let client = &act.caller.client;
    rows(
        act,
        &[json!({"id": client.id.to_string(), "name": client.name})],
    )
}

/// `listDomains`: the calling application's.
pub(super) fn domains(act: &Act<'_>) -> Outcome {
    user::check_domain(act.caller, act.asked)?;
    user::check_application(act.caller, act.asked)?;
    rows(act, &[view::domain(&act.caller.tenant)])
}

/// What is told of each token.
#[derive(Clone, Copy)]
enum Told {
    Token,
    Assignment,
}

/// `listTokens`: the user's, those that were taken away for good included.
pub(super) async fn tokens(act: &Act<'_>) -> Outcome {
    of_user(act, Told::Token).await
}

/// `listTokenAssignments`: the same tokens as the user has them.
pub(super) async fn assignments(act: &Act<'_>) -> Outcome {
    of_user(act, Told::Assignment).await
}

async fn of_user(act: &Act<'_>, told: Told) -> Outcome {
    let named = token::Named::read(act.asked, &[])?;
    let found = user::find(act.desk, act.caller, act.asked).await?;
    let record = found.needed()?;
    let (verifier, tenant) = (&act.desk.verifier, &act.caller.tenant);
    let standing = verifier
        .store()
        .standing(tenant.tenant.id, record.user.id)
        .await?;
    // A user who was removed a moment ago has no standing any more.
    let standing = standing.ok_or(Refused::Domain(Refusal::NotFound("user")))?;
    let view = View {
        tenant,
        client: &act.caller.client,
        record,
        standing: &standing.value,
        now: verifier.now(),
    };
    let meant = named.meant(record);
    let of_token = |one| match told {
        Told::Token => Some(view.token(one)),
        Told::Assignment => view.assignment(one),
    };
    let mut all: Vec<_> = meant.into_iter().filter_map(of_token).collect();
    let phone = phone::linked(act, record).await?;
    let phone = phone.filter(|phone| named.may_be_phone(phone));
    all.extend(phone.map(|phone| match told {
        Told::Token => view.phone(&phone),
        Told::Assignment => view.phone_assignment(&phone),
    }));
    rows(act, &all)
}

/// A list: how many there are, and the wanted members of those of the wanted page.
pub(super) fn rows(act: &Act<'_>, all: &[Value]) -> Outcome {
    let max = asked::number(act.asked, "max", 0..=MAX)?.unwrap_or(MAX);
    let offset = asked::number(act.asked, "offset", 0..=u64::from(u32::MAX))?.unwrap_or(0);
    let page = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let total = all.len();
    let rows: Vec<_> = all
        .iter()
        .skip(page(offset))
        .take(page(max))
        .map(|whole| act.wanted.of(whole, &[]))
        .collect();
    Ok(Some(json!({"total": total, "rows": rows})))
}

//! Administrators: listed, invited, shown, changed, removed, and given links to sign in by.

use challenge::directory::User;
use challenge::id::Id;
use challenge::officers::{
    Administrator, AdministratorChange, Denied, NewAdministrator, Officer, Power, Reach,
};
use challenge::ports::Versioned;
use serde_json::Value;

use crate::desk::Desk;
use crate::management::acts::tokens::reach;
use crate::management::members;
use crate::management::paging::{Page, Paging, closed};
use crate::management::precondition::{IfMatch, Tag, Tagged};
use crate::management::refusal::Refusal;
use crate::management::shapes::officers::{
    LinkBody, LinkShown, OfficerBody, OfficerPowers, OfficerShown,
};
use crate::management::writing::ATTEMPTS;

/// The administrators within reach, in the order of their ids.
pub async fn list(
    desk: &Desk,
    officer: &Officer,
    paging: &Paging,
) -> Result<Page<OfficerShown>, Refusal> {
    let after = paging.after.as_deref().map(str::parse).transpose();
    let wrong = |_| Refusal::Malformed("after: send what `next` of the page before was".to_owned());
    let after = after.map_err(wrong)?;
    let limit = paging.limit.saturating_add(1);
    let mut found = desk.verifier.administrators(officer, after, limit).await?;
    let is_cut = found.len() > paging.limit();
    found.truncate(paging.limit());
    let last = found.last().filter(|_| is_cut);
    let next = last.map(|last| closed(&last.id.to_string()));
    let items = found.iter().map(|one| shown(desk, one)).collect();
    Ok(Page { items, next })
}

/// An administrator within reach.
pub async fn show(
    desk: &Desk,
    officer: &Officer,
    id: &str,
) -> Result<Tagged<OfficerShown>, Refusal> {
    let one = desk.verifier.administrator(officer, number(id)?).await?;
    Ok(tagged(shown(desk, &one.value)))
}

/// Invites an administrator, who may no more than whoever invites. The link is told in the answer.
pub async fn create(
    desk: &Desk,
    officer: &Officer,
    body: &OfficerBody,
) -> Result<OfficerShown, Refusal> {
    let wish = NewAdministrator {
        login_name: body.login_name.clone(),
        display_name: body.display_name.clone(),
        email: body.email.clone(),
        role: body.role,
        reach: reach(desk, officer, body.tenant.as_deref())?,
    };
    let (one, link) = desk.verifier.make_administrator(officer, wish).await?;
    Ok(OfficerShown {
        link: Some(LinkShown::of(&link, &desk.public_url)),
        ..shown(desk, &one)
    })
}

/// Changes what an administrator may do (RFC 7396).
pub async fn change(
    desk: &Desk,
    officer: &Officer,
    id: &str,
    (patch, if_match): (&Value, &IfMatch),
) -> Result<Tagged<OfficerShown>, Refusal> {
    let id = number(id)?;
    for _ in 0..ATTEMPTS {
        let Versioned {
            version,
            value: one,
        } = desk.verifier.administrator(officer, id).await?;
        officer.may(Power::Govern)?;
        if_match.check(&tagged(shown(desk, &one)).tag)?;
        let before = OfficerPowers::of(&one, &desk.verifier.catalogue);
        let wanted = members::patched(&before, patch)?;
        let reach = match wanted.tenant {
            None => Reach::Server,
            Some(name) if Some(&name) == before.tenant.as_ref() => one.reach,
            Some(name) => reach(desk, officer, Some(&name))?,
        };
        let change = AdministratorChange {
            role: (wanted.role != one.role).then_some(wanted.role),
            reach: (reach != one.reach).then_some(reach),
        };
        let read = (id, Some(version));
        match desk
            .verifier
            .change_administrator(officer, read, change)
            .await
        {
            // Perhaps nothing that is shown: they signed in.
            Err(Denied::Changed) => {}
            changed => return Ok(tagged(shown(desk, &changed?))),
        }
    }
    Err(Refusal::Unavailable(format!("{ATTEMPTS} lost races")))
}

/// Removes an administrator within reach, whose sessions, links and tokens end.
pub async fn remove(
    desk: &Desk,
    officer: &Officer,
    id: &str,
    if_match: &IfMatch,
) -> Result<(), Refusal> {
    let id = number(id)?;
    for _ in 0..ATTEMPTS {
        let Versioned {
            version,
            value: one,
        } = desk.verifier.administrator(officer, id).await?;
        if_match.check(&tagged(shown(desk, &one)).tag)?;
        let read = (id, Some(version));
        match desk.verifier.remove_administrator(officer, read).await {
            Err(Denied::Changed) => {}
            removed => return Ok(removed?),
        }
    }
    Err(Refusal::Unavailable(format!("{ATTEMPTS} lost races")))
}

/// Makes a link by which an administrator signs in and chooses a new password.
pub async fn link(
    desk: &Desk,
    officer: &Officer,
    id: &str,
    body: &LinkBody,
) -> Result<LinkShown, Refusal> {
    let made = desk
        .verifier
        .make_link(officer, number(id)?, body.forget_factor);
    Ok(LinkShown::of(&made.await?, &desk.public_url))
}

fn shown(desk: &Desk, one: &Administrator) -> OfficerShown {
    OfficerShown::of(one, &desk.verifier.catalogue)
}

fn tagged(shown: OfficerShown) -> Tagged<OfficerShown> {
    let tag = Tag::of(&shown, &[]);
    Tagged { value: shown, tag }
}

fn number(text: &str) -> Result<Id<User>, Refusal> {
    text.parse().map_err(|_| Refusal::unknown("officer"))
}

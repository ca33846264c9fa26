//! Bearer tokens of the management API: listed, shown, made, revoked.

use challenge::id::Id;
use challenge::officers::{NewToken, Officer, Power, Reach, Token};

use crate::desk::Desk;
use crate::management::paging::{Page, Paging, closed};
use crate::management::precondition::{IfMatch, Tag, Tagged};
use crate::management::refusal::Refusal;
use crate::management::shapes::tokens::{TokenBody, TokenShown};

/// The tokens within reach, ended ones of the last 30 days included, in the order of their ids.
pub async fn list(
    desk: &Desk,
    officer: &Officer,
    paging: &Paging,
) -> Result<Page<TokenShown>, Refusal> {
    let after = paging.after.as_deref().map(place).transpose()?;
    let limit = paging.limit.saturating_add(1);
    let mut found = desk.verifier.tokens(officer, after, limit).await?;
    let is_cut = found.len() > paging.limit();
    found.truncate(paging.limit());
    let last = found.last().filter(|_| is_cut);
    let next = last.map(|last| closed(&last.id.to_string()));
    let items = found.iter().map(|token| shown(desk, token)).collect();
    Ok(Page { items, next })
}

/// A token within reach.
pub async fn show(desk: &Desk, officer: &Officer, id: &str) -> Result<Tagged<TokenShown>, Refusal> {
    let token = desk.verifier.token(officer, number(id)?).await?;
    Ok(tagged(shown(desk, &token)))
}

/// Makes a token, which may no more than whoever makes it. Its text is told once, in the answer.
pub async fn create(
    desk: &Desk,
    officer: &Officer,
    body: &TokenBody,
) -> Result<TokenShown, Refusal> {
    let reach = reach(desk, officer, body.tenant.as_deref())?;
    let wish = NewToken {
        name: body.name.clone(),
        role: body.role,
        reach,
        days: body.days,
    };
    let made = desk.verifier.make_token(officer, wish).await?;
    Ok(TokenShown {
        token: Some(made.text.into()),
        ..shown(desk, &made.token)
    })
}

/// Revokes a token within reach, for good.
pub async fn revoke(
    desk: &Desk,
    officer: &Officer,
    id: &str,
    if_match: &IfMatch,
) -> Result<(), Refusal> {
    let id = number(id)?;
    let token = desk.verifier.token(officer, id).await?;
    if_match.check(&tagged(shown(desk, &token)).tag)?;
    desk.verifier.revoke_token(officer, id).await?;
    Ok(())
}

/// How far somebody is to reach: over the one tenant that is named, or as far as the officer does.
pub(super) fn reach(
    desk: &Desk,
    officer: &Officer,
    tenant: Option<&str>,
) -> Result<Reach, Refusal> {
    officer.may(Power::Govern)?;
    let Some(name) = tenant else {
        return Ok(officer.reach);
    };
    let view = officer.tenant(&desk.verifier.catalogue, name, Power::Govern);
    let view = view.map_err(|_| Refusal::invalid("/tenant", "there is no such tenant"))?;
    Ok(Reach::Tenant(view.tenant.id))
}

fn shown(desk: &Desk, token: &Token) -> TokenShown {
    TokenShown::of(token, &desk.verifier.catalogue, desk.verifier.now())
}

fn tagged(shown: TokenShown) -> Tagged<TokenShown> {
    let tag = Tag::of(&shown, &[]);
    Tagged { value: shown, tag }
}

fn number(text: &str) -> Result<Id<Token>, Refusal> {
    text.parse().map_err(|_| Refusal::unknown("token"))
}

fn place<Of>(cursor: &str) -> Result<Id<Of>, Refusal> {
    let wrong = |_| Refusal::Malformed("after: send what `next` of the page before was".to_owned());
    cursor.parse().map_err(wrong)
}

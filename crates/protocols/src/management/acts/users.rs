//! A tenant's users: searched, shown, made, changed, locked, unlocked, counted anew, erased.
//!
//! A user is never removed: what was spent must stay known. What is known of the person can be erased.

use std::sync::Arc;

use challenge::directory::provision::{Removed, TenantBlueprint};
use challenge::directory::{Authenticator, TenantView, User, UserKey};
use challenge::id::Id;
use challenge::officers::{Officer, Power};
use challenge::password;
use challenge::standing::Standing;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::desk::Desk;
use crate::management::acts::{described, taken, without};
use crate::management::members;
use crate::management::paging::{Page, Paging, closed};
use crate::management::precondition::{IfMatch, Tagged};
use crate::management::refusal::Refusal;
use crate::management::shapes::users::{Person, StandingShown, UserBody, UserShown};
use crate::management::writing;

/// How often the next few locked users are read for one page: most that were locked once are not now.
const LOCKED_READS: u32 = 10;

/// Which users are looked for. All that is said must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whose login name is this.
    pub login_name: Option<String>,
    /// Whose external id is this.
    pub external_id: Option<String>,
    /// Whose login name begins so.
    pub q: Option<String>,
    /// Whether they are locked, by an officer or under a policy; nothing: either.
    pub locked: Option<bool>,
}

/// A user, read with all that is shown of it.
pub(in crate::management) struct Found {
    pub(in crate::management) view: Arc<TenantView>,
    pub(in crate::management) user: User,
    pub(in crate::management) authenticators: Vec<Authenticator>,
    pub(in crate::management) standing: Standing,
}

impl Found {
    pub(in crate::management) fn person(&self) -> Person<'_> {
        Person {
            view: &self.view,
            user: &self.user,
            authenticators: &self.authenticators,
            standing: &self.standing,
        }
    }

    fn shown(&self, desk: &Desk) -> Tagged<UserShown> {
        UserShown::of(&self.person(), desk.verifier.now())
    }

    fn is_locked(&self, desk: &Desk) -> bool {
        let locked_policies = self.person().locked_policies(desk.verifier.now());
        self.standing.locked || !locked_policies.is_empty()
    }

    fn fits(&self, desk: &Desk, wanted: &Wanted) -> bool {
        let user = &self.user;
        let is = |wanted: &Option<String>, has: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| has == Some(wanted))
        };
        let begins = |q: &String| user.login_name.starts_with(q.as_str());
        is(&wanted.login_name, Some(&user.login_name))
            && is(&wanted.external_id, user.external_id.as_deref())
            && wanted.q.as_ref().is_none_or(begins)
            && wanted
                .locked
                .is_none_or(|locked| self.is_locked(desk) == locked)
    }
}

/// The users of a tenant within reach that fit, by login name; locked ones in no order of names.
///
/// No search reads more of a tenant than a page or two, so that a page can have fewer users than were
/// asked for, and a next one all the same.
pub async fn list(
    desk: &Desk,
    officer: &Officer,
    tenant: &str,
    (wanted, paging): (&Wanted, &Paging),
) -> Result<Page<UserShown>, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Read)?;
    let exactly = match (&wanted.login_name, &wanted.external_id) {
        (Some(name), _) => Some(UserKey::LoginName(name)),
        (None, Some(name)) => Some(UserKey::ExternalId(name)),
        (None, None) => None,
    };
    let (found, next) = match exactly {
        Some(key) => {
            let found = desk.verifier.store().user(view.tenant.id, key).await?;
            (found.into_iter().collect(), None)
        }
        None if wanted.locked == Some(true) => {
            return locked(desk, &view, wanted, paging).await;
        }
        None => by_name(desk, &view, wanted, paging).await?,
    };
    let mut items = Vec::new();
    for (user, authenticators) in found {
        let found = with_standing(desk, &view, user, authenticators).await?;
        if found.fits(desk, wanted) {
            items.push(found.shown(desk).value);
        }
    }
    Ok(Page { items, next })
}

type Read = (Vec<(User, Vec<Authenticator>)>, Option<String>);

/// A page of the users whose login names begin as wanted. A cursor is the first name of the page.
async fn by_name(
    desk: &Desk,
    view: &TenantView,
    wanted: &Wanted,
    paging: &Paging,
) -> Result<Read, Refusal> {
    let prefix = wanted.q.as_deref().unwrap_or_default();
    let from = paging.after.as_deref().unwrap_or(prefix);
    let store = desk.verifier.store();
    let mut found = store
        .users_from(view.tenant.id, from, paging.limit.saturating_add(1))
        .await?;
    found.retain(|(user, _)| user.login_name.starts_with(prefix));
    let next = found
        .get(paging.limit())
        .map(|(user, _)| closed(&user.login_name));
    found.truncate(paging.limit());
    Ok((found, next))
}

/// A page of those who are locked, found by how many of their answers were wrong. A cursor is where
/// the page before ended, in the order of the search.
async fn locked(
    desk: &Desk,
    view: &Arc<TenantView>,
    wanted: &Wanted,
    paging: &Paging,
) -> Result<Page<UserShown>, Refusal> {
    let limits = view.policies().map(|policy| policy.limits.max_failures);
    let failures = limits.min().unwrap_or(Standing::LOCKED);
    let mut after = paging.after.as_deref().map(place).transpose()?;
    let mut items = Vec::new();
    for _ in 0..LOCKED_READS {
        let read =
            desk.verifier
                .store()
                .failing_users(view.tenant.id, failures, (after, paging.limit));
        let read = read.await?;
        let is_last = read.len() < paging.limit();
        for one in read {
            after = Some((one.failures, one.user.id));
            let found = with_standing(desk, view, one.user, one.authenticators).await?;
            if found.fits(desk, wanted) {
                items.push(found.shown(desk).value);
            }
            if items.len() == paging.limit() {
                let next = after.map(|(failures, id)| closed(&format!("{failures} {id}")));
                return Ok(Page { items, next });
            }
        }
        if is_last {
            return Ok(Page { items, next: None });
        }
    }
    let next = after.map(|(failures, id)| closed(&format!("{failures} {id}")));
    Ok(Page { items, next })
}

fn place(cursor: &str) -> Result<(u32, Id<User>), Refusal> {
    let parsed = cursor.split_once(' ').and_then(|(failures, id)| {
        let failures = failures.parse().ok()?;
        Some((failures, id.parse().ok()?))
    });
    parsed.ok_or_else(|| {
        Refusal::Malformed("after: send what `next` of the page before was".to_owned())
    })
}

/// A user.
pub async fn show(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
) -> Result<Tagged<UserShown>, Refusal> {
    let found = found(desk, officer, named, Power::Read).await?;
    Ok(found.shown(desk))
}

/// How a user stands.
pub async fn standing(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
) -> Result<StandingShown, Refusal> {
    let found = found(desk, officer, named, Power::Look).await?;
    Ok(StandingShown::of(&found.person(), desk.verifier.now()))
}

/// Makes a user.
pub async fn create(
    desk: &Desk,
    officer: &Officer,
    tenant: &str,
    body: &UserBody,
) -> Result<UserShown, Refusal> {
    check_password(body)?;
    let key = UserKey::LoginName(&body.login_name);
    let describe = async || {
        let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Tend)?;
        let present = desk.verifier.store().user(view.tenant.id, key).await?;
        if present.is_some() {
            return Err(taken("/login_name", "user", &body.login_name));
        }
        Ok(described(TenantBlueprint {
            users: vec![body.blueprint()],
            ..TenantBlueprint::as_it_is(&view.tenant)
        }))
    };
    let plan = writing::write(desk, officer, describe).await?;
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Read)?;
    let made = desk.verifier.store().user(view.tenant.id, key).await?;
    let (user, authenticators) = made.ok_or_else(|| Refusal::unknown("user"))?;
    let made = with_standing(desk, &view, user, authenticators).await?;
    let mut shown = made.shown(desk).value;
    shown.warnings = writing::warnings(&plan);
    Ok(shown)
}

/// Changes a user (RFC 7396). A password of null takes it away.
pub async fn change(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
    (patch, if_match): (&Value, &IfMatch),
) -> Result<Tagged<UserShown>, Refusal> {
    let describe = async || {
        let found = found(desk, officer, named, Power::Tend).await?;
        if_match.check(&found.shown(desk).tag)?;
        let (user, tenant) = (&found.user, &found.view.tenant);
        let body = members::patched(&UserBody::of(user), patch)?;
        check_password(&body)?;
        members::keep_name("/login_name", &user.login_name, &body.login_name)?;
        let mut wanted = described(TenantBlueprint {
            users: vec![body.blueprint()],
            ..TenantBlueprint::as_it_is(tenant)
        });
        let drops = patch.get("password").is_some_and(Value::is_null);
        if drops && user.password_hash.is_some() {
            let dropped = Removed::Password(user.login_name.clone());
            wanted.removed = without(&tenant.name, dropped).removed;
        }
        Ok(wanted)
    };
    let plan = writing::write(desk, officer, describe).await?;
    let mut shown = show(desk, officer, named).await?;
    shown.value.warnings = writing::warnings(&plan);
    Ok(shown)
}

/// Locks a user under every policy until unlocked.
pub async fn lock(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
) -> Result<Tagged<UserShown>, Refusal> {
    let found = found(desk, officer, named, Power::Tend).await?;
    desk.verifier
        .lock_user(&officer.actor(), &found.user)
        .await?;
    show(desk, officer, named).await
}

/// Unlocks a user; all counts begin anew.
pub async fn unlock(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
) -> Result<Tagged<UserShown>, Refusal> {
    let found = found(desk, officer, named, Power::Tend).await?;
    desk.verifier
        .unlock_user(&officer.actor(), &found.user)
        .await?;
    show(desk, officer, named).await
}

/// Resets the counts of a user under one policy; an officer's lock stays.
pub async fn reset(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
    policy: &str,
) -> Result<Tagged<UserShown>, Refusal> {
    let found = found(desk, officer, named, Power::Tend).await?;
    if found.view.policy(policy).is_none() {
        return Err(Refusal::invalid("/policy", "the tenant has no such policy"));
    }
    let actor = officer.actor();
    desk.verifier.reset(&actor, &found.user, policy).await?;
    show(desk, officer, named).await
}

/// Erases the personal data of a user for good: the user is locked, the authenticators are revoked, the
/// phone is unlinked, and soon after the audit log tells what happened without names, addresses and texts.
pub async fn erase(
    desk: &Desk,
    officer: &Officer,
    named: (&str, &str),
) -> Result<Tagged<UserShown>, Refusal> {
    let found = found(desk, officer, named, Power::Shape).await?;
    let person = (&found.user, found.authenticators.as_slice());
    desk.verifier
        .erase_user(&officer.actor(), &found.view, person)
        .await?;
    show(desk, officer, named).await
}

/// A user of a tenant within reach, by the id in decimals; another tenant's is as unknown as none.
pub(in crate::management) async fn found(
    desk: &Desk,
    officer: &Officer,
    (tenant, user): (&str, &str),
    power: Power,
) -> Result<Found, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, power)?;
    let unknown = || Refusal::unknown("user");
    let id: Id<User> = user.parse().map_err(|_| unknown())?;
    let found = desk
        .verifier
        .store()
        .user(view.tenant.id, UserKey::Id(id))
        .await?;
    let (user, authenticators) = found.ok_or_else(unknown)?;
    with_standing(desk, &view, user, authenticators).await
}

/// A user with how it stands.
pub(in crate::management) async fn with_standing(
    desk: &Desk,
    view: &Arc<TenantView>,
    user: User,
    authenticators: Vec<Authenticator>,
) -> Result<Found, Refusal> {
    let standing = desk.verifier.store().standing(user.tenant, user.id).await?;
    Ok(Found {
        view: Arc::clone(view),
        user,
        authenticators,
        standing: standing.map(|row| row.value).unwrap_or_default(),
    })
}

/// What is longer than protocols take could never be given.
fn check_password(body: &UserBody) -> Result<(), Refusal> {
    let length = body
        .password
        .as_ref()
        .map(|password| password.expose_secret().len());
    if length.is_some_and(|length| length > password::LENGTH_MAX) {
        let most = password::LENGTH_MAX;
        let detail = format!("it is too long; {most} bytes are allowed");
        return Err(Refusal::invalid("/password", detail));
    }
    Ok(())
}

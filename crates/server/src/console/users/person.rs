//! A user's page: who it is, everything they hold, what was counted, and what happened to them.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use challenge::clock::Timestamp;
use challenge::officers::Power;
use protocols::management::acts;
use protocols::management::paging::{LIMIT_MAX, Paging};
use protocols::management::shapes::authenticators::AuthenticatorShown;
use protocols::management::shapes::moving::DeviceShown;
use protocols::management::shapes::users::{MovementShown, StandingShown, UserShown};

use super::{kinds, paths};
use crate::console::events::Events;
use crate::console::form::Form;
use crate::console::moment::Moment;
use crate::console::page::Page;
use crate::console::pager::Pager;
use crate::console::place::TenantPlace;
use crate::console::shared::Console;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;

/// Events on a page of the time line.
const EVENTS: u32 = 25;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/tenants/{name}/users/{id}", get(show))
}

#[derive(Template)]
#[template(path = "console/users/person.html")]
struct PersonPage {
    page: Page,
    tenant: String,
    path: String,
    user: UserShown,
    standing: StandingShown,
    authenticators: Vec<AuthenticatorShown>,
    phones: Vec<DeviceShown>,
    events: Events,
    pager: Pager,
    may_tend: bool,
    /// Whether the tenant asks phones.
    asks_phones: bool,
}

impl PersonPage {
    fn path_of(&self, one: &AuthenticatorShown) -> String {
        paths::authenticator(&self.tenant, &one.serial)
    }

    fn kind(&self, one: &AuthenticatorShown) -> &'static str {
        kind_word(&self.page, &one.kind)
    }

    fn state(&self, one: &AuthenticatorShown) -> (&'static str, &'static str) {
        let (key, colour) = kinds::status(one.status);
        (self.page.t(key), colour)
    }

    /// What has to be done before all of it is taken again.
    fn lost(&self, one: &AuthenticatorShown) -> Option<&'static str> {
        kinds::lost(one).map(|(mark, _)| self.page.t(mark))
    }

    fn movement(&self, one: &AuthenticatorShown) -> Option<&MovementShown> {
        self.standing.authenticators.get(&one.serial)
    }

    fn last_used(&self, one: &AuthenticatorShown) -> Option<Moment> {
        last_used(one, self.movement(one)?)
    }

    fn counter(&self, one: &AuthenticatorShown) -> Option<u64> {
        next_counter(one, self.movement(one)?)
    }
}

/// What a kind is called.
pub(super) fn kind_word(page: &Page, kind: &str) -> &'static str {
    kinds::named(kind).map_or("?", |kind| page.t(kinds::keys(kind).0))
}

/// When a code was last taken, where the codes go by the time: the beginning of its time step.
pub(super) fn last_used(one: &AuthenticatorShown, movement: &MovementShown) -> Option<Moment> {
    let step = movement.last_step?;
    let (period_s, t0) = (u64::from(one.period_s?), one.t0?);
    let second = step.checked_mul(period_s)?.checked_add(t0)?;
    let second = i64::try_from(second).ok()?;
    Some(Moment::of(Timestamp::from_unix_s(second)))
}

/// The next counter, where the codes go by one.
pub(super) fn next_counter(one: &AuthenticatorShown, movement: &MovementShown) -> Option<u64> {
    let counts = |suite: &Option<String>| {
        let suite = suite.as_deref().unwrap_or_default();
        // The data input begins with C where a suite has a counter (RFC 6287, section 6.3).
        suite
            .rsplit(':')
            .next()
            .is_some_and(|input| input.starts_with("C-"))
    };
    (one.kind == "hotp" || counts(&one.suite)).then_some(movement.next_counter)
}

async fn show(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let (officer, desk) = (visit.officer()?, &*console.desk);
    let named = (name.as_str(), id.as_str());
    let user = acts::users::show(desk, officer, named).await?.value;
    let all = Paging {
        limit: LIMIT_MAX,
        after: None,
    };
    let authenticators = acts::authenticators::list(desk, officer, named, &all).await?;
    let standing = acts::users::standing(desk, officer, named).await?;
    let phones = acts::devices::of_user(desk, officer, named, &Paging::default()).await?;
    let after = form.given("after");
    let part = Paging {
        limit: EVENTS,
        ..Paging::after(after)?
    };
    let events = acts::audit::timeline(desk, officer, named, &part).await?;
    let path = paths::user(&name, &id);
    let next = events.next.as_deref();
    let view = officer.tenant(&desk.verifier.catalogue, &name, Power::Read)?;
    Ok(visit.show(&PersonPage {
        page: visit.tenant_page(&name, TenantPlace::Users),
        pager: Pager::new(visit.words, &path, &[], after, next).at("#timeline"),
        events: Events::of_user(visit.words, events.items, next.is_some()),
        authenticators: authenticators.items,
        phones: phones.items,
        may_tend: officer.may(Power::Tend).is_ok(),
        asks_phones: view.tenant.okay.is_some(),
        tenant: name,
        standing,
        path,
        user,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: &str, suite: Option<&str>) -> AuthenticatorShown {
        let json = serde_json::json!({
            "serial": "1", "kind": kind, "status": "active", "user": "1", "login_name": "u",
            "device_id": "1", "product": null, "policies": [], "has_pin": false, "suite": suite,
            "signature_suite": null, "digits": 6, "algorithm": "SHA1", "look_ahead": null,
            "period_s": 30, "t0": 60, "counter_window": null, "time_window": null,
            "grid_mode": null, "grid_wraps": null, "counter_is_lost": false,
            "signature_counter_is_lost": false, "texts_are_lost": false,
        });
        serde_json::from_value(json).unwrap()
    }

    fn moved(last_step: Option<u64>) -> MovementShown {
        let json = serde_json::json!({
            "status": "active", "next_counter": 7, "next_signature_counter": 0,
            "last_step": last_step, "drift_steps": 0, "awaits_second_code": false,
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_time_step_tells_when_it_was_and_a_counter_stands_where_there_is_one() {
        let at = |step| last_used(&shown("totp", None), &moved(Some(step)));
        let expected = Moment::of(Timestamp::from_unix_s(1_800_000_000));
        assert_eq!(at(59_999_998), Some(expected));
        assert_eq!(at(u64::MAX), None);
        assert_eq!(last_used(&shown("totp", None), &moved(None)), None);
        let counter = |kind, suite| next_counter(&shown(kind, suite), &moved(None));
        assert_eq!(counter("hotp", None), Some(7));
        assert_eq!(counter("totp", None), None);
        assert_eq!(counter("ocra", Some("OCRA-1:HOTP-SHA1-8:C-QN08")), Some(7));
        assert_eq!(counter("ocra", Some("OCRA-1:HOTP-SHA1-8:QN08")), None);
    }
}

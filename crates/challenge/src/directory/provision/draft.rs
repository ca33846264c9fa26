//! A plan in the making: rows to be written, what changes by them, and what was found wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use super::findings::{At, Findings};
use super::provisioner::{Generated, Options, Provisioner};
use crate::audit::{Detail, Event, EventKind, Outcome};
use crate::directory::{Tenant, User};
use crate::id::{Id, TimedId};
use crate::policy::Policy;
use crate::ports::Provision;

/// Lines of a tenant's event; a longer list is cut, so that an event stays readable.
const EVENT_LINES_MAX: usize = 100;

pub(super) struct Draft<'a> {
    pub(super) context: &'a Provisioner<'a>,
    pub(super) options: Options<'a>,
    pub(super) found: Findings,
    pub(super) provision: Provision,
    pub(super) changes: Vec<String>,
    pub(super) generated: Vec<Generated>,
    lines: BTreeMap<Id<Tenant>, Vec<String>>,
    /// What new rows are to have as ids; where it is used up, they are drawn.
    pub(super) numbers: Range<i64>,
}

/// The tenant that rows are being planned for.
pub(super) struct Within {
    pub(super) tenant: Id<Tenant>,
    pub(super) name: String,
    /// Whether the tenant is there already: a new one has nobody in it.
    pub(super) exists: bool,
    pub(super) at: At,
    /// The policies it will have, those of the blueprint first.
    pub(super) policies: Vec<Policy>,
}

impl Within {
    /// The policy with this code.
    pub(super) fn policy(&self, code: &str) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.code == code)
    }

    /// The codes of the policies, for messages.
    pub(super) fn policy_codes(&self) -> String {
        let codes: Vec<_> = self
            .policies
            .iter()
            .map(|policy| policy.code.as_str())
            .collect();
        if codes.is_empty() {
            "no policies".to_owned()
        } else {
            codes.join(", ")
        }
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(context: &'a Provisioner<'a>, options: Options<'a>) -> Self {
        Self {
            context,
            options,
            found: Findings::default(),
            provision: Provision::default(),
            changes: Vec::new(),
            generated: Vec::new(),
            lines: BTreeMap::new(),
            numbers: 0..0,
        }
    }

    /// The next number that was set aside, or one that is drawn.
    pub(super) fn new_id<Of>(&mut self) -> Id<Of> {
        let set_aside = self.numbers.next().and_then(Id::from_number);
        set_aside.unwrap_or_else(|| Id::random(self.context.rng))
    }

    /// Keeps a change, for people and for the tenant's event.
    pub(super) fn changed(&mut self, tenant: Id<Tenant>, at: &At, what: impl std::fmt::Display) {
        let line = format!("{at}: {what}");
        self.lines.entry(tenant).or_default().push(line.clone());
        self.changes.push(line);
    }

    /// The user whom everything is about that was changed of a tenant; nothing where it is about more.
    fn about(&self, tenant: Id<Tenant>) -> Option<Id<User>> {
        let Provision {
            tenants,
            clients,
            policies,
            sites,
            users,
            authenticators,
            ..
        } = &self.provision;
        let is_more = tenants.iter().any(|one| one.id == tenant)
            || clients.iter().any(|one| one.tenant == tenant)
            || policies.iter().any(|one| one.tenant == tenant)
            || sites.iter().any(|one| one.tenant == tenant);
        let users = users.iter().map(|one| (one.tenant, one.id));
        let holders = authenticators.iter().map(|one| (one.tenant, one.user));
        let mut touched = users.chain(holders).filter(|(of, _)| *of == tenant);
        let (_, first) = touched.next().filter(|_| !is_more)?;
        touched.all(|(_, id)| id == first).then_some(first)
    }

    /// Adds one event a tenant that was touched.
    pub(super) fn tell(&mut self) {
        let now = self.context.clock.now();
        let actor = self.options.actor;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        for (tenant, lines) in &self.lines {
            let user = self.about(*tenant);
            let told = lines.iter().take(EVENT_LINES_MAX);
            let mut fields: Vec<_> = told
                .map(|line| ("change".to_owned(), line.clone()))
                .collect();
            if let Some(left @ 1..) = lines.len().checked_sub(EVENT_LINES_MAX) {
                fields.push(("further changes".to_owned(), left.to_string()));
            }
            self.provision.events.push(Event {
                id: TimedId::random(now, self.context.rng),
                at: now,
                // Nobody looks for the events of a tenant that is not there: its end is the server's.
                tenant: if self.provision.removed_tenants.contains(tenant) {
                    Id::SERVER
                } else {
                    *tenant
                },
                kind: EventKind::Provision,
                outcome: Outcome::Done,
                user,
                detail: Detail {
                    fields,
                    door: actor.map(|actor| actor.door),
                    client: owned(actor.map(|actor| actor.name)),
                    address: owned(actor.and_then(|actor| actor.address)),
                    correlation: owned(actor.and_then(|actor| actor.correlation)),
                    ..Detail::default()
                },
            });
        }
    }
}

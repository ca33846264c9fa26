//! Planning policies.

use super::blueprint::PolicyBlueprint;
use super::draft::Draft;
use super::findings::At;
use super::{differences, names};
use crate::directory::Tenant;
use crate::id::Id;
use crate::policy::{Limits, Policy};
use crate::transaction::FIELDS_MAX;

impl Draft<'_> {
    /// The policies the tenant will have: those described, in their order, then those that stay.
    pub(super) fn plan_policies(
        &mut self,
        (tenant, at): (Id<Tenant>, &At),
        blueprints: &[PolicyBlueprint],
        present: &[Policy],
    ) -> Vec<Policy> {
        self.check_repeats(
            at,
            "policy",
            blueprints.iter().map(|policy| policy.code.as_str()),
        );
        let mut all = Vec::new();
        for blueprint in blueprints {
            let present = present.iter().find(|policy| policy.code == blueprint.code);
            all.push(self.plan_policy((tenant, at), blueprint, present));
        }
        let mut others: Vec<_> = present
            .iter()
            .filter(|policy| {
                blueprints
                    .iter()
                    .all(|blueprint| blueprint.code != policy.code)
            })
            .collect();
        others.sort_by(|left, right| left.code.cmp(&right.code));
        for policy in others {
            if self.options.prune {
                self.provision.removed_policies.push((tenant, policy.id));
                self.changed(tenant, &at.within("policy", &policy.code), "removed");
            } else {
                all.push(policy.clone());
            }
        }
        all
    }

    fn plan_policy(
        &mut self,
        (tenant, at): (Id<Tenant>, &At),
        blueprint: &PolicyBlueprint,
        present: Option<&Policy>,
    ) -> Policy {
        let at = at.within("policy", &blueprint.code);
        names::check_url_name(&mut self.found, &at, "code", &blueprint.code);
        for channel in &blueprint.limits.channels {
            names::check_text(&mut self.found, &at, "channels", channel);
        }
        self.check_sign_labels(&at, &blueprint.limits);
        if let Err(error) = blueprint.limits.validate(&blueprint.code) {
            let crate::policy::OutOfRange {
                setting,
                value,
                range,
                ..
            } = error;
            self.found.problem(
                &at,
                format!("{setting}: {value} is out of range; choose {range}"),
            );
        }
        let policy = Policy {
            id: present.map_or_else(|| Id::random(self.context.rng), |policy| policy.id),
            tenant,
            code: blueprint.code.clone(),
            limits: blueprint.limits.clone(),
        };
        let told = present.map(|present| differences::between(present, &policy));
        match told {
            None => self.changed(tenant, &at, "created"),
            Some(told) if told.is_empty() => return policy,
            Some(told) => self.changed(tenant, &at, told.join(", ")),
        }
        self.provision.policies.push(policy.clone());
        policy
    }

    /// Labels are for all fields of a transaction, or else they would stand beside the wrong ones.
    fn check_sign_labels(&mut self, at: &At, limits: &Limits) {
        let count = limits.sign_labels.len();
        for label in &limits.sign_labels {
            names::check_text(&mut self.found, at, "sign_labels", label);
        }
        if count > FIELDS_MAX {
            self.found.problem(
                at,
                format!("sign_labels: {count} are too many; a transaction has {FIELDS_MAX} fields at most"),
            );
        }
        let fields = limits
            .sign_fields
            .and_then(|fields| usize::try_from(fields).ok());
        if let Some(fields) = fields
            && count > 0
            && fields != count
        {
            self.found.problem(
                at,
                format!(
                    "sign_labels: there are {count}, but sign_fields is {fields}; name each field"
                ),
            );
        }
    }
}

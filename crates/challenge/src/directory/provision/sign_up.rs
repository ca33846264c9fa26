//! Planning whether visitors may open accounts.

use super::blueprint::Blueprint;
use super::differences;
use super::draft::Draft;
use super::findings::At;
use super::names;
use crate::delivery::{SETTING, StoredDelivery};
use crate::directory::{ServerSetting, SignUp, Tenant};
use crate::id::Id;

impl Draft<'_> {
    pub(super) fn plan_sign_up(&mut self, wanted: SignUp, present: &[ServerSetting]) {
        let at = At::server("sign_up");
        let days = wanted.trial_days;
        names::check_range(&mut self.found, &at, "trial_days", days, SignUp::TRIAL_DAYS);
        let row = present.iter().find(|row| row.name == SignUp::SETTING);
        let stored = row.map(SignUp::read).transpose();
        let stored = self.found.accept(&at, "what is stored", stored).flatten();
        let told = differences::between(&stored.unwrap_or_default(), &wanted);
        if told.is_empty() {
            return;
        }
        let body = serde_json::to_string(&wanted);
        let Some(body) = self.found.accept(&at, "settings", body) else {
            return;
        };
        self.changed(Id::<Tenant>::SERVER, &at, told.join(", "));
        self.provision.settings.push(ServerSetting {
            name: SignUp::SETTING.to_owned(),
            body,
            secret: None,
        });
    }

    /// Refuses sign-ups where no letter can leave: nobody could confirm an address.
    pub(super) fn check_letters(&mut self, blueprint: &Blueprint, present: &[ServerSetting]) {
        let row = |name| present.iter().find(|row| row.name == name);
        let stored = row(SignUp::SETTING).and_then(|row| SignUp::read(row).ok());
        let sign_up = blueprint.sign_up.or(stored).unwrap_or_default();
        let sends = match &blueprint.delivery {
            Some(delivery) => delivery.smtp.is_some(),
            None => row(SETTING)
                .and_then(|row| StoredDelivery::read(row).ok())
                .is_some_and(|stored| stored.settings.smtp.is_some()),
        };
        if sign_up.open && !sends {
            self.found.problem(
                &At::server("sign_up"),
                "open: whoever signs up confirms an address by e-mail, and no [delivery.smtp] is set; set it \
                 with `apply`, or keep the sign-up closed",
            );
        }
    }
}

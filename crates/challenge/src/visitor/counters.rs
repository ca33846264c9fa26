//! What is counted in memory about visitors: how hard each site is pressed, totals since the start, and
//! the hours that wait to be stored.
//!
//! It grows with the number of sites, never with the traffic. Nothing that is spent is counted here.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Timestamp;
use crate::directory::Site;
use crate::id::Id;
use crate::methods::proof_of_work::Effort;
use crate::visitor::effort::{BASE_COUNTER_MAX, effort_for};
use crate::visitor::pictures::PICTURES_PER_MINUTE;
use crate::visitor::pressure::Pressure;
use crate::visitor::site_hour::{SiteHour, hour_of};
use crate::visitor::throttle::Throttle;

/// Upper bounds of the classes in which the time from issue to answer is counted, in seconds.
pub const TIME_BOUNDS_S: [u32; 7] = [1, 2, 5, 10, 30, 60, 120];

/// Wrong answers that one address can give in a minute.
pub const WRONG_ANSWERS_PER_MINUTE: u32 = 600;

/// Wrong answers that one address can give in a minute to challenges of which an answer can be guessed.
pub const WRONG_GUESSES_PER_MINUTE: u32 = 30;

/// Wrong answers that a site takes in a minute, of all addresses together, to such challenges.
pub const WRONG_GUESSES_OF_SITE_PER_MINUTE: u32 = 600;

/// Secrets that are no site's, of which one address can show so many in a minute.
pub const WRONG_SECRETS_PER_MINUTE: u32 = 60;

/// Challenges that one address gets in a minute from a site that is under attack.
pub const ISSUED_UNDER_ATTACK_PER_MINUTE: u32 = 60;

/// What is counted in memory.
pub struct Counters {
    sites: Mutex<HashMap<Id<Site>, Counted>>,
    wrong: Throttle,
    issued_under_attack: Throttle,
    guesses: Throttle,
    guesses_of_site: Throttle,
    pictures: Throttle,
    secrets: Throttle,
}

#[derive(Default)]
struct Counted {
    pressure: Pressure,
    totals: Totals,
    hours: BTreeMap<Timestamp, SiteHour>,
}

#[derive(Clone, Copy, Default)]
struct Totals {
    issued: u64,
    right: u64,
    wrong: u64,
    checked: u64,
    answer_ms: u64,
    answered_within: [u64; TIME_BOUNDS_S.len()],
}

/// What this process counted for one site since it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteTotals {
    /// The site.
    pub site: Id<Site>,
    /// Challenges issued.
    pub issued: u64,
    /// Answered right.
    pub right: u64,
    /// Answered wrong.
    pub wrong: u64,
    /// Told to be valid, each once.
    pub checked: u64,
    /// Issued, and not answered in time.
    pub abandoned: u64,
    /// Milliseconds from issue to answer, of all answers together.
    pub answer_ms: u64,
    /// Answers that took at most [`TIME_BOUNDS_S`], each class holding the smaller ones too.
    pub answered_within: [u64; TIME_BOUNDS_S.len()],
    /// Failures of the last minute, by which the effort rises.
    pub failures_per_minute: u32,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            sites: Mutex::default(),
            wrong: Throttle::of(WRONG_ANSWERS_PER_MINUTE),
            issued_under_attack: Throttle::of(ISSUED_UNDER_ATTACK_PER_MINUTE),
            guesses: Throttle::of(WRONG_GUESSES_PER_MINUTE),
            guesses_of_site: Throttle::of(WRONG_GUESSES_OF_SITE_PER_MINUTE),
            pictures: Throttle::of(PICTURES_PER_MINUTE),
            secrets: Throttle::of(WRONG_SECRETS_PER_MINUTE),
        }
    }
}

impl Counters {
    /// The effort that a site's next proof of work takes.
    pub(super) fn effort(&self, site: &Site, now: Timestamp) -> Effort {
        let sites = self.lock();
        let counted = sites.get(&site.id);
        let failures = counted.map_or(0, |counted| counted.pressure.failures_per_minute(now));
        effort_for(site.difficulty.unwrap_or(BASE_COUNTER_MAX), failures)
    }

    /// Counts a challenge that costs memory for an address, or says how many seconds it has to wait.
    pub(super) fn take_issue(
        &self,
        effort: Effort,
        address: &str,
        now: Timestamp,
    ) -> Result<(), u32> {
        match effort {
            Effort::Pbkdf2 { .. } => Ok(()),
            Effort::Argon2id { .. } => self.issued_under_attack.take(address, now),
        }
    }

    /// Takes back what [`Self::take_issue`] counted: there was nothing to be had.
    pub(super) fn give_issue_back(&self, effort: Effort, address: &str, now: Timestamp) {
        if let Effort::Argon2id { .. } = effort {
            self.issued_under_attack.give_back(address, now);
        }
    }

    /// Counts a wrong answer from an address, or says how many seconds it has to wait.
    pub(super) fn take_wrong(&self, address: &str, now: Timestamp) -> Result<(), u32> {
        self.wrong.take(address, now)
    }

    /// Counts a guess before it is looked at, for its address and its site, or says how many seconds it
    /// has to wait. One that is right is [given back](Self::give_guess_back).
    pub(super) fn take_guess(&self, site: &Site, address: &str, now: Timestamp) -> Result<(), u32> {
        self.guesses.take(address, now)?;
        let of_site = self.guesses_of_site.take(&site.public_id, now);
        of_site.inspect_err(|_| self.guesses.give_back(address, now))
    }

    /// Takes back what [`Self::take_guess`] counted.
    pub(super) fn give_guess_back(&self, site: &Site, address: &str, taken_at: Timestamp) {
        self.guesses.give_back(address, taken_at);
        self.guesses_of_site.give_back(&site.public_id, taken_at);
    }

    /// Counts an image or a sound that an address fetches, or says how many seconds it has to wait.
    pub(super) fn take_picture(&self, address: &str, now: Timestamp) -> Result<(), u32> {
        self.pictures.take(address, now)
    }

    /// Counts a secret that an address shows before it is looked at, or says how many seconds it has to wait.
    /// One that is some site's is [given back](Self::give_secret_back).
    pub(super) fn take_secret(&self, address: &str, now: Timestamp) -> Result<(), u32> {
        self.secrets.take(address, now)
    }

    /// Takes back what [`Self::take_secret`] counted.
    pub(super) fn give_secret_back(&self, address: &str, taken_at: Timestamp) {
        self.secrets.give_back(address, taken_at);
    }

    pub(super) fn issued(&self, site: &Site, now: Timestamp) {
        let mut sites = self.lock();
        let counted = sites.entry(site.id).or_default();
        counted.pressure.issued(now);
        counted.totals.issued += 1;
        counted.hour(site, now).issued += 1;
    }

    pub(super) fn answered(&self, site: &Site, issued_at: Timestamp, now: Timestamp, right: bool) {
        let took_ms = u64::try_from(now.unix_ms() - issued_at.unix_ms()).unwrap_or(0);
        let mut sites = self.lock();
        let counted = sites.entry(site.id).or_default();
        counted.pressure.answered(issued_at, now, right);
        let one = |is: bool| u64::from(is);
        counted.totals.right += one(right);
        counted.totals.wrong += one(!right);
        counted.totals.answer_ms += took_ms;
        let classes = counted.totals.answered_within.iter_mut();
        for (class, bound_s) in classes.zip(TIME_BOUNDS_S) {
            *class += one(took_ms <= u64::from(bound_s) * 1000);
        }
        let hour = counted.hour(site, issued_at);
        hour.right += one(right);
        hour.wrong += one(!right);
        hour.answer_ms += took_ms;
    }

    pub(super) fn checked(&self, site: &Site, issued_at: Timestamp) {
        let mut sites = self.lock();
        let counted = sites.entry(site.id).or_default();
        counted.totals.checked += 1;
        counted.hour(site, issued_at).checked += 1;
    }

    /// Counts a challenge that was carried, and presented now: issued, answered right and checked. It says
    /// nothing about how hard a site is pressed, since those that are not presented are not seen.
    pub(super) fn presented(&self, site: &Site, issued_at: Timestamp) {
        let mut sites = self.lock();
        let counted = sites.entry(site.id).or_default();
        counted.totals.issued += 1;
        counted.totals.right += 1;
        counted.totals.checked += 1;
        let hour = counted.hour(site, issued_at);
        hour.issued += 1;
        hour.right += 1;
        hour.checked += 1;
    }

    /// What was counted since the start, in no order.
    pub fn totals(&self, now: Timestamp) -> Vec<SiteTotals> {
        let sites = self.lock();
        sites
            .iter()
            .map(|(&site, counted)| SiteTotals {
                site,
                issued: counted.totals.issued,
                right: counted.totals.right,
                wrong: counted.totals.wrong,
                checked: counted.totals.checked,
                abandoned: counted.pressure.abandoned(),
                answer_ms: counted.totals.answer_ms,
                answered_within: counted.totals.answered_within,
                failures_per_minute: counted.pressure.failures_per_minute(now),
            })
            .collect()
    }

    /// Takes the hours that wait to be stored; who cannot store them puts them [back](Self::put_back).
    pub fn take_hours(&self) -> Vec<SiteHour> {
        let mut sites = self.lock();
        let hours = sites
            .values_mut()
            .flat_map(|counted| std::mem::take(&mut counted.hours).into_values());
        hours.collect()
    }

    /// Takes hours back that could not be stored.
    pub fn put_back(&self, hours: &[SiteHour]) {
        let mut sites = self.lock();
        for hour in hours {
            let counted = sites.entry(hour.site).or_default();
            counted
                .hours
                .entry(hour.from)
                .and_modify(|kept| kept.add(hour))
                .or_insert(*hour);
        }
    }

    /// Something to be counted once it is written: see [`Tally`].
    pub(super) fn once_written<Count: FnOnce(&Self)>(&self, count: Count) -> Tally<'_, Count> {
        let count = Some(count);
        Tally {
            counters: self,
            count,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id<Site>, Counted>> {
        // A panic while the lock was held can have left a count short, which harms nobody.
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts when it is dropped, unless it was told that nothing was written.
///
/// Whoever hangs up has the request dropped in the middle of a commit, which goes on without it. So
/// what is under way counts as written until the store says otherwise.
pub(super) struct Tally<'a, Count: FnOnce(&Counters)> {
    counters: &'a Counters,
    count: Option<Count>,
}

impl<Count: FnOnce(&Counters)> Tally<'_, Count> {
    /// Nothing was written, and nothing is counted.
    pub(super) fn forget(mut self) {
        self.count = None;
    }
}

impl<Count: FnOnce(&Counters)> Drop for Tally<'_, Count> {
    fn drop(&mut self) {
        if let Some(count) = self.count.take() {
            count(self.counters);
        }
    }
}

impl Counted {
    fn hour(&mut self, site: &Site, moment: Timestamp) -> &mut SiteHour {
        self.hours
            .entry(hour_of(moment))
            .or_insert_with(|| SiteHour::of(site.tenant, site.id, moment))
    }
}

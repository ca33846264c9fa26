//! Taking in many tokens at once: each is checked as one of a blueprint is, and what is to be written
//! comes out in parts, so that their number costs little memory. It only adds: who and what is there
//! already stays as it is, and a token whose serial is taken is refused.
//!
//! Begin with [`Intake::take`]. Reading files is not done here, nor is anything written: the parts go
//! to [`Store::take_in`](crate::ports::Store::take_in), which writes all of them or nothing.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use aws_lc_rs::digest::{SHA256, digest};

use super::arrival::{Arrival, IntakeError, IntakeOptions, Taken, Verdict};
use super::blueprint::{AuthenticatorBlueprint, KeySource, UserBlueprint};
use super::draft::{Draft, Within};
use super::findings::At;
use super::provisioner::{Options, Provisioner};
use super::standings::Standings;
use crate::directory::{Authenticator, AuthenticatorKey, User, UserKey};
use crate::id::Id;
use crate::officers::CONSOLE;
use crate::ports::{Provision, StandingWrite, StoreError};
use crate::standing::{Movement, Standing, Status};

/// Tokens in one intake at most; for each some 200 bytes are remembered until it is written.
pub const ARRIVALS_MAX: usize = 1_000_000;

/// Time steps by which a clock may be told to be off at most: a month of half minutes.
const DRIFT_MAX: i64 = 86_400;

/// Tokens that the event names one by one.
const TOLD_MAX: usize = 99;

/// Ids set aside for one intake: of each token, and of its user.
const NUMBERS: u32 = 2_000_000;

/// Standings written in one part.
const STANDINGS: usize = 1_000;

/// Users looked at once, for the keys they hold.
const PAGE: u32 = 500;

type Mark = [u8; 16];

/// Tokens of one tenant on their way in.
pub struct Intake<'a> {
    context: &'a Provisioner<'a>,
    options: IntakeOptions<'a>,
    within: Within,
    version: u64,
    /// The ids that its rows get, in this order: what comes together then stands together, so that it is
    /// written fast, and a store can tell it from everything else by its place.
    numbers: Range<i64>,
    /// The lines in which serials came, by their digests.
    serials: HashMap<Mark, u64>,
    /// The lines in which keys came, by their digests; 0: it was there before.
    keys: HashMap<Mark, u64>,
    /// Users who were not there before.
    users: HashMap<String, Id<User>>,
    movements: Vec<Began>,
    batch: Provision,
    taken: Taken,
    told: Vec<At>,
}

/// How a token begins.
struct Began {
    user: Id<User>,
    is_new: bool,
    id: Id<Authenticator>,
    counter: u64,
    drift_steps: i64,
    status: Status,
}

impl<'a> Intake<'a> {
    /// Looks at what is there.
    pub async fn begin(
        context: &'a Provisioner<'a>,
        tenant: &str,
        options: IntakeOptions<'a>,
    ) -> Result<Self, IntakeError> {
        let version = context.store.directory_version().await?;
        let rows = context.store.tenants().await?;
        let rows = rows.into_iter().find(|rows| rows.tenant.name == tenant);
        let rows = rows
            .filter(|rows| rows.tenant.name != CONSOLE)
            .ok_or_else(|| {
                IntakeError::Refused(format!(
                    "there is no tenant {tenant} that holds tokens; see `countersign tenant list`"
                ))
            })?;
        let within = Within {
            tenant: rows.tenant.id,
            at: At::tenant(&rows.tenant.name),
            name: rows.tenant.name,
            // Whoever is there is looked for here, and not once more for each token.
            exists: false,
            policies: rows.policies,
        };
        let named = options.policies.iter().flatten();
        if let Some(code) = named.into_iter().find(|code| within.policy(code).is_none()) {
            let known = within.policy_codes();
            let text = format!("the tenant has no policy {code}; it has {known}");
            return Err(IntakeError::Refused(text));
        }
        let mut intake = Self {
            context,
            options,
            within,
            version,
            numbers: Id::<User>::random_row(context.rng, NUMBERS),
            serials: HashMap::new(),
            keys: HashMap::new(),
            users: HashMap::new(),
            movements: Vec::new(),
            batch: Provision::default(),
            taken: Taken::default(),
            told: Vec::new(),
        };
        intake.look_at_keys().await?;
        Ok(intake)
    }

    /// The directory's version that everything is planned for.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How many were taken so far.
    pub fn taken(&self) -> Taken {
        self.taken
    }

    /// Remembers the keys of the tenant's authenticators.
    async fn look_at_keys(&mut self) -> Result<(), StoreError> {
        let tenant = self.within.tenant;
        let mut after = None;
        loop {
            let page = self.context.store.users(tenant, after, PAGE).await?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = Some(last.id);
            for one in page.iter().flat_map(|(_, held)| held) {
                let place = Authenticator::secret_place(tenant, one.id);
                // One that cannot be opened is of no use to anybody, and not this intake's matter.
                if let Ok(key) = self.context.keyring.open(&place, &one.secret) {
                    self.keys.insert(mark(&key), 0);
                }
            }
        }
    }

    /// Takes a token, or says why not. What is to be written for it is in [`Intake::batch`].
    pub async fn take(&mut self, line: u64, mut arrival: Arrival) -> Result<Verdict, StoreError> {
        if self.taken.authenticators >= ARRIVALS_MAX {
            let text =
                format!("more than {ARRIVALS_MAX} tokens are too many at once; part the file");
            return Ok(Verdict::refused(text));
        }
        if let Some(refusal) = self.refusal(line, &arrival).await? {
            return Ok(Verdict::refused(refusal));
        }
        if arrival.token.policies.is_none() {
            arrival.token.policies.clone_from(&self.options.policies);
        }
        let named = arrival.login_name.clone();
        let name = named.unwrap_or_else(|| arrival.token.serial.clone());
        let held = self.holder(&name).await?;
        if held.is_some() && arrival.login_name.is_none() {
            return Ok(Verdict::refused(
                "nobody is named for it, and a user is called like its serial; name the user who is to \
                 hold it",
            ));
        }
        let mut draft = Draft::new(self.context, Options::default());
        draft.numbers = self.numbers.clone();
        let at = self.within.at.within("user", &name);
        let (user, is_new) = held.unwrap_or_else(|| {
            let blueprint = UserBlueprint::named(&name);
            (draft.plan_user(&self.within, &at, &blueprint, None), true)
        });
        let at = at.within("authenticator", &arrival.token.serial);
        let mut standings = Standings::of(self.within.tenant);
        standings.create(user);
        let token = (user, &arrival.token, &[][..]);
        draft
            .plan_token(&self.within, &at, token, &mut standings)
            .await?;
        let texts = |found: Vec<super::Finding>| found.into_iter().map(|one| one.text).collect();
        let mut verdict = Verdict {
            refused: texts(draft.found.problems),
            warnings: texts(draft.found.warnings),
        };
        if !verdict.refused.is_empty() {
            return Ok(verdict);
        }
        let Some(row) = draft.provision.authenticators.pop() else {
            return Ok(Verdict::refused("it cannot be enrolled"));
        };
        self.numbers = draft.numbers;
        verdict.warnings.extend(self.note_key(line, &arrival.token));
        for user in draft.provision.users {
            self.taken.users += 1;
            self.users.insert(name.clone(), user.id);
            self.batch.users.push(user);
        }
        let counter = standings.movement(user, row.id).next_counter;
        self.keep((user, is_new), (row, counter), &arrival);
        if self.told.len() < TOLD_MAX {
            self.told.push(at);
        }
        Ok(verdict)
    }

    /// Keeps a token that is taken, until it is written.
    fn keep(
        &mut self,
        (user, is_new): (Id<User>, bool),
        (row, counter): (Authenticator, u64),
        arrival: &Arrival,
    ) {
        let is_assigned = arrival.login_name.is_some();
        self.movements.push(Began {
            user,
            is_new,
            id: row.id,
            counter,
            drift_steps: arrival.drift_steps,
            status: if is_assigned {
                Status::Active
            } else {
                Status::Locked
            },
        });
        self.batch.authenticators.push(row);
        self.taken.authenticators += 1;
        self.taken.unassigned += usize::from(!is_assigned);
        self.taken.dated += usize::from(arrival.expires_at.is_some());
    }

    /// What is wrong with a token before it is looked at as one of a blueprint.
    async fn refusal(
        &mut self,
        line: u64,
        arrival: &Arrival,
    ) -> Result<Option<String>, StoreError> {
        let serial = arrival.token.serial.as_str();
        if let Some(first) = self.serials.insert(mark(serial.as_bytes()), line) {
            return Ok(Some(format!("its serial came in line {first} already")));
        }
        let now = self.context.clock.now();
        let is_over = arrival.expires_at.is_some_and(|end| end <= now);
        let is_early = arrival.starts_at.is_some_and(|start| start > now);
        if !self.options.ignores_dates && is_over {
            return Ok(Some(
                "it has expired; leave it out, or take it in all the same with --ignore-dates"
                    .to_owned(),
            ));
        }
        if !self.options.ignores_dates && is_early {
            return Ok(Some(
                "it is not valid yet; take it in then, or now with --ignore-dates".to_owned(),
            ));
        }
        if !(-DRIFT_MAX..=DRIFT_MAX).contains(&arrival.drift_steps) {
            return Ok(Some(format!(
                "its clock is off by more than {DRIFT_MAX} steps"
            )));
        }
        if arrival.login_name.is_none() && !self.options.keeps_unassigned {
            return Ok(Some(
                "nobody is named who holds it; name a user, or keep it for later with --unassigned"
                    .to_owned(),
            ));
        }
        let key = AuthenticatorKey::Serial(serial);
        let present = self.context.store.authenticator(self.within.tenant, key);
        Ok(present.await?.map(|_| {
            "an authenticator of this serial is there already, and stays as it is; leave it out"
                .to_owned()
        }))
    }

    /// The user of this name, and whether this intake makes the user.
    async fn holder(&self, name: &str) -> Result<Option<(Id<User>, bool)>, StoreError> {
        if let Some(id) = self.users.get(name) {
            return Ok(Some((*id, true)));
        }
        let key = UserKey::LoginName(name);
        let present = self.context.store.user(self.within.tenant, key).await?;
        Ok(present.map(|(user, _)| (user.id, false)))
    }

    /// Remembers the token's key; what is to be said of it, where another has the same one.
    fn note_key(&mut self, line: u64, token: &AuthenticatorBlueprint) -> Option<String> {
        let KeySource::Given(key) = &token.key else {
            return None;
        };
        let first = self.keys.insert(mark(key.as_bytes()), line)?;
        Some(if first == 0 {
            "secret: an authenticator that is there already has the same one".to_owned()
        } else {
            format!("secret: the token of line {first} has the same one")
        })
    }

    /// What is to be written for the tokens that were taken since this was asked last.
    pub fn batch(&mut self) -> Provision {
        std::mem::take(&mut self.batch)
    }

    /// The next part of what is to be written after the last batch; nothing at the end. The event comes
    /// with the last part.
    pub async fn ending(&mut self) -> Result<Option<Provision>, StoreError> {
        if self.movements.is_empty() {
            return Ok(self.last_part());
        }
        // Whatever stands before one user's first token stays for later.
        self.movements.sort_by_key(|began| Reverse(began.user));
        let mut part = Provision::default();
        while part.standings.len() < STANDINGS
            && let Some(last) = self.movements.last()
        {
            let user = last.user;
            let from = self.movements.partition_point(|began| began.user > user);
            let all = self.movements.split_off(from);
            let write = self.standing(user, &all).await?;
            part.standings.push((self.within.tenant, write));
        }
        Ok(Some(part))
    }

    async fn standing(&self, user: Id<User>, all: &[Began]) -> Result<StandingWrite, StoreError> {
        let (mut expected, mut standing) = (0, Standing::default());
        if all.iter().all(|began| !began.is_new)
            && let Some(row) = self
                .context
                .store
                .standing(self.within.tenant, user)
                .await?
        {
            (expected, standing) = (row.version, row.value);
        }
        for began in all {
            let movement = Movement {
                status: began.status,
                next_counter: began.counter,
                next_signature_counter: began.counter,
                drift_steps: began.drift_steps,
                ..Movement::default()
            };
            standing.authenticators.insert(began.id, movement);
        }
        Ok(StandingWrite {
            user,
            expected,
            next: Some(standing),
        })
    }

    fn last_part(&mut self) -> Option<Provision> {
        let Taken {
            authenticators,
            users,
            ..
        } = self.taken;
        if self.told.is_empty() {
            return None;
        }
        let options = Options {
            actor: self.options.actor,
            ..Options::default()
        };
        let mut draft = Draft::new(self.context, options);
        let source = self.options.source;
        let all = format!(
            "{authenticators} authenticators imported from {source}, {users} users created"
        );
        draft.changed(self.within.tenant, &self.within.at, all);
        for at in self.told.drain(..) {
            draft.changed(self.within.tenant, &at, "imported");
        }
        draft.tell();
        Some(draft.provision)
    }
}

/// What is remembered of a text or a key.
fn mark(of: &[u8]) -> Mark {
    let mut mark = Mark::default();
    for (place, byte) in mark.iter_mut().zip(digest(&SHA256, of).as_ref()) {
        *place = *byte;
    }
    mark
}

//! Tokens at work: whom one stands for, and making, listing and revoking them.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::console::{ATTEMPTS, TOO_BUSY};
use super::officer::TOKEN;
use super::role::may;
use super::token::{DAYS, DAYS_MAX, NAME_MAX, PREFIX, TOKENS_MAX};
use super::{
    Denied, Identity, MadeToken, NewToken, Officer, Origin, Power, Reach, Role, Token, keys,
};
use crate::approval::ports::Write;
use crate::audit::{Event, EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::User;
use crate::id::Id;
use crate::officers::ports::OfficerWrites;
use crate::ports::{Provision, Version, Versioned};
use crate::verifier::Verifier;

/// How long a token that was found is not looked up again: a revocation is honoured within it.
const KEPT_MS: i64 = 500;

/// Tokens read at a time.
const TOKENS_READ: u32 = 1000;

/// Tokens kept in memory.
const TOKENS_KEPT: usize = 10_000;

/// What keyed digests of tokens are made for.
const PURPOSE: &str = "token";

/// Tokens that were looked up a moment ago.
pub(crate) struct KnownTokens(Cache<Id<Token>, (Timestamp, Arc<Token>)>);

impl Default for KnownTokens {
    fn default() -> Self {
        Self(Cache::new(TOKENS_KEPT))
    }
}

impl Verifier {
    /// The officer that a bearer token stands for. A token that ended is refused within half a second
    /// on every node.
    pub async fn officer_by_token(
        &self,
        unverified_token: &str,
        origin: Origin,
    ) -> Result<Officer, Denied> {
        let id = keys::id_of_unverified(PREFIX, unverified_token).ok_or(Denied::NotSignedIn)?;
        let now = self.clock.now();
        let token = self.known_token(id, now).await?;
        let mac = token.as_ref().map(|token| token.mac.mac());
        let is_right = self
            .keyring
            .officer_matches(mac.as_ref(), PURPOSE, unverified_token);
        let token = token.filter(|token| is_right && token.is_good_at(now));
        let token = token.ok_or(Denied::NotSignedIn)?;
        Ok(Officer {
            name: format!("{TOKEN} {}", token.name),
            identity: Identity::Token(token.id),
            role: token.role,
            reach: token.reach,
            address: origin.address,
            correlation: origin.correlation,
        })
    }

    async fn known_token(
        &self,
        id: Id<Token>,
        now: Timestamp,
    ) -> Result<Option<Arc<Token>>, Denied> {
        let kept = self.tokens.0.get(&id);
        let kept = kept.filter(|(at, _)| (0..KEPT_MS).contains(&(now.unix_ms() - at.unix_ms())));
        if let Some((_, token)) = kept {
            return Ok(Some(token));
        }
        let Some(found) = self.store.officer_token(id).await? else {
            return Ok(None);
        };
        let found = Arc::new(found.value);
        self.tokens.0.insert(id, (now, Arc::clone(&found)));
        Ok(Some(found))
    }

    /// Makes a token. Nobody makes one that reaches farther than they do themselves.
    pub async fn make_token(&self, by: &Officer, wish: NewToken) -> Result<MadeToken, Denied> {
        by.over(wish.reach, Power::Govern)?;
        let days = check_token(&wish)?;
        let id = Id::random(&*self.rng);
        let text = keys::draw(PREFIX, id, &*self.rng);
        let mac = {
            use secrecy::ExposeSecret as _;
            self.keyring.officer_mac(PURPOSE, text.expose_secret())?
        };
        let now = self.clock.now();
        let mut token = Token {
            id,
            name: wish.name,
            role: wish.role,
            reach: wish.reach,
            made_by: by.name.clone(),
            owner: None,
            made_at: now,
            expires_at: now.plus_s(days.saturating_mul(24 * 3600)),
            revoked_at: None,
            mac: mac.into(),
        };
        for _ in 0..ATTEMPTS {
            self.catalogue.refresh().await?;
            let expected_version = self.catalogue.version();
            token.owner = self.behind(by, token.reach).await?;
            self.check_reach(token.reach)?;
            self.check_room(token.reach).await?;
            // Not an act alone: whoever makes the last one that there is room for, or removes the tenant, is
            // seen by whoever comes second.
            let change = Provision {
                expected_version,
                officers: OfficerWrites {
                    tokens: vec![write(0, &token)],
                    ..OfficerWrites::default()
                },
                events: vec![self.event_of_token(by, EventKind::MakeToken, &token)],
                ..Provision::default()
            };
            if self.provision_now(change).await? {
                return Ok(MadeToken { text, token });
            }
        }
        Err(Denied::Unavailable(TOO_BUSY.to_owned()))
    }

    /// Adds to a change that an administrator's good tokens end which may more than these powers: what
    /// somebody made does not outlast what they may.
    pub(super) async fn end_tokens(
        &self,
        change: &mut Provision,
        by: &Officer,
        of: (Id<User>, Option<(Role, Reach)>),
    ) -> Result<(), Denied> {
        let (owner, powers) = of;
        let now = self.clock.now();
        let stays = |token: &Token| {
            powers.is_some_and(|(role, reach)| {
                let more = |power: &Power| may(token.role, *power) && !may(role, *power);
                reach.covers(token.reach) && !Power::ALL.iter().any(more)
            })
        };
        let mut after = None;
        loop {
            let page = self.store.officer_tokens(after, TOKENS_READ).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.value.id);
            for Versioned { version, value } in page {
                if value.owner != Some(owner) || !value.is_good_at(now) || stays(&value) {
                    continue;
                }
                let token = Token {
                    revoked_at: Some(now),
                    ..value
                };
                let told = self.event_of_token(by, EventKind::RevokeToken, &token);
                change.events.push(told);
                change.officers.tokens.push(write(version, &token));
            }
        }
    }

    /// Has the tokens of a change that was written be looked up anew on this node.
    pub(super) fn forget_tokens(&self, ended: &[Id<Token>]) {
        for id in ended {
            self.tokens.0.remove(id);
        }
    }

    /// Refuses one token more of a reach that has as many good ones as it may have: what one tenant's
    /// officers make takes no room from anybody else.
    async fn check_room(&self, reach: Reach) -> Result<(), Denied> {
        let now = self.clock.now();
        let (mut after, mut good) = (None, 0);
        loop {
            let page = self.store.officer_tokens(after, TOKENS_READ).await?;
            let of_reach = page.iter().map(|row| &row.value);
            good += of_reach
                .filter(|token| token.reach == reach && token.is_good_at(now))
                .count();
            match page.last() {
                Some(last) if page.len() >= TOKENS_READ as usize => after = Some(last.value.id),
                _ => break,
            }
        }
        if good < TOKENS_MAX {
            return Ok(());
        }
        Err(Denied::TooMany(
            "there are 100 good tokens of this reach; share one, or revoke one",
        ))
    }

    /// The tokens within reach by ascending id, those after `after`, ended ones of the last 30 days
    /// included.
    pub async fn tokens(
        &self,
        by: &Officer,
        after: Option<Id<Token>>,
        limit: u32,
    ) -> Result<Vec<Token>, Denied> {
        by.may(Power::Govern)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut after, mut within) = (after, Vec::new());
        loop {
            let page = self.store.officer_tokens(after, TOKENS_READ).await?;
            let is_last = page.len() < TOKENS_READ as usize;
            after = page.last().map(|row| row.value.id);
            let tokens = page.into_iter().map(|row| row.value);
            within.extend(tokens.filter(|token| by.reach.covers(token.reach)));
            if is_last || within.len() >= limit {
                within.truncate(limit);
                return Ok(within);
            }
        }
    }

    /// A token within reach.
    pub async fn token(&self, by: &Officer, id: Id<Token>) -> Result<Token, Denied> {
        Ok(self.token_within(by, id).await?.value)
    }

    async fn token_within(&self, by: &Officer, id: Id<Token>) -> Result<Versioned<Token>, Denied> {
        by.may(Power::Govern)?;
        let found = self.store.officer_token(id).await?;
        let found = found.filter(|found| by.reach.covers(found.value.reach));
        found.ok_or(Denied::Unknown("token"))
    }

    /// Revokes a token within reach, for good; one that ended before stays as it is.
    pub async fn revoke_token(&self, by: &Officer, id: Id<Token>) -> Result<Token, Denied> {
        for _ in 0..ATTEMPTS {
            // One who makes a token at this moment, by the one that ends, is seen or sees it.
            let expected_version = self.store.directory_version().await?;
            let Versioned { version, value } = self.token_within(by, id).await?;
            let now = self.clock.now();
            if !value.is_good_at(now) {
                return Ok(value);
            }
            let token = Token {
                revoked_at: Some(now),
                ..value
            };
            let change = Provision {
                expected_version,
                officers: OfficerWrites {
                    tokens: vec![write(version, &token)],
                    ..OfficerWrites::default()
                },
                events: vec![self.event_of_token(by, EventKind::RevokeToken, &token)],
                ..Provision::default()
            };
            if self.govern_now(change).await? {
                return Ok(token);
            }
        }
        Err(Denied::Unavailable(TOO_BUSY.to_owned()))
    }

    fn event_of_token(&self, by: &Officer, kind: EventKind, token: &Token) -> Event {
        let event = self.event_of_officer(by, (kind, Outcome::Done), token.reach);
        let fields = vec![
            ("token".to_owned(), token.id.to_string()),
            ("name".to_owned(), token.name.clone()),
            ("role".to_owned(), token.role.name().to_owned()),
        ];
        with_fields(event, fields)
    }

    /// An event about what an officer did: on the tenant it is about, else on the administrators'.
    pub(super) fn event_of_officer(
        &self,
        by: &Officer,
        told: (EventKind, Outcome),
        about: Reach,
    ) -> Event {
        let tenant = match about {
            Reach::Tenant(id) => id,
            Reach::Server => {
                let console = self.catalogue.tenant(super::CONSOLE);
                console.map_or(Id::SERVER, |view| view.tenant.id)
            }
        };
        self.event_of_actor(&by.actor(), tenant, told)
    }
}

pub(super) fn with_fields(mut event: Event, fields: Vec<(String, String)>) -> Event {
    event.detail.fields = fields;
    event
}

fn write(expected: Version, token: &Token) -> Write<Id<Token>, Token> {
    Write {
        key: token.id,
        expected,
        next: Some(token.clone()),
    }
}

/// Whether a wish can be fulfilled; the days that the token is to live.
fn check_token(wish: &NewToken) -> Result<u32, Denied> {
    let name = &wish.name;
    let fits = (1..=NAME_MAX).contains(&name.chars().count()) && name.trim() == name;
    if !fits || name.chars().any(char::is_control) {
        return Err(Denied::DoesNotFit(format!(
            "name: give 1 to {NAME_MAX} characters, without spaces before and after"
        )));
    }
    let days = wish.days.unwrap_or(DAYS);
    if !(1..=DAYS_MAX).contains(&days) {
        return Err(Denied::DoesNotFit(format!("days: choose 1 to {DAYS_MAX}")));
    }
    Ok(days)
}

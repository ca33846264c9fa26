//! Who calls: clients prove themselves by a secret or by a token that they got for it.
//!
//! Only a client's own token authenticates a caller; a token that stands for a user never does.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::access::{self, AccessToken, Holder, IssuedToken, TokenKey};
use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::{Caller, Client, Tenant, TenantView};
use crate::id::Id;
use crate::ports::Change;
use crate::refusal::Refusal;
use crate::verifier::{Context, Verifier};

/// How long a token that was found good is not looked up again: a revocation is honoured within it.
const KEPT_MS: i64 = 500;

/// Client tokens kept in memory.
const TOKENS_KEPT: usize = 10_000;

/// Client tokens that were looked up a moment ago.
pub(crate) struct KnownCallers(Cache<(Id<Tenant>, TokenKey), (Timestamp, Arc<AccessToken>)>);

impl Default for KnownCallers {
    fn default() -> Self {
        Self(Cache::new(TOKENS_KEPT))
    }
}

impl Verifier {
    /// The client that knows its secret.
    ///
    /// `unverified_secrets` are readings of one and the same secret (as it came, and form-decoded);
    /// each is compared, known client or not.
    pub fn client_by_secret(
        &self,
        tenant: &TenantView,
        name: &str,
        unverified_secrets: &[&str],
    ) -> Result<Arc<Client>, Refusal> {
        let client = tenant.client(name);
        let stored = client.and_then(|client| client.secret.as_ref());
        let mut right = false;
        for unverified in unverified_secrets {
            right |= self.keyring.client_secret_matches(stored, unverified);
        }
        match client {
            Some(client) if right => Ok(Arc::clone(client)),
            _ => Err(Refusal::UnknownCaller),
        }
    }

    /// The client that knows its secret, where the request names no tenant, and its tenant.
    ///
    /// `names` are readings of one and the same name, and the first that is a client's counts.
    pub fn client_by_secret_in_server(
        &self,
        names: &[&str],
        unverified_secrets: &[&str],
    ) -> Result<Caller, Refusal> {
        let caller = names.iter().find_map(|name| self.catalogue.agent(name));
        let stored = caller
            .as_ref()
            .and_then(|(_, client)| client.secret.as_ref());
        let mut right = false;
        for unverified in unverified_secrets {
            right |= self.keyring.client_secret_matches(stored, unverified);
        }
        caller.filter(|_| right).ok_or(Refusal::UnknownCaller)
    }

    /// The client that a bearer token stands for.
    pub async fn client_by_token(
        &self,
        tenant: &TenantView,
        unverified_token: &str,
    ) -> Result<Arc<Client>, Refusal> {
        let key = TokenKey::of_unverified(unverified_token).ok_or(Refusal::UnknownCaller)?;
        let (place, now) = ((tenant.tenant.id, key), self.clock.now());
        let kept = self
            .callers
            .0
            .get(&place)
            .filter(|(at, _)| (0..KEPT_MS).contains(&(now.unix_ms() - at.unix_ms())));
        let token = if let Some((_, token)) = kept {
            token
        } else {
            let found = self.store.access_token(tenant.tenant.id, &key).await?;
            let found = Arc::new(found.ok_or(Refusal::UnknownCaller)?);
            self.callers.0.insert(place, (now, Arc::clone(&found)));
            found
        };
        if token.user.is_some() || !token.is_good_at(now) {
            return Err(Refusal::UnknownCaller);
        }
        tenant
            .client_by_id(token.client)
            .cloned()
            .ok_or(Refusal::UnknownCaller)
    }

    /// The client that a bearer token stands for, and its tenant, where the request names no tenant.
    ///
    /// The token's mark tells in which tenants to look; the store tells whether it is one.
    pub async fn caller_by_token(&self, unverified_token: &str) -> Result<Caller, Refusal> {
        let mark = access::mark_of_unverified(unverified_token).ok_or(Refusal::UnknownCaller)?;
        for tenant in self.catalogue.tenants_by_token_mark(mark) {
            let Some(view) = self.catalogue.tenant_by_id(tenant) else {
                continue;
            };
            match self.client_by_token(&view, unverified_token).await {
                Ok(client) => return Ok((view, client)),
                Err(Refusal::UnknownCaller) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Err(Refusal::UnknownCaller)
    }

    /// Issues a client an access token for itself.
    pub async fn client_token(&self, context: &Context<'_>) -> Result<IssuedToken, Refusal> {
        let client = context.client;
        let holder = Holder {
            tenant: context.tenant.tenant.id,
            client: client.id,
            user: None,
        };
        let (issued, stored) = access::draw(holder, client.token_s, self.clock.now(), &*self.rng);
        let event = self.event(context, EventKind::ClientToken, Outcome::Done);
        let change = Change {
            token: Some(stored),
            ..Change::telling(event)
        };
        self.commit(change).await?;
        Ok(issued)
    }

    /// What a token stands for; nothing where it is unknown, expired, revoked, or its client is
    /// gone.
    pub async fn introspect(
        &self,
        tenant: &TenantView,
        unverified_token: &str,
    ) -> Result<Option<AccessToken>, Refusal> {
        let Some(key) = TokenKey::of_unverified(unverified_token) else {
            return Ok(None);
        };
        let found = self.store.access_token(tenant.tenant.id, &key).await?;
        let now = self.clock.now();
        Ok(found
            .filter(|token| token.is_good_at(now) && tenant.client_by_id(token.client).is_some()))
    }

    /// Revokes a token of the calling client. One that it does not own, or that is none, stays as
    /// it is, and the caller is not told (RFC 7009, section 2.2).
    pub async fn revoke(
        &self,
        context: &Context<'_>,
        unverified_token: &str,
    ) -> Result<(), Refusal> {
        let tenant = context.tenant.tenant.id;
        let Some(key) = TokenKey::of_unverified(unverified_token) else {
            return Ok(());
        };
        let Some(token) = self.store.access_token(tenant, &key).await? else {
            return Ok(());
        };
        if token.client != context.client.id || token.revoked {
            return Ok(());
        }
        let mut event = self.event(context, EventKind::TokenRevoked, Outcome::Done);
        event.user = token.user.map(|user| user.id);
        let change = Change {
            revoked: Some(key),
            ..Change::telling(event)
        };
        self.commit(change).await?;
        self.callers.0.remove(&(tenant, key));
        Ok(())
    }
}

impl AccessToken {
    /// Whether it is neither expired nor revoked at `now`.
    pub fn is_good_at(&self, now: Timestamp) -> bool {
        !self.revoked && now < self.expires_at
    }
}

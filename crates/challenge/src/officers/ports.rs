//! What officers need of the store: five kinds of rows.
//!
//! Administrators, tokens, sessions and accounts that were asked for are written with the event that tells it: through
//! [`crate::ports::Change::officers`], or through [`crate::ports::Provision::officers`] where the
//! directory changes too. Two things tell nothing, and are written apart: that a session was used, and
//! the answers kept for idempotency keys.

use async_trait::async_trait;

use super::administrator::Administrator;
use super::asked::AskedAccount;
use super::request::KeptRequest;
use super::session::KeptSession;
use super::token::Token;
use crate::approval::ports::{CodeDigest, Write};
use crate::directory::User;
use crate::id::Id;
use crate::ports::{StoreError, Versioned};

/// The part of a change that is about officers.
#[derive(Clone, Debug, Default)]
pub struct OfficerWrites {
    /// Administrators.
    pub administrators: Vec<Write<Id<User>, Administrator>>,
    /// Tokens.
    pub tokens: Vec<Write<Id<Token>, Token>>,
    /// Sessions, by the SHA-256 of their secret.
    pub sessions: Vec<Write<CodeDigest, KeptSession>>,
    /// Accounts that were asked for.
    pub sign_ups: Vec<Write<Id<AskedAccount>, AskedAccount>>,
}

/// Reads what is about officers.
#[async_trait]
pub trait OfficerStore: Send + Sync {
    /// An administrator, removed ones included.
    async fn administrator(
        &self,
        id: Id<User>,
    ) -> Result<Option<Versioned<Administrator>>, StoreError>;

    /// Administrators by ascending id, those after `after`, removed ones included.
    async fn administrators(
        &self,
        after: Option<Id<User>>,
        limit: u32,
    ) -> Result<Vec<Versioned<Administrator>>, StoreError>;

    /// A token, ended ones included.
    async fn officer_token(&self, id: Id<Token>) -> Result<Option<Versioned<Token>>, StoreError>;

    /// Tokens by ascending id, those after `after`, ended ones included.
    async fn officer_tokens(
        &self,
        after: Option<Id<Token>>,
        limit: u32,
    ) -> Result<Vec<Versioned<Token>>, StoreError>;

    /// A session, ended ones included.
    async fn console_session(
        &self,
        digest: &CodeDigest,
    ) -> Result<Option<Versioned<KeptSession>>, StoreError>;

    /// An account that was asked for, an opened one included.
    async fn asked_account(
        &self,
        id: Id<AskedAccount>,
    ) -> Result<Option<Versioned<AskedAccount>>, StoreError>;

    /// Writes down that a session was used, or what was drawn in it; [`StoreError::Conflict`] where it
    /// changed meanwhile.
    async fn touch(&self, write: Write<CodeDigest, KeptSession>) -> Result<(), StoreError>;

    /// A request that came with an idempotency key.
    async fn kept_request(
        &self,
        key: &CodeDigest,
    ) -> Result<Option<Versioned<KeptRequest>>, StoreError>;

    /// Writes such a request; [`StoreError::Conflict`] where somebody was faster.
    async fn keep_request(&self, write: Write<CodeDigest, KeptRequest>) -> Result<(), StoreError>;
}

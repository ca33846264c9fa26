//! Stores of tests that know no officers: what is promised about them is in the contract suite of the
//! crate `store`, since it needs a directory that can be changed.

use async_trait::async_trait;
use challenge::approval::ports::{CodeDigest, Write};
use challenge::directory::User;
use challenge::id::Id;
use challenge::officers::ports::OfficerStore;
use challenge::officers::{Administrator, AskedAccount, KeptRequest, KeptSession, Token};
use challenge::ports::{StoreError, Versioned};

use crate::memory_store::MemoryStore;
use crate::provision::memory::Memory;

fn nothing_to_write() -> StoreError {
    StoreError::Unavailable("this store keeps no officers".to_owned())
}

macro_rules! no_officers {
    ($store:ty) => {
        #[async_trait]
        impl OfficerStore for $store {
            async fn administrator(
                &self,
                _: Id<User>,
            ) -> Result<Option<Versioned<Administrator>>, StoreError> {
                Ok(None)
            }

            async fn administrators(
                &self,
                _: Option<Id<User>>,
                _: u32,
            ) -> Result<Vec<Versioned<Administrator>>, StoreError> {
                Ok(Vec::new())
            }

            async fn officer_token(
                &self,
                _: Id<Token>,
            ) -> Result<Option<Versioned<Token>>, StoreError> {
                Ok(None)
            }

            async fn officer_tokens(
                &self,
                _: Option<Id<Token>>,
                _: u32,
            ) -> Result<Vec<Versioned<Token>>, StoreError> {
                Ok(Vec::new())
            }

            async fn console_session(
                &self,
                _: &CodeDigest,
            ) -> Result<Option<Versioned<KeptSession>>, StoreError> {
                Ok(None)
            }

            async fn asked_account(
                &self,
                _: Id<AskedAccount>,
            ) -> Result<Option<Versioned<AskedAccount>>, StoreError> {
                Ok(None)
            }

            async fn touch(&self, _: Write<CodeDigest, KeptSession>) -> Result<(), StoreError> {
                Err(nothing_to_write())
            }

            async fn kept_request(
                &self,
                _: &CodeDigest,
            ) -> Result<Option<Versioned<KeptRequest>>, StoreError> {
                Ok(None)
            }

            async fn keep_request(
                &self,
                _: Write<CodeDigest, KeptRequest>,
            ) -> Result<(), StoreError> {
                Err(nothing_to_write())
            }
        }
    };
}

no_officers!(MemoryStore);
no_officers!(Memory);

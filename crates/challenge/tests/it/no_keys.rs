//! Stores of tests that know no versions of the master key: what is promised about them is in the contract
//! suite of the crate `store`.

use async_trait::async_trait;
use challenge::clock::Timestamp;
use challenge::ports::StoreError;
use challenge::rotation::ports::{Holder, KeyRow, KeyStore, Rewrite, RowKey, SealedRow, Shelf};
use challenge::secret::Sealed;

use crate::memory_store::MemoryStore;
use crate::provision::memory::Memory;

fn no_keys() -> StoreError {
    StoreError::Unavailable("this store keeps no versions of the master key".to_owned())
}

macro_rules! no_keys {
    ($store:ty) => {
        #[async_trait]
        impl KeyStore for $store {
            async fn master_keys(&self) -> Result<Vec<KeyRow>, StoreError> {
                Err(no_keys())
            }

            async fn add_key(&self, _: &KeyRow) -> Result<Vec<KeyRow>, StoreError> {
                Err(no_keys())
            }

            async fn add_first_keys(&self, _: &[KeyRow]) -> Result<Vec<KeyRow>, StoreError> {
                Err(no_keys())
            }

            async fn key_holders(&self, _: Timestamp) -> Result<Vec<Holder>, StoreError> {
                Err(no_keys())
            }

            async fn hold_keys(&self, _: &Holder) -> Result<(), StoreError> {
                Err(no_keys())
            }

            async fn forget_holder(&self, _: &[u8; 16]) -> Result<(), StoreError> {
                Err(no_keys())
            }

            async fn begin_sealing(
                &self,
                _: u32,
                _: (Timestamp, Timestamp),
            ) -> Result<(), StoreError> {
                Err(no_keys())
            }

            async fn note_resealed(&self, _: u32, _: Timestamp) -> Result<(), StoreError> {
                Err(no_keys())
            }

            async fn drop_key(
                &self,
                _: u32,
                _: (u32, &Sealed),
                _: (Timestamp, Timestamp),
            ) -> Result<(), StoreError> {
                Err(no_keys())
            }

            async fn raise_directory(&self) -> Result<(), StoreError> {
                Err(no_keys())
            }

            async fn count_sealed_rows(&self) -> Result<u64, StoreError> {
                Err(no_keys())
            }

            async fn sealed_rows(
                &self,
                _: Shelf,
                _: Option<&RowKey>,
                _: u32,
            ) -> Result<Vec<SealedRow>, StoreError> {
                Err(no_keys())
            }

            async fn reseal(&self, _: Shelf, _: Vec<Rewrite>) -> Result<u64, StoreError> {
                Err(no_keys())
            }

            async fn marked_events(&self, _: u32) -> Result<u64, StoreError> {
                Err(no_keys())
            }
        }
    };
}

no_keys!(MemoryStore);
no_keys!(Memory);

//! What a running server saw of the chain, so that it goes on from nothing less: whoever has the database and
//! not the keys can put an older chain there, or none. What nobody saw, a head that is kept elsewhere finds.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::chain::{Chain, Digest};
use super::erasing::Walks;
use super::ports::Place;
use super::sealing::NotSealed;
use crate::ports::StoreError;
use crate::verifier::Verifier;

/// What this process remembers of the audit log.
#[derive(Default)]
pub(crate) struct Memory {
    chain: Mutex<Option<Chain>>,
    /// Behind which event that was refused it looks on.
    pub(super) refused_after: Mutex<Option<Place>>,
    /// How far it is with erasures.
    pub(super) walks: Mutex<Walks>,
}

/// What a panic left behind is as good as what was there before: each is replaced as a whole.
pub(super) fn lock<T>(one: &Mutex<T>) -> MutexGuard<'_, T> {
    one.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    fn seen(&self) -> Option<Chain> {
        *lock(&self.chain)
    }

    /// Remembers a chain, unless a longer one was seen meanwhile.
    fn see(&self, chain: Chain) {
        let mut seen = lock(&self.chain);
        let ends = |chain: &Chain| (chain.head.number, chain.foot().0);
        if seen.is_none_or(|seen| ends(&seen) <= ends(&chain)) {
            *seen = Some(chain);
        }
    }
}

impl Verifier {
    /// The chain, if this server may go on from it: both ends are signed, and it is not less than what this
    /// process saw of it.
    pub(super) async fn trusted_chain(&self) -> Result<Option<Chain>, NotSealed> {
        // What was seen is taken first: a chain that is read after it can only have grown.
        let seen = self.audit.seen();
        let Some(chain) = self.store.chain().await? else {
            return seen.map_or(Ok(None), |seen| Err(put_back("it is gone", &seen)));
        };
        if seen == Some(chain) {
            return Ok(seen);
        }
        if chain.head.signature.key_version > self.keyring.version() {
            return Err(NotSealed::NewerKey);
        }
        let keys = self.keyring.audit_public_keys();
        if let Some(problem) = keys.problems_of(&chain).next() {
            return Err(NotSealed::End(problem));
        }
        if let Some(seen) = seen {
            self.follows(&seen, &chain).await?;
        }
        self.audit.see(chain);
        Ok(Some(chain))
    }

    /// Whether a chain goes on from what was seen of it.
    async fn follows(&self, seen: &Chain, chain: &Chain) -> Result<(), NotSealed> {
        let (head, foot) = (chain.head.number, chain.foot());
        if head < seen.head.number || foot.0 < seen.foot().0 {
            let what = format!("it goes from {} to {head}", foot.0);
            return Err(put_back(&what, seen));
        }
        let number = seen.head.number;
        let link = if head == number {
            Some(chain.head.link)
        } else if foot.0 < number {
            self.link_at(number).await?
        } else if foot.0 == number {
            Some(foot.1)
        } else {
            // What was seen was cut off, as is signed.
            Some(seen.head.link)
        };
        if chain.beginning == seen.beginning && link == Some(seen.head.link) {
            return Ok(());
        }
        self.unless_moved(Some(chain), put_back("another one stands there", seen))
            .await
    }

    /// Whether the newest link is there and is the one that was signed, and nothing stands behind it: who
    /// goes on from another one signs what it never saw.
    pub(super) async fn stands_at_its_head(&self, chain: Option<&Chain>) -> Result<(), NotSealed> {
        let Some(chain) = chain else {
            if self.store.links(0, 1).await?.is_empty() {
                return Ok(());
            }
            let what = "its links are there, and its ends are gone";
            return self
                .unless_moved(None, NotSealed::End(what.to_owned()))
                .await;
        };
        let (head, foot) = (&chain.head, chain.foot());
        let links = self.store.links(head.number.saturating_sub(1), 2).await?;
        let stands = match links.as_slice() {
            [] => foot == (head.number, head.link),
            [newest] => (newest.number, newest.link) == (head.number, head.link),
            _ => false,
        };
        if stands {
            return Ok(());
        }
        let what = format!(
            "its newest link is not the one of event {}, which its head was signed over",
            head.number
        );
        self.unless_moved(Some(chain), NotSealed::End(what)).await
    }

    async fn link_at(&self, number: u64) -> Result<Option<Digest>, NotSealed> {
        let links = self.store.links(number.saturating_sub(1), 1).await?;
        let link = links.first().filter(|link| link.number == number);
        Ok(link.map(|link| link.link))
    }

    /// What is wrong, unless the chain moved while that was looked at.
    async fn unless_moved(&self, chain: Option<&Chain>, wrong: NotSealed) -> Result<(), NotSealed> {
        if self.store.chain().await?.as_ref() == chain {
            Err(wrong)
        } else {
            Err(StoreError::Conflict.into())
        }
    }
}

fn put_back(what: &str, seen: &Chain) -> NotSealed {
    NotSealed::End(format!(
        "{what}, and this server saw it go from {} to {}: somebody put it back. If that was you, with a \
         backup, restart the server",
        seen.foot().0,
        seen.head.number
    ))
}

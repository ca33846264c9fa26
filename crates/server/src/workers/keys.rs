//! The master key followed while the server runs: its place is read again, what is held is said to the
//! database, and what the database says seals is taken up. Which version that is is not decided here.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use challenge::rotation::Node;
use challenge::verifier::Verifier;
use tokio::sync::watch;

use super::pulse;
use crate::config::master_key::Source;
use crate::system;

/// How often the key's place and the database are looked at: a version that was added is known, and one
/// that began to seal is used, a second later.
const EVERY: Duration = Duration::from_secs(1);

/// Follows the master key.
pub struct Keys {
    verifier: Arc<Verifier>,
    node: Node,
    source: Option<Source>,
}

impl Keys {
    /// Says for the first time what this node holds, and takes up what seals. `address`: by which people
    /// know the node.
    pub async fn take_up(
        verifier: &Arc<Verifier>,
        (source, address): (Option<Source>, SocketAddr),
    ) -> anyhow::Result<Self> {
        let mut node = Node::new(verifier, format!("{} {address}", system::host_name()));
        node.follow(None).await.context("the master key")?;
        if source.is_some() {
            let state = verifier.key_state().await.context("the master key")?;
            if let Some(row) = state.key(state.seals) {
                verifier.health.know_key(row.added_at);
            }
        }
        Ok(Self {
            verifier: Arc::clone(verifier),
            node,
            source,
        })
    }

    /// Follows until `stopped` is dropped, and then says that this node ends.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<()>) {
        let mut every = tokio::time::interval(EVERY);
        let mut well = true;
        loop {
            tokio::select! {
                _ = every.tick() => {}
                _ = stopped.changed() => break,
            }
            let followed = self.turn().await;
            if let Err(trouble) = &followed
                && well
            {
                tracing::error!("the master key is not followed: {trouble}");
            }
            well = followed.is_ok();
            let failed = followed
                .as_ref()
                .err()
                .map(|trouble| trouble as &dyn Display);
            pulse::note(&self.verifier, ("master key", EVERY), failed);
        }
        if let Err(trouble) = self.node.leave().await {
            tracing::warn!("this node could not say that it ends: {trouble}");
        }
    }

    async fn turn(&mut self) -> Result<(), String> {
        // A node whose file cannot be read goes on with what it has, and says so: no other may take it for gone.
        let read = self.source.as_ref().map(Source::read).transpose();
        let keys = read.as_ref().ok().and_then(Option::as_ref);
        let followed = self.node.follow(keys).await;
        if let Some(version) = followed.map_err(|trouble| trouble.to_string())? {
            tracing::info!(
                version,
                "another version of the master key seals from now on"
            );
        }
        read.map(drop)
    }
}

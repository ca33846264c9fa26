//! The tour from beginning to end: a server of its own, each protocol's part, a verdict.

use anyhow::Context as _;
use tokio::sync::oneshot;

use super::mailbox::Mailbox;
use super::okay::Cast;
use super::wire::{Wire, outln};
use super::{activid, okay};
use crate::serving::demo;
use crate::serving::partner_okay::Stand;

/// Plays all parts against a server on a free port with a database in a temporary folder.
pub async fn run() -> anyhow::Result<()> {
    let stand = Stand::take(None, "127.0.0.1").await?;
    let stage =
        demo::Stage::set("127.0.0.1:0", |directory| stand.invite_callbacks(directory)).await?;
    let account = stage.okay_account()?;
    let base = stage.url();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(stage.application.run(async move {
        // A dropped sender means the same: the tour is over.
        let _ = stopped.await;
    }));
    let mut wire = Wire::to(base)?;
    let mailbox = Mailbox::open(stand, account.clone());
    let played = play(&mut wire, &mut Cast { account, mailbox }).await;
    drop(stop);
    serving.await.context("the server ended badly")??;
    played?;
    outln("\nEvery step was as it must be.");
    Ok(())
}

async fn play(wire: &mut Wire, cast: &mut Cast) -> anyhow::Result<()> {
    activid::play(wire).await?;
    okay::play(wire, cast).await
}

//! The tour from beginning to end: a server of its own, each protocol's part, a verdict.

use anyhow::Context as _;
use tokio::sync::oneshot;

use super::mailbox::Mailbox;
use super::okay::Cast;
use super::wire::{Wire, outln};
use super::{activid, dualshield, ocapi, okay};
use crate::serving::demo;
use crate::serving::partner::Account;
use crate::serving::partner_dual::{self, Pocket};
use crate::serving::partner_okay::Stand;

/// Plays all parts against a server on a free port with a database in a temporary folder.
pub async fn run() -> anyhow::Result<()> {
    let stand = Stand::take("127.0.0.1:0").await?;
    let stage = demo::Stage::set("127.0.0.1:0", |directory| {
        demo::each_site(directory, |site| site.difficulty = Some(ocapi::DIFFICULTY));
        stand.invite_callbacks(directory);
    })
    .await?;
    let (website, account) = (stage.account()?, stage.okay_account()?);
    let customer = (stage.dual_account()?, stage.pocket()?);
    let base = stage.url();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(stage.application.run(async move {
        // A dropped sender means the same: the tour is over.
        let _ = stopped.await;
    }));
    let mut wire = Wire::to(base)?;
    let mailbox = Mailbox::open(stand, account.clone());
    let mut cast = Cast { account, mailbox };
    let played = play(&mut wire, &website, &customer, &mut cast).await;
    drop(stop);
    serving.await.context("the server ended badly")??;
    played?;
    outln("\nEvery step was as it must be.");
    Ok(())
}

async fn play(
    wire: &mut Wire,
    website: &Account,
    (account, pocket): &(partner_dual::Account, Pocket),
    cast: &mut Cast,
) -> anyhow::Result<()> {
    ocapi::play(wire, website).await?;
    activid::play(wire).await?;
    dualshield::play(wire, account, pocket).await?;
    okay::play(wire, cast).await
}

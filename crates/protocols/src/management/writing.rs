//! How anything that stands still is written: described from what there is, planned and committed
//! against the same version of it, and all again where somebody else wrote first.

use std::sync::Arc;

use challenge::directory::provision::{Blueprint, Options, Plan, ProvisionError};
use challenge::officers::{Officer, Opening};
use challenge::ports::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::desk::Desk;
use crate::management::refusal::Refusal;

/// How often a change is decided again because somebody else wrote first.
const ATTEMPTS: u32 = 20;

/// Passwords that are hashed at a time: each takes 19 MiB and 20 ms of a thread.
static HASHING: Semaphore = Semaphore::const_new(2);

/// Writes what `describe` says. It is asked anew for each attempt, after the directory was read, and
/// what it reads itself is of the version that the change is committed against, or the change is lost.
pub(super) async fn write<F, Described>(
    desk: &Desk,
    officer: &Officer,
    describe: F,
) -> Result<Plan, Refusal>
where
    F: Fn() -> Described,
    Described: Future<Output = Result<Blueprint, Refusal>>,
{
    let catalogue = &desk.verifier.catalogue;
    for _ in 0..ATTEMPTS {
        catalogue.refresh().await?;
        let version = catalogue.version();
        let blueprint = describe().await?;
        match apply(desk, officer, blueprint, version).await {
            Err(ProvisionError::Store(StoreError::Conflict)) => {}
            Err(error) => return Err(error.into()),
            Ok(plan) => {
                catalogue.refresh().await?;
                return Ok(plan);
            }
        }
    }
    Err(Refusal::Unavailable(format!("{ATTEMPTS} lost races")))
}

async fn apply(
    desk: &Desk,
    officer: &Officer,
    blueprint: Blueprint,
    version: u64,
) -> Result<Plan, ProvisionError> {
    if !has_password(&blueprint) {
        let options = options(officer, version);
        return desk.verifier.provisioner().apply(&blueprint, options).await;
    }
    // A password is hashed on the way: not on a thread that answers others.
    let permit = HASHING.acquire().await;
    let (verifier, officer) = (Arc::clone(&desk.verifier), officer.clone());
    let runtime = Handle::current();
    let hashing = tokio::task::spawn_blocking(move || {
        let options = options(&officer, version);
        let provisioner = verifier.provisioner();
        runtime.block_on(provisioner.apply(&blueprint, options))
    });
    let done = hashing.await;
    drop(permit);
    done.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string()).into()))
}

fn options(officer: &Officer, version: u64) -> Options<'_> {
    Options {
        prune: false,
        actor: Some(officer.actor()),
        from_version: Some(version),
    }
}

fn has_password(blueprint: &Blueprint) -> bool {
    let mut users = blueprint.tenants.iter().flat_map(|tenant| &tenant.users);
    users.any(|user| user.password.is_some())
}

/// What is better not asked for, in lines for people.
pub(super) fn warnings(plan: &Plan) -> Vec<String> {
    plan.warnings
        .iter()
        .map(|found| found.text.clone())
        .collect()
}

/// Does `act` once for each idempotency key: whoever repeats the request is answered as before, what
/// was told once included. `asked` is all of the request that counts; without a key it is just done.
pub async fn once<T, Acted>(
    desk: &Desk,
    officer: &Officer,
    (key, asked): (Option<&str>, &[u8]),
    act: Acted,
) -> Result<T, Refusal>
where
    T: Serialize + DeserializeOwned,
    Acted: Future<Output = Result<T, Refusal>>,
{
    let Some(key) = key else { return act.await };
    let ticket = match desk.verifier.open_request(officer, key, asked).await? {
        Opening::New(ticket) => ticket,
        Opening::Answered(kept) => {
            let kept = Zeroizing::new(kept);
            return serde_json::from_slice(&kept)
                .map_err(|error| Refusal::Unavailable(format!("the kept answer: {error}")));
        }
    };
    match act.await {
        Ok(answer) => {
            let kept = serde_json::to_vec(&answer);
            let kept = kept.map_err(|error| Refusal::Unavailable(error.to_string()))?;
            let kept = Zeroizing::new(kept);
            desk.verifier.close_request(ticket, &kept).await?;
            Ok(answer)
        }
        Err(refusal) => {
            desk.verifier.drop_request(ticket).await?;
            Err(refusal)
        }
    }
}

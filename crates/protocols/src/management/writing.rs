//! How anything that stands still is written: described from what there is, planned and committed
//! against the same version of it, and all again where somebody else wrote first.

use std::sync::Arc;

use challenge::directory::provision::{Blueprint, Options, Plan, ProvisionError};
use challenge::officers::{Denied, Officer, Opening, Ticket};
use challenge::ports::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tracing::Instrument as _;
use zeroize::Zeroizing;

use crate::desk::Desk;
use crate::management::refusal::Refusal;

/// How often a change is decided again because somebody else wrote first.
pub(super) const ATTEMPTS: u32 = 20;

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
        // Kept to the end of the work, whether somebody waits for it or not.
        let _permit = permit;
        let options = options(&officer, version);
        let provisioner = verifier.provisioner();
        runtime.block_on(provisioner.apply(&blueprint, options))
    });
    let done = hashing.await;
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
///
/// With a key it is done to its end in a task of its own, and its answer kept, though the caller hangs
/// up: what was made must not be made again for whoever asks why there was no answer.
pub async fn once<T, Acting>(
    desk: &Arc<Desk>,
    officer: &Officer,
    (key, asked): (Option<&str>, &[u8]),
    act: Acting,
) -> Result<T, Refusal>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    Acting: Future<Output = Result<T, Refusal>> + Send + 'static,
{
    let Some(key) = key else { return act.await };
    // The right to answer is the task's from the moment that it is taken.
    let (officer, key, asked) = (
        officer.clone(),
        key.to_owned(),
        Zeroizing::new(asked.to_vec()),
    );
    let doing = do_once(Arc::clone(desk), officer, (key, asked), act);
    match tokio::spawn(doing.in_current_span()).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(Refusal::Unavailable(error.to_string())),
        },
    }
}

async fn do_once<T, Acting>(
    desk: Arc<Desk>,
    officer: Officer,
    (key, asked): (String, Zeroizing<Vec<u8>>),
    act: Acting,
) -> Result<T, Refusal>
where
    T: Serialize + DeserializeOwned + Sync,
    Acting: Future<Output = Result<T, Refusal>>,
{
    let ticket = match desk.verifier.open_request(&officer, &key, &asked).await? {
        Opening::New(ticket) => ticket,
        Opening::Answered(kept) => {
            let kept = Zeroizing::new(kept);
            return serde_json::from_slice(&kept)
                .map_err(|error| Refusal::Unavailable(format!("the kept answer: {error}")));
        }
    };
    let answer = act.await;
    let ended = match &answer {
        Ok(answer) => keep(&desk, ticket, answer).await,
        // It may have been done all the same: the key stays taken for a while.
        Err(refusal) if refusal.is_unavailable() => Ok(()),
        Err(_) => desk.verifier.drop_request(ticket).await,
    };
    // What was found out is told in any case; whoever repeats the request has to wait.
    if let Err(error) = ended {
        tracing::error!(%error, "the outcome of a request with an idempotency key is not kept");
    }
    answer
}

async fn keep(desk: &Desk, ticket: Ticket, answer: &(impl Serialize + Sync)) -> Result<(), Denied> {
    let kept = serde_json::to_vec(answer);
    let kept = Zeroizing::new(kept.map_err(|error| Denied::Unavailable(error.to_string()))?);
    desk.verifier.close_request(ticket, &kept).await
}

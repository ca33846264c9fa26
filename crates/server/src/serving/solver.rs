//! A proof of work as a visitor's browser does it: counter after counter, until the key begins as it should.
//!
//! For the tour, the benchmark and the tests. It reads what is shown, as any client would, and knows nothing
//! of how the server draws and checks; it does PBKDF2, the work that is asked for in peace.

use std::num::NonZeroU32;

use anyhow::{Context as _, ensure};
use aws_lc_rs::pbkdf2;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

/// Counters that are tried at most.
const COUNTERS_MAX: u32 = 200_000;

/// The solution of a challenge, as an answer takes it: `{"counter": N, "derivedKey": "hex"}`.
pub fn solve(challenge: &Value) -> anyhow::Result<Value> {
    let parameters = &challenge["parameters"];
    let text = |name: &str| {
        parameters[name]
            .as_str()
            .with_context(|| format!("no {name}"))
    };
    let bytes = |name: &str| anyhow::Ok(HEXLOWER.decode(text(name)?.as_bytes())?);
    ensure!(text("algorithm")? == "PBKDF2/SHA-256", "another algorithm");
    let cost = parameters["cost"]
        .as_u64()
        .and_then(|cost| u32::try_from(cost).ok());
    let cost = cost.and_then(NonZeroU32::new).context("no cost")?;
    let (nonce, salt, prefix) = (bytes("nonce")?, bytes("salt")?, bytes("keyPrefix")?);
    let mut key = [0; 32];
    for counter in 0..COUNTERS_MAX {
        let password = [&nonce[..], &counter.to_be_bytes()].concat();
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, cost, &salt, &password, &mut key);
        if key.starts_with(&prefix) {
            return Ok(json!({"counter": counter, "derivedKey": HEXLOWER.encode(&key)}));
        }
    }
    anyhow::bail!("no key begins with {}", HEXLOWER.encode(&prefix))
}

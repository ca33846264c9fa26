//! Whether a key ring opens what a database holds: a restore under another master key would be a server
//! that verifies nothing.

use std::sync::Arc;

use crate::approval::okay_place;
use crate::directory::Site;
use crate::methods::Opened;
use crate::ports::{Store, StoreError, TenantRows};
use crate::secret::{Keyring, SealError};

/// Users of each tenant whose authenticators are opened: one tells it, several tell of keys that were
/// rotated.
const LOOKED_AT: u32 = 200;

/// Why a database does not fit a key ring.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// A sealed value does not open.
    #[error("{what} of tenant {tenant} does not open with this master key: {problem}")]
    Sealed {
        /// What it is.
        what: String,
        /// Whose.
        tenant: String,
        /// Why not.
        problem: String,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks that the key ring opens the secrets in a database: all of tenants and sites, those of the first
/// 200 users of each tenant.
pub async fn check_keys(store: &dyn Store, keyring: &Keyring) -> Result<(), Unfit> {
    for rows in store.tenants().await? {
        check_small(&rows, keyring)?;
        let tenant = &rows.tenant;
        for (_, held) in store.users(tenant.id, None, LOOKED_AT).await? {
            for authenticator in held {
                let serial = authenticator.serial.clone();
                Opened::open(&Arc::new(authenticator), keyring).map_err(|refusal| {
                    Unfit::Sealed {
                        what: format!("authenticator {serial}"),
                        tenant: tenant.name.clone(),
                        problem: refusal.to_string(),
                    }
                })?;
            }
        }
    }
    Ok(())
}

fn check_small(rows: &TenantRows, keyring: &Keyring) -> Result<(), Unfit> {
    let tenant = &rows.tenant;
    let unfit = |what: String| {
        move |problem: SealError| Unfit::Sealed {
            what,
            tenant: tenant.name.clone(),
            problem: problem.to_string(),
        }
    };
    if let Some(secret) = tenant.okay.as_ref().and_then(|okay| okay.secret.as_ref()) {
        keyring
            .open(&okay_place(tenant.id, "okay_secret"), secret)
            .map_err(unfit("the secret for approvals".to_owned()))?;
    }
    for site in &rows.sites {
        let Some(secret) = &site.secret else { continue };
        keyring
            .open(&Site::secret_place(site.tenant, site.id), secret)
            .map_err(unfit(format!("the key of site {}", site.public_id)))?;
    }
    Ok(())
}

//! The demo's corpora: drawn by this program, and taken in as `countersign corpus import` takes in an
//! operator's.

use std::path::Path;

use anyhow::Context as _;
use challenge::directory::Tenant;
use challenge::id::Id;
use store::StoreUrl;
use tempfile::TempDir;

use crate::drawing::corpora::{CSV, write_lines, write_things};
use crate::operator::corpus::{Import, Tools, import};
use crate::system::{OsRng, SystemClock};

/// Visitors who have to agree on an unknown image: few, so that it is seen to happen.
const AGREEMENT: u32 = 3;

/// The corpora, as the demo's site names them, and what writes each into a folder.
const CORPORA: [(&str, Write); 2] = [("drawings", write_things), ("ledger", write_lines)];

type Write = fn(&Path) -> std::io::Result<()>;

/// Draws the corpora and imports them for the tenant of this name.
pub(super) async fn provide(url: &StoreUrl, tenant: &str) -> anyhow::Result<()> {
    let store = store::open(url, &store::Options::default()).await?;
    let rows = store.tenants().await?;
    let rows = rows.into_iter().find(|rows| rows.tenant.name == tenant);
    let tenant = rows.context("the demo's tenant is there")?.tenant.id;
    for (name, write) in CORPORA {
        one(&*store, tenant, name, write).await?;
    }
    Ok(())
}

async fn one(
    store: &dyn challenge::ports::Store,
    tenant: Id<Tenant>,
    name: &str,
    write: Write,
) -> anyhow::Result<()> {
    let drawn = tokio::task::spawn_blocking(move || {
        let folder = TempDir::with_prefix("countersign-corpus-")?;
        write(folder.path())?;
        std::io::Result::Ok(folder)
    });
    let folder = drawn.await?.context("the demo's images cannot be drawn")?;
    let tools = Tools {
        store,
        clock: &SystemClock,
        rng: &OsRng,
        progress: &|_, _| {},
    };
    let plan = Import {
        folder: folder.path(),
        csv: &folder.path().join(CSV),
        tenant,
        name,
        agreement: AGREEMENT,
        skip_broken: false,
    };
    let imported = import(&tools, &plan).await;
    imported.map_err(|rejected| anyhow::anyhow!("the demo's corpus {name}: {rejected}"))?;
    Ok(())
}

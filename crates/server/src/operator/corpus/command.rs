//! The sub-command: what an operator says, and what is said in return.

use challenge::clock::{Clock as _, Timestamp};
use challenge::corpus::{Corpus, ImageRow};
use challenge::ports::{Store, StoreError, TenantRows};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::import::{Import, Tools, import};
use super::report::{Report, told};
use super::{Rejected, export};
use crate::cli::{
    CorpusCommand, ExportArguments, Failure, ImportArguments, Named, Row, TenantOption, moment,
};
use crate::operator::Desk;
use crate::operator::desk::{tenants, the_one};
use crate::system::{OsRng, SystemClock};

const HEAD: &[&str] = &[
    "TENANT",
    "CORPUS",
    "HOLDS",
    "IMAGES",
    "KNOWN",
    "AGREED",
    "OPEN",
    "DISPUTED",
    "AGREEMENT",
    "IMPORTED",
];

/// Images read at once.
const PAGE: u32 = 5_000;

/// What an image is at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The table says what it shows.
    Known,
    /// Visitors agreed on what it shows.
    Agreed,
    /// Visitors are asked what it shows.
    Open,
    /// Visitors disagreed for so long that nobody is asked any more.
    Disputed,
}

impl State {
    pub(super) fn of(image: &ImageRow, imported_at: Timestamp) -> Self {
        match (&image.known, image.settled_at) {
            (Some(_), Some(at)) if at == imported_at => Self::Known,
            (Some(_), _) => Self::Agreed,
            (None, Some(_)) => Self::Disputed,
            (None, None) => Self::Open,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Agreed => "agreed",
            Self::Open => "open",
            Self::Disputed => "disputed",
        }
    }
}

/// `corpus import|list|export|remove`
pub async fn run(desk: &Desk, command: &CorpusCommand) -> Result<(), Failure> {
    match command {
        CorpusCommand::Import(arguments) => take_in(desk, arguments).await,
        CorpusCommand::List(option) => list(desk, option).await,
        CorpusCommand::Export(arguments) => give_out(desk, arguments).await,
        CorpusCommand::Remove(named) => remove(desk, named).await,
    }
}

async fn take_in(desk: &Desk, arguments: &ImportArguments) -> Result<(), Failure> {
    let store = desk.store().await?;
    let found = tenants(&*store, Some(&arguments.tenant)).await?;
    let found = found
        .iter()
        .map(|rows| (rows.tenant.name.clone(), rows.tenant.id));
    let tenant = the_one("tenant", &arguments.tenant, found.collect())?;
    let plan = Import {
        folder: &arguments.folder,
        csv: &arguments.csv,
        tenant,
        name: &arguments.name,
        agreement: arguments.agreement,
        skip_broken: arguments.skip_broken,
    };
    // Hidden where stderr is no terminal.
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style =
        ProgressStyle::with_template("{wide_bar} {pos}/{len} images, {per_sec}, {eta} left");
    bar.set_style(style.map_err(Failure::new)?);
    let progress = |done: usize, of: usize| {
        bar.set_length(u64::try_from(of).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    };
    let tools = Tools {
        store: &*store,
        clock: &SystemClock,
        rng: &OsRng,
        progress: &progress,
    };
    let report = import(&tools, &plan).await;
    bar.finish_and_clear();
    tell(desk, &arguments.name, &report?)
}

fn tell(desk: &Desk, name: &str, report: &Report) -> Result<(), Failure> {
    for (what, problems) in [
        ("left out as duplicates", &report.duplicates),
        ("left out as broken", &report.broken),
    ] {
        if !problems.is_empty() {
            let count = problems.len();
            desk.output
                .note(&format!("{count} {what}: {}", told(problems)));
        }
    }
    if desk.output.json {
        return desk.output.value(report);
    }
    let Report {
        images,
        known,
        agreed,
        ..
    } = *report;
    let verb = if report.replaced {
        "replaced"
    } else {
        "imported"
    };
    let open = images - known - agreed;
    desk.output.done(&format!(
        "corpus {name} {verb}: {images} images, {known} known, {agreed} agreed on before, {open} \
         to be asked about"
    ))
}

async fn list(desk: &Desk, option: &TenantOption) -> Result<(), Failure> {
    let store = desk.store().await?;
    let mut rows = Vec::new();
    for tenant in tenants(&*store, option.tenant.as_deref()).await? {
        for corpus in store.corpora(tenant.tenant.id).await? {
            rows.push(row(&*store, &tenant.tenant.name, &corpus).await?);
        }
    }
    desk.output.list(HEAD, &rows)
}

async fn row(store: &dyn Store, tenant: &str, corpus: &Corpus) -> Result<Row, StoreError> {
    let (mut images, mut from) = (0, 0);
    let mut counts = [0_u32; 4];
    loop {
        let page = store.corpus_images(corpus.key(), from, PAGE).await?;
        let Some(last) = page.last() else { break };
        from = last.ordinal.saturating_add(1);
        for image in &page {
            images += 1;
            counts[State::of(image, corpus.imported_at) as usize] += 1;
        }
    }
    let [known, agreed, open, disputed] = counts;
    let holds = corpus.holds.kind().name();
    let imported_at = moment(corpus.imported_at);
    let value = json!({
        "tenant": tenant, "corpus": corpus.name, "kind": holds, "images": images, "known": known,
        "agreed": agreed, "open": open, "disputed": disputed, "agreement": corpus.agreement,
        "classes": corpus.classes.len(), "imported_at": imported_at,
    });
    let numbers = [images, known, agreed, open, disputed, corpus.agreement];
    let names = [tenant, &corpus.name, holds].map(str::to_owned);
    let cells = names
        .into_iter()
        .chain(numbers.map(|number| number.to_string()));
    Ok(Row {
        value,
        cells: cells.chain([imported_at]).collect(),
    })
}

async fn give_out(desk: &Desk, arguments: &ExportArguments) -> Result<(), Failure> {
    let store = desk.store().await?;
    let (_, corpus) = named(&*store, &arguments.named).await?;
    export::run(&*store, &corpus, (desk.output, arguments.form)).await
}

async fn remove(desk: &Desk, which: &Named) -> Result<(), Failure> {
    let store = desk.store().await?;
    let (tenant, corpus) = named(&*store, which).await?;
    let removed = store.remove_corpus(corpus.tenant, corpus.id, SystemClock.now());
    removed.await?;
    let name = &corpus.name;
    let sites = tenant
        .sites
        .iter()
        .filter(|site| site.corpora.contains(name));
    let sites: Vec<_> = sites.map(|site| site.public_id.as_str()).collect();
    if !sites.is_empty() {
        let sites = sites.join(", ");
        desk.output.note(&format!(
            "still named by {sites}, which have nothing to show of it any more"
        ));
    }
    desk.output.done(&format!(
        "corpus {name} removed, with its images and what visitors said of them"
    ))
}

/// The corpus that is meant, with its tenant.
async fn named(store: &dyn Store, named: &Named) -> Result<(TenantRows, Corpus), Failure> {
    let mut found = Vec::new();
    for tenant in tenants(store, named.tenant.as_deref()).await? {
        let corpora = store.corpora(tenant.tenant.id).await?;
        let fitting = corpora.into_iter().filter(|one| one.name == named.name);
        let name = tenant.tenant.name.clone();
        found.extend(fitting.map(|corpus| (name.clone(), (tenant.clone(), corpus))));
    }
    the_one("corpus", &named.name, found)
}

impl From<Rejected> for Failure {
    fn from(rejected: Rejected) -> Self {
        Self::new(rejected)
    }
}

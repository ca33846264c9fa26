//! Importing: images are read, framed and stored one batch after the other where nobody sees them; what is
//! shown changes at the end, at once. Whatever ends an import before leaves nothing to be seen.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZero;
use std::path::Path;

use challenge::clock::{Clock, Timestamp};
use challenge::corpus::{
    Corpus, EditionKey, Holds, ImageRow, NAME_LENGTH_MAX, NewImage, Published, Standing, Tally,
    check, standing_in,
};
use challenge::directory::Tenant;
use challenge::id::Id;
use challenge::ports::{Store, StoreError};
use challenge::rng::Rng;
use futures_util::{StreamExt as _, stream};

use super::frame::{Framed, framed};
use super::report::{Problem, Rejected, Report};
use super::table::{self, Line, Table};

/// Images stored at once, some 15 KB each.
const BATCH: usize = 64;

/// Images decoded at the same time at most: each takes up to 320 MB, a usual photograph 40.
const THREADS_MAX: usize = 4;

/// Images whose tallies are read at once.
const PAGE: u32 = 500;

/// What is to be imported.
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// The folder of the images.
    pub folder: &'a Path,
    /// The table.
    pub csv: &'a Path,
    /// The tenant.
    pub tenant: Id<Tenant>,
    /// The corpus's name.
    pub name: &'a str,
    /// Voices that have to agree; 0: nothing becomes known.
    pub agreement: u32,
    /// Whether images that cannot be read are left out.
    pub skip_broken: bool,
}

/// What an import works with.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    /// Where it goes.
    pub store: &'a dyn Store,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// Gives randomness.
    pub rng: &'a dyn Rng,
    /// Is told how many images are done, of how many.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// Imports a corpus whole, or nothing of it.
pub async fn import(tools: &Tools<'_>, import: &Import<'_>) -> Result<Report, Rejected> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let name = import.name;
    if name.is_empty() || name.len() > NAME_LENGTH_MAX || !name.chars().all(allowed) {
        return Err(Rejected::Name);
    }
    let csv = import.csv.to_owned();
    let read = tokio::task::spawn_blocking(move || table::read(&csv)).await;
    let table = read.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
    check(
        table.holds,
        table.lines.len(),
        &counted(&table, &table.lines),
    )?;
    let all = tools.store.corpora(import.tenant).await?;
    let present = all.into_iter().find(|corpus| corpus.name == name);
    if let Some(present) = present.as_ref().filter(|one| one.holds != table.holds) {
        return Err(Rejected::OtherKind(present.holds));
    }
    let now = tools.clock.now();
    let corpus = Corpus {
        id: present
            .as_ref()
            .map_or_else(|| Id::random(tools.rng), |corpus| corpus.id),
        tenant: import.tenant,
        name: name.to_owned(),
        holds: table.holds,
        agreement: import.agreement,
        classes: table.classes.clone(),
        edition: Id::random(tools.rng),
        imported_at: now,
        version: 1,
    };
    let key = corpus.key();
    tools.store.stage_edition(&corpus, now).await?;
    let published = Published {
        corpus,
        replaces: present.map(|corpus| corpus.edition),
    };
    let imported = fill_and_show(tools, import, (&table, &published)).await;
    if imported.is_err() {
        // What cannot be ended now ends by itself, a day later.
        let _ = tools.store.unstage_edition(key, now).await;
    }
    imported
}

/// Fills an edition that was begun, and shows it.
async fn fill_and_show(
    tools: &Tools<'_>,
    import: &Import<'_>,
    (table, published): (&Table, &Published),
) -> Result<Report, Rejected> {
    let (corpus, replaces) = (&published.corpus, published.replaces.is_some());
    let agreed = if replaces {
        agreed_before(tools.store, corpus).await?
    } else {
        HashMap::new()
    };
    let mut staging = Staging::new(tools.store, (corpus, import), agreed);
    stage(tools, import, (table, &mut staging)).await?;
    let report = staging.finish(table, replaces)?;
    match tools.store.publish(published, tools.clock.now()).await {
        Ok(()) => Ok(report),
        Err(StoreError::Conflict) => Err(Rejected::Raced),
        Err(error) => Err(error.into()),
    }
}

/// Reads and frames all images, a few at a time, and stores them in the order of the table.
async fn stage(
    tools: &Tools<'_>,
    import: &Import<'_>,
    (table, staging): (&Table, &mut Staging<'_>),
) -> Result<(), Rejected> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let framing = table.lines.clone().into_iter().map(|line| {
        let (path, holds) = (import.folder.join(&line.file), table.holds);
        async move {
            let framed = tokio::task::spawn_blocking(move || framed(&path, holds)).await;
            // A picture that makes the decoder panic is a broken one.
            let framed = framed.unwrap_or_else(|_| Err("it cannot be decoded".to_owned()));
            (line, framed)
        }
    });
    let mut framing = stream::iter(framing).buffered(threads.min(THREADS_MAX));
    let mut done = 0;
    (tools.progress)(done, table.lines.len());
    while let Some((line, framed)) = framing.next().await {
        staging.add(&line, framed);
        if staging.batch.len() >= BATCH {
            staging.store_batch().await?;
        }
        done += 1;
        (tools.progress)(done, table.lines.len());
    }
    staging.store_batch().await
}

/// An edition under way.
struct Staging<'a> {
    store: &'a dyn Store,
    key: EditionKey,
    imported_at: Timestamp,
    /// What visitors agreed on before, by the digest of the file.
    agreed: HashMap<[u8; 32], (Option<String>, Timestamp)>,
    batch: Vec<NewImage>,
    /// Each image taken in: its line, and what that says it shows.
    taken: HashMap<[u8; 32], (u64, Option<String>)>,
    report: Report,
    /// Lines that contradict each other.
    contradictions: Vec<Problem>,
    /// Whether images that cannot be read are left out.
    skip_broken: bool,
}

impl<'a> Staging<'a> {
    fn new(
        store: &'a dyn Store,
        (corpus, import): (&Corpus, &Import<'_>),
        agreed: HashMap<[u8; 32], (Option<String>, Timestamp)>,
    ) -> Self {
        Self {
            store,
            key: corpus.key(),
            imported_at: corpus.imported_at,
            agreed,
            batch: Vec::new(),
            taken: HashMap::new(),
            report: Report {
                images: 0,
                known: 0,
                agreed: 0,
                classes: corpus.classes.len(),
                duplicates: Vec::new(),
                broken: Vec::new(),
                replaced: false,
            },
            contradictions: Vec::new(),
            skip_broken: import.skip_broken,
        }
    }

    fn add(&mut self, line: &Line, framed: Result<Framed, String>) {
        let problem = |text: String| Problem {
            line: line.number,
            text: format!("{}: {text}", line.file),
        };
        let framed = match framed {
            Ok(framed) => framed,
            Err(why) => return self.report.broken.push(problem(why)),
        };
        if let Some((first, shows)) = self.taken.get(&framed.digest) {
            if *shows == line.shows {
                let text = format!("the same image as in line {first}; left out");
                self.report.duplicates.push(problem(text));
            } else {
                let text = format!("the same image as in line {first}, which says otherwise");
                self.contradictions.push(problem(text));
            }
            return;
        }
        self.taken
            .insert(framed.digest, (line.number, line.shows.clone()));
        let row = self.row(line, &framed);
        self.batch.push(NewImage {
            row,
            bytes: framed.jpeg,
        });
    }

    fn row(&mut self, line: &Line, framed: &Framed) -> ImageRow {
        let (known, settled_at) = match (&line.shows, self.agreed.get(&framed.digest)) {
            (Some(shows), _) => {
                self.report.known += 1;
                (Some(shows.clone()), Some(self.imported_at))
            }
            (None, Some((known, at))) => {
                self.report.agreed += usize::from(known.is_some());
                (known.clone(), Some(*at))
            }
            (None, None) => (None, None),
        };
        let ordinal = u32::try_from(self.report.images).unwrap_or(u32::MAX);
        self.report.images += 1;
        ImageRow {
            ordinal,
            digest: framed.digest,
            file: line.file.clone(),
            known,
            settled_at,
            length: u32::try_from(framed.jpeg.len()).unwrap_or(u32::MAX),
        }
    }

    async fn store_batch(&mut self) -> Result<(), Rejected> {
        let batch = std::mem::take(&mut self.batch);
        // What will not be shown need not be stored: then only the problems are still looked for.
        if !batch.is_empty() && !self.is_refused() {
            self.store.stage_images(self.key, batch).await?;
        }
        Ok(())
    }

    /// Whether there is something wrong that refuses the whole.
    fn is_refused(&self) -> bool {
        let broken = !self.skip_broken && !self.report.broken.is_empty();
        broken || !self.contradictions.is_empty()
    }

    /// What was taken in, if that may be shown.
    fn finish(self, table: &Table, replaced: bool) -> Result<Report, Rejected> {
        if self.is_refused() {
            let mut wrong = self.contradictions;
            if !self.skip_broken {
                wrong.extend(self.report.broken);
            }
            wrong.sort_by_key(|problem| problem.line);
            return Err(Rejected::Images(wrong));
        }
        let left: Vec<_> = self.taken.values().map(|(line, _)| *line).collect();
        let kept: std::collections::HashSet<_> = left.into_iter().collect();
        let lines = table.lines.iter();
        let lines: Vec<_> = lines
            .filter(|line| kept.contains(&line.number))
            .cloned()
            .collect();
        check(table.holds, lines.len(), &counted(table, &lines))?;
        Ok(Report {
            replaced,
            ..self.report
        })
    }
}

/// How many of these lines are known, of each class, or of texts together.
fn counted(table: &Table, lines: &[Line]) -> Vec<usize> {
    let known = lines.iter().filter_map(|line| line.shows.as_deref());
    match table.holds {
        Holds::Texts => vec![known.count()],
        Holds::Classes => {
            let classes = table.classes.iter().map(|class| (class.name.as_str(), 0));
            let mut counts: BTreeMap<_, _> = classes.collect();
            for name in known {
                *counts.entry(name).or_insert(0) += 1;
            }
            counts.into_values().collect()
        }
    }
}

/// The images on which visitors agreed, or of which they will not be asked any more, by what they said of
/// earlier editions.
async fn agreed_before(
    store: &dyn Store,
    corpus: &Corpus,
) -> Result<HashMap<[u8; 32], (Option<String>, Timestamp)>, StoreError> {
    let mut agreed = HashMap::new();
    let mut after = Vec::new();
    loop {
        let (tenant, id) = (corpus.tenant, corpus.id);
        let page = store.tallies(tenant, id, &after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(agreed);
        };
        after = last.digest.to_vec();
        for tallies in page.chunk_by(|one, next| one.digest == next.digest) {
            let Some(first) = tallies.first() else {
                continue;
            };
            if let Some(settled) = settled(corpus, tallies) {
                agreed.insert(first.digest, settled);
            }
        }
    }
}

fn settled(corpus: &Corpus, tallies: &[Tally]) -> Option<(Option<String>, Timestamp)> {
    match standing_in(corpus, tallies.to_vec()) {
        Standing::Open => None,
        Standing::Disputed => Some((None, corpus.imported_at)),
        Standing::Known(opinion) => {
            // What is known since the import itself is known by the table.
            let before = Timestamp::from_unix_ms(corpus.imported_at.unix_ms() - 1);
            Some((Some(opinion.says), opinion.last_at.min(before)))
        }
    }
}

//! Corpora of images, written once for both databases: an edition is staged in pieces and shown at once.

use async_trait::async_trait;
use challenge::clock::Timestamp;
use challenge::corpus::{
    Class, Corpus, CorpusStore, EditionKey, Holds, ImageRow, KEPT_AFTER_REPLACEMENT_S, NewImage,
    Published, STAGED_S, Said, Tally,
};
use challenge::directory::Tenant;
use challenge::id::Id;
use challenge::ports::StoreError;
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Row, RowReader, to_json};
use crate::database::{Database, LONG_PATIENCE, PATIENCE, Step};
use crate::engine::Engine;
use crate::provision::{any, exactly};
use crate::sql;

/// What of a corpus is in no column of its own.
#[derive(Serialize, Deserialize)]
struct Body {
    holds: Holds,
    agreement: u32,
    classes: Vec<Class>,
    imported_at: Timestamp,
}

#[async_trait]
impl<D: Database> CorpusStore for Engine<D> {
    async fn corpora(&self, tenant: Id<Tenant>) -> Result<Vec<Corpus>, StoreError> {
        self.all(sql::CORPORA, vec![tenant.number().into()], corpus)
            .await
    }

    async fn corpus_images(
        &self,
        key: EditionKey,
        from: u32,
        limit: u32,
    ) -> Result<Vec<ImageRow>, StoreError> {
        let mut cells = cells_of(key);
        cells.extend([i64::from(from).into(), i64::from(limit).into()]);
        self.all(sql::CORPUS_IMAGES, cells, image).await
    }

    async fn image_bytes(
        &self,
        key: EditionKey,
        ordinal: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.first(sql::IMAGE_BYTES, image_cells(key, ordinal));
        let row = row.await?;
        row.map(|row| row.of("corpus_bytes").bytes()).transpose()
    }

    async fn corpus_of(&self, key: EditionKey) -> Result<Option<Corpus>, StoreError> {
        let row = self.first(sql::EDITION, cells_of(key)).await?;
        row.map(|row| corpus_in(&mut row.of("corpus_edition")))
            .transpose()
    }

    async fn stage_edition(&self, corpus: &Corpus, now: Timestamp) -> Result<(), StoreError> {
        let mut cells = cells_of(corpus.key());
        cells.extend([
            now.plus_s(STAGED_S).unix_ms().into(),
            corpus.name.as_str().into(),
            body(corpus)?.into(),
        ]);
        let step = exactly(1, sql::STAGE_EDITION, cells);
        self.database().run(vec![step], PATIENCE).await?;
        Ok(())
    }

    async fn stage_images(&self, key: EditionKey, images: Vec<NewImage>) -> Result<(), StoreError> {
        let rows = images.iter().map(|image| stage_row(key, &image.row));
        let mut steps: Vec<_> = rows.collect();
        steps.extend(images.into_iter().map(|image| {
            let mut cells = image_cells(key, image.row.ordinal);
            cells.push(Cell::Bytes(image.bytes));
            exactly(1, sql::STAGE_BYTES, cells)
        }));
        self.database().run(steps, LONG_PATIENCE).await?;
        Ok(())
    }

    async fn unstage_edition(
        &self,
        key: EditionKey,
        staged_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut cells = cells_of(key);
        // The end that it was given; one that was published has another one, or none.
        cells.push(staged_at.plus_s(STAGED_S).unix_ms().into());
        let step = any(sql::END_EDITION, cells);
        self.database().run(vec![step], PATIENCE).await?;
        Ok(())
    }

    async fn publish(&self, published: &Published, now: Timestamp) -> Result<(), StoreError> {
        let corpus = &published.corpus;
        let (tenant, id) = (corpus.tenant.number(), corpus.id.number());
        let edition = corpus.edition.number();
        let body = body(corpus)?;
        let first = match published.replaces {
            None => exactly(
                1,
                sql::ADD_CORPUS,
                vec![
                    tenant.into(),
                    id.into(),
                    corpus.name.as_str().into(),
                    edition.into(),
                    body.into(),
                ],
            ),
            Some(old) => exactly(
                1,
                sql::REPLACE_EDITION,
                vec![
                    edition.into(),
                    body.into(),
                    tenant.into(),
                    id.into(),
                    old.number().into(),
                ],
            ),
        };
        let kept_until = now.plus_s(KEPT_AFTER_REPLACEMENT_S).unix_ms();
        let old = any(
            sql::END_SHOWN_EDITION,
            vec![kept_until.into(), tenant.into(), id.into()],
        );
        let mut cells = cells_of(corpus.key());
        cells.push(now.unix_ms().into());
        let new = exactly(1, sql::SHOW_EDITION, cells);
        self.database().run(vec![first, old, new], PATIENCE).await?;
        Ok(())
    }

    async fn remove_corpus(
        &self,
        tenant: Id<Tenant>,
        corpus: Id<Corpus>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (tenant, corpus) = (tenant.number(), corpus.number());
        let kept_until = now.plus_s(KEPT_AFTER_REPLACEMENT_S).unix_ms();
        let first = exactly(1, sql::REMOVE_CORPUS, vec![tenant.into(), corpus.into()]);
        let cells = vec![kept_until.into(), tenant.into(), corpus.into()];
        let shown = any(sql::END_SHOWN_EDITION, cells);
        self.database().run(vec![first, shown], PATIENCE).await?;
        Ok(())
    }

    async fn settle_images(
        &self,
        key: EditionKey,
        settled: Vec<(u32, Option<String>)>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut steps: Vec<_> = settled
            .into_iter()
            .map(|(ordinal, known)| {
                let mut cells = vec![known.into(), at.unix_ms().into()];
                cells.extend(image_cells(key, ordinal));
                any(sql::SETTLE_IMAGE, cells)
            })
            .collect();
        let cells = vec![key.tenant.number().into(), key.corpus.number().into()];
        steps.push(any(sql::RAISE_CORPUS, cells));
        self.database().run(steps, LONG_PATIENCE).await?;
        Ok(())
    }

    async fn tallies_of(
        &self,
        tenant: Id<Tenant>,
        corpus: Id<Corpus>,
        digest: &[u8; 32],
    ) -> Result<Vec<Tally>, StoreError> {
        let cells = vec![
            tenant.number().into(),
            corpus.number().into(),
            digest.as_slice().into(),
        ];
        self.all(sql::TALLIES_OF, cells, tally).await
    }

    async fn tallies(
        &self,
        tenant: Id<Tenant>,
        corpus: Id<Corpus>,
        after: &[u8],
        limit: u32,
    ) -> Result<Vec<Tally>, StoreError> {
        let cells = vec![
            tenant.number().into(),
            corpus.number().into(),
            after.into(),
            i64::from(limit).into(),
        ];
        self.all(sql::TALLIES, cells, tally).await
    }
}

fn body(corpus: &Corpus) -> Result<String, StoreError> {
    let body = Body {
        holds: corpus.holds,
        agreement: corpus.agreement,
        classes: corpus.classes.clone(),
        imported_at: corpus.imported_at,
    };
    to_json("corpus", &corpus.id, &body)
}

fn cells_of(key: EditionKey) -> Vec<Cell> {
    vec![
        key.tenant.number().into(),
        key.corpus.number().into(),
        key.edition.number().into(),
    ]
}

fn image_cells(key: EditionKey, ordinal: u32) -> Vec<Cell> {
    let mut cells = cells_of(key);
    cells.push(i64::from(ordinal).into());
    cells
}

fn stage_row(key: EditionKey, row: &ImageRow) -> Step {
    let mut cells = image_cells(key, row.ordinal);
    cells.extend([
        row.digest.as_slice().into(),
        row.file.as_str().into(),
        row.known.as_deref().into(),
        row.settled_at.map(Timestamp::unix_ms).into(),
        i64::from(row.length).into(),
    ]);
    exactly(1, sql::STAGE_IMAGE, cells)
}

fn corpus(row: Row) -> Result<Corpus, StoreError> {
    let mut row = row.of("corpus");
    let corpus = corpus_in(&mut row)?;
    let version = row.int()?;
    Ok(Corpus { version, ..corpus })
}

/// What a row of the corpus and one of an edition have in common.
fn corpus_in(row: &mut RowReader) -> Result<Corpus, StoreError> {
    let id = row.id()?;
    let tenant = row.int()?;
    let name = row.text()?;
    let edition = row.int()?;
    let body = row.text()?;
    let body: Body = row.json(&body)?;
    Ok(Corpus {
        id,
        tenant: row.id_of(tenant)?,
        name,
        holds: body.holds,
        agreement: body.agreement,
        classes: body.classes,
        edition: row.id_of(edition)?,
        imported_at: body.imported_at,
        version: 0,
    })
}

fn image(row: Row) -> Result<ImageRow, StoreError> {
    let mut row = row.of("corpus_image");
    let ordinal = row.int()?;
    let digest = row.bytes()?;
    let file = row.text()?;
    let known = row.text_or_null()?;
    let settled_at = row.int_or_null()?;
    let length = row.int()?;
    let small = |number| u32::try_from(number).map_err(|_| row.fault("a number is out of range"));
    Ok(ImageRow {
        ordinal: small(ordinal)?,
        digest: row.exactly(&digest)?,
        file,
        known,
        settled_at: settled_at.map(Timestamp::from_unix_ms),
        length: small(length)?,
    })
}

fn tally(row: Row) -> Result<Tally, StoreError> {
    let mut row = row.of("annotation");
    let digest = row.bytes()?;
    let about = row.text()?;
    let said = row.text()?;
    let voices = row.int()?;
    let last_at = row.int()?;
    Ok(Tally {
        digest: row.exactly(&digest)?,
        said: Said::of_parts(about, said),
        voices: u32::try_from(voices).map_err(|_| row.fault("a count is out of range"))?,
        last_at: Timestamp::from_unix_ms(last_at),
    })
}

/// What finds editions whose time is up, and the rows of those that have ended, each with the statement that
/// ends or removes one. An edition ends for good before anything of it is removed, so that none is
/// published of which something is missing.
pub(crate) fn ended(before: Timestamp, limit: u32) -> [(&'static str, Vec<Cell>, &'static str); 5] {
    let limit = Cell::from(i64::from(limit));
    let cells = || vec![limit.clone()];
    let by_end = vec![before.unix_ms().into(), limit.clone()];
    [
        (sql::ENDED_EDITIONS, by_end, sql::END_EDITION),
        (sql::ENDED_BYTES, cells(), sql::REMOVE_BYTES),
        (sql::ENDED_IMAGES, cells(), sql::REMOVE_IMAGE),
        (sql::ENDED_WORDS, cells(), sql::REMOVE_WORD),
        (sql::EMPTY_EDITIONS, cells(), sql::REMOVE_EDITION),
    ]
}

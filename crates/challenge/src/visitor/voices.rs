//! What an answer is worth, and what it says of images that are not known.
//!
//! Only a right answer says something, and it is written in the same commit. What makes an image known comes
//! after it: should that be lost, the next voice on the image brings it about.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::corpus::{Annotation, Corpus, EditionKey, Pool, Said, Standing, standing_in};
use crate::directory::Site;
use crate::id::Id;
use crate::methods::images;
use crate::verifier::Verifier;
use crate::visitor::answering::{AnswerGiven, Visitor};
use crate::visitor::{Images, Refused, Task, Ticket};

/// What an answer is worth.
pub(super) struct Judged {
    /// Whether it is right.
    pub(super) right: bool,
    /// What it says of images; nothing where it is wrong.
    pub(super) said: Vec<Annotation>,
}

/// What is known of the images of a challenge, and who is heard about them, when.
struct Listening {
    pool: Arc<Pool>,
    corpus: Id<Corpus>,
    voice: [u8; 16],
    at: Timestamp,
}

impl Listening {
    /// What the right images, chosen by their numbers from 1, say of the others; nothing: they are wrong.
    fn said_by_choosing(
        &self,
        images: &Images,
        numbers: &[usize],
    ) -> Result<Option<Vec<(u32, Said)>>, Refused> {
        let class = self.pool.corpus.classes.get(usize::from(images.pick.about));
        let class = &class.ok_or(Refused::Expired)?.name;
        let places = numbers.iter().filter_map(|number| number.checked_sub(1));
        let places: Vec<_> = places.collect();
        let right = images::shows_all_chosen(&images.pick, &places);
        Ok(right.then(|| images::said_of_chosen(&images.pick, &places, class)))
    }

    fn annotations(&self, said: Vec<(u32, Said)>) -> Vec<Annotation> {
        let said = said.into_iter().filter_map(|(ordinal, said)| {
            Some(Annotation {
                corpus: self.corpus,
                digest: *self.pool.digest(ordinal)?,
                voice: self.voice,
                said,
                at: self.at,
            })
        });
        said.collect()
    }
}

impl Verifier {
    /// Judges an answer. One that does not go with the task is wrong. [`Refused::Expired`] where the
    /// images are not at hand any more.
    pub(super) async fn judge(
        &self,
        (ticket, site): (&Ticket, &Site),
        given: &AnswerGiven,
        visitor: &Visitor<'_>,
    ) -> Result<Judged, Refused> {
        let (listening, said) = match (&ticket.task, given) {
            (Task::ProofOfWork(solution), AnswerGiven::ProofOfWork(attempt)) => {
                return Ok(without_words(solution.is_hit_by(attempt)));
            }
            (Task::Text(code), AnswerGiven::Text(text)) => {
                return Ok(without_words(code.is_hit_by(text)));
            }
            (Task::Classification(images), AnswerGiven::Chosen(numbers)) => {
                let listening = self.listening((images, site), visitor).await?;
                let said = listening.said_by_choosing(images, numbers)?;
                (listening, said)
            }
            (Task::Transcription(images), AnswerGiven::Texts(texts)) => {
                let listening = self.listening((images, site), visitor).await?;
                let known = |ordinal| listening.pool.text(ordinal);
                let said = images::said_of_texts(&images.pick, texts, known);
                (listening, said)
            }
            _ => return Ok(without_words(false)),
        };
        let Some(said) = said else {
            return Ok(without_words(false));
        };
        let said = listening.annotations(said);
        Ok(Judged { right: true, said })
    }

    /// What is needed to write down what is said of images. It is fetched before an answer is compared: that
    /// it is not there must not tell a right answer from a wrong one.
    async fn listening(
        &self,
        (images, site): (&Images, &Site),
        visitor: &Visitor<'_>,
    ) -> Result<Listening, Refused> {
        Ok(Listening {
            pool: self.pool_of(images, site).await?,
            corpus: images.corpus,
            voice: self
                .keyring
                .voice(images.corpus.number(), visitor.address)?,
            at: self.clock.now(),
        })
    }

    /// Makes images known on which enough visitors agree by what was just said. What cannot be read or
    /// written now is left to the next voice.
    pub(super) async fn settle_agreed(
        &self,
        (ticket, site): (&Ticket, &Site),
        said: &[Annotation],
    ) {
        let (Some(images), false) = (ticket.task.images(), said.is_empty()) else {
            return;
        };
        let key = images.key(site.tenant);
        let Ok(pool) = self.pool_of(images, site).await else {
            return;
        };
        let mut settled = Vec::new();
        for (_, ordinal) in images.pick.unknown() {
            let Some(digest) = pool.digest(ordinal) else {
                continue;
            };
            let tallies = self.store.tallies_of(key.tenant, key.corpus, digest);
            let Ok(tallies) = tallies.await else { return };
            match standing_in(&pool.corpus, tallies) {
                Standing::Open => {}
                Standing::Known(opinion) => settled.push((ordinal, Some(opinion.says))),
                Standing::Disputed => settled.push((ordinal, None)),
            }
        }
        self.settle_images(key, settled).await;
    }

    async fn settle_images(&self, key: EditionKey, settled: Vec<(u32, Option<String>)>) {
        if settled.is_empty() {
            return;
        }
        let now = self.clock.now();
        // Whether it worked is seen by the next voice, which tries again.
        let _ = self.store.settle_images(key, settled, now).await;
    }
}

fn without_words(right: bool) -> Judged {
    let said = Vec::new();
    Judged { right, said }
}

//! A shop with images: two corpora of the site `gallery`, and what a visitor who knows them answers.

use challenge::corpus::{Class, Corpus, Holds, ImageRow, NewImage, Published};
use challenge::id::Id;
use challenge::visitor::{Images, Task};
use serde_json::{Value, json};

use crate::shop::{Shop, id_of};

/// Known images of each corpus, and as many that are not.
const KNOWN: u32 = 40;

/// The classes, and what they are called in French.
const CLASSES: [(&str, &str); 2] = [("ship", "un bateau"), ("house", "une maison")];

/// Opens a shop and imports both corpora.
pub(super) async fn open() -> Shop {
    let shop = Shop::open().await;
    for (number, name, holds) in [(1, "harbour", Holds::Classes), (2, "letters", Holds::Texts)] {
        let classes = CLASSES.map(|(name, french)| Class {
            name: name.to_owned(),
            said: [("fr".to_owned(), french.to_owned())].into(),
        });
        let now = shop.verifier.now();
        let corpus = Corpus {
            id: Id::from_number(number).unwrap(),
            tenant: shop.verifier.catalogue.site("gallery").unwrap().tenant,
            name: name.to_owned(),
            holds,
            agreement: 2,
            classes: match holds {
                Holds::Classes => classes.to_vec(),
                Holds::Texts => vec![],
            },
            edition: Id::from_number(number).unwrap(),
            imported_at: now,
            version: 1,
        };
        let store = shop.verifier.store();
        let images = (0..2 * KNOWN).map(|ordinal| image(&corpus, ordinal));
        store.stage_edition(&corpus, now).await.unwrap();
        let staged = store.stage_images(corpus.key(), images.collect());
        staged.await.unwrap();
        let published = Published {
            corpus,
            replaces: None,
        };
        store.publish(&published, now).await.unwrap();
    }
    shop
}

fn image(corpus: &Corpus, ordinal: u32) -> NewImage {
    let place = usize::try_from(ordinal).unwrap();
    let bytes = [&[0xFF, 0xD8][..], &vec![0x55; 900 + place]].concat();
    let mut digest = [1; 32];
    digest[..4].copy_from_slice(&ordinal.to_be_bytes());
    let shows = match corpus.holds {
        Holds::Classes => CLASSES[place % 2].0.to_owned(),
        Holds::Texts => text_of(ordinal),
    };
    let known = ordinal < KNOWN;
    NewImage {
        row: ImageRow {
            ordinal,
            digest,
            file: format!("{ordinal}.jpg"),
            known: known.then_some(shows),
            settled_at: known.then_some(corpus.imported_at),
            length: u32::try_from(bytes.len()).unwrap(),
        },
        bytes,
    }
}

fn text_of(ordinal: u32) -> String {
    format!("Line {ordinal} of the letter")
}

/// The images of a challenge, as its id carries them.
pub(super) fn images_of(shop: &Shop, id: &str) -> Images {
    let (ticket, _) = shop.verifier.ticket(id).unwrap();
    ticket.task.images().unwrap().clone()
}

/// What a visitor who knows everything answers to a challenge of any kind that asks.
pub(super) fn right(shop: &Shop, challenge: &Value) -> Value {
    let (ticket, _) = shop.verifier.ticket(&id_of(challenge)).unwrap();
    match &ticket.task {
        Task::Text(code) => json!(code.text.to_uppercase()),
        Task::Classification(images) => {
            let class = u32::from(images.pick.about);
            let shown = images.pick.images.iter().enumerate();
            let shown = shown.filter(|(_, ordinal)| **ordinal % 2 == class);
            let ids = shown.map(|(place, _)| (place + 1).to_string());
            json!(ids.collect::<Vec<_>>())
        }
        Task::Transcription(images) => {
            let typed = images.pick.images.iter().enumerate();
            let typed = typed.map(|(place, &ordinal)| {
                let text = text_of(ordinal).to_lowercase();
                ((place + 1).to_string(), json!(text))
            });
            Value::Object(typed.collect())
        }
        Task::ProofOfWork(_) => panic!("nobody is asked"),
    }
}

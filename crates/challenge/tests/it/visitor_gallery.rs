//! A shop that asks about images: its corpora, what it asks and what is answered.

use challenge::corpus::{Class, Corpus, Holds, ImageRow, NewImage, Said};
use challenge::id::Id;
use challenge::visitor::{
    AnswerGiven, Answered, Images, IssuedToVisitor, Kind, Refused, Task, Ticket, Visitor, Wish,
};
use pollster::block_on;

use crate::bench::START;
use crate::visitor_shop::{HERE, Shop, VISITOR};

pub(crate) const KNOWN: u32 = 60;
pub(crate) const UNKNOWN: u32 = 60;

/// A shop with a corpus of ships, houses and trees, and one of texts.
pub(crate) fn open() -> Shop {
    let shop = Shop::open_as("gallery");
    for (number, holds) in [(1, Holds::Classes), (2, Holds::Texts)] {
        let corpus = corpus(&shop, number, holds);
        let mut rows = shop.bench.store.rows();
        let images = (0..KNOWN + UNKNOWN).map(|ordinal| (corpus.key(), image(ordinal, holds)));
        rows.corpora.images.extend(images);
        rows.corpora.corpora.push(corpus);
    }
    shop
}

pub(crate) fn corpus(shop: &Shop, number: i64, holds: Holds) -> Corpus {
    let classes = ["ship", "house", "tree"].map(|name| Class {
        name: name.to_owned(),
        said: [("en", name), ("fr", "bateau")]
            .map(|(code, said)| (code.to_owned(), said.to_owned()))
            .into(),
    });
    Corpus {
        id: Id::from_number(number).unwrap(),
        tenant: shop.site.tenant,
        name: format!("corpus{number}"),
        holds,
        agreement: 3,
        classes: match holds {
            Holds::Classes => classes.to_vec(),
            Holds::Texts => vec![],
        },
        edition: Id::from_number(number + 10).unwrap(),
        imported_at: START,
        version: 1,
    }
}

/// The first half of the images are known.
pub(crate) fn image(ordinal: u32, holds: Holds) -> NewImage {
    let class = ["ship", "house", "tree"][usize::try_from(ordinal % 3).unwrap()];
    let shows = match holds {
        Holds::Classes => class.to_owned(),
        Holds::Texts => format!("words number {ordinal}"),
    };
    let known = (ordinal < KNOWN).then_some(shows);
    let bytes = [
        &[0xFF, 0xD8][..],
        &vec![7; 100 + usize::try_from(ordinal).unwrap()],
    ]
    .concat();
    let mut digest = [9; 32];
    digest[..4].copy_from_slice(&ordinal.to_be_bytes());
    NewImage {
        row: ImageRow {
            ordinal,
            digest,
            file: format!("{ordinal}.jpg"),
            settled_at: known.is_some().then_some(START),
            known,
            length: u32::try_from(bytes.len()).unwrap(),
        },
        bytes,
    }
}

impl Shop {
    pub(crate) fn wish(&self, wish: &Wish<'_>) -> Result<IssuedToVisitor, Refused> {
        block_on(self.bench.verifier.issue_to_visitor(&self.site, wish))
    }

    pub(crate) fn ask(&self, kind: Kind) -> IssuedToVisitor {
        self.wish(&Wish::of(kind, HERE)).unwrap()
    }

    pub(crate) fn after(&self, id: &str) -> IssuedToVisitor {
        let before = self.ticket(id);
        let wish = Wish {
            after: Some(&before),
            ..Wish::of(before.kind(), HERE)
        };
        self.wish(&wish).unwrap()
    }

    pub(crate) fn ticket(&self, id: &str) -> Ticket {
        self.bench.verifier.ticket(id).unwrap().0
    }

    pub(crate) fn images(&self, id: &str) -> Images {
        self.ticket(id).task.images().unwrap().clone()
    }

    pub(crate) fn give(&self, id: &str, given: &AnswerGiven) -> Result<Answered, Refused> {
        self.give_from(id, given, HERE)
    }

    pub(crate) fn give_from(
        &self,
        id: &str,
        given: &AnswerGiven,
        address: &str,
    ) -> Result<Answered, Refused> {
        let (ticket, site) = self.bench.verifier.ticket(id).unwrap();
        let visitor = Visitor { address, ..VISITOR };
        let answered = self
            .bench
            .verifier
            .answer_of_visitor((&ticket, &site), given, &visitor);
        block_on(answered)
    }

    pub(crate) fn code(&self, id: &str) -> String {
        match self.ticket(id).task {
            Task::Text(code) => code.text,
            _ => panic!("no code"),
        }
    }

    pub(crate) fn picture(&self, id: &str, number: usize) -> Result<Vec<u8>, Refused> {
        let (ticket, site) = self.bench.verifier.ticket(id).unwrap();
        let drawn = self.bench.verifier.picture((&ticket, &site), number, HERE);
        Ok(block_on(drawn)?.bytes)
    }

    pub(crate) fn said(&self) -> Vec<(u32, Said)> {
        let rows = self.bench.store.rows();
        let said = rows.corpora.annotations.iter();
        said.map(|one| (ordinal_of(&one.digest), one.said.clone()))
            .collect()
    }
}

pub(crate) fn ordinal_of(digest: &[u8; 32]) -> u32 {
    u32::from_be_bytes(digest[..4].try_into().unwrap())
}

/// The images that show the class, and of the unknown ones those that `also` names.
pub(crate) fn chosen(images: &Images, also: impl Fn(u32) -> bool) -> AnswerGiven {
    let pick = &images.pick;
    let numbers = pick.images.iter().enumerate().filter(|(place, ordinal)| {
        let shows = pick.positive >> place & 1 == 1;
        shows || (!pick.is_known(*place) && also(**ordinal))
    });
    AnswerGiven::Chosen(numbers.map(|(place, _)| place + 1).collect())
}

pub(crate) fn typed(images: &Images, unknown: &str) -> AnswerGiven {
    let texts = images
        .pick
        .images
        .iter()
        .enumerate()
        .map(|(place, ordinal)| {
            if images.pick.is_known(place) {
                format!("WORDS number {ordinal}")
            } else {
                unknown.to_owned()
            }
        });
    AnswerGiven::Texts(texts.collect())
}

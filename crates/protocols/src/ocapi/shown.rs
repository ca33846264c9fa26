//! A challenge as it goes over the wire: what all kinds have, and what each has of its own.

use challenge::methods::{code, images};
use challenge::visitor::{IssuedToVisitor, Shown};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::ocapi::response::rfc3339;
use crate::ocapi::words;

/// A challenge as a visitor gets it; each kind has members of its own.
#[derive(Serialize)]
pub(super) struct Challenge<'a> {
    id: &'a str,
    kind: &'static str,
    expires_at: String,
    kinds: Vec<&'static str>,
    #[serde(flatten)]
    own: Own<'a>,
}

/// What a kind has of its own.
#[derive(Serialize)]
#[serde(untagged)]
enum Own<'a> {
    /// `pow`: ALTCHA's parameters and their signature.
    ProofOfWork(&'a Map<String, Value>),
    /// Everything with images.
    Images(Asked<'a>),
}

/// What is asked, and about which images.
#[derive(Serialize)]
struct Asked<'a> {
    lang: &'static str,
    question: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<usize>,
    images: Vec<Image>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio: Option<String>,
}

/// An image; its number is its id.
#[derive(Serialize)]
struct Image {
    id: String,
    url: String,
    alt: String,
    width: u32,
    height: u32,
}

impl<'a> From<&'a IssuedToVisitor> for Challenge<'a> {
    fn from(issued: &'a IssuedToVisitor) -> Self {
        Self {
            id: &issued.id,
            kind: issued.kind().name(),
            expires_at: rfc3339(issued.answer_by),
            kinds: issued.kinds.iter().map(|kind| kind.name()).collect(),
            own: own(issued),
        }
    }
}

fn own(issued: &IssuedToVisitor) -> Own<'_> {
    let (id, language) = (&issued.id, issued.language);
    let lang = language.code();
    match &issued.shown {
        Shown::ProofOfWork(puzzle) => Own::ProofOfWork(puzzle),
        Shown::Classification { about, images } => Own::Images(Asked {
            lang,
            question: words::choose(language, about),
            about: Some(about),
            length: None,
            images: numbered((id, *images), images::CHOSEN_SIZE, |number| {
                words::image_of(language, number, *images)
            }),
            audio: None,
        }),
        Shown::Transcription { images } => Own::Images(Asked {
            lang,
            question: words::transcribe(language),
            about: None,
            length: None,
            images: numbered((id, *images), images::TEXT_SIZE, |number| {
                words::text_of(language, number, *images)
            }),
            audio: None,
        }),
        Shown::Text { length } => Own::Images(Asked {
            lang,
            question: words::read_code(language),
            about: None,
            length: Some(*length),
            images: numbered((id, 1), code::IMAGE_SIZE, |_| words::code(language)),
            audio: Some(format!("/ocapi/v2/challenge/{id}/audio?lang={lang}")),
        }),
    }
}

/// So many images of a challenge, all of one size.
fn numbered(
    (id, count): (&str, usize),
    (width, height): (u32, u32),
    alt: impl Fn(usize) -> String,
) -> Vec<Image> {
    let images = (1..=count).map(|number| Image {
        id: number.to_string(),
        url: format!("/ocapi/v2/challenge/{id}/image/{number}"),
        alt: alt(number),
        width,
        height,
    });
    images.collect()
}

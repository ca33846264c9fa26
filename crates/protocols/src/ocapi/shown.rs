//! A challenge as it goes over the wire: what all kinds have, and what each has of its own.

use challenge::methods::{code, images};
use challenge::visitor::{IssuedToVisitor, Shown};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::ocapi::response::rfc3339;
use crate::ocapi::words;

/// A challenge as a visitor gets it; each kind has members of its own.
#[derive(Serialize, ToSchema)]
#[schema(as = OcapiChallenge)]
pub(super) struct Challenge<'a> {
    /// Opaque, safe in URLs, begins with `c.`, at most 512 characters.
    id: &'a str,
    /// `pow`, `classification`, `transcription` or `text`.
    kind: &'static str,
    /// Until when it can be answered. RFC 3339, UTC.
    expires_at: String,
    /// The kinds that the visitor may have instead, this one among them.
    kinds: Vec<&'static str>,
    #[serde(flatten)]
    own: Own<'a>,
}

/// What a kind has of its own.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = OcapiChallengeOfKind)]
enum Own<'a> {
    /// `pow`.
    ProofOfWork(Work<'a>),
    /// Everything with images.
    Images(Asked<'a>),
}

/// What is to be worked out, in ALTCHA's form.
#[derive(Serialize, ToSchema)]
#[schema(as = OcapiWork)]
struct Work<'a> {
    /// How, and what for.
    #[schema(value_type = Object)]
    parameters: &'a Value,
    /// The server's signature over them.
    #[schema(value_type = String)]
    signature: &'a Value,
}

/// What is asked, and about which images.
#[derive(Serialize, ToSchema)]
#[schema(as = OcapiAsked)]
struct Asked<'a> {
    /// The language of the words.
    lang: &'static str,
    /// What is asked.
    question: String,
    /// `classification`: what the images to be chosen show.
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<&'a str>,
    /// `text`: how many characters the code has.
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<usize>,
    /// 8 to 12 images to choose from, 2 of text, or 1 of a code.
    images: Vec<Image>,
    /// `text`: where the code can be heard, from the server's root on.
    #[serde(skip_serializing_if = "Option::is_none")]
    audio: Option<String>,
}

/// An image; its number is its id.
#[derive(Serialize, ToSchema)]
#[schema(as = OcapiImage)]
struct Image {
    /// By which it is named in the answer.
    id: String,
    /// Where it is, from the server's root on.
    url: String,
    /// What it is to who does not see it.
    alt: String,
    /// Pixels.
    width: u32,
    /// Pixels.
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
        Shown::ProofOfWork(puzzle) => {
            let member = |name| puzzle.get(name).unwrap_or(&Value::Null);
            Own::ProofOfWork(Work {
                parameters: member("parameters"),
                signature: member("signature"),
            })
        }
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

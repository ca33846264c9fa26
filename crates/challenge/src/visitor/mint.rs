//! What strangers can make the server compute, as a port: puzzles, drawn codes and spoken codes.

use async_trait::async_trait;

use crate::methods::code::Code;
use crate::methods::proof_of_work::{Effort, Puzzle};
use crate::rng::Rng;
use crate::visitor::{Language, Refused};

/// Draws, which takes time and memory: somewhere beside the requests, and not without bounds.
///
/// For each it is told for whom (`asker`): who asks much waits no less for it than others;
/// [`Refused::SlowDown`] where too many are waiting.
#[async_trait]
pub trait Mint: Send + Sync + 'static {
    /// A puzzle that nobody has seen.
    async fn puzzle(&self, effort: Effort, asker: &str) -> Result<Puzzle, Refused>;

    /// The distorted image of a code, [`IMAGE_SIZE`](crate::methods::code::IMAGE_SIZE) pixels: the same
    /// bytes for the same code.
    async fn text_image(&self, code: &Code, asker: &str) -> Result<Drawn, Refused>;

    /// A code as it is read out in a language: the same bytes for the same code and language.
    async fn spoken(&self, code: &Code, language: Language, asker: &str) -> Result<Drawn, Refused>;
}

/// Something drawn, as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// What it is, such as `image/png`.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// A mint that draws on the caller's own thread, plainly: for tests, whose puzzles are cheap and whose
/// codes every program may read, and for commands, which draw nothing.
pub struct InlineMint<R>(pub R);

#[async_trait]
impl<R: Rng> Mint for InlineMint<R> {
    async fn puzzle(&self, effort: Effort, _: &str) -> Result<Puzzle, Refused> {
        Puzzle::draw(effort, &self.0).map_err(|error| Refused::Unavailable(error.to_string()))
    }

    async fn text_image(&self, code: &Code, _: &str) -> Result<Drawn, Refused> {
        let (width, height) = crate::methods::code::IMAGE_SIZE;
        let text = &code.text;
        let image = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\">\
             <text x=\"10\" y=\"60\" font-size=\"48\">{text}</text></svg>"
        );
        Ok(Drawn {
            media_type: "image/svg+xml",
            bytes: image.into_bytes(),
        })
    }

    async fn spoken(&self, code: &Code, language: Language, _: &str) -> Result<Drawn, Refused> {
        Ok(Drawn {
            media_type: "audio/wav",
            bytes: tones(code, language),
        })
    }
}

/// Samples a second.
const RATE: u32 = 8_000;

/// Samples of a character's tone, and of the silence after it.
const TONE: (u32, u32) = (800, 400);

/// A code in tones, one for each character and language (WAVE, 8 bits, mono).
fn tones(code: &Code, language: Language) -> Vec<u8> {
    let (sounding, silent) = TONE;
    let samples = code.text.bytes().flat_map(|character| {
        let hz = 200 + 10 * u32::from(character) + u32::from(language.number());
        let wave = move |at: u32| {
            if (at * hz * 2 / RATE).is_multiple_of(2) {
                64
            } else {
                192
            }
        };
        let tone = (0..sounding).map(wave);
        tone.chain((0..silent).map(|_| 128))
    });
    let samples: Vec<u8> = samples.collect();
    let length = u32::try_from(samples.len()).unwrap_or(0);
    let mut file = b"RIFF".to_vec();
    file.extend_from_slice(&(36 + length).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(b"\x01\0\x08\0data");
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(&samples);
    file
}

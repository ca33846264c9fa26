//! The recorded characters, by language and voice; `data/drawing/speech/README.md` says how they were made.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::LazyLock;

use challenge::visitor::Language;
use hound::WavReader;
use include_dir::{Dir, include_dir};

/// Samples a second of every recording.
pub(super) const RATE: u16 = 8_000;

/// How loud a recording is made, as the root of the mean of its squares; 1 is the loudest sample there is.
pub(super) const LOUDNESS: f32 = 0.14;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/data/drawing/speech");

static RECORDINGS: LazyLock<HashMap<String, Vec<f32>>> = LazyLock::new(read_all);

/// The voices of a language, by the names of their folders.
pub(super) const VOICES: [&str; 2] = ["1", "2"];

/// A character as one of the voices says it, with nothing before and after; empty where it is in no code.
pub(super) fn recording(language: Language, voice: &str, character: char) -> &'static [f32] {
    let name = format!("{}/{voice}/{character}.wav", language.code());
    RECORDINGS.get(&name).map_or(&[], Vec::as_slice)
}

fn read_all() -> HashMap<String, Vec<f32>> {
    let folders = FILES.dirs().flat_map(Dir::dirs);
    let files = folders.flat_map(Dir::files);
    files
        .map(|file| (file.path().display().to_string(), read(file.contents())))
        .collect()
}

fn read(file: &[u8]) -> Vec<f32> {
    let reader =
        WavReader::new(Cursor::new(file)).expect("a recording that is shipped can be read");
    let samples = reader.into_samples::<i16>();
    let samples: Result<Vec<i16>, hound::Error> = samples.collect();
    let samples = samples.expect("a recording that is shipped is whole");
    let samples: Vec<f32> = samples
        .into_iter()
        .map(|s| f32::from(s) / 32_768.0)
        .collect();
    let scale = LOUDNESS / loudness(&samples).max(f32::EPSILON);
    samples.into_iter().map(|sample| sample * scale).collect()
}

/// The root of the mean of the squares; 0 for nothing.
pub(super) fn loudness(samples: &[f32]) -> f32 {
    let squares = samples.iter().map(|sample| sample * sample);
    let (sum, count) = squares.fold((0.0, 0.0), |(sum, count), square| {
        (sum + square, count + 1.0)
    });
    (sum / f32::max(count, 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use challenge::methods::code::ALPHABET;

    use super::*;

    #[test]
    fn every_character_is_recorded_in_every_language_by_every_voice_and_equally_loud() {
        for language in Language::ALL {
            for voice in VOICES {
                for &character in ALPHABET {
                    let said = recording(language, voice, char::from(character));
                    let place = format!("{}/{voice}/{}", language.code(), char::from(character));
                    // A tenth to nine tenths of a second.
                    assert!(
                        (800..7_200).contains(&said.len()),
                        "{place}: {} samples",
                        said.len()
                    );
                    assert!((loudness(said) - LOUDNESS).abs() < 0.01, "{place}");
                }
            }
        }
        let expected = Language::ALL.len() * VOICES.len() * ALPHABET.len();
        assert_eq!(RECORDINGS.len(), expected, "and nothing else is shipped");
    }
}

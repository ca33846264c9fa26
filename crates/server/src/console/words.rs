//! The console's words: a file for each part of it in `words/`, every word in four languages side by side.
//!
//! A key is the file's name, a dot, and the word's name: `frame.sign_out`. What others wrote (names, texts)
//! is never a word; it is put into one by [`Words::with`], and escaped by the template like everything.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::language::Language;

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/console/words");

/// Every word by its key.
static ALL: LazyLock<HashMap<String, Word>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for file in FOLDER.files() {
        let area = file.path().file_stem().unwrap_or_default();
        let area = area.to_string_lossy().into_owned();
        let text = file.contents_utf8().unwrap_or_default();
        let words: BTreeMap<String, Word> =
            toml::from_str(text).expect("the files of words are parsed by a test");
        let keyed = words
            .into_iter()
            .map(|(name, word)| (format!("{area}.{name}"), word));
        all.extend(keyed);
    }
    all
});

/// A word in every language: that none is missing is the parser's to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    en: Text,
    fr: Text,
    de: Text,
    es: Text,
}

/// A text, or two where it goes by a count.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Counted { one: String, other: String },
}

/// The words in one language.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Words {
    /// The language.
    pub(super) language: Language,
}

impl Words {
    /// The words in this language.
    pub(super) fn of(language: Language) -> Self {
        Self { language }
    }

    /// A word. What has no entry is shown as its key; a test holds that there is none.
    pub(super) fn t(self, key: &'static str) -> &'static str {
        match self.text(key) {
            Some(Text::Plain(text) | Text::Counted { other: text, .. }) => text,
            None => key,
        }
    }

    /// A word with values put where it has `{name}`.
    pub(super) fn with(self, key: &'static str, values: &[(&str, &str)]) -> String {
        filled(self.t(key), values)
    }

    /// A word that goes by a count, which stands in it as `{count}`.
    pub(super) fn count(self, key: &'static str, count: u64) -> String {
        let text = match self.text(key) {
            Some(Text::Counted { one, .. }) if self.language.is_singular(count) => one,
            Some(Text::Counted { other, .. }) => other,
            Some(Text::Plain(text)) => text,
            None => key,
        };
        filled(text, &[("count", &self.number(count))])
    }

    /// A whole number in the language's way of writing.
    pub(super) fn number(self, number: u64) -> String {
        let digits = number.to_string();
        let mut written = String::with_capacity(digits.len() + digits.len() / 3 * 3);
        for (at, digit) in digits.char_indices() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                written.push(self.language.thousands());
            }
            written.push(digit);
        }
        written
    }

    /// Whether there is a word with this key, which may have come from outside.
    pub(super) fn known(unverified_key: &str) -> Option<&'static str> {
        ALL.get_key_value(unverified_key)
            .map(|(key, _)| key.as_str())
    }

    fn text(self, key: &str) -> Option<&'static Text> {
        let word = ALL.get(key)?;
        Some(match self.language {
            Language::English => &word.en,
            Language::French => &word.fr,
            Language::German => &word.de,
            Language::Spanish => &word.es,
        })
    }
}

/// Puts the values in, in one pass: what a value holds is never looked into.
fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        if let Some((value, after)) = value {
            filled.push_str(value);
            rest = after;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    static SOURCES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/console");

    /// The names in braces that a text has.
    fn places(text: &Text) -> BTreeSet<String> {
        let (one, other) = match text {
            Text::Plain(text) => (text, text),
            Text::Counted { one, other } => (one, other),
        };
        [one, other]
            .into_iter()
            .flat_map(|text| text.split('{').skip(1))
            .filter_map(|rest| Some(rest.split_once('}')?.0.to_owned()))
            .collect()
    }

    #[test]
    fn every_language_has_a_text_with_the_same_places() {
        assert!(ALL.len() > 20, "{}", ALL.len());
        for (key, word) in ALL.iter() {
            for text in [&word.fr, &word.de, &word.es] {
                assert_eq!(places(text), places(&word.en), "{key}");
                let counted = matches!(text, Text::Counted { .. });
                assert_eq!(counted, matches!(word.en, Text::Counted { .. }), "{key}");
            }
            for text in [&word.en, &word.fr, &word.de, &word.es] {
                let (Text::Plain(text) | Text::Counted { other: text, .. }) = text;
                assert!(!text.trim().is_empty(), "{key}");
                assert_eq!(text.trim(), text, "{key}");
            }
        }
    }

    /// Everything between quotation marks in the console's sources that looks like a key.
    fn keys_in_use() -> BTreeSet<String> {
        let areas: BTreeSet<_> = ALL.keys().filter_map(|key| key.split('.').next()).collect();
        let mut folders = vec![&SOURCES];
        let mut found = BTreeSet::new();
        while let Some(folder) = folders.pop() {
            folders.extend(folder.dirs());
            for file in folder.files() {
                if file.path().extension().is_some_and(|end| end == "toml") {
                    continue;
                }
                let text = file.contents_utf8().unwrap();
                let texts = text.split('"').filter(|text| {
                    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                    text.split_once('.').is_some_and(|(area, name)| {
                        areas.contains(area)
                            && !name.is_empty()
                            && !["html", "css"].contains(&name)
                            && name.chars().all(plain)
                    })
                });
                found.extend(texts.map(str::to_owned));
            }
        }
        found
    }

    #[test]
    fn every_word_in_use_is_there_and_every_word_is_in_use() {
        let known: BTreeSet<String> = ALL.keys().cloned().collect();
        let used = keys_in_use();
        let missing: Vec<_> = used.difference(&known).collect();
        let unused: Vec<_> = known.difference(&used).collect();
        assert!(missing.is_empty(), "no words for {missing:?}");
        assert!(unused.is_empty(), "nobody says {unused:?}");
    }

    #[test]
    fn numbers_are_written_as_the_language_has_it() {
        let written = |language| Words::of(language).number(1_234_567);
        assert_eq!(written(Language::English), "1,234,567");
        assert_eq!(written(Language::German), "1.234.567");
        assert_eq!(written(Language::French), "1\u{202f}234\u{202f}567");
        assert_eq!(Words::default().number(999), "999");
    }

    #[test]
    fn a_value_is_put_in_and_not_looked_into() {
        assert_eq!(
            filled("a {x} b {y}", &[("x", "{y}"), ("y", "2")]),
            "a {y} b 2"
        );
        assert_eq!(filled("a {z} {", &[("x", "1")]), "a {z} {");
    }
}

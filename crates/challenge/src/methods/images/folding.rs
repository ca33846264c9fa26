//! When two texts are the same: how people type what they read.

use strsim::osa_distance;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// From this many characters on one slip of the finger is forgiven.
const FORGIVEN_FROM: usize = 6;

/// Characters of a known text at least, folded: a shorter one is guessed.
const KNOWN_FROM: usize = 3;

/// Whether visitors can be judged by this text: folded and without accents it has three characters or more.
pub fn is_telling(text: &str) -> bool {
    without_accents(&folded(text)).chars().count() >= KNOWN_FROM
}

/// A text but for what people type differently: compatibility forms (NFKC), case, runs of spaces, and the
/// shapes of quotation marks, apostrophes and dashes. Accents are kept.
pub fn folded(text: &str) -> String {
    let plain = text.nfkc().flat_map(char::to_lowercase).map(|c| match c {
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}' | '\u{b4}' | '`' => '\'',
        '\u{ab}' | '\u{bb}' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    });
    let plain: String = plain.collect();
    let words: Vec<_> = plain.split_whitespace().collect();
    words.join(" ")
}

/// Whether what was typed is the text that is known: folded, without accents (not every keyboard has
/// them), and from six characters on with one character wrong, missing, too many or swapped.
pub fn is_same_text(known: &str, unverified: &str) -> bool {
    let known = without_accents(&folded(known));
    let given = without_accents(&folded(unverified));
    let slips = usize::from(known.chars().count() >= FORGIVEN_FROM);
    !known.is_empty() && osa_distance(&known, &given) <= slips
}

fn without_accents(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_however_it_is_typed() {
        for (known, typed) in [
            ("Le Roi", "le roi"),
            ("Le Roi", "  LE \u{a0} ROI "),
            ("l\u{2019}été", "L'été"),
            ("l\u{2019}été", "l'ete"),
            ("\u{ab}Vorwärts\u{bb}", "\"Vorwarts\""),
            ("1870\u{2013}71", "1870-71"),
            ("o\u{fb03}ce", "office"),
            ("e\u{301}te\u{301}", "été"),
            ("Straße", "straße"),
            ("chemin", "chmin"),
            ("chemin", "cehmin"),
            ("chemin", "chemins"),
        ] {
            assert!(is_same_text(known, typed), "{known} {typed}");
        }
    }

    #[test]
    fn another_text_is_another_one() {
        for (known, typed) in [
            ("roi", "ro"),
            ("roi", "loi"),
            ("seven", "sevens"),
            ("chemin", "chmn"),
            ("chemin", ""),
            ("", ""),
            ("le roi", "leroix"),
        ] {
            assert!(!is_same_text(known, typed), "{known} {typed}");
        }
    }

    #[test]
    fn nobody_is_judged_by_a_text_of_less_than_three_characters() {
        for (text, expected) in [
            ("roi", true),
            ("r o", true),
            ("e\u{301}t", false),
            ("ab", false),
            ("\u{301}\u{300}\u{301}", false),
            (" a ", false),
            ("", false),
        ] {
            assert_eq!(is_telling(text), expected, "{text:?}");
        }
    }

    #[test]
    fn accents_count_where_visitors_are_compared_with_each_other() {
        assert_ne!(folded("été"), folded("ete"));
        assert_eq!(folded("E\u{301}té"), folded("été"));
    }
}

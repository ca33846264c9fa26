//! When visitors agree so much on an image that it counts as known. Pure.
//!
//! For a class count those who said that the image shows it against those who said that it does not, and
//! those who said that it shows another one. Who was asked for another class and said no says nothing here.
//! Texts are the same where they are written the same, but for case and spaces.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::corpus::{Said, Tally, VOICES_MAX};
use crate::methods::images::folded;

/// Of the voices that count, so many in a hundred must say the same.
pub const SHARE_NEEDED_PERCENT: u32 = 80;

/// What most visitors say of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// The class's name or the text; of several spellings the commonest.
    pub says: String,
    /// Voices that say so.
    pub voices: u32,
    /// Voices that count for or against it.
    pub of: u32,
    /// When the last of those that say so was given.
    pub last_at: Timestamp,
}

impl Opinion {
    /// The share of those who say so, in hundredths.
    pub fn percent(&self) -> u32 {
        (self.voices * 100).checked_div(self.of).unwrap_or(0)
    }
}

/// What becomes of an unknown image by what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// More has to be heard.
    Open,
    /// It counts as known from now on.
    Known(Opinion),
    /// So many were asked in vain that nobody is asked any more.
    Disputed,
}

/// What becomes of an image of which this was said, where so many voices are demanded (0: it never
/// counts as known).
pub fn standing_of(tallies: &[Tally], agreement: u32) -> Standing {
    if let Some(opinion) = agreed(tallies, agreement) {
        return Standing::Known(opinion);
    }
    let all: u32 = tallies.iter().map(|tally| tally.voices).sum();
    if all >= VOICES_MAX {
        Standing::Disputed
    } else {
        Standing::Open
    }
}

/// The opinion by which an image counts as known, if there is one.
pub fn agreed(tallies: &[Tally], agreement: u32) -> Option<Opinion> {
    let opinion = opinion(tallies)?;
    let enough = agreement > 0 && opinion.of >= agreement;
    let same =
        u64::from(opinion.voices) * 100 >= u64::from(opinion.of) * u64::from(SHARE_NEEDED_PERCENT);
    (enough && same).then_some(opinion)
}

/// What most say, if anybody said what the image shows. Of two said equally often, the one that comes
/// first in the alphabet.
pub fn opinion(tallies: &[Tally]) -> Option<Opinion> {
    let mut said: BTreeMap<String, Side<'_>> = BTreeMap::new();
    let mut all_for = 0;
    for tally in tallies {
        let (key, text) = match &tally.said {
            Said::Shows(class) => (class.clone(), class),
            Said::Reads(text) => (folded(text), text),
            Said::ShowsNot(_) => continue,
        };
        all_for += tally.voices;
        said.entry(key).or_default().add(text, tally);
    }
    let opinions = said.into_iter().map(|(key, side)| {
        let against = tallies.iter().filter_map(|tally| match &tally.said {
            Said::ShowsNot(class) if *class == key => Some(tally.voices),
            _ => None,
        });
        Opinion {
            says: side.spelling.1.to_owned(),
            voices: side.voices,
            of: all_for + against.sum::<u32>(),
            last_at: side.last_at,
        }
    });
    // The later of two equal ones would win otherwise.
    opinions.reduce(|best, other| {
        let is_better = u64::from(other.voices) * u64::from(best.of)
            > u64::from(best.voices) * u64::from(other.of);
        if is_better { other } else { best }
    })
}

/// Those who say the same.
#[derive(Default)]
struct Side<'a> {
    voices: u32,
    last_at: Timestamp,
    /// The commonest spelling, and how many write it so.
    spelling: (u32, &'a str),
}

impl<'a> Side<'a> {
    fn add(&mut self, text: &'a str, tally: &Tally) {
        self.voices += tally.voices;
        self.last_at = self.last_at.max(tally.last_at);
        if tally.voices > self.spelling.0 {
            self.spelling = (tally.voices, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(said: Said, voices: u32) -> Tally {
        Tally {
            digest: [7; 32],
            said,
            voices,
            last_at: Timestamp::from_unix_s(i64::from(voices)),
        }
    }

    fn shows(class: &str, voices: u32) -> Tally {
        tally(Said::Shows(class.to_owned()), voices)
    }

    fn not(class: &str, voices: u32) -> Tally {
        tally(Said::ShowsNot(class.to_owned()), voices)
    }

    fn reads(text: &str, voices: u32) -> Tally {
        tally(Said::Reads(text.to_owned()), voices)
    }

    fn says(tallies: &[Tally], agreement: u32) -> Option<String> {
        agreed(tallies, agreement).map(|opinion| opinion.says)
    }

    #[test]
    fn five_voices_of_which_four_in_five_say_the_same_make_it_known() {
        assert_eq!(says(&[shows("ship", 4)], 5), None);
        assert_eq!(says(&[shows("ship", 5)], 5).as_deref(), Some("ship"));
        assert_eq!(
            says(&[shows("ship", 4), not("ship", 1)], 5).as_deref(),
            Some("ship")
        );
        assert_eq!(says(&[shows("ship", 7), not("ship", 2)], 5), None);
        assert_eq!(
            says(&[shows("ship", 8), not("ship", 2)], 5).as_deref(),
            Some("ship")
        );
        assert_eq!(
            says(&[shows("ship", 4), shows("house", 1)], 5).as_deref(),
            Some("ship")
        );
        assert_eq!(says(&[shows("ship", 3), shows("house", 2)], 5), None);
    }

    #[test]
    fn a_no_about_another_class_says_nothing() {
        let heard = [shows("ship", 5), not("house", 40), not("tree", 40)];
        assert_eq!(says(&heard, 5).as_deref(), Some("ship"));
        assert_eq!(opinion(&[not("house", 40)]), None);
    }

    #[test]
    fn where_no_voices_are_demanded_nothing_ever_becomes_known() {
        assert_eq!(agreed(&[shows("ship", 900)], 0), None);
        assert_eq!(standing_of(&[shows("ship", 999)], 0), Standing::Open);
        assert_eq!(standing_of(&[shows("ship", 1000)], 0), Standing::Disputed);
    }

    #[test]
    fn texts_are_the_same_but_for_case_and_spaces_and_the_commonest_spelling_stays() {
        let heard = [reads("le  roi", 1), reads("Le Roi", 3), reads("le roi", 1)];
        let opinion = agreed(&heard, 5).unwrap();
        assert_eq!(
            (opinion.says.as_str(), opinion.voices, opinion.of),
            ("Le Roi", 5, 5)
        );
        assert_eq!(
            says(&[reads("été", 3), reads("ete", 2)], 5),
            None,
            "accents are kept"
        );
    }

    #[test]
    fn who_disagree_for_too_long_are_not_asked_any_more() {
        assert_eq!(
            standing_of(&[shows("a", 500), shows("b", 499)], 5),
            Standing::Open
        );
        assert_eq!(
            standing_of(&[shows("a", 500), shows("b", 500)], 5),
            Standing::Disputed
        );
    }
}

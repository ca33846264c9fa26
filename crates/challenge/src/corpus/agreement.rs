//! When visitors agree so much on an image that it counts as known. Pure.
//!
//! Each class is a question of its own: those who say that the image shows it against those who were asked
//! for it and say that it does not. An image of which many see a second class in it counts as neither. Texts
//! are the same where they are written the same, but for case and spaces.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::corpus::{Corpus, Said, Tally, VOICES_MAX};
use crate::methods::images::{folded, is_telling};

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

/// What becomes of an image of a corpus, of which this was said. What was said of classes that the corpus does
/// not have any more counts for nothing.
pub fn standing_in(corpus: &Corpus, mut tallies: Vec<Tally>) -> Standing {
    tallies.retain(|tally| corpus.asks_about(&tally.said));
    standing_of(&tallies, corpus.agreement)
}

/// What becomes of an image of which this was said, where so many voices are demanded (0: it never
/// counts as known).
pub(crate) fn standing_of(tallies: &[Tally], agreement: u32) -> Standing {
    if let Some(opinion) = agreed(tallies, agreement) {
        let texts = tallies.iter().any(|one| matches!(one.said, Said::Reads(_)));
        // Nobody could be judged by such a text, and more of the same need not be heard.
        if texts && !is_telling(&opinion.says) {
            return Standing::Disputed;
        }
        return Standing::Known(opinion);
    }
    if most_asked(tallies) >= VOICES_MAX {
        Standing::Disputed
    } else {
        Standing::Open
    }
}

/// How many were heard about one class, that of which most were; of texts, how many were heard. Voices
/// about all classes together would be many where there are many classes, and all of them agree.
fn most_asked(tallies: &[Tally]) -> u32 {
    let mut asked: BTreeMap<&str, u32> = BTreeMap::new();
    for tally in tallies {
        *asked.entry(tally.said.parts().0).or_default() += tally.voices;
    }
    asked.into_values().max().unwrap_or(0)
}

/// The opinion by which an image counts as known, if there is one: enough voices, of which enough say the
/// same, and no other class that as many were asked for and half of them see.
pub fn agreed(tallies: &[Tally], agreement: u32) -> Option<Opinion> {
    let opinions = opinions(tallies);
    let best = best(&opinions)?;
    let is_enough = |one: &Opinion, percent: u32| {
        let say = u64::from(one.voices) * 100;
        one.of >= agreement && say >= u64::from(one.of) * u64::from(percent)
    };
    let others = opinions.iter().filter(|one| one.says != best.says);
    let disputed = others.filter(|one| is_enough(one, 50)).count() > 0;
    let agreed = agreement > 0 && is_enough(best, SHARE_NEEDED_PERCENT) && !disputed;
    agreed.then(|| best.clone())
}

/// What most say, if anybody said what the image shows.
pub fn opinion(tallies: &[Tally]) -> Option<Opinion> {
    best(&opinions(tallies)).cloned()
}

/// The one that is likeliest by what was heard: nine of ten are more than one of one. Of two equal ones it
/// is the one that comes first in the alphabet.
fn best(opinions: &[Opinion]) -> Option<&Opinion> {
    let likely = |one: &Opinion| (u64::from(one.voices) + 1, u64::from(one.of) + 2);
    opinions.iter().reduce(|best, other| {
        let ((good, of), (other_good, other_of)) = (likely(best), likely(other));
        if other_good * of > good * other_of {
            other
        } else {
            best
        }
    })
}

/// Each thing that the image is said to show, in alphabetical order.
fn opinions(tallies: &[Tally]) -> Vec<Opinion> {
    let mut said: BTreeMap<String, Side<'_>> = BTreeMap::new();
    let mut texts = 0;
    for tally in tallies {
        match &tally.said {
            Said::Shows(class) => said.entry(class.clone()).or_default().add(class, tally),
            Said::ShowsNot(class) => said.entry(class.clone()).or_default().against += tally.voices,
            Said::Reads(text) => {
                texts += tally.voices;
                said.entry(folded(text)).or_default().add(text, tally);
            }
        }
    }
    let heard = said.into_values().filter(|side| side.voices > 0);
    heard
        .map(|side| Opinion {
            says: side.spelling.1.to_owned(),
            voices: side.voices,
            of: texts.max(side.voices + side.against),
            last_at: side.last_at,
        })
        .collect()
}

/// Those who say the same.
#[derive(Default)]
struct Side<'a> {
    voices: u32,
    /// Those who were asked for it and said no.
    against: u32,
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
    use crate::corpus::pool_tests::corpus;
    use crate::corpus::{Class, Holds};

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
    }

    #[test]
    fn an_image_that_shows_two_classes_to_many_counts_as_neither() {
        let both = [shows("house", 5), shows("ship", 5)];
        assert_eq!(says(&both, 5), None);
        let half = [shows("ship", 9), shows("house", 5), not("house", 5)];
        assert_eq!(says(&half, 5), None);
        let slips = [shows("ship", 9), shows("house", 4), not("house", 5)];
        assert_eq!(says(&slips, 5).as_deref(), Some("ship"));
        let few = [shows("ship", 9), shows("house", 4)];
        assert_eq!(says(&few, 5).as_deref(), Some("ship"));
    }

    #[test]
    fn nine_of_ten_say_more_than_one_of_one() {
        let heard = [shows("house", 1), shows("ship", 9), not("ship", 1)];
        assert_eq!(opinion(&heard).unwrap().says, "ship");
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
    fn a_text_too_short_to_judge_by_is_agreed_on_and_not_asked_about_any_more() {
        assert_eq!(standing_of(&[reads("de", 9)], 5), Standing::Disputed);
        assert!(matches!(
            standing_of(&[reads("des", 9)], 5),
            Standing::Known(_)
        ));
    }

    #[test]
    fn who_disagree_for_too_long_about_one_thing_are_not_asked_any_more() {
        for (heard, expected) in [
            ([shows("a", 500), not("a", 499)], Standing::Open),
            ([shows("a", 500), not("a", 500)], Standing::Disputed),
            ([not("a", 999), not("b", 999)], Standing::Open),
            ([not("a", 1000), not("b", 1)], Standing::Disputed),
            ([reads("one", 500), reads("other", 499)], Standing::Open),
            ([reads("one", 500), reads("other", 500)], Standing::Disputed),
        ] {
            assert_eq!(standing_of(&heard, 5), expected, "{heard:?}");
        }
    }

    #[test]
    fn an_image_of_a_corpus_with_many_classes_becomes_known() {
        let others = (0..200).map(|number| not(&format!("class{number}"), 950));
        let mut heard: Vec<_> = others.collect();
        heard.push(shows("ship", 99));
        assert_eq!(standing_of(&heard, 100), Standing::Open);
        heard.push(shows("ship", 1));
        assert!(matches!(standing_of(&heard, 100), Standing::Known(_)));
    }

    #[test]
    fn what_was_said_of_a_class_that_is_gone_counts_for_nothing() {
        let class = |name: &str| Class {
            name: name.to_owned(),
            said: BTreeMap::new(),
        };
        let boats = corpus(Holds::Classes, vec![class("boat"), class("house")]);
        let before = vec![shows("ship", 900), not("ship", 100), reads("ship", 1000)];
        assert_eq!(standing_in(&boats, before.clone()), Standing::Open);
        let heard = [before.clone(), vec![shows("boat", 5)]].concat();
        let Standing::Known(opinion) = standing_in(&boats, heard) else {
            panic!("it is a boat");
        };
        assert_eq!((opinion.says.as_str(), opinion.of), ("boat", 5));
        let texts = corpus(Holds::Texts, vec![]);
        let heard = [before, vec![reads("harbour", 4000)]].concat();
        let Standing::Known(opinion) = standing_in(&texts, heard) else {
            panic!("it reads harbour");
        };
        assert_eq!(opinion.of, 5000, "a voice about a class is none");
    }
}

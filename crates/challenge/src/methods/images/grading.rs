//! When an answer about images is right, and what it says of those that are not known.

use super::folding::is_same_text;
use super::pick::{Pick, bit};
use crate::corpus::Said;

/// Whether of the known images exactly those were chosen that show the class. The others may be chosen or
/// not. Places count from 0.
pub fn shows_all_chosen(pick: &Pick, chosen: &[usize]) -> bool {
    let chosen = chosen.iter().fold(0, |bits, &place| bits | bit(place));
    pick.positive != 0 && chosen & pick.known == pick.positive
}

/// What choosing these says of the images that are not known, by their ordinals.
pub fn said_of_chosen(pick: &Pick, chosen: &[usize], class: &str) -> Vec<(u32, Said)> {
    let said = pick.unknown().map(|(place, ordinal)| {
        let class = class.to_owned();
        let said = if chosen.contains(&place) {
            Said::Shows(class)
        } else {
            Said::ShowsNot(class)
        };
        (ordinal, said)
    });
    said.collect()
}

/// Whether the known texts were typed, and what that says of the others, by their ordinals: nothing
/// of one that was left empty. Where several are known, one of them is enough, and those that were left empty
/// are passed over: what cannot be read may be left empty. `known` gives the text of an image that is known.
pub fn said_of_texts<'a>(
    pick: &Pick,
    typed: &[String],
    known: impl Fn(u32) -> Option<&'a str>,
) -> Option<Vec<(u32, Said)>> {
    let mut said = Vec::new();
    let mut any_known = false;
    for (place, &ordinal) in pick.images.iter().enumerate() {
        let text = typed.get(place)?.trim();
        if text.is_empty() {
            continue;
        }
        if pick.is_known(place) {
            is_same_text(known(ordinal)?, text).then_some(())?;
            any_known = true;
        } else {
            said.push((ordinal, Said::Reads(text.to_owned())));
        }
    }
    any_known.then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six images: the second and fourth show the class, the fifth and sixth are not known.
    fn picked() -> Pick {
        Pick {
            about: 1,
            images: vec![10, 11, 12, 13, 14, 15],
            known: 0b00_1111,
            positive: 0b00_1010,
        }
    }

    #[test]
    fn exactly_the_known_images_of_the_class_are_right_whatever_is_said_of_the_others() {
        for right in [&[1, 3][..], &[3, 1], &[1, 3, 4], &[1, 3, 4, 5]] {
            assert!(shows_all_chosen(&picked(), right), "{right:?}");
        }
        for wrong in [
            &[][..],
            &[1],
            &[3],
            &[0, 1, 3],
            &[4, 5],
            &[0, 1, 2, 3, 4, 5],
            &[99],
        ] {
            assert!(!shows_all_chosen(&picked(), wrong), "{wrong:?}");
        }
    }

    #[test]
    fn where_nothing_is_known_nothing_is_right() {
        let nothing = Pick {
            known: 0,
            positive: 0,
            ..picked()
        };
        assert!(!shows_all_chosen(&nothing, &[]) && !shows_all_chosen(&nothing, &[1]));
        assert_eq!(
            said_of_texts(&nothing, &vec!["x".to_owned(); 6], |_| None),
            None
        );
    }

    #[test]
    fn what_is_said_is_said_of_the_unknown_ones_alone() {
        let said = said_of_chosen(&picked(), &[1, 3, 5], "ship");
        let ship = || "ship".to_owned();
        assert_eq!(
            said,
            [(14, Said::ShowsNot(ship())), (15, Said::Shows(ship()))]
        );
    }

    #[test]
    fn the_known_text_decides_and_the_other_one_is_kept_as_it_is_typed() {
        let pick = Pick {
            about: 0,
            images: vec![7, 8],
            known: 0b10,
            positive: 0b10,
        };
        let known = |ordinal| (ordinal == 8).then_some("Le Roi");
        let typed = |first: &str, second: &str| vec![first.to_owned(), second.to_owned()];
        let said = said_of_texts(&pick, &typed(" L\u{2019}État ", "le roi"), known);
        assert_eq!(
            said,
            Some(vec![(7, Said::Reads("L\u{2019}État".to_owned()))])
        );
        assert_eq!(
            said_of_texts(&pick, &typed(" ", "le roi"), known),
            Some(vec![])
        );
        assert_eq!(said_of_texts(&pick, &typed("le roi", "x"), known), None);
        assert_eq!(said_of_texts(&pick, &typed("x", ""), known), None);
        assert_eq!(said_of_texts(&pick, &["le roi".to_owned()], known), None);
    }

    #[test]
    fn of_two_known_texts_one_may_be_left_empty_and_none_may_be_wrong() {
        let pick = Pick {
            about: 0,
            images: vec![7, 8],
            known: 0b11,
            positive: 0b11,
        };
        let known = |ordinal| Some(if ordinal == 8 { "Le Roi" } else { "La Reine" });
        for (first, second, right) in [
            ("la reine", "le roi", true),
            ("la reine", " ", true),
            ("", "le roi", true),
            ("", "", false),
            ("la reine", "le duc", false),
            ("le duc", "le roi", false),
        ] {
            let typed = [first.to_owned(), second.to_owned()];
            let expected = right.then(Vec::new);
            assert_eq!(
                said_of_texts(&pick, &typed, known),
                expected,
                "{first}, {second}"
            );
        }
    }
}

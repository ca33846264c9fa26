//! Which images a challenge shows: a function of the pool, the moment at which the series began, and the
//! salts of its steps.
//!
//! A step is picked by doing all steps before it again, so that no image comes twice in a series and nothing
//! has to be remembered but the salts. A corpus that is used up begins anew, with what was shown last left
//! out where that is possible.

use std::collections::HashSet;

use super::pick::{IMAGES_MAX, IMAGES_MIN as KNOWN, Pick, bit};
use super::stream::Stream;
use crate::clock::Timestamp;
use crate::corpus::{Holds, Pool};

/// Known images that show the class, at least.
const POSITIVE_MIN: usize = 2;

/// How often something unused is drawn blindly before it is looked for.
const BLIND_TRIES: usize = 16;

/// What the last of these steps shows; nothing where the pool is too small for any challenge.
pub fn pick(pool: &Pool, began_at: Timestamp, salts: &[u32]) -> Option<Pick> {
    let mut lists = pool.known_at(began_at);
    lists.push(pool.open_at(began_at));
    let mut series = Picking {
        holds: pool.corpus.holds,
        used: HashSet::new(),
        used_of: vec![0; lists.len()],
        last: Vec::new(),
        lists,
    };
    let mut picked = None;
    for (step, &salt) in salts.iter().enumerate() {
        picked = Some(series.step(&mut Stream::of(salt, step))?);
    }
    picked
}

/// A series under way.
struct Picking<'a> {
    holds: Holds,
    /// Known images, a list a class (of texts one list), and behind them the open ones.
    lists: Vec<&'a [u32]>,
    used: HashSet<u32>,
    /// How many of each list are used.
    used_of: Vec<usize>,
    /// What the step before showed.
    last: Vec<Drawn>,
}

/// An image, and the place of the list that it is from.
#[derive(Clone, Copy)]
struct Drawn {
    ordinal: u32,
    list: usize,
}

impl Picking<'_> {
    /// The place of the list of open images.
    fn open(&self) -> usize {
        self.lists.len().saturating_sub(1)
    }

    fn list(&self, place: usize) -> &[u32] {
        self.lists.get(place).copied().unwrap_or_default()
    }

    fn step(&mut self, stream: &mut Stream) -> Option<Pick> {
        let drawn = self.draw(stream).or_else(|| {
            let last = std::mem::take(&mut self.last);
            self.begin_anew(&last);
            self.draw(stream)
        });
        let (about, mut images) = drawn.or_else(|| {
            self.begin_anew(&[]);
            self.draw(stream)
        })?;
        stream.shuffle(&mut images);
        let (mut known, mut positive) = (0, 0);
        for (place, image) in images.iter().enumerate() {
            if image.list != self.open() {
                known |= bit(place);
            }
            if image.list == about {
                positive |= bit(place);
            }
        }
        self.use_up(&images);
        self.last.clone_from(&images);
        Some(Pick {
            about: u16::try_from(about).ok()?,
            images: images.into_iter().map(|image| image.ordinal).collect(),
            known,
            positive,
        })
    }

    fn begin_anew(&mut self, without: &[Drawn]) {
        self.used.clear();
        self.used_of.fill(0);
        self.use_up(without);
    }

    fn use_up(&mut self, images: &[Drawn]) {
        for image in images {
            self.used.insert(image.ordinal);
            if let Some(count) = self.used_of.get_mut(image.list) {
                *count += 1;
            }
        }
    }

    /// How many of a list were not used in this series.
    fn left(&self, list: usize) -> usize {
        let used = self.used_of.get(list).copied().unwrap_or(0);
        self.list(list).len().saturating_sub(used)
    }

    /// The class that is asked for and the images, unless too few are left.
    fn draw(&self, stream: &mut Stream) -> Option<(usize, Vec<Drawn>)> {
        match self.holds {
            Holds::Classes => self.draw_classes(stream),
            Holds::Texts => self.draw_texts(stream),
        }
    }

    /// A known text and an unknown one, or, where all are known, two known ones.
    fn draw_texts(&self, stream: &mut Stream) -> Option<(usize, Vec<Drawn>)> {
        let second = if self.list(self.open()).is_empty() {
            0
        } else {
            self.open()
        };
        let mut images = Vec::new();
        self.add(0, &mut images, stream)?;
        self.add(second, &mut images, stream)?;
        Some((0, images))
    }

    fn draw_classes(&self, stream: &mut Stream) -> Option<(usize, Vec<Drawn>)> {
        let mut left: Vec<_> = (0..self.open()).map(|class| self.left(class)).collect();
        let all: usize = left.iter().sum();
        let unknown = self.left(self.open()).min(IMAGES_MAX - KNOWN);
        let known = all.min(IMAGES_MAX - unknown);
        if known < KNOWN {
            return None;
        }
        let asked = left.iter().enumerate();
        let asked: Vec<_> = asked
            .filter_map(|(class, &of)| Some((class, positives(of, all, known)?)))
            .collect();
        let &(class, (least, most)) = asked.get(stream.below(asked.len()))?;
        let positive = least + stream.below(most - least + 1);
        let mut images = Vec::new();
        for _ in 0..positive {
            self.add(class, &mut images, stream)?;
        }
        if let Some(asked) = left.get_mut(class) {
            *asked = 0;
        }
        for _ in positive..known {
            let others = left.iter().enumerate();
            let others: Vec<_> = others.filter(|(_, count)| **count > 0).collect();
            let other = others.get(stream.below(others.len()))?.0;
            self.add(other, &mut images, stream)?;
            if let Some(count) = left.get_mut(other) {
                *count -= 1;
            }
        }
        for _ in 0..unknown {
            self.add(self.open(), &mut images, stream)?;
        }
        Some((class, images))
    }

    /// Adds one of a list that was not used in this series and is not there yet.
    fn add(&self, list: usize, images: &mut Vec<Drawn>, stream: &mut Stream) -> Option<()> {
        let there = |one: u32| images.iter().any(|image| image.ordinal == one);
        let free = |one: &u32| !self.used.contains(one) && !there(*one);
        let all = self.list(list);
        let mut tries = (0..BLIND_TRIES).filter_map(|_| all.get(stream.below(all.len())).copied());
        let ordinal = if let Some(ordinal) = tries.find(free) {
            ordinal
        } else {
            let left: Vec<_> = all.iter().copied().filter(free).collect();
            left.get(stream.below(left.len())).copied()?
        };
        images.push(Drawn { ordinal, list });
        Some(())
    }
}

/// The least and the most images that can show a class of which so many are left, where so many are left
/// of all classes and so many known ones are shown: half of these at most.
fn positives(of: usize, all: usize, known: usize) -> Option<(usize, usize)> {
    let others = all - of;
    let least = POSITIVE_MIN.max(known.saturating_sub(others));
    let most = (known / 2).min(of);
    (least <= most).then_some((least, most))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::corpus::pool_tests::{IMPORTED, classes, texts};

    fn step(pool: &Pool, salts: &[u32]) -> Pick {
        pick(pool, IMPORTED, salts).unwrap()
    }

    /// The class of an ordinal in a pool made by `classes`.
    fn class_of(known: &[u32], ordinal: u32) -> Option<usize> {
        let mut end = 0;
        known.iter().position(|count| {
            end += count;
            ordinal < end
        })
    }

    fn salts(seed: u32, steps: usize) -> Vec<u32> {
        let steps = 0..u32::try_from(steps).unwrap();
        steps
            .map(|step| (seed ^ step).wrapping_mul(2_654_435_761))
            .collect()
    }

    proptest! {
        #[test]
        fn half_are_known_and_two_to_half_of_these_show_what_is_asked(
            known in prop::collection::vec(4_u32..40, 2..9),
            unknown in 0_u32..60,
            seed: u32,
            steps in 1_usize..20,
        ) {
            let pool = classes(&known, unknown);
            let pick = step(&pool, &salts(seed, steps));
            let count = pick.images.len();
            prop_assert!((KNOWN..=IMAGES_MAX).contains(&count));
            prop_assert_eq!(pick.known >> count, 0);
            prop_assert_eq!(pick.positive & !pick.known, 0);
            let (shown, asked) = (pick.known.count_ones(), pick.positive.count_ones());
            prop_assert!(usize::try_from(shown).unwrap() * 2 >= count);
            prop_assert!(2 <= asked && asked * 2 <= shown);
            let distinct: HashSet<_> = pick.images.iter().collect();
            prop_assert_eq!(distinct.len(), count);
            for (place, &ordinal) in pick.images.iter().enumerate() {
                let class = class_of(&known, ordinal);
                prop_assert_eq!(pick.is_known(place), class.is_some());
                let is_asked = class == Some(usize::from(pick.about));
                prop_assert_eq!(pick.positive & bit(place) != 0, is_asked);
            }
        }

        #[test]
        fn the_same_salts_pick_the_same(seed: u32, steps in 1_usize..20) {
            let pool = classes(&[30, 30, 30], 90);
            let salts = salts(seed, steps);
            prop_assert_eq!(step(&pool, &salts), step(&pool, &salts));
        }

        #[test]
        fn the_smallest_corpus_goes_on_for_ever(seed: u32, unknown in 0_u32..3) {
            let pool = classes(&[4, 4], unknown);
            for steps in 1..10 {
                let images = step(&pool, &salts(seed, steps)).images.len();
                prop_assert_eq!(images, 8 + usize::try_from(unknown).unwrap());
            }
        }
    }

    proptest! {
        // Fifty steps are done again for each step.
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn fifty_steps_in_a_large_corpus_show_no_image_twice(seed: u32) {
            let pool = classes(&[100; 6], 300);
            let mut seen = HashSet::new();
            let salts = salts(seed, 50);
            for steps in 1..=50 {
                for image in step(&pool, &salts[..steps]).images {
                    prop_assert!(seen.insert(image), "{image} at step {steps}");
                }
            }
            prop_assert_eq!(seen.len(), 600);
        }

        #[test]
        fn fifty_texts_in_a_large_corpus_come_once(seed: u32) {
            let pool = texts(60, 60);
            let mut seen = HashSet::new();
            let salts = salts(seed, 50);
            for steps in 1..=50 {
                let pick = step(&pool, &salts[..steps]);
                prop_assert_eq!(pick.known.count_ones(), 1);
                prop_assert_eq!(pick.known, pick.positive);
                prop_assert!(pick.images.into_iter().all(|image| seen.insert(image)));
            }
        }
    }

    #[test]
    fn a_pool_that_is_too_small_picks_nothing() {
        for pool in [
            classes(&[], 90),
            classes(&[7], 0),
            classes(&[9, 0], 9),
            texts(0, 9),
        ] {
            assert_eq!(pick(&pool, IMPORTED, &[1]), None);
        }
        let none = classes(&[40, 40], 40);
        assert_eq!(
            pick(&none, Timestamp::from_unix_s(0), &[1]),
            None,
            "nothing was known then"
        );
        assert_eq!(pick(&none, IMPORTED, &[]), None);
    }

    #[test]
    fn where_no_text_is_unknown_both_are_known() {
        let picked = step(&texts(12, 0), &[5, 6]);
        assert_eq!(
            (picked.images.len(), picked.known, picked.positive),
            (2, 3, 3)
        );
    }

    #[test]
    fn each_class_is_asked_for_equally_often_however_many_images_it_has() {
        let pool = classes(&[400, 20, 20, 20], 40);
        let mut asked = HashMap::new();
        for salt in 0..4000 {
            *asked.entry(step(&pool, &[salt]).about).or_insert(0) += 1;
        }
        // Four deviations around 1,000 (a binomial of 4,000 and a quarter deviates by 27).
        let fair = 890..=1110;
        assert!(
            asked.len() == 4 && asked.values().all(|count| fair.contains(count)),
            "{asked:?}"
        );
    }

    #[test]
    fn other_classes_are_shown_equally_often_too() {
        let known = [400, 20, 20, 20];
        let pool = classes(&known, 40);
        let mut shown = HashMap::new();
        for salt in 0..4000 {
            let pick = step(&pool, &[salt]);
            for &image in &pick.images {
                let class = class_of(&known, image);
                if class.is_some_and(|class| class != usize::from(pick.about)) {
                    *shown.entry(class).or_insert(0_u32) += 1;
                }
            }
        }
        let (least, most) = (shown.values().min().unwrap(), shown.values().max().unwrap());
        assert!(most * 100 < least * 106, "{shown:?}");
    }

    #[test]
    fn a_place_tells_nothing_of_what_stands_there() {
        let pool = classes(&[60; 5], 200);
        let mut roles = [[0_u32; 3]; IMAGES_MAX];
        for salt in 0..6000 {
            let pick = step(&pool, &[salt]);
            assert_eq!(pick.images.len(), IMAGES_MAX);
            for (place, counts) in roles.iter_mut().enumerate() {
                let role = usize::from(pick.is_known(place))
                    + usize::from(pick.positive & bit(place) != 0);
                counts[role] += 1;
            }
        }
        for role in 0..3 {
            let all: u32 = roles.iter().map(|counts| counts[role]).sum();
            let even = f64::from(all) / 12.0;
            let off = roles
                .iter()
                .map(|counts| (f64::from(counts[role]) - even).powi(2) / even);
            // Chi-square with 11 degrees of freedom exceeds 35 once in 4,000 times.
            let chi: f64 = off.sum();
            assert!(chi < 35.0, "role {role}: {chi}");
        }
    }

    #[test]
    fn what_comes_next_is_not_the_same_twice() {
        let pool = classes(&[100; 6], 300);
        let next: HashSet<_> = (0..100)
            .map(|salt| step(&pool, &[1, 2, salt]).images)
            .collect();
        assert_eq!(next.len(), 100);
    }
}

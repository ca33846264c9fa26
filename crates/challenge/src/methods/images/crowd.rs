//! A crowd of a thousand visitors, and what becomes known by what it says: a test, whose figures stand in
//! `docs/corpora.md`.
//!
//! Of the visitors 85 in a hundred are careful and misjudge three images in a hundred; 10 are careless and
//! misjudge thirty; 5 are hostile: they know the known images, pass by them, and lie about all others.

use std::collections::{BTreeMap, HashSet};

use super::stream::Stream;
use super::{Pick, pick, said_of_chosen, shows_all_chosen};
use crate::clock::Timestamp;
use crate::corpus::pool_tests::{IMPORTED, corpus};
use crate::corpus::{Class, Holds, ImageRow, Pool, Said, Standing, Tally, standing_of};

const AGREEMENT: u32 = 5;

/// How many there are of everything.
#[derive(Clone, Copy)]
struct Size {
    visitors: usize,
    classes: usize,
    known: usize,
    unknown: usize,
    /// Challenges that are answered.
    challenges: usize,
}

/// The crowd of the documentation.
const USUAL: Size = Size {
    visitors: 1_000,
    classes: 6,
    known: 240,
    unknown: 240,
    challenges: 12_000,
};

/// As many classes as a corpus may have.
const MANY_CLASSES: Size = Size {
    visitors: 6_000,
    classes: 200,
    known: 800,
    unknown: 12,
    challenges: 12_000,
};

/// Challenges that the crowd answers between two readings of the pool.
const ROUND: usize = 100;

#[derive(Clone, Copy)]
enum Visitor {
    Careful,
    Careless,
    Hostile,
}

impl Visitor {
    fn of(number: usize) -> Self {
        match number % 20 {
            0 => Self::Hostile,
            1 | 2 => Self::Careless,
            _ => Self::Careful,
        }
    }

    /// Whether an image is said to show what it shows.
    fn is_right(self, known: bool, chance: &mut Stream) -> bool {
        let slips = match (self, known) {
            (Self::Careful, _) => 3,
            (Self::Careless, _) => 30,
            (Self::Hostile, true) => 0,
            (Self::Hostile, false) => 100,
        };
        chance.below(100) >= slips
    }
}

/// What came of it.
#[derive(Debug, Default)]
struct Outcome {
    answers: usize,
    passed: usize,
    careless_passed: (usize, usize),
    words: usize,
    learnt: usize,
    learnt_wrong: usize,
    /// Images about which nobody is asked any more.
    disputed: usize,
    /// Answers after which nine in ten of the images were known.
    nine_in_ten_after: Option<usize>,
}

struct Crowd {
    size: Size,
    rows: Vec<ImageRow>,
    /// The class that each image truly shows.
    truth: Vec<usize>,
    said: Vec<BTreeMap<Said, u32>>,
    heard: HashSet<(usize, usize)>,
    outcome: Outcome,
}

fn class(number: usize) -> Class {
    Class {
        name: format!("class{number}"),
        said: BTreeMap::new(),
    }
}

impl Crowd {
    fn new(size: Size) -> Self {
        let images = 0..size.known + size.unknown;
        let truth: Vec<_> = images.map(|image| image % size.classes).collect();
        let rows = truth.iter().enumerate().map(|(image, &shows)| {
            let known = (image < size.known).then(|| class(shows).name);
            ImageRow {
                ordinal: u32::try_from(image).unwrap(),
                digest: [0; 32],
                file: String::new(),
                settled_at: known.is_some().then_some(IMPORTED),
                known,
                length: 1,
            }
        });
        Self {
            size,
            rows: rows.collect(),
            said: vec![BTreeMap::new(); truth.len()],
            truth,
            heard: HashSet::new(),
            outcome: Outcome::default(),
        }
    }

    fn pool(&self, now: Timestamp) -> Pool {
        let classes = (0..self.size.classes).map(class).collect();
        Pool::of(corpus(Holds::Classes, classes), self.rows.clone(), now)
    }

    fn answer(&mut self, number: usize, pick: &Pick, now: Timestamp, chance: &mut Stream) {
        let visitor = Visitor::of(number);
        let about = usize::from(pick.about);
        let shown = pick.images.iter().enumerate();
        let chosen = shown.filter_map(|(place, &image)| {
            let shows = self.truth[usize::try_from(image).unwrap()] == about;
            let right = visitor.is_right(pick.is_known(place), chance);
            (shows == right).then_some(place)
        });
        let chosen: Vec<_> = chosen.collect();
        let passed = shows_all_chosen(pick, &chosen);
        self.outcome.answers += 1;
        self.outcome.passed += usize::from(passed);
        if let Visitor::Careless = visitor {
            self.outcome.careless_passed.0 += usize::from(passed);
            self.outcome.careless_passed.1 += 1;
        }
        if !passed {
            return;
        }
        for (image, said) in said_of_chosen(pick, &chosen, &class(about).name) {
            let image = usize::try_from(image).unwrap();
            if self.heard.insert((number, image)) {
                self.outcome.words += 1;
                *self.said[image].entry(said).or_insert(0) += 1;
                self.settle(image, now);
            }
        }
    }

    fn settle(&mut self, image: usize, now: Timestamp) {
        let tallies = self.said[image].iter().map(|(said, &voices)| Tally {
            digest: [0; 32],
            said: said.clone(),
            voices,
            last_at: now,
        });
        let tallies: Vec<_> = tallies.collect();
        let row = &mut self.rows[image];
        if row.settled_at.is_some() {
            return;
        }
        match standing_of(&tallies, AGREEMENT) {
            Standing::Open => {}
            Standing::Disputed => {
                row.settled_at = Some(now);
                self.outcome.disputed += 1;
            }
            Standing::Known(opinion) => {
                let wrong = opinion.says != class(self.truth[image]).name;
                row.known = Some(opinion.says);
                row.settled_at = Some(now);
                self.outcome.learnt += 1;
                self.outcome.learnt_wrong += usize::from(wrong);
                if self.outcome.learnt * 10 >= self.size.unknown * 9 {
                    let after = self.outcome.answers;
                    self.outcome.nine_in_ten_after.get_or_insert(after);
                }
            }
        }
    }
}

/// Lets a crowd answer its challenges.
fn play(size: Size) -> Outcome {
    let mut crowd = Crowd::new(size);
    let mut chance = Stream::of(1, 1);
    let mut pool = crowd.pool(IMPORTED);
    for round in 0..size.challenges {
        let now = IMPORTED.plus_s(u32::try_from(round).unwrap());
        if round % ROUND == 0 {
            pool = crowd.pool(now);
        }
        let salt = u32::try_from(chance.below(1 << 32)).unwrap();
        let picked = pick(&pool, pool.read_at, &[salt]).unwrap();
        crowd.answer(chance.below(size.visitors), &picked, now, &mut chance);
    }
    crowd.outcome
}

#[test]
fn a_crowd_makes_known_what_images_show_though_some_are_careless_and_some_lie() {
    let outcome = play(USUAL);
    println!("{outcome:?}");
    assert!(outcome.learnt * 100 >= USUAL.unknown * 98, "{outcome:?}");
    assert!(
        outcome.learnt_wrong * 100 <= outcome.learnt * 2,
        "{outcome:?}"
    );
    let careless = outcome.careless_passed;
    assert!(
        careless.0 * 10 < careless.1,
        "carelessness is seen by the known ones: {outcome:?}"
    );
}

#[test]
fn a_crowd_makes_images_known_of_as_many_classes_as_there_may_be() {
    let outcome = play(MANY_CLASSES);
    println!("{outcome:?}");
    assert!(
        outcome.learnt * 100 >= MANY_CLASSES.unknown * 95,
        "{outcome:?}"
    );
    assert_eq!((outcome.disputed, outcome.learnt_wrong), (0, 0));
}

//! The attack of somebody who sees the grid and not the secret: the string that fits most paths.

use std::collections::HashMap;

use super::cell::{Direction, Offset};
use super::{BESIDE_MOST, Cell, Grid, SYMBOLS};
use crate::policy::Limits;
use crate::rng::DangerCountingRng;

/// The grid of the documentation's example, with its line breaks.
pub(super) const SAMPLE: &str = r#"{"grid":["53c1s3npxgws4pw6jp5kx3",
"scmmu698wp9t1sag5spxzz",
"gmmzdj97x3jn4bpe9cvu1r",
"ps0hs5g2nh5xer6r93fj7x",
"mn8zbs5nnnm8rxt2r5ekd0",
"0jr935hx618a3vcvzdehn0",
"9xtr71jff7jaz255n5rtc4",
"dr96rxn7pgs3anmfzpeu7y",
"uf06ttmc3kfvhrun2remk9",
"z7c3ytf9u2xtfmc60p06ax"],
"rows":10,
"cols":22,
"indiecs":"ABCDEFGHJKMNPRSTUVWXY"
}"#;

/// The paths of six steps that somebody may choose (a test beside the rule counts them).
const NEW_PATHS: f64 = 245_088.0;

/// Somebody who reads along a path: where they stand, and the turns they took.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Walker {
    path: u32,
    at: usize,
}

/// A grid prepared for walking: the symbol of each cell, and its neighbours on the torus.
struct Map {
    symbols: Vec<u8>,
    neighbours: Vec<Vec<usize>>,
}

impl Map {
    fn of(grid: &Grid) -> Self {
        let neighbours = Cell::all().map(|cell| {
            let steps = Direction::all().map(|step| cell.towards(Offset::NOWHERE.and(step)).0);
            steps.map(Cell::index).collect()
        });
        Self {
            symbols: grid.symbols.to_vec(),
            neighbours: neighbours.collect(),
        }
    }

    /// Every way to go on from these walkers, by the symbol that it reads.
    fn onwards(&self, walkers: &[Walker]) -> HashMap<u8, Vec<Walker>> {
        let mut onwards: HashMap<u8, Vec<Walker>> = HashMap::new();
        for walker in walkers {
            for (step, &at) in (0..).zip(&self.neighbours[walker.at]) {
                let path = walker.path * 8 + step;
                let next = onwards.entry(self.symbols[at]).or_default();
                next.push(Walker { path, at });
            }
        }
        for next in onwards.values_mut() {
            next.sort_unstable();
            next.dedup();
        }
        onwards
    }

    fn starts(&self) -> HashMap<u8, Vec<Walker>> {
        let mut starts: HashMap<u8, Vec<Walker>> = HashMap::new();
        for (at, &symbol) in self.symbols.iter().enumerate() {
            let walkers = starts.entry(symbol).or_default();
            walkers.push(Walker { path: 0, at });
        }
        starts
    }

    /// The string that most paths of so many steps read, and how many they are; every string is
    /// tried but those that begin like no better one.
    ///
    /// `alone`: no two neighbours of a cell are alike, so that walkers never become more.
    fn best(&self, steps: usize, alone: bool) -> (String, usize) {
        let mut best = (String::new(), 0);
        for (symbol, walkers) in self.starts() {
            let read = String::from(char::from(symbol));
            self.search((&read, &walkers), steps, alone, &mut best);
        }
        best
    }

    fn search(
        &self,
        (read, walkers): (&str, &[Walker]),
        steps: usize,
        alone: bool,
        best: &mut (String, usize),
    ) {
        if alone && walkers.len() <= best.1 {
            return;
        }
        if steps == 0 {
            let mut paths: Vec<u32> = walkers.iter().map(|walker| walker.path).collect();
            paths.dedup();
            if paths.len() > best.1 {
                *best = (read.to_owned(), paths.len());
            }
            return;
        }
        for (symbol, next) in self.onwards(walkers) {
            let read = format!("{read}{}", char::from(symbol));
            self.search((&read, &next), steps - 1, alone, best);
        }
    }
}

/// How many paths the best string of each of so many grids fits, as (mean, most).
fn best_strings(grids: u32, steps: usize) -> (f64, usize) {
    let rng = DangerCountingRng::default();
    let mut all = Vec::new();
    for _ in 0..grids {
        let map = Map::of(&Grid::draw(&rng));
        all.push(map.best(steps, true).1);
    }
    let most = all.iter().max().copied().unwrap_or(0);
    let sum = u32::try_from(all.iter().sum::<usize>()).expect("a small sum");
    (f64::from(sum) / f64::from(grids), most)
}

#[test]
fn on_the_sample_grid_one_string_fits_168_paths_of_four_steps() {
    let sample = Map::of(&Grid::from_wire(SAMPLE).unwrap());
    assert_eq!(sample.best(3, false), ("nnnn".to_owned(), 64));
    assert_eq!(sample.best(4, false), ("nnnnn".to_owned(), 168));
}

#[test]
fn trying_only_what_may_be_better_finds_what_trying_everything_does() {
    let rng = DangerCountingRng::default();
    for _ in 0..3 {
        let map = Map::of(&Grid::draw(&rng));
        assert_eq!(map.best(3, true).1, map.best(3, false).1);
    }
}

#[test]
fn no_string_fits_more_than_four_of_4096_paths_on_a_thousand_grids() {
    let (mean, most) = best_strings(1000, 4);
    println!("best string, four steps: {mean} paths of 4,096 on average, {most} at most");
    assert!(most <= usize::from(BESIDE_MOST), "{most}");
    // Hardly a grid is drawn on which the limit is not reached.
    assert!(mean > 3.9, "{mean}: the search misses what is there");
}

#[test]
fn tries_at_six_steps_before_a_lock_succeed_less_than_once_in_ten_thousand_times() {
    let (mean, most) = best_strings(100, 6);
    println!("best string, six steps: {mean} paths of 262,144 on average, {most} at most");
    assert!(most <= usize::from(BESIDE_MOST), "{most}");
    let tries = f64::from(Limits::default().max_failures);
    let bound = tries * f64::from(BESIDE_MOST) / NEW_PATHS;
    assert!(bound <= 1e-4, "{bound}");
}

#[test]
fn equal_symbols_are_apart_and_no_pair_is_common() {
    let rng = DangerCountingRng::default();
    for _ in 0..50 {
        let grid = Grid::draw(&rng);
        let mut pairs: HashMap<(u8, u8), u8> = HashMap::new();
        for cell in Cell::all() {
            for (south, east) in (-2..=2).flat_map(|south| (-2..=2).map(move |east| (south, east)))
            {
                let (near, _) = cell.towards(Offset { south, east });
                let (one, other) = (grid.symbol(cell), grid.symbol(near));
                assert!(one != other || near == cell);
                if south.abs() <= 1 && east.abs() <= 1 && near != cell {
                    *pairs.entry((one, other)).or_default() += 1;
                }
            }
        }
        let most = pairs.values().max().unwrap();
        assert!(*most <= BESIDE_MOST, "{most}");
    }
}

#[test]
fn every_symbol_is_as_likely_in_the_first_cell_as_in_the_last() {
    let rng = DangerCountingRng::default();
    let places = [0, 110, 219];
    let mut counts = [[0_u32; 32]; 3];
    for _ in 0..1600 {
        let grid = Grid::draw(&rng);
        for (counts, place) in counts.iter_mut().zip(places) {
            let symbol = SYMBOLS.binary_search(&grid.symbols[place]).unwrap();
            counts[symbol] += 1;
        }
    }
    for (counts, place) in counts.iter().zip(places) {
        let squares = counts
            .iter()
            .map(|&count| (f64::from(count) - 50.0).powi(2) / 50.0);
        let chi_square: f64 = squares.sum();
        // 31 degrees of freedom: one fair draw in a thousand lies above, one below.
        let fair = 10.0..61.1;
        assert!(fair.contains(&chi_square), "cell {place}: {chi_square}");
    }
}

#[test]
fn the_commonest_symbol_is_not_much_more_common_than_the_others() {
    // What a guess at secret cells hits: five times this symbol.
    let rng = DangerCountingRng::default();
    let (mut most, grids) = (0, 300);
    for _ in 0..grids {
        let map = Map::of(&Grid::draw(&rng));
        most = most.max(map.starts().values().map(Vec::len).max().unwrap_or(0));
    }
    assert!(most <= 15, "{most} of 220");
}

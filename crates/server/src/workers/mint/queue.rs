//! A queue that is fair to those who ask: whoever asks much waits behind themselves.
//!
//! Orders stand in a line of their asker's own, and the askers take turns, one order each. What an order is
//! for, and who serves it, is not known here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Orders that wait, by asker. Everything costs the logarithm of the number of askers.
pub(super) struct Queue<T> {
    bounds: Bounds,
    lines: BTreeMap<Arc<str>, Line<T>>,
    /// The askers by their turn. Here and in `lengths` stands each line once.
    turns: BTreeMap<u64, Arc<str>>,
    /// The number of a line's orders, and its turn.
    lengths: BTreeSet<(usize, u64)>,
    /// Orders in all lines.
    waiting: usize,
    /// The last number that was given to an order or a turn.
    last_number: u64,
}

/// How many orders may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Of all askers together.
    pub(super) in_all: usize,
    /// Of one asker.
    pub(super) per_asker: usize,
}

/// An order that found a place.
pub(super) struct Placed<T> {
    /// By which it can [leave](Queue::leave).
    pub(super) number: u64,
    /// The order that had to make room for it.
    pub(super) displaced: Option<T>,
}

/// The orders of one asker, the first one first, with their numbers, which rise. It is never empty while
/// it is in a queue.
struct Line<T> {
    turn: u64,
    orders: VecDeque<(u64, T)>,
}

impl<T> Queue<T> {
    /// A queue in which nobody waits.
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            lines: BTreeMap::new(),
            turns: BTreeMap::new(),
            lengths: BTreeSet::new(),
            waiting: 0,
            last_number: 0,
        }
    }

    /// Orders that wait.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.waiting
    }

    /// Puts an order at the end of its asker's line; nothing where that line is as long as it may be, or
    /// where the queue is full and no other line is longer than this one would become.
    pub(super) fn join(&mut self, asker: &str, order: T) -> Option<Placed<T>> {
        let own = self.lines.get(asker).map_or(0, |line| line.orders.len());
        if own >= self.bounds.per_asker {
            return None;
        }
        let displaced = if self.waiting < self.bounds.in_all {
            None
        } else {
            Some(self.displace(own + 1)?)
        };
        let number = self.number();
        let mut line = self.lift(asker).unwrap_or(Line {
            // A newcomer's turn comes when each of those who are there has had one.
            turn: number,
            orders: VecDeque::new(),
        });
        line.orders.push_back((number, order));
        self.lay(asker.into(), line);
        Some(Placed { number, displaced })
    }

    /// Takes the order whose turn it is. Its asker's next one waits until all others have had a turn.
    pub(super) fn next(&mut self) -> Option<T> {
        let asker = Arc::clone(self.turns.first_key_value()?.1);
        let mut line = self.lift(&asker)?;
        let (_, order) = line.orders.pop_front()?;
        line.turn = self.number();
        self.lay(asker, line);
        Some(order)
    }

    /// Drops an order, if it still waits.
    pub(super) fn leave(&mut self, asker: &str, number: u64) {
        let Some(mut line) = self.lift(asker) else {
            return;
        };
        if let Ok(place) = line.orders.binary_search_by_key(&number, |order| order.0) {
            line.orders.remove(place);
        }
        self.lay(asker.into(), line);
    }

    /// Drops all orders.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.bounds);
    }

    /// Takes the last order of the asker who waits for most, if that is more than `than`: for as many,
    /// two would only change places.
    fn displace(&mut self, than: usize) -> Option<T> {
        let (length, turn) = *self.lengths.last()?;
        if length <= than {
            return None;
        }
        let asker = Arc::clone(self.turns.get(&turn)?);
        let mut line = self.lift(&asker)?;
        let last = line.orders.pop_back();
        self.lay(asker, line);
        last.map(|(_, order)| order)
    }

    /// Takes an asker's line out, so that it may be changed.
    fn lift(&mut self, asker: &str) -> Option<Line<T>> {
        let line = self.lines.remove(asker)?;
        self.turns.remove(&line.turn);
        self.lengths.remove(&(line.orders.len(), line.turn));
        self.waiting -= line.orders.len();
        Some(line)
    }

    /// Puts an asker's line back, unless nothing is left of it.
    fn lay(&mut self, asker: Arc<str>, line: Line<T>) {
        if line.orders.is_empty() {
            return;
        }
        self.waiting += line.orders.len();
        self.lengths.insert((line.orders.len(), line.turn));
        self.turns.insert(line.turn, Arc::clone(&asker));
        self.lines.insert(asker, line);
    }

    fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(in_all: usize, per_asker: usize) -> Queue<&'static str> {
        Queue::new(Bounds { in_all, per_asker })
    }

    fn joined(queue: &mut Queue<&'static str>, order: &'static str) -> Option<&'static str> {
        let asker = order.get(..1).unwrap();
        let placed = queue.join(asker, order).expect("a place");
        placed.displaced
    }

    fn all(queue: &mut Queue<&'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.next()).collect()
    }

    #[test]
    fn askers_take_turns_and_a_newcomer_waits_for_one_order_of_each() {
        let mut queue = queue(100, 100);
        for order in ["a1", "a2", "a3", "a4", "b1", "b2"] {
            assert_eq!(joined(&mut queue, order), None);
        }
        assert_eq!(queue.next(), Some("a1"));
        joined(&mut queue, "c1");
        assert_eq!(all(&mut queue), ["b1", "a2", "c1", "b2", "a3", "a4"]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn an_asker_who_comes_again_and_again_does_not_pass_one_who_waits() {
        let mut queue = queue(100, 100);
        for order in ["a1", "b1", "b2"] {
            joined(&mut queue, order);
        }
        assert_eq!(queue.next(), Some("a1"));
        joined(&mut queue, "a2");
        assert_eq!(queue.next(), Some("b1"));
        assert_eq!(queue.next(), Some("a2"));
        joined(&mut queue, "a3");
        assert_eq!(all(&mut queue), ["b2", "a3"]);
    }

    #[test]
    fn a_line_is_as_long_as_it_may_be_and_the_next_order_finds_no_place() {
        let mut queue = queue(100, 2);
        joined(&mut queue, "a1");
        joined(&mut queue, "a2");
        assert!(queue.join("a", "a3").is_none());
        joined(&mut queue, "b1");
        assert_eq!(queue.next(), Some("a1"));
        joined(&mut queue, "a3");
        assert_eq!(all(&mut queue), ["b1", "a2", "a3"]);
    }

    #[test]
    fn in_a_full_queue_a_newcomer_takes_the_last_place_of_who_waits_for_most() {
        let mut queue = queue(6, 5);
        for order in ["a1", "a2", "b1", "b2", "b3", "b4"] {
            joined(&mut queue, order);
        }
        assert!(queue.join("b", "b5").is_none(), "it waits for most itself");
        assert_eq!(joined(&mut queue, "c1"), Some("b4"));
        assert!(
            queue.join("a", "a3").is_none(),
            "it would wait for as many as the one it displaced"
        );
        assert_eq!(joined(&mut queue, "c2"), Some("b3"));
        assert!(queue.join("c", "c3").is_none());
        assert!(joined(&mut queue, "d1").is_some());
        assert!(joined(&mut queue, "e1").is_some());
        assert_eq!(queue.len(), 6);
    }

    #[test]
    fn among_equals_nobody_is_displaced() {
        let mut queue = queue(2, 2);
        joined(&mut queue, "a1");
        joined(&mut queue, "b1");
        assert!(queue.join("c", "c1").is_none());
        assert_eq!(all(&mut queue), ["a1", "b1"]);
    }

    #[test]
    fn an_order_that_leaves_makes_room_wherever_it_stands() {
        let mut queue = queue(4, 4);
        let number = |placed: Option<Placed<_>>| placed.expect("a place").number;
        let first = number(queue.join("a", "a1"));
        let second = number(queue.join("a", "a2"));
        joined(&mut queue, "a3");
        let only = number(queue.join("b", "b1"));
        queue.leave("a", second);
        queue.leave("a", second);
        queue.leave("nobody", first);
        assert_eq!(queue.len(), 3);
        queue.leave("b", only);
        queue.leave("a", first);
        joined(&mut queue, "a4");
        joined(&mut queue, "c1");
        assert_eq!(all(&mut queue), ["a3", "c1", "a4"]);
        queue.leave("a", first);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn nothing_is_kept_of_an_asker_for_whom_nothing_waits() {
        let mut queue = queue(100, 3);
        for number in 0..1000 {
            let asker = number.to_string();
            let placed = queue.join(&asker, "order").expect("a place");
            if number % 2 == 0 {
                queue.leave(&asker, placed.number);
            } else {
                assert_eq!(queue.next(), Some("order"));
            }
        }
        joined(&mut queue, "a1");
        queue.clear();
        let kept = (queue.lines.len(), queue.turns.len(), queue.lengths.len());
        assert_eq!((kept, queue.waiting), ((0, 0, 0), 0));
    }
}

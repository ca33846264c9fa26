//! What the mint's threads share: who waits, what is ready, and what comes next.
//!
//! It decides on values; locking, waiting and computing are the mint's.

use challenge::methods::proof_of_work::{Effort, Puzzle};

use super::order::{Line, Order, line_of};
use super::queue::{Bounds, Queue};

/// Requests that wait for a puzzle of PBKDF2. One takes 1 to 4 ms, so that a thread works a full queue off
/// in 4 to 16 s. One address may have a thousand connections, as the server is shipped; all of them find a
/// place.
const QUICK_WAITING: Bounds = Bounds {
    in_all: 4096,
    per_asker: 1024,
};

/// Requests that wait for a puzzle of Argon2id. One takes some 30 ms and 16 MiB; a full queue is worked off
/// in about the longest wait, one address's line in a second.
const HEAVY_WAITING: Bounds = Bounds {
    in_all: 256,
    per_asker: 32,
};

/// Requests that wait for a code to be drawn or spoken. One takes 2 to 4 ms and, until it is sent, 57 kB or
/// 176 kB; a full queue is worked off in about the longest wait, one address's line in half a second.
const DRAWINGS_WAITING: Bounds = Bounds {
    in_all: 2048,
    per_asker: 128,
};

/// Small tasks that are done between two heavy puzzles while both are asked for: about as long as one
/// heavy one takes, so that an attacked site and a quiet one share the threads evenly.
const SMALL_IN_A_ROW: u32 = 16;

/// Puzzles of one effort that wait for somebody to ask; each takes some hundred bytes.
pub(super) const READY_MAX: usize = 32;

/// Efforts of which puzzles are kept ready: those asked for last.
pub(super) const SHELVES_MAX: usize = 8;

/// What the threads share.
pub(super) struct State {
    quick: Queue<Order>,
    heavy: Queue<Order>,
    drawings: Queue<Order>,
    /// Small tasks taken since the last heavy one.
    small_taken: u32,
    /// Whether the last small task was a drawing: the two kinds take turns.
    drew_last: bool,
    /// Whether a thread derives with Argon2id. One at a time, whatever the number of threads: it is
    /// memory that it takes.
    pub(super) heavy_in_hand: bool,
    /// The one asked for last at the end.
    pub(super) shelves: Vec<Shelf>,
    /// Whether nothing is done any more.
    pub(super) closed: bool,
}

/// Puzzles of one effort that nobody has seen.
pub(super) struct Shelf {
    pub(super) effort: Effort,
    pub(super) ready: Vec<Puzzle>,
    /// How often it was asked for: so many are worth keeping, at most [`READY_MAX`].
    pub(super) asked: usize,
}

/// What a thread does next.
pub(super) enum Task {
    /// Serves somebody who waits.
    Serve(Order),
    /// Draws a puzzle for somebody who will come.
    Stock(Effort),
}

impl State {
    /// Nobody waits, and nothing is ready.
    pub(super) fn new() -> Self {
        Self {
            quick: Queue::new(QUICK_WAITING),
            heavy: Queue::new(HEAVY_WAITING),
            drawings: Queue::new(DRAWINGS_WAITING),
            small_taken: 0,
            drew_last: false,
            heavy_in_hand: false,
            shelves: Vec::new(),
            closed: false,
        }
    }

    /// Those who wait in a line.
    pub(super) fn queue(&mut self, line: Line) -> &mut Queue<Order> {
        match line {
            Line::Quick => &mut self.quick,
            Line::Heavy => &mut self.heavy,
            Line::Drawings => &mut self.drawings,
        }
    }

    /// Nobody waits any more; who did is told by the dropped order.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.quick.clear();
        self.heavy.clear();
        self.drawings.clear();
    }

    /// The next task, those first for whom somebody waits.
    pub(super) fn next(&mut self) -> Option<Task> {
        let heavy_first = self.small_taken >= SMALL_IN_A_ROW;
        let order = if heavy_first {
            self.next_heavy().or_else(|| self.next_small())
        } else {
            self.next_small().or_else(|| self.next_heavy())
        };
        order.map(Task::Serve).or_else(|| {
            let busy = self.heavy_in_hand;
            let wanting = self.shelves.iter().rev().find(|shelf| {
                let is_heavy = line_of(shelf.effort) == Line::Heavy;
                shelf.ready.len() < shelf.asked.min(READY_MAX) && !(busy && is_heavy)
            });
            wanting.map(|shelf| Task::Stock(shelf.effort))
        })
    }

    /// A quick puzzle or a drawing, in turns where both are asked for.
    fn next_small(&mut self) -> Option<Order> {
        let order = if self.drew_last {
            self.quick.next().or_else(|| self.drawings.next())
        } else {
            self.drawings.next().or_else(|| self.quick.next())
        }?;
        self.drew_last = order.line() == Line::Drawings;
        self.small_taken = self.small_taken.saturating_add(1);
        Some(order)
    }

    fn next_heavy(&mut self) -> Option<Order> {
        if self.heavy_in_hand {
            return None;
        }
        self.small_taken = 0;
        self.heavy.next()
    }

    /// The shelf of this effort, asked for once more, and therefore the last to be taken down.
    pub(super) fn shelf(&mut self, effort: Effort) -> &mut Shelf {
        let place = self.shelves.iter().position(|shelf| shelf.effort == effort);
        let mut shelf = match place {
            Some(place) => self.shelves.remove(place),
            None => Shelf {
                effort,
                ready: Vec::new(),
                asked: 0,
            },
        };
        if self.shelves.len() >= SHELVES_MAX {
            self.shelves.remove(0);
        }
        shelf.asked = shelf.asked.saturating_add(1);
        // `Vec::push_mut` is not stable yet.
        self.shelves.push(shelf);
        let last = self.shelves.len() - 1;
        &mut self.shelves[last]
    }

    /// Puts a puzzle on its shelf, where that is still there and has room.
    pub(super) fn keep(&mut self, puzzle: Puzzle) {
        let mut shelves = self.shelves.iter_mut();
        let shelf = shelves.find(|shelf| shelf.effort == puzzle.effort());
        if let Some(shelf) = shelf.filter(|shelf| shelf.ready.len() < READY_MAX) {
            shelf.ready.push(puzzle);
        }
    }
}

impl Task {
    /// What it costs.
    pub(super) fn line(&self) -> Line {
        match self {
            Self::Serve(order) => order.line(),
            Self::Stock(effort) => line_of(*effort),
        }
    }
}

#[cfg(test)]
mod tests {
    use challenge::methods::code::Code;
    use tokio::sync::oneshot;

    use super::super::order::Commission;
    use super::*;

    const QUICK: Effort = Effort::Pbkdf2 {
        cost: 1,
        counter_max: 50,
    };
    const HEAVY: Effort = Effort::Argon2id {
        passes: 1,
        memory_kib: 8,
        counter_max: 5,
    };

    fn join(state: &mut State, order: Order) {
        let line = order.line();
        assert!(state.queue(line).join("192.0.2.1", order).is_some());
    }

    fn puzzle(effort: Effort) -> Order {
        Order::Puzzle(effort, oneshot::channel().0)
    }

    fn drawing() -> Order {
        let code = Code {
            text: "347hjl".to_owned(),
            seed: [0; 16],
        };
        Order::Drawing(Commission::Picture(code), oneshot::channel().0)
    }

    #[test]
    fn a_heavy_order_gets_its_turn_among_quick_ones() {
        let mut state = State::new();
        for _ in 0..40 {
            join(&mut state, puzzle(QUICK));
        }
        join(&mut state, puzzle(HEAVY));
        let turn = (0..41).position(|_| state.next().unwrap().line() == Line::Heavy);
        assert_eq!(turn, Some(16));
    }

    #[test]
    fn drawings_and_quick_puzzles_take_turns_and_neither_keeps_a_heavy_one_waiting() {
        let mut state = State::new();
        for _ in 0..20 {
            join(&mut state, drawing());
        }
        for _ in 0..10 {
            join(&mut state, puzzle(QUICK));
        }
        join(&mut state, puzzle(HEAVY));
        let lines: Vec<Line> = (0..31).map(|_| state.next().unwrap().line()).collect();
        assert_eq!(lines[16], Line::Heavy);
        let first = lines[..16].chunks(2);
        assert!(
            first
                .into_iter()
                .all(|pair| pair == [Line::Drawings, Line::Quick])
        );
        assert_eq!(lines[21..], [Line::Drawings; 10]);
        assert!(state.next().is_none());
    }

    #[test]
    fn only_the_efforts_asked_for_last_are_kept_ready() {
        let mut state = State::new();
        let effort = |counter_max| Effort::Pbkdf2 {
            cost: 1,
            counter_max,
        };
        for counter_max in 2..=20 {
            state.shelf(effort(counter_max));
            state.shelf(effort(1));
        }
        assert_eq!(state.shelves.len(), SHELVES_MAX);
        assert_eq!(state.shelf(effort(1)).asked, 20);
        assert_eq!(state.shelf(effort(2)).asked, 1);
    }
}

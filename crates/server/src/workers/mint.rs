//! The mint: proofs of work are drawn on threads of their own, a few of them before anybody asks.
//!
//! It bounds what strangers can make the server compute, in threads, in memory and in waiting. How dear a
//! puzzle is and who gets one is not decided here.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use async_trait::async_trait;
use challenge::methods::proof_of_work::{Effort, Puzzle};
use challenge::rng::Rng;
use challenge::visitor::{self, Refused};
use tokio::sync::oneshot;

/// Requests that wait for a puzzle of PBKDF2. One takes 1 to 4 ms, so that the last of them waits for
/// about a second.
const QUICK_WAITING_MAX: usize = 256;

/// Requests that wait for a puzzle of Argon2id. One takes some 30 ms and 16 MiB; the last of them waits
/// for two seconds.
const HEAVY_WAITING_MAX: usize = 64;

/// Quick puzzles that are drawn between two heavy ones while both are asked for: about as long as one
/// heavy one takes, so that an attacked site and a quiet one share the threads evenly.
const QUICK_IN_A_ROW: u32 = 16;

/// Puzzles of one effort that wait for somebody to ask; each takes some hundred bytes.
const READY_MAX: usize = 32;

/// Efforts of which puzzles are kept ready: those asked for last.
const SHELVES_MAX: usize = 8;

/// Seconds after which somebody who was sent away should come back: the queue is worked off by then.
const RETRY_S: u32 = 2;

/// The threads, and what waits for them. When it is dropped, they end after the puzzle in hand.
pub struct Mint {
    shop: Arc<Shop>,
    threads: Vec<JoinHandle<()>>,
}

struct Shop {
    state: Mutex<State>,
    work_came: Condvar,
    rng: Arc<dyn Rng>,
}

#[derive(Default)]
struct State {
    quick: VecDeque<Order>,
    heavy: VecDeque<Order>,
    /// Quick orders taken since the last heavy one.
    quick_taken: u32,
    /// Whether a thread derives with Argon2id. One at a time, whatever the number of threads: it is
    /// memory that it takes.
    heavy_in_hand: bool,
    /// The one asked for last at the end.
    shelves: Vec<Shelf>,
    closed: bool,
}

/// Somebody waits for a puzzle of this effort.
struct Order {
    effort: Effort,
    answer: oneshot::Sender<Result<Puzzle, Refused>>,
}

/// Puzzles of one effort that nobody has seen.
struct Shelf {
    effort: Effort,
    ready: Vec<Puzzle>,
    /// How often it was asked for: so many are worth keeping, at most [`READY_MAX`].
    asked: usize,
}

/// What a thread does next.
enum Task {
    Serve(Order),
    Stock(Effort),
}

impl Mint {
    /// Starts its threads: half as many as there are cores, since the requests need the other half, and
    /// at least one.
    pub fn open(rng: Arc<dyn Rng>) -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self::with_threads(rng, (cores / 2).max(1))
    }

    fn with_threads(rng: Arc<dyn Rng>, threads: usize) -> std::io::Result<Self> {
        let shop = Arc::new(Shop {
            state: Mutex::default(),
            work_came: Condvar::new(),
            rng,
        });
        let mut mint = Self {
            shop,
            threads: Vec::new(),
        };
        for number in 0..threads {
            let shop = Arc::clone(&mint.shop);
            let builder = std::thread::Builder::new().name(format!("mint-{number}"));
            mint.threads.push(builder.spawn(move || shop.work())?);
        }
        Ok(mint)
    }
}

impl Drop for Mint {
    fn drop(&mut self) {
        self.shop.close();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so on stderr.
            let _ = thread.join();
        }
    }
}

#[async_trait]
impl visitor::Mint for Mint {
    async fn puzzle(&self, effort: Effort, _asker: &str) -> Result<Puzzle, Refused> {
        let (answer, answered) = oneshot::channel();
        if let Some(puzzle) = self.shop.take_or_order(Order { effort, answer })? {
            return Ok(puzzle);
        }
        let gone = |_| Refused::Unavailable("the mint is closed".to_owned());
        answered.await.map_err(gone)?
    }
}

impl Shop {
    /// A puzzle from the shelf; nothing where the order now waits.
    fn take_or_order(&self, order: Order) -> Result<Option<Puzzle>, Refused> {
        let mut state = self.lock();
        if state.closed {
            return Err(Refused::Unavailable("the mint is closed".to_owned()));
        }
        let taken = state.shelf(order.effort).ready.pop();
        if taken.is_none() {
            let (queue, most) = match order.effort {
                Effort::Pbkdf2 { .. } => (&mut state.quick, QUICK_WAITING_MAX),
                Effort::Argon2id { .. } => (&mut state.heavy, HEAVY_WAITING_MAX),
            };
            if queue.len() >= most {
                // Who went away makes room for who comes.
                queue.retain(|order| !order.answer.is_closed());
            }
            if queue.len() >= most {
                return Err(Refused::SlowDown { retry_s: RETRY_S });
            }
            queue.push_back(order);
        }
        drop(state);
        self.work_came.notify_one();
        Ok(taken)
    }

    /// What a thread does until the end.
    fn work(&self) {
        let _closes = ClosesOnPanic(self);
        let mut state = self.lock();
        while !state.closed {
            let Some(task) = state.next() else {
                let woken = self.work_came.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let effort = task.effort();
            state.heavy_in_hand |= is_heavy(effort);
            drop(state);
            let drawn = Puzzle::draw(effort, &*self.rng);
            state = self.lock();
            if is_heavy(effort) {
                state.heavy_in_hand = false;
                // A thread that passed over a heavy task because of this one may take it now.
                self.work_came.notify_one();
            }
            match task {
                Task::Serve(order) => {
                    let drawn = drawn.map_err(|error| Refused::Unavailable(error.to_string()));
                    // Who went away meanwhile left a puzzle that nobody has seen.
                    if let Err(Ok(unseen)) = order.answer.send(drawn) {
                        state.keep(unseen);
                    }
                }
                Task::Stock(effort) => match drawn {
                    Ok(puzzle) => state.keep(puzzle),
                    Err(_) => state.shelves.retain(|shelf| shelf.effort != effort),
                },
            }
        }
    }

    fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        // Who waits is told by the dropped order.
        state.quick.clear();
        state.heavy.clear();
        drop(state);
        self.work_came.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the shop when its thread ends: in order, or because it panicked. Otherwise those who wait
/// would wait for nobody.
struct ClosesOnPanic<'a>(&'a Shop);

impl Drop for ClosesOnPanic<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl State {
    /// The next task, those first for whom somebody waits. Orders whose asker went away are dropped.
    fn next(&mut self) -> Option<Task> {
        let heavy_first = self.quick_taken >= QUICK_IN_A_ROW;
        let order = if heavy_first {
            self.next_heavy().or_else(|| self.next_quick())
        } else {
            self.next_quick().or_else(|| self.next_heavy())
        };
        order.map(Task::Serve).or_else(|| {
            let busy = self.heavy_in_hand;
            let wanting = self.shelves.iter().rev().find(|shelf| {
                shelf.ready.len() < shelf.asked.min(READY_MAX) && !(busy && is_heavy(shelf.effort))
            });
            wanting.map(|shelf| Task::Stock(shelf.effort))
        })
    }

    fn next_quick(&mut self) -> Option<Order> {
        let order = first_waited_for(&mut self.quick)?;
        self.quick_taken = self.quick_taken.saturating_add(1);
        Some(order)
    }

    fn next_heavy(&mut self) -> Option<Order> {
        if self.heavy_in_hand {
            return None;
        }
        self.quick_taken = 0;
        first_waited_for(&mut self.heavy)
    }

    /// The shelf of this effort, asked for once more, and therefore the last to be taken down.
    fn shelf(&mut self, effort: Effort) -> &mut Shelf {
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
    fn keep(&mut self, puzzle: Puzzle) {
        let mut shelves = self.shelves.iter_mut();
        let shelf = shelves.find(|shelf| shelf.effort == puzzle.effort());
        if let Some(shelf) = shelf.filter(|shelf| shelf.ready.len() < READY_MAX) {
            shelf.ready.push(puzzle);
        }
    }
}

impl Task {
    fn effort(&self) -> Effort {
        match self {
            Self::Serve(order) => order.effort,
            Self::Stock(effort) => *effort,
        }
    }
}

fn is_heavy(effort: Effort) -> bool {
    matches!(effort, Effort::Argon2id { .. })
}

/// The first order that somebody still waits for; those before it are dropped, and cost nothing.
fn first_waited_for(queue: &mut VecDeque<Order>) -> Option<Order> {
    std::iter::from_fn(|| queue.pop_front()).find(|order| !order.answer.is_closed())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use challenge::visitor::Mint as _;

    use super::*;
    use crate::system::OsRng;

    const QUICK: Effort = Effort::Pbkdf2 {
        cost: 1,
        counter_max: 50,
    };
    const HEAVY: Effort = Effort::Argon2id {
        passes: 1,
        memory_kib: 8,
        counter_max: 5,
    };

    /// Randomness that can be held back, so that a thread stays at its task, and that counts.
    #[derive(Default)]
    struct HeldRng {
        held: Mutex<bool>,
        released: Condvar,
        within: AtomicU32,
        asked: AtomicU32,
    }

    impl HeldRng {
        fn hold(&self, hold: bool) {
            *self.held.lock().unwrap() = hold;
            self.released.notify_all();
        }
    }

    impl Rng for HeldRng {
        fn fill(&self, buffer: &mut [u8]) {
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.within.fetch_add(1, Ordering::SeqCst);
            let mut held = self.held.lock().unwrap();
            while *held {
                held = self.released.wait(held).unwrap();
            }
            drop(held);
            self.within.fetch_sub(1, Ordering::SeqCst);
            OsRng.fill(buffer);
        }
    }

    fn held(threads: usize) -> (Arc<HeldRng>, Arc<Mint>) {
        let rng = Arc::new(HeldRng::default());
        rng.hold(true);
        let mint = Mint::with_threads(Arc::clone(&rng) as Arc<dyn Rng>, threads).unwrap();
        (rng, Arc::new(mint))
    }

    async fn until(what: impl Fn() -> bool) {
        for _ in 0..1000 {
            if what() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it did not come to that in five seconds");
    }

    fn waiting(mint: &Mint) -> (usize, usize) {
        let state = mint.shop.lock();
        (state.quick.len(), state.heavy.len())
    }

    fn ask(mint: &Arc<Mint>, effort: Effort) -> tokio::task::JoinHandle<Result<Puzzle, Refused>> {
        let mint = Arc::clone(mint);
        tokio::spawn(async move { mint.puzzle(effort, "192.0.2.1").await })
    }

    #[tokio::test]
    async fn every_puzzle_is_of_the_effort_asked_for_and_none_comes_twice() {
        let mint = Arc::new(Mint::with_threads(Arc::new(OsRng), 2).unwrap());
        let asked: Vec<_> = (0..60)
            .map(|number| if number % 3 == 0 { HEAVY } else { QUICK })
            .map(|effort| (effort, ask(&mint, effort)))
            .collect();
        let mut keys = std::collections::HashSet::new();
        for (effort, puzzle) in asked {
            let puzzle = puzzle.await.unwrap().unwrap();
            assert_eq!(puzzle.effort(), effort);
            assert!(keys.insert(puzzle.solution().key), "a puzzle came twice");
        }
    }

    #[tokio::test]
    async fn a_full_queue_sends_away_and_an_asker_who_left_makes_room() {
        let (rng, mint) = held(1);
        for (effort, most) in [(QUICK, QUICK_WAITING_MAX), (HEAVY, HEAVY_WAITING_MAX)] {
            let before = waiting(&mint).0;
            let mut asked = Vec::new();
            let full = || {
                let (quick, heavy) = waiting(&mint);
                if is_heavy(effort) { heavy } else { quick }
            };
            while full() < most {
                asked.push(ask(&mint, effort));
                tokio::time::sleep(Duration::from_micros(100)).await;
            }
            let refused = mint.puzzle(effort, "192.0.2.1").await.err();
            assert_eq!(refused, Some(Refused::SlowDown { retry_s: RETRY_S }));
            asked.pop().unwrap().abort();
            asked.pop().unwrap().abort();
            tokio::task::yield_now().await;
            let in_time = ask(&mint, effort);
            until(|| full() == most - 1).await;
            assert!(!in_time.is_finished());
            assert!(before <= QUICK_WAITING_MAX);
        }
        rng.hold(false);
    }

    #[tokio::test]
    async fn an_asker_who_went_away_costs_no_derivation() {
        let (rng, mint) = held(1);
        let first = ask(&mint, QUICK);
        until(|| rng.within.load(Ordering::SeqCst) == 1).await;
        let gone: Vec<_> = (0..50).map(|_| ask(&mint, HEAVY)).collect();
        until(|| waiting(&mint).1 == 50).await;
        // What is asked for is also stocked; here only the orders are of interest.
        mint.shop.lock().shelves.clear();
        for task in gone {
            task.abort();
            assert!(task.await.is_err());
        }
        rng.hold(false);
        first.await.unwrap().unwrap();
        until(|| waiting(&mint) == (0, 0)).await;
        // A puzzle asks for randomness three times: its counter, nonce and salt; a counter may be
        // drawn anew.
        let asked = rng.asked.load(Ordering::SeqCst);
        assert!((3..10).contains(&asked), "{asked} draws");
    }

    #[tokio::test]
    async fn one_heavy_puzzle_is_in_hand_at_a_time_and_quick_ones_pass_it() {
        let (rng, mint) = held(2);
        let heavy: Vec<_> = (0..3).map(|_| ask(&mint, HEAVY)).collect();
        until(|| rng.within.load(Ordering::SeqCst) == 1).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(rng.within.load(Ordering::SeqCst), 1, "two at once");
        let quick = ask(&mint, QUICK);
        until(|| rng.within.load(Ordering::SeqCst) == 2).await;
        rng.hold(false);
        quick.await.unwrap().unwrap();
        for task in heavy {
            task.await.unwrap().unwrap();
        }
    }

    #[test]
    fn a_heavy_order_gets_its_turn_among_quick_ones() {
        let mut state = State::default();
        let mut kept = Vec::new();
        let mut order = |effort| {
            let (answer, answered) = oneshot::channel();
            kept.push(answered);
            Order { effort, answer }
        };
        for _ in 0..40 {
            state.quick.push_back(order(QUICK));
        }
        state.heavy.push_back(order(HEAVY));
        let turn = (0..41).position(|_| is_heavy(state.next().unwrap().effort()));
        assert_eq!(turn, Some(16));
    }

    #[tokio::test]
    async fn a_quiet_server_has_as_many_ready_as_were_asked_for_up_to_a_bound() {
        let mint = Arc::new(Mint::with_threads(Arc::new(OsRng), 1).unwrap());
        let ready = || mint.shop.lock().shelves[0].ready.len();
        mint.puzzle(QUICK, "192.0.2.1").await.unwrap();
        until(|| ready() == 1).await;
        for _ in 0..100 {
            mint.puzzle(QUICK, "192.0.2.1").await.unwrap();
        }
        until(|| ready() == READY_MAX).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(ready(), READY_MAX);
    }

    #[test]
    fn only_the_efforts_asked_for_last_are_kept_ready() {
        let mut state = State::default();
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

    #[tokio::test]
    async fn a_closed_mint_ends_its_threads_and_tells_those_who_wait() {
        let (rng, mint) = held(1);
        let asked: Vec<_> = (0..3).map(|_| ask(&mint, QUICK)).collect();
        until(|| waiting(&mint).0 == 2).await;
        let shop = Arc::clone(&mint.shop);
        shop.close();
        rng.hold(false);
        let mut refused = 0;
        for task in asked {
            refused += u32::from(matches!(task.await.unwrap(), Err(Refused::Unavailable(_))));
        }
        assert_eq!(refused, 2, "the one in hand is finished");
        assert!(mint.puzzle(QUICK, "192.0.2.1").await.is_err());
        drop(mint);
        assert_eq!(Arc::strong_count(&shop), 1, "a thread is still there");
    }

    #[tokio::test]
    async fn an_effort_of_nothing_is_refused_and_not_tried_again() {
        let mint = Mint::with_threads(Arc::new(OsRng), 1).unwrap();
        let none = Effort::Pbkdf2 {
            cost: 0,
            counter_max: 1,
        };
        assert!(mint.puzzle(none, "192.0.2.1").await.is_err());
        until(|| mint.shop.lock().shelves.is_empty()).await;
    }
}

//! The mint: proofs of work, and codes for visitors, are drawn on threads of their own; a few proofs before
//! anybody asks.
//!
//! It bounds what strangers can make the server compute, in threads, in memory and in waiting. How dear a
//! puzzle is and who may have one is not decided here, nor what a code looks like.

mod order;
mod queue;
mod state;

use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use challenge::methods::code::Code;
use challenge::methods::proof_of_work::{Effort, Puzzle};
use challenge::rng::Rng;
use challenge::visitor::{self, Drawn, Language, Refused};
use tokio::sync::oneshot;

use order::{Answer, Commission, Line, Order};
use state::{State, Task};

/// The longest wait. After 10 s the server ends a request without a word; so that who waits is told
/// to come again, it is told earlier.
const WAIT_MAX: Duration = Duration::from_secs(8);

/// Seconds after which somebody who was sent away should come back: the longest line of one address is worked
/// off by then, if it is alone.
const RETRY_S: u32 = 5;

const SLOW_DOWN: Refused = Refused::SlowDown { retry_s: RETRY_S };

/// The threads, and what waits for them. When it is dropped, they end after the task in hand.
pub struct Mint {
    shop: Arc<Shop>,
    threads: Vec<JoinHandle<()>>,
}

struct Shop {
    state: Mutex<State>,
    work_came: Condvar,
    rng: Arc<dyn Rng>,
}

/// A place in a queue. It is given up when it is dropped, be it that the request went away.
struct Place<'a> {
    shop: &'a Shop,
    line: Line,
    asker: &'a str,
    number: u64,
}

/// What becomes of somebody who asks for a puzzle.
enum Ordered<'a> {
    Ready(Puzzle),
    Waits(Place<'a>),
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
            state: Mutex::new(State::new()),
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
    async fn puzzle(&self, effort: Effort, asker: &str) -> Result<Puzzle, Refused> {
        let (answer, answered) = oneshot::channel();
        match self.shop.order_puzzle(asker, effort, answer)? {
            Ordered::Ready(puzzle) => Ok(puzzle),
            Ordered::Waits(place) => waited(place, answered).await,
        }
    }

    async fn text_image(&self, code: &Code, asker: &str) -> Result<Drawn, Refused> {
        let picture = Commission::Picture(code.clone());
        self.drawn(picture, asker).await
    }

    async fn spoken(&self, code: &Code, language: Language, asker: &str) -> Result<Drawn, Refused> {
        let speech = Commission::Speech(code.clone(), language);
        self.drawn(speech, asker).await
    }
}

impl Mint {
    async fn drawn(&self, commission: Commission, asker: &str) -> Result<Drawn, Refused> {
        let (answer, answered) = oneshot::channel();
        let order = Order::Drawing(commission, answer);
        let place = self.shop.wait_in_line(asker, order)?;
        waited(place, answered).await
    }
}

/// What a place was kept for, if its turn comes in time.
async fn waited<T>(
    place: Place<'_>,
    answered: oneshot::Receiver<Result<T, Refused>>,
) -> Result<T, Refused> {
    let answered = tokio::time::timeout(WAIT_MAX, answered).await;
    drop(place);
    match answered {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(closed()),
        Err(_) => Err(SLOW_DOWN),
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.shop.lock();
        state.queue(self.line).leave(self.asker, self.number);
    }
}

impl Shop {
    /// A puzzle from the shelf, or a place among those who wait.
    fn order_puzzle<'a>(
        &'a self,
        asker: &'a str,
        effort: Effort,
        answer: Answer<Puzzle>,
    ) -> Result<Ordered<'a>, Refused> {
        let mut state = self.lock();
        if state.closed {
            return Err(closed());
        }
        let Some(puzzle) = state.shelf(effort).ready.pop() else {
            let order = Order::Puzzle(effort, answer);
            return self.place(state, asker, order).map(Ordered::Waits);
        };
        drop(state);
        self.work_came.notify_one();
        Ok(Ordered::Ready(puzzle))
    }

    /// A place among those who wait.
    fn wait_in_line<'a>(&'a self, asker: &'a str, order: Order) -> Result<Place<'a>, Refused> {
        let state = self.lock();
        if state.closed {
            return Err(closed());
        }
        self.place(state, asker, order)
    }

    fn place<'a>(
        &'a self,
        mut state: MutexGuard<'_, State>,
        asker: &'a str,
        order: Order,
    ) -> Result<Place<'a>, Refused> {
        let line = order.line();
        let placed = state.queue(line).join(asker, order).ok_or(SLOW_DOWN)?;
        drop(state);
        if let Some(displaced) = placed.displaced {
            displaced.refuse(SLOW_DOWN);
        }
        self.work_came.notify_one();
        Ok(Place {
            shop: self,
            line,
            asker,
            number: placed.number,
        })
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
            let is_heavy = task.line() == Line::Heavy;
            state.heavy_in_hand |= is_heavy;
            drop(state);
            self.do_task(task);
            state = self.lock();
            if is_heavy {
                state.heavy_in_hand = false;
                // A thread that passed over a heavy task because of this one may take it now.
                self.work_came.notify_one();
            }
        }
    }

    fn do_task(&self, task: Task) {
        match task {
            Task::Serve(Order::Drawing(commission, answer)) => {
                // Who went away meanwhile wants it no more.
                let _ = answer.send(commission.draw());
            }
            Task::Serve(Order::Puzzle(effort, answer)) => {
                let drawn = Puzzle::draw(effort, &*self.rng);
                let drawn = drawn.map_err(|error| Refused::Unavailable(error.to_string()));
                // Who went away meanwhile left a puzzle that nobody has seen.
                if let Err(Ok(unseen)) = answer.send(drawn) {
                    self.lock().keep(unseen);
                }
            }
            Task::Stock(effort) => match Puzzle::draw(effort, &*self.rng) {
                Ok(puzzle) => self.lock().keep(puzzle),
                Err(_) => self.lock().shelves.retain(|shelf| shelf.effort != effort),
            },
        }
    }

    fn close(&self) {
        self.lock().close();
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

fn closed() -> Refused {
    Refused::Unavailable("the mint is closed".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use challenge::visitor::Mint as _;

    use super::order::line_of;
    use super::state::READY_MAX;
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
        /// Whether it is held back, and how often it is given all the same.
        held: Mutex<(bool, u32)>,
        released: Condvar,
        within: AtomicU32,
        asked: AtomicU32,
    }

    impl HeldRng {
        fn hold(&self, hold: bool) {
            self.held.lock().unwrap().0 = hold;
            self.released.notify_all();
        }

        /// Gives it once.
        fn step(&self) {
            self.held.lock().unwrap().1 += 1;
            self.released.notify_one();
        }
    }

    impl Rng for HeldRng {
        fn fill(&self, buffer: &mut [u8]) {
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.within.fetch_add(1, Ordering::SeqCst);
            let mut held = self.held.lock().unwrap();
            while held.0 && held.1 == 0 {
                held = self.released.wait(held).unwrap();
            }
            held.1 = held.1.saturating_sub(1);
            drop(held);
            self.within.fetch_sub(1, Ordering::SeqCst);
            OsRng.fill(buffer);
        }
    }

    /// Lets go when it is dropped, so that a test which fails does not wait for the thread that it holds.
    struct Holds(Arc<HeldRng>);

    impl std::ops::Deref for Holds {
        type Target = HeldRng;

        fn deref(&self) -> &HeldRng {
            &self.0
        }
    }

    impl Drop for Holds {
        fn drop(&mut self) {
            self.hold(false);
        }
    }

    /// What holds comes last, and so is dropped before the mint.
    fn held(threads: usize) -> (Arc<Mint>, Holds) {
        let rng = Arc::new(HeldRng::default());
        rng.hold(true);
        let mint = Mint::with_threads(Arc::clone(&rng) as Arc<dyn Rng>, threads).unwrap();
        (Arc::new(mint), Holds(rng))
    }

    async fn until(what: impl Fn() -> bool) {
        for _ in 0..12_000 {
            if what() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it did not come to that in a minute");
    }

    fn waiting(mint: &Mint) -> (usize, usize) {
        let mut state = mint.shop.lock();
        let quick = state.queue(Line::Quick).len();
        (quick, state.queue(Line::Heavy).len())
    }

    type Asked = tokio::task::JoinHandle<Result<Puzzle, Refused>>;

    fn ask(mint: &Arc<Mint>, effort: Effort) -> Asked {
        ask_as("192.0.2.1", mint, effort)
    }

    fn ask_as(asker: &str, mint: &Arc<Mint>, effort: Effort) -> Asked {
        let (mint, asker) = (Arc::clone(mint), asker.to_owned());
        tokio::spawn(async move { mint.puzzle(effort, &asker).await })
    }

    /// A mint whose one thread is held at a quick puzzle.
    async fn held_at_one() -> (Asked, Arc<Mint>, Holds) {
        let (mint, rng) = held(1);
        let first = ask(&mint, QUICK);
        until(|| rng.within.load(Ordering::SeqCst) == 1).await;
        (first, mint, rng)
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
    async fn one_address_may_wait_for_so_many_and_another_is_not_sent_away_by_that() {
        let (_first, mint, rng) = held_at_one().await;
        for (effort, most) in [(QUICK, 1024), (HEAVY, 32)] {
            let length = || mint.shop.lock().queue(line_of(effort)).len();
            let mut asked: Vec<_> = (0..most).map(|_| ask(&mint, effort)).collect();
            until(|| length() == most).await;
            let refused = ask(&mint, effort).await.unwrap().err();
            assert_eq!(refused, Some(SLOW_DOWN));
            let other = ask_as("192.0.2.2", &mint, effort);
            until(|| length() == most + 1).await;
            asked.pop().unwrap().abort();
            until(|| length() == most).await;
            let in_time = ask(&mint, effort);
            until(|| length() == most + 1).await;
            assert!(!in_time.is_finished() && !other.is_finished());
        }
        rng.hold(false);
    }

    #[tokio::test]
    async fn in_a_full_queue_a_newcomer_takes_the_place_of_one_of_those_who_wait_for_most() {
        let (_first, mint, rng) = held_at_one().await;
        for (effort, most, askers) in [(QUICK, 4096, 8), (HEAVY, 256, 16)] {
            let askers = (0..most).map(|number| format!("198.51.100.{}", number % askers));
            let asked: Vec<_> = askers.map(|asker| ask_as(&asker, &mint, effort)).collect();
            until(|| mint.shop.lock().queue(line_of(effort)).len() == most).await;
            let again = ask_as("198.51.100.0", &mint, effort).await.unwrap();
            assert_eq!(again.err(), Some(SLOW_DOWN), "it waits for most itself");
            let newcomer = ask_as("192.0.2.2", &mint, effort);
            until(|| asked.iter().any(Asked::is_finished)).await;
            assert_eq!(mint.shop.lock().queue(line_of(effort)).len(), most);
            assert!(!newcomer.is_finished());
            let mut told = 0;
            for task in asked.into_iter().filter(Asked::is_finished) {
                assert_eq!(task.await.unwrap().err(), Some(SLOW_DOWN));
                told += 1;
            }
            assert_eq!(told, 1);
        }
        rng.hold(false);
    }

    #[tokio::test]
    async fn a_flood_from_one_address_leaves_another_one_served() {
        let (first, mint, rng) = held_at_one().await;
        let flood: Vec<_> = (0..600).map(|_| ask(&mint, QUICK)).collect();
        until(|| waiting(&mint).0 == 600).await;
        let others = ["192.0.2.2", "192.0.2.3"];
        let others = others.map(|asker| ask_as(asker, &mint, QUICK));
        until(|| waiting(&mint).0 == 602).await;
        while !others.iter().all(Asked::is_finished) {
            rng.step();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // One of the flood comes before the others, and some may come while it is seen that they are done.
        let left = waiting(&mint).0;
        assert!((400..600).contains(&left), "{left} of the flood wait");
        for task in others {
            task.await.unwrap().unwrap();
        }
        rng.hold(false);
        first.await.unwrap().unwrap();
        for task in flood {
            task.await.unwrap().unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waited_for_8_s_is_told_to_come_again_and_waits_no_more() {
        let (mint, _rng) = held(0);
        let asked = ask(&mint, QUICK);
        tokio::time::sleep(Duration::from_millis(7_990)).await;
        assert!(!asked.is_finished());
        assert_eq!(waiting(&mint), (1, 0));
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(asked.await.unwrap().err(), Some(SLOW_DOWN));
        assert_eq!(waiting(&mint), (0, 0));
    }

    #[tokio::test]
    async fn an_asker_who_went_away_costs_no_derivation() {
        let (first, mint, rng) = held_at_one().await;
        let gone: Vec<_> = (0..30).map(|_| ask(&mint, HEAVY)).collect();
        until(|| waiting(&mint).1 == 30).await;
        // What is asked for is also stocked; here only the orders are of interest.
        mint.shop.lock().shelves.clear();
        for task in gone {
            task.abort();
            assert!(task.await.is_err());
        }
        assert_eq!(waiting(&mint), (0, 0));
        rng.hold(false);
        first.await.unwrap().unwrap();
        // A puzzle asks for randomness three times: its counter, nonce and salt; a counter may be
        // drawn anew.
        let asked = rng.asked.load(Ordering::SeqCst);
        assert!((3..10).contains(&asked), "{asked} draws");
    }

    #[tokio::test]
    async fn one_heavy_puzzle_is_in_hand_at_a_time_and_quick_ones_pass_it() {
        let (mint, rng) = held(2);
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

    #[tokio::test]
    async fn a_closed_mint_ends_its_threads_and_tells_those_who_wait() {
        let (mint, rng) = held(1);
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

    fn code() -> Code {
        Code {
            text: "3y7hjl".to_owned(),
            seed: [5; 16],
        }
    }

    #[tokio::test]
    async fn codes_are_drawn_and_spoken_as_what_they_are() {
        let mint = Mint::with_threads(Arc::new(OsRng), 1).unwrap();
        let (code, asker) = (code(), "192.0.2.1");
        let picture = mint.text_image(&code, asker).await.unwrap();
        assert_eq!(picture.media_type, "image/png");
        assert_eq!(picture.bytes, crate::drawing::picture(&code));
        for language in Language::ALL {
            let speech = mint.spoken(&code, language, asker).await.unwrap();
            assert_eq!(speech.media_type, "audio/wav");
            assert_eq!(speech.bytes, crate::drawing::wav(&code, language));
        }
    }

    #[tokio::test]
    async fn who_wants_too_many_codes_is_told_to_slow_down_and_others_are_drawn_one() {
        let (first, mint, rng) = held_at_one().await;
        let draw = |asker: &str| {
            let (mint, asker) = (Arc::clone(&mint), asker.to_owned());
            tokio::spawn(async move { mint.text_image(&code(), &asker).await })
        };
        let waiting = || mint.shop.lock().queue(Line::Drawings).len();
        let asked: Vec<_> = (0..128).map(|_| draw("192.0.2.1")).collect();
        until(|| waiting() == 128).await;
        assert_eq!(draw("192.0.2.1").await.unwrap(), Err(SLOW_DOWN));
        let other = draw("192.0.2.2");
        until(|| waiting() == 129).await;
        for task in asked {
            task.abort();
        }
        until(|| waiting() == 1).await;
        rng.hold(false);
        assert!(other.await.unwrap().is_ok());
        first.await.unwrap().unwrap();
    }
}

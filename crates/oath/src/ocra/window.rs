//! Checking a response against a window of counters and time steps. What is done with a match
//! (moving the counter on, never taking a step twice) is the caller's.

use subtle::{Choice, ConditionallySelectable as _};

use super::{Input, InputError, Suite};
use crate::Key;
use crate::mac::Keyed;

/// How far around the input's own counter and time step to look. A response is compared with
/// `counters` × (`steps_back` + 1 + `steps_forward`) candidates, so keep them small: it is also
/// the factor by which guessing gets easier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// How many counters to try, from the input's own upwards; 1 is that one alone, 0 is none.
    /// Of no meaning if the suite has no counter.
    pub counters: u32,
    /// How many time steps to try before the input's own. Of no meaning without time.
    pub steps_back: u32,
    /// How many time steps to try after the input's own. Of no meaning without time.
    pub steps_forward: u32,
}

impl Window {
    /// The input's own counter and time step, nothing else.
    pub const EXACT: Self = Self {
        counters: 1,
        steps_back: 0,
        steps_forward: 0,
    };
}

impl Default for Window {
    /// [`Window::EXACT`].
    fn default() -> Self {
        Self::EXACT
    }
}

/// The counter and time step a response belongs to; `None` where the suite has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Match {
    /// The counter; the next one to expect is one more.
    pub counter: Option<u64>,
    /// The number of the time step.
    pub time_step: Option<u64>,
}

impl Suite {
    /// Looks for `unverified_code` among the responses to `input` with the counters and time steps
    /// of `window`, and says which it belongs to: of several, the lowest counter and then the
    /// earliest step.
    ///
    /// Every candidate is computed and compared, wherever the match is, so that the time tells
    /// nothing of it. Counters and steps end at 0 and [`u64::MAX`]; they do not wrap. The error
    /// says that the input does not fit the suite.
    pub fn find(
        &self,
        key: &Key,
        input: &Input<'_>,
        window: &Window,
        unverified_code: &str,
    ) -> Result<Option<Match>, InputError> {
        self.check(input)?;
        let keyed = Keyed::new(self.algorithm, key);
        let mut found = Choice::from(0);
        let (mut found_counter, mut found_step) = (0, 0);
        for counter in counters(input.counter, window) {
            for time_step in time_steps(input.time_step, window) {
                let data = self.assemble(input, counter, time_step);
                let hit = self.code_of(&keyed, &data).matches(unverified_code);
                let first = hit & !found;
                found_counter.conditional_assign(&counter.unwrap_or_default(), first);
                found_step.conditional_assign(&time_step.unwrap_or_default(), first);
                found |= hit;
            }
        }
        Ok(bool::from(found).then(|| Match {
            counter: input.counter.map(|_| found_counter),
            time_step: input.time_step.map(|_| found_step),
        }))
    }
}

/// The counters to try: one `None` if there is none.
fn counters(own: Option<u64>, window: &Window) -> impl Iterator<Item = Option<u64>> {
    let candidates = own.map_or(1, |_| window.counters);
    (0..candidates).map_while(move |ahead| match own {
        Some(own) => own.checked_add(u64::from(ahead)).map(Some),
        None => Some(None),
    })
}

/// The time steps to try, in order: one `None` if there is none.
fn time_steps(own: Option<u64>, window: &Window) -> impl Iterator<Item = Option<u64>> {
    let centre = own.unwrap_or_default();
    let (back, forward) = match own {
        Some(_) => (
            u64::from(window.steps_back),
            u64::from(window.steps_forward),
        ),
        None => (0, 0),
    };
    (centre.saturating_sub(back)..=centre.saturating_add(forward))
        .map(move |step| own.map(|_| step))
}

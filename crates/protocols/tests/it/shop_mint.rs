//! What draws in the tests' shop: cheaply, plainly, or not at all.

use std::sync::Mutex;

use async_trait::async_trait;
use challenge::methods::code::Code;
use challenge::methods::proof_of_work::{Effort, Puzzle};
use challenge::rng::DangerCountingRng;
use challenge::visitor::{Drawn, InlineMint, Language, Mint, Refused};

/// How puzzles are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A new one each time.
    #[default]
    Drawing,
    /// The last one again and again, so that many are cheap.
    Repeating,
    /// Not at all: too many are waiting.
    Crowded,
}

/// A mint that tests can close.
#[derive(Default)]
pub(crate) struct ShopMint {
    rng: DangerCountingRng,
    state: Mutex<(Mode, Option<Puzzle>)>,
}

#[async_trait]
impl Mint for ShopMint {
    async fn puzzle(&self, effort: Effort, _: &str) -> Result<Puzzle, Refused> {
        let mut state = self.state.lock().unwrap();
        match &*state {
            (Mode::Crowded, _) => Err(CROWDED),
            (Mode::Repeating, Some(last)) => Ok(last.clone()),
            _ => {
                let drawn = Puzzle::draw(effort, &self.rng).unwrap();
                state.1 = Some(drawn.clone());
                Ok(drawn)
            }
        }
    }

    async fn text_image(&self, code: &Code, asker: &str) -> Result<Drawn, Refused> {
        self.not_crowded()?;
        let plain = InlineMint(DangerCountingRng::default());
        plain.text_image(code, asker).await
    }

    async fn spoken(&self, code: &Code, language: Language, asker: &str) -> Result<Drawn, Refused> {
        self.not_crowded()?;
        let plain = InlineMint(DangerCountingRng::default());
        plain.spoken(code, language, asker).await
    }
}

/// What is said where too many are waiting.
const CROWDED: Refused = Refused::SlowDown { retry_s: 9 };

impl ShopMint {
    fn not_crowded(&self) -> Result<(), Refused> {
        match self.state.lock().unwrap().0 {
            Mode::Crowded => Err(CROWDED),
            Mode::Drawing | Mode::Repeating => Ok(()),
        }
    }

    /// Draws so from now on.
    pub(crate) fn set(&self, mode: Mode) {
        self.state.lock().unwrap().0 = mode;
    }
}

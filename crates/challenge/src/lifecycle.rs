//! What a challenge may become: states, commands, and the one function that decides.
//!
//! It is pure and exhaustive; expiry is computed from the clock's reading and never stored. What an
//! answer is worth is not decided here (see `judgement`), nor who may ask (see `verifier`).
//!
//! ```text
//!            answer right / approve                 consume
//!   Open ──────────────────────────▶ Accepted ─────────────────▶ Consumed
//!    │ answer wrong, attempts left: Open, one less
//!    ├ answer wrong, last attempt ─▶ Refused
//!    ├ decline ────────────────────▶ Declined
//!    ├ cancel ─────────────────────▶ Cancelled
//!    ├ replace ────────────────────▶ Replaced
//!    └ (answer_by reached)           Expired, as is Accepted after consume_by
//! ```

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::directory::{Authenticator, Client, Tenant, User};
use crate::id::{Id, TimedId};

/// Something that was asked, and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The challenge's id.
    pub id: TimedId,
    /// The tenant on whose behalf it was asked.
    pub tenant: Id<Tenant>,
    /// What it asks for: an answer to one purpose never serves another.
    pub purpose: Purpose,
    /// Who is asked.
    pub user: Id<User>,
    /// The policy it was issued under.
    pub policy: String,
    /// The one authenticator that may answer; nothing: any fitting one of the user.
    pub authenticator: Option<Id<Authenticator>>,
    /// The client that asked.
    pub client: Id<Client>,
    /// What is asked, as it is shown.
    pub question: String,
    /// Whether the question is a text that may be asked again, so that its answer serves once for ever.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_repeatable: bool,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The moment from which it is too late to answer.
    pub answer_by: Timestamp,
    /// Seconds after a right answer in which that may be consumed.
    pub consume_s: u32,
    /// What has become of it, but for expiry.
    pub state: State,
}

/// What a challenge asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A response computed from the question (RFC 6287, section 7.1).
    Respond,
    /// A code that was sent to the user, to be repeated.
    Repeat,
    /// A decision: approve or decline.
    Approve,
    /// A sign that somebody is a person, or has at least worked for it; whoever it may be.
    Person,
}

/// What has become of a challenge. Expiry is not among them: [`Challenge::phase_at`] computes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum State {
    /// It may be answered.
    Open {
        /// Answers it still takes, at least 1.
        attempts_left: u32,
    },
    /// The right answer came; it was not used yet.
    Accepted {
        /// When the answer came.
        at: Timestamp,
    },
    /// The last attempt was wrong.
    Refused {
        /// When.
        at: Timestamp,
    },
    /// The user said no.
    Declined {
        /// When.
        at: Timestamp,
    },
    /// The right answer was used.
    Consumed {
        /// When.
        at: Timestamp,
    },
    /// It was withdrawn.
    Cancelled {
        /// When.
        at: Timestamp,
    },
    /// A newer one took its place.
    Replaced {
        /// When.
        at: Timestamp,
    },
}

/// A challenge's state at a moment, expiry included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// As stored.
    Is(State),
    /// Nobody answered in time, or nobody used the answer in time.
    Expired,
}

/// What somebody wants of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// An answer was verified: was it right?
    Answer {
        /// Whether it was.
        right: bool,
    },
    /// The user approved.
    Approve,
    /// The user declined.
    Decline,
    /// The right answer is to be used, once.
    Consume,
    /// It is to be withdrawn.
    Cancel,
    /// A newer one takes its place.
    Replace,
}

/// A command that comes too late or too early, with the phase that refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the challenge does not take this now: it is {0:?}")]
pub struct OutOfTurn(pub Phase);

/// The part of a challenge that decides what may become of it, whoever is asked and whatever for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// What it asks for.
    pub purpose: Purpose,
    /// The moment from which it is too late to answer.
    pub answer_by: Timestamp,
    /// Seconds after a right answer in which that may be consumed.
    pub consume_s: u32,
    /// What has become of it, but for expiry.
    pub state: State,
}

impl Course {
    /// The state at `now`. A moment exactly at a limit is past it.
    pub fn phase_at(&self, now: Timestamp) -> Phase {
        match self.state {
            State::Open { .. } if now >= self.answer_by => Phase::Expired,
            State::Accepted { at } if now >= at.plus_s(self.consume_s) => Phase::Expired,
            State::Open { .. }
            | State::Accepted { .. }
            | State::Refused { .. }
            | State::Declined { .. }
            | State::Consumed { .. }
            | State::Cancelled { .. }
            | State::Replaced { .. } => Phase::Is(self.state),
        }
    }

    /// What it becomes by `command` at `now`.
    ///
    /// This is the only place where a challenge's next state is made.
    pub fn decide(&self, command: Command, now: Timestamp) -> Result<State, OutOfTurn> {
        let phase = self.phase_at(now);
        if !self.purpose.takes(command) {
            return Err(OutOfTurn(phase));
        }
        match (phase, command) {
            (Phase::Is(State::Open { .. }), Command::Answer { right: true }) => {
                Ok(State::Accepted { at: now })
            }
            (Phase::Is(State::Open { attempts_left }), Command::Answer { right: false }) => {
                match attempts_left.saturating_sub(1) {
                    0 => Ok(State::Refused { at: now }),
                    attempts_left => Ok(State::Open { attempts_left }),
                }
            }
            (Phase::Is(State::Open { .. }), Command::Approve) => Ok(State::Accepted { at: now }),
            (Phase::Is(State::Open { .. }), Command::Decline) => Ok(State::Declined { at: now }),
            (Phase::Is(State::Open { .. }), Command::Cancel) => Ok(State::Cancelled { at: now }),
            (Phase::Is(State::Open { .. }), Command::Replace) => Ok(State::Replaced { at: now }),
            (Phase::Is(State::Accepted { .. }), Command::Consume) => {
                Ok(State::Consumed { at: now })
            }
            (
                Phase::Expired
                | Phase::Is(
                    State::Refused { .. }
                    | State::Declined { .. }
                    | State::Consumed { .. }
                    | State::Cancelled { .. }
                    | State::Replaced { .. },
                ),
                _,
            )
            | (Phase::Is(State::Open { .. }), Command::Consume)
            | (
                Phase::Is(State::Accepted { .. }),
                Command::Answer { .. }
                | Command::Approve
                | Command::Decline
                | Command::Cancel
                | Command::Replace,
            ) => Err(OutOfTurn(phase)),
        }
    }

    /// From when on it is closed or expired.
    pub fn ends_at(&self) -> Timestamp {
        match self.state {
            State::Open { .. } => self.answer_by,
            State::Accepted { at } => at.plus_s(self.consume_s),
            State::Refused { at }
            | State::Declined { at }
            | State::Consumed { at }
            | State::Cancelled { at }
            | State::Replaced { at } => at,
        }
    }
}

impl Challenge {
    /// What decides about it.
    pub fn course(&self) -> Course {
        Course {
            purpose: self.purpose,
            answer_by: self.answer_by,
            consume_s: self.consume_s,
            state: self.state,
        }
    }

    /// A second name of the challenge, in the form of a UUID (RFC 9562, section 4).
    pub fn reference(&self) -> String {
        let mut text = self.id.to_string();
        for place in [20, 16, 12, 8] {
            text.insert(place, '-');
        }
        text
    }

    /// The state at `now`, by its [`Course`].
    pub fn phase_at(&self, now: Timestamp) -> Phase {
        self.course().phase_at(now)
    }

    /// What the challenge becomes by `command` at `now`, by its [`Course`].
    pub fn decide(&self, command: Command, now: Timestamp) -> Result<State, OutOfTurn> {
        self.course().decide(command, now)
    }

    /// The challenge after `command`.
    pub fn after(&self, command: Command, now: Timestamp) -> Result<Self, OutOfTurn> {
        Ok(Self {
            state: self.decide(command, now)?,
            ..self.clone()
        })
    }
}

impl Purpose {
    /// Whether a challenge of this purpose can take the command at all: what asks for a response is
    /// not approved, and what asks for a decision is not answered rightly. It may be answered
    /// wrongly, by a PIN or a number that goes with the decision.
    pub fn takes(self, command: Command) -> bool {
        match command {
            Command::Answer { right } => self != Self::Approve || !right,
            Command::Approve | Command::Decline => self == Self::Approve,
            Command::Consume | Command::Cancel | Command::Replace => true,
        }
    }
}

impl State {
    /// The state's name in the database, in lists and in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Accepted { .. } => "accepted",
            Self::Refused { .. } => "refused",
            Self::Declined { .. } => "declined",
            Self::Consumed { .. } => "consumed",
            Self::Cancelled { .. } => "cancelled",
            Self::Replaced { .. } => "replaced",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rng::DangerCountingRng;

    const T0: Timestamp = Timestamp::from_unix_s(1_700_000_000);
    const ANSWER_S: u32 = 120;
    const CONSUME_S: u32 = 600;

    fn fresh(purpose: Purpose, attempts_left: u32) -> Challenge {
        let rng = DangerCountingRng::default();
        Challenge {
            id: TimedId::random(T0, &rng),
            tenant: Id::random(&rng),
            purpose,
            user: Id::random(&rng),
            policy: "AT_CUSTOTP".to_owned(),
            authenticator: None,
            client: Id::random(&rng),
            question: "12345678".to_owned(),
            issued_at: T0,
            answer_by: T0.plus_s(ANSWER_S),
            consume_s: CONSUME_S,
            is_repeatable: false,
            state: State::Open { attempts_left },
        }
    }

    fn any_command() -> impl Strategy<Value = Command> {
        prop_oneof![
            any::<bool>().prop_map(|right| Command::Answer { right }),
            Just(Command::Approve),
            Just(Command::Decline),
            Just(Command::Consume),
            Just(Command::Cancel),
            Just(Command::Replace),
        ]
    }

    /// Something asked, with attempts, and commands, each some seconds after the one before.
    type Story = (Purpose, u32, Vec<(Command, u32)>);

    fn any_story() -> impl Strategy<Value = Story> {
        let purpose = prop_oneof![
            Just(Purpose::Respond),
            Just(Purpose::Approve),
            Just(Purpose::Person)
        ];
        (
            purpose,
            1_u32..4,
            prop::collection::vec((any_command(), 0_u32..200), 0..12),
        )
    }

    /// Plays a story and gives every step that was taken: before, command, moment, after.
    fn play((purpose, attempts, story): Story) -> Vec<(State, Command, Timestamp, State)> {
        let (mut challenge, mut now, mut taken) = (fresh(purpose, attempts), T0, Vec::new());
        for (command, pause_s) in story {
            now = now.plus_s(pause_s);
            if let Ok(next) = challenge.after(command, now) {
                taken.push((challenge.state, command, now, next.state));
                challenge = next;
            }
        }
        taken
    }

    proptest! {
        #[test]
        fn a_challenge_is_consumed_at_most_once_and_only_after_a_right_answer(story in any_story()) {
            let taken = play(story);
            let consumed: Vec<_> =
                taken.iter().filter(|step| matches!(step.3, State::Consumed { .. })).collect();
            prop_assert!(consumed.len() <= 1);
            for step in consumed {
                let accepted = matches!(step.0, State::Accepted { .. });
                prop_assert!(accepted, "{:?} was consumed", step.0);
            }
        }

        #[test]
        fn what_asks_for_a_response_is_not_approved_and_the_other_way_round(story in any_story()) {
            let purpose = story.0;
            for (_, command, ..) in play(story) {
                prop_assert!(purpose.takes(command));
            }
        }

        #[test]
        fn nothing_follows_a_final_state(story in any_story()) {
            for (before, ..) in play(story) {
                let goes_on = matches!(before, State::Open { .. } | State::Accepted { .. });
                prop_assert!(goes_on, "{before:?} went on");
            }
        }

        #[test]
        fn nothing_but_consuming_follows_a_right_answer(story in any_story()) {
            for (before, command, ..) in play(story) {
                if matches!(before, State::Accepted { .. }) {
                    prop_assert_eq!(command, Command::Consume);
                }
            }
        }

        #[test]
        fn attempts_only_fall_and_the_last_wrong_one_closes(story in any_story()) {
            for (before, command, _, after) in play(story) {
                if let (State::Open { attempts_left }, Command::Answer { right: false }) =
                    (before, command)
                {
                    match after {
                        State::Open { attempts_left: left } => {
                            prop_assert_eq!(left, attempts_left - 1);
                        }
                        State::Refused { .. } => prop_assert_eq!(attempts_left, 1),
                        other => prop_assert!(false, "a wrong answer led to {other:?}"),
                    }
                }
            }
        }

        #[test]
        fn nothing_counts_after_its_time(story in any_story()) {
            for (before, _, at, _) in play(story) {
                match before {
                    State::Open { .. } => prop_assert!(at < T0.plus_s(ANSWER_S)),
                    State::Accepted { at: accepted } => {
                        prop_assert!(at < accepted.plus_s(CONSUME_S));
                    }
                    other => prop_assert!(false, "{other:?} went on"),
                }
            }
        }

        #[test]
        fn a_state_survives_storage(story in any_story()) {
            for (.., after) in play(story) {
                let text = serde_json::to_string(&after).unwrap();
                prop_assert_eq!(serde_json::from_str::<State>(&text).unwrap(), after);
            }
        }
    }

    #[test]
    fn the_moment_of_expiry_is_too_late() {
        let challenge = fresh(Purpose::Respond, 1);
        let last = Timestamp::from_unix_ms(challenge.answer_by.unix_ms() - 1);
        assert!(
            challenge
                .decide(Command::Answer { right: true }, last)
                .is_ok()
        );
        assert_eq!(
            challenge.decide(Command::Answer { right: true }, challenge.answer_by),
            Err(OutOfTurn(Phase::Expired)),
        );
    }
}

//! The bytes that are hashed, `DataInput` of RFC 6287 section 5.1, and the response to them.
//! Looking through a window is in `window`.

use std::fmt;

use zeroize::Zeroizing;

use super::{PinHash, Question, Suite};
use crate::mac::Keyed;
use crate::{Algorithm, Code, Key};

/// What a response is computed over. Each member must be there if the suite has it and be `None`
/// if it has not.
#[derive(Clone)]
pub struct Input<'a> {
    /// `C`, the counter that client and server keep in step.
    pub counter: Option<u64>,
    /// `Q`, made by a suite with the same format.
    pub question: Question,
    /// `P`, hashed with the suite's hash function.
    pub pin: Option<&'a PinHash>,
    /// `S`, at most as long as the suite says; shorter ones are padded on the left with zeros.
    pub session: Option<&'a [u8]>,
    /// `T`, the number of the time step; see [`Suite::time_step`].
    pub time_step: Option<u64>,
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("counter", &self.counter)
            .field("question", &self.question)
            .field("pin", &self.pin)
            .field("session_bytes", &self.session.map(<[u8]>::len))
            .field("time_step", &self.time_step)
            .finish()
    }
}

/// A member of the data input that a suite may or may not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Member {
    /// `C`
    Counter,
    /// `P`
    Pin,
    /// `S`
    Session,
    /// `T`
    TimeStep,
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::Pin => "PIN",
            Self::Session => "session information",
            Self::TimeStep => "time step",
        })
    }
}

/// Why an input does not fit the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The suite has this member, the input does not.
    #[error("the suite needs a {0}")]
    Missing(Member),
    /// The input has this member, the suite does not.
    #[error("the suite takes no {0}")]
    Superfluous(Member),
    /// The PIN is hashed with another hash function than the suite's.
    #[error("the suite hashes the PIN with {expected}, not {found}")]
    PinAlgorithm {
        /// The suite's.
        expected: Algorithm,
        /// The input's.
        found: Algorithm,
    },
    /// The session information is longer than the suite says.
    #[error("the session information has {found} bytes, the suite has room for {max}")]
    SessionTooLong {
        /// The suite's length in bytes.
        max: u16,
        /// The length that was given, in bytes.
        found: usize,
    },
    /// The question was made by a suite with another format of questions.
    #[error("the question is of another format than the suite's")]
    QuestionFormat,
}

impl Suite {
    /// The bytes that are hashed: suite | 00 | C | Q | P | S | T (RFC 6287 section 5.1).
    pub fn data_input(&self, input: &Input<'_>) -> Result<Zeroizing<Vec<u8>>, InputError> {
        self.check(input)?;
        Ok(self.assemble(input, input.counter, input.time_step))
    }

    /// The response, or signature, to an input (RFC 6287 section 5).
    pub fn response(&self, key: &Key, input: &Input<'_>) -> Result<Code, InputError> {
        let data = self.data_input(input)?;
        Ok(self.code_of(&Keyed::new(self.algorithm, key), &data))
    }

    pub(super) fn code_of(&self, keyed: &Keyed, data: &[u8]) -> Code {
        Code::of_truncated(keyed.truncated(data), self.digits)
    }

    pub(super) fn check(&self, input: &Input<'_>) -> Result<(), InputError> {
        agree(Member::Counter, self.counter, input.counter.is_some())?;
        agree(Member::Pin, self.pin.is_some(), input.pin.is_some())?;
        agree(
            Member::Session,
            self.session_bytes.is_some(),
            input.session.is_some(),
        )?;
        agree(
            Member::TimeStep,
            self.time_step_s.is_some(),
            input.time_step.is_some(),
        )?;
        if input.question.format != self.question {
            return Err(InputError::QuestionFormat);
        }
        if let (Some(expected), Some(pin)) = (self.pin, input.pin)
            && expected != pin.algorithm()
        {
            return Err(InputError::PinAlgorithm {
                expected,
                found: pin.algorithm(),
            });
        }
        match (self.session_bytes, input.session) {
            (Some(max), Some(session)) if session.len() > usize::from(max) => {
                Err(InputError::SessionTooLong {
                    max,
                    found: session.len(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Lays out an input that was checked, with this counter and time step in place of its own.
    pub(super) fn assemble(
        &self,
        input: &Input<'_>,
        counter: Option<u64>,
        time_step: Option<u64>,
    ) -> Zeroizing<Vec<u8>> {
        let pin = input.pin.map_or(&[][..], PinHash::as_bytes);
        let session = input.session.unwrap_or_default();
        let session_bytes = self.session_bytes.map_or(0, usize::from);
        let most = self.text.len() + 1 + 8 + 128 + pin.len() + session_bytes + 8;
        // Reserved at once, so that no copy is left behind unwiped.
        let mut data = Zeroizing::new(Vec::with_capacity(most));
        data.extend_from_slice(self.text.as_bytes());
        data.push(0);
        data.extend(counter.map(u64::to_be_bytes).into_iter().flatten());
        data.extend_from_slice(&input.question.bytes);
        data.extend_from_slice(pin);
        data.extend(std::iter::repeat_n(
            0,
            session_bytes.saturating_sub(session.len()),
        ));
        data.extend_from_slice(session);
        data.extend(time_step.map(u64::to_be_bytes).into_iter().flatten());
        data
    }
}

fn agree(member: Member, wanted: bool, given: bool) -> Result<(), InputError> {
    match (wanted, given) {
        (true, false) => Err(InputError::Missing(member)),
        (false, true) => Err(InputError::Superfluous(member)),
        _ => Ok(()),
    }
}

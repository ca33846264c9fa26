//! A visitor's answer: the first one counts, whatever it is worth.

use std::sync::Arc;

use data_encoding::HEXLOWER;

use crate::audit::{Detail, Event, EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::Site;
use crate::door::Door;
use crate::id::TimedId;
use crate::lifecycle::{Command, Phase, State};
use crate::methods::code::folded as folded_code;
use crate::methods::images::folded;
use crate::methods::proof_of_work::Attempt;
use crate::ports::{Change, StoreError, Versioned};
use crate::verifier::{TRIES, Verifier};
use crate::visitor::checking::digest_of;
use crate::visitor::issuing::{CHECK_S, IssuedToVisitor, Wish};
use crate::visitor::voices::Judged;
use crate::visitor::{Refused, Ticket, Visit, VisitWrite};

/// What a visitor gave as an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerGiven {
    /// The solution of a proof of work.
    ProofOfWork(Attempt),
    /// The numbers of the images that were chosen, from 1.
    Chosen(Vec<usize>),
    /// What each image shows, in their order.
    Texts(Vec<String>),
    /// The characters of a code.
    Text(String),
}

impl AnswerGiven {
    /// By what a repetition of this answer to a challenge is known: the same for answers that differ in
    /// nothing but order, case and spaces.
    fn digest(&self, challenge: TimedId) -> String {
        let parts: Vec<Vec<u8>> = match self {
            Self::ProofOfWork(attempt) => {
                vec![attempt.counter.to_be_bytes().to_vec(), attempt.key.to_vec()]
            }
            Self::Chosen(numbers) => {
                let mut numbers = numbers.clone();
                numbers.sort_unstable();
                let parts = numbers.iter().map(|number| number.to_be_bytes().to_vec());
                parts.collect()
            }
            Self::Texts(texts) => {
                let parts = texts.iter().map(|text| folded(text).into_bytes());
                parts.collect()
            }
            Self::Text(text) => vec![folded_code(text).into_bytes()],
        };
        let whole = [b"answer".as_slice(), challenge.as_bytes()].into_iter();
        let whole: Vec<_> = whole.chain(parts.iter().map(Vec::as_slice)).collect();
        HEXLOWER.encode(&digest_of(&whole))
    }
}

/// Who answers, as far as that is known.
#[derive(Clone, Copy, Debug)]
pub struct Visitor<'a> {
    /// The address, or as much of it as one line has.
    pub address: &'a str,
    /// The host of the page that answers, where a browser says it.
    pub host: Option<&'a str>,
}

/// An answer that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is right, and the site can check that.
    Right,
    /// It is wrong. The next challenge comes with it, unless too many are waiting for one.
    Wrong(Option<Box<IssuedToVisitor>>),
}

/// An answer that could have been another one.
struct Guess {
    /// By what its repetition is known.
    digest: String,
    /// When it was counted as a guess.
    taken_at: Timestamp,
}

impl Verifier {
    /// Verifies a visitor's answer and spends the challenge by it; a wrong one brings the next challenge.
    ///
    /// Of any number of answers to one challenge exactly one is counted, on this node and on all others,
    /// and it is on disk before this returns. The same right answer again is right until it was
    /// checked; any other one is [`Refused::AlreadyAnswered`], be it right as well: which parts of an answer
    /// do not matter would tell which images are not known.
    ///
    /// Wrong answers to proofs of work are limited by address, and only they: somebody else's must not
    /// shut right ones out. That tells a right one from a wrong one without spending anything, which gives
    /// nothing away where an answer has 128 bits. A kind that can be guessed is limited before it is
    /// looked at, by address and by site; what is told to be right is taken off the count again.
    pub async fn answer_of_visitor(
        &self,
        (ticket, site): (&Ticket, &Arc<Site>),
        given: &AnswerGiven,
        visitor: &Visitor<'_>,
    ) -> Result<Answered, Refused> {
        let settled = self.settle_visit((ticket, site), given, visitor).await?;
        if settled.is_some() {
            return Ok(Answered::Right);
        }
        let wish = Wish {
            kind: ticket.kind(),
            language: ticket.language,
            after: Some(ticket),
            address: visitor.address,
        };
        // The answer is counted; that there is no next challenge now must not make it look as if not.
        let next = self.issue_to_visitor(site, &wish).await;
        Ok(Answered::Wrong(next.ok().map(Box::new)))
    }

    /// Verifies an answer and spends the challenge by it, and issues nothing: the moment at which the right
    /// answer was given, now or before; nothing where it is wrong.
    pub(super) async fn settle_visit(
        &self,
        (ticket, site): (&Ticket, &Arc<Site>),
        given: &AnswerGiven,
        visitor: &Visitor<'_>,
    ) -> Result<Option<Timestamp>, Refused> {
        let address = visitor.address;
        let taken_at = self.clock.now();
        let guessable = ticket.kind().is_guessable();
        if guessable {
            let taken = self.visitors.take_guess(site, address, taken_at);
            taken.map_err(|retry_s| Refused::SlowDown { retry_s })?;
        }
        let judged = self.judge((ticket, site), given, visitor).await;
        let judged = judged.inspect_err(|_| {
            // It was not looked at.
            if guessable {
                self.visitors.give_guess_back(site, address, taken_at);
            }
        })?;
        if !guessable && !judged.right {
            let taken = self.visitors.take_wrong(address, taken_at);
            taken.map_err(|retry_s| Refused::SlowDown { retry_s })?;
        }
        let guess = guessable.then(|| Guess {
            digest: given.digest(ticket.id),
            taken_at,
        });
        self.commit_answer((ticket, site), (judged, guess), visitor)
            .await
    }

    /// Commits what an answer is worth, or says what an earlier one was. A right guess is taken off the count:
    /// while it is being written, lest its sender hang up, or where it was written before. A right one that comes
    /// too late stays counted: that would tell it from a wrong one, without end.
    async fn commit_answer(
        &self,
        (ticket, site): (&Ticket, &Arc<Site>),
        (Judged { right, said }, guess): (Judged, Option<Guess>),
        visitor: &Visitor<'_>,
    ) -> Result<Option<Timestamp>, Refused> {
        let address = visitor.address;
        let answer = guess.as_ref().map(|guess| guess.digest.clone());
        let taken_at = guess.filter(|_| right).map(|guess| guess.taken_at);
        for _ in 0..TRIES {
            let read = self.store.visit(site.tenant, ticket.id).await?;
            let now = self.clock.now();
            if let Some(Versioned { value, .. }) = read {
                return match value.phase_at(now) {
                    Phase::Is(State::Accepted { at }) if right && value.answer == answer => {
                        if let Some(taken_at) = taken_at {
                            self.visitors.give_guess_back(site, address, taken_at);
                        }
                        Ok(Some(at))
                    }
                    Phase::Expired => Err(Refused::Expired),
                    Phase::Is(_) => Err(Refused::AlreadyAnswered),
                };
            }
            if ticket.is_from_the_future(now) {
                return Err(Refused::Expired);
            }
            let opened = Visit {
                answered_at: Some(now),
                answer: answer.clone(),
                host: visitor.host.map(str::to_owned),
                ..ticket.visit(site.tenant, CHECK_S)
            };
            let Ok(next) = opened.after(Command::Answer { right }, now) else {
                return Err(Refused::Expired);
            };
            let outcome = if right { Outcome::Done } else { Outcome::Wrong };
            let kind = (EventKind::Response, outcome);
            let event = self.visitor_event(site, kind, ticket.id, address);
            let change = Change {
                visit: Some(VisitWrite { expected: 0, next }),
                annotations: said.clone(),
                ..Change::telling(event)
            };
            let issued_at = ticket.id.drawn_at();
            let counted = self.visitors.once_written(move |visitors| {
                visitors.answered(site, issued_at, now, right);
                if let Some(taken_at) = taken_at {
                    visitors.give_guess_back(site, address, taken_at);
                }
            });
            match self.commit(change).await {
                Ok(()) => {
                    drop(counted);
                    self.settle_agreed((ticket, site), &said).await;
                    return Ok(right.then_some(now));
                }
                Err(error) => {
                    counted.forget();
                    if error != StoreError::Conflict {
                        return Err(error.into());
                    }
                }
            }
        }
        let id = ticket.id;
        Err(Refused::Unavailable(format!(
            "visit {id}: {TRIES} lost races"
        )))
    }

    /// An event about a visitor's challenge.
    pub(super) fn visitor_event(
        &self,
        site: &Site,
        (kind, outcome): (EventKind, Outcome),
        challenge: TimedId,
        address: &str,
    ) -> Event {
        let at = self.clock.now();
        Event {
            id: TimedId::random(at, &*self.rng),
            at,
            tenant: site.tenant,
            kind,
            outcome,
            user: None,
            detail: Detail {
                door: Some(Door::Ocapi),
                site: Some(site.public_id.clone()),
                challenge: Some(challenge),
                address: Some(address.to_owned()),
                ..Detail::default()
            },
        }
    }
}

//! A client whose challenges are bound to it, and what it hears.

use challenge::answer::{Accepted, Answer, Proof};
use challenge::directory::{Client, UserKey};
use challenge::issuance::{Asked, Wish};
use challenge::lifecycle::{Challenge, Purpose};
use challenge::refusal::{Gone, Refusal, Why};
use challenge::verifier::Context;
use challenge::which::Which;

use crate::bench::{Bench, block_on};

/// A client of the bench, and what it asks.
pub(crate) struct Agent<'a> {
    bench: &'a Bench,
    client: &'a Client,
}

impl<'a> Agent<'a> {
    pub(crate) fn named(bench: &'a Bench, name: &str) -> Self {
        let client = bench.tenant.client(name).unwrap();
        Self { bench, client }
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            client: self.client,
            ..self.bench.context()
        }
    }

    pub(crate) fn issue(&self, which: Which<'_>, asked: Asked<'_>) -> Result<Challenge, Refusal> {
        let wish = Wish {
            context: self.context(),
            user: UserKey::LoginName("myTestUser1"),
            policy: None,
            which,
            purpose: Purpose::Respond,
            asked,
            to_one: true,
        };
        block_on(self.bench.verifier.issue(&wish))
    }

    pub(crate) fn respond(
        &self,
        which: Which<'_>,
        cc: Option<&str>,
        code: &str,
    ) -> Result<Accepted, Refusal> {
        let answer = Answer {
            context: self.context(),
            user: UserKey::LoginName("myTestUser1"),
            policy: None,
            which,
            proof: Proof::ResponseTo {
                cc,
                unverified_code: code,
            },
            wants_token: false,
        };
        block_on(self.bench.verifier.answer(&answer))
    }
}

pub(crate) fn wrong(attempts_left: u32) -> Refusal {
    Refusal::NotVerified(Why::Wrong { attempts_left })
}

pub(crate) fn gone(attempts_left: u32, because: Gone) -> Refusal {
    Refusal::NotVerified(Why::NoChallenge {
        attempts_left,
        because,
    })
}

//! A website with visitors, for the tests of what they may do.

use std::sync::Arc;

use challenge::audit::{EventKind, Outcome};
use challenge::clock::Timestamp;
use challenge::directory::Site;
use challenge::methods::proof_of_work::Attempt;
use challenge::policy::Limits;
use challenge::visitor::{
    AnswerGiven, Answered, Check, IssuedToVisitor, Kind, Refused, Task, Told, Visitor, Voucher,
    Wish,
};
use pollster::block_on;

use crate::bench::Bench;

pub(crate) const HERE: &str = "192.0.2.7";

pub(crate) const VISITOR: Visitor<'_> = Visitor {
    address: HERE,
    host: None,
};

/// A bench, one of its sites, and what visitors and that site do.
pub(crate) struct Shop {
    pub(crate) bench: Bench,
    pub(crate) site: Arc<Site>,
}

impl Shop {
    pub(crate) fn open() -> Self {
        Self::open_as("shop")
    }

    /// One of the bench's other sites.
    pub(crate) fn open_as(public_id: &str) -> Self {
        let bench = Bench::with(Limits::default(), vec![]);
        let site = bench.verifier.catalogue.site(public_id).unwrap();
        Self { bench, site }
    }

    pub(crate) fn issue(&self) -> IssuedToVisitor {
        self.issue_from(HERE).unwrap()
    }

    pub(crate) fn issue_from(&self, address: &str) -> Result<IssuedToVisitor, Refused> {
        let wish = Wish::of(Kind::ProofOfWork, address);
        block_on(self.bench.verifier.issue_to_visitor(&self.site, &wish))
    }

    /// The right answer, which the server alone knows without trying.
    pub(crate) fn solution(&self, id: &str) -> Attempt {
        let (ticket, _) = self.bench.verifier.ticket(id).unwrap();
        let Task::ProofOfWork(solution) = &ticket.task else {
            panic!("no proof of work");
        };
        Attempt {
            counter: solution.counter,
            key: solution.key,
        }
    }

    pub(crate) async fn answering(&self, id: &str, attempt: Attempt) -> Result<Answered, Refused> {
        let (ticket, site) = self.bench.verifier.ticket(id).ok_or(Refused::NotFound)?;
        let given = AnswerGiven::ProofOfWork(attempt);
        let verifier = &self.bench.verifier;
        let answered = verifier.answer_of_visitor((&ticket, &site), &given, &VISITOR);
        answered.await
    }

    pub(crate) fn answer_right(&self, id: &str) -> Result<Answered, Refused> {
        block_on(self.answering(id, self.solution(id)))
    }

    /// A wrong answer under way.
    pub(crate) async fn answering_wrong(&self, id: &str) -> Result<Answered, Refused> {
        let right = self.solution(id);
        let key = right.key.map(|byte| !byte);
        self.answering(id, Attempt { key, ..right }).await
    }

    pub(crate) fn answer_wrong(&self, id: &str) -> Result<Answered, Refused> {
        block_on(self.answering_wrong(id))
    }

    pub(crate) fn check_with(&self, id: &str, check: &Check<'_>) -> Result<Told, Refused> {
        block_on(self.bench.verifier.check_visit(&self.site, id, check))
    }

    pub(crate) fn check(&self, id: &str) -> Result<Told, Refused> {
        self.check_with(id, &CHECK)
    }

    pub(crate) fn events(&self) -> Vec<(EventKind, Outcome)> {
        let rows = self.bench.store.rows();
        let told = rows.events.iter().map(|event| (event.kind, event.outcome));
        told.collect()
    }
}

pub(crate) const CHECK: Check<'_> = Check {
    peek: false,
    repeat_key: None,
    voucher: None,
    address: HERE,
};

pub(crate) fn voucher(id: &str, ends_at: Timestamp) -> Voucher<'_> {
    Voucher { id, ends_at }
}

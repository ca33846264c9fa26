//! Questions that a client made by itself, or had made out of a transaction.

use challenge::clock::Clock as _;
use challenge::issuance::Asked;
use challenge::policy::Limits;
use challenge::refusal::{Gone, Refusal};
use challenge::which::Which;

use crate::agent::{Agent, gone, wrong};
use crate::bench::{Bench, START, ocra, ocra_code};

const SUITE: &str = "OCRA-1:HOTP-SHA1-6:QN08";
const TIMED: &str = "OCRA-1:HOTP-SHA1-6:QN08-T1M";
const COUNTED: &str = "OCRA-1:HOTP-SHA1-6:C-QN08";

#[test]
fn a_client_that_may_supplies_its_own_questions_and_each_serves_once() {
    for suite in [TIMED, COUNTED] {
        let bench = Bench::with(Limits::default(), vec![ocra(Some(suite), None)]);
        let bank = Agent::named(&bench, "deriving-bank");
        let code = ocra_code(suite, "07880384", 0, START);
        bank.respond(Which::ANY, Some("07880384"), &code).unwrap();
        let again = bank
            .respond(Which::ANY, Some("07880384"), &code)
            .unwrap_err();
        assert!(
            again == wrong(4) || again == gone(4, Gone::Used),
            "{suite}: {again:?}"
        );
        let agent = Agent::named(&bench, "spl-api");
        let other = ocra_code(suite, "07880385", 1, START);
        assert!(agent.respond(Which::ANY, Some("07880385"), &other).is_err());
    }
}

#[test]
fn an_answer_to_a_drawn_challenge_is_not_taken_again_as_a_supplied_one() {
    for suite in [TIMED, COUNTED] {
        let bench = Bench::with(Limits::default(), vec![ocra(Some(suite), None)]);
        let bank = Agent::named(&bench, "deriving-bank");
        for asker in ["deriving-bank", "spl-api"] {
            bench.clock.advance_s(120);
            let agent = Agent::named(&bench, asker);
            let question = agent.issue(Which::ANY, Asked::Drawn).unwrap().question;
            let counter = u64::from(asker == "spl-api");
            let code = ocra_code(suite, &question, counter, bench.clock.now());
            agent.respond(Which::ANY, Some(&question), &code).unwrap();
            let again = bank.respond(Which::ANY, Some(&question), &code);
            assert!(again.is_err(), "{suite}, asked by {asker}");
        }
        bench.clock.advance_s(120);
        let question = bench.issue(None).unwrap().question;
        let code = ocra_code(suite, &question, 2, bench.clock.now());
        bench.respond(&code).unwrap();
        let again = bank.respond(Which::ANY, Some(&question), &code);
        assert!(again.is_err(), "{suite}, asked by whomever");
    }
}

#[test]
fn a_suite_without_counter_or_time_takes_no_supplied_question() {
    let bench = Bench::with(Limits::default(), vec![ocra(Some(SUITE), None)]);
    let bank = Agent::named(&bench, "deriving-bank");
    let code = ocra_code(SUITE, "07880384", 0, START);
    let refused = bank.respond(Which::ANY, Some("07880384"), &code);
    assert_eq!(refused.unwrap_err(), wrong(4));
}

#[test]
fn a_text_is_asked_once_of_a_suite_without_counter_or_time() {
    let bench = Bench::with(Limits::default(), vec![ocra(Some(SUITE), None)]);
    let agent = Agent::named(&bench, "spl-api");
    let ask = |text| agent.issue(Which::ANY, Asked::Text(text));
    assert_eq!(ask("07880384").unwrap().question, "07880384");
    let code = ocra_code(SUITE, "07880384", 0, START);
    let missed = agent.respond(Which::ANY, Some("07880384"), "000000");
    assert_eq!(missed.unwrap_err(), wrong(4));
    ask("07880384").unwrap();
    agent.respond(Which::ANY, Some("07880384"), &code).unwrap();
    let again = ask("07880384").unwrap_err();
    assert!(matches!(again, Refusal::DoesNotFit(_)), "{again:?}");
    ask("07880385").unwrap();
}

#[test]
fn a_text_is_asked_as_it_is_and_answered_once_in_its_time_step() {
    let bench = Bench::with(Limits::default(), vec![ocra(Some(TIMED), None)]);
    let agent = Agent::named(&bench, "spl-api");
    let code = ocra_code(TIMED, "07880384", 0, START);
    let ask = || agent.issue(Which::ANY, Asked::Text("07880384")).unwrap();
    assert_eq!(ask().question, "07880384");
    agent.respond(Which::ANY, Some("07880384"), &code).unwrap();
    ask();
    let again = agent.respond(Which::ANY, Some("07880384"), &code);
    assert_eq!(again.unwrap_err(), gone(4, Gone::Used));
    let long = agent
        .issue(Which::ANY, Asked::Text("123456789"))
        .unwrap_err();
    assert!(matches!(long, Refusal::DoesNotFit(_)), "{long:?}");
}

#[test]
fn a_derived_question_stands_for_the_transaction_and_the_challenge() {
    let bench = Bench::with(Limits::default(), vec![ocra(Some(SUITE), None)]);
    let agent = Agent::named(&bench, "spl-api");
    let ask = |bytes: &[u8]| {
        agent
            .issue(Which::ANY, Asked::Derived(bytes))
            .unwrap()
            .question
    };
    let (one, same) = (ask(b"10.00 EUR"), ask(b"10.00 EUR"));
    assert_ne!(one, same, "each challenge has a question of its own");
    for question in [&one, &same] {
        assert_eq!(question.len(), 8);
        assert!(question.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(!question.starts_with('0'));
    }
    let code = ocra_code(SUITE, &same, 0, START);
    agent.respond(Which::ANY, Some(&same), &code).unwrap();
}

//! Transaction signatures through the verifier: one transaction, one signature, once.

use challenge::policy::Limits;
use challenge::refusal::Refusal;

use crate::bench::{Bench, START, ocra, ocra_code};

const PLAIN: &str = "OCRA-1:HOTP-SHA1-8:QA64";
const COUNTED: &str = "OCRA-1:HOTP-SHA256-8:C-QA64";
const TIMED: &str = "OCRA-1:HOTP-SHA1-8:QA64-T1M";

const TRANSFER: [&str; 3] = ["AccountId1", "TransactionId1", "10000"];
const QUESTION: &str = "AccountId1TransactionId110000";

fn bench(suite: &str) -> Bench {
    Bench::with(Limits::default(), vec![ocra(None, Some(suite))])
}

#[test]
fn the_fields_of_a_transaction_are_signed_together() {
    let bench = bench(PLAIN);
    let code = ocra_code(PLAIN, QUESTION, 0, START);
    let changed = ["AccountId1", "TransactionId1", "10001"];
    assert!(bench.sign(&changed, &code).is_err());
    assert!(bench.sign(&TRANSFER, &code).is_ok());
}

#[test]
fn an_identical_signature_is_refused_the_second_time_and_counts_as_wrong() {
    let bench = bench(PLAIN);
    let code = ocra_code(PLAIN, QUESTION, 0, START);
    assert!(bench.sign(&TRANSFER, &code).is_ok());
    assert_eq!(
        bench.sign(&TRANSFER, &code).unwrap_err(),
        Refusal::AlreadySigned
    );
    assert_eq!(bench.tally().failures, 1);
}

#[test]
fn a_counter_lets_the_same_transaction_be_signed_again_by_a_new_signature() {
    let bench = bench(COUNTED);
    let code = |counter| ocra_code(COUNTED, QUESTION, counter, START);
    assert!(bench.sign(&TRANSFER, &code(0)).is_ok());
    assert!(bench.sign(&TRANSFER, &code(0)).is_err());
    assert!(bench.sign(&TRANSFER, &code(1)).is_ok());
}

#[test]
fn a_timed_signature_is_accepted_once_within_its_window() {
    let bench = bench(TIMED);
    let code = ocra_code(TIMED, QUESTION, 0, START);
    bench.clock.advance_s(60);
    assert!(bench.sign(&TRANSFER, &code).is_ok(), "one step late");
    assert_eq!(
        bench.sign(&TRANSFER, &code).unwrap_err(),
        Refusal::AlreadySigned
    );
    let late = ocra_code(TIMED, QUESTION, 0, START);
    bench.clock.advance_s(60);
    assert!(matches!(
        bench.sign(&TRANSFER, &late),
        Err(Refusal::NotVerified(_))
    ));
}

#[test]
fn audited_fields_stand_in_the_event_and_others_do_not() {
    let bench = bench(PLAIN);
    let code = ocra_code(PLAIN, QUESTION, 0, START);
    bench.sign(&TRANSFER, &code).unwrap();
    let rows = bench.store.rows();
    let fields = &rows.events.last().unwrap().detail.fields;
    assert_eq!(fields, &[("sign1".to_owned(), "AccountId1".to_owned())]);
}

#[test]
fn fields_that_do_not_fit_are_refused_before_anything_is_counted() {
    let bench = bench(PLAIN);
    let long = "x".repeat(65);
    assert!(matches!(
        bench.sign(&[&long], "12345678"),
        Err(Refusal::Transaction(_))
    ));
    assert!(matches!(
        bench.sign(&[], "12345678"),
        Err(Refusal::Transaction(_))
    ));
    assert_eq!(bench.tally().failures, 0);
}

//! Searching a window: what is found, and where it ends.

use oath::ocra::{Input, InputError, Match, Member, Suite, Window};
use oath::{Hotp, Key, Totp};

fn key() -> Key {
    Key::new(*b"12345678901234567890").unwrap()
}

#[test]
fn a_code_outside_the_window_is_not_found() {
    let hotp = Hotp::default();
    let code = hotp.code(&key(), 10);
    assert_eq!(hotp.find(&key(), 8, 3, code.as_str()), Some(10));
    assert_eq!(hotp.find(&key(), 8, 2, code.as_str()), None);
    assert_eq!(hotp.find(&key(), 11, 5, code.as_str()), None);
    assert_eq!(hotp.find(&key(), 10, 0, code.as_str()), None);
}

#[test]
fn a_window_ends_at_the_last_counter() {
    let hotp = Hotp::default();
    let (first, last) = (hotp.code(&key(), 0), hotp.code(&key(), u64::MAX));
    assert_eq!(
        hotp.find(&key(), u64::MAX - 1, 10, last.as_str()),
        Some(u64::MAX)
    );
    assert_eq!(hotp.find(&key(), u64::MAX - 1, 10, first.as_str()), None);
    assert_eq!(
        Totp::default().find(&key(), u64::MAX, u32::MAX, last.as_str()),
        Some(u64::MAX)
    );
}

#[test]
fn of_several_matches_the_lowest_counter_is_found() {
    // Four digits come up again soon.
    let suite = Suite::parse("OCRA-1:HOTP-SHA1-4:C-QN08").unwrap();
    let at = |counter| input(&suite, Some(counter), None);
    let code = |counter| suite.response(&key(), &at(counter)).unwrap();
    let wanted = code(0);
    let again = (1..1_000_000)
        .find(|counter| code(*counter).as_str() == wanted.as_str())
        .unwrap();
    let window = Window {
        counters: u32::try_from(again).unwrap() + 1,
        ..Window::EXACT
    };
    let find = |first| {
        suite
            .find(&key(), &at(first), &window, wanted.as_str())
            .unwrap()
    };
    assert_eq!(find(0).unwrap().counter, Some(0));
    assert_eq!(find(1).unwrap().counter, Some(again));
}

fn input(suite: &Suite, counter: Option<u64>, time_step: Option<u64>) -> Input<'static> {
    let question = suite.question("12345678").unwrap();
    Input {
        counter,
        question,
        pin: None,
        session: None,
        time_step,
    }
}

#[test]
fn an_ocra_window_spans_counters_and_steps() {
    let suite = Suite::parse("OCRA-1:HOTP-SHA256-10:C-QN08-T1M").unwrap();
    let window = Window {
        counters: 3,
        steps_back: 2,
        steps_forward: 1,
    };
    let find = |counter, step| {
        let given = suite
            .response(&key(), &input(&suite, Some(counter), Some(step)))
            .unwrap();
        let expected = input(&suite, Some(100), Some(50));
        suite
            .find(&key(), &expected, &window, given.as_str())
            .unwrap()
    };
    for counter in 98..105 {
        for step in 46..54 {
            let inside = (100..103).contains(&counter) && (48..=51).contains(&step);
            let expected = Match {
                counter: Some(counter),
                time_step: Some(step),
            };
            assert_eq!(
                find(counter, step),
                inside.then_some(expected),
                "{counter} {step}"
            );
        }
    }
}

#[test]
fn an_ocra_window_does_not_wrap() {
    let suite = Suite::parse("OCRA-1:HOTP-SHA1-8:C-QN08-T1S").unwrap();
    let window = Window {
        counters: 4,
        steps_back: 3,
        steps_forward: 3,
    };
    for step in [0, u64::MAX] {
        let own = input(&suite, Some(u64::MAX), Some(step));
        let given = suite.response(&key(), &own).unwrap();
        let found = suite.find(&key(), &own, &window, given.as_str()).unwrap();
        assert_eq!(
            found,
            Some(Match {
                counter: Some(u64::MAX),
                time_step: Some(step)
            })
        );
    }
    let beyond = suite
        .response(&key(), &input(&suite, Some(0), Some(0)))
        .unwrap();
    let own = input(&suite, Some(u64::MAX), Some(0));
    assert_eq!(suite.find(&key(), &own, &window, beyond.as_str()), Ok(None));
}

#[test]
fn a_window_means_nothing_where_the_suite_has_no_counter_or_time() {
    let suite = Suite::parse("OCRA-1:HOTP-SHA1-6:QN08").unwrap();
    let own = input(&suite, None, None);
    let given = suite.response(&key(), &own).unwrap();
    let window = Window {
        counters: 0,
        steps_back: 9,
        steps_forward: 9,
    };
    let found = suite.find(&key(), &own, &window, given.as_str());
    assert_eq!(
        found,
        Ok(Some(Match {
            counter: None,
            time_step: None
        }))
    );
    assert_eq!(Window::default(), Window::EXACT);
}

#[test]
fn no_counters_find_nothing() {
    let suite = Suite::parse("OCRA-1:HOTP-SHA1-6:C-QN08").unwrap();
    let own = input(&suite, Some(0), None);
    let given = suite.response(&key(), &own).unwrap();
    let window = Window {
        counters: 0,
        ..Window::EXACT
    };
    assert_eq!(suite.find(&key(), &own, &window, given.as_str()), Ok(None));
}

#[test]
fn a_search_with_an_input_that_does_not_fit_is_an_error() {
    let suite = Suite::parse("OCRA-1:HOTP-SHA1-6:C-QN08").unwrap();
    let own = input(&suite, None, None);
    let found = suite.find(&key(), &own, &Window::EXACT, "000000");
    assert_eq!(found, Err(InputError::Missing(Member::Counter)));
}

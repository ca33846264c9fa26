//! Idempotency keys.

use challenge::officers::{
    ABANDONED_S, ANSWER_KEPT_S, ANSWER_MAX, Denied, Identity, KEY_MAX, Officer, Opening,
};

use super::stage::*;
use crate::support::*;

on_both!(
    a_request_that_comes_at_once_is_done_once,
    a_repeated_request_is_answered_alike_for_a_day,
    a_key_that_comes_with_another_request_is_refused,
    a_key_is_one_officers_own,
    a_request_that_was_not_answered_may_be_done_again,
    a_kept_answer_is_sealed,
    a_key_that_is_none_is_refused,
);

async fn a_request_that_comes_at_once_is_done_once(place: &Place) {
    let stage = Stage::on(place).await;
    let outcomes = at_once(&stage, |node, _| async move {
        let by = Officer::command_line();
        node.open_request(&by, "key", b"POST /tenants {}").await
    });
    let outcomes = outcomes.await;
    let new = outcomes
        .iter()
        .filter(|one| matches!(one, Ok(Opening::New(_))));
    assert_eq!(new.count(), 1);
    let waiting = outcomes
        .iter()
        .filter(|one| matches!(one, Err(Denied::InProgress)));
    assert_eq!(waiting.count(), AT_ONCE - 1);
}

async fn a_repeated_request_is_answered_alike_for_a_day(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    let opening = stage.one().open_request(&by, "key", b"asked").await;
    let Ok(Opening::New(ticket)) = opening else {
        panic!("{opening:?}");
    };
    stage
        .one()
        .close_request(ticket, b"answered")
        .await
        .unwrap();
    stage.clock.advance_s(ANSWER_KEPT_S - 1);
    let again = stage.other().open_request(&by, "key", b"asked").await;
    assert!(matches!(again, Ok(Opening::Answered(answer)) if answer == b"answered"));
    stage.clock.advance_s(1);
    let later = stage.other().open_request(&by, "key", b"asked").await;
    assert!(matches!(later, Ok(Opening::New(_))));
}

async fn a_key_that_comes_with_another_request_is_refused(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    stage
        .one()
        .open_request(&by, "key", b"asked")
        .await
        .unwrap();
    let other = stage.one().open_request(&by, "key", b"other").await;
    assert_eq!(other.unwrap_err(), Denied::KeyReused);
}

async fn a_key_is_one_officers_own(place: &Place) {
    let stage = Stage::on(place).await;
    let identities = [
        Identity::CommandLine,
        Identity::Token(id(1)),
        Identity::Token(id(2)),
        Identity::Administrator(id(1)),
    ];
    for identity in identities {
        let by = Officer {
            identity,
            ..Officer::command_line()
        };
        let opening = stage.one().open_request(&by, "key", b"asked").await;
        assert!(matches!(opening, Ok(Opening::New(_))), "{identity:?}");
    }
}

async fn a_request_that_was_not_answered_may_be_done_again(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    let open = async || stage.one().open_request(&by, "key", b"asked").await;
    let Ok(Opening::New(first)) = open().await else {
        panic!("it was new");
    };
    stage.clock.advance_s(ABANDONED_S - 1);
    assert_eq!(open().await.unwrap_err(), Denied::InProgress);
    stage.clock.advance_s(1);
    let Ok(Opening::New(second)) = open().await else {
        panic!("it was abandoned");
    };
    let late = stage.one().close_request(first, b"late").await;
    assert!(matches!(late, Err(Denied::Unavailable(_))));
    stage.other().drop_request(second).await.unwrap();
    let Ok(Opening::New(third)) = open().await else {
        panic!("it was given back");
    };
    let long = vec![0; ANSWER_MAX + 1];
    let kept = stage.one().close_request(third, &long).await;
    assert!(matches!(kept, Err(Denied::Unavailable(_))));
}

async fn a_kept_answer_is_sealed(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    let Ok(Opening::New(ticket)) = stage
        .one()
        .open_request(&by, "key-of-ann", b"body-of-ann")
        .await
    else {
        panic!("it was new");
    };
    let secret = "cst_once";
    stage
        .one()
        .close_request(ticket, secret.as_bytes())
        .await
        .unwrap();
    // No row holds the answer, the key, or the request.
    for hidden in [secret, "key-of-ann", "body-of-ann"] {
        let fails = format!(
            "UPDATE kept_request SET version = NULL WHERE body LIKE '%{hidden}%' OR id LIKE '%{hidden}%'"
        );
        place.execute(&fails).await;
    }
}

async fn a_key_that_is_none_is_refused(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    let long = "k".repeat(KEY_MAX + 1);
    for strange in ["", "two words", "schlüssel", "a\nb", &long] {
        let denied = stage.one().open_request(&by, strange, b"asked").await;
        assert!(matches!(denied, Err(Denied::DoesNotFit(_))), "{strange}");
    }
    let longest = "k".repeat(KEY_MAX);
    assert!(
        stage
            .one()
            .open_request(&by, &longest, b"asked")
            .await
            .is_ok()
    );
}

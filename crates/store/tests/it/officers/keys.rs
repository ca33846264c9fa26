//! Idempotency keys.

use challenge::officers::{
    ABANDONED_S, ANSWER_KEPT_S, ANSWER_MAX, Denied, Identity, KEY_MAX, Officer, Opening, Reach,
    Role,
};

use aws_lc_rs::digest;
use data_encoding::{BASE64, HEXLOWER};

use super::stage::*;
use crate::support::*;

on_both!(
    a_request_that_comes_at_once_is_done_once,
    a_repeated_request_is_answered_alike_for_a_day,
    a_key_that_comes_with_another_request_is_refused,
    a_key_is_one_officers_own,
    an_answer_is_not_told_again_to_an_officer_who_may_do_less_now,
    a_request_that_was_not_answered_may_be_done_again,
    a_request_that_was_given_back_leaves_its_key_to_another,
    a_kept_answer_is_sealed,
    a_guess_at_a_request_is_not_found_in_what_is_kept,
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

async fn an_answer_is_not_told_again_to_an_officer_who_may_do_less_now(place: &Place) {
    let stage = Stage::on(place).await;
    let bank = Reach::Tenant(stage.tenant("BANK").await);
    let before = officer(Role::Admin, Reach::Server);
    let opening = stage.one().open_request(&before, "key", b"asked").await;
    let Ok(Opening::New(ticket)) = opening else {
        panic!("{opening:?}");
    };
    stage.one().close_request(ticket, b"secret").await.unwrap();
    for (role, reach) in [(Role::Auditor, Reach::Server), (Role::Admin, bank)] {
        let now = officer(role, reach);
        let again = stage.one().open_request(&now, "key", b"asked").await;
        assert!(matches!(again, Ok(Opening::New(_))), "{role:?} {reach:?}");
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

async fn a_request_that_was_given_back_leaves_its_key_to_another(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    let Ok(Opening::New(first)) = stage.one().open_request(&by, "key", b"wrong").await else {
        panic!("it was new");
    };
    stage.one().drop_request(first).await.unwrap();
    let Ok(Opening::New(second)) = stage.other().open_request(&by, "key", b"mended").await else {
        panic!("it was given back");
    };
    stage.other().close_request(second, b"done").await.unwrap();
    let first = stage.one().open_request(&by, "key", b"wrong").await;
    assert_eq!(first.unwrap_err(), Denied::KeyReused);
    let again = stage.one().open_request(&by, "key", b"mended").await;
    assert!(matches!(again, Ok(Opening::Answered(answer)) if answer == b"done"));
}

async fn a_guess_at_a_request_is_not_found_in_what_is_kept(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    let asked = b"POST /users {\"password\":\"1234\"}";
    stage.one().open_request(&by, "key", asked).await.unwrap();
    // No digest of it that can be made without a key, however it is written down.
    let plain = digest::digest(&digest::SHA256, asked);
    let with_length = [&asked.len().to_be_bytes()[..], asked].concat();
    let with_length = digest::digest(&digest::SHA256, &with_length);
    for found in [plain, with_length] {
        let numbers: Vec<_> = found.as_ref().iter().map(u8::to_string).collect();
        for written in [
            HEXLOWER.encode(found.as_ref()),
            BASE64.encode(found.as_ref()),
            numbers.join(","),
        ] {
            let fails =
                format!("UPDATE kept_request SET version = NULL WHERE body LIKE '%{written}%'");
            place.execute(&fails).await;
        }
    }
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

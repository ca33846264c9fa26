//! When sessions end.

use challenge::administration::Actor;
use challenge::directory::UserKey;
use challenge::door::Door;
use challenge::officers::{
    ABSOLUTE_S, CONSOLE, Denied, HALF_S, IDLE_S, OWING_MAX, Origin, SESSIONS_MAX, csrf_token,
};
use secrecy::ExposeSecret;

use super::stage::*;
use crate::support::*;

on_both!(
    a_session_that_nobody_uses_ends,
    a_session_in_use_ends_all_the_same,
    a_half_session_ends_soon,
    what_the_user_did_not_ask_keeps_no_session_alive,
    a_session_that_was_signed_out_opens_nothing,
    sessions_are_listed_and_ended_by_name,
    one_session_too_many_ends_the_oldest,
    sign_ins_that_were_not_finished_end_one_another_alone,
    a_lock_by_an_operator_ends_what_was_open,
    secrets_of_a_session_are_shown_nowhere,
);

async fn a_session_that_nobody_uses_ends(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let open = stage.sign_in(&ann).await;
    stage.clock.advance_s(IDLE_S - 1);
    assert!(stage.find(&open.secret).await.is_ok());
    stage.clock.advance_s(IDLE_S - 1);
    assert!(stage.find(&open.secret).await.is_ok());
    stage.clock.advance_s(IDLE_S);
    let ended = stage.find(&open.secret).await;
    assert_eq!(ended.unwrap_err(), Denied::NotSignedIn);
}

async fn a_session_in_use_ends_all_the_same(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let open = stage.sign_in(&ann).await;
    let mut passed = 0;
    while passed + 1200 < ABSOLUTE_S {
        stage.clock.advance_s(1200);
        passed += 1200;
        assert!(stage.find(&open.secret).await.is_ok(), "after {passed} s");
    }
    // Nor does it last longer for going on with another secret.
    let session = stage.session(&open).await;
    let open = stage.one().end_other_sessions(&session).await.unwrap();
    stage.clock.advance_s(ABSOLUTE_S - passed - 1);
    assert!(stage.find(&open.secret).await.is_ok());
    stage.clock.advance_s(1);
    let ended = stage.find(&open.secret).await;
    assert_eq!(ended.unwrap_err(), Denied::NotSignedIn);
}

async fn a_half_session_ends_soon(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let begun = stage.begin("ann", PASSWORD).await.unwrap();
    stage.clock.advance_s(HALF_S - 1);
    assert!(stage.find(&begun.secret).await.is_ok());
    stage.clock.advance_s(1);
    let ended = stage.find(&begun.secret).await;
    assert_eq!(ended.unwrap_err(), Denied::NotSignedIn);
    drop(ann);
}

async fn what_the_user_did_not_ask_keeps_no_session_alive(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let open = stage.sign_in(&ann).await;
    for _ in 0..6 {
        stage.clock.advance_s(IDLE_S / 6 - 1);
        let peeked = stage
            .one()
            .peek_session(open.secret.expose_secret(), Origin::default());
        assert!(peeked.await.is_ok());
    }
    stage.clock.advance_s(6);
    let ended = stage.find(&open.secret).await;
    assert_eq!(ended.unwrap_err(), Denied::NotSignedIn);
}

async fn a_session_that_was_signed_out_opens_nothing(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let session = stage.find(&ann.session).await.unwrap();
    stage.one().sign_out(&session).await.unwrap();
    stage.one().sign_out(&session).await.unwrap();
    let ended = stage.find(&ann.session).await;
    assert_eq!(ended.unwrap_err(), Denied::NotSignedIn);
    let goes_on = stage.one().end_other_sessions(&session).await;
    assert_eq!(goes_on.unwrap_err(), Denied::NotSignedIn);
}

async fn sessions_are_listed_and_ended_by_name(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let bob = stage.person("bob").await;
    let open = stage.sign_in(&ann).await;
    let session = stage.session(&open).await;
    let listed = stage.one().sessions_of(&session).await.unwrap();
    let shown: Vec<_> = listed
        .iter()
        .map(|one| (one.address.as_deref(), one.is_this))
        .collect();
    assert_eq!(
        shown,
        [(Some("192.0.2.1"), false), (Some("192.0.2.7"), true)]
    );
    // Nobody ends another's, even by its name.
    let of_bob = stage.find(&bob.session).await.unwrap();
    stage
        .one()
        .end_session(&of_bob, &listed[0].id)
        .await
        .unwrap();
    assert!(stage.find(&ann.session).await.is_ok());
    stage
        .one()
        .end_session(&session, &listed[0].id)
        .await
        .unwrap();
    let ended = stage.find(&ann.session).await;
    assert_eq!(ended.unwrap_err(), Denied::NotSignedIn);
    let further = stage.sign_in(&ann).await;
    let session = stage.session(&further).await;
    let alone = stage.one().end_other_sessions(&session).await.unwrap();
    for old in [&open.secret, &further.secret] {
        assert_eq!(stage.find(old).await.unwrap_err(), Denied::NotSignedIn);
    }
    assert!(stage.find(&alone.secret).await.is_ok());
    assert!(stage.find(&bob.session).await.is_ok());
}

async fn one_session_too_many_ends_the_oldest(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let mut begun = Vec::new();
    for _ in 0..SESSIONS_MAX {
        begun.push(stage.sign_in(&ann).await);
    }
    let oldest = stage.find(&ann.session).await;
    assert_eq!(oldest.unwrap_err(), Denied::NotSignedIn);
    assert!(stage.find(&begun[0].secret).await.is_ok());
}

async fn sign_ins_that_were_not_finished_end_one_another_alone(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let open = stage.sign_in(&ann).await;
    let first = stage.half(&ann).await;
    let mut newest = first.clone();
    for _ in 0..=SESSIONS_MAX.max(OWING_MAX) {
        newest = stage.half(&ann).await;
    }
    assert!(stage.find(&open.secret).await.is_ok());
    let code = |person: &Person| stage.code(&person.uri);
    stage.clock.advance_s(30);
    let ended = stage.one().finish_by_code(&first, &code(&ann)).await;
    assert!(ended.is_err());
    stage.clock.advance_s(30);
    let finished = stage.one().finish_by_code(&newest, &code(&ann)).await;
    let finished = finished.unwrap();
    assert!(stage.find(&finished.secret).await.is_ok());
    assert!(stage.find(&open.secret).await.is_ok());
}

async fn a_lock_by_an_operator_ends_what_was_open(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let console = stage.one().catalogue.tenant(CONSOLE).unwrap();
    let user = UserKey::Id(ann.id);
    let record = stage.one().catalogue.user(console.tenant.id, user).await;
    let record = record.unwrap().unwrap();
    let actor = Actor {
        name: "operator",
        door: Door::CommandLine,
        address: None,
        correlation: None,
    };
    let lock = stage.one().lock_user(&actor, &record.user);
    lock.await.unwrap();
    let locked = stage.find(&ann.session).await;
    assert_eq!(locked.unwrap_err(), Denied::NotSignedIn);
    assert_eq!(
        stage.begin("ann", PASSWORD).await.unwrap_err(),
        Denied::NotSignedIn
    );
    stage.one().unlock_user(&actor, &record.user).await.unwrap();
    assert!(stage.find(&ann.session).await.is_ok());
}

async fn secrets_of_a_session_are_shown_nowhere(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let open = stage.sign_in(&ann).await;
    let secret = open.secret.expose_secret();
    let session = stage.session(&open).await;
    let shown = format!("{open:?} {session:?} {:?}", session.administrator);
    assert!(!shown.contains(secret) && !shown.contains(&csrf_token(secret)));
    let console = stage.one().catalogue.tenant(CONSOLE).unwrap();
    let events = stage
        .one()
        .store()
        .events(console.tenant.id, 100)
        .await
        .unwrap();
    let told = format!("{events:?}");
    let uri = ann.uri.to_string();
    let codes = ann.recovery.iter().map(ExposeSecret::expose_secret);
    for hidden in codes.chain([secret, PASSWORD, &uri]) {
        assert!(!told.contains(hidden) && !shown.contains(hidden));
    }
    let mut names: Vec<_> = events.iter().map(|event| event.kind.name()).collect();
    names.sort_unstable();
    let expected = [
        "appoint",
        "follow_link",
        "one_time_password",
        "password",
        "provision",
        "provision",
        "provision",
        "set_up",
        "set_up",
        "sign_in",
        "sign_in",
    ];
    assert_eq!(names, expected);
}

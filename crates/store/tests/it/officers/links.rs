//! Sign-in links.

use challenge::officers::{Denied, LINK_S, Officer, Reach, Role, Stage as Owed};
use secrecy::ExposeSecret;

use super::stage::*;
use crate::support::*;

on_both!(
    one_link_followed_at_once_opens_one_session,
    a_link_ends_after_a_day,
    a_new_link_replaces_the_one_before,
    a_link_stands_for_the_password_and_not_for_the_code,
    a_link_that_forgets_the_second_factor_is_the_only_way_in,
    a_link_with_a_changed_letter_opens_nothing,
    a_link_opens_in_spite_of_a_lock_by_guessing,
);

async fn one_link_followed_at_once_opens_one_session(place: &Place) {
    let stage = Stage::on(place).await;
    let (_, link) = stage.invited("ann", Role::Admin, Reach::Server).await;
    let outcomes = at_once(&stage, |node, _| {
        let link = link.clone();
        async move { node.follow_link(&link, from("192.0.2.1")).await }
    });
    let outcomes = outcomes.await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let denied = outcomes.into_iter().filter_map(Result::err);
    assert!(
        denied
            .into_iter()
            .all(|denied| denied == Denied::NotSignedIn)
    );
}

async fn a_link_ends_after_a_day(place: &Place) {
    let stage = Stage::on(place).await;
    let (_, link) = stage.invited("ann", Role::Admin, Reach::Server).await;
    stage.clock.advance_s(LINK_S);
    let late = stage.one().follow_link(&link, from("192.0.2.1")).await;
    assert_eq!(late.unwrap_err(), Denied::NotSignedIn);
    let (_, link) = stage.invited("bob", Role::Admin, Reach::Server).await;
    stage.clock.advance_s(LINK_S - 1);
    assert!(
        stage
            .one()
            .follow_link(&link, from("192.0.2.1"))
            .await
            .is_ok()
    );
}

async fn a_new_link_replaces_the_one_before(place: &Place) {
    let stage = Stage::on(place).await;
    let (id, first) = stage.invited("ann", Role::Admin, Reach::Server).await;
    let by = Officer::command_line();
    let second = stage.other().make_link(&by, id, false).await.unwrap();
    let replaced = stage.one().follow_link(&first, from("192.0.2.1")).await;
    assert_eq!(replaced.unwrap_err(), Denied::NotSignedIn);
    let second = second.text.expose_secret();
    assert!(
        stage
            .one()
            .follow_link(second, from("192.0.2.1"))
            .await
            .is_ok()
    );
}

async fn a_link_stands_for_the_password_and_not_for_the_code(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let by = Officer::command_line();
    let link = stage.one().make_link(&by, ann.id, false).await.unwrap();
    let shown = link.url("https://example.org");
    assert!(
        shown
            .expose_secret()
            .starts_with("https://example.org/console/link/csl_")
    );
    assert!(!format!("{link:?}").contains(link.text.expose_secret()));
    let begun = stage
        .one()
        .follow_link(link.text.expose_secret(), from("192.0.2.1"));
    let begun = begun.await.unwrap();
    assert_eq!(begun.stage, Owed::Code);
    let session = stage.session(&begun).await;
    let early = stage.choose(&session, "a new one, and long");
    assert_eq!(early.await.unwrap_err(), Denied::Owes(Owed::Code));
    let code = stage.code(&ann.uri);
    let proven = stage.one().finish_by_code(&session, &code).await.unwrap();
    assert_eq!(proven.stage, Owed::Password);
    let session = stage.session(&proven).await;
    let new = "a new one, and long";
    let open = stage.choose(&session, new);
    assert_eq!(open.await.unwrap().stage, Owed::Open);
    let ended = stage.find(&ann.session).await;
    assert_eq!(ended.unwrap_err(), Denied::NotSignedIn);
    assert!(stage.begin("ann", new).await.is_ok());
}

async fn a_link_that_forgets_the_second_factor_is_the_only_way_in(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let half = stage.half(&ann).await;
    let by = Officer::command_line();
    let link = stage.one().make_link(&by, ann.id, true).await.unwrap();
    let ended = stage.find(&ann.session).await;
    assert_eq!(ended.unwrap_err(), Denied::NotSignedIn);
    let code = stage.code(&ann.uri);
    let revoked = stage.one().finish_by_code(&half, &code).await;
    assert_eq!(revoked.unwrap_err(), Denied::NotVerified);
    assert_eq!(
        stage.begin("ann", PASSWORD).await.unwrap_err(),
        Denied::NeedsLink
    );
    let again = stage.set_up(ann.id, "ann", link.text.expose_secret()).await;
    assert_ne!(again.uri.to_string(), ann.uri.to_string());
    stage.sign_in(&again).await;
}

async fn a_link_with_a_changed_letter_opens_nothing(place: &Place) {
    let stage = Stage::on(place).await;
    let (_, link) = stage.invited("ann", Role::Admin, Reach::Server).await;
    for place in 0..link.len() {
        let mut changed = link.clone().into_bytes();
        changed[place] = if changed[place] == b'b' { b'c' } else { b'b' };
        let changed = String::from_utf8(changed).unwrap();
        let denied = stage.one().follow_link(&changed, from("192.0.2.1")).await;
        assert_eq!(denied.unwrap_err(), Denied::NotSignedIn, "letter {place}");
    }
    assert!(
        stage
            .one()
            .follow_link(&link, from("192.0.2.1"))
            .await
            .is_ok()
    );
}

async fn a_link_opens_in_spite_of_a_lock_by_guessing(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    for _ in 0..5 {
        stage.begin("ann", "wrong").await.unwrap_err();
    }
    let by = Officer::command_line();
    let link = stage.one().make_link(&by, ann.id, false).await.unwrap();
    let begun = stage
        .one()
        .follow_link(link.text.expose_secret(), from("192.0.2.1"));
    let session = stage.session(&begun.await.unwrap()).await;
    let code = stage.code(&ann.uri);
    assert!(stage.one().finish_by_code(&session, &code).await.is_ok());
}

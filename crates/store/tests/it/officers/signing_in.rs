//! Passwords, one-time codes and recovery codes at the console's door.

use challenge::officers::{Denied, Power, RECOVERY_CODES, Reach, Role, Stage as Owed};
use secrecy::{ExposeSecret, SecretString};

use super::stage::*;
use crate::support::*;

on_both!(
    who_set_everything_up_signs_in_by_password_and_code,
    unknown_names_wrong_passwords_and_locks_are_told_alike,
    one_code_at_once_opens_one_session,
    wrong_codes_and_wrong_recovery_codes_lock_together,
    one_recovery_code_at_once_is_taken_once,
    a_right_password_without_a_second_factor_opens_nothing,
    a_changed_password_ends_all_other_sessions,
    a_second_factor_counts_once_it_gave_a_code,
    a_second_factor_drawn_in_many_tabs_is_one,
    passwords_that_are_no_good_are_refused_with_what_is,
);

async fn who_set_everything_up_signs_in_by_password_and_code(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    assert_eq!(ann.recovery.len(), RECOVERY_CODES);
    let half = stage.half(&ann).await;
    assert_eq!(half.officer().unwrap_err(), Denied::Owes(Owed::Code));
    let code = stage.code(&ann.uri);
    let open = stage.one().finish_by_code(&half, &code).await.unwrap();
    let session = stage.find(&open.secret).await.unwrap();
    let officer = session.officer().unwrap();
    assert_eq!((officer.name.as_str(), officer.role), ("ann", Role::Admin));
    assert_eq!(officer.reach, Reach::Server);
    officer.server(Power::Govern).unwrap();
    // The half session opens nothing any more, and its code neither.
    let again = stage.one().finish_by_code(&half, &code).await;
    assert_eq!(again.unwrap_err(), Denied::NotVerified);
}

async fn unknown_names_wrong_passwords_and_locks_are_told_alike(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let nobody = stage.begin("nobody", PASSWORD).await;
    assert_eq!(nobody.unwrap_err(), Denied::NotSignedIn);
    let long = "x".repeat(10_000);
    for (name, password) in [
        (&*long, PASSWORD),
        ("ann", &*long),
        ("", ""),
        ("ANN", PASSWORD),
    ] {
        let denied = stage.begin(name, password).await.unwrap_err();
        assert_eq!(denied, Denied::NotSignedIn);
    }
    for _ in 0..5 {
        let wrong = stage.begin("ann", "wrong").await.unwrap_err();
        assert_eq!(wrong, Denied::NotSignedIn);
    }
    let locked = stage.begin("ann", PASSWORD).await.unwrap_err();
    assert_eq!(locked, Denied::NotSignedIn);
    // Who is in stays in, and the lock opens by itself.
    assert!(stage.find(&ann.session).await.is_ok());
    stage.clock.advance_s(901);
    assert!(stage.begin("ann", PASSWORD).await.is_ok());
}

async fn one_code_at_once_opens_one_session(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let mut halves = Vec::new();
    for _ in 0..AT_ONCE {
        halves.push(stage.half(&ann).await);
    }
    let code = stage.code(&ann.uri);
    let outcomes = at_once(&stage, |node, turn| {
        let (half, code) = (halves[turn].clone(), code.clone());
        async move { node.finish_by_code(&half, &code).await }
    });
    let outcomes = outcomes.await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

async fn wrong_codes_and_wrong_recovery_codes_lock_together(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let half = stage.half(&ann).await;
    let node = stage.one();
    for turn in 0..5 {
        let wrong = if turn % 2 == 0 {
            node.finish_by_code(&half, "000000").await
        } else {
            node.finish_by_recovery_code(&half, "aaaa-aaaa-aaaa-aaaa")
                .await
        };
        assert_eq!(wrong.unwrap_err(), Denied::NotVerified);
    }
    let right = ann.recovery[0].expose_secret();
    let locked = node.finish_by_recovery_code(&half, right).await;
    assert_eq!(locked.unwrap_err(), Denied::NotVerified);
    let locked = node.finish_by_code(&half, &stage.code(&ann.uri)).await;
    assert_eq!(locked.unwrap_err(), Denied::NotVerified);
    stage.clock.advance_s(901);
    let half = stage.half(&ann).await;
    let open = node.finish_by_recovery_code(&half, right).await;
    assert_eq!(open.unwrap().stage, Owed::Open);
}

async fn one_recovery_code_at_once_is_taken_once(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let mut halves = Vec::new();
    for _ in 0..AT_ONCE {
        halves.push(stage.half(&ann).await);
    }
    let code = ann.recovery[3].expose_secret().to_uppercase();
    let outcomes = at_once(&stage, |node, turn| {
        let (half, code) = (halves[turn].clone(), code.clone());
        async move { node.finish_by_recovery_code(&half, &code).await }
    });
    let taken: Vec<_> = outcomes.await.into_iter().flatten().collect();
    assert_eq!(taken.len(), 1);
    let session = stage.find(&taken[0].secret).await.unwrap();
    assert_eq!(
        session.administrator.recovery_codes_left(),
        RECOVERY_CODES - 1
    );
}

async fn a_right_password_without_a_second_factor_opens_nothing(place: &Place) {
    let stage = Stage::on(place).await;
    let (_, link) = stage.invited("bob", Role::Auditor, Reach::Server).await;
    let node = stage.one();
    let begun = node.follow_link(&link, from("192.0.2.1")).await.unwrap();
    let session = stage.session(&begun).await;
    let chosen = stage.choose(&session, PASSWORD).await.unwrap();
    assert_eq!(
        stage.begin("bob", PASSWORD).await.unwrap_err(),
        Denied::NeedsLink
    );
    assert_eq!(
        stage.begin("bob", "wrong").await.unwrap_err(),
        Denied::NotSignedIn
    );
    let session = stage.session(&chosen).await;
    assert_eq!(session.officer().unwrap_err(), Denied::Owes(Owed::Factor));
    let skipped = node
        .renew_recovery_codes(&session, &PASSWORD.into(), &Plain)
        .await;
    assert_eq!(skipped.unwrap_err(), Denied::Owes(Owed::Factor));
}

async fn a_changed_password_ends_all_other_sessions(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let open = stage.sign_in(&ann).await;
    let half = stage.half(&ann).await;
    let session = stage.session(&open).await;
    let new = SecretString::from("another horse battery");
    let node = stage.one();
    for current in [None, Some(SecretString::from("wrong"))] {
        let denied = node
            .choose_password(&session, current.as_ref(), &new, &Plain)
            .await;
        assert_eq!(denied.unwrap_err(), Denied::NotVerified);
    }
    let current = SecretString::from(PASSWORD);
    let goes_on = node.choose_password(&session, Some(&current), &new, &Plain);
    let goes_on = goes_on.await.unwrap();
    for ended in [&ann.session, &open.secret] {
        assert_eq!(stage.find(ended).await.unwrap_err(), Denied::NotSignedIn);
    }
    assert!(stage.find(&goes_on.secret).await.unwrap().officer().is_ok());
    stage.clock.advance_s(30);
    let code = stage.code(&ann.uri);
    let half = stage.other().finish_by_code(&half, &code).await;
    assert_eq!(half.unwrap_err(), Denied::NotSignedIn);
    let old = stage
        .other()
        .begin_session("ann", &current, from("192.0.2.7"), &Plain)
        .await;
    assert_eq!(old.unwrap_err(), Denied::NotSignedIn);
    assert!(stage.begin("ann", new.expose_secret()).await.is_ok());
}

async fn a_second_factor_drawn_in_many_tabs_is_one(place: &Place) {
    let stage = Stage::on(place).await;
    let (_, link) = stage.invited("bob", Role::Auditor, Reach::Server).await;
    let begun = stage.one().follow_link(&link, from("192.0.2.1")).await;
    let session = stage.session(&begun.unwrap()).await;
    let chosen = stage.choose(&session, PASSWORD).await.unwrap();
    // Every tab has the session as it was before any of them drew.
    let session = stage.session(&chosen).await;
    let drawn = at_once(&stage, |node, _| {
        let session = session.clone();
        async move { node.draw_second_factor(&session, None, &Plain).await }
    });
    let drawn = drawn.await.into_iter().map(|one| one.unwrap().uri);
    let mut drawn: Vec<_> = drawn.map(|uri| uri.expose_secret().to_owned()).collect();
    drawn.dedup();
    assert_eq!(drawn.len(), 1, "one key for all tabs");
    let uri: oath::otpauth::Uri = drawn[0].parse().unwrap();
    let (session, code) = (stage.session(&chosen).await, stage.code(&uri));
    let confirmed = stage.one().confirm_second_factor(&session, &code).await;
    confirmed.unwrap();
}

async fn a_second_factor_counts_once_it_gave_a_code(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let node = stage.one();
    let open = stage.sign_in(&ann).await;
    let current = SecretString::from(PASSWORD);
    let early = node
        .confirm_second_factor(&stage.session(&open).await, "000000")
        .await;
    assert!(matches!(early.unwrap_err(), Denied::DoesNotFit(_)));
    let session = stage.session(&open).await;
    let unproven = node.draw_second_factor(&session, None, &Plain).await;
    assert_eq!(unproven.unwrap_err(), Denied::NotVerified);
    let drawn = node
        .draw_second_factor(&session, Some(&current), &Plain)
        .await
        .unwrap();
    let session = stage.session(&open).await;
    let again = node
        .draw_second_factor(&session, Some(&current), &Plain)
        .await
        .unwrap();
    assert_eq!(drawn.uri.expose_secret(), again.uri.expose_secret());
    let uri: oath::otpauth::Uri = drawn.uri.expose_secret().parse().unwrap();
    let wrong = node.confirm_second_factor(&session, "000000").await;
    assert_eq!(wrong.unwrap_err(), Denied::NotVerified);
    // Until then the old one counts.
    stage.sign_in(&ann).await;
    stage.clock.advance_s(30);
    let code = stage.code(&uri);
    let (_, codes) = node.confirm_second_factor(&session, &code).await.unwrap();
    assert_eq!(codes.len(), RECOVERY_CODES);
    let half = stage.half(&ann).await;
    let repeated = node.finish_by_code(&half, &code).await;
    assert_eq!(
        repeated.unwrap_err(),
        Denied::NotVerified,
        "its first code is spent"
    );
    stage.clock.advance_s(30);
    let old = node.finish_by_code(&half, &stage.code(&ann.uri)).await;
    assert_eq!(old.unwrap_err(), Denied::NotVerified);
    let old = node
        .finish_by_recovery_code(&half, ann.recovery[0].expose_secret())
        .await;
    assert_eq!(old.unwrap_err(), Denied::NotVerified);
    assert!(node.finish_by_code(&half, &stage.code(&uri)).await.is_ok());
}

async fn passwords_that_are_no_good_are_refused_with_what_is(place: &Place) {
    let stage = Stage::on(place).await;
    let name = "administrator-ann";
    let (_, link) = stage.invited(name, Role::Admin, Reach::Server).await;
    let begun = stage
        .one()
        .follow_link(&link, from("192.0.2.1"))
        .await
        .unwrap();
    let session = stage.session(&begun).await;
    for bad in [
        "",
        "eleven char",
        "xxxxxxxxxxxxxxxx",
        "Administrator-Ann",
        &"long".repeat(257),
    ] {
        let chosen = stage.choose(&session, bad);
        let Err(Denied::DoesNotFit(text)) = chosen.await else {
            panic!("{bad} was taken");
        };
        assert!(text.contains("choose one"), "{text}");
    }
}

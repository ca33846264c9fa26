//! Bearer tokens of the management API.

use challenge::officers::{
    DAYS, DAYS_MAX, Denied, NAME_MAX, NewToken, Officer, Origin, Power, Reach, Role, TOKENS_MAX,
};
use secrecy::ExposeSecret;

use super::stage::*;
use crate::support::*;

on_both!(
    a_token_stands_for_its_role_and_reach,
    a_token_with_a_changed_letter_stands_for_nobody,
    an_expired_token_is_refused_at_that_moment,
    a_revoked_token_is_refused_on_all_nodes_within_a_second,
    nobody_makes_or_sees_a_token_beyond_their_reach,
    a_tenants_own_officer_sees_no_other_tenant,
    a_token_that_cannot_be_is_refused_with_what_can,
    one_tenants_tokens_take_no_room_from_others,
);

fn wish(role: Role, reach: Reach) -> NewToken {
    NewToken {
        name: "ci".to_owned(),
        role,
        reach,
        days: None,
    }
}

async fn a_token_stands_for_its_role_and_reach(place: &Place) {
    let stage = Stage::on(place).await;
    let bank = Reach::Tenant(stage.tenant("BANK").await);
    let by = Officer::command_line();
    for (role, reach) in [
        (Role::Admin, Reach::Server),
        (Role::Operator, bank),
        (Role::Auditor, bank),
    ] {
        let made = stage
            .one()
            .make_token(&by, wish(role, reach))
            .await
            .unwrap();
        let text = made.text.expose_secret();
        assert!(text.starts_with("cst_") && text.len() == 68, "{text}");
        assert!(!format!("{made:?}").contains(text));
        let origin = from("192.0.2.9");
        let officer = stage.other().officer_by_token(text, origin).await.unwrap();
        assert_eq!((officer.role, officer.reach), (role, reach));
        assert_eq!(officer.name, "token ci");
        assert_eq!(officer.address.as_deref(), Some("192.0.2.9"));
        assert_eq!(made.token.expires_at, NOW.plus_s(DAYS * 86_400));
    }
}

async fn a_token_with_a_changed_letter_stands_for_nobody(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    let made = stage
        .one()
        .make_token(&by, wish(Role::Admin, Reach::Server))
        .await;
    let text = made.unwrap().text.expose_secret().to_owned();
    let ask = |text: String| {
        let node = stage.one();
        async move { node.officer_by_token(&text, Origin::default()).await }
    };
    for letter in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[letter] = if changed[letter] == b'b' { b'c' } else { b'b' };
        let denied = ask(String::from_utf8(changed).unwrap()).await;
        assert_eq!(denied.unwrap_err(), Denied::NotSignedIn, "letter {letter}");
    }
    for strange in [
        String::new(),
        text.to_uppercase(),
        format!("{text} "),
        text[4..].to_owned(),
    ] {
        assert_eq!(ask(strange).await.unwrap_err(), Denied::NotSignedIn);
    }
    assert!(ask(text).await.is_ok());
}

async fn an_expired_token_is_refused_at_that_moment(place: &Place) {
    let stage = Stage::on(place).await;
    let wish = NewToken {
        days: Some(1),
        ..wish(Role::Auditor, Reach::Server)
    };
    let made = stage
        .one()
        .make_token(&Officer::command_line(), wish)
        .await
        .unwrap();
    let text = made.text.expose_secret();
    stage.clock.set(NOW.plus_s(86_400 - 1));
    assert!(
        stage
            .one()
            .officer_by_token(text, Origin::default())
            .await
            .is_ok()
    );
    stage.clock.advance_s(1);
    for node in &stage.nodes {
        let expired = node.officer_by_token(text, Origin::default()).await;
        assert_eq!(expired.unwrap_err(), Denied::NotSignedIn);
    }
}

async fn a_revoked_token_is_refused_on_all_nodes_within_a_second(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    let made = stage
        .one()
        .make_token(&by, wish(Role::Admin, Reach::Server))
        .await;
    let made = made.unwrap();
    let text = made.text.expose_secret();
    for node in &stage.nodes {
        assert!(node.officer_by_token(text, Origin::default()).await.is_ok());
    }
    let revoked = stage.one().revoke_token(&by, made.token.id).await.unwrap();
    assert_eq!(revoked.revoked_at, Some(NOW));
    let here = stage.one().officer_by_token(text, Origin::default()).await;
    assert_eq!(here.unwrap_err(), Denied::NotSignedIn);
    stage.clock.advance_s(1);
    let there = stage
        .other()
        .officer_by_token(text, Origin::default())
        .await;
    assert_eq!(there.unwrap_err(), Denied::NotSignedIn);
    let again = stage
        .other()
        .revoke_token(&by, made.token.id)
        .await
        .unwrap();
    assert_eq!(again.revoked_at, Some(NOW), "it stays as it is");
    let listed = stage.one().tokens(&by, None, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
}

async fn nobody_makes_or_sees_a_token_beyond_their_reach(place: &Place) {
    let stage = Stage::on(place).await;
    let [bank, shop] = [stage.tenant("BANK").await, stage.tenant("SHOP").await];
    let [bank, shop] = [bank, shop].map(Reach::Tenant);
    let node = stage.one();
    let root = Officer::command_line();
    for reach in [Reach::Server, bank, shop] {
        node.make_token(&root, wish(Role::Admin, reach))
            .await
            .unwrap();
    }
    let owner = officer(Role::Admin, bank);
    for reach in [Reach::Server, shop] {
        let denied = node.make_token(&owner, wish(Role::Auditor, reach)).await;
        assert_eq!(denied.unwrap_err(), Denied::OutOfReach);
    }
    let own = node
        .make_token(&owner, wish(Role::Admin, bank))
        .await
        .unwrap();
    let seen = node.tokens(&owner, None, 10).await.unwrap();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|token| token.reach == bank));
    let all = node.tokens(&root, None, 10).await.unwrap();
    assert_eq!(all.len(), 4);
    assert!(all.is_sorted_by_key(|token| token.id));
    let rest = node.tokens(&root, Some(all[1].id), 1).await.unwrap();
    assert_eq!(rest[0].id, all[2].id);
    for foreign in all.iter().filter(|token| token.reach != bank) {
        let missing = Denied::Unknown("token");
        assert_eq!(node.token(&owner, foreign.id).await.unwrap_err(), missing);
        assert_eq!(
            node.revoke_token(&owner, foreign.id).await.unwrap_err(),
            missing
        );
    }
    for role in [Role::Operator, Role::Auditor] {
        let lesser = officer(role, Reach::Server);
        let forbidden = Denied::Forbidden(Power::Govern);
        let denied = node.make_token(&lesser, wish(Role::Auditor, bank)).await;
        assert_eq!(denied.unwrap_err(), forbidden);
        assert_eq!(node.tokens(&lesser, None, 10).await.unwrap_err(), forbidden);
        assert_eq!(
            node.revoke_token(&lesser, own.token.id).await.unwrap_err(),
            forbidden
        );
    }
}

async fn a_tenants_own_officer_sees_no_other_tenant(place: &Place) {
    let stage = Stage::on(place).await;
    let bank = stage.tenant("BANK").await;
    stage.tenant("SHOP").await;
    let catalogue = &stage.one().catalogue;
    let owner = officer(Role::Auditor, Reach::Tenant(bank));
    let own = owner.tenant(catalogue, "BANK", Power::Read).unwrap();
    assert_eq!(own.tenant.id, bank);
    for name in ["SHOP", "NOWHERE", "CONSOLE", ""] {
        let denied = owner.tenant(catalogue, name, Power::Read).unwrap_err();
        assert_eq!(denied, Denied::Unknown("tenant"), "{name}");
        let denied = owner.tenant(catalogue, name, Power::Shape).unwrap_err();
        assert_eq!(denied, Denied::Unknown("tenant"), "{name}");
    }
    let lacking = owner.tenant(catalogue, "BANK", Power::Tend).unwrap_err();
    assert_eq!(lacking, Denied::Forbidden(Power::Tend));
    assert_eq!(owner.server(Power::Read).unwrap_err(), Denied::OutOfReach);
    let root = Officer::command_line();
    let console = root.tenant(catalogue, "CONSOLE", Power::Read).unwrap_err();
    assert_eq!(console, Denied::Unknown("tenant"));
}

async fn a_token_that_cannot_be_is_refused_with_what_can(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    let good = wish(Role::Admin, Reach::Server);
    let names = ["", " ", " ci", "ci\n", &"x".repeat(NAME_MAX + 1)];
    let with_name = |name: &str| NewToken {
        name: name.to_owned(),
        ..good.clone()
    };
    let with_days = |days| NewToken {
        days: Some(days),
        ..good.clone()
    };
    let bad = names.iter().map(|name| with_name(name));
    for wish in bad.chain([0, DAYS_MAX + 1].map(with_days)) {
        let denied = stage.one().make_token(&by, wish.clone()).await;
        assert!(matches!(denied, Err(Denied::DoesNotFit(_))), "{wish:?}");
    }
    for wish in [
        with_name(&"é".repeat(NAME_MAX)),
        with_days(1),
        with_days(DAYS_MAX),
    ] {
        stage.one().make_token(&by, wish).await.unwrap();
    }
    let nowhere = wish(Role::Admin, Reach::Tenant(id(99)));
    let denied = stage.one().make_token(&by, nowhere).await;
    assert_eq!(denied.unwrap_err(), Denied::Unknown("tenant"));
}

async fn one_tenants_tokens_take_no_room_from_others(place: &Place) {
    let stage = Stage::on(place).await;
    let bank = Reach::Tenant(stage.tenant("BANK").await);
    let by = Officer::command_line();
    let make = |reach| stage.one().make_token(&by, wish(Role::Auditor, reach));
    let first = make(bank).await.unwrap().token;
    for _ in 1..TOKENS_MAX {
        make(bank).await.unwrap();
    }
    assert!(matches!(make(bank).await, Err(Denied::TooMany(_))));
    make(Reach::Server).await.unwrap();
    stage.one().revoke_token(&by, first.id).await.unwrap();
    make(bank).await.unwrap();
}

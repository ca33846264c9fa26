//! What ends with an officer or a tenant, and what an officer cannot do for themselves.

use challenge::directory::provision::{Blueprint, Options, ProvisionError, Removal, Removed};
use challenge::officers::{
    AdministratorChange, Denied, Identity, MadeToken, NewToken, Officer, Origin, Reach, Role,
    TOKENS_MAX,
};
use secrecy::ExposeSecret;

use super::stage::*;
use crate::support::*;

on_both!(
    nobody_makes_a_link_for_themselves,
    tokens_end_with_whoever_made_them,
    tokens_that_may_more_end_when_their_maker_may_less,
    whoever_ended_makes_nothing_that_lasts_though_a_node_remembers_them,
    what_was_read_and_changed_since_is_not_written,
    a_tenant_that_officers_reach_is_not_removed,
    of_many_tokens_at_once_no_more_are_made_than_there_may_be,
    the_first_administrator_gets_another_name_where_it_is_taken,
);

/// An administrator as a session has it act.
async fn acting(stage: &Stage, person: &Person) -> Officer {
    let session = stage.find(&person.session).await.unwrap();
    session.officer().unwrap().clone()
}

async fn token(stage: &Stage, by: &Officer, (role, reach): (Role, Reach)) -> MadeToken {
    let wish = NewToken {
        name: format!("of {}", by.name),
        role,
        reach,
        days: None,
    };
    stage.one().make_token(by, wish).await.unwrap()
}

async fn holder(stage: &Stage, token: &MadeToken) -> Result<Officer, Denied> {
    // Longer than a node goes without asking again.
    stage.clock.advance_s(1);
    let text = token.text.expose_secret();
    let node = stage.other();
    node.officer_by_token(text, Origin::default()).await
}

async fn nobody_makes_a_link_for_themselves(place: &Place) {
    let stage = Stage::on(place).await;
    let (ann, bob) = (stage.person("ann").await, stage.person("bob").await);
    let of_ann = acting(&stage, &ann).await;
    let all = (Role::Admin, Reach::Server);
    let first = token(&stage, &of_ann, all).await;
    let by_token = holder(&stage, &first).await.unwrap();
    let second = token(&stage, &by_token, all).await;
    let by_second = holder(&stage, &second).await.unwrap();
    for by in [&of_ann, &by_token, &by_second] {
        for forget in [false, true] {
            let denied = stage.one().make_link(by, ann.id, forget).await;
            assert_eq!(denied.unwrap_err(), Denied::ForOneself, "{}", by.name);
        }
        stage.one().make_link(by, bob.id, false).await.unwrap();
    }
    assert!(stage.find(&ann.session).await.is_ok());
    let by = Officer::command_line();
    stage.one().make_link(&by, ann.id, true).await.unwrap();
}

async fn tokens_end_with_whoever_made_them(place: &Place) {
    let stage = Stage::on(place).await;
    let (ann, bob) = (stage.person("ann").await, stage.person("bob").await);
    let (of_ann, of_bob) = (acting(&stage, &ann).await, acting(&stage, &bob).await);
    let all = (Role::Admin, Reach::Server);
    let first = token(&stage, &of_ann, all).await;
    let by_token = holder(&stage, &first).await.unwrap();
    assert!(matches!(by_token.identity, Identity::Token(_)));
    let second = token(&stage, &by_token, (Role::Auditor, Reach::Server)).await;
    let stays = token(&stage, &of_bob, all).await;
    let installed = token(&stage, &Officer::command_line(), all).await;
    let removed = stage.one().remove_administrator(&of_bob, (ann.id, None));
    removed.await.unwrap();
    for ended in [&first, &second] {
        assert_eq!(holder(&stage, ended).await, Err(Denied::NotSignedIn));
        let listed = stage.one().token(&of_bob, ended.token.id).await.unwrap();
        assert!(listed.revoked_at.is_some());
    }
    for good in [&stays, &installed] {
        assert!(holder(&stage, good).await.is_ok());
    }
}

async fn tokens_that_may_more_end_when_their_maker_may_less(place: &Place) {
    let stage = Stage::on(place).await;
    let bank = Reach::Tenant(stage.tenant("BANK").await);
    let shop = Reach::Tenant(stage.tenant("SHOP").await);
    let by = Officer::command_line();
    let (ann, _) = (stage.person("ann").await, stage.person("root").await);
    let of_ann = acting(&stage, &ann).await;
    let mut made = Vec::new();
    for (powers, stays) in [
        ((Role::Admin, bank), false),
        ((Role::Operator, Reach::Server), false),
        ((Role::Auditor, shop), false),
        ((Role::Operator, bank), true),
        ((Role::Auditor, bank), true),
    ] {
        made.push((token(&stage, &of_ann, powers).await, stays));
    }
    let change = AdministratorChange {
        role: Some(Role::Operator),
        reach: Some(bank),
    };
    let node = stage.one();
    node.change_administrator(&by, (ann.id, None), change)
        .await
        .unwrap();
    for (token, stays) in &made {
        let holder = holder(&stage, token).await;
        assert_eq!(holder.is_ok(), *stays, "{:?}", token.token.role);
    }
}

async fn whoever_ended_makes_nothing_that_lasts_though_a_node_remembers_them(place: &Place) {
    let stage = Stage::on(place).await;
    let (ann, bob) = (stage.person("ann").await, stage.person("bob").await);
    let (of_ann, of_bob) = (acting(&stage, &ann).await, acting(&stage, &bob).await);
    let all = (Role::Admin, Reach::Server);
    let (first, second) = (
        token(&stage, &of_ann, all).await,
        token(&stage, &of_bob, all).await,
    );
    let (by_first, by_second) = (
        holder(&stage, &first).await.unwrap(),
        holder(&stage, &second).await.unwrap(),
    );
    let removed = stage.one().remove_administrator(&of_bob, (ann.id, None));
    removed.await.unwrap();
    let revoked = stage.one().revoke_token(&of_bob, second.token.id);
    revoked.await.unwrap();
    let node = stage.other();
    for by in [&of_ann, &by_first, &by_second] {
        let one_more = NewToken {
            name: "one more".to_owned(),
            role: Role::Admin,
            reach: Reach::Server,
            days: None,
        };
        let made = node.make_token(by, one_more).await;
        assert_eq!(made.unwrap_err(), Denied::NotSignedIn, "{}", by.name);
        let friend = wish("friend", Role::Admin, Reach::Server);
        let made = node.make_administrator(by, friend).await;
        assert_eq!(made.unwrap_err(), Denied::NotSignedIn, "{}", by.name);
        for forget in [false, true] {
            let made = node.make_link(by, bob.id, forget).await;
            assert_eq!(made.unwrap_err(), Denied::NotSignedIn, "{}", by.name);
        }
        let change = AdministratorChange {
            role: Some(Role::Auditor),
            reach: None,
        };
        let changed = node.change_administrator(by, (bob.id, None), change).await;
        assert_eq!(changed.unwrap_err(), Denied::NotSignedIn, "{}", by.name);
    }
}

async fn what_was_read_and_changed_since_is_not_written(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    stage.person("root").await;
    let (ann, _) = stage.invited("ann", Role::Auditor, Reach::Server).await;
    let read = stage.one().administrator(&by, ann).await.unwrap().version;
    let to = |role| AdministratorChange {
        role: Some(role),
        reach: None,
    };
    let as_read = (ann, Some(read));
    let changed = stage
        .other()
        .change_administrator(&by, as_read, to(Role::Operator));
    changed.await.unwrap();
    let late = stage
        .one()
        .change_administrator(&by, as_read, to(Role::Admin));
    assert_eq!(late.await.unwrap_err(), Denied::Changed);
    let late = stage.one().remove_administrator(&by, as_read).await;
    assert_eq!(late.unwrap_err(), Denied::Changed);
    let now = stage.one().administrator(&by, ann).await.unwrap();
    assert_eq!(now.value.role, Role::Operator);
    let read = (ann, Some(now.version));
    stage.one().remove_administrator(&by, read).await.unwrap();
}

async fn a_tenant_that_officers_reach_is_not_removed(place: &Place) {
    let stage = Stage::on(place).await;
    let bank = Reach::Tenant(stage.tenant("BANK").await);
    let by = Officer::command_line();
    let remove = async || {
        let blueprint = Blueprint {
            removed: vec![Removal {
                tenant: "BANK".to_owned(),
                what: Removed::Tenant,
            }],
            ..Blueprint::default()
        };
        let provisioner = stage.one().provisioner();
        match provisioner.apply(&blueprint, Options::default()).await {
            Ok(_) => None,
            Err(ProvisionError::Refused(found)) => Some(found[0].text.clone()),
            Err(error) => panic!("{error}"),
        }
    };
    let (ann, _) = stage.invited("ann", Role::Admin, bank).await;
    let made = token(&stage, &by, (Role::Auditor, bank)).await;
    let told = remove().await.unwrap();
    assert!(
        told.contains("(administrators: 1, good tokens: 1)"),
        "{told}"
    );
    stage
        .one()
        .remove_administrator(&by, (ann, None))
        .await
        .unwrap();
    assert!(
        remove()
            .await
            .unwrap()
            .contains("administrators: 0, good tokens: 1")
    );
    stage.one().revoke_token(&by, made.token.id).await.unwrap();
    assert_eq!(remove().await, None);
    // A node that has not heard of it gives nobody a reach that leads nowhere.
    let wish = wish("bob", Role::Admin, bank);
    let late = stage.other().make_administrator(&by, wish).await;
    assert_eq!(late.unwrap_err(), Denied::Unknown("tenant"));
    let wish = NewToken {
        name: "late".to_owned(),
        role: Role::Admin,
        reach: bank,
        days: None,
    };
    let late = stage.other().make_token(&by, wish).await;
    assert_eq!(late.unwrap_err(), Denied::Unknown("tenant"));
}

async fn of_many_tokens_at_once_no_more_are_made_than_there_may_be(place: &Place) {
    let stage = Stage::on(place).await;
    let bank = Reach::Tenant(stage.tenant("BANK").await);
    let by = Officer::command_line();
    for _ in 0..TOKENS_MAX - 3 {
        token(&stage, &by, (Role::Auditor, bank)).await;
    }
    let outcomes = at_once(&stage, |node, _| async move {
        let wish = NewToken {
            name: "one more".to_owned(),
            role: Role::Auditor,
            reach: bank,
            days: None,
        };
        node.make_token(&Officer::command_line(), wish).await
    });
    let outcomes = outcomes.await;
    let made = outcomes.iter().filter(|made| made.is_ok()).count();
    assert_eq!(made, 3);
    let denied = outcomes.into_iter().filter_map(Result::err);
    assert!(
        denied
            .into_iter()
            .all(|denied| matches!(denied, Denied::TooMany(_)))
    );
}

async fn the_first_administrator_gets_another_name_where_it_is_taken(place: &Place) {
    let stage = Stage::on(place).await;
    let bank = Reach::Tenant(stage.tenant("BANK").await);
    let by = Officer::command_line();
    let of_tenant = wish("Admin", Role::Admin, bank);
    let denied = stage.one().make_administrator(&by, of_tenant).await;
    assert!(matches!(denied, Err(Denied::DoesNotFit(_))));
    stage.invited("admin", Role::Auditor, Reach::Server).await;
    let made = stage.one().make_first_administrator().await.unwrap();
    let (first, _) = made.unwrap();
    assert_eq!(first.login_name, "admin-2");
    assert_eq!((first.role, first.reach), (Role::Admin, Reach::Server));
    let again = stage.other().make_first_administrator().await.unwrap();
    assert!(again.is_none());
}

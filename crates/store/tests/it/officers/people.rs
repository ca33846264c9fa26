//! Administrators made, changed and removed.

use challenge::directory::provision::{
    Blueprint, Options, ProvisionError, Removal, Removed, TenantBlueprint,
};
use challenge::officers::{
    ADMINISTRATORS_MAX, AdministratorChange, CONSOLE, Denied, Officer, Power, Reach, Role,
};

use super::stage::*;
use crate::support::*;

on_both!(
    the_last_who_governs_the_server_stays,
    an_invitation_is_not_in_the_stead_of_one_who_can_sign_in,
    names_of_others_in_the_audit_log_are_given_to_nobody,
    a_reach_has_so_many_administrators_and_no_more,
    two_who_remove_each_other_at_once_do_not_both_succeed,
    a_name_is_given_once_and_again_after_its_removal,
    a_removed_administrator_has_no_way_in,
    a_changed_role_is_honoured_with_the_next_request,
    nobody_appoints_beyond_their_reach,
    administrators_are_listed_within_reach,
    the_consoles_tenant_is_made_once_and_described_by_nobody,
);

const DEMOTED: AdministratorChange = AdministratorChange {
    role: Some(Role::Operator),
    reach: None,
};

async fn the_last_who_governs_the_server_stays(place: &Place) {
    let stage = Stage::on(place).await;
    let bank = Reach::Tenant(stage.tenant("BANK").await);
    let node = stage.one();
    let by = Officer::command_line();
    let (ann, _) = stage.invited("ann", Role::Admin, Reach::Server).await;
    stage.invited("bob", Role::Operator, Reach::Server).await;
    stage.invited("cas", Role::Admin, bank).await;
    let confined = AdministratorChange {
        role: None,
        reach: Some(bank),
    };
    for change in [DEMOTED, confined] {
        let denied = node.change_administrator(&by, (ann, None), change).await;
        assert_eq!(denied.unwrap_err(), Denied::LastAdministrator);
    }
    let denied = node.remove_administrator(&by, (ann, None)).await;
    assert_eq!(denied.unwrap_err(), Denied::LastAdministrator);
    let (dan, _) = stage.invited("dan", Role::Admin, Reach::Server).await;
    node.change_administrator(&by, (ann, None), DEMOTED)
        .await
        .unwrap();
    let denied = node.remove_administrator(&by, (dan, None)).await;
    assert_eq!(denied.unwrap_err(), Denied::LastAdministrator);
    node.remove_administrator(&by, (ann, None)).await.unwrap();
}

async fn an_invitation_is_not_in_the_stead_of_one_who_can_sign_in(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    let node = stage.one();
    let ann = stage.person("ann").await;
    let (bob, _) = stage.invited("bob", Role::Admin, Reach::Server).await;
    let denied = node.remove_administrator(&by, (ann.id, None)).await;
    assert_eq!(denied.unwrap_err(), Denied::LastAdministrator);
    let denied = node
        .change_administrator(&by, (ann.id, None), DEMOTED)
        .await;
    assert_eq!(denied.unwrap_err(), Denied::LastAdministrator);
    // The invitation itself can go: it kept nothing open.
    node.remove_administrator(&by, (bob, None)).await.unwrap();
    stage.person("cas").await;
    node.remove_administrator(&by, (ann.id, None))
        .await
        .unwrap();
}

async fn names_of_others_in_the_audit_log_are_given_to_nobody(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    for name in [
        "operator",
        "Operator",
        " operator ",
        "token x",
        "Token\u{a0}x",
        "token",
    ] {
        let wish = wish(name, Role::Auditor, Reach::Server);
        let denied = stage.one().make_administrator(&by, wish).await;
        assert!(matches!(denied, Err(Denied::DoesNotFit(_))), "{name:?}");
    }
    for name in ["operators", "tokens", "tokenx y"] {
        stage.invited(name, Role::Auditor, Reach::Server).await;
    }
}

async fn a_reach_has_so_many_administrators_and_no_more(place: &Place) {
    let stage = Stage::on(place).await;
    let bank = Reach::Tenant(stage.tenant("BANK").await);
    let shop = Reach::Tenant(stage.tenant("SHOP").await);
    let by = Officer::command_line();
    let mut first = None;
    for turn in 0..ADMINISTRATORS_MAX {
        let (id, _) = stage
            .invited(&format!("one{turn}"), Role::Admin, bank)
            .await;
        first.get_or_insert(id);
    }
    let further = stage
        .other()
        .make_administrator(&by, wish("further", Role::Auditor, bank))
        .await;
    assert!(matches!(further, Err(Denied::TooMany(_))));
    let (moved, _) = stage.invited("moved", Role::Admin, shop).await;
    let change = AdministratorChange {
        role: None,
        reach: Some(bank),
    };
    let denied = stage
        .one()
        .change_administrator(&by, (moved, None), change)
        .await;
    assert!(matches!(denied, Err(Denied::TooMany(_))));
    let gone = first.unwrap();
    stage
        .one()
        .remove_administrator(&by, (gone, None))
        .await
        .unwrap();
    stage.invited("further", Role::Auditor, bank).await;
}

async fn two_who_remove_each_other_at_once_do_not_both_succeed(place: &Place) {
    let stage = Stage::on(place).await;
    let by = Officer::command_line();
    for round in 0..4 {
        let names = [format!("one{round}"), format!("other{round}")];
        let mut ids = Vec::new();
        for name in &names {
            ids.push(stage.invited(name, Role::Admin, Reach::Server).await.0);
        }
        let everybody = stage.one().administrators(&by, None, 100).await.unwrap();
        for other in everybody.iter().filter(|one| !ids.contains(&one.id)) {
            stage
                .one()
                .remove_administrator(&by, (other.id, None))
                .await
                .unwrap();
        }
        let ids = ids.clone();
        let outcomes = at_once(&stage, |node, turn| {
            let id = ids[turn % 2];
            async move {
                node.remove_administrator(&Officer::command_line(), (id, None))
                    .await
            }
        });
        let outcomes = outcomes.await;
        let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(done, 1, "{outcomes:?}");
    }
}

async fn a_name_is_given_once_and_again_after_its_removal(place: &Place) {
    let stage = Stage::on(place).await;
    stage.person("root").await;
    let ann = stage.person("ann").await;
    let by = Officer::command_line();
    let again = stage
        .one()
        .make_administrator(&by, wish("ann", Role::Auditor, Reach::Server));
    assert_eq!(again.await.unwrap_err(), Denied::Taken("administrator"));
    stage
        .one()
        .remove_administrator(&by, (ann.id, None))
        .await
        .unwrap();
    let (id, link) = stage.invited("ann", Role::Auditor, Reach::Server).await;
    assert_eq!(id, ann.id);
    assert_eq!(
        stage.begin("ann", PASSWORD).await.unwrap_err(),
        Denied::NotSignedIn
    );
    let renewed = stage.set_up(id, "ann", &link).await;
    let session = stage.find(&renewed.session).await.unwrap();
    assert_eq!(session.officer().unwrap().role, Role::Auditor);
    let strange = stage
        .one()
        .make_administrator(&by, wish("a\nb", Role::Auditor, Reach::Server));
    assert!(matches!(strange.await, Err(Denied::DoesNotFit(_))));
}

async fn a_removed_administrator_has_no_way_in(place: &Place) {
    let stage = Stage::on(place).await;
    stage.person("root").await;
    let ann = stage.person("ann").await;
    let by = Officer::command_line();
    let half = stage.half(&ann).await;
    stage.one().make_link(&by, ann.id, false).await.unwrap();
    stage
        .one()
        .remove_administrator(&by, (ann.id, None))
        .await
        .unwrap();
    let session = stage.find(&ann.session).await;
    assert_eq!(session.unwrap_err(), Denied::NotSignedIn);
    assert_eq!(
        stage.begin("ann", PASSWORD).await.unwrap_err(),
        Denied::NotSignedIn
    );
    let code = stage.code(&ann.uri);
    let finished = stage.other().finish_by_code(&half, &code).await;
    assert_eq!(finished.unwrap_err(), Denied::NotVerified);
    let link = stage.one().make_link(&by, ann.id, false).await;
    assert_eq!(link.unwrap_err(), Denied::Unknown("administrator"));
    let gone = stage.one().administrator_named(&by, "ann").await;
    assert_eq!(gone.unwrap_err(), Denied::Unknown("administrator"));
}

async fn a_changed_role_is_honoured_with_the_next_request(place: &Place) {
    let stage = Stage::on(place).await;
    stage.person("root").await;
    let ann = stage.person("ann").await;
    let by = Officer::command_line();
    let changed = stage
        .one()
        .change_administrator(&by, (ann.id, None), DEMOTED)
        .await
        .unwrap();
    assert_eq!(changed.role, Role::Operator);
    let session = stage.find(&ann.session).await.unwrap();
    let officer = session.officer().unwrap();
    assert_eq!(
        officer.may(Power::Govern).unwrap_err(),
        Denied::Forbidden(Power::Govern)
    );
    officer.may(Power::Tend).unwrap();
}

async fn nobody_appoints_beyond_their_reach(place: &Place) {
    let stage = Stage::on(place).await;
    let bank = Reach::Tenant(stage.tenant("BANK").await);
    let shop = Reach::Tenant(stage.tenant("SHOP").await);
    let node = stage.one();
    let (root, _) = stage.invited("root", Role::Admin, Reach::Server).await;
    let (bob, _) = stage.invited("bob", Role::Operator, bank).await;
    let owner = officer(Role::Admin, bank);
    for reach in [Reach::Server, shop] {
        let denied = node
            .make_administrator(&owner, wish("eve", Role::Auditor, reach))
            .await;
        assert_eq!(denied.unwrap_err(), Denied::OutOfReach);
        let widened = AdministratorChange {
            role: None,
            reach: Some(reach),
        };
        let denied = node
            .change_administrator(&owner, (bob, None), widened)
            .await;
        assert_eq!(denied.unwrap_err(), Denied::OutOfReach);
    }
    let unknown = Denied::Unknown("administrator");
    assert_eq!(
        node.make_link(&owner, root, true).await.unwrap_err(),
        unknown
    );
    assert_eq!(
        node.make_link(&owner, root, false).await.unwrap_err(),
        unknown
    );
    assert_eq!(
        node.remove_administrator(&owner, (root, None))
            .await
            .unwrap_err(),
        unknown
    );
    assert_eq!(
        node.change_administrator(&owner, (root, None), DEMOTED)
            .await
            .unwrap_err(),
        unknown
    );
    assert_eq!(node.administrator(&owner, root).await.unwrap_err(), unknown);
    node.make_link(&owner, bob, false).await.unwrap();
    let lesser = officer(Role::Operator, Reach::Server);
    let forbidden = Denied::Forbidden(Power::Govern);
    assert_eq!(
        node.make_link(&lesser, bob, false).await.unwrap_err(),
        forbidden
    );
    assert_eq!(
        node.remove_administrator(&lesser, (bob, None))
            .await
            .unwrap_err(),
        forbidden
    );
}

async fn administrators_are_listed_within_reach(place: &Place) {
    let stage = Stage::on(place).await;
    let bank = Reach::Tenant(stage.tenant("BANK").await);
    let by = Officer::command_line();
    stage.invited("root", Role::Admin, Reach::Server).await;
    for turn in 0..5 {
        stage
            .invited(&format!("bank{turn}"), Role::Admin, bank)
            .await;
    }
    let all = stage.other().administrators(&by, None, 100).await.unwrap();
    assert_eq!(all.len(), 6);
    assert!(all.is_sorted_by_key(|one| one.id));
    let owner = officer(Role::Auditor, bank);
    let first = stage.other().administrators(&owner, None, 3).await.unwrap();
    let rest = stage
        .other()
        .administrators(&owner, Some(first[2].id), 3)
        .await
        .unwrap();
    let seen: Vec<_> = first.iter().chain(&rest).collect();
    assert_eq!(seen.len(), 5);
    assert!(
        seen.iter()
            .all(|one| one.reach == bank && one.invited_until().is_some())
    );
    let shown = format!("{all:?}");
    assert!(!shown.contains("csl_") && !shown.contains("key_version"));
}

async fn the_consoles_tenant_is_made_once_and_described_by_nobody(place: &Place) {
    let stage = Stage::on(place).await;
    let before = stage.one().store().directory_version().await.unwrap();
    stage.other().found_console().await.unwrap();
    let after = stage.one().store().directory_version().await.unwrap();
    assert_eq!(before, after);
    let named = Blueprint {
        tenants: vec![TenantBlueprint::named(CONSOLE)],
        ..Blueprint::default()
    };
    let removed = Blueprint {
        removed: vec![Removal {
            tenant: CONSOLE.to_owned(),
            what: Removed::Tenant,
        }],
        ..Blueprint::default()
    };
    for blueprint in [named, removed] {
        let applied = stage
            .one()
            .provisioner()
            .apply(&blueprint, Options::default())
            .await;
        let Err(ProvisionError::Refused(findings)) = applied else {
            panic!("it was applied");
        };
        assert!(
            findings[0].text.contains("the server's own"),
            "{findings:?}"
        );
    }
}

//! Single things that are to go.

use challenge::directory::provision::{Blueprint, Removal, Removed};
use challenge::standing::{Movement, Status};

use super::stage::{Stage, bank};

fn without_policy() -> Blueprint {
    let removal = Removal {
        tenant: "ONLINEBANK".to_owned(),
        what: Removed::Policy("AT_CUSTOTP".to_owned()),
    };
    Blueprint {
        removed: vec![removal],
        ..Blueprint::default()
    }
}

#[test]
fn a_policy_that_an_authenticator_serves_alone_stays() {
    let stage = Stage::new();
    stage.apply(&bank());
    let problems = stage.problems(&without_policy());
    assert_eq!(problems.len(), 1, "{problems:?}");
    let told = "1 authenticators serve it and no other, 1 among them";
    assert!(problems[0].contains(told), "{problems:?}");
    // A revoked one serves nothing anyhow.
    let revoked = Movement {
        status: Status::Revoked,
        ..stage.movement("alice", "1")
    };
    stage.move_to("alice", "1", revoked);
    stage.apply(&without_policy());
    assert!(stage.problems(&without_policy())[0].contains("there is none of this name"));
}

#[test]
fn a_policy_goes_where_every_authenticator_serves_another() {
    let stage = Stage::new();
    let mut bank = bank();
    let tenant = &mut bank.tenants[0];
    let mut other = tenant.policies[0].clone();
    other.code = "AT_OTHER".to_owned();
    tenant.policies.push(other);
    let token = &mut tenant.users[0].authenticators[0];
    token.policies = Some(vec!["AT_CUSTOTP".to_owned(), "AT_OTHER".to_owned()]);
    stage.apply(&bank);
    stage.apply(&without_policy());
}

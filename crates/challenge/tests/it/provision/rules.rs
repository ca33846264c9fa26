//! What applying does, and what it never does.

use oath::Key;
use oath::otpauth::SignFormat as DeviceFormat;

use super::stage::{KEY, Stage, bank, token};
use challenge::directory::Method;
use challenge::directory::provision::{
    GeneratedKey, KeySource, Kind, SiteBlueprint, UserBlueprint,
};
use challenge::policy::SignFormat;
use challenge::standing::{Movement, Status};

#[test]
fn applying_twice_changes_nothing_the_second_time() {
    let (stage, mut bank) = (Stage::new(), bank());
    let tenant = &mut bank.tenants[0];
    tenant.users[0].password = Some("correct horse".into());
    let mut generated = token("2", Kind::Totp);
    generated.key = KeySource::Generate;
    tenant.users[0].authenticators.push(generated);
    let mut with_pin = token("3", Kind::Ocra);
    with_pin.suite = Some("OCRA-1:HOTP-SHA1-6:QN08-PSHA1".to_owned());
    with_pin.pin = Some("1234".into());
    tenant.users[0].authenticators.push(with_pin);
    let mut site = SiteBlueprint::named("shop");
    site.secret = Some("x".repeat(64).into());
    tenant.sites.push(site);

    let first = stage.apply(&bank);
    assert_eq!(first.changes.len(), 8, "{:?}", first.changes);
    assert_eq!(first.generated.len(), 1);
    let second = stage.apply(&bank);
    assert!(second.changes.is_empty(), "{:?}", second.changes);
    assert!(second.generated.is_empty());
    assert_eq!(stage.store.rows().version, 1);
    assert_eq!(stage.store.rows().events.len(), 1, "an event a tenant");
}

#[test]
fn a_change_says_what_was_and_what_is_but_no_secret() {
    let (stage, mut bank) = (Stage::new(), bank());
    stage.apply(&bank);
    bank.tenants[0].clients[0].token_s = 1_576_800;
    bank.tenants[0].clients[0].secret = Some("another secret".into());
    bank.tenants[0].policies[0].limits.max_failures = 3;
    assert_eq!(
        stage.apply(&bank).changes,
        [
            "tenant ONLINEBANK, policy AT_CUSTOTP: max_failures 5 → 3",
            "tenant ONLINEBANK, client spl-api: token_s 3600 → 1576800, secret: changed",
        ]
    );
}

#[test]
fn an_event_names_the_user_whom_everything_is_about() {
    let (stage, mut bank) = (Stage::new(), bank());
    stage.apply(&bank);
    let email = |user: &mut UserBlueprint, address: &str| user.email = Some(address.to_owned());
    let users = &mut bank.tenants[0].users;
    users.push(UserBlueprint::named("bob"));
    stage.apply(&bank);
    let users = &mut bank.tenants[0].users;
    users[0].authenticators[0].digits = Some(8);
    email(&mut users[0], "alice@bank.example");
    stage.apply(&bank);
    let users = &mut bank.tenants[0].users;
    email(&mut users[0], "a@bank.example");
    if let Some(bob) = users.last_mut() {
        email(bob, "bob@bank.example");
    }
    stage.apply(&bank);
    email(&mut bank.tenants[0].users[0], "alice@bank.example");
    bank.tenants[0].policies[0].limits.max_failures = 3;
    stage.apply(&bank);
    let rows = stage.store.rows();
    let named: Vec<_> = rows.events.iter().map(|event| event.user).collect();
    let [all, bob, alice, both, and_more] = named[..] else {
        panic!("{named:?}");
    };
    assert_eq!((all, both, and_more), (None, None, None));
    assert!(
        bob.is_some() && alice.is_some() && bob != alice,
        "{named:?}"
    );
}

#[test]
fn nothing_spent_comes_back_and_no_lock_is_opened() {
    let (stage, mut bank) = (Stage::new(), bank());
    stage.apply(&bank);
    let moved = Movement {
        status: Status::Locked,
        next_counter: 9,
        ..Movement::default()
    };
    stage.move_to("alice", "1", moved.clone());
    bank.tenants[0].users[0].authenticators[0].counter = Some(2);
    bank.tenants[0].users[0].authenticators[0].digits = Some(8);
    assert_eq!(stage.apply(&bank).changes.len(), 1, "the digits");
    assert_eq!(stage.movement("alice", "1"), moved);
    bank.tenants[0].users[0].authenticators[0].key = KeySource::Generate;
    assert!(stage.apply(&bank).changes.is_empty(), "it has a key");
}

#[test]
fn a_changed_secret_enrols_anew_and_keeps_the_lock() {
    let (stage, mut bank) = (Stage::new(), bank());
    stage.apply(&bank);
    let moved = Movement {
        status: Status::Locked,
        next_counter: 9,
        ..Movement::default()
    };
    stage.move_to("alice", "1", moved);
    let token = &mut bank.tenants[0].users[0].authenticators[0];
    token.key = KeySource::Given(Key::new(b"another key of 20 by".to_vec()).unwrap());
    token.counter = Some(4);
    let changes = stage.apply(&bank).changes;
    assert!(
        changes[0].ends_with("authenticator 1: secret: changed, enrolled anew"),
        "{changes:?}"
    );
    let now = stage.movement("alice", "1");
    assert_eq!((now.status, now.next_counter), (Status::Locked, 4));
}

#[test]
fn the_counter_of_the_blueprint_is_where_an_enrolment_begins() {
    let (stage, mut bank) = (Stage::new(), bank());
    bank.tenants[0].users[0].authenticators[0].counter = Some(7);
    stage.apply(&bank);
    assert_eq!(stage.movement("alice", "1").next_counter, 7);
}

#[test]
fn pruning_removes_what_holds_nothing_and_revokes_the_rest() {
    let (stage, full) = (Stage::new(), bank());
    let mut more = full.clone();
    let tenant = &mut more.tenants[0];
    let mut other = tenant.clients[0].clone();
    other.id = "other".to_owned();
    tenant.clients.push(other);
    let mut bob = UserBlueprint::named("bob");
    bob.password = Some("correct horse".into());
    bob.authenticators.push(token("2", Kind::Hotp));
    tenant.users.push(bob);
    stage.apply(&more);
    stage.move_to(
        "bob",
        "2",
        Movement {
            next_counter: 5,
            ..Movement::default()
        },
    );

    assert!(
        stage.apply(&full).changes.is_empty(),
        "what is not named stays"
    );
    let changes = stage.prune(&full).changes;
    assert_eq!(
        changes,
        [
            "tenant ONLINEBANK, client other: removed, its access tokens with it",
            "tenant ONLINEBANK, user bob, authenticator 2: revoked",
            "tenant ONLINEBANK, user bob: password: removed",
        ]
    );
    let revoked = stage.movement("bob", "2");
    assert_eq!((revoked.status, revoked.next_counter), (Status::Revoked, 5));
    assert!(stage.prune(&full).changes.is_empty());
}

#[test]
fn a_revoked_authenticator_stays_revoked_until_it_has_another_secret() {
    let (stage, mut bank) = (Stage::new(), bank());
    stage.apply(&bank);
    stage.move_to(
        "alice",
        "1",
        Movement {
            status: Status::Revoked,
            ..Movement::default()
        },
    );
    let plan = stage.apply(&bank);
    assert!(plan.changes.is_empty());
    assert!(
        plan.warnings
            .iter()
            .any(|warning| warning.text.contains("stays so"))
    );
    bank.tenants[0].users[0].authenticators[0].key =
        KeySource::Given(Key::new(b"another key of 20 by".to_vec()).unwrap());
    stage.apply(&bank);
    assert_eq!(stage.movement("alice", "1").status, Status::Active);
}

#[test]
fn an_authenticator_is_handed_on_with_what_it_spent() {
    let (stage, mut bank) = (Stage::new(), bank());
    stage.apply(&bank);
    stage.move_to(
        "alice",
        "1",
        Movement {
            next_counter: 9,
            ..Movement::default()
        },
    );
    let tokens = std::mem::take(&mut bank.tenants[0].users[0].authenticators);
    let mut bob = UserBlueprint::named("bob");
    bob.authenticators = tokens;
    bank.tenants[0].users.push(bob);
    stage.apply(&bank);
    assert_eq!(stage.movement("bob", "1").next_counter, 9);
    let alice = stage.store.user_named("alice");
    assert!(
        stage.store.rows().standings[&alice.id]
            .1
            .authenticators
            .is_empty()
    );
    assert!(stage.apply(&bank).changes.is_empty());
}

#[test]
fn a_generated_key_is_handed_out_once_and_is_the_one_stored() {
    let (stage, mut bank) = (Stage::new(), bank());
    bank.tenants[0].users[0].authenticators[0].key = KeySource::Generate;
    let plan = stage.apply(&bank);
    let GeneratedKey::Uri(uri) = &plan.generated[0].key else {
        panic!()
    };
    assert_eq!(uri.key.as_bytes().len(), 20);
    bank.tenants[0].users[0].authenticators[0].key = KeySource::Given(uri.key.clone());
    assert!(stage.apply(&bank).changes.is_empty());
}

#[test]
fn a_generated_key_for_challenges_tells_the_device_how_its_first_policy_signs() {
    let (stage, mut bank) = (Stage::new(), bank());
    let limits = &mut bank.tenants[0].policies[0].limits;
    limits.sign_format = SignFormat::Digest;
    (limits.sign_fields, limits.sign_labels) = (Some(1), vec!["Amount in £".to_owned()]);
    let device = &mut bank.tenants[0].users[0].authenticators[0];
    *device = token("1", Kind::Ocra);
    device.key = KeySource::Generate;
    device.counter = Some(7);
    device.signature_suite = Some("OCRA-1:HOTP-SHA1-8:C-QA64".to_owned());
    let plan = stage.apply(&bank);
    let GeneratedKey::Ocra(uri) = &plan.generated[0].key else {
        panic!()
    };
    assert_eq!(
        (uri.issuer.as_deref(), uri.account.as_str()),
        (Some("ONLINEBANK"), "1")
    );
    assert_eq!(
        uri.response.as_ref().unwrap().suite.as_str(),
        "OCRA-1:HOTP-SHA1-8:QN08"
    );
    let signature = uri.signature.as_ref().unwrap();
    assert_eq!(
        (signature.suite.as_str(), signature.counter),
        ("OCRA-1:HOTP-SHA1-8:C-QA64", 7)
    );
    assert_eq!(signature.format, Some(DeviceFormat::Digest));
    assert_eq!(signature.fields, ["Amount in £"]);
    bank.tenants[0].users[0].authenticators[0].key = KeySource::Given(uri.key.clone());
    assert!(stage.apply(&bank).changes.is_empty());
}

#[test]
fn a_lost_race_is_planned_again() {
    let stage = Stage::new();
    stage.store.rows().losses = 3;
    stage.apply(&bank());
    assert_eq!(stage.store.rows().users.len(), 1);
}

#[test]
fn a_time_step_that_was_spent_stays_spent_when_steps_get_longer() {
    let (stage, mut bank) = (Stage::new(), bank());
    bank.tenants[0].users[0].authenticators[0] = token("1", Kind::Totp);
    stage.apply(&bank);
    let spent = Movement {
        last_step: Some(50_000_000),
        ..Movement::default()
    };
    stage.move_to("alice", "1", spent);
    bank.tenants[0].users[0].authenticators[0].period_s = Some(60);
    stage.apply(&bank);
    assert_eq!(stage.movement("alice", "1").last_step, Some(25_000_000));
}

#[test]
fn what_is_not_said_has_its_default() {
    let (stage, mut bank) = (Stage::new(), bank());
    bank.tenants[0].users[0].authenticators[0] = token("1", Kind::Ocra);
    stage.apply(&bank);
    let stored = stage.store.token("1");
    assert_eq!(
        (stored.device_id.as_str(), stored.product.as_deref()),
        ("1", Some("MobileID"))
    );
    assert_eq!(stored.policies, ["AT_CUSTOTP"]);
    let Method::Ocra(suites) = stored.method else {
        panic!()
    };
    assert_eq!(suites.suite.as_deref(), Some("OCRA-1:HOTP-SHA1-8:QN08"));
    assert_eq!(
        suites.signature_suite.as_deref(),
        Some("OCRA-1:HOTP-SHA1-8:QA64")
    );
}

#[test]
fn weak_secrets_and_shared_keys_are_warned_about() {
    let (stage, mut bank) = (Stage::new(), bank());
    bank.tenants[0].clients[0].secret = Some("short".into());
    let user = &mut bank.tenants[0].users[0];
    user.authenticators.push(token("2", Kind::Totp));
    let mut weak = token("3", Kind::Hotp);
    weak.key = KeySource::Given(Key::new(KEY[..8].to_vec()).unwrap());
    weak.period_s = Some(30);
    user.authenticators.push(weak);
    let plan = stage.apply(&bank);
    let warnings: Vec<_> = plan.warnings.iter().map(ToString::to_string).collect();
    for expected in [
        "client spl-api: secret: it is weak",
        "authenticator 2: secret: authenticator 1 has the same one",
        "authenticator 3: secret: 8 bytes are weak",
        "authenticator 3: period_s: not used by kind hotp",
    ] {
        assert!(
            warnings.iter().any(|warning| warning.contains(expected)),
            "{warnings:?}"
        );
    }
    assert!(!warnings.iter().any(|warning| warning.contains("short")));
}

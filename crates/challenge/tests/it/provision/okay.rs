//! A tenant's settings for approvals on a phone.

use challenge::clock::Timestamp;
use challenge::directory::OkaySettings;
use challenge::directory::provision::{Blueprint, OkayBlueprint, Removal, Removed};

use super::stage::{Stage, bank};

const STOPPED: Timestamp = Timestamp::from_unix_s(1_600_000_000);

/// Something that an operator sets.
type Change = fn(&mut OkaySettings);

fn asking(change: impl FnOnce(&mut OkaySettings)) -> Blueprint {
    let mut okay = OkayBlueprint::numbered(40007);
    okay.secret = Some("x".repeat(30).into());
    okay.settings.callback_url = Some("https://partner.example/callback".to_owned());
    change(&mut okay.settings);
    let mut bank = bank();
    bank.tenants[0].okay = Some(okay);
    bank
}

fn stopped_at(stage: &Stage) -> Option<Timestamp> {
    let rows = stage.store.rows();
    let tenant = &rows.tenants.values().next().unwrap().tenant;
    tenant.okay.as_ref().unwrap().callback_stopped_at
}

#[test]
fn a_setting_out_of_its_range_is_refused_by_name() {
    let stage = Stage::new();

    let changes: [(&str, Change); 8] = [
        ("linking_digits", |okay| okay.linking_digits = 5),
        ("linking_digits", |okay| okay.linking_digits = 13),
        ("pause_s", |okay| okay.pause_s = 604_801),
        ("starts_per_min", |okay| okay.starts_per_min = Some(0)),
        ("starts_per_5_min", |okay| okay.starts_per_5_min = 0),
        ("pending_s", |okay| okay.pending_s = 0),
        ("max_pending", |okay| okay.max_pending = 0),
        ("linking_s", |okay| okay.linking_s = 0),
    ];
    for (name, change) in changes {
        let problems = stage.problems(&asking(change));
        assert_eq!(problems.len(), 1, "{name}: {problems:?}");
        assert!(
            problems[0].contains(&format!("okay.{name}: ")),
            "{problems:?}"
        );
    }
}

#[test]
fn stopped_callbacks_stay_stopped_until_there_is_another_receiver() {
    let stage = Stage::new();
    stage.apply(&asking(|_| {}));
    {
        let mut rows = stage.store.rows();
        let tenant = &mut rows.tenants.values_mut().next().unwrap().tenant;
        tenant.okay.as_mut().unwrap().callback_stopped_at = Some(STOPPED);
    }
    assert!(stage.apply(&asking(|_| {})).changes.is_empty());
    stage.apply(&asking(|okay| okay.pending_s = 60));
    assert_eq!(stopped_at(&stage), Some(STOPPED));
    let elsewhere = "https://other.example/".to_owned();
    stage.apply(&asking(|okay| okay.callback_url = Some(elsewhere)));
    assert_eq!(stopped_at(&stage), None);
}

#[test]
fn a_secret_below_30_characters_is_warned_about() {
    let warned = |length: usize| {
        let mut bank = asking(|_| {});
        let okay = bank.tenants[0].okay.as_mut().unwrap();
        okay.secret = Some("x".repeat(length).into());
        let applied = Stage::new().apply(&bank);
        format!("{:?}", applied.warnings).contains("okay.secret: it is short; take 30 ")
    };
    assert!(warned(1) && warned(15) && warned(16) && warned(29));
    assert!(!warned(30));
}

#[test]
fn a_callback_secret_that_no_library_reads_is_refused_and_a_short_one_warned_about() {
    let stage = Stage::new();
    let with = |secret: &str| {
        let mut bank = asking(|_| {});
        let okay = bank.tenants[0].okay.as_mut().unwrap();
        okay.callback_standard_secret = Some(secret.to_owned().into());
        bank
    };
    for wrong in ["whsec_", "whsec_not base64", "a plain text", ""] {
        let problems = stage.problems(&with(wrong));
        assert_eq!(problems.len(), 1, "{wrong:?}: {problems:?}");
        assert!(problems[0].contains("okay.callback_standard_secret: give whsec_"));
        assert!(wrong.len() < 8 || !problems[0].contains(wrong));
    }
    let applied = stage.apply(&with("whsec_c2hvcnQ="));
    assert!(format!("{:?}", applied.warnings).contains("24 to 64 bytes"));
    let applied = stage.apply(&with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    assert!(!format!("{:?}", applied.warnings).contains("callback_standard_secret"));
}

#[test]
fn what_goes_by_a_change_takes_nothing_else_of_the_tenant_with_it() {
    let stage = Stage::new();
    stage.apply(&asking(|_| {}));
    let mut change = asking(|_| {});
    let tenant = &mut change.tenants[0];
    tenant.okay = None;
    tenant.display_name = Some("Another name".to_owned());
    change.removed = vec![Removal {
        tenant: tenant.name.clone(),
        what: Removed::Okay,
    }];
    let plan = stage.apply(&change);
    assert!(format!("{:?}", plan.changes).contains("okay: removed"));
    let rows = stage.store.rows();
    let tenant = &rows.tenants.values().next().unwrap().tenant;
    assert_eq!(tenant.display_name, "Another name");
    assert!(tenant.okay.is_none());
}

//! Taking in many tokens: what is taken, what is refused, and that nothing that is there is touched.

use async_trait::async_trait;

use challenge::clock::Timestamp;
use challenge::directory::provision::{
    Arrival, Intake, IntakeError, IntakeOptions, KeySource, Kind, Part, Parts, Taken, Verdict,
};
use challenge::ports::{Store, StoreError};
use challenge::standing::{Movement, Status};
use oath::Key;

use super::stage::{Stage, bank, run, token};

/// Tokens given in parts of two.
struct Given<'a> {
    intake: Intake<'a>,
    left: Vec<Arrival>,
    verdicts: Vec<Verdict>,
    line: u64,
}

#[async_trait]
impl Parts for Given<'_> {
    async fn next(&mut self) -> Result<Part, StoreError> {
        let count = self.left.len().min(2);
        for arrival in self.left.drain(..count).collect::<Vec<_>>() {
            self.line += 1;
            let verdict = self.intake.take(self.line, arrival).await?;
            self.verdicts.push(verdict);
        }
        if count > 0 {
            return Ok(Part::Rows(Box::new(self.intake.batch())));
        }
        Ok(match self.intake.ending().await? {
            Some(rows) => Part::Rows(Box::new(rows)),
            None => Part::End,
        })
    }
}

/// Takes all of them in; the verdicts in their order, and the counts.
fn take(stage: &Stage, options: IntakeOptions<'_>, all: Vec<Arrival>) -> (Vec<Verdict>, Taken) {
    run(async {
        let provisioner = stage.provisioner();
        let intake = Intake::begin(&provisioner, "ONLINEBANK", options)
            .await
            .unwrap();
        let version = intake.version();
        let mut given = Given {
            intake,
            left: all,
            verdicts: Vec::new(),
            line: 0,
        };
        assert!(stage.store.take_in(version, &mut given).await.unwrap());
        (given.verdicts, given.intake.taken())
    })
}

/// A token of somebody, with a key of its own.
fn arrival(serial: &str, login_name: Option<&str>) -> Arrival {
    let mut blueprint = token(serial, Kind::Hotp);
    let key = format!("{serial:0>20}").into_bytes();
    blueprint.key = KeySource::Given(Key::new(key).unwrap());
    Arrival {
        login_name: login_name.map(str::to_owned),
        ..Arrival::of(blueprint)
    }
}

fn ready() -> Stage {
    let stage = Stage::new();
    stage.apply(&bank());
    stage
}

#[test]
fn tokens_come_to_users_who_are_there_and_to_those_who_are_made() {
    let stage = ready();
    let before = Movement {
        next_counter: 77,
        ..stage.movement("alice", "1")
    };
    stage.move_to("alice", "1", before.clone());
    let mut later = arrival("13", Some("bob"));
    later.token.counter = Some(5);
    later.drift_steps = -3;
    let all = vec![
        arrival("10", Some("alice")),
        arrival("11", Some("bob")),
        arrival("12", Some("carol")),
        later,
    ];
    let (verdicts, taken) = take(&stage, IntakeOptions::default(), all);
    assert!(
        verdicts
            .iter()
            .all(|verdict| *verdict == Verdict::default()),
        "{verdicts:?}"
    );
    assert_eq!(
        (taken.authenticators, taken.users, taken.unassigned),
        (4, 2, 0)
    );
    assert_eq!(
        stage.movement("alice", "1"),
        before,
        "what was spent stays spent"
    );
    assert_eq!(stage.movement("alice", "10").status, Status::Active);
    let moved = stage.movement("bob", "13");
    assert_eq!((moved.next_counter, moved.drift_steps), (5, -3));
    assert_eq!(
        stage.movement("bob", "11").next_counter,
        0,
        "both of one user's tokens move"
    );
    let alice = stage.store.user_named("alice");
    assert_eq!(
        alice.external_id.as_deref(),
        Some("uid1"),
        "a user who is there stays so"
    );
    assert_eq!(stage.store.token("10").policies, ["AT_CUSTOTP"]);
    let rows = stage.store.rows();
    let told = &rows.events.last().unwrap().detail.fields;
    assert!(told[0].1.contains("4 authenticators imported"), "{told:?}");
    assert_eq!(told.len(), 5);
}

#[test]
fn a_token_that_nobody_is_named_for_is_refused_or_kept_locked() {
    let stage = ready();
    let (verdicts, _) = take(&stage, IntakeOptions::default(), vec![arrival("10", None)]);
    assert!(
        verdicts[0].refused[0].contains("--unassigned"),
        "{verdicts:?}"
    );
    let options = IntakeOptions {
        keeps_unassigned: true,
        ..IntakeOptions::default()
    };
    let all = vec![arrival("11", None), arrival("alice", None)];
    let (verdicts, taken) = take(&stage, options, all);
    assert_eq!((taken.authenticators, taken.unassigned), (1, 1));
    assert_eq!(stage.movement("11", "11").status, Status::Locked);
    assert!(
        verdicts[1].refused[0].contains("called like its serial"),
        "{verdicts:?}"
    );
}

#[test]
fn serials_that_are_taken_are_refused_and_keys_that_are_shared_are_told() {
    let stage = ready();
    let mut shared = arrival("20", Some("bob"));
    shared.token.key = token("1", Kind::Hotp).key;
    let mut same = arrival("21", Some("bob"));
    same.token.key = arrival("22", None).token.key;
    let all = vec![
        arrival("1", Some("alice")),
        arrival("22", Some("bob")),
        arrival("22", Some("carol")),
        shared,
        same,
    ];
    let (verdicts, taken) = take(&stage, IntakeOptions::default(), all);
    assert!(
        verdicts[0].refused[0].contains("there already"),
        "{verdicts:?}"
    );
    assert!(verdicts[2].refused[0].contains("line 2"), "{verdicts:?}");
    assert!(
        verdicts[3].warnings[0].contains("there already has the same"),
        "{verdicts:?}"
    );
    assert!(
        verdicts[4].warnings[0].contains("line 2 has the same"),
        "{verdicts:?}"
    );
    assert_eq!(taken.authenticators, 3);
    let rows = stage.store.rows();
    assert!(
        rows.users.values().all(|user| user.login_name != "carol"),
        "she got nothing"
    );
}

#[test]
fn what_is_not_valid_now_is_refused_unless_dates_are_passed_over() {
    let stage = ready();
    let now = 1_500_000_000;
    let dated = |serial: &str, from: i64, until: i64| Arrival {
        starts_at: Some(Timestamp::from_unix_s(from)),
        expires_at: Some(Timestamp::from_unix_s(until)),
        ..arrival(serial, Some("bob"))
    };
    let all = || {
        vec![
            dated("30", now - 9, now),
            dated("31", now + 1, now + 9),
            dated("32", now, now + 1),
        ]
    };
    let (verdicts, taken) = take(&stage, IntakeOptions::default(), all());
    assert!(verdicts[0].refused[0].contains("expired"), "{verdicts:?}");
    assert!(
        verdicts[1].refused[0].contains("not valid yet"),
        "{verdicts:?}"
    );
    assert_eq!((taken.authenticators, taken.dated), (1, 1));
    let options = IntakeOptions {
        ignores_dates: true,
        ..IntakeOptions::default()
    };
    let (_, taken) = take(&stage, options, all());
    assert_eq!(taken.authenticators, 2);
}

#[test]
fn what_a_blueprint_would_refuse_is_refused() {
    let stage = ready();
    let mut digits = arrival("40", Some("bob"));
    digits.token.digits = Some(4);
    let mut policy = arrival("41", Some("bob"));
    policy.token.policies = Some(vec!["NONE".to_owned()]);
    let mut drift = arrival("42", Some("bob"));
    drift.drift_steps = i64::MIN;
    let bell = arrival("4\u{7}3", Some("bob"));
    let all = vec![digits, policy, drift, bell];
    let (verdicts, taken) = take(&stage, IntakeOptions::default(), all);
    for (verdict, why) in verdicts
        .iter()
        .zip(["digits", "no NONE", "off by more", "control"])
    {
        assert!(verdict.refused[0].contains(why), "{verdict:?}");
    }
    assert_eq!(taken, Taken::default());
    assert!(
        stage
            .store
            .rows()
            .users
            .values()
            .all(|user| user.login_name != "bob")
    );
}

#[test]
fn an_intake_that_names_what_is_not_there_does_not_begin() {
    let stage = ready();
    let provisioner = stage.provisioner();
    for (tenant, policy) in [
        ("NOBANK", None),
        ("CONSOLE", None),
        ("ONLINEBANK", Some("NONE")),
    ] {
        let options = IntakeOptions {
            policies: policy.map(|code| vec![code.to_owned()]),
            ..IntakeOptions::default()
        };
        let begun = run(Intake::begin(&provisioner, tenant, options));
        assert!(
            matches!(begun.err(), Some(IntakeError::Refused(_))),
            "{tenant}"
        );
    }
}

//! What is refused: every problem, each with its path, and nothing is written.

use super::stage::{Stage, bank, token};
use challenge::directory::provision::{
    AuthenticatorBlueprint, Blueprint, Kind, OkayBlueprint, SiteBlueprint, TenantBlueprint,
};
use challenge::policy::SignFormat;

#[test]
fn every_problem_is_told_with_its_path() {
    let (stage, mut bank) = (Stage::new(), bank());
    let tenant = &mut bank.tenants[0];
    tenant.policies[0].limits.max_failures = 0;
    tenant.clients[0].id = "a/b".to_owned();
    tenant.users[0].authenticators[0].digits = Some(5);
    assert_eq!(
        stage.problems(&bank),
        [
            "tenant ONLINEBANK, policy AT_CUSTOTP: max_failures: 0 is out of range; choose 1 to \
             1000",
            "tenant ONLINEBANK, client a/b: id: use letters, digits and . _ ~ - alone, since it \
             stands in URLs",
            "tenant ONLINEBANK, user alice, authenticator 1: digits: 5 is out of range; choose 6 \
             to 10",
        ]
    );
}

fn refused(change: impl FnOnce(&mut AuthenticatorBlueprint)) -> String {
    refused_under(SignFormat::Auto, change)
}

fn refused_under(
    sign_format: SignFormat,
    change: impl FnOnce(&mut AuthenticatorBlueprint),
) -> String {
    let (stage, mut bank) = (Stage::new(), bank());
    let tenant = &mut bank.tenants[0];
    tenant.policies[0].limits.sign_format = sign_format;
    tenant.users[0].authenticators[0] = token("1", Kind::Ocra);
    change(&mut tenant.users[0].authenticators[0]);
    stage.problems(&bank).join("\n")
}

#[test]
fn a_suite_that_no_protocol_can_use_is_refused() {
    let suite = |text: &str| {
        let text = text.to_owned();
        refused(move |token| token.suite = Some(text))
    };
    let signature = |text: &str| {
        let text = text.to_owned();
        refused(move |token| token.signature_suite = Some(text))
    };
    for (problem, expected) in [
        (
            suite("OCRA-1:HOTP-SHA1-8:QN8-S064"),
            "session information (S)",
        ),
        (
            suite("OCRA-2:HOTP-SHA1-8:QN08"),
            "suite: not an OCRA suite: at byte 5",
        ),
        (suite("OCRA-1:HOTP-SHA1-8:QN08-PSHA1"), "pin: it is missing"),
        (
            signature("OCRA-1:HOTP-SHA1-8:QN08"),
            "numbers (QN) cannot be signed",
        ),
        (
            signature("OCRA-1:HOTP-SHA1-8:QH32"),
            "policy AT_CUSTOTP signs a hash",
        ),
    ] {
        assert!(problem.contains(expected), "{problem}");
    }
    let neither = refused(|token| {
        (token.suite, token.signature_suite) = (Some(String::new()), Some(String::new()));
    });
    assert!(neither.contains("name one of them"), "{neither}");
    let digest = refused_under(SignFormat::Digest, |token| {
        token.signature_suite = Some("OCRA-1:HOTP-SHA1-8:QA32".to_owned());
    });
    assert!(digest.contains("signs a hash"), "{digest}");
}

#[test]
fn a_short_hash_can_be_signed_where_the_policy_hashes_nothing() {
    let (stage, mut bank) = (Stage::new(), bank());
    bank.tenants[0].policies[0].limits.sign_format = SignFormat::Concatenated;
    let mut short = token("1", Kind::Ocra);
    short.signature_suite = Some("OCRA-1:HOTP-SHA1-8:QH32".to_owned());
    bank.tenants[0].users[0].authenticators[0] = short;
    stage.apply(&bank);
}

#[test]
fn labels_that_do_not_fit_the_fields_are_refused() {
    let problems = |sign_fields: Option<u32>, labels: &[&str]| {
        let (stage, mut bank) = (Stage::new(), bank());
        let limits = &mut bank.tenants[0].policies[0].limits;
        limits.sign_fields = sign_fields;
        limits.sign_labels = labels.iter().map(|&label| label.to_owned()).collect();
        stage.problems(&bank).join("\n")
    };
    let uneven = problems(Some(3), &["Account", "Amount"]);
    assert!(
        uneven.contains("sign_labels: there are 2, but sign_fields is 3"),
        "{uneven}"
    );
    assert!(problems(None, &["Account", ""]).contains("sign_labels: it is empty"));
    assert!(problems(None, &["a"; 65]).contains("sign_labels: 65 are too many"));
}

#[test]
fn a_policy_that_is_not_there_is_refused_where_it_is_named() {
    let (stage, mut bank) = (Stage::new(), bank());
    let tenant = &mut bank.tenants[0];
    tenant.users[0].authenticators[0].policies = Some(vec!["AT_OTHER".to_owned()]);
    tenant.clients[0].default_policy = Some("AT_OTHER".to_owned());
    let problems = stage.problems(&bank).join("\n");
    assert!(problems.contains("policies: the tenant has no AT_OTHER; it has AT_CUSTOTP"));
    assert!(problems.contains("default_policy: the tenant has no AT_OTHER"));
}

#[test]
fn what_must_be_unique_in_the_tenant_is() {
    let (stage, mut twice) = (Stage::new(), bank());
    let copy = twice.tenants[0].users[0].clone();
    twice.tenants[0].users.push(copy);
    let problems = stage.problems(&twice).join("\n");
    for expected in [
        "user alice: it",
        "external_id uid1: it",
        "authenticator 1: it",
    ] {
        assert!(
            problems.contains(&format!("{expected} is described twice")),
            "{problems}"
        );
    }
    stage.apply(&bank());
    let mut other = bank();
    other.tenants[0].users[0].login_name = "bob".to_owned();
    other.tenants[0].users[0].authenticators.clear();
    assert_eq!(
        stage.problems(&other),
        ["tenant ONLINEBANK, user bob: external_id: uid1 is taken by user alice"]
    );
}

#[test]
fn what_must_be_unique_in_the_server_is() {
    let stage = Stage::new();
    let full = |name: &str| {
        let mut tenant = TenantBlueprint {
            name: name.to_owned(),
            ..bank().tenants.remove(0)
        };
        let mut okay = OkayBlueprint::numbered(7);
        okay.secret = Some("x".repeat(30).into());
        tenant.okay = Some(okay);
        let mut site = SiteBlueprint::named("shop");
        site.secret = Some("x".repeat(64).into());
        tenant.sites.push(site);
        tenant
    };
    let both = Blueprint {
        tenants: vec![full("A"), full("B")],
        ..Blueprint::default()
    };
    let together = stage.problems(&both);
    assert_eq!(together.len(), 3, "{together:?}");
    stage.apply(&Blueprint {
        tenants: vec![full("A")],
        ..Blueprint::default()
    });
    assert_eq!(
        stage.problems(&Blueprint {
            tenants: vec![full("B")],
            ..Blueprint::default()
        }),
        together
    );

    let mut activid_alone = full("B");
    (activid_alone.okay, activid_alone.sites) = (None, Vec::new());
    activid_alone.clients[0].protocols = vec!["activid".to_owned()];
    stage.apply(&Blueprint {
        tenants: vec![activid_alone],
        ..Blueprint::default()
    });
}

#[test]
fn a_new_authenticator_needs_a_secret() {
    let (stage, mut bank) = (Stage::new(), bank());
    bank.tenants[0].users[0].authenticators[0] = AuthenticatorBlueprint::new("1", Kind::Hotp);
    assert_eq!(
        stage.problems(&bank),
        ["tenant ONLINEBANK, user alice, authenticator 1: secret: it is missing"]
    );
    assert!(stage.plan(&bank).is_err());
}

#[test]
fn a_signature_suite_that_is_the_response_suite_is_refused() {
    let suite = "OCRA-1:HOTP-SHA1-8:QA08";
    let told = refused(move |token| {
        token.suite = Some(suite.to_owned());
        token.signature_suite = Some(suite.to_owned());
    });
    assert!(
        told.contains("signature_suite: it is the same as suite"),
        "{told}"
    );
}

#[test]
fn windows_that_make_too_many_codes_right_at_once_are_refused() {
    let told = refused(|token| {
        token.counter_window = Some(20);
        token.time_window = Some(2);
    });
    assert!(told.contains("together 100 codes"), "{told}");
}

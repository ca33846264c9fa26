//! Accounts that visitors open: nothing before the address is confirmed, all in one piece then, once.

use std::collections::BTreeSet;

use challenge::audit::EventKind;
use challenge::delivery::{DeliverySecrets, Handover, Says, Security, SmtpSettings, Way};
use challenge::directory::provision::{Blueprint, DeliveryBlueprint, Options, ProvisionError};
use challenge::directory::{SignUp, TenantStatus};
use challenge::officers::{
    ASKED_IN_ALL, ASKED_PER_ADDRESS, ASKED_PER_EMAIL, AccountLetters, AccountWish, CONFIRM_S,
    Denied, Letter, NewSession, Officer, Reach, Role, SIGN_UP_SITE, Stage as Owed,
};
use challenge::verifier::Verifier;
use secrecy::ExposeSecret as _;

use super::stage::*;
use crate::support::*;

on_both!(
    a_closed_sign_up_is_not_there_and_needs_a_mail_server_to_be_opened,
    a_confirmed_address_has_a_tenant_on_trial_and_owes_a_password,
    one_link_followed_at_once_makes_one_tenant,
    two_links_of_one_address_make_one_tenant,
    many_accounts_opened_at_once_have_numbers_of_their_own,
    a_link_ends_after_a_day_and_a_changed_one_opens_nothing,
    letters_are_limited_by_email_by_address_and_in_all,
    of_many_who_ask_at_once_no_more_than_the_limit_get_a_letter,
    what_nobody_confirmed_is_swept,
);

const TRIAL_DAYS: u32 = 14;
const URL: &str = "https://verify.example";

fn smtp() -> DeliveryBlueprint {
    DeliveryBlueprint {
        prefer: Way::Email,
        smtp: Some(SmtpSettings {
            host: "mail.example".to_owned(),
            port: 25,
            security: Security::None,
            user_name: None,
            from: "codes@bank.example".to_owned(),
            subject: "{code}".to_owned(),
            text: "{code}".to_owned(),
            per_min: None,
        }),
        gateway: None,
        secrets: DeliverySecrets::default(),
    }
}

async fn apply(
    stage: &Stage,
    open: Option<bool>,
    delivery: Option<DeliveryBlueprint>,
) -> Result<(), ProvisionError> {
    let sign_up = open.map(|open| SignUp {
        open,
        trial_days: TRIAL_DAYS,
    });
    let blueprint = Blueprint {
        delivery,
        sign_up,
        ..Blueprint::default()
    };
    let provisioner = stage.one().provisioner();
    let applied = provisioner.apply(&blueprint, Options::default()).await;
    for node in &stage.nodes {
        node.catalogue.refresh().await.unwrap();
    }
    applied.map(drop)
}

pub(super) async fn open_stage(place: &Place) -> Stage {
    let stage = Stage::on(place).await;
    apply(&stage, Some(true), Some(smtp())).await.unwrap();
    stage
}

fn letters() -> AccountLetters {
    let letter = |subject: &str| Letter {
        subject: subject.to_owned(),
        text: "{link}".to_owned(),
    };
    AccountLetters {
        confirm: letter("confirm"),
        go_on: letter("go on"),
        known: letter("known"),
    }
}

pub(super) async fn ask(node: &Verifier, email: &str, address: &str) -> Result<(), Denied> {
    let wish = AccountWish {
        unverified_email: email,
        unverified_company: "Tea & <b>Pots",
    };
    node.ask_for_account(&wish, &letters(), (URL, &from(address)))
        .await
}

/// The letters that wait: to whom, which, and the link.
pub(super) async fn post(stage: &Stage) -> Vec<(String, String, String)> {
    let node = stage.one();
    let handout = node.claim_deliveries(Way::Email, 500).await.unwrap();
    let (mut letters, mut settled) = (Vec::new(), Vec::new());
    for parcel in handout.parcels {
        let Says::Letter { subject, text } = parcel.delivery.says else {
            panic!("a code");
        };
        let text = text.expose_secret().to_owned();
        letters.push((parcel.delivery.to, subject, text));
        settled.push((parcel.claimed, Handover::Taken));
    }
    node.settle_deliveries(Way::Email, settled).await.unwrap();
    letters
}

/// The secret in the link of the only letter.
pub(super) async fn link(stage: &Stage, email: &str) -> String {
    ask(stage.one(), email, "192.0.2.1").await.unwrap();
    let mut post = post(stage).await;
    let (to, which, link) = post.pop().unwrap();
    assert_eq!((post.len(), &*to, &*which), (0, email, "confirm"));
    let secret = link.strip_prefix("https://verify.example/console/sign-up/confirm/");
    secret.unwrap().to_owned()
}

pub(super) async fn open(node: &Verifier, link: &str) -> Result<NewSession, Denied> {
    node.open_account(link, from("192.0.2.9")).await
}

pub(super) async fn tenants(stage: &Stage) -> usize {
    stage.one().store().tenants().await.unwrap().len()
}

async fn a_closed_sign_up_is_not_there_and_needs_a_mail_server_to_be_opened(place: &Place) {
    let stage = Stage::on(place).await;
    let closed = Denied::Unknown("sign-up");
    let asked = ask(stage.one(), "ann@bank.example", "192.0.2.1").await;
    assert_eq!(asked.unwrap_err(), closed);
    assert!(stage.other().catalogue.site(SIGN_UP_SITE).is_none());
    let refused = apply(&stage, Some(true), None).await.unwrap_err();
    assert!(refused.to_string().contains("[delivery.smtp]"), "{refused}");
    apply(&stage, Some(true), Some(smtp())).await.unwrap();
    assert!(stage.other().catalogue.site(SIGN_UP_SITE).is_some());
    let link = link(&stage, "ann@bank.example").await;
    let without = DeliveryBlueprint {
        smtp: None,
        ..smtp()
    };
    let refused = apply(&stage, None, Some(without.clone())).await;
    assert!(refused.is_err(), "letters could not leave any more");
    apply(&stage, Some(false), Some(without)).await.unwrap();
    assert_eq!(open(stage.one(), &link).await.unwrap_err(), closed);
    assert!(stage.other().catalogue.site(SIGN_UP_SITE).is_none());
    // Nobody can describe the site away, and a start finds it well.
    stage.one().found_console().await.unwrap();
}

async fn a_confirmed_address_has_a_tenant_on_trial_and_owes_a_password(place: &Place) {
    let stage = open_stage(place).await;
    let before = tenants(&stage).await;
    let by = Officer::command_line();
    let link = link(&stage, "ann@bank.example").await;
    assert_eq!(tenants(&stage).await, before);
    let unmade = stage.one().administrator_named(&by, "ann@bank.example");
    assert!(unmade.await.is_err(), "nothing before the confirmation");
    let session = open(stage.other(), &link).await.unwrap();
    assert_eq!(session.stage, Owed::Password);
    stage.one().catalogue.refresh().await.unwrap();
    let view = stage.one().catalogue.tenant_by_okay_id(150_001).unwrap();
    let okay = view.tenant.okay.as_ref().unwrap();
    assert_eq!(view.tenant.display_name, "Tea & <b>Pots");
    let name = view.tenant.name.strip_prefix("t150001-").unwrap();
    assert!(name.len() == 6 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(okay.status, TenantStatus::Active);
    assert_eq!(okay.trial_expires, Some(NOW.plus_s(TRIAL_DAYS * 86_400)));
    let owner = stage.one().administrator_named(&by, "ann@bank.example");
    let owner = owner.await.unwrap();
    assert_eq!(owner.role, Role::Admin);
    assert_eq!(owner.reach, Reach::Tenant(view.tenant.id));
    let owed = stage.session(&session).await;
    let chosen = stage.choose(&owed, PASSWORD).await.unwrap();
    assert_eq!(chosen.stage, Owed::Factor);
    let again = open(stage.one(), &link).await.unwrap_err();
    assert_eq!(again, Denied::NotSignedIn);
    let events = stage
        .one()
        .store()
        .events(view.tenant.id, 10)
        .await
        .unwrap();
    let opened = events
        .iter()
        .find(|event| event.kind == EventKind::OpenAccount);
    let opened = opened.unwrap();
    assert_eq!(opened.officer(), Some("ann@bank.example"));
    assert_eq!(opened.detail.address.as_deref(), Some("192.0.2.9"));
    let made = events
        .iter()
        .find(|event| event.kind == EventKind::Provision);
    assert_eq!(made.unwrap().officer(), Some("ann@bank.example"));
}

async fn one_link_followed_at_once_makes_one_tenant(place: &Place) {
    let stage = open_stage(place).await;
    let before = tenants(&stage).await;
    let link = link(&stage, "ann@bank.example").await;
    let outcomes = at_once(&stage, |node, _| {
        let link = link.clone();
        async move { open(&node, &link).await }
    });
    let outcomes = outcomes.await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let denied = outcomes.into_iter().filter_map(Result::err);
    assert!(
        denied
            .into_iter()
            .all(|denied| matches!(denied, Denied::NotSignedIn | Denied::Taken(_)))
    );
    assert_eq!(tenants(&stage).await, before + 1);
}

async fn two_links_of_one_address_make_one_tenant(place: &Place) {
    let stage = open_stage(place).await;
    let before = tenants(&stage).await;
    let links = [
        link(&stage, "ann@bank.example").await,
        link(&stage, "ann@bank.example").await,
    ];
    let outcomes = at_once(&stage, |node, turn| {
        let link = links[turn / 2 % 2].clone();
        async move { open(&node, &link).await }
    });
    let outcomes = outcomes.await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(tenants(&stage).await, before + 1);
}

async fn many_accounts_opened_at_once_have_numbers_of_their_own(place: &Place) {
    let stage = open_stage(place).await;
    let before = tenants(&stage).await;
    let mut links = Vec::new();
    for turn in 0..8 {
        links.push(link(&stage, &format!("ann{turn}@bank.example")).await);
    }
    let outcomes = at_once(&stage, |node, turn| {
        let link = links[turn / 2].clone();
        async move { open(&node, &link).await }
    });
    let outcomes = outcomes.await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 8);
    let rows = stage.one().store().tenants().await.unwrap();
    assert_eq!(rows.len(), before + 8);
    let numbers = rows.iter().filter_map(|row| row.tenant.okay.as_ref());
    let numbers: BTreeSet<_> = numbers.map(|okay| okay.id).collect();
    assert_eq!(numbers, (150_001..150_009).collect());
}

async fn a_link_ends_after_a_day_and_a_changed_one_opens_nothing(place: &Place) {
    let stage = open_stage(place).await;
    let first = link(&stage, "ann@bank.example").await;
    let second = link(&stage, "bob@bank.example").await;
    let (head, tail) = first.split_at(first.len() - 20);
    let changed = format!("{head}{}", second.split_at(second.len() - 20).1);
    for strange in [changed.as_str(), head, tail, "", &first.to_uppercase()] {
        let denied = open(stage.one(), strange).await.unwrap_err();
        assert_eq!(denied, Denied::NotSignedIn, "{strange}");
    }
    stage.clock.advance_s(CONFIRM_S - 1);
    open(stage.other(), &first).await.unwrap();
    stage.clock.advance_s(1);
    let late = open(stage.one(), &second).await.unwrap_err();
    assert_eq!(late, Denied::NotSignedIn);
}

async fn letters_are_limited_by_email_by_address_and_in_all(place: &Place) {
    let stage = open_stage(place).await;
    let is_limit = |outcome: Result<(), Denied>| matches!(outcome, Err(Denied::TooMany(_)));
    for turn in 0..ASKED_PER_EMAIL {
        let address = format!("192.0.2.{turn}");
        ask(stage.one(), "ann@bank.example", &address)
            .await
            .unwrap();
    }
    let once_more = ask(stage.other(), " Ann@Bank.example", "198.51.100.1").await;
    assert!(is_limit(once_more));
    for turn in 0..ASKED_PER_ADDRESS {
        let email = format!("{turn}@bank.example");
        let address = format!("2001:db8::{turn}");
        ask(stage.one(), &email, &address).await.unwrap();
    }
    let network = ask(stage.other(), "x@bank.example", "2001:db8::ffff").await;
    assert!(is_limit(network));
    for turn in ASKED_PER_EMAIL + ASKED_PER_ADDRESS..ASKED_IN_ALL {
        let email = format!("{turn}@bank.example");
        let address = format!("203.0.{turn}.1");
        ask(stage.one(), &email, &address).await.unwrap();
    }
    let other = ask(stage.other(), "y@bank.example", "198.51.100.7").await;
    assert!(is_limit(other));
    assert_eq!(post(&stage).await.len(), 200);
    stage.clock.advance_s(3700);
    ask(stage.other(), "ann@bank.example", "192.0.2.1")
        .await
        .unwrap();
}

async fn of_many_who_ask_at_once_no_more_than_the_limit_get_a_letter(place: &Place) {
    let stage = open_stage(place).await;
    let outcomes = at_once(&stage, |node, turn| async move {
        ask(&node, "ann@bank.example", &format!("192.0.2.{turn}")).await
    });
    let sent = outcomes.await.into_iter().flatten().count();
    assert_eq!(sent, usize::try_from(ASKED_PER_EMAIL).unwrap());
    assert_eq!(post(&stage).await.len(), sent);
}

async fn what_nobody_confirmed_is_swept(place: &Place) {
    let stage = open_stage(place).await;
    let link = link(&stage, "ann@bank.example").await;
    let store = stage.one().store();
    store.sweep(stage.one().now(), 100).await.unwrap();
    stage.clock.advance_s(CONFIRM_S);
    // The row, and the three counts.
    let swept = store.sweep(stage.one().now(), 100).await.unwrap();
    assert_eq!(swept, 4);
    let gone = open(stage.one(), &link).await.unwrap_err();
    assert_eq!(gone, Denied::NotSignedIn);
}

//! The console's pages about what moves: what phones are asked, and what waits to leave or was given up.

use challenge::clock::Clock as _;
use challenge::officers::Role;
use countersign::config::provisioning;
use countersign::system::SystemClock;
use reqwest::StatusCode;

use crate::console_stage::{Answer, Browser, Stage};
use crate::partner::{Partner, tenants};
use crate::receiver::{Manner, Receiver};

const HOSTILE: &str = "</bdi><script>alert(1)</script>\u{202e}";

/// A console, a tenant whose server takes no callbacks, and somebody who asks for approvals.
async fn open(receiver: &Receiver) -> (Stage, Partner) {
    let stage = Stage::open().await;
    // Phones of this machine sign with the time that it is.
    stage.clock.set(SystemClock.now());
    let file = tenants(&[(40123, &receiver.url(), ""), (40124, &receiver.url(), "")]);
    let text = std::fs::read_to_string(&file).unwrap();
    let wanted = provisioning::parse(&text).unwrap();
    let provisioner = stage.verifier.provisioner();
    provisioner
        .apply(&wanted, challenge::directory::provision::Options::default())
        .await
        .unwrap();
    stage.verifier.catalogue.refresh().await.unwrap();
    let partner = Partner::of(&stage.base, 40123);
    (stage, partner)
}

/// Asks for a page until it has a text.
async fn until(browser: &mut Browser, path: &str, text: &str) -> Answer {
    until_so_many(browser, path, (text, 1)).await
}

/// Asks for a page until it has a text so many times.
async fn until_so_many(browser: &mut Browser, path: &str, (text, times): (&str, usize)) -> Answer {
    for _ in 0..3_000 {
        let answer = browser.get(path).await;
        if answer.text.matches(text).count() >= times {
            return answer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{path} never had {text}: {}", browser.get(path).await.text);
}

#[tokio::test]
async fn an_approval_that_waits_is_looked_at_and_withdrawn_once() {
    let receiver = Receiver::start(Manner::status(200)).await;
    let (stage, partner) = open(&receiver).await;
    let _phone = partner.linked("uid<b>1").await;
    let session = partner.session("uid<b>1", 101, HOSTILE).await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    let path = "/console/tenants/T40123/approvals";
    let listed = browser.get(path).await.text;
    for text in [
        "Payment",
        "uid&#60;b&#62;1",
        ">waits<",
        &format!("{path}/{session}/withdraw"),
    ] {
        assert!(listed.contains(text), "{text}: {listed}");
    }
    let shown = browser.get(&format!("{path}/{session}")).await.text;
    assert!(
        !shown.contains("<script>alert") && shown.contains("&#60;script&#62;"),
        "{shown}"
    );
    // Nobody else's, and none of another tenant.
    let foreign = format!("/console/tenants/T40124/approvals/{session}");
    assert_eq!(browser.get(&foreign).await.status, StatusCode::NOT_FOUND);
    browser.get(&format!("{path}/{session}/withdraw")).await;
    let done = browser
        .post(&format!("{path}/{session}/withdraw"), &[])
        .await;
    assert_eq!(done.location(), path, "{}", done.text);
    let again = browser
        .post(&format!("{path}/{session}/withdraw"), &[])
        .await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
    let left = browser.get(path).await.text;
    assert!(
        left.contains("is withdrawn") && left.contains("Nobody is being asked."),
        "{left}"
    );
    let past = browser.get(&format!("{path}?state=all")).await.text;
    assert!(past.contains(">withdrawn<"), "{past}");
    let checked = partner.check(&session).await;
    assert_ne!(checked["status"]["code"], 0, "{checked}");
}

#[tokio::test]
async fn what_was_given_up_leaves_again_by_itself_or_with_all_of_its_page() {
    let receiver = Receiver::start(Manner::status(410)).await;
    let (stage, partner) = open(&receiver).await;
    let _one = partner.linked("one").await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    let path = "/console/tenants/T40123/callbacks";
    let dead = format!("{path}?state=dead");
    let shown = until(&mut browser, &dead, "410: the receiver wants no callbacks")
        .await
        .text;
    assert!(shown.contains("they are stopped since"), "{shown}");
    assert!(shown.contains(">given up<"), "{shown}");
    let _two = partner.linked("two").await;
    let shown = until_so_many(
        &mut browser,
        "/console/callbacks?state=dead",
        ("type=\"hidden\" name=\"id\"", 2),
    )
    .await;
    assert!(shown.text.contains("<bdi>T40123</bdi>"), "{}", shown.text);
    let id = shown.between("name=\"id\" value=\"", "\"").to_owned();

    receiver.behave(Manner::status(200));
    let fields = [("id", id.as_str()), ("from", dead.as_str())];
    let done = browser.post(&format!("{path}/redeliver"), &fields).await;
    assert_eq!(done.location(), dead, "{}", done.text);
    let left = browser.get(&dead).await;
    assert!(!left.text.contains(&id), "{}", left.text);
    let rest = left
        .text
        .split("type=\"hidden\" name=\"id\" value=\"")
        .skip(1);
    let rest: Vec<_> = rest.map(|rest| rest.split_once('"').unwrap().0).collect();
    assert!(!rest.is_empty(), "{}", left.text);
    let all: Vec<_> = rest.iter().map(|id| ("id", *id)).collect();
    browser.post("/console/callbacks/redeliver", &all).await;
    // What leaves is due at the moment that stands still here.
    let mut left = browser.get("/console/callbacks").await.text;
    for _ in 0..3_000 {
        if left.contains("Nothing waits here.") {
            break;
        }
        stage.clock.advance_s(1);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        left = browser.get("/console/callbacks").await.text;
    }
    assert!(left.contains("Nothing waits here."), "{left}");
    let again = browser.post(&format!("{path}/redeliver"), &fields).await;
    assert_eq!(again.location(), dead, "{}", again.text);
    let told = browser.get(&dead).await.text;
    assert!(told.contains("Nothing was left to send"), "{told}");
    // Where to go on is a page of this list, whatever the form says.
    let fields = [("id", id.as_str()), ("from", "/console/account")];
    let astray = browser.post(&format!("{path}/redeliver"), &fields).await;
    assert_eq!(astray.location(), path);
}

#[tokio::test]
async fn a_callback_is_looked_at_by_all_and_sent_by_those_who_look_after_it() {
    let receiver = Receiver::start(Manner::status(410)).await;
    let (stage, partner) = open(&receiver).await;
    let _one = partner.linked("one").await;
    let session = partner.session("one", 101, "?").await;
    let mut op = stage.signed_in("op", Role::Operator, None).await.browser;
    let path = "/console/tenants/T40123/callbacks";
    let shown = until(&mut op, &format!("{path}?state=dead"), "410").await;
    let id = shown.between("name=\"id\" value=\"", "\"").to_owned();
    let withdraw = format!("/console/tenants/T40123/approvals/{session}/withdraw");
    for tenant in [None, Some("T40123")] {
        let name = format!("aud-{}", tenant.unwrap_or("all"));
        let mut browser = stage.signed_in(&name, Role::Auditor, tenant).await.browser;
        let shown = browser.get(path).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(
            shown.text.contains(&id) && !shown.text.contains("/redeliver"),
            "{}",
            shown.text
        );
        let approvals = browser.get("/console/tenants/T40123/approvals").await.text;
        assert!(
            approvals.contains(&session) && !approvals.contains("/withdraw"),
            "{approvals}"
        );
        for path in [
            &format!("{path}/redeliver"),
            &withdraw,
            "/console/callbacks/redeliver",
        ] {
            let sent = browser.post(path, &[("id", &id)]).await;
            assert_eq!(
                sent.status,
                StatusCode::FORBIDDEN,
                "{name} {path}: {}",
                sent.text
            );
        }
        let all = browser.get("/console/callbacks").await;
        let expected = if tenant.is_none() {
            StatusCode::OK
        } else {
            StatusCode::FORBIDDEN
        };
        assert_eq!(all.status, expected, "{name}: {}", all.text);
        assert_eq!(
            shown.text.contains("href=\"/console/callbacks\""),
            tenant.is_none()
        );
    }
    // One tenant's officer lets nothing of another leave.
    let own = stage.signed_in("own", Role::Operator, Some("T40124")).await;
    let mut own = own.browser;
    own.get("/console/").await;
    let sent = own
        .post(
            "/console/tenants/T40124/callbacks/redeliver",
            &[("id", &id)],
        )
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let told = own.get(sent.location()).await.text;
    assert!(told.contains("Nothing was left to send"), "{told}");
    let sent = own.post(&format!("{path}/redeliver"), &[("id", &id)]).await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND, "{}", sent.text);
}

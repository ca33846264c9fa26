//! What moves, as officers see it: challenges, approval sessions, phones, and what waits to leave.

use std::fmt::Write as _;

use challenge::approval::ports::{ApprovalWrites, Write};
use challenge::approval::{
    Capabilities, Device, DeviceStatus, PublicKey, Question, Session, SessionKind,
};
use challenge::audit::{EventKind, Outcome};
use challenge::directory::{PinPlace, TenantView};
use challenge::door::Door;
use challenge::id::{Id, TimedId};
use challenge::lifecycle::State;
use challenge::ports::{Change, Message, StandingWrite};
use challenge::watching::Post;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use crate::management::office::{Office, problem, shown};
use crate::management::watching::{BANK, NOW, event};

impl Office {
    /// Links a phone to the first user of a bank, and asks it something; both by their rows.
    async fn link_and_ask(&self, tenant: &str) -> (String, String) {
        let view = self.bank(tenant);
        let user: Id<challenge::directory::User> =
            self.user(tenant, "myTestUser1").await.parse().unwrap();
        let store = self.desk.verifier.store();
        let read = store.standing(view.tenant.id, user).await.unwrap().unwrap();
        let (device, session) = (Id::from_number(5).unwrap(), Id::from_number(6).unwrap());
        let mut next = read.value.clone();
        next.approval.device = Some(device);
        let phone = phone(&view, user, device);
        let asked = Session {
            device,
            user,
            tenant: view.tenant.id,
            ..asked(session)
        };
        let mut told = event(&view, 1, (EventKind::Start, Outcome::Done));
        told.user = Some(user);
        told.detail.session = Some(session);
        let mut linked = event(&view, 2, (EventKind::LinkDevice, Outcome::Done));
        linked.user = Some(user);
        linked.detail.device = Some(device);
        let standing = StandingWrite {
            user,
            expected: read.version,
            next: Some(next),
        };
        let devices = vec![Write {
            key: device,
            expected: 0,
            next: Some(phone),
        }];
        let sessions = vec![Write {
            key: session,
            expected: 0,
            next: Some(asked),
        }];
        self.commit(Change {
            standing: Some(standing),
            approvals: ApprovalWrites {
                devices,
                sessions,
                ..ApprovalWrites::default()
            },
            ..Change::telling(told)
        })
        .await;
        self.commit(Change::telling(linked)).await;
        (device.to_string(), session.to_string())
    }
}

fn phone(view: &TenantView, user: Id<challenge::directory::User>, id: Id<Device>) -> Device {
    // The generator of P-256 (SEC 2, section 2.4.2).
    let point = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
        4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    let point = HEXLOWER.decode(point.as_bytes()).unwrap();
    Device {
        id,
        tenant: view.tenant.id,
        user,
        user_external_id: "uid406jkt".to_owned(),
        public_key: PublicKey::of_unverified(&point).unwrap(),
        name: "Pixel".to_owned(),
        platform: "Android".to_owned(),
        capabilities: Capabilities::default(),
        push: None,
        linked_at: NOW,
        status: DeviceStatus::Linked,
    }
}

fn asked(id: Id<Session>) -> Session {
    Session {
        id,
        tenant: Id::SERVER,
        tenant_number: 40007,
        tenant_name: "Online Bank".to_owned(),
        user: Id::SERVER,
        user_external_id: "uid406jkt".to_owned(),
        device: Id::SERVER,
        question: Question {
            kind: SessionKind::PinTan,
            header: "Payment".to_owned(),
            text: "10 EUR to <b>nobody</b>".to_owned(),
            device_data: None,
        },
        client: None,
        door: Some(Door::Okay),
        pin: PinPlace::Tenant,
        number: Some("42".to_owned()),
        issued_at: NOW,
        answer_by: NOW.plus_s(120),
        state: State::Open { attempts_left: 3 },
        answer: None,
        proof: None,
        end_told: false,
    }
}

#[tokio::test]
async fn a_challenge_is_looked_at_and_withdrawn_once() {
    let office = Office::open().await;
    let user = office.user("ONLINEBANK", "myTestUser2").await;
    let id = office.issue("ONLINEBANK", "myTestUser2").await;
    let mut said = String::new();
    for path in [
        format!("{BANK}/challenges?open=true"),
        format!("{BANK}/challenges?user={user}"),
    ] {
        let page = office.get(&path).await;
        assert_eq!(page.json()["items"][0]["id"], id.as_str(), "{path}");
        said += &shown(&page);
    }
    let path = format!("{BANK}/challenges/{id}");
    let refused = (&office.auditor, ("POST", format!("{path}/cancel")));
    let refused = office
        .ask(refused.0, (refused.1.0, &refused.1.1), &[], &Value::Null)
        .await;
    assert_eq!(refused.status, 403);
    said += &shown(&office.post(&format!("{path}/cancel"), &Value::Null).await);
    let again = office.post(&format!("{path}/cancel"), &Value::Null).await;
    assert_eq!(again.status, 409, "{}", again.body);
    let open = office.get(&format!("{BANK}/challenges?open=true")).await;
    assert_eq!(open.json()["items"], json!([]));
    let foreign = format!("/tenants/OTHERBANK/challenges/{id}");
    assert_eq!(office.get(&foreign).await.status, 404);
    let told = office
        .kinds(&office.auditor, &format!("{BANK}/audit?kind=cancel"))
        .await;
    assert_eq!(told, ["cancel"]);
    insta::assert_snapshot!(said);
}

#[tokio::test]
async fn a_session_is_looked_at_and_withdrawn_and_its_phone_unlinked() {
    let office = Office::open().await;
    let (device, session) = office.link_and_ask("ONLINEBANK").await;
    let user = office.user("ONLINEBANK", "myTestUser1").await;
    let mut said = String::new();
    for path in [
        format!("{BANK}/sessions?pending=true"),
        format!("{BANK}/sessions?user={user}"),
        format!("{BANK}/devices?linked=true"),
        format!("{BANK}/users/{user}/devices"),
    ] {
        let page = office.get(&path).await;
        assert_eq!(page.json()["items"].as_array().unwrap().len(), 1, "{path}");
        write!(said, "> GET {path}\n{}", shown(&page)).unwrap();
    }
    assert!(
        !said.contains("42\""),
        "the page's number is nobody's to see: {said}"
    );
    let path = format!("{BANK}/sessions/{session}/cancel");
    let ended = office.post(&path, &Value::Null).await;
    write!(said, "> POST {path}\n{}", shown(&ended)).unwrap();
    assert_eq!(office.post(&path, &Value::Null).await.status, 409);
    let path = format!("{BANK}/devices/{device}/unlink");
    let gone = office.post(&path, &Value::Null).await;
    write!(said, "> POST {path}\n{}", shown(&gone)).unwrap();
    assert_eq!(office.post(&path, &Value::Null).await.status, 409);
    let linked = office.get(&format!("{BANK}/devices?linked=true")).await;
    assert_eq!(linked.json()["items"], json!([]));
    let told = office
        .kinds(
            &office.auditor,
            &format!("{BANK}/audit?officer=token%20admin"),
        )
        .await;
    assert_eq!(told, ["unlink", "cancel"]);
    insta::assert_snapshot!(said);
}

/// The events are cut after a time, and a busy user has more than are looked through.
#[tokio::test]
async fn a_linked_phone_is_listed_though_no_event_tells_of_it() {
    let office = Office::open().await;
    let view = office.bank("ONLINEBANK");
    let named = office.user("ONLINEBANK", "myTestUser1").await;
    let user: Id<challenge::directory::User> = named.parse().unwrap();
    let read = office.desk.verifier.store().standing(view.tenant.id, user);
    let read = read.await.unwrap().unwrap();
    let device = Id::from_number(5).unwrap();
    let mut next = read.value.clone();
    next.approval.device = Some(device);
    let approvals = ApprovalWrites {
        devices: vec![Write {
            key: device,
            expected: 0,
            next: Some(phone(&view, user, device)),
        }],
        ..ApprovalWrites::default()
    };
    let told = event(&view, 1, (EventKind::Start, Outcome::Done));
    office
        .commit(Change {
            standing: Some(StandingWrite {
                user,
                expected: read.version,
                next: Some(next),
            }),
            approvals,
            ..Change::telling(told)
        })
        .await;
    let page = office.get(&format!("{BANK}/users/{named}/devices")).await;
    let items = page.json()["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 1, "{items}");
    assert_eq!(items[0]["id"], device.to_string());
}

#[tokio::test]
async fn a_linking_code_is_told_once_and_the_next_takes_its_place() {
    let office = Office::open().await;
    let user = office.user("ONLINEBANK", "myTestUser1").await;
    let path = format!("{BANK}/users/{user}/link");
    let refused = office
        .ask(&office.auditor, ("POST", &path), &[], &Value::Null)
        .await;
    assert_eq!(refused.status, 403);
    let key = [("idempotency-key", "one")];
    let ask = async || {
        let reply = office
            .ask(&office.operator, ("POST", &path), &key, &Value::Null)
            .await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    };
    let told = ask().await;
    let code = told["code"].as_str().unwrap().to_owned();
    assert!(code.len() >= 6 && code.bytes().all(|digit| digit.is_ascii_digit()));
    let url = told["url"].as_str().unwrap();
    assert!(url.ends_with(&format!("/app/#/link/{code}")), "{url}");
    assert!(told["qr_png"].as_str().unwrap().starts_with("iVBOR"));
    assert_eq!(ask().await, told, "the same request is told the same");
    let store = office.desk.verifier.store();
    assert_eq!(store.open_linking_codes(NOW, 100).await.unwrap(), 1);
    let next = office.post(&path, &Value::Null).await.json();
    assert_ne!(next["code"], code.as_str());
    let open = store.open_linking_codes(NOW, 100).await.unwrap();
    assert_eq!(open, 1, "the one before opens nothing any more");
    let told = office
        .kinds(
            &office.auditor,
            &format!("{BANK}/audit?kind=link&protocol=management"),
        )
        .await;
    assert_eq!(told, ["link", "link"]);
}

#[tokio::test]
async fn a_user_without_an_external_id_gets_no_linking_code() {
    let office = Office::open().await;
    let user = office.user("ONLINEBANK", "myTestUser2").await;
    let path = format!("{BANK}/users/{user}/link");
    let refused = office.post(&path, &Value::Null).await;
    assert_eq!(problem(&refused), ("not-possible".to_owned(), vec![]));
    assert!(refused.body.contains("external id"), "{}", refused.body);
}

#[tokio::test]
async fn what_waits_is_told_without_what_it_says_and_leaves_again() {
    let office = Office::open().await;
    let bank = office.bank("ONLINEBANK");
    let user = office.user("ONLINEBANK", "myTestUser1").await;
    let line: Id<_> = user.parse().unwrap();
    let store = office.desk.verifier.store();
    let read = store.standing(bank.tenant.id, line).await.unwrap().unwrap();
    let message = |number, post: Post| {
        let mut id = *TimedId::first_at(NOW).as_bytes();
        id[15] = number;
        Message {
            id: TimedId::from_bytes(id),
            tenant: bank.tenant.id,
            kind: post.kind().to_owned(),
            line: Some(line),
            body: "{\"pin\":\"1234\"}".to_owned(),
            due_at: NOW.plus_s(600),
        }
    };
    office
        .commit(Change {
            standing: Some(StandingWrite {
                user: line,
                expected: read.version,
                next: Some(read.value.clone()),
            }),
            messages: vec![message(1, Post::Callback), message(2, Post::Sms)],
            ..Change::telling(event(&bank, 3, (EventKind::Unlink, Outcome::Done)))
        })
        .await;
    let waiting = office.get(&format!("{BANK}/callbacks?user={user}")).await;
    assert!(!waiting.body.contains("1234"), "{}", waiting.body);
    let codes = office.get("/callbacks?kind=sms").await.json();
    assert_eq!(codes["items"].as_array().unwrap().len(), 1);
    let dead = office.get("/callbacks?dead=true").await.json();
    assert_eq!(dead["items"], json!([]));
    let id = waiting.json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let foreign = format!("/tenants/OTHERBANK/callbacks/{id}/redeliver");
    assert_eq!(office.post(&foreign, &Value::Null).await.status, 404);
    let path = format!("{BANK}/callbacks/{id}/redeliver");
    assert_eq!(office.post(&path, &Value::Null).await.status, 204);
    let leaves = office.get(&format!("{BANK}/callbacks")).await;
    assert_eq!(
        leaves.json()["items"][0]["next_try_at"],
        "2026-09-21T14:13:20Z"
    );
    let told = office
        .kinds(&office.auditor, &format!("{BANK}/audit?kind=redeliver"))
        .await;
    assert_eq!(told, ["redeliver"]);
    insta::assert_snapshot!(shown(&waiting) + &shown(&leaves));
}

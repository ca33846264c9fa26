//! What officers watch: the audit log, what moves, what waits, what was counted, how the server is.

use challenge::approval::ports::{ApprovalWrites, Write};
use challenge::approval::{
    Capabilities, Device, DeviceStatus, PublicKey, Question, Session, SessionKind,
};
use challenge::audit::{Detail, Event, EventKind, Outcome};
use challenge::clock::Timestamp;
use challenge::directory::{PinPlace, TenantView, UserKey};
use challenge::door::Door;
use challenge::id::{Id, TimedId};
use challenge::issuance::{Asked, Wish};
use challenge::lifecycle::{Purpose, State};
use challenge::ports::{Change, Message, StandingWrite};
use challenge::verifier::Context;
use challenge::watching::{Counts, Post, Span, TrafficRow, spread};
use challenge::which::Which;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use crate::management::office::{Office, START_S, shown};

const NOW: Timestamp = Timestamp::from_unix_s(START_S);

const BANK: &str = "/tenants/ONLINEBANK";

/// The present moment's event on a tenant, as a client of a protocol brings it about.
fn event(tenant: &TenantView, number: u8, (kind, outcome): (EventKind, Outcome)) -> Event {
    let mut id = *TimedId::first_at(NOW).as_bytes();
    id[15] = number;
    Event {
        id: TimedId::from_bytes(id),
        at: NOW,
        tenant: tenant.tenant.id,
        kind,
        outcome,
        user: None,
        detail: Detail {
            door: Some(Door::Activid),
            client: Some("portal".to_owned()),
            ..Detail::default()
        },
    }
}

impl Office {
    fn bank(&self, name: &str) -> std::sync::Arc<TenantView> {
        self.desk.verifier.catalogue.tenant(name).unwrap()
    }

    async fn commit(&self, change: Change) {
        self.desk.verifier.store().commit(change).await.unwrap();
    }

    /// The texts of the events that are told at a place, newest first.
    async fn kinds(&self, token: &str, path: &str) -> Vec<String> {
        let reply = self.ask(token, ("GET", path), &[], &Value::Null).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        let page = reply.json();
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|event| event["kind"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Has a challenge asked of a user.
    async fn issue(&self, tenant: &str, user: &str) -> String {
        let view = self.bank(tenant);
        let client = view.clients().next().unwrap();
        let wish = Wish {
            context: Context {
                tenant: &view,
                client,
                door: Door::Activid,
                channel: None,
                address: None,
                correlation: None,
            },
            user: UserKey::LoginName(user),
            policy: None,
            which: Which::ANY,
            purpose: Purpose::Respond,
            asked: Asked::Drawn,
            to_one: false,
        };
        let issued = self.desk.verifier.issue(&wish).await.unwrap();
        issued.id.to_string()
    }

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
async fn the_audit_is_searched_a_page_at_a_time() {
    let office = Office::open().await;
    let user = office.user("ONLINEBANK", "myTestUser1").await;
    for act in ["lock", "unlock"] {
        office.clock.advance_s(1);
        let path = format!("{BANK}/users/{user}/{act}");
        assert_eq!(office.post(&path, &Value::Null).await.status, 200);
    }
    let mut said = String::new();
    let search = format!("{BANK}/audit?user={user}&limit=1");
    let first = office.get(&search).await;
    said += &shown(&first);
    let next = first.json()["next"].as_str().unwrap().to_owned();
    said += &shown(&office.get(&format!("{search}&after={next}")).await);
    insta::assert_snapshot!(said);
}

#[tokio::test]
async fn every_filter_narrows_and_all_of_them_hold() {
    let office = Office::open().await;
    let bank = office.bank("ONLINEBANK");
    let user = office.user("ONLINEBANK", "myTestUser1").await;
    let wrong = (EventKind::OneTimePassword, Outcome::WrongAndLocked);
    let mut guess = event(&bank, 9, wrong);
    guess.user = Some(user.parse().unwrap());
    guess.detail.correlation = Some("Order-4711".to_owned());
    office.commit(Change::telling(guess)).await;
    office.clock.advance_s(60);
    let path = format!("{BANK}/users/{user}/lock");
    assert_eq!(office.post(&path, &Value::Null).await.status, 200);
    let cases = [
        ("kind=lock", vec!["lock"]),
        ("outcome=wrong_and_locked", vec!["one_time_password"]),
        ("client=portal", vec!["one_time_password"]),
        ("officer=token%20admin", vec!["lock"]),
        ("officer=portal", vec![]),
        ("text=ORDER-47", vec!["one_time_password"]),
        ("text=ORDER-47&kind=lock", vec![]),
        ("from=2026-09-21T14:14:00Z", vec!["lock"]),
        (
            "from=2026-09-21T14:13:20Z&to=2026-09-21T14:14:00Z&kind=one_time_password",
            vec!["one_time_password"],
        ),
        ("to=2026-09-20", vec!["provision"]),
    ];
    for (query, expected) in cases {
        let found = office
            .kinds(&office.auditor, &format!("{BANK}/audit?{query}"))
            .await;
        assert_eq!(found, expected, "{query}");
    }
    for (query, named) in [
        ("kind=nonsense", "kind"),
        ("outcome=nonsense", "outcome"),
        ("user=ann", "user"),
        ("from=yesterday", "from"),
        ("colour=red", "colour"),
        ("after=x", "after"),
        (format!("text={}", "x".repeat(201)).as_str(), "text"),
    ] {
        let reply = office.get(&format!("{BANK}/audit?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
        assert!(
            reply.json()["detail"].as_str().unwrap().contains(named),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_tenants_officer_sees_what_happened_on_that_tenant_alone() {
    let office = Office::open().await;
    for tenant in ["ONLINEBANK", "OTHERBANK"] {
        let user = office.user(tenant, "myTestUser1").await;
        let path = format!("/tenants/{tenant}/users/{user}/lock");
        assert_eq!(office.post(&path, &Value::Null).await.status, 200);
    }
    let own = office
        .kinds(&office.owner, &format!("{BANK}/audit?kind=lock"))
        .await;
    assert_eq!(own, ["lock"]);
    let all = office.kinds(&office.auditor, "/audit?kind=lock").await;
    assert_eq!(all, ["lock", "lock"]);
    let statistics = format!("{BANK}/statistics");
    for (token, path, status) in [
        (&office.owner, "/audit", 403),
        (&office.owner, "/statistics", 403),
        (&office.owner, "/callbacks", 403),
        (&office.owner, "/server/health", 403),
        (&office.owner, "/tenants/OTHERBANK/audit", 404),
        (&office.stranger, &statistics, 404),
        (&office.owner, &statistics, 200),
        (&office.auditor, "/server/health", 200),
    ] {
        let reply = office.ask(token, ("GET", path), &[], &Value::Null).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
    }
}

#[tokio::test]
async fn an_export_has_every_event_once_and_no_formula() {
    let office = Office::open().await;
    let bank = office.bank("ONLINEBANK");
    // More than fit one page of the search behind it.
    let mut told = event(&bank, 0, (EventKind::Response, Outcome::Wrong));
    told.detail.named_user = Some("=HYPERLINK(\"http://x\",\"y\")".to_owned());
    told.detail.correlation = Some("line\r\nbreak, \"quoted\"".to_owned());
    for number in 0..1201_u32 {
        let mut id = *TimedId::first_at(NOW).as_bytes();
        id[12..].copy_from_slice(&number.to_be_bytes());
        told.id = TimedId::from_bytes(id);
        office.commit(Change::telling(told.clone())).await;
    }
    let export = async |accept: &str| {
        let path = format!("{BANK}/audit?kind=response");
        let headers = [("accept", accept)];
        let reply = office
            .ask(&office.auditor, ("GET", &path), &headers, &Value::Null)
            .await;
        assert_eq!(reply.status, 200);
        reply
    };
    let lines = export("application/x-ndjson").await;
    assert_eq!(lines.headers["content-type"], "application/x-ndjson");
    let ids = lines.body.lines().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["id"].as_str().unwrap().to_owned()
    });
    let ids: Vec<_> = ids.collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable_by(|left, right| right.cmp(left));
    sorted.dedup();
    assert_eq!((ids.len(), &ids), (1201, &sorted));
    let table = export("text/csv, application/json;q=0.1").await;
    let mut rows = table.body.split("\"\r\n\"");
    let (head, first) = (rows.next().unwrap(), rows.next().unwrap());
    assert_eq!(rows.count(), 1200);
    insta::assert_snapshot!(format!("{head}\n{first}"));
}

#[tokio::test]
async fn a_time_line_is_what_happened_to_one_user() {
    let office = Office::open().await;
    let (user, other) = (
        office.user("ONLINEBANK", "myTestUser1").await,
        office.user("ONLINEBANK", "myTestUser2").await,
    );
    office.issue("ONLINEBANK", "myTestUser2").await;
    office.clock.advance_s(1);
    let path = format!("{BANK}/users/{user}/lock");
    assert_eq!(office.post(&path, &Value::Null).await.status, 200);
    let line = async |user: &str| {
        let path = format!("{BANK}/users/{user}/timeline");
        let reply = office
            .ask(&office.auditor, ("GET", &path), &[], &Value::Null)
            .await;
        let items = reply.json()["items"].as_array().unwrap().clone();
        let texts = items
            .iter()
            .map(|event| event["text"].as_str().unwrap().to_owned());
        texts.collect::<Vec<_>>()
    };
    assert_eq!(line(&user).await, ["Locked by hand"]);
    assert_eq!(line(&other).await, ["A challenge was issued"]);
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
        said += &format!("> GET {path}\n{}", shown(&page));
    }
    assert!(
        !said.contains("42\""),
        "the page's number is nobody's to see: {said}"
    );
    let path = format!("{BANK}/sessions/{session}/cancel");
    let ended = office.post(&path, &Value::Null).await;
    said += &format!("> POST {path}\n{}", shown(&ended));
    assert_eq!(office.post(&path, &Value::Null).await.status, 409);
    let path = format!("{BANK}/devices/{device}/unlink");
    let gone = office.post(&path, &Value::Null).await;
    said += &format!("> POST {path}\n{}", shown(&gone));
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

#[tokio::test]
async fn statistics_are_of_their_tenant_and_add_up_to_the_servers() {
    let office = Office::open().await;
    let minute = |tenant: &str, ago_s: i64, counts| TrafficRow {
        tenant: office.bank(tenant).tenant.id,
        span: Span::Minute,
        from: Span::Minute.beginning(Timestamp::from_unix_s(START_S - ago_s)),
        door: Door::Okay,
        counts,
    };
    let mut counts = Counts {
        issued: 3,
        right: 2,
        wrong: 1,
        requests: 4,
        ..Counts::default()
    };
    counts.latency[1] = 4;
    let minutes = [
        minute("ONLINEBANK", 0, counts),
        minute("ONLINEBANK", 3000, counts),
        minute("ONLINEBANK", 4000, counts),
        minute("OTHERBANK", 0, counts),
    ];
    let store = office.desk.verifier.store();
    store.add_traffic(spread(&minutes)).await.unwrap();
    let total = async |path: &str| {
        let told = office.get(path).await.json();
        let protocols = told["protocols"].as_array().unwrap().clone();
        let okay = protocols
            .into_iter()
            .find(|one| one["protocol"] == "okay")
            .unwrap();
        let points = okay["points"].as_array().unwrap();
        let sum: u64 = points
            .iter()
            .map(|point| point["issued"].as_u64().unwrap())
            .sum();
        assert_eq!(okay["total"]["issued"], sum);
        (points.len(), sum)
    };
    assert_eq!(
        total(&format!("{BANK}/statistics?range=hour")).await,
        (60, 6)
    );
    assert_eq!(
        total(&format!("{BANK}/statistics?range=day")).await,
        (24, 9)
    );
    assert_eq!(
        total(&format!("{BANK}/statistics?range=month")).await,
        (30, 9)
    );
    assert_eq!(total("/statistics?range=hour").await, (60, 9));
    assert_eq!(total("/statistics").await, (24, 12));
    let wrong = office.get("/statistics?range=year").await;
    assert_eq!(wrong.status, 400);
    let mut told = office
        .get(&format!("{BANK}/statistics?range=hour"))
        .await
        .json();
    let okay = &mut told["protocols"][3];
    okay["points"].as_array_mut().unwrap().drain(..59);
    insta::assert_snapshot!(serde_json::to_string_pretty(okay).unwrap());
}

#[tokio::test]
async fn the_servers_health_tells_store_key_and_workers() {
    let office = Office::open().await;
    let health = &office.desk.verifier.health;
    health.know_key(Timestamp::from_unix_s(START_S - 10 * 86_400));
    health.well("callbacks", 1, NOW);
    health.failed("directory", 1, (NOW, "the disk is full"));
    office.clock.advance_s(20);
    health.well("sweeping", 10, NOW);
    let mut told = office.get("/server/health").await.json();
    told["store"]["description"] = json!("[where it is]");
    told["version"] = json!("[version]");
    insta::assert_snapshot!(serde_json::to_string_pretty(&told).unwrap());
}

#[tokio::test]
async fn a_sites_statistics_are_those_of_its_visitors() {
    let office = Office::open().await;
    let site = office
        .desk
        .verifier
        .catalogue
        .site("onlinebank-shop")
        .unwrap();
    let mut hour = challenge::visitor::SiteHour::of(site.tenant, site.id, NOW);
    (hour.issued, hour.right, hour.wrong, hour.answer_ms) = (5, 2, 1, 9000);
    let store = office.desk.verifier.store();
    store.add_site_hours(vec![hour]).await.unwrap();
    let told = office
        .get(&format!("{BANK}/sites/onlinebank-shop/statistics"))
        .await;
    insta::assert_snapshot!(shown(&told));
    let foreign = "/tenants/OTHERBANK/sites/onlinebank-shop/statistics";
    assert_eq!(office.get(foreign).await.status, 404);
}

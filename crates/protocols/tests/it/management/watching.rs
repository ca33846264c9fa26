//! What officers watch: the audit log, what was counted, how the server is.

use challenge::audit::{Detail, Event, EventKind, Outcome};
use challenge::clock::Timestamp;
use challenge::directory::{TenantView, UserKey};
use challenge::door::Door;
use challenge::id::TimedId;
use challenge::issuance::{Asked, Wish};
use challenge::lifecycle::Purpose;
use challenge::ports::Change;
use challenge::verifier::Context;
use challenge::watching::{Counts, Span, TrafficRow, spread};
use challenge::which::Which;
use serde_json::{Value, json};

use crate::management::office::{Office, START_S, shown};

pub(super) const NOW: Timestamp = Timestamp::from_unix_s(START_S);

pub(super) const BANK: &str = "/tenants/ONLINEBANK";

/// The present moment's event on a tenant, as a client of a protocol brings it about.
pub(super) fn event(
    tenant: &TenantView,
    number: u8,
    (kind, outcome): (EventKind, Outcome),
) -> Event {
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
    pub(super) fn bank(&self, name: &str) -> std::sync::Arc<TenantView> {
        self.desk.verifier.catalogue.tenant(name).unwrap()
    }

    pub(super) async fn commit(&self, change: Change) {
        self.desk.verifier.store().commit(change).await.unwrap();
    }

    /// The texts of the events that are told at a place, newest first.
    pub(super) async fn kinds(&self, token: &str, path: &str) -> Vec<String> {
        let reply = self.ask(token, ("GET", path), &[], &Value::Null).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        let page = reply.json();
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|event| event["kind"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Has a challenge asked of a user.
    pub(super) async fn issue(&self, tenant: &str, user: &str) -> String {
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
async fn a_time_line_tells_which_of_two_tokens_by_its_serial() {
    let office = Office::open().await;
    let user = office.user("ONLINEBANK", "myTestUser1").await;
    for serial in ["H1", "T1"] {
        office.clock.advance_s(1);
        let path = format!("{BANK}/authenticators/{serial}/lock");
        assert_eq!(office.post(&path, &Value::Null).await.status, 200);
    }
    let told = office.get(&format!("{BANK}/users/{user}/timeline")).await;
    let told = told.json();
    let told = told["items"].as_array().unwrap().iter();
    let locks = told.filter(|event| event["kind"] == "lock");
    let serials: Vec<_> = locks
        .map(|event| event["serial"].as_str().unwrap())
        .collect();
    assert_eq!(serials, ["T1", "H1"]);
    let asked = format!("{BANK}/audit?user={user}");
    let headers = [("accept", "text/csv")];
    let asked = ("GET", asked.as_str());
    let table = office
        .ask(&office.admin, asked, &headers, &Value::Null)
        .await
        .body;
    assert!(
        table.contains("\"serial\"") && table.contains("\"T1\""),
        "{table}"
    );
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
        ("protocol=activid", vec!["one_time_password"]),
        ("protocol=management", vec!["lock"]),
        ("protocol=management&outcome=wrong", vec![]),
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
        ("protocol=nonsense", "protocol"),
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

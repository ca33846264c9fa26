//! Races over the true HTTP API: approve, decline and expire at once have one end, which the check, the
//! callback and the audit trail tell alike; of many phones with one linking code, one is linked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use challenge::approval::Verdict;
use challenge::audit::{Event, EventKind, Outcome};
use challenge::clock::Clock as _;
use countersign::device::{Decision, Device, Home as Folder, Trouble};
use countersign::system::SystemClock;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::partner::{Partner, Phone, tenants};
use crate::receiver::{Manner, Receiver, SOON, verify};
use crate::running::{Home, Server};

const TENANT: u64 = 40007;

/// Seconds for which a session of these tests is pending: few, and more where the machine is too busy to
/// start all of them in time.
const PENDING_S: [u64; 3] = [5, 15, 45];

/// Sessions that are raced for, each at another moment around its expiry.
const ROUNDS: i64 = 24;

/// The moment of the first and the pause to the next, in milliseconds before the expiry.
const FIRST_MS: i64 = 60;
const STEP_MS: i64 = 4;

/// Phones that send one linking code at once.
const PHONES: usize = 24;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Approved,
    Declined,
    Expired,
}

/// The same link, used at another node.
fn at_node(phone: &Phone, server: &Server) -> Device {
    let file = std::fs::read_dir(phone.path()).unwrap().next().unwrap();
    let path = file.unwrap().path();
    let mut link: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    link["server"] = json!(server.base);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join(path.file_name().unwrap());
    std::fs::write(copy, link.to_string()).unwrap();
    Device::all(&Folder::at(folder.path())).unwrap().remove(0)
}

/// What an answer to a check, or the body of a callback, says.
fn told(body: &Value) -> End {
    let (status, result) = (&body["status"], &body["authResult"]);
    match (status["code"].as_i64(), result["dataType"].as_i64()) {
        (Some(0), Some(103)) => End::Approved,
        (Some(0), Some(101)) => End::Declined,
        (Some(101), _) if status["message"] == "TenantSessionNotFound" => End::Expired,
        _ => panic!("no end: {body}"),
    }
}

fn audited(event: &Event) -> Option<End> {
    match (event.kind, event.outcome) {
        (EventKind::Decision, Outcome::Done) => Some(End::Approved),
        (EventKind::Decision, Outcome::Declined) => Some(End::Declined),
        (EventKind::Expire, Outcome::Done) => Some(End::Expired),
        _ => None,
    }
}

/// Lets both decisions leave at once, around the expiry; the session, and the ends that were
/// acknowledged.
async fn race(phone: Phone, servers: [&Server; 2], before_ms: i64) -> (String, Vec<End>) {
    let partner = Partner::of(&servers[0].base, TENANT);
    let session = partner.session(phone.device.user(), 101, "Pay?").await;
    let pending = phone.device.pending().await.unwrap().remove(0);
    assert_eq!(pending.session, session);
    let other = at_node(&phone, servers[1]);
    let left = pending.answer_by_ms - before_ms - SystemClock.now().unix_ms();
    // Where it is over already, both come too late: one more race that only the expiry can win.
    tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
    let (approve, decline) = (
        Decision::plain(Verdict::Approve),
        Decision::plain(Verdict::Decline),
    );
    let (approved, declined) = tokio::join!(
        phone.device.decide(&pending, &approve),
        other.decide(&pending, &decline),
    );
    let mut acknowledged = Vec::new();
    for (outcome, end) in [(approved, End::Approved), (declined, End::Declined)] {
        match outcome {
            Ok(()) => acknowledged.push(end),
            Err(Trouble::Refused { .. }) => {}
            Err(trouble) => panic!("neither accepted nor refused: {trouble}"),
        }
    }
    (session, acknowledged)
}

/// Races on so many nodes; how often each end came.
async fn race_on(home: Home, nodes: usize, pending_s: u64) -> BTreeMap<End, usize> {
    let receiver = Receiver::start(Manner::status(200)).await;
    let settings = format!("pending_s = {pending_s}");
    let file = tenants(&[(TENANT, &receiver.url(), &settings)]);
    home.done(["apply", file.to_str().unwrap()]);
    let servers: Vec<Server> = (0..nodes).map(|_| home.serve()).collect();
    let partner = Partner::of(&servers[0].base, TENANT);
    let mut phones = Vec::new();
    for round in 0..ROUNDS {
        phones.push(partner.linked(&format!("racer{round}")).await);
    }
    let last = &servers[nodes - 1];
    let races = phones
        .into_iter()
        .zip(0..)
        .map(|(phone, round)| race(phone, [&servers[0], last], FIRST_MS - round * STEP_MS));
    let raced = futures_util::future::join_all(races).await;
    let callbacks = usize::try_from(2 * ROUNDS).unwrap();
    receiver.until(callbacks, SOON).await;
    // Whatever should not come has this long to come all the same.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let arrivals = receiver.arrivals();
    let events = home.events(TENANT).await;
    let mut ends = BTreeMap::new();
    for (session, acknowledged) in raced {
        let end = told(&partner.check(&session).await);
        for server in &servers {
            let elsewhere = Partner::of(&server.base, TENANT).check(&session).await;
            assert_eq!(told(&elsewhere), end, "session {session}");
        }
        let expected: Vec<End> = Some(end)
            .filter(|end| *end != End::Expired)
            .into_iter()
            .collect();
        assert_eq!(acknowledged, expected, "session {session}");
        let of_it = arrivals
            .iter()
            .filter(|one| one.body["sessionExternalId"] == session);
        let mut ids = BTreeSet::new();
        for arrival in of_it {
            verify(arrival, SystemClock.now().unix_s());
            assert_eq!(told(&arrival.body), end, "session {session}");
            ids.insert(arrival.id.clone());
        }
        assert_eq!(ids.len(), 1, "one callback for session {session}");
        let of_it = events.iter().filter(|event| {
            event
                .detail
                .session
                .is_some_and(|id| id.to_string() == session)
        });
        let audited: Vec<End> = of_it.filter_map(audited).collect();
        assert_eq!(audited, [end], "session {session}");
        *ends.entry(end).or_default() += 1;
    }
    ends
}

/// Races until the expiry won some and lost some: the moments lie on both sides of it.
async fn race_all(home: impl Fn() -> Home, nodes: usize) {
    let mut told = Vec::new();
    for pending_s in PENDING_S {
        let ends = race_on(home(), nodes, pending_s).await;
        let decided = ends.contains_key(&End::Approved) || ends.contains_key(&End::Declined);
        if decided && ends.contains_key(&End::Expired) {
            return;
        }
        told.push(ends);
    }
    panic!("{told:?}");
}

#[tokio::test]
async fn on_one_node_with_sqlite_a_session_has_one_end() {
    race_all(Home::sqlite, 1).await;
}

#[tokio::test]
async fn on_three_nodes_with_postgresql_a_session_has_one_end() {
    race_all(Home::postgres, 3).await;
}

/// Many phones with one code; how many were linked.
async fn link_all(home: Home, nodes: usize) {
    let receiver = Receiver::start(Manner::status(200)).await;
    let file = tenants(&[(TENANT, &receiver.url(), "")]);
    home.done(["apply", file.to_str().unwrap()]);
    let servers: Vec<Server> = (0..nodes).map(|_| home.serve()).collect();
    let partner = Partner::of(&servers[0].base, TENANT);
    let code = partner.code("wanted").await;
    let mut race = JoinSet::new();
    for number in 0..PHONES {
        let (base, code) = (servers[number % nodes].base.clone(), code.clone());
        race.spawn(async move {
            let folder = tempfile::tempdir().unwrap();
            let home = Folder::at(folder.path().join("phone"));
            match Device::link(&base, &code, &home).await {
                Ok(device) => Some(device),
                Err(Trouble::Refused { .. }) => None,
                Err(trouble) => panic!("neither linked nor refused: {trouble}"),
            }
        });
    }
    let linked: Vec<Device> = race.join_all().await.into_iter().flatten().collect();
    assert_eq!(linked.len(), 1);
    let session = partner.session("wanted", 101, "Pay?").await;
    assert_eq!(linked[0].pending().await.unwrap()[0].session, session);
    receiver.until(1, SOON).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let ids: BTreeSet<String> = receiver.arrivals().into_iter().map(|one| one.id).collect();
    assert_eq!(ids.len(), 1, "one callback tells of the link");
    let links = home
        .events(TENANT)
        .await
        .into_iter()
        .filter(|event| (event.kind, event.outcome) == (EventKind::LinkDevice, Outcome::Done));
    assert_eq!(links.count(), 1);
}

#[tokio::test]
async fn on_one_node_with_sqlite_one_of_many_phones_is_linked() {
    link_all(Home::sqlite(), 1).await;
}

#[tokio::test]
async fn on_three_nodes_with_postgresql_one_of_many_phones_is_linked() {
    link_all(Home::postgres(), 3).await;
}

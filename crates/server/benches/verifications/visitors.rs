//! Visitors' challenges: how many are issued, answered and checked a second, and what a flood leaves.
//!
//! Issuing goes on for as long as a cell is measured. Answers and checks are of a stock of challenges that
//! were issued and solved before, the work as little as it can be, and end when the stock does.
//! `--flood N` asks N times for a challenge and answers none: soon the site counts as attacked, and most are
//! sent away; what counts is that memory and disk stay as they were.

use std::time::Duration;

use challenge::clock::Clock as _;
use countersign::serving::partner::Account;
use countersign::serving::solver::solve;
use countersign::system::SystemClock;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::load::{self, Measured, Times, Wire, gather_all};
use crate::measure;
use crate::server::{self, Server};
use crate::table;

/// Connections at once.
const CONNECTIONS: usize = 64;

/// Challenges that are answered and checked at most, a share of them on each connection.
const STOCK: usize = 8192;

/// How long the stock is added to: those left unanswered for half a minute would raise the effort.
const STOCKING: Duration = Duration::from_secs(15);

const PRIVATE_ID: &str = "the-private-id-of-the-benchmark-that-has-at-least-64-characters-";
const CREATE: &str = "/ocapi/v2/challenge/shop";

/// The challenges of one connection, each with the text of its right answer.
type Share = Vec<(String, String)>;

/// Measures on both databases; with `--flood N` floods the embedded one afterwards.
pub(crate) fn run(runtime: &Runtime) -> Result<(), String> {
    for (name, store) in server::stores() {
        let server = Server::start(store.as_deref(), &tenant())?;
        let address = &server.address;
        table::loads_head(name, CONNECTIONS);
        let limit = measure(runtime, &server, load::health(address, CONNECTIONS))?;
        table::load("/healthz", &limit);
        let shares = runtime.block_on(stock(address))?;
        let answered = measure(runtime, &server, answer(address, &shares))?;
        let checked = measure(runtime, &server, check(address, &shares))?;
        // Last, since from half a minute after it on the site counts as attacked.
        let issued = measure(runtime, &server, load::get(address, CONNECTIONS, CREATE))?;
        table::load("issued", &issued);
        table::load("answered right", &answered);
        table::load("checked, valid", &checked);
        println!("({} challenges were answered and checked)", checked.answers);
        table::foot(&server);
    }
    match flood_size()? {
        Some(requests) => runtime.block_on(flood(requests)),
        None => Ok(()),
    }
}

fn tenant() -> String {
    format!(
        "[[tenant]]\nname = \"SHOPS\"\n[[tenant.site]]\npublic_id = \"shop\"\n\
         secret = \"{PRIVATE_ID}\"\nkinds = [\"pow\"]\ndifficulty = 1\n"
    )
}

/// The number after `--flood`.
fn flood_size() -> Result<Option<usize>, String> {
    let mut after = std::env::args().skip_while(|argument| argument != "--flood");
    if after.next().is_none() {
        return Ok(None);
    }
    let number = after.next().and_then(|number| number.parse().ok());
    number
        .map(Some)
        .ok_or_else(|| "--flood takes a number of requests".to_owned())
}

/// Issues and solves the stock.
async fn stock(address: &str) -> Result<Vec<Share>, String> {
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let address = address.to_owned();
            tokio::spawn(async move { share(&address).await })
        })
        .collect();
    let mut shares = Vec::new();
    for task in tasks {
        shares.push(task.await.map_err(|error| error.to_string())??);
    }
    Ok(shares)
}

async fn share(address: &str) -> Result<Share, String> {
    let mut wire = Wire::connect(address).await?;
    let (begin, mut share) = (Instant::now(), Vec::new());
    while share.len() < STOCK / CONNECTIONS && begin.elapsed() < STOCKING {
        let answer = wire.exchange(&get(CREATE, None)).await?;
        let body = answer.iter().position(|&byte| byte == b'{');
        let body = body.ok_or("the answer has no body")?;
        let challenge: Value =
            serde_json::from_slice(&answer[body..]).map_err(|error| error.to_string())?;
        let id = challenge["id"].as_str().ok_or("no id")?.to_owned();
        let solution = solve(&challenge).map_err(|error| error.to_string())?;
        share.push((id, json!({ "answer": solution }).to_string()));
    }
    Ok(share)
}

async fn answer(address: &str, shares: &[Share]) -> Result<Measured, String> {
    let request = |(id, body): &(String, String)| {
        let length = body.len();
        format!(
            "POST /ocapi/v2/challenge/{id} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
    };
    work_off(address, shares, request).await
}

async fn check(address: &str, shares: &[Share]) -> Result<Measured, String> {
    let account = Account {
        server: String::new(),
        public_id: "shop".to_owned(),
        private_id: PRIVATE_ID.into(),
    };
    let request = |(id, _): &(String, String)| {
        let token = account.signed(&account.claims(id, SystemClock.now()));
        get(&format!("/ocapi/v2/challenge/{id}"), Some(&token))
    };
    work_off(address, shares, request).await
}

fn get(path: &str, bearer: Option<&str>) -> String {
    let bearer = bearer.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let bearer = bearer.unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{bearer}\r\n")
}

/// One request for each challenge, all of which must find it valid.
async fn work_off(
    address: &str,
    shares: &[Share],
    request: impl Fn(&(String, String)) -> String,
) -> Result<Measured, String> {
    let mut wires = Vec::new();
    for share in shares {
        let requests: Vec<_> = share.iter().map(&request).collect();
        wires.push((Wire::connect(address).await?, requests));
    }
    let tasks = wires.into_iter().map(|(mut wire, requests)| {
        tokio::spawn(async move {
            let mut times = Times::default();
            for request in requests {
                let sent = Instant::now();
                let answer = wire.exchange(&request).await?;
                times.add(sent);
                if !String::from_utf8_lossy(answer).contains("\"state\":\"valid\"") {
                    return Err(format!("not valid: {}", String::from_utf8_lossy(answer)));
                }
            }
            Ok((times, ()))
        })
    });
    Ok(gather_all(tasks.collect()).await?.0)
}

/// Asks so many times for a challenge, and says what that left behind.
async fn flood(requests: usize) -> Result<(), String> {
    let server = Server::start(None, &tenant())?;
    // What every server has after its first requests is not the flood's.
    load::get(&server.address, CONNECTIONS, CREATE).await?;
    let (memory, database) = (server.memory_kib(), server.database_kib());
    println!("\nA flood of {requests} requests for a challenge, {CONNECTIONS} connections");
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let address = server.address.clone();
            let mine = requests / CONNECTIONS + usize::from(number < requests % CONNECTIONS);
            tokio::spawn(async move {
                let (mut wire, mut issued) = (Wire::connect(&address).await?, 0_usize);
                let (request, mut times) = (get(CREATE, None), Times::default());
                for _ in 0..mine {
                    let sent = Instant::now();
                    issued += usize::from(wire.is_granted(&request).await?);
                    times.add(sent);
                }
                Ok((times, issued))
            })
        })
        .collect();
    let (measured, issued) = gather_all(tasks).await?;
    let issued: usize = issued.iter().sum();
    println!(
        "answered {:.0}/s; issued {issued}, sent away {}",
        measured.rate,
        requests - issued
    );
    println!(
        "memory before {memory} KiB, after {} KiB, most {} KiB",
        server.memory_kib(),
        server.memory_peak_kib()
    );
    println!(
        "database before {database} KiB, after {} KiB",
        server.database_kib()
    );
    Ok(())
}

//! Approvals: a partner asks, a phone approves, the partner checks, and a callback is delivered.
//!
//! `scripts/bench approvals` measures whole approvals (three requests, each on disk before it is
//! answered) beside `/healthz`, and how fast their callbacks leave; each decision is signed by a P-256 key,
//! which costs the load some of the cores it shares with the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::load::{self, Measured, Times, Wire, gather_all};
use crate::phone::{self, Phone};
use crate::server::{self, Server};

const CONNECTIONS: [usize; 4] = [1, 16, 64, 256];

/// Linked phones; connections share them out.
const PHONES: usize = 1024;

/// How long one cell is measured.
const MEASURED: Duration = Duration::from_secs(5);

/// The longest to wait for the last callback.
const DRAINED_WITHIN: Duration = Duration::from_mins(2);

/// Measures on both databases.
pub(crate) fn run(runtime: &tokio::runtime::Runtime) -> Result<(), String> {
    for (name, store) in server::stores() {
        let receiver = runtime.block_on(Receiver::start())?;
        let server = Server::start(store.as_deref(), &phone::tenant(Some(&receiver.url)))?;
        let began = Instant::now();
        let mut phones = runtime.block_on(phone::link_all(&server.address, PHONES))?;
        println!(
            "\n{name}; {PHONES} phones linked in {:.1} s; memory {} KiB",
            began.elapsed().as_secs_f64(),
            server.memory_kib()
        );
        runtime.block_on(receiver.until(to_u64(PHONES)))?;
        println!(
            "connections | approvals/s | p50 ms | p99 ms | server CPU us each | /healthz/s | \
             callbacks/s meanwhile | the rest after s | callbacks/s in all"
        );
        for connections in CONNECTIONS {
            let limit = runtime.block_on(load::health(&server.address, connections))?;
            let (cpu_us, before) = (server.cpu_us(), receiver.count());
            let began = Instant::now();
            let approved = approve(&server.address, &mut phones, connections);
            let approved = runtime.block_on(approved)?;
            let (took, meanwhile) = (began.elapsed(), receiver.count() - before);
            runtime.block_on(receiver.until(before + approved.answers))?;
            let all = began.elapsed();
            let cpu_us = (server.cpu_us() - cpu_us) / approved.answers.max(1);
            row(connections, (&approved, &limit), cpu_us);
            println!(
                "{:.0} | {:.1} | {:.0}",
                rate(meanwhile, took),
                all.saturating_sub(took).as_secs_f64(),
                rate(approved.answers, all)
            );
        }
        println!(
            "memory after load {} KiB, most {} KiB",
            server.memory_kib(),
            server.memory_peak_kib()
        );
    }
    Ok(())
}

fn row(connections: usize, (approved, limit): (&Measured, &Measured), cpu_us: u64) {
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let ms = |us: u64| us as f64 / 1000.0;
    print!(
        "{connections} | {:.0} | {:.2} | {:.2} | {cpu_us} | {:.0} | ",
        approved.rate,
        ms(approved.p50_us),
        ms(approved.p99_us),
        limit.rate,
    );
}

fn rate(count: u64, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let count = count as f64;
    count / time.as_secs_f64()
}

/// Whole approvals over so many connections, each phone on one of them.
async fn approve(
    address: &str,
    phones: &mut Vec<Phone>,
    connections: usize,
) -> Result<Measured, String> {
    let share = phones.len() / connections;
    let tasks = (0..connections).map(|_| {
        let mut mine = phones.split_off(phones.len() - share);
        let address = address.to_owned();
        tokio::spawn(async move {
            let mut wire = Wire::connect(&address).await?;
            let (begin, mut times) = (Instant::now(), Times::default());
            for turn in 0.. {
                let place = turn % mine.len();
                let sent = Instant::now();
                approve_once(&mut wire, &mut mine[place]).await?;
                times.add(sent);
                if begin.elapsed() >= MEASURED {
                    break;
                }
            }
            Ok((times, mine))
        })
    });
    let (measured, back) = gather_all(tasks.collect()).await?;
    phones.extend(back.into_iter().flatten());
    Ok(measured)
}

async fn approve_once(wire: &mut Wire, phone: &mut Phone) -> Result<(), String> {
    let started = wire.exchange(&phone.start()).await?;
    let started = String::from_utf8_lossy(started);
    let session = started.split("\"sessionExternalId\":\"").nth(1);
    let session = session.and_then(|rest| rest.split('"').next());
    let session = session.ok_or_else(|| format!("no session: {started}"))?;
    let session = session.to_owned();
    wire.exchange(&phone.approve(&session)?).await?;
    let checked = wire.exchange(&phone::check(&session)).await?;
    let checked = String::from_utf8_lossy(checked);
    if checked.contains("\"dataType\":103") {
        Ok(())
    } else {
        Err(format!("not approved: {checked}"))
    }
}

/// A partner's server that takes every callback.
struct Receiver {
    url: String,
    taken: Arc<AtomicU64>,
}

impl Receiver {
    async fn start() -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let taken = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, Arc::clone(&count)));
            }
        });
        Ok(Self {
            url: format!("http://{address}/callback"),
            taken,
        })
    }

    fn count(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Waits until so many came.
    async fn until(&self, count: u64) -> Result<(), String> {
        let begin = Instant::now();
        while self.count() < count {
            if begin.elapsed() > DRAINED_WITHIN {
                return Err(format!("{} of {count} callbacks came", self.count()));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

/// Counts the requests of one connection and answers each.
async fn take(mut stream: TcpStream, taken: Arc<AtomicU64>) {
    let mut buffer = Vec::new();
    loop {
        while let Some(whole) = load::length(&buffer).filter(|whole| buffer.len() >= *whole) {
            buffer.drain(..whole);
            taken.fetch_add(1, Ordering::Relaxed);
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            if stream.write_all(answer).await.is_err() {
                return;
            }
        }
        match stream.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

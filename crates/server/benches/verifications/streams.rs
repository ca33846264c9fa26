//! Many phones that listen at once: what an open event stream costs the server, and how soon one hears.
//!
//! `scripts/bench streams 10000` links that many phones and opens an event stream for each.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

use crate::load::Wire;
use crate::phone::{self, Phone};
use crate::server::Server;

/// Streams where no number is given.
const STREAMS: usize = 10_000;

/// Streams from one address: fewer than the server holds for one.
const PER_ADDRESS: usize = 4000;

/// How long the server is watched while nothing happens.
const QUIET: Duration = Duration::from_secs(10);

/// Phones that are asked while all listen.
const ASKED: usize = 200;

/// The longest to wait for an event.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// Measures on SQLite: a stream needs no database while nothing happens.
pub(crate) fn run(runtime: &tokio::runtime::Runtime) -> Result<(), String> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse().ok());
    let count = numbers.next().unwrap_or(STREAMS);
    let server = Server::start(None, &phone::tenant(None))?;
    runtime.block_on(measure(&server, count))
}

async fn measure(server: &Server, count: usize) -> Result<(), String> {
    let mut phones = phone::link_all(&server.address, count).await?;
    let (idle_kib, began) = (server.memory_kib(), Instant::now());
    let mut streams = Vec::new();
    for (number, phone) in phones.iter().enumerate() {
        streams.push(Listener::open(&server.address, number, phone).await?);
    }
    let opened = began.elapsed();
    let held_kib = server.memory_kib();
    let before_us = server.cpu_us();
    tokio::time::sleep(QUIET).await;
    let quiet_us = server.cpu_us() - before_us;
    let quiet_ms_per_s = quiet_us / 1000 / QUIET.as_secs().max(1);
    println!(
        "{count} streams opened in {:.1} s; memory before {idle_kib} KiB, with them {held_kib} KiB \
         ({} bytes each); {quiet_ms_per_s} ms CPU a second while nothing happens",
        opened.as_secs_f64(),
        held_kib.saturating_sub(idle_kib) * 1024 / u64::try_from(count.max(1)).unwrap_or(1),
    );
    let mut wire = Wire::connect(&server.address).await?;
    let mut times_us = Vec::new();
    let step = (count / ASKED).max(1);
    for (phone, stream) in phones.iter_mut().zip(&mut streams).step_by(step) {
        let sent = Instant::now();
        wire.exchange(&phone.start()).await?;
        stream.until("\"header\":").await?;
        times_us.push(sent.elapsed().as_micros());
    }
    times_us.sort_unstable();
    let at = |hundredths: usize| times_us.get(times_us.len() * hundredths / 100);
    println!(
        "{} phones asked: heard after p50 {} us, p99 {} us; memory {} KiB, most {} KiB",
        times_us.len(),
        at(50).copied().unwrap_or(0),
        at(99).copied().unwrap_or(0),
        server.memory_kib(),
        server.memory_peak_kib(),
    );
    Ok(())
}

/// An open event stream.
struct Listener(TcpStream);

impl Listener {
    /// Opens it from one of several loopback addresses, and reads its first event.
    async fn open(address: &str, number: usize, phone: &Phone) -> Result<Self, String> {
        let host = u8::try_from(2 + number / PER_ADDRESS).map_err(|error| error.to_string())?;
        let from = SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0));
        let to: SocketAddr = address.parse().map_err(|_| "no address")?;
        let connect = async {
            let socket = TcpSocket::new_v4()?;
            socket.bind(from)?;
            socket.connect(to).await
        };
        let stream = connect.await.map_err(|error| {
            format!("stream {number}: {error}; are enough open files allowed (ulimit -n)?")
        })?;
        let mut listener = Self(stream);
        let request = phone.listen()?;
        let sent = listener.0.write_all(request.as_bytes()).await;
        sent.map_err(|error| error.to_string())?;
        listener.until("event: sessions").await?;
        Ok(listener)
    }

    /// Reads until this text came.
    async fn until(&mut self, wanted: &str) -> Result<(), String> {
        let mut heard = Vec::new();
        loop {
            let read = tokio::time::timeout(HEARD_WITHIN, self.0.read_buf(&mut heard)).await;
            let read = read.map_err(|_| "nothing was heard in time")?;
            if read.map_err(|error| error.to_string())? == 0 {
                return Err(format!("it ended: {}", String::from_utf8_lossy(&heard)));
            }
            if String::from_utf8_lossy(&heard).contains(wanted) {
                return Ok(());
            }
        }
    }
}

//! Connections that send one request after the other and wait for each answer, and what that came to.
//!
//! A small HTTP client of its own, so that the load takes little of the cores it shares.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long one cell of the table is measured, where the load can go on for as long as one likes.
const MEASURED: Duration = Duration::from_secs(5);

/// How long it runs before that.
const WARM_UP: Duration = Duration::from_secs(1);

/// How an answer begins that is a success.
const OK: &[u8] = b"HTTP/1.1 200";

/// How an answer begins that sends away who asks too much.
const SLOW_DOWN: &[u8] = b"HTTP/1.1 429";

/// What one load came to.
pub(crate) struct Measured {
    /// Answers a second.
    pub(crate) rate: f64,
    /// The median time of an answer, in microseconds.
    pub(crate) p50_us: u64,
    /// The time that 99 of 100 answers keep, in microseconds.
    pub(crate) p99_us: u64,
    /// Answers in all, those of the warm-up included.
    pub(crate) answers: u64,
    /// CPU time the server used for them, in microseconds.
    pub(crate) server_cpu_us: u64,
}

/// The times of the answers of one connection, in microseconds, and how many came before them.
#[derive(Default)]
pub(crate) struct Times {
    measured_us: Vec<u64>,
    warm_up: u64,
}

impl Times {
    /// Adds an answer that was waited for since `sent`.
    pub(crate) fn add(&mut self, sent: Instant) {
        let took = sent.elapsed().as_micros();
        self.measured_us
            .push(u64::try_from(took).unwrap_or(u64::MAX));
    }
}

/// One connection's load; gives its times, and what it wants back.
pub(crate) type Task<T> = JoinHandle<Result<(Times, T), String>>;

/// Sends `next()` again and again over one connection, for as long as a cell is measured.
pub(crate) async fn repeat(
    address: &str,
    mut next: impl FnMut() -> String,
) -> Result<Times, String> {
    let mut wire = Wire::connect(address).await?;
    let (begin, mut times) = (Instant::now(), Times::default());
    loop {
        let request = next();
        let sent = Instant::now();
        wire.exchange(&request).await?;
        if begin.elapsed() < WARM_UP {
            times.warm_up += 1;
        } else {
            times.add(sent);
        }
        if begin.elapsed() >= WARM_UP + MEASURED {
            return Ok(times);
        }
    }
}

/// Waits for a load that goes on for as long as a cell is measured.
pub(crate) async fn gather<T>(tasks: Vec<Task<T>>) -> Result<(Measured, Vec<T>), String> {
    gather_within(tasks, || MEASURED).await
}

/// Waits for a load that ends when its work is done.
pub(crate) async fn gather_all<T>(tasks: Vec<Task<T>>) -> Result<(Measured, Vec<T>), String> {
    let begin = Instant::now();
    gather_within(tasks, || begin.elapsed()).await
}

async fn gather_within<T>(
    tasks: Vec<Task<T>>,
    took: impl Fn() -> Duration,
) -> Result<(Measured, Vec<T>), String> {
    let (mut all, mut warm_up, mut kept) = (Vec::new(), 0, Vec::new());
    for task in tasks {
        let (times, mine) = task.await.map_err(|error| error.to_string())??;
        all.extend(times.measured_us);
        warm_up += times.warm_up;
        kept.push(mine);
    }
    let took = took();
    all.sort_unstable();
    let answers = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let at = |hundredths: usize| all.get(all.len() * hundredths / 100).copied().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = answers as f64 / took.as_secs_f64();
    let measured = Measured {
        rate,
        p50_us: at(50),
        p99_us: at(99),
        answers: answers + warm_up,
        server_cpu_us: 0,
    };
    Ok((measured, kept))
}

/// `/healthz` over so many connections.
pub(crate) async fn health(address: &str, connections: usize) -> Result<Measured, String> {
    get(address, connections, "/healthz").await
}

/// A path that answers 200 to whoever asks, over so many connections.
pub(crate) async fn get(address: &str, connections: usize, path: &str) -> Result<Measured, String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n");
    let tasks = (0..connections).map(|_| {
        let (address, request) = (address.to_owned(), request.clone());
        tokio::spawn(async move { Ok((repeat(&address, || request.clone()).await?, ())) })
    });
    Ok(gather(tasks.collect()).await?.0)
}

/// One connection, kept alive.
pub(crate) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    /// Connects to a server.
    pub(crate) async fn connect(address: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|error| error.to_string())?;
        stream
            .set_nodelay(true)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            stream,
            buffer: vec![0; 4096],
        })
    }

    /// Sends a request and reads its answer, which must be 200.
    pub(crate) async fn exchange(&mut self, request: &str) -> Result<&[u8], String> {
        match self.ask(request).await? {
            Some(length) => Ok(&self.buffer[..length]),
            None => Err("refused: too many requests".to_owned()),
        }
    }

    /// Sends a request and reads its answer; whether it was 200, not 429. Anything else is an error.
    pub(crate) async fn is_granted(&mut self, request: &str) -> Result<bool, String> {
        Ok(self.ask(request).await?.is_some())
    }

    /// The length of the answer that is now in the buffer; nothing where it was 429.
    async fn ask(&mut self, request: &str) -> Result<Option<usize>, String> {
        self.stream
            .write_all(request.as_bytes())
            .await
            .map_err(|error| error.to_string())?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await;
            let read = read.map_err(|error| error.to_string())?;
            filled += read;
            let answer = &self.buffer[..filled];
            if read == 0 {
                return Err("the server closed the connection".to_owned());
            }
            let begins = |with: &[u8]| answer.starts_with(&with[..filled.min(with.len())]);
            if !begins(OK) && !begins(SLOW_DOWN) {
                return Err(format!("refused: {}", String::from_utf8_lossy(answer)));
            }
            if length(answer).is_some_and(|whole| filled >= whole) {
                return Ok(begins(OK).then_some(filled));
            }
        }
    }
}

/// The length of head and body, once the head is there.
pub(crate) fn length(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..head]).ok()?;
    let line = text
        .lines()
        .find(|line| line.len() > 15 && line[..15].eq_ignore_ascii_case("content-length:"))?;
    let body: usize = line[15..].trim().parse().ok()?;
    Some(head + body)
}

//! The load: connections that send one request after the other and wait for each answer.
//!
//! A small HTTP client of its own, so that the generator takes little of the cores it shares.

use std::time::Duration;

use oath::{Hotp, Key};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::server::login_name;

/// How long one cell of the table is measured.
const MEASURED: Duration = Duration::from_secs(5);

/// How long it runs before that.
const WARM_UP: Duration = Duration::from_secs(1);

/// How an answer begins that is a success.
const OK: &[u8] = b"HTTP/1.1 200";

const TOKEN_PATH: &str = "/idp/ONLINEBANK/authn/token";

/// The key of user `number`, in hexadecimal.
pub(crate) fn key_hex(number: usize) -> String {
    format!("{number:040x}")
}

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

/// Users with their next counters, and the portal's token.
pub(crate) struct Load {
    address: String,
    bearer: String,
    tokens: Vec<Token>,
}

#[derive(Clone)]
struct Token {
    login_name: String,
    key: Key,
    next_counter: u64,
}

impl Load {
    /// Gets the portal's token; the users' counters begin at 0.
    pub(crate) async fn new(address: &str, users: usize) -> Result<Self, String> {
        let mut wire = Wire::connect(address).await?;
        let body = "grant_type=client_credentials&client_id=spl-api&client_secret=password01";
        let answer = wire.exchange(&request(body, None)).await?;
        let answer = String::from_utf8_lossy(answer).into_owned();
        let bearer = answer
            .split("\"access_token\":\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let bearer = bearer.ok_or("no access token")?.to_owned();
        let tokens = (0..users).map(|number| Token {
            login_name: login_name(number),
            key: Key::from_hex(&key_hex(number)).expect("hexadecimal was just printed"),
            next_counter: 0,
        });
        Ok(Self {
            address: address.to_owned(),
            bearer,
            tokens: tokens.collect(),
        })
    }

    /// `/healthz` over so many connections.
    pub(crate) async fn health(&self, connections: usize) -> Result<Measured, String> {
        let request = "GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n";
        let tasks = (0..connections).map(|_| {
            let address = self.address.clone();
            tokio::spawn(async move {
                repeat(&address, || request.to_owned())
                    .await
                    .map(|times| (times, Vec::new()))
            })
        });
        Ok(gather(tasks.collect()).await?.0)
    }

    /// Right one-time passwords over so many connections, each user on one of them.
    pub(crate) async fn verify(&mut self, connections: usize) -> Result<Measured, String> {
        let share = self.tokens.len() / connections;
        let mut tasks = Vec::new();
        for mine in self.tokens.chunks_exact(share).take(connections) {
            let (address, bearer, mut mine) =
                (self.address.clone(), self.bearer.clone(), mine.to_vec());
            tasks.push(tokio::spawn(async move {
                let mut turn = 0;
                let next = || {
                    turn += 1;
                    let place = turn % mine.len();
                    mine[place].next_request(&bearer)
                };
                let times = repeat(&address, next).await?;
                Ok((times, mine))
            }));
        }
        let (measured, tokens) = gather(tasks).await?;
        let rest = self.tokens.split_off(tokens.len());
        self.tokens = tokens;
        self.tokens.extend(rest);
        Ok(measured)
    }
}

impl Token {
    fn next_request(&mut self, bearer: &str) -> String {
        let code = Hotp::default().code(&self.key, self.next_counter);
        self.next_counter += 1;
        let body = format!(
            "mode=SYNCHRONOUS&password={code}&grant_type=password&authType=AT_CUSTOTP\
             &client_id=spl-api&username={}",
            self.login_name,
        );
        request(&body, Some(bearer))
    }
}

/// The times of the answers of one connection, in microseconds, and how many came before them.
struct Times {
    measured_us: Vec<u64>,
    warm_up: u64,
}

type Task = tokio::task::JoinHandle<Result<(Times, Vec<Token>), String>>;

async fn repeat(address: &str, mut next: impl FnMut() -> String) -> Result<Times, String> {
    let mut wire = Wire::connect(address).await?;
    let (begin, mut times) = (
        now(),
        Times {
            measured_us: Vec::new(),
            warm_up: 0,
        },
    );
    loop {
        let request = next();
        let sent = now();
        wire.exchange(&request).await?;
        let answered = now();
        if answered.duration_since(begin) < WARM_UP {
            times.warm_up += 1;
        } else {
            let took = answered.duration_since(sent).as_micros();
            times
                .measured_us
                .push(u64::try_from(took).unwrap_or(u64::MAX));
        }
        if answered.duration_since(begin) >= WARM_UP + MEASURED {
            return Ok(times);
        }
    }
}

async fn gather(tasks: Vec<Task>) -> Result<(Measured, Vec<Token>), String> {
    let (mut all, mut warm_up, mut tokens) = (Vec::new(), 0, Vec::new());
    for task in tasks {
        let (times, mut mine) = task.await.map_err(|error| error.to_string())??;
        all.extend(times.measured_us);
        warm_up += times.warm_up;
        tokens.append(&mut mine);
    }
    all.sort_unstable();
    let answers = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let at = |hundredths: usize| all.get(all.len() * hundredths / 100).copied().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = answers as f64 / MEASURED.as_secs_f64();
    let measured = Measured {
        rate,
        p50_us: at(50),
        p99_us: at(99),
        answers: answers + warm_up,
        server_cpu_us: 0,
    };
    Ok((measured, tokens))
}

fn request(body: &str, bearer: Option<&str>) -> String {
    let bearer = bearer.map(|token| format!("Authorization: Bearer {token}\r\n"));
    format!(
        "POST {TOKEN_PATH} HTTP/1.1\r\nHost: bench\r\n{}\
         Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n\
         Content-Length: {}\r\n\r\n{body}",
        bearer.unwrap_or_default(),
        body.len(),
    )
}

/// One connection, kept alive.
struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    async fn connect(address: &str) -> Result<Self, String> {
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
    async fn exchange(&mut self, request: &str) -> Result<&[u8], String> {
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
            if !answer.starts_with(&OK[..filled.min(OK.len())]) {
                return Err(format!("refused: {}", String::from_utf8_lossy(answer)));
            }
            if length(answer).is_some_and(|whole| filled >= whole) {
                return Ok(&self.buffer[..filled]);
            }
        }
    }
}

/// The length of head and body, once the head is there.
fn length(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..head]).ok()?;
    let line = text
        .lines()
        .find(|line| line.len() > 15 && line[..15].eq_ignore_ascii_case("content-length:"))?;
    let body: usize = line[15..].trim().parse().ok()?;
    Some(head + body)
}

fn now() -> Instant {
    Instant::now()
}

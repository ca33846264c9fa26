//! A mail server in this process, for letters to be read by tests: it takes every message and says nothing
//! of its own. Mail servers of others are in `mails.rs`.

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::receiver::SOON;

/// A letter that was taken.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) to: String,
    /// The message, quoted-printable decoded as far as ASCII goes.
    pub(crate) text: String,
}

impl Taken {
    /// The address's path that begins so.
    pub(crate) fn path(&self, begin: &str) -> &str {
        let from = self.text.find(begin);
        let from = from.unwrap_or_else(|| panic!("no {begin} in {}", self.text));
        let rest = &self.text[from..];
        rest.split_whitespace().next().unwrap()
    }
}

pub(crate) struct MailSink {
    pub(crate) port: u16,
    letters: UnboundedReceiver<Taken>,
}

impl MailSink {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (told, letters) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, told.clone()));
            }
        });
        Self { port, letters }
    }

    /// The next letter.
    pub(crate) async fn letter(&mut self) -> Taken {
        let next = timeout(SOON, self.letters.recv()).await;
        next.expect("a letter in time").unwrap()
    }
}

/// RFC 5321, as much of it as a client asks for that wants no extension.
async fn converse(stream: TcpStream, told: UnboundedSender<Taken>) {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut answer = "220 sink\r\n";
    let mut to = String::new();
    loop {
        if writer.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
        let Ok(Some(line)) = lines.next_line().await else {
            return;
        };
        answer = match line.get(..4).unwrap_or_default() {
            "RCPT" => {
                let address = line.split(['<', '>']).nth(1);
                address.unwrap_or_default().clone_into(&mut to);
                "250 OK\r\n"
            }
            "DATA" => {
                let begin = "354 go on\r\n".as_bytes();
                writer.write_all(begin).await.unwrap();
                let text = message(&mut lines).await;
                let to = std::mem::take(&mut to);
                // The test may have seen enough.
                let _ = told.send(Taken { to, text });
                "250 taken\r\n"
            }
            "QUIT" => return,
            _ => "250 OK\r\n",
        };
    }
}

async fn message(lines: &mut Lines<BufReader<OwnedReadHalf>>) -> String {
    let mut text = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line == "." {
            break;
        }
        match line.strip_suffix('=') {
            Some(part) => text.push_str(part),
            None => text.extend([line.as_ref(), "\n"]),
        }
    }
    text.replace("=3D", "=")
}

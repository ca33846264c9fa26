//! Codes by e-mail, taken by a mail server that others wrote: in clear, after STARTTLS, over TLS.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use challenge::audit::{EventKind, Outcome};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tempfile::TempDir;

use crate::codes::{Agent, EMAIL, apply, digits, file, logged};
use crate::receiver::SOON;
use crate::running::{Home, Server, foreign, free_port, prepared};

const PASSWORD: &str = "planted-smtp-password-05";

/// A mail server under way.
struct MailServer {
    process: Child,
    port: u16,
    mails: Receiver<Value>,
}

impl MailServer {
    fn start(options: &[&str]) -> Self {
        let mut command = Command::new(prepared("COUNTERSIGN_TEST_PYTHON"));
        command.arg(foreign("mail_server.py")).args(options);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let mut port = String::new();
        lines.read_line(&mut port).unwrap();
        Self {
            process,
            port: port.trim().parse().unwrap(),
            mails: mails(lines),
        }
    }

    /// The next message.
    fn mail(&self) -> Value {
        self.mails.recv_timeout(SOON).expect("a message")
    }
}

fn mails(lines: BufReader<ChildStdout>) -> Receiver<Value> {
    let (told, mails) = channel();
    std::thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            let mail = serde_json::from_str(&line).unwrap();
            if told.send(mail).is_err() {
                return;
            }
        }
    });
    mails
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // It may have ended by itself already; either way it is gone afterwards.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn smtp(port: u16, more: &str) -> String {
    format!(
        "[delivery.smtp]\nhost = \"localhost\"\nport = {port}\n\
         from = \"Online Bank <codes@bank.example>\"\n{more}\n"
    )
}

/// A certificate of `localhost`, its key, and who signed it, in a folder.
struct Papers {
    folder: TempDir,
}

impl Papers {
    fn new() -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = CertifiedIssuer::self_signed(authority, key).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &authority).unwrap();
        let folder = TempDir::new().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("certificate", &certificate.pem());
        write("key", &key.serialize_pem());
        write("authority", &authority.pem());
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A mail server that shows the certificate.
    fn mail_server(&self, options: &[&str]) -> MailServer {
        let [certificate, key] = ["certificate", "key"].map(|name| self.path(name));
        let mut all = vec![
            "--certificate",
            certificate.to_str().unwrap(),
            "--key",
            key.to_str().unwrap(),
        ];
        all.extend(options);
        MailServer::start(&all)
    }

    /// A server that trusts who signed it.
    fn serve(&self, home: &Home) -> Server {
        let mut command = home.command(["serve", "--listen", "127.0.0.1:0"]);
        command.env("SSL_CERT_FILE", self.path("authority"));
        Server::quietly(command)
    }
}

#[tokio::test]
async fn a_code_comes_by_mail_with_all_that_a_mail_needs() {
    let mail_server = MailServer::start(&[]);
    let home = Home::sqlite();
    let tenant = "display_name = \"Bänk\"";
    let delivery = smtp(mail_server.port, "security = \"none\"");
    apply(&home, &file(&delivery, tenant, ""));
    let server = home.serve();
    let agent = Agent::of(&server).await;
    assert_eq!(agent.send().await["error"], 0);
    let mail = mail_server.mail();
    assert_eq!(mail["from"], "codes@bank.example");
    assert_eq!(mail["to"], serde_json::json!([EMAIL]));
    assert_eq!(
        (&mail["tls"], &mail["user"]),
        (&Value::Bool(false), &Value::Null)
    );
    let data = mail["data"].as_str().unwrap();
    let (head, body) = data.split_once("\r\n\r\n").unwrap();
    for line in [
        "From: \"Online Bank\" <codes@bank.example>",
        "Subject: Your =?utf-8?b?",
        "Auto-Submitted: auto-generated",
        "Date: ",
        "MIME-Version: 1.0",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
    assert!(head.contains("@bank.example>\r\n"), "a message id: {head}");
    assert!(head.contains(&format!("To: {EMAIL}\r\n")), "{head}");
    assert!(body.contains(" is your B=C3=A4nk code."), "{body}");
    assert_eq!(agent.verify(&digits(body)).await, 0);
    // The connection serves again.
    assert_eq!(agent.send().await["error"], 0);
    let again = mail_server.mail();
    assert_eq!(again["peer"], mail["peer"], "another connection");
    assert!(server.stopped());
}

#[tokio::test]
async fn over_tls_and_after_starttls_the_server_signs_in_and_mails_arrive() {
    let papers = Papers::new();
    for (security, option) in [("starttls", "--starttls"), ("tls", "--tls")] {
        let options = [option, "--user", "codes", "--password", PASSWORD];
        let mail_server = papers.mail_server(&options);
        let home = Home::sqlite();
        let more = format!(
            "security = \"{security}\"\nuser = \"codes\"\npassword = \"{PASSWORD}\"\n\
             subject = \"Code\"\ntext = \"{{code}}\\nfor {{minutes}} min.\""
        );
        apply(&home, &file(&smtp(mail_server.port, &more), "", ""));
        let server = papers.serve(&home);
        let agent = Agent::of(&server).await;
        assert_eq!(agent.send().await["error"], 0);
        let mail = mail_server.mail();
        assert_eq!(
            (&mail["tls"], &mail["user"]),
            (&Value::Bool(true), &Value::from("codes"))
        );
        let data = mail["data"].as_str().unwrap();
        assert!(data.contains("Subject: Code\r\n"), "{data}");
        let (_, body) = data.split_once("\r\n\r\n").unwrap();
        assert!(body.trim_end().ends_with("\r\nfor 2 min."), "{body:?}");
        assert_eq!(agent.verify(&digits(body)).await, 0);
        assert!(server.stopped());
    }
}

/// What the log says of a mail that was not taken.
async fn trouble(log: &std::path::Path) -> String {
    for _ in 0..1200 {
        let text = std::fs::read_to_string(log).unwrap();
        let mut lines = text.lines();
        if let Some(line) = lines.find(|line| line.contains("a code was not taken")) {
            let line: Value = serde_json::from_str(line).unwrap();
            return line["fields"]["trouble"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing failed");
}

#[tokio::test]
async fn nothing_is_said_to_a_mail_server_that_is_not_to_be_trusted_or_knows_no_starttls() {
    let papers = Papers::new();
    let untrusted = papers.mail_server(&["--starttls"]);
    let plain = MailServer::start(&[]);
    for (mail_server, told) in [
        (&untrusted, "invalid peer certificate"),
        (&plain, "STARTTLS is not supported"),
    ] {
        let home = Home::sqlite();
        apply(&home, &file(&smtp(mail_server.port, ""), "", ""));
        let log = tempfile::NamedTempFile::new().unwrap();
        let server = logged(&home, log.path());
        assert_eq!(Agent::of(&server).await.send().await["error"], 0);
        let trouble = trouble(log.path()).await;
        assert!(trouble.contains(told), "{trouble}");
        assert!(mail_server.mails.try_recv().is_err());
    }
}

#[tokio::test]
async fn an_address_that_a_mail_server_does_not_know_is_tried_once_and_told_nobody() {
    let mail_server = MailServer::start(&["--refuse", "550"]);
    let home = Home::sqlite();
    apply(
        &home,
        &file(&smtp(mail_server.port, "security = \"none\""), "", ""),
    );
    let log = tempfile::NamedTempFile::new().unwrap();
    let server = logged(&home, log.path());
    assert_eq!(Agent::of(&server).await.send().await["error"], 0);
    assert_eq!(trouble(log.path()).await, "the mail server answered 550");
    let mut told = Vec::new();
    for _ in 0..1200 {
        told = home.events(7).await;
        told.retain(|event| event.kind == EventKind::Deliver);
        if !told.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((told.len(), told[0].outcome), (1, Outcome::Undelivered));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(server.stopped());
    let logged = std::fs::read_to_string(log.path()).unwrap();
    assert_eq!(logged.matches("a code was not taken").count(), 1);
    assert!(
        !logged.contains(EMAIL),
        "the mail server's words stand in the log"
    );
    assert!(!format!("{told:?}").contains(EMAIL));
}

#[tokio::test]
async fn a_mail_server_that_is_down_for_a_while_gets_the_mail() {
    let port = free_port();
    let home = Home::sqlite();
    apply(&home, &file(&smtp(port, "security = \"none\""), "", ""));
    let log = tempfile::NamedTempFile::new().unwrap();
    let server = logged(&home, log.path());
    let agent = Agent::of(&server).await;
    assert_eq!(agent.send().await["error"], 0);
    trouble(log.path()).await;
    let mail_server = MailServer::start(&["--port", &port.to_string()]);
    let mail = mail_server.mail();
    let (_, body) = mail["data"]
        .as_str()
        .unwrap()
        .split_once("\r\n\r\n")
        .unwrap();
    assert_eq!(agent.verify(&digits(body)).await, 0);
    assert!(server.stopped());
}

#[tokio::test]
async fn an_address_with_a_line_break_in_it_never_comes_to_a_mail_server() {
    let mail_server = MailServer::start(&[]);
    let home = Home::sqlite();
    let delivery = smtp(mail_server.port, "security = \"none\"");
    let described = file(&delivery, "", "");
    let text = std::fs::read_to_string(described.path()).unwrap();
    let broken = text.replace(EMAIL, "a@b.example\\r\\nRCPT TO:<c@d.example>");
    std::fs::write(described.path(), broken).unwrap();
    let refused = home.run(["apply".as_ref(), described.path()]);
    assert!(!refused.status.success());
    for odd in [
        "a@b.example, c@d.example",
        "<a@b.example>",
        "a b@c.example",
        "a@",
    ] {
        std::fs::write(described.path(), text.replace(EMAIL, odd)).unwrap();
        apply(&home, &described);
        let log = tempfile::NamedTempFile::new().unwrap();
        let server = logged(&home, log.path());
        assert_eq!(Agent::of(&server).await.send().await["error"], 0);
        assert_eq!(
            trouble(log.path()).await,
            "the user's e-mail address is none",
            "{odd}"
        );
        assert!(server.stopped());
    }
    assert!(mail_server.mails.try_recv().is_err());
}

//! Hands one e-mail over to the operator's mail server (RFC 5321). It keeps nothing of an answer but its
//! code: what a mail server says often holds the address.
//!
//! Connections are used again one by one. The library's own pool is not used: it takes back connections of
//! deliveries that were given up half-way, and its readers wait without an end.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use challenge::clock::Timestamp;
use challenge::delivery::{Handover, Parcel, Security, SmtpSettings, StoredDelivery};
use challenge::verifier::Verifier;
use lettre::Address;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::timeout;

use super::letter;

/// The longest that a mail server may take to accept a connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// The longest that a delivery may take, connecting included: less than a message is leased for.
const DELIVERY_TIME_MAX: Duration = Duration::from_secs(20);

/// The longest that an idle connection may take to say that it still serves.
const WAKE_TIME_MAX: Duration = Duration::from_secs(2);

/// Seconds for which a connection that is not used is kept. Mail servers wait longer (RFC 5321,
/// section 4.5.3.2.7).
const IDLE_S: u32 = 60;

/// The most connections that are kept while they are not used.
const IDLE_MAX: usize = 4;

/// Codes of answers that say that there is no such mailbox (RFC 5321, section 4.2.3).
const NO_SUCH_MAILBOX: [u16; 3] = [550, 551, 553];

/// Hands e-mails over.
#[derive(Default)]
pub struct Mail {
    idle: Mutex<Idle>,
}

/// Connections that wait to be used again, the longest idle first.
#[derive(Default)]
struct Idle {
    /// What they were made with: with other settings they are of no use.
    made_with: Option<StoredDelivery>,
    connections: Vec<(AsyncSmtpConnection, Timestamp)>,
}

impl Mail {
    /// Hands a message over once; says what the mail server did.
    pub(super) async fn bring(
        &self,
        verifier: &Verifier,
        stored: &StoredDelivery,
        parcel: &Parcel,
    ) -> Handover {
        let Some(settings) = &stored.settings.smtp else {
            return failed("no [delivery.smtp] is configured any more".to_owned());
        };
        let Ok(to) = parcel.delivery.to.parse::<Address>() else {
            let trouble = "the user's e-mail address is none".to_owned();
            return Handover::Rejected { trouble };
        };
        let message = match message(verifier, settings, (to, parcel)) {
            Ok(message) => message,
            Err(trouble) => return failed(trouble),
        };
        let password = match verifier.delivery_secrets(stored) {
            Ok(secrets) => secrets.smtp_password,
            Err(error) => return failed(format!("the settings cannot be read: {error}")),
        };
        let sending = self.send(verifier, stored, (settings, password), &message);
        match timeout(DELIVERY_TIME_MAX, sending).await {
            Ok(Ok(())) => Handover::Taken,
            Ok(Err(error)) => fate(&error),
            // The connection is closed with what was under way on it.
            Err(_) => failed(format!(
                "no answer within {} s",
                DELIVERY_TIME_MAX.as_secs()
            )),
        }
    }

    async fn send(
        &self,
        verifier: &Verifier,
        stored: &StoredDelivery,
        (settings, password): (&SmtpSettings, Option<SecretString>),
        message: &Message,
    ) -> Result<(), Error> {
        let idle = self.take_idle(stored, verifier.now());
        let mut connection = match awake(idle).await {
            Some(connection) => connection,
            None => connect(settings, password).await?,
        };
        let formatted = zeroize::Zeroizing::new(message.formatted());
        connection.send(message.envelope(), &formatted).await?;
        self.keep_idle(stored, connection, verifier.now());
        Ok(())
    }

    /// The connection that was used last, if it was made with these settings and not long ago.
    fn take_idle(&self, stored: &StoredDelivery, now: Timestamp) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.made_with.as_ref() != Some(stored) {
            idle.connections.clear();
            idle.made_with = Some(stored.clone());
        }
        idle.connections
            .retain(|(_, since)| now < since.plus_s(IDLE_S));
        idle.connections.pop().map(|(connection, _)| connection)
    }

    fn keep_idle(&self, stored: &StoredDelivery, connection: AsyncSmtpConnection, now: Timestamp) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = idle.made_with.as_ref() == Some(stored);
        if fits && !connection.has_broken() && idle.connections.len() < IDLE_MAX {
            idle.connections.push((connection, now));
        }
    }
}

/// The connection, if it still serves.
async fn awake(idle: Option<AsyncSmtpConnection>) -> Option<AsyncSmtpConnection> {
    let mut connection = idle?;
    let serves = timeout(WAKE_TIME_MAX, connection.test_connected()).await;
    serves.unwrap_or(false).then_some(connection)
}

async fn connect(
    settings: &SmtpSettings,
    password: Option<SecretString>,
) -> Result<AsyncSmtpConnection, Error> {
    let name = ClientId::default();
    let tls = |host: &String| TlsParameters::builder(host.clone()).build_rustls();
    let at_once = match settings.security {
        Security::Tls => Some(tls(&settings.host)?),
        Security::Starttls | Security::None => None,
    };
    let server = (settings.host.as_str(), settings.port);
    let patience = Some(CONNECT_TIME_MAX);
    let connecting = AsyncSmtpConnection::connect_tokio1(server, patience, &name, at_once, None);
    let mut connection = connecting.await?;
    if settings.security == Security::Starttls {
        connection.starttls(tls(&settings.host)?, &name).await?;
    }
    if let (Some(user), Some(password)) = (&settings.user_name, password) {
        let password = password.expose_secret().to_owned();
        let credentials = Credentials::new(user.clone(), password);
        connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
    }
    Ok(connection)
}

/// The e-mail. Its id is the same in every try, so that a mail server that took it twice can know it.
fn message(
    verifier: &Verifier,
    settings: &SmtpSettings,
    (to, parcel): (Address, &Parcel),
) -> Result<Message, String> {
    let (subject, text) = letter::email(verifier, settings, &parcel.delivery);
    let from: Mailbox = settings
        .from
        .parse()
        .map_err(|_| "from is no address".to_owned())?;
    let id = parcel.claimed.message.id;
    let date = UNIX_EPOCH + Duration::from_secs(verifier.now().unix_s());
    Message::builder()
        .date(date)
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(subject.expose_secret())
        .header(AutoSubmitted)
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
        .body(text.expose_secret().to_owned())
        .map_err(|_| "the e-mail cannot be written".to_owned())
}

/// Tells other programs that none of them is to answer (RFC 3834, section 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// What a failure means. Of what the mail server said, only the code is told.
fn fate(error: &Error) -> Handover {
    let Some(code) = error.status() else {
        return failed(trouble(error));
    };
    let code = u16::from(code);
    let trouble = format!("the mail server answered {code}");
    if NO_SUCH_MAILBOX.contains(&code) {
        Handover::Rejected { trouble }
    } else {
        failed(trouble)
    }
}

/// What went wrong before the mail server answered with a code, in a line.
fn trouble(error: &Error) -> String {
    if error.is_timeout() {
        return format!("no connection within {} s", CONNECT_TIME_MAX.as_secs());
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    if error.is_response() {
        "the mail server's answer cannot be read".to_owned()
    } else if error.is_tls() {
        format!("no TLS: {innermost}")
    } else {
        // What the library itself finds missing (STARTTLS, a way to sign in), or what the system says
        // of the connection.
        format!("{innermost}")
    }
}

fn failed(trouble: String) -> Handover {
    Handover::Failed {
        trouble,
        retry_after_s: None,
    }
}

//! Sends one callback and says what the receiver did with it; pushes leave by the same way. It keeps
//! nothing of an answer but its status and `Retry-After`.

use std::error::Error as _;
use std::time::Duration;

use anyhow::Context as _;
use challenge::approval::delivery::Reception;
use challenge::clock::Timestamp;
use protocols::okay::callback::Letter;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, StatusCode, Url};

use super::guard::{self, Internal, PublicResolver};
use super::retry_after;

/// The longest that a receiver may take to accept a connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// The longest that a delivery may take, connecting included: far less than a message is leased for.
pub const DELIVERY_TIME_MAX: Duration = Duration::from_secs(15);

/// The longest that an answer's body is waited for. Nothing in it matters; what was read lets the
/// connection serve again.
const BODY_TIME_MAX: Duration = Duration::from_secs(1);

/// The most of an answer's body that is read, in bytes.
const BODY_LENGTH_MAX: usize = 64 * 1024;

/// The longest that is waited to learn whether anybody answers.
const REACH_TIME_MAX: Duration = Duration::from_secs(5);

/// The most headers that an answer may have.
const HEADERS_MAX: usize = 64;

/// How long a connection that is not used is kept.
const IDLE_TIME_MAX: Duration = Duration::from_mins(1);

/// The most connections to one receiver that are kept while they are not used.
const IDLE_MAX: usize = 16;

/// Sends callbacks, pushes and what a gateway is asked. Connections are used again.
pub struct Courier {
    /// For what goes to public addresses alone.
    guarded: Client,
    /// For tenants that allow private ones.
    free: Client,
}

/// Something that is sent by POST.
pub(in crate::workers) struct Parcel {
    pub(in crate::workers) headers: Vec<(&'static str, String)>,
    pub(in crate::workers) body: Vec<u8>,
}

/// What is kept of an answer.
pub(in crate::workers) struct Kept {
    pub(in crate::workers) status: StatusCode,
    /// Seconds after which the receiver asked to be tried again.
    pub(in crate::workers) retry_after_s: Option<u32>,
}

/// Why nobody was reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreached {
    /// The address is internal, and nothing was sent.
    #[error("{Internal}")]
    Internal,
    /// What went wrong, for people.
    #[error("{0}")]
    Trouble(String),
}

impl From<NoAnswer> for Unreached {
    fn from(no_answer: NoAnswer) -> Self {
        match no_answer {
            NoAnswer::Internal(_) => Self::Internal,
            NoAnswer::Trouble(trouble) => Self::Trouble(trouble),
        }
    }
}

/// Why there is no answer.
pub(in crate::workers) enum NoAnswer {
    /// The address is internal, and nothing was sent.
    Internal(Internal),
    /// What went wrong, for people.
    Trouble(String),
}

impl Courier {
    /// Makes ready to send.
    pub fn new() -> anyhow::Result<Self> {
        // An error says that a provider is there already: it is this one, the only one built in.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let guarded = builder().dns_resolver(PublicResolver).build();
        let free = builder().build();
        Ok(Self {
            guarded: guarded.context("no HTTP client for callbacks")?,
            free: free.context("no HTTP client for callbacks")?,
        })
    }

    /// Sends a callback once; says what the receiver did. `now` is what a `Retry-After` counts from.
    pub async fn deliver(
        &self,
        url: &str,
        allow_private: bool,
        letter: Letter,
        now: Timestamp,
    ) -> Reception {
        let url = match Url::parse(url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => url,
            _ => return failed("callback_url is not an http:// or https:// URL".to_owned()),
        };
        let mut headers = Vec::from(letter.headers);
        headers.push((CONTENT_TYPE.as_str(), "application/json".to_owned()));
        let body = letter.body.into_bytes();
        match self
            .post(url, allow_private, Parcel { headers, body }, now)
            .await
        {
            Ok(kept) => reception(&kept),
            Err(NoAnswer::Internal(internal)) => failed(internal.to_string()),
            Err(NoAnswer::Trouble(trouble)) => failed(trouble),
        }
    }

    /// Asks for the head of what is there, whatever it is, to learn whether anybody answers: by the ways, and
    /// under the rules, of what is sent.
    pub async fn reach(&self, url: &str, allow_private: bool) -> Result<(), Unreached> {
        let url = match Url::parse(url) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => url,
            _ => {
                return Err(Unreached::Trouble(
                    "it is no http:// or https:// URL".to_owned(),
                ));
            }
        };
        let client = self.client(&url, allow_private).map_err(Unreached::from)?;
        let request = client.head(url).timeout(REACH_TIME_MAX);
        let answer = request.send().await;
        answer.map(|_| ()).map_err(|error| trouble(&error).into())
    }

    /// Sends something once: to public addresses alone unless said otherwise, and following no redirect.
    pub(in crate::workers) async fn post(
        &self,
        url: Url,
        allow_private: bool,
        parcel: Parcel,
        now: Timestamp,
    ) -> Result<Kept, NoAnswer> {
        let client = self.client(&url, allow_private)?;
        let mut request = client.post(url).body(parcel.body);
        for (name, value) in parcel.headers {
            request = request.header(name, value);
        }
        answered(request, now).await
    }

    /// The client for what goes to this URL: one that reaches public addresses alone unless said otherwise.
    pub(in crate::workers) fn client(
        &self,
        url: &Url,
        allow_private: bool,
    ) -> Result<&Client, NoAnswer> {
        if allow_private {
            return Ok(&self.free);
        }
        guard::check_literal(url).map_err(NoAnswer::Internal)?;
        Ok(&self.guarded)
    }
}

/// Sends a request and keeps what counts of its answer.
pub(in crate::workers) async fn answered(
    request: RequestBuilder,
    now: Timestamp,
) -> Result<Kept, NoAnswer> {
    match request.send().await {
        Ok(response) => Ok(received(response, now).await),
        Err(error) => Err(trouble(&error)),
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        // What a variable of the environment says must not lead a callback somewhere else.
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIME_MAX)
        .timeout(DELIVERY_TIME_MAX)
        .http1_only()
        .http1_max_headers(HEADERS_MAX)
        .pool_idle_timeout(IDLE_TIME_MAX)
        .pool_max_idle_per_host(IDLE_MAX)
}

async fn received(response: Response, now: Timestamp) -> Kept {
    let status = response.status();
    let retry_after_s = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| retry_after::seconds(value, now));
    // Cut off, the connection is closed; the status counts all the same.
    let _ = tokio::time::timeout(BODY_TIME_MAX, discard(response)).await;
    Kept {
        status,
        retry_after_s,
    }
}

/// What a receiver of callbacks did, by its answer.
fn reception(kept: &Kept) -> Reception {
    let status = kept.status;
    if status.is_success() {
        Reception::Taken
    } else if status == StatusCode::GONE {
        Reception::Gone
    } else {
        Reception::Failed {
            trouble: told(status),
            retry_after_s: kept.retry_after_s,
        }
    }
}

/// What is told of a status that is no success, in a line.
pub(in crate::workers) fn told(status: StatusCode) -> String {
    let number = status.as_u16();
    if status.is_redirection() {
        format!("it answered {number}; redirects are not followed")
    } else {
        format!("it answered {number}")
    }
}

/// Reads an answer's body to its end where that comes soon, and forgets it.
async fn discard(mut response: Response) {
    let mut length = 0;
    while let Ok(Some(part)) = response.chunk().await {
        length += part.len();
        if length > BODY_LENGTH_MAX {
            return;
        }
    }
}

fn failed(trouble: String) -> Reception {
    Reception::Failed {
        trouble,
        retry_after_s: None,
    }
}

/// What went wrong, in a line. Never the URL, which may hold a password, nor anything of an answer.
fn trouble(error: &reqwest::Error) -> NoAnswer {
    let mut innermost: &dyn std::error::Error = error;
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(internal) = cause.downcast_ref::<Internal>() {
            return NoAnswer::Internal(*internal);
        }
        innermost = cause;
        next = cause.source();
    }
    NoAnswer::Trouble(match (error.is_connect(), error.is_timeout()) {
        (true, true) => format!("no connection within {} s", CONNECT_TIME_MAX.as_secs()),
        (true, false) => format!("no connection: {innermost}"),
        (false, true) => format!("no answer within {} s", DELIVERY_TIME_MAX.as_secs()),
        (false, false) => "the connection ended before an answer came".to_owned(),
    })
}

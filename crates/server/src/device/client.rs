//! A linked device over HTTP: what it is asked, what it answers, each request signed.

use std::sync::Arc;
use std::time::Duration;

use challenge::approval::signed::{self, DecisionText, LinkText, SignedRequest};
use challenge::approval::{DeviceName, Puzzle, Verdict, Work};
use challenge::clock::Clock;
use challenge::rng::{self, Rng};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::home::Link;
use super::key::DeviceKey;
use super::message::{
    Capabilities, DecisionBody, LinkAnswer, LinkBody, Pending, Problem, Sessions, WorkBody,
};
use super::{Home, Trouble};
use crate::system::{OsRng, SystemClock};

/// The longest that the server may take to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(20);

/// The longest that the server is asked to wait for something new: less than it may take to answer.
const WAIT_S: u32 = 15;

/// The device's name for people.
const NAME: &str = "Software device";

/// What it runs on.
const PLATFORM: &str = concat!("countersign ", env!("CARGO_PKG_VERSION"));

/// What it can do: it takes its owner's word, and has nowhere for pushes to go.
const CAPABILITIES: Capabilities = Capabilities {
    biometrics: true,
    push: false,
};

/// A link that is used.
pub struct Device {
    link: Link,
    name: DeviceName,
    key: DeviceKey,
    client: Client,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

/// What is decided about a session.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// The decision.
    pub verdict: Verdict,
    /// The PIN that was typed.
    pub pin: Option<&'a SecretString>,
    /// The number that was typed.
    pub number: Option<&'a str>,
}

impl Decision<'_> {
    /// A decision that takes nothing to be typed.
    pub fn plain(verdict: Verdict) -> Self {
        Self {
            verdict,
            pin: None,
            number: None,
        }
    }
}

impl Device {
    /// Links a new device with a code, and keeps its key in the folder.
    pub async fn link(server: &str, code: &str, home: &Home) -> Result<Self, Trouble> {
        home.prepare()?;
        let server = base_of(server)?;
        let (clock, key, client) = (SystemClock, DeviceKey::generate()?, client()?);
        let ask = async |work: Option<WorkBody>| {
            let time_ms = clock.now().unix_ms();
            let text = signed::link(&LinkText {
                code,
                public_key: key.public(),
                name: NAME,
                platform: PLATFORM,
                time_ms,
            });
            let body = LinkBody {
                code,
                public_key: BASE64.encode(key.public().as_bytes()),
                name: NAME,
                platform: PLATFORM,
                capabilities: CAPABILITIES,
                push: None,
                time_ms,
                signature: key.sign(&text)?,
                work,
            };
            let request = client.post(format!("{server}/device/v1/link")).json(&body);
            answered::<LinkAnswer>(request).await
        };
        let linked = match ask(None).await {
            Err(Refusal {
                work: Some(puzzle), ..
            }) => ask(Some(solve(puzzle, code).await?)).await,
            linked => linked,
        };
        let linked = linked.map_err(|refusal| refusal.trouble)?;
        let link = Link {
            server,
            device: linked.device,
            tenant_id: linked.tenant_id,
            tenant_name: linked.tenant_name,
            user: linked.user,
            private_key: key.written()?.to_string(),
        };
        home.keep(&link)?;
        Self::of(link, client)
    }

    /// The devices whose links are in the folder.
    pub fn all(home: &Home) -> Result<Vec<Self>, Trouble> {
        let client = client()?;
        let links = home.links()?.into_iter();
        links.map(|link| Self::of(link, client.clone())).collect()
    }

    fn of(link: Link, client: Client) -> Result<Self, Trouble> {
        let name = link.device.parse();
        let name = name.map_err(|_| Trouble::Here(format!("{}: not a device", link.device)))?;
        Ok(Self {
            key: DeviceKey::read(&link.private_key)?,
            name,
            link,
            client,
            clock: Arc::new(SystemClock),
            rng: Arc::new(OsRng),
        })
    }

    /// How the device names itself: `TENANT-DEVICE`.
    pub fn name(&self) -> &str {
        &self.link.device
    }

    /// The tenant's name for people.
    pub fn tenant_name(&self) -> &str {
        &self.link.tenant_name
    }

    /// The tenant's number.
    pub fn tenant_id(&self) -> u64 {
        self.link.tenant_id
    }

    /// The tenant's name for the user.
    pub fn user(&self) -> &str {
        &self.link.user
    }

    /// The sessions that wait for a decision now.
    pub async fn pending(&self) -> Result<Vec<Pending>, Trouble> {
        let listed: Sessions = self.get("/device/v1/sessions").await?;
        Ok(listed.sessions)
    }

    /// The sessions that wait, once they are others than at `state` or a few seconds have passed.
    pub async fn pending_after(&self, state: Option<&str>) -> Result<Sessions, Trouble> {
        let path = format!("/device/v1/sessions?wait_s={WAIT_S}");
        let Some(state) = state else {
            return self.get(&path).await;
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        if !state.bytes().all(plain) {
            return Err(Trouble::Unanswered("the server's state is none".to_owned()));
        }
        self.get(&format!("{path}&state={state}")).await
    }

    /// Decides about a session: signs all that was displayed, and returns once the decision is on the
    /// server's disk.
    pub async fn decide(&self, session: &Pending, decision: &Decision<'_>) -> Result<(), Trouble> {
        let user_verified = session.needs_user_verified && decision.verdict == Verdict::Approve;
        let time_ms = self.clock.now().unix_ms();
        let text = signed::decision(&DecisionText {
            displayed: session.displayed(),
            verdict: decision.verdict,
            number: decision.number.unwrap_or_default(),
            pin_given: decision.pin.is_some(),
            user_verified,
            time_ms,
        });
        let body = DecisionBody {
            decision: decision.verdict.name(),
            pin: decision.pin.map(SecretString::expose_secret),
            number: decision.number,
            user_verified,
            capabilities: (session.kind == "DEVICE_INFO").then_some(CAPABILITIES),
            time_ms,
            signature: self.key.sign(text.as_bytes())?,
        };
        let body = serde_json::to_vec(&body).map(Zeroizing::new);
        let body = body.map_err(|error| Trouble::Here(error.to_string()))?;
        if !session.session.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Trouble::Here("a session is named by digits".to_owned()));
        }
        let path = format!("/device/v1/sessions/{}/decision", session.session);
        let request = self.signed((Method::POST, &path), &body)?;
        let _: serde_json::Value = answered(request).await.map_err(|refusal| refusal.trouble)?;
        Ok(())
    }

    /// Unlinks the device, and then forgets its key.
    pub async fn unlink(self, home: &Home) -> Result<(), Trouble> {
        let request = self.signed((Method::DELETE, "/device/v1/device"), b"")?;
        let ended = acknowledged(request).await;
        match ended.map_err(|refusal| refusal.trouble) {
            Ok(_) => home.forget(&self.link),
            Err(trouble) => {
                // What the server does not know serves nothing any more.
                if trouble.is_unlinked() {
                    home.forget(&self.link)?;
                }
                Err(trouble)
            }
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        let request = self.signed((Method::GET, path), b"")?;
        answered(request).await.map_err(|refusal| refusal.trouble)
    }

    /// A request that carries the device's signature.
    fn signed(
        &self,
        (method, path): (Method, &str),
        body: &[u8],
    ) -> Result<RequestBuilder, Trouble> {
        let time_ms = self.clock.now().unix_ms();
        let nonce = BASE64URL_NOPAD.encode(&rng::bytes::<18>(&*self.rng));
        let text = signed::request(&SignedRequest {
            device: self.name,
            method: method.as_str(),
            path,
            time_ms,
            nonce: &nonce,
            body,
            unverified_signature: &[],
            address: None,
        });
        let signature = self.key.sign(&text)?;
        let device = &self.link.device;
        let authorization = format!(
            "Countersign device=\"{device}\", time=\"{time_ms}\", nonce=\"{nonce}\", \
             signature=\"{signature}\""
        );
        let url = format!("{}{path}", self.link.server);
        let request = self.client.request(method, url);
        let request = request.header(AUTHORIZATION, authorization);
        if body.is_empty() {
            return Ok(request);
        }
        Ok(request
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_vec()))
    }
}

/// A refusal, and the work that would lift it.
struct Refusal {
    trouble: Trouble,
    work: Option<Puzzle>,
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        Self {
            trouble,
            work: None,
        }
    }
}

fn client() -> Result<Client, Trouble> {
    let client = Client::builder()
        // The server is the one that was named, whatever the environment says.
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(ANSWER_TIME_MAX);
    let built = client.build();
    built.map_err(|error| Trouble::Here(format!("no HTTP client: {error}")))
}

/// The server's address, without a slash at the end: what is signed are path and query alone.
fn base_of(server: &str) -> Result<String, Trouble> {
    let wrong = || {
        Trouble::Here(
            "--server: give it like https://approve.example or http://host:8080".to_owned(),
        )
    };
    let url = Url::parse(server).map_err(|_| wrong())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if plain {
        Ok(url.as_str().trim_end_matches('/').to_owned())
    } else {
        Err(wrong())
    }
}

/// Sends a request; its answer where the server did as asked.
async fn answered<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Refusal> {
    let body = acknowledged(request).await?;
    serde_json::from_slice(&body).map_err(|error| {
        Refusal::from(Trouble::Unanswered(format!(
            "the server's answer is not understood: {error}"
        )))
    })
}

/// Sends a request; the answer's body where the server did as asked.
async fn acknowledged(request: RequestBuilder) -> Result<Vec<u8>, Refusal> {
    let unanswered = |error: reqwest::Error| {
        let told = if error.is_timeout() {
            "no answer in time".to_owned()
        } else {
            error.to_string()
        };
        Refusal::from(Trouble::Unanswered(format!("the server: {told}")))
    };
    let response = request.send().await.map_err(unanswered)?;
    let status = response.status();
    let body = response.bytes().await.map_err(unanswered)?;
    if status.is_success() {
        return Ok(body.to_vec());
    }
    let problem: Problem = serde_json::from_slice(&body).unwrap_or_default();
    let kind = problem.kind.rsplit(['/', ':', '#']).next();
    let kind = kind.unwrap_or_default().to_owned();
    let told = if problem.detail.is_empty() {
        problem.title
    } else {
        problem.detail
    };
    let text = if told.is_empty() {
        format!("HTTP {}", status.as_u16())
    } else {
        told
    };
    if !status.is_client_error() {
        return Err(Trouble::Unanswered(format!("the server cannot now: {text}")).into());
    }
    let work = problem.seed.zip(problem.bits);
    Err(Refusal {
        trouble: Trouble::Refused {
            status: status.as_u16(),
            kind,
            text,
        },
        work: work.map(|(seed, bits)| Puzzle { seed, bits }),
    })
}

/// Does the work that a guess at a linking code costs now.
async fn solve(puzzle: Puzzle, code: &str) -> Result<WorkBody, Trouble> {
    let code = code.to_owned();
    let found = tokio::task::spawn_blocking(move || {
        let Puzzle { seed, bits } = puzzle;
        let found = (0..u64::MAX)
            .map(|number| number.to_string())
            .find(|nonce| {
                let work = Work { seed: &seed, nonce };
                work.solves(&code, bits)
            });
        found.map(|nonce| WorkBody { seed, nonce })
    });
    let found = found.await.ok().flatten();
    found.ok_or_else(|| Trouble::Here("the proof of work was not found".to_owned()))
}

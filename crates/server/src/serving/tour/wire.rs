//! The tour's HTTP: a request is printed, sent, its answer printed and checked.

use anyhow::{Context as _, bail};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

/// Speaks to the tour's server and prints what is said.
pub(super) struct Wire {
    client: Client,
    base: String,
    step: u32,
}

/// A request of the tour: a POST where it has a body, else a GET.
pub(super) struct Request<'a> {
    /// The path.
    pub(super) path: &'a str,
    /// The bearer token.
    pub(super) bearer: Option<&'a str>,
    /// The body.
    pub(super) body: Option<Body<'a>>,
}

/// What is posted.
pub(super) struct Body<'a> {
    /// The media type.
    pub(super) content_type: &'a str,
    /// The text, byte for byte.
    pub(super) text: &'a str,
}

impl Wire {
    /// A wire to the server at `base`, such as `http://127.0.0.1:40123`.
    pub(super) fn to(base: String) -> anyhow::Result<Self> {
        // What a proxy variable says must not lead the tour away from its own server.
        let client = Client::builder()
            .no_proxy()
            .build()
            .context("no HTTP client")?;
        Ok(Self {
            client,
            base,
            step: 0,
        })
    }

    /// Sends a request, prints both ways, and gives the answer if its status is the expected one.
    pub(super) async fn exchange(
        &mut self,
        title: &str,
        request: &Request<'_>,
        expected: StatusCode,
    ) -> anyhow::Result<Value> {
        self.step += 1;
        outln(&format!("\n{}. {title}", self.step));
        let method = request.body.as_ref().map_or(Method::GET, |_| Method::POST);
        let url = format!("{}{}", self.base, request.path);
        outln(&format!("   > {method} {url}"));
        let mut sent = self.client.request(method, &url);
        if let Some(token) = request.bearer {
            outln(&format!("   > Authorization: Bearer {token}"));
            sent = sent.bearer_auth(token);
        }
        if let Some(body) = &request.body {
            outln(&format!("   > Content-Type: {}", body.content_type));
            outln(&format!("   > {}", body.text));
            sent = sent.header("Content-Type", body.content_type);
            sent = sent.body(body.text.to_owned());
        }
        let answer = sent.send().await.context("no answer")?;
        let status = answer.status();
        let text = answer.text().await.context("the answer broke off")?;
        outln(&format!("   < {status}"));
        outln(&format!("   < {text}"));
        if status != expected {
            bail!(
                "step {} ({title}): {status} instead of {expected}",
                self.step
            );
        }
        serde_json::from_str(&text).with_context(|| format!("step {}: not JSON", self.step))
    }
}

/// Prints a line; a reader that went away ends nothing.
pub(super) fn outln(line: &str) {
    use std::io::Write as _;
    // The tour's outcome is its exit code; who closed the pipe does not want the rest.
    let _ = writeln!(std::io::stdout(), "{line}");
}

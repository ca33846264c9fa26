//! What the website's owner got from the operator of the server, and what its server makes of it.

use anyhow::Context as _;
use challenge::directory::provision::Blueprint;
use secrecy::SecretString;

/// The name of this protocol in `protocols`.
const PROTOCOL: &str = "dualshield";

/// An application's account on a server that speaks `DualShield`.
#[derive(Clone)]
pub struct Account {
    /// The server, such as `https://auth.example`.
    pub server: String,
    /// The domain that the application's users are in.
    pub domain: String,
    /// Names the application to the token endpoint.
    pub client_id: String,
    /// Proves that it is the application; stays on its server.
    pub client_secret: SecretString,
}

impl Account {
    /// What the operator of `server` hands to the first application that names this protocol alone.
    pub fn of(directory: &Blueprint, server: String) -> anyhow::Result<Self> {
        let all = directory.tenants.iter();
        let mut all = all.flat_map(|tenant| tenant.clients.iter().map(move |one| (tenant, one)));
        let (tenant, client) = all
            .find(|(_, client)| client.protocols == [PROTOCOL])
            .context("no client speaks dualshield alone")?;
        let secret = client.secret.clone();
        Ok(Self {
            server,
            domain: tenant.name.clone(),
            client_id: client.id.clone(),
            client_secret: secret.context("the client has no secret")?,
        })
    }
}

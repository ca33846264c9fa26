//! Where the website stands: its address is taken first, since the Okay server has to be told where
//! callbacks go before it begins.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use challenge::clock::Clock;
use challenge::directory::provision::{Blueprint, OkayBlueprint};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::account::Account;
use super::website::Website;
use crate::app;
use crate::serving::connections;

/// An address that nobody answers at yet.
pub struct Stand {
    listener: TcpListener,
    url: String,
}

impl Stand {
    /// Takes an address; port 0 takes a free one.
    pub async fn take(listen: &str) -> anyhow::Result<Self> {
        let listener = app::bind(listen, "--okay-partner-listen").await?;
        let url = app::url_of(listener.local_addr()?);
        Ok(Self { listener, url })
    }

    /// Its address, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Lets the callbacks of the tenants that approve on a phone come here.
    pub fn invite_callbacks(&self, directory: &mut Blueprint) {
        for okay in directory.tenants.iter_mut().flat_map(|t| &mut t.okay) {
            okay.settings.callback_url = Some(format!("{}/callback", self.url));
            okay.settings.allow_private_callback = true;
        }
    }

    /// Opens the website, for whoever was given `account`.
    pub fn open(
        self,
        account: Account,
        program: String,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<JoinHandle<()>> {
        let router = Website::new(account, program, clock)?.router();
        Ok(self.answer_with(router))
    }

    /// Answers with something else.
    pub fn answer_with(self, router: Router) -> JoinHandle<()> {
        tokio::spawn(connections::serve(
            self.listener,
            router,
            std::future::pending(),
        ))
    }
}

impl Account {
    /// What the operator of the Okay server at `server` hands to the first tenant that approves on
    /// a phone.
    pub fn of(directory: &Blueprint, server: String) -> anyhow::Result<Self> {
        let mut approving = directory.tenants.iter().filter_map(|t| t.okay.as_ref());
        let okay: &OkayBlueprint = approving.next().context("no tenant approves on a phone")?;
        Ok(Self {
            server,
            tenant_id: okay.settings.id,
            secret: okay.secret.clone().context("the tenant has no secret")?,
            standard_secret: okay.callback_standard_secret.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn callbacks_come_to_the_address_that_was_taken() {
        let stand = Stand::take("0.0.0.0:0").await.unwrap();
        assert!(
            stand.url().starts_with("http://127.0.0.1:"),
            "{}",
            stand.url()
        );
        let demo = include_str!("../demo.toml");
        let mut directory = crate::config::provisioning::parse(demo).unwrap();
        stand.invite_callbacks(&mut directory);
        let settings = &directory.tenants[0].okay.as_ref().unwrap().settings;
        let expected = format!("{}/callback", stand.url());
        assert_eq!(settings.callback_url.as_deref(), Some(expected.as_str()));
        assert!(settings.allow_private_callback);
        let account = Account::of(&directory, "http://s".to_owned()).unwrap();
        assert_eq!(account.tenant_id, settings.id);
    }
}

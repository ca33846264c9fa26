//! The settings: what is read and not in force, the address that clients are told, whom the server believes.

use std::net::ToSocketAddrs as _;

use super::command::Findings;
use super::finding::Kind;
use crate::operator::Desk;

/// Bits of a network's prefix below which it is nobody's own.
const PREFIX_MIN: (u8, u8) = (8, 16);

pub(super) fn look(desk: &Desk, found: &mut Findings) {
    let settings = &desk.settings;
    for warning in &settings.warnings {
        found.add(Kind::SettingsElsewhere, warning);
    }
    match &settings.public_url {
        None => found.add(
            Kind::UrlMissing,
            format!("it is http://{}", settings.listen),
        ),
        Some(url) if url.starts_with("http://") && !is_of_this_machine(url) => {
            found.add(Kind::UrlPlain, url);
        }
        Some(_) => {}
    }
    for network in settings.trusted_proxies.networks() {
        let least = match network {
            ipnet::IpNet::V4(_) => PREFIX_MIN.0,
            ipnet::IpNet::V6(_) => PREFIX_MIN.1,
        };
        if network.prefix_len() < least {
            found.add(Kind::ProxiesWide, network);
        }
    }
    let is_open = is_open(&settings.listen);
    if is_open && settings.tls.is_none() && settings.trusted_proxies.networks().is_empty() {
        found.add(Kind::ListenOpen, &settings.listen);
    }
}

/// Whether a URL is one of this machine alone.
fn is_of_this_machine(url: &str) -> bool {
    let host = reqwest::Url::parse(url).ok();
    let host = host.as_ref().and_then(reqwest::Url::host_str);
    host.is_some_and(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]")
}

/// Whether other machines reach an address; what cannot be read is told elsewhere.
fn is_open(listen: &str) -> bool {
    let addresses = listen.to_socket_addrs().ok();
    addresses.is_some_and(|mut all| all.any(|address| !address.ip().is_loopback()))
}

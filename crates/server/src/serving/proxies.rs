//! Who a request is from, where proxies stand in front.
//!
//! A proxy that the operator trusts says in `X-Forwarded-For` whom it speaks for; what anybody else says
//! there is not believed. Limits by address, a client's `addresses` and the audit log go by what is found
//! here. Connections are counted by the peer all the same: that one holds them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::{self, Next};
use axum::response::Response;
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Addresses in that header that are looked at, the nearest first: more proxies in a row are a mistake.
const HOPS_MAX: usize = 16;

/// The networks of the trusted proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Reads addresses and networks (`192.0.2.0/24`); the error names the one that is neither.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        let parsed = texts.iter().map(|text| {
            let text = text.trim();
            let address = text.parse::<IpAddr>().map(IpNet::from);
            let network = address.or_else(|_| text.parse::<IpNet>());
            network.map_err(|_| format!("{text:?} is no address and no network (CIDR)"))
        });
        Ok(Self(parsed.collect::<Result<_, _>>()?))
    }

    /// This router, told of each request's true sender.
    pub fn before(self, router: Router) -> Router {
        if self.0.is_empty() {
            return router;
        }
        router.layer(middleware::from_fn_with_state(Arc::new(self), name_sender))
    }

    /// The address nearest to the server that is no trusted proxy; where all are, the farthest one.
    fn sender(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut sender = peer.to_canonical();
        // Each proxy adds, at the end, the address it was spoken to from.
        let lines = headers.get_all(&FORWARDED_FOR).iter().rev();
        let texts = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        for text in texts.take(HOPS_MAX) {
            if !self.hold(sender) {
                break;
            }
            match address(text.trim()) {
                Some(address) => sender = address,
                None => break,
            }
        }
        sender
    }

    fn hold(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// An address, perhaps with a port, as some proxies write it.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>().ok();
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    Some(bare.or_else(with_port)?.to_canonical())
}

async fn name_sender(
    State(proxies): State<Arc<Proxies>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if let Some(&ConnectInfo(peer)) = peer {
        let sender = proxies.sender(peer.ip(), request.headers());
        if sender != peer.ip() {
            // Its port is not known, and nobody asks for it.
            let sender = SocketAddr::new(sender, 0);
            request.extensions_mut().insert(ConnectInfo(sender));
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(proxies: &[&str], peer: &str, lines: &[&str]) -> String {
        let proxies: Vec<_> = proxies.iter().map(|&text| text.to_owned()).collect();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let proxies = Proxies::parse(&proxies).unwrap();
        proxies.sender(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_says_whom_it_speaks_for() {
        let trusted = &["10.0.0.0/8", "::1"][..];
        for (peer, lines, expected) in [
            ("10.0.0.1", &["192.0.2.7"][..], "192.0.2.7"),
            ("::1", &["192.0.2.7:4711"], "192.0.2.7"),
            ("::ffff:10.0.0.1", &["[2001:db8::1]:80"], "2001:db8::1"),
            ("192.0.2.1", &["192.0.2.7"], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["1.1.1.1, 192.0.2.7"], "192.0.2.7"),
            ("10.0.0.1", &["192.0.2.7, 10.0.0.9"], "192.0.2.7"),
            ("10.0.0.1", &["192.0.2.7", "10.0.0.9"], "192.0.2.7"),
            ("10.0.0.1", &["1.1.1.1", "192.0.2.7, 10.0.0.9"], "192.0.2.7"),
            ("10.0.0.1", &["192.0.2.7, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["", ",,"], "10.0.0.1"),
        ] {
            assert_eq!(sender(trusted, peer, lines), expected, "{peer} {lines:?}");
        }
        assert_eq!(sender(&[], "10.0.0.1", &["192.0.2.7"]), "10.0.0.1");
    }

    #[test]
    fn a_header_is_read_to_a_bound() {
        let line = format!("192.0.2.7{}", ", 10.0.0.2".repeat(HOPS_MAX));
        assert_eq!(sender(&["10.0.0.0/8"], "10.0.0.1", &[&line]), "10.0.0.2");
    }

    #[test]
    fn what_is_no_network_is_named() {
        let error = Proxies::parse(&["10.0.0.0/33".to_owned()]).unwrap_err();
        assert!(error.contains("10.0.0.0/33"), "{error}");
    }
}

//! Who a request is from, where proxies stand in front.
//!
//! A proxy that the operator trusts says in `X-Forwarded-For` whom it speaks for; what anybody else says
//! there is not believed. Limits by address, a client's `addresses` and the audit log go by what is found
//! here. Connections are counted by the peer all the same: that one holds them.
//!
//! With which certificate (`Client-Cert`, RFC 9440) it says only where the operator switched that on: a
//! proxy that knows nothing of that header passes on what strangers write into it, and certificates are
//! no secrets.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::{self, Next};
use axum::response::Response;
use data_encoding::BASE64;
use ipnet::IpNet;
use protocols::incoming::PeerCertificate;

use super::tls::fingerprint;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");

/// Addresses in that header that are looked at, the nearest first: more proxies in a row are a mistake.
const HOPS_MAX: usize = 16;

/// A request's extension: a trusted proxy sent it, and its sender is whom that proxy spoke for.
#[derive(Clone, Copy, Debug)]
pub struct VouchedFor;

/// The networks of the trusted proxies, and what they are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    networks: Vec<IpNet>,
    certificates: bool,
}

impl Proxies {
    /// Reads addresses and networks (`192.0.2.0/24`); the error names the one that is neither.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        let parsed = texts.iter().map(|text| {
            let text = text.trim();
            let address = text.parse::<IpAddr>().map(IpNet::from);
            let network = address.or_else(|_| text.parse::<IpNet>());
            network.map_err(|_| format!("{text:?} is no address and no network (CIDR)"))
        });
        Ok(Self {
            networks: parsed.collect::<Result<_, _>>()?,
            certificates: false,
        })
    }

    /// The networks of the proxies.
    pub fn networks(&self) -> &[IpNet] {
        &self.networks
    }

    /// These, believed as well when they say with which certificate their client came.
    pub fn with_certificates(self) -> Result<Self, String> {
        if self.networks.is_empty() {
            return Err("name the proxies that say it in trusted_proxies".to_owned());
        }
        Ok(Self {
            certificates: true,
            ..self
        })
    }

    /// This router, told of each request's true sender.
    pub fn before(self, router: Router) -> Router {
        if self.networks.is_empty() {
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
        let address = address.to_canonical();
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }

    /// The certificate of whoever sent the request: the connection's own, unless the peer spoke for
    /// somebody else.
    fn certificate(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        own: Option<PeerCertificate>,
    ) -> Option<PeerCertificate> {
        if !self.hold(peer) {
            return own;
        }
        let mut lines = headers.get_all(&CLIENT_CERT).iter();
        match (lines.next(), lines.next()) {
            (Some(line), None) if self.certificates => certificate(line.as_bytes()),
            (Some(_), Some(_)) if self.certificates => None,
            _ => own.filter(|_| !headers.contains_key(&FORWARDED_FOR)),
        }
    }
}

/// A certificate as a byte sequence of a structured field (RFC 9440, section 2.1).
fn certificate(line: &[u8]) -> Option<PeerCertificate> {
    let inner = line.trim_ascii().strip_prefix(b":")?.strip_suffix(b":")?;
    let certificate = BASE64.decode(inner).ok()?;
    (!certificate.is_empty()).then(|| fingerprint(&certificate))
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
        let own = request.extensions().get::<PeerCertificate>().copied();
        let certificate = proxies.certificate(peer.ip(), request.headers(), own);
        let extensions = request.extensions_mut();
        extensions.remove::<PeerCertificate>();
        if let Some(certificate) = certificate {
            extensions.insert(certificate);
        }
        if proxies.hold(peer.ip()) {
            extensions.insert(VouchedFor);
        }
        let sender = proxies.sender(peer.ip(), request.headers());
        if sender != peer.ip() {
            // Its port is not known, and nobody asks for it.
            let sender = SocketAddr::new(sender, 0);
            request.extensions_mut().insert(ConnectInfo(sender));
        }
    }
    // From here on the extension alone tells of a certificate.
    request.headers_mut().remove(&CLIENT_CERT);
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
    fn a_certificate_in_a_header_is_believed_of_a_trusted_proxy_that_was_allowed_to_say_it() {
        let networks = Proxies::parse(&["10.0.0.0/8".to_owned()]).unwrap();
        let allowed = networks.clone().with_certificates().unwrap();
        let (proxy, stranger) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([192, 0, 2, 1]));
        let (own, told) = (fingerprint(b"own"), fingerprint(b"told"));
        let line = format!(":{}:", BASE64.encode(b"told"));
        let lines = [line.as_str()];
        for (proxies, peer, lines, forwarded, expected) in [
            (&allowed, proxy, &lines[..], false, Some(told)),
            (&allowed, proxy, &lines, true, Some(told)),
            (&allowed, proxy, &[], false, Some(own)),
            (&allowed, proxy, &[], true, None),
            (&allowed, proxy, &[&line, &line], true, None),
            (&allowed, proxy, &["dG9sZA=="], false, None),
            (&allowed, proxy, &[":dG9sZA:"], false, None),
            (&allowed, proxy, &["::"], false, None),
            (&allowed, stranger, &lines, true, Some(own)),
            (&networks, proxy, &lines, false, Some(own)),
            (&networks, proxy, &lines, true, None),
            (&networks, stranger, &lines, false, Some(own)),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(CLIENT_CERT, line.parse().unwrap());
            }
            if forwarded {
                headers.append(FORWARDED_FOR, "192.0.2.7".parse().unwrap());
            }
            let found = proxies.certificate(peer, &headers, Some(own));
            assert_eq!(found, expected, "{peer} {lines:?} {forwarded}");
        }
        assert!(Proxies::default().with_certificates().is_err());
    }

    #[test]
    fn what_is_no_network_is_named() {
        let error = Proxies::parse(&["10.0.0.0/33".to_owned()]).unwrap_err();
        assert!(error.contains("10.0.0.0/33"), "{error}");
    }
}

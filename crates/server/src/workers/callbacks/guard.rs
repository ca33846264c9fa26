//! Which addresses a callback, a push or a gateway's message may go to: those of the public Internet, unless
//! the settings say otherwise. The check is made on the very addresses that are connected to.
//!
//! It does not look at names: whatever a name is made to resolve to, now or a moment later, is
//! looked at when the connection is made.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// IPv4 networks that are not the public Internet (IANA's special-purpose registry, and addresses
/// that clouds serve their machines on).
const INTERNAL_V4: [(Ipv4Addr, u32); 17] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10), // carriers' translation; a cloud's metadata
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32), // a cloud's metadata
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local; most clouds' metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3), // multicast, reserved, broadcast
];

/// The IPv6 network of all public addresses; what lies outside is loopback, link-local, unique
/// local, multicast, or wraps an IPv4 address.
const PUBLIC_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// IPv6 networks inside it that are not the public Internet.
const INTERNAL_V6: [(Ipv6Addr, u32); 5] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // Teredo and other protocols' own
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // wraps an IPv4 address (6to4)
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// An address, or all addresses of a name, that callbacks may not go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address is internal; allow it with allow_private_callback, or give a public one")]
pub struct Internal;

/// Whether an address is one of the public Internet.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let among = |&(network, length)| holds_v4(network, length, address);
            !INTERNAL_V4.iter().any(among)
        }
        IpAddr::V6(address) => {
            let among = |&(network, length)| holds_v6(network, length, address);
            among(&PUBLIC_V6) && !INTERNAL_V6.iter().any(among)
        }
    }
}

/// Refuses a URL whose host is an internal address by itself, in whatever spelling: such a host is
/// never resolved.
pub fn check_literal(url: &Url) -> Result<(), Internal> {
    // The parser of URLs has brought every spelling of an address to the one that is connected to.
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(address) if !is_public(address) => Err(Internal),
        _ => Ok(()),
    }
}

/// Resolves names to public addresses alone. What it gives is what is connected to.
#[derive(Clone, Copy, Debug)]
pub struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(public_alone(found)?)
        })
    }
}

/// The public ones of a name's addresses.
fn public_alone(found: impl Iterator<Item = SocketAddr>) -> Result<Addrs, Internal> {
    let public: Vec<_> = found.filter(|address| is_public(address.ip())).collect();
    if public.is_empty() {
        return Err(Internal);
    }
    Ok(Box::new(public.into_iter()))
}

fn holds_v4(network: Ipv4Addr, length: u32, address: Ipv4Addr) -> bool {
    let differing = network.to_bits() ^ address.to_bits();
    differing.leading_zeros() >= length
}

fn holds_v6(network: Ipv6Addr, length: u32, address: Ipv6Addr) -> bool {
    let differing = network.to_bits() ^ address.to_bits();
    differing.leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_public_and_internal_addresses_leads_to_the_public_ones() {
        let both = ["127.0.0.1:0", "93.184.216.34:0", "[fd00::1]:0"];
        let both = both.map(|text| text.parse().unwrap());
        let kept: Vec<_> = public_alone(both.into_iter()).unwrap().collect();
        assert_eq!(kept, ["93.184.216.34:0".parse().unwrap()]);
        let inside = ["[::ffff:10.0.0.1]:0".parse().unwrap()];
        assert!(public_alone(inside.into_iter()).is_err());
    }

    #[test]
    fn the_edges_of_the_networks_are_exact() {
        for (address, public) in [
            ("9.255.255.255", true),
            ("10.0.0.0", false),
            ("10.255.255.255", false),
            ("11.0.0.0", true),
            ("100.63.255.255", true),
            ("100.64.0.0", false),
            ("100.127.255.255", false),
            ("100.128.0.0", true),
            ("126.255.255.255", true),
            ("128.0.0.0", true),
            ("168.63.129.16", false),
            ("168.63.129.17", true),
            ("172.15.255.255", true),
            ("172.16.0.0", false),
            ("172.31.255.255", false),
            ("172.32.0.0", true),
            ("192.167.255.255", true),
            ("192.168.0.0", false),
            ("192.169.0.0", true),
            ("198.17.255.255", true),
            ("198.19.255.255", false),
            ("198.20.0.0", true),
            ("223.255.255.255", true),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2000::1", true),
            ("2001:200::1", true),
            ("2001:1ff::1", false),
            ("2003::1", true),
            ("1fff::1", false),
            ("4000::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }
}

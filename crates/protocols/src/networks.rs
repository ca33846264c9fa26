//! Whether an address lies in one of a client's networks.

use std::net::IpAddr;

/// Whether one of the networks holds the address: none named, every address is fine; one that does
/// not parse holds nothing.
pub(crate) fn hold(networks: &[String], address: Option<IpAddr>) -> bool {
    if networks.is_empty() {
        return true;
    }
    let Some(address) = address else {
        return false;
    };
    let address = address.to_canonical();
    networks
        .iter()
        .any(|network| holds(network, address) == Some(true))
}

/// Whether a text is an address or a network, such as `192.0.2.0/24`.
pub(crate) fn is_one(text: &str) -> bool {
    let (base, length) = match text.split_once('/') {
        Some((base, length)) => (base, Some(length)),
        None => (text, None),
    };
    let Ok(base) = base.parse::<IpAddr>() else {
        return false;
    };
    let (_, width) = bits(base);
    length.is_none_or(|length| length.parse::<u32>().is_ok_and(|length| length <= width))
}

/// Whether one network (an address, or address/prefix length) holds an address.
fn holds(network: &str, address: IpAddr) -> Option<bool> {
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, Some(length.parse::<u32>().ok()?)),
        None => (network, None),
    };
    let (base, width) = bits(base.trim().parse::<IpAddr>().ok()?);
    let (given, given_width) = bits(address);
    let length = length.unwrap_or(width);
    if length > width || width != given_width {
        return Some(false);
    }
    let differing = (base ^ given).checked_shr(width - length).unwrap_or(0);
    Some(differing == 0)
}

/// An address as a number, and how many bits it has.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_address_with_a_length_that_it_can_have() {
        for (text, expected) in [
            ("192.0.2.1", true),
            ("192.0.2.0/24", true),
            ("2001:db8::/32", true),
            ("192.0.2.0/33", false),
            ("192.0.2.0/", false),
            ("192.0.2", false),
            ("nonsense", false),
            ("", false),
        ] {
            assert_eq!(is_one(text), expected, "{text}");
        }
    }

    #[test]
    fn a_network_holds_its_own_addresses_alone() {
        for (networks, address, expected) in [
            (&[][..], "192.0.2.1", true),
            (&["192.0.2.1"], "192.0.2.1", true),
            (&["192.0.2.1"], "::ffff:192.0.2.1", true),
            (&["192.0.2.1"], "192.0.2.2", false),
            (&["192.0.2.0/24", "10.0.0.0/8"], "10.255.0.1", true),
            (&["192.0.2.0/25"], "192.0.2.128", false),
            (&["0.0.0.0/0"], "203.0.113.9", true),
            (&["0.0.0.0/0"], "2001:db8::1", false),
            (&["::/0"], "2001:db8::1", true),
            (&["2001:db8::/32"], "2001:db9::1", false),
            (
                &["192.0.2.0/33", "nonsense", "192.0.2.0/x"],
                "192.0.2.0",
                false,
            ),
        ] {
            let networks: Vec<_> = networks.iter().map(|&one: &&str| one.to_owned()).collect();
            assert_eq!(
                hold(&networks, address.parse().ok()),
                expected,
                "{networks:?} {address}"
            );
        }
        assert!(!hold(&["0.0.0.0/0".to_owned()], None));
    }
}

//! Which addresses may be dialed. Called by the connector with every address that a name resolves to, and for literal addresses when an
//! endpoint is bound. Never resolves anything itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::config::AddressRange;

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefusal {
    #[error("{0} is a loopback address, which this endpoint does not allow (allow = [\"loopback\"])")]
    Loopback(IpAddr),
    #[error("{0} is a private address, which this endpoint does not allow (allow = [\"private\"])")]
    Private(IpAddr),
    #[error("{0} is a public address, where a secret would arrive in the clear: use https://")]
    InTheClear(IpAddr),
    #[error("{0} is a {1} address, which is never dialed")]
    Never(IpAddr, &'static str),
}

/// Passes an address that is public, or in a range that the endpoint allows by name.
pub(super) fn check(address: IpAddr, allowed: &[AddressRange]) -> Result<(), AddressRefusal> {
    match zone(address) {
        Zone::Public => Ok(()),
        Zone::Loopback if allowed.contains(&AddressRange::Loopback) => Ok(()),
        Zone::Private if allowed.contains(&AddressRange::Private) => Ok(()),
        Zone::Loopback => Err(AddressRefusal::Loopback(address)),
        Zone::Private => Err(AddressRefusal::Private(address)),
        Zone::Never(kind) => Err(AddressRefusal::Never(address, kind)),
    }
}

/// Passes an address on the operator's own machine or network, where secrets may go unencrypted.
pub(super) fn check_own(address: IpAddr) -> Result<(), AddressRefusal> {
    if zone(address) == Zone::Public { Err(AddressRefusal::InTheClear(address)) } else { Ok(()) }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zone {
    Public,
    Loopback,
    Private,
    Never(&'static str),
}

fn zone(address: IpAddr) -> Zone {
    match address {
        IpAddr::V4(address) => zone_v4(address),
        IpAddr::V6(address) => zone_v6(address),
    }
}

/// Ranges of the IANA IPv4 special-purpose registry (RFC 6890), and the metadata services of cloud providers that lie outside
/// 169.254/16: they give credentials to whoever asks.
fn zone_v4(address: Ipv4Addr) -> Zone {
    match address.octets() {
        [100, 100, 100, 200] | [168, 63, 129, 16] | [192, 0, 0, 192] => Zone::Never("metadata"),
        [0, ..] => Zone::Never("unspecified"),
        [127, ..] => Zone::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Zone::Private,
        [169, 254, ..] => Zone::Never("link-local or metadata"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Zone::Never("documentation"),
        [192, 0, 0, _] | [192, 88, 99, _] | [198, 18..=19, ..] => Zone::Never("special-purpose"),
        [224..=239, ..] => Zone::Never("multicast"),
        [240..=255, ..] => Zone::Never("reserved"),
        _ => Zone::Public,
    }
}

/// Ranges of the IANA IPv6 special-purpose registry. Addresses that carry an IPv4 address are judged by that one.
fn zone_v6(address: Ipv6Addr) -> Zone {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Zone::Loopback,
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => zone_v4(embedded(high, low)),
        [0x2002, high, low, ..] => zone_v4(embedded(high, low)),
        // Metadata services of cloud providers within the private range.
        [0xfd00, 0xec2 | 0xc1, ..] | [0xfd20, 0xce, ..] => Zone::Never("metadata"),
        [0xfc00..=0xfdff, ..] => Zone::Private,
        [0xfe80..=0xfebf, ..] => Zone::Never("link-local"),
        [0xff00..=0xffff, ..] => Zone::Never("multicast"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => Zone::Never("documentation"),
        [0x2001, 0..=0x01ff, ..] => Zone::Never("special-purpose"),
        [0x2000..=0x3fff, ..] => Zone::Public,
        _ => Zone::Never("special-purpose"),
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    let [a, b] = high.to_be_bytes();
    let [c, d] = low.to_be_bytes();
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(address: &str, allowed: &[AddressRange]) -> bool {
        check(address.parse().unwrap(), allowed).is_ok()
    }

    #[test]
    fn public_addresses_pass() {
        for address in ["8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"] {
            assert!(passes(address, &[]), "{address}");
        }
    }

    #[test]
    fn loopback_and_private_addresses_pass_only_where_allowed_by_name() {
        for address in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1"] {
            assert!(!passes(address, &[AddressRange::Private]), "{address}");
            assert!(passes(address, &[AddressRange::Loopback]), "{address}");
        }
        for address in ["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd12::1", "::ffff:10.0.0.1"] {
            assert!(!passes(address, &[AddressRange::Loopback]), "{address}");
            assert!(passes(address, &[AddressRange::Private]), "{address}");
        }
    }

    #[test]
    fn metadata_and_special_addresses_never_pass() {
        let all = [AddressRange::Loopback, AddressRange::Private];
        for address in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fd00:c1::a9fe:a9fe",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "::7f00:1",
            "64:ff9b:1::7f00:1",
            "2001::1",
            "fe80::1",
            "fec0::1",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
            "240.0.0.1",
            "192.0.2.1",
            "198.51.100.7",
            "203.0.113.9",
            "198.18.0.1",
            "2001:db8::1",
            "3fff::1",
            "100::1",
        ] {
            assert!(!passes(address, &all), "{address}");
        }
    }
}

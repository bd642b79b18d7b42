//! Where a request comes from: the client's address, as far as it can be known. Pure.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;

/// Who opened the connection: the client, or the last proxy before the host. On every request (extension).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Whom addresses are told apart by: one IPv4 address, or one IPv6 network of 64 bits, which is what a single client is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin(IpAddr);

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            v4 => v4,
        })
    }
}

/// Where a request is from. `proxies`: how many of the operator's own stand before the port (`server.proxies`).
///
/// Each proxy appends to `X-Forwarded-For` whom it was asked by, so of N proxies' entries the N-th from the right is the client; what stands
/// left of it, anybody can have written. Who came past the proxies is who opened the connection. When nobody has said whether there are
/// proxies, a request that went through one is from nobody knows where: none.
pub(super) fn of(peer: Peer, headers: &HeaderMap, proxies: Option<usize>) -> Option<Origin> {
    let Some(proxies) = proxies else {
        let is_direct = !headers.contains_key("x-forwarded-for") && !headers.contains_key("forwarded");
        return is_direct.then(|| peer.0.into());
    };
    let entries = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let entries: Vec<_> = entries.flat_map(|list| list.split(',')).collect();
    let client = entries.len().checked_sub(proxies).and_then(|index| entries.get(index)).copied().and_then(address);
    Some(client.unwrap_or(peer.0).into())
}

/// An entry: an address, perhaps with a port.
fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let plain = entry.trim_start_matches('[').trim_end_matches(']');
    plain.parse().ok().or_else(|| entry.parse().map(|socket: SocketAddr| socket.ip()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(proxies: Option<usize>, lists: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append("x-forwarded-for", list.parse().unwrap());
        }
        of(Peer("10.0.0.1".parse().unwrap()), &headers, proxies).map(|origin| origin.0.to_string())
    }

    #[test]
    fn a1_the_client_is_the_nth_entry_from_the_right_whatever_stands_left_of_it() {
        for (proxies, lists, expected) in [
            (Some(0), &["1.1.1.1"][..], "10.0.0.1"),
            (Some(1), &["6.6.6.6, 1.1.1.1"], "1.1.1.1"),
            (Some(2), &["6.6.6.6, 1.1.1.1, 2.2.2.2"], "1.1.1.1"),
            (Some(2), &["6.6.6.6", "1.1.1.1", "2.2.2.2"], "1.1.1.1"),
            (Some(1), &["1.1.1.1:4711"], "1.1.1.1"),
            (Some(1), &["[2001:db8:1:2:3:4:5:6]:443"], "2001:db8:1:2::"),
            (Some(1), &["2001:db8:1:2:ffff::1"], "2001:db8:1:2::"),
            (Some(1), &["::ffff:1.1.1.1"], "1.1.1.1"),
            (Some(1), &["unknown"], "10.0.0.1"),
            (Some(2), &["1.1.1.1"], "10.0.0.1"),
            (Some(1), &[], "10.0.0.1"),
        ] {
            assert_eq!(found(proxies, lists).as_deref(), Some(expected), "{proxies:?} {lists:?}");
        }
    }

    #[test]
    fn a1_without_a_word_about_proxies_a_forwarded_request_is_from_nobody_knows_where() {
        assert_eq!(found(None, &["1.1.1.1"]), None);
        assert_eq!(found(None, &[]).as_deref(), Some("10.0.0.1"));
    }
}

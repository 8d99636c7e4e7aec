//! Who is behind a proxy: what `X-Forwarded-For` and `X-Forwarded-Host` say, where whoever sends them is trusted.
//!
//! Anybody can write these headers. Each trusted proxy adds, at the right, the address that it was reached from; so the
//! client is the first from the right that is no trusted proxy, and what stands left of it is hearsay. `Forwarded`
//! (RFC 7239) is not read: a proxy that keeps up the one passes the other through as the client wrote it.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderValue};

use crate::config::Network;

/// The other end of the connection; every request carries it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The proxies that are believed.
#[derive(Debug, Clone, Default)]
pub struct Proxies(pub Vec<Network>);

impl Proxies {
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The client's address: that of the connection, or the one that trusted proxies say they were reached from.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let values: Vec<&str> =
            headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
        let mut hops = values.iter().flat_map(|value| value.split(',')).rev();
        while self.trusts(client) {
            match hops.next().and_then(|hop| address(hop.trim())) {
                Some(hop) => client = hop,
                None => break,
            }
        }
        client.to_canonical()
    }

    /// The name under which a trusted proxy was asked, where it says so.
    pub fn host<'h>(&self, peer: IpAddr, headers: &'h HeaderMap) -> Option<&'h HeaderValue> {
        headers.get("x-forwarded-host").filter(|_| self.trusts(peer))
    }
}

/// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn address(hop: &str) -> Option<IpAddr> {
    hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|both| both.ip())).or_else(|| {
        hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).and_then(|inner| inner.parse().ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()]);
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        proxies.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn the_client_is_the_first_from_the_right_that_is_no_trusted_proxy() {
        assert_eq!(client("10.0.0.1", &["198.51.100.9, 192.0.2.7, 10.0.0.2"]), "192.0.2.7");
        assert_eq!(client("10.0.0.1", &["198.51.100.9", "192.0.2.7:4711"]), "192.0.2.7");
        assert_eq!(client("::1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(client("::ffff:10.0.0.1", &["192.0.2.7"]), "192.0.2.7");
    }

    #[test]
    fn nobody_else_is_believed() {
        assert_eq!(client("192.0.2.99", &["10.0.0.1, 127.0.0.1"]), "192.0.2.99");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["192.0.2.7, unknown"]), "10.0.0.1", "what follows is hearsay");
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }
}

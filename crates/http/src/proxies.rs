//! Who a request comes from, where proxies stand between.
//!
//! In: the peer's address, the headers, and whom the application trusts. Out: the client's address, and the scheme and
//! host it asked for. A header is worth as much as whoever wrote it, so the chain is walked from the nearest proxy
//! outwards, and never past one that is not trusted or wrote what cannot be read.

use std::net::IpAddr;

use crate::forwarded::{Element, Node, element, elements_from_right, node_of_x_forwarded_for};
use crate::host::is_authority;
use crate::network::{InvalidNetwork, Network};

/// The proxies whose word is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trusted {
    /// So many, counted from the server, whatever their addresses.
    Hops(u32),
    Networks {
        networks: Vec<Network>,
        /// Peers of a Unix socket, which have no address.
        unix: bool,
    },
}

/// Which header the proxies write. Never both: one that they do not write is the client's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, `-Proto`, `-Host` and `-Port`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Trusted proxies, and the header they write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxies {
    trusted: Trusted,
    header: ForwardedHeader,
}

/// What trusted proxies say of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The client: the outermost address a trusted proxy vouches for. `None` is a peer of a Unix socket.
    pub address: Option<IpAddr>,
    /// Whether the client spoke `https`; `None` where nobody says.
    pub secure: Option<bool>,
    /// The host the client asked for, with its port if it named one.
    pub host: Option<&'a [u8]>,
    /// The port the client asked for, where the proxies tell it apart from the host.
    pub port: Option<u16>,
}

impl TrustedProxies {
    /// Trusts the `count` nearest proxies.
    #[must_use]
    pub const fn hops(count: u32, header: ForwardedHeader) -> Self {
        Self { trusted: Trusted::Hops(count), header }
    }

    /// Trusts proxies by address: see [`Network::parse`]; `unix` trusts the peers of a Unix socket.
    ///
    /// # Errors
    ///
    /// The first entry that is none.
    pub fn networks<'a>(
        entries: impl IntoIterator<Item = &'a str>,
        header: ForwardedHeader,
    ) -> Result<Self, InvalidNetwork> {
        let (mut networks, mut unix) = (Vec::new(), false);
        for entry in entries {
            if entry == "unix" {
                unix = true;
            } else {
                networks.extend(Network::parse(entry)?);
            }
        }
        Ok(Self { trusted: Trusted::Networks { networks, unix }, header })
    }

    /// What the proxies say of a request from `peer`, `None` being one of a Unix socket. `fields` gives the lines of a
    /// header, first to last. Nothing where the peer itself is not trusted.
    ///
    /// ```
    /// use covet_http::{ForwardedHeader, TrustedProxies};
    ///
    /// let proxies = TrustedProxies::networks(["10.0.0.0/8"], ForwardedHeader::XForwarded).unwrap();
    /// let line: &[u8] = b"203.0.113.9, 198.51.100.7, 10.0.0.2";
    /// let fields = |name: &str| (name == "x-forwarded-for").then_some(line).into_iter();
    /// let origin = proxies.origin(Some("10.0.0.1".parse().unwrap()), fields).unwrap();
    /// // The one behind it may have written anything.
    /// assert_eq!(origin.address, Some("198.51.100.7".parse().unwrap()));
    /// assert!(proxies.origin(Some("192.0.2.1".parse().unwrap()), fields).is_none());
    /// ```
    pub fn origin<'a, I>(&self, peer: Option<IpAddr>, fields: impl Fn(&'static str) -> I) -> Option<Origin<'a>>
    where
        I: DoubleEndedIterator<Item = &'a [u8]>,
    {
        if !self.trusts(0, peer) {
            return None;
        }
        Some(match self.header {
            ForwardedHeader::Forwarded => {
                let elements = fields("forwarded").rev().flat_map(elements_from_right).map(element);
                let (address, _, last) = self.walk(peer, elements);
                let last = last.unwrap_or_default();
                Origin { address, secure: last.proto.and_then(scheme), host: last.host, port: None }
            }
            ForwardedHeader::XForwarded => {
                let nodes = commas_from_right(fields("x-forwarded-for"));
                let elements =
                    nodes.map(|node| Some(Element { node: node_of_x_forwarded_for(node)?, ..Element::default() }));
                let (address, hops, _) = self.walk(peer, elements);
                // Each proxy adds to the lists or leaves them: the client's entry has the place of its address, or is
                // the outermost there is.
                let own = |name| commas_from_right(fields(name)).take(hops.max(1)).last();
                let host = own("x-forwarded-host").filter(|host| is_authority(host));
                let port = own("x-forwarded-port").and_then(|port| str::from_utf8(port).ok()?.parse().ok());
                Origin { address, secure: own("x-forwarded-proto").and_then(scheme), host, port }
            }
        })
    }

    /// The outermost address that is vouched for, how many elements were read, and the last of them.
    fn walk<'a>(
        &self,
        peer: Option<IpAddr>,
        mut elements: impl Iterator<Item = Option<Element<'a>>>,
    ) -> (Option<IpAddr>, usize, Option<Element<'a>>) {
        let (mut address, mut hops, mut last) = (peer, 0, None);
        while self.trusts(hops, address) {
            let Some(Some(element)) = elements.next() else { break };
            hops += 1;
            let node = element.node;
            last = Some(element);
            match node {
                Node::Address(next) => address = Some(next.to_canonical()),
                // Whoever is hidden, its proxy is the nearest that is known.
                Node::Hidden => break,
            }
        }
        (address, hops, last)
    }

    /// Whether the word of the proxy so many hops away is taken.
    fn trusts(&self, hops: usize, address: Option<IpAddr>) -> bool {
        match &self.trusted {
            Trusted::Hops(count) => hops < *count as usize,
            Trusted::Networks { networks, unix } => match address {
                Some(address) => networks.iter().any(|network| network.contains(address)),
                None => *unix,
            },
        }
    }
}

impl Origin<'_> {
    /// The `Host` the client would have sent without proxies, given the one that came; `None` where it is that one.
    #[must_use]
    pub fn host_header(&self, came: &[u8]) -> Option<Vec<u8>> {
        let host = self.host.unwrap_or(came);
        let default = if self.secure == Some(true) { 443 } else { 80 };
        let port = self.port.filter(|port| *port != default && !has_port(host));
        match port {
            Some(port) => Some([host, format!(":{port}").as_bytes()].concat()),
            None => (host != came).then(|| host.to_vec()),
        }
    }
}

/// Whether an authority names a port.
fn has_port(authority: &[u8]) -> bool {
    let behind_literal = authority.iter().rposition(|&byte| byte == b']').unwrap_or(0);
    authority[behind_literal..].contains(&b':')
}

/// The parts of comma lists, the last of the last line first.
fn commas_from_right<'a>(lines: impl DoubleEndedIterator<Item = &'a [u8]>) -> impl Iterator<Item = &'a [u8]> {
    lines.rev().flat_map(|line| line.rsplit(|&byte| byte == b',')).map(<[u8]>::trim_ascii)
}

fn scheme(text: &[u8]) -> Option<bool> {
    if text.eq_ignore_ascii_case(b"https") || text.eq_ignore_ascii_case(b"wss") {
        return Some(true);
    }
    (text.eq_ignore_ascii_case(b"http") || text.eq_ignore_ascii_case(b"ws")).then_some(false)
}

#[cfg(test)]
mod tests;

//! The client of a request: the peer, or whom the trusted proxies in between name.

use covet_http::TrustedProxies;
use http::header::{HOST, HeaderValue};
use http::request::Parts;

use crate::stream::Remote;

/// Who asks, and over what.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Where it is.
    pub remote: Remote,
    /// Over `https`, as far as whoever opened the connection or a trusted proxy says so.
    pub secure: bool,
}

/// The client of a request that `peer` sent. The `Host` becomes the one the client asked for: whatever builds on it,
/// addresses and checks of origin alike, sees the request as if there were no proxies.
pub(crate) fn find_client(proxies: Option<&TrustedProxies>, peer: Client, head: &mut Parts) -> Client {
    let Some(proxies) = proxies else { return peer };
    let lines = |name: &'static str| head.headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let Some(origin) = proxies.origin(peer.remote, lines) else { return peer };
    let client = Client { remote: origin.address, secure: origin.secure.unwrap_or(peer.secure) };
    let came = head.headers.get(HOST).map_or(&b""[..], HeaderValue::as_bytes);
    let host = origin.host_header(came).and_then(|host| HeaderValue::from_bytes(&host).ok());
    if let Some(host) = host {
        head.headers.insert(HOST, host);
    }
    client
}

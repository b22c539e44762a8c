//! `Vary`: one list of names, whoever adds to it.

use covet_http::varies_by;
use http::header::{HeaderMap, HeaderValue, VARY};

/// Adds a name to `Vary`, on the line that is there.
pub(crate) fn add_vary(headers: &mut HeaderMap, name: &'static str) {
    if varies_by(headers.get_all(VARY).iter().map(HeaderValue::as_bytes), name) {
        return;
    }
    let joined = headers
        .get(VARY)
        .and_then(|first| HeaderValue::from_bytes(&[first.as_bytes(), b", ", name.as_bytes()].concat()).ok());
    match (headers.get_mut(VARY), joined) {
        (Some(first), Some(joined)) => *first = joined,
        _ => drop(headers.append(VARY, HeaderValue::from_static(name))),
    }
}

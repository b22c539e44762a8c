//! The seven methods a route can have, and sets of them ready to be sent as `Allow`.

use std::fmt;

/// A request method the router knows.
///
/// Anything else (`TRACE`, `CONNECT`, `PROPFIND` …) is the server's to refuse with 501 before it asks the router.
///
/// ```
/// use covet_router::Method;
///
/// assert_eq!(Method::from_name("PATCH"), Some(Method::Patch));
/// assert_eq!(Method::from_name("patch"), None, "methods are case-sensitive: RFC 9110 section 9.1");
/// assert_eq!(Method::Patch.as_str(), "PATCH");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
}

impl Method {
    /// Every method, in the order `Allow` lists them.
    pub const ALL: [Self; 7] = [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Options];

    /// The method of that exact, upper-case name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }

    /// The name as it stands on the request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The methods a path answers, as 405 and automatic `OPTIONS` replies state them.
///
/// It is the union over all patterns that match the path, has `HEAD` wherever it has `GET`, and always has `OPTIONS`.
///
/// ```
/// use covet_router::{Found, Method, Params, Router};
///
/// let mut router = Router::new();
/// router.insert("GET", "/users/me")?;
/// router.insert("DELETE", "/users/{id}")?;
/// let Found::MethodNotAllowed(allowed) = router.find(Method::Post, "/users/me", &mut Params::new()) else {
///     unreachable!()
/// };
/// assert_eq!(allowed.as_str(), "GET, HEAD, DELETE, OPTIONS");
/// assert!(allowed.contains(Method::Delete));
/// # Ok::<(), covet_router::InsertError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AllowedMethods(u8);

impl AllowedMethods {
    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self((bits | Method::Options.bit()) & (SETS as u8 - 1))
    }

    /// The value of the `Allow` header (RFC 9110 section 10.2.1). Costs one look-up in a constant table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let (text, length) = &ALLOW[usize::from(self.0)];
        std::str::from_utf8(&text[..*length]).expect("method names are ASCII")
    }

    /// Whether `method` is in the set.
    #[must_use]
    pub const fn contains(self, method: Method) -> bool {
        self.0 & method.bit() != 0
    }

    /// The methods of the set, in the order of [`Method::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Method> {
        Method::ALL.into_iter().filter(move |method| self.contains(*method))
    }
}

impl fmt::Display for AllowedMethods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const SETS: usize = 1 << Method::ALL.len();
const LONGEST: usize = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS".len();

/// One `Allow` value for each set, written at compile time so that a 405 formats nothing.
static ALLOW: [([u8; LONGEST], usize); SETS] = {
    let mut table = [([0; LONGEST], 0); SETS];
    let mut set = 0;
    while set < SETS {
        table[set] = allow_text(set);
        set += 1;
    }
    table
};

const fn allow_text(set: usize) -> ([u8; LONGEST], usize) {
    let mut text = [0; LONGEST];
    let mut length = 0;
    let mut method = 0;
    while method < Method::ALL.len() {
        if set & (1 << method) != 0 {
            if length > 0 {
                text[length] = b',';
                text[length + 1] = b' ';
                length += 2;
            }
            let name = Method::ALL[method].as_str().as_bytes();
            let mut at = 0;
            while at < name.len() {
                text[length + at] = name[at];
                at += 1;
            }
            length += name.len();
        }
        method += 1;
    }
    (text, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_its_own_allow_value() {
        for bits in 0..SETS as u8 {
            let allowed = AllowedMethods::from_bits(bits);
            let expected: Vec<&str> = Method::ALL
                .into_iter()
                .filter(|method| *method == Method::Options || bits & method.bit() != 0)
                .map(Method::as_str)
                .collect();
            assert_eq!(allowed.as_str(), expected.join(", "));
            assert_eq!(allowed.iter().map(Method::as_str).collect::<Vec<_>>(), expected);
        }
    }
}

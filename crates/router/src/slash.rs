//! What a trailing slash means, by choice of the application.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether `/a` and `/a/` are one path.
///
/// Whatever the policy, a route of exactly the requested form comes first, and a path that ends in `//` has no other
/// form. A `{*rest}` parameter takes a trailing slash as part of its value.
///
/// ```
/// use covet_router::{Found, Method, Params, Router, TrailingSlash};
///
/// let mut router = Router::new().with_trailing_slash(TrailingSlash::Redirect);
/// router.insert("GET", "/users/{name}")?;
/// let path = "/users/zoë/";
/// let Found::Redirect(change) = router.find(Method::Get, path, &mut Params::new()) else { unreachable!() };
/// assert_eq!(change.location(path), "/users/zo%C3%AB");
/// # Ok::<(), covet_router::InsertError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TrailingSlash {
    /// `/a` and `/a/` are different paths. The default, as in RFC 3986.
    #[default]
    Strict,
    /// A route of either form serves both.
    Ignore,
    /// Where only one form exists, the other redirects to it.
    Redirect,
}

/// The step from a path to its other form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SlashChange {
    /// From `/a` to `/a/`.
    Add,
    /// From `/a/` to `/a`.
    Remove,
}

impl SlashChange {
    /// The step that leads from `path` to its other form, if it has one.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path.as_bytes() {
            [] | [b'/'] | [.., b'/', b'/'] => None,
            [.., b'/'] => Some(Self::Remove),
            _ => Some(Self::Add),
        }
    }

    /// The other form of `path`, canonical like `path` itself.
    pub(crate) fn apply(self, path: &str) -> Cow<'_, str> {
        match self {
            Self::Remove => Cow::Borrowed(path.strip_suffix('/').unwrap_or(path)),
            Self::Add => Cow::Owned(format!("{path}/")),
        }
    }

    /// The other form of the canonical `path`, percent-encoded for a `Location` header. Append the query yourself.
    ///
    /// It never begins with `//`, which a browser would take for another host: no pattern matches such a path.
    #[must_use]
    pub fn location(self, path: &str) -> String {
        let other = self.apply(path);
        let mut location = String::with_capacity(other.len());
        for byte in other.bytes() {
            if is_path_byte(byte) {
                location.push(char::from(byte));
            } else {
                write!(location, "%{byte:02X}").expect("writing to a String cannot fail");
            }
        }
        location
    }
}

/// The characters of RFC 3986 `pchar`, `/`, and the `%` of the escapes that a canonical path keeps.
const fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'@'
                | b'/'
                | b'%'
        )
}

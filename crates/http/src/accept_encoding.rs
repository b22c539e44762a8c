//! Which content coding a client gets: `Accept-Encoding` (RFC 9110 12.5.3).

use crate::accept::{qvalue_of, split_outside_quotes};

/// A content coding that the server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// `zstd` (RFC 8878).
    Zstd,
    /// `br` (RFC 7932).
    Brotli,
    /// `gzip` (RFC 1952).
    Gzip,
}

impl Coding {
    /// All of them, the best first: what the server prefers where a client weighs them alike.
    pub const ALL: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// The name in `Content-Encoding`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The coding of that name; case does not matter, and `x-gzip` is gzip (RFC 9110 8.4.1.3).
    ///
    /// ```
    /// use covet_http::Coding;
    ///
    /// assert_eq!(Coding::from_name(b"GZip"), Some(Coding::Gzip));
    /// assert_eq!(Coding::from_name(b"identity"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        if name.eq_ignore_ascii_case(b"x-gzip") {
            return Some(Self::Gzip);
        }
        Self::ALL.into_iter().find(|coding| name.eq_ignore_ascii_case(coding.as_str().as_bytes()))
    }
}

/// Chooses among `offered`, the server's favourite first: the coding the client weighs highest, `None` for the body as it
/// is.
///
/// A header that is missing or empty asks for no coding. `*` is every coding it does not name; `identity` stands at its
/// own weight, or else behind every coding the client takes. A client that takes nothing gets the body as it is, as the
/// RFC has it. Parts that are not well formed are passed over; of a coding named twice the first counts.
///
/// ```
/// use covet_http::{Coding, choose_coding};
///
/// let header: &[u8] = b"gzip, br;q=0.9, zstd;q=0";
/// assert_eq!(choose_coding([header], &Coding::ALL), Some(Coding::Gzip));
/// ```
#[must_use]
pub fn choose_coding<'a>(lines: impl IntoIterator<Item = &'a [u8]>, offered: &[Coding]) -> Option<Coding> {
    let mut weights = [None; Coding::ALL.len()];
    let (mut identity, mut any) = (None, None);
    for element in lines.into_iter().flat_map(|line| split_outside_quotes(line, b',')) {
        let mut parts = split_outside_quotes(element, b';');
        let name = parts.next().unwrap_or_default().trim_ascii();
        let slot = match Coding::from_name(name) {
            Some(coding) => &mut weights[coding as usize],
            None if name == b"*" => &mut any,
            None if name.eq_ignore_ascii_case(b"identity") => &mut identity,
            None => continue,
        };
        if let Some(weight) = qvalue_of(parts) {
            slot.get_or_insert(weight);
        }
    }
    let mut best = (identity.unwrap_or(0), None);
    for &coding in offered {
        let weight = weights[coding as usize].or(any).unwrap_or(0);
        // Equal weights: a coding before the body as it is, an earlier one before a later.
        if weight > best.0 || (weight == best.0 && weight > 0 && best.1.is_none()) {
            best = (weight, Some(coding));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::Coding::{Brotli, Gzip, Zstd};
    use super::{Coding, choose_coding};

    #[test]
    fn a_table_of_headers() {
        for (header, expected) in [
            ("", None),
            (",", None),
            ("gzip", Some(Gzip)),
            ("x-gzip", Some(Gzip)),
            ("GZIP", Some(Gzip)),
            ("gzip, deflate, br, zstd", Some(Zstd)),
            ("gzip, deflate, br", Some(Brotli)),
            ("gzip;q=1.0, br;q=0.9", Some(Gzip)),
            ("gzip;q=0.5, br;q=0.501", Some(Brotli)),
            ("gzip ; q=0.5 , br ; Q=0.4", Some(Gzip)),
            ("deflate", None),
            ("identity", None),
            ("*", Some(Zstd)),
            ("*;q=0", None),
            ("*;q=0.1, gzip;q=0.2", Some(Gzip)),
            ("*, zstd;q=0", Some(Brotli)),
            ("zstd;q=0, br;q=0, *", Some(Gzip)),
            ("zstd;q=0, br;q=0, gzip;q=0, *", None),
            // The body as it is stands last unless it is weighed.
            ("gzip;q=0.001", Some(Gzip)),
            ("identity;q=0.5, gzip;q=0.4", None),
            ("identity;q=0.5, gzip;q=0.5", Some(Gzip)),
            ("identity, *;q=0.5", None),
            ("identity;q=0", None),
            ("identity;q=0, gzip;q=0", None),
            ("identity;q=0, *", Some(Zstd)),
            // Nobody's grammar.
            ("gzip;q=", None),
            ("gzip;q=2", None),
            ("gzip;q=0.1234", None),
            ("gzip;q=-1", None),
            ("gzip;q=x, br", Some(Brotli)),
            ("gzip/1", None),
            ("gzip br", None),
            ("gzip;q=0, gzip", None),
            ("gzip, gzip;q=0", Some(Gzip)),
        ] {
            assert_eq!(choose_coding([header.as_bytes()], &Coding::ALL), expected, "{header}");
        }
    }

    #[test]
    fn several_lines_are_one_list() {
        let lines = [&b"gzip;q=0.5"[..], b"br;q=0.7"];
        assert_eq!(choose_coding(lines, &Coding::ALL), Some(Brotli));
        assert_eq!(choose_coding([], &Coding::ALL), None);
    }

    #[test]
    fn only_what_is_offered_in_the_order_it_is() {
        assert_eq!(choose_coding([&b"zstd, br, gzip"[..]], &[Gzip, Brotli]), Some(Gzip));
        assert_eq!(choose_coding([&b"zstd, br, gzip;q=0.5"[..]], &[Gzip, Brotli]), Some(Brotli));
        assert_eq!(choose_coding([&b"zstd"[..]], &[Gzip]), None);
        assert_eq!(choose_coding([&b"*"[..]], &[]), None);
        assert_eq!(choose_coding([&b"*"[..]], &[Zstd]), Some(Zstd));
    }
}

//! The trace id of a `traceparent` header (W3C Trace Context).

/// Length of a version 00 header: `00-<32>-<16>-<2>`.
const LENGTH: usize = 55;

/// The 32 lower-case hexadecimal digits of a valid `traceparent`; `None` for a missing or invalid one, which W3C Trace
/// Context 3.2.2 says to treat alike.
///
/// Invalid are: upper-case digits, version `ff`, an id of zeros only, and anything after the flags unless the version
/// is later than 00 and a hyphen follows.
///
/// ```
/// use covet_http::trace_id;
///
/// let header = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// assert_eq!(trace_id(Some(header)), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
/// assert_eq!(trace_id(Some(b"00-00000000000000000000000000000000-00f067aa0ba902b7-01")), None);
/// assert_eq!(trace_id(None), None);
/// ```
#[must_use]
pub fn trace_id(traceparent: Option<&[u8]>) -> Option<&str> {
    let (header, rest) = traceparent?.split_at_checked(LENGTH)?;
    let hyphens = [2, 35, 52].into_iter().all(|place| header[place] == b'-');
    let (version, trace, parent, flags) = (&header[..2], &header[3..35], &header[36..52], &header[53..]);
    let digits = [version, trace, parent, flags].into_iter().all(|part| part.iter().all(is_lower_hex));
    let rest_fits = rest.is_empty() || (version != b"00" && rest[0] == b'-');
    if !hyphens || !digits || !rest_fits || version == b"ff" || is_zero(trace) || is_zero(parent) {
        return None;
    }
    std::str::from_utf8(trace).ok()
}

fn is_lower_hex(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn is_zero(id: &[u8]) -> bool {
    id.iter().all(|&digit| digit == b'0')
}

#[cfg(test)]
mod tests {
    use super::trace_id;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn valid_headers() {
        for (before, after) in [
            ("00-", "-b7ad6b7169203331-00"),
            ("00-", "-b7ad6b7169203331-ff"),
            ("01-", "-b7ad6b7169203331-01"),
            ("cc-", "-b7ad6b7169203331-01-what-the-future-brings"),
            ("fe-", "-b7ad6b7169203331-01-"),
        ] {
            let header = format!("{before}{TRACE}{after}");
            assert_eq!(trace_id(Some(header.as_bytes())), Some(TRACE), "{header}");
        }
    }

    #[test]
    fn invalid_headers() {
        for header in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01extra",
            "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
            "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333.-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0z",
            " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(trace_id(Some(header.as_bytes())), None, "{header}");
        }
    }
}

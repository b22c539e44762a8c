//! What a client takes: problem details, or pages.

/// Weights in thousandths: RFC 9110 12.4.2 allows three decimals.
const FULL_WEIGHT: u16 = 1_000;

/// Whether an `Accept` header names `application/problem+json` outright, with a weight above zero and not below that of
/// plain JSON.
///
/// A wildcard never asks for problem details: `*/*` is what every client sends that never heard of them. It does count
/// for plain JSON, whose most specific range decides (RFC 9110 12.5.1). With equal weights problem details win: who
/// lists both takes plain JSON for answers and problems for errors. Ranges that are not well formed are passed over.
///
/// ```
/// use covet_http::wants_problem;
///
/// assert!(wants_problem(Some(b"application/problem+json")));
/// assert!(wants_problem(Some(b"application/json, application/problem+json")));
/// assert!(!wants_problem(Some(b"application/json, application/problem+json;q=0.9")));
/// assert!(!wants_problem(Some(b"*/*")));
/// assert!(!wants_problem(None));
/// ```
#[must_use]
pub fn wants_problem(accept: Option<&[u8]>) -> bool {
    let Some(accept) = accept else { return false };
    // The weight of problem details; the weight of plain JSON by rising specificity: `*/*`, `application/*`, itself.
    let mut problem = None;
    let mut json = [None; 3];
    for element in split_outside_quotes(accept, b',') {
        let mut parts = split_outside_quotes(element, b';');
        let range = parts.next().unwrap_or_default().trim_ascii();
        let slot = if range.eq_ignore_ascii_case(b"application/problem+json") {
            &mut problem
        } else if range.eq_ignore_ascii_case(b"application/json") {
            &mut json[2]
        } else if range.eq_ignore_ascii_case(b"application/*") {
            &mut json[1]
        } else if range == b"*/*" {
            &mut json[0]
        } else {
            continue;
        };
        // The first of equal ranges decides, as on the TypeScript side.
        slot.get_or_insert(qvalue_of(parts).unwrap_or(0));
    }
    let json = json.into_iter().rev().flatten().next().unwrap_or(0);
    problem.is_some_and(|problem| problem > 0 && problem >= json)
}

/// Whether the lines of `Accept` let a client be shown a page: `text/html`, whose most specific range decides, has a weight
/// above zero. Without the header everything is taken.
///
/// ```
/// use covet_http::wants_page;
///
/// assert!(wants_page([b"text/html,application/xhtml+xml,*/*;q=0.8".as_slice()]));
/// assert!(!wants_page([b"text/html;q=0, */*".as_slice()]));
/// assert!(wants_page([]));
/// ```
#[must_use]
pub fn wants_page<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_none() {
        return true;
    }
    // By rising specificity: `*/*`, `text/*`, itself.
    let mut weights = [None; 3];
    for element in lines.flat_map(|line| split_outside_quotes(line, b',')) {
        let mut parts = split_outside_quotes(element, b';');
        let range = parts.next().unwrap_or_default().trim_ascii();
        let slot = if range.eq_ignore_ascii_case(b"text/html") {
            &mut weights[2]
        } else if range.eq_ignore_ascii_case(b"text/*") {
            &mut weights[1]
        } else if range == b"*/*" {
            &mut weights[0]
        } else {
            continue;
        };
        slot.get_or_insert(qvalue_of(parts).unwrap_or(0));
    }
    weights.into_iter().rev().flatten().next().is_some_and(|weight| weight > 0)
}

/// The `q` among the parameters of a media range or a coding; `None` when it is malformed.
pub(crate) fn qvalue_of<'a>(parameters: impl Iterator<Item = &'a [u8]>) -> Option<u16> {
    for parameter in parameters {
        if let [b'q' | b'Q', b'=', value @ ..] = parameter.trim_ascii() {
            return qvalue(value);
        }
    }
    Some(FULL_WEIGHT)
}

/// `qvalue` of RFC 9110 12.4.2, in thousandths.
fn qvalue(text: &[u8]) -> Option<u16> {
    let (whole, decimals) = match text {
        [whole] => (whole, &[][..]),
        [whole, b'.', decimals @ ..] if decimals.len() <= 3 => (whole, decimals),
        _ => return None,
    };
    let mut thousandths = match whole {
        b'0' => 0,
        b'1' => FULL_WEIGHT,
        _ => return None,
    };
    let mut unit = 100;
    for digit in decimals {
        thousandths += u16::from(digit.is_ascii_digit().then(|| digit - b'0')?) * unit;
        unit /= 10;
    }
    (thousandths <= FULL_WEIGHT).then_some(thousandths)
}

/// Splits at a separator that doesn't stand inside a quoted string.
pub(crate) fn split_outside_quotes(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |&byte| {
        if escaped {
            escaped = false;
        } else if quoted && byte == b'\\' {
            escaped = true;
        } else if byte == b'"' {
            quoted = !quoted;
        }
        !quoted && byte == separator
    })
}

#[cfg(test)]
mod tests {
    use super::{wants_page, wants_problem};

    #[test]
    fn who_takes_pages() {
        for (accept, expected) in [
            ("text/html", true),
            ("TEXT/HTML;q=0.1", true),
            ("text/*", true),
            ("*/*", true),
            ("text/html;q=0", false),
            ("text/html;q=0, */*", false),
            ("text/html; Q=0.000, text/*", false),
            ("text/*;q=0, */*", false),
            ("text/html, */*;q=0", true),
            ("text/html;q=2", false),
            ("application/json", false),
            ("", false),
        ] {
            assert_eq!(wants_page([accept.as_bytes()]), expected, "{accept}");
        }
        assert!(wants_page([b"application/json".as_slice(), b"text/html"]));
    }

    #[test]
    fn a_table_of_accept_headers() {
        for (accept, expected) in [
            ("application/problem+json", true),
            ("APPLICATION/Problem+JSON", true),
            ("text/html, application/problem+json;q=0.2", true),
            ("application/problem+json;q=0.5, application/json;q=0.4", true),
            ("application/problem+json;q=0.4, application/json;q=0.5", false),
            ("application/problem+json;q=0.5, application/json;q=0.5", true),
            ("application/problem+json;q=0.501, application/json;q=0.5", true),
            ("application/problem+json;q=0", false),
            ("application/problem+json;q=0.5, */*", false),
            ("application/problem+json;q=0.5, */*;q=0.5", true),
            ("application/problem+json;q=0.5, application/*, */*;q=0.1", false),
            ("application/problem+json;q=0.5, application/json;q=0.5, application/*, */*", true),
            ("application/problem+json;q=0.5, application/problem+json, application/json", false),
            ("application/problem+json;q=0, application/json;q=0", false),
            ("application/problem+json;q=0.000", false),
            ("application/problem+json;q=1.001", false),
            ("application/problem+json;q=2", false),
            ("application/problem+json;q=", false),
            ("application/problem+json;q=0.1234", false),
            ("application/problem+json;q=.5", false),
            ("application/problem+json ; charset=utf-8 ; Q=0.7, application/json;q=0.6", true),
            ("application/problem+json;title=\"a,b;q=0\";q=0.3", true),
            ("application/x;note=\"application/problem+json, application/problem+json\"", false),
            ("application/x;note=\"\\\", application/problem+json\"", false),
            ("application/problem+xml", false),
            ("application/*", false),
            ("*/*", false),
            ("", false),
            (",,", false),
        ] {
            assert_eq!(wants_problem(Some(accept.as_bytes())), expected, "{accept}");
        }
    }
}

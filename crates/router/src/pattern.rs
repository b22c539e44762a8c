//! Reads a pattern as written into the segments the tree is built of.
//!
//! In: `/users/{id:int}`. Out: canonical segments, whose equality *is* the conflict rule, and the parameters' names.

use crate::error::{InsertError, PatternFault};
use crate::params::MAX_PARAMS;
use crate::route::{Param, ParamKind};

/// The most segments one pattern may have. Matching recurses at most once a segment, so this also bounds its stack.
pub const MAX_SEGMENTS: usize = 64;

/// One segment of a pattern, without its name: patterns with equal segments match the same paths.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Segment {
    /// Canonical text; empty only as the last segment, where it stands for a trailing slash.
    Static(String),
    Dynamic(Dynamic),
}

/// A segment with a parameter in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Dynamic {
    pub(crate) kind: ParamKind,
    pub(crate) prefix: String,
    pub(crate) suffix: String,
}

/// A pattern that has passed every rule.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) segments: Vec<Segment>,
    pub(crate) params: Vec<Param>,
}

/// A fault and the byte offset it was found at.
type Fault = (usize, PatternFault);

impl Pattern {
    pub(crate) fn parse(pattern: &str) -> Result<Self, InsertError> {
        Self::read(pattern).map_err(|(position, fault)| InsertError::Pattern {
            pattern: pattern.to_owned(),
            position,
            fault,
        })
    }

    fn read(pattern: &str) -> Result<Self, Fault> {
        let Some(body) = pattern.strip_prefix('/') else { return Err((0, PatternFault::NoLeadingSlash)) };
        let mut read = Self { segments: Vec::new(), params: Vec::new() };
        let mut at = 1;
        for text in body.split('/') {
            if let Some(Segment::Static(previous)) = read.segments.last()
                && previous.is_empty()
            {
                return Err((at - 1, PatternFault::EmptySegment));
            }
            if ends_in_wildcard(&read.segments) {
                return Err((at - 1, PatternFault::WildcardNotLast));
            }
            if read.segments.len() == MAX_SEGMENTS {
                return Err((at, PatternFault::TooManySegments));
            }
            let segment = read.segment(text, at)?;
            read.segments.push(segment);
            at += text.len() + 1;
        }
        Ok(read)
    }

    fn segment(&mut self, text: &str, at: usize) -> Result<Segment, Fault> {
        if let Some(name) = text.strip_prefix(':') {
            self.param(name, ParamKind::Text, at + 1)?;
            return Ok(Segment::Dynamic(Dynamic {
                kind: ParamKind::Text,
                prefix: String::new(),
                suffix: String::new(),
            }));
        }
        let Some(open) = text.find('{') else {
            let literal = literal(text, at)?;
            return match literal.as_str() {
                "." | ".." => Err((at, PatternFault::DotSegment)),
                _ => Ok(Segment::Static(literal)),
            };
        };
        let prefix = literal(&text[..open], at)?;
        let Some(length) = text[open..].find('}') else { return Err((at + open, PatternFault::UnclosedBrace)) };
        let close = open + length;
        let after = &text[close + 1..];
        if let Some(second) = after.find('{') {
            return Err((at + close + 1 + second, PatternFault::TwoParametersInSegment));
        }
        let suffix = literal(after, at + close + 1)?;
        let kind = self.braces(&text[open + 1..close], at + open + 1)?;
        if kind == ParamKind::Rest && !(prefix.is_empty() && suffix.is_empty()) {
            return Err((at + open, PatternFault::WildcardNotAlone));
        }
        Ok(Segment::Dynamic(Dynamic { kind, prefix, suffix }))
    }

    /// What stands between `{` and `}`.
    fn braces(&mut self, text: &str, at: usize) -> Result<ParamKind, Fault> {
        if let Some(name) = text.strip_prefix('*') {
            if let Some(colon) = name.find(':') {
                return Err((at + 1 + colon, PatternFault::WildcardNotAlone));
            }
            self.param(name, ParamKind::Rest, at + 1)?;
            return Ok(ParamKind::Rest);
        }
        let (name, kind) = match text.split_once(':') {
            None => (text, ParamKind::Text),
            Some((name, "int")) => (name, ParamKind::Int),
            Some((name, "uuid")) => (name, ParamKind::Uuid),
            Some((name, _)) => return Err((at + name.len() + 1, PatternFault::UnknownType)),
        };
        self.param(name, kind, at)?;
        Ok(kind)
    }

    fn param(&mut self, name: &str, kind: ParamKind, at: usize) -> Result<(), Fault> {
        if let Some(position) = bad_name_position(name) {
            return Err((at + position, PatternFault::BadName));
        }
        if self.params.iter().any(|param| param.name() == name) {
            return Err((at, PatternFault::DuplicateName));
        }
        if self.params.len() == MAX_PARAMS {
            return Err((at, PatternFault::TooManyParameters));
        }
        self.params.push(Param::new(name, kind));
        Ok(())
    }
}

fn ends_in_wildcard(segments: &[Segment]) -> bool {
    matches!(segments.last(), Some(Segment::Dynamic(Dynamic { kind: ParamKind::Rest, .. })))
}

/// Where `name` stops being a name, or `None` when all of it is one.
fn bad_name_position(name: &str) -> Option<usize> {
    if name.is_empty() {
        return Some(0);
    }
    name.bytes().enumerate().position(|(at, byte)| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => false,
        b'0'..=b'9' | b'-' => at == 0,
        _ => true,
    })
}

/// Literal text in the canonical form that paths have: escapes decoded, but for `%2F` and `%25`.
fn literal(text: &str, at: usize) -> Result<String, Fault> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut next = 0;
    while next < bytes.len() {
        let position = at + next;
        let byte = match bytes[next] {
            b'%' => {
                let escape = bytes.get(next + 1..next + 3).and_then(hex_pair);
                next += 3;
                escape.ok_or((position, PatternFault::BadEscape))?
            }
            b'?' | b'#' | b'*' => return Err((position, PatternFault::ReservedCharacter)),
            b'}' => return Err((position, PatternFault::StrayBrace)),
            byte => {
                next += 1;
                decoded.push(byte);
                if byte.is_ascii_control() {
                    return Err((position, PatternFault::ControlCharacter));
                }
                continue;
            }
        };
        match byte {
            b'/' => decoded.extend_from_slice(b"%2F"),
            b'%' => decoded.extend_from_slice(b"%25"),
            byte if byte.is_ascii_control() => return Err((position, PatternFault::ControlCharacter)),
            byte => decoded.push(byte),
        }
    }
    String::from_utf8(decoded).map_err(|_| (at, PatternFault::BadEscape))
}

fn hex_pair(digits: &[u8]) -> Option<u8> {
    let high = char::from(digits[0]).to_digit(16)?;
    let low = char::from(digits[1]).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(pattern: &str) -> String {
        let parsed = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{error}"));
        let mut names = parsed.params.iter();
        let mut shape = String::new();
        for segment in &parsed.segments {
            shape.push('/');
            match segment {
                Segment::Static(text) => shape.push_str(text),
                Segment::Dynamic(Dynamic { kind, prefix, suffix }) => {
                    let name = names.next().map_or("", Param::name);
                    shape.push_str(&format!("{prefix}<{name} {}>{suffix}", kind.as_str()));
                }
            }
        }
        shape
    }

    #[test]
    fn accepted() {
        let cases = [
            ("/", "/"),
            ("/users", "/users"),
            ("/users/", "/users/"),
            ("/users/{id}", "/users/<id text>"),
            ("/users/:id", "/users/<id text>"),
            ("/users/{id:int}/", "/users/<id int>/"),
            ("/{a}/{b:uuid}/{*c}", "/<a text>/<b uuid>/<c rest>"),
            ("/files/{name}.json", "/files/<name text>.json"),
            ("/v{n:int}", "/v<n int>"),
            ("/{user-id_2}", "/<user-id_2 text>"),
            ("/jobs/{id}:cancel", "/jobs/<id text>:cancel"),
            ("/v1/users:batch", "/v1/users:batch"),
            ("/caf%C3%A9", "/café"),
            ("/café", "/café"),
            ("/a%20b", "/a b"),
            ("/a%2fb%25", "/a%2Fb%25"),
            ("/%7Bid%7D/%3Aid/%2A%3F%23", "/{id}/:id/*?#"),
            ("/{a}..", "/<a text>.."),
        ];
        for (pattern, expected) in cases {
            assert_eq!(shape(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn refused_with_position() {
        use PatternFault as F;
        let many_params: String = (0..17).map(|n| format!("/{{p{n}}}")).collect();
        let many_segments = "/a".repeat(65);
        let cases: &[(&str, usize, PatternFault)] = &[
            ("", 0, F::NoLeadingSlash),
            ("users", 0, F::NoLeadingSlash),
            ("*", 0, F::NoLeadingSlash),
            ("//", 1, F::EmptySegment),
            ("/a//b", 3, F::EmptySegment),
            ("/a/./b", 3, F::DotSegment),
            ("/a/%2e%2E", 3, F::DotSegment),
            ("/100%", 4, F::BadEscape),
            ("/a%2", 2, F::BadEscape),
            ("/a%zz", 2, F::BadEscape),
            ("/a/%FF", 3, F::BadEscape),
            ("/a%00", 2, F::ControlCharacter),
            ("/a\n", 2, F::ControlCharacter),
            ("/a/*", 3, F::ReservedCharacter),
            ("/a?b=c", 2, F::ReservedCharacter),
            ("/a#b", 2, F::ReservedCharacter),
            ("/:id?", 4, F::BadName),
            ("/:id.json", 4, F::BadName),
            ("/:", 2, F::BadName),
            ("/{}", 2, F::BadName),
            ("/{*}", 3, F::BadName),
            ("/{:int}", 2, F::BadName),
            ("/{1a}", 2, F::BadName),
            ("/{na me}", 4, F::BadName),
            ("/{id", 1, F::UnclosedBrace),
            ("/{id/x}", 1, F::UnclosedBrace),
            ("/id}", 3, F::StrayBrace),
            ("/{id}}", 5, F::StrayBrace),
            ("/{id:float}", 5, F::UnknownType),
            ("/{id:}", 5, F::UnknownType),
            ("/{a}{b}", 4, F::TwoParametersInSegment),
            ("/{a}-{b}", 5, F::TwoParametersInSegment),
            ("/{a}/x/{a}", 8, F::DuplicateName),
            ("/:a/{*a}", 6, F::DuplicateName),
            ("/x{*rest}", 2, F::WildcardNotAlone),
            ("/{*rest}.js", 1, F::WildcardNotAlone),
            ("/{*rest:int}", 7, F::WildcardNotAlone),
            ("/{*rest}/x", 8, F::WildcardNotLast),
            ("/{*rest}/", 8, F::WildcardNotLast),
            (&many_params, many_params.len() - 4, F::TooManyParameters),
            (&many_segments, many_segments.len() - 1, F::TooManySegments),
        ];
        for (pattern, position, fault) in cases {
            match Pattern::parse(pattern) {
                Err(InsertError::Pattern { position: actual, fault: found, .. }) => {
                    assert_eq!((actual, found), (*position, *fault), "{pattern}");
                }
                other => panic!("{pattern}: {other:?}"),
            }
        }
    }
}

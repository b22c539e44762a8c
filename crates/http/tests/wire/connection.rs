//! Both ends of a gate for the tests: the caller that holds back what doesn't pass, and a reader of what passes.

use covet_http::{Gate, GateLimits, GateState, Refusal};

/// All a connection came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) passed: Vec<u8>,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) heads: u64,
    pub(crate) state: GateState,
    pub(crate) end: Option<Refusal>,
}

/// Feeds `pieces` to a gate as a server does: holds what doesn't pass, gives it again, overwrites what is masked.
pub(crate) fn feed<'a>(limits: GateLimits, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut gate = Gate::new(limits);
    let mut held = Vec::new();
    let mut passed = Vec::new();
    let mut refusal = None;
    for piece in pieces {
        held.extend_from_slice(piece);
        let scan = gate.scan(&held);
        assert!(scan.pass <= held.len(), "no more passes than was given");
        assert!(refusal.is_none() || (scan.pass, scan.refusal) == (0, refusal), "a refusal is final");
        for mask in scan.masks {
            assert!(mask.end <= scan.pass, "only passed bytes are masked");
            held[mask].fill(b'x');
        }
        passed.extend(held.drain(..scan.pass));
        refusal = scan.refusal;
    }
    Outcome { passed, refusal, heads: gate.heads(), state: gate.state(), end: gate.end() }
}

/// Feeds `input` in one piece, under the default limits.
pub(crate) fn feed_whole(input: &[u8]) -> Outcome {
    feed(GateLimits::default(), [input])
}

/// A request as a second, independent reader sees it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) http10: bool,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body ended before the bytes did.
    pub(crate) complete: bool,
}

impl Message {
    pub(crate) fn header(&self, name: &str) -> Vec<&[u8]> {
        let matching = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        matching.map(|(_, value)| value.as_slice()).collect()
    }
}

/// Reads passed bytes with hyper's head parser and the plainest body reader that could work. Anything it cannot read is
/// a hole in the gate.
pub(crate) fn read(mut bytes: &[u8]) -> Vec<Message> {
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        let mut headers = [httparse::EMPTY_HEADER; 1_000];
        let mut request = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(head)) = request.parse(bytes) else {
            panic!("a head passed that hyper's parser does not take whole: {}", bytes.escape_ascii());
        };
        let mut message = Message {
            method: request.method.expect("parsed").to_owned(),
            target: request.path.expect("parsed").to_owned(),
            http10: request.version == Some(0),
            headers: request.headers.iter().map(|header| (header.name.to_owned(), header.value.to_vec())).collect(),
            body: Vec::new(),
            complete: true,
        };
        bytes = &bytes[head..];
        if message.header("transfer-encoding").is_empty() {
            let length = message.header("content-length").first().map_or(0, |value| {
                let text = std::str::from_utf8(value).expect("digits");
                text.parse::<u64>().expect("a length")
            });
            let taken = usize::try_from(length).map_or(bytes.len(), |length| length.min(bytes.len()));
            message.body.extend_from_slice(&bytes[..taken]);
            message.complete = taken as u64 == length;
            bytes = &bytes[taken..];
        } else {
            let rest = read_chunks(bytes, &mut message.body);
            message.complete = rest.is_some();
            bytes = rest.unwrap_or_default();
        }
        messages.push(message);
    }
    messages
}

/// Appends the data of all chunks to `body`; what follows the last, or `None` if it is not there yet.
fn read_chunks<'a>(mut bytes: &'a [u8], body: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let line = take_line(&mut bytes)?;
        let digits = line.split(|&byte| byte == b';').next().unwrap_or_default();
        let digits = std::str::from_utf8(digits).expect("hexadecimal digits");
        let size = u64::from_str_radix(digits, 16).expect("a chunk size");
        if size == 0 {
            break;
        }
        let taken = usize::try_from(size).map_or(bytes.len(), |size| size.min(bytes.len()));
        body.extend_from_slice(&bytes[..taken]);
        bytes = &bytes[taken..];
        match bytes {
            [] | [b'\r'] => return None,
            [b'\r', b'\n', rest @ ..] => bytes = rest,
            _ => panic!("chunk data passed without its CR LF"),
        }
    }
    while !take_line(&mut bytes)?.is_empty() {}
    Some(bytes)
}

fn take_line<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    let line = &bytes[..end];
    *bytes = &bytes[end + 2..];
    Some(line)
}

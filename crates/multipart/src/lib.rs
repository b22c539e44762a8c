//! A streaming parser of `multipart/form-data` (RFC 7578 in the framing of RFC 2046), and the small decisions around
//! uploaded files. No sockets, no files, no clock: bytes are pushed in, events are taken out.
//!
//! * [`Boundary`]: a Content-Type → what parts the body.
//! * [`Parser`]: chunks of the body → [`Event`]s, within [`Limits`]. Data events are slices of the pushed chunks.
//! * [`FormParser`]: the same, with fields gathered and files known by their first bytes, as [`FormItem`]s.
//! * [`MultipartError`]: every reason a body is refused, with status, code and text.
//! * [`safe_filename`]: what a client called its file → a name that is harmless on every system.
//! * [`sniff`], [`judge`]: the first bytes of a file → what it is, whatever the client says it were.
//!
//! # What is read strictly, and what is not
//!
//! Parsers that disagree about a body let one side check what the other never sees. So there is one reading:
//!
//! * Lines end in CR LF. LF alone ends neither a header nor a delimiter: in a head or right behind a boundary it is
//!   refused, within data it is data.
//! * A delimiter is CR LF, `--` and the boundary, then spaces or tabs (at most 64) and CR LF, or `--` for the last. The
//!   first one may also stand at the very front. Anything else right behind a boundary is refused.
//! * What precedes the first delimiter is dropped, up to [`Limits::max_preamble`]; what follows the last is ignored.
//! * A part must have one `Content-Disposition: form-data` with one `name`. With a `filename`, empty or not, it is a file.
//! * In a quoted name `\"` and `\\` are escapes (RFC 2183), as are `%22`, `%0D` and `%0A` (WHATWG HTML, 4.10.21.8);
//!   every other backslash or percent sign stands for itself. Names are UTF-8.
//! * `filename*` is ignored beside `filename`, and refused without: RFC 7578 4.2 forbids it.
//! * `Content-Transfer-Encoding` may be `7bit`, `8bit` or `binary`, which change nothing; others are refused (4.7).
//! * `_charset_` (4.6) and the charset of a field may say UTF-8 or US-ASCII, nothing else. `_charset_` is a field like any
//!   other besides.
//! * Other headers of a part must be well formed and are ignored (4.8). Folded headers are refused.
//!
//! ```
//! use covet_multipart::{Boundary, Event, Limits, MultipartError, Parser};
//!
//! let boundary = Boundary::from_content_type(b"multipart/form-data; boundary=b")?;
//! let mut parser = Parser::new(&boundary, Limits::default());
//! parser.push("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n".into())?;
//!
//! let Some(Event::Part(head)) = parser.next_event()? else { panic!("a part begins") };
//! assert_eq!((head.name.as_str(), head.filename), ("a", None));
//! assert_eq!(parser.next_event()?, Some(Event::Data("1".into())));
//! assert_eq!(parser.next_event()?, Some(Event::PartEnd));
//! assert_eq!(parser.next_event()?, Some(Event::End));
//! parser.finish()?;
//! # Ok::<(), MultipartError>(())
//! ```

mod boundary;
mod charset;
mod delimiter;
mod disposition;
mod error;
mod file_type;
mod filename;
mod form;
mod head;
mod limits;
mod params;
mod parser;
mod sniff;

pub use boundary::Boundary;
pub use charset::text;
pub use error::MultipartError;
pub use file_type::{FileType, judge};
pub use filename::{MAX_FILENAME, safe_filename};
pub use form::{FileHead, FormItem, FormParser};
pub use head::PartHead;
pub use limits::Limits;
pub use parser::{Event, Parser};
pub use sniff::{SNIFF_BYTES, Sniffed, sniff};

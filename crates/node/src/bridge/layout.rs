//! Where everything lies in a shard's memory. JavaScript reads these as constants of the addon, so they stand once.
//!
//! ```text
//! 0             done list        SLOTS x i32      JS writes, flush reads
//! ...           batch list       BATCH x i32      collect writes, JS reads
//! SLOTS_OFFSET  slot 0, slot 1 … SLOT_BYTES each:
//!     0             ints   64 x i32    indices below
//!     INPUT_OFFSET  input  path | query | headers | allow | body, one after the other
//!     OUTPUT_OFFSET output headers | body
//! ```
//!
//! Header blocks are text: a line feed, then a line per field, `name:value\n`. A field value cannot hold a line feed, so
//! nothing needs escaping, and JavaScript finds a field by searching one string for `\nname:`.

use napi_derive::napi;

/// Bytes of one slot: small requests and replies fit, a few pages each, so a busy server touches little memory.
#[napi]
pub const SLOT_BYTES: u32 = 8192;
/// Where a slot's input begins.
#[napi]
pub const INPUT_OFFSET: u32 = 256;
/// Where a slot's output begins.
#[napi]
pub const OUTPUT_OFFSET: u32 = 4096;
/// The most events handed to JavaScript at once, so that its timers are not starved by a flood.
#[napi]
pub const BATCH: u32 = 256;

/// Bytes of input that fit in a slot.
pub(crate) const INPUT_BYTES: usize = (OUTPUT_OFFSET - INPUT_OFFSET) as usize;

/// The route's id, or one of the `MISS_*` values.
#[napi]
pub const INT_ROUTE: u32 = 0;
/// `FLAG_*` bits.
#[napi]
pub const INT_FLAGS: u32 = 1;
/// Index into GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS.
#[napi]
pub const INT_METHOD: u32 = 2;
/// Bytes of the canonical path.
#[napi]
pub const INT_PATH: u32 = 3;
/// Bytes of the raw query, without `?`.
#[napi]
pub const INT_QUERY: u32 = 4;
/// Bytes of the header block.
#[napi]
pub const INT_HEADERS: u32 = 5;
/// Bytes of the `Allow` value of a miss.
#[napi]
pub const INT_ALLOW: u32 = 6;
/// Bytes of the body; -1 where it comes in pieces, for `takeBodyReader`.
#[napi]
pub const INT_BODY: u32 = 7;
/// The reply's status; 0 while there is none.
#[napi]
pub const INT_STATUS: u32 = 8;
/// The reply's content type: an index into the interned ones, 0 for none.
#[napi]
pub const INT_TYPE: u32 = 9;
/// Bytes of the reply's header block.
#[napi]
pub const INT_REPLY_HEADERS: u32 = 10;
/// Bytes of the reply's body.
#[napi]
pub const INT_REPLY_BODY: u32 = 11;
/// The kind of the client's address: 4, 6, or 0 where it has none, on a Unix socket.
#[napi]
pub const INT_REMOTE: u32 = 12;
/// First of 16 pairs: start and end of a parameter in the path, in bytes. For an `int` parameter that pair is a f64.
#[napi]
pub const INT_PARAMS: u32 = 16;
/// The client's address: one int for IPv4, four for IPv6, the highest bits first.
#[napi]
pub const INT_REMOTE_ADDRESS: u32 = 48;

/// The path has bytes above 0x7f: it is UTF-8 and must be decoded as such.
#[napi]
pub const FLAG_PATH_UTF8: i32 = 1;
/// The head did not fit: `takeHead` gives it.
#[napi]
pub const FLAG_HEAD_ELSEWHERE: i32 = 2;
/// The body did not fit: `takeBody` gives it.
#[napi]
pub const FLAG_BODY_ELSEWHERE: i32 = 4;
/// The client spoke `https`, as a trusted proxy says.
#[napi]
pub const FLAG_SECURE: i32 = 8;

/// No route has this path.
#[napi]
pub const MISS_NOT_FOUND: i32 = -1;
/// The path is known, its method is not.
#[napi]
pub const MISS_METHOD: i32 = -2;
/// `OPTIONS` for a path without a route of its own for it.
#[napi]
pub const MISS_OPTIONS: i32 = -3;

/// An event word is a slot number below this many bits, and its kind above.
#[napi]
pub const EVENT_SHIFT: u32 = 24;
/// A request has come.
#[napi]
pub const EVENT_REQUEST: u32 = 0;
/// The client of a request has gone.
#[napi]
pub const EVENT_ABORT: u32 = 1;
/// Refusals wait to be taken and logged.
#[napi]
pub const EVENT_REFUSALS: u32 = 2;
/// Flows of bytes have something new: `takeReady` names them.
#[napi]
pub const EVENT_READY: u32 = 3;

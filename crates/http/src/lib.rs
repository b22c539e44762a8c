//! The pure words around the wire: what a request may look like, what is refused, and what a refusal says.
//!
//! No sockets, no clock, no runtime. The server feeds bytes and durations in and gets decisions out, so every rule
//! here is tested as a table and holds for each driver that ever reads a socket.
//!
//! * [`Gate`]: bytes of one connection → how many of them may go on to the HTTP library, or why none may.
//! * [`Refusal`]: every reason the server answers without asking the application, with status, code and text.
//! * [`canonical`]: the one decoded path that router, guards, logs and files see.
//! * [`TrustedProxies`]: who a request comes from where proxies stand between.
//! * [`choose_coding`]: which content coding a client gets.
//! * [`Conditions`]: what a request gets of a file: all of it, parts, 304, 412 or 416.
//! * [`Limits`]: every bound with its default, in one table.

mod accept;
mod accept_encoding;
mod chunked;
mod compressible;
mod error_body;
mod error_id;
mod field;
mod file;
mod forwarded;
mod framing;
mod gate;
mod head;
mod host;
mod http_date;
mod limits;
mod line;
mod network;
mod octet;
mod path;
mod proxies;
mod refusal;
mod request_line;
mod trace;

pub use accept::{wants_page, wants_problem};
pub use accept_encoding::{Coding, choose_coding};
pub use compressible::{forbids_transform, is_compressible, is_listed_type, varies_by};
pub use error_body::{ErrorBody, Format};
pub use error_id::{ErrorId, error_id};
pub use file::{
    ByteRange, Conditions, Disposition, EntityTag, Multipart, Part, PathFault, PathRules, RelativePath, Selection,
    Validators, check_names, content_disposition, media_type, relative_path,
};
pub use gate::{Gate, GateState, Scan};
pub use http_date::HttpDate;
pub use limits::{BodyRate, GateLimits, InvalidLimit, Limits};
pub use network::{InvalidNetwork, Network};
pub use path::canonical;
pub use proxies::{ForwardedHeader, Origin, TrustedProxies};
pub use refusal::{Category, Refusal};
pub use trace::trace_id;

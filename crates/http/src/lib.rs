//! The pure words around the wire: what a request may look like, what is refused, and what a refusal says.
//!
//! No sockets, no clock, no runtime. The server feeds bytes and durations in and gets decisions out, so every rule
//! here is tested as a table and holds for each driver that ever reads a socket.
//!
//! * [`Gate`]: bytes of one connection → how many of them may go on to the HTTP library, or why none may.
//! * [`Refusal`]: every reason the server answers without asking the application, with status, code and text.
//! * [`canonical`]: the one decoded path that router, guards, logs and files see.
//! * [`Limits`]: every bound with its default, in one table.

mod accept;
mod chunked;
mod error_body;
mod error_id;
mod field;
mod framing;
mod gate;
mod head;
mod host;
mod limits;
mod line;
mod octet;
mod path;
mod refusal;
mod request_line;
mod trace;

pub use accept::wants_problem;
pub use error_body::{ErrorBody, Format};
pub use error_id::{ErrorId, error_id};
pub use gate::{Gate, GateState, Scan};
pub use limits::{BodyRate, GateLimits, InvalidLimit, Limits};
pub use path::canonical;
pub use refusal::{Category, Refusal};
pub use trace::trace_id;

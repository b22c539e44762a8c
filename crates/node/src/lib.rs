//! The border: Covet's server as a Node-API addon.
//!
//! The glue converts and forwards; whatever decides anything about HTTP lives in another crate.
//!
//! | file | what it is |
//! | --- | --- |
//! | `server.rs` | `NativeServer`, the class JavaScript holds |
//! | `router.rs` | `NativeRouter`, the route table being filled |
//! | `options.rs` | option objects in, `ServerOptions` out |
//! | `refusal.rs` | requests refused before JavaScript, on their way to its log |
//! | `file.rs` | files and folders as JavaScript names them in, the server's own out |
//! | `flow.rs` | `NativeReader` and `NativeWriter`, bodies that come in pieces |
//! | `upload.rs` | `NativeForm` and `NativeFile`, multipart forms gathered whole |
//! | `parts.rs` | `NativeParts`, multipart forms part by part |
//! | `cache.rs` | `NativeCache`, what the JS threads of the process keep together |
//! | `file_lock.rs` | `NativeFileLock`, a file for one holder at a time |
//! | `error.rs` | errors with a code, as JavaScript gets them |
//! | `bridge/` | requests to the JS thread and replies back, through shared memory; the only hand-written `unsafe` |

#![cfg_attr(test, allow(dead_code, reason = "`#[napi]` exports nothing in a test build, which is only ever linted"))]

mod bridge;
mod cache;
mod error;
mod file;
mod file_lock;
mod flow;
mod options;
mod parts;
mod refusal;
mod router;
mod server;
mod upload;
mod wire_options;

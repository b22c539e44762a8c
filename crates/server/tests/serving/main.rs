//! The server with handlers of its own kind, over real sockets, without any JavaScript.

mod faults;
mod files;
mod harness;
mod limits;
mod misses;
mod taps;

//! Requests to the JS thread and replies back, through memory both sides can see.
//!
//! ```text
//!  I/O thread                                    JS thread
//!  ----------                                    ---------
//!  LocalPort: take a free slot
//!  request.rs: write the request into it
//!  Ring "events" <- slot, kind        wake ->    Shard::collect: events -> the batch list
//!                                                JS: reads lazily, writes the reply into the slot,
//!                                                    puts the slot on the done list
//!  LocalPort::pump <- Ring "replies"  <- wake    Shard::flush: done list -> rings
//!  response.rs: read the reply
//!  LocalPort: the slot is free again
//! ```
//!
//! A **shard** is one JS thread's half: a slab of slots and one **port** for each I/O thread. A slot has one owner at a
//! time; it changes hands only through a ring, whose release and acquire also publish what was written. Slots bound the
//! work in flight: where none is free a request waits unread in its connection.
//!
//! A wake is sent only if none is on its way, so a burst costs one in either direction.

mod connection;
mod layout;
mod port;
mod request;
mod response;
mod ring;
mod shard;
mod slab;
mod watch;

pub(crate) use self::connection::BridgeHandler;
pub(crate) use self::shard::{LargeReply, Shard, Shards};

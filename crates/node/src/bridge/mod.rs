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
//! Bodies that come in pieces are **flows** beside the slots: `to_js.rs` and `from_js.rs`, each bounded by a window of
//! bytes, which is the back-pressure. A flow has a number, under which JavaScript hears that there is something new; it may
//! outlive its request's slot. Two of them make a connection that has no socket, `pipe.rs`.
//!
//! A large body of a request is **drawn**, `to_js.rs`: JavaScript reads it from the socket, which the I/O thread watches.
//!
//! A large body that is whole is **lent**, `lent.rs`: JavaScript keeps it, and sends from it when its turn has come.
//!
//! A wake is sent only if none is on its way, so a burst costs one in either direction.

mod body_places;
mod connection;
mod from_js;
mod js_buffer;
mod layout;
mod lent;
mod pipe;
mod pool;
mod port;
mod ready;
mod request;
mod response;
mod ring;
mod shard;
mod slab;
mod to_js;
mod watch;

pub(crate) use self::connection::BridgeHandler;
pub(crate) use self::from_js::FromJs;
pub(crate) use self::js_buffer::fill_buffer;
pub(crate) use self::lent::{Lent, Served};
pub(crate) use self::pipe::JsPipe;
pub(crate) use self::pool::copy as copy_body;
pub(crate) use self::ready::Bell;
pub(crate) use self::shard::{ReplySource, Shard, Shards, Wake};
pub(crate) use self::to_js::{End, FormFault, Gathering, Taken, ToJs};

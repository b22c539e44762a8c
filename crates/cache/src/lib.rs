//! What the threads of a process keep together: bytes by key, within one limit.
//!
//! In: keys, bytes, tags and the time of whoever calls. Out: the bytes again until they have run out, were deleted or gave way
//! to others; and for each key that is being made the one thread that makes it. No I/O, no clock, no runtime.
//!
//! | file | what it is |
//! | --- | --- |
//! | `caches.rs` | [`Caches`]: the caches of a process by name |
//! | `member.rs` | [`Member`]: one thread's hold on a cache; all that a thread can do |
//! | `store.rs` | the bytes, in shards, the least recently used given up first |
//! | `shard.rs` | one shard: a map, the order of use, the index of tags |
//! | `flights.rs` | values being made: by whom, and who waits |
//! | `changes.rs` | what was deleted or put by hand, so that nothing older is kept |
//!
//! # Rules
//!
//! 1. All bytes count towards one limit: keys, values, tags, what an entry costs beside them, and what members say they hold of
//!    it themselves ([`Member::reserve`]).
//! 2. Of all who ask for the turn to make a value one has it, until it ends it or its member has gone. The others are woken then.
//! 3. A value whose key or tag was deleted since it was read or made is not kept. A deletion is noted and then done; a put looks
//!    at what is noted and is done under one lock, so one of both sees the other.
//! 4. Locks are taken in one order, flights before shards; none is held while a member is woken.

mod caches;
mod changes;
mod flights;
mod member;
mod shard;
mod store;

pub use caches::Caches;
pub use changes::Change;
pub use flights::Turn;
pub use member::{Kept, Member, Stats};
pub use store::Found;

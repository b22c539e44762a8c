//! What the JS threads of the process keep together, as each of them holds it.
//!
//! In: calls from JavaScript. Out: the same calls on `covet-cache`, which decides everything.

use std::sync::{Arc, Mutex, PoisonError};

use covet_cache::{Caches, Change, Kept, Member, Stats, Turn};
use napi::Env;
use napi::bindgen_prelude::{BufferSlice, Function};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;

use crate::error::{Coded, coded, from_napi};

/// Those of the process: its JS threads join them by name.
static CACHES: Caches = Caches::new();

/// A value's key or a tag was deleted since it was read or made, and it is not kept.
#[napi]
pub const CACHE_GONE: i32 = -1;
/// A value is larger than all there is room for.
#[napi]
pub const CACHE_TOO_LARGE: i32 = 0;

/// A value of a cache.
#[napi(object, object_from_js = false)]
pub struct NativeCached<'env> {
    /// Its version.
    pub version: f64,
    /// Its bytes; none where the version is the one that was seen.
    pub bytes: Option<BufferSlice<'env>>,
}

/// What a cache holds and did, over all threads.
#[napi(object, object_from_js = false)]
pub struct NativeCacheStats {
    /// Values.
    pub entries: f64,
    /// What they take, and the copies that threads have.
    pub bytes: f64,
    /// Values given up for others.
    pub evictions: f64,
}

#[allow(clippy::cast_precision_loss, reason = "counts and bytes stay far below 2^53")]
impl From<Stats> for NativeCacheStats {
    fn from(stats: Stats) -> Self {
        Self { entries: stats.entries as f64, bytes: stats.bytes as f64, evictions: stats.evictions as f64 }
    }
}

/// One JS thread's hold on a cache. What it makes ends with the thread.
#[napi]
pub struct NativeCache {
    /// Taken out when the thread leaves.
    seat: Arc<Mutex<Option<Arc<Member>>>>,
}

#[napi]
impl NativeCache {
    /// Joins the cache of this name, which the first thread makes with its limit in bytes. `onWoken` is called when
    /// `takeWoken` has something; it does not keep the thread alive.
    #[napi(factory)]
    pub fn join(env: &Env, name: String, limit: f64, on_woken: Function<'_, (), ()>) -> Result<Self, Coded> {
        let woken = on_woken
            .build_threadsafe_function::<()>()
            .callee_handled::<false>()
            .weak::<true>()
            .build()
            .map_err(|error| from_napi(&error))?;
        let wake = Box::new(move || {
            // Fails only where the thread is ending, and nobody waits.
            woken.call((), ThreadsafeFunctionCallMode::NonBlocking);
        });
        let seat = Arc::new(Mutex::new(Some(Arc::new(CACHES.join(&name, to_count(limit), wake)))));
        // Weakly: the hook stays until the environment ends.
        let leaving = Arc::downgrade(&seat);
        env.add_env_cleanup_hook(leaving, |seat| {
            if let Some(seat) = seat.upgrade() {
                leave(&seat);
            }
        })
        .map_err(|error| from_napi(&error))?;
        Ok(Self { seat })
    }

    /// The value of a key that has not run out at `now`; without its bytes where its version is the one that was `seen`.
    /// `held` are the bytes of the limit that this thread holds itself.
    #[napi]
    pub fn get<'env>(
        &self,
        env: &'env Env,
        key: String,
        now: f64,
        seen: f64,
        held: f64,
    ) -> Result<Option<NativeCached<'env>>, Coded> {
        let member = self.member()?;
        member.reserve(to_count(held));
        let Some(found) = member.get(&key, to_time(now)) else { return Ok(None) };
        let version = to_number(found.version);
        let is_new = found.version != to_time(seen);
        let bytes = is_new.then(|| BufferSlice::copy_from(env, &*found.bytes)).transpose();
        Ok(Some(NativeCached { version, bytes: bytes.map_err(|error| from_napi(&error))? }))
    }

    /// Keeps a value until `expires` that was read or made since the change of this number; its version, or one of the
    /// `CACHE_*` values. `held` as for `get`.
    #[napi]
    pub fn put(
        &self,
        key: String,
        bytes: &[u8],
        expires: f64,
        tags: Vec<String>,
        since: f64,
        held: f64,
    ) -> Result<f64, Coded> {
        let member = self.member()?;
        member.reserve(to_count(held));
        Ok(match member.put(&key, bytes, to_time(expires), &tags, to_time(since)) {
            Kept::Yes(version) => to_number(version),
            Kept::TooLarge => CACHE_TOO_LARGE.into(),
            Kept::Gone => CACHE_GONE.into(),
        })
    }

    /// The number of the last change.
    #[napi]
    pub fn last_change(&self) -> Result<f64, Coded> {
        self.member().map(|member| to_number(member.last_change()))
    }

    /// Has whoever reads or makes a value know that it is gone, before it is deleted; the number of this change.
    #[napi]
    pub fn note(&self, deleted: Vec<String>, replaced: Vec<String>, tags: Vec<String>) -> Result<f64, Coded> {
        let changes: Vec<Change<'_>> = deleted
            .iter()
            .map(|key| Change::Deleted(key))
            .chain(replaced.iter().map(|key| Change::Replaced(key)))
            .chain(tags.iter().map(|tag| Change::Tag(tag)))
            .collect();
        self.member().map(|member| to_number(member.note(&changes)))
    }

    /// The same of everything.
    #[napi]
    pub fn note_all(&self) -> Result<f64, Coded> {
        self.member().map(|member| to_number(member.note(&[Change::All])))
    }

    /// Whether a value that was read or made since the change of this number is gone by a later one.
    #[napi]
    pub fn is_gone(&self, key: String, tags: Vec<String>, since: f64) -> Result<bool, Coded> {
        self.member().map(|member| member.is_gone(&key, &tags, to_time(since)))
    }

    /// The same of a value that is put by hand, for which another such one does not count.
    #[napi]
    pub fn is_deleted(&self, key: String, tags: Vec<String>, since: f64) -> Result<bool, Coded> {
        self.member().map(|member| member.is_deleted(&key, &tags, to_time(since)))
    }

    /// Deletes a value.
    #[napi]
    pub fn delete(&self, key: String) -> Result<(), Coded> {
        self.member().map(|member| member.delete(&key))
    }

    /// Deletes all values with this tag.
    #[napi]
    pub fn delete_by_tag(&self, tag: String) -> Result<(), Coded> {
        self.member().map(|member| member.delete_by_tag(&tag))
    }

    /// Deletes everything.
    #[napi]
    pub fn clear(&self) -> Result<(), Coded> {
        self.member().map(|member| member.clear())
    }

    /// Asks for the turn to make the value of a key with these tags: its number, below 0 for one to wait under.
    #[napi]
    pub fn take_turn(&self, key: String, tags: Vec<String>) -> Result<f64, Coded> {
        Ok(match self.member()?.take_turn(&key, &tags) {
            Turn::Lead(turn) => to_number(turn),
            Turn::Wait(waiting) => -to_number(waiting),
        })
    }

    /// The value of this turn is there, or will not be; or others may make it as well.
    #[napi]
    pub fn end_turn(&self, key: String, turn: f64) -> Result<(), Coded> {
        self.member().map(|member| member.end_turn(&key, to_time(turn)))
    }

    /// The numbers to wait under whose wait is over, as `takeTurn` gave them.
    #[napi]
    pub fn take_woken(&self) -> Result<Vec<f64>, Coded> {
        Ok(self.member()?.take_woken().into_iter().map(|number| -to_number(number)).collect())
    }

    /// What the cache holds and did, over all threads. `held` as for `get`.
    #[napi]
    pub fn stats(&self, held: f64) -> Result<NativeCacheStats, Coded> {
        let member = self.member()?;
        member.reserve(to_count(held));
        Ok(member.stats().into())
    }

    /// Leaves the cache: what this thread makes of it is another's turn.
    #[napi]
    pub fn leave(&self) {
        leave(&self.seat);
    }

    fn member(&self) -> Result<Arc<Member>, Coded> {
        let seat = self.seat.lock().unwrap_or_else(PoisonError::into_inner);
        seat.clone().ok_or_else(|| coded("CACHE_CLOSED", "this thread has left the cache"))
    }
}

fn leave(seat: &Mutex<Option<Arc<Member>>>) {
    let member = seat.lock().unwrap_or_else(PoisonError::into_inner).take();
    drop(member);
}

/// Times, versions and turns: whole numbers from 0, Infinity for no end.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of floats saturates")]
fn to_time(value: f64) -> u64 {
    value as u64
}

/// Bytes: Infinity is no limit.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of floats saturates")]
fn to_count(value: f64) -> usize {
    value as usize
}

/// Exact: none of them counts to 2^53.
#[allow(clippy::cast_precision_loss)]
fn to_number(value: u64) -> f64 {
    value as f64
}

//! One thread's hold on a cache.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::changes::{Change, Changes};
use crate::flights::{Flights, MemberId, Turn, Waiting};
use crate::store::{Found, NewEntry, Store};

/// Tells a member that something waits for it.
pub(crate) type Wake = Box<dyn Fn() + Send + Sync>;

/// How a value was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is there, in this version.
    Yes(u64),
    /// It is larger than all there is room for.
    TooLarge,
    /// Its key or a tag was deleted since it was read or made, or another value put in its place.
    Gone,
}

/// What a cache holds and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Values.
    pub entries: usize,
    /// What they take, and what members hold of the limit themselves.
    pub bytes: usize,
    /// Values given up for others.
    pub evictions: u64,
    /// Members.
    pub members: usize,
}

/// What the members of a cache share.
#[derive(Debug)]
pub(crate) struct Cache {
    store: Store,
    making: Mutex<Making>,
}

#[derive(Debug, Default)]
struct Making {
    changes: Changes,
    flights: Flights,
    last_member: MemberId,
    seats: HashMap<MemberId, Arc<Seat>>,
}

/// Where a member is woken.
struct Seat {
    wake: Wake,
    woken: Mutex<Vec<u64>>,
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seat").field("woken", &self.woken).finish_non_exhaustive()
    }
}

impl Cache {
    pub(crate) fn new(limit: usize) -> Self {
        Self { store: Store::new(limit), making: Mutex::default() }
    }

    fn making(&self) -> MutexGuard<'_, Making> {
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` under the lock, and wakes whom it says after it.
    fn waking<T>(&self, work: impl FnOnce(&mut Making) -> (T, Waiting)) -> T {
        let (result, seats) = {
            let mut making = self.making();
            let (result, waiting) = work(&mut making);
            let seat = |(member, number)| Some((Arc::clone(making.seats.get(&member)?), number));
            (result, waiting.into_iter().filter_map(seat).collect::<Vec<_>>())
        };
        for (seat, number) in seats {
            let is_first = {
                let mut woken = seat.woken.lock().unwrap_or_else(PoisonError::into_inner);
                woken.push(number);
                woken.len() == 1
            };
            if is_first {
                (seat.wake)();
            }
        }
        result
    }
}

/// One thread's hold on a cache. What it makes ends when it is dropped.
#[derive(Debug)]
pub struct Member {
    cache: Arc<Cache>,
    id: MemberId,
    seat: Arc<Seat>,
    reserved: AtomicUsize,
}

impl Member {
    pub(crate) fn join(cache: Arc<Cache>, wake: Wake) -> Self {
        let seat = Arc::new(Seat { wake, woken: Mutex::default() });
        let id = {
            let mut making = cache.making();
            making.last_member += 1;
            let id = making.last_member;
            making.seats.insert(id, Arc::clone(&seat));
            id
        };
        Self { cache, id, seat, reserved: AtomicUsize::new(0) }
    }

    /// The value of a key that has not run out at `now`, in the unit of `expires` of [`Member::put`].
    #[must_use]
    pub fn get(&self, key: &str, now: u64) -> Option<Found> {
        self.cache.store.get(key, now)
    }

    /// Keeps a value until `expires` that was read or made since the change of this number, if nothing it belongs to is gone
    /// by a later one.
    #[must_use]
    pub fn put(&self, key: &str, bytes: &[u8], expires: u64, tags: &[String], since: u64) -> Kept {
        // Held, so that what is noted now finds the value there.
        let making = self.cache.making();
        if making.changes.is_gone(key, tags, since) {
            return Kept::Gone;
        }
        self.cache.store.put(&NewEntry { key, bytes, tags, expires }).map_or(Kept::TooLarge, Kept::Yes)
    }

    /// The number of the last change.
    #[must_use]
    pub fn last_change(&self) -> u64 {
        self.cache.making().changes.last()
    }

    /// Has whoever reads or makes a value know that it is gone; its number. To be called before the value is deleted, so that it
    /// does not come back.
    pub fn note(&self, changes: &[Change<'_>]) -> u64 {
        self.cache.waking(|making| {
            let mut woken = Waiting::new();
            for change in changes {
                making.changes.note(*change);
                woken.append(&mut making.flights.invalidate(*change));
            }
            (making.changes.last(), woken)
        })
    }

    /// Whether a value that was read or made since the change of this number is gone by a later one.
    #[must_use]
    pub fn is_gone(&self, key: &str, tags: &[String], since: u64) -> bool {
        self.cache.making().changes.is_gone(key, tags, since)
    }

    /// The same of a value that is put by hand, for which another such one does not count.
    #[must_use]
    pub fn is_deleted(&self, key: &str, tags: &[String], since: u64) -> bool {
        self.cache.making().changes.is_deleted(key, tags, since)
    }

    /// Deletes a value.
    pub fn delete(&self, key: &str) {
        self.cache.store.delete(key);
    }

    /// Deletes all values with this tag.
    pub fn delete_by_tag(&self, tag: &str) {
        self.cache.store.delete_by_tag(tag);
    }

    /// Deletes everything.
    pub fn clear(&self) {
        self.cache.store.clear();
    }

    /// Asks for the turn to make the value of a key, which will have these tags.
    #[must_use]
    pub fn take_turn(&self, key: &str, tags: &[String]) -> Turn {
        self.cache.making().flights.take(key, tags, self.id)
    }

    /// The value is there, or will not be; or others may make it as well.
    pub fn end_turn(&self, key: &str, turn: u64) {
        self.cache.waking(|making| ((), making.flights.end(key, turn)));
    }

    /// The numbers of [`Turn::Wait`] whose wait is over.
    #[must_use]
    pub fn take_woken(&self) -> Vec<u64> {
        std::mem::take(&mut *self.seat.woken.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says how many bytes of the limit this thread holds itself, in copies of its own.
    pub fn reserve(&self, bytes: usize) {
        let before = self.reserved.swap(bytes, Ordering::Relaxed);
        if before != bytes {
            self.cache.store.reserve(before, bytes);
        }
    }

    /// What the cache holds and did.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let Cache { store, .. } = &*self.cache;
        let members = self.cache.making().seats.len();
        Stats { entries: store.entries(), bytes: store.bytes(), evictions: store.evictions(), members }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.reserve(0);
        self.cache.waking(|making| {
            making.seats.remove(&self.id);
            ((), making.flights.leave(self.id))
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Condvar;
    use std::thread;

    use super::*;
    use crate::Caches;

    fn join(caches: &Caches, name: &str) -> (Member, Arc<AtomicUsize>) {
        let wakes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&wakes);
        let wake = Box::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        (caches.join(name, 10_000, wake), wakes)
    }

    #[test]
    fn members_of_a_name_share_and_others_do_not() {
        let caches = Caches::new();
        let ((a, _), (b, _), (other, _)) = (join(&caches, "one"), join(&caches, "one"), join(&caches, "two"));
        let Kept::Yes(version) = a.put("k", b"v", 9, &[], 0) else { panic!("not kept") };
        let found = b.get("k", 0).unwrap();
        assert_eq!((found.version, &*found.bytes), (version, &b"v"[..]));
        assert_eq!(other.get("k", 0), None);
        assert_eq!((a.stats().members, other.stats().members), (2, 1));
        b.delete("k");
        assert_eq!(a.get("k", 0), None);
        drop((a, b));
        assert_eq!(join(&caches, "one").0.stats().entries, 0, "a cache without members is gone");
    }

    #[test]
    fn what_is_gone_since_it_was_made_is_not_kept() {
        let table = [
            ("its key", Change::Deleted("k"), false),
            ("its tag", Change::Tag("t"), false),
            ("all", Change::All, false),
            ("a value put by hand", Change::Replaced("k"), false),
            ("another key", Change::Deleted("other"), true),
            ("another tag", Change::Tag("other"), true),
        ];
        for (name, change, is_kept) in table {
            let caches = Caches::new();
            let ((a, _), (b, wakes)) = (join(&caches, "c"), join(&caches, "c"));
            let (since, tags) = (a.last_change(), ["t".to_owned()]);
            let Turn::Lead(turn) = a.take_turn("k", &tags) else { panic!("{name}: no lead") };
            let Turn::Wait(waiting) = b.take_turn("k", &[]) else { panic!("{name}: two lead") };
            let number = b.note(&[change]);
            assert_eq!(a.is_gone("k", &tags, since), !is_kept, "{name}");
            assert_eq!(wakes.load(Ordering::SeqCst), usize::from(!is_kept), "{name}");
            let kept = a.put("k", b"old", 9, &tags, since);
            assert_eq!(matches!(kept, Kept::Yes(_)), is_kept, "{name}: {kept:?}");
            assert!(matches!(b.put("k", b"new", 9, &tags, number), Kept::Yes(_)), "{name}");
            a.end_turn("k", turn);
            assert_eq!(b.take_woken(), [waiting], "{name}");
            assert!(b.take_woken().is_empty(), "{name}");
        }
    }

    #[test]
    fn a_member_that_goes_gives_back_its_turn_and_its_bytes() {
        let caches = Caches::new();
        let ((a, _), (b, wakes)) = (join(&caches, "c"), join(&caches, "c"));
        a.reserve(500);
        assert_eq!(b.stats().bytes, 500);
        assert!(matches!(a.take_turn("k", &[]), Turn::Lead(_)));
        let Turn::Wait(waiting) = b.take_turn("k", &[]) else { panic!("two lead") };
        drop(a);
        assert_eq!((b.stats().bytes, wakes.load(Ordering::SeqCst)), (0, 1));
        assert_eq!(b.take_woken(), [waiting]);
        assert!(matches!(b.take_turn("k", &[]), Turn::Lead(_)));
    }

    /// A thread that waits as a JS thread would: on its wake.
    fn load(caches: &Caches, loads: &AtomicUsize) {
        let signal = Arc::new((Mutex::new(0_u32), Condvar::new()));
        let rung = Arc::clone(&signal);
        let wake = Box::new(move || {
            *rung.0.lock().unwrap() += 1;
            rung.1.notify_one();
        });
        let member = caches.join("c", 10_000, wake);
        let mut seen = 0;
        while member.get("cold", 0).is_none() {
            match member.take_turn("cold", &[]) {
                Turn::Lead(turn) => {
                    if member.get("cold", 0).is_none() {
                        loads.fetch_add(1, Ordering::SeqCst);
                        thread::yield_now();
                        assert!(matches!(member.put("cold", b"v", 9, &[], 0), Kept::Yes(_)));
                    }
                    member.end_turn("cold", turn);
                }
                Turn::Wait(waiting) => {
                    let mut rings = signal.0.lock().unwrap();
                    while *rings == seen {
                        rings = signal.1.wait(rings).unwrap();
                    }
                    seen = *rings;
                    assert_eq!(member.take_woken(), [waiting]);
                }
            }
        }
    }

    #[test]
    fn threads_that_want_one_value_make_it_once() {
        for _ in 0..50 {
            let (caches, loads) = (Caches::new(), AtomicUsize::new(0));
            // Held, so that the cache outlives those who are done.
            let (_held, _) = join(&caches, "c");
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| load(&caches, &loads));
                }
            });
            assert_eq!(loads.load(Ordering::SeqCst), 1);
        }
    }
}

//! Bytes by key, in shards, within one limit.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::shard::{Entry, Shard};

/// As many as there are JS threads on a large machine; an eviction looks at all of them.
const SHARDS: usize = 16;

/// What is kept under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Grows with each value that is kept: the same number, the same bytes.
    pub version: u64,
    /// The value.
    pub bytes: Arc<[u8]>,
}

/// What is to be kept.
pub(crate) struct NewEntry<'a> {
    pub(crate) key: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) tags: &'a [String],
    pub(crate) expires: u64,
}

#[derive(Debug)]
pub(crate) struct Store {
    shards: [Mutex<Shard>; SHARDS],
    /// Keyed: whoever chooses keys must not choose their shard.
    hasher: RandomState,
    limit: usize,
    bytes: AtomicUsize,
    /// Of the limit, what members hold themselves.
    reserved: AtomicUsize,
    entries: AtomicUsize,
    evictions: AtomicU64,
    uses: AtomicU64,
    versions: AtomicU64,
}

impl Store {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            shards: Default::default(),
            hasher: RandomState::new(),
            limit,
            bytes: AtomicUsize::new(0),
            reserved: AtomicUsize::new(0),
            entries: AtomicUsize::new(0),
            evictions: AtomicU64::new(0),
            uses: AtomicU64::new(0),
            versions: AtomicU64::new(0),
        }
    }

    /// Bytes kept, and held by members.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed) + self.reserved.load(Ordering::Relaxed)
    }

    pub(crate) fn entries(&self) -> usize {
        self.entries.load(Ordering::Relaxed)
    }

    pub(crate) fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }

    pub(crate) fn get(&self, key: &str, now: u64) -> Option<Found> {
        let used = self.uses.fetch_add(1, Ordering::Relaxed);
        self.within(self.shard(key), |shard| {
            let entry = shard.get(key, now, used)?;
            Some(Found { version: entry.version, bytes: Arc::clone(&entry.bytes) })
        })
    }

    /// Keeps an entry and gives up others for it; its version. One larger than the limit takes the place of nothing, not even
    /// of what its key had.
    pub(crate) fn put(&self, new: &NewEntry<'_>) -> Option<u64> {
        let version = self.versions.fetch_add(1, Ordering::Relaxed) + 1;
        let entry = Entry {
            key: new.key.into(),
            bytes: new.bytes.into(),
            tags: new.tags.iter().map(|tag| tag.as_str().into()).collect(),
            expires: new.expires,
            version,
            used: self.uses.fetch_add(1, Ordering::Relaxed),
        };
        if entry.size_alone() > self.limit {
            self.delete(new.key);
            return None;
        }
        self.within(self.shard(new.key), |shard| shard.put(entry));
        self.evict();
        Some(version)
    }

    pub(crate) fn delete(&self, key: &str) {
        self.within(self.shard(key), |shard| shard.remove(key));
    }

    pub(crate) fn delete_by_tag(&self, tag: &str) {
        for shard in &self.shards {
            self.within(shard, |shard| shard.remove_by_tag(tag));
        }
    }

    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            self.within(shard, Shard::clear);
        }
    }

    /// A member that held `before` bytes of the limit holds `after`.
    pub(crate) fn reserve(&self, before: usize, after: usize) {
        self.reserved.fetch_add(after, Ordering::Relaxed);
        self.reserved.fetch_sub(before, Ordering::Relaxed);
        if after > before {
            self.evict();
        }
    }

    /// Gives up what was used longest ago in any shard, until the rest is within the limit.
    fn evict(&self) {
        while self.bytes() > self.limit {
            let oldest =
                self.shards.iter().filter_map(|shard| Some((lock(shard).oldest_use()?, shard))).min_by_key(|it| it.0);
            let Some((_, shard)) = oldest else { return };
            // Another thread may have used or taken it meanwhile: then it is the next one, which is near enough.
            if self.within(shard, Shard::remove_oldest) {
                self.evictions.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Does `work` with a shard, and counts what comes and goes by it.
    fn within<T>(&self, shard: &Mutex<Shard>, work: impl FnOnce(&mut Shard) -> T) -> T {
        let mut shard = lock(shard);
        let (bytes, entries) = (shard.bytes(), shard.entries());
        let result = work(&mut shard);
        // Less is a sum that wraps around.
        self.bytes.fetch_add(shard.bytes().wrapping_sub(bytes), Ordering::Relaxed);
        self.entries.fetch_add(shard.entries().wrapping_sub(entries), Ordering::Relaxed);
        result
    }

    fn shard(&self, key: &str) -> &Mutex<Shard> {
        #[allow(clippy::cast_possible_truncation, reason = "any bits of the hash will do")]
        let at = self.hasher.hash_one(key) as usize % SHARDS;
        &self.shards[at]
    }
}

/// No code of ours panics while it holds one; and a map with an entry too few is no worse than an eviction.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::OVERHEAD;

    /// One step with a store of which every entry `k = v` counts `OVERHEAD + 2`.
    enum Step {
        Put(&'static str, &'static [&'static str], u64),
        Delete(&'static str),
        Tag(&'static str),
        Clear,
        Reserve(usize, usize),
        /// At this time these are there, looked at in this order.
        See(u64, &'static [&'static str]),
        /// At this time these are not.
        Miss(u64, &'static [&'static str]),
        /// Entries, and given up so far.
        Count(usize, u64),
    }
    use Step::{Clear, Count, Delete, Miss, Put, Reserve, See, Tag};

    const ONE: usize = OVERHEAD + 2;

    fn run(name: &str, limit: usize, steps: &[Step]) {
        let store = Store::new(limit);
        for (number, step) in steps.iter().enumerate() {
            let place = format!("{name}, step {number}");
            match step {
                Put(key, tags, expires) => {
                    let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
                    store.put(&NewEntry { key, bytes: b"v", tags: &tags, expires: *expires });
                }
                Delete(key) => store.delete(key),
                Tag(tag) => store.delete_by_tag(tag),
                Clear => store.clear(),
                Reserve(before, after) => store.reserve(*before, *after),
                See(now, keys) => keys.iter().for_each(|key| assert!(store.get(key, *now).is_some(), "{place}: {key}")),
                Miss(now, keys) => {
                    keys.iter().for_each(|key| assert!(store.get(key, *now).is_none(), "{place}: {key}"))
                }
                Count(entries, evictions) => {
                    assert_eq!((store.entries(), store.evictions()), (*entries, *evictions), "{place}")
                }
            }
            assert!(store.bytes() <= limit, "{place}: {} bytes", store.bytes());
        }
        store.clear();
        store.reserve(store.bytes(), 0);
        assert_eq!((store.bytes(), store.entries()), (0, 0), "{name}: nothing is left");
    }

    #[test]
    fn keeps_and_forgets_by_the_table() {
        let far = u64::MAX;
        run("time", 9 * ONE, &[Put("a", &[], 10), See(9, &["a"]), Miss(10, &["a"]), Count(0, 0)]);
        run("again", 9 * ONE, &[Put("a", &[], 10), Put("a", &[], far), See(10, &["a"]), Count(1, 0)]);
        run("delete", 9 * ONE, &[Put("a", &[], far), Delete("a"), Delete("b"), Miss(0, &["a"]), Count(0, 0)]);
        run("clear", 9 * ONE, &[Put("a", &["x"], far), Put("b", &[], far), Clear, Count(0, 0), Tag("x")]);
        run(
            "tags",
            99 * ONE,
            &[
                Put("a", &["x", "y"], far),
                Put("b", &["y"], far),
                Put("c", &[], far),
                Tag("x"),
                Miss(0, &["a"]),
                See(0, &["b", "c"]),
                // An entry put anew has its new tags alone.
                Put("b", &["z"], far),
                Tag("y"),
                See(0, &["b"]),
                Tag("z"),
                Count(1, 0),
            ],
        );
        run(
            "the least recently used goes first, in whatever shard",
            3 * ONE,
            &[
                Put("a", &[], far),
                Put("b", &[], far),
                Put("c", &[], far),
                See(0, &["a"]),
                Put("d", &[], far),
                Miss(0, &["b"]),
                Put("e", &[], far),
                Miss(0, &["c"]),
                See(0, &["a", "d", "e"]),
                Count(3, 2),
            ],
        );
        run(
            "what members hold counts",
            3 * ONE,
            &[
                Put("a", &[], far),
                Put("b", &[], far),
                Reserve(0, 2 * ONE),
                Count(1, 1),
                See(0, &["b"]),
                Reserve(2 * ONE, 0),
                Put("c", &[], far),
                Count(2, 1),
            ],
        );
        run("larger than the limit", ONE - 1, &[Put("a", &[], far), Miss(0, &["a"]), Count(0, 0)]);
        run(
            "places are used again",
            2 * ONE,
            &[Put("a", &[], far), Delete("a"), Put("b", &[], far), Put("c", &[], far), See(0, &["b", "c"])],
        );
    }

    #[test]
    fn a_tag_counts_once_beside_what_each_entry_has_of_it() {
        let put = |shard: &mut Shard, key: &str, tags: &[&str]| {
            let tags = tags.iter().map(|tag| Arc::from(*tag)).collect();
            shard.put(Entry { key: key.into(), bytes: Arc::from([]), tags, expires: 9, version: 1, used: 0 });
            shard.bytes()
        };
        let mut shard = Shard::default();
        let first = put(&mut shard, "a", &["x"]);
        let both = put(&mut shard, "b", &["x"]);
        assert!(both < 2 * first, "the second has no new tag");
        assert_eq!(put(&mut shard, "b", &["x"]), both, "put anew it is the same");
        assert!(put(&mut shard, "b", &["y"]) > both);
        assert_eq!(shard.entries(), 2);
        shard.remove_by_tag("y");
        assert_eq!(shard.bytes(), first);
        shard.remove("a");
        assert_eq!((shard.bytes(), shard.entries()), (0, 0));
        let store = Store::new(2 * ONE);
        assert_eq!(store.put(&NewEntry { key: "a", bytes: b"v", tags: &["x".to_owned()], expires: 9 }), None);
    }

    #[test]
    fn one_that_is_too_large_leaves_nothing_old_behind() {
        let store = Store::new(ONE);
        store.put(&NewEntry { key: "a", bytes: b"v", tags: &[], expires: 9 });
        assert_eq!(store.put(&NewEntry { key: "a", bytes: b"vv", tags: &[], expires: 9 }), None);
        assert_eq!(store.get("a", 0), None);
    }

    #[test]
    fn threads_at_once_stay_within_the_limit_and_count_right() {
        let store = Store::new(50 * ONE);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let store = &store;
                scope.spawn(move || {
                    for round in 0..2000 {
                        let key = format!("{}", (round * 7 + thread) % 100);
                        store.put(&NewEntry { key: &key, bytes: b"v", tags: &["t".to_owned()], expires: 9 });
                        store.get(&key, 0);
                        if round % 100 == 0 {
                            store.delete_by_tag("t");
                        }
                    }
                });
            }
        });
        assert!(store.bytes() <= 50 * ONE);
        store.clear();
        assert_eq!((store.bytes(), store.entries()), (0, 0));
    }
}

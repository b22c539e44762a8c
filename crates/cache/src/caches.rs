//! The caches of a process, by name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::member::{Cache, Member, Wake};

/// The caches of a process, by name; each is there as long as it has members.
#[derive(Debug, Default)]
pub struct Caches {
    by_name: Mutex<BTreeMap<String, Weak<Cache>>>,
}

impl Caches {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self { by_name: Mutex::new(BTreeMap::new()) }
    }

    /// Joins the cache of this name, which the first to come makes with its limit in bytes. `wake` is called, by any thread,
    /// when [`Member::take_woken`] has something.
    #[must_use]
    pub fn join(&self, name: &str, limit: usize, wake: Wake) -> Member {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        by_name.retain(|_, cache| cache.strong_count() > 0);
        let cache = by_name.get(name).and_then(Weak::upgrade).unwrap_or_else(|| {
            let cache = Arc::new(Cache::new(limit));
            by_name.insert(name.to_owned(), Arc::downgrade(&cache));
            cache
        });
        Member::join(cache, wake)
    }
}

//! One shard of the store: a map into a list of entries that a chain goes through in the order of use.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What an entry costs beside key, value and tags. By `size_of` 96 bytes for its place in the list and 24 for that in the map,
/// which is half empty at worst; and for key and value the counters and the allocator's heads, 32 each.
pub(crate) const OVERHEAD: usize = 200;

/// What an entry costs for each of its tags: 16 bytes in its list, and a place in the tag's set, which is half empty at worst.
const TAG_OVERHEAD: usize = 40;

/// What a tag itself costs beside its text: 65 bytes for a place in the map, which is half empty at worst, the smallest set, and
/// for the text the counters and the allocator's head.
const NEW_TAG_OVERHEAD: usize = 250;

/// No entry.
const NONE: usize = usize::MAX;

/// What is kept under a key.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Arc<str>,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) tags: Box<[Arc<str>]>,
    /// From then on it is not there.
    pub(crate) expires: u64,
    pub(crate) version: u64,
    /// When it was last used, in uses of the whole store.
    pub(crate) used: u64,
}

impl Entry {
    /// What it counts towards the limit, without its tags themselves, which may be of others, too.
    fn size(&self) -> usize {
        self.key.len() + self.bytes.len() + self.tags.len() * TAG_OVERHEAD + OVERHEAD
    }

    /// What it counts where nothing else has its tags.
    pub(crate) fn size_alone(&self) -> usize {
        self.size() + self.tags.iter().map(|tag| tag_size(tag)).sum::<usize>()
    }
}

#[derive(Debug)]
struct Place {
    entry: Entry,
    newer: usize,
    older: usize,
}

#[derive(Debug)]
pub(crate) struct Shard {
    by_key: HashMap<Arc<str>, usize>,
    by_tag: HashMap<Arc<str>, HashSet<usize>>,
    places: Vec<Option<Place>>,
    free: Vec<usize>,
    newest: usize,
    oldest: usize,
    bytes: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            by_tag: HashMap::new(),
            places: Vec::new(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
            bytes: 0,
        }
    }
}

impl Shard {
    /// What all of it counts towards the limit.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn entries(&self) -> usize {
        self.by_key.len()
    }

    /// The entry of a key, used now; one that has run out is taken out.
    pub(crate) fn get(&mut self, key: &str, now: u64, used: u64) -> Option<&Entry> {
        let at = *self.by_key.get(key)?;
        if self.place(at).entry.expires <= now {
            self.remove_at(at);
            return None;
        }
        self.unlink(at);
        self.link(at);
        let place = self.place(at);
        place.entry.used = used;
        Some(&place.entry)
    }

    /// Keeps an entry, in place of the one that is there.
    pub(crate) fn put(&mut self, mut entry: Entry) {
        self.remove(&entry.key);
        let at = self.free.pop().unwrap_or(self.places.len());
        self.bytes += entry.size();
        self.by_key.insert(Arc::clone(&entry.key), at);
        for tag in &mut entry.tags {
            if let Some((known, _)) = self.by_tag.get_key_value(tag) {
                *tag = Arc::clone(known);
            } else {
                self.bytes += tag_size(tag);
            }
            self.by_tag.entry(Arc::clone(tag)).or_default().insert(at);
        }
        let place = Some(Place { entry, newer: NONE, older: NONE });
        match self.places.get_mut(at) {
            Some(free) => *free = place,
            None => self.places.push(place),
        }
        self.link(at);
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if let Some(&at) = self.by_key.get(key) {
            self.remove_at(at);
        }
    }

    pub(crate) fn remove_by_tag(&mut self, tag: &str) {
        for at in self.by_tag.get(tag).cloned().unwrap_or_default() {
            self.remove_at(at);
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// When its least recently used entry was used.
    pub(crate) fn oldest_use(&self) -> Option<u64> {
        self.places.get(self.oldest)?.as_ref().map(|place| place.entry.used)
    }

    /// False where there is none.
    pub(crate) fn remove_oldest(&mut self) -> bool {
        if self.oldest == NONE {
            return false;
        }
        self.remove_at(self.oldest);
        true
    }

    fn place(&mut self, at: usize) -> &mut Place {
        self.places[at].as_mut().expect("the map and the chain name places that are taken")
    }

    fn remove_at(&mut self, at: usize) {
        self.unlink(at);
        let Some(Place { entry, .. }) = self.places[at].take() else { return };
        self.free.push(at);
        self.bytes -= entry.size();
        self.by_key.remove(&entry.key);
        for tag in &entry.tags {
            if let Some(places) = self.by_tag.get_mut(tag) {
                places.remove(&at);
                if places.is_empty() {
                    self.by_tag.remove(tag);
                    self.bytes -= tag_size(tag);
                }
            }
        }
    }

    fn link(&mut self, at: usize) {
        let older = self.newest;
        let place = self.place(at);
        (place.older, place.newer) = (older, NONE);
        self.newest = at;
        if older == NONE {
            self.oldest = at;
        } else {
            self.place(older).newer = at;
        }
    }

    fn unlink(&mut self, at: usize) {
        let Place { newer, older, .. } = *self.place(at);
        if newer == NONE {
            self.newest = older;
        } else {
            self.place(newer).older = older;
        }
        if older == NONE {
            self.oldest = newer;
        } else {
            self.place(older).newer = newer;
        }
    }
}

fn tag_size(tag: &str) -> usize {
    tag.len() + NEW_TAG_OVERHEAD
}

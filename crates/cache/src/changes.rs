//! What was deleted or put by hand, in order: whoever read or made a value since some moment asks whether it may be kept.
//!
//! Names are remembered as hashes, a bounded number of them. Two names of one hash, or a moment before all that is remembered,
//! cost a value that could have been kept, nothing worse.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

/// As many are remembered one by one: some hundred kilobytes.
const REMEMBERED: usize = 10_000;

/// What is gone.
#[derive(Debug, Clone, Copy, Hash)]
pub enum Change<'a> {
    /// The value of a key was deleted.
    Deleted(&'a str),
    /// Another was put in its place.
    Replaced(&'a str),
    /// All values with a tag were deleted.
    Tag(&'a str),
    /// All values were.
    All,
}

#[derive(Debug)]
pub(crate) struct Changes {
    /// Keyed: whoever chooses keys must not choose their hash.
    hasher: RandomState,
    last: u64,
    /// Of all changes up to this one it is not known what they were.
    forgotten: u64,
    log: VecDeque<(u64, u64)>,
    /// The last change of a name.
    by_name: HashMap<u64, u64>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { hasher: RandomState::new(), last: 0, forgotten: 0, log: VecDeque::new(), by_name: HashMap::new() }
    }
}

impl Changes {
    /// The number of the last change: what comes later is more.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    pub(crate) fn note(&mut self, change: Change<'_>) {
        self.last += 1;
        if matches!(change, Change::All) {
            self.forgotten = self.last;
            self.log.clear();
            self.by_name.clear();
            return;
        }
        let name = self.hasher.hash_one(change);
        self.log.push_back((self.last, name));
        self.by_name.insert(name, self.last);
        if self.log.len() > REMEMBERED {
            self.forget_oldest();
        }
    }

    /// Whether a value that was read or made since is none any more.
    pub(crate) fn is_gone(&self, key: &str, tags: &[String], since: u64) -> bool {
        self.is_deleted(key, tags, since) || self.is_after(Change::Replaced(key), since)
    }

    /// Whether a value that is put by hand was deleted since. Another put by hand does not count.
    pub(crate) fn is_deleted(&self, key: &str, tags: &[String], since: u64) -> bool {
        // Most often nothing has happened.
        self.last > since
            && (self.forgotten > since
                || self.is_after(Change::Deleted(key), since)
                || tags.iter().any(|tag| self.is_after(Change::Tag(tag), since)))
    }

    fn is_after(&self, change: Change<'_>, since: u64) -> bool {
        self.last > since && self.by_name.get(&self.hasher.hash_one(change)).is_some_and(|last| *last > since)
    }

    fn forget_oldest(&mut self) {
        let Some((number, name)) = self.log.pop_front() else { return };
        self.forgotten = number;
        if self.by_name.get(&name) == Some(&number) {
            self.by_name.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_since_by_the_table() {
        let table = [
            ("its key deleted", Change::Deleted("k"), true, true),
            ("another put in its place", Change::Replaced("k"), true, false),
            ("its tag", Change::Tag("t"), true, true),
            ("all", Change::All, true, true),
            ("another key", Change::Deleted("t"), false, false),
            ("another's value", Change::Replaced("t"), false, false),
            ("another tag", Change::Tag("k"), false, false),
        ];
        for (name, change, is_gone, is_deleted) in table {
            let mut changes = Changes::default();
            changes.note(Change::Deleted("k"));
            changes.note(Change::All);
            let (since, tags) = (changes.last(), ["t".to_owned()]);
            assert!(!changes.is_gone("k", &tags, since), "{name}: what was before does not count");
            changes.note(change);
            changes.note(Change::Deleted("other"));
            assert_eq!(changes.is_gone("k", &tags, since), is_gone, "{name}");
            assert_eq!(changes.is_deleted("k", &tags, since), is_deleted, "{name}");
            assert!(!changes.is_gone("k", &tags, changes.last()), "{name}");
        }
    }

    #[test]
    fn what_is_forgotten_counts_as_gone_for_those_who_began_before_it() {
        let mut changes = Changes::default();
        let early = changes.last();
        changes.note(Change::Tag("t"));
        let since = changes.last();
        for number in 0..REMEMBERED {
            changes.note(Change::Replaced(if number % 2 == 0 { "a" } else { "b" }));
        }
        assert!(changes.is_gone("k", &[], early));
        assert!(!changes.is_gone("k", &["t".to_owned()], since));
        changes.note(Change::Replaced("c"));
        assert!(changes.is_gone("k", &[], since));
        assert_eq!((changes.log.len(), changes.by_name.len()), (REMEMBERED, 3));
    }
}

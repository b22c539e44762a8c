//! Values being made: by whom, and who waits for them.
//!
//! Who makes a value leads its key until it ends that. What is invalidated meanwhile has no leader any more: the next who asks
//! makes one that knows of the change.

use std::collections::HashMap;

use crate::changes::Change;

/// A member of a cache, by number.
pub(crate) type MemberId = u64;

/// What a thread gets that wants to make a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is to make it, under this number.
    Lead(u64),
    /// Another is at it; this number is woken when that one is done.
    Wait(u64),
}

/// Who is to be woken, each with the number it waits under.
pub(crate) type Waiting = Vec<(MemberId, u64)>;

#[derive(Debug)]
struct Lead {
    number: u64,
    tags: Box<[String]>,
    member: MemberId,
    waiting: Waiting,
}

#[derive(Debug, Default)]
pub(crate) struct Flights {
    last: u64,
    leads: HashMap<Box<str>, Lead>,
}

impl Flights {
    pub(crate) fn take(&mut self, key: &str, tags: &[String], member: MemberId) -> Turn {
        self.last += 1;
        let number = self.last;
        if let Some(lead) = self.leads.get_mut(key) {
            lead.waiting.push((member, number));
            return Turn::Wait(number);
        }
        self.leads.insert(key.into(), Lead { number, tags: tags.into(), member, waiting: Waiting::new() });
        Turn::Lead(number)
    }

    /// Ends a lead, if it is still that of this number.
    pub(crate) fn end(&mut self, key: &str, number: u64) -> Waiting {
        if self.leads.get(key).is_none_or(|lead| lead.number != number) {
            return Waiting::new();
        }
        self.end_key(key)
    }

    pub(crate) fn invalidate(&mut self, change: Change<'_>) -> Waiting {
        match change {
            Change::Deleted(key) | Change::Replaced(key) => self.end_key(key),
            Change::Tag(tag) => self.end_where(|lead| lead.tags.iter().any(|own| own == tag)),
            Change::All => self.end_where(|_| true),
        }
    }

    /// Ends all that a member makes, and what it waits for.
    pub(crate) fn leave(&mut self, member: MemberId) -> Waiting {
        for lead in self.leads.values_mut() {
            lead.waiting.retain(|(waiting, _)| *waiting != member);
        }
        self.end_where(|lead| lead.member == member)
    }

    fn end_key(&mut self, key: &str) -> Waiting {
        self.leads.remove(key).map(|lead| lead.waiting).unwrap_or_default()
    }

    fn end_where(&mut self, is_gone: impl Fn(&Lead) -> bool) -> Waiting {
        self.leads.extract_if(|_, lead| is_gone(lead)).flat_map(|(_, lead)| lead.waiting).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Step {
        /// A member takes a key with these tags, and gets this.
        Take(MemberId, &'static str, &'static [&'static str], Turn),
        End(&'static str, u64, &'static [(MemberId, u64)]),
        Invalidate(Change<'static>, &'static [(MemberId, u64)]),
        Leave(MemberId, &'static [(MemberId, u64)]),
    }
    use Step::{End, Invalidate, Leave, Take};
    use Turn::{Lead, Wait};

    fn run(name: &str, steps: &[Step]) {
        let mut flights = Flights::default();
        for (number, step) in steps.iter().enumerate() {
            let place = format!("{name}, step {number}");
            let (mut woken, expected) = match step {
                Take(member, key, tags, turn) => {
                    let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
                    assert_eq!(flights.take(key, &tags, *member), *turn, "{place}");
                    continue;
                }
                End(key, turn, expected) => (flights.end(key, *turn), expected),
                Invalidate(change, expected) => (flights.invalidate(*change), expected),
                Leave(member, expected) => (flights.leave(*member), expected),
            };
            woken.sort_unstable();
            assert_eq!(woken, *expected, "{place}");
        }
        for member in 0..9 {
            flights.leave(member);
        }
        assert!(flights.leads.is_empty(), "{name}: nothing is left");
    }

    #[test]
    fn turns_by_the_table() {
        run(
            "one leads, the others wait until it ends",
            &[
                Take(1, "a", &[], Lead(1)),
                Take(2, "a", &[], Wait(2)),
                Take(1, "b", &[], Lead(3)),
                Take(3, "a", &[], Wait(4)),
                End("a", 1, &[(2, 2), (3, 4)]),
                End("a", 1, &[]),
                Take(3, "a", &[], Lead(5)),
                // What it ends is its own, not the lead that another has now.
                End("a", 1, &[]),
                Take(2, "a", &[], Wait(6)),
            ],
        );
        run(
            "a member that goes ends its flights and waits no longer",
            &[
                Take(1, "a", &[], Lead(1)),
                Take(2, "a", &[], Wait(2)),
                Take(3, "a", &[], Wait(3)),
                Leave(2, &[]),
                Leave(1, &[(3, 3)]),
                Take(3, "a", &[], Lead(4)),
            ],
        );
    }

    #[test]
    fn invalidations_by_the_table() {
        let begin = |tail: Vec<Step>| -> Vec<Step> {
            let mut steps = vec![
                Take(1, "a", &["x", "y"], Lead(1)),
                Take(1, "b", &["y"], Lead(2)),
                Take(2, "a", &[], Wait(3)),
                Take(2, "b", &[], Wait(4)),
            ];
            steps.extend(tail);
            steps
        };
        run("key", &begin(vec![Invalidate(Change::Deleted("a"), &[(2, 3)]), Take(2, "b", &[], Wait(5))]));
        run("put by hand", &begin(vec![Invalidate(Change::Replaced("a"), &[(2, 3)]), Take(2, "a", &[], Lead(5))]));
        run("tag", &begin(vec![Invalidate(Change::Tag("x"), &[(2, 3)]), Take(2, "b", &[], Wait(5))]));
        run("tag of both", &begin(vec![Invalidate(Change::Tag("y"), &[(2, 3), (2, 4)])]));
        run("none", &begin(vec![Invalidate(Change::Tag("z"), &[]), Invalidate(Change::Deleted("c"), &[])]));
        run("all", &begin(vec![Invalidate(Change::All, &[(2, 3), (2, 4)]), Take(2, "a", &[], Lead(5))]));
        run(
            "after",
            &begin(vec![Invalidate(Change::Deleted("a"), &[(2, 3)]), Take(2, "a", &[], Lead(5)), End("a", 1, &[])]),
        );
    }
}

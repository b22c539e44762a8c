//! The tree while it grows: easy to split, laid out flat afterwards by [`Tree`](crate::tree::Tree).

use std::cmp::Reverse;

use crate::pattern::{Dynamic, Segment};
use crate::route::ParamKind;

#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) text: Vec<u8>,
    pub(crate) children: Vec<Draft>,
    pub(crate) edges: Vec<DraftEdge>,
    pub(crate) endpoint: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct DraftEdge {
    pub(crate) dynamic: Dynamic,
    pub(crate) endpoint: Option<u32>,
    /// A node without text above everything that follows the segment.
    next: Option<Draft>,
}

impl Draft {
    /// Adds a pattern below this node, whose text is already behind us.
    pub(crate) fn insert(&mut self, segments: &[Segment], endpoint: u32) {
        let mut text = Vec::new();
        for (at, segment) in segments.iter().enumerate() {
            text.push(b'/');
            match segment {
                Segment::Static(literal) => text.extend_from_slice(literal.as_bytes()),
                Segment::Dynamic(dynamic) => {
                    let edge = self.descend(&text).edge(dynamic);
                    let rest = &segments[at + 1..];
                    if rest.is_empty() {
                        edge.endpoint = Some(endpoint);
                    } else {
                        edge.continue_with(rest, endpoint);
                    }
                    return;
                }
            }
        }
        self.descend(&text).endpoint = Some(endpoint);
    }

    /// The node reached by `text`, made by splitting or adding nodes where it is missing.
    fn descend(&mut self, text: &[u8]) -> &mut Self {
        let Some(first) = text.first() else { return self };
        let at = match self.children.iter().position(|child| child.text[0] == *first) {
            Some(at) => at,
            None => {
                self.children.push(Self { text: text.to_vec(), ..Self::default() });
                self.children.len() - 1
            }
        };
        let child = &mut self.children[at];
        let common = child.text.iter().zip(text).take_while(|(a, b)| a == b).count();
        if common < child.text.len() {
            child.split(common);
        }
        child.descend(&text[common..])
    }

    /// Cuts the text after `at` bytes and moves everything behind the cut into a single child.
    fn split(&mut self, at: usize) {
        let tail = self.text.split_off(at);
        let head = std::mem::take(&mut self.text);
        let lower = Self { text: tail, ..std::mem::take(self) };
        self.text = head;
        self.children.push(lower);
    }

    fn edge(&mut self, dynamic: &Dynamic) -> &mut DraftEdge {
        let at = match self.edges.iter().position(|edge| edge.dynamic == *dynamic) {
            Some(at) => at,
            None => {
                self.edges.push(DraftEdge { dynamic: dynamic.clone(), endpoint: None, next: None });
                self.edges.len() - 1
            }
        };
        &mut self.edges[at]
    }
}

impl DraftEdge {
    /// The order in which siblings are tried: the kind, then the longer prefix, then the longer suffix.
    ///
    /// It is total on edges that match the same segment: two prefixes of equal length that both match are equal, and
    /// so are two suffixes.
    pub(crate) fn rank(&self) -> (ParamKind, Reverse<usize>, Reverse<usize>) {
        (self.dynamic.kind, Reverse(self.dynamic.prefix.len()), Reverse(self.dynamic.suffix.len()))
    }

    fn continue_with(&mut self, rest: &[Segment], endpoint: u32) {
        self.next.get_or_insert_with(Draft::default).insert(rest, endpoint);
    }

    /// The node after the segment. There is one at most: whatever follows a segment begins with `/`.
    pub(crate) fn take_next(&mut self) -> Option<Draft> {
        self.next.take()?.children.pop()
    }
}

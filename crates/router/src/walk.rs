//! One look-up: down the tree, back up to the last choice, never over the same node twice.
//!
//! In: a tree, a canonical path and a method. Out: the most specific route that serves the method, its values' ranges,
//! and what the patterns that matched without serving it would have allowed.
//!
//! A node stands at one offset of the path whatever way led there, because a segment holds at most one parameter and
//! so splits in at most one way. The tree has one way to each node. So a walk enters a node at most once, and trying
//! everything costs no more than the tree is large; the manual in `lib.rs` gives the bound.

use crate::method::Method;
use crate::params::{Span, Spans, is_uuid, parse_int};
use crate::route::ParamKind;
use crate::tree::{Edge, NONE, Node, Tree};

/// The state of one look-up.
pub(crate) struct Walk<'w> {
    tree: &'w Tree,
    path: &'w [u8],
    method: Method,
    spans: &'w mut Spans,
    /// The methods of every pattern that matched so far.
    allowed: u8,
    #[cfg(test)]
    pub(crate) steps: usize,
}

/// A route that serves the method, and how many parameters led to it.
pub(crate) struct Hit {
    /// The route's number, perhaps with [`HEAD_FROM_GET`](crate::tree::HEAD_FROM_GET).
    pub(crate) served: u32,
    pub(crate) params: usize,
}

impl<'w> Walk<'w> {
    pub(crate) fn new(tree: &'w Tree, path: &'w [u8], method: Method, spans: &'w mut Spans) -> Self {
        Self {
            tree,
            path,
            method,
            spans,
            allowed: 0,
            #[cfg(test)]
            steps: 0,
        }
    }

    /// The bits of the methods that the matching patterns serve; 0 when no pattern matches.
    ///
    /// Complete only after [`run`](Self::run) found nothing: it stops at the first hit.
    pub(crate) const fn allowed(&self) -> u8 {
        self.allowed
    }

    pub(crate) fn run(&mut self) -> Option<Hit> {
        self.descend(Tree::ROOT, 0, 0)
    }

    /// Follows the tree from `node`, with `at` bytes of the path and `params` values behind it.
    ///
    /// The loop takes the last choice at each node; only earlier choices, which may have to be undone, recurse.
    fn descend(&mut self, node: u32, mut at: usize, mut params: usize) -> Option<Hit> {
        let tree = self.tree;
        let path = self.path;
        let mut node = &tree.nodes[node as usize];
        loop {
            self.step();
            at = self.skip_text(node, at)?;
            let Some(byte) = path.get(at) else { return self.arrive(node.endpoint, params) };
            let child = tree.child(node, *byte);
            if node.edge_count == 0 {
                node = &tree.nodes[child? as usize];
                continue;
            }
            if let Some(child) = child
                && let Some(hit) = self.descend(child, at, params)
            {
                return Some(hit);
            }
            if *byte == b'/' {
                return None; // No parameter matches an empty segment.
            }
            let end = segment_end(path, at);
            let edges = &tree.edges[node.edges as usize..][..node.edge_count as usize];
            let (last, earlier) = edges.split_last()?;
            for edge in earlier {
                if !self.take(edge, at, end, params) {
                    continue;
                }
                let hit = if end == path.len() {
                    self.arrive(edge.endpoint, params + 1)
                } else if edge.next != NONE {
                    self.descend(edge.next, end, params + 1)
                } else {
                    None
                };
                if hit.is_some() {
                    return hit;
                }
            }
            if !self.take(last, at, end, params) {
                return None;
            }
            params += 1;
            if end == path.len() || last.kind == ParamKind::Rest {
                return self.arrive(last.endpoint, params);
            }
            if last.next == NONE {
                return None;
            }
            node = &tree.nodes[last.next as usize];
            at = end;
        }
    }

    /// The offset behind the node's text, if the path has that text at `at`.
    #[inline]
    fn skip_text(&self, node: &Node, at: usize) -> Option<usize> {
        let text = &self.tree.text[node.text as usize..][..node.text_len as usize];
        let end = at + text.len();
        (self.path.get(at..end)? == text).then_some(end)
    }

    /// Whether the edge matches the segment `at..end`, which is not empty; if so, notes the value.
    #[inline]
    fn take(&mut self, edge: &Edge, at: usize, end: usize, params: usize) -> bool {
        self.step();
        let (start, end) = match edge.kind {
            ParamKind::Rest => (at, self.path.len()),
            _ if edge.prefix_len + edge.suffix_len == 0 => (at, end),
            _ => match self.strip_affixes(edge, at, end) {
                Some(inner) => inner,
                None => return false,
            },
        };
        let matches = match edge.kind {
            ParamKind::Text | ParamKind::Rest => true,
            ParamKind::Int => parse_int(&self.path[start..end]).is_some(),
            ParamKind::Uuid => is_uuid(&self.path[start..end]),
        };
        if matches {
            self.spans[params] = Span { start: to_u32(start), end: to_u32(end) };
        }
        matches
    }

    /// What is left of the segment between the edge's literals: at least one byte, and whole escapes only.
    fn strip_affixes(&self, edge: &Edge, at: usize, end: usize) -> Option<(usize, usize)> {
        let affixes = &self.tree.text[edge.affixes as usize..];
        let (prefix, affixes) = affixes.split_at(edge.prefix_len as usize);
        let suffix = &affixes[..edge.suffix_len as usize];
        let inner = self.path[at..end].strip_prefix(prefix)?.strip_suffix(suffix)?;
        // `/{x}F` must not find its F in the `%2F` of `/a%2F`. Prefixes are safe: they are read from an escape's start.
        let cuts_escape = !suffix.is_empty() && matches!(inner, [.., b'%'] | [.., b'%', _]);
        let start = at + prefix.len();
        (!inner.is_empty() && !cuts_escape).then_some((start, start + inner.len()))
    }

    /// The end of the path, at a place where patterns may end too.
    #[inline]
    fn arrive(&mut self, endpoint: u32, params: usize) -> Option<Hit> {
        if endpoint == NONE {
            return None;
        }
        let endpoint = &self.tree.endpoints[endpoint as usize];
        self.allowed |= endpoint.allowed;
        match endpoint.serves[self.method as usize] {
            NONE => None,
            served => Some(Hit { served, params }),
        }
    }

    #[cfg(test)]
    fn step(&mut self) {
        self.steps += 1;
    }

    #[cfg(not(test))]
    #[inline]
    fn step(&mut self) {
        let _ = self;
    }
}

/// The offset of the first `/` at or after `at`, or the length of the path.
#[inline]
fn segment_end(path: &[u8], at: usize) -> usize {
    path[at..].iter().position(|byte| *byte == b'/').map_or(path.len(), |length| at + length)
}

fn to_u32(offset: usize) -> u32 {
    u32::try_from(offset).expect("find refuses paths of 4 GiB and more")
}

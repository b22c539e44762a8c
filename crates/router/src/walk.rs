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
use crate::word::{WORD, find_byte, same_prefix, word_at};

/// The state of one look-up.
pub(crate) struct Walk<'w> {
    tree: &'w Tree,
    path: &'w [u8],
    method: Method,
    spans: &'w mut Spans,
    /// The methods of every pattern that matched so far.
    allowed: u8,
    /// Bytes of the tree and of the path looked at, plus nodes and edges entered: what the manual's bound counts.
    #[cfg(test)]
    work: usize,
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
            work: 0,
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
            self.count(1 + node.text_len as usize);
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
            let end = find_byte::<b'/'>(path, at);
            self.count(end - at);
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
        let length = node.text_len as usize;
        let end = at + length;
        if end > self.path.len() || !same_prefix(word_at(self.path, at), node.head, length) {
            return None;
        }
        if length > WORD {
            let text = &self.tree.text[node.text as usize..][..length];
            if self.path[at + WORD..end] != text[WORD..] {
                return None;
            }
        }
        Some(end)
    }

    /// Whether the edge matches the segment `at..end`, which is not empty; if so, notes the value.
    #[inline]
    fn take(&mut self, edge: &Edge, at: usize, end: usize, params: usize) -> bool {
        self.count(1 + end - at);
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
    fn count(&mut self, work: usize) {
        self.work += work;
    }

    #[cfg(not(test))]
    #[inline]
    fn count(&mut self, _work: usize) {
        let _ = self; // Counts in tests only.
    }
}

fn to_u32(offset: usize) -> u32 {
    u32::try_from(offset).expect("find refuses paths of 4 GiB and more")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;
    use crate::pattern::Pattern;
    use crate::tree::Shape;

    fn to_tree(patterns: &[String]) -> Tree {
        let shapes: Vec<Shape> = patterns
            .iter()
            .map(|pattern| Shape {
                segments: Pattern::parse(pattern).expect("a good pattern").segments.into(),
                own: [NONE; Method::ALL.len()],
                any: NONE,
            })
            .collect();
        Tree::compile(&shapes)
    }

    /// The work of a walk that tries everything: no shape of [`to_tree`] serves any method.
    fn work(tree: &Tree, path: &str) -> usize {
        let mut params = Params::new();
        let mut walk = Walk::new(tree, path.as_bytes(), Method::Get, &mut params.spans);
        assert!(walk.run().is_none());
        walk.work
    }

    /// The most choices and edges that stand at one segment of the pattern.
    fn width(tree: &Tree) -> usize {
        let mut widths = vec![0; crate::pattern::MAX_SEGMENTS + 1];
        let mut open = vec![(Tree::ROOT, 0)];
        while let Some((at, above)) = open.pop() {
            let node = &tree.nodes[at as usize];
            let text = &tree.text[node.text as usize..][..node.text_len as usize];
            let segment = above + text.iter().filter(|byte| **byte == b'/').count();
            open.extend((0..=u8::MAX).filter_map(|byte| tree.child(node, byte)).map(|child| (child, segment)));
            let edges = &tree.edges[node.edges as usize..][..node.edge_count as usize];
            open.extend(edges.iter().filter(|edge| edge.next != NONE).map(|edge| (edge.next, segment)));
            if !edges.is_empty() {
                widths[segment] += 1 + edges.len();
            }
        }
        widths.into_iter().max().unwrap_or(0)
    }

    /// Every pattern of `depth` segments over `choices`: the table with the most backtracking for its depth.
    fn all_patterns(choices: &[&str], depth: usize) -> Vec<String> {
        let mut patterns = vec![String::new()];
        for level in 0..depth {
            let grow = |pattern: &String| -> Vec<String> {
                choices.iter().map(|choice| format!("{pattern}/{}", choice.replace('#', &level.to_string()))).collect()
            };
            patterns = patterns.iter().flat_map(grow).collect();
        }
        patterns
    }

    #[test]
    fn work_stays_within_the_bound() {
        let tables = [
            all_patterns(&["1", "{p#:int}", "{p#}"], 6),
            all_patterns(&["a", "a{p#}", "{p#}a", "{p#}"], 5),
            all_patterns(&["1{p#:int}", "{p#:int}1", "{p#:int}"], 5),
            (1..=16).map(|depth| format!("/{}/{{*rest}}", vec!["a"; depth].join("/"))).collect(),
            (1..=15).map(|depth| (0..depth).map(|n| format!("/{{p{n}}}")).collect::<String>() + "/{*rest}").collect(),
            (0..500).map(|n| format!("/{}{{p}}", "a".repeat(n))).collect(),
        ];
        for patterns in &tables {
            let tree = to_tree(patterns);
            // The manual's bound: size + width * length.
            let size = tree.nodes.len() + tree.text.len() + tree.edges.len();
            let width = width(&tree);
            for piece in ["a", "1", "aa", "a1a1a1a1", "11111111111111111111", "", "é", "%2F"] {
                for segments in [1, 2, 5, 6, 7, 15, 16, 17, 300] {
                    for end in ["", "/", "/z", "/a"] {
                        let path = format!("/{}{end}", vec![piece; segments].join("/"));
                        let (work, bound) = (work(&tree, &path), size + width * path.len());
                        assert!(work <= bound, "{work} > {bound} for {path} in {} patterns", patterns.len());
                    }
                }
            }
        }
    }

    #[test]
    fn a_longer_path_costs_no_more_than_its_length() {
        let mut patterns = all_patterns(&["a", "{p#}", "a{p#}"], 6);
        patterns.push("/{*rest}".to_owned());
        let tree = to_tree(&patterns);
        let width = width(&tree);

        // More segments than the deepest pattern has are never looked at.
        let deep = |segments: usize| work(&tree, &"/aa".repeat(segments));
        assert_eq!(deep(100), deep(10_000));

        // Longer segments are looked at once per choice and edge of their level, whatever came before them.
        let long = |length: usize| work(&tree, &format!("/{}", vec!["a".repeat(length); 6].join("/")));
        let growth = long(2_000) - long(1_000);
        assert_eq!(growth, long(3_000) - long(2_000), "a second difference other than 0 is no straight line");
        assert!(growth <= width * 6 * 1_000);
    }

    #[test]
    fn the_count_itself_counts() {
        let tree = to_tree(&["/a/{p}".to_owned()]);
        // The node "/a/" 1 + 3, the segment "xy" 2, the edge 1 + 2.
        assert_eq!(work(&tree, "/a/xy"), 4 + 2 + 3);
    }
}

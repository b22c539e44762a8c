//! The compiled tree: flat arrays that only indices connect.
//!
//! In: every distinct pattern with its method table. Out: nodes laid out so that a walk reads few cache lines: the
//! children of a node are neighbours, and text, jump tables and edges each live in one allocation.

use crate::draft::{Draft, DraftEdge};
use crate::method::Method;
use crate::pattern::Segment;
use crate::route::ParamKind;
use crate::word::word_at;

/// Stands for "no node", "no endpoint" or "no route" in a `u32` index.
pub(crate) const NONE: u32 = u32::MAX;

/// Set on a served route's number when it is `HEAD` answered by the `GET` route.
pub(crate) const HEAD_FROM_GET: u32 = 1 << 31;

/// Static text, then a choice: end here, follow a static child, or follow a dynamic edge.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The first eight bytes of the text, as [`word_at`] reads them: most texts are no longer.
    pub(crate) head: u64,
    /// The text, as a range of [`Tree::text`].
    pub(crate) text: u32,
    pub(crate) text_len: u32,
    /// The first of the node's consecutive children.
    children: u32,
    /// The node's jump table in [`Tree::jumps`]: one slot for each byte from `lowest` on.
    jump: u32,
    lowest: u8,
    slots: u8,
    pub(crate) edge_count: u32,
    /// The first of the node's consecutive edges, which stand in order of precedence.
    pub(crate) edges: u32,
    /// Which patterns end with this text, or [`NONE`].
    pub(crate) endpoint: u32,
}

/// A segment with a parameter, between a node that ends in `/` and what follows the segment.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) kind: ParamKind,
    /// The literals around the parameter: `prefix_len + suffix_len` bytes of [`Tree::text`].
    pub(crate) affixes: u32,
    pub(crate) prefix_len: u32,
    pub(crate) suffix_len: u32,
    /// Which patterns end with this segment, or [`NONE`].
    pub(crate) endpoint: u32,
    /// The node of the longer patterns, whose text begins with `/`, or [`NONE`].
    pub(crate) next: u32,
}

/// The method table of one pattern shape.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// By method: a route's number, perhaps with [`HEAD_FROM_GET`], or [`NONE`].
    pub(crate) serves: [u32; Method::ALL.len()],
    /// The bits of the methods in `serves`.
    pub(crate) allowed: u8,
}

/// A pattern shape with the routes registered for it, before compilation.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) segments: Box<[Segment]>,
    /// By method: a route's number or [`NONE`].
    pub(crate) own: [u32; Method::ALL.len()],
    /// The route of any method, or [`NONE`].
    pub(crate) any: u32,
}

/// A compiled tree; see the crate's manual for its form.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) text: Vec<u8>,
    jumps: Vec<u8>,
}

impl Tree {
    /// The root is always node 0.
    pub(crate) const ROOT: u32 = 0;

    pub(crate) fn compile(shapes: &[Shape]) -> Self {
        let mut top = Draft::default();
        for (endpoint, shape) in shapes.iter().enumerate() {
            let endpoint = u32::try_from(endpoint).expect("there are at most MAX_ROUTES shapes");
            top.insert(&shape.segments, endpoint);
        }
        let mut tree = Self {
            nodes: vec![Node::placeholder()],
            edges: Vec::new(),
            endpoints: shapes.iter().map(Endpoint::from_shape).collect(),
            text: Vec::new(),
            jumps: Vec::new(),
        };
        // Every pattern begins with '/', so the top has one child, which saves each look-up a node.
        tree.lay_out(Self::ROOT, top.children.pop().unwrap_or_default());
        tree
    }

    /// The child whose text begins with `byte`, which decides between static continuations alone.
    #[inline]
    pub(crate) fn child(&self, node: &Node, byte: u8) -> Option<u32> {
        let slot = byte.wrapping_sub(node.lowest);
        if slot >= node.slots {
            return None;
        }
        match self.jumps[node.jump as usize + usize::from(slot)] {
            0 => None,
            ordinal => Some(node.children + u32::from(ordinal) - 1),
        }
    }

    fn lay_out(&mut self, at: u32, draft: Draft) {
        let mut children = draft.children;
        children.sort_unstable_by_key(|child| child.text[0]);
        let mut edges = draft.edges;
        edges.sort_by_key(DraftEdge::rank);

        let lowest = children.first().map_or(0, |child| child.text[0]);
        let highest = children.last().map_or(0, |child| child.text[0]);
        let slots = if children.is_empty() { 0 } else { highest - lowest + 1 };
        let jump = self.jumps.len();
        self.jumps.resize(jump + usize::from(slots), 0);
        for (ordinal, child) in children.iter().enumerate() {
            self.jumps[jump + usize::from(child.text[0] - lowest)] =
                u8::try_from(ordinal + 1).expect("UTF-8 text has fewer than 255 different first bytes");
        }

        let first_child = self.reserve_nodes(children.len());
        let first_edge = self.edges.len();
        self.nodes[at as usize] = Node {
            head: word_at(&draft.text, 0),
            text: self.push_text(&draft.text),
            text_len: to_index(draft.text.len()),
            children: first_child,
            jump: to_index(jump),
            lowest,
            slots,
            edge_count: to_index(edges.len()),
            edges: to_index(first_edge),
            endpoint: draft.endpoint.unwrap_or(NONE),
        };
        for edge in &edges {
            let affixes = self.push_text(edge.dynamic.prefix.as_bytes());
            self.push_text(edge.dynamic.suffix.as_bytes());
            self.edges.push(Edge {
                kind: edge.dynamic.kind,
                affixes,
                prefix_len: to_index(edge.dynamic.prefix.len()),
                suffix_len: to_index(edge.dynamic.suffix.len()),
                endpoint: edge.endpoint.unwrap_or(NONE),
                next: NONE,
            });
        }
        for (child, draft) in (first_child..).zip(children) {
            self.lay_out(child, draft);
        }
        for (edge, mut draft) in (first_edge..).zip(edges) {
            if let Some(next) = draft.take_next() {
                let node = self.reserve_nodes(1);
                self.edges[edge].next = node;
                self.lay_out(node, next);
            }
        }
    }

    fn reserve_nodes(&mut self, count: usize) -> u32 {
        let first = self.nodes.len();
        self.nodes.resize(first + count, Node::placeholder());
        to_index(first)
    }

    fn push_text(&mut self, text: &[u8]) -> u32 {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        to_index(start)
    }
}

impl Node {
    const fn placeholder() -> Self {
        Self {
            head: 0,
            text: 0,
            text_len: 0,
            children: 0,
            jump: 0,
            lowest: 0,
            slots: 0,
            edge_count: 0,
            edges: 0,
            endpoint: NONE,
        }
    }
}

impl Endpoint {
    /// Settles, once, what each method gets: its own route, `HEAD` from `GET`, then the route of any method.
    fn from_shape(shape: &Shape) -> Self {
        let get = shape.own[Method::Get as usize];
        let mut serves = shape.own;
        if serves[Method::Head as usize] == NONE && get != NONE {
            serves[Method::Head as usize] = get | HEAD_FROM_GET;
        }
        let mut allowed = 0;
        for method in Method::ALL {
            let served = &mut serves[method as usize];
            if *served == NONE {
                *served = shape.any;
            }
            if *served != NONE {
                allowed |= method.bit();
            }
        }
        Self { serves, allowed }
    }
}

fn to_index(position: usize) -> u32 {
    u32::try_from(position).expect("a tree of MAX_ROUTES patterns fits u32 indices")
}

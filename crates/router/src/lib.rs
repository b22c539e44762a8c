//! # covet-router: from (method, path) to a route, in linear time
//!
//! Routes go in at start-up, numbered 0, 1, 2 …; each request gets one [`Found`]: the route's number with its parameter
//! values, or the reason there is none, ready to be answered. No dependencies, no `unsafe`, no allocation per look-up.
//!
//! ```
//! use covet_router::{Found, Method, Params, Router};
//!
//! let mut router = Router::new();
//! let me = router.insert("GET", "/users/me")?;
//! let save = router.insert("PUT", "/users/{id:int}")?;
//! let file = router.insert("GET", "/files/{*path}")?;
//!
//! let mut params = Params::new();
//! assert_eq!(router.find(Method::Get, "/users/me", &mut params), Found::Route(me));
//!
//! assert_eq!(router.find(Method::Put, "/users/42", &mut params), Found::Route(save));
//! assert_eq!(params.int(0), Some(42));
//!
//! assert_eq!(router.find(Method::Get, "/files/img/a%2Fb.png", &mut params), Found::Route(file));
//! assert_eq!(params.get(0).as_deref(), Some("img/a/b.png"));
//!
//! assert_eq!(router.find(Method::Get, "/users/you", &mut params), Found::NotFound);
//! let Found::MethodNotAllowed(allowed) = router.find(Method::Post, "/users/42", &mut params) else { unreachable!() };
//! assert_eq!(allowed.as_str(), "PUT, OPTIONS");
//! # Ok::<(), covet_router::InsertError>(())
//! ```
//!
//! # Patterns
//!
//! A pattern is `/` followed by segments joined by `/`. A segment is one of:
//!
//! | segment | matches | value |
//! | --- | --- | --- |
//! | `users` | exactly that | – |
//! | `{name}` or `:name` | any segment that is not empty | the segment |
//! | `{name:int}` | `-`? then 1 to 16 digits, of magnitude at most 2^53 - 1 | also as `i64`: [`Params::int`] |
//! | `{name:uuid}` | 8-4-4-4-12 hexadecimal digits of either case | the segment, case kept |
//! | `v{n:int}`, `{name}.json`, `{id}:cancel` | literal, parameter, literal | what stands between the literals, not empty |
//! | `{*name}` | the rest of the path: one segment or more, the first not empty | the rest, slashes included |
//!
//! - A segment holds at most one parameter. `:name` takes its whole segment, and a `:` elsewhere is a plain character.
//! - `{*name}` is the last segment and the whole of it. It does not match the empty rest: `/files/{*path}` matches neither
//!   `/files` nor `/files/`; add a route for those. Nor does it match `/files//x`, so that a rest never begins with `/`.
//! - An empty segment can only be the last one: `/users/` is another path than `/users`, see [trailing slashes](#trailing-slashes).
//! - A name is a letter or `_`, then letters, digits, `_` and `-`; no name appears twice in a pattern.
//! - Literal characters are compared as they are, with case, after percent-decoding the pattern. `{`, `}`, `?`, `#`, `*`
//!   and a leading `:` are written `%7B`, `%7D`, `%3F`, `%23`, `%2A` and `%3A`.
//! - A pattern has at most [`MAX_PARAMS`] parameters and [`MAX_SEGMENTS`] segments.
//!
//! # Paths
//!
//! [`Router::find`] takes the *canonical* path: it begins with `/`, has no query, no `.` and `..` segments, and every
//! percent-escape in it is decoded except `%2F` and `%25`, which stay, in upper case. So a `/` is always a separator, and a
//! `%` always begins one of these two escapes. Producing that form, and refusing what has none, is another crate's work.
//! [`Params::get`] undoes the two escapes, once; a literal around a parameter never matches half of one.
//!
//! # Which route wins
//!
//! A pattern *matches* a path when the path has as many segments as the pattern (or, with a wildcard, at least as many) and
//! each segment of the pattern matches its own. Among the patterns that match, segments are compared from left to right,
//! and at the first segment where two patterns differ the better one wins:
//!
//! 1. static, before `{int}`, before `{uuid}`, before `{name}`, before `{*name}`;
//! 2. of the same kind, the longer literal before the parameter;
//! 3. of the same such length, the longer literal after it.
//!
//! This order is total: two patterns that match the same path and are equal by these rules at every segment are the same
//! pattern up to parameter names, since literals of one length that match in one place are one literal.
//!
//! The method is part of the question. A pattern that does not serve it is passed over, so `GET /users/me` does not hide
//! `POST /users/{id}` from `POST /users/me`. A pattern serves a method by the first of these that it has:
//!
//! 1. a route of that method: [`Found::Route`];
//! 2. for `HEAD`, a route of `GET`: [`Found::Head`];
//! 3. a route of any method, `*`: [`Found::Route`].
//!
//! When no pattern that matches serves the method, the answer is [`Found::Options`] for `OPTIONS` and
//! [`Found::MethodNotAllowed`] for the others, both with the union of what the matching patterns serve; when no pattern
//! matches at all it is [`Found::NotFound`].
//!
//! # Conflicts
//!
//! Two routes conflict when their methods are equal and their patterns are equal up to parameter names: the second could
//! never be reached. [`Router::insert`] refuses it with an [`InsertError`] that names both. Nothing else conflicts:
//! the order above settles everything else, and the order of registration never matters.
//!
//! # Trailing slashes
//!
//! [`TrailingSlash`] says what happens to `/a/` when there is only `/a`, and the reverse. `Strict`: they are different
//! paths. `Ignore`: the route of the other form is found when the exact form does not serve the method. `Redirect`:
//! [`Found::Redirect`] when the exact form matches no pattern and the other does; `OPTIONS` is answered at once instead,
//! because browsers refuse a redirected preflight.
//!
//! # The tree
//!
//! Text that patterns share is stored once. A node is a piece of text, after which the path ends, or goes on with a static
//! child (found by one byte), or enters a segment with a parameter, an edge. Edges hang where a segment begins and are
//! sorted by the order above.
//!
//! ```text
//! GET /users/me            "/"
//! PUT /users/{id:int}      ├─ "users/"
//! GET /users/{name}/posts  │  ├─ "me"             GET
//! GET /users/{name}/pins   │  ├─ {int}            PUT
//! GET /files/{*path}       │  └─ {text}
//!                          │     └─ "/p"
//!                          │        ├─ "osts"     GET
//!                          │        └─ "ins"      GET
//!                          └─ "files/"
//!                             └─ {rest}           GET
//! ```
//!
//! A look-up goes down, best choice first, and comes back to the last untried choice when it gets stuck or arrives where
//! the method is not served. `/users/me/posts` goes down `me`, gets stuck, passes `{int}`, and takes `{text}`.
//!
//! # Cost
//!
//! No input makes matching slower than linear in the length of the path. With `size` = nodes + edges + bytes of text in the
//! tree, and `width` = the most edges, and nodes with edges, that stand at one segment of the patterns,
//!
//! > a look-up looks at no more than `size + width × length of the path` bytes, nodes and edges,
//!
//! and both factors are the application's, not the client's. Policies other than `Strict` may look twice. The proof:
//!
//! 1. *A node has one offset.* The way to a node is unique, and fixes how many `/` lie before it and which literal bytes
//!    lie between the last of them and the node. A parameter always ends with its segment, because a segment holds only one
//!    and the literals around it are fixed. So the offset at which a walk can enter the node does not depend on earlier
//!    choices: it is a function of the path.
//! 2. *A node is entered at most once.* Its parent offers it once for each time that the parent is entered, and by
//!    induction that is at most once; the root is entered once.
//! 3. *So the sum is bounded.* Entering a node costs 1 and its text: at most `size` in all. A node with edges looks for the
//!    end of the segment once, and an edge looks at that segment once. At one segment of the path that is at most `width`
//!    times the segment, and the segments together are no longer than the path.
//!
//! Segments behind the deepest pattern are never looked at, except to find the end of the path. A walk recurses at most
//! once a segment, to at most [`MAX_SEGMENTS`] frames. The tests in `walk.rs` count this work on tables made to backtrack.

mod draft;
mod error;
mod method;
mod params;
mod pattern;
mod route;
mod router;
mod slash;
mod tree;
mod walk;
mod word;

pub use error::{InsertError, PatternFault};
pub use method::{AllowedMethods, Method};
pub use params::{MAX_PARAMS, Params};
pub use pattern::MAX_SEGMENTS;
pub use route::{Param, ParamKind, Route, RouteId};
pub use router::{Found, Router};
pub use slash::{SlashChange, TrailingSlash};

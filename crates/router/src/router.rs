//! The API: routes go in, one `Found` per request comes out.
//!
//! In: routes at registration, then (method, canonical path). Out: a [`Found`]: the route and its parameters, or why
//! there is none, ready to be answered.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use crate::error::InsertError;
use crate::method::{AllowedMethods, Method};
use crate::params::Params;
use crate::pattern::{Pattern, Segment};
use crate::route::{Route, RouteId};
use crate::slash::{SlashChange, TrailingSlash};
use crate::tree::{HEAD_FROM_GET, NONE, Shape, Tree};
use crate::walk::{Hit, Walk};

/// Leaves the bits above for [`HEAD_FROM_GET`] and [`NONE`].
pub(crate) const MAX_ROUTES: usize = 1 << 30;

/// What the router says to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// This route serves the request; `Params` holds its values.
    Route(RouteId),
    /// A `HEAD` request that this `GET` route serves: run it, send its head, drop its body (RFC 9110 section 9.3.2).
    Head(RouteId),
    /// An `OPTIONS` request to a path that exists but has no `OPTIONS` route: answer 204 with this `Allow`.
    Options(AllowedMethods),
    /// The path exists, but not for this method: answer 405 with this `Allow` (RFC 9110 section 15.5.6).
    MethodNotAllowed(AllowedMethods),
    /// Only the form of the path with, or without, its trailing slash exists: answer 308 with
    /// [`SlashChange::location`]. Seen under [`TrailingSlash::Redirect`] alone, and never for `OPTIONS`.
    Redirect(SlashChange),
    /// No pattern matches the path: answer 404.
    NotFound,
}

/// A set of routes, then a function from (method, path) to one of them.
///
/// Routes are inserted at start-up; after that the router is only read, from as many threads as you like. The crate's
/// manual states which route wins and what matching costs.
///
/// ```
/// use covet_router::{Found, Method, Params, Router};
///
/// let mut router = Router::new();
/// let show = router.insert("GET", "/users/{id:int}")?;
/// router.prepare();
///
/// let mut params = Params::new();
/// assert_eq!(router.find(Method::Get, "/users/7", &mut params), Found::Route(show));
/// assert_eq!(params.int(0), Some(7));
/// assert_eq!(router.find(Method::Head, "/users/7", &mut params), Found::Head(show));
/// assert_eq!(router.find(Method::Get, "/users/seven", &mut params), Found::NotFound);
/// # Ok::<(), covet_router::InsertError>(())
/// ```
#[derive(Clone, Default)]
pub struct Router {
    routes: Vec<Route>,
    shapes: Vec<Shape>,
    by_segments: HashMap<Box<[Segment]>, usize>,
    trailing_slash: TrailingSlash,
    /// Built from `shapes` by the first look-up after an insert.
    tree: OnceLock<Tree>,
}

impl Router {
    /// A router without routes that takes trailing slashes strictly.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same router with another trailing-slash policy.
    #[must_use]
    pub fn with_trailing_slash(mut self, trailing_slash: TrailingSlash) -> Self {
        self.trailing_slash = trailing_slash;
        self
    }

    /// Adds a route and numbers it: 0, 1, 2 … in order of insertion.
    ///
    /// `method` is one of [`Method::ALL`] in upper case, or `*` for a route that serves every method that no other
    /// route of the same path serves.
    ///
    /// # Errors
    /// [`InsertError`] when the method or the pattern is malformed, or when a route of the same method matches exactly
    /// the same paths. The router is then as it was.
    pub fn insert(&mut self, method: &str, pattern: &str) -> Result<RouteId, InsertError> {
        let parsed_method = match method {
            "*" => None,
            name => Some(Method::from_name(name).ok_or_else(|| InsertError::Method { method: name.to_owned() })?),
        };
        let parsed = Pattern::parse(pattern)?;
        if self.routes.len() == MAX_ROUTES {
            return Err(InsertError::TooManyRoutes);
        }
        let route = Route { method: parsed_method, pattern: pattern.into(), params: parsed.params.into() };
        let id = u32::try_from(self.routes.len()).expect("MAX_ROUTES fits u32");
        let slot = self.slot(parsed.segments.into(), parsed_method);
        if *slot != NONE {
            let existing = *slot as usize;
            return Err(InsertError::Conflict { existing: self.routes[existing].to_string(), new: route.to_string() });
        }
        *slot = id;
        self.routes.push(route);
        self.tree.take();
        Ok(RouteId(id))
    }

    /// Compiles the tree now, so that the first request does not wait for it: about 2 ms for 1,000 routes.
    pub fn prepare(&self) {
        self.tree();
    }

    /// Finds the route for a request.
    ///
    /// `path` is canonical: it begins with `/`, has no query, no `.` and `..` segments, and every percent-escape is
    /// decoded except `%2F` and `%25` with those upper-case digits. `params` is overwritten: it holds the route's
    /// values after [`Found::Route`] and [`Found::Head`], and nothing otherwise.
    ///
    /// A path of 4 GiB or more is not found. Never panics, and takes time linear in the length of the path.
    #[inline]
    pub fn find<'p>(&self, method: Method, path: &'p str, params: &mut Params<'p>) -> Found {
        params.path = path;
        params.len = 0;
        if u32::try_from(path.len()).is_err() {
            return Found::NotFound;
        }
        let mut walk = Walk::new(self.tree(), path.as_bytes(), method, &mut params.spans);
        match walk.run() {
            Some(hit) => {
                params.len = hit.params;
                to_found(&hit)
            }
            None => {
                let allowed = walk.allowed();
                if self.trailing_slash == TrailingSlash::Strict {
                    to_miss(method, allowed)
                } else {
                    self.find_other_form(method, path, params, allowed)
                }
            }
        }
    }

    /// The route of that number.
    #[must_use]
    pub fn route(&self, id: RouteId) -> Option<&Route> {
        self.routes.get(id.0 as usize)
    }

    /// Every route, in order of insertion: the position is the [`RouteId`].
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Asks again for the path with its trailing slash added or taken away, `allowed` being the answer to the first.
    #[cold]
    fn find_other_form<'p>(&self, method: Method, path: &'p str, params: &mut Params<'p>, allowed: u8) -> Found {
        let Some(change) = SlashChange::of(path) else { return to_miss(method, allowed) };
        let other = change.apply(path);
        // The values lie in `path` too. A value can only reach the added slash through a wildcard, and a pattern with
        // a wildcard matches both forms: had it served the method, the first walk would have found it.
        let mut walk = Walk::new(self.tree(), other.as_bytes(), method, &mut params.spans);
        let hit = walk.run();
        let other_allowed = walk.allowed();
        if self.trailing_slash == TrailingSlash::Redirect && method != Method::Options {
            return match (allowed, other_allowed) {
                (0, 0) => Found::NotFound,
                (0, _) => Found::Redirect(change),
                _ => to_miss(method, allowed),
            };
        }
        match hit {
            Some(hit) => {
                params.len = hit.params;
                to_found(&hit)
            }
            None => to_miss(method, allowed | other_allowed),
        }
    }

    #[inline]
    fn tree(&self) -> &Tree {
        self.tree.get_or_init(|| Tree::compile(&self.shapes))
    }

    /// Where the number of the route for these segments and this method belongs.
    fn slot(&mut self, segments: Box<[Segment]>, method: Option<Method>) -> &mut u32 {
        let at = match self.by_segments.get(&segments) {
            Some(at) => *at,
            None => {
                self.shapes.push(Shape { segments: segments.clone(), own: [NONE; Method::ALL.len()], any: NONE });
                self.by_segments.insert(segments, self.shapes.len() - 1);
                self.shapes.len() - 1
            }
        };
        let shape = &mut self.shapes[at];
        match method {
            Some(method) => &mut shape.own[method as usize],
            None => &mut shape.any,
        }
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes: Vec<String> = self.routes.iter().map(Route::to_string).collect();
        f.debug_struct("Router").field("trailing_slash", &self.trailing_slash).field("routes", &routes).finish()
    }
}

#[inline]
fn to_found(hit: &Hit) -> Found {
    match hit.served & HEAD_FROM_GET {
        0 => Found::Route(RouteId(hit.served)),
        _ => Found::Head(RouteId(hit.served & !HEAD_FROM_GET)),
    }
}

fn to_miss(method: Method, allowed: u8) -> Found {
    match (allowed, method) {
        (0, _) => Found::NotFound,
        (_, Method::Options) => Found::Options(AllowedMethods::from_bits(allowed)),
        _ => Found::MethodNotAllowed(AllowedMethods::from_bits(allowed)),
    }
}

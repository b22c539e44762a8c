//! A radix tree from (method, canonical path) to a route: `Router::insert` at start-up, `Router::find` per request.

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

pub use error::{InsertError, PatternFault};
pub use method::{AllowedMethods, Method};
pub use params::{MAX_PARAMS, Params};
pub use pattern::MAX_SEGMENTS;
pub use route::{Param, ParamKind, Route, RouteId};
pub use router::{Found, Router};
pub use slash::{SlashChange, TrailingSlash};

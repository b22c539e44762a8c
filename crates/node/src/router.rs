//! The route table while it is being filled.

use std::sync::{Arc, Mutex, PoisonError};

use covet_router::{Router, TrailingSlash};
use napi_derive::napi;

use crate::error::{Coded, coded, from_insert};

/// One path parameter.
#[napi(object, object_from_js = false)]
pub struct NativeParam {
    /// Its name.
    pub name: String,
    /// `int`, `uuid`, `text` or `rest`.
    pub kind: String,
}

/// A route as the router understood it.
#[napi(object, object_from_js = false)]
pub struct NativeRoute {
    /// The number requests for it carry: 0, 1, 2 … in order of registration.
    pub id: u32,
    /// Its parameters, in order.
    pub params: Vec<NativeParam>,
}

/// The routes of one application. Filled at registration, then given to a server, which freezes it.
#[napi]
pub struct NativeRouter {
    router: Mutex<Router>,
}

#[napi]
impl NativeRouter {
    /// An empty table. A trailing slash in a path means by `strict` that `/a` and `/a/` are two paths, by `ignore`
    /// that a route for one serves both, by `redirect` that the form without a route is sent to the one that has it.
    #[napi(factory)]
    pub fn create(
        #[napi(ts_arg_type = "'strict' | 'ignore' | 'redirect'")] trailing_slash: String,
    ) -> Result<Self, Coded> {
        let trailing_slash = match trailing_slash.as_str() {
            "strict" => TrailingSlash::Strict,
            "ignore" => TrailingSlash::Ignore,
            "redirect" => TrailingSlash::Redirect,
            _ => return Err(coded("INVALID_OPTION", "trailingSlash is 'strict', 'ignore' or 'redirect'")),
        };
        Ok(Self { router: Mutex::new(Router::new().with_trailing_slash(trailing_slash)) })
    }

    /// Registers a route. Throws when the pattern is malformed or another route has the same paths.
    #[napi]
    pub fn add(&self, method: String, pattern: String) -> Result<NativeRoute, Coded> {
        let mut router = self.router.lock().unwrap_or_else(PoisonError::into_inner);
        let id = router.insert(&method, &pattern).map_err(|error| from_insert(&error))?;
        let route = router.route(id).ok_or_else(|| coded("ROUTE_CONFLICT", "the route was not kept"))?;
        let params = route.params().iter();
        let params =
            params.map(|param| NativeParam { name: param.name().to_owned(), kind: param.kind().as_str().to_owned() });
        Ok(NativeRoute { id: id.0, params: params.collect() })
    }

    /// The table as it is now, for a server.
    pub(crate) fn freeze(&self) -> Arc<Router> {
        let router = self.router.lock().unwrap_or_else(PoisonError::into_inner).clone();
        router.prepare();
        Arc::new(router)
    }
}

//! What the vectors cannot say: numbering, refusals that change nothing, sharing between threads.

use covet_router::{Found, InsertError, Method, ParamKind, Params, RouteId, Router};

fn find(router: &Router, method: Method, path: &str) -> Found {
    router.find(method, path, &mut Params::new())
}

#[test]
fn ids_are_dense_whatever_was_refused() -> Result<(), InsertError> {
    let mut router = Router::new();
    assert_eq!(router.insert("GET", "/a")?, RouteId(0));
    assert!(router.insert("GET", "/a").is_err());
    assert!(router.insert("GET", "/b//").is_err());
    assert!(router.insert("BREW", "/b").is_err());
    assert_eq!(router.insert("*", "/a")?, RouteId(1));
    assert_eq!(router.insert("GET", "/{x:int}/{*y}")?, RouteId(2));

    let routes: Vec<String> = router.routes().iter().map(ToString::to_string).collect();
    assert_eq!(routes, ["GET /a", "* /a", "GET /{x:int}/{*y}"]);
    let route = router.route(RouteId(2)).expect("inserted");
    let params: Vec<_> = route.params().iter().map(|param| (param.name(), param.kind())).collect();
    assert_eq!(params, [("x", ParamKind::Int), ("y", ParamKind::Rest)]);
    assert_eq!((route.method(), route.pattern()), (Some(Method::Get), "/{x:int}/{*y}"));
    assert_eq!(router.route(RouteId(1)).expect("inserted").method(), None);
    assert!(router.route(RouteId(3)).is_none());
    Ok(())
}

#[test]
fn routes_may_come_after_look_ups() -> Result<(), InsertError> {
    let mut router = Router::new();
    assert_eq!(find(&router, Method::Get, "/a"), Found::NotFound);
    let id = router.insert("GET", "/a")?;
    assert_eq!(find(&router, Method::Get, "/a"), Found::Route(id));
    assert!(matches!(find(&router, Method::Put, "/a"), Found::MethodNotAllowed(_)));
    let put = router.insert("PUT", "/a")?;
    assert_eq!(find(&router, Method::Put, "/a"), Found::Route(put));
    Ok(())
}

#[test]
fn the_order_of_registration_never_matters() -> Result<(), InsertError> {
    let patterns =
        ["/{*r}", "/{p}", "/a{p}", "/{p}a", "/ab{p}", "/{p:uuid}", "/{p:int}", "/1", "/a/{p}", "/a/b", "/a/"];
    let paths = ["/1", "/2", "/a", "/ab", "/abc", "/xa", "/aba", "/a/b", "/a/c", "/a/", "/a/b/c", "/", "//"];
    let answers = |order: &[&str]| -> Result<Vec<Option<String>>, InsertError> {
        let mut router = Router::new();
        for pattern in order {
            router.insert("GET", pattern)?;
        }
        let pattern_of = |path: &&str| match find(&router, Method::Get, path) {
            Found::Route(id) => router.route(id).map(|route| route.pattern().to_owned()),
            _ => None,
        };
        Ok(paths.iter().map(pattern_of).collect())
    };
    let expected = answers(&patterns)?;
    for turn in 1..patterns.len() {
        let mut order = patterns;
        order.rotate_left(turn);
        assert_eq!(answers(&order)?, expected);
        order.reverse();
        assert_eq!(answers(&order)?, expected);
    }
    Ok(())
}

#[test]
fn params_are_empty_after_a_miss() -> Result<(), InsertError> {
    let mut router = Router::new();
    router.insert("GET", "/{a}/{b}")?;
    let mut params = Params::new();
    router.find(Method::Get, "/1/2", &mut params);
    assert_eq!(params.iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!((params.range(1), params.range(2)), (Some(3..4), None));
    for (method, path) in [(Method::Get, "/1"), (Method::Put, "/1/2"), (Method::Options, "/1/2")] {
        router.find(method, path, &mut params);
        assert!(params.is_empty() && params.get(0).is_none() && params.int(0).is_none(), "{method} {path}");
    }
    Ok(())
}

#[test]
fn paths_that_are_not_canonical_find_nothing_and_break_nothing() -> Result<(), InsertError> {
    let mut router = Router::new();
    router.insert("GET", "/{a}%25{b}").expect_err("two parameters in a segment");
    router.insert("GET", "/{a}2F")?;
    router.insert("GET", "/{a:int}/x")?;
    for path in ["", "*", "a", "http://a/", "/%", "/%2", "/%2F", "/\u{0}", "/\u{10ffff}", "/1\u{0}/x", "//x", "/1/x/"] {
        assert_eq!(find(&router, Method::Get, path), Found::NotFound, "{path:?}");
    }
    Ok(())
}

#[test]
fn one_router_serves_many_threads() -> Result<(), InsertError> {
    let mut router = Router::new();
    let id = router.insert("GET", "/users/{id:int}")?;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let router = &router;
            scope.spawn(move || {
                let path = format!("/users/{thread}");
                let mut params = Params::new();
                assert_eq!(router.find(Method::Get, &path, &mut params), Found::Route(id));
                assert_eq!(params.int(0), Some(thread));
            });
        }
    });
    Ok(())
}

//! The shared vectors, run against the crate; the same file is run through the framework over HTTP.

use covet_router::{Found, Method, ParamKind, Params, Router, TrailingSlash};
use serde_json::{Map, Value, json};

const VECTORS: &str = include_str!("../../../__test__/vectors/router.json");

#[test]
fn suites() {
    let vectors: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    let mut cases = 0;
    for suite in array(&vectors, "suites") {
        let router = to_router(suite);
        for case in array(suite, "cases") {
            let path = match case.get("canonical") {
                None => text(case, "path"),
                Some(Value::String(canonical)) => canonical,
                // Refused before the router is asked: there is nothing here for it to answer.
                Some(_) => {
                    assert_eq!(case["expect"], json!({ "status": 400 }), "{case}");
                    continue;
                }
            };
            let method = Method::from_name(text(case, "method")).expect("a method of the router");
            assert_eq!(to_answer(&router, method, path), case["expect"], "{}: {case}", text(suite, "name"));
            cases += 1;
        }
    }
    assert!(cases > 100, "only {cases} cases ran");
}

#[test]
fn refusals() {
    let vectors: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    for refusal in array(&vectors, "refused") {
        let mut router = to_router(refusal);
        let (method, pattern) = to_route(&refusal["route"]);
        let error = router.insert(method, pattern).expect_err("must be refused");
        assert_eq!(error.code(), text(refusal, "code"), "{refusal}");
        for part in array(refusal, "message") {
            let part = part.as_str().expect("a string");
            assert!(error.to_string().contains(part), "{error} does not contain {part}");
        }
        assert_eq!(router.routes().len(), array(refusal, "routes").len(), "a refused insert changes nothing");
    }
}

/// What the router says, in the words of the vectors.
fn to_answer(router: &Router, method: Method, path: &str) -> Value {
    let mut params = Params::new();
    match router.find(method, path, &mut params) {
        Found::Route(id) | Found::Head(id) => {
            let route = router.route(id).expect("found routes exist");
            assert_eq!(params.len(), route.params().len());
            let values: Map<String, Value> = (0..)
                .zip(route.params())
                .map(|(index, param)| {
                    let value = match param.kind() {
                        ParamKind::Int => params.int(index).map(Value::from),
                        _ => params.get(index).map(Value::from),
                    };
                    (param.name().to_owned(), value.expect("a value for each parameter"))
                })
                .collect();
            json!({ "status": 200, "route": route.to_string(), "params": values })
        }
        miss => {
            assert!(params.is_empty());
            match miss {
                Found::Options(allowed) => json!({ "status": 204, "allow": allowed.as_str() }),
                Found::MethodNotAllowed(allowed) => json!({ "status": 405, "allow": allowed.as_str() }),
                Found::Redirect(change) => json!({ "status": 308, "location": change.location(path) }),
                _ => json!({ "status": 404 }),
            }
        }
    }
}

fn to_router(suite: &Value) -> Router {
    let mut router = Router::new().with_trailing_slash(match suite["trailing_slash"].as_str() {
        Some("ignore") => TrailingSlash::Ignore,
        Some("redirect") => TrailingSlash::Redirect,
        _ => TrailingSlash::Strict,
    });
    for route in array(suite, "routes") {
        let (method, pattern) = to_route(route);
        router.insert(method, pattern).unwrap_or_else(|error| panic!("{error}"));
    }
    router
}

fn to_route(route: &Value) -> (&str, &str) {
    (route[0].as_str().expect("a method"), route[1].as_str().expect("a pattern"))
}

fn array<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("{key} is an array in {value}"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is a string in {value}"))
}

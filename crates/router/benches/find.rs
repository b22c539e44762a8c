//! `find` beside `matchit` on the tables of `benchmark/router/tables`: GitHub's API and 10,000 synthetic routes.
//!
//! Both routers answer the same look-ups with a route number and the parameter values. `matchit` knows no methods, so
//! it maps each pattern to a table of them, as a framework on top of it would.

use std::collections::BTreeMap;
use std::hint::black_box;

use covet_router::{Found, Method, Params, Router};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::Value;

const TABLES: [(&str, &str); 2] = [
    ("github", include_str!("../../../benchmark/router/tables/github.json")),
    ("synthetic", include_str!("../../../benchmark/router/tables/synthetic.json")),
];

type Row = (Method, String);

fn rows(table: &Value, key: &str) -> Vec<Row> {
    let rows = table[key].as_array().expect("an array of rows");
    rows.iter()
        .map(|row| {
            let method = Method::from_name(row[0].as_str().expect("a method")).expect("a known method");
            (method, row[1].as_str().expect("a path").to_owned())
        })
        .collect()
}

fn to_covet(routes: &[Row]) -> Router {
    let mut router = Router::new();
    for (method, pattern) in routes {
        router.insert(method.as_str(), pattern).expect("a table without conflicts");
    }
    router.prepare();
    router
}

type MethodTable = [Option<u32>; Method::ALL.len()];

fn to_matchit(routes: &[Row]) -> matchit::Router<MethodTable> {
    let mut tables: BTreeMap<String, (String, MethodTable)> = BTreeMap::new();
    for (id, (method, pattern)) in (0..).zip(routes) {
        let shape = pattern.split('/').map(|part| if part.starts_with('{') { &part[..2] } else { part });
        let shape = shape.map(|part| if part.starts_with("{*") || !part.starts_with('{') { part } else { "{" });
        let key = shape.collect::<Vec<_>>().join("/");
        tables.entry(key).or_insert_with(|| (pattern.clone(), [None; 7])).1[*method as usize] = Some(id);
    }
    let mut router = matchit::Router::new();
    for (pattern, table) in tables.into_values() {
        router.insert(pattern, table).expect("a table that matchit takes too");
    }
    router
}

fn covet_lookup(router: &Router, method: Method, path: &str) -> Option<(u32, usize)> {
    let mut params = Params::new();
    match router.find(method, path, &mut params) {
        Found::Route(id) => {
            let bytes = (0..params.len()).filter_map(|index| params.raw(index)).map(str::len).sum();
            Some((id.0, bytes))
        }
        _ => None,
    }
}

fn matchit_lookup(router: &matchit::Router<MethodTable>, method: Method, path: &str) -> Option<(u32, usize)> {
    let found = router.at(path).ok()?;
    let id = found.value[method as usize]?;
    Some((id, found.params.iter().map(|(_, value)| value.len()).sum()))
}

fn find(criterion: &mut Criterion) {
    for (name, json) in TABLES {
        let table: Value = serde_json::from_str(json).expect("a JSON table");
        let (routes, lookups) = (rows(&table, "routes"), rows(&table, "lookups"));
        let (covet, matchit) = (to_covet(&routes), to_matchit(&routes));
        for (method, path) in &lookups {
            assert_eq!(covet_lookup(&covet, *method, path), matchit_lookup(&matchit, *method, path), "{method} {path}");
        }
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(lookups.len() as u64));
        group.bench_function("covet", |bencher| {
            bencher.iter(|| lookups.iter().filter_map(|(m, p)| covet_lookup(&covet, *m, black_box(p))).count());
        });
        group.bench_function("matchit", |bencher| {
            bencher.iter(|| lookups.iter().filter_map(|(m, p)| matchit_lookup(&matchit, *m, black_box(p))).count());
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30)
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2));
    targets = find
}
criterion_main!(benches);

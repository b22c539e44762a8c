//! Times look-ups in tables of `benchmark/router/tables`, for `benchmark/router/find-my-way.ts` to compare with.
//!
//! `cargo run --release -p covet-router --example lookup -- ROUND_MS ROUNDS table.json …` prints one JSON line a table:
//! `{"router":"covet","table","routes","lookups","found","params_bytes","ns_per_lookup"}`, the median of the rounds.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use covet_router::{Found, Method, Params, Router};
use serde_json::{Value, json};

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let round = Duration::from_millis(arguments.next().ok_or("how long is a round, in milliseconds?")?.parse()?);
    let rounds: usize = arguments.next().ok_or("how many rounds?")?.parse()?;
    for file in arguments {
        println!("{}", measure(Path::new(&file), round, rounds)?);
    }
    Ok(())
}

fn measure(file: &Path, round: Duration, rounds: usize) -> Result<Value, Error> {
    let table: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let mut router = Router::new();
    let routes = rows(&table, "routes")?;
    for (method, pattern) in &routes {
        router.insert(method, pattern)?;
    }
    router.prepare();
    let lookups: Vec<(Method, &str)> = rows(&table, "lookups")?
        .into_iter()
        .map(|(method, path)| Ok((Method::from_name(method).ok_or("unknown method")?, path)))
        .collect::<Result<_, Error>>()?;

    let mut timings = Vec::with_capacity(rounds);
    let (found, params_bytes) = look_up(&router, &lookups);
    for _ in 0..=rounds {
        let start = Instant::now();
        let mut passes = 0_u32;
        while start.elapsed() < round {
            black_box(look_up(black_box(&router), black_box(&lookups)));
            passes += 1;
        }
        timings.push(start.elapsed().as_nanos() as f64 / f64::from(passes) / lookups.len() as f64);
    }
    timings.remove(0); // The first round warms up.
    timings.sort_by(f64::total_cmp);
    Ok(json!({
        "router": "covet",
        "table": file.file_stem().and_then(|name| name.to_str()),
        "routes": routes.len(),
        "lookups": lookups.len(),
        "found": found,
        "params_bytes": params_bytes,
        "ns_per_lookup": timings[rounds / 2],
    }))
}

/// One pass over the look-ups, decoding every value, as a request would.
fn look_up(router: &Router, lookups: &[(Method, &str)]) -> (usize, usize) {
    let mut found = 0;
    let mut bytes = 0;
    for (method, path) in lookups {
        let mut params = Params::new();
        if let Found::Route(id) = router.find(*method, path, &mut params) {
            black_box(id);
            found += 1;
            bytes += params.iter().map(|value| value.len()).sum::<usize>();
        }
    }
    (found, bytes)
}

fn rows<'t>(table: &'t Value, key: &str) -> Result<Vec<(&'t str, &'t str)>, Error> {
    let rows = table[key].as_array().ok_or("a table has arrays of [method, path]")?;
    rows.iter().map(|row| Ok((row[0].as_str().ok_or("no method")?, row[1].as_str().ok_or("no path")?))).collect()
}

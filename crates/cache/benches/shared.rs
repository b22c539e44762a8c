//! What one thread pays for a hit, a put that gives up another, and a turn.

use std::hint::black_box;

use covet_cache::{Caches, Turn};
use criterion::{Criterion, criterion_group, criterion_main};

fn shared(criterion: &mut Criterion) {
    let caches = Caches::new();
    let member = caches.join("bench", 4 * 1024 * 1024, Box::new(|| {}));
    let keys: Vec<String> = (0..10_000).map(|number| format!("k:user:{number}:post:42")).collect();
    for key in &keys {
        let _ = member.put(key, &[b'x'; 100], u64::MAX, &[], 0);
    }
    let mut at = 0;
    let mut next = || {
        at = (at + 7919) % keys.len();
        &keys[at]
    };
    criterion.bench_function("get, a hit", |bencher| bencher.iter(|| black_box(member.get(next(), 0))));
    criterion.bench_function("put", |bencher| {
        bencher.iter(|| black_box(member.put(next(), &[b'x'; 100], u64::MAX, &[], 0)));
    });
    let small = caches.join("small", 100_000, Box::new(|| {}));
    criterion.bench_function("put, giving up another", |bencher| {
        bencher.iter(|| black_box(small.put(next(), &[b'x'; 100], u64::MAX, &[], 0)));
    });
    criterion.bench_function("a turn, taken and ended", |bencher| {
        bencher.iter(|| {
            if let Turn::Lead(turn) = member.take_turn("cold", &[]) {
                member.end_turn("cold", turn);
            }
        });
    });
}

criterion_group!(benches, shared);
criterion_main!(benches);

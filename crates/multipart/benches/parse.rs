//! What parsing costs, beside multer: the same chunks through both, every byte of every part seen.

use std::convert::Infallible;
use std::hint::black_box;

use bytes::Bytes;
use covet_multipart::{Boundary, Event, Limits, Parser};
use criterion::{Criterion, Throughput};
use futures_util::stream;

const BOUNDARY: &str = "----WebKitFormBoundary7MA4YWxkTrZu0gW";

/// As much as one read of a busy socket brings.
const CHUNK: usize = 64 * 1024;

fn body(parts: &[(Option<&str>, Vec<u8>)]) -> Vec<Bytes> {
    let mut body = Vec::new();
    for (at, (filename, data)) in parts.iter().enumerate() {
        body.extend_from_slice(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"part{at}\"").as_bytes());
        if let Some(filename) = filename {
            body.extend_from_slice(format!("; filename=\"{filename}\"\r\nContent-Type: image/jpeg").as_bytes());
        }
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(data);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body.chunks(CHUNK).map(Bytes::copy_from_slice).collect()
}

/// Bytes as a compressed file has them, by xorshift.
fn noise(length: usize) -> Vec<u8> {
    let mut word = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        (word >> 32) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn covet(boundary: &Boundary, chunks: &[Bytes]) -> usize {
    let limits = Limits { max_file: u64::MAX, max_total: u64::MAX, ..Limits::default() };
    let mut parser = Parser::new(boundary, limits);
    let mut bytes = 0;
    for chunk in chunks {
        parser.push(chunk.clone()).expect("within the limits");
        while let Some(event) = parser.next_event().expect("well formed") {
            match event {
                Event::Part(head) => drop(black_box(head)),
                Event::Data(data) => bytes += black_box(data).len(),
                Event::PartEnd | Event::End => {}
            }
        }
    }
    parser.finish().expect("complete");
    bytes
}

async fn multer(chunks: Vec<Bytes>) -> usize {
    let stream = stream::iter(chunks.into_iter().map(Ok::<_, Infallible>));
    let mut multipart = multer::Multipart::new(stream, BOUNDARY);
    let mut bytes = 0;
    while let Some(mut field) = multipart.next_field().await.expect("well formed") {
        black_box((field.name(), field.file_name(), field.content_type()));
        while let Some(data) = field.chunk().await.expect("well formed") {
            bytes += black_box(data).len();
        }
    }
    bytes
}

fn parse(criterion: &mut Criterion) {
    let boundary = Boundary::new(BOUNDARY.as_bytes()).expect("a boundary");
    let text = "A line of text as people write it, ended as the web does.\r\n".repeat(70_000).into_bytes();
    let sets = [
        ("file of 16 MiB", body(&[(Some("a.jpg"), noise(16 << 20))])),
        ("text of 4 MiB", body(&[(Some("a.txt"), text)])),
        ("near misses", body(&[(Some("a.bin"), b"\r\n------WebKitFormBoundary7MA4YWxkTrZu0gX".repeat(25_000))])),
        ("20 files of 100 KiB", body(&vec![(Some("a.jpg"), noise(100 << 10)); 20])),
        ("a form of 100 fields", body(&vec![(None, b"a value of a field".to_vec()); 100])),
    ];
    for (name, chunks) in sets {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(chunks.iter().map(|chunk| chunk.len() as u64).sum()));
        let expected = covet(&boundary, &chunks);
        assert_eq!(futures_executor::block_on(multer(chunks.clone())), expected, "both see the same bytes");
        group.bench_function("covet", |bencher| bencher.iter(|| covet(&boundary, black_box(&chunks))));
        group.bench_function("multer", |bencher| {
            bencher.iter(|| futures_executor::block_on(multer(black_box(chunks.clone()))));
        });
        group.finish();
    }
}

// Not `criterion_main!`: it makes a public function without documentation, which the lints refuse.
fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    parse(&mut criterion);
    criterion.final_summary();
}

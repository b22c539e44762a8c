//! What the gate costs a request: real heads, whole in one read, as nearly all arrive.

use std::hint::black_box;

use covet_http::{Gate, GateLimits};
use criterion::{Criterion, Throughput};

const BARE: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost:3000\r\nConnection: keep-alive\r\n\r\n";

/// Ten headers and about 400 bytes, as an API client behind a proxy sends.
const API: &[u8] = b"GET /users/42 HTTP/1.1\r\n\
    Host: api.example.com\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n\
    Accept: application/json\r\n\
    Accept-Language: en-GB,en;q=0.9\r\n\
    Accept-Encoding: gzip, deflate, br\r\n\
    Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG\r\n\
    Cache-Control: no-cache\r\n\
    X-Request-Id: 7b1f0c9e-1f6a-4a55-9d7e-3f1c2f0f9a31\r\n\
    X-Forwarded-For: 203.0.113.7\r\n\
    Connection: keep-alive\r\n\r\n";

/// What a browser sends: about 1 KiB with its cookie.
const BROWSER: &[u8] = b"GET /posts?page=2&tag=rust&sort=-created HTTP/1.1\r\n\
    Host: www.example.com\r\n\
    Connection: keep-alive\r\n\
    Cache-Control: max-age=0\r\n\
    sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\n\
    sec-ch-ua-mobile: ?0\r\n\
    sec-ch-ua-platform: \"Linux\"\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-User: ?1\r\n\
    Sec-Fetch-Dest: document\r\n\
    Referer: https://www.example.com/posts?page=1\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7\r\n\
    Cookie: __Host-sid=q8V3mXr0Jt5bW2cN7yL1kP9sD4fG6hA0zE3uI8oT5rY; theme=dark; consent=2026-01-14T09:12:33Z; \
    _ga=GA1.1.1234567890.1700000000; _ga_ABCDEFGHIJ=GS1.1.1700000000.1.1.1700000123.0.0.0\r\n\r\n";

const POST: &[u8] = b"POST /users HTTP/1.1\r\n\
    Host: api.example.com\r\n\
    Content-Type: application/json\r\n\
    Accept: application/json\r\n\
    Content-Length: 49\r\n\r\n\
    {\"name\":\"Ada\",\"email\":\"ada@example.com\",\"age\":36}";

fn whole_requests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gate");
    for (name, request) in [("bare", BARE), ("api", API), ("browser", BROWSER), ("post", POST)] {
        group.throughput(Throughput::Bytes(request.len() as u64));
        group.bench_function(name, |bencher| {
            let mut gate = Gate::new(GateLimits::default());
            bencher.iter(|| {
                let scan = gate.scan(black_box(request));
                assert_eq!(scan.pass, request.len());
            });
        });
        group.bench_function(format!("{name}/httparse"), |bencher| {
            // What hyper's own parser takes for the same head, as a measure for the gate's share.
            bencher.iter(|| {
                let mut headers = [httparse::EMPTY_HEADER; 100];
                let mut parsed = httparse::Request::new(&mut headers);
                assert!(parsed.parse(black_box(request)).is_ok_and(|status| status.is_complete()));
            });
        });
    }
    group.finish();
}

// Not `criterion_main!`: it makes a public function without documentation, which the lints refuse.
fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    whole_requests(&mut criterion);
    criterion.final_summary();
}

//! Folders of files, settled without a handler.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use covet_router::Router;
use covet_server::files::{FilePolicy, FolderOptions, FolderRoute, StaticFolder};
use covet_server::{RouteOptions, ServerOptions};

use crate::harness::Server;

/// A folder of this test alone, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("covet-files-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a new folder can be made");
        Self(path.canonicalize().expect("it is there"))
    }

    /// Writes a file that has been at rest for a day.
    fn write(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder can be made");
        fs::write(&path, contents).expect("a file can be written");
        let yesterday = SystemTime::now() - Duration::from_secs(86_400);
        File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_modified(yesterday))
            .expect("times can be set");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the folder is ours");
    }
}

/// Serves `root` under `/files/`, and `/{name}` by the handler.
fn serve(root: &Path, options: FolderOptions, change: impl FnOnce(&mut ServerOptions, &mut FolderRoute)) -> Server {
    let mut router = Router::new();
    for pattern in ["/files/{*path}", "/files/", "/files", "/{name}"] {
        router.insert("GET", pattern).expect("the pattern is one");
    }
    let folder = Arc::new(StaticFolder::new(root, options).expect("the folder is there"));
    let mut route = FolderRoute { folder, asks_handler: false };
    let mut options = ServerOptions::default();
    change(&mut options, &mut route);
    let of_folder = || {
        let mut options = RouteOptions::default();
        options.folder = Some(route.clone());
        options
    };
    options.routes = [of_folder(), of_folder(), of_folder()].into();
    Server::start_with(router, &options)
}

fn index() -> FolderOptions {
    FolderOptions { index: vec!["index.html".to_owned()], redirect: true, ..FolderOptions::default() }
}

fn get(server: &Server, path: &str, headers: &str) -> crate::harness::Answer {
    server.connect().send(&format!("GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n")).answer()
}

#[test]
fn a_file_is_sent_without_the_handler() {
    let folder = Folder::new();
    folder.write("a/hello.txt", b"hello");
    let server = serve(&folder.0, index(), |_, _| {});
    let answer = get(&server, "/files/a/hello.txt", "");
    assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.header("accept-ranges"), Some("bytes"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("etag").is_some_and(|tag| tag.starts_with('"')), "{answer:?}");
    assert!(answer.header("last-modified").is_some());
    assert_eq!(server.seen.handled.load(Ordering::SeqCst), 0);
    let again = get(&server, "/files/a/hello.txt", &format!("If-None-Match: {}\r\n", answer.header("etag").unwrap()));
    assert_eq!((again.status, again.body.as_str(), again.header("content-type")), (304, "", None));
}

#[test]
fn a_long_file_comes_whole_and_in_parts() {
    let folder = Folder::new();
    let contents: Vec<u8> =
        (0..1_000_000_u32).map(|index| b'a' + u8::try_from(index % 23).expect("below 23")).collect();
    folder.write("long.bin", &contents);
    let server = serve(&folder.0, index(), |_, _| {});
    let whole = get(&server, "/files/long.bin", "");
    assert_eq!((whole.status, whole.body.as_bytes() == contents), (200, true));
    for (start, end) in [(0, 0), (0, 65_535), (65_535, 65_536), (100_000, 900_000), (999_999, 999_999)] {
        let part = get(&server, "/files/long.bin", &format!("Range: bytes={start}-{end}\r\n"));
        assert_eq!(part.status, 206);
        assert!(part.body.as_bytes() == &contents[start..=end], "{start}-{end}");
        assert_eq!(part.header("content-range"), Some(format!("bytes {start}-{end}/1000000").as_str()));
    }
    let parts = get(&server, "/files/long.bin", "Range: bytes=0-1,200000-400000,-1\r\n");
    let content_type = parts.header("content-type").expect("it has a type");
    let boundary = content_type.strip_prefix("multipart/byteranges; boundary=").expect("it is a multipart");
    let mut expected = String::new();
    for range in [0..2, 200_000..400_001, 999_999..1_000_000] {
        let head = format!("Content-Range: bytes {}-{}/1000000", range.start, range.end - 1);
        expected.push_str(&format!("--{boundary}\r\nContent-Type: application/octet-stream\r\n{head}\r\n\r\n"));
        expected.push_str(str::from_utf8(&contents[range]).expect("letters"));
        expected.push_str("\r\n");
    }
    expected.push_str(&format!("--{boundary}--\r\n"));
    assert!(parts.status == 206 && parts.body == expected);
    let beyond = get(&server, "/files/long.bin", "Range: bytes=1000000-\r\n");
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */1000000")));
}

#[test]
fn what_a_folder_does_not_have_is_missing() {
    let folder = Folder::new();
    folder.write("a.txt", b"a");
    folder.write(".env", b"secret");
    fs::create_dir(folder.0.join("empty")).expect("a folder can be made");
    let server = serve(&folder.0, index(), |_, _| {});
    for path in ["b.txt", ".env", "empty", "empty/", "a.txt/", "a.txt/b", "..%2Fa.txt", "a%5Ctxt", ""] {
        let answer = get(&server, &format!("/files/{path}"), "");
        assert_eq!((answer.status, answer.body.contains("NOT_FOUND")), (404, true), "{path}");
    }
    assert_eq!(server.seen.handled.load(Ordering::SeqCst), 0);
}

#[test]
fn folders_are_redirected_to_and_have_an_index() {
    let folder = Folder::new();
    folder.write("index.html", b"top");
    folder.write("d\u{e9}/index.html", b"below");
    let server = serve(&folder.0, index(), |_, _| {});
    assert_eq!(get(&server, "/files/", "").body, "top");
    assert_eq!(get(&server, "/files/d%C3%A9/", "").body, "below");
    let answer = get(&server, "/files?x=1", "");
    assert_eq!((answer.status, answer.header("location")), (308, Some("/files/?x=1")));
    let answer = get(&server, "/files/d%c3%a9?x=1", "");
    assert_eq!((answer.status, answer.header("location")), (308, Some("/files/d%C3%A9/?x=1")));
}

#[test]
fn a_miss_reaches_a_handler_that_wants_it() {
    let folder = Folder::new();
    folder.write("a.txt", b"a");
    let server = serve(&folder.0, index(), |options, _| options.misses_reach_handler = true);
    assert_eq!(get(&server, "/files/a.txt", "").body, "a");
    assert_eq!(server.seen.handled.load(Ordering::SeqCst), 0);
    assert_eq!(get(&server, "/files/b.txt", "").body, "NotFound /files/b.txt ");
}

#[test]
fn a_handler_that_is_asked_first_may_answer_itself() {
    let folder = Folder::new();
    folder.write("a.txt", b"a");
    let server = serve(&folder.0, index(), |_, route| route.asks_handler = true);
    let answer = get(&server, "/files/a.txt", "");
    assert_eq!((answer.status, answer.body.as_str()), (200, "Route(RouteId(0)) /files/a.txt "));
    assert_eq!(server.seen.handled.load(Ordering::SeqCst), 1);
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_outside() {
    use std::os::unix::fs::symlink;

    use covet_server::files::Links;

    let outside = Folder::new();
    let secret = outside.write("secret.txt", b"secret");
    let folder = Folder::new();
    let inside = folder.write("a/in.txt", b"inside");
    symlink(&secret, folder.0.join("out.txt")).expect("a link can be made");
    symlink(&outside.0, folder.0.join("out")).expect("a link can be made");
    symlink(&inside, folder.0.join("in.txt")).expect("a link can be made");
    symlink("a", folder.0.join("b")).expect("a link can be made");
    symlink("loop", folder.0.join("loop")).expect("a link can be made");
    for (links, path, status) in [
        (Links::Inside, "out.txt", 404),
        (Links::Inside, "out/secret.txt", 404),
        (Links::Inside, "in.txt", 200),
        (Links::Inside, "b/in.txt", 200),
        (Links::Inside, "loop", 404),
        (Links::Follow, "out.txt", 200),
        (Links::Follow, "out/secret.txt", 200),
        (Links::Follow, "loop", 404),
        (Links::Refuse, "in.txt", 404),
        (Links::Refuse, "b/in.txt", 404),
        (Links::Refuse, "a/in.txt", 200),
    ] {
        let server = serve(&folder.0, FolderOptions { links, ..index() }, |_, _| {});
        assert_eq!(get(&server, &format!("/files/{path}"), "").status, status, "{links:?} {path}");
    }
    // The folder itself may be reached through a link.
    let link = outside.0.join("link");
    symlink(&folder.0, &link).expect("a link can be made");
    let server = serve(&link, index(), |_, _| {});
    assert_eq!(get(&server, "/files/a/in.txt", "").body, "inside");
}

#[test]
fn compressed_forms_beside_a_file() {
    let folder = Folder::new();
    folder.write("a.js", b"plain");
    folder.write("a.js.br", b"brotli");
    folder.write("a.js.gz", b"gzip");
    folder.write("old.js.gz", b"gzip");
    fs::write(folder.0.join("old.js"), b"plain").expect("a file can be written");
    let policy = FilePolicy { precompressed: true, ..FilePolicy::default() };
    let server = serve(&folder.0, FolderOptions { policy, ..index() }, |_, _| {});
    let mut tags = Vec::new();
    for (path, accepted, body, coding) in [
        ("a.js", "", "plain", None),
        ("a.js", "gzip, br, zstd", "brotli", Some("br")),
        ("a.js", "gzip", "gzip", Some("gzip")),
        ("a.js", "zstd", "plain", None),
        ("a.js", "br;q=0, *", "gzip", Some("gzip")),
        ("old.js", "gzip", "plain", None),
    ] {
        let answer = get(&server, &format!("/files/{path}"), &format!("Accept-Encoding: {accepted}\r\n"));
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path} {accepted}");
        assert_eq!(answer.header("content-encoding"), coding);
        assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
        tags.push(answer.header("etag").expect("it has a tag").to_owned());
    }
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
}

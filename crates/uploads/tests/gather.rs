//! Forms gathered: what is kept where, what is refused, and that nothing stays behind.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{fs, process, thread};

use bytes::Bytes;
use covet_multipart::{Boundary, Limits, MultipartError};
use covet_uploads::{Content, FileRule, Form, GatherOptions, Spool, UploadError, gather};
use futures_executor::block_on;

/// A folder of the test's own, empty at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("covet-uploads-{}-{number}", process::id()));
        fs::create_dir(&path).expect("a new folder");
        Self(path)
    }

    fn entries(&self) -> usize {
        fs::read_dir(&self.0).expect("it is there").count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let is_empty = self.entries() == 0;
        fs::remove_dir_all(&self.0).expect("it is ours");
        assert!(is_empty || thread::panicking(), "files were left behind");
    }
}

/// Open descriptors of unlinked files of that folder.
#[cfg(target_os = "linux")]
fn open_files(folder: &Path) -> usize {
    let links = fs::read_dir("/proc/self/fd").expect("Linux has it").flatten();
    links.filter_map(|entry| fs::read_link(entry.path()).ok()).filter(|target| target.starts_with(folder)).count()
}

fn part(name: &str, filename: Option<&str>, content_type: &str, data: &[u8]) -> Vec<u8> {
    let filename = filename.map(|filename| format!("; filename=\"{filename}\"\r\nContent-Type: {content_type}"));
    let head =
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{}\r\n\r\n", filename.unwrap_or_default());
    [head.as_bytes(), data, b"\r\n"].concat()
}

fn run(parts: &[Vec<u8>], options: &GatherOptions, spool: &Spool) -> Result<Form, UploadError<&'static str>> {
    let body = [parts.concat(), b"--b--\r\n".to_vec()].concat();
    run_chunks(body.chunks(10_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect(), options, spool)
}

fn run_chunks(
    chunks: Vec<Result<Bytes, &'static str>>,
    options: &GatherOptions,
    spool: &Spool,
) -> Result<Form, UploadError<&'static str>> {
    let mut chunks = chunks.into_iter();
    let boundary = Boundary::new(b"b").expect("a boundary");
    block_on(gather(&boundary, options, spool, async || chunks.next()))
}

fn bytes_of(content: &Content, size: u64) -> Vec<u8> {
    let length = usize::try_from(size).expect("it fits");
    match content {
        Content::Memory(file) => {
            let mut whole = vec![0; length];
            assert_eq!(file.read_at(0, &mut whole), length);
            whole
        }
        Content::Disk(file) => {
            let mut whole = vec![0; length];
            assert_eq!(file.read_at(0, &mut whole).expect("it can be read"), length);
            let mut end = [0; 10];
            assert_eq!(file.read_at(size - 3, &mut end).expect("its end"), 3);
            assert_eq!(end[..3], whole[length - 3..]);
            assert_eq!(file.read_at(size, &mut end).expect("behind its end"), 0);
            whole
        }
    }
}

#[test]
fn small_files_stay_in_memory_and_large_ones_go_to_disk() {
    let folder = Folder::new();
    let spool = Spool::new(folder.0.clone(), u64::MAX);
    let large: Vec<u8> = (0..2_000_000_u32).map(|at| (at % 251) as u8).collect();
    let edge = vec![7; 64 * 1024];
    let parts = [
        part("a", None, "", "é".as_bytes()),
        part("small", Some("../s.txt"), "text/plain", b"small"),
        part("edge", Some("edge"), "application/x-own", &edge),
        part("large", Some("large"), "application/x-own", &large),
        part("over", Some("over"), "application/x-own", &[7; 64 * 1024 + 1]),
        part("none", Some(""), "application/octet-stream", b""),
        part("empty", Some("empty.txt"), "text/plain", b""),
        part("a", None, "", b"again"),
    ];
    let form = run(&parts, &GatherOptions::default(), &spool).expect("well formed");
    assert_eq!(form.fields, [("a".to_owned(), "é".to_owned()), ("a".to_owned(), "again".to_owned())]);
    let found: Vec<_> = form
        .files
        .iter()
        .map(|file| {
            let content = file.content.as_ref().expect("kept");
            let is_disk = matches!(content, Content::Disk(_));
            (file.head.name.as_str(), file.head.filename.as_str(), bytes_of(content, file.size), is_disk)
        })
        .collect();
    let expected = [
        ("small", "s.txt", b"small".to_vec(), false),
        ("edge", "edge", edge, false),
        ("large", "large", large, true),
        ("over", "over", vec![7; 64 * 1024 + 1], true),
        ("empty", "empty.txt", vec![], false),
    ];
    assert!(found == expected, "{:?}", form.files.iter().map(|file| (&file.head, file.size)).collect::<Vec<_>>());
    assert_eq!(folder.entries(), 0, "what is on disk has no name");
    assert_eq!(spool.used(), 2_000_000 + 64 * 1024 + 1);
    #[cfg(target_os = "linux")]
    assert_eq!(open_files(&folder.0), 2);
    drop(form);
    settle(|| spool.used() == 0);
    #[cfg(target_os = "linux")]
    settle(|| open_files(&folder.0) == 0);
}

#[test]
fn memory_is_bounded_over_all_files() {
    let folder = Folder::new();
    let spool = Spool::new(folder.0.clone(), u64::MAX);
    let options = GatherOptions { memory_total: 100_000, ..GatherOptions::default() };
    let parts: Vec<_> = (0..5).map(|_| part("f", Some("n"), "a/b", &[7; 40_000])).collect();
    let form = run(&parts, &options, &spool).expect("well formed");
    let on_disk: Vec<_> = form.files.iter().map(|file| matches!(file.content, Some(Content::Disk(_)))).collect();
    assert_eq!(on_disk, [false, false, true, true, true]);
}

#[test]
fn files_that_are_not_small_share_a_servers_memory() {
    let folder = Folder::new();
    let spool = Spool::new(folder.0.clone(), u64::MAX).with_memory(250_000);
    let options = GatherOptions { memory_file: 100_000, memory_total: 1_000_000, ..GatherOptions::default() };
    let middling: Vec<u8> = (0..100_000_u32).map(|at| (at % 251) as u8).collect();
    let parts: Vec<_> = [100_000, 100_000, 100_000, 10, 64 * 1024, 70_000]
        .iter()
        .map(|length| part("f", Some("n"), "a/b", &middling[..*length]))
        .collect();
    let form = run(&parts, &options, &spool).expect("well formed");
    let on_disk: Vec<_> = form.files.iter().map(|file| matches!(file.content, Some(Content::Disk(_)))).collect();
    assert_eq!(on_disk, [false, false, true, false, false, true], "small ones need no room");
    for file in &form.files {
        let bytes = bytes_of(file.content.as_ref().expect("kept"), file.size);
        assert_eq!(bytes, middling[..bytes.len()]);
    }
    assert_eq!((spool.memory(), spool.used()), (200_000, 170_000));
    drop(form);
    assert_eq!(spool.memory(), 0);
    let again = run(&parts[..1], &options, &spool).expect("well formed");
    assert!(matches!(again.files[0].content, Some(Content::Memory(_))));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let folder = Folder::new();
    let spool = Spool::new(folder.0.join("missing"), u64::MAX);
    let error = run(&[part("f", Some("n"), "a/b", &[7; 100_000])], &GatherOptions::default(), &spool);
    let error = error.expect_err("there is no folder");
    assert_eq!((error.status(), error.code()), (Some(500), Some("SYSTEM_ERROR")));
    assert!(matches!(&error, UploadError::Disk(cause) if cause.kind() == std::io::ErrorKind::NotFound), "{error}");
}

fn rule(name: &str) -> FileRule {
    FileRule { name: name.to_owned(), max_size: None, max_count: 1, types: Vec::new() }
}

#[test]
fn rules_of_fields_are_held_to() {
    let folder = Folder::new();
    let spool = Spool::new(folder.0.clone(), u64::MAX);
    let png = b"\x89PNG\r\n\x1a\n".as_slice();
    let image = |data: &[u8]| part("image", Some("i.png"), "image/png", data);
    let options = GatherOptions {
        rules: vec![FileRule { types: vec!["image/*".to_owned()], max_size: Some(200_000), ..rule("image") }],
        keeps_other_files: false,
        ..GatherOptions::default()
    };
    let describe = |parts: &[Vec<u8>]| {
        run(parts, &options, &spool).map(|form| {
            let file = |file: &covet_uploads::StoredFile| {
                (file.head.filename.clone(), file.head.file_type.media_type.clone(), file.content.is_some())
            };
            form.files.iter().map(file).collect::<Vec<_>>()
        })
    };
    let kept = |name: &str, media_type: &str, is_kept: bool| (name.to_owned(), media_type.to_owned(), is_kept);
    let other = part("other", Some("o"), "a/b", &[7; 100_000]);
    assert_eq!(describe(&[image(png), other]).expect("fits"), [kept("i.png", "image/png", true)]);
    // Not an image, whatever it says: mentioned, not kept.
    let lie = describe(&[image(&[b"<html>".as_slice(), &[7; 100_000]].concat())]).expect("read to its end");
    assert_eq!(lie, [kept("i.png", "text/html", false)]);
    // No file was chosen, or one was that has no name.
    let nameless = |data: &[u8]| part("image", Some(""), "application/octet-stream", data);
    assert_eq!(
        describe(&[nameless(b""), image(png), nameless(b"")]).expect("fits"),
        [kept("i.png", "image/png", true)]
    );
    assert_eq!(describe(&[nameless(png)]).expect("fits"), [kept("file", "image/png", true)]);
    assert_eq!(describe(&[nameless(b"x")]).expect("fits"), [kept("file", "application/octet-stream", false)]);
    for parts in [[image(png), image(png)], [image(png), nameless(png)]] {
        let error = describe(&parts).expect_err("one too many");
        assert_eq!(
            (error.status(), error.code(), error.field()),
            (Some(413), Some("PAYLOAD_TOO_LARGE"), Some("image"))
        );
    }
    let error = describe(&[image(&[png, &[7; 200_000]].concat())]).expect_err("too large");
    assert!(matches!(&error, UploadError::Form { error: MultipartError::FileTooLarge, .. }), "{error}");
    assert_eq!((error.status(), error.field()), (Some(413), Some("image")));
}

#[test]
fn errors_name_the_field_and_leave_nothing() {
    let folder = Folder::new();
    let spool = Spool::new(folder.0.clone(), 500_000);
    let limits = Limits { max_field: 3, max_file: 1_000_000, ..Limits::default() };
    let options = GatherOptions { limits, ..GatherOptions::default() };
    let spooled = || part("f", Some("n"), "a/b", &[7; 400_000]);
    for (parts, status, field) in [
        (vec![spooled(), part("a", None, "", b"1234")], 413, Some("a")),
        (vec![spooled(), part("a", None, "", b"\xff")], 400, Some("a")),
        (vec![part("g", Some("n"), "a/b", &[7; 1_000_001])], 413, Some("g")),
        (vec![spooled(), b"--b x".to_vec()], 400, None),
        (vec![spooled(), b"--b\r\nX\r\n\r\n".to_vec()], 400, None),
        (vec![spooled(), spooled()], 503, None),
    ] {
        // The first limit to be met is the one asked for.
        let roomy = Spool::new(folder.0.clone(), u64::MAX);
        let error = run(&parts, &options, if status == 503 { &spool } else { &roomy }).expect_err("it breaks a rule");
        assert_eq!((error.status(), error.field()), (Some(status), field), "{error}");
        drop(roomy);
        settle(|| spool.used() == 0);
    }
    let broken = [Ok(Bytes::from(spooled())), Err("gone")].to_vec();
    let error = run_chunks(broken, &options, &spool).expect_err("the body broke off");
    assert!(matches!(error, UploadError::Body("gone")));
    let unfinished = vec![Ok(Bytes::from(spooled()))];
    let error = run_chunks(unfinished, &options, &spool).expect_err("the body is not complete");
    assert!(matches!(error, UploadError::Form { error: MultipartError::Incomplete, .. }));
    settle(|| spool.used() == 0);
    #[cfg(target_os = "linux")]
    settle(|| open_files(&folder.0) == 0);
}

/// Waits for a write that was under way to end.
fn settle(is_so: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("it does not come about");
}

#[test]
fn dropped_in_mid_file_it_leaves_nothing() {
    let folder = Folder::new();
    let spool = Spool::new(folder.0.clone(), u64::MAX);
    let mut chunks = vec![Bytes::from(part("f", Some("n"), "a/b", &vec![7; 3_000_000]))].into_iter();
    let boundary = Boundary::new(b"b").expect("a boundary");
    let options =
        GatherOptions { limits: Limits { max_file: u64::MAX, ..Limits::default() }, ..GatherOptions::default() };
    {
        let gathering = gather::<()>(&boundary, &options, &spool, async || match chunks.next() {
            Some(chunk) => Some(Ok(chunk)),
            None => std::future::pending().await,
        });
        let mut gathering = std::pin::pin!(gathering);
        let mut polls = 0;
        // Polled until it waits for a chunk that never comes.
        block_on(std::future::poll_fn(|cx| {
            polls += 1;
            assert!(gathering.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        }));
        assert_eq!(polls, 1);
        settle(|| spool.used() > 0);
    }
    settle(|| spool.used() == 0);
    #[cfg(target_os = "linux")]
    settle(|| open_files(&folder.0) == 0);
}

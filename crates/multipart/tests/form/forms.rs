//! Forms: fields whole, files known before their data.

use bytes::Bytes;
use covet_multipart::{Boundary, FormItem, FormParser, Limits, MultipartError};

use crate::body::{Part, field, file, write};

fn parser() -> FormParser {
    FormParser::new(&Boundary::new(b"b").expect("a boundary"), Limits::default())
}

/// The items of a form that comes in pieces of `size`, data joined.
fn read(form: &mut FormParser, body: &[u8], size: usize) -> Result<Vec<FormItem>, MultipartError> {
    let mut items = Vec::new();
    for chunk in body.chunks(size) {
        form.push(Bytes::copy_from_slice(chunk))?;
        while let Some(item) = form.next_item()? {
            if let (Some(FormItem::Data(before)), FormItem::Data(data)) = (items.last_mut(), &item) {
                *before = [before.as_ref(), data].concat().into();
            } else {
                items.push(item);
            }
        }
    }
    form.finish()?;
    Ok(items)
}

fn describe(items: &[FormItem]) -> Vec<String> {
    let describe = |item: &FormItem| match item {
        FormItem::Field { name, value } => format!("{name}={value}"),
        FormItem::File(head) => format!(
            "{} {:?} {:?} {:?}",
            head.name,
            head.filename,
            head.declared.as_deref().unwrap_or_default(),
            head.file_type.media_type
        ),
        FormItem::Data(data) => format!("{} bytes", data.len()),
        FormItem::FileEnd => "file end".to_owned(),
        FormItem::End => "end".to_owned(),
    };
    items.iter().map(describe).collect()
}

#[test]
fn fields_come_whole_and_files_with_their_type() {
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 3000]].concat();
    let parts: &[Part] = &[
        field("title", "Größe".as_bytes()),
        file("avatar", "../../a\u{202e}b.png", "text/plain", &png),
        field("", b""),
        file("small", "a.txt", "text/plain", b"x"),
        file("none", "", "application/octet-stream", b""),
    ];
    let body = write("b", parts);
    for size in [1, 7, 1023, 1024, 1025, body.len()] {
        let items = read(&mut parser(), &body, size).expect("well formed");
        let expected = [
            "title=Größe",
            r#"avatar "ab.png" "text/plain" "image/png""#,
            "3008 bytes",
            "file end",
            "=",
            r#"small "a.txt" "text/plain" "text/plain""#,
            "1 bytes",
            "file end",
            r#"none "" "application/octet-stream" "application/octet-stream""#,
            "file end",
            "end",
        ];
        assert_eq!(describe(&items), expected, "in pieces of {size}");
    }
}

#[test]
fn a_field_that_is_not_utf8_is_refused() {
    let body = write("b", &[field("a", b"caf\xe9")]);
    assert_eq!(read(&mut parser(), &body, body.len()), Err(MultipartError::FieldNotUtf8));
}

#[test]
fn a_file_passed_over_gives_no_data() {
    let body = write("b", &[file("f", "n", "a/b", &[7; 5000]), field("a", b"1")]);
    for size in [1, 1500, body.len()] {
        let mut form = parser();
        let mut items = Vec::new();
        for chunk in body.chunks(size) {
            form.push(Bytes::copy_from_slice(chunk)).expect("within the limit");
            while let Some(item) = form.next_item().expect("well formed") {
                if matches!(item, FormItem::File(_)) {
                    form.skip_file();
                }
                items.push(item);
            }
        }
        assert_eq!(describe(&items), [r#"f "n" "a/b" "a/b""#, "file end", "a=1", "end"], "in pieces of {size}");
    }
}

#[test]
fn a_field_of_files_may_have_a_limit_of_its_own() {
    let body = write("b", &[file("large", "n", "a/b", &[7; 100]), file("small", "n", "a/b", &[7; 50])]);
    for (name, bytes, error) in [
        ("small", 50, None),
        ("small", 49, Some(MultipartError::FileTooLarge)),
        ("large", 99, Some(MultipartError::FileTooLarge)),
        ("other", 1, None),
    ] {
        let mut form = parser();
        form.limit_files(name, bytes);
        assert_eq!(read(&mut form, &body, 10).err(), error, "{name} {bytes}");
    }
}

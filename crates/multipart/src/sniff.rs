//! What a file is, by its first bytes.

/// As many of a file's first bytes as [`sniff`] looks at.
pub const SNIFF_BYTES: usize = 1024;

/// What the first bytes of a file say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sniffed {
    /// The media type, such as `image/png`.
    pub media_type: &'static str,
    /// Whether a browser that is sent the file may run what is in it: markup, scripts and programs. Never serve one
    /// from a site's own origin as what it is.
    pub is_active: bool,
}

/// Recognises a file by its first [`SNIFF_BYTES`] bytes, or all it has; `None` for what has no mark of its own, such as
/// plain text, CSV or JSON.
///
/// The beginning says nothing of the rest: a file can be a good PNG and a good ZIP at once. It tells mistakes and simple
/// lies; whoever needs more decodes the file.
///
/// ```
/// use covet_multipart::sniff;
///
/// assert_eq!(sniff(b"\x89PNG\r\n\x1a\n").map(|found| found.media_type), Some("image/png"));
/// assert!(sniff(b"<svg onload='x()'>").is_some_and(|found| found.is_active));
/// assert_eq!(sniff(b"a,b,c\n"), None);
/// ```
#[must_use]
pub fn sniff(start: &[u8]) -> Option<Sniffed> {
    let start = &start[..start.len().min(SNIFF_BYTES)];
    let passive = |media_type| Sniffed { media_type, is_active: false };
    binary(start)
        .or_else(|| container(start))
        .map(passive)
        .or_else(|| program(start).or_else(|| markup(start)).map(|media_type| Sniffed { media_type, is_active: true }))
        .or_else(|| loose(start).map(passive))
}

/// Whether a file of that type would have been recognised.
pub(crate) fn is_recognisable(media_type: &str) -> bool {
    MARKS.iter().chain(TAGS).any(|&(_, known)| known == media_type) || LATER.contains(&media_type)
}

/// What is recognised otherwise than by a mark at the very front.
const LATER: &[&str] = &[
    "image/webp",
    "audio/wav",
    "video/x-msvideo",
    "image/avif",
    "image/heic",
    "video/quicktime",
    "audio/mp4",
    "video/3gpp",
    "video/mp4",
    "video/webm",
    "application/zip",
    "application/epub+zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/x-tar",
    "application/wasm",
    "audio/aac",
    "image/bmp",
];

/// Marks at the very front that nothing else begins with.
const MARKS: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\0\0\x01\0", "image/x-icon"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"%PDF-", "application/pdf"),
    (b"%!PS-", "application/postscript"),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"OTTO\0", "font/otf"),
    (b"\0\x01\0\0\0", "font/ttf"),
    (b"OggS", "application/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"MThd", "audio/midi"),
    (b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (b"FLV\x01", "video/x-flv"),
    (b"\0\0\x01\xba", "video/mpeg"),
];

fn binary(start: &[u8]) -> Option<&'static str> {
    let found = MARKS.iter().find(|(mark, _)| start.starts_with(mark)).map(|&(_, media_type)| media_type)?;
    let is_webm = found == "video/x-matroska" && contains(start, b"webm");
    Some(if is_webm { "video/webm" } else { found })
}

/// Formats that say a few bytes later what they hold.
fn container(start: &[u8]) -> Option<&'static str> {
    match start {
        [b'R', b'I', b'F', b'F', _, _, _, _, kind @ ..] => match kind.get(..4)? {
            b"WEBP" => Some("image/webp"),
            b"WAVE" => Some("audio/wav"),
            b"AVI " => Some("video/x-msvideo"),
            _ => None,
        },
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => Some(match brand.get(..4)? {
            b"avif" | b"avis" => "image/avif",
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => "image/heic",
            b"qt  " => "video/quicktime",
            b"M4A " | b"M4B " | b"M4P " => "audio/mp4",
            [b'3', b'g', b'p' | b'2', _] => "video/3gpp",
            _ => "video/mp4",
        }),
        [b'P', b'K', 3, 4, ..] => Some(zip(start)),
        [b'P', b'K', 5, 6, ..] => Some("application/zip"),
        _ if start.get(257..262) == Some(b"ustar") => Some("application/x-tar"),
        _ => None,
    }
}

/// Documents that are ZIP archives name themselves in their first entry (EPUB, OpenDocument) or by its folders.
fn zip(start: &[u8]) -> &'static str {
    const MIMETYPES: &[(&[u8], &str)] = &[
        (b"mimetypeapplication/epub+zip", "application/epub+zip"),
        (b"mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
        (b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.spreadsheet"),
        (b"mimetypeapplication/vnd.oasis.opendocument.presentation", "application/vnd.oasis.opendocument.presentation"),
    ];
    const FOLDERS: &[(&[u8], &str)] = &[
        (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ];
    let name = zip_name(start);
    let by = |marks: &[(&[u8], &'static str)], fits: &dyn Fn(&[u8]) -> bool| {
        marks.iter().find(|(mark, _)| fits(mark)).map(|&(_, media_type)| media_type)
    };
    by(MIMETYPES, &|mark| name.starts_with(mark))
        .or_else(|| by(FOLDERS, &|mark| name.starts_with(mark) || (is_office_start(name) && contains(name, mark))))
        .unwrap_or("application/zip")
}

/// The bytes from the name of an archive's first entry on: it begins at byte 30, APPNOTE 4.3.7.
pub(crate) fn zip_name(start: &[u8]) -> &[u8] {
    start.get(30..).unwrap_or_default()
}

/// Whether an Office document may begin with an entry of that name, whatever kind it is of.
pub(crate) fn is_office_start(name: &[u8]) -> bool {
    [b"[Content_Types].xml".as_slice(), b"_rels/", b"docProps/"].iter().any(|start| name.starts_with(start))
}

fn program(start: &[u8]) -> Option<&'static str> {
    match start {
        [b'M', b'Z', _, _, ..] => Some("application/vnd.microsoft.portable-executable"),
        [0x7f, b'E', b'L', b'F', ..] => Some("application/x-elf"),
        [0, b'a', b's', b'm', ..] => Some("application/wasm"),
        [0xca, 0xfe, 0xba, 0xbe, ..] => Some("application/java-vm"),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => Some("application/x-mach-binary"),
        [b'#', b'!', ..] => Some("text/x-shellscript"),
        _ => None,
    }
}

/// Tags that make a browser take a text for HTML (WHATWG MIME Sniffing, 7.1), and the two that are not HTML.
const TAGS: &[(&[u8], &str)] = &[
    (b"<!doctype html", "text/html"),
    (b"<!doctype svg", "image/svg+xml"),
    (b"<svg", "image/svg+xml"),
    (b"<html", "text/html"),
    (b"<head", "text/html"),
    (b"<body", "text/html"),
    (b"<title", "text/html"),
    (b"<script", "text/html"),
    (b"<iframe", "text/html"),
    (b"<style", "text/html"),
    (b"<table", "text/html"),
    (b"<font", "text/html"),
    (b"<div", "text/html"),
    (b"<img", "text/html"),
    (b"<h1", "text/html"),
    (b"<br", "text/html"),
    (b"<a", "text/html"),
    (b"<b", "text/html"),
    (b"<p", "text/html"),
    (b"<?php", "application/x-httpd-php"),
];

fn markup(start: &[u8]) -> Option<&'static str> {
    let text: Vec<u8> = match start {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.to_ascii_lowercase(),
        // UTF-16 hides no tag: its units' low bytes are read.
        [0xfe, 0xff, rest @ ..] => rest.iter().skip(1).step_by(2).copied().collect(),
        [0xff, 0xfe, rest @ ..] => rest.iter().step_by(2).copied().collect(),
        _ => start.to_vec(),
    };
    let text = text.to_ascii_lowercase();
    let mut rest = text.as_slice();
    let mut is_xml = false;
    loop {
        rest = rest.trim_ascii_start();
        if rest.starts_with(b"<?xml") {
            is_xml = true;
            rest = behind(rest, b"?>");
        } else if rest.starts_with(b"<!--") {
            // Comments hide no tag either; what is nothing but the beginning of one passes for HTML, as with browsers.
            match behind(rest, b"-->") {
                [] => return Some(if is_xml { "application/xml" } else { "text/html" }),
                after => rest = after,
            }
        } else {
            break;
        }
    }
    let tag = TAGS.iter().find(|(tag, _)| begins_with_tag(rest, tag)).map(|&(_, media_type)| media_type);
    // An XML file may reach its `svg` behind declarations of any kind.
    let is_svg = (is_xml || rest.starts_with(b"<!doctype")) && contains(rest, b"<svg");
    if is_svg { Some("image/svg+xml") } else { tag.or(is_xml.then_some("application/xml")) }
}

fn begins_with_tag(text: &[u8], tag: &[u8]) -> bool {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    text.strip_prefix(tag).is_some_and(|rest| rest.first().is_none_or(is_end))
}

fn behind<'a>(text: &'a [u8], end: &[u8]) -> &'a [u8] {
    memchr::memmem::find(text, end).map_or(&[], |at| &text[at + end.len()..])
}

/// Marks so short that other files may have them by chance: looked at last.
fn loose(start: &[u8]) -> Option<&'static str> {
    match start {
        // An MPEG audio frame: eleven bits of sync, a layer and a bit rate that are not reserved.
        [0xff, second, third, ..] if second & 0xe6 > 0xe0 && third & 0xf0 != 0xf0 && third & 0x0c != 0x0c => {
            Some("audio/mpeg")
        }
        [0xff, 0xf1 | 0xf9, ..] => Some("audio/aac"),
        // Its size, then four reserved bytes that are 0.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some("image/bmp"),
        _ => None,
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(haystack, needle).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_recognised() {
        let tar = [vec![b'a'; 257], b"ustar\x0000".to_vec()].concat();
        let zip_of = |name: &str| [b"PK\x03\x04".as_slice(), &[0; 26], name.as_bytes()].concat();
        for (start, media_type) in [
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), "image/png"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
            (b"GIF89a\x01\0", "image/gif"),
            (b"GIF87a\x01\0", "image/gif"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
            (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
            (b"\0\0\0\x1cftypavif\0\0\0\0", "image/avif"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
            (b"\0\0\0\x18ftypisom\0\0\x02\0", "video/mp4"),
            (b"\0\0\0\x18ftypmp42\0\0\x02\0", "video/mp4"),
            (b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime"),
            (b"\0\0\0\x20ftypM4A \0\0\0\0", "audio/mp4"),
            (b"\0\0\0\x14ftyp3gp5\0\0\0\0", "video/3gpp"),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", "video/x-matroska"),
            (b"%PDF-1.7\n", "application/pdf"),
            (b"PK\x05\x06\0\0", "application/zip"),
            (b"\x1f\x8b\x08\0", "application/gzip"),
            (b"ID3\x04\0", "audio/mpeg"),
            (b"\xff\xfb\x90\x64", "audio/mpeg"),
            (b"\xff\xf3\x40\xc4", "audio/mpeg"),
            (b"BM\x36\0\0\0\0\0\0\0\x36\0", "image/bmp"),
            (b"OggS\0\x02", "application/ogg"),
            (&tar, "application/x-tar"),
            (&zip_of("a.txt"), "application/zip"),
            (&zip_of("mimetypeapplication/epub+zipPK"), "application/epub+zip"),
            (
                &zip_of("[Content_Types].xml...PK\x03\x04word/document.xml"),
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            (
                &zip_of("_rels/.rels...PK\x03\x04xl/workbook.xml"),
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ),
        ] {
            assert_eq!(sniff(start), Some(Sniffed { media_type, is_active: false }), "{media_type}");
        }
    }

    #[test]
    fn what_browsers_would_run_is_told() {
        for (start, media_type) in [
            (b"<!DOCTYPE html><html>".as_slice(), "text/html"),
            (b"\xef\xbb\xbf  \n<HTML>", "text/html"),
            (b"<!-- x --><script>alert(1)</script>", "text/html"),
            (b"<!-- never ends", "text/html"),
            (b"<script src=x>", "text/html"),
            (b"<a href=x>", "text/html"),
            (b"<p", "text/html"),
            (b"\xff\xfe<\0h\0t\0m\0l\0>\0", "text/html"),
            (b"\xfe\xff\0<\0S\0V\0G\0>", "image/svg+xml"),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\">", "image/svg+xml"),
            (b"<?xml version=\"1.0\"?>\n<!-- a -->\n<svg>", "image/svg+xml"),
            (b"<?xml version=\"1.0\"?><!DOCTYPE svg PUBLIC \"x\">\n<svg>", "image/svg+xml"),
            (b"<!DOCTYPE x [ <!ENTITY a \"b\"> ]><svg>", "image/svg+xml"),
            (b"<?xml version=\"1.0\"?><note/>", "application/xml"),
            (b"<?xml version=\"1.0\"", "application/xml"),
            (b"<?php echo 1;", "application/x-httpd-php"),
            (b"#!/bin/sh\n", "text/x-shellscript"),
            (b"MZ\x90\0", "application/vnd.microsoft.portable-executable"),
            (b"\x7fELF\x02", "application/x-elf"),
            (b"\0asm\x01", "application/wasm"),
        ] {
            assert_eq!(sniff(start), Some(Sniffed { media_type, is_active: true }), "{start:?}");
        }
    }

    #[test]
    fn what_has_no_mark_is_not_guessed() {
        for start in [
            b"".as_slice(),
            b"a",
            b"plain text",
            b"{\"a\":1}",
            b"a,b\n1,2\n",
            b"<abc>",
            b"<paragraph>",
            b"< p>",
            b"RIFF",
            b"RIFF\0\0\0\0XXXX",
            b"\xff",
            b"\xff\xff\xff",
            b"BM is no picture",
            b"\0\0\0\x18ftyp",
            b"PK",
        ] {
            assert_eq!(sniff(start), None, "{start:?}");
        }
    }

    #[test]
    fn only_the_start_counts() {
        let mut file = vec![b' '; SNIFF_BYTES];
        file.extend_from_slice(b"<html>");
        assert_eq!(sniff(&file), None);
        assert!(sniff(&file[6..]).is_some());
    }
}

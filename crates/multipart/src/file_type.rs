//! What a file is taken for: its first bytes decide, what the client claims only fills in what they cannot tell.

use crate::sniff::{SNIFF_BYTES, is_office_start, is_recognisable, sniff, zip_name};

const UNKNOWN: &str = "application/octet-stream";

/// What a file is taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileType {
    /// `type/subtype` in lower case, without parameters; `application/octet-stream` where nothing is known.
    pub media_type: String,
    /// Whether a browser that is sent the file as this may run what is in it.
    pub is_active: bool,
}

/// Types whose bytes look like those of a more general one: the claim is believed within that family.
const FAMILIES: &[(&str, &[&str])] = &[
    ("application/x-ole-storage", &["application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"]),
    ("application/ogg", &["audio/ogg", "video/ogg"]),
    ("video/webm", &["audio/webm"]),
    ("video/x-matroska", &["audio/x-matroska"]),
    ("video/mp4", &["audio/mp4", "video/x-m4v"]),
    ("video/3gpp", &["audio/3gpp", "video/3gpp2"]),
    ("application/postscript", &["application/illustrator"]),
    ("application/gzip", &["application/x-gzip"]),
    ("audio/mpeg", &["audio/mp3"]),
    ("audio/wav", &["audio/x-wav", "audio/wave"]),
    ("image/x-icon", &["image/vnd.microsoft.icon"]),
    ("text/x-shellscript", &["application/x-sh"]),
];

/// Office documents whose first entry shows that they are one, but not yet which.
const OFFICE: &str = "application/vnd.openxmlformats-officedocument.";

/// Judges a file by its first [`SNIFF_BYTES`] bytes, or all it has, and the Content-Type its sender declared.
///
/// * What [`sniff`] recognises is what it is, whatever was declared; only within a family of formats that begin alike
///   (`audio/webm` in a WebM file) the declaration is believed.
/// * A declared type that would have been recognised, and was not, is a lie or a broken file: nothing is known.
/// * A declared text with bytes that no text has is none.
/// * A text that calls itself an Excel sheet is CSV: so Windows names it where Excel is installed.
/// * Any other declared type is believed.
///
/// ```
/// use covet_multipart::judge;
///
/// assert_eq!(judge(Some("text/plain"), b"\x89PNG\r\n\x1a\n").media_type, "image/png");
/// assert_eq!(judge(Some("image/png"), b"not at all").media_type, "application/octet-stream");
/// assert_eq!(judge(Some("text/csv; charset=utf-8"), b"a,b\n").media_type, "text/csv");
/// assert!(judge(Some("image/png"), b"<html>").is_active);
/// ```
#[must_use]
pub fn judge(declared: Option<&str>, start: &[u8]) -> FileType {
    let start = &start[..start.len().min(SNIFF_BYTES)];
    let declared = declared.map(essence).filter(|declared| declared != UNKNOWN);
    if let Some(sniffed) = sniff(start) {
        let believed = declared.filter(|declared| is_same_family(sniffed.media_type, declared, start));
        let is_active = sniffed.is_active || believed.as_deref().is_some_and(is_active);
        return FileType { media_type: believed.unwrap_or_else(|| sniffed.media_type.to_owned()), is_active };
    }
    let believed =
        declared.map(|declared| if is_excel_text(&declared, start) { "text/csv".to_owned() } else { declared });
    let believed = believed.filter(|declared| !is_claim_refuted(declared, start));
    let is_active = believed.as_deref().is_some_and(is_active);
    FileType { media_type: believed.unwrap_or_else(|| UNKNOWN.to_owned()), is_active }
}

fn essence(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_same_family(sniffed: &str, declared: &str, start: &[u8]) -> bool {
    let is_xml = declared == "text/xml" || declared.ends_with("+xml");
    FAMILIES.iter().any(|(general, members)| *general == sniffed && members.contains(&declared))
        || (sniffed == "application/xml" && is_xml && declared != "image/svg+xml")
        || (sniffed == "application/zip" && declared.starts_with(OFFICE) && is_office_start(zip_name(start)))
}

fn is_claim_refuted(declared: &str, start: &[u8]) -> bool {
    // An empty file shows nothing, and is nothing of the kind.
    is_recognisable(declared)
        || FAMILIES.iter().any(|(_, members)| members.contains(&declared))
        || (is_text(declared) && start.iter().any(|&byte| is_binary(byte)))
}

fn is_excel_text(declared: &str, start: &[u8]) -> bool {
    declared == "application/vnd.ms-excel" && !start.is_empty() && !start.iter().any(|&byte| is_binary(byte))
}

fn is_text(declared: &str) -> bool {
    declared.starts_with("text/")
        || declared.ends_with("+json")
        || declared.ends_with("+xml")
        || matches!(
            declared,
            "application/json"
                | "application/xml"
                | "application/javascript"
                | "application/x-ndjson"
                | "application/yaml"
        )
}

/// Control characters that no text has (WHATWG MIME Sniffing, 3: a binary data byte).
const fn is_binary(byte: u8) -> bool {
    matches!(byte, 0x00..=0x08 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f)
}

/// Texts that no browser makes more of than a text. All others are taken for active: there are too many names for scripts,
/// and ever new ones, to list those.
const INERT_TEXTS: &[&str] = &[
    "text/calendar",
    "text/csv",
    "text/enriched",
    "text/markdown",
    "text/n3",
    "text/plain",
    "text/richtext",
    "text/rtf",
    "text/tab-separated-values",
    "text/troff",
    "text/turtle",
    "text/uri-list",
    "text/vcard",
    "text/vtt",
    "text/x-csv",
    "text/x-diff",
    "text/x-log",
    "text/x-markdown",
    "text/x-tex",
    "text/x-vcard",
    "text/x-yaml",
    "text/yaml",
];

fn is_active(media_type: &str) -> bool {
    if media_type.starts_with("text/") {
        return !INERT_TEXTS.contains(&media_type);
    }
    media_type.ends_with("+xml")
        || (media_type.contains("script") && media_type != "application/postscript")
        || media_type.starts_with("application/xml")
        || media_type.starts_with("application/x-httpd-php")
        // Messages and sets of parts may be pages: MHTML.
        || media_type.starts_with("multipart/")
        || media_type.starts_with("message/")
        || matches!(
            media_type,
            "application/hta"
                | "application/java-archive"
                | "application/java-vm"
                | "application/wasm"
                | "application/x-elf"
                | "application/x-mach-binary"
                | "application/x-mimearchive"
                | "application/x-msdos-program"
                | "application/x-msdownload"
                | "application/x-sh"
                | "application/x-shockwave-flash"
                | "application/vnd.microsoft.portable-executable"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_judged() {
        let zip_of = |name: &str| [b"PK\x03\x04".as_slice(), &[0; 26], name.as_bytes()].concat();
        let office = zip_of("[Content_Types].xml");
        let (sheet, excel) =
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.ms-excel");
        let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        let png = b"\x89PNG\r\n\x1a\n".as_slice();
        for (declared, start, media_type, is_active) in [
            (None, png, "image/png", false),
            (Some("image/png"), png, "image/png", false),
            (Some("image/jpeg"), png, "image/png", false),
            (Some("text/html"), png, "image/png", false),
            (Some("image/png"), b"<html>", "text/html", true),
            (Some("image/svg+xml"), b"<svg>", "image/svg+xml", true),
            (Some("image/png"), b"text", UNKNOWN, false),
            (Some("image/png"), b"", UNKNOWN, false),
            (Some("image/svg+xml"), b"text", UNKNOWN, false),
            (Some("audio/ogg"), b"text", UNKNOWN, false),
            (Some("audio/ogg"), b"OggS\0\x02", "audio/ogg", false),
            (Some("audio/webm"), b"\x1a\x45\xdf\xa3webm", "audio/webm", false),
            (Some("image/png"), b"OggS\0\x02", "application/ogg", false),
            (Some(word), &office, word, false),
            (Some(word), b"PK\x03\x04", "application/zip", false),
            (Some(word), &zip_of("_rels/.rels"), word, false),
            (Some(word), &zip_of("docProps/app.xml"), word, false),
            (Some(word), &zip_of("_relsx"), "application/zip", false),
            (Some(word), &zip_of("docProps/app.xml...PK\x03\x04xl/workbook.xml"), sheet, false),
            (Some(excel), b"a;b\r\n1;\xe4\r\n", "text/csv", false),
            (Some(excel), b"a\0b", UNKNOWN, false),
            (Some(excel), b"", UNKNOWN, false),
            (Some(excel), b"<table><tr>", "text/html", true),
            (Some(excel), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", excel, false),
            (Some("application/msword"), b"text", UNKNOWN, false),
            (Some("application/atom+xml"), b"<?xml version=\"1.0\"?><feed>", "application/atom+xml", true),
            (Some("image/svg+xml"), b"<?xml version=\"1.0\"?><feed>", "application/xml", true),
            (Some("Text/CSV; charset=utf-8"), b"a,b\n", "text/csv", false),
            (Some("text/csv"), b"a\0b", UNKNOWN, false),
            (Some("text/csv"), b"", "text/csv", false),
            (Some("text/javascript"), b"alert(1)", "text/javascript", true),
            (Some("application/json"), b"{}", "application/json", false),
            (Some("application/x-own"), b"\0\x01", "application/x-own", false),
            (Some("application/octet-stream"), b"text", UNKNOWN, false),
            (None, b"text", UNKNOWN, false),
        ] {
            let expected = FileType { media_type: media_type.to_owned(), is_active };
            assert_eq!(judge(declared, start), expected, "{declared:?} {start:?}");
        }
    }

    #[test]
    fn what_a_browser_may_run_by_its_declared_type() {
        for declared in [
            "text/css",
            "text/ecmascript",
            "text/javascript1.0",
            "text/javascript1.5",
            "text/jscript",
            "text/livescript",
            "text/vbscript",
            "text/x-ecmascript",
            "text/xsl",
            "text/xml",
            "text/x-component",
            "text/cache-manifest",
            "text/never-heard-of",
            "application/ecmascript",
            "application/hta",
            "application/java-archive",
            "application/javascript",
            "application/x-javascript",
            "application/x-shockwave-flash",
            "application/x-mimearchive",
            "application/xhtml+xml",
            "application/xml-dtd",
            "application/x-httpd-php5",
            "message/rfc822",
            "multipart/x-mixed-replace",
        ] {
            assert!(judge(Some(declared), b"harmless").is_active, "{declared}");
        }
        for declared in [
            "text/plain",
            "text/csv",
            "text/tab-separated-values",
            "text/markdown",
            "text/calendar",
            "text/vcard",
            "text/vtt",
            "text/yaml",
            "application/json",
            "application/ld+json",
            "application/yaml",
            "application/x-own",
        ] {
            assert!(!judge(Some(declared), b"harmless").is_active, "{declared}");
        }
        assert!(!judge(Some("application/postscript"), b"%!PS-Adobe").is_active);
    }
}

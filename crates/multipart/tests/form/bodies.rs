//! Whole bodies, well formed and not, as a table.

use covet_multipart::MultipartError;

use crate::body::{field, file, read_whole, write};

const HEAD: &str = "Content-Disposition: form-data; name=a\r\n";

#[test]
fn what_a_browser_sends_is_read() {
    let parts = [
        field("title", "Grüße".as_bytes()),
        field("empty", b""),
        field("", b"nameless"),
        field("quote\" and\r\nlines", b"x"),
        file("avatar", "bild \"1\".png", "image/png", b"\x89PNG\r\n\x1a\n\0\xff--\r\n--"),
        file("none", "", "application/octet-stream", b""),
        field("title", b"again"),
    ];
    let boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW";
    assert_eq!(read_whole(boundary, &write(boundary, &parts)), Ok(parts.to_vec()));
}

#[test]
fn bodies_read() {
    let a = |value: &str| vec![field("a", value.as_bytes())];
    for (body, parts) in [
        (format!("--b\r\n{HEAD}\r\n1\r\n--b--"), a("1")),
        (format!("--b\r\n{HEAD}\r\n1\r\n--b--\r\n"), a("1")),
        (format!("\r\n--b\r\n{HEAD}\r\n1\r\n--b--"), a("1")),
        (format!("preamble\r\nmore\r\n--b\r\n{HEAD}\r\n1\r\n--b--"), a("1")),
        (format!("--b\r\n{HEAD}\r\n1\r\n--b--\r\nepilogue\r\n--b\r\n"), a("1")),
        (format!("--b\r\n{HEAD}\r\n1\r\n--b--anything"), a("1")),
        (format!("--b \t \r\n{HEAD}\r\n1\r\n--b  \r\n{HEAD}\r\n2\r\n--b--"), [a("1"), a("2")].concat()),
        // A part may end with its head.
        (format!("--b\r\n{HEAD}\r\n--b--"), a("")),
        (format!("--b\r\n{HEAD}\r\n\r\n--b--"), a("")),
        (format!("--b\r\n{HEAD}\r\n\r\n\r\n--b--"), a("\r\n")),
        // Nearly delimiters are data.
        (
            format!("--b\r\n{HEAD}\r\n\r\n-b\r\n--\r\n --b\n--b\r--b\r\n--c\r\n--b--"),
            a("\r\n-b\r\n--\r\n --b\n--b\r--b\r\n--c"),
        ),
        (format!("--b\r\n{HEAD}\r\n--\r\n--b--"), a("--")),
        (format!("--b\r\n{HEAD}\r\n\r\r\n--b--"), a("\r")),
        ("--b--".to_owned(), vec![]),
        ("--b--\r\n".to_owned(), vec![]),
        ("\r\n--b--".to_owned(), vec![]),
        ("x--b\r\n--b--".to_owned(), vec![]),
        (format!("--b\r\n{HEAD}X:\r\n\r\n1\r\n--b--"), a("1")),
        (
            "--b\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nUTF-8\r\n--b--".to_owned(),
            vec![field("_charset_", b"UTF-8")],
        ),
    ] {
        assert_eq!(read_whole("b", body.as_bytes()), Ok(parts), "{body:?}");
    }
}

#[test]
fn bodies_refused() {
    for (body, error) in [
        (String::new(), MultipartError::Incomplete),
        ("--b".to_owned(), MultipartError::Incomplete),
        ("--b-".to_owned(), MultipartError::Incomplete),
        ("nothing of it".to_owned(), MultipartError::Incomplete),
        ("--c--".to_owned(), MultipartError::Incomplete),
        ("--b\r\n".to_owned(), MultipartError::Incomplete),
        (format!("--b\r\n{HEAD}"), MultipartError::Incomplete),
        (format!("--b\r\n{HEAD}\r\n"), MultipartError::Incomplete),
        (format!("--b\r\n{HEAD}\r\n1"), MultipartError::Incomplete),
        (format!("--b\r\n{HEAD}\r\n1\r\n--b"), MultipartError::Incomplete),
        (format!("--b\r\n{HEAD}\r\n1\r\n--b\r\n"), MultipartError::Incomplete),
        // A delimiter that LF ends would be one to lenient parsers.
        (format!("--b\n{HEAD}\r\n1\r\n--b--"), MultipartError::BareLineFeed),
        (format!("--b \n{HEAD}\r\n1\r\n--b--"), MultipartError::BareLineFeed),
        (format!("--b\r\n{HEAD}\r\n1\n--b--"), MultipartError::Incomplete),
        ("--b\r\nContent-Disposition: form-data; name=a\n\r\n1\r\n--b--".to_owned(), MultipartError::BareLineFeed),
        (format!("--b\r\n{HEAD}\n1\r\n--b--"), MultipartError::BareLineFeed),
        ("--bc\r\n".to_owned(), MultipartError::MalformedDelimiter),
        ("--b-x".to_owned(), MultipartError::MalformedDelimiter),
        ("--b\rx".to_owned(), MultipartError::MalformedDelimiter),
        ("--b x\r\n".to_owned(), MultipartError::MalformedDelimiter),
        ("--b --".to_owned(), MultipartError::MalformedDelimiter),
        (format!("--b{}\r\n", " ".repeat(65)), MultipartError::MalformedDelimiter),
        (format!("--b\r\n{HEAD}\r\n1\r\n--bc"), MultipartError::MalformedDelimiter),
        ("--b\r\n\r\n1\r\n--b--".to_owned(), MultipartError::MissingDisposition),
        ("--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--".to_owned(), MultipartError::MissingDisposition),
        (format!("--b\r\n{HEAD} folded\r\n\r\n1\r\n--b--"), MultipartError::FoldedHeader),
        (format!("--b\r\n{HEAD}X: a\rb\r\n\r\n1\r\n--b--"), MultipartError::BareCarriageReturn),
        (format!("--b\r\n{HEAD}X: a\0b\r\n\r\n1\r\n--b--"), MultipartError::ControlCharacter),
        (format!("--b\r\n{HEAD}nonsense\r\n\r\n1\r\n--b--"), MultipartError::MalformedHeader),
        (format!("--b\r\n{HEAD}{HEAD}\r\n1\r\n--b--"), MultipartError::RepeatedHeader),
        (
            format!("--b\r\n{HEAD}Content-Transfer-Encoding: base64\r\n\r\n1\r\n--b--"),
            MultipartError::UnsupportedEncoding,
        ),
        (charset("iso-8859-1"), MultipartError::UnsupportedCharset),
        (charset(""), MultipartError::UnsupportedCharset),
        (charset(&"utf-8".repeat(20)), MultipartError::UnsupportedCharset),
    ] {
        assert_eq!(read_whole("b", body.as_bytes()), Err(error), "{body:?}");
    }
}

fn charset(label: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\n{label}\r\n--b--")
}

#[test]
fn a_file_called_charset_is_a_file() {
    let parts = [file("_charset_", "a", "text/plain", b"iso-8859-1")];
    assert_eq!(read_whole("b", &write("b", &parts)), Ok(parts.to_vec()));
}

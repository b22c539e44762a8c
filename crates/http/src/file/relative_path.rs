//! Which file below a folder a path of a request names.
//!
//! In: a canonical path, without what the folder is served under. Out: names to go down by, or why there is no such file.

/// What a folder lets be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathRules {
    /// Names that begin with a dot are served, `.well-known` among them.
    pub dotfiles: bool,
    /// The rules of Windows count: see [`relative_path`].
    pub windows: bool,
}

impl PathRules {
    /// The rules of the platform the program runs on.
    #[must_use]
    pub const fn here(dotfiles: bool) -> Self {
        Self { dotfiles, windows: cfg!(windows) }
    }
}

/// Why a path names no file that is served. To the client all of them are 404: what exists is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathFault {
    /// An empty segment: `a//b`, or a leading slash.
    Empty,
    /// A name that begins with a dot, where those are not served.
    Dotfile,
    /// `.` or `..`.
    DotSegment,
    /// An escaped slash: it separates nothing, and no name can hold it.
    EncodedSlash,
    /// A backslash, which separates names on Windows.
    Backslash,
    /// NUL or another control character.
    Control,
    /// `C:` and the like: another drive.
    Drive,
    /// A name Windows reads as a device or as another name: `NUL`, `a.txt.`, `a.txt::$DATA`.
    Reserved,
}

/// A path below a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelativePath {
    /// Names, a single slash between two; empty for the folder itself.
    pub names: String,
    /// The request named a folder: it ended in a slash, or named nothing.
    pub is_folder: bool,
}

/// Resolves `path`, a [canonical](crate::canonical) path without the prefix its folder is served under and without the
/// slash behind that.
///
/// It refuses `.` and `..` although a canonical path has none, since whoever calls it with another must not get out of
/// the folder. A backslash, a drive letter, an escaped slash and control characters are refused on every platform, so
/// that one folder serves the same everywhere; what only Windows misreads is refused there: names of devices such as
/// `NUL` or `com1.txt`, a colon (an alternate stream), names that end in a dot or a space.
///
/// ```
/// use covet_http::{PathFault, PathRules, relative_path};
///
/// let rules = PathRules::here(false);
/// assert_eq!(relative_path("css/100%25.css", rules).map(|path| path.names), Ok("css/100%.css".to_owned()));
/// assert_eq!(relative_path("../secret", rules), Err(PathFault::DotSegment));
/// assert_eq!(relative_path(".git/config", rules), Err(PathFault::Dotfile));
/// ```
///
/// # Errors
///
/// The first rule that a segment breaks.
pub fn relative_path(path: &str, rules: PathRules) -> Result<RelativePath, PathFault> {
    let (inner, is_folder) = match path.strip_suffix('/') {
        Some(inner) => (inner, true),
        None => (path, path.is_empty()),
    };
    if path.is_empty() {
        return Ok(RelativePath { names: String::new(), is_folder });
    }
    let mut names = String::with_capacity(inner.len());
    for (index, segment) in inner.split('/').enumerate() {
        if index > 0 {
            names.push('/');
        }
        push_name(&mut names, segment, rules)?;
    }
    Ok(RelativePath { names, is_folder })
}

/// Checks names that are not part of a request's path: nothing in them is decoded. The same rules, a slash between two.
///
/// ```
/// use covet_http::{PathFault, PathRules, check_names};
///
/// let rules = PathRules::here(false);
/// assert_eq!(check_names("2026/report 100%.pdf", rules), Ok(()));
/// assert_eq!(check_names("../secret", rules), Err(PathFault::DotSegment));
/// ```
///
/// # Errors
///
/// As for [`relative_path`].
pub fn check_names(names: &str, rules: PathRules) -> Result<(), PathFault> {
    names.split('/').try_for_each(|name| check_name(name, rules))
}

/// Decodes the two escapes a canonical path has and checks the name.
fn push_name(names: &mut String, segment: &str, rules: PathRules) -> Result<(), PathFault> {
    let start = names.len();
    let mut rest = segment;
    while let Some(at) = rest.find('%') {
        names.push_str(&rest[..at]);
        rest = match rest.get(at..at + 3) {
            Some("%25") => {
                names.push('%');
                &rest[at + 3..]
            }
            _ => return Err(PathFault::EncodedSlash),
        };
    }
    names.push_str(rest);
    check_name(&names[start..], rules)
}

fn check_name(name: &str, rules: PathRules) -> Result<(), PathFault> {
    let fault = if name.is_empty() {
        PathFault::Empty
    } else if name == "." || name == ".." {
        PathFault::DotSegment
    } else if name.chars().any(char::is_control) {
        PathFault::Control
    } else if name.contains('\\') {
        PathFault::Backslash
    } else if is_drive(name) {
        PathFault::Drive
    } else if name.starts_with('.') && !rules.dotfiles {
        PathFault::Dotfile
    } else if rules.windows && is_reserved(name) {
        PathFault::Reserved
    } else {
        return Ok(());
    };
    Err(fault)
}

/// `C:` alone or before more. A name such as `12:30` is none.
fn is_drive(name: &str) -> bool {
    matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// Names that Windows reads as something else.
fn is_reserved(name: &str) -> bool {
    if name.contains([':', '<', '>', '"', '|', '?', '*']) || name.ends_with(['.', ' ']) {
        return true;
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ').to_ascii_uppercase();
    match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$" => true,
        _ => {
            let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
            // The digits in superscript count, too.
            number.is_some_and(|number| {
                matches!(number, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIX: PathRules = PathRules { dotfiles: false, windows: false };
    const WINDOWS: PathRules = PathRules { dotfiles: false, windows: true };

    #[test]
    fn paths_and_the_file_they_name() {
        for (path, names, is_folder) in [
            ("", "", true),
            ("a", "a", false),
            ("a.txt", "a.txt", false),
            ("a/b/c.txt", "a/b/c.txt", false),
            ("a/", "a", true),
            ("a/b/", "a/b", true),
            ("100%25.txt", "100%.txt", false),
            ("%2525", "%25", false),
            ("%252e%252e", "%2e%2e", false),
            ("%252F", "%2F", false),
            ("été/日本.txt", "été/日本.txt", false),
            ("a b.txt", "a b.txt", false),
            ("a..b", "a..b", false),
            ("a.", "a.", false),
            ("12:30.log", "12:30.log", false),
            ("con.css", "con.css", false),
            ("~root", "~root", false),
            ("$HOME", "$HOME", false),
        ] {
            let expected = RelativePath { names: names.to_owned(), is_folder };
            assert_eq!(relative_path(path, UNIX), Ok(expected), "{path}");
        }
    }

    #[test]
    fn paths_that_name_nothing() {
        for (path, fault) in [
            ("/", PathFault::Empty),
            ("//", PathFault::Empty),
            ("/etc/passwd", PathFault::Empty),
            ("a//b", PathFault::Empty),
            ("a//", PathFault::Empty),
            ("..", PathFault::DotSegment),
            ("../a", PathFault::DotSegment),
            ("a/../../b", PathFault::DotSegment),
            ("a/..", PathFault::DotSegment),
            ("a/./b", PathFault::DotSegment),
            ("..%2Fa", PathFault::EncodedSlash),
            ("a%2Fb", PathFault::EncodedSlash),
            ("%2Fetc%2Fpasswd", PathFault::EncodedSlash),
            ("..\\..\\a", PathFault::Backslash),
            ("a\\b", PathFault::Backslash),
            ("\\\\server\\share", PathFault::Backslash),
            ("a\0.txt", PathFault::Control),
            ("a\n", PathFault::Control),
            ("a\u{85}", PathFault::Control),
            ("C:", PathFault::Drive),
            ("c:/windows/win.ini", PathFault::Drive),
            ("C:boot.ini", PathFault::Drive),
            ("a/z:", PathFault::Drive),
            (".env", PathFault::Dotfile),
            (".git/config", PathFault::Dotfile),
            ("a/.htpasswd", PathFault::Dotfile),
            ("...", PathFault::Dotfile),
            // What no canonical path has is not decoded either.
            ("%2e%2e/a", PathFault::EncodedSlash),
            ("%", PathFault::EncodedSlash),
            ("%é", PathFault::EncodedSlash),
        ] {
            assert_eq!(relative_path(path, UNIX), Err(fault), "{path:?}");
            assert_eq!(relative_path(path, WINDOWS), Err(fault), "{path:?} on Windows");
        }
    }

    #[test]
    fn names_only_windows_misreads() {
        for path in [
            "NUL",
            "nul",
            "con",
            "PRN.txt",
            "aux.c",
            "com1",
            "COM9.log",
            "lpt0",
            "LPT\u{b9}",
            "conin$",
            "nul .txt",
            "a.txt.",
            "a.txt ",
            "a.txt::$DATA",
            "ab:c",
            "a?",
            "a*",
            "a<b",
            "a|b",
            "a\"b",
            "x/nul/y",
        ] {
            assert_eq!(relative_path(path, WINDOWS), Err(PathFault::Reserved), "{path}");
            assert!(relative_path(path, UNIX).is_ok(), "{path}");
        }
        for path in ["null", "console.js", "com10", "auxiliary", "com", "lpt.txt", "a.nul"] {
            assert!(relative_path(path, WINDOWS).is_ok(), "{path}");
        }
    }

    #[test]
    fn names_that_are_not_decoded() {
        for names in ["a", "a/b.txt", "100%", "%2F", "%2e%2e/a"] {
            assert_eq!(check_names(names, UNIX), Ok(()), "{names}");
        }
        for (names, fault) in [
            ("", PathFault::Empty),
            ("/etc/passwd", PathFault::Empty),
            ("a/", PathFault::Empty),
            ("../a", PathFault::DotSegment),
            ("a/../..", PathFault::DotSegment),
            ("a\\..\\b", PathFault::Backslash),
            ("a\0b", PathFault::Control),
            ("C:/a", PathFault::Drive),
            (".env", PathFault::Dotfile),
        ] {
            assert_eq!(check_names(names, UNIX), Err(fault), "{names:?}");
        }
    }

    #[test]
    fn dotfiles_on_demand() {
        let rules = PathRules { dotfiles: true, windows: false };
        for path in [".well-known/security.txt", ".env", "a/.b/c"] {
            assert!(relative_path(path, rules).is_ok(), "{path}");
        }
        for path in ["..", ".", "a/..", "a/./b"] {
            assert_eq!(relative_path(path, rules), Err(PathFault::DotSegment), "{path}");
        }
    }
}

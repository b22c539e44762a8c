//! What a client calls its file, made harmless.

/// The longest name [`safe_filename`] gives, in bytes of UTF-8: what file systems take.
pub const MAX_FILENAME: usize = 255;

/// The name of a file whose own has nothing left.
const NAMELESS: &str = "file";

/// Makes of what a client sent as a file name a name that can be stored, shown and sent on.
///
/// * Any path before it is dropped, written with `/` or `\`.
/// * Control characters and the invisible ones that turn or hide text are dropped; so `gpj.exe` cannot pass for `exe.jpg`.
/// * `< > : " | ? *`, which Windows forbids, become `_`.
/// * Leading dots go, so that no file is hidden and none is `..`; white space goes from both ends, trailing dots too.
/// * A name that Windows keeps for a device (`CON`, `lpt1.txt`) gets a `_` before it.
/// * It is cut to 255 bytes between two characters, its extension kept.
///
/// Letters of any script stay as they are. What is left empty becomes `file`.
///
/// ```
/// use covet_multipart::safe_filename;
///
/// assert_eq!(safe_filename(r"C:\fakepath\größe.PNG"), "größe.PNG");
/// assert_eq!(safe_filename("../../.ssh/authorized_keys"), "authorized_keys");
/// assert_eq!(safe_filename(".."), "file");
/// ```
#[must_use]
pub fn safe_filename(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let cleaned: String = last.chars().filter(|&char| !is_invisible(char)).map(replace_forbidden).collect();
    let trimmed = cleaned
        .trim_start_matches(|char: char| char == '.' || char.is_whitespace())
        .trim_end_matches(|char: char| char == '.' || char.is_whitespace());
    if trimmed.is_empty() {
        return NAMELESS.to_owned();
    }
    let mut name = String::with_capacity(trimmed.len() + 1);
    if is_device(trimmed) {
        name.push('_');
    }
    name.push_str(trimmed);
    cut(name)
}

/// Control characters, and format characters that change how their neighbours are shown: directions, joiners, tags.
fn is_invisible(char: char) -> bool {
    char.is_control()
        || matches!(
            u32::from(char),
            0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb
                | 0xe0000..=0xe007f
        )
}

fn replace_forbidden(char: char) -> char {
    if matches!(char, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { char }
}

/// Whether Windows takes the name for a device: whatever its case, whatever extension follows.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].iter().any(|device| device.eq_ignore_ascii_case(stem)) {
        return true;
    }
    let Some((port, number)) = stem.char_indices().nth(3).map(|(at, _)| stem.split_at(at)) else { return false };
    let is_port = ["COM", "LPT"].iter().any(|device| device.eq_ignore_ascii_case(port));
    // Superscript digits count as digits there.
    is_port && matches!(number, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
}

/// Longest extension that is kept when a name is cut, dot included.
const MAX_EXTENSION: usize = 32;

fn cut(mut name: String) -> String {
    if name.len() <= MAX_FILENAME {
        return name;
    }
    let extension = match name.rfind('.') {
        Some(at) if name.len() - at <= MAX_EXTENSION => name.split_off(at),
        _ => String::new(),
    };
    let mut end = (MAX_FILENAME - extension.len()).min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name.push_str(&extension);
    // The cut may have left a dot or a space at the end.
    name.truncate(name.trim_end_matches(|char: char| char == '.' || char.is_whitespace()).len());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_made_safe() {
        for (sent, safe) in [
            ("photo.jpg", "photo.jpg"),
            ("My photo (1).jpg", "My photo (1).jpg"),
            ("größe.txt", "größe.txt"),
            ("日本語.txt", "日本語.txt"),
            ("😀.png", "😀.png"),
            ("/etc/passwd", "passwd"),
            ("../../etc/passwd", "passwd"),
            (r"..\..\windows\win.ini", "win.ini"),
            (r"C:\fakepath\a.txt", "a.txt"),
            (r"a/b\c/d.txt", "d.txt"),
            ("a/", "file"),
            ("C:", "C_"),
            ("C:a.txt", "C_a.txt"),
            ("a.txt:stream", "a.txt_stream"),
            ("a<b>c|d?e*f\"g", "a_b_c_d_e_f_g"),
            ("", "file"),
            (".", "file"),
            ("..", "file"),
            ("...", "file"),
            ("   ", "file"),
            (".htaccess", "htaccess"),
            ("..a", "a"),
            (". .a", "a"),
            ("a.txt.", "a.txt"),
            ("a.txt. . ", "a.txt"),
            (" a.txt ", "a.txt"),
            ("a\0b.txt", "ab.txt"),
            ("a\r\nb\tc\x7f.txt", "abc.txt"),
            ("\0", "file"),
            ("a\u{85}b", "ab"),
            ("exe.\u{202e}gpj", "exe.gpj"),
            ("a\u{200b}\u{feff}\u{2066}b\u{2069}", "ab"),
            ("con", "_con"),
            ("CON.txt", "_CON.txt"),
            ("Con .txt", "_Con .txt"),
            ("nul.tar.gz", "_nul.tar.gz"),
            ("com1", "_com1"),
            ("LPT9.log", "_LPT9.log"),
            ("COM¹", "_COM¹"),
            ("com10", "com10"),
            ("comx", "comx"),
            ("concert.txt", "concert.txt"),
            ("aux\u{200b}.h", "_aux.h"),
            ("é", "é"),
            ("ééé1", "ééé1"),
        ] {
            assert_eq!(safe_filename(sent), safe, "{sent:?}");
        }
    }

    #[test]
    fn long_names_cut() {
        let cut = safe_filename(&format!("{}.jpeg", "a".repeat(300)));
        assert_eq!((cut.len(), cut.ends_with("a.jpeg")), (255, true));
        let cut = safe_filename(&format!("{}.tar", "日".repeat(100)));
        assert!(cut.len() <= 255 && cut.ends_with("日.tar"), "{cut}");
        let cut = safe_filename(&format!("a.{}", "b".repeat(300)));
        assert_eq!(cut.len(), 255);
        let cut = safe_filename(&format!("{} .{}", "a".repeat(253), "b".repeat(300)));
        assert_eq!(cut, "a".repeat(253));
        assert_eq!(safe_filename(&"a".repeat(255)).len(), 255);
    }

    #[test]
    fn a_safe_name_stays_as_it_is() {
        for sent in ["a.txt", "con", "..", &"é".repeat(300), "a\u{202e}b/c:d"] {
            let safe = safe_filename(sent);
            assert_eq!(safe_filename(&safe), safe, "{sent:?}");
        }
    }
}

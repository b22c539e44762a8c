//! What a form may hold, and where it is kept.

use covet_multipart::{FileType, Limits};

/// What the files of one field may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRule {
    /// The field's name.
    pub name: String,
    /// Bytes of one file; `None` for [`Limits::max_file`].
    pub max_size: Option<u64>,
    /// Files of this name. Empty ones, where no file was chosen, do not count.
    pub max_count: u32,
    /// The types allowed: `image/png`, or `image/*`; empty for any. What does not fit is not kept. A pattern covers no type
    /// that a browser may run: `image/*` is no leave for `image/svg+xml`, which must be named.
    pub types: Vec<String>,
}

/// What a form may hold, and where it is kept. Sizes are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatherOptions {
    /// The form's limits.
    pub limits: Limits,
    /// Rules of fields that take files.
    pub rules: Vec<FileRule>,
    /// Whether files of other fields are kept; else they are passed over.
    pub keeps_other_files: bool,
    /// A file up to this size is kept in memory; one above 64 KiB only while the [`Spool`](crate::Spool) has memory for it.
    /// Default 64 KiB.
    pub memory_file: usize,
    /// All of a form's files in memory together; a file that would be too much goes to disk. Default 1 MiB.
    pub memory_total: usize,
}

impl Default for GatherOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            rules: Vec::new(),
            keeps_other_files: true,
            memory_file: 64 * 1024,
            memory_total: 1024 * 1024,
        }
    }
}

impl GatherOptions {
    /// The rule for files of that field.
    pub(crate) fn rule(&self, name: &str) -> Option<&FileRule> {
        self.rules.iter().find(|rule| rule.name == name)
    }
}

impl FileRule {
    /// Whether a file of that type is allowed.
    pub(crate) fn allows(&self, FileType { media_type, is_active }: &FileType) -> bool {
        let matches = |pattern: &String| match pattern.strip_suffix("/*") {
            Some(kind) => !is_active && media_type.split('/').next() == Some(kind),
            None => pattern == media_type,
        };
        self.types.is_empty() || self.types.iter().any(matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_allowed() {
        let rule = |types: &[&str]| FileRule {
            name: "a".to_owned(),
            max_size: None,
            max_count: 1,
            types: types.iter().map(ToString::to_string).collect(),
        };
        for (types, media_type, allowed) in [
            (&[][..], "image/png", true),
            (&["image/png"], "image/png", true),
            (&["image/png"], "image/jpeg", false),
            (&["image/*"], "image/jpeg", true),
            (&["image/*"], "imagex/jpeg", false),
            (&["text/csv", "image/*"], "image/gif", true),
            (&["text/csv", "image/*"], "application/pdf", false),
            (&["image/*"], "image/svg+xml", false),
            (&["image/svg+xml"], "image/svg+xml", true),
        ] {
            let file_type = FileType { media_type: media_type.to_owned(), is_active: media_type.ends_with("+xml") };
            assert_eq!(rule(types).allows(&file_type), allowed, "{types:?} {media_type}");
        }
    }
}

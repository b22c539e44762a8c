//! Every bound of a multipart body, in one table.

/// What a multipart body may hold. Sizes are bytes; a value of exactly the limit is allowed.
///
/// ```
/// use covet_multipart::Limits;
///
/// let limits = Limits { max_files: 1, max_file: 5 << 20, ..Limits::default() };
/// assert_eq!(limits.max_parts, 1000);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Parts, fields and files together. Default 1000.
    pub max_parts: u32,
    /// Parts without a file name. Default 1000.
    pub max_fields: u32,
    /// Parts with a file name, empty ones included. Default 100.
    pub max_files: u32,
    /// Header lines of one part. Default 16; browsers send two.
    pub max_headers: u32,
    /// All header lines of one part, their line ends included. Default 8 KiB.
    pub max_header_bytes: usize,
    /// A part's name, decoded. Default 256.
    pub max_name: usize,
    /// One field. Default 256 KiB.
    pub max_field: u64,
    /// All fields together, since fields are kept in memory. Default 1 MiB.
    pub max_fields_total: u64,
    /// One file. Default 10 MiB; [`Parser::limit_part`](crate::Parser::limit_part) sets another for one part.
    pub max_file: u64,
    /// What may stand before the first delimiter: nothing, with all clients we know. Default 1 KiB.
    pub max_preamble: usize,
    /// The whole body, delimiters, preamble and epilogue included. Default 32 MiB.
    pub max_total: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_parts: 1000,
            max_fields: 1000,
            max_files: 100,
            max_headers: 16,
            max_header_bytes: 8 * 1024,
            max_name: 256,
            max_field: 256 * 1024,
            max_fields_total: 1024 * 1024,
            max_file: 10 * 1024 * 1024,
            max_preamble: 1024,
            max_total: 32 * 1024 * 1024,
        }
    }
}

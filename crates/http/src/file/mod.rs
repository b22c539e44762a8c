//! What HTTP says about files: which of them a path may name, what they are called and typed, and which part of one a
//! request gets. Sizes, times and header values in; decisions and header values out. No file is touched here.

mod byteranges;
mod conditions;
mod disposition;
mod entity_tag;
mod media_type;
mod range;
mod relative_path;

pub use byteranges::{Multipart, Part};
pub use conditions::{Conditions, Selection, Validators};
pub use disposition::{Disposition, content_disposition};
pub use entity_tag::EntityTag;
pub use media_type::media_type;
pub use range::ByteRange;
pub use relative_path::{PathFault, PathRules, RelativePath, check_names, relative_path};

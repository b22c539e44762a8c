//! Why a form could not be gathered.

use std::{fmt, io};

use covet_multipart::MultipartError;

/// Why a form could not be gathered; `E` is what can befall the body itself.
#[derive(Debug)]
#[non_exhaustive]
pub enum UploadError<E> {
    /// The form breaks a rule.
    Form {
        /// The rule.
        error: MultipartError,
        /// The name of the field that broke it, where it was one.
        field: Option<String>,
    },
    /// More files in one field than [`FileRule::max_count`](crate::FileRule::max_count).
    TooManyFiles {
        /// The field.
        field: String,
    },
    /// The body broke off.
    Body(E),
    /// All temporary files together would have more bytes than [`Spool`](crate::Spool) may.
    SpoolFull,
    /// The disk did not take it.
    Disk(io::Error),
}

impl<E> UploadError<E> {
    /// HTTP status to answer with; `None` where the body's own error says it.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Form { error, .. } => Some(error.status()),
            Self::TooManyFiles { .. } => Some(413),
            Self::Body(_) => None,
            Self::SpoolFull => Some(503),
            Self::Disk(_) => Some(500),
        }
    }

    /// Machine-readable code, one of the table in `docs/errors.md`.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Form { error, .. } => Some(error.code()),
            Self::TooManyFiles { .. } => Some("PAYLOAD_TOO_LARGE"),
            Self::Body(_) => None,
            Self::SpoolFull => Some("SERVICE_UNAVAILABLE"),
            Self::Disk(_) => Some("SYSTEM_ERROR"),
        }
    }

    /// The field it befell, where it was one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Form { field, .. } => field.as_deref(),
            Self::TooManyFiles { field } => Some(field),
            Self::Body(_) | Self::SpoolFull | Self::Disk(_) => None,
        }
    }
}

impl<E> UploadError<E> {
    /// The same with another error of the body.
    pub fn map_body<F>(self, map: impl FnOnce(E) -> F) -> UploadError<F> {
        match self {
            Self::Form { error, field } => UploadError::Form { error, field },
            Self::TooManyFiles { field } => UploadError::TooManyFiles { field },
            Self::Body(error) => UploadError::Body(map(error)),
            Self::SpoolFull => UploadError::SpoolFull,
            Self::Disk(error) => UploadError::Disk(error),
        }
    }
}

impl<E> From<io::Error> for UploadError<E> {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl<E: fmt::Display> fmt::Display for UploadError<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form { error, .. } => error.fmt(formatter),
            Self::TooManyFiles { .. } => formatter.write_str("A field has too many files"),
            Self::Body(error) => error.fmt(formatter),
            Self::SpoolFull => formatter.write_str("The server has no room for more uploads now"),
            Self::Disk(error) => write!(formatter, "The upload could not be written to disk: {error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for UploadError<E> {}

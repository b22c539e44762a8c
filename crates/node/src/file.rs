//! Files and folders as JavaScript names them in; the server's own out. JavaScript has checked options and documents them.

use std::path::PathBuf;
use std::sync::Arc;

use covet_http::{Disposition, PathRules, check_names, content_disposition};
use covet_server::files::{FilePolicy, FileSource, FolderOptions, FolderRoute, Links, StaticFolder};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use napi_derive::napi;

use crate::error::{Coded, coded};

/// Whether a path names something below a root: no way up, no other drive, none of what `dotfiles` leaves out.
#[napi]
pub fn names_file_below_root(path: String, dotfiles: bool) -> bool {
    check_names(&path, PathRules::here(dotfiles)).is_ok()
}

/// How files are sent.
#[napi(object, object_to_js = false)]
pub struct NativeFilePolicy {
    /// `Cache-Control`, unless the reply has one of its own.
    pub cache_control: Option<String>,
    /// Sends `ETag` and answers by it.
    pub etag: bool,
    /// Sends `Last-Modified` and answers by it.
    pub last_modified: bool,
    /// Sends compressed forms that lie beside a file.
    pub precompressed: bool,
    /// Headers of every answer: `name:value` and a line feed for each.
    pub headers: String,
    /// `inside`, `follow` or `refuse`.
    #[napi(ts_type = "'inside' | 'follow' | 'refuse'")]
    pub links: String,
    /// Names that begin with a dot are served.
    pub dotfiles: bool,
}

/// A folder whose files answer a route.
#[napi(object, object_to_js = false)]
pub struct NativeFolder {
    /// Where it is.
    pub root: String,
    /// Names looked for in a folder that is asked for itself.
    pub index: Vec<String>,
    /// Endings tried where a path names no file.
    pub extensions: Vec<String>,
    /// Answers pages that are not there; below the root.
    pub fallback: Option<String>,
    /// Sends who leaves out a folder's slash to the path with it.
    pub redirect: bool,
    /// JavaScript is asked first.
    pub asks_handler: bool,
    /// How its files are sent.
    pub policy: NativeFilePolicy,
}

/// A file to reply with.
#[napi(object, object_to_js = false)]
pub struct NativeFileReply {
    /// Where it is: absolute, or below the root.
    pub path: String,
    /// What it must lie below; absolute.
    pub root: Option<String>,
    /// Its media type; by its name where it is left out.
    pub content_type: Option<String>,
    /// `attachment` or `inline`; none where it is left out.
    #[napi(ts_type = "'attachment' | 'inline'")]
    pub disposition: Option<String>,
    /// The name it is saved under.
    pub filename: String,
    /// How it is sent.
    pub policy: NativeFilePolicy,
}

impl NativeFilePolicy {
    fn links(&self) -> Result<Links, Coded> {
        match self.links.as_str() {
            "inside" => Ok(Links::Inside),
            "follow" => Ok(Links::Follow),
            "refuse" => Ok(Links::Refuse),
            _ => Err(coded("INVALID_OPTION", "symlinks is 'inside', 'follow' or 'refuse'")),
        }
    }

    fn into_policy(self) -> Result<FilePolicy, Coded> {
        let mut headers = HeaderMap::new();
        for line in self.headers.split('\n').filter(|line| !line.is_empty()) {
            let (name, text) = line.split_once(':').unwrap_or((line, ""));
            let name = HeaderName::from_bytes(name.as_bytes());
            let name = name.map_err(|_| coded("INVALID_OPTION", format!("'{line}' is no header")))?;
            headers.append(name, value(text)?);
        }
        Ok(FilePolicy {
            cache_control: self.cache_control.as_deref().map(value).transpose()?,
            etag: self.etag,
            last_modified: self.last_modified,
            precompressed: self.precompressed,
            headers,
        })
    }
}

impl NativeFolder {
    pub(crate) fn into_route(self) -> Result<FolderRoute, Coded> {
        let options = FolderOptions {
            index: self.index,
            extensions: self.extensions,
            fallback: self.fallback,
            dotfiles: self.policy.dotfiles,
            redirect: self.redirect,
            links: self.policy.links()?,
            policy: self.policy.into_policy()?,
        };
        let folder = StaticFolder::new(self.root.as_ref(), options)
            .map_err(|error| coded("INVALID_OPTION", format!("cannot serve the folder '{}': {error}", self.root)))?;
        Ok(FolderRoute { folder: Arc::new(folder), asks_handler: self.asks_handler })
    }
}

impl NativeFileReply {
    pub(crate) fn into_source(self) -> Result<FileSource, Coded> {
        let (links, root) = (self.policy.links()?, self.root.map(PathBuf::from));
        let path = match &root {
            None => PathBuf::from(self.path),
            Some(root) => {
                check_names(&self.path, PathRules::here(self.policy.dotfiles))
                    .map_err(|_| coded("INVALID_OPTION", "the path names nothing below its root"))?;
                let mut path = root.clone();
                path.extend(self.path.split('/'));
                path
            }
        };
        let mut policy = self.policy.into_policy()?;
        if let Some(content_type) = self.content_type {
            policy.headers.insert(CONTENT_TYPE, value(&content_type)?);
        }
        if let Some(disposition) = self.disposition {
            let kind = if disposition == "attachment" { Disposition::Attachment } else { Disposition::Inline };
            policy.headers.insert(CONTENT_DISPOSITION, value(&content_disposition(kind, &self.filename))?);
        }
        Ok(FileSource { path, root, links, policy })
    }
}

/// Text of a header, a character a byte.
fn value(text: &str) -> Result<HeaderValue, Coded> {
    let invalid = || coded("INVALID_OPTION", format!("{text:?} is no value of a header"));
    let bytes: Option<Vec<u8>> = text.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect();
    HeaderValue::from_bytes(&bytes.ok_or_else(invalid)?).map_err(|_| invalid())
}

//! A folder whose files are served.
//!
//! In: the part of a request's path below the folder. Out: the file that answers it. Looking for it may block.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use covet_http::{PathRules, RelativePath, relative_path};

use super::open::{Found, Links, OpenFile, open};
use super::prepare::FilePolicy;

/// What a folder serves, and how.
#[derive(Clone, Debug, Default)]
pub struct FolderOptions {
    /// Names looked for in a folder that is asked for itself; with none of them there it is not found.
    pub index: Vec<String>,
    /// Endings, without their dot, tried in order where a path names no file: `html` lets `/about` be `about.html`.
    pub extensions: Vec<String>,
    /// The file that answers in the place of a page that is not there, where the client takes HTML and the path's last name
    /// has no dot.
    pub fallback: Option<String>,
    /// Serves names that begin with a dot.
    pub dotfiles: bool,
    /// Sends who asks for a folder without its slash to the path with it.
    pub redirect: bool,
    /// What becomes of symbolic links.
    pub links: Links,
    /// How its files are sent.
    pub policy: FilePolicy,
}

/// A folder whose files are served.
#[derive(Clone)]
pub struct StaticFolder {
    /// Absolute and free of links.
    root: PathBuf,
    options: FolderOptions,
}

impl fmt::Debug for StaticFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticFolder").field("root", &self.root).finish_non_exhaustive()
    }
}

/// What answers a path.
#[derive(Debug)]
pub(crate) enum Match {
    File {
        file: OpenFile,
        path: PathBuf,
        is_fallback: bool,
    },
    /// A folder, asked for without its slash.
    Folder,
    Nothing,
    /// Nothing for who does not take HTML; else there is the fallback.
    NoPage,
}

impl StaticFolder {
    /// The folder at `root`, whose links are resolved here and now.
    ///
    /// # Errors
    ///
    /// Where there is nothing at `root`, or no folder.
    pub fn new(root: &Path, options: FolderOptions) -> io::Result<Self> {
        let root = root.canonicalize()?;
        if !root.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { root, options })
    }

    /// How its files are sent.
    pub(crate) fn policy(&self) -> &FilePolicy {
        &self.options.policy
    }

    /// Finds what answers `rest`, the canonical path behind the prefix and its slash.
    ///
    /// The fallback answers where nothing else does, the client takes HTML and the last name has no dot: so that the pages
    /// of a single-page application are found, and a missing script is still missing. A path that may name nothing, such
    /// as one of a dotfile, has no fallback either.
    ///
    /// # Errors
    ///
    /// Whatever the system says but that there is no such file.
    pub(crate) fn find(&self, rest: &str, takes_html: bool) -> io::Result<Match> {
        let Ok(relative) = relative_path(rest, PathRules::here(self.options.dotfiles)) else {
            return Ok(Match::Nothing);
        };
        let found = if relative.is_folder { self.find_index(&relative)? } else { self.find_file(&relative)? };
        if !matches!(found, Match::Nothing) {
            return Ok(found);
        }
        let name = relative.names.rsplit('/').next().unwrap_or_default();
        match &self.options.fallback {
            Some(_) if name.contains('.') => Ok(Match::Nothing),
            Some(_) if !takes_html => Ok(Match::NoPage),
            Some(fallback) => self.open(self.root.join(fallback), true),
            None => Ok(Match::Nothing),
        }
    }

    fn find_index(&self, folder: &RelativePath) -> io::Result<Match> {
        let path = self.path_of(&folder.names);
        for index in &self.options.index {
            if let found @ Match::File { .. } = self.open(path.join(index), false)? {
                return Ok(found);
            }
        }
        Ok(Match::Nothing)
    }

    fn find_file(&self, relative: &RelativePath) -> io::Result<Match> {
        let path = self.path_of(&relative.names);
        match self.open(path.clone(), false)? {
            found @ Match::File { .. } => return Ok(found),
            // Sent on only to where something is: what folders there are is nobody's business.
            Match::Folder if self.options.redirect && matches!(self.find_index(relative)?, Match::File { .. }) => {
                return Ok(Match::Folder);
            }
            Match::Folder | Match::Nothing | Match::NoPage => {}
        }
        for extension in &self.options.extensions {
            let mut name = path.clone().into_os_string();
            name.push(".");
            name.push(extension);
            if let found @ Match::File { .. } = self.open(name.into(), false)? {
                return Ok(found);
            }
        }
        Ok(Match::Nothing)
    }

    fn path_of(&self, names: &str) -> PathBuf {
        let mut path = self.root.clone();
        // Name by name, for the platform's separator; none of them can be one that replaces what is there already.
        path.extend(names.split('/').filter(|name| !name.is_empty()));
        path
    }

    fn open(&self, path: PathBuf, is_fallback: bool) -> io::Result<Match> {
        Ok(match open(&path, Some(&self.root), self.options.links)? {
            Found::File(file) => Match::File { file, path, is_fallback },
            Found::Folder => Match::Folder,
            Found::Nothing => Match::Nothing,
        })
    }

    /// What files must lie below, and how links to elsewhere are taken.
    pub(crate) fn bounds(&self) -> (&Path, Links) {
        (&self.root, self.options.links)
    }
}

//! Finding files by a pattern.

use crate::walk::normal;
use crate::{Listing, Workspace, WorkspaceError, WorkspaceErrorKind};
use globset::{ErrorKind, GlobBuilder, GlobSet};

/// The longest pattern. A pattern is parsed recursively, and this is what bounds that.
const MAX_PATTERN: usize = 1024;

impl Workspace {
    /// The regular files whose path from the workspace matches `pattern`: `*` and `?` stay within a
    /// name, `**` spans folders, and `[…]`, `{…,…}` and a backslash mean what they do in a shell.
    /// Names that begin with a dot are matched like any other. No match is an empty listing.
    ///
    /// # Errors
    ///
    /// When the pattern is malformed, when its fixed beginning is closed, outside of the workspace
    /// or may not be read, or for the limits of [`Workspace::files`].
    pub fn glob(&self, pattern: &str) -> Result<Listing, WorkspaceError> {
        let malformed =
            |reason| WorkspaceError::new(pattern, WorkspaceErrorKind::Pattern { reason });
        if pattern.len() > MAX_PATTERN {
            let reason = format!("it has more than {MAX_PATTERN} bytes");
            return Err(malformed(reason));
        }
        let normal = normal(pattern);
        let found = match base(&normal) {
            Base::Folder(folder) => {
                let files = matcher(&normal).map_err(|error| malformed(reason(&error)))?;
                self.walk(pattern, folder, |path| files.is_match(path))
            }
            Base::File => self.file(&normal),
        };
        match found {
            Err(error)
                if matches!(
                    error.kind(),
                    WorkspaceErrorKind::NotFound { .. }
                        | WorkspaceErrorKind::Folder
                        | WorkspaceErrorKind::Special
                ) =>
            {
                Ok(Listing::default())
            }
            found => found,
        }
    }
}

/// Compiles a pattern. A set of one, since a matcher of its own panics at what nests too deeply.
fn matcher(pattern: &str) -> Result<GlobSet, globset::Error> {
    let glob = GlobBuilder::new(pattern)
        .literal_separator(true)
        .backslash_escape(true)
        .build()?;
    GlobSet::new([glob])
}

fn reason(error: &globset::Error) -> String {
    match error.kind() {
        // It tells of the regular expression that the pattern became.
        ErrorKind::Regex(_) => "it nests too deeply".to_owned(),
        kind => kind.to_string(),
    }
}

/// Where the matches of a pattern can be.
#[derive(Debug, PartialEq, Eq)]
enum Base<'a> {
    /// Somewhere in this folder.
    Folder(&'a str),
    /// Nowhere but at the path that the pattern is.
    File,
}

fn base(pattern: &str) -> Base<'_> {
    let Some(special) = pattern.find(['*', '?', '[', ']', '{', '}', '\\']) else {
        return Base::File;
    };
    let fixed = pattern.get(..special).unwrap_or_default();
    Base::Folder(fixed.rsplit_once('/').map_or("", |(folder, _)| folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    const PARTS: &[&str] = &[
        "*", "**", "/", "?", "[", "!", "]", "{", "}", ",", "\\", "a", "-", "é", "{a", "}}", ".",
    ];

    proptest! {
        #[test]
        fn no_pattern_is_too_much(parts in vec(select(PARTS), 0..300)) {
            let pattern = parts.concat();
            if let Ok(files) = matcher(&pattern) {
                files.is_match("a/b/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.xml");
            }
        }
    }

    #[test]
    fn the_fixed_beginning_of_a_pattern_is_where_the_walk_begins() {
        let check = |pattern, expect| assert_eq!(base(pattern), expect, "{pattern}");
        check("**/TEST-*.xml", Base::Folder(""));
        check("reports/junit/*.xml", Base::Folder("reports/junit"));
        check("reports/a?/b/*.xml", Base::Folder("reports"));
        check("{a/b,c}/d", Base::Folder(""));
        check("a/b\\*", Base::Folder("a"));
        check("a/b.xml", Base::File);
        check("", Base::File);
    }
}

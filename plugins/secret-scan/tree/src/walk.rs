//! The files of a tree, in order.

use crate::filter::{Filter, Verdict};
use crate::path::join;
use crate::tree::{Content, Kind, Tree};
use std::io;
use std::rc::Rc;

/// A `.gitignore` beyond this is not one that a person wrote.
const GITIGNORE_LIMIT: u64 = 1 << 20;

/// A directory that could not be listed.
#[derive(Debug)]
pub struct Unreadable {
    /// The directory.
    pub path: String,
    /// Why.
    pub error: io::Error,
}

/// Every file under a path: names in order of their bytes, a directory where its name stands.
///
/// Left out are symbolic links, what the [`Filter`] names, and what `.gitignore` files name.
pub struct Walk<'a> {
    tree: &'a dyn Tree,
    filter: &'a Filter,
    /// What is still to visit, the next one last.
    pending: Vec<Visit>,
}

struct Visit {
    path: String,
    is_directory: bool,
    scope: Scope,
}

/// The `.gitignore` files that hold for a directory, the nearest first.
type Scope = Option<Rc<Gitignores>>;

struct Gitignores {
    filter: Filter,
    outer: Scope,
}

impl<'a> Walk<'a> {
    /// The files under `start`, which is taken even if a filter or a `.gitignore` names it.
    ///
    /// # Errors
    ///
    /// If there is neither a file nor a directory at `start`.
    pub fn new(tree: &'a dyn Tree, filter: &'a Filter, start: &str) -> io::Result<Self> {
        let is_directory = match tree.kind(start)? {
            Kind::Directory => true,
            Kind::File => false,
            Kind::Link | Kind::Other => return Err(io::ErrorKind::NotFound.into()),
        };
        let mut walk = Self {
            tree,
            filter,
            pending: Vec::new(),
        };
        let above = start.match_indices('/').map(|(end, _)| end);
        let mut scope = None;
        if !start.is_empty() {
            scope = walk.enter("", scope);
        }
        for end in above {
            scope = walk.enter(start.get(..end).unwrap_or_default(), scope);
        }
        walk.pending.push(Visit {
            path: start.to_owned(),
            is_directory,
            scope,
        });
        Ok(walk)
    }

    /// The scope inside `directory`. A `.gitignore` that cannot be read counts as empty.
    fn enter(&self, directory: &str, outer: Scope) -> Scope {
        let path = join(directory, ".gitignore");
        let Ok(Content::Text(bytes)) = self.tree.read(&path, GITIGNORE_LIMIT) else {
            return outer;
        };
        match Filter::of_gitignore(directory, &String::from_utf8_lossy(&bytes)) {
            Some(filter) => Some(Rc::new(Gitignores { filter, outer })),
            None => outer,
        }
    }

    fn is_taken(&self, path: &str, is_directory: bool, scope: &Scope) -> bool {
        match self.filter.verdict(path, is_directory) {
            Verdict::Skip => return false,
            Verdict::Take => return true,
            Verdict::Silent => {}
        }
        let mut scope = scope;
        while let Some(gitignores) = scope {
            match gitignores.filter.verdict(path, is_directory) {
                Verdict::Skip => return false,
                Verdict::Take => return true,
                Verdict::Silent => scope = &gitignores.outer,
            }
        }
        true
    }

    fn expand(&mut self, directory: &str, scope: Scope) -> io::Result<()> {
        let mut entries = self.tree.list(directory)?;
        entries.sort_by(|one, other| other.name.cmp(&one.name));
        let has_gitignore = entries
            .iter()
            .any(|entry| entry.name == ".gitignore" && entry.kind == Kind::File);
        let scope = if has_gitignore {
            self.enter(directory, scope)
        } else {
            scope
        };
        for entry in entries {
            let is_directory = match entry.kind {
                Kind::File => false,
                Kind::Directory => true,
                Kind::Link | Kind::Other => continue,
            };
            let path = join(directory, &entry.name);
            if self.is_taken(&path, is_directory, &scope) {
                self.pending.push(Visit {
                    path,
                    is_directory,
                    scope: scope.clone(),
                });
            }
        }
        Ok(())
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<String, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let visit = self.pending.pop()?;
            if !visit.is_directory {
                return Some(Ok(visit.path));
            }
            if let Err(error) = self.expand(&visit.path, visit.scope) {
                return Some(Err(Unreadable {
                    path: visit.path,
                    error,
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Disk, Memory};

    fn check(files: &[(&str, &str)], exclude: &[&str], start: &str, expected: &[&str]) {
        let tree: Memory = files.iter().map(|(p, b)| (*p, *b)).collect();
        let filter = Filter::new(exclude.iter().copied()).unwrap();
        let walked: Vec<_> = Walk::new(&tree, &filter, start)
            .unwrap()
            .map(|path| path.unwrap())
            .collect();
        assert_eq!(walked, expected);
    }

    #[test]
    fn files_come_in_order_and_the_usual_directories_are_skipped() {
        let files = [
            ("b/z.md", ""),
            ("b/a.md", ""),
            ("a.md", ""),
            ("b.md", ""),
            (".github/x.yml", ""),
            (".git/config", ""),
            ("sub/target/out", ""),
            ("sub/node_modules/m/i.js", ""),
            (".stepwell/db", ""),
        ];
        check(
            &files,
            &[],
            "",
            &[".github/x.yml", "a.md", "b/a.md", "b/z.md", "b.md"],
        );
        check(&files, &["*.md", ".github"], "", &[]);
        check(&files, &["!target/", "*.md"], "sub", &["sub/target/out"]);
        check(&files, &[], "sub/target/out", &["sub/target/out"]);
    }

    #[test]
    fn gitignore_files_hold_for_their_directory_and_the_nearest_wins() {
        let files = [
            (".gitignore", "*.log\n/build\n[broken\n"),
            ("a.log", ""),
            ("build/x", ""),
            ("src/build/y", ""),
            ("src/.gitignore", "!keep.log\n"),
            ("src/keep.log", ""),
            ("src/drop.log", ""),
        ];
        check(
            &files,
            &[],
            "",
            &[
                ".gitignore",
                "src/.gitignore",
                "src/build/y",
                "src/keep.log",
            ],
        );
        check(
            &files,
            &[],
            "src",
            &["src/.gitignore", "src/build/y", "src/keep.log"],
        );
        check(
            &files,
            &["!a.log"],
            "",
            &[
                ".gitignore",
                "a.log",
                "src/.gitignore",
                "src/build/y",
                "src/keep.log",
            ],
        );
    }

    #[test]
    fn a_start_that_does_not_exist_is_an_error() {
        let tree: Memory = [("a", "")].into_iter().collect();
        let filter = Filter::new([]).unwrap();
        assert!(Walk::new(&tree, &filter, "b").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        std::fs::create_dir(root.join("real")).unwrap();
        std::fs::write(root.join("real/a"), "").unwrap();
        std::os::unix::fs::symlink("real", root.join("directory-link")).unwrap();
        std::os::unix::fs::symlink("real/a", root.join("file-link")).unwrap();
        std::os::unix::fs::symlink("..", root.join("real/loop")).unwrap();
        let disk = Disk::new(root);
        let filter = Filter::new([]).unwrap();
        let walked: Vec<_> = Walk::new(&disk, &filter, "")
            .unwrap()
            .map(|path| path.unwrap())
            .collect();
        assert_eq!(walked, ["real/a"]);
    }
}

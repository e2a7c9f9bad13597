//! Where in a tree a link leads.

use std::collections::HashMap;
use std::rc::Rc;
use stepwell_tree::{Entry, Kind, Tree, join, parent};

/// What is at the end of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file or a directory.
    Found(Kind),
    /// It exists with other capitals: this is its right name.
    WrongCase(String),
    /// Nothing; this path exists and is nearly the same.
    Missing(Option<String>),
}

/// Looks paths up, name by name: some systems open `readme.md` when the file is `README.md`, but
/// the web page and the colleague's machine do not.
pub struct Places<'a> {
    tree: &'a dyn Tree,
    directories: HashMap<String, Rc<[Entry]>>,
}

impl<'a> Places<'a> {
    /// Looks up in `tree`.
    #[must_use]
    pub fn new(tree: &'a dyn Tree) -> Self {
        Self {
            tree,
            directories: HashMap::new(),
        }
    }

    /// What is at `path`.
    pub fn find(&mut self, path: &str) -> Place {
        let mut at = String::new();
        let mut kind = Kind::Directory;
        let mut names = path.split('/').filter(|name| !name.is_empty());
        while let Some(name) = names.next() {
            let entries = self.list(&at);
            let exact = entries.iter().find(|entry| entry.name == name);
            let entry = exact.or_else(|| entries.iter().find(|entry| same_word(&entry.name, name)));
            let Some(entry) = entry else {
                let rest: Vec<_> = names.collect();
                return Place::Missing(self.nearest(&at, &entries, name, &rest));
            };
            at = join(&at, &entry.name);
            kind = match entry.kind {
                Kind::Link => match self.tree.kind(&at) {
                    Ok(kind) => kind,
                    Err(_) => return Place::Missing(None),
                },
                kind => kind,
            };
        }
        if at == path {
            Place::Found(kind)
        } else {
            Place::WrongCase(at)
        }
    }

    /// Whether exactly this path is there.
    pub fn exists(&mut self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        let entries = self.list(parent(path));
        path.is_empty() || entries.iter().any(|entry| entry.name == name)
    }

    fn list(&mut self, directory: &str) -> Rc<[Entry]> {
        if let Some(entries) = self.directories.get(directory) {
            return Rc::clone(entries);
        }
        // What is no directory, or cannot be listed, leads nowhere.
        let entries: Rc<[Entry]> = self.tree.list(directory).unwrap_or_default().into();
        self.directories
            .insert(directory.to_owned(), Rc::clone(&entries));
        entries
    }

    /// The path that exists if one name is written a little differently.
    fn nearest(
        &mut self,
        directory: &str,
        entries: &[Entry],
        name: &str,
        rest: &[&str],
    ) -> Option<String> {
        let candidate = nearest(entries.iter().map(|entry| entry.name.as_str()), name)?;
        let path = rest
            .iter()
            .fold(join(directory, candidate), |path, name| join(&path, name));
        self.exists(&path).then_some(path)
    }
}

fn same_word(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// The candidate that `wanted` was probably meant to be: the same with an extension, or at most a
/// third of the letters before the extension away.
pub fn nearest<'c>(candidates: impl Iterator<Item = &'c str>, wanted: &str) -> Option<&'c str> {
    let allowed = (stem(wanted).chars().count() / 3).min(3);
    candidates
        .filter_map(|candidate| {
            let distance = if stem(candidate) == wanted {
                0
            } else {
                strsim::osa_distance(candidate, wanted)
            };
            (distance <= allowed).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_tree::Memory;

    #[test]
    fn paths_are_found_by_their_exact_names() {
        let tree: Memory = [
            ("README.md", ""),
            ("docs/Guide.md", ""),
            ("docs/api/a.md", ""),
        ]
        .into_iter()
        .collect();
        let missing = |near: Option<&str>| Place::Missing(near.map(str::to_owned));
        for (path, expected) in [
            ("", Place::Found(Kind::Directory)),
            ("README.md", Place::Found(Kind::File)),
            ("docs/api", Place::Found(Kind::Directory)),
            ("readme.md", Place::WrongCase("README.md".to_owned())),
            (
                "Docs/guide.md",
                Place::WrongCase("docs/Guide.md".to_owned()),
            ),
            ("docs/Guid.md", missing(Some("docs/Guide.md"))),
            ("docs/Guide", missing(Some("docs/Guide.md"))),
            ("dosc/api/a.md", missing(Some("docs/api/a.md"))),
            ("dosc/api/b.md", missing(None)),
            ("README.md/x", missing(None)),
            ("nowhere", missing(None)),
        ] {
            assert_eq!(Places::new(&tree).find(path), expected, "{path}");
        }
    }
}

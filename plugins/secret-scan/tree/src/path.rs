//! Paths inside a workspace, as text.

/// Resolves `path` against the directory `base`; `None` if it leaves the workspace.
///
/// It looks at names only: `a/../b` is `b` even if `a` is a link or does not exist.
#[must_use]
pub fn resolve(base: &str, path: &str) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for name in base.split('/').chain(path.split('/')) {
        match name {
            "" | "." => {}
            ".." => {
                names.pop()?;
            }
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

/// The path of `name` in `directory`.
#[must_use]
pub fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() {
        name.to_owned()
    } else {
        format!("{directory}/{name}")
    }
}

/// The directory that holds `path`.
#[must_use]
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_by_name_and_never_leave_the_workspace() {
        for (base, path, expected) in [
            ("", ".", Some("")),
            ("", "./a//b/", Some("a/b")),
            ("docs", "../README.md", Some("README.md")),
            ("docs/en", "../de/x.md", Some("docs/de/x.md")),
            ("docs", "../../etc", None),
            ("", "a/../../a", None),
        ] {
            assert_eq!(
                resolve(base, path).as_deref(),
                expected,
                "{base:?} {path:?}"
            );
        }
    }

    #[test]
    fn a_parent_joined_with_its_name_is_the_path() {
        assert_eq!((parent("a/b/c"), parent("a")), ("a/b", ""));
        assert_eq!(
            (join("a/b", "c"), join("", "a")),
            ("a/b/c".into(), "a".into())
        );
    }
}

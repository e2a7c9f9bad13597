//! Paths of template files: relative to the project, normalised, with `/`.

/// What a `template` names.
///
/// # Errors
///
/// Says what is wrong with the path, and what to do.
pub(crate) fn resolve(folder: &str, written: &str) -> Result<String, (String, &'static str)> {
    const RELATIVE: &str =
        "a path is relative to the file that names it; `/x` is relative to the project";
    let path = match written.rsplit_once('@') {
        None => written,
        Some((path, "self")) => path,
        Some((_, other)) => {
            let message = format!("templates of another repository (`@{other}`) are not supported");
            return Err((message, "copy the file into the project"));
        }
    };
    if path.trim().is_empty() {
        return Err(("the path of a template is empty".to_owned(), RELATIVE));
    }
    if path.contains('\\') || path.contains("://") || path.chars().any(char::is_control) {
        let message = format!("{path:?} is no path of a template");
        return Err((message, "a path has `/` between its parts"));
    }
    let (base, rest) = match path.strip_prefix('/') {
        Some(rest) => ("", rest),
        None => (folder, path),
    };
    let outside = || (format!("`{path}` leaves the project"), RELATIVE);
    let parts = join(base, rest).ok_or_else(outside)?;
    match parts.is_empty() || path.ends_with('/') {
        true => Err((format!("`{path}` is a folder"), RELATIVE)),
        false => Ok(parts),
    }
}

/// `path` in `folder`, without `.` and `..`; `None` if it leaves the project.
fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder of a file; empty for one at the top.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// `path` in the folder `from`, seen from the folder `to`; `None` if it is no path in the project.
pub(crate) fn seen_from(to: &str, from: &str, path: &str) -> Option<String> {
    let target = join(from, path)?;
    let mut left = to.split('/').filter(|part| !part.is_empty()).peekable();
    let mut right = target.split('/').peekable();
    while left.peek().is_some() && left.peek() == right.peek() {
        left.next();
        right.next();
    }
    let parts: Vec<_> = left.map(|_| "..").chain(right).collect();
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{folder, resolve, seen_from};

    #[test]
    fn paths_stay_in_the_project() {
        let check = |folder: &str, path: &str, expect: Option<&str>| {
            assert_eq!(resolve(folder, path).ok().as_deref(), expect, "{path}");
        };
        check("ci", "a.toml", Some("ci/a.toml"));
        check("ci", "./x/../a.toml", Some("ci/a.toml"));
        check("ci", "../a.toml", Some("a.toml"));
        check("ci", "/steps/a.toml", Some("steps/a.toml"));
        check("ci", "a.toml@self", Some("ci/a.toml"));
        check("ci", "/a.toml@self", Some("a.toml"));
        for refused in [
            "../../a.toml",
            "/../a.toml",
            "a.toml@other",
            "",
            " ",
            "@self",
            "a\\b",
            "x/",
            "..",
            "c://x",
            "a\0",
        ] {
            check("ci", refused, None);
        }
    }

    #[test]
    fn a_path_is_the_same_place_from_another_folder() {
        let check = |to: &str, from: &str, path: &str, expect: Option<&str>| {
            assert_eq!(
                seen_from(to, from, path).as_deref(),
                expect,
                "{to} {from} {path}"
            );
        };
        check("", "steps", "./lint.wasm", Some("steps/lint.wasm"));
        check("ci", "steps", "lint.wasm", Some("../steps/lint.wasm"));
        check("ci", "ci/steps", "lint.wasm", Some("steps/lint.wasm"));
        check("ci/a", "ci/b", "../lint.wasm", Some("../lint.wasm"));
        check("ci", "", "lint.wasm", Some("../lint.wasm"));
        check("ci", "ci", "lint.wasm", Some("lint.wasm"));
        check("ci", "steps", "../../lint.wasm", None);
        assert_eq!(folder("a/b/c.toml"), "a/b");
        assert_eq!(folder("c.toml"), "");
    }
}

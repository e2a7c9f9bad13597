//! `requirements.txt`.
//!
//! It is a lock file only as far as it pins: a requirement without `==` names no component that a
//! bill could list, so it is told as a problem.

use crate::bill::{Bill, Component, Problem, purl};

/// The bill of a `requirements.txt`.
#[must_use]
pub fn parse(text: &str) -> Bill {
    let mut bill = Bill::default();
    for (line, requirement) in logical_lines(text) {
        let problem = |code, message| Problem {
            line: Some(line),
            code,
            message,
        };
        match read(&requirement) {
            Requirement::Pinned(component) => {
                let url = purl("pypi", None, &component.name, &component.version);
                bill.roots.insert(url.clone());
                bill.add(url, component);
            }
            Requirement::Unpinned(name) => bill.problems.push(problem(
                "unpinned",
                format!("`{name}` is not pinned with `==`, so it is not in the bill of materials"),
            )),
            Requirement::Elsewhere(file) => bill.problems.push(problem(
                "not-followed",
                format!("`{file}` is not followed; only files named requirements.txt are read"),
            )),
            Requirement::None => {}
        }
    }
    bill
}

enum Requirement {
    Pinned(Component),
    Unpinned(String),
    /// Another file with requirements.
    Elsewhere(String),
    /// An option of pip.
    None,
}

/// Lines without comments, with continuations joined, and the number of the line each begins on.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines: Vec<(u32, String)> = Vec::new();
    let mut continued = false;
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let (line, goes_on) = match line.strip_suffix('\\') {
            Some(line) => (line, true),
            None => (line, false),
        };
        let line = without_comment(line);
        match lines.last_mut() {
            Some((_, last)) if continued => {
                last.push(' ');
                last.push_str(line);
            }
            _ => lines.push((number, line.to_owned())),
        }
        continued = goes_on;
    }
    lines.retain(|(_, line)| !line.trim().is_empty());
    lines
}

/// A comment begins at the start of a line or after a blank: URLs have `#` too.
fn without_comment(line: &str) -> &str {
    let mut previous = ' ';
    for (index, current) in line.char_indices() {
        if current == '#' && previous.is_whitespace() {
            return line.get(..index).unwrap_or(line);
        }
        previous = current;
    }
    line
}

fn read(line: &str) -> Requirement {
    let line = line.trim();
    for option in ["-r", "--requirement", "-c", "--constraint"] {
        let file = line
            .strip_prefix(option)
            .filter(|rest| option.len() == 2 || rest.starts_with([' ', '=']));
        if let Some(file) = file {
            return Requirement::Elsewhere(file.trim_start_matches([' ', '=']).to_owned());
        }
    }
    for option in ["-e", "--editable"] {
        if let Some(path) = line.strip_prefix(option) {
            return Requirement::Unpinned(path.trim_start_matches([' ', '=']).to_owned());
        }
    }
    if line.starts_with('-') {
        return Requirement::None;
    }
    let (requirement, options) = line.split_once(" --").unwrap_or((line, ""));
    let specifier = requirement.split(';').next().unwrap_or_default();
    let end = specifier.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let (name, rest) = specifier.split_at(end.unwrap_or(specifier.len()));
    match pinned(rest) {
        Some(version) if !name.is_empty() => Requirement::Pinned(Component {
            name: name.to_ascii_lowercase().replace('_', "-"),
            version: version.to_owned(),
            hashes: only_hash(options),
            ..Component::default()
        }),
        _ => Requirement::Unpinned(specifier.trim().to_owned()),
    }
}

/// The version of `[extras] (==1.2.3, !=1.2.4)`, if it is one and no other.
fn pinned(rest: &str) -> Option<&str> {
    let rest = rest.trim();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1.trim(),
        None => rest,
    };
    let clauses = rest.trim_matches(['(', ')']).split(',');
    let version =
        |clause: &'_ str| -> Option<usize> { clause.trim().strip_prefix("==").map(str::len) };
    let mut equal = clauses.filter(|clause| version(clause).is_some());
    let only = equal.next()?.trim().trim_start_matches('=').trim();
    let is_exact = !only.is_empty() && !only.contains(['*', ' ']);
    (is_exact && equal.next().is_none()).then_some(only)
}

/// A requirement with several hashes has one for each of its files, and none for the package.
fn only_hash(options: &str) -> Vec<(&'static str, String)> {
    let mut hashes = options
        .split_whitespace()
        .filter_map(|option| option.trim_start_matches("--").strip_prefix("hash="));
    match (hashes.next(), hashes.next()) {
        (Some(hash), None) => hash
            .strip_prefix("sha256:")
            .map(|hash| ("SHA-256", hash.to_ascii_lowercase()))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Result<&str, &str>) {
        let bill = parse(line);
        let found = match bill.problems.as_slice() {
            [problem] => Err(problem.message.as_str()),
            _ => Ok(bill.components.keys().next().map_or("", String::as_str)),
        };
        assert_eq!(found, expected, "{line:?}");
    }

    #[test]
    fn pinned_requirements_are_components() {
        check("requests==2.31.0", Ok("pkg:pypi/requests@2.31.0"));
        check(
            "Flask_Login == 0.6.3  # why",
            Ok("pkg:pypi/flask-login@0.6.3"),
        );
        check(
            "uvicorn[standard,x] ==0.29.0 ; python_version >= \"3.8\"",
            Ok("pkg:pypi/uvicorn@0.29.0"),
        );
        check("zope.interface (===6.0)", Ok("pkg:pypi/zope.interface@6.0"));
        check("a==1!2.0+local", Ok("pkg:pypi/a@1%212.0%2Blocal"));
        check("a==1.0,!=1.1", Ok("pkg:pypi/a@1.0"));
    }

    #[test]
    fn what_is_not_pinned_is_a_problem() {
        let unpinned = |name: &str| {
            format!("`{name}` is not pinned with `==`, so it is not in the bill of materials")
        };
        for (line, name) in [
            ("requests", "requests"),
            ("requests>=2", "requests>=2"),
            ("requests==2.*", "requests==2.*"),
            ("requests==1,==2", "requests==1,==2"),
            ("requests==", "requests=="),
            ("-e ./local", "./local"),
            (
                "x @ https://example.org/x.whl#sha256=0",
                "x @ https://example.org/x.whl#sha256=0",
            ),
            ("[x==1", "[x==1"),
        ] {
            check(line, Err(&unpinned(name)));
        }
    }

    #[test]
    fn options_and_comments_are_no_requirements() {
        for line in ["", "# x==1", "--index-url https://example.org/#a", "  -i x"] {
            check(line, Ok(""));
        }
        check(
            "-r base.txt",
            Err("`base.txt` is not followed; only files named requirements.txt are read"),
        );
        check(
            "--constraint=c.txt",
            Err("`c.txt` is not followed; only files named requirements.txt are read"),
        );
    }

    #[test]
    fn a_continued_line_is_one_and_is_told_where_it_begins() {
        let bill = parse("\n\na==1 \\\n    --hash=sha256:AB \\\n    # no\n\nb\n");
        assert_eq!(
            bill.components["pkg:pypi/a@1"].hashes,
            [("SHA-256", "ab".to_owned())]
        );
        assert_eq!(bill.problems[0].line, Some(7));
        let two = parse("a==1 --hash=sha256:ab --hash=sha256:cd");
        assert!(two.components["pkg:pypi/a@1"].hashes.is_empty());
    }
}

//! Scanning a tree.

use crate::allowance::{Allowances, WAIVER};
use crate::place::Lines;
use crate::redaction::{mark, redact};
use crate::scanner::Scanner;
use std::io;
use stepwell_tree::{Content, Tree, Unreadable, Walk};

/// A secret at its place, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The rule's name.
    pub rule: &'static str,
    /// What it is.
    pub what: &'static str,
    /// What may be shown of it.
    pub excerpt: String,
    /// By what a waiver recognises it.
    pub mark: String,
}

/// What a scan saw.
#[derive(Debug, Default)]
pub struct Report {
    /// The secrets, by path and place.
    pub findings: Vec<Finding>,
    /// How many files were read.
    pub files: usize,
    /// How many findings were waived.
    pub waived: usize,
    /// The files that are larger than the limit.
    pub too_large: Vec<String>,
    /// What could not be read.
    pub unreadable: Vec<(String, io::Error)>,
}

impl Report {
    /// In how many files findings are.
    #[must_use]
    pub fn affected_files(&self) -> usize {
        let mut paths: Vec<_> = self.findings.iter().map(|finding| &finding.path).collect();
        paths.dedup();
        paths.len()
    }
}

/// Scans the files of a walk over `tree`, each up to `max_size` bytes. Before each file
/// `keep_going` is asked, so that a task can be told to stop.
pub fn scan(
    tree: &dyn Tree,
    walk: Walk<'_>,
    scanner: &Scanner,
    max_size: u64,
    allowances: &mut Allowances,
    keep_going: impl Fn() -> bool,
) -> Report {
    let mut report = Report::default();
    for path in walk.take_while(|_| keep_going()) {
        let path = match path {
            Ok(path) => path,
            Err(Unreadable { path, error }) => {
                report.unreadable.push((path, error));
                continue;
            }
        };
        match tree.read(&path, max_size) {
            Ok(Content::Text(text)) => {
                report.files += 1;
                examine(&path, &text, scanner, allowances, &mut report);
            }
            Ok(Content::Binary) => {}
            Ok(Content::TooLarge) => report.too_large.push(path),
            Err(error) => report.unreadable.push((path, error)),
        }
    }
    report
}

fn examine(
    path: &str,
    text: &[u8],
    scanner: &Scanner,
    allowances: &mut Allowances,
    report: &mut Report,
) {
    let hits = scanner.scan(text);
    if hits.is_empty() {
        return;
    }
    let lines = Lines::new(text);
    for hit in hits {
        let secret = text.get(hit.range.clone()).unwrap_or_default();
        let (line, column) = lines.place(hit.range.start);
        let finding = Finding {
            path: path.to_owned(),
            line,
            column,
            rule: hit.rule,
            what: hit.what,
            excerpt: redact(secret),
            mark: mark(secret),
        };
        let around = lines.around(&hit.range);
        let waived_here = around
            .windows(WAIVER.len())
            .any(|window| window == WAIVER.as_bytes());
        if waived_here || allowances.accepts(&finding) {
            report.waived += 1;
        } else {
            report.findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepwell_tree::{Filter, Memory};

    /// A token that is put together when the test runs, so that this file holds none.
    fn token() -> String {
        [
            "npm_", "Zk3Vq8Lw", "T5nRx2Hc", "J9pYb4Md", "F7sGa6We", "Q1uK",
        ]
        .concat()
    }

    fn run(files: &[(&str, String)], allowances: &str) -> (Report, Allowances) {
        let tree: Memory = files.iter().cloned().collect();
        let filter = Filter::new([]).unwrap();
        let walk = Walk::new(&tree, &filter, "").unwrap();
        let mut allowances = Allowances::parse(allowances).unwrap();
        let scanner = Scanner::new(4.0).unwrap();
        let report = scan(&tree, walk, &scanner, 1000, &mut allowances, || true);
        (report, allowances)
    }

    fn places(report: &Report) -> Vec<String> {
        let place = |finding: &Finding| {
            let Finding {
                path, line, column, ..
            } = finding;
            format!("{path}:{line}:{column}")
        };
        report.findings.iter().map(place).collect()
    }

    #[test]
    fn findings_have_their_place_and_never_the_secret() {
        let token = token();
        let (report, _) = run(
            &[
                ("b.txt", format!("né {token}\n")),
                ("a/x.txt", format!("\n\n  {token}\n{token}")),
                ("empty", String::new()),
            ],
            "",
        );
        assert_eq!(places(&report), ["a/x.txt:3:3", "a/x.txt:4:1", "b.txt:1:4"]);
        assert_eq!((report.files, report.affected_files()), (3, 2));
        assert!(!format!("{report:?}").contains(&token));
        assert_eq!(report.findings[0].excerpt, "npm_…");
    }

    #[test]
    fn a_comment_on_the_line_or_the_line_above_waives_a_finding() {
        let token = token();
        let (report, _) = run(
            &[
                ("same", format!("x = {token} # {WAIVER}\n")),
                ("above", format!("# {WAIVER}: made up\nx = {token}\n")),
                ("below", format!("x = {token}\n# {WAIVER}\n")),
                ("far", format!("# {WAIVER}\n\nx = {token}\n")),
            ],
            "",
        );
        assert_eq!(places(&report), ["below:1:5", "far:3:5"]);
        assert_eq!(report.waived, 2);
    }

    #[test]
    fn accepted_findings_are_counted_and_unused_lines_known() {
        let token = token();
        let lines = format!(
            "a:npm-token\nb:npm-token:{}\nc:npm-token\n",
            mark(token.as_bytes())
        );
        let replaced = token.replace("Zk3V", "Vk3Z");
        let (report, allowances) = run(
            &[
                ("a", token.clone()),
                ("b", format!("{token}\n{replaced}\n")),
            ],
            &lines,
        );
        assert_eq!(places(&report), ["b:2:1"]);
        assert_eq!(report.waived, 2);
        assert_eq!(allowances.unused().collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn large_and_binary_files_are_not_scanned() {
        let token = token();
        let (report, _) = run(
            &[
                ("large", format!("{token}{}", " ".repeat(1000))),
                ("binary", format!("\0{token}")),
            ],
            "",
        );
        assert!(report.findings.is_empty());
        assert_eq!((report.files, report.too_large.len()), (0, 1));
    }

    #[test]
    fn a_scan_stops_when_it_is_told_to() {
        let tree: Memory = [("a", token())].into_iter().collect();
        let filter = Filter::new([]).unwrap();
        let walk = Walk::new(&tree, &filter, "").unwrap();
        let scanner = Scanner::new(4.0).unwrap();
        let report = scan(
            &tree,
            walk,
            &scanner,
            1000,
            &mut Allowances::default(),
            || false,
        );
        assert_eq!((report.files, report.findings.len()), (0, 0));
    }
}

//! Findings that somebody has looked at and accepted.

use crate::rules::RULES;
use crate::scan::Finding;
use std::fmt;

/// What a line of source says to have a finding on it, or on the line below, passed over.
pub const WAIVER: &str = "stepwell:allow-secret";

/// The lines of a file of accepted findings.
///
/// A line is `path:rule`, which accepts all findings of a rule in a file, or `path:rule:mark`, the
/// fingerprint of one secret as reports give it. Empty lines, and lines that begin with `#`, say
/// nothing.
#[derive(Debug, Default)]
pub struct Allowances(Vec<Allowance>);

#[derive(Debug)]
struct Allowance {
    line: usize,
    path: String,
    rule: &'static str,
    mark: Option<String>,
    used: bool,
}

/// A line that is neither of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for BadLine {}

impl Allowances {
    /// Reads the file's text.
    ///
    /// # Errors
    ///
    /// At the first line that is neither `path:rule` nor `path:rule:mark`.
    pub fn parse(text: &str) -> Result<Self, BadLine> {
        let mut allowances = Vec::new();
        for (line, entry) in (1..).zip(text.lines()) {
            let entry = entry.trim();
            if !entry.is_empty() && !entry.starts_with('#') {
                let parsed = Allowance::parse(line, entry);
                allowances.push(parsed.map_err(|reason| BadLine { line, reason })?);
            }
        }
        Ok(Self(allowances))
    }

    /// Whether a line accepts the finding; the line then counts as used.
    pub fn accepts(&mut self, finding: &Finding) -> bool {
        let mut accepted = false;
        for allowance in &mut self.0 {
            if allowance.covers(finding) {
                allowance.used = true;
                accepted = true;
            }
        }
        accepted
    }

    /// The numbers of the lines that accepted nothing.
    pub fn unused(&self) -> impl Iterator<Item = usize> {
        let unused = self.0.iter().filter(|allowance| !allowance.used);
        unused.map(|allowance| allowance.line)
    }
}

impl Allowance {
    fn parse(line: usize, entry: &str) -> Result<Self, String> {
        let wanted = "expected `path:rule` or `path:rule:mark`";
        let (head, last) = entry.rsplit_once(':').ok_or(wanted)?;
        let marked = (is_mark(last) && !is_rule(last))
            .then(|| head.rsplit_once(':'))
            .flatten();
        let (path, rule, mark) = match marked {
            Some((path, rule)) => (path, rule, Some(last.to_owned())),
            None => (head, last, None),
        };
        let known = RULES.iter().find(|known| known.id == rule);
        let Some(known) = known else {
            return Err(format!("there is no rule `{rule}`; {wanted}"));
        };
        if path.is_empty() {
            return Err(format!("the path is missing; {wanted}"));
        }
        Ok(Self {
            line,
            path: path.trim_start_matches("./").to_owned(),
            rule: known.id,
            mark,
            used: false,
        })
    }

    fn covers(&self, finding: &Finding) -> bool {
        self.rule == finding.rule
            && self.path == finding.path
            && self.mark.as_ref().is_none_or(|mark| *mark == finding.mark)
    }
}

fn is_rule(text: &str) -> bool {
    RULES.iter().any(|rule| rule.id == text)
}

fn is_mark(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(path: &str, rule: &'static str, mark: &str) -> Finding {
        Finding {
            path: path.to_owned(),
            line: 1,
            column: 1,
            rule,
            what: "",
            excerpt: String::new(),
            mark: mark.to_owned(),
        }
    }

    #[test]
    fn lines_accept_by_rule_or_by_mark_and_know_whether_they_did() {
        let mut allowances = Allowances::parse(
            "# reviewed\n\ntests/a.rs:jwt\n./b:c.env:jwt:00ff\nold.rs:private-key\n",
        )
        .unwrap();
        for (path, rule, mark, expected) in [
            ("tests/a.rs", "jwt", "0000", true),
            ("tests/a.rs", "npm-token", "0000", false),
            ("b:c.env", "jwt", "00ff", true),
            ("b:c.env", "jwt", "00fe", false),
            ("other", "jwt", "00ff", false),
        ] {
            let finding = finding(path, rule, mark);
            assert_eq!(allowances.accepts(&finding), expected, "{finding:?}");
        }
        assert_eq!(allowances.unused().collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn a_line_that_accepts_nothing_is_an_error() {
        for (text, expected) in [
            ("a.rs", "line 1: expected `path:rule` or `path:rule:mark`"),
            (
                "\na.rs:jvt",
                "line 2: there is no rule `jvt`; expected `path:rule` or `path:rule:mark`",
            ),
            (
                ":jwt",
                "line 1: the path is missing; expected `path:rule` or `path:rule:mark`",
            ),
        ] {
            assert_eq!(Allowances::parse(text).unwrap_err().to_string(), expected);
        }
    }
}

//! Finds keys, tokens and passwords that should not be in a repository.
//!
//! [`rules`] says what a secret looks like, [`scanner`] finds the secrets of one file, [`scan`]
//! those of a tree. What leaves the task of a secret is what [`redaction`] leaves of it: nothing
//! here stores, logs or reports a secret itself.

pub mod allowance;
pub mod entropy;
pub mod place;
pub mod placeholder;
pub mod redaction;
pub mod rules;
pub mod scan;
pub mod scanner;
pub mod size;

use allowance::Allowances;
use scan::{Finding, Report, scan};
use scanner::Scanner;
use size::Size;
use stepwell_task::{
    Context, Failure, Issue, OutputSet, Result, WorkspacePath, canceled, info, workspace,
};
use stepwell_tree::{Disk, Filter, Walk, resolve};

stepwell_task::task! {
    /// Finds keys, tokens and passwords that should not be in a repository.
    name: "secret-scan",
    needs: [workspace(read)],
    inputs: Inputs {
        /// The directory or file to scan.
        path: WorkspacePath = ".",
        /// What not to scan, as lines of a `.gitignore`; `!name` brings back what is skipped.
        exclude: Option<Vec<String>>,
        /// A file of accepted findings: `path:rule` or `path:rule:mark` lines.
        allow_file: Option<WorkspacePath>,
        /// Larger files are not scanned, but counted.
        max_size: Size = "1MiB",
        /// How random a value without a known format has to be, in bits per character; at most
        /// 3 are asked of hexadecimal text.
        entropy: f64 = 4.0,
        /// Fail if there is a finding.
        fail: bool = true,
    },
    outputs: Outputs {
        /// How many secrets were found.
        findings: usize,
        /// How many files were scanned.
        files: usize,
    },
    run: run,
}

/// The host keeps this many errors of a step and counts the others.
const KEPT_ISSUES: usize = 10;

/// How many names a line lists before it only counts.
const LISTED: usize = 5;

const ADVICE: &str = "\
revoke each secret where it was issued, then remove it: what was committed once is known
accept what is none with a comment `stepwell:allow-secret` on its line or the line above";

fn run(inputs: Inputs) -> Result {
    let tree = Disk::new(workspace());
    let exclude = inputs.exclude.unwrap_or_default();
    let filter = Filter::new(exclude.iter().map(String::as_str)).context("input `exclude`")?;
    let mut allowances = match &inputs.allow_file {
        Some(file) => Allowances::parse(&file.read_to_string()?).context(file)?,
        None => Allowances::default(),
    };
    let start = resolve("", inputs.path.as_str()).unwrap_or_default();
    let walk = Walk::new(&tree, &filter, &start)
        .with_context(|| format!("cannot scan `{}`", inputs.path))?;
    let scanner = Scanner::new(inputs.entropy)?;
    let report = scan(
        &tree,
        walk,
        &scanner,
        inputs.max_size.0,
        &mut allowances,
        || !canceled(),
    );
    let was_canceled = canceled();
    tell(&report);
    let is_complete = start.is_empty() && !was_canceled;
    if let Some(file) = inputs.allow_file.as_ref().filter(|_| is_complete) {
        tell_unused(file, &allowances);
    }
    let outputs = Outputs {
        findings: report.findings.len(),
        files: report.files,
    };
    outputs.set()?;
    verdict(&report, inputs.fail, was_canceled)
}

fn verdict(report: &Report, fail: bool, was_canceled: bool) -> Result {
    if was_canceled {
        let files = count(report.files, "file");
        return Err(Failure::new(format!("canceled after {files}")));
    }
    if !fail || report.findings.is_empty() {
        return Ok(());
    }
    let secrets = count(report.findings.len(), "secret");
    let files = count(report.affected_files(), "file");
    Err(Failure::new(format!("{secrets} in {files}")).with_details(ADVICE))
}

fn tell(report: &Report) {
    for (position, finding) in report.findings.iter().enumerate() {
        let message = describe(finding);
        if position >= KEPT_ISSUES {
            let Finding {
                path, line, column, ..
            } = finding;
            stepwell_task::error!("{path}:{line}:{column}: {message}");
        }
        Issue::error(message)
            .at(&finding.path)
            .line(finding.line)
            .column(finding.column)
            .code(finding.rule)
            .report();
    }
    for (path, error) in &report.unreadable {
        Issue::warning(format!("cannot be read, so it was not scanned: {error}"))
            .at(path)
            .code("unreadable")
            .report();
    }
    for line in summary(report) {
        info!("{line}");
    }
}

fn tell_unused(file: &WorkspacePath, allowances: &Allowances) {
    for line in allowances.unused() {
        Issue::warning("this line accepts no finding: remove it")
            .at(file)
            .line(u32::try_from(line).unwrap_or(u32::MAX))
            .code("unused-allowance")
            .report();
    }
}

fn describe(finding: &Finding) -> String {
    let Finding {
        what,
        excerpt,
        rule,
        mark,
        ..
    } = finding;
    format!("{what}: `{excerpt}` ({rule}:{mark})")
}

fn summary(report: &Report) -> Vec<String> {
    let mut lines = vec![format!("scanned {}", count(report.files, "file"))];
    if report.waived > 0 {
        lines.push(format!("accepted {}", count(report.waived, "finding")));
    }
    if !report.too_large.is_empty() {
        let names: Vec<_> = report.too_large.iter().take(LISTED).cloned().collect();
        let others = report.too_large.len() - names.len();
        let rest = match others {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        lines.push(format!(
            "skipped {} over `max-size`: {}{rest}",
            count(report.too_large.len(), "file"),
            names.join(", ")
        ));
    }
    lines
}

fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(paths: &[&str]) -> Report {
        let finding = |path: &&str| Finding {
            path: (*path).to_owned(),
            line: 3,
            column: 7,
            rule: "jwt",
            what: "a JSON web token",
            excerpt: "eyJh…".to_owned(),
            mark: "00ff".to_owned(),
        };
        Report {
            findings: paths.iter().map(finding).collect(),
            files: 9,
            ..Report::default()
        }
    }

    #[test]
    fn findings_fail_the_step_unless_told_otherwise() {
        for (paths, fail, expected) in [
            (&[][..], true, None),
            (&["a"][..], true, Some("1 secret in 1 file")),
            (&["a", "a", "b"][..], true, Some("3 secrets in 2 files")),
            (&["a"][..], false, None),
        ] {
            let failure = verdict(&report(paths), fail, false).err();
            assert_eq!(failure.as_ref().map(Failure::message), expected);
        }
        let failure = verdict(&report(&[]), false, true).unwrap_err();
        assert_eq!(failure.message(), "canceled after 9 files");
    }

    #[test]
    fn a_finding_is_told_with_what_a_waiver_needs() {
        assert_eq!(
            describe(&report(&["a"]).findings[0]),
            "a JSON web token: `eyJh…` (jwt:00ff)"
        );
    }

    #[test]
    fn what_was_left_out_is_said() {
        let report = Report {
            files: 1,
            waived: 2,
            too_large: (1..=7).map(|number| format!("f{number}")).collect(),
            ..Report::default()
        };
        assert_eq!(
            summary(&report),
            [
                "scanned 1 file",
                "accepted 2 findings",
                "skipped 7 files over `max-size`: f1, f2, f3, f4, f5 and 2 more",
            ]
        );
    }
}

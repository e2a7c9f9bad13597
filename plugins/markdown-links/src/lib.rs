//! Finds dead relative links and anchors in Markdown files.
//!
//! [`document`] reads what a file links to and what in it can be linked to, [`place`] looks paths up
//! in the tree, [`check`](mod@check) brings the two together. Nothing is fetched: links with an
//! address are counted and left alone.

pub mod check;
pub mod document;
pub mod html;
pub mod place;
pub mod slug;
pub mod target;

use check::{Problem, Report, check};
use stepwell_task::{
    Context, Failure, Issue, OutputSet, Result, WorkspacePath, canceled, info, workspace,
};
use stepwell_tree::{Disk, Filter, Walk, resolve};

stepwell_task::task! {
    /// Finds dead relative links and anchors in Markdown files.
    name: "markdown-links",
    needs: [workspace(read)],
    inputs: Inputs {
        /// The directory or file to check.
        path: WorkspacePath = ".",
        /// What not to check, as lines of a `.gitignore`; `!name` brings back what is skipped.
        exclude: Option<Vec<String>>,
        /// Check the part of a link after `#` too.
        anchors: bool = true,
        /// Fail if a link is broken.
        fail: bool = true,
    },
    outputs: Outputs {
        /// How many links are broken.
        broken: usize,
        /// How many links were checked.
        links: usize,
        /// How many Markdown files were read.
        files: usize,
    },
    run: run,
}

/// The host keeps this many errors of a step and counts the others.
const KEPT_ISSUES: usize = 10;

fn run(inputs: Inputs) -> Result {
    let tree = Disk::new(workspace());
    let exclude = inputs.exclude.unwrap_or_default();
    let filter = Filter::new(exclude.iter().map(String::as_str)).context("input `exclude`")?;
    let start = resolve("", inputs.path.as_str()).unwrap_or_default();
    let walk = Walk::new(&tree, &filter, &start)
        .with_context(|| format!("cannot check `{}`", inputs.path))?;
    let report = check(&tree, walk, inputs.anchors, || !canceled())?;
    let was_canceled = canceled();
    tell(&report);
    let outputs = Outputs {
        broken: report.broken(),
        links: report.links,
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
    if !fail || report.broken() == 0 {
        return Ok(());
    }
    let links = count(report.broken(), "broken link");
    let files = count(report.affected_files(), "file");
    Err(Failure::new(format!("{links} in {files}")))
}

fn tell(report: &Report) {
    for (position, problem) in report.problems.iter().enumerate() {
        let Problem {
            path,
            line,
            column,
            code,
            message,
        } = problem;
        if position >= KEPT_ISSUES {
            info!("{path}:{line}:{column}: {message}");
        }
        let issue = if code.is_error() {
            Issue::error(message)
        } else {
            Issue::warning(message)
        };
        issue
            .at(path)
            .line(*line)
            .column(*column)
            .code(code.as_str())
            .report();
    }
    for (path, error) in &report.unreadable {
        Issue::warning(format!("cannot be read, so it was not checked: {error}"))
            .at(path)
            .code("unreadable")
            .report();
    }
    for line in summary(report) {
        info!("{line}");
    }
}

fn summary(report: &Report) -> Vec<String> {
    let links = count(report.links, "link");
    let files = count(report.files, "file");
    let mut lines = vec![format!("checked {links} in {files}")];
    if report.external > 0 {
        let external = count(report.external, "link");
        lines.push(format!(
            "left {external} to other hosts alone: this task has no network"
        ));
    }
    if !report.skipped.is_empty() {
        lines.push(format!(
            "skipped as not text, or larger than 8 MiB: {}",
            report.skipped.join(", ")
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
    use check::Code;

    fn report(problems: &[(&str, Code)]) -> Report {
        let problem = |(path, code): &(&str, Code)| Problem {
            path: (*path).to_owned(),
            line: 1,
            column: 1,
            code: *code,
            message: String::new(),
        };
        Report {
            problems: problems.iter().map(problem).collect(),
            files: 2,
            links: 1,
            external: 3,
            ..Report::default()
        }
    }

    #[test]
    fn broken_links_fail_the_step_and_warnings_do_not() {
        let warning = [("a", Code::UndefinedReference)];
        let two = [("a", Code::MissingFile), ("b", Code::MissingAnchor)];
        for (problems, fail, expected) in [
            (&[][..], true, None),
            (&warning[..], true, None),
            (&two[..1], true, Some("1 broken link in 1 file")),
            (&two[..], true, Some("2 broken links in 2 files")),
            (&two[..], false, None),
        ] {
            let failure = verdict(&report(problems), fail, false).err();
            assert_eq!(failure.as_ref().map(Failure::message), expected);
        }
    }

    #[test]
    fn links_to_other_hosts_are_said_once() {
        assert_eq!(
            summary(&report(&[])),
            [
                "checked 1 link in 2 files",
                "left 3 links to other hosts alone: this task has no network",
            ]
        );
    }
}

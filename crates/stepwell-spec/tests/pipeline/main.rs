//! Pipeline files: what is read, what is reported, and that nothing makes reading fail.

#![cfg(test)]

mod allowances;
mod documentation;
mod expressions;
mod jobs;
mod properties;
mod reading;
mod refusals;
mod report;
mod searches;
mod stages;
mod steps;
mod strategies;
mod variables;

use std::fmt::Write as _;
use stepwell_diagnostic::{Diagnostic, Severity};
use stepwell_spec::{Pipeline, parse};

#[track_caller]
fn read(text: &str) -> Pipeline {
    let (pipeline, diagnostics) = parse(text);
    assert_eq!(diagnostics, [], "{text}");
    pipeline.unwrap()
}

/// What is wrong with a file, as text.
fn problems(text: &str) -> String {
    render(text, &parse(text).1)
}

/// A pipeline of one job with these lines in it.
fn job(lines: &str) -> String {
    format!("[jobs.a]\n{lines}\n[[jobs.a.steps]]\ntask = \"x\"\n")
}

/// A pipeline of one step with these lines in it.
fn step(lines: &str) -> String {
    format!("[[steps]]\ntask = \"x\"\n{lines}\n")
}

/// Diagnostics as text: place, code and message, then labels and help.
fn render(text: &str, diagnostics: &[Diagnostic]) -> String {
    let place = |at: usize| {
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = at - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
        format!("{line}:{column}")
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        let severity = match diagnostic.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        writeln!(
            out,
            "{severity}[{}]: {}",
            diagnostic.code, diagnostic.message
        )
        .unwrap();
        for label in &diagnostic.labels {
            let source = &text[label.span.clone()];
            writeln!(
                out,
                "  {} {source:?} {}",
                place(label.span.start),
                label.message
            )
            .unwrap();
        }
        for help in &diagnostic.help {
            writeln!(out, "  help: {}", help.replace('\n', "\n    ")).unwrap();
        }
    }
    let lines: Vec<_> = out.lines().map(str::trim_end).collect();
    lines.join("\n")
}

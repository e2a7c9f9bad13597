//! From a file to a plan: what is planned, what is refused, and what holds for every plan.

#![cfg(test)]

mod access;
mod graph;
mod inputs;
mod number;
mod parts;
mod report;
mod stages;
mod steps;
mod table;
mod variables;

use std::fmt::Write as _;
use std::sync::LazyLock;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Capability, Description, Digest, InputSpec, InputType};
use stepwell_plan::{Capabilities, Ceilings, Plan, Request, ResolvedTask, TaskKind, plan};
use stepwell_spec::Pipeline;

fn read(text: &str) -> Pipeline {
    let (pipeline, diagnostics) = stepwell_spec::parse(text);
    assert_eq!(diagnostics, [], "{text}");
    pipeline.unwrap()
}

/// A request that adds nothing.
fn request() -> Request<'static> {
    static NONE: LazyLock<Capabilities> = LazyLock::new(Capabilities::default);
    static ANY: LazyLock<Ceilings> = LazyLock::new(Ceilings::default);
    Request {
        variables: &[],
        secrets: &[],
        capabilities: &NONE,
        ceilings: &ANY,
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A digest that tells the names of these tests apart.
fn digest(name: &str) -> Digest {
    let mut bytes = [0; 32];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Digest::from_sha256(bytes)
}

fn command(name: &str) -> ResolvedTask {
    ResolvedTask {
        name: name.to_owned(),
        digest: digest(name),
        kind: TaskKind::Command,
    }
}

fn task(name: &str, inputs: Vec<InputSpec>, capabilities: Vec<Capability>) -> ResolvedTask {
    let description = Description {
        name: name.to_owned(),
        inputs,
        capabilities,
        ..Description::default()
    };
    ResolvedTask {
        kind: TaskKind::Task(description),
        ..command(name)
    }
}

fn input(name: &str, kind: InputType) -> InputSpec {
    InputSpec {
        name: name.to_owned(),
        kind,
        required: false,
        default: None,
        values: Vec::new(),
        help: String::new(),
    }
}

#[track_caller]
fn planned(text: &str, tasks: &[ResolvedTask]) -> Plan {
    let (plan, diagnostics) = plan(&read(text), &request(), tasks);
    assert_eq!(diagnostics, [], "{}", render(text, &diagnostics));
    plan.unwrap()
}

/// The diagnostics of a pipeline that cannot be planned, as text.
#[track_caller]
fn refused(text: &str, tasks: &[ResolvedTask]) -> String {
    let (plan, diagnostics) = plan(&read(text), &request(), tasks);
    assert_eq!(plan, None);
    render(text, &stepwell_spec::in_reading_order(diagnostics))
}

/// Diagnostics as text: code and message, then labels and help.
fn render(text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        writeln!(out, "{}: {}", diagnostic.code, diagnostic.message).unwrap();
        for label in &diagnostic.labels {
            let line = text[..label.span.start].matches('\n').count() + 1;
            let source = &text[label.span.clone()];
            writeln!(out, "  line {line} {source:?} {}", label.message).unwrap();
        }
        for help in &diagnostic.help {
            writeln!(out, "  help: {}", help.replace('\n', "\n    ")).unwrap();
        }
    }
    let lines: Vec<_> = out.lines().map(str::trim_end).collect();
    lines.join("\n")
}

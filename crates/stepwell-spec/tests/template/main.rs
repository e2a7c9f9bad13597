//! Templates: what they are expanded to, what is refused, and that nothing makes reading fail.

#![cfg(test)]

mod bound;
mod outline;
mod property;
mod table;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use stepwell_diagnostic::{Severity, Sources};
use stepwell_spec::{Files, Reading, Request, read};

/// Where the pipeline's own file lies unless a test says otherwise.
const MAIN: &str = "pipeline.toml";

/// Files in memory, and how often each was read.
#[derive(Default)]
struct Project {
    files: BTreeMap<String, String>,
    reads: BTreeMap<String, usize>,
}

impl Project {
    fn of<'f>(files: impl IntoIterator<Item = (&'f str, String)>) -> Self {
        Self {
            files: files
                .into_iter()
                .map(|(path, text)| (path.to_owned(), text))
                .collect(),
            reads: BTreeMap::new(),
        }
    }

    /// Reads the pipeline `path` with some parameters.
    fn read(&mut self, path: &str, parameters: &[(String, String)]) -> Reading {
        let text = self.files.get(path).cloned().unwrap_or_default();
        read(Request {
            name: path,
            path,
            text: &text,
            parameters,
            files: self,
        })
    }
}

impl Files for Project {
    fn read(&mut self, path: &str) -> Result<String, String> {
        *self.reads.entry(path.to_owned()).or_default() += 1;
        self.files
            .get(path)
            .cloned()
            .ok_or_else(|| "there is no such file".to_owned())
    }
}

/// Reads one file without parameters.
fn read_text(text: impl Into<String>) -> Reading {
    Project::of([(MAIN, text.into())]).read(MAIN, &[])
}

/// A reading as text: the problems if there are any, and the pipeline if it is intact.
fn render(reading: &Reading) -> String {
    let mut out = String::new();
    for problem in &reading.diagnostics {
        let severity = match problem.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        writeln!(out, "{severity}[{}]: {}", problem.code, problem.message).unwrap();
        for label in &problem.labels {
            let place = place(&reading.sources, &label.span);
            writeln!(out, "  {place} {}", label.message).unwrap();
        }
        for help in &problem.help {
            writeln!(out, "  help: {}", help.replace('\n', "\n    ")).unwrap();
        }
    }
    if let Some(pipeline) = reading.pipeline.as_ref().filter(|pipeline| pipeline.intact) {
        out.push_str(&outline::of(pipeline));
    }
    let lines: Vec<_> = out.lines().map(str::trim_end).collect();
    lines.join("\n")
}

fn place(sources: &Sources, span: &std::ops::Range<usize>) -> String {
    let source = sources.at(span.start).unwrap();
    let (line, column) = source.line_and_column(span.start);
    let text = &source.text[source.range(span)];
    format!("{}:{line}:{column} {text:?}", source.name)
}

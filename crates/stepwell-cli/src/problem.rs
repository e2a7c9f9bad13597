//! Problems of the input, on their way to people and programs.

use crate::commands::OutputFormat;
use crate::console::Console;
use crate::exit::Exit;
use serde_json::json;
use stepwell_diagnostic::{Diagnostic, Sources};
use stepwell_event::FORMAT_VERSION;
use stepwell_plan::GRANT_DENIED;

/// What is wrong with an input, with the texts that it is about.
#[derive(Debug)]
pub(crate) struct Problems {
    /// The files; the first is the one that the user named.
    pub(crate) sources: Sources,
    /// At least one.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Problems {
    /// One problem that has no place in a text.
    pub(crate) fn of_file(file: &str, diagnostic: Diagnostic) -> Self {
        Self {
            sources: Sources::of(file, ""),
            diagnostics: vec![diagnostic],
        }
    }

    /// One problem of a file.
    pub(crate) fn of_source((sources, diagnostic): (Sources, Diagnostic)) -> Self {
        Self {
            sources,
            diagnostics: vec![diagnostic],
        }
    }

    /// Tells all of them, and how the program ends because of them.
    pub(crate) fn report(&self, console: Console, output: OutputFormat) -> Exit {
        self.print(console, output);
        let mut errors = self
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error());
        if errors.all(|error| error.code == GRANT_DENIED) {
            Exit::GrantDenied
        } else {
            Exit::WrongInput
        }
    }

    /// Tells all of them: people on standard error, programs on standard output.
    pub(crate) fn print(&self, console: Console, output: OutputFormat) {
        match output {
            OutputFormat::Human => console.err(&stepwell_report::diagnostics(
                &self.sources,
                &self.diagnostics,
                console.color,
            )),
            OutputFormat::Json => {
                for diagnostic in &self.diagnostics {
                    let line = json!({
                        "v": FORMAT_VERSION,
                        "type": "diagnostic",
                        "file": self.sources.files().first().map(|file| &file.name),
                        "diagnostic": stepwell_report::located(&self.sources, diagnostic),
                    });
                    console.out(&format!("{line}\n"));
                }
            }
        }
    }
}

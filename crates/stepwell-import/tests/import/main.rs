//! What becomes of pipelines and templates of Azure Pipelines.

#![cfg(test)]

mod complete;
mod directives;
mod files;
mod hostile;
mod jobs;
mod strings;
mod variables;

use stepwell_import::{Import, azure_pipelines};

/// Imports a text that has to be imported, to a file that has to be TOML.
fn import(yaml: &str) -> Import {
    let import = azure_pipelines(yaml).unwrap_or_else(|error| panic!("{error:?}\n{yaml}"));
    if let Err(error) = import.toml.parse::<toml::Table>() {
        panic!("{error}\n{}\n{yaml}", import.toml);
    }
    import
}

/// The pipeline file without its first comment.
fn body(yaml: &str) -> String {
    let toml = import(yaml).toml;
    let (_, body) = toml.split_once("\n\n").unwrap();
    body.to_owned()
}

/// Where something was not carried over, and why.
fn notes(import: &Import) -> String {
    let line =
        |note: &stepwell_import::Note| format!("{}:{}: {}", note.line, note.column, note.message);
    let lines: Vec<String> = import.notes.iter().map(line).collect();
    lines.join("\n")
}

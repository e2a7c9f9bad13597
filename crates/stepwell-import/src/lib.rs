//! Pipelines of Azure Pipelines as pipeline files: `azure-pipelines.yml` in, `pipeline.toml` out.
//!
//! The import is for people who move over, so its output is to be read and worked on. It promises that
//! **nothing is dropped**: every key of the source is carried over, or stands in the output as a comment
//! that says why it was not. That is by construction: whoever converts a mapping goes through its
//! entries, and an entry that has no counterpart can only be [left](importer::Importer::leave).
//!
//! Three steps, each with its own types: text to a tree with places and comments ([`yaml`]), the tree to
//! tables with comments ([`document`]), tables to text. What the source cannot be trusted with is bounded:
//! its size, its depth, what its aliases stand for, and the size of the output.

mod deployment;
mod directive;
mod document;
mod duration;
mod error;
mod importer;
mod job;
mod parameter;
mod pipeline;
mod stage;
mod step;
mod template;
mod text;
mod value;
mod variable;
mod yaml;

pub use error::ImportError;

/// The largest source that is read.
pub const MAX_BYTES: usize = 1 << 20;

const HEADER: &str = "\
# Imported from Azure Pipelines. What was not carried over stands in comments, with the reason
# above and the lines of the source below.
";

/// What became of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The pipeline file, with a comment for everything in `notes`.
    pub toml: String,
    /// What was not carried over, or needs work, in the order of the source.
    pub notes: Vec<Note>,
}

/// Something that was not carried over, or that needs work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The line in the source, from 1.
    pub line: usize,
    /// The column in the source, in characters from 1.
    pub column: usize,
    /// A lowercase fragment: what, and why.
    pub message: String,
}

/// Translates the text of a pipeline, or of a template, of Azure Pipelines.
///
/// # Errors
///
/// The text is no YAML, has no pipeline's shape at its root, or is beyond a limit.
pub fn azure_pipelines(yaml: &str) -> Result<Import, ImportError> {
    if yaml.len() > MAX_BYTES {
        return Err(ImportError::at_start(
            format!(
                "the file has {} bytes, and at most {MAX_BYTES} are read",
                yaml.len()
            ),
            "move parts of it into templates, and import each file",
        ));
    }
    let (root, notes) = yaml::read(yaml)?;
    let mut importer = importer::Importer::new(yaml, notes);
    let table = importer.pipeline(&root)?;
    let toml = table.render()?;
    Ok(Import {
        toml: format!("{HEADER}\n{toml}"),
        notes: importer.into_notes(),
    })
}

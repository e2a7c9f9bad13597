//! What is asked, and what the user configured.

use crate::{Question, Refusal};
use serde::de::DeserializeOwned;
use std::path::{Component, Path, PathBuf};

/// What the user configured, read from the text that every question carries.
///
/// # Errors
///
/// It does not fit, for this reason.
pub fn config<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("the configuration does not fit: {error}"))
}

impl Question {
    /// What the user configured.
    ///
    /// # Errors
    ///
    /// It does not fit: [`Refusal::Misconfigured`].
    pub fn config<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        config(&self.config).map_err(Refusal::Misconfigured)
    }

    /// Where a file of the candidate is; `path` is relative to the candidate's root.
    ///
    /// # Errors
    ///
    /// The oracle was granted no access to the candidate's files, or `path` leads out of them:
    /// [`Refusal::Misconfigured`].
    pub fn path(&self, path: impl AsRef<Path>) -> Result<PathBuf, Refusal> {
        let path = path.as_ref();
        let Some(workspace) = &self.workspace else {
            return Err(Refusal::Misconfigured(
                "the oracle sees no files: grant it the workspace, for reading".to_owned(),
            ));
        };
        let stays = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if !path.components().all(stays) {
            return Err(Refusal::Misconfigured(format!(
                "`{}` is not a path relative to the candidate's root",
                path.display()
            )));
        }
        Ok(Path::new(workspace).join(path))
    }
}

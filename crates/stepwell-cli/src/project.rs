//! Files of the project, as templates name them.

use std::path::{Path, PathBuf};
use stepwell_spec::{Files, MAX_FILE_BYTES};
use stepwell_workspace::Workspace;

/// Reads templates of a project, and nothing outside of it.
pub(crate) struct ProjectFiles {
    project: PathBuf,
    /// Opened with the first template: most pipelines have none.
    workspace: Option<Workspace>,
    /// What was read: paths and texts.
    pub(crate) read: Vec<(String, String)>,
}

impl ProjectFiles {
    pub(crate) fn of(project: &Path) -> Self {
        Self {
            project: project.to_owned(),
            workspace: None,
            read: Vec::new(),
        }
    }
}

impl Files for ProjectFiles {
    fn read(&mut self, path: &str) -> Result<String, String> {
        let workspace = match &self.workspace {
            Some(workspace) => workspace,
            None => {
                let opened = Workspace::open(&self.project).map_err(|error| error.to_string())?;
                self.workspace.insert(opened)
            }
        };
        let bytes = workspace
            .read(path, MAX_FILE_BYTES as u64)
            .map_err(|error| match error.help() {
                Some(help) => format!("{error}; {help}"),
                None => error.to_string(),
            })?;
        let text = String::from_utf8(bytes)
            .map_err(|error| format!("`{path}` is not UTF-8: {}", error.utf8_error()))?;
        self.read.push((path.to_owned(), text.clone()));
        Ok(text)
    }
}

//! A pipeline file with its templates, as a text of the project or of a version of it.

use crate::problem::Problems;
use crate::project::ProjectFiles;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use stepwell_diagnostic::{Diagnostic, Sources};
use stepwell_spec::{Files as _, MAX_FILE_BYTES, Pipeline, Reading};

/// A pipeline that was read.
#[derive(Clone)]
pub(crate) struct Source {
    /// The file as it is shown to people.
    pub(crate) name: String,
    pub(crate) text: String,
    /// The directory that steps may see and that holds `.stepwell`.
    pub(crate) project: PathBuf,
    /// What the sources of components are relative to.
    pub(crate) folder: PathBuf,
    pub(crate) pipeline: Pipeline,
    pub(crate) sources: Sources,
    /// Paths and texts.
    pub(crate) templates: Vec<(String, String)>,
    /// What is wrong with it so far.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Source {
    /// Reads the file that the user names.
    pub(crate) fn of_file(
        file: &Path,
        project: Option<&Path>,
        parameters: &[(String, String)],
    ) -> Result<Self, Problems> {
        let name = file.display().to_string();
        let text = read(file).map_err(|problem| Problems::of_file(&name, problem))?;
        let project =
            project_of(file, project).map_err(|problem| Problems::of_file(&name, problem))?;
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let path = path_in(file, &project);
        let files = ProjectFiles::of(&project);
        Self::of_text(
            Text { name, path, text },
            project,
            folder,
            parameters,
            files,
        )
    }

    /// Reads a file beneath the folder `project`. Neither may be trusted.
    pub(crate) fn beneath(
        project: &Path,
        path: &str,
        parameters: &[(String, String)],
    ) -> Result<Self, Problems> {
        let mut files = ProjectFiles::of(project);
        let text = files.read(path).map_err(|why| {
            let problem = Diagnostic::error("no-file", format!("cannot read `{path}`: {why}"));
            Problems::of_file(path, problem)
        })?;
        files.read.clear();
        let text = Text {
            name: path.to_owned(),
            path: path.to_owned(),
            text,
        };
        let folder = project.join(path);
        let folder = folder.parent().unwrap_or(project).to_owned();
        Self::of_text(text, project.to_owned(), folder, parameters, files)
    }

    /// Reads a pipeline that is Stepwell's own.
    pub(crate) fn of_own(text: &str, project: &Path) -> Result<Self, Problems> {
        let files = ProjectFiles::of(project);
        let text = Text {
            name: "stepwell bisect run".to_owned(),
            path: String::new(),
            text: text.to_owned(),
        };
        Self::of_text(text, project.to_owned(), project.to_owned(), &[], files)
    }

    fn of_text(
        file: Text,
        project: PathBuf,
        folder: PathBuf,
        parameters: &[(String, String)],
        mut files: ProjectFiles,
    ) -> Result<Self, Problems> {
        let Reading {
            pipeline,
            diagnostics,
            sources,
        } = stepwell_spec::read(stepwell_spec::Request {
            name: &file.name,
            path: &file.path,
            text: &file.text,
            parameters,
            files: &mut files,
        });
        match pipeline {
            Some(pipeline) => Ok(Self {
                name: file.name,
                text: file.text,
                project,
                folder,
                pipeline,
                sources,
                templates: files.read,
                diagnostics,
            }),
            None => Err(Problems {
                sources,
                diagnostics,
            }),
        }
    }

    /// The pipeline that publishes, if there is one.
    pub(crate) fn publication(&self) -> Option<Self> {
        Some(Self {
            pipeline: self.pipeline.publication()?,
            ..self.clone()
        })
    }
}

/// A pipeline's text, and where it is from.
struct Text {
    /// For people.
    name: String,
    /// Relative to the project, as templates see it.
    path: String,
    text: String,
}

/// The pipeline file relative to the project.
fn path_in(file: &Path, project: &Path) -> String {
    let path = file.canonicalize().ok();
    let inside = path
        .as_ref()
        .and_then(|path| path.strip_prefix(project).ok());
    let name = file.file_name().map(Path::new);
    inside
        .or(name)
        .map(|path| path.to_string_lossy().replace('\\', "/"))
        .unwrap_or_default()
}

/// The directory that steps may see and that holds `.stepwell`: the current one if the file is in it,
/// else the file's own.
pub(crate) fn project_of(file: &Path, project: Option<&Path>) -> Result<PathBuf, Diagnostic> {
    let project = match project {
        Some(project) => project.to_owned(),
        None => {
            let current = std::env::current_dir().and_then(|path| path.canonicalize());
            match (current, file.canonicalize()) {
                (Ok(current), Ok(file)) if file.starts_with(&current) => current,
                (_, Ok(file)) => file.parent().unwrap_or(&file).to_owned(),
                (_, Err(_)) => PathBuf::from("."),
            }
        }
    };
    readable(&project)
}

/// The full path of a folder that can be read.
pub(crate) fn readable(project: &Path) -> Result<PathBuf, Diagnostic> {
    let unreadable = |error: &io::Error| {
        Diagnostic::error(
            "unreadable-project",
            format!("cannot read the project `{}`: {error}", project.display()),
        )
        .help("name a directory that you may read with `--project`")
    };
    fs::read_dir(project).map_err(|error| unreadable(&error))?;
    project.canonicalize().map_err(|error| unreadable(&error))
}

/// Reads a pipeline file; one that is too large only as far as the parser needs to say so.
fn read(file: &Path) -> Result<String, Diagnostic> {
    let name = file.display();
    let unreadable = |error: &io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            Diagnostic::error("no-file", format!("there is no file `{name}`"))
                .help("name a pipeline file: `stepwell run FILE`")
        }
        _ => Diagnostic::error("unreadable-file", format!("cannot read `{name}`: {error}")),
    };
    let metadata = fs::metadata(file).map_err(|error| unreadable(&error))?;
    if metadata.is_dir() {
        return Err(
            Diagnostic::error("unreadable-file", format!("`{name}` is a directory")).help(format!(
                "name the file in it: `{}`",
                file.join("pipeline.toml").display()
            )),
        );
    }
    if !metadata.is_file() {
        return Err(Diagnostic::error(
            "unreadable-file",
            format!("`{name}` is no ordinary file"),
        ));
    }
    let mut bytes = Vec::new();
    fs::File::open(file)
        .and_then(|file| file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(&error))?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Diagnostic::error(
            "too-large",
            format!(
                "`{name}` has {} bytes; a pipeline file has at most {MAX_FILE_BYTES}",
                metadata.len()
            ),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error
            .as_bytes()
            .iter()
            .take(valid)
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        Diagnostic::error(
            "not-utf-8",
            format!("`{name}` is not UTF-8: see line {line}, byte {valid}"),
        )
        .help("save it as UTF-8")
    })
}

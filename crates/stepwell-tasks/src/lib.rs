//! Finds the tasks that a pipeline names.
//!
//! A task is built in, or a file of the project. Wherever it comes from, what counts is the digest
//! of its bytes: the plan, the journal and the code cache know a task by nothing else.

use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use stepwell_event::Digest;

/// Bytes that a task's file may have; the sandbox refuses anything larger.
const MAX_FILE: u64 = 100 << 20;

static BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// The bytes of a task.
#[derive(Debug, Clone)]
pub struct TaskFile {
    /// What identifies it.
    pub digest: Digest,
    /// The component, or the preview 1 module.
    pub bytes: Cow<'static, [u8]>,
}

impl TaskFile {
    fn new(bytes: Cow<'static, [u8]>) -> Self {
        let digest = Digest::from_sha256(Sha256::digest(&bytes).into());
        Self { digest, bytes }
    }
}

/// Why a task was not found.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct TaskError {
    message: String,
    /// What to do.
    pub help: Option<String>,
}

impl TaskError {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The tasks that a pipeline can name.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    folder: Option<PathBuf>,
}

impl Tasks {
    /// The built-in tasks; those in `folder`, if given, come before them.
    #[must_use]
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The names of the built-in tasks, sorted. What takes part in searches for a culprit is built in
    /// too and found by its name, but is no task.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.listed(|bytes| !names(bytes, SEARCH))
    }

    /// The names of what is built in for a role in a search, such as `publisher`, and speaks its
    /// interface, sorted: what [`Tasks::built_in_for`] finds.
    #[must_use]
    pub fn speaking(&self, role: &str, interface: &str) -> Vec<String> {
        let interface = format!("{SEARCH}{interface}@");
        let mut names = self.listed(|bytes| names(bytes, &interface));
        for name in &mut names {
            if let Some(rest) = name.strip_prefix(role).and_then(|it| it.strip_prefix('-')) {
                *name = rest.to_owned();
            }
        }
        names.sort();
        names.dedup();
        names
    }

    fn listed(&self, wanted: impl Fn(&[u8]) -> bool) -> Vec<String> {
        let carried = BUILT_IN.iter().filter(|(_, bytes)| wanted(bytes));
        let mut names: Vec<String> = carried.map(|(name, _)| (*name).to_owned()).collect();
        let files = self
            .folder
            .iter()
            .filter_map(|folder| fs::read_dir(folder).ok())
            .flatten();
        for path in files.filter_map(|entry| Some(entry.ok()?.path())) {
            if path
                .extension()
                .is_some_and(|extension| extension == "wasm")
                && read(&path).is_ok_and(|file| wanted(&file.bytes))
            {
                names.extend(
                    path.file_stem()
                        .map(|stem| stem.to_string_lossy().replace('_', "-")),
                );
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// The built-in task `name`.
    ///
    /// # Errors
    ///
    /// There is none of that name.
    pub fn built_in(&self, name: &str) -> Result<TaskFile, TaskError> {
        match self.carried(name) {
            Some(found) => found,
            None => Err(self.none_of(name)),
        }
    }

    /// What is built in as `name` for a role in a search, such as `publisher`. Two roles may have
    /// something of the same name: `ROLE-NAME` comes before `NAME`.
    ///
    /// # Errors
    ///
    /// There is none of that name.
    pub fn built_in_for(&self, role: &str, name: &str) -> Result<TaskFile, TaskError> {
        match self.carried(&format!("{role}-{name}")) {
            Some(found) => found,
            None => self.built_in(name),
        }
    }

    fn carried(&self, name: &str) -> Option<Result<TaskFile, TaskError>> {
        if let Some(folder) = &self.folder {
            let path = folder.join(format!("{}.wasm", name.replace('-', "_")));
            if path.is_file() {
                return Some(read(&path).map_err(|error| {
                    TaskError::new(format!("cannot read `{}`: {error}", path.display()))
                }));
            }
        }
        let carried = BUILT_IN.iter().find(|(known, _)| *known == name);
        carried.map(|(_, bytes)| Ok(TaskFile::new(Cow::Borrowed(bytes))))
    }

    fn none_of(&self, name: &str) -> TaskError {
        let names = self.names();
        let error = TaskError::new(format!("there is no built-in task `{name}`"));
        if names.is_empty() {
            error.help(
                "this build of stepwell carries no tasks: build it with `cargo xtask build`, or \
                 set STEPWELL_TASKS to a folder of `.wasm` files",
            )
        } else {
            error.help(format!(
                "built in are: {}; name a file with `[tasks.{name}]` and `source = \"./{name}.wasm\"`",
                names.join(", ")
            ))
        }
    }

    /// The task in any file of the host, for looking at it.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn any_file(path: &Path) -> Result<TaskFile, TaskError> {
        read(path)
            .map_err(|error| TaskError::new(format!("cannot read `{}`: {error}", path.display())))
    }

    /// The task in the file `source`, relative to `folder` and inside `project`.
    ///
    /// # Errors
    ///
    /// The path leaves the project, or is no file that can be read.
    pub fn file(&self, project: &Path, folder: &Path, source: &str) -> Result<TaskFile, TaskError> {
        if source.contains("://") {
            return Err(TaskError::new(format!("`{source}` is no path")).help(
                "this version takes tasks from files of the project: `source = \"./NAME.wasm\"`",
            ));
        }
        if Path::new(source).is_absolute() {
            return Err(TaskError::new(format!("`{source}` is an absolute path"))
                .help("write it relative to the pipeline file"));
        }
        let path = folder.join(source);
        let cannot_read = |error: &io::Error| match error.kind() {
            io::ErrorKind::NotFound => TaskError::new(format!("there is no file `{source}`")).help(
                format!("it is looked for at `{}`; build it first?", path.display()),
            ),
            _ => TaskError::new(format!("cannot read `{source}`: {error}")),
        };
        let real = path.canonicalize().map_err(|error| cannot_read(&error))?;
        let project = project
            .canonicalize()
            .map_err(|error| cannot_read(&error))?;
        if !real.starts_with(&project) {
            return Err(
                TaskError::new(format!("`{source}` is outside of the project")).help(format!(
                    "the project is `{}`; copy the task into it, or name another with `--project`",
                    project.display()
                )),
            );
        }
        read(&real).map_err(|error| cannot_read(&error))
    }
}

/// What the interfaces of a search are called.
const SEARCH: &str = "stepwell:bisect/";

/// Whether a component names an interface in its bytes, which is enough for a list. What it really is,
/// the sandbox finds out when it is used.
fn names(bytes: &[u8], interface: &str) -> bool {
    let interface = interface.as_bytes();
    bytes.windows(interface.len()).any(|part| part == interface)
}

fn read(path: &Path) -> io::Result<TaskFile> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::other("it is a directory, not a `.wasm` file"));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not an ordinary file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(MAX_FILE + 1)
        .read_to_end(&mut bytes)?;
    Ok(TaskFile::new(Cow::Owned(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(result: Result<TaskFile, TaskError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_file_of_the_project_is_found_and_nothing_else_is() {
        let root = tempfile::tempdir().unwrap();
        let project = root.path().join("project");
        let folder = project.join("ci");
        fs::create_dir_all(&folder).unwrap();
        fs::write(project.join("lint.wasm"), "x").unwrap();
        fs::write(root.path().join("outside.wasm"), "x").unwrap();
        std::os::unix::fs::symlink("../../outside.wasm", folder.join("link.wasm")).unwrap();
        let tasks = Tasks::default();
        let file = |source| tasks.file(&project, &folder, source);

        assert_eq!(file("../lint.wasm").unwrap().bytes.as_ref(), b"x");
        let outside = project.join("lint.wasm").display().to_string();
        assert!(problem(file(&outside)).contains("is an absolute path"));
        assert!(problem(file("../../outside.wasm")).contains("outside of the project"));
        assert!(problem(file("link.wasm")).contains("outside of the project"));
        assert!(problem(file("nope.wasm")).contains("no file `nope.wasm`"));
        assert!(problem(file("../ci")).contains("directory"));
        assert!(problem(file("oci://x/y:1")).contains("is no path"));
    }

    #[test]
    fn a_folder_of_tasks_comes_before_the_built_in_ones() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("secret_scan.wasm"), "mine").unwrap();
        let tasks = Tasks::new(Some(root.path().to_owned()));
        assert_eq!(
            tasks.built_in("secret-scan").unwrap().bytes.as_ref(),
            b"mine"
        );
        assert!(tasks.names().contains(&"secret-scan".to_owned()));
        fs::write(
            root.path().join("judge.wasm"),
            "\0stepwell:bisect/judge@0.1.0",
        )
        .unwrap();
        assert!(!tasks.names().contains(&"judge".to_owned()));
        assert!(tasks.built_in("judge").is_ok());
        assert!(problem(tasks.built_in("nope")).contains("no built-in task `nope`"));
    }

    #[test]
    fn what_two_roles_call_the_same_is_found_by_the_role() {
        let root = tempfile::tempdir().unwrap();
        for (file, bytes) in [
            ("hook.wasm", "stepwell:bisect/notify@0.1.0"),
            ("publisher_hook.wasm", "stepwell:bisect/publish@0.1.0"),
        ] {
            fs::write(root.path().join(file), bytes).unwrap();
        }
        let tasks = Tasks::new(Some(root.path().to_owned()));
        let found = |role, name| tasks.built_in_for(role, name).unwrap().bytes;
        assert!(found("notifier", "hook").ends_with(b"notify@0.1.0"));
        assert!(found("publisher", "hook").ends_with(b"publish@0.1.0"));
        assert_eq!(tasks.speaking("publisher", "publish"), ["hook"]);
        assert_eq!(tasks.speaking("notifier", "notify"), ["hook"]);
        assert!(problem(tasks.built_in_for("publisher", "nope")).contains("`nope`"));
    }
}

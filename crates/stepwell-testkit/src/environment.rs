//! A project of its own for a test, and the program that is run in it.
//!
//! The program sees nothing of the machine but `PATH`: its home, its temporary files and its project
//! are below one folder that goes away with the [`TestEnv`]. Only compiled code is shared, by all
//! tests of all binaries, so that a guest is compiled once and not once for each test.

#![expect(
    clippy::expect_used,
    reason = "a test whose environment cannot be set up has failed"
)]

use crate::guests::{Guests, repository};
use crate::process::{Output, Process};
use regex::Regex;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError};
use tempfile::TempDir;

/// Guests that are built once per process; every test that needs them is told why they are not
/// there.
type Built = LazyLock<anyhow::Result<PathBuf>>;

static PLUGINS: Built = LazyLock::new(|| Guests::Plugins.build());
static GUESTS: Built = LazyLock::new(|| Guests::Tests.build());

fn built(guests: &'static Built) -> &'static Path {
    guests.as_deref().expect("the guests build")
}

/// A temporary project, and all that the program needs to run in it.
#[derive(Debug)]
pub struct TestEnv {
    program: PathBuf,
    project: PathBuf,
    root: TempDir,
}

impl TestEnv {
    /// An empty project in which `program` is run: `env!("CARGO_BIN_EXE_stepwell")`, which only a
    /// test of the program's own package knows.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let mut env = Self::of_project(program, "");
        env.project = env.root.path().join("project");
        fs::create_dir(&env.project).expect("a folder can be made");
        env
    }

    /// A project that is there already.
    #[must_use]
    pub fn of_project(program: impl Into<PathBuf>, project: impl Into<PathBuf>) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        for folder in ["home", "tmp"] {
            fs::create_dir(root.path().join(folder)).expect("a folder can be made");
        }
        Self {
            program: program.into(),
            project: project.into(),
            root,
        }
    }

    /// The project's folder, which is where the program is started.
    #[must_use]
    pub fn project(&self) -> &Path {
        &self.project
    }

    /// Writes a file of the project, with the folders that it needs. Returns its path.
    pub fn write(&self, path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.project.join(path);
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).expect("a folder can be made");
        fs::write(&path, contents).expect("a file can be written");
        path
    }

    /// Puts guests of `tests/guests` into the project, as `guests/NAME.wasm`.
    pub fn add_guests(&self, names: &[&str]) {
        for name in names {
            let file = format!("{name}.wasm");
            let bytes = fs::read(built(&GUESTS).join(&file));
            let bytes = bytes.expect("there is a guest of that name");
            let path = self.write(Path::new("guests").join(file), bytes);
            self.compile(&path, name);
        }
    }

    /// Has a guest compiled, once per process, so that no test is told that it is being compiled and
    /// no test takes longer than others.
    fn compile(&self, path: &Path, name: &str) {
        static COMPILED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        if compiled.insert(name.to_owned()) {
            let path = path.to_str().expect("the path is text");
            // Whether the guest can run is the business of the test.
            let _ = self.stepwell(&["task", "inspect", path]);
        }
    }

    /// Everything in the project, folders included, sorted.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let project = &self.project;
        let mut found = Vec::new();
        let mut folders = vec![project.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder of the project can be listed") {
                let path = entry.expect("a folder of the project can be listed").path();
                let name = path.strip_prefix(project).unwrap_or(&path);
                found.push(name.display().to_string());
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found
    }

    /// The program with `arguments`, in the project and in its environment, ready to be changed.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(&self.project)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", self.root.path().join("home"))
            .env("XDG_CACHE_HOME", self.root.path().join("home/cache"))
            .env("TMPDIR", self.root.path().join("tmp"))
            .env("STEPWELL_TASKS", built(&PLUGINS))
            .env("STEPWELL_CACHE", repository().join("target/test-cache"));
        command
    }

    /// Starts the program with `arguments`.
    #[must_use]
    pub fn start(&self, arguments: &[&str]) -> Process {
        Process::of(self.command(arguments))
    }

    /// Runs the program with `arguments` to its end.
    pub fn stepwell(&self, arguments: &[&str]) -> Output {
        self.start(arguments).end()
    }

    /// `text` with fixed words for what is different in every run: identifiers of runs, times, sizes,
    /// and where the project is. Columns of tables, whose width depends on those, move together; the
    /// quotes of a diagnostic do not.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let project = self.project.display().to_string();
        let text = text.replace(&project, "[PROJECT]");
        REDACTIONS.iter().fold(text, |text, (pattern, word)| {
            pattern.replace_all(&text, *word).into_owned()
        })
    }
}

const TIME: &str = r"(?:less than 1 ms|\d+ µs|\d+(?:\.\d)? ms|\d+\.\d s|\d+ m \d\d s)";

static REDACTIONS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let size = r"\d+(?:\.\d)? [KMG]?i?B";
    let patterns = [
        ("run_[0-9A-Z]{26}".to_owned(), "run_ID"),
        (format!(" in {TIME}"), " in TIME"),
        (
            format!("(?m)  +{TIME}  +{TIME}  +{size}(?:  +|$)"),
            "  TIME  TIME  SIZE  ",
        ),
        ("Duration +CPU +Memory".to_owned(), "Duration  CPU  Memory"),
        (r"([^|\s])   +(\S)".to_owned(), "$1  $2"),
        (r"(?m) +$".to_owned(), ""),
    ];
    patterns
        .into_iter()
        .map(|(pattern, word)| {
            let pattern = Regex::new(&pattern).expect("the pattern is valid");
            (pattern, word)
        })
        .collect()
});

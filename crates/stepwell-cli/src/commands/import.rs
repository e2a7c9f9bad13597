//! `stepwell import`.

use crate::console::Console;
use crate::exit::Exit;
use crate::problem::Problems;
use clap::Args;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use stepwell_diagnostic::{Diagnostic, Sources};

/// Bytes of a file to import.
const MAX_FILE: u64 = 1 << 20;

/// Turn an azure-pipelines.yml into a pipeline file
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The YAML file: a pipeline or a template of Azure Pipelines
    file: PathBuf,
    /// Where to write; `-` is standard output
    #[arg(long = "to", value_name = "FILE", default_value = "-")]
    to: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

impl ImportArgs {
    pub(crate) fn execute(self) -> Exit {
        let console = Console::new();
        let name = self.file.display().to_string();
        let refused =
            |problem| Problems::of_file(&name, problem).report(console, super::OutputFormat::Human);
        let yaml = match read(&self.file) {
            Ok(yaml) => yaml,
            Err(problem) => return refused(problem),
        };
        let import = match stepwell_import::azure_pipelines(&yaml) {
            Ok(import) => import,
            Err(error) => {
                let place = offset(&yaml, error.line, error.column);
                let problem = Diagnostic::error("import", error.message).at(place..place, "");
                let problem = match error.help.is_empty() {
                    true => problem,
                    false => problem.help(error.help),
                };
                return Problems::of_source((Sources::of(name, yaml), problem))
                    .report(console, super::OutputFormat::Human);
            }
        };
        if self.to == Path::new("-") {
            console.out(&import.toml);
        } else if let Err(problem) = self.write(&import.toml) {
            return refused(problem);
        }
        for note in &import.notes {
            let message = stepwell_report::hostile(&note.message);
            console.note(&format!("{name}:{}:{}: {message}", note.line, note.column));
        }
        match import.notes.len() {
            0 => console.note("everything was carried over"),
            1 => console.note("1 thing was not carried over; the file says where"),
            count => console.note(&format!(
                "{count} things were not carried over; the file says where"
            )),
        }
        Exit::Succeeded
    }

    fn write(&self, toml: &str) -> Result<(), Diagnostic> {
        let mut options = fs::OpenOptions::new();
        options.write(true);
        match self.force {
            true => options.create(true).truncate(true),
            false => options.create_new(true),
        };
        let shown = self.to.display();
        let written = options
            .open(&self.to)
            .and_then(|mut file| file.write_all(toml.as_bytes()));
        written.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Diagnostic::error("file-exists", format!("`{shown}` is there already"))
                    .help("replace it with `--force`, or name another with `--to`")
            }
            _ => Diagnostic::error("no-output", format!("cannot write `{shown}`: {error}")),
        })
    }
}

/// Where the text has this line and this column, which count from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let mut lines = text.split_inclusive('\n');
    let skipped = line.saturating_sub(1);
    let before: usize = lines.by_ref().take(skipped).map(str::len).sum();
    let line = lines.next().unwrap_or_default().chars();
    before
        + line
            .take(column.saturating_sub(1))
            .map(char::len_utf8)
            .sum::<usize>()
}

fn read(file: &Path) -> Result<String, Diagnostic> {
    let name = file.display();
    let unreadable =
        |why: String| Diagnostic::error("unreadable-file", format!("cannot read `{name}`: {why}"));
    let metadata = fs::metadata(file).map_err(|error| unreadable(error.to_string()))?;
    if !metadata.is_file() {
        return Err(unreadable("it is no ordinary file".to_owned()));
    }
    if metadata.len() > MAX_FILE {
        return Err(unreadable("it is larger than 1 MiB".to_owned()));
    }
    fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))
}

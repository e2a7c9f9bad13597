//! `stepwell replay`: the same step once more, and what came out otherwise.

mod comparison;
mod performance;
mod recording;

use crate::commands::OutputFormat;
use crate::commands::run::{control_runtime, journal_folder, secrets};
use crate::configuration::Configuration;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::isolation;
use crate::preparation::open_cache;
use crate::problem::Problems;
use clap::Args;
use comparison::{Comparison, Facts};
use performance::{Manner, Performance, Scratch};
use recording::Recording;
use serde_json::json;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Entry, Envelope, FORMAT_VERSION, RunId};
use stepwell_plan::Commands;
use stepwell_report::hostile;
use stepwell_sandbox::{Code, CodeCache, Metering};
use stepwell_spec::{Files, Pipeline};
use stepwell_store::{Blobs, Journal, JournalError};
use stepwell_tasks::{TaskFile, Tasks};
use stepwell_workspace::{Difference, Hashes, Inventory, MAX_INVENTORY, Workspace};

/// Paths that are named where the workspace is another.
const NAMED: usize = 5;

/// Run a recorded step once more, in a copy of the project, and tell what differs
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The run: its identifier, the beginning of it, or `latest`
    run: String,
    /// The step: `JOB/NUMBER` or `JOB.NAME`; the job can be left out if the run has only one
    step: String,
    /// Give a secret that the step was given, as the value of an environment variable, by default the
    /// one of the same name (can be repeated)
    #[arg(long = "secret", value_name = "NAME[=ENV]")]
    secrets: Vec<String>,
    /// The project whose run it is [default: the current directory]
    #[arg(long, value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

impl ReplayArgs {
    pub(crate) fn execute(self, environment: &Environment) -> Exit {
        let console = Console::new();
        let configuration = match Configuration::read(environment.config.as_deref()) {
            Ok(configuration) => configuration,
            Err(problems) => return problems.report(console, self.output),
        };
        match self.replay(environment, &configuration, console) {
            Ok(true) => Exit::Succeeded,
            Ok(false) => Exit::RunFailed,
            Err(problem) => Problems::of_file("stepwell", problem).report(console, self.output),
        }
    }

    /// Whether the step did the same.
    fn replay(
        &self,
        environment: &Environment,
        configuration: &Configuration,
        console: Console,
    ) -> Result<bool, Diagnostic> {
        let project = self.project.canonicalize().map_err(|error| {
            let message = format!(
                "cannot read the project `{}`: {error}",
                self.project.display()
            );
            Diagnostic::error("unreadable-project", message)
        })?;
        let given = secrets(&self.secrets)?;
        let control = control_runtime()?;
        let (run, events) = control.block_on(self.events(&project))?;
        let recording = Recording::find(&events, &self.step)?;
        let mut request = recording.filled(&given)?;
        let pipeline = pipeline(&recording, &project);
        let file = find_task(&recording, pipeline.as_ref(), environment, &project)?;
        let cache = open_cache(environment)?;
        let code = load(cache.as_deref(), &file, Metering::of(&request.limits))?;
        let private = cache.as_ref().map(|cache| cache.root());

        let scratch = Scratch::new(&project)?;
        let mut notes = Vec::new();
        if let Some(grant) = &mut request.workspace {
            let workspace = open_workspace(&project, private.as_deref())?;
            let difference = difference(&recording, &project, &workspace)?;
            notes.extend(difference.and_then(|difference| words(&difference)));
            let copied = scratch.copy(&workspace)?;
            if !copied.unreadable.is_empty() {
                let paths = some_of(&copied.unreadable);
                notes.push(format!(
                    "not in the copy, since they cannot be read: {paths}"
                ));
            }
            grant.path = scratch.workspace();
        }
        let performance = Performance {
            manner: manner(&recording, pipeline.as_ref()),
            request,
            secrets: given,
            code,
            private,
            dial: configuration.dial(),
        };
        let performance = performance.perform(&recording, &scratch, console);
        let seen = control.block_on(performance)?;
        let now = Facts::of(&seen, (&recording.job, 0));
        let comparison = Comparison::of(&recording.facts, &now);
        self.tell(run, &recording, &notes, &comparison, console);
        Ok(comparison.is_same())
    }

    /// The run that is meant, and what is recorded of it.
    async fn events(&self, project: &Path) -> Result<(RunId, Vec<Envelope>), Diagnostic> {
        let folder = journal_folder(project);
        if !folder.join("journal.db").is_file() {
            let message = format!("`{}` has no runs", project.display());
            return Err(Diagnostic::error("unknown-run", message)
                .help("name the project whose run it is with `--project`"));
        }
        let no_journal = |error: JournalError| {
            let problem = Diagnostic::error("no-journal", error.to_string());
            error.help().into_iter().fold(problem, Diagnostic::help)
        };
        let journal = Journal::open(&folder).await.map_err(no_journal)?;
        let runs = journal.runs().await.map_err(no_journal)?;
        let run = recording::run(&runs, &self.run)?;
        let events = journal.events(run).await.map_err(no_journal)?;
        journal.close().await.map_err(no_journal)?;
        Ok((run, events))
    }

    fn tell(
        &self,
        run: RunId,
        recording: &Recording,
        notes: &[String],
        comparison: &Comparison,
        console: Console,
    ) {
        let place = format!("{}/{}", recording.job, u64::from(recording.step) + 1);
        if self.output == OutputFormat::Json {
            let line = json!({
                "v": FORMAT_VERSION,
                "type": "replayed",
                "run": run,
                "job": recording.job,
                "step": recording.step,
                "same": comparison.is_same(),
                "findings": comparison.json(),
                "notes": notes,
            });
            match stepwell_report::json_line(&line) {
                Ok(line) => console.out(&line),
                Err(error) => console.note(&format!("error: {error}")),
            }
            return;
        }
        for note in notes {
            console.note(&format!("note: {}", hostile(note)));
        }
        let label = hostile(&recording.label);
        let verdict = match comparison.is_same() {
            true => "the step did the same as it did then",
            false => "the step did something else than it did then",
        };
        console.out(&format!(
            "replayed {} `{label}` of {run}\n{}{verdict}\n",
            hostile(&place),
            comparison.text()
        ));
    }
}

/// The templates of a run, as they were.
struct Recorded<'r>(&'r [(String, String)]);

impl Files for Recorded<'_> {
    fn read(&mut self, path: &str) -> Result<String, String> {
        let mut texts = self.0.iter();
        let text = texts.find(|(known, _)| known == path);
        text.map(|(_, text)| text.clone())
            .ok_or_else(|| "it is not recorded".to_owned())
    }
}

/// The pipeline as it was; `None` if this version does not read it any more.
fn pipeline(recording: &Recording, project: &Path) -> Option<Pipeline> {
    let snapshot = &recording.snapshot;
    // Templates are named from the file's place in the project, however the user named the file.
    let real = Path::new(&snapshot.file).canonicalize().ok();
    let inside = real
        .as_ref()
        .and_then(|file| file.strip_prefix(project).ok());
    let path = inside.map_or_else(|| snapshot.file.clone(), |path| path.display().to_string());
    let reading = stepwell_spec::read(stepwell_spec::Request {
        name: &snapshot.file,
        path: &path,
        text: &snapshot.text,
        parameters: &snapshot.parameters,
        files: &mut Recorded(&snapshot.templates),
    });
    reading.pipeline
}

/// What the pipeline says of the step.
fn manner(recording: &Recording, pipeline: Option<&Pipeline>) -> Manner {
    let step = pipeline.and_then(|pipeline| {
        let jobs = pipeline.jobs.iter().filter_map(|job| {
            let name = &job.name.value;
            let id = match &job.stage {
                Some(stage) if stage.value != stepwell_plan::DEFAULT_STAGE => {
                    format!("{}.{name}", stage.value)
                }
                _ if pipeline.stages.len() == 1 => match pipeline.stages.first() {
                    Some(stage) if stage.name.value != stepwell_plan::DEFAULT_STAGE => {
                        format!("{}.{name}", stage.name.value)
                    }
                    _ => name.clone(),
                },
                _ => name.clone(),
            };
            let rest = recording.job.strip_prefix(&id)?;
            (rest.is_empty() || rest.starts_with('.')).then_some((id.len(), job))
        });
        let (_, job) = jobs.max_by_key(|(length, _)| *length)?;
        job.steps.get(usize::try_from(recording.step).ok()?)
    });
    let usual = match recording.request.entry {
        Entry::Task { .. } | Entry::Bisect(_) => Commands::None,
        Entry::Command { .. } => Commands::Restricted,
    };
    Manner {
        name: step.and_then(|step| step.name.clone()),
        commands: step.and_then(|step| step.commands).unwrap_or(usual),
        settable_variables: step.and_then(|step| step.settable_variables.clone()),
    }
}

/// The component that was run, wherever the pipeline had it from.
fn find_task(
    recording: &Recording,
    pipeline: Option<&Pipeline>,
    environment: &Environment,
    project: &Path,
) -> Result<TaskFile, Diagnostic> {
    let tasks = Tasks::new(environment.tasks.clone());
    let name = &recording.task;
    let declared = pipeline.and_then(|pipeline| {
        let mut tasks = pipeline.tasks.iter();
        tasks.find(|task| task.name.value == *name)?.source.clone()
    });
    let found = match &declared {
        Some(source) => {
            let named = Path::new(&recording.snapshot.file);
            let folder = named.parent().unwrap_or(Path::new(""));
            // As the file was named then, or from the project.
            tasks
                .file(project, folder, &source.value)
                .or_else(|_| tasks.file(project, &project.join(folder), &source.value))
        }
        None => tasks.built_in(name),
    };
    let file = found.map_err(|error| {
        let problem = Diagnostic::error("unknown-task", error.to_string());
        error.help.into_iter().fold(problem, Diagnostic::help)
    })?;
    if file.digest == recording.request.component {
        return Ok(file);
    }
    let shown = declared.map_or_else(|| name.clone(), |source| source.value);
    let message = format!("`{shown}` is not the component any more that the step ran");
    Err(Diagnostic::error("changed-component", message)
        .help(format!(
            "it was {}, and is now {}",
            recording.request.component, file.digest
        ))
        .help("build it as it was, or start a new run"))
}

fn load(
    cache: Option<&CodeCache>,
    file: &TaskFile,
    metering: Metering,
) -> Result<Code, Diagnostic> {
    let compiler = &isolation::compiler();
    stepwell_sandbox::load(cache, compiler, &file.bytes, file.digest, metering)
        .map(|loaded| loaded.code)
        .map_err(|error| {
            let problem = Diagnostic::error(
                "invalid-component",
                format!("the component cannot run: {error}"),
            );
            error.hint().into_iter().fold(problem, Diagnostic::help)
        })
}

fn open_workspace(project: &Path, private: Option<&Path>) -> Result<Workspace, Diagnostic> {
    let open = || {
        let workspace = Workspace::open(project)?;
        match private {
            Some(folder) => workspace.without(folder),
            None => Ok(workspace),
        }
    };
    open().map_err(|error| Diagnostic::error("unreadable-project", error.to_string()))
}

/// How the workspace differs from what the step found then; `None` if that was not recorded.
fn difference(
    recording: &Recording,
    project: &Path,
    workspace: &Workspace,
) -> Result<Option<Difference>, Diagnostic> {
    let Some(digest) = recording.facts.workspace else {
        return Ok(None);
    };
    let unreadable = |why: String| {
        Diagnostic::error("no-inventory", format!("the recorded list of files: {why}"))
    };
    let blobs = Blobs::open(&journal_folder(project));
    let text = blobs.and_then(|blobs| blobs.get(&digest));
    let mut bytes = Vec::new();
    text.map_err(|error| unreadable(error.to_string()))?
        .take(MAX_INVENTORY)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(error.to_string()))?;
    let then = Inventory::from_bytes(&bytes);
    let then = then.ok_or_else(|| unreadable("it is damaged".to_owned()))?;
    let now = workspace
        .inventory(&Hashes::default(), &AtomicBool::new(false))
        .map_err(|error| unreadable(error.to_string()))?;
    Ok(Some(then.difference(&now)))
}

/// What is to be said of it; nothing if there is none.
fn words(difference: &Difference) -> Option<String> {
    let count = difference.count();
    if count == 0 {
        return None;
    }
    let paths = [&difference.changed, &difference.removed, &difference.added];
    let paths: Vec<String> = paths.into_iter().flatten().cloned().collect();
    let files = if count == 1 { "file" } else { "files" };
    Some(format!(
        "the workspace differs from the recorded one ({count} {files}): {}",
        some_of(&paths)
    ))
}

fn some_of(paths: &[String]) -> String {
    let named: Vec<&str> = paths.iter().take(NAMED).map(String::as_str).collect();
    let more = if paths.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", named.join(", "))
}

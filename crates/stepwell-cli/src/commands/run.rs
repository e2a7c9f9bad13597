//! `stepwell run`.

use crate::commands::OutputFormat;
use crate::console::{Console, Screen};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::isolation::{self, Steps, StepsConfig};
use crate::preparation::{PARALLEL_JOBS, Prepared, Request};
use crate::problem::Problems;
use clap::Args;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{JobPosition, RunId, RunResult};
use stepwell_runner::{
    CancelLevel, Collector, Keep, OpeningError, Recorder, Run, RunError, Watch, now_ms,
};
use stepwell_spec::Isolation;
use stepwell_store::{Claim, Interrupted, Journal, JournalError};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};

/// Threads for host calls that block, such as reading a file. Each may be held by a guest that
/// reads from a slow disk.
const BLOCKING_THREADS: usize = 16;

/// Run a pipeline
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// Keep the memory of a step that traps as a core dump in `.stepwell/coredumps`: all that the
    /// step knew, secrets included
    #[arg(long)]
    coredump: bool,
    /// Record which files each step finds, so that `stepwell replay` can tell what has changed
    #[arg(long)]
    record: bool,
    /// What separates steps from this machine besides WebAssembly [default: job]
    #[arg(long, value_name = "LEVEL", value_parser = isolation::parser())]
    isolation: Option<Isolation>,
}

/// Which pipeline, with what.
#[derive(Debug, Args)]
pub(crate) struct PipelineArgs {
    /// The pipeline file
    #[arg(default_value = "pipeline.toml")]
    file: PathBuf,
    /// Set a variable, over the pipeline's own value (can be repeated)
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = super::name_and_value)]
    variables: Vec<(String, String)>,
    /// Set a parameter of the pipeline (can be repeated)
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = super::name_and_value)]
    parameters: Vec<(String, String)>,
    /// Set a secret variable to the value of an environment variable, by default the one of the same
    /// name (can be repeated)
    #[arg(long = "secret", value_name = "NAME[=ENV]")]
    secrets: Vec<String>,
    /// The directory that steps may see, as far as they are granted [default: the current one if
    /// FILE is in it, else FILE's]
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: OutputFormat,
}

impl PipelineArgs {
    /// Prepares the pipeline and tells what is wrong with it, warnings included.
    pub(crate) fn prepare(
        &self,
        environment: &Environment,
        console: Console,
    ) -> Result<Prepared, Exit> {
        self.prepare_with(environment, console, false)
    }

    /// The same; what only searches and watching use is looked at too if `whole` is set.
    pub(crate) fn prepare_with(
        &self,
        environment: &Environment,
        console: Console,
        whole: bool,
    ) -> Result<Prepared, Exit> {
        let name = self.file.display().to_string();
        let refused = |problems: Problems| problems.report(console, self.output);
        let secrets =
            secrets(&self.secrets).map_err(|problem| refused(Problems::of_file(&name, problem)))?;
        let request = Request {
            file: &self.file,
            project: self.project.as_deref(),
            variables: &self.variables,
            parameters: &self.parameters,
            secrets: &secrets,
            environment,
            whole,
            on_compile: &|task| {
                if self.output == OutputFormat::Human {
                    console.note(&format!("note: compiling `{task}` for this machine, once"));
                }
            },
        };
        let prepared = request.prepare().map_err(refused)?;
        if !prepared.warnings.diagnostics.is_empty() {
            prepared.warnings.print(console, self.output);
        }
        Ok(prepared)
    }
}

/// Names and values of the secrets that are given as `NAME[=ENV]`. A value on the command line would
/// be seen by everybody who lists the processes of the machine.
pub(super) fn secrets(given: &[String]) -> Result<Vec<(String, String)>, Diagnostic> {
    let secret = |text: &String| {
        let (name, variable) = text.split_once('=').unwrap_or((text, text));
        let value = Environment::variable(variable).ok_or_else(|| {
            let message = format!("the environment variable `{variable}` is not set");
            Diagnostic::error("no-secret", message)
                .help(format!("the secret `{name}` takes its value from it"))
        })?;
        if value.trim().chars().count() == 1 {
            let message = format!("the secret `{name}` has one character");
            return Err(Diagnostic::error("no-secret", message)
                .help("it could not be masked: every such character would be stars"));
        }
        Ok((name.to_owned(), value))
    };
    given.iter().map(secret).collect()
}

impl RunArgs {
    pub(crate) fn execute(self, environment: &Environment) -> Exit {
        let console = Console::new();
        let prepared = match self.pipeline.prepare(environment, console) {
            Ok(prepared) => prepared,
            Err(exit) => return exit,
        };
        let runtimes = control_runtime().and_then(|control| Ok((control, guest_runtime()?)));
        let (control, guests) = match runtimes {
            Ok(runtimes) => runtimes,
            Err(problem) => {
                return Problems::of_file("stepwell", problem)
                    .report(console, self.pipeline.output);
            }
        };
        let output = self.pipeline.output;
        let file = prepared.beginning.snapshot.file.clone();
        let folder = journal_folder(&prepared.project);
        let keep = Keep {
            core_dumps: self.coredump.then(|| folder.join("coredumps")),
            workspaces: self.record,
        };
        let ended = prepared
            .configuration
            .isolation(self.isolation)
            .map_err(NoRun::WrongInput)
            .and_then(|isolation| {
                let running = perform(prepared, isolation, keep, guests.handle(), console, output);
                control.block_on(running)
            });
        // A host call that still blocks, say on a pipe in the workspace, must not keep us.
        guests.shutdown_background();
        match ended {
            Ok(result) => result.into(),
            Err(ended) => ended.tell(&file, console, output),
        }
    }
}

/// Where the journal of a project is.
pub(super) fn journal_folder(project: &Path) -> PathBuf {
    project.join(".stepwell")
}

/// The same, if it is nobody else's. A checkout can bring a link along; the journal would be written
/// wherever it leads.
pub(super) fn own_folder(project: &Path) -> Result<PathBuf, Diagnostic> {
    let folder = journal_folder(project);
    if folder.is_symlink() {
        let message = format!("`{}` is a symbolic link", folder.display());
        return Err(Diagnostic::error("no-journal", message).help("remove it and run again"));
    }
    Ok(folder)
}

/// The runtime of everything but guests.
pub(crate) fn control_runtime() -> Result<Runtime, Diagnostic> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(no_runtime)
}

pub(super) fn guest_runtime() -> Result<Runtime, Diagnostic> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_name("guests")
        .enable_all()
        .build()
        .map_err(no_runtime)
}

fn no_runtime(error: std::io::Error) -> Diagnostic {
    Diagnostic::error("no-threads", format!("cannot start threads: {error}"))
}

/// Runs a prepared pipeline and shows it.
async fn perform(
    prepared: Prepared,
    isolation: Isolation,
    keep: Keep,
    guests: &tokio::runtime::Handle,
    console: Console,
    output: OutputFormat,
) -> Result<RunResult, NoRun> {
    let folder = own_folder(&prepared.project).map_err(NoRun::Defect)?;
    let private = prepared.cache.as_ref().map(|cache| cache.root());
    // First, so that workers are ready when the journal is.
    let steps = Steps::new(StepsConfig {
        isolation,
        expected_jobs: prepared.plan.jobs.len(),
        expected_steps: prepared.plan.jobs.iter().map(|job| job.steps.len()).sum(),
        codes: &prepared.codes,
        private: private.clone(),
        core_dumps: keep.core_dumps.is_some(),
        side_by_side: PARALLEL_JOBS,
        dial: prepared.configuration.dial(),
    })
    .map_err(|error| NoRun::Defect(no_sandbox(&*error)))?;
    let run_id = new_run_id();
    let (journal, claim) = open_journal(&folder, run_id, console)
        .await
        .map_err(|error| no_journal(&error, &error))?;
    let plan = Arc::new(prepared.plan);
    let opening = stepwell_runner::open(&plan, &journal, prepared.beginning)
        .await
        .map_err(|error| match &error {
            OpeningError::Journal(journal) => no_journal(&error, journal),
            OpeningError::Input(why) => {
                NoRun::WrongInput(Diagnostic::error("no-value", why.clone()))
            }
        })?;
    let closed = private.iter().map(|folder| folder.to_path_buf());
    let collector = Collector::new(&prepared.project, closed.collect(), &folder);
    let (recorder, events) = Recorder::new(run_id, journal.clone());
    let (cancel, canceled) = watch::channel(CancelLevel::Running);
    let signals = tokio::spawn(listen_to_signals(cancel, console));
    let shown = show(events, console, output);
    let run = Run {
        plan,
        opening,
        workspace: prepared.project.into(),
        steps: Arc::new(steps),
        collector,
        keep,
        recorder: Arc::new(recorder),
        guests: guests.clone(),
        parallel_jobs: PARALLEL_JOBS as usize,
    };
    let result = stepwell_runner::run(run, canceled.clone()).await;
    tokio::select! {
        _ = shown => {}
        () = patience(canceled) => {}
    }
    signals.abort();
    let result = result.map_err(|error| match &error {
        RunError::Journal(journal) => no_journal(&error, journal),
        RunError::Defect(_) => NoRun::Defect(Diagnostic::error("defect", with_causes(&error))),
    })?;
    journal
        .close()
        .await
        .map_err(|error| no_journal(&error, &error))?;
    drop(claim);
    Ok(result)
}

/// What `error`, for which no step can run, is to a person.
pub(super) fn no_sandbox(error: &dyn std::error::Error) -> Diagnostic {
    Diagnostic::error("no-sandbox", with_causes(error)).help(
        "the host may lack address space or threads; `ulimit -v` and `ulimit -u` show its limits",
    )
}

/// Shows events on a thread of its own: a reader that does not read, such as a pager, holds up that
/// thread and with it the guests, but neither signals nor the journal. The end is told.
fn show(mut events: Watch, console: Console, output: OutputFormat) -> oneshot::Receiver<()> {
    let (told, shown) = oneshot::channel();
    let thread = move || {
        let runtime = match Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime,
            Err(error) => return console.note(&format!("error: cannot show the run: {error}")),
        };
        let mut screen = Screen::new(console, output);
        runtime.block_on(async {
            while let Some(events) = events.next().await {
                screen.show(&events);
            }
        });
        screen.finish();
        // Nobody waits any more if the program is being stopped.
        let _ = told.send(());
    };
    if let Err(error) = std::thread::Builder::new()
        .name("screen".to_owned())
        .spawn(thread)
    {
        console.note(&format!("error: cannot show the run: {error}"));
    }
    shown
}

/// How long the end of a run waits for its reader: for ever, but not after being told to stop.
async fn patience(mut canceled: watch::Receiver<CancelLevel>) {
    if canceled
        .wait_for(|level| *level == CancelLevel::Now)
        .await
        .is_err()
    {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
}

/// Opens the journal, tells of runs in it that were interrupted, and claims a new run.
async fn open_journal(
    folder: &Path,
    run: RunId,
    console: Console,
) -> Result<(Journal, Claim), JournalError> {
    let journal = open_own(folder).await?;
    tell_of_interrupted(&journal, console).await?;
    let claim = journal.claim(run)?;
    Ok((journal, claim))
}

/// Opens the journal in a folder that Git does not see.
pub(super) async fn open_own(folder: &Path) -> Result<Journal, JournalError> {
    let journal = Journal::open(folder).await?;
    keep_out_of_git(folder);
    Ok(journal)
}

fn no_journal(error: &dyn std::error::Error, journal: &JournalError) -> NoRun {
    NoRun::Defect(journal_problem(error, journal))
}

/// What `error`, which comes from `journal`, is to a person.
pub(super) fn journal_problem(error: &dyn std::error::Error, journal: &JournalError) -> Diagnostic {
    let problem = Diagnostic::error("no-journal", with_causes(error));
    journal.help().into_iter().fold(problem, Diagnostic::help)
}

/// Why there is no result.
enum NoRun {
    /// A value of the pipeline that is known only when a run begins is wrong.
    WrongInput(Diagnostic),
    Defect(Diagnostic),
}

impl NoRun {
    fn tell(self, file: &str, console: Console, output: OutputFormat) -> Exit {
        let (problem, exit) = match self {
            Self::WrongInput(problem) => (problem, Exit::WrongInput),
            Self::Defect(problem) => (problem, Exit::Defect),
        };
        Problems::of_file(file, problem).print(console, output);
        exit
    }
}

/// The first signal asks the run to end, the second stops it.
pub(super) async fn listen_to_signals(cancel: watch::Sender<CancelLevel>, console: Console) {
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        console.note("warning: cannot listen to signals; Ctrl-C ends this program without a word");
        return std::future::pending().await;
    };
    let told = [
        (
            CancelLevel::Gracefully,
            "canceling: steps are asked to end; again to stop them at once",
        ),
        (CancelLevel::Now, "stopping"),
    ];
    for (level, words) in told {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        // Live progress says it in its own place.
        if !console.live {
            console.note(words);
        }
        cancel.send_replace(level);
    }
    std::future::pending::<()>().await;
}

async fn tell_of_interrupted(journal: &Journal, console: Console) -> Result<(), JournalError> {
    for run in journal.interrupted().await? {
        console.note(&stepwell_report::hostile(&where_it_stood(&run)));
        journal.acknowledge(run.run).await?;
    }
    Ok(())
}

fn where_it_stood(run: &Interrupted) -> String {
    let jobs: Vec<String> = run
        .jobs
        .iter()
        .map(|job| match job.position {
            JobPosition::NotStarted => format!("{} had not begun", job.name),
            JobPosition::AtStep { step, of } => format!("{} was at step {step} of {of}", job.name),
            JobPosition::Finished(result) => {
                format!(
                    "{} had ended ({})",
                    job.name,
                    stepwell_report::step_word(result)
                )
            }
        })
        .collect();
    format!(
        "note: {} of `{}` was interrupted: {}",
        run.run,
        run.name,
        jobs.join(", ")
    )
}

pub(super) fn new_run_id() -> RunId {
    let mut random = [0; 16];
    if let Err(error) = getrandom::fill(&mut random) {
        // The time and the process still make it unique on this machine.
        tracing::warn!(%error, "the system gives no random bytes");
        random = u128::from(std::process::id()).to_le_bytes();
    }
    RunId::from_parts(now_ms(), u128::from_le_bytes(random))
}

/// The folder ignores itself, as build folders do. It is not followed if somebody put a link there.
fn keep_out_of_git(folder: &Path) {
    let path = folder.join(".gitignore");
    let created = OpenOptions::new().write(true).create_new(true).open(path);
    match created.and_then(|mut file| file.write_all(b"*\n")) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => tracing::debug!(%error, "cannot write .stepwell/.gitignore"),
    }
}

/// The error and what caused it. Some errors have their cause in their own words already.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

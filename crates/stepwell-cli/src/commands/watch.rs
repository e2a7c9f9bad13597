//! `stepwell watch`.

mod bench;
mod shown;

use super::OutputFormat;
use super::bisect::Failure;
use super::bisect::searching::{on_its_own, patience};
use super::name_and_value;
use super::run::{
    control_runtime, guest_runtime, journal_problem, listen_to_signals, open_own, own_folder,
};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::isolation;
use crate::problem::Problems;
use crate::search::{WorkFolder, git_problem};
use bench::{Branch, Project, Shared};
use chrono::{DateTime, Utc};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;
use stepwell_culprit::{Schedule, TickReport, Watching, World};
use stepwell_diagnostic::Diagnostic;
use stepwell_runner::{CancelLevel, now_ms};
use stepwell_spec::Isolation;
use stepwell_store::{JournalError, JournalErrorKind};
use tokio::sync::watch;

/// The longest sleep. The clock of sleeping stands still while the machine does, so the time is looked
/// at in between.
const NAP: Duration = Duration::from_secs(20);

/// Look at a branch again and again: publish what is good, find and tell who broke it
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// The pipeline file
    #[arg(default_value = "pipeline.toml")]
    file: PathBuf,
    /// Look once, now
    #[arg(long)]
    once: bool,
    /// A version that is good, whatever was found good before
    #[arg(long, value_name = "REV")]
    since: Option<String>,
    /// Who judges versions: an oracle of the pipeline file, a built-in one, or a `.wasm` file [default:
    /// the one of `[bisect]`, or `pipeline`]
    #[arg(long, value_name = "ORACLE")]
    oracle: Option<String>,
    /// How many versions are judged side by side [default: that of `[bisect]`, or 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: Option<u32>,
    /// Set a variable of the pipeline, over its own value (can be repeated)
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = name_and_value)]
    variables: Vec<(String, String)>,
    /// Set a parameter of the pipeline (can be repeated)
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = name_and_value)]
    parameters: Vec<(String, String)>,
    /// Set a secret to the value of an environment variable, by default the one of the same name (can be
    /// repeated)
    #[arg(long = "secret", value_name = "NAME[=ENV]")]
    secrets: Vec<String>,
    /// The directory of the project [default: the current one if FILE is in it, else FILE's]
    #[arg(long, value_name = "DIR")]
    project: Option<PathBuf>,
    /// What separates steps and oracles from this machine besides WebAssembly [default: job]
    #[arg(long, value_name = "LEVEL", value_parser = isolation::parser())]
    isolation: Option<Isolation>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

impl WatchArgs {
    pub(crate) fn execute(self, environment: &Environment) -> Exit {
        let console = Console::new();
        let (output, file) = (self.output, self.file.display().to_string());
        match self.watch(environment, console) {
            Ok(exit) => exit,
            Err(Failure::Input(problems)) => problems.report(console, output),
            Err(Failure::Defect(problem)) => {
                Problems::of_file(&file, problem).print(console, output);
                Exit::Defect
            }
        }
    }

    fn watch(self, environment: &Environment, console: Console) -> Result<Exit, Failure> {
        let project = Project::open(&self, environment, console)?;
        let schedule = match (&project.schedule, self.once) {
            (_, true) => None,
            (Some(schedule), false) => Some(schedule.clone()),
            (None, false) => {
                let problem = Diagnostic::error("no-schedule", "the pipeline has no `[schedule]`");
                return Err(Failure::from(problem.help(
                    "add one, such as `[schedule]` with `every = \"1h\"`, or look once: `--once`",
                )));
            }
        };
        let folder = own_folder(project.folder()).map_err(Failure::Defect)?;
        let control = control_runtime().map_err(Failure::Defect)?;
        let guests = guest_runtime().map_err(Failure::Defect)?;
        let work = WorkFolder::make(&folder).map_err(Failure::Defect)?;
        let handle = guests.handle().clone();
        let ended = control.block_on(async {
            let journal = open_own(&folder).await.map_err(kept)?;
            let (cancel, canceled) = watch::channel(CancelLevel::Running);
            let signals = tokio::spawn(listen_to_signals(cancel, console));
            let (view, said) = shown::View::new(self.output);
            let shown = on_its_own(console, move || shown::follow(said, console));
            let shared = Shared {
                journal: journal.clone(),
                work: &work,
                guests: handle,
                canceled: canceled.clone(),
                view: view.clone(),
            };
            let (branch, watching, site) = project.into_site(&shared)?;
            let claim = watching.claim().map_err(|error| taken(&branch, &error))?;
            let watch = Watch {
                branch,
                watching,
                schedule,
                canceled: canceled.clone(),
                view,
            };
            let ended = watch.run(&site).await;
            // With them goes the last one who says anything.
            drop((claim, site, shared));
            tokio::select! {
                _ = shown => {}
                () = patience(canceled) => {}
            }
            signals.abort();
            journal.close().await.map_err(kept)?;
            ended
        });
        // A host call that still blocks must not keep us.
        guests.shutdown_background();
        ended
    }
}

/// What `error`, which comes from the journal, is to a person.
fn kept(error: JournalError) -> Failure {
    Failure::Defect(journal_problem(&error, &error))
}

fn taken(branch: &Branch, error: &JournalError) -> Failure {
    if *error.kind() != JournalErrorKind::AlreadyClaimed {
        return Failure::Defect(journal_problem(error, error));
    }
    let message = format!("{} is watched by another process", branch.name());
    let problem = Diagnostic::error("watched", message);
    problem
        .help("end that one first, or let it do its work")
        .into()
}

/// A branch and when to look at it; never again without a schedule.
struct Watch {
    branch: Branch,
    watching: Watching,
    schedule: Option<Schedule>,
    canceled: watch::Receiver<CancelLevel>,
    view: shown::View,
}

impl Watch {
    async fn run<W: World>(mut self, site: &W) -> Result<Exit, Failure> {
        let Some(schedule) = self.schedule.clone() else {
            let report = self.look(site).await?;
            return Ok(match self.is_canceled() {
                true => Exit::Canceled,
                false => shown::exit(&report),
            });
        };
        loop {
            let state = self.watching.state().await.map_err(kept)?;
            let last = state.last_tick_ms.and_then(time);
            let now = Utc::now();
            let Some(next) = schedule.next(last.as_ref(), &now) else {
                return Ok(Exit::Succeeded);
            };
            if next > now {
                self.view.next(next);
                if self.wait_until(next).await {
                    return Ok(Exit::Succeeded);
                }
            }
            self.look(site).await?;
            if self.is_canceled() {
                return Ok(Exit::Canceled);
            }
        }
    }

    fn is_canceled(&self) -> bool {
        *self.canceled.borrow() != CancelLevel::Running
    }

    /// Waits; true if it is to end instead.
    async fn wait_until(&mut self, next: DateTime<Utc>) -> bool {
        loop {
            let Ok(left) = (next - Utc::now()).to_std() else {
                return self.is_canceled();
            };
            let stopped = self
                .canceled
                .wait_for(|level| *level != CancelLevel::Running);
            tokio::select! {
                stopped = stopped => return stopped.is_ok(),
                () = tokio::time::sleep(left.min(NAP)) => {}
            }
        }
    }

    /// Looks once, and tells what came of it.
    async fn look<W: World>(&mut self, site: &W) -> Result<TickReport, Failure> {
        let now = now_ms();
        let sight = self.branch.sight().map_err(|error| git_problem(&error))?;
        let head = sight.head.clone();
        self.view.looking(self.branch.name(), &head);
        let before = self.watching.state().await.map_err(kept)?.good;
        let tick = self.watching.tick(site, sight, now).await;
        let report = tick.map_err(kept)?;
        let after = self.watching.state().await.map_err(kept)?.good;
        if before != after {
            // What the user said was the beginning; now something newer is known.
            self.branch.found();
        }
        self.view
            .tick(self.branch.name(), &head, time(now).as_ref(), &report);
        Ok(report)
    }
}

fn time(ms: u64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(i64::try_from(ms).ok()?)
}

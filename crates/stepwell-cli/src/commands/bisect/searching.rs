//! A search that an oracle judges: begun, or gone on with.

use super::means::Means;
use super::range::Ends;
use super::workshop::Workshop;
use super::{Failure, HowArgs, RangeArgs, ReportFormat, RunArgs, SearchArgs, ShownArgs, shown};
use crate::commands::run::{
    control_runtime, guest_runtime, journal_problem, listen_to_signals, own_folder, with_causes,
};
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::search::{WorkFolder, git_problem};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use stepwell_culprit::{
    Bench, ComponentJudge, ComponentStrategist, Ended, GitArchive, Request, SearchError, Settings,
    Strategist, Tools,
};
use stepwell_diagnostic::Diagnostic;
use stepwell_event::SearchId;
use stepwell_runner::CancelLevel;
use stepwell_store::{Blobs, Journal, JournalErrorKind};
use stepwell_workspace::{ExportLimits, Repository};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};

/// What is to be done.
pub(super) enum Task {
    Begin(Box<Request>),
    Resume {
        search: SearchId,
        /// Another budget than it had.
        max_trials: Option<u32>,
    },
}

/// How it is told.
pub(super) struct Telling {
    pub(super) console: Console,
    pub(super) output: ReportFormat,
    pub(super) report: Vec<PathBuf>,
}

/// `stepwell bisect`.
pub(super) fn search(
    args: SearchArgs,
    environment: &Environment,
    console: Console,
) -> Result<Exit, Failure> {
    let means = Means::of_oracle(args.oracle, args.how.isolation)?;
    let (range, how) = (args.range, args.how);
    begin(
        means,
        range,
        args.paths,
        how,
        args.shown,
        environment,
        console,
    )
}

/// `stepwell bisect run`.
pub(super) fn run(
    args: RunArgs,
    environment: &Environment,
    console: Console,
) -> Result<Exit, Failure> {
    let means = Means::of_program(&args)?;
    let (range, how) = (args.range, args.how);
    begin(
        means,
        range,
        Vec::new(),
        how,
        args.shown,
        environment,
        console,
    )
}

fn begin(
    means: Means,
    range: RangeArgs,
    paths: Vec<String>,
    how: HowArgs,
    told: ShownArgs,
    environment: &Environment,
    console: Console,
) -> Result<Exit, Failure> {
    let quiet = told.output == ReportFormat::Json;
    let repository = Repository::open(&means.project).map_err(|error| git_problem(&error))?;
    let ends = Ends::of(&repository, &range, &paths)?;
    if range.bad == "HEAD" && !quiet {
        note_dirty(&repository, console)?;
    }
    let reproduce = means.reproduction(&range, &how);
    let workshop = Workshop::open(&means, repository, environment, console, quiet)?;
    let request = Request {
        project: means.project_name(),
        good: ends.good.iter().map(ToString::to_string).collect(),
        bad: ends.bad.to_string(),
        paths,
        first_parent: range.first_parent,
        oracle: workshop.summary(),
        terms: range.terms.unwrap_or_else(|| workshop.terms()),
        noise: workshop.noise(&how),
        command: super::command_line(),
        settings: Settings {
            reproduce,
            ..workshop.settings(&how)
        },
        caller: means.to_text(&workshop),
    };
    let telling = Telling {
        console,
        output: told.output,
        report: told.report,
    };
    let settings = request.settings.clone();
    drive(workshop, Task::Begin(Box::new(request)), &settings, telling)
}

/// Says that what is not committed is not searched.
fn note_dirty(repository: &Repository, console: Console) -> Result<(), Failure> {
    let dirty = repository.dirty().map_err(|error| git_problem(&error))?;
    if let Some(first) = dirty.first() {
        let first = stepwell_report::hostile(first);
        let more = match dirty.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        console.note(&format!(
            "only commits are searched: the changes of `{first}`{more} are in none of them"
        ));
    }
    Ok(())
}

/// Does it and tells of it.
pub(super) fn drive(
    workshop: Workshop,
    task: Task,
    settings: &Settings,
    telling: Telling,
) -> Result<Exit, Failure> {
    let folder = own_folder(&workshop.pipelines.project).map_err(Failure::Defect)?;
    let control = control_runtime().map_err(Failure::Defect)?;
    let guests = guest_runtime().map_err(Failure::Defect)?;
    let work = WorkFolder::make(&folder).map_err(Failure::Defect)?;
    let handle = guests.handle().clone();
    let ended: Result<Ended, Failure> = control.block_on(async {
        let journal = crate::commands::run::open_own(&folder)
            .await
            .map_err(|error| Failure::Defect(journal_problem(&error, &error)))?;
        let ended = perform(workshop, task, settings, &telling, &journal, &work, &handle).await;
        let closed = journal.close().await;
        let ended = ended?;
        closed.map_err(|error| Failure::Defect(journal_problem(&error, &error)))?;
        Ok(ended)
    });
    // A host call that still blocks must not keep us.
    guests.shutdown_background();
    match ended? {
        Ended::Concluded(finding) => {
            shown::report(&finding, telling.console, telling.output, &telling.report)
        }
        Ended::Stopped(search) => {
            if telling.output != ReportFormat::Json {
                let console = telling.console;
                console.note(&format!(
                    "{search} was stopped; `stepwell bisect resume` goes on with it"
                ));
            }
            Ok(Exit::Canceled)
        }
    }
}

async fn perform(
    workshop: Workshop,
    task: Task,
    settings: &Settings,
    telling: &Telling,
    journal: &Journal,
    work: &WorkFolder,
    guests: &Handle,
) -> Result<Ended, Failure> {
    let archive = GitArchive::new(
        workshop.repository.clone(),
        work.path(),
        ExportLimits::default(),
    );
    let archive = Arc::new(archive.map_err(|error| git_problem(&error))?);
    let steps = Arc::new(workshop.steps(settings.jobs)?);
    let strategist = workshop.strategist.map(|part| {
        let asked = ComponentStrategist::new(Arc::clone(&steps), guests.clone(), part);
        Arc::new(asked) as Arc<dyn Strategist>
    });
    let own = workshop.oracles.into_iter();
    let bench = Bench {
        archive: Arc::clone(&archive),
        pipelines: Arc::new(workshop.pipelines),
        oracles: own.map(|part| (part.name.clone(), part)).collect(),
        blobs: Blobs::open(work.journal())
            .map_err(|error| Failure::Defect(Diagnostic::error("no-store", with_causes(&error))))?,
        folder: work.path().join("lab"),
        guests: guests.clone(),
        remember: settings.remember,
    };
    let judge = ComponentJudge::new(steps, bench, workshop.oracle, journal.clone());
    let (events, told) = mpsc::unbounded_channel();
    let (cancel, canceled) = watch::channel(CancelLevel::Running);
    let signals = tokio::spawn(listen_to_signals(cancel, telling.console));
    let shown = show(told, telling);
    let tools = Tools {
        judge: Arc::new(judge),
        archive,
        journal: journal.clone(),
        strategist,
        events,
        cancel: canceled.clone(),
    };
    let ended = match task {
        Task::Begin(request) => stepwell_culprit::search(*request, tools).await,
        Task::Resume { search, max_trials } => {
            stepwell_culprit::resume_within(search, max_trials, tools).await
        }
    };
    tokio::select! {
        _ = shown => {}
        () = patience(canceled) => {}
    }
    signals.abort();
    ended.map_err(failure)
}

/// Shows what happens on a thread of its own: a reader that does not read holds up nothing else.
fn show(
    events: mpsc::UnboundedReceiver<stepwell_event::BisectEvent>,
    telling: &Telling,
) -> oneshot::Receiver<()> {
    let (console, output) = (telling.console, telling.output);
    on_its_own(console, move || shown::follow(events, console, output))
}

/// Has `show` write to the terminal on a thread of its own. What comes back says when it has ended.
pub(in crate::commands) fn on_its_own(
    console: Console,
    show: impl FnOnce() + Send + 'static,
) -> oneshot::Receiver<()> {
    let (told, shown) = oneshot::channel();
    let thread = move || {
        show();
        // Nobody waits any more if the program is being stopped.
        let _ = told.send(());
    };
    let spawned = std::thread::Builder::new()
        .name("screen".to_owned())
        .spawn(thread);
    if let Err(error) = spawned {
        console.note(&format!("error: cannot show what goes on: {error}"));
    }
    shown
}

/// How long the end of a search waits for its reader: for ever, but not after being told to stop.
pub(in crate::commands) async fn patience(mut canceled: watch::Receiver<CancelLevel>) {
    let now = |level: &CancelLevel| *level == CancelLevel::Now;
    if canceled.wait_for(now).await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
}

/// Why a search could not be driven.
pub(super) fn failure(error: SearchError) -> Failure {
    let wrong = |code, help: &str| {
        let problem = Diagnostic::error(code, with_causes(&error));
        match help {
            "" => Failure::from(problem),
            help => Failure::from(problem.help(help)),
        }
    };
    match &error {
        SearchError::Journal(journal) if *journal.kind() == JournalErrorKind::AlreadyClaimed => {
            Diagnostic::error("at-work", "another process is at work on this search")
                .help("wait for its end, or stop it with Ctrl-C there; then say it again")
                .into()
        }
        SearchError::Journal(journal) => Failure::Defect(journal_problem(&error, journal)),
        SearchError::Unknown(_) => wrong("no-search", "`stepwell bisect list` names them"),
        SearchError::Range(_) => wrong("no-range", ""),
        SearchError::Settings(_) => wrong("invalid-value", ""),
        SearchError::Outside(_) => wrong(
            "outside",
            "only versions between the good ones and the bad one are searched",
        ),
        SearchError::End(_) | SearchError::Contradictory(_) => wrong("contradictory", ""),
        SearchError::Damaged(_) | SearchError::Defect(_) => {
            Failure::Defect(Diagnostic::error("defect", with_causes(&error)))
        }
    }
}

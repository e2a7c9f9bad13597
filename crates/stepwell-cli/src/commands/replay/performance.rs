//! Running a recorded step again, in a copy of the project that goes away afterwards.
//!
//! The step is the only one of a plan of its own, so that all that a guest says is understood as it
//! was the first time; what the sandbox is told is the recorded request and nothing else.

use super::recording::Recording;
use crate::commands::run::{
    guest_runtime, journal_folder, listen_to_signals, new_run_id, no_sandbox, with_causes,
};
use crate::console::Console;
use crate::isolation::{Steps, StepsConfig};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use stepwell_diagnostic::Diagnostic;
use stepwell_engine::{Opening, StartVariable};
use stepwell_event::{Envelope, StepReport, StepRequest};
use stepwell_expr::Expression;
use stepwell_plan::{
    Ceilings, Commands, DEFAULT_STAGE, Grant, Invocation, Plan, PlannedJob, PlannedStage,
    PlannedStep, PlannedStrategy, PlannedTask, RunNumberFormat,
};
use stepwell_runner::{CancelLevel, Collector, Keep, Recorder, Run, StepRunner, now_ms};
use stepwell_sandbox::{Code, Dial, StepSink, StopHandle};
use stepwell_spec::Isolation;
use stepwell_store::Journal;
use stepwell_workspace::{Copied, Workspace};
use tokio::sync::watch;

/// What the pipeline says of the step besides its request.
pub(super) struct Manner {
    /// The name by which other steps address its outputs.
    pub(super) name: Option<String>,
    pub(super) commands: Commands,
    pub(super) settable_variables: Option<Vec<String>>,
}

/// A folder in `.stepwell` that is gone when it is dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new(project: &Path) -> Result<Self, Diagnostic> {
        let folder = journal_folder(project).join("replays");
        let folder = folder.join(new_run_id().to_string());
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder
            .create(folder.join("workspace"))
            .map_err(|error| failed("the copy of the project cannot be made", &error))?;
        Ok(Self(folder))
    }

    pub(super) fn workspace(&self) -> PathBuf {
        self.0.join("workspace")
    }

    /// Copies what a guest of `project` can see.
    pub(super) fn copy(&self, project: &Workspace) -> Result<Copied, Diagnostic> {
        project.copy_to(&self.workspace()).map_err(|error| {
            let problem = failed("the project cannot be copied", &error);
            error.help().into_iter().fold(problem, Diagnostic::help)
        })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = stepwell_workspace::remove(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "a copy of the project is left");
        }
    }
}

/// Runs one request, whatever it is asked to run.
struct Once {
    steps: Steps,
    request: StepRequest,
}

impl StepRunner for Once {
    type Job = <Steps as StepRunner>::Job;

    fn job(&self) -> Self::Job {
        self.steps.job()
    }

    async fn run(
        &self,
        job: &mut Self::Job,
        _request: StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> StepReport {
        let request = self.request.clone();
        self.steps.run(job, request, stop, sink).await
    }
}

/// A step that is about to be run again.
pub(super) struct Performance {
    pub(super) manner: Manner,
    /// With the values of secrets.
    pub(super) request: StepRequest,
    pub(super) secrets: Vec<(String, String)>,
    pub(super) code: Code,
    /// A folder that no guest may enter.
    pub(super) private: Option<Arc<Path>>,
    /// Who connects to other machines for the step.
    pub(super) dial: Arc<dyn Dial>,
}

impl Performance {
    /// Runs the step and gives what it did.
    pub(super) async fn perform(
        self,
        recording: &Recording,
        scratch: &Scratch,
        console: Console,
    ) -> Result<Vec<Envelope>, Diagnostic> {
        let Self {
            manner,
            request,
            secrets,
            code,
            private,
            dial,
        } = self;
        let journal = Journal::open(&scratch.0)
            .await
            .map_err(|error| failed("the replay cannot be recorded", &error))?;
        let (recorder, mut events) = Recorder::new(new_run_id(), journal);
        let (cancel, canceled) = watch::channel(CancelLevel::Running);
        let workspace = scratch.workspace();
        let closed = private.iter().map(|folder| folder.to_path_buf()).collect();
        let collector = Collector::new(&workspace, closed, &scratch.0);
        let steps = Steps::new(StepsConfig {
            isolation: Isolation::Job,
            expected_jobs: 1,
            expected_steps: 1,
            codes: &[code],
            private,
            core_dumps: false,
            side_by_side: 1,
            dial,
        })
        .map_err(|error| no_sandbox(&*error))?;
        let plan = plan(recording, manner, &request);
        let variables = secrets.into_iter().map(|(name, value)| StartVariable {
            name,
            value,
            secret: true,
            read_only: true,
            untrusted: false,
        });
        let guests = guest_runtime()?;
        let run = Run {
            plan: Arc::new(plan),
            opening: Opening {
                snapshot: recording.snapshot.clone(),
                number: String::new(),
                started_ms: now_ms(),
                variables: variables.collect(),
            },
            workspace: workspace.into(),
            steps: Arc::new(Once { steps, request }),
            collector,
            keep: Keep::default(),
            recorder: Arc::new(recorder),
            guests: guests.handle().clone(),
            parallel_jobs: 1,
        };
        let signals = tokio::spawn(listen_to_signals(cancel, console));
        let seen = async {
            let mut all = Vec::new();
            while let Some(more) = events.next().await {
                all.extend(more);
            }
            all
        };
        let (ended, seen) = tokio::join!(stepwell_runner::run(run, canceled), seen);
        signals.abort();
        guests.shutdown_background();
        ended.map_err(|error| failed("the step cannot be replayed", &error))?;
        Ok(seen)
    }
}

fn plan(recording: &Recording, manner: Manner, request: &StepRequest) -> Plan {
    let grants = &request.grants;
    let workspace = request.workspace.as_ref();
    let grant = Grant {
        workspace: workspace.map_or_else(Default::default, |granted| granted.access),
        folders: workspace.map_or_else(Vec::new, |granted| granted.folders.clone()),
        scratch: grants.scratch,
        env: None,
        secrets: Vec::new(),
        http: Vec::new(),
        clock: stepwell_plan::Clock::Real,
        random: stepwell_plan::Random::Real,
        limits: request.limits,
    };
    let step = PlannedStep {
        name: manner.name,
        label: recording.label.clone(),
        task: 0,
        invocation: match &request.entry {
            stepwell_event::Entry::Task { .. } => Invocation::Task { inputs: Vec::new() },
            stepwell_event::Entry::Command { .. } | stepwell_event::Entry::Bisect(_) => {
                Invocation::Command { args: Vec::new() }
            }
        },
        env: Vec::new(),
        condition: Expression::default(),
        timeout: None,
        fuel: None,
        continue_on_error: false,
        retries: 0,
        commands: manner.commands,
        settable_variables: manner.settable_variables,
    };
    let job = PlannedJob {
        name: recording.job.as_str().into(),
        id: recording.job.as_str().into(),
        label: recording.job.clone(),
        stage: 0,
        depends_on: Vec::new(),
        condition: Expression::default(),
        continue_on_error: false,
        timeout: None,
        fuel: None,
        cancel_timeout: Duration::from_millis(request.limits.grace_ms),
        unmet_demand: None,
        strategy: PlannedStrategy::Single,
        variables: Vec::new(),
        steps: vec![step],
    };
    Plan {
        name: "replay".to_owned(),
        run_number: RunNumberFormat::default(),
        variables: Vec::new(),
        tasks: vec![PlannedTask {
            name: recording.task.clone(),
            digest: request.component,
            grant,
        }],
        stages: vec![PlannedStage {
            name: DEFAULT_STAGE.into(),
            label: String::new(),
            depends_on: Vec::new(),
            condition: Expression::default(),
            variables: Vec::new(),
            jobs: vec![0],
        }],
        jobs: vec![job],
        ceilings: Ceilings::default(),
    }
}

fn failed(what: &str, error: &dyn std::error::Error) -> Diagnostic {
    Diagnostic::error("no-replay", format!("{what}: {}", with_causes(error)))
}

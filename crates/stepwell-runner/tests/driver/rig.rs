//! A run of scripted steps.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use stepwell_event::{
    Access, Digest, Entry, Envelope, GuestEvent, Limits, Outcome, RunEvent, RunId, RunResult,
    StepReport, StepRequest, StepResult, Stream, Usage,
};
use stepwell_expr::{Expression, Names};
use stepwell_plan::{
    Ceilings, Commands, DEFAULT_STAGE, Grant, Invocation, Plan, PlannedJob, PlannedStage,
    PlannedStep, PlannedStrategy, PlannedTask, RunNumberFormat,
};
use stepwell_runner::{
    Beginning, CancelLevel, Collector, Keep, Recorder, Run, RunError, StepRunner, Watch, open, run,
};
use stepwell_sandbox::{StepSink, StopHandle};
use stepwell_store::Journal;
use tempfile::TempDir;
use tokio::sync::watch;

/// A driver that waits for what never comes is a failed test, not one that never ends.
const DEADLINE: Duration = Duration::from_secs(30);

/// The run of every test.
pub(crate) fn run_id() -> RunId {
    RunId::from_parts(1_700_000_000_000, 1)
}

/// A step by its name, which is all that its script is told.
pub(crate) fn step(name: &str, condition: &str) -> PlannedStep {
    PlannedStep {
        name: None,
        label: name.to_owned(),
        task: 0,
        invocation: Invocation::Command {
            args: vec![name.to_owned()],
        },
        env: Vec::new(),
        condition: Expression::condition(condition, &Names::STEP_CONDITION).unwrap(),
        timeout: None,
        fuel: None,
        continue_on_error: false,
        retries: 0,
        commands: Commands::Restricted,
        settable_variables: None,
    }
}

/// A job of one step, which has the job's name.
pub(crate) fn job(name: &str, depends_on: &[usize]) -> PlannedJob {
    PlannedJob {
        name: name.into(),
        id: name.into(),
        label: name.to_owned(),
        stage: 0,
        depends_on: depends_on.to_vec(),
        condition: Expression::default(),
        continue_on_error: false,
        timeout: None,
        fuel: None,
        cancel_timeout: Duration::from_secs(300),
        unmet_demand: None,
        strategy: PlannedStrategy::Single,
        variables: Vec::new(),
        steps: vec![step(name, "succeeded()")],
    }
}

pub(crate) fn plan(jobs: Vec<PlannedJob>) -> Plan {
    let grant = Grant {
        workspace: Access::None,
        limits: Limits {
            memory: 1 << 20,
            output: 1 << 20,
            ..Limits::default()
        },
        ..Grant::default()
    };
    let digest = Digest::from_sha256([0; 32]);
    Plan {
        name: "scripted".to_owned(),
        run_number: RunNumberFormat::default(),
        variables: Vec::new(),
        tasks: vec![PlannedTask {
            name: "script".to_owned(),
            digest,
            grant,
        }],
        stages: vec![PlannedStage {
            name: DEFAULT_STAGE.into(),
            label: String::new(),
            depends_on: Vec::new(),
            condition: Expression::default(),
            variables: Vec::new(),
            jobs: (0..jobs.len()).collect(),
        }],
        jobs,
        ceilings: Ceilings::default(),
    }
}

/// Runs the script for the name of each step.
struct Scripted<F> {
    script: F,
    core_dump: Option<&'static [u8]>,
}

impl<F, Fut> StepRunner for Scripted<F>
where
    F: Fn(String, Box<dyn StepSink>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Outcome> + Send,
{
    type Job = ();

    fn job(&self) {}

    async fn run(
        &self,
        (): &mut (),
        request: StepRequest,
        _stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> StepReport {
        let Entry::Command { args } = request.entry else {
            panic!("a script is a command");
        };
        let outcome = (self.script)(args[0].clone(), sink).await;
        StepReport {
            outcome,
            usage: Usage::default(),
            read_stdin: false,
            core_dump: self.core_dump.map(<[u8]>::to_vec),
            reply: None,
        }
    }
}

/// Where a run takes place.
pub(crate) struct Rig {
    pub(crate) folder: TempDir,
    pub(crate) parallel_jobs: usize,
    pub(crate) keep: Keep,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            parallel_jobs: 8,
            keep: Keep::default(),
        }
    }

    /// Runs `plan` with `script` while `control`, which can cancel and sees the events, does its
    /// part. They share a thread, and the steps have their own, as in the program.
    pub(crate) fn run<F, Fut, C>(
        &self,
        plan: Plan,
        script: F,
        control: impl FnOnce(Control) -> C,
    ) -> (Result<RunResult, RunError>, C::Output)
    where
        F: Fn(String, Box<dyn StepSink>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
        C: Future,
    {
        self.run_dumping(plan, script, None, control)
    }

    /// As [`Rig::run`], with a core dump in the report of every step.
    pub(crate) fn run_dumping<F, Fut, C>(
        &self,
        plan: Plan,
        script: F,
        core_dump: Option<&'static [u8]>,
        control: impl FnOnce(Control) -> C,
    ) -> (Result<RunResult, RunError>, C::Output)
    where
        F: Fn(String, Box<dyn StepSink>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Outcome> + Send + 'static,
        C: Future,
    {
        let guests = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let handle = guests.handle().clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let ended = runtime.block_on(async {
            let journal = Journal::open(self.folder.path()).await.unwrap();
            let (recorder, events) = Recorder::new(run_id(), journal.clone());
            let (cancel, canceled) = watch::channel(CancelLevel::Running);
            let opening = open(&plan, &journal, beginning()).await.unwrap();
            let this = Run {
                plan: Arc::new(plan),
                opening,
                collector: Collector::new(self.folder.path(), Vec::new(), self.folder.path()),
                keep: self.keep.clone(),
                workspace: self.folder.path().into(),
                steps: Arc::new(Scripted { script, core_dump }),
                recorder: Arc::new(recorder),
                guests: handle,
                parallel_jobs: self.parallel_jobs,
            };
            let control = control(Control {
                journal,
                events,
                cancel,
            });
            let both = async { tokio::join!(run(this, canceled), control) };
            tokio::time::timeout(DEADLINE, both).await.unwrap()
        });
        guests.shutdown_background();
        ended
    }
}

fn beginning() -> Beginning {
    Beginning {
        snapshot: stepwell_event::Snapshot::default(),
        started_ms: 1_700_000_000_000,
        branch: "refs/heads/main".to_owned(),
        project: "project".to_owned(),
        predefined: Vec::new(),
    }
}

/// The run from outside.
pub(crate) struct Control {
    pub(crate) journal: Journal,
    pub(crate) events: Watch,
    pub(crate) cancel: watch::Sender<CancelLevel>,
}

impl Control {
    /// All events from now on.
    pub(crate) async fn rest(mut self) -> Vec<Envelope> {
        let mut all = Vec::new();
        while let Some(events) = self.events.next().await {
            all.extend(events);
        }
        all
    }

    /// The numbers among the next events of those that say that a step begins its work.
    pub(crate) async fn invocations(&mut self) -> Vec<u64> {
        let events = self.events.next().await.unwrap();
        let invoked = events
            .iter()
            .filter(|one| matches!(one.event, RunEvent::StepInvoked { .. }));
        invoked.map(|one| one.seq).collect()
    }

    /// Waits until an event is seen.
    pub(crate) async fn wait_for(&mut self, wanted: impl Fn(&RunEvent) -> bool) {
        loop {
            let events = self.events.next().await.unwrap();
            if events.iter().any(|envelope| wanted(&envelope.event)) {
                return;
            }
        }
    }
}

/// How each step ended, by its job and its position.
pub(crate) fn results(events: &[Envelope]) -> HashMap<(String, u32), StepResult> {
    let finished = events.iter().filter_map(|envelope| match &envelope.event {
        RunEvent::StepFinished { job, step, record } => {
            Some(((job.to_string(), *step), record.result))
        }
        _ => None,
    });
    finished.collect()
}

/// Lines that a guest prints.
pub(crate) fn lines(count: usize) -> GuestEvent {
    GuestEvent::Output {
        stream: Stream::Stdout,
        bytes: "line\n".repeat(count).into_bytes(),
    }
}

//! Small plans, and a transcript of what a job does.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use stepwell_engine::{JobCommand, JobEnd, JobInput, JobMachine, JobStart, StartVariable, Timer};
use stepwell_event::{
    Access, Collect, Digest, GuestEvent, Limits, LineKind, Outcome, Published, Refusal, RunEvent,
    StepRecord, StepReport, StepRequest, StoredFile, Stream, Usage,
};
use stepwell_expr::{Expression, Names};
use stepwell_plan::{
    Ceilings, Commands, Grant, Invocation, Plan, PlannedJob, PlannedStage, PlannedStep,
    PlannedStrategy, PlannedTask, RunNumberFormat,
};

/// A plain command without arguments that runs if all before it succeeded, and may use every
/// logging command.
pub(crate) fn step() -> PlannedStep {
    PlannedStep {
        name: None,
        label: "lint".to_owned(),
        task: 0,
        invocation: Invocation::Command { args: Vec::new() },
        env: Vec::new(),
        condition: Expression::default(),
        timeout: None,
        fuel: None,
        continue_on_error: false,
        retries: 0,
        commands: Commands::Any,
        settable_variables: None,
    }
}

/// A step of a typed task.
pub(crate) fn typed() -> PlannedStep {
    PlannedStep {
        invocation: Invocation::Task { inputs: Vec::new() },
        commands: Commands::None,
        ..step()
    }
}

#[track_caller]
pub(crate) fn condition(text: &str) -> Expression {
    Expression::condition(text, &Names::STEP_CONDITION).unwrap()
}

#[track_caller]
pub(crate) fn step_when(text: &str) -> PlannedStep {
    PlannedStep {
        condition: condition(text),
        ..step()
    }
}

pub(crate) fn job(name: &str, depends_on: &[usize], steps: Vec<PlannedStep>) -> PlannedJob {
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
        steps,
    }
}

pub(crate) fn plan(jobs: Vec<PlannedJob>) -> Plan {
    let task = |name: &str, workspace| PlannedTask {
        name: name.to_owned(),
        digest: Digest::from_sha256([7; 32]),
        grant: Grant {
            workspace,
            limits: Limits {
                memory: 32 << 20,
                output: 1 << 20,
                ..Limits::default()
            },
            ..Grant::default()
        },
    };
    Plan {
        name: "demo".to_owned(),
        run_number: RunNumberFormat::default(),
        variables: Vec::new(),
        tasks: vec![
            task("lint", Access::None),
            task("build", Access::Write),
            task("other", Access::None),
        ],
        stages: vec![PlannedStage {
            name: "__default".into(),
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

pub(crate) fn variable(name: &str, value: &str) -> StartVariable {
    StartVariable {
        name: name.to_owned(),
        value: value.to_owned(),
        secret: false,
        read_only: false,
        untrusted: false,
    }
}

pub(crate) fn report(outcome: Outcome) -> StepReport {
    StepReport {
        outcome,
        usage: Usage::default(),
        read_stdin: false,
        core_dump: None,
        reply: None,
    }
}

pub(crate) fn output(text: &str) -> GuestEvent {
    GuestEvent::Output {
        stream: Stream::Stdout,
        bytes: text.as_bytes().to_vec(),
    }
}

/// A job that is being run by hand.
pub(crate) struct Driver {
    pub(crate) machine: JobMachine,
    /// What happened, one line each, since it was last asked for.
    transcript: Vec<String>,
    /// The last request.
    pub(crate) request: Option<StepRequest>,
    /// What was recorded of the requests: attempts, requests, names of secrets.
    pub(crate) recorded: Vec<(u32, StepRequest, Vec<String>)>,
    /// The record of the last step that ended.
    pub(crate) record: Option<Box<StepRecord>>,
    /// The step that runs.
    pub(crate) running: Option<usize>,
    /// Whether a step waits to be tried again.
    pub(crate) pausing: bool,
    /// What is to be read.
    pub(crate) collecting: Vec<Collect>,
    /// What was published.
    pub(crate) published: Vec<Published>,
    /// How the job ended.
    pub(crate) finished: Option<JobEnd>,
}

impl Driver {
    /// The first job of a plan with a few variables, not started.
    pub(crate) fn new(plan: Plan) -> Self {
        let predefined = StartVariable {
            read_only: true,
            ..variable("System.JobName", "build")
        };
        Self::with(plan, vec![predefined, variable("Greeting", "hello")])
    }

    /// The first job of a plan, not started.
    pub(crate) fn with(plan: Plan, variables: Vec<StartVariable>) -> Self {
        let start = JobStart {
            job: 0,
            secrets: Vec::new(),
            started_ms: 1_700_000_000_000,
            id: "build".into(),
            variables,
        };
        Self {
            machine: JobMachine::new(Arc::new(plan), start, PathBuf::from("/work")),
            transcript: Vec::new(),
            request: None,
            recorded: Vec::new(),
            record: None,
            running: None,
            pausing: false,
            collecting: Vec::new(),
            published: Vec::new(),
            finished: None,
        }
    }

    /// A started job of these steps.
    pub(crate) fn started(steps: Vec<PlannedStep>) -> Self {
        let mut driver = Self::new(plan(vec![job("build", &[], steps)]));
        driver.input(JobInput::Start);
        driver.transcript.clear();
        driver
    }

    pub(crate) fn input(&mut self, input: JobInput) {
        match input {
            JobInput::StepEnded(_) => self.running = None,
            JobInput::TimerFired(Timer::Retry) => self.pausing = false,
            _ => {}
        }
        let mut commands = Vec::new();
        self.machine.handle(input, &mut commands);
        self.note(commands);
    }

    fn note(&mut self, commands: Vec<JobCommand>) {
        for command in commands {
            match &command {
                JobCommand::Emit(RunEvent::StepInvoked {
                    attempt,
                    request,
                    secrets,
                    ..
                }) => {
                    let recorded = ((**request).clone(), secrets.clone());
                    self.recorded.push((*attempt, recorded.0, recorded.1));
                    continue;
                }
                JobCommand::Emit(RunEvent::StepFinished { record, .. }) => {
                    self.record = Some(record.clone());
                }
                JobCommand::Emit(RunEvent::Published { published, .. }) => {
                    self.published.push((**published).clone());
                }
                JobCommand::RunStep { step, .. } => self.running = Some(*step),
                JobCommand::StartTimer {
                    timer: Timer::Retry,
                    ..
                } => self.pausing = true,
                _ => {}
            }
            self.transcript.push(match command {
                JobCommand::Emit(event) => describe(&event),
                JobCommand::RunStep { step, request } => {
                    self.request = Some(request);
                    format!("run {step}")
                }
                JobCommand::StopStep { now } => format!("stop now={now}"),
                JobCommand::StartTimer { timer, after } => format!("timer {timer:?} {after:?}"),
                JobCommand::Collect { step, requests } => {
                    let line = format!("collect {step}: {}", requests.len());
                    self.collecting = requests;
                    line
                }
                JobCommand::Finish(end) => {
                    let line = format!("end {:?}", end.result);
                    assert_eq!(self.finished.replace(end), None, "a job ends once");
                    line
                }
            });
        }
    }

    pub(crate) fn end(&mut self, outcome: Outcome) {
        self.input(JobInput::StepEnded(report(outcome)));
    }

    pub(crate) fn fire(&mut self, timer: Timer) {
        self.input(JobInput::TimerFired(timer));
    }

    pub(crate) fn guest(&mut self, event: GuestEvent) -> Result<(), Refusal> {
        let mut commands = Vec::new();
        let answer = self.machine.guest(event, &mut commands);
        self.note(commands);
        answer
    }

    /// The running step prints this.
    #[track_caller]
    pub(crate) fn print(&mut self, text: &str) {
        assert_eq!(self.guest(output(text)), Ok(()));
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.machine.is_finished()
    }

    /// The environment of the last step that began.
    pub(crate) fn env(&self, name: &str) -> Option<&str> {
        let env = &self.request.as_ref()?.env;
        let (_, value) = env.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.transcript)
    }

    /// Asserts what happened since it was last asked for.
    #[track_caller]
    pub(crate) fn expect(&mut self, lines: &[&str]) {
        assert_eq!(self.take(), lines);
    }
}

fn describe(event: &RunEvent) -> String {
    match event {
        RunEvent::JobStarted { .. } => "job started".to_owned(),
        RunEvent::StepStarted { step, .. } => format!("{step} started"),
        RunEvent::Line { source, text, .. } => match source {
            LineKind::Stdout => format!("> {text}"),
            _ => format!("{source:?}> {text}"),
        },
        RunEvent::IssueReported { issue, .. } => {
            let place = match (&issue.path, issue.line, issue.column) {
                (Some(path), Some(line), Some(column)) => format!(" {path}:{line}:{column}"),
                (Some(path), ..) => format!(" {path}"),
                _ => String::new(),
            };
            format!("{:?}{place}: {}", issue.severity, issue.message)
        }
        RunEvent::Progressed {
            percent, message, ..
        } => format!("{percent}% {message}"),
        RunEvent::VariableSet { name, value, .. } => match value {
            Some(value) => format!("{name} = {value}"),
            None => format!("{name} = (secret)"),
        },
        RunEvent::Published { published, .. } => told(published),
        RunEvent::StepRetried {
            retry,
            delay_ms,
            reason,
            ..
        } => format!("retry {retry} after {delay_ms} ms: {reason}"),
        RunEvent::StepFinished { step, record, .. } => match &record.reason {
            Some(reason) => format!("{step} {:?}: {reason}", record.result),
            None => format!("{step} {:?}", record.result),
        },
        RunEvent::JobFinished { result, reason, .. } => match reason {
            Some(reason) => format!("job {result:?}: {reason}"),
            None => format!("job {result:?}"),
        },
        other => format!("{other:?}"),
    }
}

fn told(published: &Published) -> String {
    let paths = |files: &[StoredFile]| -> String {
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        paths.join(" ")
    };
    match published {
        Published::Attachment { kind, name, file } => {
            format!("attachment {kind} {name}: {}", file.path)
        }
        Published::Summary { name, text } => format!("summary {name}: {text}"),
        Published::Log { name, text } => format!("log {name}: {text}"),
        Published::Artifact {
            name,
            folder,
            files,
        } => format!("artifact {name} in {folder}: {}", paths(files)),
        Published::ArtifactLink {
            name,
            kind,
            location,
        } => format!("artifact {name} is {kind} {location}"),
        Published::TestResults {
            title,
            run,
            platform,
            configuration,
        } => format!(
            "tests {title}: {} passed, {} failed, {platform:?} {configuration:?}",
            run.passed, run.failed
        ),
        Published::Coverage { tool, files, .. } => format!("coverage {tool}: {}", paths(files)),
        Published::RunNumber { number } => format!("number {number}"),
        Published::Tag { tag } => format!("tag {tag}"),
        Published::Detail(detail) => format!(
            "detail {} in {:?}: {} {} #{} {:?}..{:?} {}% {:?} {:?} {}",
            detail.id.get(..4).unwrap_or_default(),
            detail.parent.as_deref().and_then(|id| id.get(..4)),
            detail.kind,
            detail.name,
            detail.order,
            detail.start_time,
            detail.finish_time,
            detail.progress,
            detail.state,
            detail.result,
            detail.operation
        ),
    }
}

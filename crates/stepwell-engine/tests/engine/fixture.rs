//! Small plans, and a transcript of what a job does.

use std::path::PathBuf;
use std::sync::Arc;
use stepwell_engine::{JobCommand, JobInput, JobMachine};
use stepwell_event::{
    Access, Digest, GuestEvent, LineKind, Outcome, Refusal, RunEvent, StepRecord, StepReport,
    StepRequest, Stream, Usage,
};
use stepwell_plan::{Condition, Grant, Invocation, Plan, PlannedJob, PlannedStep, PlannedTask};

/// A plain command without arguments that runs if all before it succeeded.
pub(crate) fn step() -> PlannedStep {
    PlannedStep {
        name: None,
        label: "lint".to_owned(),
        task: 0,
        invocation: Invocation::Command { args: Vec::new() },
        env: Vec::new(),
        condition: Condition::Succeeded,
        timeout: None,
        continue_on_error: false,
    }
}

/// A step of a typed task.
pub(crate) fn typed() -> PlannedStep {
    PlannedStep {
        invocation: Invocation::Task { inputs: Vec::new() },
        ..step()
    }
}

pub(crate) fn step_when(condition: Condition) -> PlannedStep {
    PlannedStep {
        condition,
        ..step()
    }
}

pub(crate) fn job(name: &str, depends_on: &[usize], steps: Vec<PlannedStep>) -> PlannedJob {
    PlannedJob {
        name: name.into(),
        depends_on: depends_on.to_vec(),
        condition: Condition::Succeeded,
        steps,
    }
}

pub(crate) fn plan(jobs: Vec<PlannedJob>) -> Plan {
    Plan {
        name: "demo".to_owned(),
        variables: vec![("Greeting".to_owned(), "hello".to_owned())],
        tasks: vec![PlannedTask {
            name: "lint".to_owned(),
            digest: Digest::from_sha256([7; 32]),
            grant: Grant {
                workspace: Access::None,
                memory: 32 << 20,
                output: 1 << 20,
            },
        }],
        jobs,
    }
}

pub(crate) fn report(outcome: Outcome) -> StepReport {
    StepReport {
        outcome,
        usage: Usage::default(),
        read_stdin: false,
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
    machine: JobMachine,
    /// What happened, one line each, since it was last asked for.
    transcript: Vec<String>,
    /// The last request.
    pub(crate) request: Option<StepRequest>,
    /// The record of the last step that ended.
    pub(crate) record: Option<Box<StepRecord>>,
}

impl Driver {
    /// The first job of a plan, not started.
    pub(crate) fn new(plan: Plan) -> Self {
        Self {
            machine: JobMachine::new(Arc::new(plan), 0, PathBuf::from("/work")),
            transcript: Vec::new(),
            request: None,
            record: None,
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
        let mut commands = Vec::new();
        self.machine.handle(input, &mut commands);
        for command in commands {
            if let JobCommand::Emit(RunEvent::StepFinished { record, .. }) = &command {
                self.record = Some(record.clone());
            }
            self.transcript.push(match command {
                JobCommand::Emit(event) => describe(&event),
                JobCommand::RunStep { step, request } => {
                    self.request = Some(request);
                    format!("run {step}")
                }
                JobCommand::StopStep { now } => format!("stop now={now}"),
                JobCommand::Finish(result) => format!("end {result:?}"),
            });
        }
    }

    pub(crate) fn end(&mut self, outcome: Outcome) {
        self.input(JobInput::StepEnded(report(outcome)));
    }

    pub(crate) fn guest(&mut self, event: GuestEvent) -> Result<(), Refusal> {
        let mut events = Vec::new();
        let answer = self.machine.guest(event, &mut events);
        self.transcript.extend(events.iter().map(describe));
        answer
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.machine.is_finished()
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
        RunEvent::StepFinished { step, record, .. } => match &record.reason {
            Some(reason) => format!("{step} {:?}: {reason}", record.result),
            None => format!("{step} {:?}", record.result),
        },
        RunEvent::JobFinished { result, .. } => format!("job {result:?}"),
        other => format!("{other:?}"),
    }
}

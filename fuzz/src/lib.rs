//! A job of one step, for targets that have something to say as that step.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use stepwell_engine::{JobCommand, JobInput, JobMachine, JobStart, StartVariable};
use stepwell_event::{Access, Digest, GuestEvent, Outcome, RunEvent, StepReport, Stream};
use stepwell_expr::Expression;
use stepwell_plan::{
    Commands, DEFAULT_STAGE, Grant, Invocation, Plan, PlannedJob, PlannedStage, PlannedStep,
    PlannedStrategy, PlannedTask, RunNumberFormat,
};

/// A job whose step runs.
pub struct Job {
    /// What the job decides.
    pub machine: JobMachine,
    /// What it wants done.
    pub commands: Vec<JobCommand>,
}

impl Job {
    /// Starts a job with these secrets; `commands` says which logging commands its step may give.
    #[must_use]
    pub fn start(secrets: &[&str], commands: Commands) -> Self {
        let variable = |(number, value): (usize, &&str)| StartVariable {
            name: format!("secret{number}"),
            value: (*value).to_owned(),
            secret: true,
            read_only: false,
            untrusted: false,
        };
        let start = JobStart {
            job: 0,
            secrets: Vec::new(),
            id: "a".into(),
            variables: secrets.iter().enumerate().map(variable).collect(),
        };
        let mut machine = JobMachine::new(Arc::new(plan(commands)), start, PathBuf::from("/"));
        let mut commands = Vec::new();
        machine.handle(JobInput::Start, &mut commands);
        Self { machine, commands }
    }

    /// Lets the step print.
    pub fn print(&mut self, stream: Stream, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        let event = GuestEvent::Output { stream, bytes };
        let _ = self.machine.guest(event, &mut self.commands);
    }

    /// Lets the step end, and whatever it wants read be missing. The job is over then.
    pub fn end(&mut self) {
        let report = StepReport::without_guest(Outcome::Succeeded);
        self.machine
            .handle(JobInput::StepEnded(report), &mut self.commands);
        let asked = self.commands.iter().map(|command| match command {
            JobCommand::Collect { requests, .. } => requests.len(),
            _ => 0,
        });
        let asked: usize = asked.sum();
        if asked > 0 {
            let answers = (0..asked).map(|_| Err("there is no such file".to_owned()));
            self.machine
                .handle(JobInput::Collected(answers.collect()), &mut self.commands);
        }
        assert!(self.machine.is_finished(), "{:?}", self.commands);
    }

    /// The lines that are shown.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.commands.iter().filter_map(|command| match command {
            JobCommand::Emit(RunEvent::Line { text, .. }) => Some(text.as_ref()),
            _ => None,
        })
    }
}

fn plan(commands: Commands) -> Plan {
    let step = PlannedStep {
        name: Some("s".to_owned()),
        label: "s".to_owned(),
        task: 0,
        invocation: Invocation::Command { args: Vec::new() },
        env: Vec::new(),
        condition: Expression::default(),
        timeout: None,
        continue_on_error: false,
        retries: 0,
        commands,
        settable_variables: None,
    };
    Plan {
        name: "fuzz".to_owned(),
        run_number: RunNumberFormat::default(),
        variables: Vec::new(),
        tasks: vec![PlannedTask {
            name: "t".to_owned(),
            digest: Digest::from_sha256([0; 32]),
            grant: Grant {
                workspace: Access::Read,
                memory: 1 << 20,
                output: 1 << 20,
            },
        }],
        stages: vec![PlannedStage {
            name: DEFAULT_STAGE.into(),
            label: String::new(),
            depends_on: Vec::new(),
            condition: Expression::default(),
            variables: Vec::new(),
            jobs: vec![0],
        }],
        jobs: vec![PlannedJob {
            name: "a".into(),
            id: "a".into(),
            label: "a".to_owned(),
            stage: 0,
            depends_on: Vec::new(),
            condition: Expression::default(),
            continue_on_error: false,
            timeout: None,
            cancel_timeout: Duration::from_secs(1),
            unmet_demand: None,
            strategy: PlannedStrategy::Single,
            variables: Vec::new(),
            steps: vec![step],
        }],
    }
}

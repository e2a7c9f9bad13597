//! Any bytes as the output of a step, cut anywhere: the job ends, and nothing of what the step
//! declared secret is in any event.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use stepwell_engine::{JobCommand, JobInput, JobMachine, JobStart};
use stepwell_event::{Access, Digest, GuestEvent, Outcome, RunEvent, StepReport, Stream, Usage};
use stepwell_expr::Expression;
use stepwell_plan::{
    Commands, DEFAULT_STAGE, Grant, Invocation, Plan, PlannedJob, PlannedStage, PlannedStep,
    PlannedStrategy, PlannedTask, RunNumberFormat,
};

/// Nothing that the fuzzer would print by chance.
const SECRET: &str = "q8Zk-71c/Xw+";

#[derive(Arbitrary, Debug)]
struct Said<'a> {
    chunks: Vec<(bool, &'a [u8])>,
}

fuzz_target!(|said: Said<'_>| {
    let start = JobStart {
        job: 0,
        secrets: Vec::new(),
        id: "a".into(),
        variables: vec![stepwell_engine::StartVariable {
            name: "key".to_owned(),
            value: SECRET.to_owned(),
            secret: true,
            read_only: false,
            untrusted: false,
        }],
    };
    let mut machine = JobMachine::new(Arc::new(plan()), start, PathBuf::from("/"));
    let mut commands = Vec::new();
    machine.handle(JobInput::Start, &mut commands);
    for (is_error, bytes) in said.chunks {
        let stream = if is_error {
            Stream::Stderr
        } else {
            Stream::Stdout
        };
        for bytes in [bytes, SECRET.as_bytes()] {
            let bytes = bytes.to_vec();
            let _ = machine.guest(GuestEvent::Output { stream, bytes }, &mut commands);
        }
    }
    let report = StepReport {
        outcome: Outcome::Succeeded,
        usage: Usage::default(),
        read_stdin: false,
    };
    machine.handle(JobInput::StepEnded(report), &mut commands);
    let mut asked = 0;
    for command in &commands {
        match command {
            JobCommand::Emit(RunEvent::Line { text, .. }) => assert!(!text.contains(SECRET)),
            JobCommand::Collect { requests, .. } => asked = requests.len(),
            _ => {}
        }
    }
    if asked > 0 {
        let answers = (0..asked).map(|_| Err("there is no such file".to_owned()));
        machine.handle(JobInput::Collected(answers.collect()), &mut commands);
    }
    assert!(machine.is_finished(), "{commands:?}");
});

fn plan() -> Plan {
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
        commands: Commands::Any,
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

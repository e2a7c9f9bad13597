//! How long the run machine takes to decide what is next, in runs of 1,000 to 100,000 jobs whose
//! runner ends every job at once: `cargo bench -p stepwell-engine --bench run`.
//!
//! Each shape is run in every size, one after the other and again, and the median counts. What
//! matters is the ratio per job: it stays where it is while runs become longer.

#![expect(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a benchmark prints, and stops when something is wrong"
)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_engine::{JobEnd, Opening, RunCommand, RunInput, RunMachine, StartVariable};
use stepwell_event::{Access, Digest, Limits, RunResult, StepResult};
use stepwell_expr::{Expression, Names};
use stepwell_plan::{
    Ceilings, Commands, DEFAULT_STAGE, Grant, Invocation, Plan, PlannedJob, PlannedStage,
    PlannedStep, PlannedStrategy, PlannedTask, RunNumberFormat,
};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const ROUNDS: usize = 5;

fn main() {
    println!(
        "{:<10} {:>8} {:>12} {:>10} {:>8}",
        "shape", "jobs", "median", "per job", "ratio"
    );
    for (shape, depends_on) in SHAPES {
        let mut times = SIZES.map(|_| Vec::new());
        for _ in 0..ROUNDS {
            for (size, times) in SIZES.iter().zip(&mut times) {
                times.push(simulate(plan(*size, depends_on)));
            }
        }
        let mut first = None;
        for (size, times) in SIZES.iter().zip(&mut times) {
            times.sort();
            let median = times[times.len() / 2];
            let each = median.as_secs_f64() / *size as f64;
            let ratio = each / *first.get_or_insert(each);
            println!(
                "{shape:<10} {size:>8} {:>9.1} ms {:>7.2} us {ratio:>8.2}",
                median.as_secs_f64() * 1e3,
                each * 1e6
            );
        }
    }
}

/// Which jobs the job at a position waits for.
type DependsOn = fn(usize) -> Vec<usize>;

const SHAPES: [(&str, DependsOn); 4] = [
    ("wide", |_| Vec::new()),
    ("chain", |index| index.checked_sub(1).into_iter().collect()),
    ("tree", |index| match index {
        0 => Vec::new(),
        _ => vec![(index - 1) / 2],
    }),
    ("mesh", |index| (index.saturating_sub(4)..index).collect()),
];

fn simulate(plan: Plan) -> Duration {
    let jobs = plan.jobs.len();
    let opening = Opening {
        variables: (0..20)
            .map(|index| StartVariable {
                name: format!("Variable{index}"),
                value: "value".to_owned(),
                secret: false,
                read_only: false,
                untrusted: false,
            })
            .collect(),
        ..Opening::default()
    };
    let plan = Arc::new(plan);
    let start = Instant::now();
    let mut machine = RunMachine::new(plan, opening);
    let mut inputs = VecDeque::from([RunInput::Start]);
    let mut started = 0;
    let mut commands = Vec::new();
    while let Some(input) = inputs.pop_front() {
        machine.handle(input, &mut commands);
        for command in commands.drain(..) {
            if let RunCommand::StartJob { instance, .. } = command {
                started += 1;
                let end = JobEnd {
                    result: StepResult::Succeeded,
                    outputs: Vec::new(),
                    secrets: Vec::new(),
                };
                inputs.push_back(RunInput::JobFinished { instance, end });
            }
        }
    }
    assert_eq!(
        (started, machine.result()),
        (jobs, Some(RunResult::Succeeded))
    );
    start.elapsed()
}

fn plan(jobs: usize, depends_on: DependsOn) -> Plan {
    let condition = Expression::condition(
        "and(succeeded(), eq(variables['Variable7'], 'value'))",
        &Names::JOB_CONDITION,
    )
    .expect("a condition");
    let step = PlannedStep {
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
        commands: Commands::Restricted,
        settable_variables: None,
    };
    let job = |index: usize| PlannedJob {
        name: format!("job{index}").into(),
        id: format!("job{index}").into(),
        label: format!("job{index}"),
        stage: 0,
        depends_on: depends_on(index),
        // Every tenth has a condition of its own, as in pipelines of people.
        condition: match index % 10 {
            0 => condition.clone(),
            _ => Expression::default(),
        },
        continue_on_error: false,
        timeout: None,
        fuel: None,
        cancel_timeout: Duration::from_secs(300),
        unmet_demand: None,
        strategy: PlannedStrategy::Single,
        variables: Vec::new(),
        steps: vec![step.clone()],
    };
    Plan {
        name: "simulation".to_owned(),
        run_number: RunNumberFormat::default(),
        variables: Vec::new(),
        tasks: vec![PlannedTask {
            name: "lint".to_owned(),
            digest: Digest::from_sha256([0; 32]),
            grant: Grant {
                workspace: Access::None,
                limits: Limits {
                    memory: 1 << 20,
                    output: 1 << 20,
                    ..Limits::default()
                },
                ..Grant::default()
            },
        }],
        stages: vec![PlannedStage {
            name: DEFAULT_STAGE.into(),
            label: String::new(),
            depends_on: Vec::new(),
            condition: Expression::default(),
            variables: Vec::new(),
            jobs: (0..jobs).collect(),
        }],
        jobs: (0..jobs).map(job).collect(),
        ceilings: Ceilings::default(),
    }
}

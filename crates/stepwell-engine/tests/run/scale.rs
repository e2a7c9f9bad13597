//! Runs of a hundred thousand jobs: how long the way is must not matter for a single decision.

use crate::fixture::{job, opening, plan};
use std::collections::VecDeque;
use std::sync::Arc;
use stepwell_engine::{JobEnd, RunCommand, RunInput, RunMachine};
use stepwell_event::{RunResult, StepResult};
use stepwell_plan::Plan;

/// Runs a plan with a runner that ends every job at once.
fn simulate(plan: Plan, result: StepResult) -> (usize, Option<RunResult>) {
    let mut machine = RunMachine::new(Arc::new(plan), opening());
    let mut inputs = VecDeque::from([RunInput::Start]);
    let mut started = 0;
    while let Some(input) = inputs.pop_front() {
        let mut commands = Vec::new();
        machine.handle(input, &mut commands);
        for command in commands {
            if let RunCommand::StartJob { instance, .. } = command {
                started += 1;
                let end = JobEnd {
                    result,
                    outputs: Vec::new(),
                    secrets: Vec::new(),
                };
                inputs.push_back(RunInput::JobFinished { instance, end });
            }
        }
    }
    (started, machine.result())
}

#[test]
fn a_long_chain_and_a_wide_fan_are_no_problem() {
    const JOBS: usize = 20_000;
    let chain = (0..JOBS).map(|index| {
        let before: Vec<usize> = index.checked_sub(1).into_iter().collect();
        job(&format!("link{index}"), &before)
    });
    let chain = plan(chain.collect());
    assert_eq!(
        simulate(chain.clone(), StepResult::Succeeded),
        (JOBS, Some(RunResult::Succeeded))
    );
    assert_eq!(
        simulate(chain, StepResult::Failed),
        (1, Some(RunResult::Failed))
    );
    let mut jobs: Vec<_> = (0..JOBS)
        .map(|index| job(&format!("j{index}"), &[]))
        .collect();
    let all: Vec<usize> = (0..JOBS).collect();
    jobs.push(job("last", &all));
    assert_eq!(
        simulate(plan(jobs), StepResult::Succeeded),
        (JOBS + 1, Some(RunResult::Succeeded))
    );
}

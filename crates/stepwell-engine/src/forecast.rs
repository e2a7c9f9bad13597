//! What would run: a run in which every job succeeds, leaving nothing to be read.

use crate::run::{RunCommand, RunInput, RunMachine};
use crate::start::{JobEnd, Opening};
use std::collections::VecDeque;
use std::sync::Arc;
use stepwell_event::{RunEvent, StepResult};
use stepwell_expr::Expression;
use stepwell_plan::{Plan, PlannedStrategy};

/// The events of a run in which every job that starts succeeds. Jobs that do not start are told in
/// them, with the reason.
///
/// What asks for outputs cannot be decided before a run. A condition that does is taken to hold, and
/// a matrix that does is one job.
#[must_use]
pub fn forecast(plan: &Plan, opening: Opening) -> Vec<RunEvent> {
    let mut machine = RunMachine::new(Arc::new(decidable(plan)), opening);
    let mut inputs = VecDeque::from([RunInput::Start]);
    let mut events = Vec::new();
    while let Some(input) = inputs.pop_front() {
        let mut commands = Vec::new();
        machine.handle(input, &mut commands);
        for command in commands {
            match command {
                RunCommand::StartJob { instance, .. } => {
                    let end = JobEnd {
                        result: StepResult::Succeeded,
                        outputs: Vec::new(),
                        secrets: Vec::new(),
                    };
                    inputs.push_back(RunInput::JobFinished { instance, end });
                }
                RunCommand::Emit(event) => events.push(event),
                RunCommand::CancelJobs { .. } | RunCommand::Finish(_) => {}
            }
        }
    }
    events
}

/// The plan without what asks for outputs.
fn decidable(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    let conditions = plan.stages.iter_mut().map(|stage| &mut stage.condition);
    let conditions = conditions.chain(plan.jobs.iter_mut().map(|job| &mut job.condition));
    for condition in conditions.filter(|condition| asks_for_outputs(condition)) {
        *condition = Expression::default();
    }
    for job in &mut plan.jobs {
        if let PlannedStrategy::ComputedMatrix { legs, .. } = &job.strategy
            && asks_for_outputs(legs)
        {
            job.strategy = PlannedStrategy::Single;
        }
    }
    plan
}

fn asks_for_outputs(expression: &Expression) -> bool {
    let text = expression.text().to_ascii_lowercase();
    text.contains("dependencies") && text.contains("outputs")
}

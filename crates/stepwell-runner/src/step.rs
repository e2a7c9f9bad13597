//! Who runs a step.

use std::sync::Arc;
use stepwell_event::{StepReport, StepRequest};
use stepwell_sandbox::{Component, Sandbox, StepSink, StopHandle};

/// Runs one step. The sandbox in this process is one way; a worker process will be another, and
/// tests have a scripted one.
pub trait StepRunner: Send + Sync + 'static {
    /// Runs the step of task number `task` of the plan and returns when it has ended.
    fn run(
        &self,
        task: usize,
        request: StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> impl Future<Output = StepReport> + Send;
}

/// Runs steps in this process.
pub struct SandboxSteps {
    sandbox: Arc<Sandbox>,
    /// In the order of the plan's tasks.
    components: Vec<Component>,
}

impl SandboxSteps {
    /// Runs the plan's tasks as `components`, which are in the plan's order.
    #[must_use]
    pub fn new(sandbox: Arc<Sandbox>, components: Vec<Component>) -> Self {
        Self {
            sandbox,
            components,
        }
    }
}

impl StepRunner for SandboxSteps {
    async fn run(
        &self,
        task: usize,
        request: StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> StepReport {
        match self.components.get(task) {
            Some(component) => self.sandbox.run(component, &request, stop, sink).await,
            None => StepReport {
                outcome: stepwell_event::Outcome::HostFailed {
                    message: format!("the plan has no component for its task {task}"),
                },
                usage: stepwell_event::Usage::default(),
                read_stdin: false,
            },
        }
    }
}

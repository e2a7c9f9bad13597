//! Who runs a step.

use std::collections::HashMap;
use std::sync::Arc;
use stepwell_event::{Digest, Outcome, StepReport, StepRequest, Usage};
use stepwell_sandbox::{Component, Sandbox, StepSink, StopHandle};

/// Runs one step. The sandbox in this process is one way; a worker process will be another, and
/// tests have a scripted one.
pub trait StepRunner: Send + Sync + 'static {
    /// Runs a step and returns when it has ended.
    fn run(
        &self,
        request: StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> impl Future<Output = StepReport> + Send;
}

/// Runs steps in this process.
pub struct SandboxSteps {
    sandbox: Arc<Sandbox>,
    /// By digest, as a request names them: a step can never run another component than its own.
    components: HashMap<Digest, Component>,
}

impl SandboxSteps {
    /// Runs steps whose requests name one of `components`.
    #[must_use]
    pub fn new(sandbox: Arc<Sandbox>, components: Vec<Component>) -> Self {
        Self {
            sandbox,
            components: components
                .into_iter()
                .map(|component| (component.digest(), component))
                .collect(),
        }
    }
}

impl StepRunner for SandboxSteps {
    async fn run(
        &self,
        request: StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> StepReport {
        match self.components.get(&request.component) {
            Some(component) => self.sandbox.run(component, &request, stop, sink).await,
            None => StepReport {
                outcome: Outcome::HostFailed {
                    message: format!("the component {} was not loaded", request.component),
                },
                usage: Usage::default(),
                read_stdin: false,
            },
        }
    }
}

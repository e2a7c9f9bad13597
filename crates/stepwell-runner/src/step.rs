//! Who runs a step.

use std::collections::HashMap;
use std::sync::Arc;
use stepwell_event::{Digest, StepReport, StepRequest};
use stepwell_sandbox::{Code, Component, LoadError, Metering, Sandbox, StepSink, StopHandle};

/// Runs one step: in this process, in a worker process, or in a test's script.
pub trait StepRunner: Send + Sync + 'static {
    /// What the steps of one job share, such as a process. They run one after the other.
    type Job: Send;

    /// What a new job begins with.
    fn job(&self) -> Self::Job;

    /// Runs a step of `job` and returns when it has ended.
    fn run(
        &self,
        job: &mut Self::Job,
        request: StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> impl Future<Output = StepReport> + Send;
}

/// Runs steps in this process.
pub struct SandboxSteps {
    sandbox: Arc<Sandbox>,
    /// By digest, as a request names them: a step can never run another component than its own.
    components: HashMap<(Digest, Metering), Component>,
}

impl SandboxSteps {
    /// Runs steps whose requests name one of `codes`.
    ///
    /// # Errors
    ///
    /// Code does not load.
    pub fn new(sandbox: Arc<Sandbox>, codes: &[Code]) -> Result<Self, LoadError> {
        let components = codes
            .iter()
            .map(|code| Ok(((code.digest(), code.metering()), sandbox.component(code)?)))
            .collect::<Result<_, LoadError>>()?;
        Ok(Self {
            sandbox,
            components,
        })
    }
}

impl StepRunner for SandboxSteps {
    type Job = ();

    fn job(&self) {}

    async fn run(
        &self,
        (): &mut (),
        request: StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> StepReport {
        let needed = (request.component, Metering::of(&request.limits));
        match self.components.get(&needed) {
            Some(component) => self.sandbox.run(component, &request, stop, sink).await,
            None => StepReport::host_failed(format!(
                "the component {} was not loaded",
                request.component
            )),
        }
    }
}

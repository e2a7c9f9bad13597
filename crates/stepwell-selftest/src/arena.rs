//! Where attempts are run.

use std::pin::Pin;
use std::sync::Arc;
use stepwell_event::{Digest, StepReport, StepRequest};
use stepwell_runner::{SandboxSteps, StepRunner as _};
use stepwell_sandbox::{
    Code, Compiler, InThisProcess, LoadError, Metering, Sandbox, StepSink, StopHandle,
};

/// The end of a step, when it comes.
pub type Ending<'a> = Pin<Box<dyn Future<Output = StepReport> + Send + 'a>>;

/// Runs steps the way that `stepwell run` does.
pub trait Arena: Send + Sync {
    /// Compiles a file, or says why it is no task.
    ///
    /// # Errors
    ///
    /// It is no task.
    fn load(&self, bytes: &[u8], digest: Digest, metering: Metering) -> Result<Code, LoadError>;

    /// Runs a step with this code.
    fn run<'a>(
        &'a self,
        code: &'a Code,
        request: StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> Ending<'a>;
}

/// Runs every step in an instance of its own in this process.
pub struct Instances {
    sandbox: Arc<Sandbox>,
}

impl Instances {
    /// Runs steps in `sandbox`.
    #[must_use]
    pub fn new(sandbox: Arc<Sandbox>) -> Self {
        Self { sandbox }
    }
}

impl Arena for Instances {
    fn load(&self, bytes: &[u8], digest: Digest, metering: Metering) -> Result<Code, LoadError> {
        load_with(&InThisProcess, bytes, digest, metering)
    }

    fn run<'a>(
        &'a self,
        code: &'a Code,
        request: StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> Ending<'a> {
        Box::pin(async move {
            let steps = SandboxSteps::new(Arc::clone(&self.sandbox), std::slice::from_ref(code));
            match steps {
                Ok(steps) => steps.run(&mut (), request, stop, sink).await,
                Err(error) => StepReport::host_failed(error.to_string()),
            }
        })
    }
}

/// Compiles without a cache: nothing that is hostile may stay.
pub(crate) fn load_with(
    compiler: &dyn Compiler,
    bytes: &[u8],
    digest: Digest,
    metering: Metering,
) -> Result<Code, LoadError> {
    stepwell_sandbox::load(None, compiler, bytes, digest, metering).map(|loaded| loaded.code)
}

//! Where steps run and tasks are compiled: in this process, or in processes without rights.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_event::{StepReport, StepRequest};
use stepwell_runner::{SandboxSteps, StepRunner};
use stepwell_sandbox::{Code, Dial, Sandbox, SandboxConfig, StepSink, StopHandle};
use stepwell_spec::Isolation;
use stepwell_worker::{Jail, Job, Scope, Workers, WorkersConfig};

/// This very program, also if its file has been replaced since it was started.
pub(crate) const PROGRAM: &str = "/proc/self/exe";

/// Workers that wait for work at a time. One is taken while the next is started.
const WARM: usize = 2;

/// Reads a level of isolation on the command line.
pub(crate) fn parser() -> impl TypedValueParser<Value = Isolation> {
    let levels = Isolation::ALL.map(|level| {
        let help = match level {
            Isolation::Instance => "Nothing: all steps run in this process",
            Isolation::Job => "A process without rights for each job",
            Isolation::Step => "A process without rights for each step",
        };
        PossibleValue::new(level.as_str()).help(help)
    });
    PossibleValuesParser::new(levels).map(|word| {
        let mut known = Isolation::ALL.into_iter();
        known
            .find(|level| level.as_str() == word)
            .unwrap_or(Isolation::Step)
    })
}

/// The compiler of this program: every file in a process of its own.
pub(crate) fn compiler() -> Jail {
    Jail {
        program: PathBuf::from(PROGRAM),
        limits: stepwell_worker::CompileLimits::default(),
    }
}

/// Runs the steps of a run.
pub(crate) enum Steps {
    Here(SandboxSteps),
    Workers(Workers),
}

/// How the steps of a run are to be run.
pub(crate) struct StepsConfig<'a> {
    pub(crate) isolation: Isolation,
    /// How many jobs and steps there will be, as far as it is known.
    pub(crate) expected_jobs: usize,
    pub(crate) expected_steps: usize,
    pub(crate) codes: &'a [Code],
    /// A folder that no guest may enter.
    pub(crate) private: Option<Arc<Path>>,
    pub(crate) core_dumps: bool,
    /// How many steps run at once.
    pub(crate) side_by_side: u32,
    pub(crate) dial: Arc<dyn Dial>,
}

impl Steps {
    pub(crate) fn new(config: StepsConfig<'_>) -> Result<Self, Box<dyn std::error::Error>> {
        let (scope, expected) = match config.isolation {
            Isolation::Instance => {
                let sandbox = Sandbox::new(&SandboxConfig {
                    slots: config.side_by_side,
                    private: config.private,
                    core_dumps: config.core_dumps,
                    dial: config.dial,
                    ..SandboxConfig::default()
                })?;
                let steps = SandboxSteps::new(Arc::new(sandbox), config.codes)?;
                return Ok(Self::Here(steps));
            }
            Isolation::Job => (Scope::Job, config.expected_jobs),
            Isolation::Step => (Scope::Step, config.expected_steps),
        };
        let workers = WorkersConfig {
            program: PathBuf::from(PROGRAM),
            scope,
            warm: WARM,
            expected,
            private: config.private,
            scratch: std::env::temp_dir(),
            core_dumps: config.core_dumps,
            dial: config.dial,
        };
        Ok(Self::Workers(Workers::new(workers, config.codes)?))
    }
}

impl StepRunner for Steps {
    type Job = Job;

    fn job(&self) -> Job {
        Job::default()
    }

    async fn run(
        &self,
        job: &mut Job,
        request: StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> StepReport {
        match self {
            Self::Here(steps) => steps.run(&mut (), request, stop, sink).await,
            Self::Workers(workers) => workers.run(job, request, stop, sink).await,
        }
    }
}

//! Where steps run and tasks are compiled: in this process, or in processes without rights.

use crate::configuration::Configuration;
use clap::ValueEnum;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{StepReport, StepRequest};
use stepwell_plan::Plan;
use stepwell_runner::{SandboxSteps, StepRunner};
use stepwell_sandbox::{Code, NoNetwork, Sandbox, SandboxConfig, StepSink, StopHandle};
use stepwell_worker::{Jail, Job, Scope, Workers, WorkersConfig};

/// This very program, also if its file has been replaced since it was started.
const PROGRAM: &str = "/proc/self/exe";

/// Workers that wait for work at a time. One is taken while the next is started.
const WARM: usize = 2;

/// What separates a step from the host besides WebAssembly, from the least to the most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Isolation {
    /// Nothing: all steps run in this process
    Instance,
    /// A process without rights for each job
    #[default]
    Job,
    /// A process without rights for each step
    Step,
}

impl Isolation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Job => "job",
            Self::Step => "step",
        }
    }

    /// What a run gets: what its user `asked` for, if the host's configuration allows it.
    pub(crate) fn of_run(
        asked: Option<Self>,
        configuration: &Configuration,
    ) -> Result<Self, Diagnostic> {
        let least = configuration.least_isolation();
        match asked {
            Some(asked) if asked < least => {
                let (asked, least) = (asked.as_str(), least.as_str());
                let message =
                    format!("`--isolation {asked}` is less than this host asks for: `{least}`");
                Err(Diagnostic::error("isolation", message)
                    .help("leave the option out, or change `[isolation] minimum` of the host's configuration"))
            }
            Some(asked) => Ok(asked),
            None => Ok(configuration.default_isolation().max(least)),
        }
    }
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

impl Steps {
    /// With room for `side_by_side` steps at once.
    pub(crate) fn new(
        isolation: Isolation,
        plan: &Plan,
        codes: &[Code],
        private: Option<Arc<Path>>,
        side_by_side: u32,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let scope = match isolation {
            Isolation::Instance => {
                let sandbox = Sandbox::new(&SandboxConfig {
                    slots: side_by_side,
                    private,
                    ..SandboxConfig::default()
                })?;
                return Ok(Self::Here(SandboxSteps::new(Arc::new(sandbox), codes)?));
            }
            Isolation::Job => Scope::Job,
            Isolation::Step => Scope::Step,
        };
        let expected = match scope {
            Scope::Job => plan.jobs.len(),
            Scope::Step => plan.jobs.iter().map(|job| job.steps.len()).sum(),
        };
        let config = WorkersConfig {
            program: PathBuf::from(PROGRAM),
            scope,
            warm: WARM,
            expected,
            private,
            scratch: std::env::temp_dir(),
            core_dumps: false,
            dial: Arc::new(NoNetwork),
        };
        Ok(Self::Workers(Workers::new(config, codes)?))
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

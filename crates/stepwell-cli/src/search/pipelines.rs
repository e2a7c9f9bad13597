//! Pipelines that run on versions of the project.
//!
//! The project's own pipeline is read once, so that it is the same for all versions whatever happens
//! to the file meanwhile. Others are read when an oracle asks for them; their names, and the texts of
//! versions, are those of strangers.

use crate::configuration::Configuration;
use crate::isolation::{Steps, StepsConfig};
use crate::preparation::{Loaded, Loader, PARALLEL_JOBS, Source};
use crate::problem::Problems;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use stepwell_culprit::{Pipelines, Prepared, Wanted};
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Digest, HostRefusal};
use stepwell_plan::Plan;
use stepwell_report::hostile;
use stepwell_sandbox::{Code, CodeCache, Metering};
use stepwell_spec::Isolation;
use stepwell_tasks::Tasks;
use stepwell_workspace::Checkout;

/// The project's own pipeline.
pub(crate) enum Own {
    /// It is there.
    Loaded(Box<Loaded>),
    /// There is none: why, for people.
    Missing(String),
}

/// The components that somebody can run, each with whether it has a budget of fuel.
type Known = Vec<(Digest, bool)>;

/// The pipelines of a project.
pub(crate) struct ProjectPipelines {
    pub(crate) own: Own,
    /// The own pipeline's file, relative to the project.
    pub(crate) path: String,
    pub(crate) project: PathBuf,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) secrets: Vec<(String, String)>,
    pub(crate) configuration: Configuration,
    pub(crate) isolation: Isolation,
    pub(crate) tasks: Tasks,
    pub(crate) cache: Option<Arc<CodeCache>>,
    /// Those who run steps, by the code that they know: making one takes much longer than a plan.
    pub(crate) runners: Mutex<HashMap<Known, Arc<Steps>>>,
}

impl ProjectPipelines {
    /// Folders that no guest may enter.
    pub(crate) fn private(&self) -> Option<Arc<Path>> {
        self.cache.as_ref().map(|cache| cache.root())
    }

    fn load(&self, wanted: &Wanted<'_>) -> Result<Loaded, HostRefusal> {
        let root = wanted.candidate.unwrap_or(&self.project);
        let path = match wanted.pipeline {
            "" => &self.path,
            path => path,
        };
        let source = Source::beneath(root, path, &self.parameters).map_err(refused)?;
        let loader = Loader {
            tasks: self.tasks.clone(),
            cache: self.cache.clone(),
            on_compile: &|_| {},
        };
        Ok(Loaded::new(source, None, &loader, &self.configuration))
    }

    /// A pipeline that was loaded, ready to run on a version.
    pub(crate) fn ready(
        &self,
        loaded: &Loaded,
        wanted: &Wanted<'_>,
    ) -> Result<Prepared<Steps>, HostRefusal> {
        let mut variables = self.variables.clone();
        variables.extend_from_slice(wanted.variables);
        let (plan, _) = loaded
            .plan(&variables, &self.secrets, &self.configuration)
            .map_err(refused)?;
        // A version is on no branch: what is only done on one is not done for it.
        let checkout = Checkout {
            branch: String::new(),
            commit: wanted.version.id.clone(),
        };
        let beginning = loaded.beginning(
            &plan,
            &variables,
            checkout,
            &self.configuration,
            &self.project,
        );
        Ok(Prepared {
            steps: self.runner(&loaded.codes, &plan)?,
            plan: Arc::new(plan),
            beginning,
            closed: self
                .private()
                .iter()
                .map(|path| path.to_path_buf())
                .collect(),
            parallel_jobs: PARALLEL_JOBS as usize,
        })
    }

    fn runner(&self, codes: &[Code], plan: &Plan) -> Result<Arc<Steps>, HostRefusal> {
        let is_metered = |code: &Code| code.metering() == Metering::Fuel;
        let mut key: Vec<_> = codes
            .iter()
            .map(|code| (code.digest(), is_metered(code)))
            .collect();
        key.sort_unstable();
        key.dedup();
        let mut runners = self.runners.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runner) = runners.get(&key) {
            return Ok(Arc::clone(runner));
        }
        let steps = Steps::new(StepsConfig {
            isolation: self.isolation,
            expected_jobs: plan.jobs.len(),
            expected_steps: plan.jobs.iter().map(|job| job.steps.len()).sum(),
            codes,
            private: self.private(),
            core_dumps: false,
            side_by_side: PARALLEL_JOBS,
            dial: self.configuration.dial(),
        });
        let steps = steps.map_err(|error| {
            HostRefusal::Infrastructure(format!("no sandbox for the pipeline's steps: {error}"))
        })?;
        let steps = Arc::new(steps);
        runners.insert(key, Arc::clone(&steps));
        Ok(steps)
    }
}

impl Pipelines for ProjectPipelines {
    type Steps = Steps;

    fn prepare(&self, wanted: &Wanted<'_>) -> Result<Prepared<Steps>, HostRefusal> {
        if wanted.pipeline.is_empty() && wanted.candidate.is_none() {
            return match &self.own {
                Own::Loaded(loaded) => self.ready(loaded, wanted),
                Own::Missing(why) => Err(HostRefusal::NotFound(why.clone())),
            };
        }
        self.ready(&self.load(wanted)?, wanted)
    }

    fn fingerprint(&self) -> Digest {
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        };
        add(env!("CARGO_PKG_VERSION"));
        if let Own::Loaded(loaded) = &self.own {
            add(&loaded.source.text);
            add(&format!("{:?}", loaded.source.pipeline.jobs));
            for (path, text) in &loaded.source.templates {
                add(path);
                add(text);
            }
            for code in &loaded.codes {
                add(&code.digest().to_string());
            }
        }
        let given = [&self.variables, &self.parameters];
        for (name, value) in given.into_iter().flatten() {
            add(name);
            add(value);
        }
        // A digest of a short secret tells it.
        for (name, _) in &self.secrets {
            add(name);
        }
        add(&format!("{:?}", self.configuration.ceilings()));
        Digest::from_sha256(hash.finalize().into())
    }
}

/// What an oracle is told of a pipeline that cannot run.
fn refused(problems: Problems) -> HostRefusal {
    let errors: Vec<&Diagnostic> = problems
        .diagnostics
        .iter()
        .filter(|problem| problem.is_error())
        .collect();
    let first = errors
        .first()
        .map_or("it cannot run", |problem| &problem.message);
    let more = match errors.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let words = hostile(&format!("{first}{more}")).into_owned();
    match errors.first().map(|problem| problem.code) {
        Some("no-file") => HostRefusal::NotFound(words),
        _ => HostRefusal::Invalid(words),
    }
}

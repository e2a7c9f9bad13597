//! From a file's name to a plan with its components: all that can be refused before a run begins.

mod loading;
mod source;

pub(crate) use loading::{Loader, Program, Wanted, kind, not_found, open_cache};
pub(crate) use source::{Source, project_of, readable};

use crate::configuration::Configuration;
use crate::environment::Environment;
use crate::predefined;
use crate::problem::Problems;
use crate::search::Parts;
use loading::UNKNOWN_TASK;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Snapshot, TaskSummary};
use stepwell_plan::{Plan, PlannedTask, ResolvedTask};
use stepwell_runner::{Beginning, now_ms};
use stepwell_sandbox::{Code, CodeCache};
use stepwell_workspace::Checkout;

/// Jobs that run side by side. Each holds one slot of the sandbox, and slots make the start slow.
pub(crate) const PARALLEL_JOBS: u32 = 16;

/// A pipeline that can run.
pub(crate) struct Prepared {
    pub(crate) plan: Plan,
    pub(crate) beginning: Beginning,
    pub(crate) project: PathBuf,
    pub(crate) cache: Option<Arc<CodeCache>>,
    pub(crate) configuration: Configuration,
    /// That of the plan's tasks.
    pub(crate) codes: Vec<Code>,
    /// Warnings; no error is among them.
    pub(crate) warnings: Problems,
}

/// What to prepare.
pub(crate) struct Request<'a> {
    pub(crate) file: &'a Path,
    pub(crate) project: Option<&'a Path>,
    pub(crate) variables: &'a [(String, String)],
    pub(crate) parameters: &'a [(String, String)],
    pub(crate) secrets: &'a [(String, String)],
    pub(crate) environment: &'a Environment,
    /// Told before a task is compiled, which may take seconds.
    pub(crate) on_compile: &'a dyn Fn(&str),
    /// Whether what only searches and watching use is looked at too.
    pub(crate) whole: bool,
}

impl Request<'_> {
    /// Reads, plans and loads. Nothing is written but compiled code into the cache.
    pub(crate) fn prepare(&self) -> Result<Prepared, Problems> {
        let source = Source::of_file(self.file, self.project, self.parameters)?;
        let configuration = Configuration::read(self.environment.config.as_deref())?;
        let loader = match Loader::new(self.environment, self.on_compile) {
            Ok(loader) => loader,
            Err(problem) => return Err(source.refused(vec![problem])),
        };
        let mut loaded = Loaded::new(source, None, &loader, &configuration);
        if self.whole {
            let more = self.elsewhere(&loaded.source, &loader, &configuration);
            loaded.source.diagnostics.extend(more);
        }
        let (plan, warnings) = loaded.plan(self.variables, self.secrets, &configuration)?;
        let checkout = Checkout::of(&loaded.source.project).unwrap_or_default();
        let project = &loaded.source.project;
        let beginning = loaded.beginning(&plan, self.variables, checkout, &configuration, project);
        Ok(Prepared {
            plan,
            beginning,
            project: loaded.source.project,
            cache: loader.cache,
            configuration,
            codes: loaded.codes,
            warnings,
        })
    }
}

impl Request<'_> {
    /// What is wrong with what only searches and watching use.
    fn elsewhere(
        &self,
        source: &Source,
        loader: &Loader<'_>,
        configuration: &Configuration,
    ) -> Vec<Diagnostic> {
        let mut problems = Parts {
            declared: &source.pipeline.parts,
            loader,
            project: &source.project,
            folder: &source.folder,
            ceilings: &configuration.ceilings(),
            secrets: self.secrets,
        }
        .check(&source.pipeline.bisect);
        if let Some(publication) = source.publication() {
            let loaded = Loaded::new(publication, None, loader, configuration);
            let planned = loaded.plan(self.variables, self.secrets, configuration);
            let told = planned.map_or_else(|told| told, |(_, told)| told);
            // What is the same in both was told of the pipeline itself.
            let more = told.diagnostics.into_iter();
            problems.extend(more.filter(|problem| !source.diagnostics.contains(problem)));
        }
        problems
    }
}

impl Source {
    /// What is wrong with it, with these problems more.
    pub(crate) fn refused(&self, mut more: Vec<Diagnostic>) -> Problems {
        more.extend(self.diagnostics.iter().cloned());
        Problems {
            sources: self.sources.clone(),
            diagnostics: stepwell_spec::in_reading_order(more),
        }
    }
}

/// A pipeline whose tasks were looked for.
pub(crate) struct Loaded {
    pub(crate) source: Source,
    resolved: Vec<ResolvedTask>,
    /// That of the tasks that were found.
    pub(crate) codes: Vec<Code>,
}

impl Loaded {
    /// Loads the tasks of a pipeline. What is wrong is told with the plan. `program` is the component
    /// of a pipeline that nobody wrote.
    pub(crate) fn new(
        mut source: Source,
        program: Option<&Program<'_>>,
        loader: &Loader<'_>,
        configuration: &Configuration,
    ) -> Self {
        let references = stepwell_plan::references(&source.pipeline, &configuration.ceilings());
        let mut diagnostics = std::mem::take(&mut source.diagnostics);
        let (resolved, codes) = loader.tasks(&source, program, &references, &mut diagnostics);
        source.diagnostics = diagnostics;
        Self {
            source,
            resolved,
            codes,
        }
    }

    /// The plan, with warnings.
    pub(crate) fn plan(
        &self,
        variables: &[(String, String)],
        secrets: &[(String, String)],
        configuration: &Configuration,
    ) -> Result<(Plan, Problems), Problems> {
        let request = stepwell_plan::Request {
            variables,
            secrets,
            capabilities: &configuration.capabilities(),
            ceilings: &configuration.ceilings(),
        };
        let (plan, mut problems) =
            stepwell_plan::plan(&self.source.pipeline, &request, &self.resolved);
        // The plan knows only that they are missing, and it has just been told why.
        problems.retain(|problem| problem.code != UNKNOWN_TASK);
        let told = self.source.refused(problems);
        match plan {
            Some(plan) if !told.diagnostics.iter().any(Diagnostic::is_error) => Ok((plan, told)),
            _ => Err(told),
        }
    }

    /// What a run of the plan begins with.
    pub(crate) fn beginning(
        &self,
        plan: &Plan,
        variables: &[(String, String)],
        checkout: Checkout,
        configuration: &Configuration,
        project: &Path,
    ) -> Beginning {
        let predefined = predefined::variables(configuration, &checkout, &plan.name, project);
        Beginning {
            snapshot: Snapshot {
                file: self.source.name.clone(),
                text: self.source.text.clone(),
                templates: self.source.templates.clone(),
                parameters: self.source.pipeline.parameters.clone(),
                debug: false,
                variables: variables.to_vec(),
                tasks: plan.tasks.iter().map(summary).collect(),
            },
            started_ms: now_ms(),
            branch: checkout.branch,
            project: project
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            predefined,
        }
    }
}

fn summary(task: &PlannedTask) -> TaskSummary {
    TaskSummary {
        name: task.name.clone(),
        digest: task.digest,
    }
}

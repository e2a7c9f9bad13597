//! Everything that a search works with, made from its means.

use super::means::{Judging, Means};
use super::{Failure, HowArgs};
use crate::configuration::Configuration;
use crate::console::Console;
use crate::environment::Environment;
use crate::isolation::{Steps, StepsConfig};
use crate::preparation::{Loaded, Loader, PARALLEL_JOBS, Program, Source};
use crate::problem::Problems;
use crate::search::{Own, Parts, ProjectPipelines, Ready, Wish};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Mutex;
use stepwell_culprit::{Course, Part, Pipelines as _, Settings};
use stepwell_diagnostic::{Diagnostic, Severity, Sources};
use stepwell_event::{Digest, NoiseModel, OracleSummary, Role, Terms};
use stepwell_sandbox::Code;
use stepwell_spec::{Bisect, PartKind};
use stepwell_tasks::{TaskFile, Tasks};
use stepwell_workspace::Repository;

/// The oracle of a search that names none.
const DEFAULT_ORACLE: &str = "pipeline";

/// The oracle that reads exit codes.
const EXIT_CODE: &str = "step-exit-code";

/// The pipeline of a search whose versions a program judges. What it writes is in a copy of their
/// files.
const OF_PROGRAM: &str = "[tasks.program]\nallow = { workspace = \"write\", scratch = \"4GiB\" }\n\n\
    [[steps]]\nname = \"program\"\ntask = \"program\"\n";

/// Everything but the history.
pub(in crate::commands) struct Workshop {
    pub(in crate::commands) repository: Repository,
    pub(in crate::commands) pipelines: ProjectPipelines,
    pub(in crate::commands) oracle: Part,
    /// The others of the project, which it may consult.
    pub(in crate::commands) oracles: Vec<Part>,
    pub(in crate::commands) strategist: Option<Part>,
    /// What the pipeline says of searches.
    pub(in crate::commands) bisect: Bisect,
    codes: Vec<Code>,
}

impl Workshop {
    pub(in crate::commands) fn open(
        means: &Means,
        repository: Repository,
        environment: &Environment,
        console: Console,
        quiet: bool,
    ) -> Result<Self, Failure> {
        let configuration = Configuration::read(environment.config.as_deref())?;
        let isolation = configuration.isolation(means.isolation())?;
        let secrets = means.secrets()?;
        let on_compile = |name: &str| {
            if !quiet {
                console.note(&format!("note: compiling `{name}` for this machine, once"));
            }
        };
        let loader = Loader::new(environment, &on_compile)?;
        let program = program(&means.judge)?;
        let source = source(means)?;
        let Declared {
            bisect,
            parts: declared,
            folder,
            sources,
        } = Declared::of(source.as_ref());
        let own = own(
            source,
            program.as_ref(),
            &loader,
            &configuration,
            means,
            &secrets,
        )?;
        let parts = Parts {
            declared: &declared,
            loader: &loader,
            project: &means.project,
            folder: &folder,
            ceilings: &configuration.ceilings(),
            secrets: &secrets,
        };
        let mut collected = Collected::default();
        let oracle = collected.ready(find(&parts, means, &bisect, &own, &sources)?);
        let strategist = match &bisect.strategist {
            Some(name) => {
                let (kind, name, inputs) = (PartKind::Strategist, name.value.as_str(), &[][..]);
                let found = parts.find(Wish { kind, name, inputs });
                Some(collected.ready(found.map_err(|told| refused(&sources, told))?))
            }
            None => None,
        };
        let (others, problems) = parts.all(PartKind::Oracle);
        let others = others.into_values();
        let oracles = others.map(|ready| collected.ready(ready)).collect();
        collected.doubts(problems);
        if !quiet && !collected.warnings.is_empty() {
            let text = stepwell_report::diagnostics(&sources, &collected.warnings, console.color);
            console.err(&text);
        }
        Ok(Self {
            repository,
            pipelines: ProjectPipelines {
                own,
                path: means.path(),
                project: means.project.clone(),
                variables: means.variables.clone(),
                parameters: means.parameters.clone(),
                secrets,
                configuration,
                isolation,
                tasks: loader.tasks.clone(),
                cache: loader.cache.clone(),
                runners: Mutex::new(HashMap::new()),
            },
            oracle,
            oracles,
            strategist,
            bisect,
            codes: collected.codes,
        })
    }

    /// Who runs the questions that oracles and strategists are asked.
    pub(in crate::commands) fn steps(&self, jobs: u32) -> Result<Steps, Failure> {
        let steps = Steps::new(StepsConfig {
            isolation: self.pipelines.isolation,
            expected_jobs: jobs as usize,
            expected_steps: jobs as usize,
            codes: &self.codes,
            private: self.pipelines.private(),
            core_dumps: false,
            // An oracle keeps its place while it consults another, which may do so too.
            side_by_side: PARALLEL_JOBS.max(jobs.saturating_mul(4)),
            dial: self.pipelines.configuration.dial(),
        });
        steps.map_err(|error| Failure::Defect(crate::commands::run::no_sandbox(&*error)))
    }

    /// The oracle, for people.
    pub(in crate::commands) fn summary(&self) -> OracleSummary {
        OracleSummary {
            name: self.oracle.name.clone(),
            digest: Some(self.oracle.component),
            config: self.oracle.config.clone(),
        }
    }

    /// What judgements depend on besides the oracle: the pipeline that it may run, and the oracles that
    /// it may consult.
    pub(in crate::commands) fn fingerprint(&self) -> String {
        let mut oracles: Vec<_> = self.oracles.iter().map(identity).collect();
        oracles.sort_unstable();
        let mut hash = Sha256::new();
        hash.update(self.pipelines.fingerprint().to_string());
        for oracle in oracles {
            hash.update(oracle);
        }
        Digest::from_sha256(hash.finalize().into()).to_string()
    }

    /// What the two behaviours are called, unless somebody says otherwise.
    pub(in crate::commands) fn terms(&self) -> Terms {
        match &self.oracle.role {
            Role::Oracle { about, .. } => about.terms.clone(),
            _ => Terms::default(),
        }
    }

    /// How far one trial is trusted.
    pub(in crate::commands) fn noise(&self, how: &HowArgs) -> NoiseModel {
        let said = how.noise.or(self.bisect.noise);
        match (said, &self.oracle.role) {
            (Some(said), _) => said,
            (None, Role::Oracle { about, .. }) => about.noise,
            (None, _) => NoiseModel::Deterministic,
        }
    }

    /// How to search.
    pub(in crate::commands) fn settings(&self, how: &HowArgs) -> Settings {
        let usual = Settings::default();
        let jobs = self.bisect.jobs.map(u32::from);
        let confidence = how.confidence.or(self.bisect.confidence);
        Settings {
            jobs: how.jobs.or(jobs).unwrap_or(usual.jobs),
            confidence: confidence.map_or(usual.confidence, f64::from),
            course: if how.recent {
                Course::Recent
            } else {
                usual.course
            },
            inside: if how.exhaustive { None } else { usual.inside },
            all: how.all,
            trials: how.trials,
            max_trials: how.max_trials,
            remember: !how.fresh,
            ..usual
        }
    }
}

/// Which component, and what it is told.
fn identity(part: &Part) -> String {
    serde_json::json!([part.name, part.component, part.config]).to_string()
}

/// Code and warnings of components.
#[derive(Default)]
struct Collected {
    codes: Vec<Code>,
    warnings: Vec<Diagnostic>,
}

impl Collected {
    /// What is wrong with components that may never be asked.
    fn doubts(&mut self, problems: Vec<Diagnostic>) {
        let doubts = problems.into_iter().map(|problem| Diagnostic {
            severity: Severity::Warning,
            ..problem
        });
        self.warnings.extend(doubts);
    }

    fn ready(&mut self, ready: Ready) -> Part {
        self.warnings.extend(ready.warnings);
        for code in ready.codes {
            let is_it = |known: &Code| {
                (known.digest(), known.metering()) == (code.digest(), code.metering())
            };
            if !self.codes.iter().any(is_it) {
                self.codes.push(code);
            }
        }
        ready.part
    }
}

/// What a pipeline file says of searches.
struct Declared {
    bisect: Bisect,
    parts: Vec<stepwell_spec::Part>,
    /// What the sources of components are relative to.
    folder: PathBuf,
    sources: Sources,
}

impl Declared {
    fn of(source: Option<&Source>) -> Self {
        match source {
            Some(source) => Self {
                bisect: source.pipeline.bisect.clone(),
                parts: source.pipeline.parts.clone(),
                folder: source.folder.clone(),
                sources: source.sources.clone(),
            },
            None => Self {
                bisect: Bisect::default(),
                parts: Vec::new(),
                folder: PathBuf::new(),
                sources: Sources::of("stepwell bisect", ""),
            },
        }
    }
}

/// Problems of components, some of which have a place in the pipeline file.
fn refused(sources: &Sources, diagnostics: Vec<Diagnostic>) -> Failure {
    Failure::Input(Problems {
        sources: sources.clone(),
        diagnostics,
    })
}

/// The program that judges, if one does.
fn program(judge: &Judging) -> Result<Option<TaskFile>, Failure> {
    let Judging::Program { file, .. } = judge else {
        return Ok(None);
    };
    let found = Tasks::any_file(file).map_err(crate::preparation::not_found);
    Ok(Some(found?))
}

/// The pipeline of the project, or that of a program.
fn source(means: &Means) -> Result<Option<Source>, Failure> {
    let mut source = match (&means.judge, &means.pipeline) {
        (Judging::Program { .. }, _) => Source::of_own(OF_PROGRAM, &means.project)?,
        (_, Some(file)) => Source::of_file(file, Some(&means.project), &means.parameters)?,
        (_, None) => return Ok(None),
    };
    if let Judging::Program { args, .. } = &means.judge {
        let jobs = source.pipeline.jobs.iter_mut();
        if let Some(step) = jobs.flat_map(|job| &mut job.steps).next() {
            let args = stepwell_spec::Spanned::new(args.clone(), step.task.span.clone());
            step.arguments = stepwell_spec::Arguments::Args(args);
        }
    }
    Ok(Some(source))
}

/// The project's own pipeline. One that cannot run is told before anything is judged.
fn own(
    source: Option<Source>,
    program: Option<&TaskFile>,
    loader: &Loader<'_>,
    configuration: &Configuration,
    means: &Means,
    secrets: &[(String, String)],
) -> Result<Own, Failure> {
    let Some(source) = source else {
        return Ok(Own::Missing(
            "the project has no `pipeline.toml`, and none was named with `--pipeline`".to_owned(),
        ));
    };
    let named = match (&means.judge, program) {
        (Judging::Program { file, .. }, Some(program)) => Some(Program {
            file: program,
            name: file.display().to_string(),
        }),
        _ => None,
    };
    let loaded = Loaded::new(source, named.as_ref(), loader, configuration);
    loaded.plan(&means.variables, secrets, configuration)?;
    Ok(Own::Loaded(Box::new(loaded)))
}

/// The oracle that is meant.
fn find(
    parts: &Parts<'_>,
    means: &Means,
    bisect: &Bisect,
    own: &Own,
    sources: &Sources,
) -> Result<Ready, Failure> {
    let (name, inputs) = match &means.judge {
        Judging::Oracle { name, inputs } => {
            let usual = bisect.oracle.as_ref().map(|oracle| oracle.value.as_str());
            let named = name.as_deref().or(usual);
            if let (None, Own::Missing(why)) = (named, own) {
                let problem = Diagnostic::error("no-file", why.clone());
                return Err(problem
                    .help(
                        "say how versions are judged: a pipeline that fails on bad ones, \
                         `--oracle NAME`, or `stepwell bisect run … -- PROGRAM.wasm`",
                    )
                    .into());
            }
            (named.unwrap_or(DEFAULT_ORACLE), inputs.as_slice())
        }
        Judging::Program { .. } | Judging::Hand => (EXIT_CODE, &[][..]),
    };
    let kind = PartKind::Oracle;
    let found = parts.find(Wish { kind, name, inputs });
    found.map_err(|told| refused(sources, told))
}

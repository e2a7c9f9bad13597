//! From a file's name to a plan with its components: all that can be refused before a run begins.

use crate::configuration::Configuration;
use crate::environment::Environment;
use crate::isolation;
use crate::predefined;
use crate::problem::Problems;
use crate::project::ProjectFiles;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Snapshot, TaskSummary};
use stepwell_plan::{Plan, PlannedTask, ResolvedTask, TaskKind, TaskReference};
use stepwell_runner::{Beginning, now_ms};
use stepwell_sandbox::{Code, CodeCache, Metering};
use stepwell_spec::{MAX_FILE_BYTES, Pipeline, Reading};
use stepwell_tasks::Tasks;
use stepwell_workspace::Checkout;

/// Jobs that run side by side. Each holds one slot of the sandbox, and slots make the start slow.
pub(crate) const PARALLEL_JOBS: u32 = 16;

/// The code of the diagnostic for a task for which nothing was found, here and in the plan.
const UNKNOWN_TASK: &str = "unknown-task";

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
}

impl Request<'_> {
    /// Reads, plans and loads. Nothing is written but compiled code into the cache.
    pub(crate) fn prepare(&self) -> Result<Prepared, Problems> {
        let name = self.file.display().to_string();
        let text = read(self.file).map_err(|problem| Problems::of_file(&name, problem))?;
        let project = self
            .project()
            .map_err(|problem| Problems::of_file(&name, problem))?;
        let configuration = Configuration::read(self.environment.config.as_deref())?;

        let mut files = ProjectFiles::of(&project);
        let Reading {
            pipeline,
            mut diagnostics,
            sources,
        } = stepwell_spec::read(stepwell_spec::Request {
            name: &name,
            path: &self.path_in(&project),
            text: &text,
            parameters: self.parameters,
            files: &mut files,
        });
        let refused = |diagnostics| Problems {
            sources: sources.clone(),
            diagnostics,
        };
        let Some(pipeline) = pipeline else {
            return Err(refused(diagnostics));
        };
        let cache = match open_cache(self.environment) {
            Ok(cache) => cache,
            Err(problem) => {
                diagnostics.push(problem);
                return Err(refused(stepwell_spec::in_reading_order(diagnostics)));
            }
        };
        let ceilings = configuration.ceilings();
        let references = stepwell_plan::references(&pipeline, &ceilings);
        let (resolved, codes) = self.load_all(
            cache.as_deref(),
            &project,
            &pipeline,
            &references,
            &mut diagnostics,
        );
        let request = stepwell_plan::Request {
            variables: self.variables,
            secrets: self.secrets,
            capabilities: &configuration.capabilities(),
            ceilings: &ceilings,
        };
        let (plan, mut problems) = stepwell_plan::plan(&pipeline, &request, &resolved);
        // The plan knows only that they are missing, and it has just been told why.
        problems.retain(|problem| problem.code != UNKNOWN_TASK);
        diagnostics.append(&mut problems);
        let diagnostics = stepwell_spec::in_reading_order(diagnostics);
        let Some(plan) = plan else {
            return Err(refused(diagnostics));
        };
        let checkout = Checkout::of(&project).unwrap_or_default();
        let predefined = predefined::variables(&configuration, &checkout, &plan.name, &project);
        let beginning = Beginning {
            snapshot: Snapshot {
                file: name.clone(),
                text: text.clone(),
                templates: files.read,
                parameters: pipeline.parameters,
                debug: false,
                variables: self.variables.to_vec(),
                tasks: plan.tasks.iter().map(summary).collect(),
            },
            started_ms: now_ms(),
            branch: checkout.branch,
            project: project
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            predefined,
        };
        Ok(Prepared {
            plan,
            beginning,
            project,
            cache,
            configuration,
            codes,
            warnings: refused(diagnostics),
        })
    }

    /// The code of all tasks that were found; what is wrong with the others is told.
    fn load_all(
        &self,
        cache: Option<&CodeCache>,
        project: &Path,
        pipeline: &Pipeline,
        references: &[TaskReference],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (Vec<ResolvedTask>, Vec<Code>) {
        let mut resolved = Vec::new();
        let mut codes = Vec::new();
        for reference in references {
            match self.load(cache, project, pipeline, reference) {
                Ok((task, loaded, mut warnings)) => {
                    diagnostics.append(&mut warnings);
                    resolved.push(task);
                    codes.extend(loaded);
                }
                Err(problem) => diagnostics.push(problem),
            }
        }
        (resolved, codes)
    }

    /// The pipeline file relative to the project, as templates see it.
    fn path_in(&self, project: &Path) -> String {
        let path = self.file.canonicalize().ok();
        let inside = path
            .as_ref()
            .and_then(|path| path.strip_prefix(project).ok());
        let name = self.file.file_name().map(Path::new);
        inside
            .or(name)
            .map(|path| path.to_string_lossy().replace('\\', "/"))
            .unwrap_or_default()
    }

    /// The directory that steps may see and that holds `.stepwell`: the current one if the file is
    /// in it, else the file's own.
    fn project(&self) -> Result<PathBuf, Diagnostic> {
        let project = match self.project {
            Some(project) => project.to_owned(),
            None => {
                let current = std::env::current_dir().and_then(|path| path.canonicalize());
                let file = self.file.canonicalize();
                match (current, file) {
                    (Ok(current), Ok(file)) if file.starts_with(&current) => current,
                    (_, Ok(file)) => file.parent().unwrap_or(&file).to_owned(),
                    (_, Err(_)) => PathBuf::from("."),
                }
            }
        };
        let unreadable = |error: &io::Error| {
            Diagnostic::error(
                "unreadable-project",
                format!("cannot read the project `{}`: {error}", project.display()),
            )
            .help("name a directory that you may read with `--project`")
        };
        fs::read_dir(&project).map_err(|error| unreadable(&error))?;
        project.canonicalize().map_err(|error| unreadable(&error))
    }

    fn load(
        &self,
        cache: Option<&CodeCache>,
        project: &Path,
        pipeline: &Pipeline,
        reference: &TaskReference,
    ) -> Result<(ResolvedTask, Vec<Code>, Vec<Diagnostic>), Diagnostic> {
        let tasks = Tasks::new(self.environment.tasks.clone());
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let file = match &reference.source {
            Some(source) => tasks.file(project, folder, &source.value),
            None => tasks.built_in(&reference.name),
        };
        let place = match &reference.source {
            Some(source) => source.span.clone(),
            None => reference.span.clone(),
        };
        let file = file.map_err(|error| {
            let label = match &reference.source {
                Some(_) => String::new(),
                None => nearest_task(&tasks, pipeline, &reference.name),
            };
            let problem =
                Diagnostic::error(UNKNOWN_TASK, error.to_string()).at(place.clone(), label);
            error.help.into_iter().fold(problem, Diagnostic::help)
        })?;
        let cannot_run = |error: &stepwell_sandbox::LoadError| {
            let source = reference
                .source
                .as_ref()
                .map_or(&reference.name, |source| &source.value);
            let problem = Diagnostic::error(
                "invalid-component",
                format!("`{source}` cannot run: {error}"),
            )
            .at(place.clone(), "");
            error.hint().into_iter().fold(problem, Diagnostic::help)
        };
        let needed = [
            (Metering::Off, reference.unmetered),
            (Metering::Fuel, reference.metered),
        ];
        let needed = || needed.iter().filter(|(_, needed)| *needed);
        let has = |metering| cache.is_some_and(|cache| cache.has(file.digest, metering));
        if needed().any(|(metering, _)| !has(*metering)) {
            (self.on_compile)(&reference.name);
        }
        let compiler = &isolation::compiler();
        let mut codes = Vec::new();
        let mut warnings = Vec::new();
        for (metering, _) in needed() {
            let loaded =
                stepwell_sandbox::load(cache, compiler, &file.bytes, file.digest, *metering)
                    .map_err(|error| cannot_run(&error))?;
            let told = loaded.warnings.into_iter();
            warnings.extend(told.map(|warning| Diagnostic::warning("code-cache", warning)));
            codes.push(loaded.code);
        }
        let description = codes.first().and_then(Code::description).cloned();
        let kind = description.map_or(TaskKind::Command, TaskKind::Task);
        let task = ResolvedTask {
            name: reference.name.clone(),
            digest: file.digest,
            kind,
        };
        Ok((task, codes, warnings))
    }
}

fn summary(task: &PlannedTask) -> TaskSummary {
    TaskSummary {
        name: task.name.clone(),
        digest: task.digest,
    }
}

/// Which task of the pipeline or built-in one was probably meant by `name`, in words.
fn nearest_task(tasks: &Tasks, pipeline: &Pipeline, name: &str) -> String {
    let built_in = tasks.names();
    let declared = pipeline.tasks.iter().map(|task| task.name.value.as_str());
    let known = declared.chain(built_in.iter().map(String::as_str));
    stepwell_spec::did_you_mean(
        name,
        known.filter(|known| *known != name),
        "no such task was found",
    )
}

/// The cache of compiled code, if there is a folder for it.
pub(crate) fn open_cache(environment: &Environment) -> Result<Option<Arc<CodeCache>>, Diagnostic> {
    let Some(root) = &environment.cache else {
        return Ok(None);
    };
    CodeCache::open(root)
        .map(|cache| Some(Arc::new(cache)))
        .map_err(|error| {
            let root = root.display();
            Diagnostic::error("no-cache", format!("the cache folder `{root}`: {error}"))
                .help("set STEPWELL_CACHE to a folder that you may write")
        })
}

/// Reads a pipeline file; one that is too large only as far as the parser needs to say so.
fn read(file: &Path) -> Result<String, Diagnostic> {
    let name = file.display();
    let unreadable = |error: &io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            Diagnostic::error("no-file", format!("there is no file `{name}`"))
                .help("name a pipeline file: `stepwell run FILE`")
        }
        _ => Diagnostic::error("unreadable-file", format!("cannot read `{name}`: {error}")),
    };
    let metadata = fs::metadata(file).map_err(|error| unreadable(&error))?;
    if metadata.is_dir() {
        return Err(
            Diagnostic::error("unreadable-file", format!("`{name}` is a directory")).help(format!(
                "name the file in it: `{}`",
                file.join("pipeline.toml").display()
            )),
        );
    }
    if !metadata.is_file() {
        return Err(Diagnostic::error(
            "unreadable-file",
            format!("`{name}` is no ordinary file"),
        ));
    }
    let mut bytes = Vec::new();
    fs::File::open(file)
        .and_then(|file| file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(&error))?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Diagnostic::error(
            "too-large",
            format!(
                "`{name}` has {} bytes; a pipeline file has at most {MAX_FILE_BYTES}",
                metadata.len()
            ),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error
            .as_bytes()
            .iter()
            .take(valid)
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        Diagnostic::error(
            "not-utf-8",
            format!("`{name}` is not UTF-8: see line {line}, byte {valid}"),
        )
        .help("save it as UTF-8")
    })
}

//! From the name or the file of a component to code that can run.

use crate::environment::Environment;
use crate::isolation;
use crate::preparation::Source;
use std::ops::Range;
use std::sync::Arc;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::Role;
use stepwell_plan::{ResolvedTask, TaskKind, TaskReference};
use stepwell_sandbox::{Code, CodeCache, Metering};
use stepwell_spec::{PartKind, Pipeline};
use stepwell_tasks::{TaskError, TaskFile, Tasks};

/// The code of the diagnostic for a task for which nothing was found, here and in the plan.
pub(crate) const UNKNOWN_TASK: &str = "unknown-task";

/// Finds and compiles components.
pub(crate) struct Loader<'a> {
    pub(crate) tasks: Tasks,
    pub(crate) cache: Option<Arc<CodeCache>>,
    /// Told before a component is compiled, which may take seconds.
    pub(crate) on_compile: &'a dyn Fn(&str),
}

/// What a component of a search is.
pub(crate) fn kind(role: &Role) -> PartKind {
    match role {
        Role::Oracle { .. } => PartKind::Oracle,
        Role::Strategist => PartKind::Strategist,
        Role::Notifier => PartKind::Notifier,
        Role::Publisher => PartKind::Publisher,
    }
}

/// The one component of a pipeline that nobody wrote.
pub(crate) struct Program<'a> {
    pub(crate) file: &'a TaskFile,
    /// Its file, for people.
    pub(crate) name: String,
}

/// A component that is to be loaded.
pub(crate) struct Wanted<'a> {
    pub(crate) file: &'a TaskFile,
    /// What it is called.
    pub(crate) name: &'a str,
    /// Where it is from, for people.
    pub(crate) from: &'a str,
    /// Where it is named.
    pub(crate) place: Range<usize>,
    /// How it is to run.
    pub(crate) metering: &'a [Metering],
}

impl<'a> Loader<'a> {
    pub(crate) fn new(
        environment: &Environment,
        on_compile: &'a dyn Fn(&str),
    ) -> Result<Self, Diagnostic> {
        Ok(Self {
            tasks: Tasks::new(environment.tasks.clone()),
            cache: open_cache(environment)?,
            on_compile,
        })
    }

    /// The code of all tasks that were found; what is wrong with the others is told. `program` is the
    /// component of a pipeline that nobody wrote.
    pub(crate) fn tasks(
        &self,
        source: &Source,
        program: Option<&Program<'_>>,
        references: &[TaskReference],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (Vec<ResolvedTask>, Vec<Code>) {
        let mut resolved = Vec::new();
        let mut codes = Vec::new();
        for reference in references {
            let loaded = match program {
                Some(program) => self.program(reference, program),
                None => self.task(source, reference),
            };
            match loaded {
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

    fn task(
        &self,
        source: &Source,
        reference: &TaskReference,
    ) -> Result<(ResolvedTask, Vec<Code>, Vec<Diagnostic>), Diagnostic> {
        let file = match &reference.source {
            Some(file) => self
                .tasks
                .file(&source.project, &source.folder, &file.value),
            None => self.tasks.built_in(&reference.name),
        };
        let place = match &reference.source {
            Some(source) => source.span.clone(),
            None => reference.span.clone(),
        };
        let file = file.map_err(|error| {
            let label = match &reference.source {
                Some(_) => String::new(),
                None => nearest_task(&self.tasks, &source.pipeline, &reference.name),
            };
            not_found(error).at(place.clone(), label)
        })?;
        let from = reference
            .source
            .as_ref()
            .map_or(&reference.name, |source| &source.value);
        self.task_of(reference, &file, from, place)
    }

    fn program(
        &self,
        reference: &TaskReference,
        program: &Program<'_>,
    ) -> Result<(ResolvedTask, Vec<Code>, Vec<Diagnostic>), Diagnostic> {
        let place = reference.span.clone();
        let loaded = self.task_of(reference, program.file, &program.name, place)?;
        match loaded.0.kind {
            TaskKind::Command => Ok(loaded),
            TaskKind::Task(_) => {
                let message = format!("`{}` is a task, not a program", program.name);
                Err(Diagnostic::error("wrong-part", message)
                    .help("let a step of a pipeline run it, and judge versions by the pipeline"))
            }
        }
    }

    fn task_of(
        &self,
        reference: &TaskReference,
        file: &TaskFile,
        from: &str,
        place: Range<usize>,
    ) -> Result<(ResolvedTask, Vec<Code>, Vec<Diagnostic>), Diagnostic> {
        let needed = [
            (Metering::Off, reference.unmetered),
            (Metering::Fuel, reference.metered),
        ];
        let needed = needed.iter().filter(|(_, needed)| *needed);
        let metering: Vec<Metering> = needed.map(|(metering, _)| *metering).collect();
        let (codes, warnings) = self.load(&Wanted {
            file,
            name: &reference.name,
            from,
            place: place.clone(),
            metering: &metering,
        })?;
        if let Some(role) = codes.first().and_then(Code::role) {
            let message = format!("`{from}` is {}, not a task", kind(role).article());
            return Err(Diagnostic::error("wrong-part", message)
                .at(place, "")
                .help("`stepwell bisect` and `stepwell watch` ask it; a step cannot"));
        }
        let description = codes.first().and_then(Code::description).cloned();
        let task = ResolvedTask {
            name: reference.name.clone(),
            digest: file.digest,
            kind: description.map_or(TaskKind::Command, TaskKind::Task),
        };
        Ok((task, codes, warnings))
    }

    /// The code of a component, with warnings.
    pub(crate) fn load(
        &self,
        wanted: &Wanted<'_>,
    ) -> Result<(Vec<Code>, Vec<Diagnostic>), Diagnostic> {
        let cannot_run = |error: &stepwell_sandbox::LoadError| {
            let message = format!("`{}` cannot run: {error}", wanted.from);
            let problem =
                Diagnostic::error("invalid-component", message).at(wanted.place.clone(), "");
            error.hint().into_iter().fold(problem, Diagnostic::help)
        };
        let (file, cache) = (wanted.file, self.cache.as_deref());
        let has = |metering| cache.is_some_and(|cache| cache.has(file.digest, metering));
        if wanted.metering.iter().any(|metering| !has(*metering)) {
            (self.on_compile)(wanted.name);
        }
        let compiler = &isolation::compiler();
        let mut codes = Vec::new();
        let mut warnings = Vec::new();
        for metering in wanted.metering {
            let loaded =
                stepwell_sandbox::load(cache, compiler, &file.bytes, file.digest, *metering)
                    .map_err(|error| cannot_run(&error))?;
            let told = loaded.warnings.into_iter();
            warnings.extend(told.map(|warning| Diagnostic::warning("code-cache", warning)));
            codes.push(loaded.code);
        }
        Ok((codes, warnings))
    }
}

/// A component that was not found.
pub(crate) fn not_found(error: TaskError) -> Diagnostic {
    let problem = Diagnostic::error(UNKNOWN_TASK, error.to_string());
    error.help.into_iter().fold(problem, Diagnostic::help)
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

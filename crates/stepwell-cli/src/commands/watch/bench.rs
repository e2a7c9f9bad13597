//! What a branch is watched with, made from the pipeline file and the command line.

use super::WatchArgs;
use super::shown::View;
use crate::commands::bisect::means::{Judging, Means};
use crate::commands::bisect::workshop::Workshop;
use crate::commands::bisect::{Failure, HowArgs};
use crate::commands::run::{new_run_id, no_sandbox, with_causes};
use crate::console::Console;
use crate::environment::Environment;
use crate::isolation::{Steps, StepsConfig};
use crate::preparation::{Loaded, Loader, project_of};
use crate::problem::Problems;
use crate::search::{Own, Parts, ProjectPipelines, Wish, WorkFolder, git_problem};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepwell_culprit::{
    Addressing, Bench, ComponentJudge, ComponentStrategist, DEFAULT_PER_DAY, Errands, GitArchive,
    Part, Post, Publication, ReleaseSteps, Request, Schedule, Sight, Site, Strategist, Wanted,
    Watching,
};
use stepwell_diagnostic::{Diagnostic, Sources};
use stepwell_event::{HostRefusal, Version};
use stepwell_report::{finding_markdown, hostile};
use stepwell_runner::CancelLevel;
use stepwell_sandbox::Code;
use stepwell_spec::{PartKind, Pipeline, Spanned, Times};
use stepwell_store::{Blobs, Journal};
use stepwell_workspace::{ExportLimits, GitError, Repository};
use tokio::runtime::Handle;
use tokio::sync::watch;

/// Judgements of one search at most, unless the project is searched by hand.
const MAX_TRIALS: u32 = 1_000;

/// The branch that is watched.
pub(super) struct Branch {
    repository: Repository,
    /// As Git names it.
    revision: String,
    /// For people.
    name: String,
    /// What the pipeline file says is good.
    base: Option<String>,
    /// What the command line says is good.
    since: Option<String>,
    publishes: bool,
}

impl Branch {
    fn of(
        repository: &Repository,
        pipeline: &Pipeline,
        since: Option<String>,
        publishes: bool,
    ) -> Self {
        let revision = pipeline.schedule.as_ref();
        let revision = revision.and_then(|schedule| schedule.branch.clone());
        let revision = revision.unwrap_or_else(|| "HEAD".to_owned());
        let base = pipeline.watch.base.as_ref();
        Self {
            repository: repository.clone(),
            name: hostile(&revision).into_owned(),
            revision,
            base: base.map(|base| base.value.clone()),
            since,
            publishes,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What is to be seen of it now.
    pub(super) fn sight(&self) -> Result<Sight, GitError> {
        let head = self.repository.resolve(&self.revision)?;
        let head = self.repository.versions(&[head])?.into_iter().next();
        let said = self.since.as_ref().or(self.base.as_ref());
        let base = said.map(|base| self.repository.resolve(base)).transpose()?;
        let checked_out = || self.repository.checked_out();
        let is_head = self.revision == "HEAD";
        let branch = is_head.then(checked_out).flatten();
        Ok(Sight {
            branch: branch.unwrap_or_else(|| self.revision.clone()),
            head: head.unwrap_or_default(),
            base: base.map(|base| base.to_string()),
            insists: self.since.is_some(),
            publishes: self.publishes,
        })
    }

    /// Something was found good since the command line was written.
    pub(super) fn found(&mut self) {
        self.since = None;
    }
}

/// A project that can be watched.
pub(super) struct Project {
    workshop: Workshop,
    pub(super) schedule: Option<Schedule>,
    branch: Branch,
    addressing: Addressing,
    per_day: u32,
    request: Request,
    notifiers: BTreeMap<String, Part>,
    publishers: BTreeMap<String, Part>,
    /// That of notifiers and publishers.
    codes: Vec<Code>,
    publication: Option<Loaded>,
    post: Option<Post>,
}

/// What is shared with the rest of the program.
pub(super) struct Shared<'a> {
    pub(super) journal: Journal,
    pub(super) work: &'a WorkFolder,
    pub(super) guests: Handle,
    pub(super) canceled: watch::Receiver<CancelLevel>,
    /// Where what happens is shown.
    pub(super) view: View,
}

type Judge = ComponentJudge<Steps, GitArchive, ProjectPipelines>;

/// What a branch is watched with.
type OwnSite = Site<Judge, GitArchive, Steps, OwnSteps>;

impl Project {
    /// Finds all that is needed, and refuses what cannot work before anything is judged.
    pub(super) fn open(
        args: &WatchArgs,
        environment: &Environment,
        console: Console,
    ) -> Result<Self, Failure> {
        let quiet = args.output == super::OutputFormat::Json;
        let means = means(args)?;
        let repository = Repository::open(&means.project).map_err(|error| git_problem(&error))?;
        let workshop = Workshop::open(&means, repository, environment, console, quiet)?;
        let Own::Loaded(own) = &workshop.pipelines.own else {
            let message = format!("there is no file `{}`", args.file.display());
            return Err(Diagnostic::error("no-file", message).into());
        };
        let source = &own.source;
        let on_compile = |name: &str| {
            if !quiet {
                console.note(&format!("note: compiling `{name}` for this machine, once"));
            }
        };
        let loader = Loader::new(environment, &on_compile)?;
        let configuration = &workshop.pipelines.configuration;
        let parts = Parts {
            declared: &source.pipeline.parts,
            loader: &loader,
            project: &means.project,
            folder: &source.folder,
            ceilings: &configuration.ceilings(),
            secrets: &workshop.pipelines.secrets,
        };
        let watch = &source.pipeline.watch;
        let mut codes = Vec::new();
        let notify = watch.notify.as_deref();
        let publish = watch.publish.as_deref();
        let pipeline = &source.pipeline;
        let notifiers = wanted(&parts, pipeline, PartKind::Notifier, notify, &mut codes)?;
        let publishers = wanted(&parts, pipeline, PartKind::Publisher, publish, &mut codes)?;
        let publication = source
            .publication()
            .map(|source| Loaded::new(source, None, &loader, configuration));
        if let Some(publication) = &publication {
            // Refused now rather than when there is something to publish.
            let pipelines = &workshop.pipelines;
            publication.plan(&pipelines.variables, &pipelines.secrets, configuration)?;
        }
        let publishes = publication.is_some() || !publishers.is_empty();
        let branch = Branch::of(
            &workshop.repository,
            pipeline,
            args.since.clone(),
            publishes,
        );
        // A wrong name is told before anything is judged.
        branch.sight().map_err(|error| git_problem(&error))?;
        let request = request(&means, &workshop, &HowArgs::of(args.jobs, args.isolation));
        let schedule = pipeline.schedule.as_ref();
        Ok(Self {
            schedule: schedule
                .map(|schedule| times(&schedule.times))
                .transpose()?,
            branch,
            addressing: Addressing {
                default: watch.default_recipient.clone(),
                excluded: watch.exclude.clone(),
            },
            per_day: watch.max_per_day.unwrap_or(DEFAULT_PER_DAY),
            request,
            notifiers,
            publishers,
            codes,
            publication,
            post: configuration.post()?,
            workshop,
        })
    }

    /// The folder of the project.
    pub(super) fn folder(&self) -> &Path {
        &self.workshop.pipelines.project
    }

    /// The branch, what is remembered of it, and what it is watched with.
    pub(super) fn into_site(
        self,
        shared: &Shared<'_>,
    ) -> Result<(Branch, Watching, OwnSite), Failure> {
        let Self {
            workshop, request, ..
        } = self;
        let archive = GitArchive::new(
            workshop.repository.clone(),
            shared.work.path(),
            ExportLimits::default(),
        );
        let archive = Arc::new(archive.map_err(|error| git_problem(&error))?);
        let steps = Arc::new(workshop.steps(request.settings.jobs)?);
        let strategist = workshop.strategist.map(|part| {
            let asked = ComponentStrategist::new(Arc::clone(&steps), shared.guests.clone(), part);
            Arc::new(asked) as Arc<dyn Strategist>
        });
        let pipelines = Arc::new(workshop.pipelines);
        let folder = shared.work.journal();
        let oracles = workshop.oracles.into_iter();
        let bench = Bench {
            archive: Arc::clone(&archive),
            pipelines: Arc::clone(&pipelines),
            oracles: oracles.map(|part| (part.name.clone(), part)).collect(),
            blobs: Blobs::open(folder).map_err(|error| {
                Failure::Defect(Diagnostic::error("no-store", with_causes(&error)))
            })?,
            folder: shared.work.path().join("lab"),
            guests: shared.guests.clone(),
            remember: true,
        };
        let errands = Errands {
            steps: Arc::new(errand_steps(&pipelines, &self.codes)?),
            guests: shared.guests.clone(),
            cancel: shared.canceled.clone(),
        };
        let watching = Watching {
            name: [
                pipelines.path.as_str(),
                &self.branch.revision,
                &request.oracle.name,
            ]
            .join("\n"),
            project: request.project.clone(),
            journal: shared.journal.clone(),
            notifiers: self.notifiers.keys().cloned().collect(),
            per_day: self.per_day,
            addressing: self.addressing.clone(),
        };
        let own = self.publication.map(|publication| OwnSteps {
            pipelines: Arc::clone(&pipelines),
            publication: Arc::new(publication),
            journal: shared.journal.clone(),
            folder: folder.to_owned(),
            guests: shared.guests.clone(),
            canceled: shared.canceled.clone(),
        });
        let view = shared.view.clone();
        let default = self.addressing.default.into_iter();
        let site = Site {
            judge: Arc::new(ComponentJudge::new(
                steps,
                bench,
                workshop.oracle,
                shared.journal.clone(),
            )),
            archive,
            journal: shared.journal.clone(),
            strategist,
            request,
            errands,
            notifiers: self.notifiers,
            publishers: self.publishers,
            steps: own,
            folder: folder.to_owned(),
            post: self.post,
            addresses: default.map(|person| person.email).collect(),
            told: Box::new(move |happening| view.happening(happening)),
            cancel: shared.canceled.clone(),
            markdown: finding_markdown,
        };
        Ok((self.branch, watching, site))
    }
}

fn means(args: &WatchArgs) -> Result<Means, Failure> {
    let project = project_of(&args.file, args.project.as_deref())?;
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Ok(Means {
        project,
        pipeline: Some(absolute(&args.file)),
        judge: Judging::Oracle {
            name: args.oracle.clone(),
            inputs: Vec::new(),
        },
        variables: args.variables.clone(),
        parameters: args.parameters.clone(),
        secrets: args.secrets.clone(),
        isolation: args.isolation.map(|level| level.as_str().to_owned()),
        fingerprint: None,
    })
}

/// What every search is asked for.
fn request(means: &Means, workshop: &Workshop, how: &HowArgs) -> Request {
    let mut settings = workshop.settings(how);
    settings.max_trials = Some(MAX_TRIALS);
    Request {
        project: means.project_name(),
        good: Vec::new(),
        bad: String::new(),
        paths: Vec::new(),
        // What is published has to be a version that the branch had.
        first_parent: true,
        oracle: workshop.summary(),
        terms: workshop.terms(),
        noise: workshop.noise(how),
        command: "stepwell watch".to_owned(),
        settings,
        caller: means.to_text(workshop),
    }
}

fn times(times: &Times) -> Result<Schedule, Failure> {
    let schedule = match times {
        Times::Cron(pattern) => Schedule::cron(pattern),
        Times::Every(interval) => Schedule::every(*interval),
    };
    schedule.map_err(|error| {
        let message = format!("`[schedule]` cannot be used: {error}");
        Diagnostic::error("invalid-value", message).into()
    })
}

/// The components of a kind that are to be asked: those that are named, or all.
fn wanted(
    parts: &Parts<'_>,
    pipeline: &Pipeline,
    kind: PartKind,
    named: Option<&[Spanned<String>]>,
    codes: &mut Vec<Code>,
) -> Result<BTreeMap<String, Part>, Failure> {
    let declared = pipeline.parts.iter().filter(|part| part.kind == kind);
    let declared = declared.map(|part| part.name.value.as_str());
    let names: Vec<&str> = match named {
        Some(named) => named.iter().map(|name| name.value.as_str()).collect(),
        None => declared.collect(),
    };
    let mut found = BTreeMap::new();
    for name in names {
        let inputs = &[];
        let ready = parts
            .find(Wish { kind, name, inputs })
            .map_err(|problems| {
                Failure::Input(Problems {
                    sources: Sources::of("stepwell watch", ""),
                    diagnostics: problems
                        .into_iter()
                        .map(|problem| Diagnostic {
                            labels: Vec::new(),
                            ..problem
                        })
                        .collect(),
                })
            })?;
        codes.extend(ready.codes);
        found.insert(name.to_owned(), ready.part);
    }
    Ok(found)
}

fn errand_steps(pipelines: &ProjectPipelines, codes: &[Code]) -> Result<Steps, Failure> {
    let steps = Steps::new(StepsConfig {
        isolation: pipelines.isolation,
        expected_jobs: 0,
        expected_steps: 0,
        codes,
        private: pipelines.private(),
        core_dumps: false,
        // One errand after the other.
        side_by_side: 1,
        dial: pipelines.configuration.dial(),
    });
    steps.map_err(|error| Failure::Defect(no_sandbox(&*error)))
}

/// The steps of the project that publish.
pub(super) struct OwnSteps {
    pipelines: Arc<ProjectPipelines>,
    publication: Arc<Loaded>,
    journal: Journal,
    folder: PathBuf,
    guests: Handle,
    canceled: watch::Receiver<CancelLevel>,
}

impl ReleaseSteps for OwnSteps {
    async fn publish(&self, version: &Version, files: &Path) -> Result<(), String> {
        let wanted = Wanted {
            pipeline: "",
            candidate: None,
            version,
            variables: &[],
        };
        let prepared = self.pipelines.ready(&self.publication, &wanted);
        let prepared = prepared.map_err(|refusal| match refusal {
            HostRefusal::NotFound(why)
            | HostRefusal::Denied(why)
            | HostRefusal::Invalid(why)
            | HostRefusal::TooLarge(why)
            | HostRefusal::Infrastructure(why) => why,
        })?;
        let publication = Publication {
            prepared,
            run: new_run_id(),
            journal: self.journal.clone(),
            folder: self.folder.clone(),
            guests: self.guests.clone(),
            cancel: self.canceled.clone(),
        };
        publication.perform(files).await
    }
}

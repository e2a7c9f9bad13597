//! Scripted guests: oracles, and the steps of the pipeline that they run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stepwell_culprit::{
    Ancestry, Answer, Archive, Asked, Bench, ComponentJudge, ExportError, Files, Judge as _, Part,
    Pipelines, Prepared, Range, Wanted,
};
use stepwell_event::{
    About, Access, Digest, Entry, GuestEvent, HostAnswer, HostCall, HostRefusal, JudgeRefusal,
    Limits, NoiseModel, Observation, Outcome, Question, Reply, Role, Snapshot, StepReport,
    StepRequest, Stream, Terms, Usage, Verdict, Version,
};
use stepwell_expr::{Expression, Names};
use stepwell_plan::{
    Ceilings, Commands, DEFAULT_STAGE, Grant, Invocation, Plan, PlannedJob, PlannedStage,
    PlannedStep, PlannedStrategy, PlannedTask, RunNumberFormat,
};
use stepwell_runner::{Beginning, StepRunner, now_ms};
use stepwell_sandbox::{StepSink, StopHandle};
use stepwell_store::{Blobs, Journal};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// What a guest does, given what it was asked.
type Oracle =
    dyn Fn(Guest) -> Pin<Box<dyn Future<Output = Result<Reply, Outcome>> + Send>> + Send + Sync;

/// What the step of a pipeline does with its workspace.
type Work = dyn Fn(&Path) -> Outcome + Send + Sync;

/// An oracle at work.
pub(crate) struct Guest {
    pub(crate) question: Question,
    pub(crate) workspace: Option<PathBuf>,
    sink: Box<dyn StepSink>,
}

impl Guest {
    pub(crate) async fn call(&mut self, call: HostCall) -> HostAnswer {
        self.sink.call(call).await.unwrap()
    }
}

/// Runs oracles by their component, and the one step of the pipeline.
pub(crate) struct Guests {
    oracles: Mutex<BTreeMap<Digest, Arc<Oracle>>>,
    step: Mutex<Arc<Work>>,
    pub(crate) runs: AtomicUsize,
}

impl StepRunner for Guests {
    type Job = ();

    fn job(&self) {}

    async fn run(
        &self,
        (): &mut (),
        request: StepRequest,
        stop: StopHandle,
        mut sink: Box<dyn StepSink>,
    ) -> StepReport {
        let workspace = request.workspace.map(|grant| grant.path);
        let mut reply = None;
        let outcome = match request.entry {
            Entry::Bisect(question) => {
                let oracle = Arc::clone(&self.oracles.lock().unwrap()[&request.component]);
                let guest = Guest {
                    question: *question,
                    workspace,
                    sink,
                };
                tokio::select! {
                    answered = oracle(guest) => match answered {
                        Ok(answer) => {
                            reply = Some(Box::new(answer));
                            Outcome::Succeeded
                        }
                        Err(outcome) => outcome,
                    },
                    () = stop.asked() => Outcome::Canceled { graceful: false },
                }
            }
            Entry::Command { .. } => {
                self.runs.fetch_add(1, Ordering::Relaxed);
                let output = GuestEvent::Output {
                    stream: Stream::Stdout,
                    bytes: b"a line of the step\n".to_vec(),
                };
                let _ = sink.guest(output);
                let step = Arc::clone(&self.step.lock().unwrap());
                match workspace {
                    Some(workspace) => step(&workspace),
                    None => Outcome::Succeeded,
                }
            }
            Entry::Task { .. } => panic!("no step is a task"),
        };
        StepReport {
            outcome,
            usage: Usage::default(),
            read_stdin: false,
            core_dump: None,
            reply,
        }
    }
}

/// One version, whose files are a folder.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Files for Folder {
    fn path(&self) -> &Path {
        &self.0
    }
}

pub(crate) struct OneVersion(PathBuf);

impl Archive for OneVersion {
    type Files = Folder;

    fn range(&self, _: &[String], _: &str, _: &[String], _: bool) -> Result<Range, String> {
        Ok(Range::default())
    }

    fn ancestry(&self, _: &str, _: &str) -> Result<Ancestry, String> {
        Ok(Ancestry::Ancestor)
    }

    fn describe(&self, _: &[String]) -> Result<Vec<Version>, String> {
        Ok(Vec::new())
    }

    fn lacks(&self, _: &Version) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn changed_paths(&self, _: &[String]) -> Result<Vec<Vec<String>>, String> {
        Ok(Vec::new())
    }

    fn patch(&self, id: &str, _: usize) -> Result<String, String> {
        Ok(format!("the patch of {id}"))
    }

    fn without(&self, version: &Version, _: &[Version]) -> Result<Version, ExportError> {
        Ok(version.clone())
    }

    fn export(
        &self,
        version: &Version,
        _: &std::sync::atomic::AtomicBool,
    ) -> Result<Folder, ExportError> {
        match version.id.as_str() {
            "huge" => Err(ExportError::Unfit("it has too many files".into())),
            "missing" => Err(ExportError::Missing("an object is missing".into())),
            "unlucky" => Err(ExportError::Failed("the disk is full".into())),
            _ => Ok(Folder(self.0.clone())),
        }
    }
}

/// A pipeline of one step, which may write if its file is `write.yml` or none is named.
pub(crate) struct OnePipeline(Arc<Guests>);

impl Pipelines for OnePipeline {
    type Steps = Guests;

    fn prepare(&self, wanted: &Wanted<'_>) -> Result<Prepared<Guests>, HostRefusal> {
        let access = match wanted.pipeline {
            "" | "write.yml" => Access::Write,
            "read.yml" => Access::Read,
            other => return Err(HostRefusal::NotFound(format!("there is no `{other}`"))),
        };
        Ok(Prepared {
            plan: Arc::new(plan(access)),
            beginning: Beginning {
                snapshot: Snapshot {
                    file: "p.yml".into(),
                    text: String::new(),
                    templates: Vec::new(),
                    parameters: Vec::new(),
                    debug: false,
                    variables: Vec::new(),
                    tasks: Vec::new(),
                },
                started_ms: now_ms(),
                branch: String::new(),
                project: "project".into(),
                predefined: Vec::new(),
            },
            steps: Arc::clone(&self.0),
            closed: Vec::new(),
            parallel_jobs: 1,
        })
    }

    fn fingerprint(&self) -> Digest {
        Digest::from_sha256([9; 32])
    }
}

fn plan(access: Access) -> Plan {
    let step = PlannedStep {
        name: None,
        label: "the step".into(),
        task: 0,
        invocation: Invocation::Command { args: Vec::new() },
        env: Vec::new(),
        condition: Expression::condition("succeeded()", &Names::STEP_CONDITION).unwrap(),
        timeout: None,
        fuel: None,
        continue_on_error: false,
        retries: 0,
        commands: Commands::Restricted,
        settable_variables: None,
    };
    Plan {
        name: "scripted".into(),
        run_number: RunNumberFormat::default(),
        variables: Vec::new(),
        tasks: vec![PlannedTask {
            name: "script".into(),
            digest: Digest::from_sha256([0; 32]),
            grant: Grant {
                workspace: access,
                limits: Limits {
                    output: 1 << 20,
                    ..Limits::default()
                },
                ..Grant::default()
            },
        }],
        stages: vec![PlannedStage {
            name: DEFAULT_STAGE.into(),
            label: String::new(),
            depends_on: Vec::new(),
            condition: Expression::default(),
            variables: Vec::new(),
            jobs: vec![0],
        }],
        jobs: vec![PlannedJob {
            name: "job".into(),
            id: "job".into(),
            label: "job".into(),
            stage: 0,
            depends_on: Vec::new(),
            condition: Expression::default(),
            continue_on_error: false,
            timeout: None,
            fuel: None,
            cancel_timeout: Duration::from_secs(1),
            unmet_demand: None,
            strategy: PlannedStrategy::Single,
            variables: Vec::new(),
            steps: vec![step],
        }],
        ceilings: Ceilings::default(),
    }
}

/// An oracle with read access, whose component is told by `number`.
pub(crate) fn part(name: &str, number: u8) -> Part {
    Part {
        name: name.into(),
        component: Digest::from_sha256([number; 32]),
        role: Role::Oracle {
            about: About {
                name: name.into(),
                version: "1".into(),
                summary: String::new(),
                noise: NoiseModel::Deterministic,
                terms: Terms::default(),
                max_trials: 1,
            },
            advises: false,
        },
        config: "{}".into(),
        workspace: Access::Read,
        env: Vec::new(),
        grants: Default::default(),
        limits: Limits::default(),
    }
}

pub(crate) fn version(id: &str) -> Version {
    Version {
        id: id.into(),
        tree: format!("tree of {id}"),
        ..Version::default()
    }
}

pub(crate) fn observation(verdict: Verdict, reason: impl Into<String>) -> Observation {
    Observation {
        verdict,
        reason: reason.into(),
        good_trials: u32::from(verdict == Verdict::Good),
        bad_trials: u32::from(verdict == Verdict::Bad),
        signature: None,
        measurements: Vec::new(),
        evidence: Vec::new(),
        cacheable: true,
    }
}

pub(crate) fn judged(verdict: Verdict, reason: impl Into<String>) -> Result<Reply, Outcome> {
    Ok(Reply::Judged(Ok(observation(verdict, reason))))
}

pub(crate) fn refused(refusal: JudgeRefusal) -> Result<Reply, Outcome> {
    Ok(Reply::Judged(Err(refusal)))
}

/// A candidate with the file `a`, oracles and a journal.
pub(crate) struct Rig {
    pub(crate) folder: TempDir,
    pub(crate) guests: Arc<Guests>,
    oracles: BTreeMap<String, Part>,
    runtime: Runtime,
    guest_runtime: Runtime,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let candidate = folder.path().join("candidate");
        std::fs::create_dir(&candidate).unwrap();
        std::fs::write(candidate.join("a"), "of the candidate").unwrap();
        let many = || {
            Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
        };
        Self {
            folder,
            guests: Arc::new(Guests {
                oracles: Mutex::default(),
                step: Mutex::new(Arc::new(|_| Outcome::Succeeded)),
                runs: AtomicUsize::new(0),
            }),
            oracles: BTreeMap::new(),
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            guest_runtime: many().unwrap(),
        }
    }

    pub(crate) fn oracle<F>(
        mut self,
        name: &str,
        script: impl Fn(Guest) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Reply, Outcome>> + Send + 'static,
    {
        let number = u8::try_from(self.oracles.len()).unwrap() + 1;
        let part = part(name, number);
        let boxed: Arc<Oracle> = Arc::new(move |guest| Box::pin(script(guest)));
        let component = part.component;
        self.guests.oracles.lock().unwrap().insert(component, boxed);
        self.oracles.insert(name.to_owned(), part);
        self
    }

    pub(crate) fn step(self, step: impl Fn(&Path) -> Outcome + Send + Sync + 'static) -> Self {
        *self.guests.step.lock().unwrap() = Arc::new(step);
        self
    }

    /// Where copies are made.
    pub(crate) fn bench(&self) -> PathBuf {
        self.folder.path().join("bench")
    }

    pub(crate) fn candidate(&self) -> PathBuf {
        self.folder.path().join("candidate")
    }

    pub(crate) fn judge(&self, oracle: &str, id: &str) -> Answer {
        self.judge_stopping(oracle, id, StopHandle::default())
    }

    pub(crate) fn judge_stopping(&self, oracle: &str, id: &str, stop: StopHandle) -> Answer {
        self.with_judge(oracle, async |judge| {
            let asked = Asked {
                version: version(id),
                trials: 1,
                seed: 7,
                seeded: false,
                fresh: false,
            };
            judge.judge(asked, stop).await
        })
    }

    pub(crate) fn with_judge<T>(
        &self,
        oracle: &str,
        work: impl AsyncFnOnce(&ComponentJudge<Guests, OneVersion, OnePipeline>) -> T,
    ) -> T {
        self.runtime.block_on(async {
            let journal = Journal::open(&self.folder.path().join("journal"))
                .await
                .unwrap();
            let bench = Bench {
                archive: Arc::new(OneVersion(self.candidate())),
                pipelines: Arc::new(OnePipeline(Arc::clone(&self.guests))),
                oracles: self.oracles.clone(),
                blobs: Blobs::open(self.folder.path()).unwrap(),
                folder: self.bench(),
                guests: self.guest_runtime.handle().clone(),
                remember: true,
            };
            let steps = Arc::clone(&self.guests);
            let part = self.oracles[oracle].clone();
            let judge = ComponentJudge::new(steps, bench, part, journal.clone());
            let done = work(&judge).await;
            journal.close().await.unwrap();
            done
        })
    }

    /// What is left of copies.
    pub(crate) fn copies(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.bench()) else {
            return Vec::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("copy")).collect()
    }
}

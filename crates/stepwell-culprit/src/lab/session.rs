//! One judgement, and what its oracle asks for meanwhile.

use super::copy::{Copy, refused};
use super::{Pipelines, Shared};
use crate::archive::{Archive, ExportError, Files};
use crate::asking::{self, Call};
use crate::failure::is_worth_keeping;
use crate::judge::{Answer, Asked};
use crate::part::Part;
use crate::seed::digest;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use stepwell_event::{
    Access, Digest, Evidence, HostAnswer, HostCall, HostRefusal, JudgeRefusal, LabRun, NoiseModel,
    Observation, Question, Reply, Role, SkipKind, Verdict, Version,
};
use stepwell_runner::{StepRunner, now_ms};
use stepwell_sandbox::StopHandle;
use stepwell_workspace::Workspace;
use tokio::sync::{mpsc, oneshot};

/// Oracles that may ask one another in a row.
const MAX_DEPTH: usize = 8;

/// Bytes of a file that crosses the wall.
const MAX_FILE: u64 = 16 << 20;

/// Bytes of a patch.
const MAX_PATCH: usize = 1 << 20;

/// One judgement.
pub(crate) struct Session<R, A: Archive, P> {
    pub(super) shared: Arc<Shared<R, A, P>>,
    pub(super) version: Version,
    /// The seed of the judgement, if another may get another answer.
    seed: Option<u32>,
    /// Whether nothing that was kept may stand for an answer.
    fresh: bool,
    /// The candidate's files, once somebody needs them.
    files: Option<Arc<A::Files>>,
    /// The oracles that asked one another, the first first.
    asked_by: Vec<String>,
    /// The workspace of the last run.
    pub(super) last: Option<Left>,
    /// Whether a text had an influence that its key does not know.
    pub(super) foreign: bool,
}

/// Where a run has worked.
pub(super) enum Left {
    Copy(Copy),
    /// The candidate's own files, which it could not change.
    Files(PathBuf),
}

impl Left {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Copy(copy) => copy.path(),
            Self::Files(path) => path,
        }
    }
}

impl<R: StepRunner, A: Archive, P: Pipelines> Session<R, A, P> {
    pub(crate) fn new(shared: Arc<Shared<R, A, P>>, asked: &Asked) -> Self {
        Self {
            shared,
            version: asked.version.clone(),
            seed: asked.seeded.then_some(asked.seed),
            fresh: asked.fresh,
            files: None,
            asked_by: Vec::new(),
            last: None,
            foreign: false,
        }
    }

    /// Asks an oracle for its judgement, in an instance of its own, and answers what it asks for. It is
    /// boxed because one oracle may ask another.
    pub(crate) fn judge<'a>(
        &'a mut self,
        part: &'a Part,
        trials: u32,
        seed: u32,
        stop: &'a StopHandle,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        Box::pin(async move {
            self.asked_by.push(part.name.clone());
            let workspace = match part.workspace {
                Access::None => None,
                Access::Read | Access::Write => match self.files(stop).await {
                    Ok(files) => Some(files),
                    Err(answer) => return answer,
                },
            };
            let question = Question::Judge {
                config: part.config.clone(),
                candidate: self.version.clone(),
                trials,
                seed,
            };
            let workspace = workspace.as_ref().map(|files| files.path());
            let request = asking::request(part, question, workspace);
            let (calls, asked) = mpsc::unbounded_channel();
            let shared = Arc::clone(&self.shared);
            let guests = &shared.bench.guests;
            let asking = asking::ask(&shared.steps, guests, request, stop.clone(), calls);
            let (report, ()) = tokio::join!(asking, self.serve(asked, stop));
            match report.reply.map(|reply| *reply) {
                Some(Reply::Judged(Ok(observation))) => {
                    Answer::Judged(self.checked(observation, trials))
                }
                Some(Reply::Judged(Err(refusal))) => Answer::Refused(refusal),
                Some(_) => Answer::Impossible(format!(
                    "the oracle `{}` answered another question",
                    part.name
                )),
                None => asking::silent(report.outcome),
            }
        })
    }

    /// What is believed of an observation.
    fn checked(&self, mut observation: Observation, trials: u32) -> Observation {
        observation.cacheable &= !self.foreign;
        let (good, bad) = (observation.good_trials, observation.bad_trials);
        let all = u64::from(good) + u64::from(bad);
        if all > u64::from(trials) {
            // More than were asked for would outweigh what others say.
            let share = u64::from(bad) * u64::from(trials) + all / 2;
            let bad = u32::try_from(share / all).unwrap_or(trials).min(trials);
            (observation.good_trials, observation.bad_trials) = (trials - bad, bad);
        }
        observation
    }

    /// Answers one call after the other until the oracle has ended.
    async fn serve(&mut self, mut asked: mpsc::UnboundedReceiver<Call>, stop: &StopHandle) {
        while let Some((call, mut answer)) = asked.recv().await {
            let answered = match self.answer(call, &mut answer, stop).await {
                Ok(answered) => answered,
                Err(refusal) => HostAnswer::Refused(refusal),
            };
            // Nobody waits if the step is about to end.
            let _ = answer.send(answered);
        }
    }

    async fn answer(
        &mut self,
        call: HostCall,
        waiting: &mut oneshot::Sender<HostAnswer>,
        stop: &StopHandle,
    ) -> Result<HostAnswer, HostRefusal> {
        match call {
            HostCall::RunPipeline(run) => {
                let result = self.run_pipeline(run, waiting, stop).await?;
                Ok(HostAnswer::Ran(result))
            }
            HostCall::ReadResult { path } => self.read_result(path).await.map(HostAnswer::File),
            HostCall::Consult {
                oracle,
                trials,
                seed,
            } => {
                let observation = self.consult(&oracle, trials, seed, stop).await?;
                Ok(HostAnswer::Observed(Box::new(observation)))
            }
            HostCall::Patch => {
                let archive = Arc::clone(&self.shared.bench.archive);
                let id = self.version.id.clone();
                let patch = aside(move || {
                    let patch = archive.patch(&id, MAX_PATCH);
                    patch.map_err(HostRefusal::Infrastructure)
                });
                patch.await.map(HostAnswer::Text)
            }
            HostCall::Keep {
                name,
                media_type,
                content,
            } => self.keep(name, media_type, content).await,
            HostCall::SendMail { .. } => {
                Err(HostRefusal::Denied("an oracle sends no letter".to_owned()))
            }
        }
    }

    async fn run_pipeline(
        &mut self,
        run: LabRun,
        waiting: &mut oneshot::Sender<HostAnswer>,
        stop: &StopHandle,
    ) -> Result<stepwell_event::LabResult, HostRefusal> {
        let files = self.files(stop).await.map_err(|answer| match answer {
            Answer::Judged(observation) => HostRefusal::TooLarge(observation.reason),
            Answer::Refused(JudgeRefusal::Transient(why)) | Answer::Impossible(why) => {
                HostRefusal::Infrastructure(why)
            }
            _ => HostRefusal::Infrastructure("the judgement was stopped".to_owned()),
        })?;
        // The copy of the run before is not needed any more, and disks are small.
        if let Some(Left::Copy(copy)) = self.last.take() {
            aside(move || {
                drop(copy);
                Ok(())
            })
            .await?;
        }
        self.run(run, files.path(), waiting).await
    }

    async fn read_result(&self, path: String) -> Result<Vec<u8>, HostRefusal> {
        let none =
            || HostRefusal::NotFound("no pipeline was run that could have left it".to_owned());
        let folder = self.last.as_ref().map(|left| left.path().to_owned());
        let folder = folder.ok_or_else(none)?;
        aside(move || {
            let workspace = Workspace::open(&folder).map_err(refused)?;
            workspace.read(&path, MAX_FILE).map_err(refused)
        })
        .await
    }

    async fn keep(
        &self,
        name: String,
        media_type: String,
        content: Vec<u8>,
    ) -> Result<HostAnswer, HostRefusal> {
        if name.is_empty() || name.contains(|c: char| c.is_control() || c == '/') {
            let why = "the name of a file that is kept has no `/` and no control character";
            return Err(HostRefusal::Invalid(why.to_owned()));
        }
        let blobs = self.shared.bench.blobs.clone();
        let blob = aside(move || {
            let kept = blobs.put(&mut content.as_slice(), MAX_FILE);
            kept.map_err(|error| HostRefusal::Infrastructure(error.to_string()))
        })
        .await?;
        Ok(HostAnswer::Kept(Evidence {
            name,
            media_type,
            digest: blob.digest.hex(),
            size: u32::try_from(blob.bytes).unwrap_or(u32::MAX),
        }))
    }

    /// Asks another oracle about the same candidate.
    async fn consult(
        &mut self,
        name: &str,
        trials: u32,
        seed: u32,
        stop: &StopHandle,
    ) -> Result<Observation, HostRefusal> {
        let shared = Arc::clone(&self.shared);
        let part = shared.bench.oracles.get(name);
        let part = part
            .ok_or_else(|| HostRefusal::NotFound(format!("the project has no oracle `{name}`")))?;
        if self.asked_by.iter().any(|asking| asking == name) {
            let way = self.asked_by.join("` asks `");
            let why = format!("`{way}` asks `{name}`: an oracle cannot wait for itself");
            return Err(HostRefusal::Denied(why));
        }
        if self.asked_by.len() >= MAX_DEPTH {
            let why = format!("no more than {MAX_DEPTH} oracles ask one another in a row");
            return Err(HostRefusal::TooLarge(why));
        }
        let trials = trials.clamp(1, part.max_trials());
        // One that calls itself certain is asked anew if the judgement is: what was kept would count as
        // one more trial. The seed that the guest gives may be the same each time.
        let seeds = match self.seed {
            Some(own) => vec![own, seed],
            None if is_noisy(part) => vec![seed],
            None => Vec::new(),
        };
        let key = key(&stem(&shared, part), &self.version, trials, &seeds);
        if shared.bench.remember && !self.fresh {
            let known = shared.journal.verdicts(&[key]).await;
            let mut known =
                known.map_err(|error| HostRefusal::Infrastructure(error.to_string()))?;
            if let Some(observation) = known.remove(&key) {
                return Ok(observation);
            }
        }
        let mut session = Self {
            shared: Arc::clone(&shared),
            version: self.version.clone(),
            seed: self.seed,
            fresh: self.fresh,
            files: self.files.clone(),
            asked_by: self.asked_by.clone(),
            last: None,
            foreign: false,
        };
        let answer = session.judge(part, trials, seed, stop).await;
        self.foreign |= session.foreign;
        self.files = self.files.take().or(session.files.take());
        let observation = consulted(answer, name)?;
        if is_worth_keeping(&observation) {
            shared.journal.keep_verdict(key, now_ms(), &observation);
        }
        Ok(observation)
    }

    /// The candidate's files; what to answer if they are not to be had.
    async fn files(&mut self, stop: &StopHandle) -> Result<Arc<A::Files>, Answer> {
        if let Some(files) = &self.files {
            return Ok(Arc::clone(files));
        }
        let archive = Arc::clone(&self.shared.bench.archive);
        let version = self.version.clone();
        let stopped = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stopped);
        let mut work = tokio::task::spawn_blocking(move || archive.export(&version, &told));
        let exported = tokio::select! {
            biased;
            exported = &mut work => exported,
            () = stop.asked() => {
                stopped.store(true, Ordering::Relaxed);
                let _ = work.await;
                return Err(Answer::Stopped);
            }
        };
        let failed = |why| Answer::Refused(JudgeRefusal::Transient(why));
        match exported {
            Ok(Ok(files)) => Ok(Arc::clone(self.files.insert(Arc::new(files)))),
            Ok(Err(ExportError::Unfit(why))) => Err(Answer::Judged(untestable(why))),
            Ok(Err(ExportError::Missing(why))) => Err(Answer::Impossible(why)),
            Ok(Err(ExportError::Failed(why))) => Err(failed(why)),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// What a consulted oracle said. If it said nothing, it is no verdict for the one that asked either.
fn consulted(answer: Answer, name: &str) -> Result<Observation, HostRefusal> {
    let why = match answer {
        Answer::Judged(observation) => return Ok(observation),
        Answer::Refused(JudgeRefusal::Misconfigured(why)) => {
            let why = format!("the oracle `{name}` cannot be used as it is configured: {why}");
            return Err(HostRefusal::Invalid(why));
        }
        Answer::Refused(JudgeRefusal::Abort(why) | JudgeRefusal::Transient(why))
        | Answer::Impossible(why) => why,
        Answer::Failed(outcome) => crate::failure::failed(&outcome),
        Answer::Stopped => "it was stopped".to_owned(),
    };
    Err(HostRefusal::Infrastructure(format!(
        "the oracle `{name}` did not judge: {why}"
    )))
}

/// A version whose files cannot be had for reasons of its own.
pub(crate) fn untestable(reason: String) -> Observation {
    Observation {
        verdict: Verdict::Skip(SkipKind::Other),
        reason,
        good_trials: 0,
        bad_trials: 0,
        signature: None,
        measurements: Vec::new(),
        evidence: Vec::new(),
        // What there may be of a version is a setting.
        cacheable: false,
    }
}

fn is_noisy(part: &Part) -> bool {
    !matches!(
        &part.role,
        Role::Oracle { about, .. } if about.noise == NoiseModel::Deterministic
    )
}

/// What all judgements of `part` depend on besides the candidate: itself, what it may ask, and the
/// project's own pipeline. Secrets have an influence by their names only, and time has none.
pub(crate) fn stem<R, A, P: Pipelines>(shared: &Shared<R, A, P>, part: &Part) -> Digest {
    let others = shared
        .bench
        .oracles
        .iter()
        .filter(|(_, other)| *other != part)
        .map(|(name, other)| format!("{name} {}", identity(other)));
    let pipelines = shared.bench.pipelines.fingerprint();
    let mut parts = vec![
        "judgement 1".to_owned(),
        identity(part),
        pipelines.to_string(),
    ];
    parts.extend(others);
    digest(parts.iter().map(String::as_bytes))
}

/// What a judgement is remembered by: everything that has an influence on it.
pub(crate) fn key(stem: &Digest, version: &Version, trials: u32, seeds: &[u32]) -> Digest {
    let mut parts = vec![stem.to_string(), version.tree.clone(), trials.to_string()];
    parts.extend(seeds.iter().map(u32::to_string));
    digest(parts.iter().map(String::as_bytes))
}

/// What makes an oracle the one that it is.
fn identity(part: &Part) -> String {
    // Reading and writing JSON puts keys in order and takes spaces away.
    let config: serde_json::Value =
        serde_json::from_str(&part.config).unwrap_or_else(|_| part.config.clone().into());
    let secrets = part.grants.secrets.iter().map(|(name, _)| name);
    let hosts = part.grants.http.iter().map(|rule| &rule.host);
    serde_json::json!([
        part.component,
        config,
        part.workspace,
        part.env,
        secrets.collect::<Vec<_>>(),
        hosts.collect::<Vec<_>>(),
        part.grants.random,
        part.grants.scratch,
        part.limits,
    ])
    .to_string()
}

/// Does work that blocks.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HostRefusal> + Send + 'static,
) -> Result<T, HostRefusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(HostRefusal::Infrastructure(error.to_string())))
}

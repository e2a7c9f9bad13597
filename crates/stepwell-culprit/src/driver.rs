//! Drives a search: what is to be judged is decided by the inquiry, and done here.
//!
//! An observation is durable before the inquiry sees it, and so is everything that led to it; nothing
//! else waits for the disk.

mod advice;
mod drive;

use crate::archive::Archive;
use crate::finding;
use crate::judge::Judge;
use crate::opening;
use crate::record::Record;
use crate::request::Request;
use crate::territory::Territory;
use drive::Drive;
use std::pin::Pin;
use std::sync::Arc;
use stepwell_event::{BisectEvent, Finding, Proposal, Question, SearchId, Verdict, Version};
use stepwell_runner::{CancelLevel, now_ms};
use stepwell_store::{Journal, JournalError};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinError;

/// What a search works with.
pub struct Tools<J, A> {
    /// Who judges.
    pub judge: Arc<J>,
    /// Where versions come from.
    pub archive: Arc<A>,
    /// Where searches and verdicts are kept.
    pub journal: Journal,
    /// Who chooses the candidates instead of Stepwell.
    pub strategist: Option<Arc<dyn Strategist>>,
    /// Told of everything that happens, in order.
    pub events: mpsc::UnboundedSender<BisectEvent>,
    /// Ends the search: it can be gone on with later.
    pub cancel: watch::Receiver<CancelLevel>,
}

/// A component that chooses the candidates.
pub trait Strategist: Send + Sync + 'static {
    /// Asks it what to do; the question is always [`Question::Propose`].
    fn propose(
        &self,
        question: Question,
    ) -> Pin<Box<dyn Future<Output = Result<Proposal, String>> + Send + '_>>;
}

/// How a search ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// With a conclusion.
    Concluded(Box<Finding>),
    /// It was stopped, and [`resume`] goes on with it.
    Stopped(SearchId),
}

/// A search could not begin, or not go on.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The journal cannot be read or written, or another process is at work on this search.
    #[error("the journal of searches cannot be kept")]
    Journal(#[from] JournalError),
    /// There is no search of that identifier.
    #[error("there is no search `{0}`")]
    Unknown(SearchId),
    /// What was journalled of the search does not belong together.
    #[error("what is known of the search `{0}` is damaged")]
    Damaged(SearchId),
    /// These versions cannot be searched.
    #[error("{0}")]
    Range(String),
    /// A setting, or what an oracle advises, cannot be used.
    #[error("{0}")]
    Settings(String),
    /// Somebody said what a version is that is not searched.
    #[error("`{0}` is none of the versions that are searched")]
    Outside(String),
    /// Somebody said of an end of a search by hand that it is not what it was said to be.
    #[error("`{}` is an end of the search, and taken to be the opposite", .0.id)]
    End(Box<Version>),
    /// What somebody said of these versions cannot all be right: no change would be to blame.
    #[error("what was said of {} cannot all be right: no change would be to blame", list(.0))]
    Contradictory(Vec<(Version, Verdict)>),
    /// A task panicked.
    #[error("a judgement's driver failed; this is a defect of Stepwell")]
    Defect(#[source] JoinError),
}

fn list(said: &[(Version, Verdict)]) -> String {
    let ids: Vec<&str> = said
        .iter()
        .map(|(version, _)| version.id.as_str())
        .collect();
    ids.join(", ")
}

/// Begins a search and drives it to its end. When this returns, everything is durable.
///
/// # Errors
///
/// See [`SearchError`].
pub async fn search<J: Judge, A: Archive>(
    request: Request,
    tools: Tools<J, A>,
) -> Result<Ended, SearchError> {
    let archive = Arc::clone(&tools.archive);
    let (opened, events) = opening::begin(request, archive, &tools.journal).await?;
    let mut log = Log::new(opened.record, &tools);
    for (_, event) in events {
        log.append(event);
    }
    let ended = drive(log, opened.territory, tools).await;
    drop(opened.claim);
    ended
}

/// Goes on with a search, from what was journalled of it. What was judged is not judged again. One
/// that was aborted is gone on with as well, and one whose budget was spent: what made it end may have
/// been seen to.
///
/// # Errors
///
/// See [`SearchError`].
pub async fn resume<J: Judge, A: Archive>(
    search: SearchId,
    tools: Tools<J, A>,
) -> Result<Ended, SearchError> {
    resume_within(search, None, tools).await
}

/// Goes on with a search as [`resume`] does. It gives up after `max_trials`, if that is said; those
/// before are among them.
///
/// # Errors
///
/// See [`SearchError`].
pub async fn resume_within<J: Judge, A: Archive>(
    search: SearchId,
    max_trials: Option<u32>,
    tools: Tools<J, A>,
) -> Result<Ended, SearchError> {
    let archive = Arc::clone(&tools.archive);
    let mut opened = opening::load(search, archive, &tools.journal).await?;
    if max_trials.is_some() {
        opened.record.settings.max_trials = max_trials;
        // Settings are plain data: writing them as JSON does not fail.
        let settings = serde_json::to_string(&opened.record.settings).unwrap_or_default();
        let set = tools.journal.set_search_settings(search, &settings);
        set.await?;
    }
    let log = Log::new(opened.record, &tools);
    let ended = drive(log, opened.territory, tools).await;
    drop(opened.claim);
    ended
}

/// Drives what was opened.
async fn drive<J: Judge, A: Archive>(
    mut log: Log,
    territory: Arc<Territory>,
    tools: Tools<J, A>,
) -> Result<Ended, SearchError> {
    if !log.record.is_over() {
        let mut inquiry = advice::prepare(&log.record, &territory, &tools).await?;
        if log.record.events.len() == 1 {
            let commits = u32::try_from(territory.suspects.len()).unwrap_or(u32::MAX);
            let versions = inquiry.counted();
            log.append(BisectEvent::Ranged { commits, versions });
        }
        for fact in log.record.facts() {
            inquiry.observe(fact.version, fact.purpose, fact.observation);
        }
        let (driven, conclusion) = Drive::new(log, inquiry, &tools).run().await?;
        log = driven;
        let stopped = conclusion.is_none();
        if let Some(conclusion) = conclusion {
            log.append(BisectEvent::Concluded(Box::new(conclusion)));
        }
        tools.journal.flush().await?;
        if stopped {
            return Ok(Ended::Stopped(log.record.id));
        }
    }
    let finding = finding::assemble(&log.record, &territory);
    let finding = finding.ok_or(SearchError::Damaged(log.record.id))?;
    Ok(Ended::Concluded(Box::new(finding)))
}

/// The journal of one search.
struct Log {
    record: Record,
    journal: Journal,
    events: mpsc::UnboundedSender<BisectEvent>,
}

impl Log {
    fn new<J, A>(record: Record, tools: &Tools<J, A>) -> Self {
        Self {
            record,
            journal: tools.journal.clone(),
            events: tools.events.clone(),
        }
    }

    fn append(&mut self, event: BisectEvent) {
        let now = now_ms();
        let seq = self.record.events.len() as u64;
        self.journal.append_search(self.record.id, seq, now, &event);
        if self.events.send(event.clone()).is_err() {
            tracing::debug!("nobody watches the search; it goes on");
        }
        self.record.events.push((now, event));
    }
}

//! Drives a search: what is to be judged is decided by the inquiry, and done here.
//!
//! An observation is durable before the inquiry sees it, and so is everything that led to it; nothing
//! else waits for the disk.

mod advice;
mod comparing;
mod drive;

use crate::archive::Archive;
use crate::finding;
use crate::judge::Judge;
use crate::kinds::Kinds;
use crate::lens::{self, View};
use crate::opening;
use crate::record::Record;
use crate::request::Request;
use crate::territory::{Bounds, Territory};
use drive::{Budget, Drive, Driven};
use std::pin::Pin;
use std::sync::Arc;
use stepwell_event::{
    BisectEvent, Conclusion, Finding, Lens, Proposal, Question, SearchId, Verdict, Version,
};
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
    mut request: Request,
    tools: Tools<J, A>,
) -> Result<Ended, SearchError> {
    let trials = &mut request.settings.trials;
    *trials = (*trials).min(tools.judge.max_trials());
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
        let mut budget = Budget::of(&log.record.settings, log.record.spent());
        // One after the other, each with what was learnt by those before it.
        while let Some(lens) = lens::next(&log.record, &territory) {
            let view = View::new(&territory, lens.clone());
            let driven = perform(log, budget, view, &territory, &tools).await?;
            (log, budget) = (driven.log, driven.budget);
            let Some(conclusion) = driven.conclusion else {
                tools.journal.flush().await?;
                return Ok(Ended::Stopped(log.record.id));
            };
            if !take(&mut log, lens, conclusion, &tools).await {
                break;
            }
        }
        if let Some((_, first)) = log.record.found().first() {
            let first = (*first).clone();
            log.append(BisectEvent::Concluded(Box::new(first)));
        }
        tools.journal.flush().await?;
    }
    let finding = finding::assemble(&log.record, &territory);
    let finding = finding.ok_or(SearchError::Damaged(log.record.id))?;
    Ok(Ended::Concluded(Box::new(finding)))
}

/// Makes one search.
async fn perform<J: Judge, A: Archive>(
    mut log: Log,
    budget: Budget,
    view: View,
    main: &Arc<Territory>,
    tools: &Tools<J, A>,
) -> Result<Driven, SearchError> {
    let territory = match view.is_first() {
        true => Arc::clone(main),
        false => match explore(&log.record, &view, tools).await {
            Ok(territory) => Arc::new(territory),
            // What was found before stands.
            Err(SearchError::Range(reason)) => {
                let bad = view.bad(&log.record).or_else(|| main.bad().cloned());
                let conclusion = Conclusion::UntestableEnd {
                    version: bad.unwrap_or_default(),
                    head: true,
                    reason,
                };
                return Ok(Driven {
                    log,
                    budget,
                    conclusion: Some(conclusion),
                });
            }
            Err(error) => return Err(error),
        },
    };
    let prepared = advice::prepare(&log.record, &view, budget.trials, &territory, tools);
    let mut inquiry = prepared.await?;
    if log.record.events.len() == 1 {
        let commits = u32::try_from(territory.suspects.len()).unwrap_or(u32::MAX);
        let versions = inquiry.counted();
        log.append(BisectEvent::Ranged { commits, versions });
    }
    if !view.is_first() && log.record.begun() != Some(&view.lens) {
        let lens = Box::new(view.lens.clone());
        log.append(BisectEvent::Further(lens));
    }
    let kinds = Kinds::of(&log.record);
    for fact in view.facts(&log.record) {
        let seen = view.see(fact.observation, &kinds);
        inquiry.observe(fact.version, fact.purpose, &seen);
    }
    Drive::new(log, inquiry, view, budget, tools).run().await
}

/// Finds out the range of a search for another culprit.
async fn explore<J, A: Archive>(
    record: &Record,
    view: &View,
    tools: &Tools<J, A>,
) -> Result<Territory, SearchError> {
    let damaged = || SearchError::Damaged(record.id);
    let asked = record.summary().ok_or_else(damaged)?;
    let (paths, first_parent) = (asked.paths.clone(), asked.first_parent);
    let (good, bad) = (view.good(record), view.bad(record).ok_or_else(damaged)?.id);
    let archive = Arc::clone(&tools.archive);
    opening::blocking(move || {
        let bounds = Bounds {
            good: &good,
            bad: &bad,
            paths: &paths,
            first_parent,
        };
        Territory::explore(&*archive, &bounds)
    })
    .await
}

/// Takes what a search found. Whether there may be another one after it.
async fn take<J: Judge, A>(
    log: &mut Log,
    lens: Lens,
    conclusion: Conclusion,
    tools: &Tools<J, A>,
) -> bool {
    let is_first = lens == Lens::default();
    let goes_on = conclusion.is_final();
    if matches!(
        conclusion,
        Conclusion::Culprit { .. } | Conclusion::Ambiguous { .. }
    ) {
        comparing::compare(log, &*tools.judge).await;
    }
    let conclusion = Box::new(conclusion);
    if is_first && (!goes_on || !log.record.settings.all) {
        log.append(BisectEvent::Concluded(conclusion));
        return false;
    }
    let lens = Box::new(lens);
    log.append(BisectEvent::Found { lens, conclusion });
    goes_on
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

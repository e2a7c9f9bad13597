//! Drives a search: what is to be judged is decided by [`crate::inquiry`], done here.

use crate::archive::Archive;
use crate::judge::Judge;
use crate::request::Request;
use std::pin::Pin;
use std::sync::Arc;
use stepwell_event::{BisectEvent, Finding, Proposal, Question, SearchId};
use stepwell_runner::CancelLevel;
use stepwell_store::{Journal, JournalError};
use tokio::sync::{mpsc, watch};

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
    /// A task panicked.
    #[error("a judgement's driver failed; this is a defect of Stepwell")]
    Defect(#[source] tokio::task::JoinError),
}

/// Begins a search and drives it to its end. When this returns, everything is durable.
///
/// # Errors
///
/// See [`SearchError`].
pub async fn search<J: Judge, A: Archive>(
    _request: Request,
    _tools: Tools<J, A>,
) -> Result<Ended, SearchError> {
    Err(SearchError::Settings("not written yet".to_owned()))
}

/// Goes on with a search, from what was journalled of it. What was judged is not judged again.
///
/// # Errors
///
/// See [`SearchError`].
pub async fn resume<J: Judge, A: Archive>(
    _search: SearchId,
    _tools: Tools<J, A>,
) -> Result<Ended, SearchError> {
    Err(SearchError::Settings("not written yet".to_owned()))
}

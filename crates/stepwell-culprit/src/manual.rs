//! A search in which a person says what versions are.

use crate::archive::Archive;
use crate::driver::SearchError;
use crate::request::Request;
use std::sync::Arc;
use stepwell_event::{BisectEvent, Conclusion, Finding, SearchId, Verdict, Version};
use stepwell_store::Journal;

/// A search that a person has a hand in: with themselves as the oracle, or between two stretches that
/// an oracle judges.
pub struct Manual {
    search: SearchId,
}

/// What comes next in a search by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// This version is to be judged.
    Judge {
        /// It.
        version: Box<Version>,
        /// Versions that may still be to blame.
        left: u32,
        /// About how many judgements are left after this one.
        rounds: u32,
    },
    /// The search has ended.
    Concluded(Box<Conclusion>),
}

impl Manual {
    /// Begins a search.
    ///
    /// # Errors
    ///
    /// See [`SearchError`].
    pub async fn begin<A: Archive>(
        _request: Request,
        _archive: Arc<A>,
        _journal: Journal,
    ) -> Result<Self, SearchError> {
        Err(SearchError::Settings("not written yet".to_owned()))
    }

    /// Goes on with a search, whoever judged in it.
    ///
    /// # Errors
    ///
    /// See [`SearchError`].
    pub async fn load<A: Archive>(
        _search: SearchId,
        _archive: Arc<A>,
        _journal: Journal,
    ) -> Result<Self, SearchError> {
        Err(SearchError::Settings("not written yet".to_owned()))
    }

    /// The search's identifier.
    #[must_use]
    pub fn id(&self) -> SearchId {
        self.search
    }

    /// What comes next.
    pub fn turn(&mut self) -> Turn {
        Turn::Concluded(Box::new(Conclusion::NothingToDo))
    }

    /// Takes it that versions are what somebody says, in this order; it is durable when this returns.
    ///
    /// # Errors
    ///
    /// One of them is not searched, or the journal cannot be written.
    pub async fn mark(&mut self, _marks: &[(String, Verdict)]) -> Result<(), SearchError> {
        Ok(())
    }

    /// Takes back the last of what somebody said; says of which version. None if nothing is left.
    ///
    /// # Errors
    ///
    /// The journal cannot be written.
    pub async fn undo(&mut self) -> Result<Option<Version>, SearchError> {
        Ok(None)
    }

    /// Everything that happened, in order.
    pub fn events(&self) -> impl Iterator<Item = &BisectEvent> {
        std::iter::empty()
    }

    /// Everything as a report; none before the search has ended.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        None
    }
}

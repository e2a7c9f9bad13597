//! Judging by a component: every judgement is a step.

use crate::archive::Archive;
use crate::asking;
use crate::driver::Strategist;
use crate::judge::{Answer, Asked, Judge};
use crate::lab::{Bench, Pipelines, Session, Shared, key, stem};
use crate::part::Part;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use stepwell_event::{Belief, Digest, Observation, Proposal, Question, Reply, Role, Version};
use stepwell_runner::StepRunner;
use stepwell_sandbox::StopHandle;
use stepwell_store::Journal;
use tokio::runtime::Handle;

/// An oracle that is a component. It runs in a fresh instance for every judgement and sees the files
/// of its candidate only.
pub struct ComponentJudge<R, A, P> {
    shared: Arc<Shared<R, A, P>>,
    oracle: Part,
    /// What is the same in the keys of all its judgements.
    stem: OnceLock<Digest>,
}

impl<R: StepRunner, A: Archive, P: Pipelines> ComponentJudge<R, A, P> {
    /// Judges with `oracle`, whose questions and those of the oracles that it consults are run by
    /// `steps`. What consulted oracles say is kept in `journal`.
    #[must_use]
    pub fn new(steps: Arc<R>, bench: Bench<A, P>, oracle: Part, journal: Journal) -> Self {
        Self {
            shared: Arc::new(Shared::new(steps, bench, journal)),
            oracle,
            stem: OnceLock::new(),
        }
    }

    async fn ask(&self, question: Question) -> Result<Reply, String> {
        let guests = &self.shared.bench.guests;
        asking::consult(&self.shared.steps, guests, &self.oracle, question).await
    }
}

impl<R: StepRunner, A: Archive, P: Pipelines> Judge for ComponentJudge<R, A, P> {
    async fn judge(&self, asked: Asked, stop: StopHandle) -> Answer {
        let mut session = Session::new(Arc::clone(&self.shared), &asked);
        let answer = session.judge(&self.oracle, asked.trials, asked.seed, &stop);
        let answer = answer.await;
        // Copies may take long to remove.
        let _ = tokio::task::spawn_blocking(move || drop(session)).await;
        answer
    }

    fn key(&self, asked: &Asked) -> Option<Digest> {
        let seed = asked.seeded.then_some(asked.seed);
        let (version, trials) = (&asked.version, asked.trials);
        let stem = self.stem.get_or_init(|| stem(&self.shared, &self.oracle));
        Some(key(stem, version, trials, seed.as_slice()))
    }

    fn max_trials(&self) -> u32 {
        self.oracle.max_trials()
    }

    async fn believe(
        &self,
        suspects: Vec<(Version, Vec<String>)>,
    ) -> Result<Option<Belief>, String> {
        if !self.advises() {
            return Ok(None);
        }
        let config = self.oracle.config.clone();
        match self.ask(Question::Believe { config, suspects }).await? {
            Reply::Believed(belief) => belief.map(Some),
            _ => Err(other_question(&self.oracle)),
        }
    }

    async fn is_same(&self, one: Observation, other: Observation) -> Result<bool, String> {
        let config = self.oracle.config.clone();
        let (a, b) = (one, other);
        match self.ask(Question::SameFailure { config, a, b }).await? {
            Reply::Same(same) => Ok(same),
            _ => Err(other_question(&self.oracle)),
        }
    }

    fn advises(&self) -> bool {
        matches!(self.oracle.role, Role::Oracle { advises: true, .. })
    }
}

/// A strategist that is a component.
pub struct ComponentStrategist<R> {
    steps: Arc<R>,
    guests: Handle,
    part: Part,
}

impl<R: StepRunner> ComponentStrategist<R> {
    /// Asks `part`, whose questions are run by `steps` on the runtime `guests`.
    #[must_use]
    pub fn new(steps: Arc<R>, guests: Handle, part: Part) -> Self {
        Self {
            steps,
            guests,
            part,
        }
    }
}

impl<R: StepRunner> Strategist for ComponentStrategist<R> {
    fn propose(
        &self,
        question: Question,
    ) -> Pin<Box<dyn Future<Output = Result<Proposal, String>> + Send + '_>> {
        Box::pin(async move {
            let reply = asking::consult(&self.steps, &self.guests, &self.part, question);
            match reply.await? {
                Reply::Proposed(proposal) => Ok(proposal),
                _ => Err(other_question(&self.part)),
            }
        })
    }
}

fn other_question(part: &Part) -> String {
    format!("`{}` answered another question", part.name)
}

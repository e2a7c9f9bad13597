//! A component that chooses the candidates.

use crate::isolation::Steps;
use std::pin::Pin;
use std::sync::Arc;
use stepwell_culprit::{Part, Strategist};
use stepwell_event::{Entry, GuestEvent, Proposal, Question, Reply, StepRequest};
use stepwell_runner::StepRunner as _;
use stepwell_sandbox::{Answer, StepSink, StopHandle};
use tokio::runtime::Handle;

/// Asks a component in the sandbox, in a fresh instance each time.
pub(crate) struct ComponentStrategist {
    steps: Arc<Steps>,
    part: Part,
    guests: Handle,
}

impl ComponentStrategist {
    pub(crate) fn new(steps: Arc<Steps>, part: Part, guests: Handle) -> Self {
        Self {
            steps,
            part,
            guests,
        }
    }
}

impl Strategist for ComponentStrategist {
    fn propose(
        &self,
        question: Question,
    ) -> Pin<Box<dyn Future<Output = Result<Proposal, String>> + Send + '_>> {
        let request = StepRequest {
            component: self.part.component,
            entry: Entry::Bisect(Box::new(question)),
            env: self.part.env.clone(),
            workspace: None,
            grants: self.part.grants.clone(),
            limits: self.part.limits,
        };
        let steps = Arc::clone(&self.steps);
        let asked = self.guests.spawn(async move {
            let mut job = steps.job();
            steps.run(&mut job, request, StopHandle::new(), Box::new(Deaf)).await
        });
        Box::pin(async move {
            let name = &self.part.name;
            let report = asked.await.map_err(|error| error.to_string())?;
            match report.reply {
                Some(Reply::Proposed(proposal)) => Ok(proposal),
                _ => Err(format!("the strategist `{name}`: {}", report.outcome)),
            }
        })
    }
}

/// Hears nothing and lends nothing.
struct Deaf;

impl StepSink for Deaf {
    fn guest(&mut self, _: GuestEvent) -> Answer {
        Answer::Now(Ok(()))
    }

    fn room(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        None
    }
}

//! Errands: a notifier is handed a notice, a publisher a version. Each is a step like any other.

use crate::part::Part;
use crate::post::Letters;
use std::path::Path;
use std::sync::Arc;
use stepwell_event::{
    Access, Entry, GuestEvent, HostAnswer, HostCall, HostRefusal, Outcome, Question, Refusal,
    Reply, StepReport, StepRequest, WorkspaceGrant,
};
use stepwell_runner::StepRunner;
use stepwell_sandbox::{Answer, StepSink, StopHandle};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Sends components on errands.
pub struct Errands<R> {
    /// Who runs their steps.
    pub steps: Arc<R>,
    /// The runtime that guests run on.
    pub guests: Handle,
}

impl<R: StepRunner> Errands<R> {
    /// Hands `question` to a component and waits until it has done what it does. It may send
    /// `letters`, and see the files at `workspace` if it was granted that.
    ///
    /// # Errors
    ///
    /// It did not do it: why, in its words or for people.
    pub async fn run(
        &self,
        part: &Part,
        question: Question,
        workspace: Option<&Path>,
        letters: Option<Letters>,
    ) -> Result<String, String> {
        let workspace = workspace.filter(|_| part.workspace != Access::None);
        let request = StepRequest {
            component: part.component,
            entry: Entry::Bisect(Box::new(question)),
            env: part.env.clone(),
            workspace: workspace.map(|path| WorkspaceGrant {
                path: path.to_owned(),
                access: part.workspace,
                folders: Vec::new(),
            }),
            grants: part.grants.clone(),
            limits: part.limits,
        };
        let steps = Arc::clone(&self.steps);
        let running = self.guests.spawn(async move {
            let mut job = steps.job();
            let sink = Box::new(Clerk { letters });
            let stop = StopHandle::default();
            steps.run(&mut job, request, stop, sink).await
        });
        match running.await {
            Ok(report) => answer(report),
            Err(error) => Err(format!("a task of Stepwell failed: {error}")),
        }
    }
}

fn answer(report: StepReport) -> Result<String, String> {
    match (report.reply.map(|reply| *reply), report.outcome) {
        (Some(Reply::Done(done)), Outcome::Succeeded) => done,
        (_, Outcome::Succeeded) => Err("it did not say what it did".to_owned()),
        (_, outcome) => {
            let why = stepwell_engine::in_words(&outcome, "component");
            Err(why.unwrap_or_else(|| format!("it ended without a word ({})", outcome.name())))
        }
    }
}

/// Hears what a component says and asks for on an errand.
struct Clerk {
    letters: Option<Letters>,
}

impl StepSink for Clerk {
    fn guest(&mut self, event: GuestEvent) -> Answer {
        if let GuestEvent::Denied(denial) = &event {
            tracing::warn!(?denial, "a component on an errand was refused something");
        }
        Answer::Now(match event.is_question() {
            true => Err(Refusal::Denied(
                "an errand has neither variables nor results".to_owned(),
            )),
            false => Ok(()),
        })
    }

    fn call(&mut self, call: HostCall) -> oneshot::Receiver<HostAnswer> {
        let (answer, answered) = oneshot::channel();
        match (call, self.letters.clone()) {
            (HostCall::SendMail { to, subject, text }, Some(letters)) => {
                tokio::spawn(async move {
                    let sent = letters.send(&to, &subject, text).await;
                    // Nobody waits if the step has ended.
                    let _ = answer.send(sent);
                });
            }
            _ => {
                let why = "nothing of that kind is lent to this component".to_owned();
                let _ = answer.send(HostAnswer::Refused(HostRefusal::Denied(why)));
            }
        }
        answered
    }

    fn room(&self) -> Option<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>> {
        None
    }
}

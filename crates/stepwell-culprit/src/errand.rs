//! Errands: a notifier is handed a notice, a publisher a version. Each is a step like any other.

use crate::asking::{Call, ask, request, until_canceled};
use crate::part::Part;
use crate::post::Letters;
use std::path::Path;
use std::sync::Arc;
use stepwell_event::{
    Access, HostAnswer, HostCall, HostRefusal, Outcome, Question, Reply, StepReport,
};
use stepwell_runner::{CancelLevel, StepRunner};
use stepwell_sandbox::StopHandle;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

/// Sends components on errands.
pub struct Errands<R> {
    /// Who runs their steps.
    pub steps: Arc<R>,
    /// The runtime that guests run on.
    pub guests: Handle,
    /// Ends them.
    pub cancel: watch::Receiver<CancelLevel>,
}

impl<R: StepRunner> Errands<R> {
    /// Hands `question` to a component and waits until it has done what it does. It may send
    /// `letters`, and has the files at `workspace` as far as it was granted that.
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
        let mut request = request(part, question, workspace);
        if let Some(workspace) = &mut request.workspace {
            workspace.access = part.workspace;
        }
        let (calls, asked) = mpsc::unbounded_channel();
        let stop = StopHandle::default();
        let asking = ask(&self.steps, &self.guests, request, stop.clone(), calls);
        let asking = until_canceled(asking, &stop, self.cancel.clone());
        let (report, ()) = tokio::join!(asking, serve(asked, letters));
        answer(report, &part.name)
    }
}

/// Does what the component asks for.
async fn serve(mut asked: mpsc::UnboundedReceiver<Call>, letters: Option<Letters>) {
    while let Some((call, answer)) = asked.recv().await {
        let done = match (call, &letters) {
            (HostCall::SendMail { to, subject, text }, Some(letters)) => {
                letters.send(&to, &subject, text).await
            }
            _ => HostAnswer::Refused(HostRefusal::Denied(
                "nothing of that kind is lent to this component".to_owned(),
            )),
        };
        // Nobody waits if the step has ended.
        let _ = answer.send(done);
    }
}

fn answer(report: StepReport, name: &str) -> Result<String, String> {
    match (report.reply.map(|reply| *reply), report.outcome) {
        (Some(Reply::Done(done)), Outcome::Succeeded) => done,
        (_, Outcome::Succeeded) => Err("it did not say what it did".to_owned()),
        (_, outcome) => {
            let why = stepwell_engine::in_words(&outcome, name);
            Err(why.unwrap_or_else(|| format!("it ended without a word ({})", outcome.name())))
        }
    }
}

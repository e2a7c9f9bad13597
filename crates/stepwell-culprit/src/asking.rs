//! Asking a component: a question is a step.

use crate::part::Part;
use std::pin::Pin;
use std::sync::Arc;
use stepwell_event::{
    Access, Entry, GuestEvent, HostAnswer, HostCall, HostRefusal, Outcome, Question, Refusal,
    Reply, StepReport, StepRequest, WorkspaceGrant,
};
use stepwell_runner::{CancelLevel, StepRunner};
use stepwell_sandbox::{Answer, StepSink, StopHandle};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};

/// What a guest asks of its host, and where the answer goes.
pub(crate) type Call = (HostCall, oneshot::Sender<HostAnswer>);

/// The request of a question to `part`, which sees the files in `workspace`.
pub(crate) fn request(
    part: &Part,
    question: Question,
    workspace: Option<&std::path::Path>,
) -> StepRequest {
    StepRequest {
        component: part.component,
        entry: Entry::Bisect(Box::new(question)),
        env: part.env.clone(),
        workspace: workspace.map(|path| WorkspaceGrant {
            path: path.to_owned(),
            access: Access::Read,
            folders: Vec::new(),
        }),
        grants: part.grants.clone(),
        limits: part.limits,
    }
}

/// Runs the step, in an instance of its own. What the guest asks of its host meanwhile goes to
/// `calls`.
pub(crate) async fn ask<R: StepRunner>(
    steps: &Arc<R>,
    guests: &Handle,
    request: StepRequest,
    stop: StopHandle,
    calls: mpsc::UnboundedSender<Call>,
) -> StepReport {
    let steps = Arc::clone(steps);
    let running = guests.spawn(async move {
        let mut job = steps.job();
        let sink = Box::new(Sink { calls });
        steps.run(&mut job, request, stop, sink).await
    });
    match running.await {
        Ok(report) => report,
        Err(error) => StepReport::host_failed(error.to_string()),
    }
}

/// Waits for what `stop` ends, and ends it when somebody cancels.
pub(crate) async fn until_canceled<T>(
    asking: impl Future<Output = T>,
    stop: &StopHandle,
    mut cancel: watch::Receiver<CancelLevel>,
) -> T {
    let canceled = async move {
        let level = cancel.wait_for(|level| *level != CancelLevel::Running);
        let gone = level.await.is_err();
        if gone {
            std::future::pending::<()>().await;
        }
    };
    let mut asking = std::pin::pin!(asking);
    tokio::select! {
        done = &mut asking => done,
        () = canceled => {
            stop.stop();
            asking.await
        }
    }
}

/// Asks something that takes no file and no help of the host.
pub(crate) async fn consult<R: StepRunner>(
    steps: &Arc<R>,
    guests: &Handle,
    part: &Part,
    question: Question,
) -> Result<Reply, String> {
    let (calls, mut asked) = mpsc::unbounded_channel::<Call>();
    let request = request(part, question, None);
    let refusing = async {
        while let Some((_, answer)) = asked.recv().await {
            let refused = HostRefusal::Denied("only a judgement can ask for it".to_owned());
            // Nobody waits if the step is about to end.
            let _ = answer.send(HostAnswer::Refused(refused));
        }
    };
    let asking = ask(steps, guests, request, StopHandle::default(), calls);
    let (report, ()) = tokio::join!(asking, refusing);
    match report.reply {
        Some(reply) => Ok(*reply),
        None => Err(
            match stepwell_engine::in_words(&report.outcome, &part.name) {
                Some(why) => format!("`{}` did not answer: {why}", part.name),
                None => format!("`{}` ended without an answer", part.name),
            },
        ),
    }
}

/// What a report says when there is no reply.
pub(crate) fn silent(outcome: Outcome) -> crate::judge::Answer {
    match outcome {
        Outcome::Canceled { .. } => crate::judge::Answer::Stopped,
        outcome => crate::judge::Answer::Failed(outcome),
    }
}

/// What a component speaks to. Its output is for whoever develops it, and not kept.
struct Sink {
    calls: mpsc::UnboundedSender<Call>,
}

impl StepSink for Sink {
    fn guest(&mut self, event: GuestEvent) -> Answer {
        Answer::Now(match event.is_question() {
            false => Ok(()),
            true => Err(Refusal::Denied(
                "a component that takes part in a search sets no variable and publishes nothing"
                    .to_owned(),
            )),
        })
    }

    fn call(&mut self, call: HostCall) -> oneshot::Receiver<HostAnswer> {
        let (answer, answered) = oneshot::channel();
        // If nobody listens the answer is dropped, which the sandbox takes for the end of the step.
        let _ = self.calls.send((call, answer));
        answered
    }

    fn room(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        None
    }
}

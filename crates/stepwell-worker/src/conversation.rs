//! One step, as the host goes through it with a worker.

use crate::channel::{Receiver, Sender};
use crate::frame::FrameError;
use crate::message::{ToHost, ToWorker};
use crate::walls::Walls;
use std::collections::HashMap;
use std::net::TcpStream;
use std::os::fd::{AsFd as _, OwnedFd};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use stepwell_event::{
    Digest, Entry, GuestEvent, HostAnswer, HostCall, HostRefusal, Limits, Outcome, Refusal,
    StepReport, StepRequest,
};
use stepwell_sandbox::{Answer, Dial, DialError, Metering, StepSink, StopHandle};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// How long a worker may take to say how its step ended, after the step had to be over.
const PATIENCE: Duration = Duration::from_secs(2);

/// Connections that a worker may be waiting for at once; a step has less at once.
const DIALS: usize = 256;

/// Compiled code in an anonymous file that nobody can change any more.
#[derive(Debug)]
pub(crate) struct Image(pub(crate) OwnedFd);

/// Why a step has no report.
pub(crate) enum Broken {
    /// The channel ended, or what came of it was no message.
    Channel(FrameError),
    /// The worker cannot do its work, in its own words.
    Worker(String),
    /// It said what only a worker that is no longer ours would say.
    Implausible(&'static str),
    /// It did not say in time how the step ended.
    Unresponsive,
}

impl<E: Into<FrameError>> From<E> for Broken {
    fn from(error: E) -> Self {
        Self::Channel(error.into())
    }
}

/// What the host has at hand while a step runs.
pub(crate) struct Conversation<'a> {
    pub(crate) sender: &'a mut Sender,
    pub(crate) receiver: &'a mut Receiver,
    pub(crate) request: &'a StepRequest,
    pub(crate) stop: &'a StopHandle,
    pub(crate) dial: &'a Arc<dyn Dial>,
    /// Whether a report may have a core dump.
    pub(crate) core_dumps: bool,
    /// Told of the walls of a worker that has just raised them.
    pub(crate) on_ready: &'a (dyn Fn(Walls) + Send + Sync),
}

impl Conversation<'_> {
    /// Has the step run, and gives its report. The step's time is the worker's to keep; should it
    /// not, it is ours.
    pub(crate) async fn hold(
        mut self,
        load: Option<&Image>,
        mut sink: Box<dyn StepSink>,
    ) -> Result<StepReport, Broken> {
        let (limits, stop) = (self.request.limits, self.stop.clone());
        let talk = async {
            if let Some(image) = load {
                let load = ToWorker::Load {
                    digest: self.request.component,
                    metering: Metering::of(&self.request.limits),
                };
                self.sender.send_with(&load, image.0.as_fd()).await?;
            }
            let run = ToWorker::Run(Box::new(self.request.clone()));
            self.sender.send(&run).await?;
            self.listen(&mut *sink).await
        };
        tokio::select! {
            biased;
            ended = talk => ended,
            () = overdue(&limits, &stop) => Err(Broken::Unresponsive),
        }
    }

    async fn listen(&mut self, sink: &mut dyn StepSink) -> Result<StepReport, Broken> {
        let mut asked = pin!(self.stop.asked());
        let mut stopped = pin!(self.stop.stopped());
        let mut timed_out = pin!(timeout(&self.request.limits));
        let mut hurry = Hurry::default();
        let mut waiting = Waiting::default();
        let mut dials = JoinSet::new();
        let mut call = None;
        let mut output = 0_u64;
        loop {
            tokio::select! {
                biased;
                () = &mut stopped, if !hurry.stopped => {
                    hurry.stopped = true;
                    self.sender.send(&ToWorker::Stop).await?;
                }
                () = &mut asked, if !hurry.asked => {
                    hurry.asked = true;
                    self.sender.send(&ToWorker::Ask).await?;
                }
                () = &mut timed_out, if !hurry.timed_out => hurry.timed_out = true,
                answer = waiting.over(), if waiting.holds(&hurry) => {
                    if let Some(answer) = answer {
                        self.sender.send(&ToWorker::Answer(answer)).await?;
                    }
                }
                answer = answered(&mut call) => {
                    call = None;
                    self.sender.send(&ToWorker::Answered(answer)).await?;
                }
                Some(dialed) = dials.join_next() => self.dialed(dialed.ok()).await?,
                message = self.receiver.next(), if !waiting.holds(&hurry) => match message? {
                    ToHost::Ready(walls) => (self.on_ready)(walls),
                    ToHost::Broken(why) => return Err(Broken::Worker(why)),
                    ToHost::Report(report) => return self.plausible(*report),
                    ToHost::Dial { attempt, host, port } => {
                        self.dial(&mut dials, attempt, host, port).await?;
                    }
                    ToHost::Call(asked) => {
                        if call.is_some() {
                            return Err(Broken::Implausible("a call before the last was answered"));
                        }
                        call = Some(self.call(asked, sink)?);
                    }
                    ToHost::Event(event) => {
                        self.check(&event, &mut output)?;
                        let is_question = event.is_question();
                        match sink.guest(event) {
                            Answer::Now(answer) if is_question => {
                                self.sender.send(&ToWorker::Answer(answer)).await?;
                            }
                            Answer::Later(answer) if is_question => {
                                waiting.answer = Some(answer);
                            }
                            Answer::Now(_) | Answer::Later(_) => {}
                        }
                        waiting.room = sink.room();
                    }
                },
            }
        }
    }

    /// Hands on what a guest asks of its host.
    fn call(
        &self,
        call: HostCall,
        sink: &mut dyn StepSink,
    ) -> Result<oneshot::Receiver<HostAnswer>, Broken> {
        if stepwell_sandbox::check_call(&call).is_err() {
            return Err(Broken::Implausible("a call beyond its bounds"));
        }
        Ok(sink.call(call))
    }

    /// What the sandbox would not have let through did not come of it.
    fn check(&self, event: &GuestEvent, output: &mut u64) -> Result<(), Broken> {
        match event {
            GuestEvent::Output { bytes, .. } => {
                *output = output.saturating_add(bytes.len() as u64);
                if *output > self.request.limits.output {
                    return Err(Broken::Implausible("output beyond the limit"));
                }
            }
            GuestEvent::Progress { percent: 101.., .. } => {
                return Err(Broken::Implausible("progress beyond 100 %"));
            }
            _ => {}
        }
        Ok(())
    }

    /// A report that the sandbox could have given.
    fn plausible(&self, report: StepReport) -> Result<StepReport, Broken> {
        let limits = &self.request.limits;
        let fits = match &report.outcome {
            // Only who waits for a worker can say this.
            Outcome::Lost { .. } => false,
            Outcome::TimedOut { limit_ms } => Some(*limit_ms) == limits.timeout_ms,
            _ => true,
        };
        if !fits {
            return Err(Broken::Implausible("an outcome that the step cannot have"));
        }
        if report.core_dump.is_some() && !self.core_dumps {
            return Err(Broken::Implausible("a core dump that nobody asked for"));
        }
        if !answers(&self.request.entry, &report) {
            return Err(Broken::Implausible("an answer that the step cannot have"));
        }
        if report.usage.memory_peak > limits.memory {
            return Err(Broken::Implausible("more memory than the step may have"));
        }
        Ok(report)
    }

    /// Connects for a guest, if the step may.
    async fn dial(
        &mut self,
        dials: &mut JoinSet<(u32, Result<TcpStream, DialError>)>,
        attempt: u32,
        host: String,
        port: u16,
    ) -> Result<(), Broken> {
        // Asked here because whoever has taken over the worker asks as well. What is sent on the
        // connection is the sandbox's business.
        let refused = if !stepwell_egress::may_dial(&self.request.grants, &host, port) {
            DialError::Denied(format!("no rule is for `{host}` on port {port}"))
        } else if dials.len() >= DIALS {
            DialError::Failed("too many connections are being opened".to_owned())
        } else {
            let dial = Arc::clone(self.dial);
            dials.spawn(async move { (attempt, dial.dial(&host, port).await) });
            return Ok(());
        };
        let result = Err(refused);
        self.sender
            .send(&ToWorker::Dialed { attempt, result })
            .await?;
        Ok(())
    }

    async fn dialed(
        &mut self,
        dialed: Option<(u32, Result<TcpStream, DialError>)>,
    ) -> Result<(), Broken> {
        // `None` is one that panicked; the guest's own time limit is its answer.
        let Some((attempt, result)) = dialed else {
            return Ok(());
        };
        match result {
            Ok(stream) => {
                let result = Ok(());
                let message = ToWorker::Dialed { attempt, result };
                self.sender.send_with(&message, stream.as_fd()).await?;
            }
            Err(error) => {
                let result = Err(error);
                self.sender
                    .send(&ToWorker::Dialed { attempt, result })
                    .await?;
            }
        }
        Ok(())
    }
}

/// Waits for the answer to a call, if there is one.
async fn answered(call: &mut Option<oneshot::Receiver<HostAnswer>>) -> HostAnswer {
    let Some(call) = call else {
        return std::future::pending().await;
    };
    // Whoever was to give it may have dropped it.
    call.await.unwrap_or_else(|_| {
        HostAnswer::Refused(HostRefusal::Infrastructure(
            "the host gave no answer".to_owned(),
        ))
    })
}

/// Whether there is an answer just where there has to be one, and it is one to the question.
fn answers(entry: &Entry, report: &StepReport) -> bool {
    match (entry, &report.reply) {
        (Entry::Bisect(question), Some(reply)) => {
            report.outcome == Outcome::Succeeded
                && stepwell_sandbox::check_reply(question, reply).is_ok()
        }
        (Entry::Bisect(_), None) => report.outcome != Outcome::Succeeded,
        (_, reply) => reply.is_none(),
    }
}

/// Why the step is about to end.
#[derive(Debug, Default)]
struct Hurry {
    asked: bool,
    stopped: bool,
    timed_out: bool,
}

impl Hurry {
    fn any(&self) -> bool {
        self.asked || self.stopped || self.timed_out
    }
}

/// What has to happen before the next message is taken.
#[derive(Default)]
struct Waiting {
    room: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    answer: Option<oneshot::Receiver<Result<(), Refusal>>>,
}

impl Waiting {
    /// Whether to leave messages where they are. A step that is about to end may say its last words
    /// whoever reads them: there are no more than it had in hand.
    fn holds(&self, hurry: &Hurry) -> bool {
        self.answer.is_some() || (self.room.is_some() && !hurry.any())
    }

    /// Waits for the one or the other; with the answer, if it was that.
    async fn over(&mut self) -> Option<Result<(), Refusal>> {
        if let Some(answer) = &mut self.answer {
            let answer = answer.await;
            self.answer = None;
            // Whoever was to give it may have dropped it: the step is about to end.
            return answer.ok();
        }
        if let Some(room) = &mut self.room {
            room.await;
            self.room = None;
        }
        None
    }
}

async fn timeout(limits: &Limits) {
    match limits.timeout_ms {
        Some(limit) => tokio::time::sleep(Duration::from_millis(limit)).await,
        None => std::future::pending().await,
    }
}

/// Returns when a worker that kept its step's time would have told of its end.
async fn overdue(limits: &Limits, stop: &StopHandle) {
    let grace = Duration::from_millis(limits.grace_ms);
    let over = async {
        tokio::select! {
            () = timeout(limits) => {}
            () = stop.asked() => {}
        }
        tokio::select! {
            () = tokio::time::sleep(grace) => {}
            () = stop.stopped() => {}
        }
    };
    over.await;
    tokio::time::sleep(PATIENCE).await;
}

/// Compiled code by component.
pub(crate) type Images = HashMap<(Digest, Metering), Image>;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_step_is_overdue_after_its_time_its_grace_and_our_patience() {
        let limits = Limits {
            timeout_ms: Some(200),
            grace_ms: 300,
            ..Limits::default()
        };
        let started = std::time::Instant::now();
        overdue(&limits, &StopHandle::default()).await;
        assert!(started.elapsed() >= PATIENCE + Duration::from_millis(500));
    }

    #[tokio::test]
    async fn a_step_that_is_stopped_has_no_grace() {
        let limits = Limits {
            timeout_ms: None,
            grace_ms: 600_000,
            ..Limits::default()
        };
        let stopped = StopHandle::default();
        stopped.stop();
        let started = std::time::Instant::now();
        overdue(&limits, &stopped).await;
        assert!(started.elapsed() >= PATIENCE);
        assert!(started.elapsed() < Duration::from_secs(60));
    }
}

//! One job: its machine, and its steps one after the other.

use crate::recorder::Recorder;
use crate::run::CancelLevel;
use crate::step::StepRunner;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use stepwell_engine::{JobCommand, JobInput, JobMachine};
use stepwell_event::{GuestEvent, Refusal, StepReport, StepRequest, StepResult};
use stepwell_sandbox::{StepSink, StopHandle};
use tokio::sync::watch;

pub(crate) struct JobDriver<R> {
    pub(crate) machine: JobMachine,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) steps: Arc<R>,
    pub(crate) cancel: watch::Receiver<CancelLevel>,
}

/// What the machine's commands ask of the driver, once its events are recorded.
enum Next {
    Step(StepRequest),
    Finished(StepResult),
}

impl<R: StepRunner> JobDriver<R> {
    /// Runs the job to its end.
    pub(crate) async fn drive(mut self) -> StepResult {
        let machine = Arc::new(Mutex::new(self.machine));
        let hands = Hands {
            machine,
            recorder: self.recorder,
        };
        let mut next = hands.input(JobInput::Start, None);
        loop {
            match next {
                Some(Next::Finished(result)) => return result,
                Some(Next::Step(request)) => {
                    let report = run_step(&hands, &*self.steps, request, &mut self.cancel).await;
                    next = hands.input(JobInput::StepEnded(report), None);
                }
                // The machine waits for nothing but the end of a step.
                None => return StepResult::Failed,
            }
        }
    }
}

async fn run_step<R: StepRunner>(
    hands: &Hands,
    steps: &R,
    request: StepRequest,
    cancel: &mut watch::Receiver<CancelLevel>,
) -> StepReport {
    let stop = StopHandle::default();
    let sink = Sink(hands.clone());
    let mut running = pin!(steps.run(request, stop.clone(), Box::new(sink)));
    loop {
        tokio::select! {
            biased;
            // First, so that a step of a run that is being canceled does not begin.
            Ok(()) = cancel.changed() => {
                let now = *cancel.borrow_and_update() == CancelLevel::Now;
                hands.input(JobInput::Cancel { now }, Some(&stop));
            }
            report = &mut running => return report,
        }
    }
}

/// The machine and the way out for its events, shared by the driver and the running step.
#[derive(Clone)]
struct Hands {
    machine: Arc<Mutex<JobMachine>>,
    recorder: Arc<Recorder>,
}

impl Hands {
    fn machine(&self) -> MutexGuard<'_, JobMachine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn input(&self, input: JobInput, running: Option<&StopHandle>) -> Option<Next> {
        let mut commands = Vec::new();
        self.machine().handle(input, &mut commands);
        let mut next = None;
        for command in commands {
            match command {
                JobCommand::Emit(event) => self.recorder.record(event),
                JobCommand::RunStep { request, .. } => next = Some(Next::Step(request)),
                JobCommand::Finish(result) => next = Some(Next::Finished(result)),
                JobCommand::StopStep { now: true } => {
                    running.into_iter().for_each(StopHandle::stop);
                }
                JobCommand::StopStep { now: false } => {
                    running.into_iter().for_each(StopHandle::ask);
                }
            }
        }
        next
    }
}

/// What a running step's guest speaks to.
struct Sink(Hands);

impl StepSink for Sink {
    fn guest(&mut self, event: GuestEvent) -> Result<(), Refusal> {
        let mut events = Vec::new();
        let answer = self.0.machine().guest(event, &mut events);
        for event in events {
            self.0.recorder.record(event);
        }
        answer
    }

    fn room(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        if !self.0.recorder.is_congested() {
            return None;
        }
        let recorder = Arc::clone(&self.0.recorder);
        Some(Box::pin(async move { recorder.room().await }))
    }
}

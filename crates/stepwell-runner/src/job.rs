//! One job: its machine, and its steps one after the other.

use crate::collect::Collector;
use crate::keeping::Keeper;
use crate::recorder::Recorder;
use crate::run::CancelLevel;
use crate::step::StepRunner;
use crate::timer::Timers;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepwell_engine::{JobCommand, JobEnd, JobInput, JobMachine, Timer};
use stepwell_event::{Collect, GuestEvent, Kept, RunEvent, StepReport, StepRequest, StepResult};
use stepwell_sandbox::{Answer, StepSink, StopHandle};
use tokio::sync::watch;

pub(crate) struct JobDriver<R> {
    /// The job's identifier.
    pub(crate) job: Arc<str>,
    pub(crate) machine: JobMachine,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) steps: Arc<R>,
    pub(crate) collector: Collector,
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) cancel: watch::Receiver<CancelLevel>,
}

/// What the machine waits for.
enum Next {
    /// The end of a step, which has this position in the job.
    Step(usize, Box<StepRequest>),
    /// What is to be read of the workspace.
    Collect(Vec<Collect>),
    /// A timer.
    Timer,
    /// Nothing any more.
    Finished(JobEnd),
}

/// What a machine asked for, once its events are recorded.
#[derive(Default)]
struct Asked {
    next: Option<Next>,
    timers: Vec<(Timer, Duration)>,
}

impl<R: StepRunner> JobDriver<R> {
    /// Runs the job to its end.
    pub(crate) async fn drive(self) -> JobEnd {
        let mut job = Running {
            job: self.job,
            hands: Hands {
                machine: Arc::new(Mutex::new(self.machine)),
                recorder: self.recorder,
            },
            timers: Timers::default(),
            cancel: self.cancel,
        };
        let mut shared = self.steps.job();
        let mut next = job.input(JobInput::Start, None);
        loop {
            next = match next {
                Next::Finished(end) => return end,
                Next::Step(index, request) => {
                    let step = u32::try_from(index).unwrap_or(u32::MAX);
                    job.keep_workspace(&self.keeper, step, &request).await;
                    let mut report = job.step(&*self.steps, &mut shared, *request).await;
                    job.keep_core_dump(&self.keeper, step, &mut report).await;
                    job.input(JobInput::StepEnded(report), None)
                }
                Next::Collect(requests) => {
                    let collector = self.collector.clone();
                    let read = move |stop: &AtomicBool| collector.collect(requests, stop);
                    let collected = job.aside(read).await.unwrap_or_default();
                    job.input(JobInput::Collected(collected), None)
                }
                Next::Timer => job.wait().await,
            };
        }
    }
}

/// A job that is being driven.
struct Running {
    job: Arc<str>,
    hands: Hands,
    timers: Timers,
    cancel: watch::Receiver<CancelLevel>,
}

impl Running {
    /// Gives the machine an input; `running` is the step that runs.
    fn input(&mut self, input: JobInput, running: Option<&StopHandle>) -> Next {
        let asked = self.hands.input(input, running);
        for (timer, after) in asked.timers {
            self.timers.start(timer, after);
        }
        match asked.next {
            Some(next) => next,
            None if self.timers.is_set() => Next::Timer,
            None => Next::Finished(JobEnd {
                result: StepResult::Failed,
                outputs: Vec::new(),
                secrets: Vec::new(),
            }),
        }
    }

    /// Runs a step and tells the machine of everything that happens meanwhile.
    async fn step<R: StepRunner>(
        &mut self,
        steps: &R,
        shared: &mut R::Job,
        request: StepRequest,
    ) -> StepReport {
        let stop = StopHandle::default();
        let sink = Sink {
            hands: self.hands.clone(),
            stop: stop.clone(),
        };
        let mut running = pin!(steps.run(shared, request, stop.clone(), Box::new(sink)));
        loop {
            let input = tokio::select! {
                biased;
                // First, so that a step of a run that is being canceled does not begin.
                Ok(()) = self.cancel.changed() => self.canceled(),
                timer = self.timers.next() => JobInput::TimerFired(timer),
                report = &mut running => return report,
            };
            self.input(input, Some(&stop));
        }
    }

    /// Takes stock of the workspace that a step will see, if the run was asked to.
    async fn keep_workspace(&mut self, keeper: &Arc<Keeper>, step: u32, request: &StepRequest) {
        if !keeper.wants_workspace(request) {
            return;
        }
        let keeper = Arc::clone(keeper);
        let kept = self.aside(move |stop: &AtomicBool| keeper.workspace(stop));
        let kept = kept.await;
        self.kept(step, kept);
    }

    /// Keeps the core dump of a step, which nothing but the disk is to see.
    async fn keep_core_dump(&mut self, keeper: &Arc<Keeper>, step: u32, report: &mut StepReport) {
        let Some(dump) = report.core_dump.take() else {
            return;
        };
        let keeper = Arc::clone(keeper);
        let job = Arc::clone(&self.job);
        let kept = self.aside(move |_: &AtomicBool| keeper.core_dump(&job, step, &dump));
        let kept = kept.await;
        self.kept(step, kept);
    }

    fn kept(&self, step: u32, kept: Option<Kept>) {
        if let Some(kept) = kept {
            self.hands.recorder.record(RunEvent::StepKept {
                job: Arc::clone(&self.job),
                step,
                kept: Box::new(kept),
            });
        }
    }

    /// Does work that blocks. There can be more of it than is done in time, so whoever would stop a
    /// step stops this. `None` comes only of a panic of ours.
    async fn aside<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&AtomicBool) -> T + Send + 'static,
    ) -> Option<T> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let mut working = pin!(tokio::task::spawn_blocking(move || work(&stopped)));
        loop {
            let input = tokio::select! {
                biased;
                done = &mut working => return done.ok(),
                Ok(()) = self.cancel.changed() => self.canceled(),
                timer = self.timers.next() => JobInput::TimerFired(timer),
            };
            let at_once = JobInput::Cancel { now: true };
            if input == at_once || input == JobInput::TimerFired(Timer::Grace) {
                stop.store(true, Ordering::Relaxed);
            }
            self.input(input, None);
        }
    }

    /// Waits for a timer or a cancel.
    async fn wait(&mut self) -> Next {
        let input = tokio::select! {
            biased;
            Ok(()) = self.cancel.changed() => self.canceled(),
            timer = self.timers.next() => JobInput::TimerFired(timer),
        };
        self.input(input, None)
    }

    fn canceled(&mut self) -> JobInput {
        JobInput::Cancel {
            now: *self.cancel.borrow_and_update() == CancelLevel::Now,
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

    fn input(&self, input: JobInput, running: Option<&StopHandle>) -> Asked {
        let mut commands = Vec::new();
        self.machine().handle(input, &mut commands);
        self.follow(commands, running)
    }

    fn follow(&self, commands: Vec<JobCommand>, running: Option<&StopHandle>) -> Asked {
        let mut asked = Asked::default();
        for command in commands {
            match command {
                JobCommand::Emit(event) => self.recorder.record(event),
                JobCommand::RunStep { step, request } => {
                    asked.next = Some(Next::Step(step, Box::new(request)));
                }
                JobCommand::Collect { requests, .. } => asked.next = Some(Next::Collect(requests)),
                JobCommand::Finish(end) => asked.next = Some(Next::Finished(end)),
                JobCommand::StartTimer { timer, after } => asked.timers.push((timer, after)),
                JobCommand::StopStep { now: true } => {
                    running.into_iter().for_each(StopHandle::stop);
                }
                JobCommand::StopStep { now: false } => {
                    running.into_iter().for_each(StopHandle::ask);
                }
            }
        }
        asked
    }
}

/// What a running step's guest speaks to.
struct Sink {
    hands: Hands,
    stop: StopHandle,
}

impl StepSink for Sink {
    fn guest(&mut self, event: GuestEvent) -> Answer {
        let mut commands = Vec::new();
        let answer = self.hands.machine().guest(event, &mut commands);
        // A step that declared itself done is stopped; nothing else but events comes of its words.
        self.hands.follow(commands, Some(&self.stop));
        Answer::Now(answer)
    }

    fn room(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        if !self.hands.recorder.is_congested() {
            return None;
        }
        let recorder = Arc::clone(&self.hands.recorder);
        Some(Box::pin(async move { recorder.room().await }))
    }
}

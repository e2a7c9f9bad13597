//! One step: a fresh store and instance, its clock, and its end.

use crate::bindings;
use crate::bindings::TaskPre;
use crate::bisect::{self, Asked, Participant};
use crate::clock::{Monotonic, Wall};
use crate::compile::Metering;
use crate::dump;
use crate::filesystem::Files;
use crate::limit::Limiter;
use crate::load::{Component, Program, Sandbox, table};
use crate::meter::{HostPanicked, Metered};
use crate::network::Network;
use crate::outcome;
use crate::output::{ClosedInput, Output};
use crate::pace::Pace;
use crate::random;
use crate::state::{Link, StepState};
use crate::stop::StopHandle;
use std::collections::BTreeSet;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stepwell_event::{
    Entry, GuestEvent, HostAnswer, HostCall, HostRefusal, Limits, Outcome, Question, Random,
    Refusal, Reply, StepReport, StepRequest, Stream, Usage,
};
use tokio::sync::oneshot;
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi::p2::bindings::CommandPre;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

/// Who hears what a guest does.
pub trait StepSink: Send {
    /// The guest did something. The answer goes back to it, if the event
    /// [is a question](GuestEvent::is_question).
    fn guest(&mut self, event: GuestEvent) -> Answer;

    /// The guest asks its host to do something, and waits for the answer. Its deadline goes on
    /// meanwhile; should it end first, the receiver is dropped. An answer has at most 16 MiB.
    fn call(&mut self, call: HostCall) -> oneshot::Receiver<HostAnswer> {
        let (answer, answered) = oneshot::channel();
        drop(call);
        let refused = HostRefusal::Denied("nothing of that kind is lent to this step".to_owned());
        // Nobody waits if the step is about to end.
        let _ = answer.send(HostAnswer::Refused(refused));
        answered
    }

    /// `None` while events are taken as fast as they come; otherwise what to wait for.
    fn room(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>>;
}

/// What comes back of an event. A [`Refusal`] is the ordinary error of the guest's call.
pub enum Answer {
    /// It is known.
    Now(Result<(), Refusal>),
    /// It will be; if the other end is dropped, the step is about to end.
    Later(oneshot::Receiver<Result<(), Refusal>>),
}

/// Why a step is stopped from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overdue {
    TimedOut,
    Canceled,
}

impl Overdue {
    fn outcome(self, limits: &Limits, graceful: bool) -> Outcome {
        match self {
            Self::TimedOut => Outcome::TimedOut {
                limit_ms: limits.timeout_ms.unwrap_or_default(),
            },
            Self::Canceled => Outcome::Canceled { graceful },
        }
    }
}

impl Sandbox {
    /// Runs `component` once, in an instance of its own.
    ///
    /// The future may be polled on any thread of a Tokio runtime with timers and I/O; it never
    /// blocks it for longer than a tick of the epoch. Whatever the guest does is told to `sink`;
    /// whatever goes wrong is in the report.
    pub async fn run(
        &self,
        component: &Component,
        request: &StepRequest,
        stop: StopHandle,
        sink: Box<dyn StepSink>,
    ) -> StepReport {
        let started = Instant::now();
        let link = Arc::new(Link::new(sink, request.limits.output));
        let mut cpu = Duration::ZERO;
        let mut memory_peak = 0;
        let mut fuel = None;
        let mut core_dump = None;
        let mut files = (0, 0);
        let mut http_requests = 0;
        let mut reply = None;
        let entered = Way::find(component, &request.entry).and_then(|way| {
            let store = self.store(component, request, &stop, &link, started)?;
            Ok((way, store))
        });
        let outcome = match entered {
            Err(unusable) => unusable,
            Ok((way, mut store)) => {
                let mut asked = None;
                let ended = {
                    let mut work = pin!(enter(way, &mut store));
                    tokio::select! {
                        biased;
                        over = until_over(&request.limits, &stop, started, &mut asked) => Err(over),
                        ended = Metered::new(work.as_mut(), &mut cpu) => Ok(ended),
                    }
                };
                memory_peak = store.data().limiter.used();
                // Only an engine that counts says how much is left.
                fuel = store
                    .get_fuel()
                    .ok()
                    .map(|left| request.limits.fuel.saturating_sub(left));
                // Whoever is asked and ends before the clock is looked at again has ended in time.
                let asked = asked.or(stop.is_asked().then_some(Overdue::Canceled));
                let outcome = match (ended, asked) {
                    (Err(over), _) => over.outcome(&request.limits, false),
                    // A guest that was asked and then ended by itself was stopped all the same.
                    (Ok(_), Some(over)) => over.outcome(&request.limits, true),
                    (Ok(mut ended), None) => {
                        reply = take_reply(&mut ended);
                        let dump = dump::take(&ended, &mut store);
                        let outcome = outcome::classify(ended, store.data(), &component.lines);
                        if matches!(outcome, Outcome::Trapped { .. }) {
                            core_dump =
                                dump.and_then(|dump| dump::bounded(dump, &request.limits, &link));
                        }
                        outcome
                    }
                };
                let network = &store.data().network;
                http_requests = network.requests();
                let outcome = network.blame(outcome);
                let leftover = store.data_mut().files.end();
                drop(store);
                let account = Arc::clone(&leftover.account);
                leftover.clear().await;
                files = account.used();
                account.blame(outcome)
            }
        };
        let (output_bytes, output_dropped) = link.output_use();
        StepReport {
            outcome,
            usage: Usage {
                wall_us: micros(started.elapsed()),
                cpu_us: micros(cpu),
                memory_peak,
                output_bytes,
                output_dropped,
                fuel,
                written: files.0,
                files: files.1,
                http_requests,
            },
            read_stdin: link.has_read_stdin(),
            core_dump,
            reply: reply.map(Box::new),
        }
    }

    fn store(
        &self,
        component: &Component,
        request: &StepRequest,
        stop: &StopHandle,
        link: &Arc<Link>,
        started: Instant,
    ) -> Result<Store<StepState>, Outcome> {
        if component.metering != Metering::of(&request.limits) {
            return Err(Outcome::HostFailed {
                message: "the component was loaded for another kind of budget".to_owned(),
            });
        }
        let mut limits = request.limits;
        let inputs = match &request.entry {
            Entry::Task { inputs } => inputs.clone(),
            Entry::Command { .. } => Vec::new(),
            Entry::Bisect(_) => {
                limits.hostcall_bytes = limits.hostcall_bytes.max(bisect::host::CALL);
                Vec::new()
            }
        };
        let mut wasi = wasi(request, link);
        let files = Files::granted(request, self.config(), link, &mut wasi)?;
        let engine = self
            .engine(component.metering)
            .map_err(|error| Outcome::HostFailed {
                message: error.to_string(),
            })?;
        let state = StepState {
            wasi: wasi.build(),
            table: table(&limits),
            limits,
            limiter: Limiter::new(&limits),
            pace: Pace::new(&engine.engine, &limits, started),
            _running: engine.enter(),
            link: Arc::clone(link),
            inputs,
            secrets: request.grants.secrets.clone(),
            files,
            evidence: BTreeSet::new(),
            network: Network::granted(request, self.config(), link),
            stop: stop.clone(),
        };
        let store = Store::new(&engine.engine, state);
        Ok(armed(store, component.metering))
    }
}

/// Sets the limits and the clock of a new store.
pub(crate) fn armed(mut store: Store<StepState>, metering: Metering) -> Store<StepState> {
    let limits = store.data().limits;
    let size = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
    if metering == Metering::Fuel
        && let Err(error) = store.set_fuel(limits.fuel)
    {
        // Only an engine that does not count refuses.
        tracing::error!(%error, "the engine does not count fuel");
    }
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(size(limits.hostcall_bytes));
    store.set_max_component_handles(size(limits.handles));
    store.set_epoch_deadline(1);
    // The default yield wakes itself, and Tokio looks at its timers only every 61 polls: a
    // neighbour's deadline would fire half a second late.
    store.epoch_deadline_callback(|mut store| {
        let then: Pin<Box<dyn Future<Output = ()> + Send>> = match store.data_mut().pace.pause() {
            None => Box::pin(tokio::task::yield_now()),
            Some(pause) => Box::pin(tokio::time::sleep(pause)),
        };
        Ok(UpdateDeadline::YieldCustom(1, then))
    });
    store
}

fn wasi(request: &StepRequest, link: &Arc<Link>) -> WasiCtxBuilder {
    let mut wasi = WasiCtx::builder();
    wasi.stdin(ClosedInput(Arc::clone(link)))
        .stdout(Output {
            link: Arc::clone(link),
            stream: Stream::Stdout,
        })
        .stderr(Output {
            link: Arc::clone(link),
            stream: Stream::Stderr,
        })
        .max_random_size(request.limits.random_bytes)
        .wall_clock(Wall(request.grants.clock))
        .monotonic_clock(Monotonic::new(request.grants.clock))
        .envs(&request.env);
    if let Random::Seeded { seed } = request.grants.random {
        wasi.secure_random(random::seeded(seed, random::Stream::Secure))
            .insecure_random(random::seeded(seed, random::Stream::Insecure))
            .insecure_random_seed(random::insecure_seed(seed));
    }
    if let Entry::Command { args } = &request.entry {
        wasi.arg("main").args(args);
    }
    wasi
}

/// How a component is entered.
enum Way<'a> {
    Task(&'a TaskPre<StepState>),
    Command(&'a CommandPre<StepState>),
    Ask(&'a Participant, &'a Question),
}

impl<'a> Way<'a> {
    /// The way in that the request asks for, if the component has it.
    fn find(component: &'a Component, entry: &'a Entry) -> Result<Self, Outcome> {
        match (&component.program, entry) {
            (Program::Task(task), Entry::Task { .. }) => Ok(Self::Task(task)),
            (Program::Command(command), Entry::Command { .. }) => Ok(Self::Command(command)),
            (Program::Participant(participant), Entry::Bisect(question)) => {
                Ok(Self::Ask(participant, question))
            }
            (Program::Command(_), Entry::Task { .. }) => Err(unusable(
                "the component is a plain command, which takes `args`",
            )),
            (Program::Task(_), Entry::Command { .. }) => {
                Err(unusable("the component is a task, which takes `inputs`"))
            }
            (Program::Task(_) | Program::Command(_), Entry::Bisect(_)) => {
                Err(unusable("the component takes no part in a search"))
            }
            (Program::Participant(participant), Entry::Task { .. } | Entry::Command { .. }) => {
                Err(unusable(&format!(
                    "the component is {}, which is no step of a pipeline",
                    participant.name()
                )))
            }
        }
    }
}

/// What a component's entry returned.
pub(crate) enum Returned {
    Task(Result<(), bindings::stepwell::task::description::Failure>),
    Command(Result<(), ()>),
    Asked(Asked),
}

/// Why a component's entry did not return.
pub(crate) enum Interrupted {
    /// It was never reached: the instance could not be made, or trapped while it was.
    Before(wasmtime::Error),
    /// It was reached, and the guest did something wrong.
    Within(wasmtime::Error),
}

impl Interrupted {
    pub(crate) fn error(&self) -> &wasmtime::Error {
        let (Self::Before(error) | Self::Within(error)) = self;
        error
    }
}

async fn enter(way: Way<'_>, store: &mut Store<StepState>) -> Result<Returned, Interrupted> {
    use Interrupted::{Before, Within};
    match way {
        Way::Task(task) => {
            let task = task.instantiate_async(&mut *store).await.map_err(Before)?;
            let returned = task.call_run(store).await.map_err(Within)?;
            Ok(Returned::Task(returned))
        }
        Way::Command(command) => {
            let command = command
                .instantiate_async(&mut *store)
                .await
                .map_err(Before)?;
            let returned = command
                .wasi_cli_run()
                .call_run(store)
                .await
                .map_err(Within)?;
            Ok(Returned::Command(returned))
        }
        Way::Ask(participant, question) => {
            let asked = participant.ask(store, question).await?;
            Ok(Returned::Asked(asked))
        }
    }
}

/// The answer of a component that gave one which can be believed.
fn take_reply(ended: &mut Result<Result<Returned, Interrupted>, HostPanicked>) -> Option<Reply> {
    match ended {
        Ok(Ok(Returned::Asked(Asked::Answered(Ok(reply))))) => reply.take(),
        _ => None,
    }
}

/// Returns when the step has to be stopped: at once for a guest that does not listen, at the end
/// of the grace for one that does. From the moment it is asked to, `asked` says why.
async fn until_over(
    limits: &Limits,
    stop: &StopHandle,
    started: Instant,
    asked: &mut Option<Overdue>,
) -> Overdue {
    let grace = Duration::from_millis(limits.grace_ms);
    let deadline = deadline(limits, started);
    stop.set_end(deadline.and_then(|deadline| deadline.checked_add(grace)));
    let over = tokio::select! {
        () = stop.asked() => Overdue::Canceled,
        () = until(deadline) => Overdue::TimedOut,
    };
    *asked = Some(over);
    stop.set_end(Instant::now().checked_add(grace));
    stop.ask();
    if stop.is_listening() {
        tokio::select! {
            () = stop.stopped() => {}
            () = tokio::time::sleep(grace) => {}
        }
    }
    over
}

fn deadline(limits: &Limits, started: Instant) -> Option<Instant> {
    started.checked_add(Duration::from_millis(limits.timeout_ms?))
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

fn unusable(message: &str) -> Outcome {
    Outcome::Unusable {
        message: message.to_owned(),
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

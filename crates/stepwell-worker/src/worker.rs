//! A worker: raises its walls, then runs steps one after the other, as it is told.

use crate::channel::Receiver;
use crate::frame::FrameError;
use crate::message::{Assignment, MOST_TO_WORKER, ToHost, ToWorker};
use crate::outbox::{Outbox, eprint};
use crate::walls::{self, Walls};
use std::collections::HashMap;
use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use stepwell_event::{Digest, GuestEvent, HostAnswer, HostCall, Refusal, StepReport, StepRequest};
use stepwell_sandbox::{
    Answer, Code, Compiled, Component, Dial, DialError, Dialed, Metering, Sandbox, SandboxConfig,
    StepSink, StopHandle,
};
use tokio::net::UnixStream;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Threads for host calls that block, such as reading a file.
const BLOCKING_THREADS: usize = 16;

/// Runs steps until the host closes the channel.
pub(crate) fn run() -> io::Result<()> {
    walls::settle(c"stepwell-worker")?;
    let channel = std::os::unix::net::UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    channel.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()?;
    let served = runtime.block_on(async {
        // Asked for, so that a file at its limit is an error of the call, not the end of us.
        let _too_large: Signal = signal(SignalKind::from_raw(libc::SIGXFSZ))?;
        let seccomp = walls::restrict_calls();
        let stream = Arc::new(UnixStream::from_std(channel)?);
        let outbox = Arc::new(Outbox::new(Arc::clone(&stream)));
        let receiver = Receiver::of_host(stream, MOST_TO_WORKER);
        let sending = Arc::clone(&outbox);
        tokio::spawn(async move { sending.keep_sending().await });
        match serve(receiver, outbox, seccomp).await {
            Err(FrameError::Channel(error)) => Err(error),
            Err(error) => Err(io::Error::other(error)),
            Ok(()) => Ok(()),
        }
    });
    // A host call that still blocks must not keep us.
    runtime.shutdown_background();
    match served {
        // The host has no more work.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(()),
        other => other,
    }
}

async fn serve(
    mut receiver: Receiver,
    outbox: Arc<Outbox>,
    seccomp: bool,
) -> Result<(), FrameError> {
    let ToWorker::Assign(assignment) = receiver.next().await? else {
        return Err(out_of_turn());
    };
    let dials = Arc::new(Dials::new(Arc::clone(&outbox)));
    let mut worker = match Worker::new(&assignment, seccomp, &dials, &outbox) {
        Ok(worker) => worker,
        Err(error) => {
            outbox.add(&ToHost::Broken(error.to_string()));
            outbox.send_now()?;
            return Err(io::Error::other(error).into());
        }
    };
    loop {
        match receiver.next().await? {
            ToWorker::Load { digest, metering } => {
                let code = receiver.descriptor()?;
                worker.load(digest, metering, code);
            }
            ToWorker::Run(request) => {
                let report = worker.step(&request, &mut receiver).await?;
                outbox.add(&ToHost::Report(Box::new(report)));
                outbox.send_now()?;
            }
            // Said while a step ran that has ended meanwhile.
            ToWorker::Ask | ToWorker::Stop | ToWorker::Answer(_) | ToWorker::Answered(_) => {}
            ToWorker::Dialed { result: Err(_), .. } => {}
            ToWorker::Dialed { result: Ok(()), .. } => drop(receiver.descriptor()?),
            ToWorker::Assign(_) => return Err(out_of_turn()),
        }
    }
}

fn out_of_turn() -> FrameError {
    io::Error::other("a message out of turn").into()
}

struct Worker {
    sandbox: Sandbox,
    components: HashMap<(Digest, Metering), Result<Component, String>>,
    dials: Arc<Dials>,
    outbox: Arc<Outbox>,
}

impl Worker {
    fn new(
        assignment: &Assignment,
        seccomp: bool,
        dials: &Arc<Dials>,
        outbox: &Arc<Outbox>,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        walls::limit_worker(&assignment.reach)?;
        let mut doors = assignment.reach.doors();
        doors.extend(assignment.scratch.iter().map(|path| (path.as_path(), true)));
        // By which Wasmtime finds the pages that a step has changed.
        doors.push((Path::new("/proc/self/pagemap"), false));
        let landlock = walls::restrict_files(&doors);
        let sandbox = Sandbox::new(&SandboxConfig {
            slots: 1,
            scratch: assignment.scratch.clone(),
            private: assignment.private.as_deref().map(Into::into),
            core_dumps: assignment.core_dumps,
            trust: Arc::default(),
            dial: Arc::clone(dials) as Arc<dyn Dial>,
        })?;
        walls::close_to_others()?;
        outbox.add(&ToHost::Ready(Walls { seccomp, landlock }));
        Ok(Self {
            sandbox,
            components: HashMap::new(),
            dials: Arc::clone(dials),
            outbox: Arc::clone(outbox),
        })
    }

    fn load(&mut self, digest: Digest, metering: Metering, code: OwnedFd) {
        let loaded = read(code)
            .map_err(|error| error.to_string())
            .and_then(|compiled| {
                #[expect(
                    unsafe_code,
                    reason = "the host vouches for the code that it hands over"
                )]
                // SAFETY: the host, which is this very program, sent bytes that it compiled or
                // whose MAC it checked, in a file that is sealed.
                let code = unsafe { Code::vouched_for(digest, metering, compiled) };
                let component = self.sandbox.component(&code);
                component.map_err(|error| error.to_string())
            });
        self.components.insert((digest, metering), loaded);
    }

    /// Runs a step while it listens to the host.
    async fn step(
        &mut self,
        request: &StepRequest,
        receiver: &mut Receiver,
    ) -> Result<StepReport, FrameError> {
        let needed = (request.component, Metering::of(&request.limits));
        let component = match self.components.get(&needed) {
            Some(Ok(component)) => component,
            Some(Err(error)) => return Ok(StepReport::host_failed(error.clone())),
            None => return Ok(StepReport::host_failed("the component was not loaded")),
        };
        let stop = StopHandle::default();
        let question = Waiting::default();
        let call = Waiting::default();
        let sink = Box::new(Sink {
            outbox: Arc::clone(&self.outbox),
            question: question.clone(),
            call: call.clone(),
        });
        let mut running = pin!(self.sandbox.run(component, request, stop.clone(), sink));
        loop {
            tokio::select! {
                biased;
                message = receiver.next() => match message? {
                    ToWorker::Ask => stop.ask(),
                    ToWorker::Stop => stop.stop(),
                    ToWorker::Answer(answer) => question.answer(answer),
                    ToWorker::Answered(answer) => call.answer(answer),
                    ToWorker::Dialed { attempt, result } => {
                        let connected = match result {
                            Ok(()) => Ok(TcpStream::from(receiver.descriptor()?)),
                            Err(error) => Err(error),
                        };
                        self.dials.end(attempt, connected);
                    }
                    ToWorker::Assign(_) | ToWorker::Load { .. } | ToWorker::Run(_) => {
                        return Err(out_of_turn());
                    }
                },
                report = &mut running => return Ok(report),
            }
        }
    }
}

/// Reads a file whose place the host and all its workers share.
/// Reads the image of a component.
fn read(file: OwnedFd) -> io::Result<Compiled> {
    let file = std::fs::File::from(file);
    let size = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let mut code = vec![0; size];
    file.read_exact_at(&mut code, 0)?;
    let torn = || io::Error::other("the image of the code is torn");
    let (rest, length) = code.split_last_chunk::<4>().ok_or_else(torn)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(io::Error::other)?;
    let at = rest.len().checked_sub(length).ok_or_else(torn)?;
    let lines = rest.get(at..).ok_or_else(torn)?.to_vec();
    code.truncate(at);
    Ok(Compiled {
        code,
        description: None,
        role: None,
        lines,
    })
}

/// Where the answer to the guest goes. A guest asks one thing at a time.
#[derive(Debug)]
struct Waiting<T>(Arc<Mutex<Option<oneshot::Sender<T>>>>);

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Waiting<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Waiting<T> {
    fn slot(&self) -> MutexGuard<'_, Option<oneshot::Sender<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self) -> oneshot::Receiver<T> {
        let (answer, answered) = oneshot::channel();
        *self.slot() = Some(answer);
        answered
    }

    fn answer(&self, answer: T) {
        if let Some(asked) = self.slot().take() {
            // The guest may have been stopped meanwhile.
            let _ = asked.send(answer);
        }
    }
}

/// What a guest speaks to: the host, by way of the outbox.
struct Sink {
    outbox: Arc<Outbox>,
    question: Waiting<Result<(), Refusal>>,
    call: Waiting<HostAnswer>,
}

impl StepSink for Sink {
    fn guest(&mut self, event: GuestEvent) -> Answer {
        let answer = if event.is_question() {
            Answer::Later(self.question.ask())
        } else {
            Answer::Now(Ok(()))
        };
        self.outbox.add(&ToHost::Event(event));
        answer
    }

    fn call(&mut self, call: HostCall) -> oneshot::Receiver<HostAnswer> {
        let answered = self.call.ask();
        self.outbox.add(&ToHost::Call(call));
        answered
    }

    fn room(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        if self.outbox.has_room() {
            return None;
        }
        let outbox = Arc::clone(&self.outbox);
        Some(Box::pin(async move { outbox.room().await }))
    }
}

/// Who waits for a connection, by the number of the attempt.
type Attempts = HashMap<u32, oneshot::Sender<Result<TcpStream, DialError>>>;

/// Connects by asking the host.
struct Dials {
    outbox: Arc<Outbox>,
    next: AtomicU32,
    waiting: Mutex<Attempts>,
}

impl Dials {
    fn new(outbox: Arc<Outbox>) -> Self {
        Self {
            outbox,
            next: AtomicU32::new(0),
            waiting: Mutex::default(),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Attempts> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, attempt: u32, connected: Result<TcpStream, DialError>) {
        match self.waiting().remove(&attempt) {
            // The guest may have given up meanwhile; the connection is closed then.
            Some(waiting) => drop(waiting.send(connected)),
            None => eprint(&"the host answered a question that nobody asked"),
        }
    }
}

impl Dial for Dials {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> Dialed<'a> {
        let attempt = self.next.fetch_add(1, Ordering::Relaxed);
        let (connected, waiting) = oneshot::channel();
        self.waiting().insert(attempt, connected);
        self.outbox.add(&ToHost::Dial {
            attempt,
            host: host.to_owned(),
            port,
        });
        Box::pin(async move {
            waiting
                .await
                .unwrap_or_else(|_| Err(DialError::Failed("the host gave no answer".to_owned())))
        })
    }
}

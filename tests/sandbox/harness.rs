//! One step in a sandbox: what it is given, and what came of it.

use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use stepwell_event::{
    Access, Denial, Digest, Entry, Grants, GuestEvent, HostAnswer, HostCall, LimitKind, Limits,
    Outcome, Question, Refusal, Reply, StepReport, StepRequest, Stream, WorkspaceGrant,
};
use stepwell_sandbox::{
    Answer, Code, CodeCache, Component, InThisProcess, LoadError, Metering, Sandbox, SandboxConfig,
    StepSink, StopHandle,
};
use stepwell_testkit::guests::Guests;
use tokio::sync::oneshot;

/// Slots of the sandbox that tests share.
pub(crate) const SLOTS: u32 = 16;

/// The bytes of a guest of `tests/guests`, by the name of its program or package.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| Guests::Tests.build().unwrap());
    let path = folder.join(format!("{}.wasm", name.replace('-', "_")));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The sandbox that tests share.
pub(crate) fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| fresh_sandbox(SLOTS))
}

/// A sandbox of a test's own.
pub(crate) fn fresh_sandbox(slots: u32) -> Sandbox {
    Sandbox::new(&SandboxConfig {
        slots,
        ..SandboxConfig::default()
    })
    .unwrap()
}

pub(crate) fn digest(bytes: &[u8]) -> Digest {
    Digest::from_sha256(Sha256::digest(bytes).into())
}

/// Code that tests share and keep, so that only the first run is slow.
pub(crate) fn try_code(bytes: &[u8], metering: Metering) -> Result<Code, LoadError> {
    static CACHE: OnceLock<CodeCache> = OnceLock::new();
    let cache = CACHE.get_or_init(|| {
        CodeCache::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("code")).unwrap()
    });
    let digest = digest(bytes);
    let loaded = stepwell_sandbox::load(Some(cache), &InThisProcess, bytes, digest, metering)?;
    Ok(loaded.code)
}

/// Code of a file that is a task.
pub(crate) fn code(bytes: &[u8]) -> Code {
    try_code(bytes, Metering::Off).unwrap_or_else(|error| panic!("{error}"))
}

/// A component in the shared sandbox.
pub(crate) fn load(bytes: &[u8]) -> Component {
    sandbox().component(&code(bytes)).unwrap()
}

/// A plain command of `tests/guests`.
pub(crate) fn run(name: &str) -> Step {
    run_bytes(guest(name))
}

/// A plain command.
pub(crate) fn run_bytes(bytes: Vec<u8>) -> Step {
    Step::new(bytes, Entry::Command { args: Vec::new() })
}

/// A typed task of `tests/guests`.
pub(crate) fn task(name: &str) -> Step {
    task_bytes(guest(name))
}

/// A typed task.
pub(crate) fn task_bytes(bytes: Vec<u8>) -> Step {
    Step::new(bytes, Entry::Task { inputs: Vec::new() })
}

/// A component of `stepwell:bisect` of `tests/guests`.
pub(crate) fn asked(name: &str, question: Question) -> Step {
    Step::new(guest(name), Entry::Bisect(Box::new(question)))
}

/// What a host does that a guest asks for something; `None` if it never answers.
pub(crate) type Host = fn(&HostCall) -> Option<HostAnswer>;

/// What is done to a running step.
pub(crate) type Act = fn(&StopHandle);

/// A step that is about to run. Nothing is granted unless it says so.
pub(crate) struct Step {
    bytes: Vec<u8>,
    entry: Entry,
    env: Vec<(String, String)>,
    workspace: Option<WorkspaceGrant>,
    grants: Grants,
    limits: Limits,
    stop: StopHandle,
    sink: Recorder,
    later: Option<(Duration, Act)>,
}

impl Step {
    pub(crate) fn new(bytes: Vec<u8>, entry: Entry) -> Self {
        let stop = StopHandle::default();
        Self {
            bytes,
            entry,
            env: Vec::new(),
            workspace: None,
            grants: Grants::default(),
            // A test that hangs should fail.
            limits: Limits {
                timeout_ms: Some(60_000),
                ..Limits::default()
            },
            sink: Recorder {
                stop: stop.clone(),
                ..Recorder::default()
            },
            stop,
            later: None,
        }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn args<S: ToString>(mut self, given: impl IntoIterator<Item = S>) -> Self {
        let Entry::Command { args } = &mut self.entry else {
            panic!("a task has inputs");
        };
        args.extend(given.into_iter().map(|arg| arg.to_string()));
        self
    }

    pub(crate) fn input(mut self, name: &str, value: &str) -> Self {
        let Entry::Task { inputs } = &mut self.entry else {
            panic!("a command has arguments");
        };
        inputs.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Enters the component in another way.
    pub(crate) fn entered(mut self, entry: Entry) -> Self {
        self.entry = entry;
        self
    }

    /// Enters the component the way that it does not have.
    pub(crate) fn entered_wrongly(mut self) -> Self {
        self.entry = match self.entry {
            Entry::Task { .. } | Entry::Bisect(_) => Entry::Command { args: Vec::new() },
            Entry::Command { .. } => Entry::Task { inputs: Vec::new() },
        };
        self
    }

    pub(crate) fn workspace(self, path: &Path) -> Self {
        self.grant(path, Access::Write)
    }

    pub(crate) fn read_only(self, path: &Path) -> Self {
        self.grant(path, Access::Read)
    }

    pub(crate) fn grant(mut self, path: &Path, access: Access) -> Self {
        self.workspace = Some(WorkspaceGrant {
            path: path.to_owned(),
            access,
            folders: Vec::new(),
        });
        self
    }

    /// Grants more access to folders of the workspace than to the rest of it.
    pub(crate) fn folders(mut self, folders: &[(&str, Access)]) -> Self {
        let workspace = self.workspace.as_mut().expect("a workspace comes first");
        let folders = folders.iter();
        workspace.folders = folders
            .map(|(folder, access)| ((*folder).to_owned(), *access))
            .collect();
        self
    }

    pub(crate) fn scratch(mut self, bytes: u64) -> Self {
        self.grants.scratch = Some(bytes);
        self
    }

    pub(crate) fn timeout(mut self, millis: u64) -> Self {
        self.limits.timeout_ms = Some(millis);
        self
    }

    pub(crate) fn grace(mut self, millis: u64) -> Self {
        self.limits.grace_ms = millis;
        self
    }

    pub(crate) fn memory(mut self, bytes: u64) -> Self {
        self.limits.memory = bytes;
        self
    }

    pub(crate) fn output(mut self, bytes: u64) -> Self {
        self.limits.output = bytes;
        self
    }

    pub(crate) fn limit(mut self, kind: LimitKind, value: u64) -> Self {
        self.limits.set(kind, value);
        self
    }

    /// Grants more than a workspace.
    pub(crate) fn grants(mut self, grants: Grants) -> Self {
        self.grants = grants;
        self
    }

    /// The sink has no room, ever.
    pub(crate) fn stalled(mut self) -> Self {
        self.sink.stalled = true;
        self
    }

    /// The sink refuses all that it can refuse.
    pub(crate) fn refusing(mut self, refusal: Refusal) -> Self {
        self.sink.refusal = Some(refusal);
        self
    }

    /// The sink does what the guest asks of its host.
    pub(crate) fn lending(mut self, host: Host) -> Self {
        self.sink.host = Some(host);
        self
    }

    /// Asks the step to stop when it logs for the first time.
    pub(crate) fn ask_when_it_logs(mut self) -> Self {
        self.sink.ask = true;
        self
    }

    /// Asks the step to stop before it begins.
    pub(crate) fn asked_before(self) -> Self {
        self.stop.ask();
        self
    }

    /// Asks the step to stop, or stops it, after a while.
    pub(crate) fn after(mut self, millis: u64, act: Act) -> Self {
        self.later = Some((Duration::from_millis(millis), act));
        self
    }

    /// Runs it in the shared sandbox.
    pub(crate) fn go(self) -> Ran {
        self.go_in(sandbox())
    }

    /// Runs it in `sandbox`.
    pub(crate) fn go_in(self, sandbox: &Sandbox) -> Ran {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let ran = runtime.block_on(self.start_in(sandbox));
        // A file operation that never ends must fail its test, not hang it.
        runtime.shutdown_background();
        ran
    }

    /// Runs it with another component than its own.
    pub(crate) fn go_with(self, sandbox: &Sandbox, component: &Component) -> Ran {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(self.start_with(sandbox, component))
    }

    pub(crate) async fn start_in(self, sandbox: &Sandbox) -> Ran {
        let code = try_code(&self.bytes, Metering::of(&self.limits))
            .unwrap_or_else(|error| panic!("{error}"));
        let component = sandbox.component(&code).unwrap();
        self.start_with(sandbox, &component).await
    }

    async fn start_with(self, sandbox: &Sandbox, component: &Component) -> Ran {
        let request = StepRequest {
            component: component.digest(),
            entry: self.entry,
            env: self.env,
            workspace: self.workspace,
            grants: self.grants,
            limits: self.limits,
        };
        if let Some((after, act)) = self.later {
            let stop = self.stop.clone();
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                act(&stop);
            });
        }
        let events = Arc::clone(&self.sink.events);
        let calls = Arc::clone(&self.sink.calls);
        let started = Instant::now();
        let sink = Box::new(self.sink);
        let report = sandbox.run(component, &request, self.stop, sink).await;
        let took = started.elapsed();
        let events = std::mem::take(&mut *events.lock().unwrap());
        let calls = std::mem::take(&mut *calls.lock().unwrap());
        Ran {
            report,
            events,
            calls,
            took,
        }
    }
}

/// A sink that keeps what it is told.
#[derive(Default)]
struct Recorder {
    events: Arc<Mutex<Vec<GuestEvent>>>,
    refusal: Option<Refusal>,
    stalled: bool,
    ask: bool,
    stop: StopHandle,
    calls: Arc<Mutex<Vec<HostCall>>>,
    host: Option<Host>,
    /// Of answers that are never given.
    unanswered: Vec<oneshot::Sender<HostAnswer>>,
}

impl StepSink for Recorder {
    fn guest(&mut self, event: GuestEvent) -> Answer {
        if self.ask && matches!(event, GuestEvent::Log { .. }) {
            self.stop.ask();
        }
        let is_question = event.is_question();
        self.events.lock().unwrap().push(event);
        Answer::Now(match &self.refusal {
            Some(refusal) if is_question => Err(refusal.clone()),
            _ => Ok(()),
        })
    }

    fn call(&mut self, call: HostCall) -> oneshot::Receiver<HostAnswer> {
        let (answer, answered) = oneshot::channel();
        // Without a host, whoever was to answer is gone.
        if let Some(host) = self.host {
            match host(&call) {
                Some(given) => drop(answer.send(given)),
                None => self.unanswered.push(answer),
            }
        }
        self.calls.lock().unwrap().push(call);
        answered
    }

    fn room(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        self.stalled.then(|| Box::pin(std::future::pending()) as _)
    }
}

/// A step that ran.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) report: StepReport,
    pub(crate) events: Vec<GuestEvent>,
    pub(crate) calls: Vec<HostCall>,
    pub(crate) took: Duration,
}

impl Ran {
    pub(crate) fn outcome(&self) -> &Outcome {
        &self.report.outcome
    }

    /// The answer of a component that must have given one.
    pub(crate) fn reply(&self) -> &Reply {
        let outcome = self.outcome();
        assert_eq!(outcome, &Outcome::Succeeded, "{}", self.stderr());
        self.report.reply.as_deref().unwrap()
    }

    /// The output of a step that must have succeeded.
    pub(crate) fn succeeded(&self) -> String {
        assert_eq!(self.outcome(), &Outcome::Succeeded, "{}", self.stderr());
        self.stdout()
    }

    pub(crate) fn bytes(&self, of: Stream) -> Vec<u8> {
        let mut all = Vec::new();
        for event in &self.events {
            match event {
                GuestEvent::Output { stream, bytes } if *stream == of => all.extend(bytes),
                _ => {}
            }
        }
        all
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.bytes(Stream::Stdout)).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.bytes(Stream::Stderr)).into_owned()
    }

    pub(crate) fn denials(&self) -> Vec<Denial> {
        let denied = |event: &GuestEvent| match event {
            GuestEvent::Denied(denial) => Some(denial.clone()),
            _ => None,
        };
        self.events.iter().filter_map(denied).collect()
    }

    /// What was logged, one message a line.
    pub(crate) fn log(&self) -> String {
        let mut all = String::new();
        for event in &self.events {
            if let GuestEvent::Log { message, .. } = event {
                writeln!(all, "{message}").unwrap();
            }
        }
        all
    }

    /// How often an event of this kind came.
    pub(crate) fn count(&self, is: impl Fn(&GuestEvent) -> bool) -> usize {
        self.events.iter().filter(|event| is(event)).count()
    }

    /// Asserts that it was stopped in good time. The bound is generous: the machine may be busy.
    pub(crate) fn stopped_soon(&self) -> &Self {
        assert!(
            self.took < Duration::from_secs(2),
            "it took {:?}",
            self.took
        );
        self
    }
}

/// Runs a test that measures its process in a process of its own.
pub(crate) fn alone(test: &str, measure: impl FnOnce()) {
    const ALONE: &str = "STEPWELL_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return measure();
    }
    let program = std::env::current_exe().unwrap();
    let output = std::process::Command::new(program)
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Bytes of memory that this process holds now, and the most that it ever held.
pub(crate) fn resident_bytes() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let field = |name: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
            << 10
    };
    (field("VmRSS"), field("VmHWM"))
}

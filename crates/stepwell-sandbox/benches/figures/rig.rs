//! What every measurement needs: guests, a sandbox with room, one step, and percentiles.

use rustix::time::{ClockId, clock_gettime};
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use stepwell_event::{Digest, Entry, Grants, GuestEvent, Limits, Outcome, StepRequest};
use stepwell_sandbox::{
    Answer, Component, InThisProcess, Metering, Sandbox, SandboxConfig, StepSink, StopHandle,
};
use stepwell_testkit::guests::Guests;
use tokio::runtime::{Builder, Runtime};

/// The threads that guests run on, as in the program: one for each core.
pub(crate) const THREADS: usize = 2;

/// A sandbox for so many steps at once.
pub(crate) fn sandbox(slots: u32) -> Arc<Sandbox> {
    let config = SandboxConfig {
        slots,
        ..SandboxConfig::default()
    };
    Arc::new(Sandbox::new(&config).expect("a sandbox"))
}

/// A runtime as guests have it.
pub(crate) fn runtime(threads: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(threads)
        // Timers are looked at after every poll, not after every 61st.
        .event_interval(1)
        .enable_time()
        .build()
        .expect("a runtime")
}

/// A guest that can be run many times.
#[derive(Clone)]
pub(crate) struct Guest {
    sandbox: Arc<Sandbox>,
    component: Arc<Component>,
    request: StepRequest,
}

/// The bytes of a guest of `tests/guests`.
pub(crate) fn bytes(name: &str) -> Vec<u8> {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| Guests::Tests.build().expect("the guests build"));
    let path = folder.join(format!("{name}.wasm"));
    std::fs::read(path).expect("the guest is there")
}

/// A command written by hand: its core module has these fields, and `run` is what is run.
pub(crate) fn command(fields: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            (core module $m {fields})
            (core instance $i (instantiate $m))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $entry (export "run" (func $run)))
            (export "wasi:cli/run@0.2.6" (instance $entry)))"#
    );
    wat::parse_str(text).expect("the text is right")
}

impl Guest {
    /// A guest of `tests/guests`, with these arguments.
    pub(crate) fn named(sandbox: &Arc<Sandbox>, name: &str, args: &[&str]) -> Self {
        Self::of(sandbox, &bytes(name), args, Metering::Off)
    }

    /// A guest of these bytes.
    pub(crate) fn of(
        sandbox: &Arc<Sandbox>,
        bytes: &[u8],
        args: &[&str],
        metering: Metering,
    ) -> Self {
        let digest = Digest::from_sha256(Sha256::digest(bytes).into());
        let loaded = stepwell_sandbox::load(None, &InThisProcess, bytes, digest, metering);
        let code = loaded.expect("the guest loads").code;
        let component = sandbox.component(&code).expect("the code loads");
        let entry = if component.is_command() {
            let args = args.iter().map(|arg| (*arg).to_owned()).collect();
            Entry::Command { args }
        } else {
            Entry::Task { inputs: Vec::new() }
        };
        let mut limits = Limits {
            timeout_ms: Some(600_000),
            ..Limits::default()
        };
        if metering == Metering::Fuel {
            limits.fuel = u64::MAX / 2;
        }
        Self {
            sandbox: Arc::clone(sandbox),
            component: Arc::new(component),
            request: StepRequest {
                component: digest,
                entry,
                env: Vec::new(),
                workspace: None,
                grants: Grants::default(),
                limits,
            },
        }
    }

    /// The same with a time limit.
    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.request.limits.timeout_ms = u64::try_from(timeout.as_millis()).ok();
        self
    }

    /// Runs it once; how it ended and how long it took.
    pub(crate) async fn run(&self, stop: StopHandle) -> (Outcome, Duration) {
        let started = Instant::now();
        let sink = Box::new(Deaf);
        let report = self
            .sandbox
            .run(&self.component, &self.request, stop, sink)
            .await;
        (report.outcome, started.elapsed())
    }

    /// Runs it to its end, which must be good.
    pub(crate) async fn succeed(&self) -> Duration {
        let (outcome, took) = self.run(StopHandle::default()).await;
        assert_eq!(outcome, Outcome::Succeeded);
        took
    }
}

/// Steps that run beside a measurement until they are dropped.
pub(crate) struct Beside(Vec<StopHandle>);

impl Beside {
    /// Starts so many of a guest, each again and again.
    pub(crate) fn start(runtime: &Runtime, guest: &Guest, count: usize) -> Self {
        let start = |_| {
            let (stop, guest) = (StopHandle::default(), guest.clone());
            let handle = stop.clone();
            runtime.spawn(async move {
                while !matches!(
                    guest.run(stop.clone()).await,
                    (Outcome::Canceled { .. } | Outcome::HostFailed { .. }, _)
                ) {}
            });
            handle
        };
        Self((0..count).map(start).collect())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        for stop in &self.0 {
            stop.ask();
            stop.stop();
        }
    }
}

/// A sink that takes all and keeps nothing.
struct Deaf;

impl StepSink for Deaf {
    fn guest(&mut self, _event: GuestEvent) -> Answer {
        Answer::Now(Ok(()))
    }

    fn room(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        None
    }
}

/// The CPU time of this process so far. Unlike the wall clock it does not count what other programs of
/// the machine do.
pub(crate) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}

/// The sample below which so many percent are.
pub(crate) fn percentile(samples: &mut [Duration], percent: usize) -> Duration {
    samples.sort();
    samples[(samples.len() * percent / 100).min(samples.len() - 1)]
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

//! What one step costs, with nothing but the sandbox around it: a fresh instance of a task that
//! does nothing, with a workspace and an environment of 20 entries, run and dropped.
//!
//! `cargo bench -p stepwell-sandbox` prints microseconds. The machine's speed moves, so that
//! numbers of one run compare better than those of two.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a program for people, on its own numbers"
)]

use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::pin::Pin;
use std::time::{Duration, Instant};
use stepwell_event::{
    Access, Digest, Entry, Grants, GuestEvent, Limits, Outcome, StepRequest, WorkspaceGrant,
};
use stepwell_sandbox::{
    Answer, Code, CodeCache, Component, InThisProcess, Metering, Sandbox, SandboxConfig, StepSink,
    StopHandle,
};
use stepwell_testkit::guests::Guests;

const WARM_UP: usize = 1000;
const SAMPLES: usize = 10_000;

fn main() {
    let folder = Guests::Tests.build().expect("the guests build");
    let bytes = std::fs::read(folder.join("task_noop.wasm")).expect("the guest is there");
    let digest = Digest::from_sha256(Sha256::digest(&bytes).into());
    let places = tempfile::tempdir().expect("a temporary folder");
    let (cache, workspace) = (places.path().join("cache"), places.path().join("workspace"));
    std::fs::create_dir(&workspace).expect("a workspace");

    println!(
        "{:<36}{:>10}{:>10}{:>10}",
        "microseconds", "median", "p99", "least"
    );
    tell("Sandbox::new, 16 slots", samples(20, || sandbox(16)));
    tell("Sandbox::new, 1000 slots", samples(5, || sandbox(1000)));
    tell("compile", samples(10, || code(None, &bytes, digest)));
    let cache = CodeCache::open(&cache).expect("a cache");
    code(Some(&cache), &bytes, digest);
    let sandbox = sandbox(16);
    let load = || {
        let code = code(Some(&cache), &bytes, digest);
        sandbox.component(&code).expect("the code loads")
    };
    tell("load, from the cache", samples(200, load));
    let component = load();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    for (name, request) in [
        ("step", request(digest, None, 0)),
        (
            "step, workspace, 20 variables",
            request(digest, Some(&workspace), 20),
        ),
    ] {
        let step = || runtime.block_on(run(&sandbox, &component, &request));
        for _ in 0..WARM_UP {
            step();
        }
        tell(name, samples(SAMPLES, step));
    }
}

fn sandbox(slots: u32) -> Sandbox {
    let config = SandboxConfig {
        slots,
        ..SandboxConfig::default()
    };
    Sandbox::new(&config).expect("a sandbox")
}

fn code(cache: Option<&CodeCache>, bytes: &[u8], digest: Digest) -> Code {
    stepwell_sandbox::load(cache, &InThisProcess, bytes, digest, Metering::Off)
        .expect("the guest loads")
        .code
}

fn request(component: Digest, workspace: Option<&Path>, variables: usize) -> StepRequest {
    let variable = |number| (format!("VARIABLE_{number}"), format!("value of {number}"));
    StepRequest {
        component,
        entry: Entry::Task { inputs: Vec::new() },
        env: (0..variables).map(variable).collect(),
        workspace: workspace.map(|path| WorkspaceGrant {
            path: path.to_owned(),
            access: Access::Write,
            folders: Vec::new(),
        }),
        grants: Grants::default(),
        limits: Limits {
            timeout_ms: Some(60_000),
            ..Limits::default()
        },
    }
}

async fn run(sandbox: &Sandbox, component: &Component, request: &StepRequest) {
    let report = sandbox
        .run(component, request, StopHandle::default(), Box::new(Deaf))
        .await;
    assert_eq!(report.outcome, Outcome::Succeeded);
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

/// Times `work`, with the drop of what it returns.
fn samples<T>(count: usize, mut work: impl FnMut() -> T) -> Vec<Duration> {
    let once = |_| {
        let started = Instant::now();
        drop(work());
        started.elapsed()
    };
    (0..count).map(once).collect()
}

fn tell(name: &str, mut samples: Vec<Duration>) {
    samples.sort();
    let micros = |index: usize| samples[index].as_secs_f64() * 1e6;
    let last = samples.len() - 1;
    let (median, p99) = (micros(last / 2), micros(last * 99 / 100));
    println!("{name:<36}{median:>10.1}{p99:>10.1}{:>10.1}", micros(0));
}

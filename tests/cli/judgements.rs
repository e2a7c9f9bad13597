//! Judgements in worker processes: what an oracle is asked, what it asks, and what it answers cross
//! the wall as they do in this process.

use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use stepwell_event::{
    Access, Digest, Entry, Evidence, GuestEvent, HostAnswer, HostCall, HostRefusal, LabResult,
    Limits, Observation, Outcome, Question, Reply, Role, RunResult, StepReport, StepRequest,
    Verdict, Version, WorkspaceGrant,
};
use stepwell_sandbox::{Answer, Code, Metering, NoNetwork, StepSink, StopHandle};
use stepwell_testkit::guests::Guests;
use stepwell_worker::{CompileLimits, Jail, Job, Scope, Workers, WorkersConfig};
use tokio::sync::oneshot;

const PROGRAM: &str = env!("CARGO_BIN_EXE_stepwell");

/// The oracle that does what its configuration says, compiled in a jail.
fn oracle() -> Code {
    static CODE: Mutex<Option<Code>> = Mutex::new(None);
    let mut code = CODE.lock().unwrap();
    let made = code.get_or_insert_with(|| {
        let path = Guests::Tests.build().unwrap().join("bisect_oracle.wasm");
        let bytes = std::fs::read(path).unwrap();
        let jail = Jail {
            program: PROGRAM.into(),
            limits: CompileLimits::default(),
        };
        // Any digest does: nothing is looked up by it.
        let digest = Digest::from_sha256([7; 32]);
        let loaded = stepwell_sandbox::load(None, &jail, &bytes, digest, Metering::Off);
        loaded.unwrap().code
    });
    made.clone()
}

/// What was asked of the host.
type Calls = Arc<Mutex<Vec<HostCall>>>;

/// Answers with what `lend` gives; `None` is no answer, ever.
struct Lab {
    lend: fn(&HostCall) -> Option<HostAnswer>,
    calls: Calls,
    unanswered: Vec<oneshot::Sender<HostAnswer>>,
}

impl StepSink for Lab {
    fn guest(&mut self, _event: GuestEvent) -> Answer {
        Answer::Now(Ok(()))
    }

    fn call(&mut self, call: HostCall) -> oneshot::Receiver<HostAnswer> {
        let (answer, answered) = oneshot::channel();
        match (self.lend)(&call) {
            Some(given) => drop(answer.send(given)),
            None => self.unanswered.push(answer),
        }
        self.calls.lock().unwrap().push(call);
        answered
    }

    fn room(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        None
    }
}

/// Judges in workers of this scope, one configuration after the other in the same job.
struct Judge {
    scope: Scope,
    lend: fn(&HostCall) -> Option<HostAnswer>,
    timeout_ms: u64,
    cancel_after: Option<Duration>,
}

impl Judge {
    fn new(scope: Scope, lend: fn(&HostCall) -> Option<HostAnswer>) -> Self {
        Self {
            scope,
            lend,
            timeout_ms: 60_000,
            cancel_after: None,
        }
    }

    fn ask(&self, workspace: &Path, configs: &[&str]) -> (Vec<StepReport>, Vec<HostCall>) {
        let code = oracle();
        let calls = Calls::default();
        let scratch = tempfile::tempdir().unwrap();
        let config = WorkersConfig {
            program: PROGRAM.into(),
            scope: self.scope,
            warm: 0,
            expected: 1,
            private: None,
            scratch: scratch.path().to_owned(),
            core_dumps: false,
            dial: Arc::new(NoNetwork),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let reports = runtime.block_on(async {
            let workers = Workers::new(config, std::slice::from_ref(&code)).unwrap();
            let mut job = Job::default();
            let mut reports = Vec::new();
            for config in configs {
                let request = self.request(&code, workspace, config);
                let stop = StopHandle::default();
                if let Some(after) = self.cancel_after {
                    let stop = stop.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(after).await;
                        stop.ask();
                    });
                }
                let sink = Box::new(Lab {
                    lend: self.lend,
                    calls: Arc::clone(&calls),
                    unanswered: Vec::new(),
                });
                reports.push(workers.run(&mut job, request, stop, sink).await);
            }
            reports
        });
        let calls = std::mem::take(&mut *calls.lock().unwrap());
        (reports, calls)
    }

    fn request(&self, code: &Code, workspace: &Path, config: &str) -> StepRequest {
        StepRequest {
            component: code.digest(),
            entry: Entry::Bisect(Box::new(Question::Judge {
                config: config.to_owned(),
                candidate: Version {
                    id: "c0ffee".to_owned(),
                    ..Version::default()
                },
                trials: 5,
                seed: 1,
            })),
            env: Vec::new(),
            workspace: Some(WorkspaceGrant {
                path: workspace.to_owned(),
                access: Access::Read,
                folders: Vec::new(),
            }),
            grants: stepwell_event::Grants::default(),
            limits: Limits {
                timeout_ms: Some(self.timeout_ms),
                ..Limits::default()
            },
        }
    }
}

const SCOPES: [Scope; 2] = [Scope::Job, Scope::Step];

fn nothing(_: &HostCall) -> Option<HostAnswer> {
    Some(HostAnswer::Refused(HostRefusal::Denied(
        "not lent".to_owned(),
    )))
}

fn lab(call: &HostCall) -> Option<HostAnswer> {
    Some(match call {
        HostCall::RunPipeline(_) => HostAnswer::Ran(LabResult {
            end: RunResult::Failed,
            steps: Vec::new(),
            log: String::new(),
            duration_ms: 1,
        }),
        // As large as it may be.
        HostCall::ReadResult { .. } => HostAnswer::File(vec![1; 16 << 20]),
        HostCall::Keep { content, .. } => HostAnswer::Kept(Evidence {
            name: "report.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            digest: "ab".repeat(32),
            size: u32::try_from(content.len()).unwrap(),
        }),
        _ => return nothing(call),
    })
}

fn observation(report: &StepReport) -> &Observation {
    match report.reply.as_deref() {
        Some(Reply::Judged(Ok(observation))) => observation,
        other => panic!("{:?}: {other:?}", report.outcome),
    }
}

#[test]
fn a_jail_finds_out_what_an_oracle_is() {
    let code = oracle();
    let Some(Role::Oracle { about, advises }) = code.role() else {
        panic!("{:?}", code.role());
    };
    assert_eq!((about.name.as_str(), *advises), ("probe", false));
}

#[test]
fn a_worker_judges_each_candidate_in_an_instance_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("state"), "it is broken").unwrap();
    for scope in SCOPES {
        let count = r#"{"do": "count"}"#;
        let look = r#"{"do": "tree", "file": "state"}"#;
        let write = r#"{"do": "write"}"#;
        let trap = r#"{"do": "trap"}"#;
        let nan = r#"{"do": "nan"}"#;
        let configs = [count, look, write, trap, count, nan];
        let (reports, _) = Judge::new(scope, nothing).ask(folder.path(), &configs);
        assert_eq!(observation(&reports[0]).reason, "1");
        assert_eq!(observation(&reports[1]).verdict, Verdict::Bad);
        assert_ne!(observation(&reports[2]).reason, "done");
        assert!(!folder.path().join("written.txt").exists());
        assert!(matches!(reports[3].outcome, Outcome::Trapped { .. }));
        assert_eq!(reports[3].reply, None);
        assert_eq!(observation(&reports[4]).reason, "1");
        assert!(
            matches!(&reports[5].outcome, Outcome::Failed { message, .. } if message.contains("NaN"))
        );
        assert_eq!(reports[5].reply, None);
    }
}

#[test]
fn calls_and_answers_cross_the_wall() {
    let folder = tempfile::tempdir().unwrap();
    for scope in SCOPES {
        let pipeline = r#"{"do": "lab", "pipeline": "ci.toml"}"#;
        let (reports, calls) = Judge::new(scope, lab).ask(folder.path(), &[pipeline, pipeline]);
        for report in &reports {
            let found = observation(report);
            assert_eq!(found.verdict, Verdict::Bad);
            assert_eq!(found.evidence[0].size, 16 << 20);
        }
        assert_eq!(calls.len(), 6);
        assert!(matches!(&calls[2], HostCall::Keep { content, .. } if content.len() == 16 << 20));
        let all = r#"{"do": "calls"}"#;
        let (reports, _) = Judge::new(scope, nothing).ask(folder.path(), &[all]);
        let said = &observation(&reports[0]).reason;
        assert_eq!(said.matches(r#"Denied("not lent")"#).count(), 5, "{said}");
    }
}

#[test]
fn a_worker_that_waits_for_its_host_ends_with_its_step() {
    let folder = tempfile::tempdir().unwrap();
    for scope in SCOPES {
        let forever = r#"{"do": "forever"}"#;
        let mut judge = Judge::new(scope, |_| None);
        judge.timeout_ms = 300;
        let started = Instant::now();
        let (reports, calls) = judge.ask(folder.path(), &[forever]);
        assert_eq!(reports[0].outcome, Outcome::TimedOut { limit_ms: 300 });
        assert_eq!(calls, [HostCall::Patch]);
        judge.timeout_ms = 60_000;
        judge.cancel_after = Some(Duration::from_millis(300));
        let (reports, _) = judge.ask(folder.path(), &[forever]);
        assert_eq!(reports[0].outcome, Outcome::Canceled { graceful: false });
        assert_eq!(reports[0].reply, None);
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}

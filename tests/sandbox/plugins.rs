//! The oracles, notifiers and publishers that come with Stepwell, as the components that they are.

use crate::harness::{Ran, Step, try_code};
use crate::server::{Line, Server, online};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use stepwell_event::{
    Entry, Evidence, Finite, HostAnswer, HostCall, HostRefusal, JudgeRefusal, LabResult, LabStep,
    NoiseModel, Notice, Observation, Person, Question, Release, Reply, Role, RunResult, SkipKind,
    StepResult, Verdict, Version,
};
use stepwell_sandbox::Metering;
use stepwell_testkit::guests::Guests;

const REPORT: &str = r#"<testsuites><testsuite name="unit">
<testcase classname="cart" name="adds"><failure message="left 3, right 4"/></testcase>
<testcase classname="cart" name="removes"/></testsuite></testsuites>"#;

/// A component of `stepwell:bisect` that comes with Stepwell, by its name.
fn asked_plugin(name: &str, question: Question) -> Step {
    Step::new(plugin(name), Entry::Bisect(Box::new(question)))
}

/// The bytes of a component of `plugins`.
fn plugin(name: &str) -> Vec<u8> {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| Guests::Plugins.build().unwrap());
    let path = folder.join(format!("{}.wasm", name.replace('-', "_")));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn version() -> Version {
    Version {
        id: "c0ffee".to_owned(),
        subject: "a change".to_owned(),
        author: Person {
            name: "Ada".to_owned(),
            email: "ada@example.org".to_owned(),
        },
        ..Version::default()
    }
}

fn question(config: &str, trials: u32) -> Question {
    Question::Judge {
        config: config.to_owned(),
        candidate: version(),
        trials,
        seed: 7,
    }
}

/// A host on which a pipeline fails in its step `test`, which leaves results and a number behind.
fn host(call: &HostCall) -> Option<HostAnswer> {
    Some(match call {
        HostCall::RunPipeline(_) => HostAnswer::Ran(LabResult {
            end: RunResult::PartiallySucceeded,
            steps: vec![LabStep {
                job: "main".to_owned(),
                name: "test".to_owned(),
                end: StepResult::Failed,
                cause: "exit-code".to_owned(),
                exit_code: Some(3),
                message: "line 40: no such key".to_owned(),
                duration_ms: 12,
            }],
            log: "time: 14 ms\n".to_owned(),
            duration_ms: 15,
        }),
        HostCall::ReadResult { path } if path == "out/junit.xml" => HostAnswer::File(REPORT.into()),
        HostCall::Consult { oracle, trials, .. } => HostAnswer::Observed(Box::new(Observation {
            verdict: if oracle == "fast" {
                Verdict::Good
            } else {
                Verdict::Bad
            },
            reason: format!("{oracle} says so"),
            good_trials: if oracle == "fast" { *trials } else { 0 },
            bad_trials: if oracle == "fast" { 0 } else { *trials },
            signature: None,
            measurements: Vec::new(),
            evidence: Vec::new(),
            cacheable: true,
        })),
        HostCall::Keep {
            name,
            media_type,
            content,
        } => HostAnswer::Kept(Evidence {
            name: name.clone(),
            media_type: media_type.clone(),
            digest: "ab".repeat(32),
            size: u32::try_from(content.len()).unwrap(),
        }),
        HostCall::SendMail { .. } => HostAnswer::Sent,
        _ => HostAnswer::Refused(HostRefusal::NotFound("there is no such thing".to_owned())),
    })
}

fn judged(oracle: &str, config: &str, trials: u32) -> (Observation, Vec<HostCall>) {
    let ran = asked_plugin(oracle, question(config, trials))
        .lending(host)
        .go();
    match ran.reply() {
        Reply::Judged(Ok(observation)) => (observation.clone(), ran.calls),
        other => panic!("{oracle}: {other:?}"),
    }
}

fn notice() -> Notice {
    Notice {
        key: "4e".repeat(32),
        project: "shop".to_owned(),
        culprit: version(),
        recipient: version().author,
        newest_good: None,
        reason: "step `test` failed".to_owned(),
        signature: None,
        confidence: Finite::new(0.995).unwrap(),
        reproduce: "stepwell bisect".to_owned(),
        report_json: r#"{"format":1}"#.to_owned(),
        report_markdown: "# The report\n".to_owned(),
    }
}

fn notify(config: &str) -> Question {
    Question::Notify {
        config: config.to_owned(),
        finding: notice(),
    }
}

fn publish(config: &str) -> Question {
    Question::Publish {
        config: config.to_owned(),
        release: Release {
            key: "4f".repeat(32),
            project: "shop".to_owned(),
            branch: "main".to_owned(),
            version: version(),
            previous: None,
        },
    }
}

fn done(ran: &Ran) -> Result<&str, &str> {
    match ran.reply() {
        Reply::Done(done) => done.as_deref().map_err(String::as_str),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_says_what_it_is() {
    for (name, trials) in [
        ("pipeline", 32),
        ("step-exit-code", 32),
        ("junit", 32),
        ("grep", 1),
        ("benchmark", 1),
        ("all-of", 32),
        ("any-of", 32),
    ] {
        let code = try_code(&plugin(name), Metering::Off).unwrap();
        let Some(Role::Oracle { about, advises }) = code.role() else {
            panic!("{name}: {:?}", code.role());
        };
        assert_eq!((about.name.as_str(), about.max_trials), (name, trials));
        let is_sure = about.noise == NoiseModel::Deterministic;
        assert_eq!((is_sure, *advises), (name != "benchmark", false), "{name}");
    }
    for name in ["webhook", "email", "file"] {
        let code = try_code(&plugin(name), Metering::Off).unwrap();
        assert_eq!(code.role(), Some(&Role::Notifier), "{name}");
    }
    for name in ["publisher-webhook", "publisher-file"] {
        let code = try_code(&plugin(name), Metering::Off).unwrap();
        assert_eq!(code.role(), Some(&Role::Publisher), "{name}");
    }
}

#[test]
fn the_end_of_a_run_is_a_verdict() {
    let (bad, calls) = judged("pipeline", r#"{"issues": "bad"}"#, 3);
    assert_eq!((bad.verdict, bad.bad_trials), (Verdict::Bad, 3));
    assert_eq!(
        bad.reason,
        "step `test` of job `main` has issues: line 40: no such key"
    );
    assert_eq!(
        bad.signature.as_deref(),
        Some("main/test/exit-code 3: line #: no such key")
    );
    assert_eq!(bad.evidence[0].name, "log.txt");
    assert_eq!(calls.len(), 4);
    assert_eq!(judged("pipeline", "{}", 1).0.verdict, Verdict::Good);
}

#[test]
fn an_exit_code_is_a_verdict() {
    let (bad, calls) = judged("step-exit-code", r#"{"pipeline": "ci.toml"}"#, 1);
    assert_eq!(bad.verdict, Verdict::Bad);
    assert!(matches!(&calls[0], HostCall::RunPipeline(run) if run.pipeline == "ci.toml"));
    let ran = asked_plugin("step-exit-code", question(r#"{"stpe": "test"}"#, 1)).go();
    assert!(matches!(
        ran.reply(),
        Reply::Judged(Err(JudgeRefusal::Misconfigured(why))) if why.contains("there is no input `stpe`")
    ));
}

#[test]
fn a_test_is_a_verdict() {
    let of = |test: &str| {
        let config = format!(r#"{{"report": "out/junit.xml", "test": "{test}"}}"#);
        judged("junit", &config, 1).0
    };
    let bad = of("cart.adds");
    assert_eq!(bad.verdict, Verdict::Bad);
    assert_eq!(bad.signature.as_deref(), Some("cart.adds: left #, right #"));
    assert_eq!(of("cart.removes").verdict, Verdict::Good);
    assert_eq!(of("cart.none").verdict, Verdict::Skip(SkipKind::TestAbsent));
}

#[test]
fn a_text_in_the_files_is_a_verdict() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(
        folder.path().join("src/cart.rs"),
        "fn add() {\n    todo!()\n}\n",
    )
    .unwrap();
    let of = |config: &str| {
        let ran = asked_plugin("grep", question(config, 1))
            .read_only(folder.path())
            .go();
        match ran.reply() {
            Reply::Judged(Ok(observation)) => (observation.verdict, observation.reason.clone()),
            other => panic!("{other:?}"),
        }
    };
    let (bad, reason) = of(r#"{"pattern": "todo!\\(.*\\)", "files": "src/**/*.rs"}"#);
    assert_eq!(bad, Verdict::Bad);
    assert_eq!(reason, "`todo!\\(.*\\)` is in src/cart.rs, line 2");
    assert_eq!(of(r#"{"text": "unimplemented!"}"#).0, Verdict::Good);
}

#[test]
fn numbers_that_are_worse_are_a_verdict() {
    let config = r#"{"metric": "time", "unit": "ms", "threshold": 10, "runs": 9, "max-runs": 9}"#;
    let (bad, calls) = judged("benchmark", config, 1);
    assert_eq!((bad.verdict, bad.bad_trials), (Verdict::Bad, 1));
    assert_eq!(bad.measurements[0].samples, [Finite::new(14.0).unwrap(); 9]);
    assert_eq!(calls.len(), 9);
}

#[test]
fn what_others_say_is_a_verdict() {
    let config = r#"{"oracles": ["fast", "slow"]}"#;
    let (bad, calls) = judged("all-of", config, 4);
    assert_eq!((bad.verdict, bad.bad_trials), (Verdict::Bad, 4));
    assert_eq!(bad.reason, "`slow`: slow says so");
    assert_eq!(calls.len(), 2);
    let (good, calls) = judged("any-of", config, 4);
    assert_eq!((good.verdict, calls.len()), (Verdict::Good, 1));
}

#[test]
fn a_letter_goes_to_the_recipient() {
    let ran = asked_plugin("email", notify("{}")).lending(host).go();
    assert_eq!(done(&ran), Ok("wrote to ada@example.org"));
    let [HostCall::SendMail { to, subject, text }] = ran.calls.as_slice() else {
        panic!("{:?}", ran.calls);
    };
    assert_eq!(to, &["ada@example.org"]);
    assert_eq!(subject, "shop: c0ffee a change");
    assert!(text.contains("# The report"), "{text}");
}

#[test]
fn the_report_is_written_where_the_notifier_may_write() {
    let folder = tempfile::tempdir().unwrap();
    let ran = asked_plugin("file", notify("{}"))
        .workspace(folder.path())
        .go();
    assert_eq!(
        done(&ran),
        Ok("wrote report.json and report.md into culprits/c0ffee")
    );
    let report = fs::read_to_string(folder.path().join("culprits/c0ffee/report.md"));
    assert_eq!(report.unwrap(), "# The report\n");
    let ran = asked_plugin("file", notify("{}")).go();
    assert!(done(&ran).unwrap_err().contains("granted no workspace"));
}

#[test]
fn a_line_is_written_for_what_is_published() {
    let folder = tempfile::tempdir().unwrap();
    for expect in [
        "wrote a line into releases.jsonl",
        "it is in releases.jsonl already",
    ] {
        let ran = asked_plugin("publisher-file", publish("{}"))
            .workspace(folder.path())
            .go();
        assert_eq!(done(&ran), Ok(expect));
    }
    let text = fs::read_to_string(folder.path().join("releases.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["version"]["subject"], "a change");
    let ran = asked_plugin("publisher-file", publish("{}")).go();
    assert!(done(&ran).unwrap_err().contains("granted no workspace"));
}

fn accepts(line: &mut dyn Line, head: &str) {
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.unwrap().parse().unwrap()];
    line.read_exact(&mut body).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let is_culprit = body["culprit"]["id"] == "c0ffee" && body["report"]["format"] == 1;
    let is_release = body["version"]["id"] == "c0ffee" && body["branch"] == "main";
    let key = format!("idempotency-key: \"{}\"\r\n", body["key"].as_str().unwrap());
    let answer: &[u8] = if (is_culprit || is_release) && head.contains(&key) {
        b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
    } else {
        b"HTTP/1.1 500 Odd\r\ncontent-length: 0\r\n\r\n"
    };
    line.write_all(answer).unwrap();
}

fn refuses(line: &mut dyn Line, _head: &str) {
    let _ = line.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nbad token");
}

/// Has the web hook `name` tell `server` what it is asked to.
fn told(
    name: &str,
    ask: impl Fn(&str) -> Question,
    server: &Server,
    is_granted: bool,
) -> Result<String, String> {
    let (sandbox, _) = online();
    let config = format!(r#"{{"url": "http://{}/hook?a=b"}}"#, server.authority());
    let step = asked_plugin(name, ask(&config));
    let step = if is_granted {
        step.grants(server.granted())
    } else {
        step
    };
    let ran = step.go_in(&sandbox);
    done(&ran).map(str::to_owned).map_err(str::to_owned)
}

fn is_told_where_it_is_granted(name: &str, ask: impl Fn(&str) -> Question) {
    let server = Server::new(accepts);
    let authority = server.authority();
    assert_eq!(
        told(name, &ask, &server, true),
        Ok(format!("told {authority}, which answered 202"))
    );
    let head = server.heads().remove(0);
    assert!(head.starts_with("POST /hook?a=b HTTP/1.1\r\n"), "{head}");
    assert!(
        head.contains("content-type: application/json\r\n"),
        "{head}"
    );
    let denied = told(name, &ask, &server, false).unwrap_err();
    assert!(
        denied.contains("grant its host with `allow.hosts`"),
        "{denied}"
    );
    let strict = Server::new(refuses);
    let refused = told(name, &ask, &strict, true).unwrap_err();
    assert_eq!(
        refused,
        format!("{} answered 403: bad token", strict.authority())
    );
}

#[test]
fn a_web_hook_is_told_of_a_culprit_where_it_is_granted() {
    is_told_where_it_is_granted("webhook", notify);
}

#[test]
fn a_web_hook_is_told_what_is_published_where_it_is_granted() {
    is_told_where_it_is_granted("publisher-webhook", publish);
}

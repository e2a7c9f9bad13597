//! Events of a run, through every view.

use crate::event::{envelopes, finished, job, job_finished, line, record, started, text};
use indicatif::{InMemoryTerm, ProgressDrawTarget};
use insta::assert_snapshot;
use std::time::{Duration, Instant};
use stepwell_event::{
    Denial, Digest, Envelope, Frame, Issue, IssueSeverity, LimitKind, LineKind, Outcome, RunEvent,
    RunResult, RunState, Snapshot, StepRecord, StepResult, TaskSummary, TrapKind,
};
use stepwell_report::{JsonLines, Live, Plain, Summary, View, summary};

const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;pwned\u{7}\rverify > succeeded \u{202e}";

fn verify() -> Vec<RunEvent> {
    let denied = StepRecord {
        errors: 12,
        warnings: 1,
        denials: vec![Denial {
            capability: "network".into(),
            target: "example.com:443\u{1b}[1A".into(),
            grant: Some("allow = { hosts = [\"example.com\"] }".into()),
        }],
        ..record(
            StepResult::Failed,
            Some(Outcome::ExitCode { code: 3 }),
            Some("exit code 3"),
        )
    };
    vec![
        RunEvent::JobStarted {
            job: "verify".into(),
        },
        started("verify", 0),
        line("verify", 0, LineKind::Host, "compiled in 12 ms"),
        line("verify", 0, LineKind::Stdout, "hello\tworld"),
        line("verify", 0, LineKind::Debug, "hidden"),
        line("verify", 0, LineKind::Warning, "careful"),
        RunEvent::VariableSet {
            job: "verify".into(),
            step: 0,
            name: "scan.token".into(),
            value: None,
        },
        finished(
            "verify",
            0,
            record(StepResult::Succeeded, Some(Outcome::Succeeded), None),
        ),
        started("verify", 1),
        line("verify", 1, LineKind::Stdout, HOSTILE),
        RunEvent::Progressed {
            job: "verify".into(),
            step: 1,
            percent: 40,
            message: "fetching".into(),
        },
        RunEvent::IssueReported {
            job: "verify".into(),
            step: 1,
            issue: Issue {
                severity: IssueSeverity::Error,
                message: "license is missing\u{1b}[0m".into(),
                path: Some("src/lib.rs".into()),
                line: Some(3),
                column: Some(7),
                code: Some("L001".into()),
            },
        },
        finished("verify", 1, denied),
        finished("verify", 2, record(StepResult::Skipped, None, None)),
        job_finished("verify", StepResult::Failed),
    ]
}

fn limits() -> Vec<RunEvent> {
    let memory = Outcome::LimitExceeded {
        limit: LimitKind::Memory,
        value: 64 << 20,
        used: 65 << 20,
    };
    let trap = Outcome::Trapped {
        trap: TrapKind::Unreachable,
        backtrace: vec![
            Frame {
                function: "core::panicking::panic\u{1b}[31m".into(),
                location: Some("panicking.rs:1".into()),
            },
            Frame {
                function: "<wasm function 7>".into(),
                location: None,
            },
        ],
    };
    vec![
        RunEvent::JobStarted {
            job: "limits".into(),
        },
        started("limits", 0),
        finished(
            "limits",
            0,
            record(
                StepResult::Failed,
                Some(Outcome::TimedOut { limit_ms: 1000 }),
                Some("timed out after 1 s"),
            ),
        ),
        started("limits", 1),
        finished(
            "limits",
            1,
            record(
                StepResult::Failed,
                Some(memory),
                Some(
                    "out of memory: 65 MiB asked for, the limit is 64 MiB (raise `memory` in the task's `allow`)",
                ),
            ),
        ),
        started("limits", 2),
        finished(
            "limits",
            2,
            record(StepResult::SucceededWithIssues, Some(trap), None),
        ),
        job_finished("limits", StepResult::Failed),
        job_finished("package", StepResult::Skipped),
        RunEvent::RunFinished {
            result: RunResult::Failed,
        },
    ]
}

fn events() -> Vec<Envelope> {
    let begin = RunEvent::RunStarted {
        name: "release-check".into(),
        number: "20241122.1".into(),
        snapshot: Snapshot {
            file: "pipeline.toml".into(),
            text: "name = \"release-check\"\n".into(),
            variables: vec![("Greeting".into(), "hello".into())],
            tasks: vec![TaskSummary {
                name: "lint".into(),
                digest: Digest::from_sha256([7; 32]),
            }],
            ..Snapshot::default()
        },
        stages: Vec::new(),
        jobs: vec![
            job("verify", &[], &["scan", "fetch", "publish"]),
            job("limits", &[], &["slow", "greedy", "panicky"]),
            job("package", &["verify"], &["zip"]),
        ],
    };
    envelopes(std::iter::once(begin).chain(verify()).chain(limits()))
}

fn feed(view: &mut dyn View) {
    for envelope in events() {
        view.on(&envelope).unwrap();
    }
    view.finish().unwrap();
}

#[test]
fn plain_lines_tell_who_speaks() {
    let mut out = Vec::new();
    feed(&mut Plain::new(&mut out));
    assert_snapshot!(text(out), @r"
    run > started release-check: 3 jobs, 7 steps, run 20241122.1 (run_00000000010000000000000002)
    verify | scan > started
    verify | scan > compiled in 12 ms
    verify | scan | hello	world
    verify | scan | warning: careful
    verify | scan > succeeded in 1.2 s
    verify | fetch > started
    verify | fetch | ␛[2J␛]0;pwned␇␍verify > succeeded \u{202e}
    verify | fetch ! error: src/lib.rs:3:7: license is missing␛[0m [L001]
    verify | fetch > failed in 1.2 s: exit code 3 (12 errors, 1 warning)
    verify | publish > skipped
    verify > failed in 1.4 s
    limits | slow > started
    limits | slow > failed in 1.2 s: timed out after 1 s
    limits | greedy > started
    limits | greedy > failed in 1.2 s: out of memory: 65 MiB asked for, the limit is 64 MiB (raise `memory` in the task's `allow`)
    limits | panicky > started
    limits | panicky > succeeded with issues in 1.2 s: trapped
    limits > failed in 700 ms
    package > skipped
    run > failed in 2.5 s
    ");
}

#[test]
fn a_step_whose_fuel_was_counted_says_how_much_it_used() {
    let mut metered = record(StepResult::Failed, None, Some("out of fuel"));
    metered.usage.fuel = Some(1_234_567_890);
    let mut out = Vec::new();
    let mut plain = Plain::new(&mut out);
    let term = InMemoryTerm::new(9, 80);
    let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
    let mut live = Live::new(target, false);
    for envelope in envelopes([started("j", 0), finished("j", 0, metered)]) {
        plain.on(&envelope).unwrap();
        live.on(&envelope).unwrap();
    }
    live.finish().unwrap();
    let told = "failed in 1.2 s, fuel 1.2G: out of fuel";
    let (plain, live) = (text(out), term.contents());
    assert!(plain.contains(told) && live.contains(told), "{plain}{live}");
}

#[test]
fn json_lines_read_back_as_the_events() {
    let mut out = Vec::new();
    feed(&mut JsonLines::new(&mut out));
    let text = text(out);
    let read: Vec<Envelope> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(read, events());
    assert!(text.starts_with(r#"{"v":1,"run":"run_"#), "{text}");
}

#[test]
fn the_summary_fits_its_width() {
    let mut out = Vec::new();
    feed(&mut Summary::new(&mut out, 110, false));
    assert_snapshot!(text(out), @r#"
    Job      Step     Result                 Duration     CPU   Memory  Reason
    verify   scan     succeeded                 1.2 s  8.9 ms  3.0 MiB
             fetch    failed                    1.2 s  8.9 ms  3.0 MiB  exit code 3
             publish  skipped
    limits   slow     failed                    1.2 s  8.9 ms  3.0 MiB  timed out after 1 s
             greedy   failed                    1.2 s  8.9 ms  3.0 MiB  out of memory: 65 MiB asked for, the limi…
             panicky  succeeded with issues     1.2 s  8.9 ms  3.0 MiB  trapped
    package  zip      skipped

    ✗ verify / fetch: exit code 3 (12 errors, 1 warning)
        denied: network example.com:443␛[1A (allow with `allow = { hosts = ["example.com"] }`)
    ✗ limits / slow: timed out after 1 s
    ✗ limits / greedy: out of memory: 65 MiB asked for, the limit is 64 MiB (raise `memory` in the task's
        `allow`)

    run 20241122.1 (run_00000000010000000000000002) failed: 3 of 7 steps failed in 2.5 s
    "#);
}

#[test]
fn a_narrow_summary_leaves_reasons_to_the_paragraphs() {
    let state = RunState::from_events(&events());
    let text = summary(&state, 60, false);
    let header = text.lines().next();
    assert_eq!(
        header,
        Some("Job      Step     Result                 Duration     CPU   Memory")
    );
    assert!(text.contains("✗ limits / greedy: out of memory"), "{text}");
}

#[test]
fn the_last_line_of_the_summary_follows_the_result() {
    let check = |count: usize, result: Option<RunResult>, expect: &str| {
        let mut events = events();
        events.truncate(count);
        if let (Some(result), Some(last)) = (result, events.last_mut()) {
            last.event = RunEvent::RunFinished { result };
        }
        let text = summary(&RunState::from_events(&events), 80, false);
        let id = events
            .first()
            .map_or(String::new(), |first| first.run.to_string());
        assert_eq!(
            text.lines().last(),
            Some(format!("run 20241122.1 ({id}) {expect}").as_str())
        );
    };
    use RunResult::{Canceled, Failed, PartiallySucceeded, Succeeded};
    check(10, None, "did not end: 1 of 7 steps ended");
    check(10, Some(Canceled), "canceled: 1 of 7 steps ended in 900 ms");
    check(
        25,
        Some(PartiallySucceeded),
        "partially succeeded: 1 of 7 steps had issues in 2.4 s",
    );
    check(
        16,
        Some(Succeeded),
        "succeeded: 7 steps in 1.5 s, 1 skipped",
    );
    check(16, Some(Failed), "failed: 1 of 7 steps failed in 1.5 s");
}

#[test]
fn colours_change_nothing_but_colour() {
    let state = RunState::from_events(&events());
    let colored = summary(&state, 110, true);
    assert_ne!(colored, summary(&state, 110, false));
    assert_eq!(
        console::strip_ansi_codes(&colored),
        summary(&state, 110, false)
    );
}

#[test]
fn what_ended_stays_on_the_terminal() {
    let term = InMemoryTerm::new(60, 110);
    let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
    let mut live = Live::new(target, false);
    for envelope in &events()[..10] {
        live.on(envelope).unwrap();
    }
    // The ticker draws by itself.
    let begin = Instant::now();
    while !term.contents().contains("step 2/3 fetch") {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "{}",
            term.contents()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    for envelope in &events()[10..] {
        live.on(envelope).unwrap();
    }
    live.finish().unwrap();
    assert_snapshot!(term.contents(), @r"
    release-check: 3 jobs, run 20241122.1 (run_00000000010000000000000002)
    verify / fetch: error: src/lib.rs:3:7: license is missing␛[0m [L001]
    ✗ verify / fetch  failed in 1.2 s: exit code 3 (12 errors, 1 warning)
        | ␛[2J␛]0;pwned␇␍verify > succeeded \u{202e}
    ✗ verify  1.4 s  failed
    ✗ limits / slow  failed in 1.2 s: timed out after 1 s
    ✗ limits / greedy  failed in 1.2 s: out of memory: 65 MiB asked for, the limit is 64 MiB (raise `memory` in th
    e task's `allow`)
    ! limits / panicky  succeeded with issues in 1.2 s: trapped
    ✗ limits  700 ms  failed
    – package  skipped
    ");
}

#[test]
fn a_view_that_sees_only_the_middle_of_a_run_still_works() {
    let mut out = Vec::new();
    let mut plain = Plain::new(&mut out);
    let target = ProgressDrawTarget::hidden();
    let mut live = Live::new(target, true);
    for envelope in events().iter().skip(1) {
        plain.on(envelope).unwrap();
        live.on(envelope).unwrap();
    }
    assert!(text(out).starts_with("verify | step 1 > started\n"));
}

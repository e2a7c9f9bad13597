//! Stages, legs, reasons, retries and formatting commands, through every view.

use crate::event::{envelopes, finished, job, job_finished, line, record, started, text};
use indicatif::{InMemoryTerm, ProgressDrawTarget};
use insta::assert_snapshot;
use std::time::{Duration, Instant};
use stepwell_event::{
    Envelope, JobSummary, LineKind, Outcome, Published, RunEvent, RunResult, RunState, Snapshot,
    StageSummary, StepResult,
};
use stepwell_report::{Live, Plain, View, summary};

fn stage(name: &str, label: &str) -> StageSummary {
    StageSummary {
        name: name.into(),
        label: label.into(),
        depends_on: Vec::new(),
    }
}

fn of_stage(stage: &str, label: &str, name: &str, labels: &[&str]) -> JobSummary {
    JobSummary {
        label: label.into(),
        stage: stage.into(),
        ..job(name, &[], labels)
    }
}

fn skipped(job: &str, reason: &str) -> [RunEvent; 2] {
    let mut record = record(StepResult::Skipped, None, Some(reason));
    record.usage = stepwell_event::Usage::default();
    [
        finished(job, 0, record),
        RunEvent::JobFinished {
            job: job.into(),
            result: StepResult::Skipped,
            reason: Some(reason.into()),
        },
    ]
}

fn build() -> Vec<RunEvent> {
    let (debug, release) = ("build.pack.debug", "build.pack.release");
    let succeeded = || record(StepResult::Succeeded, Some(Outcome::Succeeded), None);
    let out = |text| line(debug, 0, LineKind::Stdout, text);
    vec![
        RunEvent::StageStarted {
            stage: "build".into(),
        },
        RunEvent::JobExpanded {
            job: "build.pack".into(),
            legs: vec![
                of_stage("build", "Pack debug", debug, &["zip"]),
                of_stage("build", "Pack release", release, &["zip"]),
            ],
        },
        RunEvent::JobStarted { job: debug.into() },
        RunEvent::JobStarted {
            job: release.into(),
        },
        started(debug, 0),
        started(release, 0),
        out("##[group]Fetching\u{1b}[2J"),
        out("from the mirror"),
        line(debug, 0, LineKind::Stderr, "##[warning]the mirror is slow"),
        out("##[debug]of no interest"),
        RunEvent::StepRetried {
            job: debug.into(),
            step: 0,
            retry: 1,
            delay_ms: 4000,
            reason: "exit code 7".into(),
        },
        out("##[section]Zipping"),
        out("##[command]zip -r out.zip ."),
        out("##[group]Files"),
        out("a.txt"),
        out("##[endgroup]"),
        out("##[error]disk full"),
        RunEvent::Published {
            job: debug.into(),
            step: 0,
            published: Box::new(Published::RunNumber {
                number: "7.1\u{1b}".into(),
            }),
        },
        finished(
            debug,
            0,
            record(
                StepResult::Failed,
                Some(Outcome::ExitCode { code: 1 }),
                Some("exit code 1"),
            ),
        ),
        job_finished(debug, StepResult::Failed),
        finished(release, 0, succeeded()),
        job_finished(release, StepResult::Succeeded),
    ]
}

fn events() -> Vec<Envelope> {
    let begin = RunEvent::RunStarted {
        name: "release".into(),
        number: "7".into(),
        snapshot: Snapshot::default(),
        stages: vec![stage("build", "Build all"), stage("ship", "ship")],
        jobs: vec![
            of_stage("build", "Pack", "build.pack", &["zip"]),
            of_stage("ship", "notify", "ship.notify", &["mail", "chat"]),
            of_stage("build", "notify", "build.notify", &["mail"]),
            of_stage("build", "agent", "build.agent", &["mail"]),
        ],
    };
    let reason = "condition `failed()` of the job is false: no job before it failed";
    let stage_reason = "condition `succeeded()` of the stage is false: stage `Build all` failed";
    let rest = [
        RunEvent::JobFinished {
            job: "build.agent".into(),
            result: StepResult::Failed,
            reason: Some("no agent meets the demand `gpu`".into()),
        },
        RunEvent::StageFinished {
            stage: "build".into(),
            result: StepResult::Failed,
            reason: None,
        },
    ];
    let events = std::iter::once(begin).chain(build());
    let events = events.chain(skipped("build.notify", reason)).chain(rest);
    let events = events.chain(skipped("ship.notify", stage_reason));
    envelopes(events.chain([
        RunEvent::StageFinished {
            stage: "ship".into(),
            result: StepResult::Skipped,
            reason: Some(stage_reason.into()),
        },
        RunEvent::RunFinished {
            result: RunResult::Failed,
        },
    ]))
}

fn feed(view: &mut dyn View) {
    for envelope in events() {
        view.on(&envelope).unwrap();
    }
    view.finish().unwrap();
}

#[test]
fn plain_lines_name_stages_and_legs() {
    let mut out = Vec::new();
    feed(&mut Plain::new(&mut out));
    assert_snapshot!(text(out), @r"
    run > started release: 2 stages, 4 jobs, 5 steps, run 7 (run_00000000010000000000000002)
    stage Build all > started
    Pack > 2 legs: Pack debug, Pack release
    Pack debug | zip > started
    Pack release | zip > started
    Pack debug | zip | ▾ Fetching␛[2J
    Pack debug | zip |   from the mirror
    Pack debug | zip |   warning: the mirror is slow
    Pack debug | zip > failed: exit code 7; retry 1 in 4 s
    Pack debug | zip | ── Zipping
    Pack debug | zip | $ zip -r out.zip .
    Pack debug | zip | ▾ Files
    Pack debug | zip |   a.txt
    Pack debug | zip | error: disk full
    Pack debug | zip > the run's number is 7.1␛ now
    Pack debug | zip > failed in 1.2 s: exit code 1
    Pack debug > failed in 1.7 s
    Pack release | zip > succeeded in 1.2 s
    Pack release > succeeded in 1.8 s
    notify (build.notify) > skipped: condition `failed()` of the job is false: no job before it failed
    agent > failed: no agent meets the demand `gpu`
    stage Build all > failed in 2.5 s
    stage ship > skipped: condition `succeeded()` of the stage is false: stage `Build all` failed
    run > failed in 3.0 s
    ");
}

#[test]
fn the_terminal_shows_jobs_below_their_stages() {
    let term = InMemoryTerm::new(60, 110);
    let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
    feed(&mut Live::new(target, false));
    assert_snapshot!(term.contents(), @r"
    release: 2 stages, 4 jobs, run 7 (run_00000000010000000000000002)
    ── Build all ──
      Pack  2 legs: Pack debug, Pack release
    ! Pack debug / zip  failed: exit code 7; retry 1 in 4 s
    the run's number is 7.1␛ now
    ✗ Pack debug / zip  failed in 1.2 s: exit code 1
        | ── Zipping
        | $ zip -r out.zip .
        | ▾ Files
        |   a.txt
        | error: disk full
    ✗ Pack debug  1.7 s  failed
    ✓ Pack release  1.8 s
    – notify (build.notify)  skipped: condition `failed()` of the job is false: no job before it failed
    ✗ agent  failed: no agent meets the demand `gpu`
    ✗ stage Build all  2.5 s  failed
    – stage ship  skipped: condition `succeeded()` of the stage is false: stage `Build all` failed
    ");
}

#[test]
fn the_summary_shows_jobs_below_their_stages() {
    let state = RunState::from_events(&events());
    assert_snapshot!(summary(&state, 110, false), @r"
    Job                      Step  Result     Duration     CPU   Memory  Reason
    Build all
      Pack debug             zip   failed        1.2 s  8.9 ms  3.0 MiB  exit code 1
      Pack release           zip   succeeded     1.2 s  8.9 ms  3.0 MiB
      notify (build.notify)  mail  skipped                               condition `failed()` of the job is false…
      agent                  mail  failed                                no agent meets the demand `gpu`
    ship  skipped: condition `succeeded()` of the stage is false: stage `Build all` failed

    ✗ Pack debug / zip: exit code 1
    ✗ agent: no agent meets the demand `gpu`

    run 7.1␛ (run_00000000010000000000000002) failed: 1 of 6 steps failed in 3.0 s
    ");
}

#[test]
fn the_terminal_shows_a_bounded_number_of_jobs() {
    let jobs: Vec<String> = (0..40).map(|number| format!("job{number:02}")).collect();
    let began = |job: &String| RunEvent::JobStarted {
        job: job.as_str().into(),
    };
    let begin = RunEvent::RunStarted {
        name: "wide".into(),
        number: String::new(),
        snapshot: Snapshot::default(),
        stages: Vec::new(),
        jobs: jobs.iter().map(|name| job(name, &[], &["only"])).collect(),
    };
    let term = InMemoryTerm::new(60, 60);
    let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
    let mut live = Live::new(target, false);
    for envelope in envelopes(std::iter::once(begin).chain(jobs.iter().map(began))) {
        live.on(&envelope).unwrap();
    }
    let wait_for = |what: &str| {
        let begin = Instant::now();
        // The ticker draws by itself.
        while !term.contents().contains(what) {
            let contents = term.contents();
            assert!(begin.elapsed() < Duration::from_secs(20), "{contents}");
            std::thread::sleep(Duration::from_millis(10));
        }
        term.contents()
    };
    let shown = wait_for("… and 24 more jobs");
    assert!(!shown.contains("job16"), "{shown}");
    let ends = ["job30", "job00"].map(|job| job_finished(job, StepResult::Succeeded));
    for envelope in envelopes(ends) {
        live.on(&envelope).unwrap();
    }
    wait_for("… and 22 more jobs");
    wait_for("job16");
    live.finish().unwrap();
    assert!(!term.contents().contains("job16"), "{}", term.contents());
}

#[test]
fn a_run_of_many_jobs_is_shown_in_no_time() {
    let jobs: Vec<String> = (0..10_000).map(|number| format!("s.job{number}")).collect();
    let begin = RunEvent::RunStarted {
        name: "large".into(),
        number: "1".into(),
        snapshot: Snapshot::default(),
        stages: vec![stage("s", "S")],
        jobs: jobs
            .iter()
            .map(|name| of_stage("s", "same", name, &["only"]))
            .collect(),
    };
    let stage = RunEvent::StageStarted { stage: "s".into() };
    let all = jobs.iter().flat_map(|name| {
        let succeeded = record(StepResult::Succeeded, Some(Outcome::Succeeded), None);
        [
            RunEvent::JobStarted {
                job: name.as_str().into(),
            },
            started(name, 0),
            line(name, 0, LineKind::Stdout, "hello"),
            finished(name, 0, succeeded),
            job_finished(name, StepResult::Succeeded),
        ]
    });
    let events = envelopes([begin, stage].into_iter().chain(all));
    let start = Instant::now();
    let mut out = Vec::new();
    let mut plain = Plain::new(&mut out);
    let mut live = Live::new(ProgressDrawTarget::hidden(), false);
    for envelope in &events {
        plain.on(envelope).unwrap();
        live.on(envelope).unwrap();
    }
    let text = summary(&RunState::from_events(&events), 100, false);
    assert!(text.contains("same (s.job9999)"));
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

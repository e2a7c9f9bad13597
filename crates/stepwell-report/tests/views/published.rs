//! What steps publish, in the lines of a run and at the end of its summary.

use crate::event::{envelopes, finished, job, job_finished, record, text};
use insta::assert_snapshot;
use stepwell_event::{
    Coverage, Digest, Envelope, Outcome, Published, RunEvent, RunResult, RunState, Snapshot,
    StepResult, StoredFile, TestFailure, TestRun,
};
use stepwell_report::{Plain, View, summary};

fn file(path: &str, bytes: u64) -> StoredFile {
    StoredFile {
        path: path.into(),
        digest: Digest::from_sha256([7; 32]),
        bytes,
    }
}

fn artifact(files: Vec<StoredFile>) -> Published {
    Published::Artifact {
        name: "dist".into(),
        folder: "dist".into(),
        files,
    }
}

fn publications() -> Vec<Published> {
    let failure = |number: u32| TestFailure {
        name: format!("suite.case{number}\u{1b}[2J"),
        message: "expected 3\nfound 4".into(),
    };
    let results = |title: &str, failed: u32, on: Option<&str>| Published::TestResults {
        title: title.into(),
        run: TestRun {
            file: "out.xml".into(),
            passed: 10,
            failed: failed.into(),
            skipped: 2,
            duration_ms: 1500,
            failures: (0..failed.min(10)).map(failure).collect(),
        },
        platform: on.map(Into::into),
        configuration: on.map(|_| "debug".into()),
    };
    vec![
        results("Unit", 0, None),
        results("JUnit_TestResults_1", 12, Some("linux")),
        Published::Coverage {
            tool: "JaCoCo".into(),
            coverage: Coverage {
                lines_covered: 812,
                lines: 1000,
                branches_covered: 7,
                branches: 10,
            },
            files: Vec::new(),
        },
        artifact(vec![file("a.zip", 4096), file("b.zip", 100)]),
        artifact(vec![file("c.zip", 8192)]),
        Published::ArtifactLink {
            name: "image".into(),
            kind: "container".into(),
            location: "#/1/image\u{202e}".into(),
        },
        Published::Attachment {
            kind: "report".into(),
            name: "lint.sarif".into(),
            file: file("lint.sarif", 2048),
        },
        Published::Log {
            name: "verbose.log".into(),
            text: "many lines\n".into(),
        },
        Published::Tag {
            tag: "nightly".into(),
        },
        Published::Tag {
            tag: "eu\u{1b}[31m".into(),
        },
        Published::Summary {
            name: "report.md".into(),
            text: "# Licenses\n\nAll **known**.\n\n| Crate | License |\n|---|---|\n| a | MIT |\n"
                .into(),
        },
    ]
}

fn events() -> Vec<Envelope> {
    let begin = RunEvent::RunStarted {
        name: "release".into(),
        number: String::new(),
        snapshot: Snapshot::default(),
        stages: Vec::new(),
        jobs: vec![job("verify", &[], &["scan"])],
    };
    let publish = |published| RunEvent::Published {
        job: "verify".into(),
        step: 0,
        published: Box::new(published),
    };
    let succeeded = record(StepResult::Succeeded, Some(Outcome::Succeeded), None);
    let mut events = vec![
        begin,
        RunEvent::JobStarted {
            job: "verify".into(),
        },
    ];
    events.extend(publications().into_iter().map(publish));
    events.extend([
        finished("verify", 0, succeeded),
        job_finished("verify", StepResult::Succeeded),
        RunEvent::RunFinished {
            result: RunResult::Succeeded,
        },
    ]);
    envelopes(events)
}

#[test]
fn plain_lines_tell_what_was_published() {
    let mut out = Vec::new();
    let mut plain = Plain::new(&mut out);
    for envelope in events() {
        plain.on(&envelope).unwrap();
    }
    assert_snapshot!(text(out), @r"
    run > started release: 1 job, 1 step (run_00000000010000000000000002)
    verify | scan > published tests Unit: 10 passed, 2 skipped in 1.5 s
    verify | scan > published tests JUnit_TestResults_1: 10 passed, 12 failed, 2 skipped in 1.5 s
    verify | scan > published coverage: lines 81.2 % (812/1000), branches 70.0 % (7/10)
    verify | scan > published the artifact dist: 2 files, 4.0 KiB
    verify | scan > published the artifact dist: 1 file, 8.0 KiB
    verify | scan > linked the artifact image to #/1/image\u{202e}
    verify | scan > attached lint.sarif: 2.0 KiB
    verify | scan > kept the log verbose.log
    verify | scan > tagged the run nightly
    verify | scan > tagged the run eu␛[31m
    verify | scan > published the summary report.md
    verify | scan > succeeded in 1.2 s
    verify > succeeded in 1.3 s
    run > succeeded in 1.5 s
    ");
}

#[test]
fn the_summary_shows_what_was_published() {
    let state = RunState::from_events(&events());
    let shown = summary(&state, 100, false);
    assert_snapshot!(text(shown.clone().into_bytes()), @r"
    Job     Step  Result     Duration     CPU   Memory  Reason
    verify  scan  succeeded     1.2 s  8.9 ms  3.0 MiB

    Tests
      ✓ Unit  10 passed, 2 skipped in 1.5 s
      ✗ JUnit_TestResults_1 (linux, debug)  10 passed, 12 failed, 2 skipped in 1.5 s
          suite.case0␛[2J: expected 3
          suite.case1␛[2J: expected 3
          suite.case2␛[2J: expected 3
          suite.case3␛[2J: expected 3
          suite.case4␛[2J: expected 3
          … and 7 more failed

    Coverage
      JaCoCo  lines 81.2 % (812/1000), branches 70.0 % (7/10)

    Artifacts
      dist  3 files, 12 KiB
      image  #/1/image\u{202e} (container)

    Attachments
      lint.sarif  2.0 KiB (report)
      verbose.log  11 B (log)

    Tags
      nightly, eu␛[31m

    report.md (verify / scan)
      Licenses
      ════════

      All known.

      Crate  License
      ─────  ───────
      a      MIT

    run_00000000010000000000000002 succeeded: 1 step in 1.5 s
    ");
    let colored = summary(&state, 100, true);
    assert_ne!(colored, shown);
    assert_eq!(console::strip_ansi_codes(&colored), shown);
}

#[test]
fn many_publications_are_cut() {
    let publish = |number: usize| RunEvent::Published {
        job: "verify".into(),
        step: 0,
        published: Box::new(match number % 2 {
            0 => Published::Summary {
                name: format!("{number}.md"),
                text: "text".into(),
            },
            _ => Published::ArtifactLink {
                name: number.to_string(),
                kind: "url".into(),
                location: "x".into(),
            },
        }),
    };
    let begin = events().swap_remove(0).event;
    let events = std::iter::once(begin).chain((0..300).map(publish));
    let shown = summary(&RunState::from_events(&envelopes(events)), 100, false);
    assert!(shown.contains("… and 50 more\n"), "{shown}");
    assert!(shown.contains("… and 130 more in Markdown\n"), "{shown}");
    assert!(!shown.contains("40.md"), "{shown}");
}

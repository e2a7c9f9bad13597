//! `kill -9`: what a run has acted on is in the journal, and the next run says where it stood.

use crate::{pipeline, project, step};
use std::time::Duration;
use stepwell_event::{Envelope, JobPosition, RunEvent};
use stepwell_store::{Interrupted, Journal};
use stepwell_testkit::{Signal, TestEnv};

/// How long the pipeline takes, about, in milliseconds.
const LENGTH: u64 = 200;
const ROUNDS: u64 = 10;

/// Two jobs, of which the second leaves a trace in the workspace as soon as it runs.
const JOBS: &str = r#"
[[jobs.first.steps]]
task = "play"
args = ["sleep:50", "say:half"]

[[jobs.first.steps]]
task = "play"
args = ["sleep:50", "say:done"]

[jobs.second]
depends-on = "first"

[[jobs.second.steps]]
task = "play"
args = ["write:trace", "sleep:100"]
"#;

/// What the journal has of the runs that were interrupted, read as another process would.
fn interrupted(env: &TestEnv) -> Vec<(Interrupted, Vec<Envelope>)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let journal = Journal::open(&env.project().join(".stepwell"))
            .await
            .unwrap();
        let mut found = Vec::new();
        for run in journal.interrupted().await.unwrap() {
            let events = journal.events(run.run).await.unwrap();
            found.push((run, events));
        }
        journal.close().await.unwrap();
        found
    })
}

/// Moments that differ, and are the same in every run of the test.
fn moment(round: u64) -> Duration {
    let mut random = round.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    random = (random ^ (random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    // One in each tenth, so that every part of the run is met.
    Duration::from_millis((round * LENGTH + random % LENGTH) / ROUNDS)
}

fn where_it_stood(run: &Interrupted) -> String {
    let jobs: Vec<String> = run
        .jobs
        .iter()
        .map(|job| match job.position {
            JobPosition::NotStarted => format!("{} had not begun", job.name),
            JobPosition::AtStep { step, of } => format!("{} was at step {step} of {of}", job.name),
            JobPosition::Finished(_) => format!("{} had ended (succeeded)", job.name),
        })
        .collect();
    format!(
        "note: {} of `test` was interrupted: {}\n",
        run.run,
        jobs.join(", ")
    )
}

#[test]
fn a_killed_run_is_told_of_by_the_next_and_lost_nothing_that_was_acted_on() {
    let env = project(JOBS);
    env.write("quick.toml", pipeline(&step("", &["say:hello"])));
    // Compiles, so that the moments fall into the run.
    assert_eq!(env.stepwell(&["run", "quick.toml"]).code, 0);
    let trace = env.project().join("trace");
    let mut told = 0;
    for round in 0..ROUNDS {
        let mut run = env.start(&["run"]);
        run.wait_for("run > started");
        std::thread::sleep(moment(round));
        run.signal(Signal::KILL);
        assert_eq!(run.end().code, 128 + 9);

        let found = interrupted(&env);
        assert!(found.len() <= 1, "{found:?}");
        for (run, events) in &found {
            for (seq, event) in (0..).zip(events) {
                assert_eq!((event.seq, event.run), (seq, run.run));
            }
            let first_ended = events.iter().any(|event| {
                matches!(&event.event, RunEvent::JobFinished { job, .. } if &**job == "first")
            });
            assert!(
                first_ended || !trace.exists(),
                "the second job acted on what was lost"
            );
        }

        let next = env.stepwell(&["run", "quick.toml"]);
        assert_eq!(next.code, 0, "{}", next.stderr);
        let notes: String = found.iter().map(|(run, _)| where_it_stood(run)).collect();
        assert_eq!(next.stderr, notes);
        told += found.len();
        let _ = std::fs::remove_file(&trace);
    }
    assert!(told > 0, "no run was killed in time");
    let last = env.stepwell(&["run", "quick.toml"]);
    assert_eq!((last.code, last.stderr.as_str()), (0, ""), "told only once");
}

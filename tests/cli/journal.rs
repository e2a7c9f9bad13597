//! The journal under several runs at a time.

use crate::{pipeline, project, step};
use stepwell_event::{Envelope, RunEvent};
use stepwell_store::Journal;
use stepwell_testkit::{Signal, TestEnv};

/// The durable events of the run that `output`, in JSON, tells of.
fn kept(env: &TestEnv, output: &str) -> (Vec<Envelope>, Vec<Envelope>) {
    let shown: Vec<Envelope> = output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let kept = runtime.block_on(async {
        let journal = Journal::open(&env.project().join(".stepwell"))
            .await
            .unwrap();
        let events = journal.events(shown[0].run).await.unwrap();
        journal.close().await.unwrap();
        events
    });
    (shown, kept)
}

#[test]
fn two_runs_at_a_time_both_succeed_and_both_are_kept() {
    let env = project(&[step("", &["say:hello"]), step("", &["say:again"])].concat());
    let arguments = ["run", "--output", "json"];
    let runs = [env.start(&arguments), env.start(&arguments)].map(stepwell_testkit::Process::end);
    for run in &runs {
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        let (shown, kept) = kept(&env, &run.stdout);
        assert_eq!(shown, kept);
        assert!(matches!(
            kept.last().unwrap().event,
            RunEvent::RunFinished { .. }
        ));
    }
}

#[test]
fn a_living_run_is_not_told_of_as_interrupted() {
    let env = project(&step("", &["say:busy", "sleep:60000"]));
    env.write("quick.toml", pipeline(&step("", &["say:hello"])));
    let mut living = env.start(&["run"]);
    living.wait_for("| busy");
    let quick = env.stepwell(&["run", "quick.toml"]);
    assert_eq!((quick.code, quick.stderr.as_str()), (0, ""));
    living.signal(Signal::INT);
    assert_eq!(living.end().code, 130);
}

#[test]
fn the_folder_of_the_journal_ignores_itself() {
    let env = project(&step("", &["say:hello"]));
    assert_eq!(env.stepwell(&["run"]).code, 0);
    let ignored = std::fs::read_to_string(env.project().join(".stepwell/.gitignore")).unwrap();
    assert_eq!(ignored, "*\n");
}

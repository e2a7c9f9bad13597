//! `kill -9`: what a run has told of and acted on is in the journal, and the next run says where it
//! stood.
//!
//! `cargo xtask bench crash` has the same done a few hundred times.

use crate::{pipeline, project, step};
use std::ops::AddAssign;
use std::time::{Duration, Instant};
use stepwell_event::{Envelope, JobPosition, RunEvent};
use stepwell_store::{Interrupted, Journal};
use stepwell_testkit::{Descendant, Output, Signal, TestEnv};

/// How long the pipeline takes, about, in milliseconds.
const LENGTH: u64 = 220;

/// How often a run is killed, unless this variable says otherwise.
const ROUNDS: (&str, u64) = ("STEPWELL_CRASH_ROUNDS", 10);

/// What the moments are drawn from.
const SEED: (&str, u64) = ("STEPWELL_CRASH_SEED", 1);

/// Two jobs, of which the second leaves a trace in the workspace as soon as it runs, and a third
/// whose many steps end all the time.
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

const STEP_OF_MANY: &str = r#"
[[jobs.many.steps]]
task = "play"
args = ["say:one", "say:two", "sleep:4"]
"#;

/// What the journal has, read as another process would.
struct Kept {
    interrupted: Vec<Interrupted>,
    /// Of the run that was asked for.
    events: Vec<Envelope>,
}

fn kept(env: &TestEnv, shown: &[Envelope]) -> Kept {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let journal = Journal::open(&env.project().join(".stepwell"))
            .await
            .unwrap();
        let interrupted = journal.interrupted().await.unwrap();
        let run = shown.first().map(|event| event.run);
        let run = run.or(interrupted.first().map(|run| run.run));
        let events = match run {
            Some(run) => journal.events(run).await.unwrap(),
            None => Vec::new(),
        };
        journal.close().await.unwrap();
        Kept {
            interrupted,
            events,
        }
    })
}

/// The events that a run told of. Its last line may be half of one.
pub(crate) fn shown(output: &Output) -> Vec<Envelope> {
    let whole = output.stdout.split_inclusive('\n');
    whole
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn number((name, default): (&str, u64)) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Moments that differ, and are the same for the same seed.
fn moment(seed: u64, round: u64, rounds: u64) -> Duration {
    let mut random = (seed << 32 | round).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    random = (random ^ (random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    random ^= random >> 27;
    // Spread evenly, so that every part of the run is met.
    Duration::from_micros((round * LENGTH * 1000 + random % (LENGTH * 1000)) / rounds)
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

/// What a number of rounds came to.
#[derive(Debug, Default)]
struct Tally {
    /// Runs that were killed before they ended.
    interrupted: usize,
    /// Events that were told of before.
    shown: usize,
    /// Those of them that say that a step has ended.
    steps: usize,
    /// Events that were kept.
    kept: usize,
    /// Processes that the runs had.
    descendants: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.interrupted += other.interrupted;
        self.shown += other.shown;
        self.steps += other.steps;
        self.kept += other.kept;
        self.descendants += other.descendants;
    }
}

/// Starts a run, kills it after a while, and looks at what there is of it.
fn kill_one(env: &TestEnv, round: u64, after: Duration) -> Tally {
    let mut run = env.start(&["run", "--output", "json"]);
    // Every other one may not have opened its journal yet.
    if round.is_multiple_of(2) {
        run.wait_for("run-started");
    }
    std::thread::sleep(after);
    let descendants = run.descendants();
    run.signal(Signal::KILL);
    let output = run.end();
    assert!([0, 128 + 9].contains(&output.code), "{output:?}");
    assert_ended(&descendants);

    let shown = shown(&output);
    let kept = kept(env, &shown);
    assert!(
        kept.events.starts_with(&shown),
        "what was told is not what is kept: {shown:#?} {:#?}",
        kept.events
    );
    for (seq, event) in (0..).zip(&kept.events) {
        assert_eq!((event.seq, event.run), (seq, kept.events[0].run));
    }
    let ended = kept
        .events
        .last()
        .is_none_or(|last| matches!(last.event, RunEvent::RunFinished { .. }));
    assert_eq!(kept.interrupted.is_empty(), ended);
    let first_ended = kept.events.iter().any(
        |event| matches!(&event.event, RunEvent::JobFinished { job, .. } if &**job == "first"),
    );
    let trace = env.project().join("trace");
    assert!(
        first_ended || !trace.exists(),
        "the second job acted on what was lost"
    );
    assert_told(env, &kept.interrupted);
    let _ = std::fs::remove_file(&trace);
    let steps = shown
        .iter()
        .filter(|event| matches!(event.event, RunEvent::StepFinished { .. }));
    Tally {
        interrupted: kept.interrupted.len(),
        steps: steps.count(),
        shown: shown.len(),
        kept: kept.events.len(),
        descendants: descendants.len(),
    }
}

/// No process outlives the one that it worked for by more than the moment that a signal takes.
fn assert_ended(descendants: &[Descendant]) {
    let deadline = Instant::now() + Duration::from_secs(2);
    while let Some(alive) = descendants.iter().find(|one| one.is_alive()) {
        assert!(Instant::now() < deadline, "{alive:?} is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The next run works, and tells of these and no others.
fn assert_told(env: &TestEnv, interrupted: &[Interrupted]) {
    let next = env.stepwell(&["run", "quick.toml"]);
    assert_eq!(next.code, 0, "{}", next.stderr);
    let notes: String = interrupted.iter().map(where_it_stood).collect();
    assert_eq!(next.stderr, notes);
}

#[test]
fn a_killed_run_is_told_of_by_the_next_and_lost_nothing_that_was_told_or_acted_on() {
    let env = project(&(JOBS.to_owned() + &STEP_OF_MANY.repeat(40)));
    env.write("quick.toml", pipeline(&step("", &["say:hello"])));
    // Compiles, so that the moments fall into the run.
    assert_eq!(env.stepwell(&["run", "quick.toml"]).code, 0);
    let (rounds, seed) = (number(ROUNDS), number(SEED));
    let mut tally = Tally::default();
    for round in 0..rounds {
        tally += kill_one(&env, round, moment(seed, round, rounds));
    }
    println!("{rounds} runs killed, seed {seed}: {tally:?}");
    assert!(tally.interrupted > 0, "no run was killed in time");
    assert!(tally.steps > 0, "no step was told of");
    assert_told(&env, &[]);
}

//! Which jobs run at the same time, and which one after the other.

use crate::rig::{Control, Rig, job, lines, plan, run_id};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stepwell_event::{Envelope, Outcome, RunEvent, RunResult};
use stepwell_store::Journal;
use tokio::sync::Barrier;

#[test]
fn jobs_that_do_not_depend_on_each_other_run_side_by_side() {
    // Neither gets past the barrier without the other.
    let barrier = Arc::new(Barrier::new(2));
    let script = move |_, _| {
        let barrier = Arc::clone(&barrier);
        async move {
            barrier.wait().await;
            Outcome::Succeeded
        }
    };
    let jobs = vec![job("one", &[]), job("other", &[])];
    let (result, _) = Rig::new().run(plan(jobs), script, Control::rest);
    assert_eq!(result.unwrap(), RunResult::Succeeded);
}

#[test]
fn no_more_jobs_run_side_by_side_than_are_allowed() {
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&most);
    let script = move |_, _| {
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            running.fetch_sub(1, Ordering::SeqCst);
            Outcome::Succeeded
        }
    };
    let jobs = ["a", "b", "c", "d", "e", "f"]
        .map(|name| job(name, &[]))
        .into();
    let rig = Rig {
        parallel_jobs: 2,
        ..Rig::new()
    };
    let (result, events) = rig.run(plan(jobs), script, Control::rest);
    assert_eq!(result.unwrap(), RunResult::Succeeded);
    assert!(seen.load(Ordering::SeqCst) <= 2, "{seen:?}");
    let ended = |event: &RunEvent| matches!(event, RunEvent::JobFinished { .. });
    assert_eq!(
        events
            .iter()
            .filter(|envelope| ended(&envelope.event))
            .count(),
        6
    );
}

#[test]
fn a_dependent_begins_when_all_of_its_dependencies_are_durable() {
    let rig = Rig::new();
    let folder = rig.folder.path().to_owned();
    let script = move |name: String, mut sink: Box<dyn stepwell_sandbox::StepSink>| {
        let folder = folder.clone();
        async move {
            if name != "last" {
                sink.guest(lines(50));
                return Outcome::Succeeded;
            }
            // As another process would see it, had this one died here.
            let durable = std::thread::spawn(move || durable(&folder)).join().unwrap();
            let count = |wanted: fn(&RunEvent) -> bool| {
                durable
                    .iter()
                    .filter(|envelope| wanted(&envelope.event))
                    .count()
            };
            assert_eq!(count(|event| matches!(event, RunEvent::Line { .. })), 100);
            assert_eq!(
                count(|event| matches!(event, RunEvent::JobFinished { .. })),
                2
            );
            Outcome::Succeeded
        }
    };
    let jobs = vec![job("a", &[]), job("b", &[]), job("last", &[0, 1])];
    let (result, _) = rig.run(plan(jobs), script, Control::rest);
    assert_eq!(result.unwrap(), RunResult::Succeeded);
}

/// The events of the run that are on the disk.
fn durable(folder: &Path) -> Vec<Envelope> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let journal = Journal::open(folder).await.unwrap();
        let events = journal.events(run_id()).await.unwrap();
        journal.close().await.unwrap();
        events
    })
}

#[test]
fn a_panic_of_a_driver_is_a_defect_and_not_a_result() {
    let script = |_, _| async { panic!("a scripted defect") };
    let (result, _) = Rig::new().run(plan(vec![job("a", &[])]), script, Control::rest);
    assert_eq!(
        result.unwrap_err().to_string(),
        "a job's driver failed; this is a defect of Stepwell"
    );
}

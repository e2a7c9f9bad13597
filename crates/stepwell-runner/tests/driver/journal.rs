//! The driver and its journal: everything is kept, and what cannot be kept ends the run.

use crate::rig::{Control, Rig, job, lines, plan, run_id};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use stepwell_event::{Envelope, FORMAT_VERSION, Outcome, RunEvent, RunResult};
use stepwell_runner::RunError;
use stepwell_sandbox::StepSink;
use stepwell_store::Journal;
use tokio::sync::Notify;

#[test]
fn what_is_watched_is_what_is_kept_in_one_order_without_gaps() {
    let script = |_, mut sink: Box<dyn StepSink>| async move {
        for _ in 0..200 {
            sink.guest(lines(3));
            tokio::task::yield_now().await;
        }
        Outcome::Succeeded
    };
    let jobs = vec![job("a", &[]), job("b", &[]), job("c", &[0])];
    let rig = Rig::new();
    let (result, events) = rig.run(plan(jobs), script, Control::rest);
    assert_eq!(result.unwrap(), RunResult::Succeeded);
    for (seq, event) in (0..).zip(&events) {
        assert_eq!(
            (event.seq, event.run, event.v),
            (seq, run_id(), FORMAT_VERSION)
        );
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let kept = runtime.block_on(async {
        let journal = Journal::open(rig.folder.path()).await.unwrap();
        journal.events(run_id()).await.unwrap()
    });
    assert_eq!(kept, events);
}

/// Puts another event in a place that the run will come to: the journal cannot keep both.
async fn occupy(journal: &Journal, seq: u64) {
    journal.append(Envelope {
        v: FORMAT_VERSION,
        run: run_id(),
        seq,
        time_ms: 0,
        event: RunEvent::CancelRequested { now: false },
    });
    journal.flush().await.unwrap();
}

#[test]
fn a_journal_that_fails_ends_a_run_that_waits_for_nothing_but_a_step() {
    let spoil = Arc::new(Notify::new());
    let spoiled = Arc::clone(&spoil);
    let script = move |_, mut sink: Box<dyn StepSink>| {
        let spoiled = Arc::clone(&spoiled);
        async move {
            spoiled.notified().await;
            sink.guest(lines(10));
            std::future::pending().await
        }
    };
    let control = |control: Control| async move {
        occupy(&control.journal, 5).await;
        spoil.notify_one();
        // This ends only when the step's driver is gone as well.
        control.rest().await
    };
    let (result, _) = Rig::new().run(plan(vec![job("endless", &[])]), script, control);
    let error = result.unwrap_err();
    assert!(matches!(error, RunError::Journal(_)), "{error:?}");
}

#[test]
fn an_end_that_is_not_kept_is_not_shown() {
    let spoil = Arc::new(Notify::new());
    let spoiled = Arc::clone(&spoil);
    let script = move |_, _| {
        let spoiled = Arc::clone(&spoiled);
        async move {
            spoiled.notified().await;
            Outcome::Succeeded
        }
    };
    let control = |mut control: Control| async move {
        control
            .wait_for(|event| matches!(event, RunEvent::RunStarted { .. }))
            .await;
        // The starts of the run, the job and the step, the step's work, and three ends.
        occupy(&control.journal, 6).await;
        spoil.notify_one();
        control.rest().await
    };
    let (result, shown) = Rig::new().run(plan(vec![job("a", &[])]), script, control);
    let error = result.unwrap_err();
    assert!(matches!(error, RunError::Journal(_)), "{error:?}");
    // What shares its commit is not kept either.
    assert!(shown.iter().all(|event| event.seq <= 5), "{shown:?}");
}

#[test]
fn a_journal_that_fails_ends_the_run_and_stops_its_jobs() {
    let rig = Rig::new();
    let ran = Arc::new(AtomicBool::new(false));
    let dependent_ran = Arc::clone(&ran);
    let spoil = Arc::new(Notify::new());
    let spoiled = Arc::clone(&spoil);
    let script = move |name: String, _| {
        let (ran, spoiled) = (Arc::clone(&ran), Arc::clone(&spoiled));
        async move {
            match name.as_str() {
                "first" => spoiled.notified().await,
                "endless" => std::future::pending().await,
                _ => ran.store(true, Ordering::SeqCst),
            }
            Outcome::Succeeded
        }
    };
    let control = |mut control: Control| async move {
        let mut invoked = Vec::new();
        while invoked.len() < 2 {
            invoked.extend(control.invocations().await);
        }
        // Both wait, so the next event is the end of the first step; then its job ends.
        occupy(&control.journal, invoked[1] + 2).await;
        spoil.notify_one();
        control.rest().await
    };
    let jobs = vec![
        job("first", &[]),
        job("endless", &[]),
        job("dependent", &[0]),
    ];
    let (result, _) = rig.run(plan(jobs), script, control);
    let error = result.unwrap_err();
    assert!(matches!(error, RunError::Journal(_)), "{error:?}");
    assert!(
        !dependent_ran.load(Ordering::SeqCst),
        "it acted on what was not kept"
    );
}

/// More lines than anybody may be behind.
const MANY: usize = 100_000;

#[test]
fn a_guest_waits_for_a_watcher_that_is_behind() {
    let said = Arc::new(AtomicUsize::new(0));
    let congested = Arc::new(Notify::new());
    let (count, full) = (Arc::clone(&said), Arc::clone(&congested));
    let script = move |_, mut sink: Box<dyn StepSink>| {
        let (count, full) = (Arc::clone(&count), Arc::clone(&full));
        async move {
            while sink.room().is_none() && count.fetch_add(100, Ordering::SeqCst) < MANY {
                sink.guest(lines(100));
            }
            full.notify_one();
            sink.room().unwrap().await;
            assert!(sink.room().is_none());
            Outcome::Succeeded
        }
    };
    let control = |control: Control| async move {
        congested.notified().await;
        let before = said.load(Ordering::SeqCst);
        let shown = control.rest().await;
        let lines = shown
            .iter()
            .filter(|one| matches!(one.event, RunEvent::Line { .. }))
            .count();
        assert_eq!(lines, before, "nothing was said while there was no room");
        before
    };
    let (result, before) = Rig::new().run(plan(vec![job("a", &[])]), script, control);
    assert_eq!(result.unwrap(), RunResult::Succeeded);
    assert!((1_000..MANY).contains(&before), "{before}");
}

#[test]
fn a_guest_does_not_wait_for_a_watcher_that_has_gone() {
    let script = |_, mut sink: Box<dyn StepSink>| async move {
        for _ in 0..300 {
            sink.guest(lines(100));
            if let Some(room) = sink.room() {
                room.await;
            }
        }
        Outcome::Succeeded
    };
    let control = |control: Control| async move { drop(control) };
    let (result, ()) = Rig::new().run(plan(vec![job("a", &[])]), script, control);
    assert_eq!(result.unwrap(), RunResult::Succeeded);
}

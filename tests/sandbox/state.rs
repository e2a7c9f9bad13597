//! Nothing of a step is left for the next.

use crate::harness::{fresh_sandbox, run};

#[test]
fn the_next_step_of_the_same_component_starts_afresh() {
    let sandbox = fresh_sandbox(1);
    for _ in 0..3 {
        let ran = run("state_counter").env("MARK", "given").go_in(&sandbox);
        assert_eq!(
            ran.succeeded(),
            "run 1\nmark Some(\"given\")\nfile false\nwrite false\n"
        );
    }
}

#[test]
fn a_workspace_is_the_only_thing_that_stays() {
    let workspace = tempfile::tempdir().unwrap();
    let ran = run("state_counter").workspace(workspace.path()).go();
    assert_eq!(
        ran.succeeded(),
        "run 1\nmark None\nfile false\nwrite true\n"
    );
    let ran = run("state_counter").workspace(workspace.path()).go();
    assert_eq!(ran.succeeded(), "run 1\nmark None\nfile true\nwrite true\n");
}

#[test]
fn memory_is_zero_again_in_a_slot_that_was_used() {
    // With one slot, every step gets the same memory.
    let sandbox = fresh_sandbox(1);
    for _ in 0..3 {
        let ran = run("state_memory").args(["write"]).go_in(&sandbox);
        assert_eq!(ran.succeeded(), "written\n");
        let ran = run("state_memory").args(["scan"]).go_in(&sandbox);
        assert_eq!(ran.succeeded(), "0 bytes are not zero\n");
    }
}

#[test]
fn a_step_that_was_stopped_leaves_no_more_than_one_that_ended() {
    let sandbox = fresh_sandbox(1);
    let stopped = run("time_fill").timeout(300).go_in(&sandbox);
    assert_eq!(stopped.outcome().name(), "timed-out");
    let ran = run("state_memory").args(["scan"]).go_in(&sandbox);
    assert_eq!(ran.succeeded(), "0 bytes are not zero\n");
}

#[test]
fn steps_of_the_same_component_at_the_same_time_share_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let start = |_| tokio::spawn(run("state_counter").start_in(crate::harness::sandbox()));
        let steps: Vec<_> = (0..8).map(start).collect();
        for step in steps {
            let ran = step.await.unwrap();
            assert_eq!(
                ran.succeeded(),
                "run 1\nmark None\nfile false\nwrite false\n"
            );
        }
    });
}

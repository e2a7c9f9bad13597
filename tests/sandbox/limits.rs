//! Every resource has an end, and the outcome names it.

use crate::handmade::{command, idle_command};
use crate::harness::{Ran, SLOTS, alone, fresh_sandbox, resident_bytes, run, run_bytes};
use std::fmt::Write as _;
use std::fs;
use stepwell_event::{LimitKind, Outcome, TrapKind};

const MIB: u64 = 1 << 20;

fn limit(ran: &Ran) -> (LimitKind, u64, u64) {
    match ran.outcome() {
        Outcome::LimitExceeded { limit, value, used } => (*limit, *value, *used),
        other => panic!("{other:?} {}", ran.stderr()),
    }
}

#[test]
fn a_guest_that_takes_all_memory_ends_at_its_limit() {
    let ran = run("limit_memory").memory(32 * MIB).go();
    let (kind, value, used) = limit(&ran);
    assert_eq!((kind, value), (LimitKind::Memory, 32 * MIB));
    assert!((32 * MIB + 1..35 * MIB).contains(&used), "{used}");
    let peak = ran.report.usage.memory_peak;
    assert!((30 * MIB..=32 * MIB).contains(&peak), "{peak}");
}

#[test]
fn a_guest_that_takes_no_for_an_answer_goes_on() {
    let ran = run("limit_memory_polite").memory(32 * MIB).go();
    assert_eq!(ran.succeeded(), "true\n");
    assert!(ran.report.usage.memory_peak < 4 * MIB);
}

#[test]
fn memories_count_together() {
    let grow = r#"
        (memory $a 16) (memory $b 16)
        (func (export "run") (result i32)
            (drop (memory.grow $a (i32.const 64)))
            (if (i32.eq (memory.grow $b (i32.const 64)) (i32.const -1)) (then unreachable))
            (i32.const 0))"#;
    // 32 pages to begin with, and twice 64: 10 MiB.
    run_bytes(command(grow)).memory(10 * MIB).go().succeeded();
    let ran = run_bytes(command(grow)).memory(8 * MIB).go();
    assert_eq!(limit(&ran), (LimitKind::Memory, 8 * MIB, 10 * MIB));
}

#[test]
fn a_guest_that_begins_with_too_much_never_begins() {
    let ran = run_bytes(idle_command("(memory 1024) (memory 1024)"))
        .memory(100 * MIB)
        .go();
    assert_eq!(limit(&ran), (LimitKind::Memory, 100 * MIB, 128 * MIB));
    let tables = "(table 60000 funcref) (table 60000 funcref)";
    let ran = run_bytes(idle_command(tables)).go();
    assert_eq!(limit(&ran), (LimitKind::TableElements, 100_000, 120_000));
}

#[test]
fn a_table_that_grows_for_ever_is_told_no() {
    let grow = r#"
        (table 1 funcref)
        (func (export "run") (result i32)
            (i32.ne (table.grow (ref.null func) (i32.const -2)) (i32.const -1)))"#;
    run_bytes(command(grow)).go().succeeded();
}

#[test]
fn endless_recursion_names_the_function() {
    for guest in ["limit_recursion", "limit_stack_edge"] {
        let ran = run(guest).go();
        let Outcome::Trapped { trap, backtrace } = ran.outcome() else {
            panic!("{:?}", ran.outcome());
        };
        assert_eq!(*trap, TrapKind::StackOverflow);
        let name = format!("{guest}::descend");
        assert!(
            backtrace.iter().any(|frame| frame.function == name),
            "{backtrace:?}"
        );
        assert!(backtrace.len() <= 16);
    }
}

#[test]
fn a_deep_recursion_with_an_end_is_fine() {
    run("limit_recursion").args([10_000]).go().succeeded();
    run("limit_stack_edge").args([2_000]).go().succeeded();
}

#[test]
fn pollables_end_at_the_limit_of_resources() {
    assert_eq!(
        limit(&run("limit_pollables").go()),
        (LimitKind::Resources, 1024, 1025)
    );
}

#[test]
fn open_files_end_at_the_limit_of_resources() {
    let workspace = tempfile::tempdir().unwrap();
    fs::write(workspace.path().join("file"), "").unwrap();
    let ran = run("limit_open_files").read_only(workspace.path()).go();
    assert_eq!(limit(&ran), (LimitKind::Resources, 1024, 1025));
}

#[test]
fn a_call_carries_only_so_much() {
    let workspace = tempfile::tempdir().unwrap();
    let ran = run("limit_hostcall").read_only(workspace.path()).go();
    assert_eq!(
        limit(&ran),
        (LimitKind::HostcallBytes, 256 << 10, (256 << 10) + 1)
    );
    // A list of a million handles is as large.
    assert_eq!(
        limit(&run("limit_poll_list").go()).0,
        LimitKind::HostcallBytes
    );
}

#[test]
fn random_bytes_come_in_small_portions() {
    assert_eq!(
        run("env_random").args([64 << 10]).go().succeeded(),
        "65536 bytes\n"
    );
    let ran = run("env_random").args([MIB]).go();
    assert_eq!(
        limit(&ran),
        (LimitKind::RandomBytes, 64 << 10, (64 << 10) + 1)
    );
}

#[test]
fn pending_writes_cost_the_host_little() {
    alone("limits::pending_writes_cost_the_host_little", || {
        let workspace = tempfile::tempdir().unwrap();
        run("fs_pending")
            .workspace(workspace.path())
            .args([1])
            .go()
            .succeeded();
        let (before, _) = resident_bytes();
        let ran = run("fs_pending")
            .workspace(workspace.path())
            .args([200])
            .go();
        assert_eq!(ran.succeeded(), "200 pending\n");
        let (_, peak) = resident_bytes();
        assert!(peak - before < 64 * MIB, "{} MiB", (peak - before) / MIB);
    });
}

#[test]
fn no_component_can_take_the_slots_of_its_neighbours() {
    // As many memories, tables and instances as one may have, in every slot at once.
    let mut fields = String::from("(component (core module $m)");
    for _ in 0..90 {
        fields.push_str("(core instance (instantiate $m))");
    }
    fields.push_str("(core module $r ");
    for index in 0..8 {
        write!(fields, "(memory {index})").unwrap();
    }
    fields.push_str(&"(table 1 funcref)".repeat(32));
    fields.push_str(
        r#"(func (export "run") (result i32) (loop (br 0)) (i32.const 0)))
        (core instance $i (instantiate $r))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (instance $entry (export "run" (func $run)))
        (export "wasi:cli/run@0.2.6" (instance $entry)))"#,
    );
    let greedy = crate::handmade::component(&fields);
    let sandbox = fresh_sandbox(SLOTS);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let steps = async {
        let mut steps = Vec::new();
        for _ in 0..SLOTS {
            steps.push(Box::pin(
                run_bytes(greedy.clone()).timeout(500).start_in(&sandbox),
            ));
        }
        let mut outcomes = Vec::new();
        for ran in join_all(steps).await {
            outcomes.push(ran.outcome().clone());
        }
        outcomes
    };
    for outcome in runtime.block_on(steps) {
        assert_eq!(outcome, Outcome::TimedOut { limit_ms: 500 });
    }
}

/// Waits for all, polling each in turn.
async fn join_all<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = std::pin::Pin::new(future).poll(context)
            {
                *output = Some(ready);
            }
        }
        match outputs.iter().all(Option::is_some) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

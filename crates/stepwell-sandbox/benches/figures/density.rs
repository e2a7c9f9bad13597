//! The memory of a thousand steps that all wait in a host call.
//!
//! The guest without a memory of its own shows what the host needs for a step; the difference to a
//! Rust program is that program's own pages.

use crate::rig::{Guest, THREADS, bytes, runtime, sandbox};
use std::time::Duration;
use stepwell_sandbox::{Metering, StopHandle};

const STEPS: usize = 1000;
const GOAL: f64 = 64.0;

/// Waits for a hundred seconds, without a memory.
const BARE: &str = r#"(component
    (import "wasi:io/poll@0.2.6" (instance $poll
        (export "pollable" (type $pollable (sub resource)))
        (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
    (alias export $poll "pollable" (type $pollable))
    (import "wasi:clocks/monotonic-clock@0.2.6" (instance $clock
        (alias outer 1 $pollable (type $outer))
        (export "pollable" (type (eq $outer)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $outer))))))
    (core func $subscribe (canon lower (func $clock "subscribe-duration")))
    (core func $block (canon lower (func $poll "[method]pollable.block")))
    (core module $m
        (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
        (import "host" "block" (func $block (param i32)))
        (func (export "run") (result i32)
            (call $block (call $subscribe (i64.const 100000000000))) (i32.const 0)))
    (core instance $i (instantiate $m (with "host" (instance
        (export "subscribe" (func $subscribe)) (export "block" (func $block))))))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $entry (export "run" (func $run)))
    (export "wasi:cli/run@0.2.6" (instance $entry)))"#;

pub(crate) fn measure() {
    println!("{STEPS} steps alive at once, each waiting in a host call; KiB for each step\n");
    println!(
        "{:<36}{:>10}{:>14}{:>10}",
        "", "resident", "page tables", "together"
    );
    let bare = wat::parse_str(BARE).expect("the text is right");
    let overhead = tell("a guest without a memory", &bare);
    let rust = tell("a Rust program", &bytes("time_sleep"));
    println!("the program's own pages: {:.1} KiB", rust - overhead);
    let word = if overhead < GOAL { "met" } else { "missed" };
    println!(
        "above the component's own pages: {overhead:.1} KiB, the goal of {GOAL} KiB is {word}"
    );
}

/// Starts the steps and returns what each takes.
fn tell(name: &str, bytes: &[u8]) -> f64 {
    let sandbox = sandbox(STEPS as u32);
    let guest = Guest::of(&sandbox, bytes, &[], Metering::Off);
    let runtime = runtime(THREADS);
    // What the first step alone brings with it is not each step's.
    let once = guest.clone().timeout(Duration::from_millis(50));
    runtime.block_on(once.run(StopHandle::default()));
    let before = memory();
    let steps: Vec<_> = (0..STEPS)
        .map(|_| {
            let guest = guest.clone();
            runtime.spawn(async move { guest.run(StopHandle::default()).await })
        })
        .collect();
    std::thread::sleep(Duration::from_secs(3));
    let after = memory();
    let ended = steps.iter().filter(|step| step.is_finished()).count();
    assert_eq!(ended, 0, "they were to wait");
    drop(runtime);
    let each = |index: usize| (after[index] - before[index]) / STEPS as f64;
    let together = each(0) + each(1);
    println!(
        "{name:<36}{:>10.1}{:>14.1}{together:>10.1}",
        each(0),
        each(1)
    );
    together
}

/// KiB that this process holds, and those of its page tables.
fn memory() -> [f64; 2] {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    ["VmRSS:", "VmPTE:"].map(|name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        number
            .and_then(|number| number.parse().ok())
            .expect("a number")
    })
}

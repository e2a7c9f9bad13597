//! From a step's deadline to its end: for each way not to end, alone and while 64 other steps spin.

use crate::rig::{Beside, Guest, THREADS, bytes, command, millis, percentile, runtime, sandbox};
use std::time::Duration;
use stepwell_event::Outcome;
use stepwell_sandbox::{Metering, StopHandle};

const TRIALS: usize = 200;
const SPINNERS: usize = 64;
const DEADLINE: Duration = Duration::from_millis(30);

/// The goals for 99 of 100, in milliseconds.
const IDLE: f64 = 20.0;
const BUSY: f64 = 50.0;

pub(crate) fn measure() {
    let sandbox = sandbox(SPINNERS as u32 + 1);
    let kinds = [
        ("spins", bytes("time_spin")),
        ("sleeps in a host call", bytes("time_sleep")),
        ("floods its output", bytes("out_flood")),
        (
            "grows its memory",
            command(
                r#"(memory 1) (func (export "run") (result i32)
                    (loop (drop (memory.grow (i32.const 1))) (br 0)) unreachable)"#,
            ),
        ),
        ("polls what never comes", bytes("time_poll")),
        (
            "spins before it begins",
            command(
                r#"(func $loop (loop (br 0))) (start $loop)
                (func (export "run") (result i32) (i32.const 0))"#,
            ),
        ),
    ];
    let spinner = Guest::named(&sandbox, "time_spin", &[]);
    println!("milliseconds from the deadline to the end, {TRIALS} trials each\n");
    println!(
        "{:<26}{:>8}{:>8}{:>8}   {:>8}{:>8}{:>8}",
        "a step that", "p50", "p99", "max", "p50", "p99", "max"
    );
    println!("{:<26}{:>24}   {:>24}", "", "alone", "64 others spin");
    let mut worst = [0.0_f64; 2];
    for (name, bytes) in kinds {
        let guest = Guest::of(&sandbox, &bytes, &[], Metering::Off).timeout(DEADLINE);
        let mut row = format!("{name:<26}");
        for (index, spinners) in [0, SPINNERS].into_iter().enumerate() {
            let mut samples = trials(&guest, &spinner, spinners);
            let mut figure = |percent| millis(percentile(&mut samples, percent));
            let (p50, p99, max) = (figure(50), figure(99), figure(100));
            worst[index] = worst[index].max(p99);
            row += &format!("{p50:>8.1}{p99:>8.1}{max:>8.1}   ");
        }
        println!("{}", row.trim_end());
    }
    for (what, worst, goal) in [("alone", worst[0], IDLE), ("beside 64", worst[1], BUSY)] {
        let word = if worst < goal { "met" } else { "missed" };
        println!("worst p99 {what}: {worst:.1} ms, the goal of {goal} ms is {word}");
    }
}

fn trials(guest: &Guest, spinner: &Guest, spinners: usize) -> Vec<Duration> {
    let runtime = runtime(THREADS);
    let beside = Beside::start(&runtime, spinner, spinners);
    let samples = (0..TRIALS)
        .map(|_| {
            let guest = guest.clone();
            let step = runtime.spawn(async move { guest.run(StopHandle::default()).await });
            let (outcome, took) = runtime.block_on(step).expect("no panic");
            assert!(matches!(outcome, Outcome::TimedOut { .. }), "{outcome:?}");
            took.saturating_sub(DEADLINE)
        })
        .collect();
    drop(beside);
    samples
}

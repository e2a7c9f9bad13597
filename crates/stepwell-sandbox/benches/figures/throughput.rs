//! How many steps that do nothing a second has room for, on one thread and on two.

use crate::rig::{Guest, bytes, percentile, runtime, sandbox};
use std::time::{Duration, Instant};
use stepwell_sandbox::Metering;

const STEPS: usize = 20_000;
const RUNS: usize = 7;

pub(crate) fn measure() {
    let sandbox = sandbox(16);
    let task = bytes("task_noop");
    let rows = [
        ("1 thread", 1, Metering::Off),
        ("1 thread, work counted", 1, Metering::Fuel),
        ("2 threads", 2, Metering::Off),
    ];
    let rows = rows.map(|(name, threads, metering)| {
        let guest = Guest::of(&sandbox, &task, &[], metering);
        (name, threads, guest, Vec::new())
    });
    let mut rows = Vec::from(rows);
    for run in 0..=RUNS {
        for (_, threads, guest, samples) in &mut rows {
            let took = steps(guest, *threads);
            // The first run warms up.
            if run > 0 {
                samples.push(took);
            }
        }
    }
    println!("steps that do nothing, medians of {RUNS} interleaved runs of {STEPS}\n");
    println!(
        "{:<28}{:>12}{:>12}{:>8}",
        "", "a second", "µs a step", "ratio"
    );
    let mut base = None;
    for (name, _, _, mut samples) in rows {
        let took = percentile(&mut samples, 50).as_secs_f64();
        let rate = STEPS as f64 / took;
        let base = *base.get_or_insert(rate);
        println!(
            "{name:<28}{rate:>12.0}{:>12.1}{:>8.2}",
            took / STEPS as f64 * 1e6,
            rate / base
        );
    }
}

/// Runs all steps on so many threads, one after the other on each.
fn steps(guest: &Guest, threads: usize) -> Duration {
    let runtime = runtime(threads);
    let started = Instant::now();
    let lanes: Vec<_> = (0..threads)
        .map(|_| {
            let guest = guest.clone();
            runtime.spawn(async move {
                for _ in 0..STEPS / threads {
                    guest.succeed().await;
                }
            })
        })
        .collect();
    for lane in lanes {
        runtime.block_on(lane).expect("no panic");
    }
    started.elapsed()
}

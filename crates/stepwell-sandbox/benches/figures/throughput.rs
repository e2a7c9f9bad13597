//! How many steps that do nothing a second has room for, on one thread and on two.

use crate::rig::{Guest, bytes, cpu_time, percentile, runtime, sandbox};
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
        (name, threads, guest, Vec::new(), Vec::new())
    });
    let mut rows = Vec::from(rows);
    for run in 0..=RUNS {
        for (_, threads, guest, walls, cpus) in &mut rows {
            let before = cpu_time();
            let took = steps(guest, *threads);
            // The first run warms up.
            if run > 0 {
                walls.push(took);
                cpus.push(cpu_time().saturating_sub(before));
            }
        }
    }
    println!("steps that do nothing, medians of {RUNS} interleaved runs of {STEPS}\n");
    println!(
        "{:<28}{:>12}{:>16}{:>14}",
        "", "a second", "µs of wall", "µs of CPU"
    );
    for (name, _, _, mut walls, mut cpus) in rows {
        let wall = percentile(&mut walls, 50).as_secs_f64() / STEPS as f64;
        let cpu = percentile(&mut cpus, 50).as_secs_f64() / STEPS as f64;
        println!(
            "{name:<28}{:>12.0}{:>16.1}{:>14.1}",
            1.0 / wall,
            wall * 1e6,
            cpu * 1e6
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

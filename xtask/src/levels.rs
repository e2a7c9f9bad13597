//! What a step and a job cost at each level of isolation, through the whole program.

use crate::bench::{Contender, interleaved, millis, noop_folder};
use crate::build;
use anyhow::{Context as _, Result};
use std::fs;
use std::time::Duration;

const LEVELS: [&str; 3] = ["instance", "job", "step"];
const RUNS: usize = 7;
const STEPS: usize = 100;
const JOBS: usize = 20;

/// One step; many steps of one job; many jobs of one step, one after the other.
const SHAPES: [(&str, usize, usize); 3] = [("one", 1, 1), ("steps", 1, STEPS), ("jobs", JOBS, 1)];

/// Prints what one more step and one more job cost at each level.
pub(crate) fn measure() -> Result<()> {
    let program = build::release()?;
    let folder = noop_folder()?;
    let mut contenders = Vec::new();
    for (name, jobs, steps) in SHAPES {
        let file = format!("levels-{name}.toml");
        fs::write(folder.join(&file), pipeline(jobs, steps)).context("cannot write a pipeline")?;
        for level in LEVELS {
            let arguments = ["run", "--isolation", level, &file];
            contenders.push(Contender::new(level, &program, &arguments, &folder));
        }
    }
    interleaved(&mut contenders, RUNS)?;
    report(&contenders);
    Ok(())
}

fn pipeline(jobs: usize, steps: usize) -> String {
    let mut text = String::from("[tasks.noop]\nsource = \"noop.wasm\"\n");
    for job in 0..jobs {
        text += &format!("\n[jobs.j{job}]\n");
        if let Some(before) = job.checked_sub(1) {
            text += &format!("depends-on = \"j{before}\"\n");
        }
        text += &format!("\n[[jobs.j{job}.steps]]\ntask = \"noop\"\n").repeat(steps);
    }
    text
}

fn report(contenders: &[Contender]) {
    println!("milliseconds, medians of {RUNS} interleaved runs\n");
    println!(
        "{:<12}{:>12}{:>16}{:>12}{:>16}{:>12}",
        "isolation", "one step", "one more step", "(CPU)", "one more job", "(CPU)"
    );
    let (ones, more) = contenders.split_at(LEVELS.len());
    let (steps, jobs) = more.split_at(LEVELS.len());
    for ((one, steps), jobs) in ones.iter().zip(steps).zip(jobs) {
        let slope = |many: Duration, one: Duration, count: usize| {
            millis(many.saturating_sub(one)) / (count - 1) as f64
        };
        println!(
            "{:<12}{:>12.1}{:>16.3}{:>12.3}{:>16.3}{:>12.3}",
            one.name(),
            millis(one.wall()),
            slope(steps.wall(), one.wall(), STEPS),
            slope(steps.cpu(), one.cpu(), STEPS),
            slope(jobs.wall(), one.wall(), JOBS),
            slope(jobs.cpu(), one.cpu(), JOBS),
        );
    }
}

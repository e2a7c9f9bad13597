//! What a large pipeline costs before anything runs: reading and planning 1,000 and 10,000 jobs, each
//! written out, and from one entry with `each`.
//!
//! `cargo bench -p stepwell-plan --bench expansion` prints milliseconds and fails if the cost does not
//! grow with the number of jobs alone, or is too high. The sizes take turns, and each turn is as many
//! jobs in all, so that a machine whose speed moves or which has other work does not tilt the ratio.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program for people, on its own numbers"
)]

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use stepwell_event::Digest;
use stepwell_plan::{Capabilities, Ceilings, Request, ResolvedTask, TaskKind, plan};

const SMALL: usize = 1_000;
const LARGE: usize = 10_000;
const ROUNDS: usize = 11;

/// Ten times as many jobs cost ten times as many instructions, and somewhat more than ten times as
/// much time: a thousand fit into the caches. Anything quadratic would be at a hundred.
const MAX_RATIO: f64 = 20.0;
const MAX_SECONDS: f64 = 1.0;

fn main() -> ExitCode {
    println!(
        "{:<16}{:>10}{:>10}{:>10}",
        "milliseconds", SMALL, LARGE, "ratio"
    );
    let fine = [
        measured("written out", written_out),
        measured("with `each`", looped),
    ];
    match fine.contains(&false) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// Jobs of two stages, each but the first waiting for the one before it. All take as much text.
fn written_out(jobs: usize) -> String {
    let mut text = String::from("[stages.a]\n[stages.b]\n");
    for job in 0..jobs {
        let stage = if job < jobs / 2 { "a" } else { "b" };
        let _ = write!(text, "[jobs.j{job:05}]\nstage = \"{stage}\"\n");
        if job % (jobs / 2) > 0 {
            let _ = writeln!(text, "depends-on = \"j{:05}\"", job - 1);
        }
        let _ = write!(text, "[[jobs.j{job:05}.steps]]\ntask = \"x\"\n");
    }
    text
}

fn looped(jobs: usize) -> String {
    let numbers: Vec<_> = (0..jobs).map(|job| job.to_string()).collect();
    format!(
        "[parameters.numbers]\ntype = \"object\"\ndefault = [{}]\n\
         [jobs.\"j${{{{ n }}}}\"]\neach = \"n in parameters.numbers\"\n\
         [[jobs.\"j${{{{ n }}}}\".steps]]\ntask = \"x\"\n",
        numbers.join(", ")
    )
}

/// Prints the medians, and says whether they are as they should be.
fn measured(what: &str, text: fn(usize) -> String) -> bool {
    let texts = [SMALL, LARGE].map(|jobs| (jobs, text(jobs)));
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for ((jobs, text), times) in texts.iter().zip(&mut times) {
            let turns = LARGE / jobs;
            let time: Duration = (0..turns).map(|_| once(text, *jobs)).sum();
            times.push(time.as_secs_f64() / turns as f64);
        }
    }
    let [small, large] = times.map(median);
    let ratio = large / small;
    let (small_ms, large_ms) = (small * 1e3, large * 1e3);
    println!("{what:<16}{small_ms:>10.1}{large_ms:>10.1}{ratio:>10.2}");
    ratio < MAX_RATIO && large < MAX_SECONDS
}

fn once(text: &str, jobs: usize) -> Duration {
    let task = ResolvedTask {
        name: "x".to_owned(),
        digest: Digest::from_sha256([0; 32]),
        kind: TaskKind::Command,
    };
    let request = Request {
        variables: &[],
        secrets: &[],
        capabilities: &Capabilities::default(),
        ceilings: &Ceilings::default(),
    };
    let start = Instant::now();
    let (pipeline, diagnostics) = stepwell_spec::parse(text);
    assert_eq!(diagnostics, []);
    let pipeline = pipeline.expect("the text is a pipeline");
    let (plan, diagnostics) = plan(&pipeline, &request, &[task]);
    let time = start.elapsed();
    assert_eq!(diagnostics, []);
    assert_eq!(plan.expect("the pipeline has a plan").jobs.len(), jobs);
    time
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

//! Plays searches against made-up histories and prints what they cost next to reference numbers:
//! `cargo xtask bisect-sim [TABLE…] [--trials N] [--seed S]`.
//!
//! Nothing here is measured with a clock, so that the same seed prints the same numbers everywhere.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line helper"
)]

mod known;
mod noisy;
mod parallel;
mod plain;
mod play;
mod random;
mod several;
mod table;
mod unknown;

use std::process::ExitCode;
use table::{Setting, Table};

/// What plays the games of one table.
type Play = fn(&Setting) -> Vec<Table>;

/// Every table by its name.
const TABLES: &[(&str, Play)] = &[
    ("halving", plain::halving),
    ("skips", plain::skips),
    ("recent", plain::recent),
    ("costs", plain::costs),
    ("rounds", parallel::rounds),
    ("makespan", parallel::makespan),
    ("batches", several::batches),
    ("interactions", several::interactions),
    ("symmetric", known::symmetric),
    ("one-sided", known::one_sided),
    ("flakes", known::flakes),
    ("slots", known::slots),
    ("informed", known::informed),
    ("visits", known::visits),
    ("learned", unknown::learned),
    ("calibration", unknown::calibration),
];

fn main() -> ExitCode {
    match execute() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Plays what the arguments say; whether nothing was worse than its reference.
fn execute() -> Result<bool, String> {
    let mut setting = Setting {
        trials: 10_000,
        seed: 1,
    };
    let mut wanted = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = |name: &str| {
            let text = arguments.next().ok_or(format!("{name} needs a number"))?;
            text.parse::<u64>()
                .map_err(|_| format!("{name} needs a number, not `{text}`"))
        };
        match argument.as_str() {
            // What cargo adds to the arguments of every benchmark.
            "--bench" => {}
            "--trials" => {
                setting.trials = u32::try_from(number("--trials")?)
                    .map_err(|_| "--trials is too large".to_owned())?;
            }
            "--seed" => setting.seed = number("--seed")?,
            name => wanted.push(name.to_owned()),
        }
    }
    let known = |name: &String| TABLES.iter().any(|(table, _)| table == name);
    if let Some(name) = wanted.iter().find(|name| !known(name)) {
        let names: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "there is no table `{name}`; there are {}",
            names.join(", ")
        ));
    }
    let mut fine = true;
    for (name, play) in TABLES {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            for table in play(&setting) {
                println!("{name}: {table}");
                fine &= table.is_fine();
            }
        }
    }
    Ok(fine)
}

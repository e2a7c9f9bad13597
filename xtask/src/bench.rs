//! What a step costs through the whole program, next to tools that start a process per step.
//!
//! Every figure is the median of interleaved runs, since the speed of a shared machine moves
//! between two runs; what to compare are ratios of one run.

use crate::build;
use anyhow::{Context as _, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use stepwell_testkit::guests::{Guests, repository};

const RUNS: usize = 10;
const FEW: usize = 100;
const MANY: usize = 1000;

const SEED: &str = "STEPWELL_CRASH_SEED";
const CRASH_TEST: &str =
    "crash::a_killed_run_is_told_of_by_the_next_and_lost_nothing_that_was_told_or_acted_on";

/// Sequential steps that do nothing, through the whole program.
pub(crate) fn steps() -> Result<()> {
    let program = build::release()?;
    let folder = noop_folder()?;
    let mut contenders = vec![
        stepwell(&program, &folder, FEW)?,
        stepwell(&program, &folder, MANY)?,
        stepwell(&program, &folder, 1)?,
        make(&folder)?,
        shell(&folder),
    ];
    contenders.extend(just(&folder)?);
    interleaved(&mut contenders, RUNS)?;
    report(&contenders);
    println!();
    build::bench_of_the_sandbox("step", &[])
}

/// A folder with the task that does nothing, as `noop.wasm`.
pub(crate) fn noop_folder() -> Result<PathBuf> {
    let noop = Guests::Tests.build()?.join("task_noop.wasm");
    let folder = repository().join("target/bench");
    fs::create_dir_all(&folder)?;
    fs::copy(&noop, folder.join("noop.wasm")).context("cannot copy the no-op task")?;
    Ok(folder)
}

/// Runs each so many times, one after the other, after a first time that does not count.
pub(crate) fn interleaved(contenders: &mut [Contender], runs: usize) -> Result<()> {
    for contender in &mut *contenders {
        contender.run()?;
        contender.samples.clear();
    }
    for _ in 0..runs {
        for contender in &mut *contenders {
            contender.run()?;
        }
    }
    Ok(())
}

/// One of the measurements of the sandbox.
pub(crate) fn figures(name: &str) -> Result<()> {
    build::bench_of_the_sandbox("figures", &[name])
}

/// Kills so many runs at random moments, and looks at what is left of each.
pub(crate) fn crash(rounds: u32) -> Result<()> {
    // Other moments each time; the test tells the seed, which brings the same ones back.
    let seed = std::env::var(SEED).or_else(|_| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map(|now| (now.as_secs() % 1_000_000).to_string())
    })?;
    let rounds = rounds.to_string();
    let variables = [
        ("STEPWELL_CRASH_ROUNDS", rounds.as_str()),
        (SEED, seed.as_str()),
    ];
    build::one_test("cli", CRASH_TEST, &variables)
}

/// A program that is run again and again.
pub(crate) struct Contender {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    /// CPU and wall time of each run.
    samples: Vec<(Duration, Duration)>,
}

impl Contender {
    pub(crate) fn new(
        name: &str,
        program: impl Into<PathBuf>,
        arguments: &[&str],
        folder: &Path,
    ) -> Self {
        Self {
            name: name.to_owned(),
            program: program.into(),
            arguments: arguments
                .iter()
                .map(|argument| (*argument).to_owned())
                .collect(),
            folder: folder.to_owned(),
            samples: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<()> {
        let before = children_cpu()?;
        let start = Instant::now();
        let status = Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let wall = start.elapsed();
        if !status.success() {
            bail!("{} failed: {status}", self.name);
        }
        self.samples
            .push((children_cpu()?.saturating_sub(before), wall));
        Ok(())
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn cpu(&self) -> Duration {
        median(self.samples.iter().map(|(cpu, _)| *cpu).collect())
    }

    pub(crate) fn wall(&self) -> Duration {
        median(self.samples.iter().map(|(_, wall)| *wall).collect())
    }
}

fn stepwell(program: &Path, folder: &Path, steps: usize) -> Result<Contender> {
    let mut text = String::from("[tasks.noop]\nsource = \"noop.wasm\"\n");
    for _ in 0..steps {
        text.push_str("\n[[steps]]\ntask = \"noop\"\n");
    }
    let file = format!("steps-{steps}.toml");
    fs::write(folder.join(&file), text)?;
    let name = format!("stepwell, {steps} steps, each isolated");
    Ok(Contender::new(&name, program, &["run", &file], folder))
}

/// The cheapest form that make has: `true` is started without a shell.
fn make(folder: &Path) -> Result<Contender> {
    let mut text = String::from(".PHONY: all\nall:\n");
    for _ in 0..FEW {
        text.push_str("\t@true\n");
    }
    fs::write(folder.join("Makefile"), text)?;
    Ok(Contender::new(
        "make, 100 × true",
        "make",
        &["--silent", "all"],
        folder,
    ))
}

fn just(folder: &Path) -> Result<Option<Contender>> {
    if Command::new("just").arg("--version").output().is_err() {
        return Ok(None);
    }
    let mut text = String::from("all:\n");
    for _ in 0..FEW {
        let _ = writeln!(text, "    @true");
    }
    fs::write(folder.join("justfile"), text)?;
    Ok(Some(Contender::new(
        "just, 100 × sh -c true",
        "just",
        &["all"],
        folder,
    )))
}

fn shell(folder: &Path) -> Contender {
    let script = "for i in $(seq 100); do bash -c true; done";
    Contender::new("shell, 100 × bash -c true", "bash", &["-c", script], folder)
}

fn report(contenders: &[Contender]) {
    let find = |start: &str| {
        contenders
            .iter()
            .find(|contender| contender.name.starts_with(start))
    };
    let Some(base) = find("make") else { return };
    println!("medians of {RUNS} interleaved runs; ratios to make\n");
    println!(
        "{:<38} {:>9} {:>7} {:>9} {:>7}",
        "", "CPU", "ratio", "wall", "ratio"
    );
    for contender in contenders {
        println!(
            "{:<38} {:>6.1} ms {:>6.2} {:>6.1} ms {:>6.2}",
            contender.name,
            millis(contender.cpu()),
            contender.cpu().as_secs_f64() / base.cpu().as_secs_f64(),
            millis(contender.wall()),
            contender.wall().as_secs_f64() / base.wall().as_secs_f64(),
        );
    }
    if let (Some(few), Some(many)) = (find("stepwell, 100 "), find("stepwell, 1000 ")) {
        let slope = many.cpu().saturating_sub(few.cpu()).as_secs_f64() / (MANY - FEW) as f64;
        println!("\none more step, journal on: {:.1} µs of CPU", slope * 1e6);
    }
    if let Some(one) = find("stepwell, 1 ") {
        println!(
            "cold start of the program with one step: {:.1} ms",
            millis(one.wall())
        );
    }
}

fn children_cpu() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = |time: nix::sys::time::TimeVal| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or_default();
        Duration::from_secs(seconds)
            + Duration::from_micros(u64::try_from(time.tv_usec()).unwrap_or_default())
    };
    Ok(micros(usage.user_time()) + micros(usage.system_time()))
}

fn median(mut values: Vec<Duration>) -> Duration {
    values.sort();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

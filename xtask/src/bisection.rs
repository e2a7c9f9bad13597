//! What finding a culprit among 200 commits costs, next to `git bisect run`.
//!
//! The check is the same work on both sides: look whether a file is there, after so many milliseconds
//! of doing something else. Here it is a step in a sandbox on a clean copy of the version; there it is
//! a shell in the one working tree. Every figure is the median of interleaved runs.

use crate::bench::{Contender, interleaved, millis};
use crate::build;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use stepwell_testkit::guests::{Guests, repository};
use stepwell_testkit::{History, git};

const COMMITS: u32 = 200;
const CULPRIT: u32 = 137;
const RUNS: usize = 5;

/// Milliseconds that one check takes by itself.
const WORK: [u32; 2] = [0, 250];

/// Prints probes, wall time and ratios.
pub(crate) fn measure() -> Result<()> {
    let program = build::release()?;
    let program = program.display();
    let folder = project()?;
    println!("{COMMITS} commits; medians of {RUNS} interleaved runs\n");
    println!(
        "{:<14}{:<28}{:>8}{:>12}{:>10}",
        "check alone", "", "probes", "wall", "ratio"
    );
    for work in WORK {
        write_checks(&folder, work)?;
        let git = "git bisect start main main~199 && git bisect run ./check.sh && git bisect reset";
        let search = |jobs: u32| {
            // Verdicts of the run before must not help.
            format!(
                "rm -rf .stepwell && {program} bisect --bad main --good main~199 --jobs {jobs} \
                 --output json > found.json"
            )
        };
        let names = ["git bisect run", "stepwell, --jobs 1", "stepwell, --jobs 4"];
        let scripts = [git.to_owned(), search(1), search(4)];
        let mut contenders: Vec<Contender> = names
            .iter()
            .zip(&scripts)
            .map(|(name, script)| Contender::new(name, "sh", &["-c", script], &folder))
            .collect();
        interleaved(&mut contenders, RUNS)?;
        let Some(base) = contenders.first().map(Contender::wall) else {
            return Ok(());
        };
        for (contender, script) in contenders.iter().zip(&scripts) {
            println!(
                "{:<14}{:<28}{:>8}{:>9.0} ms{:>9.2}×",
                format!("{work} ms"),
                contender.name(),
                probes(&folder, script)?,
                millis(contender.wall()),
                contender.wall().as_secs_f64() / base.as_secs_f64(),
            );
        }
    }
    Ok(())
}

/// A repository of which one commit breaks what is checked.
fn project() -> Result<PathBuf> {
    let folder = repository().join("target/bench/bisect");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    fs::copy(
        Guests::Tests.build()?.join("play.wasm"),
        folder.join("play.wasm"),
    )
    .context("cannot copy the guest")?;
    let mut history = History::default();
    for number in 1..=COMMITS {
        let files: &[(&str, Option<&str>)] = match number {
            CULPRIT => &[("bug", Some("x"))],
            _ => &[],
        };
        history.commit("Ada <ada@example.org>", files);
    }
    history.make(&folder);
    Ok(folder)
}

fn write_checks(folder: &Path, work: u32) -> Result<()> {
    let args = format!("[\"sleep:{work}\", \"without:bug\"]");
    let pipeline = format!(
        "[tasks.play]\nsource = \"play.wasm\"\nallow = {{ workspace = \"read\" }}\n\n\
         [[steps]]\ntask = \"play\"\nargs = {args}\n"
    );
    fs::write(folder.join("pipeline.toml"), pipeline)?;
    let seconds = f64::from(work) / 1e3;
    let check = folder.join("check.sh");
    fs::write(
        &check,
        format!("#!/bin/sh\nsleep {seconds}\ntest ! -e bug\n"),
    )?;
    let made = Command::new("chmod").arg("+x").arg(&check).status()?;
    if !made.success() {
        bail!("cannot make {} a program", check.display());
    }
    Ok(())
}

/// How many versions were judged, found out by one more run.
fn probes(folder: &Path, script: &str) -> Result<u64> {
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(folder)
        .output()?;
    let is_culprit = |text: &str| {
        let culprit = git(
            folder,
            &["rev-parse", &format!("main~{}", COMMITS - CULPRIT)],
        );
        text.contains(&culprit)
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if said.contains("first bad commit") {
        if !is_culprit(&said) {
            bail!("git found another culprit:\n{said}");
        }
        return Ok(said.matches("running").count() as u64);
    }
    let found = fs::read_to_string(folder.join("found.json"))?;
    let last = found.lines().last().unwrap_or_default();
    let probes = last.split("\"probes\":").filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    match probes.last() {
        Some(probes) if is_culprit(last) => Ok(probes),
        _ => bail!("stepwell found another culprit:\n{found}"),
    }
}

//! Runs the fuzz targets, one after the other, from seeds that the repository has anyway.
//!
//! `cargo-fuzz` and a nightly compiler must be installed: `cargo install cargo-fuzz`.

use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use stepwell_testkit::guests::repository;

/// A target, and the folders and extensions of files that are worth starting from.
const TARGETS: [(&str, &[(&str, &str)]); 4] = [
    (
        "expression",
        &[("crates/stepwell-expr/tests/tables", "txt")],
    ),
    (
        "logging_command",
        &[("crates/stepwell-engine/tests/tables", "toml")],
    ),
    (
        "pipeline",
        &[("examples", "toml"), ("tests/pipelines", "toml")],
    ),
    (
        "template",
        &[
            ("crates/stepwell-spec/tests/template/tables", "txt"),
            ("examples", "toml"),
        ],
    ),
];

/// Runs every target for so many seconds and tells how fast it was.
pub(crate) fn run(seconds: u32) -> Result<()> {
    let mut told = Vec::new();
    for (target, seeds) in TARGETS {
        let corpus = repository().join("target/fuzz-corpus").join(target);
        fs::create_dir_all(&corpus)?;
        for (folder, extension) in seeds {
            plant(&repository().join(folder), extension, &corpus)?;
        }
        told.push(format!("{target:<16} {}", fuzz(target, &corpus, seconds)?));
    }
    told.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// Copies every file, and every line of it, since most inputs are one.
fn plant(folder: &Path, extension: &str, corpus: &Path) -> Result<()> {
    for path in files(folder)? {
        if path.extension().is_none_or(|found| found != extension) {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let name = path.display().to_string().replace(['/', '.'], "-");
        fs::write(corpus.join(&name), &text)?;
        for (number, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.is_empty())
        {
            fs::write(corpus.join(format!("{name}-{number}")), line)?;
        }
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        match path.is_dir() {
            true => found.extend(files(&path)?),
            false => found.push(path),
        }
    }
    Ok(found)
}

/// Runs one target; gives its last words on speed.
fn fuzz(target: &str, corpus: &Path, seconds: u32) -> Result<String> {
    let output = Command::new("cargo")
        .args(["+nightly", "fuzz", "run", target])
        .arg("--target-dir")
        .arg(repository().join("target/fuzz"))
        .arg(corpus)
        .arg("--")
        .args([
            &format!("-max_total_time={seconds}"),
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-max_len=8192",
            "-print_final_stats=1",
        ])
        .current_dir(repository().join("fuzz"))
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .context("cargo-fuzz is needed: `cargo install cargo-fuzz`, and a nightly compiler")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{target} found something:\n{said}");
    }
    let figure = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(name));
        line.map_or("?", str::trim).to_owned()
    };
    Ok(format!(
        "{} executions, {} a second",
        figure("stat::number_of_executed_units:"),
        figure("stat::average_exec_per_sec:")
    ))
}

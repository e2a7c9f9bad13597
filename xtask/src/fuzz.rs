//! Runs the fuzz targets, one after the other, from seeds that the repository has anyway.
//!
//! `cargo-fuzz` and a nightly compiler must be installed: `cargo install cargo-fuzz`.

use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use stepwell_testkit::guests::repository;

/// A target and what it starts from.
struct Target {
    name: &'static str,
    /// Folders, and the extension of the files in them.
    files: &'static [(&'static str, &'static str)],
    /// Inputs that no file has.
    inputs: &'static [&'static str],
}

const TARGETS: [Target; 8] = [
    Target {
        name: "egress",
        files: &[],
        inputs: &[
            "\u{1}api.example.com:443GET/v1/x*.example.com/v1/*",
            "\u{0}[::ffff:169.254.169.254]:80GET/latest169.254.169.254",
            "\u{1}0x7f.1PUT/a/%2e%2e/b2130706433",
            "\u{1}xn--bcher-kva.example.:8443HEAD//x\\y10.0.0.0/8",
        ],
    },
    Target {
        name: "expression",
        files: &[("crates/stepwell-expr/tests/tables", "txt")],
        inputs: &[],
    },
    Target {
        name: "logging_command",
        files: &[("crates/stepwell-engine/tests/tables", "toml")],
        inputs: &[],
    },
    Target {
        name: "masking",
        files: &[("crates/stepwell-engine/tests/tables", "toml")],
        inputs: &[
            "hunter2hunter2\u{1}aGVs\u{0}\u{1}\u{2}",
            "https://user:pa%20ss@host/\n\u{3}x",
            "abab\u{1}bab\u{0}aba\u{1}",
        ],
    },
    Target {
        name: "pipeline",
        files: &[("examples", "toml"), ("tests/pipelines", "toml")],
        inputs: &[],
    },
    Target {
        name: "template",
        files: &[
            ("crates/stepwell-spec/tests/template/tables", "txt"),
            ("examples", "toml"),
        ],
        inputs: &[],
    },
    Target {
        name: "terminal",
        files: &[],
        inputs: &[
            "\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}[31mred\u{1b}[0m",
            "a\rb\u{8}\u{9b}31m\u{202e}txt.exe\u{2066}",
            "{\"x\": \"\u{2028}\u{feff}\"}",
        ],
    },
    Target {
        name: "workspace_path",
        files: &[],
        inputs: &[
            "a/x",
            "in/x",
            "up",
            "out/secret",
            "a/top/secret",
            "own/x",
            ".stepwell/x",
            "../secret",
            "/a/../../secret",
            "a/b/../../../secret",
            "loop",
            "**/*",
            "in/**",
            "a/{x,top}",
        ],
    },
];

/// Runs every target for so many seconds and tells how fast it was.
pub(crate) fn run(seconds: u32) -> Result<()> {
    let mut told = Vec::new();
    for target in TARGETS {
        let name = target.name;
        let corpus = repository().join("target/fuzz-corpus").join(name);
        fs::create_dir_all(&corpus)?;
        for (folder, extension) in target.files {
            plant(&repository().join(folder), extension, &corpus)?;
        }
        for (number, input) in target.inputs.iter().enumerate() {
            fs::write(corpus.join(format!("input-{number}")), input)?;
        }
        told.push(format!("{name:<16} {}", fuzz(name, &corpus, seconds)?));
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

//! Pipelines and what becomes of them: each folder beside this file is a case.
//!
//! A case is a `pipeline.toml` with either `events.txt`, what happened in its run, or
//! `diagnostics.txt`, why there is none. All other files of the folder are files of the project.
//! Guests that a pipeline or template names, as `guests/NAME.wasm`, are put beside them.
//! `STEPWELL_BLESS=1` writes what is expected from what happens; look at the difference.

#![cfg(test)]

mod publication;
mod transcript;

use libtest_mimic::{Arguments, Failed, Trial};
use similar::TextDiff;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use stepwell_testkit::TestEnv;
use transcript::transcript;

const EVENTS: &str = "events.txt";
const DIAGNOSTICS: &str = "diagnostics.txt";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pipelines");
    let mut trials: Vec<Trial> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            Trial::test(name, move || check(&path))
        })
        .collect();
    trials.sort_by(|one, other| one.name().cmp(other.name()));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(case: &Path) -> Result<(), Failed> {
    let (file, text) = happen(case);
    let path = case.join(file);
    if std::env::var_os("STEPWELL_BLESS").is_some() {
        for file in [EVENTS, DIAGNOSTICS] {
            let _ = fs::remove_file(case.join(file));
        }
        fs::write(&path, text)?;
        return Ok(());
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected == text {
        return Ok(());
    }
    let difference = TextDiff::from_lines(&expected, &text);
    let difference = difference
        .unified_diff()
        .header("expected", "happened")
        .to_string();
    Err(format!(
        "{}\n{difference}\nSTEPWELL_BLESS=1 accepts it",
        path.display()
    )
    .into())
}

/// Runs the case. Returns what happened and which file that belongs into.
fn happen(case: &Path) -> (&'static str, String) {
    let env = TestEnv::new(env!("CARGO_BIN_EXE_stepwell"));
    copy(case, Path::new(""), &env);
    let output = env.stepwell(&["run", "--output", "json"]);
    if matches!(output.code, 2 | 3) {
        // People's words, since that is what is worth reading here.
        let output = env.stepwell(&["run"]);
        let told = env.redact(&output.stderr);
        return (DIAGNOSTICS, format!("{told}exit code {}\n", output.code));
    }
    assert_eq!(output.stderr, "");
    let (warnings, events): (Vec<&str>, Vec<&str>) = output
        .stdout
        .lines()
        .partition(|line| line.contains("\"type\":\"diagnostic\""));
    let mut text = String::new();
    if !warnings.is_empty() {
        text += &env.redact(&env.stepwell(&["check"]).stderr);
    }
    text += &transcript(&events.join("\n"));
    (EVENTS, format!("{text}exit code {}\n", output.code))
}

/// Puts the files below `folder` of the case into the project, and the guests that they name.
fn copy(case: &Path, folder: &Path, env: &TestEnv) {
    for entry in fs::read_dir(case.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            copy(case, &path, env);
            continue;
        }
        if [EVENTS, DIAGNOSTICS]
            .iter()
            .any(|file| path == Path::new(file))
        {
            continue;
        }
        let bytes = fs::read(entry.path()).unwrap();
        let guests: Vec<String> = String::from_utf8_lossy(&bytes)
            .split('"')
            .filter_map(|text| text.strip_suffix(".wasm")?.rsplit_once("guests/"))
            .map(|(_, name)| name.to_owned())
            .collect();
        env.add_guests(&guests.iter().map(String::as_str).collect::<Vec<_>>());
        env.write(&path, bytes);
    }
}

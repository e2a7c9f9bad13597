//! Pipelines and what becomes of them: each folder beside this file is a case.
//!
//! A case is a `pipeline.toml` with either `events.txt`, what happened in its run, or
//! `diagnostics.txt`, why there is none. Guests that it names, as `guests/NAME.wasm`, are put beside
//! it. `STEPWELL_BLESS=1` writes what is expected from what happens; look at the difference.

#![cfg(test)]

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
    let pipeline = fs::read_to_string(case.join("pipeline.toml")).unwrap();
    let guests: Vec<&str> = pipeline
        .split('"')
        .filter_map(|text| text.strip_prefix("guests/")?.strip_suffix(".wasm"))
        .collect();
    env.add_guests(&guests);
    env.write("pipeline.toml", &pipeline);
    let output = env.stepwell(&["run", "--output", "json"]);
    if matches!(output.code, 2 | 3) {
        // People's words, since that is what is worth reading here.
        let output = env.stepwell(&["check"]);
        let told = env.redact(&output.stderr);
        return (DIAGNOSTICS, format!("{told}exit code {}\n", output.code));
    }
    assert_eq!(output.stderr, "");
    (
        EVENTS,
        format!("{}exit code {}\n", transcript(&output.stdout), output.code),
    )
}

//! The programs of WebAssembly's `wasi-testsuite`: what WASI says, as others understand it.
//!
//! They are not in this repository: `cargo xtask conformance FOLDER` takes a checkout of the branch
//! `prod/testsuite-base`, which has them built. Those for preview 1 are adapted as any task is;
//! those for 0.3 are not for this host. What is known to fail is listed in `conformance.toml`.

use crate::harness::{Ran, run_bytes};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use stepwell_event::Outcome;

const CHECKOUT: &str = "STEPWELL_WASI_TESTSUITE";
const ADAPTED: &str = "wasm32-wasip1";

/// What is known to fail, `LANGUAGE/NAME = "why"`.
const EXPECTED: &str = include_str!("conformance.toml");

#[test]
fn the_wasi_testsuite_passes_but_for_what_is_listed() {
    let Some(checkout) = std::env::var_os(CHECKOUT) else {
        println!("skipped: {CHECKOUT} names no checkout of wasi-testsuite");
        return;
    };
    let expected = expected();
    let mut failed = BTreeMap::new();
    println!(
        "{:<18}{:>8}{:>8}{:>18}{:>16}",
        "", "passed", "failed", "failed as listed", "not for 0.2"
    );
    let tests = PathBuf::from(checkout).join("tests");
    for language in folders(&tests) {
        let suite = tests.join(&language).join("testsuite");
        let all = programs(&suite.join(ADAPTED));
        let mut counts = [0; 3];
        for program in &all {
            let name = program.file_stem().unwrap().to_str().unwrap();
            let name = format!("{language}/{name}");
            match (check(program), expected.contains_key(&name)) {
                (Ok(()), false) => counts[0] += 1,
                (Err(_), true) => counts[2] += 1,
                (Err(why), false) => {
                    counts[1] += 1;
                    failed.insert(name, why);
                }
                (Ok(()), true) => {
                    counts[1] += 1;
                    failed.insert(name, "passes, and is listed as failing".to_owned());
                }
            }
        }
        let others: usize = folders(&suite)
            .iter()
            .filter(|name| *name != ADAPTED)
            .map(|name| programs(&suite.join(name)).len())
            .sum();
        let [passed, wrong, listed] = counts;
        println!("{language:<18}{passed:>8}{wrong:>8}{listed:>18}{others:>16}");
    }
    for (name, why) in &expected {
        println!("as listed: {name}: {why}");
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

fn expected() -> BTreeMap<String, String> {
    let line = |line: &str| -> Option<(String, String)> {
        let (name, why) = line.split_once(" = ")?;
        let text = |text: &str| text.trim().trim_matches('"').to_owned();
        Some((text(name), text(why)))
    };
    let lines = EXPECTED.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(line).collect()
}

/// Runs one program; the error says what was not as its manifest wants it.
fn check(program: &Path) -> Result<(), String> {
    let manifest = fs::read_to_string(program.with_extension("json"));
    let manifest: Value = match manifest {
        Ok(text) => serde_json::from_str(&text).unwrap(),
        Err(_) => Value::Null,
    };
    let args = manifest["args"].as_array().into_iter().flatten();
    let args = args.map(|arg| arg.as_str().unwrap());
    let mut step = run_bytes(fs::read(program).unwrap()).args(args);
    for (name, value) in manifest["env"].as_object().into_iter().flatten() {
        step = step.env(name, value.as_str().unwrap());
    }
    let place = tempfile::tempdir().unwrap();
    if let Some(root) = manifest["root"].as_str() {
        copy(&program.with_file_name(root), place.path());
        step = step.workspace(place.path());
    }
    judge(&step.go(), &manifest)
}

fn judge(ran: &Ran, manifest: &Value) -> Result<(), String> {
    let code = match ran.outcome() {
        Outcome::Succeeded => 0,
        Outcome::ExitCode { code } => i64::from(*code),
        other => return Err(format!("{other:?} {}", ran.stderr())),
    };
    let wanted = manifest["exit_code"].as_i64().unwrap_or_default();
    if code != wanted {
        return Err(format!("exit code {code}, not {wanted}: {}", ran.stderr()));
    }
    for (name, said) in [("stdout", ran.stdout()), ("stderr", ran.stderr())] {
        if let Some(wanted) = manifest[name].as_str()
            && said != wanted
        {
            return Err(format!("{name} is {said:?}, not {wanted:?}"));
        }
    }
    Ok(())
}

fn folders(of: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(of).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
    entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

fn programs(folder: &Path) -> BTreeSet<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .collect()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let copied = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&copied).unwrap();
            copy(&entry.path(), &copied);
        } else {
            fs::copy(entry.path(), &copied).unwrap();
        }
    }
}

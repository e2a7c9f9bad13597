//! Which crate may know which.
//!
//! Pure crates know pure crates; adapters know what crosses their border and never one another; the
//! edge wires them together. Each outside library that shapes a crate is named by that crate alone.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use stepwell_testkit::guests::repository;

/// No I/O, no clock, no runtime.
const PURE: [(&str, &[&str]); 10] = [
    ("stepwell-bisect", &["stepwell-event"]),
    ("stepwell-diagnostic", &[]),
    ("stepwell-egress", &["stepwell-event"]),
    ("stepwell-event", &[]),
    ("stepwell-expr", &["stepwell-event"]),
    ("stepwell-import", &[]),
    ("stepwell-results", &[]),
    (
        "stepwell-spec",
        &[
            "stepwell-diagnostic",
            "stepwell-egress",
            "stepwell-event",
            "stepwell-expr",
        ],
    ),
    (
        "stepwell-plan",
        &[
            "stepwell-diagnostic",
            "stepwell-event",
            "stepwell-expr",
            "stepwell-spec",
        ],
    ),
    (
        "stepwell-engine",
        &["stepwell-event", "stepwell-expr", "stepwell-plan"],
    ),
];

/// Each has one part of the world as its business.
const ADAPTERS: [(&str, &[&str]); 5] = [
    ("stepwell-sandbox", &["stepwell-egress", "stepwell-event"]),
    ("stepwell-tasks", &["stepwell-event"]),
    ("stepwell-store", &["stepwell-event"]),
    ("stepwell-workspace", &["stepwell-event"]),
    (
        "stepwell-report",
        &[
            "stepwell-diagnostic",
            "stepwell-event",
            "stepwell-expr",
            "stepwell-plan",
        ],
    ),
];

const EDGES: [(&str, &[&str]); 5] = [
    (
        "stepwell-worker",
        &["stepwell-egress", "stepwell-event", "stepwell-sandbox"],
    ),
    (
        "stepwell-runner",
        &[
            "stepwell-engine",
            "stepwell-event",
            "stepwell-expr",
            "stepwell-plan",
            "stepwell-results",
            "stepwell-sandbox",
            "stepwell-store",
            "stepwell-workspace",
        ],
    ),
    (
        "stepwell-culprit",
        &[
            "stepwell-bisect",
            "stepwell-engine",
            "stepwell-event",
            "stepwell-plan",
            "stepwell-runner",
            "stepwell-sandbox",
            "stepwell-store",
            "stepwell-workspace",
        ],
    ),
    (
        "stepwell-selftest",
        &[
            "stepwell-event",
            "stepwell-runner",
            "stepwell-sandbox",
            "stepwell-worker",
        ],
    ),
    (
        "stepwell-cli",
        &[
            "stepwell-bisect",
            "stepwell-culprit",
            "stepwell-diagnostic",
            "stepwell-engine",
            "stepwell-event",
            "stepwell-expr",
            "stepwell-import",
            "stepwell-plan",
            "stepwell-report",
            "stepwell-runner",
            "stepwell-sandbox",
            "stepwell-selftest",
            "stepwell-spec",
            "stepwell-store",
            "stepwell-tasks",
            "stepwell-worker",
            "stepwell-workspace",
        ],
    ),
];

/// For guests, for tests, for building.
const OTHERS: [(&str, &[&str]); 4] = [
    ("stepwell-oracle", &[]),
    ("stepwell-task", &[]),
    ("stepwell-testkit", &[]),
    ("xtask", &["stepwell-testkit"]),
];

/// Libraries that only these crates name.
const RESERVED: [(&str, &[&str]); 18] = [
    ("landlock", &["stepwell-worker"]),
    ("seccompiler", &["stepwell-worker"]),
    ("libc", &["stepwell-testkit", "stepwell-worker"]),
    ("wasmtime", &["stepwell-sandbox"]),
    ("wasmtime-wasi", &["stepwell-sandbox"]),
    ("wasmtime-wasi-http", &["stepwell-sandbox"]),
    ("hyper", &["stepwell-sandbox"]),
    ("tokio-rustls", &["stepwell-sandbox"]),
    ("wasmparser", &["stepwell-sandbox"]),
    ("wit-component", &["stepwell-sandbox"]),
    ("sqlx", &["stepwell-store"]),
    ("cap-std", &["stepwell-workspace"]),
    ("quick-xml", &["stepwell-results"]),
    ("granit-parser", &["stepwell-import"]),
    ("clap", &["stepwell-cli"]),
    ("lettre", &["stepwell-culprit"]),
    // A library's errors are typed.
    ("anyhow", &["stepwell-testkit", "xtask"]),
    (
        "tokio",
        &[
            "stepwell-cli",
            "stepwell-culprit",
            "stepwell-runner",
            "stepwell-sandbox",
            "stepwell-selftest",
            "stepwell-store",
            "stepwell-worker",
        ],
    ),
];

/// A member of the workspace.
struct Member {
    name: String,
    folder: PathBuf,
    /// The dependencies that ship with it.
    normal: BTreeSet<String>,
    /// Those of its tests and its build.
    other: BTreeSet<String>,
}

fn members() -> Vec<Member> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "metadata",
            "--format-version=1",
            "--no-deps",
            "--offline",
            "--locked",
        ])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(member)
        .collect()
}

fn member(package: &Value) -> Member {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let (normal, other) = package["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .partition::<Vec<_>, _>(|dependency| dependency["kind"].is_null());
    let names = |dependencies: Vec<&Value>| {
        let name = |dependency: &Value| dependency["name"].as_str().unwrap().to_owned();
        dependencies.into_iter().map(name).collect()
    };
    Member {
        name: package["name"].as_str().unwrap().to_owned(),
        folder: manifest.parent().unwrap().to_owned(),
        normal: names(normal),
        other: names(other),
    }
}

#[test]
fn crates_know_exactly_the_crates_that_they_may_know() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> = PURE
        .iter()
        .chain(&ADAPTERS)
        .chain(&EDGES)
        .chain(&OTHERS)
        .map(|(name, known)| (*name, known.iter().copied().collect()))
        .collect();
    let members = members();
    let names: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let listed: BTreeSet<&str> = allowed.keys().copied().collect();
    assert_eq!(names, listed, "every crate has its row");
    for member in &members {
        let known: BTreeSet<&str> = member
            .normal
            .iter()
            .map(String::as_str)
            .filter(|name| names.contains(name))
            .collect();
        assert_eq!(known, allowed[member.name.as_str()], "{}", member.name);
        // A test may read a text to have something to begin with; that needs no adapter.
        for name in &member.other {
            let pure = PURE.iter().any(|(pure, _)| pure == name);
            assert!(
                name == "stepwell-testkit" || pure || !names.contains(name.as_str()),
                "the tests of {} know {name}",
                member.name
            );
        }
    }
}

#[test]
fn the_table_keeps_the_layers_apart() {
    let names = |rows: &[(&'static str, &[&str])]| -> BTreeSet<&str> {
        rows.iter().map(|(name, _)| *name).collect()
    };
    let (pure, adapters) = (names(&PURE), names(&ADAPTERS));
    for (name, known) in PURE.iter().chain(&ADAPTERS) {
        assert!(known.iter().all(|known| pure.contains(known)), "{name}");
    }
    assert!(pure.is_disjoint(&adapters));
}

#[test]
fn libraries_that_shape_a_crate_are_named_by_it_alone() {
    for member in members() {
        for (library, owners) in RESERVED {
            let named = member.normal.contains(library);
            assert!(
                !named || owners.contains(&member.name.as_str()),
                "{}: {library}",
                member.name
            );
        }
    }
}

#[test]
fn every_dependency_is_used() {
    let mut unused = Vec::new();
    for member in members() {
        let mut source = String::new();
        for folder in ["src", "tests", "benches", "examples"] {
            source += &text_below(&member.folder.join(folder));
        }
        source += &fs::read_to_string(member.folder.join("build.rs")).unwrap_or_default();
        // Suites that cross crates are in the folder at the top.
        let manifest = fs::read_to_string(member.folder.join("Cargo.toml")).unwrap();
        for suite in ["cli", "examples", "pipelines", "sandbox", "tidy"] {
            if manifest.contains(&format!("tests/{suite}/main.rs")) {
                source += &text_below(&repository().join("tests").join(suite));
            }
        }
        for name in member.normal.iter().chain(&member.other) {
            if !source.contains(&name.replace('-', "_")) {
                unused.push(format!("{}: {name}", member.name));
            }
        }
    }
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for member in members() {
        let manifest = fs::read_to_string(member.folder.join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true\n"),
            "{}",
            member.name
        );
    }
}

fn text_below(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &text_below(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

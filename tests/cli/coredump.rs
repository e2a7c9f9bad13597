//! `--coredump`: the memory of a step that traps, for nobody but the user.

use crate::{project, step};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_trap_leaves_a_private_core_dump_if_it_was_asked_for() {
    let env = project(&step("", &["say:hello", "panic:oh no"]));
    assert_eq!(env.stepwell(&["run"]).code, 1);
    let folder = env.project().join(".stepwell/coredumps");
    assert!(!folder.exists());

    let output = env.stepwell(&["run", "--coredump", "--output", "json"]);
    assert_eq!(output.code, 1, "{}", output.stderr);
    let events = output.stdout.lines();
    let events = events.map(|line| serde_json::from_str::<Value>(line).unwrap());
    let kept: Vec<Value> = events
        .filter(|event| event["type"] == "step-kept")
        .collect();
    assert_eq!(kept.len(), 1, "{}", output.stdout);
    let run = kept[0]["run"].as_str().unwrap();
    let path = format!(".stepwell/coredumps/{run}-main-1.coredump");
    assert_eq!(kept[0]["kept"]["path"], path.as_str());
    let file = env.project().join(&path);
    let dump = fs::read(&file).unwrap();
    assert_eq!(kept[0]["kept"]["bytes"], dump.len());
    // A module of WebAssembly, with the sections of the format.
    assert!(dump.starts_with(b"\0asm\x01\0\0\0"));
    for section in ["corestack", "coremodules", "oh no"] {
        let found = dump
            .windows(section.len())
            .any(|bytes| bytes == section.as_bytes());
        assert!(found, "there is no `{section}` in the dump");
    }
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let output = env.stepwell(&["run", "--coredump"]);
    assert!(
        output
            .stdout
            .contains("which holds all that the step knew, secrets included"),
        "{}",
        output.stdout
    );
}

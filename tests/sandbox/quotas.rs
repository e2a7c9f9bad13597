//! What a step writes has an end, whichever way it writes.

use crate::harness::{Ran, Step, alone, resident_bytes, run};
use std::fs;
use std::path::Path;
use stepwell_event::{LimitKind, Outcome};
use tempfile::TempDir;

const KIB: u64 = 1 << 10;

fn workspace() -> TempDir {
    let workspace = tempfile::tempdir().unwrap();
    fs::write(workspace.path().join("old"), [1; 5000]).unwrap();
    workspace
}

fn limited(workspace: &Path, limit: LimitKind, value: u64) -> Step {
    run("fs_script").workspace(workspace).limit(limit, value)
}

/// The limit that ended a step: its value, and what was asked for.
fn exceeded(ran: &Ran, kind: LimitKind) -> (u64, u64) {
    match ran.outcome() {
        Outcome::LimitExceeded { limit, value, used } => {
            assert_eq!(*limit, kind);
            (*value, *used)
        }
        other => panic!("{other:?} {}", ran.stdout()),
    }
}

fn stopped_at(kind: LimitKind, value: u64, lines: &[&str]) -> Ran {
    let workspace = workspace();
    let step = limited(workspace.path(), kind, value);
    step.args(lines).args(["exit 1"]).go()
}

pub(crate) fn provoke_written() -> Ran {
    stopped_at(LimitKind::Written, 10_000, &["write file 20000"])
}

pub(crate) fn provoke_file_size() -> Ran {
    stopped_at(LimitKind::FileSize, 10_000, &["resize file 10001"])
}

pub(crate) fn provoke_files() -> Ran {
    stopped_at(LimitKind::Files, 3, &["files . 4"])
}

pub(crate) fn provoke_depth() -> Ran {
    stopped_at(LimitKind::Depth, 4, &["chain . 5"])
}

pub(crate) fn provoke_listed_entries() -> Ran {
    let lines = ["files . 19", "hold . 3"];
    stopped_at(LimitKind::ListedEntries, 50, &lines)
}

#[test]
fn bytes_are_counted_however_they_are_written() {
    let ran = provoke_written();
    assert_eq!(exceeded(&ran, LimitKind::Written), (10_000, 12_288));
    assert!(
        ran.stdout()
            .contains("write file 20000: insufficient-space\n")
    );
    assert_eq!(ran.report.usage.written, 8_192);
    // Twice the same place counts twice, and removing a file gives nothing back.
    let lines = [
        "write file 4000",
        "write file 4000",
        "remove file",
        "put file 0",
    ];
    let ran = stopped_at(LimitKind::Written, 8_001, &lines);
    assert_eq!(ran.outcome(), &Outcome::ExitCode { code: 1 });
    assert_eq!(
        (ran.report.usage.written, ran.report.usage.files),
        (8_001, 2)
    );
    let ran = stopped_at(LimitKind::Written, 8_000, &lines);
    assert_eq!(exceeded(&ran, LimitKind::Written), (8_000, 8_001));
    let ran = stopped_at(
        LimitKind::Written,
        8_000,
        &["append file 4096", "append file 4096"],
    );
    assert_eq!(exceeded(&ran, LimitKind::Written), (8_000, 8_192));
    assert_eq!(ran.report.usage.written, 4_096);
}

#[test]
fn a_file_has_a_largest_size_however_it_grows() {
    assert_eq!(
        exceeded(&provoke_file_size(), LimitKind::FileSize),
        (10_000, 10_001)
    );
    let check = |line: &str, used| {
        let ran = stopped_at(LimitKind::FileSize, 6_000, &[line]);
        assert_eq!(exceeded(&ran, LimitKind::FileSize), (6_000, used), "{line}");
        assert!(
            ran.stdout().contains(": file-too-large\n"),
            "{}",
            ran.stdout()
        );
    };
    check("write file 8192", 8_192);
    check("append old 4096", 9_096);
    check("put old 6000", 6_001);
    check("resize old 1099511627776", 1 << 40);
    let ran = stopped_at(
        LimitKind::FileSize,
        6_000,
        &["put old 5999", "resize old 6000"],
    );
    assert_eq!(ran.outcome(), &Outcome::ExitCode { code: 1 });
}

#[test]
fn a_terabyte_is_refused_by_default() {
    let workspace = workspace();
    let ran = run("fs_script")
        .workspace(workspace.path())
        .args([
            "resize old 1099511627776",
            "resize old 18446744073709551615",
        ])
        .go();
    let text = ran.succeeded();
    assert_eq!(text.matches(": file-too-large\n").count(), 2, "{text}");
    assert_eq!(
        fs::metadata(workspace.path().join("old")).unwrap().len(),
        5_000
    );
    // Once on the record is enough.
    let denials = ran.denials();
    assert_eq!(denials.len(), 1, "{denials:?}");
    assert_eq!(denials[0].capability, "limit");
    assert_eq!(denials[0].target, "bytes in one file beyond 1GiB");
    assert_eq!(
        denials[0].grant.as_deref(),
        Some("limits = { file-size = \"2GiB\" }")
    );
}

#[test]
fn files_folders_and_links_are_counted() {
    assert_eq!(exceeded(&provoke_files(), LimitKind::Files), (3, 4));
    let lines = [
        "make a",
        "create b",
        "symlink c b",
        "link b d",
        "create b",
        "rename d e",
    ];
    let ran = stopped_at(LimitKind::Files, 4, &lines);
    assert_eq!(ran.outcome(), &Outcome::ExitCode { code: 1 });
    assert_eq!(ran.report.usage.files, 4);
    for one_more in ["make f", "create f", "symlink f b", "link b f"] {
        let mut lines = lines.to_vec();
        lines.push(one_more);
        let ran = stopped_at(LimitKind::Files, 4, &lines);
        assert_eq!(exceeded(&ran, LimitKind::Files), (4, 5), "{one_more}");
    }
}

#[test]
fn depth_has_an_end_for_what_is_moved_too() {
    assert_eq!(exceeded(&provoke_depth(), LimitKind::Depth), (4, 5));
    let moved = [
        "make a",
        "make b",
        "chain a 3",
        "chain b 3",
        "rename a b/a",
        "rename a/d b/d/a",
        "rename b/d/d b/x",
    ];
    let ran = stopped_at(LimitKind::Depth, 4, &moved);
    assert_eq!(exceeded(&ran, LimitKind::Depth), (4, 5));
    let text = ran.stdout();
    let said: Vec<&str> = text
        .lines()
        .map(|line| line.rsplit_once(": ").unwrap().1)
        .collect();
    assert_eq!(said[4..], ["name-too-long", "name-too-long", "ok"]);
}

#[test]
fn twenty_thousand_levels_end_at_the_depth() {
    let ran = stopped_at(LimitKind::Depth, 64, &["chain . 20000"]);
    assert_eq!(exceeded(&ran, LimitKind::Depth), (64, 65));
    assert_eq!(ran.report.usage.files, 64);
}

#[test]
fn listings_are_counted_while_they_are_held() {
    let ran = provoke_listed_entries();
    // With the file that was there, each listing has 20 entries.
    assert_eq!(exceeded(&ran, LimitKind::ListedEntries), (50, 51));
    assert!(ran.stdout().contains("hold . 3: insufficient-memory\n"));
    let lines = ["files . 19", "hold . 2", "hold . 2"];
    let ran = stopped_at(LimitKind::ListedEntries, 50, &lines);
    assert_eq!(ran.outcome(), &Outcome::ExitCode { code: 1 });
}

#[test]
fn listings_of_a_large_folder_cost_the_host_little() {
    alone(
        "quotas::listings_of_a_large_folder_cost_the_host_little",
        || {
            let workspace = tempfile::tempdir().unwrap();
            for index in 0..5_000 {
                fs::write(workspace.path().join(format!("{index:0200}")), "").unwrap();
            }
            let run = |times: &str| {
                run("fs_script")
                    .read_only(workspace.path())
                    .args([times])
                    .go()
            };
            run("hold . 1").succeeded();
            let (before, _) = resident_bytes();
            let ran = run("hold . 100");
            assert_eq!(ran.succeeded(), "hold . 100: insufficient-memory\n");
            let (_, peak) = resident_bytes();
            assert!(
                peak - before < 64 * KIB * KIB,
                "{} KiB",
                (peak - before) / KIB
            );
        },
    );
}

#[test]
fn a_refusal_is_the_cause_only_of_a_step_that_fails() {
    let workspace = workspace();
    let ran = |last: &[&str]| {
        limited(workspace.path(), LimitKind::Written, 100)
            .args(["write file 101"])
            .args(last)
            .go()
    };
    let fine = ran(&[]);
    assert_eq!(fine.succeeded(), "write file 101: insufficient-space\n");
    let [denial] = &fine.denials()[..] else {
        panic!("{:?}", fine.denials());
    };
    assert_eq!(denial.target, "bytes written to files beyond 100B");
    assert_eq!(
        denial.grant.as_deref(),
        Some("limits = { written = \"200B\" }")
    );
    for end in ["exit 1", "exit 77", "panic"] {
        assert_eq!(
            exceeded(&ran(&[end]), LimitKind::Written),
            (100, 101),
            "{end}"
        );
    }
}

#[test]
fn a_step_that_touches_no_file_used_none() {
    let ran = run("env_print").go();
    assert_eq!((ran.report.usage.written, ran.report.usage.files), (0, 0));
}

/// What a step has begun to write is written when it has ended, however it ended.
#[test]
fn no_write_is_under_way_after_the_end() {
    let workspace = tempfile::tempdir().unwrap();
    let ran = run("fs_pending")
        .workspace(workspace.path())
        .args([100])
        .go();
    assert_eq!(ran.succeeded(), "100 pending\n");
    for index in 0..100 {
        let file = workspace.path().join(format!("f{index}"));
        assert_eq!(fs::metadata(file).unwrap().len(), 128 << 10);
    }
    assert_eq!(ran.report.usage.written, 100 * (128 << 10));
}

#[test]
fn more_pending_writes_than_the_host_keeps_are_refused() {
    let workspace = tempfile::tempdir().unwrap();
    let ran = run("fs_pending")
        .workspace(workspace.path())
        .args([500])
        .go();
    assert!(!ran.outcome().is_success() || ran.stdout() == "500 pending\n");
    let usage = ran.report.usage;
    assert_eq!(usage.written % (128 << 10), 0);
    let held: u64 = fs::read_dir(workspace.path())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert_eq!(held, usage.written);
}

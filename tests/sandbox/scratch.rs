//! The folder `/tmp` of a step that has one.

use crate::harness::{Ran, Step, run};
use std::fs;
use stepwell_event::{Access, LimitKind, Outcome};
use stepwell_sandbox::{Sandbox, SandboxConfig};
use tempfile::TempDir;

/// A sandbox whose scratch folders are in a folder of the test's own.
struct Own {
    folder: TempDir,
    sandbox: Sandbox,
}

impl Own {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::new(&SandboxConfig {
            scratch: Some(folder.path().to_owned()),
            ..SandboxConfig::default()
        });
        Self {
            sandbox: sandbox.unwrap(),
            folder,
        }
    }

    /// Runs a step, after which nothing may be left.
    fn run(&self, step: Step) -> Ran {
        let ran = step.go_in(&self.sandbox);
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 0);
        ran
    }
}

fn script(lines: &[&str]) -> Step {
    run("fs_script").args(lines)
}

#[test]
fn it_is_empty_can_be_written_and_is_gone() {
    let own = Own::new();
    for _ in 0..2 {
        let ran = own.run(run("fs_list").scratch(1 << 20));
        assert_eq!(
            ran.succeeded(),
            "folder /tmp\nrelative false\nabsolute false\n"
        );
        let ran =
            own.run(script(&["write tmp/file 10", "open tmp/file", "make tmp/a"]).scratch(1 << 20));
        assert_eq!(ran.succeeded().matches(": ok\n").count(), 3);
        assert_eq!((ran.report.usage.written, ran.report.usage.files), (10, 2));
    }
}

#[test]
fn it_has_a_quota_of_its_own() {
    let own = Own::new();
    let workspace = tempfile::tempdir().unwrap();
    let lines = [
        "write tmp/file 8192",
        "write file 20000",
        "write tmp/more 1",
        "exit 1",
    ];
    let ran = own.run(script(&lines).workspace(workspace.path()).scratch(8192));
    assert_eq!(
        ran.outcome(),
        &Outcome::LimitExceeded {
            limit: LimitKind::Written,
            value: 8192,
            used: 8193
        }
    );
    let text = ran.stdout();
    assert!(
        text.ends_with("write tmp/more 1: insufficient-space\n"),
        "{text}"
    );
    let denials = ran.denials();
    assert_eq!(denials.len(), 1, "{denials:?}");
    assert_eq!(denials[0].capability, "scratch");
    assert_eq!(
        denials[0].grant.as_deref(),
        Some("allow = { scratch = \"2MiB\" }")
    );
    let ran = own.run(script(&["resize tmp/file 8193"]).scratch(8192));
    assert_eq!(ran.succeeded(), "resize tmp/file 8193: file-too-large\n");
}

#[test]
fn it_is_no_way_into_the_workspace_or_out() {
    let own = Own::new();
    let workspace = tempfile::tempdir().unwrap();
    fs::write(workspace.path().join("file"), "original").unwrap();
    let lines = [
        "link file tmp/file",
        "rename file tmp/file",
        "create tmp/mine",
        "rename tmp/mine file",
        "link tmp/mine second",
        "open tmp/../file",
        "open /tmp!..",
        "open /tmp!../../etc/passwd",
        "symlink tmp/up ../..",
        "open tmp/up",
        "open tmp/up/",
        "create tmp/up/planted",
    ];
    let ran = own.run(script(&lines).read_only(workspace.path()).scratch(1 << 20));
    let text = ran.succeeded();
    let ok: Vec<&str> = text.lines().filter(|line| line.ends_with(": ok")).collect();
    assert_eq!(ok, ["create tmp/mine: ok", "symlink tmp/up ../..: ok"]);
    assert_eq!(
        fs::read(workspace.path().join("file")).unwrap(),
        b"original"
    );
    assert_eq!(fs::read_dir(workspace.path()).unwrap().count(), 1);
}

/// A repository made there is nobody's but the step's.
#[test]
fn names_that_are_closed_elsewhere_are_free_there() {
    let own = Own::new();
    let lines = [
        "make tmp/.git",
        "create tmp/.git/config",
        "make tmp/.stepwell",
    ];
    let ran = own.run(script(&lines).scratch(1 << 20));
    assert_eq!(ran.succeeded().matches(": ok\n").count(), 3);
}

#[test]
fn it_is_removed_whatever_is_in_it_and_however_the_step_ends() {
    let own = Own::new();
    let deep = ["chain tmp 1000", "files tmp 500"];
    let step = |lines: &[&str]| {
        script(lines)
            .limit(LimitKind::Depth, 10_000)
            .scratch(1 << 20)
    };
    assert_eq!(
        own.run(step(&deep)).succeeded().matches(": ok\n").count(),
        2
    );
    let ran = own.run(script(&["make tmp/a", "create tmp/a/b", "panic"]).scratch(1 << 20));
    assert!(
        matches!(ran.outcome(), Outcome::Trapped { .. }),
        "{:?}",
        ran.outcome()
    );
    let ran = own.run(run("time_spin").scratch(1 << 20).timeout(100));
    assert_eq!(ran.outcome(), &Outcome::TimedOut { limit_ms: 100 });
}

#[test]
fn who_looks_for_it_and_has_none_is_told() {
    let workspace = tempfile::tempdir().unwrap();
    let check = |access, grants: &[&str]| {
        let ran = script(&["create tmp/file", "open tmp/file"])
            .grant(workspace.path(), access)
            .go();
        let told: Vec<String> = ran
            .denials()
            .into_iter()
            .filter_map(|it| it.grant)
            .collect();
        assert_eq!(told, grants, "{access:?}");
        assert!(!ran.succeeded().contains(": ok"));
    };
    let scratch = "allow = { scratch = \"64MiB\" }";
    check(Access::Read, &[scratch]);
    check(Access::Write, &[scratch]);
    fs::create_dir(workspace.path().join("tmp")).unwrap();
    check(Access::Read, &["allow = { folders = { tmp = \"write\" } }"]);
}

#[test]
fn a_folder_tmp_and_a_scratch_folder_exclude_each_other() {
    let workspace = tempfile::tempdir().unwrap();
    let ran = script(&[])
        .read_only(workspace.path())
        .folders(&[("tmp", Access::Write)])
        .scratch(1 << 20)
        .go();
    assert!(
        matches!(ran.outcome(), Outcome::Unusable { .. }),
        "{:?}",
        ran.outcome()
    );
}

#[test]
fn a_place_for_it_that_is_not_there_is_no_fault_of_the_guest() {
    let sandbox = Sandbox::new(&SandboxConfig {
        scratch: Some("/does/not/exist".into()),
        ..SandboxConfig::default()
    });
    let ran = script(&[]).scratch(1).go_in(&sandbox.unwrap());
    let Outcome::HostFailed { message } = ran.outcome() else {
        panic!("{:?}", ran.outcome());
    };
    assert!(message.contains("`/does/not/exist`"), "{message}");
}

//! Folders with more access than the rest of the workspace.

use crate::files::picture;
use crate::harness::{Ran, Step, run, sandbox};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use stepwell_event::{Access, Outcome};
use stepwell_sandbox::{Sandbox, SandboxConfig};
use tempfile::TempDir;

/// A workspace with sources and a folder for what is built.
fn workspace() -> TempDir {
    let workspace = tempfile::tempdir().unwrap();
    for folder in ["src", "dist"] {
        fs::create_dir(workspace.path().join(folder)).unwrap();
        fs::write(workspace.path().join(folder).join("file"), "original").unwrap();
    }
    workspace
}

fn script(workspace: &Path, access: Access, folders: &[(&str, Access)]) -> Step {
    run("fs_script").grant(workspace, access).folders(folders)
}

/// What a script said of each line, without the lines.
fn said(ran: &Ran) -> Vec<String> {
    let text = ran.succeeded();
    text.lines()
        .map(|line| line.rsplit_once(": ").unwrap().1.to_owned())
        .collect()
}

fn grants(ran: &Ran) -> Vec<String> {
    let denials = ran.denials().into_iter();
    denials.filter_map(|denial| denial.grant).collect()
}

fn unusable(ran: &Ran) -> &str {
    match ran.outcome() {
        Outcome::Unusable { message } => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_folder_can_be_written_while_the_rest_is_read() {
    let workspace = workspace();
    let ran = script(workspace.path(), Access::Read, &[("dist", Access::Write)])
        .args([
            "write dist/new 3",
            "make dist/folder",
            "open src/file",
            "write src/file 3",
            "write new 3",
        ])
        .go();
    let denied = "not-permitted";
    assert_eq!(said(&ran), ["ok", "ok", "ok", denied, denied]);
    assert_eq!(fs::read(workspace.path().join("dist/new")).unwrap(), [7; 3]);
    assert_eq!(
        grants(&ran),
        [
            "allow = { folders = { src = \"write\" } }",
            "allow = { workspace = \"write\" }"
        ]
    );
    let targets: Vec<String> = ran.denials().into_iter().map(|it| it.target).collect();
    assert_eq!(targets, ["changing `src/file`", "changing `new`"]);
}

#[test]
fn without_the_whole_only_the_folders_are_there() {
    let workspace = workspace();
    let ran = script(workspace.path(), Access::None, &[("src", Access::Read)])
        .args([
            "open src/file",
            "open dist/file",
            "open /!src/file",
            "write src/x 1",
        ])
        .go();
    assert_eq!(
        said(&ran),
        ["ok", "no folder", "no folder", "not-permitted"]
    );
    assert_eq!(grants(&ran), ["allow = { folders = { src = \"write\" } }"]);
    let ran = run("fs_read")
        .grant(workspace.path(), Access::None)
        .folders(&[("src", Access::Read)])
        .args(["src/file", "/src/file"])
        .go();
    assert_eq!(ran.succeeded(), "src/file: original\n/src/file: original\n");
}

/// What a second root with more access must not be a way to: RUSTSEC-2026-0149 (truncating by
/// open), RUSTSEC-2026-0188 (renames and hard links between roots).
#[test]
fn what_may_be_read_cannot_be_changed_through_another_folder() {
    let workspace = workspace();
    let before = picture(&workspace.path().join("src"));
    let lines = [
        "cut src/file",
        "create src/new",
        "resize src/file 1",
        "touch src/file",
        "touch-at src/file",
        "date src/file 1",
        "rename src/file dist/taken",
        "rename dist/file src/file",
        "rename dist/file /!src/given",
        "link src/file dist/second",
        "link /!src/file dist/second",
        "link dist/file src/second",
        "remove src/file",
        "symlink src/link file",
        "cut dist!../src/file",
        "open dist!../src/file",
        "create /dist!../src/new",
        "cut /dist!../src/file",
        "rename /dist!../src/file /dist!taken",
    ];
    let ran = script(workspace.path(), Access::Read, &[("dist", Access::Write)])
        .args(lines)
        .go();
    let text = ran.succeeded();
    assert_eq!(text.lines().count(), lines.len());
    for line in text.lines() {
        assert!(
            line.ends_with(": not-permitted") || line.ends_with(": no folder"),
            "{line}"
        );
    }
    assert_eq!(picture(&workspace.path().join("src")), before);
    assert_eq!(
        fs::read_dir(workspace.path().join("dist")).unwrap().count(),
        1
    );
}

/// GHSA-vqjp and GHSA-m9f7: a link and a slash after it.
#[test]
fn a_link_in_a_folder_leads_nowhere_that_the_folder_does_not() {
    let workspace = workspace();
    for (name, target) in [("up", ".."), ("src", "../src"), ("out", "/etc")] {
        symlink(target, workspace.path().join("dist").join(name)).unwrap();
    }
    let before = picture(&workspace.path().join("src"));
    let lines = [
        "open dist/up",
        "open dist/up/",
        "open dist/up/src/file",
        "open dist/src/",
        "open dist/src/file",
        "cut dist/src/file",
        "create dist/src/new",
        "create dist/up/src/new",
        "make dist/src/",
        "make dist/src/new/",
        "remove dist/src/file",
        "rename dist/src/file dist/x",
        "link dist/src/file dist/x",
        "open dist/out/",
        "open dist/out/passwd",
        "touch-at dist/src/file",
        "touch-at dist/src/",
        "remove-folder dist/up/src/",
    ];
    let ran = script(workspace.path(), Access::Read, &[("dist", Access::Write)])
        .args(lines)
        .go();
    let text = ran.succeeded();
    assert_eq!(text.lines().count(), lines.len());
    for line in text.lines() {
        assert!(!line.ends_with(": ok"), "{line}");
    }
    assert_eq!(picture(&workspace.path().join("src")), before);
}

#[test]
fn a_folder_that_is_missing_is_made_to_write_and_named_to_read() {
    let workspace = workspace();
    let ran = script(
        workspace.path(),
        Access::Read,
        &[("out/deep", Access::Write)],
    )
    .args(["create out/deep/file"])
    .go();
    assert_eq!(said(&ran), ["ok"]);
    assert!(workspace.path().join("out/deep/file").is_file());
    let ran = script(workspace.path(), Access::None, &[("none", Access::Read)]).go();
    assert_eq!(
        unusable(&ran),
        "the folder `none` of the workspace is not there"
    );
}

#[test]
fn a_granted_folder_is_never_behind_a_link() {
    let both = tempfile::tempdir().unwrap();
    let inside = both.path().join("inside");
    fs::create_dir_all(both.path().join("outside")).unwrap();
    fs::create_dir_all(inside.join("real")).unwrap();
    symlink("../outside", inside.join("dist")).unwrap();
    symlink("real", inside.join("near")).unwrap();
    fs::write(inside.join("file"), "").unwrap();
    for folder in [
        "dist",
        "dist/below",
        "near",
        "near/below",
        "file",
        "file/below",
    ] {
        let ran = script(&inside, Access::Read, &[(folder, Access::Write)]).go();
        let why = "is not a folder, or is behind a symbolic link";
        assert!(
            unusable(&ran).ends_with(why),
            "{folder}: {}",
            unusable(&ran)
        );
    }
    for folder in ["..", "../outside", "a/../..", "/etc", "", "real/"] {
        let ran = script(&inside, Access::Read, &[(folder, Access::Write)]).go();
        assert!(unusable(&ran).contains("cannot be granted"), "{folder}");
    }
    for folder in [".stepwell", "x/.git", ".git"] {
        let ran = script(&inside, Access::Read, &[(folder, Access::Write)]).go();
        assert!(unusable(&ran).ends_with("is not open to steps"), "{folder}");
    }
    assert_eq!(
        fs::read_dir(both.path().join("outside")).unwrap().count(),
        0
    );
    assert_eq!(fs::read_dir(inside).unwrap().count(), 4);
}

#[test]
fn what_git_trusts_keeps_its_times_too() {
    let workspace = workspace();
    fs::create_dir(workspace.path().join(".git")).unwrap();
    fs::write(workspace.path().join(".git/config"), "").unwrap();
    let before = picture(workspace.path());
    let ran = run("fs_script")
        .workspace(workspace.path())
        .args([
            "open .git/config",
            "touch .git/config",
            "touch .git",
            "touch-at .git/config",
        ])
        .go();
    let denied = "not-permitted";
    assert_eq!(said(&ran), ["ok", denied, denied, denied]);
    assert_eq!(picture(workspace.path()), before);
    assert_eq!(grants(&ran), Vec::<String>::new());
}

/// The hooks of a repository are not reached by a folder that is one thing when it is looked at and
/// another when it is changed, nor is anything outside.
#[test]
fn a_folder_that_is_swapped_for_a_link_leads_nowhere() {
    let both = tempfile::tempdir().unwrap();
    let (inside, outside) = (both.path().join("inside"), both.path().join("outside"));
    for folder in [&inside.join("folder"), &inside.join(".git/hooks"), &outside] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(inside.join("folder/file"), "inside").unwrap();
    fs::write(outside.join("file"), "outside").unwrap();
    let swapping = {
        let inside = inside.clone();
        std::thread::spawn(move || {
            run("fs_swap")
                .workspace(&inside)
                .args([2_000])
                .go()
                .succeeded()
        })
    };
    let chasing = run("fs_chase")
        .workspace(&inside)
        .args([2_000])
        .go_in(sandbox());
    swapping.join().unwrap();
    let got = chasing.succeeded();
    assert!(got.is_empty() || got == "inside\n", "{got}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(fs::read_dir(inside.join(".git/hooks")).unwrap().count(), 0);
}

#[test]
fn a_guest_that_takes_its_own_root_apart_gets_errors() {
    let workspace = workspace();
    let lines = [
        "remove dist/file",
        "remove-folder dist",
        "remove-folder .",
        "rename . src/root",
        "rename src ..",
        "rename src src/src",
        "remove-folder src/..",
        "create src/file/x",
    ];
    let ran = run("fs_script")
        .workspace(workspace.path())
        .args(lines)
        .go();
    let said = said(&ran);
    assert_eq!(said[..2], ["ok", "ok"]);
    for (line, said) in lines.iter().zip(&said).skip(2) {
        assert_ne!(said, "ok", "{line}");
    }
    assert!(workspace.path().join("src/file").is_file());
}

/// Whose link it is does not matter: what it leads to is what others trust.
#[test]
fn a_trusted_folder_behind_a_link_is_closed_by_its_real_name_too() {
    let workspace = workspace();
    for folder in ["state", "store/repository"] {
        fs::create_dir_all(workspace.path().join(folder)).unwrap();
        fs::write(workspace.path().join(folder).join("file"), "").unwrap();
    }
    symlink("state", workspace.path().join(".stepwell")).unwrap();
    symlink("store/repository", workspace.path().join(".git")).unwrap();
    let before = picture(workspace.path());
    let lines = [
        "open store/repository/file",
        "open state/file",
        "open .stepwell/file",
        "create state/new",
        "create store/repository/new",
        "cut .git/file",
        "rename state dist/state",
        "rename store dist/store",
        "remove .git",
    ];
    let ran = run("fs_script")
        .workspace(workspace.path())
        .args(lines)
        .go();
    let mut expect = ["not-permitted"; 9];
    expect[0] = "ok";
    assert_eq!(said(&ran), expect);
    assert_eq!(picture(workspace.path()), before);
}

#[test]
fn compiled_code_in_the_workspace_is_closed_and_stays_where_it_is() {
    let workspace = workspace();
    let cache = workspace.path().join("dist/cache/code");
    fs::create_dir_all(&cache).unwrap();
    fs::write(cache.join("key"), "").unwrap();
    let before = picture(workspace.path());
    let sandbox = Sandbox::new(&SandboxConfig {
        private: Some(fs::canonicalize(&cache).unwrap().into()),
        ..SandboxConfig::default()
    })
    .unwrap();
    let lines = [
        "open dist/cache/code/key",
        "create dist/cache/code/new",
        "rename dist/cache dist/aside",
        "remove dist/cache/code/key",
    ];
    for folders in [&[][..], &[("dist", Access::Write)]] {
        let access = match folders {
            [] => Access::Write,
            _ => Access::Read,
        };
        let ran = script(workspace.path(), access, folders)
            .args(lines)
            .go_in(&sandbox);
        assert_eq!(said(&ran), ["not-permitted"; 4]);
        assert_eq!(grants(&ran), Vec::<String>::new());
    }
    for folder in ["dist/cache/code", "dist/cache/code/below"] {
        let ran = script(workspace.path(), Access::Read, &[(folder, Access::Write)]);
        let ran = ran.go_in(&sandbox);
        assert!(unusable(&ran).ends_with("is not open to steps"), "{folder}");
    }
    assert_eq!(picture(workspace.path()), before);
}

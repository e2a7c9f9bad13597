//! The workspace, and nothing but the workspace.

use crate::harness::run;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use stepwell_event::{Access, LimitKind, Outcome};
use tempfile::TempDir;

#[test]
fn without_a_grant_there_is_no_folder_at_all() {
    let nothing = "relative false\nabsolute false\n";
    assert_eq!(run("fs_list").go().succeeded(), nothing);
    let workspace = workspace();
    let none = run("fs_list").grant(workspace.path(), Access::None).go();
    assert_eq!(none.succeeded(), nothing);
}

#[test]
fn the_workspace_is_the_root_and_the_working_directory() {
    let workspace = tempfile::tempdir().unwrap();
    fs::write(workspace.path().join("file"), "text").unwrap();
    let ran = run("fs_list").read_only(workspace.path()).go();
    assert_eq!(
        ran.succeeded(),
        "folder /\nentry file\nrelative true\nabsolute true\n"
    );
    let ran = run("fs_read")
        .read_only(workspace.path())
        .args(["file", "/file", "none"])
        .go();
    assert_eq!(ran.succeeded(), "file: text\n/file: text\nnone: NotFound\n");
}

#[test]
fn a_workspace_that_is_not_there_is_no_fault_of_the_guest() {
    let ran = run("fs_list").workspace(Path::new("/does/not/exist")).go();
    let Outcome::HostFailed { message } = ran.outcome() else {
        panic!("{:?}", ran.outcome());
    };
    assert!(message.contains("`/does/not/exist`"), "{message}");
}

/// How many ways to change something `fs_mutate` tries.
const CHANGES: usize = 20;

/// A workspace with something for each call of `fs_mutate`.
fn workspace() -> TempDir {
    let workspace = tempfile::tempdir().unwrap();
    for file in ["file", "cut", "moved", "doomed"] {
        fs::write(workspace.path().join(file), "original").unwrap();
    }
    symlink("file", workspace.path().join("link")).unwrap();
    for folder in ["folder", "doomed-folder"] {
        fs::create_dir(workspace.path().join(folder)).unwrap();
    }
    workspace
}

/// What a change of a file or a folder would change.
#[derive(Debug, PartialEq)]
pub(crate) struct Look {
    content: Option<Vec<u8>>,
    modified: (i64, i64),
    links: u64,
}

/// Everything in a folder.
pub(crate) fn picture(folder: &Path) -> BTreeMap<PathBuf, Look> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            if metadata.is_dir() {
                folders.push(path.clone());
            }
            let look = Look {
                content: metadata.is_file().then(|| fs::read(&path).unwrap()),
                modified: (metadata.mtime(), metadata.mtime_nsec()),
                links: metadata.nlink(),
            };
            all.insert(path, look);
        }
    }
    all
}

#[test]
fn with_a_grant_to_read_nothing_can_be_changed() {
    let workspace = workspace();
    let before = picture(workspace.path());
    let ran = run("fs_mutate").read_only(workspace.path()).go();
    let said = ran.succeeded();
    assert_eq!(said.lines().count(), CHANGES, "{said}");
    for line in said.lines() {
        assert!(
            line.ends_with(": not-permitted") || line.ends_with(": bad-descriptor"),
            "{line}"
        );
    }
    assert_eq!(picture(workspace.path()), before);
}

#[test]
fn with_a_grant_to_write_everything_can_be_changed() {
    let workspace = workspace();
    let said = run("fs_mutate")
        .workspace(workspace.path())
        .go()
        .succeeded();
    assert_eq!(said.lines().count(), CHANGES, "{said}");
    for line in said.lines() {
        assert!(line.ends_with(": ok"), "{line}");
    }
    let path = |name: &str| workspace.path().join(name);
    assert!(path("folder/below").is_dir());
    assert_eq!(fs::read(path("cut")).unwrap(), b"");
    assert_eq!(fs::read(path("renamed")).unwrap(), b"original");
    assert_eq!(fs::read_link(path("symbolic")).unwrap(), Path::new("file"));
    assert!(!path("doomed").exists() && !path("doomed-folder").exists());
}

/// A workspace full of ways out, and beside it a folder with a secret.
fn workspace_with_ways_out() -> (TempDir, PathBuf) {
    let both = tempfile::tempdir().unwrap();
    let (inside, outside) = (both.path().join("inside"), both.path().join("outside"));
    for folder in [
        &inside,
        &outside,
        &outside.join("folder"),
        &inside.join("deep"),
    ] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(outside.join("secret"), "the secret").unwrap();
    fs::write(inside.join("bait"), "bait").unwrap();
    let absolute = outside.display().to_string();
    for (name, target) in [
        ("passwd", "/etc/passwd"),
        ("etc", "/etc"),
        ("up", ".."),
        ("beside", "../outside"),
        ("secret", "../outside/secret"),
        ("absolute", absolute.as_str()),
        ("environment", "/proc/self/environ"),
        ("deep/up", "../.."),
        ("deep/beside", "../../outside"),
        // It leads out only through another one.
        ("detour", "deep/up/outside"),
        ("loop", "loop"),
    ] {
        symlink(target, inside.join(name)).unwrap();
    }
    (both, inside)
}

#[test]
fn no_path_leads_out_of_the_workspace() {
    let paths = [
        "..",
        "../outside",
        "../outside/secret",
        "/..",
        "/../outside/secret",
        "/etc",
        "/etc/passwd",
        "passwd",
        "etc",
        "etc/passwd",
        "up",
        "up/outside",
        "up/outside/secret",
        "beside",
        "beside/secret",
        "secret",
        "absolute",
        "absolute/secret",
        "environment",
        "deep/up",
        "deep/up/outside/secret",
        "deep/beside",
        "deep/../../outside",
        "deep/../..",
        "deep/beside/../outside/secret",
        "detour",
        "detour/secret",
        "loop",
        "./../outside",
        "bait/../../outside",
        "//etc/passwd",
    ];
    for write in [true, false] {
        let (both, inside) = workspace_with_ways_out();
        let before = picture(both.path());
        let step = run("fs_escape")
            .args(paths)
            .args(paths.map(|path| format!("{path}/")));
        let step = if write {
            step.workspace(&inside)
        } else {
            step.read_only(&inside)
        };
        let said = step.go().succeeded();
        assert_eq!(said, "", "write: {write}");
        assert_eq!(picture(both.path()), before);
    }
}

#[test]
fn the_escape_guest_would_tell_of_a_path_that_leads_somewhere() {
    let (_both, inside) = workspace_with_ways_out();
    let said = run("fs_escape")
        .workspace(&inside)
        .args(["deep"])
        .go()
        .succeeded();
    assert!(said.contains("did list deep\n"), "{said}");
    assert!(said.contains("did create in deep\n"), "{said}");
    assert!(said.contains("did enter plain deep\n"), "{said}");
}

#[test]
fn a_guest_can_go_deep() {
    let workspace = tempfile::tempdir().unwrap();
    let ran = run("fs_deep")
        .workspace(workspace.path())
        .limit(LimitKind::Depth, 301)
        .args([300])
        .go();
    assert_eq!(ran.succeeded(), "found\n");
    assert!(workspace.path().join("d/".repeat(300) + "bottom").is_file());
}

#[test]
fn hostile_names_are_names() {
    let workspace = tempfile::tempdir().unwrap();
    let said = run("fs_names").workspace(workspace.path()).go().succeeded();
    let refused: Vec<&str> = said
        .lines()
        .filter(|line| !line.ends_with(": ok"))
        .collect();
    assert_eq!(
        refused,
        [
            r#""nnnnnnnnnnnnnnnnnnnn": name-too-long"#,
            r#""nul\0byte": invalid"#,
            r#""": invalid"#,
        ]
    );
    assert_eq!(fs::read_dir(workspace.path()).unwrap().count(), 10);
}

#[test]
fn a_pipe_in_the_workspace_is_refused_before_it_blocks() {
    let workspace = tempfile::tempdir().unwrap();
    let pipe = workspace.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    symlink("pipe", workspace.path().join("link")).unwrap();
    let ran = run("fs_fifo")
        .workspace(workspace.path())
        .timeout(5_000)
        .go();
    let said = ran.succeeded();
    assert_eq!(said.lines().count(), 8, "{said}");
    for line in said.lines() {
        assert!(line.ends_with(": unsupported"), "{line}");
    }
}

#[test]
fn impossible_offsets_are_ordinary_errors() {
    let workspace = tempfile::tempdir().unwrap();
    let said = run("fs_offsets")
        .workspace(workspace.path())
        .go()
        .succeeded();
    assert_eq!(said.lines().count(), 6, "{said}");
    for line in said.lines().filter(|line| !line.starts_with("advise")) {
        assert!(!line.ends_with(": ok"), "{line}");
    }
}

#[test]
fn the_text_of_an_error_says_nothing_of_the_host() {
    let workspace = tempfile::tempdir().unwrap();
    let said = run("fs_debug_text")
        .workspace(workspace.path())
        .go()
        .succeeded();
    let path = workspace.path().display().to_string();
    for forbidden in [path.as_str(), "backtrace", ".rs:", "wasmtime"] {
        assert!(!said.contains(forbidden), "{said}");
    }
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_workspace_may_be_named_by_a_symbolic_link() {
    let both = tempfile::tempdir().unwrap();
    let (real, link) = (both.path().join("real"), both.path().join("link"));
    fs::create_dir(&real).unwrap();
    fs::write(real.join("file"), "text").unwrap();
    symlink("real", &link).unwrap();
    let ran = run("fs_read").read_only(&link).args(["file"]).go();
    assert_eq!(ran.succeeded(), "file: text\n");
}

/// A workspace with the folders that others trust, and ways to them.
fn workspace_with_trusted_folders() -> TempDir {
    let workspace = tempfile::tempdir().unwrap();
    for name in [".stepwell", ".git", "vendor/.git"] {
        let folder = workspace.path().join(name);
        fs::create_dir_all(folder.join("folder")).unwrap();
        fs::write(folder.join("secret"), "text").unwrap();
    }
    fs::write(workspace.path().join("bait"), "bait").unwrap();
    for (name, target) in [
        ("journal", ".stepwell"),
        ("hooks", ".git"),
        ("deep", "vendor/.git"),
    ] {
        symlink(target, workspace.path().join(name)).unwrap();
    }
    workspace
}

#[test]
fn the_journal_is_closed_by_whatever_name() {
    let workspace = workspace_with_trusted_folders();
    let before = picture(workspace.path());
    let paths = [
        ".stepwell",
        "/.stepwell/",
        ".stepwell/folder",
        ".stepwell/secret",
        "journal",
        "journal/secret",
        "vendor/../.stepwell",
        "./.stepwell/.",
        "hooks/../.stepwell/secret",
    ];
    let ran = run("fs_escape")
        .workspace(workspace.path())
        .args(paths)
        .go();
    let said = ran.succeeded();
    // That it is there is no secret.
    let did: Vec<&str> = said
        .lines()
        .filter(|line| !line.starts_with("did stat"))
        .collect();
    assert_eq!(did, Vec::<&str>::new());
    assert_eq!(picture(workspace.path()), before);
    assert!(!ran.denials().is_empty());
}

#[test]
fn what_git_trusts_can_be_read_and_not_changed() {
    let workspace = workspace_with_trusted_folders();
    let before = picture(workspace.path());
    let paths = [
        ".git",
        ".git/secret",
        "hooks",
        "hooks/secret",
        "vendor/.git",
        "deep/secret",
    ];
    let ran = run("fs_escape")
        .workspace(workspace.path())
        .args(paths)
        .go();
    let said = ran.succeeded();
    let reading = ["did stat", "did read", "did list", "did open", "did enter"];
    for line in said.lines() {
        assert!(
            reading.iter().any(|start| line.starts_with(start)),
            "{line}"
        );
    }
    assert!(said.contains("did read deep/secret\n"), "{said}");
    assert_eq!(picture(workspace.path()), before);
}

#[test]
fn denials_of_files_wait_for_room_like_any_other_event() {
    let workspace = workspace_with_trusted_folders();
    let step = run("fs_escape")
        .workspace(workspace.path())
        .args([".stepwell/secret"]);
    let ran = step.stalled().timeout(300).go();
    assert_eq!(
        ran.stopped_soon().outcome(),
        &Outcome::TimedOut { limit_ms: 300 }
    );
    assert_eq!(ran.denials(), []);
}

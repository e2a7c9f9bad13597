//! Workspaces on a real disk, kind and hostile ones.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use stepwell_workspace::{
    FoundFile, Listing, MAX_DEPTH, MAX_FILES, Workspace, WorkspaceError, WorkspaceErrorKind,
};
use tempfile::TempDir;

use WorkspaceErrorKind::{Closed, Folder, NotFound, Outside, Special};

/// A parent with `secret`, and in it the workspace.
struct Site {
    parent: TempDir,
    workspace: Workspace,
}

impl Site {
    fn new(files: &[&str]) -> Self {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("secret"), "secret").unwrap();
        let root = parent.path().join("project");
        fs::create_dir(&root).unwrap();
        let workspace = Workspace::open(&root).unwrap();
        let site = Self { parent, workspace };
        for file in files {
            let path = site.path(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        site
    }

    fn path(&self, relative: &str) -> std::path::PathBuf {
        self.parent.path().join("project").join(relative)
    }

    fn link(&self, target: impl AsRef<Path>, name: &str) {
        symlink(target, self.path(name)).unwrap();
    }

    fn pipe(&self, name: &str) {
        mknodat(CWD, self.path(name), FileType::Fifo, Mode::RUSR, 0).unwrap();
    }

    fn refuses(&self, relative: &str, expect: WorkspaceErrorKind) {
        let error = self.workspace.read(relative, 100).unwrap_err();
        assert_eq!(*error.kind(), expect, "{relative}: {error:?}");
    }
}

fn paths(listing: &Listing) -> Vec<&str> {
    listing.files.iter().map(|file| &*file.path).collect()
}

fn not_found() -> WorkspaceErrorKind {
    NotFound { similar: None }
}

/// Gives up on what should not have waited.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(Duration::from_secs(20)).unwrap()
}

#[test]
fn the_root_of_a_guest_is_the_workspace() {
    let site = Site::new(&["reports/a.xml"]);
    for path in [
        "reports/a.xml",
        "/reports/a.xml",
        "./reports//../reports/a.xml",
    ] {
        assert_eq!(site.workspace.read(path, 100).unwrap(), b"reports/a.xml");
    }
    let mut text = String::new();
    let mut file = site.workspace.open_file("reports/a.xml").unwrap();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "reports/a.xml");
}

#[test]
fn nothing_outside_is_reached() {
    let site = Site::new(&["folder/file"]);
    let secret = site.parent.path().join("secret");
    site.link("../secret", "near");
    site.link(&secret, "absolute");
    site.link("..", "up");
    site.link("up/secret", "twice");
    site.link("../../secret", "folder/deep");
    for path in [
        "../secret",
        "/../secret",
        "folder/../../secret",
        "..",
        "../project/folder/file",
        "near",
        "absolute",
        "up/secret",
        "up/project/folder/file",
        "twice",
        "folder/deep",
    ] {
        site.refuses(path, Outside);
        let error = site.workspace.files(path).unwrap_err();
        assert_eq!(*error.kind(), Outside, "{path}");
        let error = site.workspace.glob(&format!("{path}/*")).unwrap_err();
        assert_eq!(*error.kind(), Outside, "{path}");
    }
    site.refuses(secret.to_str().unwrap(), not_found());
    site.refuses("/etc/passwd", not_found());
}

#[test]
fn links_within_the_workspace_are_followed_by_name_but_not_by_a_walk() {
    let site = Site::new(&["real/file"]);
    site.link("real", "linked");
    site.link("../real/file", "real/again");
    site.link("loop", "loop");
    assert_eq!(
        site.workspace.read("linked/again", 100).unwrap(),
        b"real/file"
    );
    assert_eq!(paths(&site.workspace.files("").unwrap()), ["real/file"]);
    assert_eq!(
        paths(&site.workspace.files("linked").unwrap()),
        ["linked/file"]
    );
    assert_eq!(paths(&site.workspace.glob("**").unwrap()), ["real/file"]);
    assert_eq!(
        paths(&site.workspace.glob("linked/*").unwrap()),
        ["linked/file"]
    );
    site.refuses("loop", WorkspaceErrorKind::Other);
}

#[test]
fn the_journal_is_closed_under_any_name() {
    let site = Site::new(&[".stepwell/journal.db", "a/.STEPWELL/key", "a/file"]);
    site.link(".stepwell", "door");
    site.link(".stepwell/journal.db", "history");
    for path in [
        ".stepwell/journal.db",
        "/a/../.stepwell/./journal.db",
        "door/journal.db",
        "history",
        "a/.STEPWELL/key",
    ] {
        site.refuses(path, Closed);
    }
    for path in [".stepwell", "door", "a/.STEPWELL", "history"] {
        let error = site.workspace.files(path).unwrap_err();
        assert_eq!(*error.kind(), Closed, "{path}");
    }
    assert_eq!(
        *site.workspace.glob(".stepwell/*").unwrap_err().kind(),
        Closed
    );
    assert_eq!(*site.workspace.glob("history").unwrap_err().kind(), Closed);
    assert_eq!(paths(&site.workspace.files("").unwrap()), ["a/file"]);
    assert_eq!(paths(&site.workspace.glob("**").unwrap()), ["a/file"]);
}

#[test]
fn a_folder_of_the_host_can_be_closed() {
    let site = Site::new(&["cache/key", "file"]);
    site.link("cache", "door");
    let closed = Workspace::open(&site.path(""))
        .and_then(|workspace| workspace.without(&site.path("door")))
        .and_then(|workspace| workspace.without(&site.path("none")))
        .unwrap();
    assert_eq!(*closed.read("cache/key", 9).unwrap_err().kind(), Closed);
    assert_eq!(*closed.read("door/key", 9).unwrap_err().kind(), Closed);
    assert_eq!(paths(&closed.files("/").unwrap()), ["file"]);
}

#[test]
fn a_pipe_is_refused_at_once() {
    let site = Site::new(&["file"]);
    site.pipe("pipe");
    site.link("pipe", "link");
    in_time(move || {
        site.refuses("pipe", Special);
        site.refuses("link", Special);
        assert_eq!(*site.workspace.files("pipe").unwrap_err().kind(), Special);
        assert_eq!(paths(&site.workspace.files("").unwrap()), ["file"]);
        assert_eq!(paths(&site.workspace.glob("*").unwrap()), ["file"]);
        assert_eq!(paths(&site.workspace.glob("pipe").unwrap()), [""; 0]);
        assert_eq!(paths(&site.workspace.glob("pipe/*").unwrap()), [""; 0]);
    });
}

#[test]
fn a_name_that_changes_hands_never_leads_out_and_never_waits() {
    let site = Site::new(&["inside/file", "spare"]);
    fs::create_dir(site.parent.path().join("outside")).unwrap();
    fs::write(site.parent.path().join("outside/file"), "stolen").unwrap();
    site.link("../outside", "out");
    site.pipe("pipe");
    let root = site.path("");
    in_time(move || {
        let ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let turn = |from: &str, to: &str| {
                    fs::rename(root.join(from), root.join(to)).unwrap();
                };
                while !ended.load(Ordering::Relaxed) {
                    turn("inside", "kept");
                    turn("out", "inside");
                    turn("spare", "spare-kept");
                    turn("pipe", "spare");
                    turn("inside", "out");
                    turn("kept", "inside");
                    turn("spare", "pipe");
                    turn("spare-kept", "spare");
                }
            });
            for _ in 0..1_000 {
                if let Ok(bytes) = site.workspace.read("inside/file", 100) {
                    assert_eq!(bytes, b"inside/file");
                }
                if let Ok(bytes) = site.workspace.read("spare", 100) {
                    assert_eq!(bytes, b"spare");
                }
                for file in site.workspace.files("").map_or(vec![], |found| found.files) {
                    assert_ne!(file.size, 6, "{file:?}");
                }
            }
            ended.store(true, Ordering::Relaxed);
        });
    });
}

#[test]
fn a_file_that_is_too_large_tells_both_sizes() {
    let site = Site::new(&["file"]);
    assert_eq!(site.workspace.read("file", 4).unwrap(), b"file");
    let error = site.workspace.read("file", 3).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`file` has 4 bytes, but may have 3 at most"
    );

    File::create(site.path("huge"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    let (size, limit) = (1 << 40, 1 << 20);
    let error = site.workspace.read("huge", limit).unwrap_err();
    assert_eq!(*error.kind(), WorkspaceErrorKind::TooLarge { size, limit });
    assert_eq!(site.workspace.files("huge").unwrap().files[0].size, size);
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let site = Site::new(&["templates/build.toml", "file"]);
    site.link("nowhere", "dangling");
    let check = |path: &str, message: &str, help: Option<&str>| {
        let error = site.workspace.read(path, 100).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.help().as_deref(), help, "{path}");
    };
    check(
        "/templates/biuld.toml",
        "`/templates/biuld.toml` does not exist",
        Some("did you mean `templates/build.toml`?"),
    );
    check("other", "`other` does not exist", None);
    check("dangling", "`dangling` does not exist", None);
    check(
        "file/",
        "`file/` does not exist",
        Some("did you mean `file`?"),
    );
    check("file/x", "`file/x` does not exist", None);
    check("a\0b", "`a\0b` does not exist", None);
    check(
        "templates",
        "`templates` is a folder, not a file",
        Some("name a file in it"),
    );
    site.refuses("", Folder);
    site.refuses("/", Folder);
    site.refuses(&"x".repeat(300), not_found());
    site.refuses(&"x/".repeat(5000), not_found());

    let missing = Workspace::open(&site.path("missing")).unwrap_err();
    assert_eq!(*missing.kind(), not_found());
    let file = Workspace::open(&site.path("file")).unwrap_err();
    assert_eq!(*file.kind(), not_found());
}

#[test]
fn what_may_not_be_read_is_told() {
    let site = Site::new(&["file", "folder/file"]);
    for name in ["file", "folder"] {
        fs::set_permissions(site.path(name), fs::Permissions::from_mode(0o0)).unwrap();
    }
    let powerful = File::open(site.path("file")).is_ok();
    let refused = |result: Result<usize, WorkspaceError>| match result {
        Ok(_) => powerful,
        Err(error) => *error.kind() == WorkspaceErrorKind::Denied && error.help().is_some(),
    };
    let read = |path| site.workspace.read(path, 100).map(|bytes| bytes.len());
    assert!(refused(read("file")));
    assert!(refused(read("folder/file")));
    assert!(refused(
        site.workspace.files("").map(|found| found.files.len())
    ));
    fs::set_permissions(site.path("folder"), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn files_are_sorted_and_know_both_of_their_names() {
    let site = Site::new(&["dist/b", "dist/a/z", "dist/a-c", "dist/.hidden", "other"]);
    let listing = site.workspace.files("./dist/").unwrap();
    let names: Vec<_> = listing.files.iter().map(|file| &*file.name).collect();
    assert_eq!(names, [".hidden", "a-c", "a/z", "b"]);
    let expect = ["dist/.hidden", "dist/a-c", "dist/a/z", "dist/b"];
    assert_eq!(paths(&listing), expect);
    for file in &listing.files {
        let bytes = site.workspace.read(&file.path, 100).unwrap();
        assert_eq!(bytes.len() as u64, file.size);
    }
    let file = FoundFile {
        path: "dist/a/z".to_owned(),
        name: "z".to_owned(),
        size: 8,
    };
    assert_eq!(site.workspace.files("/dist/a/z").unwrap().files, [file]);
}

#[test]
fn names_that_are_no_text_are_left_out_and_counted() {
    let site = Site::new(&["file"]);
    let odd = OsStr::from_bytes(b"\xff");
    fs::create_dir(site.path("").join(odd)).unwrap();
    fs::write(site.path("").join(odd).join("within"), "").unwrap();
    fs::write(site.path("").join(OsStr::from_bytes(b"\xfe.xml")), "").unwrap();
    let listing = site.workspace.files("").unwrap();
    assert_eq!(
        (paths(&listing), listing.unreadable_names),
        (vec!["file"], 2)
    );
}

#[test]
fn patterns_match_paths_from_the_workspace() {
    let site = Site::new(&[
        "TEST-root.xml",
        "a/TEST-one.xml",
        "a/b/TEST-two.xml",
        "a/b/.TEST.xml",
        "a/b/test-three.xml",
        "c/[x].xml",
    ]);
    let check = |pattern: &str, expect: &[&str]| {
        let listing = site.workspace.glob(pattern).unwrap();
        assert_eq!(paths(&listing), expect, "{pattern}");
    };
    let all = ["TEST-root.xml", "a/TEST-one.xml", "a/b/TEST-two.xml"];
    check("**/TEST-*.xml", &all);
    check("/./**/TEST-*.xml", &all);
    check("*.xml", &["TEST-root.xml"]);
    check("a/*.xml", &["a/TEST-one.xml"]);
    check("a/**/TEST-t??.xml", &["a/b/TEST-two.xml"]);
    check("a/b/.*", &["a/b/.TEST.xml"]);
    check("{a,c}/*.xml", &["a/TEST-one.xml", "c/[x].xml"]);
    check("c/\\[x\\].xml", &["c/[x].xml"]);
    check("a/b/test-three.xml", &["a/b/test-three.xml"]);
    for nothing in [
        "",
        "/",
        "a",
        "a/",
        "a/b/",
        "none/*.xml",
        "none",
        "a/TEST-one.xml/*",
    ] {
        check(nothing, &[]);
    }
}

#[test]
fn a_pattern_that_is_none_is_an_error() {
    let site = Site::new(&["file"]);
    let nested = format!("{}a{}", "{a".repeat(300), "}".repeat(300));
    for (pattern, reason) in [
        ("[a", "unclosed character class; missing ']'"),
        ("x\\", "dangling '\\'"),
        (&nested, "it nests too deeply"),
        (&"*".repeat(2000), "it has more than 1024 bytes"),
    ] {
        let error = site.workspace.glob(pattern).unwrap_err();
        let reason = reason.to_owned();
        assert_eq!(*error.kind(), WorkspaceErrorKind::Pattern { reason });
    }
}

#[test]
fn a_listing_is_bounded() {
    let site = Site::new(&["many/0", "deep/file"]);
    for number in 1..=MAX_FILES {
        fs::write(site.path("many").join(number.to_string()), "").unwrap();
    }
    let error = site.workspace.files("many").unwrap_err();
    let limit = MAX_FILES;
    assert_eq!(*error.kind(), WorkspaceErrorKind::TooManyFiles { limit });
    assert_eq!(paths(&site.workspace.glob("many/77").unwrap()), ["many/77"]);
    assert_eq!(site.workspace.glob("many/1234?").unwrap().files.len(), 0);
    fs::remove_file(site.path("many/0")).unwrap();
    assert_eq!(site.workspace.files("many").unwrap().files.len(), limit);

    let mut path = site.path("deep");
    for depth in 1..=MAX_DEPTH + 1 {
        path.push("d");
        fs::create_dir(&path).unwrap();
        if depth == MAX_DEPTH {
            fs::write(path.join("bottom"), "").unwrap();
            assert_eq!(site.workspace.files("deep").unwrap().files.len(), 2);
        }
    }
    let error = site.workspace.files("deep").unwrap_err();
    let limit = MAX_DEPTH;
    assert_eq!(*error.kind(), WorkspaceErrorKind::TooDeep { limit });
}

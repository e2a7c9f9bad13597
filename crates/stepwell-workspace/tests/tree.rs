//! The whole of a workspace: its copy and its inventory.

#![cfg(test)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use stepwell_workspace::{
    Difference, Hashes, Inventory, MAX_TREE_DEPTH, Workspace, WorkspaceErrorKind,
};
use tempfile::TempDir;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A project with everything in it that a project can have.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "src/main.rs", "fn main() {}");
    write(root, "build.sh", "make");
    fs::set_permissions(root.join("build.sh"), Permissions::from_mode(0o755)).unwrap();
    write(root, ".stepwell/journal.db", "private");
    write(root, "vendor/.Stepwell/journal.db", "private");
    write(root, "cache/key", "private");
    fs::create_dir(root.join("empty")).unwrap();
    symlink("src/main.rs", root.join("link")).unwrap();
    symlink("/etc/passwd", root.join("outside")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    folder
}

fn open(root: &Path) -> Workspace {
    let workspace = Workspace::open(root).unwrap();
    workspace.without(&root.join("cache")).unwrap()
}

fn inventory(root: &Path, hashes: &Hashes) -> Inventory {
    open(root)
        .inventory(hashes, &AtomicBool::new(false))
        .unwrap()
}

#[test]
fn a_copy_has_what_a_guest_can_see_and_nothing_else() {
    let project = project();
    let target = tempfile::tempdir().unwrap();
    let copied = open(project.path()).copy_to(target.path()).unwrap();
    assert_eq!(
        (copied.files, copied.bytes, copied.unreadable.len()),
        (2, 16, 0)
    );
    let hashes = Hashes::default();
    let [original, copy] = [project.path(), target.path()].map(|root| inventory(root, &hashes));
    assert_eq!(original.difference(&copy), Difference::default());
    for closed in [".stepwell", "vendor/.Stepwell", "cache", "pipe"] {
        assert!(!target.path().join(closed).exists(), "{closed}");
    }
    let [from, to] = [project.path(), target.path()]
        .map(|root| fs::metadata(root.join("build.sh")).unwrap())
        .map(|found| (found.permissions().mode(), found.modified().unwrap()));
    assert_eq!(from, to);
    assert_eq!(
        fs::read_link(target.path().join("outside")).unwrap(),
        Path::new("/etc/passwd")
    );
}

#[test]
fn what_is_not_the_same_is_told_by_its_path() {
    let project = project();
    let root = project.path();
    let hashes = Hashes::default();
    let before = inventory(root, &hashes);
    assert_eq!(before.difference(&inventory(root, &hashes)).count(), 0);
    write(root, "src/main.rs", "fn main() { }");
    write(root, "src/new.rs", "");
    fs::set_permissions(root.join("build.sh"), Permissions::from_mode(0o644)).unwrap();
    fs::remove_file(root.join("link")).unwrap();
    symlink("build.sh", root.join("link")).unwrap();
    fs::remove_dir(root.join("empty")).unwrap();
    // Nobody sees these.
    write(root, ".stepwell/journal.db", "changed");
    write(root, "cache/key", "changed");
    let difference = before.difference(&inventory(root, &hashes));
    assert_eq!(difference.added, ["src/new.rs"]);
    assert_eq!(difference.removed, ["empty"]);
    assert_eq!(difference.changed, ["build.sh", "link", "src/main.rs"]);
    assert_eq!(difference.count(), 5);
}

#[test]
fn a_file_that_changes_right_after_it_was_read_is_read_again() {
    let project = tempfile::tempdir().unwrap();
    let hashes = Hashes::default();
    let inventories: Vec<Inventory> = (0..20)
        .map(|number| {
            write(project.path(), "file", &format!("{:02}", number % 7));
            inventory(project.path(), &hashes)
        })
        .collect();
    for pair in inventories.windows(2) {
        assert_eq!(pair[0].difference(&pair[1]).changed, ["file"]);
    }
}

#[test]
fn a_file_that_was_left_alone_is_remembered_until_it_changes() {
    let project = tempfile::tempdir().unwrap();
    write(project.path(), "file", "one");
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    let hashes = Hashes::default();
    let first = inventory(project.path(), &hashes);
    assert_eq!(first, inventory(project.path(), &hashes));
    write(project.path(), "file", "two");
    let later = inventory(project.path(), &hashes);
    assert_eq!(first.difference(&later).changed, ["file"]);
}

#[test]
fn a_walk_is_bounded_in_depth_and_can_be_stopped() {
    let project = tempfile::tempdir().unwrap();
    let deep = vec!["d"; MAX_TREE_DEPTH].join("/");
    fs::create_dir_all(project.path().join(&deep)).unwrap();
    let workspace = open(project.path());
    let hashes = Hashes::default();
    let found = workspace.inventory(&hashes, &AtomicBool::new(false));
    assert_eq!(found.unwrap().len(), MAX_TREE_DEPTH);
    let stopped = workspace.inventory(&hashes, &AtomicBool::new(true));
    assert_eq!(*stopped.unwrap_err().kind(), WorkspaceErrorKind::Stopped);
    fs::create_dir_all(project.path().join(deep).join("d")).unwrap();
    let refused = workspace.inventory(&hashes, &AtomicBool::new(false));
    let limit = MAX_TREE_DEPTH;
    assert_eq!(
        *refused.unwrap_err().kind(),
        WorkspaceErrorKind::TooDeep { limit }
    );
}

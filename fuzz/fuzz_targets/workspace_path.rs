//! Any path of a guest on a real folder: what is opened lies in it, whatever `..` and links say.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::LazyLock;
use stepwell_workspace::Workspace;

const OUTSIDE: &str = "not for guests";

struct Project {
    workspace: Workspace,
    _folder: tempfile::TempDir,
}

static PROJECT: LazyLock<Project> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let root: PathBuf = folder.path().join("root");
    let made = (|| {
        fs::write(folder.path().join("secret"), OUTSIDE)?;
        fs::create_dir_all(root.join("a/b"))?;
        fs::create_dir_all(root.join(".stepwell"))?;
        fs::write(root.join(".stepwell/x"), OUTSIDE)?;
        fs::write(root.join("a/x"), "inside")?;
        symlink("../secret", root.join("up"))?;
        symlink(folder.path(), root.join("out"))?;
        symlink("../..", root.join("a/top"))?;
        symlink("a", root.join("in"))?;
        symlink(".stepwell", root.join("own"))?;
        symlink("loop", root.join("loop"))
    })();
    made.expect("a project");
    Project {
        workspace: Workspace::open(&root).expect("a workspace"),
        _folder: folder,
    }
});

fuzz_target!(|path: &str| {
    let workspace = &PROJECT.workspace;
    match workspace.read(path, 1 << 10) {
        Ok(bytes) => assert_eq!(bytes, b"inside", "{path:?}"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    for listing in [workspace.files(path), workspace.glob(path)]
        .into_iter()
        .flatten()
    {
        for file in listing.files {
            let found = workspace.read(&file.path, 1 << 10).expect("it was found");
            assert_eq!(found, b"inside", "{:?}", file.path);
        }
    }
});

//! The files of a version.

use crate::fixture::{Site, line};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use stepwell_workspace::{ExportLimits, GitError, Workspace};

static NO: AtomicBool = AtomicBool::new(false);

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn everything_is_exported_as_it_was_committed() {
    let site = Site::new();
    let crlf = site.blob(b"one\r\ntwo\r\n");
    let binary = site.blob(b"\0\xff\n");
    let empty = site.blob(b"");
    let outside = site.blob(b"../../etc/passwd");
    let pointer = site.blob(b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n");
    let inner = site.raw_tree(&[("100755 run", &crlf)]);
    let journal = site.raw_tree(&[("100644 secret", &crlf)]);
    let sub = "ab".repeat(20);
    let tree = site.raw_tree(&[
        (
            "100644 .gitattributes",
            &site.blob(b"* text=auto eol=lf export-ignore\n"),
        ),
        ("40000 .stepwell", &journal),
        ("100644 big.bin", &pointer),
        ("100644 crlf.txt", &crlf),
        ("100644 empty", &empty),
        ("40000 inner", &inner),
        ("120000 link", &outside),
        ("160000 sub", &sub),
        ("100664 twin.txt", &crlf),
    ]);
    // Names need not be UTF-8.
    let tree = {
        let list = site.git(&["ls-tree", &tree]);
        let mut list = list.into_bytes();
        list.extend_from_slice(format!("\n100644 blob {binary}\t").as_bytes());
        list.extend_from_slice(b"caf\xe9 \n");
        site.git_with(
            &["mktree", "--missing", "-z"],
            &list
                .split(|byte| *byte == b'\n')
                .collect::<Vec<_>>()
                .join(&0),
        )
    };
    let (target, exported) = site.export(&tree).unwrap();
    assert_eq!(
        fs::read(target.join("crlf.txt")).unwrap(),
        b"one\r\ntwo\r\n"
    );
    assert_eq!(
        fs::read(target.join(OsStr::from_bytes(b"caf\xe9 "))).unwrap(),
        b"\0\xff\n"
    );
    assert_eq!(fs::read(target.join("empty")).unwrap(), b"");
    assert_eq!(
        fs::read_link(target.join("link")).unwrap(),
        Path::new("../../etc/passwd")
    );
    assert_eq!(fs::read_dir(target.join("sub")).unwrap().count(), 0);
    assert!(!target.join(".stepwell").exists() && !target.join(".git").exists());
    for (path, expect) in [
        ("crlf.txt", 0o444),
        ("twin.txt", 0o444),
        ("inner/run", 0o555),
        ("inner", 0o755),
    ] {
        assert_eq!(mode(&target.join(path)), expect, "{path}");
    }
    for path in ["", "crlf.txt", "inner", "inner/run", "link", "sub"] {
        let time = fs::symlink_metadata(target.join(path)).unwrap().mtime();
        assert_eq!(time, 315_532_800, "{path}");
    }
    assert_eq!(exported.files, 7);
    assert_eq!(exported.links, 1);
    assert_eq!(exported.submodules, ["sub"]);
    assert_eq!(exported.closed, [".stepwell"]);
    assert_eq!(exported.pointers, 1);
}

#[test]
fn a_second_version_reads_only_what_it_changes() {
    let site = Site::new();
    site.import(&line(8));
    let exporter = site.exporter();
    let export = |at: usize| {
        let target = site.folder.path().join(format!("export-{at}"));
        let tree = site.id(&format!("{}^{{tree}}", site.mark(at)));
        let exported = exporter.export(tree, &target, &ExportLimits::default(), &NO);
        (target, exported.unwrap())
    };
    let (first, exported) = export(6);
    assert_eq!((exported.files, exported.read), (7, 7));
    let (second, exported) = export(7);
    assert_eq!((exported.files, exported.read), (7, 1));
    assert_eq!(fs::read_to_string(first.join("src/0.txt")).unwrap(), "0");
    assert_eq!(fs::read_to_string(second.join("src/0.txt")).unwrap(), "7");
    let inode = |folder: &Path| fs::metadata(folder.join("src/1.txt")).unwrap().ino();
    assert_eq!(inode(&first), inode(&second));
    // What may be written to is a file of its own.
    let private = site.folder.path().join("private");
    fs::create_dir(&private).unwrap();
    Workspace::open(&second).unwrap().copy_to(&private).unwrap();
    assert_ne!(inode(&private), inode(&second));
    assert_eq!(mode(&private.join("src/1.txt")), 0o644);
    fs::write(private.join("src/1.txt"), "changed").unwrap();
    assert_eq!(fs::read_to_string(second.join("src/1.txt")).unwrap(), "1");
    // Exports outlive the exporter, whose folder goes with it.
    drop(exporter);
    assert!(!site.folder.path().join("store").exists());
    assert_eq!(fs::read_to_string(first.join("src/1.txt")).unwrap(), "1");
}

#[test]
fn exports_side_by_side_do_not_disturb_one_another() {
    let site = Site::new();
    site.import(&line(40));
    let exporter = site.exporter();
    std::thread::scope(|scope| {
        for at in 0..40 {
            let (site, exporter) = (&site, &exporter);
            scope.spawn(move || {
                let target = site.folder.path().join(format!("export-{at}"));
                let tree = site.id(&format!("{}^{{tree}}", site.mark(at)));
                let limits = ExportLimits::default();
                exporter.export(tree, &target, &limits, &NO).unwrap();
                let newest = target.join(format!("src/{}.txt", at % 7));
                assert_eq!(fs::read_to_string(newest).unwrap(), at.to_string());
            });
        }
    });
}

#[test]
fn hostile_trees_write_nothing_outside_and_leave_nothing_behind() {
    let site = Site::new();
    let file = site.blob(b"evil");
    let up = site.blob(b"..");
    let inner = site.raw_tree(&[("100644 evil", &file)]);
    let zero = site.blob(b"a\0b");
    let trees = [
        site.raw_tree(&[("100644 ..", &file)]),
        site.raw_tree(&[("40000 ..", &inner)]),
        site.raw_tree(&[("100644 ../evil", &file)]),
        site.raw_tree(&[("100644 /tmp/evil", &file)]),
        site.raw_tree(&[("100644 a/b", &file)]),
        site.raw_tree(&[("100644 .", &file)]),
        site.raw_tree(&[("40000 .git", &inner)]),
        site.raw_tree(&[("40000 .GiT", &inner)]),
        site.raw_tree(&[("120000 a", &up), ("100644 a/evil", &file)]),
        site.raw_tree(&[("120000 a", &up), ("40000 a", &inner)]),
        site.raw_tree(&[("40000 a", &inner), ("40000 a", &inner)]),
        site.raw_tree(&[("100644 a", &file), ("100644 a", &file)]),
        site.raw_tree(&[("120000 a", &zero)]),
        site.raw_tree(&[("120000 a", &site.blob(b""))]),
        site.raw_tree(&[("120000 a", &site.blob(&[b'x'; 5000]))]),
        site.raw_tree(&[(&format!("100644 {}", "n".repeat(300)), &file)]),
    ];
    let deep = (0..300).fold(inner, |below, _| site.raw_tree(&[("40000 d", &below)]));
    for tree in trees.iter().chain([&deep]) {
        let error = site.export(tree).unwrap_err();
        assert!(
            matches!(error, GitError::Entry { .. } | GitError::Failed { .. }),
            "{error:?}"
        );
        let left: Vec<_> = fs::read_dir(site.folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{error}: {left:?}");
    }
    assert!(!Path::new("/tmp/evil").exists());
}

#[test]
fn a_tree_without_end_ends_at_the_limit() {
    let site = Site::new();
    let file = site.blob(b"x");
    let names: Vec<String> = (0..10).map(|at| format!("40000 {at}")).collect();
    for bottom in [site.raw_tree(&[]), site.raw_tree(&[("100644 f", &file)])] {
        let bomb = (0..12).fold(bottom, |below, _| {
            let entries: Vec<(&str, &str)> = names.iter().map(|name| (&**name, &*below)).collect();
            site.raw_tree(&entries)
        });
        let target = site.folder.path().join("export");
        let limits = ExportLimits {
            entries: 20_000,
            ..ExportLimits::default()
        };
        let exporter = site.exporter();
        let error = exporter.export(bomb.parse().unwrap(), &target, &limits, &NO);
        assert!(
            matches!(error, Err(GitError::TooManyEntries { limit: 20_000 })),
            "{error:?}"
        );
    }
}

#[test]
fn too_much_is_found_out_before_anything_is_written() {
    let site = Site::new();
    site.import(&line(20));
    let tree = site.id("main^{tree}");
    let target = site.folder.path().join("export");
    let exporter = site.exporter();
    let limits = |bytes, entries| ExportLimits { bytes, entries };
    let error = exporter
        .export(tree, &target, &limits(13, 100), &NO)
        .unwrap_err();
    assert!(
        matches!(
            error,
            GitError::TooLarge {
                bytes: 14,
                limit: 13
            }
        ),
        "{error:?}"
    );
    let error = exporter
        .export(tree, &target, &limits(14, 7), &NO)
        .unwrap_err();
    assert!(
        matches!(error, GitError::TooManyEntries { limit: 7 }),
        "{error:?}"
    );
    let stop = AtomicBool::new(true);
    let error = exporter
        .export(tree, &target, &limits(14, 8), &stop)
        .unwrap_err();
    assert!(matches!(error, GitError::Stopped), "{error:?}");
    assert!(!target.exists());
    assert_eq!(
        fs::read_dir(site.folder.path().join("store"))
            .unwrap()
            .count(),
        0
    );
    exporter.export(tree, &target, &limits(14, 8), &NO).unwrap();
    // What is there is not written over, nor removed.
    let error = exporter
        .export(tree, &target, &limits(14, 8), &NO)
        .unwrap_err();
    assert!(matches!(error, GitError::System { .. }), "{error:?}");
    assert!(target.join("src/1.txt").exists());
}

#[test]
fn the_empty_tree_is_an_empty_folder() {
    let site = Site::new();
    let (target, exported) = site
        .export("4b825dc642cb6eb9a060e54bf8d69288fbee4904")
        .unwrap();
    assert_eq!(exported.files, 0);
    assert_eq!(fs::read_dir(target).unwrap().count(), 0);
}

//! What is told of versions.

use crate::fixture::{Commit, Site, commit, line, on};
use stepwell_event::Person;
use stepwell_workspace::{GitError, MAX_PERSON, MAX_SUBJECT};

#[test]
fn versions_are_told_in_the_order_in_which_they_are_asked_for() {
    let site = Site::new();
    site.import(&line(300));
    let repository = site.open();
    let ids = [site.mark(299), site.mark(7), site.mark(0), site.mark(7)];
    let versions = repository.versions(&ids).unwrap();
    let subjects: Vec<&str> = versions.iter().map(|version| &*version.subject).collect();
    assert_eq!(subjects, ["change 299", "change 7", "change 0", "change 7"]);
    let version = &versions[1];
    assert_eq!(version.id, ids[1].to_string());
    assert_eq!(version.parents, [site.mark(6).to_string()]);
    assert_eq!(
        version.tree,
        site.git(&["rev-parse", &format!("{}^{{tree}}", ids[1])])
    );
    let author = Person {
        name: "A U Thor".to_owned(),
        email: "author@example.com".to_owned(),
    };
    assert_eq!(version.author, author);
    assert_eq!(version.authored_at, "2023-11-15T00:20:20+02:00");
    assert_eq!(versions[2].parents, Vec::<String>::new());
    assert_eq!(repository.versions(&[]).unwrap(), []);
}

#[test]
fn hostile_messages_are_bounded_and_otherwise_kept() {
    let site = Site::new();
    let tree = site.raw_tree(&[]);
    let long = "x".repeat(100_000);
    let raw = |author: &str, message: &[u8]| {
        let mut text = format!(
            "tree {tree}\nauthor {author} 1700000000 +0000\ncommitter c <c> 1700000000 +0000\n\n"
        )
        .into_bytes();
        text.extend_from_slice(message);
        let args = [
            "hash-object",
            "-t",
            "commit",
            "-w",
            "--literally",
            "--stdin",
        ];
        site.git_with(&args, &text).parse().unwrap()
    };
    let ids = [
        raw("\x1b[31mred <a@b>", b"\x1b]0;title\x07 done\n\nbody"),
        raw(&format!("{long} <{long}>"), long.as_bytes()),
        raw("a <>", b"caf\xe9\xff"),
        raw("", b""),
    ];
    let versions = site.open().versions(&ids).unwrap();
    assert_eq!(versions[0].subject, "\x1b]0;title\x07 done");
    assert_eq!(versions[0].author.name, "\x1b[31mred");
    assert_eq!(versions[1].subject.len(), MAX_SUBJECT);
    assert_eq!(versions[1].author.name.len(), MAX_PERSON);
    assert_eq!(versions[1].author.email.len(), MAX_PERSON);
    assert!(versions[2].subject.starts_with("caf"));
    assert_eq!(versions[3].subject, "");
}

#[test]
fn a_change_is_what_differs_from_the_first_parent() {
    let site = Site::new();
    site.import(&[
        commit(&[], "a", "1\n"),
        on("side", commit(&[0], "b", "1\n")),
        commit(&[0], "c", "1\n"),
        Commit {
            files: ["b", "d"]
                .map(|path| (path.to_owned(), "1\n".to_owned()))
                .into(),
            ..commit(&[2, 1], "", "")
        },
    ]);
    let repository = site.open();
    let patch = |at| repository.patch(site.mark(at), 10_000).unwrap();
    assert!(patch(0).text.contains("+++ b/a\n@@ -0,0 +1 @@\n+1\n"));
    // The merge brings what the other branch had.
    let merge = patch(3);
    assert!(merge.text.contains("b/b") && merge.text.contains("b/d"));
    assert!(!merge.text.contains("b/c") && !merge.truncated);
    let cut = repository.patch(site.mark(3), 20).unwrap();
    assert!(cut.truncated);
    assert_eq!(cut.text, merge.text[..20]);
    let commits = [
        (site.mark(3), Some(site.mark(2))),
        (site.mark(0), None),
        (site.mark(2), Some(site.mark(0))),
        // Nothing differs.
        (site.mark(2), Some(site.mark(2))),
    ];
    let paths = repository.changed_paths(&commits, 10).unwrap();
    assert_eq!(paths, [vec!["b", "d"], vec!["a"], vec!["c"], vec![]]);
    let paths = repository.changed_paths(&commits, 1).unwrap();
    assert_eq!(paths[0], ["b"]);
}

#[test]
fn an_object_that_is_lost_is_named() {
    let site = Site::new();
    site.import(&line(3));
    site.git(&["reset", "--quiet", "--hard"]);
    let tree = site.git(&["rev-parse", "main~1:src"]);
    let commit = site.mark(1);
    let pack = site.root.join(".git/objects/pack");
    // Loose objects can be lost one by one.
    let moved = site.folder.path().join("pack");
    std::fs::rename(&pack, &moved).unwrap();
    std::fs::create_dir(&pack).unwrap();
    for name in std::fs::read_dir(&moved).unwrap() {
        let path = name.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "pack")
        {
            site.git_with(&["unpack-objects", "-q"], &std::fs::read(path).unwrap());
        }
    }
    let lose = |object: &str| {
        let path = format!(".git/objects/{}/{}", &object[..2], &object[2..]);
        std::fs::remove_file(site.root.join(path)).unwrap();
    };
    lose(&tree);
    let repository = site.open();
    let lost = |error: GitError, expect: &str| {
        let GitError::Missing { object, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(object, expect);
        assert!(error.help().unwrap().contains("fsck"));
    };
    let root = repository.versions(&[commit]).unwrap().remove(0).tree;
    lost(site.export(&root).unwrap_err(), &tree);
    lost(repository.patch(commit, 1000).unwrap_err(), &tree);
    lose(&commit.to_string());
    let commit = commit.to_string();
    let (old, new) = (site.mark(0), site.mark(2));
    lost(
        repository.range(&[old], new, &[], false).unwrap_err(),
        &commit,
    );
    lost(repository.is_ancestor(old, new).unwrap_err(), &commit);
    lost(repository.ancestry(&[old], new).unwrap_err(), &commit);
    lost(
        repository.versions(&[commit.parse().unwrap()]).unwrap_err(),
        &commit,
    );
}

//! Versions without what some commits changed.

use crate::fixture::{Site, commit, line, on};
use std::fs;
use std::sync::atomic::AtomicBool;
use stepwell_workspace::{ExportLimits, GitError, ObjectId, Reversal};

fn reversal(site: &Site) -> Reversal {
    Reversal::new(&site.open(), &site.folder.path().join("objects")).unwrap()
}

/// A commit and its first parent.
fn change(site: &Site, at: usize) -> (ObjectId, Option<ObjectId>) {
    let parent = at.checked_sub(1).map(|parent| site.mark(parent));
    (site.mark(at), parent)
}

#[test]
fn changes_are_taken_back_without_a_trace_in_the_repository() {
    let site = Site::new();
    site.import(&line(7));
    let before = site.git(&["count-objects", "-v"]);
    let reversal = reversal(&site);
    let both = [change(&site, 4), change(&site, 2)];
    let tree = reversal.without(site.mark(6), &both).unwrap();
    let target = site.folder.path().join("export");
    let (limits, stop) = (ExportLimits::default(), AtomicBool::new(false));
    let exporter = site.exporter();
    let exported = exporter.export_from(reversal.repository(), tree, &target, &limits, &stop);
    assert_eq!(exported.unwrap().files, 5);
    for (name, is_there) in [(1, true), (2, false), (3, true), (4, false), (6, true)] {
        let path = target.join(format!("src/{name}.txt"));
        assert_eq!(path.exists(), is_there, "{name}");
    }
    assert_eq!(site.git(&["count-objects", "-v"]), before);
    drop(reversal);
    assert!(!site.folder.path().join("objects").exists());
}

#[test]
fn a_commit_without_its_own_change_has_the_files_of_its_parent() {
    let site = Site::new();
    site.import(&line(9));
    let reversal = reversal(&site);
    let tree = |at: usize| site.id(&format!("refs/marks/{at}^{{tree}}"));
    let without = |at: usize| reversal.without(site.mark(at), &[change(&site, at)]);
    assert_eq!(without(8).unwrap(), tree(7));
    // The first one was made from nothing.
    let none = without(0).unwrap();
    assert_eq!(site.git(&["ls-tree", &none.to_string()]), "");
}

#[test]
fn a_change_that_later_ones_build_on_is_a_conflict_with_a_name() {
    let site = Site::new();
    site.import(&line(9));
    let error = reversal(&site)
        .without(site.mark(8), &[change(&site, 1)])
        .unwrap_err();
    let GitError::Conflict { commit, paths } = &error else {
        panic!("{error}")
    };
    assert_eq!(*commit, site.mark(1).to_string());
    assert_eq!(*paths, ["src/1.txt"]);
    assert!(
        error.to_string().ends_with("same lines of `src/1.txt`"),
        "{error}"
    );
}

#[test]
fn a_merge_is_taken_back_to_its_first_parent() {
    let site = Site::new();
    site.import(&[
        commit(&[], "a", "1"),
        commit(&[0], "b", "1"),
        on("side", commit(&[0], "c", "1")),
        commit(&[1, 2], "c", "1"),
        commit(&[3], "d", "1"),
    ]);
    let merge = (site.mark(3), Some(site.mark(1)));
    let tree = reversal(&site).without(site.mark(4), &[merge]).unwrap();
    let names = ["ls-tree", "--name-only"];
    assert!(site.git(&[names[0], names[1], "main"]).contains('c'));
    // The same tree was made here by hand.
    site.git(&["read-tree", "main"]);
    site.git(&["rm", "--quiet", "--cached", "c"]);
    assert_eq!(site.git(&["write-tree"]), tree.to_string());
}

#[test]
fn what_is_in_conflict_outside_of_the_project_does_not_matter() {
    let site = Site::new();
    site.import(&[
        commit(&[], "app/a", "1"),
        commit(&[0], "doc", "1"),
        commit(&[1], "doc", "2"),
        commit(&[2], "app/a", "2"),
    ]);
    site.git(&["reset", "--quiet", "--hard"]);
    let repository = stepwell_workspace::Repository::open(&site.root.join("app")).unwrap();
    let reversal = Reversal::new(&repository, &site.folder.path().join("objects")).unwrap();
    let tree = reversal.without(site.mark(3), &[change(&site, 1)]).unwrap();
    assert_eq!(tree, site.id("main:app"));
}

#[test]
fn no_program_that_is_configured_for_merging_is_run() {
    let site = Site::new();
    let trace = site.folder.path().join("trace");
    let mut commits = vec![commit(&[], ".gitattributes", "*.txt merge=trap\n")];
    commits.extend((0..3).map(|at| {
        let text = [
            "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
            "0\n2\n3\n4\n5\n6\n7\n8\n9\n",
            "0\n2\n3\n4\n5\n6\n7\n8\n0\n",
        ];
        commit(&[at], "a.txt", text[at])
    }));
    site.import(&commits);
    let trap = format!("echo run >>{}", trace.display());
    site.git(&["config", "merge.trap.driver", &trap]);
    site.git(&["config", "merge.default", "trap"]);
    site.git(&["reset", "--quiet", "--hard"]);
    let error = reversal(&site).without(site.mark(3), &[change(&site, 2)]);
    assert!(matches!(error, Err(GitError::Conflict { .. })), "{error:?}");
    assert_eq!(fs::read_to_string(&trace).unwrap_or_default(), "");
    // The trap does work.
    let (base, parent) = (site.mark(2).to_string(), site.mark(1).to_string());
    let base = format!("--merge-base={base}");
    let args = ["merge-tree", "--write-tree", &base, "main", &parent];
    let _ = crate::fixture::git(&site.root, &args).output();
    assert_ne!(fs::read_to_string(&trace).unwrap_or_default(), "");
}

//! What a repository is like, and what its revisions are called.

use crate::fixture::{Site, commit, git, line, on};
use std::fs;
use stepwell_workspace::{Facts, GitError, Repository, RevisionProblem};

fn problem(repository: &Repository, revision: &str) -> RevisionProblem {
    match repository.resolve(revision) {
        Err(GitError::Revision { problem, .. }) => problem,
        other => panic!("{revision}: {other:?}"),
    }
}

#[test]
fn a_folder_that_is_in_no_repository_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let error = Repository::open(folder.path()).unwrap_err();
    assert!(matches!(error, GitError::NoRepository { .. }), "{error}");
    let error = Repository::open(&folder.path().join("none")).unwrap_err();
    assert!(matches!(error, GitError::NoRepository { .. }), "{error}");
}

#[test]
fn a_project_may_be_a_folder_of_its_repository() {
    let site = Site::new();
    site.import(&[
        commit(&[], "other/a", "1"),
        commit(&[0], "deep/project/a", "1"),
        commit(&[1], "other/a", "2"),
        commit(&[2], "deep/project/a", "2"),
    ]);
    site.git(&["reset", "--quiet", "--hard"]);
    let repository = Repository::open(&site.root.join("deep/project")).unwrap();
    assert_eq!(repository.facts().prefix, "deep/project");
    let range = repository
        .range(&[site.mark(0)], site.mark(3), &[], false)
        .unwrap();
    assert_eq!(range.ids, [site.mark(1), site.mark(2), site.mark(3)]);
    // A commit elsewhere has the files of the one before it.
    let versions = repository.versions(&range.ids).unwrap();
    assert_eq!(versions[0].tree, versions[1].tree);
    assert_ne!(versions[1].tree, versions[2].tree);
    assert_eq!(versions[2].tree, site.id("main:deep/project").to_string());
    // Before it began, the project was empty.
    let before = repository.versions(&[site.mark(0)]).unwrap().remove(0);
    assert_eq!(before.tree, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    // Paths and patches are seen from the project.
    let only = |paths: &[&str]| {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        repository
            .range(&[site.mark(0)], site.mark(3), &paths, false)
            .unwrap()
            .counts
    };
    assert_eq!(only(&["a"]), [true, false, true]);
    assert_eq!(only(&[":/other"]), [false, true, false]);
    let patch = repository.patch(site.mark(3), 10_000).unwrap().text;
    assert!(patch.starts_with("diff --git a/a b/a"), "{patch}");
    assert_eq!(repository.patch(site.mark(2), 10_000).unwrap().text, "");
}

#[test]
fn a_shallow_clone_says_so_and_what_it_lacks_is_told_with_what_to_do() {
    let site = Site::new();
    site.import(&line(20));
    let source = format!("file://{}", site.root.display());
    let clone = site.folder.path().join("clone");
    let args = ["clone", "--quiet", "--depth=5", &source, "../clone"];
    site.git(&args);
    let repository = Repository::open(&clone).unwrap();
    let facts = Facts {
        shallow: true,
        ..Facts::default()
    };
    assert_eq!(*repository.facts(), facts);
    let old = site.mark(3);
    let error = repository.resolve(&old.to_string()).unwrap_err();
    assert!(error.help().unwrap().contains("--unshallow"), "{error}");
    let error = repository
        .range(&[old], site.mark(19), &[], false)
        .unwrap_err();
    assert!(error.help().unwrap().contains("--unshallow"), "{error}");
    assert_eq!(
        error.to_string(),
        format!("the object {old} is not in the repository")
    );
    // What is there can be searched.
    let range = repository
        .range(&[site.mark(16)], site.mark(19), &[], false)
        .unwrap();
    assert_eq!(range.ids.len(), 3);
}

#[test]
fn a_line_that_a_shallow_clone_cuts_off_is_not_searched() {
    let site = Site::new();
    // A side branch of ten commits that leaves before the good version and comes back at the end.
    let mut commits = line(10);
    for at in 10..20 {
        let parent = if at == 10 { 1 } else { at - 1 };
        let own = commit(&[parent], &format!("side/{at}"), "x");
        commits.push(on("side", own));
    }
    commits.push(commit(&[9, 19], "merged", "x"));
    site.import(&commits);
    let source = format!("file://{}", site.root.display());
    site.git(&["clone", "--quiet", "--depth=5", &source, "../clone"]);
    let clone = Repository::open(&site.folder.path().join("clone")).unwrap();
    let (good, bad) = (site.mark(8), site.mark(20));
    let error = clone.range(&[good], bad, &[], false).unwrap_err();
    let cut = site.mark(16);
    assert!(
        matches!(&error, GitError::Cut { commit } if *commit == cut.to_string()),
        "{error:?}"
    );
    assert!(error.help().unwrap().contains("--unshallow"), "{error}");
    // The first parents are all there.
    let range = clone.range(&[good], bad, &[], true).unwrap();
    assert_eq!(range.ids, [site.mark(9), bad]);
    let RevisionProblem::Unknown { .. } = problem(&clone, "mian") else {
        panic!("`mian` is known");
    };
    let help = clone.resolve("mian").unwrap_err().help().unwrap();
    assert!(
        help.contains("`main`") && help.contains("--unshallow"),
        "{help}"
    );
}

#[test]
fn a_partial_clone_fetches_nothing() {
    let site = Site::new();
    site.import(&line(5));
    site.git(&["config", "uploadpack.allowFilter", "true"]);
    let source = format!("file://{}", site.root.display());
    let args = ["clone", "--quiet", "--bare", "--filter=blob:none"];
    site.git(&[&args[..], &[&*source, "../partial"]].concat());
    let repository = Repository::open(&site.folder.path().join("partial")).unwrap();
    assert!(repository.facts().partial && repository.facts().bare);
    let store = site.folder.path().join("store");
    let exporter = stepwell_workspace::Exporter::new(repository.clone(), &store).unwrap();
    let error = exporter
        .export(
            site.id("main^{tree}"),
            &site.folder.path().join("export"),
            &stepwell_workspace::ExportLimits::default(),
            &std::sync::atomic::AtomicBool::new(false),
        )
        .unwrap_err();
    assert!(
        matches!(error, GitError::Missing { partial: true, .. }),
        "{error:?}"
    );
    let error = repository.patch(site.mark(4), 1000).unwrap_err();
    assert!(error.help().unwrap().contains("--refetch"), "{error:?}");
}

#[test]
fn dirty_files_are_named_and_unknown_ones_are_none() {
    let site = Site::new();
    site.import(&line(9));
    site.git(&["reset", "--quiet", "--hard"]);
    let repository = site.open();
    assert_eq!(repository.dirty().unwrap(), Vec::<String>::new());
    fs::write(site.root.join("new"), "new").unwrap();
    assert_eq!(repository.dirty().unwrap(), Vec::<String>::new());
    fs::write(site.root.join("src/1.txt"), "other").unwrap();
    fs::remove_file(site.root.join("src/2.txt")).unwrap();
    assert_eq!(repository.dirty().unwrap(), ["src/1.txt", "src/2.txt"]);
    let inner = Repository::open(&site.root.join("src")).unwrap();
    assert_eq!(inner.dirty().unwrap().len(), 2);
}

#[test]
fn revisions_are_resolved_and_what_is_none_is_explained() {
    let site = Site::new();
    site.import(&line(3));
    site.git(&["tag", "--annotate", "--message=one", "v1.0.0", "main~1"]);
    site.git(&["tag", "blob", "main:src/0.txt"]);
    site.git(&["tag", "--annotate", "--message=tree", "tree", "main^{tree}"]);
    let repository = site.open();
    let last = site.mark(2);
    for name in ["main", "HEAD", "refs/heads/main", &last.to_string()[..12]] {
        assert_eq!(repository.resolve(name).unwrap(), last, "{name}");
    }
    assert_eq!(repository.resolve("v1.0.0").unwrap(), site.mark(1));
    let unknown = |similar: Option<&str>| RevisionProblem::Unknown {
        similar: similar.map(str::to_owned),
        shallow: false,
    };
    assert_eq!(problem(&repository, "mian"), unknown(Some("main")));
    assert_eq!(problem(&repository, "v1.0.1"), unknown(Some("v1.0.0")));
    assert_eq!(problem(&repository, "nothing-like-it"), unknown(None));
    for name in [
        "",
        "--all",
        "-h",
        "^main",
        "main..v1.0.0",
        "main\nHEAD",
        "a\0b",
    ] {
        assert_eq!(problem(&repository, name), RevisionProblem::Malformed);
    }
    let not_a_commit = |kind: &str| RevisionProblem::NotACommit {
        kind: kind.to_owned(),
    };
    assert_eq!(problem(&repository, "blob"), not_a_commit("blob"));
    assert_eq!(problem(&repository, "main^{tree}"), not_a_commit("tree"));
    assert_eq!(problem(&repository, "tree"), not_a_commit("tag"));
    let error = repository.resolve(&"12".repeat(20)).unwrap_err();
    assert!(matches!(error, GitError::Missing { .. }), "{error:?}");
}

#[test]
fn digits_that_fit_more_than_one_commit_are_ambiguous() {
    let site = Site::new();
    site.import(&line(600));
    let ids = site.git(&["rev-list", "main"]);
    let mut ids: Vec<&str> = ids.lines().collect();
    ids.sort_unstable();
    let twins = ids.windows(2).find(|pair| pair[0][..4] == pair[1][..4]);
    let prefix = &twins.expect("among 600 commits two begin alike")[0][..4];
    let repository = site.open();
    assert_eq!(problem(&repository, prefix), RevisionProblem::Ambiguous);
}

#[test]
fn a_range_of_revisions_is_what_one_has_and_the_other_has_not() {
    let site = Site::new();
    site.import(&line(10));
    site.git(&["update-ref", "HEAD", "main"]);
    let repository = site.open();
    let all = |text: &str| repository.resolve_all(text, 100).unwrap();
    assert_eq!(all("main~3..main~1"), [site.mark(8), site.mark(7)]);
    assert_eq!(all("main~2.."), [site.mark(9), site.mark(8)]);
    assert_eq!(all("main~4"), [site.mark(5)]);
    assert_eq!(repository.resolve_all("main~5..main", 2).unwrap().len(), 2);
    assert!(repository.resolve_all("main...main~1", 9).is_err());
}

#[test]
fn a_repository_of_somebody_else_is_not_trusted() {
    let site = Site::new();
    site.import(&line(1));
    let outcome = git(&site.root, &["rev-parse"])
        .env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        .output()
        .unwrap();
    // The message is Git's, and it is what is looked for.
    let message = String::from_utf8(outcome.stderr).unwrap();
    assert!(message.contains("dubious ownership"), "{message}");
}

#[test]
fn repositories_with_longer_hashes_work_as_well() {
    let site = Site::with(&["--object-format=sha256"]);
    site.import(&line(10));
    let repository = site.open();
    let (good, bad) = (site.mark(2), site.mark(9));
    assert_eq!(bad.as_bytes().len(), 32);
    let range = repository.range(&[good], bad, &[], false).unwrap();
    assert_eq!(range.ids.len(), 7);
    let tree = repository.versions(&range.ids).unwrap()[6].tree.clone();
    let (target, exported) = site.export(&tree).unwrap();
    assert_eq!(exported.files, 7);
    assert_eq!(fs::read_to_string(target.join("src/2.txt")).unwrap(), "9");
}

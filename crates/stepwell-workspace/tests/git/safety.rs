//! Nothing that a repository or the environment names is run, and nothing else is read instead.

use crate::fixture::{Site, line};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use stepwell_workspace::Repository;

/// A repository in which everything that can be configured would leave a trace.
fn trapped() -> (Site, std::path::PathBuf) {
    let site = Site::new();
    site.import(&line(8));
    site.git(&["reset", "--quiet", "--hard"]);
    let trace = site.folder.path().join("trace");
    let trap = site.folder.path().join("trap");
    let script = format!("#!/bin/sh\necho \"$0 $@\" >>{}\ncat\n", trace.display());
    fs::write(&trap, script).unwrap();
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
    let trap = trap.to_str().unwrap();
    let hooks = site.root.join(".git/hooks");
    for hook in [
        "post-checkout",
        "post-index-change",
        "reference-transaction",
    ] {
        fs::copy(trap, hooks.join(hook)).unwrap();
    }
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "diff.external",
        "diff.trap.textconv",
        "diff.trap.command",
        "filter.trap.clean",
        "filter.trap.smudge",
        "filter.a.b=c.process",
        "gpg.program",
    ] {
        site.git(&["config", key, trap]);
    }
    // The name of one filter is not UTF-8.
    let config = site.root.join(".git/config");
    let mut text = fs::read(&config).unwrap();
    text.extend_from_slice(b"[filter \"\xff\"]\n\tclean = ");
    text.extend_from_slice(trap.as_bytes());
    text.push(b'\n');
    fs::write(&config, text).unwrap();
    site.git(&["config", "log.showSignature", "true"]);
    site.git(&["config", "filter.trap.required", "true"]);
    let attributes = b"* diff=trap\n*.txt filter=trap\nsrc/3.txt filter=a.b=c export-ignore\n\
        src/4.txt filter=\xff\n";
    fs::write(site.root.join(".gitattributes"), attributes).unwrap();
    fs::write(site.root.join(".git/info/attributes"), attributes).unwrap();
    (site, trace)
}

#[test]
fn no_hook_filter_or_program_of_the_repository_is_run() {
    let (site, trace) = trapped();
    let _ = fs::remove_file(&trace);
    // Content has to be compared where times do not tell.
    for name in 0..7 {
        let path = site.root.join(format!("src/{name}.txt"));
        let text = fs::read(&path).unwrap();
        fs::write(&path, text).unwrap();
    }
    let repository = site.open();
    assert_eq!(repository.dirty().unwrap(), Vec::<String>::new());
    let (good, bad) = (site.mark(0), site.mark(7));
    let range = repository.range(&[good], bad, &[], false).unwrap();
    let versions = repository.versions(&range.ids).unwrap();
    repository.patch(bad, 10_000).unwrap();
    let (target, exported) = site.export(&versions[6].tree).unwrap();
    assert_eq!(exported.files, 7);
    assert_eq!(fs::read_to_string(target.join("src/3.txt")).unwrap(), "3");
    assert_eq!(fs::read_to_string(&trace).unwrap_or_default(), "");
    // The traps do work.
    let _ = crate::fixture::git(&site.root, &["diff", "main~1"]).output();
    assert_ne!(fs::read_to_string(&trace).unwrap_or_default(), "");
}

/// Where the second process finds the repository that it is to read.
const PLACE: &str = "STEPWELL_TEST_PLACE";

#[test]
fn the_environment_leads_nowhere_else() {
    if let Some(place) = std::env::var_os(PLACE) {
        let repository = Repository::open(place.as_ref()).unwrap();
        let head = repository.resolve("HEAD").unwrap();
        println!("head {}", repository.versions(&[head]).unwrap()[0].subject);
        repository.dirty().unwrap();
        println!("patch {}", repository.patch(head, 1000).unwrap().text.len());
        return;
    }
    let (site, other) = (Site::new(), Site::new());
    site.import(&line(5));
    site.git(&["reset", "--quiet", "--hard"]);
    other.import(&line(2));
    // The replaced commit would have another message.
    let (last, first) = (site.mark(4).to_string(), site.mark(1).to_string());
    site.git(&["replace", &last, &first]);
    let run = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "safety::the_environment_leads_nowhere_else",
            "--nocapture",
        ])
        .env(PLACE, &site.root)
        .env("GIT_DIR", other.root.join(".git"))
        .env("GIT_WORK_TREE", &other.root)
        .env("GIT_INDEX_FILE", "/dev/null")
        .env("GIT_OBJECT_DIRECTORY", other.root.join(".git/objects"))
        .env("GIT_EXTERNAL_DIFF", "false")
        .env("GIT_NAMESPACE", "x")
        .env("GIT_EXEC_PATH", "/nowhere")
        .env("GIT_TRACE", "1")
        .env("GIT_CONFIG_PARAMETERS", "'core.bare=true'")
        .env("GIT_LITERAL_PATHSPECS", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{text}");
    assert!(text.contains("head change 4"), "{text}");
    assert!(
        text.contains("patch ") && !text.contains("patch 0"),
        "{text}"
    );
}

#[test]
fn reading_changes_nothing_in_the_repository() {
    let site = Site::new();
    site.import(&line(8));
    site.git(&["reset", "--quiet", "--hard"]);
    let list = || {
        let output = Command::new("find")
            .args([".", "-printf", "%p %T@ %s\\n"])
            .current_dir(&site.root)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let text = fs::read(site.root.join("src/1.txt")).unwrap();
    fs::write(site.root.join("src/1.txt"), text).unwrap();
    let before = list();
    let repository = site.open();
    assert_eq!(repository.dirty().unwrap(), Vec::<String>::new());
    let range = repository.range(&[site.mark(0)], site.mark(7), &[], false);
    repository.versions(&range.unwrap().ids).unwrap();
    site.export(&site.id("main^{tree}").to_string()).unwrap();
    assert_eq!(list(), before);
}

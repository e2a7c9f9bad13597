//! What is published and told by the components that come with Stepwell, and what happens if one fails.

use crate::watch::{Heard, heard, server_that, tick, watch};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::slice;
use std::sync::mpsc::Receiver;
use stepwell_testkit::{History, Signal, TestEnv, git};

/// A project that is bad as long as it has the file `bug`, and who publishes and tells for it.
fn project(parts: &str) -> TestEnv {
    let env = crate::empty();
    env.add_guests(&["play", "bisect_publisher"]);
    env.write("config.toml", "[network]\nprivate = [\"127.0.0.0/8\"]\n");
    env.write(".gitignore", "*\n!counter.txt\n!bug\n");
    configure(&env, parts);
    env
}

fn configure(env: &TestEnv, parts: &str) {
    let pipeline = "name = \"shop\"\n\n[tasks.play]\nsource = \"guests/play.wasm\"\n\
        allow = { workspace = \"read\" }\n\n\
        [[steps]]\nname = \"test\"\ntask = \"play\"\nargs = [\"without:bug\"]\n";
    env.write("pipeline.toml", format!("{pipeline}\n{parts}\n"));
}

/// A web hook at `port`, with this grant.
fn hook(section: &str, port: u16, is_granted: bool) -> String {
    let hosts = match is_granted {
        true => format!("{{ host = \"127.0.0.1\", port = {port}, scheme = \"http\" }}"),
        false => String::new(),
    };
    format!(
        "[{section}.hook]\nsource = \"webhook\"\n\
         inputs = {{ url = \"http://127.0.0.1:{port}/hook\" }}\nallow = {{ hosts = [{hosts}] }}\n\n"
    )
}

const LIST: &str = "[publishers.list]\nsource = \"file\"\nallow = { workspace = \"write\" }\n\n";

/// The lines that the publisher `list` wrote.
fn lines(env: &TestEnv) -> Vec<Value> {
    let path = ".stepwell/publications/list/releases.jsonl";
    let text = fs::read_to_string(env.project().join(path)).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

fn is_silent(server: &Receiver<Heard>) -> bool {
    server.try_recv().is_err()
}

#[test]
fn a_good_version_is_published_once_by_each_publisher() {
    let (port, server) = server_that(|_| "200 OK");
    let env = project(&[&hook("publishers", port, true), LIST].concat());
    let mut history = History::default();
    history.commit("Ada <ada@example.org>", &[]);
    history.make(env.project());
    let head = || git(env.project(), &["rev-parse", "main"]);

    let output = watch(&env, &[]);
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    let told = heard(&server);
    let body: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(told.line, "POST /hook");
    assert_eq!(body["version"]["id"], head().as_str());
    assert_eq!(body["version"]["subject"], "Change 1");
    assert_eq!(body["version"]["author"]["name"], "Ada");
    assert_eq!(body["branch"], "main");
    assert!(body["previous"].is_null());
    assert_eq!(told.key, body["key"].to_string());
    assert_eq!(lines(&env), slice::from_ref(&body));
    let said = &output.stderr;
    assert!(
        said.contains("publishing") && said.contains("which answered 200"),
        "{said}"
    );
    assert!(!said.contains('\u{1b}') && !said.contains('\r'), "{said:?}");

    // Nothing is new, so nothing is published.
    let output = watch(&env, &["--output", "json"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let again = tick(&output);
    assert_eq!(again["result"], "nothing-new");
    assert!(again["published"].is_null());

    let first = head();
    let mut more = History::after(1);
    more.commit("Bob <bob@example.org>", &[]);
    more.make(env.project());
    assert_eq!(watch(&env, &[]).code, 0);
    let next: Value = serde_json::from_str(&heard(&server).body).unwrap();
    assert_eq!(next["previous"], first.as_str());
    assert_ne!(next["key"], body["key"]);
    assert_eq!(lines(&env), [body, next]);
    assert!(is_silent(&server), "each version was published once");
}

#[test]
fn a_publisher_that_fails_is_told_and_asked_again_and_the_others_are_not() {
    let (port, server) = server_that(|before| match before {
        0 => "503 Later",
        _ => "200 OK",
    });
    let traps = "[publishers.broken]\nsource = \"guests/bisect_publisher.wasm\"\n\
                 inputs = { do = \"trap\" }\n\n";
    let denied = hook("publishers", port, false);
    let env = project(&[traps, &denied, LIST].concat());
    let mut history = History::default();
    history.commit("Ada <ada@example.org>", &[]);
    history.make(env.project());

    for _ in 0..2 {
        let output = watch(&env, &[]);
        assert_eq!(output.code, 1, "{}{}", output.stdout, output.stderr);
        for words in [
            "not published: broken: ",
            "trap",
            "; hook: cannot tell",
            "grant its host with `allow.hosts`",
        ] {
            assert!(output.stdout.contains(words), "{words}: {}", output.stdout);
        }
        assert_eq!(lines(&env).len(), 1);
    }
    assert!(is_silent(&server), "what is not granted is not sent");

    // A server that is away is one more reason.
    configure(&env, &[&hook("publishers", port, true), LIST].concat());
    let failed = watch(&env, &["--output", "json"]);
    let end = tick(&failed);
    assert_eq!((failed.code, &end["published"]), (1, &Value::Null));
    let why = end["unpublished"].as_str().unwrap();
    assert!(why.starts_with("hook: ") && why.contains("503"), "{why}");
    let output = watch(&env, &["--output", "json"]);
    assert_eq!(output.code, 0, "{}", output.stdout);
    let head = git(env.project(), &["rev-parse", "main"]);
    assert_eq!(tick(&output)["published"]["id"], head.as_str());
    // Both attempts and the one that did it at once are one publication.
    let (first, second) = (heard(&server), heard(&server));
    assert_eq!((&first.key, &first.body), (&second.key, &second.body));
    assert_eq!(first.key, lines(&env)[0]["key"].to_string());
    assert_eq!(lines(&env).len(), 1);
    assert!(is_silent(&server));
}

#[test]
fn a_publisher_that_does_not_end_is_stopped_with_the_program() {
    let env = project(
        "[publishers.slow]\nsource = \"guests/bisect_publisher.wasm\"\n\
         inputs = { do = \"hang\" }\n",
    );
    let mut history = History::default();
    history.commit("Ada <ada@example.org>", &[]);
    history.make(env.project());
    let mut process = env.start(&["watch", "--once"]);
    process.wait_for("publishing");
    process.signal(Signal::INT);
    let output = process.end();
    assert_eq!(output.code, 130, "{}{}", output.stdout, output.stderr);
    assert!(
        output.stdout.contains("not published: slow: "),
        "{}",
        output.stdout
    );
}

#[test]
fn the_notice_of_a_culprit_is_in_files_once() {
    let env = project(
        "[notifiers.archive]\nsource = \"file\"\nallow = { workspace = \"write\" }\n\n\
         [watch]\nbase = \"main~2\"\n",
    );
    let mut history = History::default();
    history.commit("Bob <bob@example.org>", &[]);
    history.commit("Ada <ada@example.org>", &[("bug", Some("x"))]);
    history.commit("Bob <bob@example.org>", &[]);
    history.make(env.project());
    let culprit = git(env.project(), &["rev-parse", "main~1"]);

    let output = watch(&env, &[]);
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    assert!(
        output.stdout.contains("archive told Ada of"),
        "{}",
        output.stdout
    );
    let said = &output.stderr;
    assert!(
        said.contains("Change 3") && said.contains("left, about"),
        "{said}"
    );
    assert!(!said.contains('\u{1b}') && !said.contains('\r'), "{said:?}");
    let folder = env.project().join(".stepwell/notices/archive/culprits");
    assert_eq!(names(&folder), [culprit.as_str()]);
    let folder = folder.join(&culprit);
    assert_eq!(names(&folder), ["report.json", "report.md"]);
    let report = fs::read_to_string(folder.join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["conclusion"]["conclusion"], "culprit");
    assert_eq!(report["conclusion"]["version"]["id"], culprit.as_str());
    let report = fs::read_to_string(folder.join("report.md")).unwrap();
    assert!(report.contains(&culprit), "{report}");

    // It is told once, also if a version on top is bad because of the same change.
    fs::remove_dir_all(&folder).unwrap();
    for _ in 0..2 {
        let output = watch(&env, &["--output", "json"]);
        assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
        assert_eq!(tick(&output)["told"], Value::Array(Vec::new()));
        assert!(!folder.exists());
        let mut more = History::after(3);
        more.commit("Bob <bob@example.org>", &[]);
        more.make(env.project());
    }
}

/// What is in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

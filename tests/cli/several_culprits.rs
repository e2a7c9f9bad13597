//! Searches for all culprits: of several failures, and one behind the other.

use crate::bisect::git;
use crate::{empty, pipeline, step};
use serde_json::Value;
use std::fs;
use stepwell_testkit::{History, Output, Signal, TestEnv};

/// Sixteen versions with the tags `v1` and so on. From `v4` on there is a file `one`, from `v9` on
/// `link`, and from `v12` on `two`.
fn repository() -> TestEnv {
    let env = empty();
    let mut history = History::default();
    for number in 1..=16 {
        let own = format!("src/{number}.txt");
        let mut files = vec![(own.as_str(), Some("text"))];
        files.extend(match number {
            4 => Some(("one", Some("it is broken"))),
            9 => Some(("link", Some("it is broken"))),
            12 => Some(("two", Some("it is broken"))),
            _ => None,
        });
        history.change("Ada <ada@example.org>", &files);
    }
    history.make(env.project());
    for number in 1..=16 {
        let version = format!("main~{}", 16 - number);
        git(&env, &["tag", &format!("v{number}"), &version]);
    }
    env.add_guests(&["play"]);
    env
}

/// A pipeline that fails at `link` before it fails, in another step, at `one` or `two`.
fn two_steps(first: &str) -> String {
    let link = step("name = \"link\"", &[first, "without:link"]);
    let test = step("name = \"test\"", &["without:one", "without:two"]);
    pipeline(&format!("{link}\n{test}"))
}

/// The subjects of all culprits, and for each what was taken back.
#[track_caller]
fn culprits(output: &Output) -> Vec<(String, Vec<String>)> {
    let last: Value = serde_json::from_str(output.stdout.lines().last().unwrap()).unwrap();
    let finding = &last["finding"];
    let text = |value: &Value| value["subject"].as_str().unwrap_or("none").to_owned();
    let first = (text(&finding["conclusion"]["version"]), Vec::new());
    let further = finding["further"]
        .as_array()
        .unwrap()
        .iter()
        .map(|further| {
            let reverted = further["lens"]["reverted"].as_array().unwrap();
            let reverted = reverted.iter().map(text).collect();
            (text(&further["conclusion"]["version"]), reverted)
        });
    std::iter::once(first).chain(further).collect()
}

fn expected(culprits: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let culprits = culprits.iter();
    culprits
        .map(|(culprit, reverted)| ((*culprit).to_owned(), owned(reverted)))
        .collect()
}

fn all_of_two_steps() -> Vec<(String, Vec<String>)> {
    expected(&[
        ("Change 4", &[]),
        ("Change 9", &[]),
        ("Change 12", &["Change 4", "Change 9"]),
        ("none", &["Change 4", "Change 9", "Change 12"]),
    ])
}

#[test]
fn every_failure_and_every_change_behind_another_has_its_culprit() {
    let env = repository();
    env.write("pipeline.toml", two_steps("say:hello"));
    let state = || {
        let objects = git(&env, &["count-objects", "-v"]);
        objects + &git(&env, &["status", "--porcelain"])
    };
    let before = state();
    let arguments = ["bisect", "--good", "v1", "--all", "--output", "json"];
    let output =
        env.stepwell(&[&arguments[..], &["--report", "a.html", "--report", "a.md"]].concat());
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(culprits(&output), all_of_two_steps());
    let finding: Value = serde_json::from_str(output.stdout.lines().last().unwrap()).unwrap();
    let further = &finding["finding"]["further"];
    let signature = further[0]["signature"].as_str().unwrap();
    assert!(signature.contains("link"), "{signature}");
    assert!(further[1]["signature"].as_str().unwrap().contains("test"));
    // Nothing was written to the repository, and nothing is left of what was exported.
    fs::remove_file(env.project().join("a.html")).unwrap();
    let markdown = fs::read_to_string(env.project().join("a.md")).unwrap();
    fs::remove_file(env.project().join("a.md")).unwrap();
    assert_eq!(state(), before);
    let left = fs::read_dir(env.project().join(".stepwell/bisect")).unwrap();
    assert_eq!(left.count(), 0);
    // All of it is told again, in every form.
    let id = |tag: &str| git(&env, &["rev-parse", tag]).trim().to_owned();
    let ids = [id("v4"), id("v9"), id("v12")];
    for told in [
        markdown,
        env.stepwell(&["bisect", "show"]).stdout,
        env.stepwell(&["bisect", "show", "--output", "html"]).stdout,
        env.stepwell(&["bisect", "log"]).stdout,
    ] {
        for id in &ids {
            assert!(told.contains(id), "{id}: {told}");
        }
    }
    let shown = env.stepwell(&["bisect", "show"]).stdout;
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let reverted = format!("Without {} and {}", &ids[0][..12], &ids[1][..12]);
    assert!(
        words.contains(&format!("{reverted}, {} is the first bad commit", ids[2])),
        "{shown}"
    );
    assert!(
        words.contains("is good: there is no later culprit"),
        "{shown}"
    );
    let listed = env.stepwell(&["bisect", "list"]).stdout;
    assert!(listed.contains("Change 4 and 2 more"), "{listed}");
    // What was judged of versions without some changes is remembered as well: only three culprits and
    // their parents are judged once more.
    let again = env.stepwell(&arguments);
    assert_eq!(culprits(&again), all_of_two_steps());
    let finding: Value = serde_json::from_str(again.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(finding["finding"]["cost"]["probes"], 6);
}

#[test]
fn a_search_for_one_culprit_tells_of_the_other_failure() {
    let env = repository();
    env.write("pipeline.toml", two_steps("say:hello"));
    let output = env.stepwell(&["bisect", "--good", "v1"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let words = output
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        words.contains("fails in another way, with main/link/"),
        "{}",
        output.stdout
    );
    assert!(
        words.contains("--all searches for the change"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_program_finds_all_culprits_and_goes_on_after_it_was_killed() {
    let env = repository();
    let judge = ["sleep:150", "without:one", "without:two"];
    let how = [
        "bisect",
        "run",
        "--good",
        "v1",
        "--all",
        "--",
        "guests/play.wasm",
    ];
    let mut search = env.start(&[&how[..], &judge].concat());
    search.wait_for("searching on without");
    search.wait_for("the bad end");
    search.signal(Signal::KILL);
    let _ = search.end();
    let output = env.stepwell(&["bisect", "resume", "--output", "json"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let both = expected(&[
        ("Change 4", &[]),
        ("Change 12", &["Change 4"]),
        ("none", &["Change 4", "Change 12"]),
    ]);
    assert_eq!(culprits(&output), both);
    // The first search was over.
    let started = output
        .stdout
        .lines()
        .filter(|line| line.contains("\"started\""));
    assert!(started.clone().count() > 0);
    for line in started {
        let event: Value = serde_json::from_str(line).unwrap();
        let reverted = event["event"]["reverted"].as_array().map_or(0, Vec::len);
        assert!(reverted > 0, "{line}");
    }
}

#[test]
fn what_cannot_be_taken_back_is_told_and_changes_nothing_that_was_found() {
    let env = empty();
    let mut history = History::default();
    for number in 1..=6 {
        let text = format!("{number}");
        let text = if number >= 3 {
            "it is broken ".to_owned() + &text
        } else {
            text
        };
        history.change("Ada <ada@example.org>", &[("a.txt", Some(&text))]);
    }
    history.make(env.project());
    let judge = ["--oracle", "grep", "--input", "pattern=broken"];
    let output = env.stepwell(&[&["bisect", "--good", "main~5", "--all"], &judge[..]].concat());
    assert_eq!(output.code, 0, "{}", output.stderr);
    let words = output
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(words.contains("is the first bad commit"), "{words}");
    assert!(
        words.contains("later culprits cannot be excluded"),
        "{words}"
    );
    assert!(words.contains("same lines of `a.txt`"), "{words}");
}

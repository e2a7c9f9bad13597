//! Searches in which a person judges, and their logs.

use crate::bisect::{GREP, assert_found, broken, git};
use std::fs;
use stepwell_testkit::{Signal, TestEnv};

#[test]
fn a_person_can_judge() {
    let env = broken();
    let say = |words: &[&str]| {
        let output = env.stepwell(&[&["bisect"], words].concat());
        assert_eq!(
            output.code, 0,
            "{words:?}: {}{}",
            output.stdout, output.stderr
        );
        output.stdout
    };
    let first = say(&["start", "--good", "v1", "--bad", "v12"]);
    assert!(
        first.contains("judge ") && first.contains("Change 7"),
        "{first}"
    );
    let folder = first
        .lines()
        .find_map(|line| line.strip_prefix("its files are in "))
        .unwrap();
    assert_eq!(
        fs::read_to_string(format!("{folder}/counter.txt")).unwrap(),
        "7\n"
    );
    // They are the person's own.
    fs::write(format!("{folder}/counter.txt"), "tried").unwrap();
    assert!(say(&["good"]).contains("Change 10"));
    assert!(!fs::exists(folder).unwrap());
    assert!(say(&["bad", "v10"]).contains("Change 9"));
    assert!(say(&["undo"]).contains("Change 10"));
    say(&["bad", "v10"]);
    say(&["bad", "v9"]);
    let end = say(&["good", "v8"]);
    assert!(
        end.contains("is the first bad commit") && end.contains("Change 9"),
        "{end}"
    );
    assert!(
        end.contains("GGGGGGGBBBB") && end.contains("11 commits"),
        "{end}"
    );
    let ended = env.stepwell(&["bisect", "good"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("bisect undo"), "{}", ended.stderr);
    say(&["reset"]);
    let left = env.stepwell(&["bisect", "next"]);
    assert_eq!(left.code, 2);
    assert!(
        left.stderr.contains("no search is going on"),
        "{}",
        left.stderr
    );
    let counter = fs::read_to_string(env.project().join("counter.txt"));
    assert_eq!(counter.unwrap(), "12\n", "nothing else was checked out");
}

#[test]
fn words_of_a_search_are_commands() {
    let env = broken();
    let say = |words: &[&str]| env.stepwell(&[&["bisect"], words].concat());
    assert_eq!(
        say(&["start", "--good", "v1", "--terms", "slow,fast"]).code,
        0
    );
    assert_eq!(say(&["fast"]).code, 0);
    let wrong = say(&["fastt"]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.stderr.contains("did you mean `fast`?"),
        "{}",
        wrong.stderr
    );
    assert_eq!(say(&["skip", "v10"]).code, 0);
    assert_eq!(say(&["slow", "v9"]).code, 0);
    let end = say(&["fast", "v8"]);
    assert!(
        end.stdout.contains("is the first slow commit"),
        "{}",
        end.stdout
    );
    let log = say(&["log"]).stdout;
    assert!(log.contains("--term-new=slow"), "{log}");
    assert!(log.contains("git bisect skip"), "{log}");
}

#[test]
fn logs_are_those_of_git_both_ways() {
    let env = broken();
    assert_found(&env, &env.stepwell(&GREP));
    let log = env.stepwell(&["bisect", "log"]).stdout;
    env.write("ours.log", &log);
    let git_says = git(&env, &["bisect", "replay", "ours.log"]);
    assert!(git_says.contains("is the first bad commit"), "{git_says}");
    git(&env, &["bisect", "reset"]);
    let replayed = env.stepwell(&["bisect", "replay", "ours.log"]);
    assert_found(&env, &replayed);

    // A log of Git's own, edited by hand on another system.
    git(&env, &["bisect", "start", "v12", "v1"]);
    git(&env, &["bisect", "good"]);
    git(&env, &["bisect", "bad", "v10"]);
    let theirs = format!("# a comment of mine\r\n{}", git(&env, &["bisect", "log"]));
    git(&env, &["bisect", "reset"]);
    env.write("theirs.log", theirs.replace('\n', "\r\n"));
    let replayed = env.stepwell(&["bisect", "replay", "theirs.log"]);
    assert_eq!(replayed.code, 0, "{}", replayed.stderr);
    assert!(replayed.stdout.contains("judge "), "{}", replayed.stdout);
    assert_eq!(env.stepwell(&["bisect", "good", "v8"]).code, 0);
    assert_found(&env, &env.stepwell(&["bisect", "bad", "v9"]));
}

/// A search by an oracle that is stopped in the middle.
pub(crate) fn stopped(env: &TestEnv) {
    let mut search = env.start(&[
        "bisect",
        "run",
        "--good",
        "v1",
        "--",
        "guests/play.wasm",
        "sleep:300",
        "without:broken",
    ]);
    search.wait_for("versions left");
    search.signal(Signal::INT);
    assert_eq!(search.end().code, 130);
}

#[test]
fn a_person_can_correct_a_search_of_an_oracle() {
    let env = broken();
    stopped(&env);
    let said = env.stepwell(&["bisect", "skip", "v7", "v11"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let output = env.stepwell(&["bisect", "resume"]);
    assert_found(&env, &output);
    assert!(
        output.stdout.contains("somebody said so"),
        "{}",
        output.stdout
    );
}

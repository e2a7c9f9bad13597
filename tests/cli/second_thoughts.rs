//! People who change their minds, contradict themselves, and search by hand beside an oracle.

use crate::bisect::{GREP, assert_found, broken, git};
use crate::bisect_by_hand::stopped;
use crate::{pipeline, step};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use stepwell_testkit::{Output, Signal, TestEnv};

/// `stepwell bisect` with these words.
fn bisect(env: &TestEnv, words: &[&str]) -> Output {
    env.stepwell(&[&["bisect"], words].concat())
}

#[track_caller]
fn say(env: &TestEnv, words: &[&str]) -> String {
    let output = bisect(env, words);
    assert_eq!(
        output.code, 0,
        "{words:?}: {}{}",
        output.stdout, output.stderr
    );
    output.stdout
}

/// Nothing is done, in words that say why.
#[track_caller]
fn refused(env: &TestEnv, words: &[&str], told: &[&str]) {
    let output = bisect(env, words);
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (2, ""),
        "{words:?}: {}",
        output.stderr
    );
    for words in told {
        assert!(
            output.stderr.contains(words),
            "`{words}` is not in:\n{}",
            output.stderr
        );
    }
}

/// The identifier of the latest search.
fn latest(env: &TestEnv) -> String {
    let listed = say(env, &["list"]);
    let line = listed.lines().last().unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

/// What the latest search is called in a report.
fn ending(env: &TestEnv) -> String {
    let latest = latest(env);
    latest[latest.len() - 8..].to_owned()
}

#[test]
fn second_thoughts_after_the_end_open_a_search_again() {
    let env = broken();
    say(&env, &["start", "--good", "v1"]);
    say(&env, &["bad", "v2"]);
    let taken_back = say(&env, &["undo"]);
    assert!(taken_back.contains("judge "), "{taken_back}");
    assert!(say(&env, &["list"]).contains("not ended"));
    say(&env, &["good", "v8"]);
    assert_found(&env, &bisect(&env, &["bad", "v9"]));
    // What was said last is wrong, and now it is said to be something else.
    let other = say(&env, &["good", "v9"]);
    assert!(other.contains("judge "), "{other}");
    let end = say(&env, &["bad", "v10"]);
    assert!(end.contains("Change 10"), "{end}");
}

#[test]
fn what_cannot_be_right_is_told_and_not_taken() {
    let env = broken();
    say(
        &env,
        &[
            "start",
            "--good",
            "v2",
            "--bad",
            "v11",
            "--terms",
            "slow,fast",
        ],
    );
    refused(
        &env,
        &["slow", "v2"],
        &[
            "Change 2",
            "is an end",
            "takes it to be `fast`",
            "bisect start",
        ],
    );
    refused(&env, &["fast", "v11"], &["Change 11", "`slow`"]);
    refused(&env, &["slow", "v1"], &["is none of the versions"]);
    say(&env, &["fast", "v8"]);
    refused(
        &env,
        &["slow", "v5"],
        &[
            "Change 5",
            "is `slow`",
            "Change 8",
            "is `fast`",
            "bisect undo",
        ],
    );
    say(&env, &["slow", "v9"]);
    let log = say(&env, &["log"]);
    assert!(log.contains("judged by hand"), "{log}");
    // A log can say such a thing as well.
    let good = git(&env, &["rev-parse", "v10"]);
    env.write("wrong.log", format!("{log}git bisect fast {good}"));
    refused(&env, &["replay", "wrong.log"], &["Change 9", "Change 10"]);
}

#[test]
fn logs_are_checked_as_the_command_line_is() {
    let env = broken();
    let replayed = |log: &str, told: &[&str]| {
        env.write("some.log", log);
        refused(&env, &["replay", "some.log"], told);
    };
    replayed(
        "git bisect start --term-new=reset --term-old=skip v12 v1\n",
        &["some.log", "`reset` is a command"],
    );
    replayed("git bisect start v12 v1 -- srcs\n", &["changes `srcs`"]);
    replayed("git bisect start v3 v3\n", &["the same version"]);
    replayed("git bisect start v3 v5\n", &["is older than"]);
    assert!(bisect(&env, &["list"]).code == 2, "nothing of it was begun");
}

#[test]
fn a_mark_does_not_end_the_search_of_an_oracle() {
    let env = broken();
    stopped(&env);
    let marked = bisect(&env, &["bad", "v9"]);
    assert_eq!((marked.code, marked.stdout.as_str()), (0, ""));
    assert!(
        marked.stderr.contains("stepwell bisect resume"),
        "{}",
        marked.stderr
    );
    say(&env, &["good", "v8"]);
    let listed = say(&env, &["list"]);
    assert!(listed.contains("not ended"), "{listed}");
    refused(&env, &["skip"], &["an oracle judges", "of which version"]);
    assert_eq!(say(&env, &["next"]), "", "it exports nothing");
    let output = bisect(&env, &["resume", "--output", "json"]);
    assert!(
        output.stdout.contains("\"purpose\":\"verify\""),
        "culprit and parent were judged: {}",
        output.stdout
    );
    assert_found(&env, &bisect(&env, &["show"]));
}

#[test]
fn what_a_person_says_counts_more_than_what_is_so() {
    let env = broken();
    stopped(&env);
    say(&env, &["good", "v9"]);
    say(&env, &["bad", "v10"]);
    let output = bisect(&env, &["resume"]);
    assert!(
        output.stdout.contains("Change 10") && output.stdout.contains("somebody said so"),
        "{}{}",
        output.stdout,
        output.stderr
    );
}

#[test]
fn a_search_by_hand_goes_on_beside_those_of_oracles() {
    let env = broken();
    say(&env, &["start", "--good", "v1"]);
    let by_hand = latest(&env);
    assert_found(&env, &env.stepwell(&GREP));
    let next = say(&env, &["good", "v8"]);
    assert!(
        next.contains("judge ") && next.contains("Change 10"),
        "{next}"
    );
    // Another one takes its place, until it is named.
    let folder = |told: &str| {
        let mut lines = told.lines();
        lines
            .find_map(|line| line.strip_prefix("its files are in "))
            .unwrap()
            .to_owned()
    };
    let old = folder(&next);
    let top = std::path::Path::new(&old).parent().unwrap().to_owned();
    let mode = fs::metadata(&top).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else reads it");
    let started = bisect(&env, &["start", "--good", "v2", "--bad", "v5"]);
    assert!(
        started.stderr.contains("were removed") && started.stderr.contains(&by_hand),
        "{}",
        started.stderr
    );
    assert!(!fs::exists(&top).unwrap());
    assert!(!say(&env, &["next"]).contains("Change 10"));
    let back = say(&env, &["next", "--search", &by_hand]);
    assert!(back.contains("Change 10"), "{back}");
    say(&env, &["reset"]);
    refused(&env, &["next"], &["no search is going on"]);
    let end = bisect(&env, &["bad", "--search", &by_hand, "v9"]);
    assert_found(&env, &end);
}

#[test]
fn words_of_a_search_take_no_options_of_one() {
    let env = broken();
    say(&env, &["start", "--good", "v1", "--terms", "slow,fast"]);
    for words in [
        &["fast", "--good", "v1"][..],
        &["fast", "--bad", "HEAD"],
        &["fast", "--jobs", "3"],
        &["fast", "--trials", "1"],
        &["fast", "--oracle", "grep"],
        &["fast", "--output", "json"],
        &["--good", "v1", "main"],
    ] {
        refused(&env, words, &["cannot be used with"]);
    }
    refused(
        &env,
        &["fast", "--project", "/nonexistent"],
        &["/nonexistent"],
    );
    let mut elsewhere = env.command(&["bisect", "fast", "--project"]);
    elsewhere.arg(env.project()).current_dir("/");
    let output = stepwell_testkit::Process::of(elsewhere).end();
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stdout.contains("judge "), "{}", output.stdout);
}

#[test]
fn a_range_is_said_of_what_is_searched_in_it() {
    let env = broken();
    say(&env, &["start", "--good", "v4", "--bad", "v11"]);
    let some = bisect(&env, &["good", "v1..v8"]);
    assert_eq!(some.code, 0, "{}", some.stderr);
    assert!(
        some.stderr
            .contains("2 of the 7 versions in `v1..v8` are not searched"),
        "{}",
        some.stderr
    );
    refused(&env, &["good", "v1..v3"], &["no version in `v1..v3`"]);
    let all = bisect(&env, &["skip", "v8..v11"]);
    assert_eq!(all.code, 1, "{}", all.stderr);
    assert!(
        all.stdout.contains("only untestable commits are left"),
        "{}",
        all.stdout
    );
}

#[test]
fn a_search_that_goes_on_has_one_process_at_work() {
    let env = broken();
    let mut search = env.start(&[
        "bisect",
        "run",
        "--good",
        "v1",
        "--",
        "guests/play.wasm",
        "sleep:3000",
        "without:broken",
    ]);
    search.wait_for("versions left");
    for words in [&["resume"][..], &["skip", "v7"]] {
        refused(&env, words, &["another process is at work", "Ctrl-C"]);
    }
    search.signal(Signal::INT);
    assert_eq!(search.end().code, 130);
}

#[test]
fn a_search_whose_budget_was_spent_goes_on() {
    let env = broken();
    let spent = env.stepwell(&[&GREP[..], &["--max-trials", "3"]].concat());
    assert_eq!(spent.code, 1, "{}", spent.stderr);
    let told = format!("stepwell bisect resume --max-trials 6 {}", ending(&env));
    assert!(spent.stdout.contains(&told), "{}", spent.stdout);
    for words in [&["resume"][..], &["resume", "--max-trials", "2"]] {
        refused(
            &env,
            words,
            &["3 were made already", "bisect resume --max-trials 6"],
        );
    }
    assert_found(&env, &bisect(&env, &["resume", "--max-trials", "20"]));
    refused(&env, &["resume"], &["all searches have ended"]);
    let nothing = env.stepwell(&[&GREP[..], &["--fresh", "--max-trials", "1"]].concat());
    assert!(
        nothing
            .stdout
            .contains("before the ends of the range were judged"),
        "{}",
        nothing.stdout
    );
}

#[test]
fn a_search_that_was_aborted_goes_on() {
    let env = broken();
    // 128 ends a search.
    env.write("pipeline.toml", pipeline(&step("", &["exit:128"])));
    let ended = env.stepwell(&["bisect", "--good", "v1", "--oracle", "step-exit-code"]);
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    let told = format!("stepwell bisect resume {}", ending(&env));
    assert!(ended.stdout.contains(&told), "{}", ended.stdout);
    let again = bisect(&env, &["resume"]);
    assert_eq!(again.code, 1, "{}", again.stderr);
    assert!(again.stdout.contains("ends a search"), "{}", again.stdout);
    // With another pipeline it would be another question.
    env.write("pipeline.toml", pipeline(&step("", &["without:broken"])));
    refused(
        &env,
        &["resume"],
        &["the pipeline", "has changed since", "begin a new search"],
    );
}

#[test]
fn a_program_that_is_not_found_is_told_as_a_shell_tells_it() {
    let env = broken();
    let output = bisect(
        &env,
        &["run", "--good", "v1", "--", "guests/play.wasm", "exit:127"],
    );
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert!(
        output.stdout.contains("is bad already")
            && output.stdout.contains("exited with 127, as a shell does"),
        "{}",
        output.stdout
    );
}

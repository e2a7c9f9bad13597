//! Searches for a culprit: judged by an oracle, a pipeline, a program or a person.

use crate::{empty, pipeline, step};
use serde_json::Value;
use std::fs;
use stepwell_testkit::{History, Output, Signal, TestEnv};

/// The first bad version of [`repository`].
const CULPRIT: usize = 9;

/// A project whose repository has these versions on `main`, each with a tag `v1`, `v2` and so on. Each
/// says what it writes. Hashes are always the same.
fn repository(versions: &[&[(&str, Option<&str>)]]) -> TestEnv {
    let env = empty();
    let mut history = History::default();
    for files in versions {
        history.commit("Ada <ada@example.org>", files);
    }
    history.make(env.project());
    for number in 1..=versions.len() {
        let version = format!("main~{}", versions.len() - number);
        git(&env, &["tag", &format!("v{number}"), &version]);
    }
    env
}

/// Twelve versions, of which those from [`CULPRIT`] on have a file `broken`.
pub(crate) fn broken() -> TestEnv {
    let mut versions: [&[(&str, Option<&str>)]; 12] = [&[]; 12];
    versions[0] = &[("src/lib.rs", Some("fn main() {}"))];
    versions[CULPRIT - 1] = &[("broken", Some("it is broken"))];
    let env = repository(&versions);
    env.add_guests(&["play"]);
    env
}

pub(crate) fn git(env: &TestEnv, arguments: &[&str]) -> String {
    stepwell_testkit::git(env.project(), arguments)
}

/// `stepwell bisect` by the program `play`, which fails if there is a file `broken`.
const RUN: [&str; 7] = [
    "bisect",
    "run",
    "--good",
    "v1",
    "--",
    "guests/play.wasm",
    "without:broken",
];

pub(crate) const GREP: [&str; 7] = [
    "bisect",
    "--good",
    "v1",
    "--oracle",
    "grep",
    "--input",
    "pattern=broken",
];

#[track_caller]
pub(crate) fn assert_found(env: &TestEnv, output: &Output) {
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    let culprit = git(env, &["rev-parse", &format!("v{CULPRIT}")]);
    let words = format!("{} is the first bad commit", culprit.trim());
    assert!(output.stdout.contains(&words), "{}", output.stdout);
    assert!(output.stdout.contains("Change 9"), "{}", output.stdout);
}

/// The last line of what was printed as JSON lines: the finding.
#[track_caller]
fn finding(output: &Output) -> Value {
    let last: Value = serde_json::from_str(output.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "finding");
    last["finding"].clone()
}

#[test]
fn an_oracle_finds_the_change_and_touches_nothing() {
    let env = broken();
    env.write("counter.txt", "my own change");
    let before = git(&env, &["status", "--porcelain"]);
    let output = env.stepwell(&GREP);
    assert_found(&env, &output);
    assert!(
        output.stderr.contains("versions left, about"),
        "{}",
        output.stderr
    );
    assert_eq!(git(&env, &["status", "--porcelain"]), before);
    assert_eq!(
        fs::read_to_string(env.project().join("counter.txt")).unwrap(),
        "my own change"
    );
    assert!(git(&env, &["symbolic-ref", "HEAD"]).starts_with("refs/heads/main"));
    // What was exported is gone.
    assert_eq!(
        fs::read_dir(env.project().join(".stepwell/bisect"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn a_program_judges_by_its_exit_code() {
    let env = broken();
    let output = env.stepwell(&RUN);
    assert_found(&env, &output);
    assert!(
        output.stdout.contains("bisect run --fresh --good"),
        "{}",
        output.stdout
    );
    // The command that is told judges the culprit once more.
    let mut lines = output
        .stdout
        .lines()
        .skip_while(|line| *line != "To see it again");
    let again = lines.nth(1).unwrap().trim();
    let words: Vec<&str> = again.split(' ').skip(1).collect();
    assert_found(&env, &env.stepwell(&words));
}

#[test]
fn the_project_s_pipeline_judges_if_nobody_else_is_named() {
    let env = broken();
    env.write("pipeline.toml", pipeline(&step("", &["without:broken"])));
    let output = env.stepwell(&["bisect", "--good", "v1", "--jobs", "3"]);
    assert_found(&env, &output);
}

#[test]
fn what_the_pipeline_file_says_of_searches_counts() {
    let env = broken();
    let sections = "\n[oracles.text]\nsource = \"grep\"\ninputs = { pattern = \"broken\" }\n\
        [bisect]\noracle = \"text\"\njobs = 2\nconfidence = 0.9\n";
    env.write("pipeline.toml", pipeline(&step("", &["say:x"])) + sections);
    let output = env.stepwell(&["bisect", "--good", "v1", "--output", "json"]);
    let finding = finding(&output);
    assert_eq!(finding["conclusion"]["version"]["subject"], "Change 9");
    assert_eq!(finding["asked"]["oracle"]["name"], "text");
    assert_eq!(finding["asked"]["jobs"], 2);
    assert_eq!(finding["asked"]["confidence"], 0.9);
    assert_eq!(
        finding["asked"]["oracle"]["config"],
        r#"{"pattern":"broken"}"#
    );
}

#[test]
fn programs_get_what_happens_and_what_was_found() {
    let env = broken();
    let output = env.stepwell(&[&GREP[..], &["--output", "json"]].concat());
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let lines: Vec<Value> = output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (last, events) = lines.split_last().unwrap();
    assert!(
        events
            .iter()
            .all(|line| line["type"] == "search" && line["v"].is_number())
    );
    assert_eq!(events[0]["event"]["event"], "opened");
    assert_eq!(events.last().unwrap()["event"]["event"], "concluded");
    assert_eq!(last["finding"]["conclusion"]["conclusion"], "culprit");
    assert_eq!(last["finding"]["commits"], 11);
    // What was judged before is not judged again, unless that is asked for.
    let again = env.stepwell(&[&GREP[..], &["--output", "json"]].concat());
    assert!(finding(&again)["cost"]["cached"].as_u64().unwrap() > 0);
    let fresh = env.stepwell(&[&GREP[..], &["--output", "json", "--fresh"]].concat());
    assert_eq!(finding(&fresh)["cost"]["cached"], 0);
}

#[test]
fn a_strategist_chooses_and_whom_it_blames_is_judged_once_more() {
    let env = broken();
    env.add_guests(&["bisect_strategist"]);
    let sections = "\n[strategists.middle]\nsource = \"guests/bisect_strategist.wasm\"\n\
        [bisect]\nstrategist = \"middle\"\n";
    env.write("pipeline.toml", pipeline(&step("", &["say:x"])) + sections);
    let output = env.stepwell(&[&GREP[..], &["--output", "json"]].concat());
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    let finding = finding(&output);
    assert_eq!(finding["conclusion"]["version"]["subject"], "Change 9");
    let probes = finding["probes"].as_array().unwrap();
    let verified = probes.iter().filter(|probe| probe["purpose"] == "verify");
    let mut verified: Vec<_> = verified
        .map(|probe| probe["version"]["subject"].as_str().unwrap())
        .collect();
    verified.sort_unstable();
    assert_eq!(verified, ["Change 8", "Change 9"]);
}

#[test]
fn reports_are_written_and_shown_again() {
    let env = broken();
    let files = [
        "--report", "a.html", "--report", "a.md", "--report", "a.json",
    ];
    let output = env.stepwell(&[&GREP[..], &files].concat());
    assert_found(&env, &output);
    let text = |name: &str| fs::read_to_string(env.project().join(name)).unwrap();
    assert!(text("a.html").contains("<svg"));
    assert!(text("a.md").contains("Change 9"));
    let json: Value = serde_json::from_str(&text("a.json")).unwrap();
    assert_eq!(json["conclusion"]["conclusion"], "culprit");
    let markdown = env.stepwell(&["bisect", "show", "--output", "markdown"]);
    assert_eq!(markdown.stdout, text("a.md"));
    let listed = env.stepwell(&["bisect", "list"]);
    assert!(listed.stdout.contains("grep") && listed.stdout.contains("Change 9"));
}

#[test]
fn only_versions_that_change_named_paths_are_searched() {
    let env = repository(&[
        &[("a", Some("1")), ("b", Some("1"))],
        &[("b", Some("2"))],
        &[("a", Some("broken"))],
        &[("b", Some("3"))],
    ]);
    let output = env.stepwell(&[&GREP[..], &["--output", "json", "--", "a"]].concat());
    assert_eq!(
        finding(&output)["conclusion"]["version"]["subject"],
        "Change 3"
    );
}

#[test]
fn a_search_that_was_killed_goes_on() {
    let env = broken();
    let slow: Vec<&str> = RUN[..6]
        .iter()
        .copied()
        .chain(["sleep:300", RUN[6]])
        .collect();
    let mut search = env.start(&slow);
    search.wait_for("versions left");
    search.wait_for("good");
    search.signal(Signal::KILL);
    let _ = search.end();
    let listed = env.stepwell(&["bisect", "list"]).stdout;
    assert!(listed.contains("not ended"), "{listed}");
    let output = env.stepwell(&["bisect", "resume", "--output", "json"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    // The ends were judged before.
    let judged_now = output
        .stdout
        .lines()
        .filter(|line| line.contains("\"started\""));
    assert!(
        judged_now
            .clone()
            .all(|line| !line.contains("\"purpose\":\"head\""))
    );
    let finding = finding(&output);
    assert_eq!(finding["conclusion"]["version"]["subject"], "Change 9");
    assert!(finding["probes"].as_array().unwrap().len() > judged_now.count());
    let again = env.stepwell(&["bisect", "resume"]);
    assert_eq!(again.code, 2);
    assert!(
        again.stderr.contains("all searches have ended"),
        "{}",
        again.stderr
    );
}

#[test]
fn a_search_that_is_stopped_says_how_to_go_on() {
    let env = broken();
    let slow: Vec<&str> = RUN[..6]
        .iter()
        .copied()
        .chain(["sleep:300", RUN[6]])
        .collect();
    let mut search = env.start(&slow);
    search.wait_for("versions left");
    search.signal(Signal::INT);
    let output = search.end();
    assert_eq!(output.code, 130, "{}", output.stderr);
    assert!(
        output.stderr.contains("stepwell bisect resume"),
        "{}",
        output.stderr
    );
    assert_found(&env, &env.stepwell(&["bisect", "resume"]));
}

#[test]
fn what_is_no_culprit_is_said_to_be_none() {
    let env = broken();
    let search = |good: &str, bad: &str| {
        let (how, program) = RUN.split_at(4);
        let ends = ["--bad", bad];
        let args = [&how[..3], &[good], &ends, program].concat();
        env.stepwell(&args)
    };
    let head = search("v1", "v8");
    assert_eq!(head.code, 1);
    assert!(
        head.stdout
            .contains("is good, so there is nothing to search"),
        "{}",
        head.stdout
    );
    let base = search("v10", "v12");
    assert_eq!(base.code, 1);
    assert!(base.stdout.contains("is bad already"), "{}", base.stdout);
    assert!(
        !base.stdout.contains("is the first bad commit"),
        "{}",
        base.stdout
    );
}

/// Told without a search having begun, in words that say what to do.
#[track_caller]
fn refused(env: &TestEnv, arguments: &[&str], told: &[&str]) {
    let output = env.stepwell(&[&["bisect"], arguments].concat());
    let said = env.redact(&output.stderr);
    assert_eq!(output.code, 2, "{arguments:?}: {said}");
    assert_eq!(output.stdout, "", "{arguments:?}");
    for words in told {
        assert!(
            said.contains(words),
            "{arguments:?}: `{words}` is not in:\n{said}"
        );
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn wrong_input_is_told_with_what_to_do() {
    let env = broken();
    let grep = ["--oracle", "grep", "--input", "pattern=x"];
    let with = |words: &[&'static str]| [words, &grep].concat();
    let refused = |arguments: &[&str], told: &[&str]| refused(&env, arguments, told);
    refused(&[], &["no version is said to be good", "--good v1.4"]);
    refused(
        &["--good", "v1"],
        &["no `pipeline.toml`", "--oracle NAME", "bisect run"],
    );
    refused(
        &with(&["--good", "v99"]),
        &["no revision `v99`", "did you mean `v9`?"],
    );
    refused(
        &with(&["--good", "v1", "--bad", "nope"]),
        &["no revision `nope`"],
    );
    refused(&with(&["--good", "HEAD"]), &["are the same version"]);
    refused(
        &with(&["--good", "v5", "--bad", "v3"]),
        &["swapped", "--good v3 --bad v5"],
    );
    let paths = [&with(&["--good", "v1"])[..], &["--", "srcs"]].concat();
    refused(&paths, &["no version up to `HEAD` changes `srcs`"]);
    refused(
        &["--good", "v1", "--oracle", "grap"],
        &["no oracle `grap`", "did you mean `grep`?"],
    );
    refused(
        &["--good", "v1", "--oracle", "guests/play.wasm"],
        &["is a plain command, not an oracle", "stepwell bisect run"],
    );
    refused(
        &["--good", "v1", "--oracle", "./none.wasm"],
        &["cannot read"],
    );
    refused(
        &["--good", "v1", "--oracle", "sbom"],
        &["is a task, not an oracle"],
    );
    refused(
        &["--good", "v1", "--pipeline", "no.toml"],
        &["there is no file", "no.toml"],
    );
    refused(
        &with(&["--good", "v1", "--confidence", "2"]),
        &["more than 0.5 and less than 1"],
    );
    refused(
        &with(&["--good", "v1", "--noise", "some"]),
        &["expected `none`"],
    );
    refused(
        &with(&["--good", "v1", "--terms", "skip,x"]),
        &["is a command"],
    );
    refused(
        &with(&["--good", "v1", "--report", "x.pdf"]),
        &["`.html`, `.md` or `.json`"],
    );
    refused(
        &["run", "--good", "v1", "--", "make"],
        &["is no `.wasm` file", "bisect start"],
    );
    refused(
        &["run", "--good", "v1", "--", "none.wasm"],
        &["cannot read"],
    );
    refused(&["strat"], &["is no command", "did you mean `start`?"]);
    refused(&["resume"], &["nothing was searched"]);
    refused(&["show", "x"], &["nothing was searched"]);
    refused(&["replay", "none.log"], &["none.log"]);
    env.write("bad.log", "git bisect start\ngit bisect frobnicate\n");
    refused(&["replay", "bad.log"], &["line 2"]);
    env.write("empty.log", "# nothing\n");
    refused(&["replay", "empty.log"], &["names no bad and good version"]);
}

#[test]
fn a_folder_without_a_repository_or_without_git_is_told() {
    let env = empty();
    refused(&env, &GREP[1..], &["is in no Git repository", "--project"]);
    let mut command = env.command(&GREP);
    command.env("PATH", env.project());
    let output = stepwell_testkit::Process::of(command).end();
    assert_eq!(output.code, 2);
    assert!(
        output.stderr.contains("`git` was not found"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_shallow_clone_says_what_is_missing() {
    let origin = broken();
    let good = git(&origin, &["rev-parse", "v1"]);
    let env = empty();
    let from = format!("file://{}", origin.project().display());
    git(&env, &["clone", "--quiet", "--depth=3", &from, "."]);
    let arguments = [&["--good", good.trim()], &GREP[3..]].concat();
    refused(
        &env,
        &arguments,
        &["is not in the repository", "git fetch --unshallow"],
    );
}

#[test]
fn the_sections_of_searches_are_checked_and_otherwise_ignored() {
    let env = broken();
    let steps = step("", &["say:hello"]);
    let sections = "\n[oracles.text]\nsource = \"grpe\"\n[bisect]\noracle = \"nix\"\n\
        [schedule]\nevery = \"1h\"\n[[publish.steps]]\ntask = \"nope\"\n";
    env.write("pipeline.toml", pipeline(&steps) + sections);
    let run = env.stepwell(&["run"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let check = env.stepwell(&["check"]);
    assert_eq!(check.code, 2);
    for words in [
        "no oracle `grpe`",
        "did you mean `grep`?",
        "no oracle `nix`",
        "`nope`",
    ] {
        assert!(check.stderr.contains(words), "{words}: {}", check.stderr);
    }
    let right = sections
        .replace("grpe", "grep")
        .replace("nix", "text")
        .replace("nope", "play");
    env.write("pipeline.toml", pipeline(&steps) + &right);
    let check = env.stepwell(&["check"]);
    assert_eq!((check.code, check.stderr.as_str()), (0, ""));
}

#[test]
fn a_step_cannot_run_an_oracle() {
    let env = empty();
    env.write("pipeline.toml", "[[steps]]\ntask = \"grep\"\n");
    let check = env.stepwell(&["check"]);
    assert_eq!(check.code, 2);
    assert!(
        check.stderr.contains("`grep` is an oracle, not a task"),
        "{}",
        check.stderr
    );
}

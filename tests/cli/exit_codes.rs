//! Every exit code that `docs/exit-codes.md` lists, but 130, which `cancel` is about.

use crate::{assert_refused, empty, project, step};
use std::fs;
use stepwell_testkit::TestEnv;

#[track_caller]
fn check(env: &TestEnv, expect: i32) {
    let output = env.stepwell(&["run"]);
    assert_eq!(output.code, expect, "{}{}", output.stdout, output.stderr);
}

#[test]
fn success_is_0_with_issues_too() {
    check(&project(&step("", &["say:hello"])), 0);
    check(
        &project(&step("", &["say:##vso[task.logissue type=error]wrong"])),
        0,
    );
    check(&project(&step("continue-on-error = true", &["exit:1"])), 0);
}

#[test]
fn a_failed_run_is_1_whatever_the_step_said() {
    check(&project(&step("", &["exit:77"])), 1);
    check(&project(&step("", &["panic:oh"])), 1);
    check(
        &project(&step("", &["say:##vso[task.complete result=Failed]"])),
        1,
    );
}

#[test]
fn a_wrong_flag_is_2() {
    for arguments in [
        &["run", "--nope"][..],
        &["run", "--output", "xml"],
        &["run", "--var", "without-a-value"],
        &["run", "a.toml", "b.toml"],
        &["nope"],
        &["task"],
        &[],
    ] {
        let output = empty().stepwell(arguments);
        assert_eq!(
            (output.code, output.stdout.as_str()),
            (2, ""),
            "{arguments:?}"
        );
        assert!(
            output.stderr.contains("--help"),
            "{arguments:?}: {}",
            output.stderr
        );
    }
}

#[test]
fn an_access_that_is_not_granted_is_3_and_nothing_runs() {
    let env = empty();
    env.write("pipeline.toml", "[[steps]]\ntask = \"sbom\"");
    let output = env.stepwell(&["run"]);
    let told = [
        "error[grant-denied]: task `sbom` asks to write the workspace",
        "[tasks.sbom]",
        "allow = { workspace = \"write\" }",
    ];
    assert_refused(&env, &output, 3, &told);
}

#[test]
fn each_access_that_a_task_asks_for_in_vain_is_told() {
    let env = empty();
    env.add_guests(&["task_echo"]);
    let task = "[tasks.echo]\nsource = \"guests/task_echo.wasm\"";
    env.write(
        "pipeline.toml",
        format!("{task}\n\n[[steps]]\ntask = \"echo\"\ninputs = {{ text = \"\" }}"),
    );
    let output = env.stepwell(&["check"]);
    let told = [
        "asks for requests to \"example.org\"",
        "allow = { hosts = [\"example.org\"] }",
        "asks for the secret \"token\"",
    ];
    assert_refused(&env, &output, 3, &told);
}

#[test]
fn an_access_that_is_not_granted_beside_another_problem_is_2() {
    let env = empty();
    env.write(
        "pipeline.toml",
        "[[steps]]\ntask = \"sbom\"\ninputs = { nope = 1 }",
    );
    let output = env.stepwell(&["run"]);
    assert_refused(&env, &output, 2, &["grant-denied", "unknown-input"]);
}

/// A journal that cannot be used is nobody's wrong input.
#[track_caller]
fn check_journal(prepare: impl Fn(&TestEnv), told: &[&str]) {
    let env = project(&step("", &["write:trace"]));
    prepare(&env);
    let output = env.stepwell(&["run"]);
    let said = env.redact(&output.stderr);
    assert_eq!((output.code, output.stdout.as_str()), (70, ""), "{said}");
    for words in ["error[no-journal]: ", "help: "].iter().chain(told) {
        assert!(said.contains(words), "`{words}` is not in:\n{said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    assert!(!env.project().join("trace").exists(), "a step ran");
}

#[test]
fn a_file_where_the_journals_folder_should_be_is_70() {
    check_journal(
        |env| drop(env.write(".stepwell", "mine")),
        &["`[PROJECT]/.stepwell` cannot be opened: File exists"],
    );
}

#[test]
fn a_journal_that_is_none_is_70_and_stays_as_it_is() {
    let junk = "not a database ".repeat(1000);
    let env = project(&step("", &["say:hello"]));
    let path = env.write(".stepwell/journal.db", &junk);
    check(&env, 70);
    assert_eq!(fs::read_to_string(path).unwrap(), junk);
    check_journal(
        |env| drop(env.write(".stepwell/journal.db", &junk)),
        &[
            "`[PROJECT]/.stepwell/journal.db` is damaged, or is not a journal",
            "move `[PROJECT]",
        ],
    );
}

#[test]
fn a_folder_where_the_journal_should_be_is_70() {
    check_journal(
        |env| fs::create_dir_all(env.project().join(".stepwell/journal.db")).unwrap(),
        &["cannot be opened", "check that you may write"],
    );
}

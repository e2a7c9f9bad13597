//! What is refused, and with which words.

use crate::read;
use stepwell_spec::parse;

/// The file is refused with exactly these codes, and the first message holds `message`.
#[track_caller]
fn check(text: &str, codes: &[&str], message: &str) {
    let (pipeline, diagnostics) = parse(text);
    assert!(pipeline.is_none_or(|pipeline| !pipeline.intact));
    let found: Vec<_> = diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(found, codes, "{}", crate::render(text, &diagnostics));
    let rendered = crate::render(text, &diagnostics[..1]);
    assert!(rendered.contains(message), "{rendered}");
}

/// A step with `line` added is refused so.
#[track_caller]
fn check_step(line: &str, code: &str, message: &str) {
    check(
        &format!("[[steps]]\ntask = \"a\"\n{line}\n"),
        &[code],
        message,
    );
}

/// A declared task with `line` added is refused so.
#[track_caller]
fn check_task(line: &str, code: &str, message: &str) {
    let text = format!("[tasks.a]\n{line}\n[[steps]]\ntask = \"a\"\n");
    check(&text, &[code], message);
}

#[test]
fn a_file_without_steps_shows_a_pipeline() {
    check("", &["no-steps"], "the file is empty");
    check(" \n", &["no-steps"], "task = \"hello\"");
    check("name = \"x\"", &["no-steps"], "the pipeline has no steps");
    check("[jobs]", &["no-steps"], "the pipeline has no steps");
    check("[jobs.a]", &["no-steps"], "job `a` has no steps");
    check("steps = []", &["no-steps"], "the pipeline has no steps");
}

#[test]
fn jobs_and_steps_exclude_each_other() {
    check(
        "[[steps]]\ntask = \"a\"\n[[jobs.x.steps]]\ntask = \"a\"\n",
        &["conflicting-keys"],
        "either jobs or steps",
    );
}

#[test]
fn unknown_keys_come_with_a_suggestion_and_the_accepted_ones() {
    check_step(
        "displayName = \"x\"",
        "unknown-key",
        "did you mean `display-name`?",
    );
    check_step(
        "zzz = 1",
        "unknown-key",
        "accepted here: name, display-name, task, inputs, args, env, condition, timeout, fuel, \
         continue-on-error, enabled, retries, commands, settable-variables",
    );
    check_task(
        "limits = { memroy = \"1MiB\" }",
        "unknown-key",
        "did you mean `memory`?",
    );
}

#[test]
fn keys_of_later_versions_say_so() {
    let later = "help: not supported by this version";
    check(
        "[secrets]\n[[steps]]\ntask = \"a\"",
        &["unknown-key"],
        later,
    );
}

#[test]
fn keys_of_azure_pipelines_are_translated() {
    check_step(
        "timeoutInMinutes = 5",
        "unknown-key",
        "did you mean `timeout`?",
    );
    check_step(
        "retryCountOnTaskFailure = 5",
        "unknown-key",
        "did you mean `retries`?",
    );
    for (key, meant) in [
        ("timeoutInMinutes", "timeout"),
        ("cancelTimeoutInMinutes", "cancel-timeout"),
        ("maxParallel", "max-parallel"),
        ("dependsOn", "depends-on"),
        ("pool", "demands"),
        ("strategy", "matrix"),
    ] {
        let text = crate::job(&format!("{key} = 1"));
        check(&text, &["unknown-key"], &format!("did you mean `{meant}`?"));
    }
}

#[test]
fn run_points_to_plain_commands() {
    check(
        "[[steps]]\nrun = \"make\"",
        &["unsupported-key"],
        "a plain WASI command works",
    );
}

#[test]
fn a_step_needs_the_name_of_a_task() {
    check(
        "[[steps]]\nname = \"a\"",
        &["missing-key"],
        "a step needs a task",
    );
    check(
        "[[steps]]\ntask = \"./a.wasm\"",
        &["invalid-name"],
        "source = \"./a.wasm\"",
    );
    check(
        "[[steps]]\ntask = \"a b\"",
        &["invalid-name"],
        "cannot name a task",
    );
    check(
        "[[steps]]\ntask = 1",
        &["wrong-type"],
        "must be a string, not an integer",
    );
}

#[test]
fn values_of_the_wrong_type_are_reported() {
    check(
        "steps = 1",
        &["wrong-type"],
        "must be an array of tables, not an integer",
    );
    check("[steps]\ntask = \"a\"", &["wrong-type"], "double brackets");
    check("steps = [1]", &["wrong-type"], "an array of tables only");
    check(
        "jobs = []",
        &["wrong-type"],
        "must be a table, not an array",
    );
    check_step(
        "enabled = \"true\"",
        "wrong-type",
        "write it without quotes",
    );
    check_step("retries = \"3\"", "wrong-type", "write it without quotes");
    check_step("timeout = 10", "wrong-type", "write it in quotes");
    check_step("args = \"x\"", "wrong-type", "must be an array of strings");
    check_step(
        "args = [1]",
        "wrong-type",
        "an array of strings only, not an integer",
    );
    check_step(
        "inputs = { a = {} }",
        "wrong-type",
        "a string, a number or a boolean",
    );
    check_step(
        "inputs = { a = 2024-01-01 }",
        "wrong-type",
        "this is a date or time",
    );
    check_step(
        "env = { A = 99999999999999999999 }",
        "invalid-value",
        "too large a number",
    );
}

#[test]
fn inputs_and_args_exclude_each_other() {
    check_step(
        "inputs = {}\nargs = []",
        "conflicting-keys",
        "either inputs or args",
    );
}

#[test]
fn quantities_have_bounds() {
    check_step("timeout = \"31d\"", "out-of-range", "at most 30d");
    check_step(
        "timeout = \"soon\"",
        "invalid-value",
        "`soon` is not a duration",
    );
    read("[[steps]]\ntask = \"a\"\ntimeout = \"30d\"");
    check_task(
        "limits = { memory = \"63KiB\" }",
        "out-of-range",
        "less than 64KiB",
    );
    check_task(
        "limits = { memory = \"3GiB\" }",
        "out-of-range",
        "more than 2GiB",
    );
    check_task(
        "limits = { output = \"1B\" }",
        "out-of-range",
        "from 1KiB to 1GiB",
    );
    check_task(
        "limits = { memory = \"1MB\" }",
        "invalid-value",
        "did you mean `1MiB`?",
    );
    read("[tasks.a]\nlimits = { memory = \"2GiB\", output = \"1KiB\" }\n[[steps]]\ntask = \"a\"");
}

#[test]
fn too_many_jobs_or_steps_are_refused() {
    let step = "[[steps]]\ntask = \"a\"\n";
    assert_eq!(read(&step.repeat(10_000)).jobs[0].steps.len(), 10_000);
    check(
        &step.repeat(10_001),
        &["too-many"],
        "has 10001 steps, and 10000 is the most",
    );

    let jobs = |count| -> String {
        (0..count)
            .map(|number| format!("[[jobs.j{number}.steps]]\ntask = \"a\"\n"))
            .collect()
    };
    assert_eq!(read(&jobs(10_000)).jobs.len(), 10_000);
    check(
        &jobs(10_001),
        &["too-many"],
        "has 10001 jobs, and 10000 is the most",
    );
}

#[test]
fn names_are_checked() {
    check(
        "[[jobs.2a.steps]]\ntask = \"a\"",
        &["invalid-name"],
        "cannot name a job",
    );
    check_step("name = \"a.b\"", "invalid-name", "cannot name a step");
    check(
        "name = \" \"\n[[steps]]\ntask = \"a\"",
        &["invalid-value"],
        "this is blank",
    );
    check_step(
        "display-name = \"a\\nb\"",
        "invalid-value",
        "control character",
    );
    check(
        "tasks.\"a/b\" = {}\n[[steps]]\ntask = \"a\"",
        &["invalid-name"],
        "name a task",
    );
}

#[test]
fn names_that_differ_only_in_case_are_the_same() {
    let jobs = "[[jobs.a.steps]]\ntask = \"x\"\n[[jobs.A.steps]]\ntask = \"x\"\n";
    check(jobs, &["duplicate-name"], "job `A` appears more than once");
    let steps = "[[steps]]\ntask = \"x\"\nname = \"s\"\n[[steps]]\ntask = \"x\"\nname = \"S\"\n";
    check(
        steps,
        &["duplicate-name"],
        "step `S` appears more than once",
    );
    let variables = "[variables]\nb = 1\nB = 2\n[[steps]]\ntask = \"x\"";
    check(
        variables,
        &["duplicate-name"],
        "variable `B` appears more than once",
    );
    read(
        "[[jobs.a.steps]]\ntask = \"x\"\nname = \"s\"\n[[jobs.b.steps]]\ntask = \"x\"\nname = \"s\"",
    );
}

#[test]
fn variables_keep_out_of_reserved_names() {
    let text = "[variables]\nSecretKey = 1\n\" \" = 2\n[[steps]]\ntask = \"x\"";
    check(
        text,
        &["invalid-name", "invalid-name"],
        "reserved word `secret`",
    );
}

#[test]
fn environment_names_and_texts_can_be_passed_on() {
    check_step(
        "env = { \"\" = \"x\" }",
        "invalid-name",
        "environment variable",
    );
    check_step(
        "env = { \"A=B\" = \"x\" }",
        "invalid-name",
        "environment variable",
    );
    check_step("env = { A = \"\\u0000\" }", "invalid-value", "NUL");
    check_step("args = [\"\\u0000\"]", "invalid-value", "NUL");
    check_step("inputs = { a = \"\\u0000\" }", "invalid-value", "NUL");
    check_step(
        "inputs = { a = [\"x\\ny\"] }",
        "invalid-value",
        "line break",
    );
}

#[test]
fn sources_are_relative_wasm_files() {
    check_task(
        "source = \"oci://x/y:1\"",
        "invalid-value",
        "not supported by this version",
    );
    check_task("source = \"/a.wasm\"", "invalid-value", "an absolute path");
    check_task(
        "source = \"C:\\\\a.wasm\"",
        "invalid-value",
        "an absolute path",
    );
    check_task(
        "source = \"lint\"",
        "invalid-value",
        "does not end in `.wasm`",
    );
    check_task(
        "allow = { workspace = \"raed\" }",
        "invalid-value",
        "did you mean `read`?",
    );
}

#[test]
fn a_key_given_twice_is_named() {
    check(
        "name = \"a\"\nname = \"b\"\n[[steps]]\ntask = \"x\"",
        &["duplicate-key"],
        "`name` is given more than once",
    );
}

#[test]
fn a_broken_line_is_reported_once_and_hides_nothing_else() {
    check(
        "name =\n[[steps]]\ntask = \"x\"\ntimeout = 5\n",
        &["syntax", "wrong-type"],
        "1:7",
    );
    check("[[steps]]\ntask \"x\"\n", &["syntax"], "2:6");
}

#[test]
fn a_missing_value_is_called_so() {
    let step = "[[steps]]\ntask = \"x\"\n";
    check(
        &format!("name = # none\n{step}"),
        &["syntax"],
        "a value is missing",
    );
    check(
        &format!("name =\r\n{step}"),
        &["syntax"],
        "a value is missing",
    );
    check(
        &format!("{step}inputs = {{ a = , b = 1 }}"),
        &["syntax"],
        "a value is missing",
    );
    check(
        &format!("{step}inputs = {{ a = }}"),
        &["syntax"],
        "a value is missing",
    );
    check(
        &format!("{step}timeout ="),
        &["syntax"],
        "a value is missing",
    );
}

#[test]
fn a_huge_file_is_refused_unread() {
    let text = format!("#{}", "x".repeat(1 << 20));
    check(&text, &["too-large"], "at most 1MiB");
}

#[test]
fn what_could_be_read_is_there_unless_the_file_is_no_toml_or_full_of_problems() {
    let steps = "[[steps]]\ntask = \"a\"\n";
    let partial = parse(&format!("nmae = \"x\"\n{steps}")).0.unwrap();
    assert!(!partial.intact);
    assert_eq!(partial.jobs[0].steps[0].task.value, "a");

    assert_eq!(parse(&format!("name = \n{steps}")).0, None);
    assert_eq!(parse(&format!("name = 1\nname = 2\n{steps}")).0, None);
    let keys: String = (0..=100).map(|n| format!("k{n} = 1\n")).collect();
    assert_eq!(parse(&format!("{keys}{steps}")).0, None);
}

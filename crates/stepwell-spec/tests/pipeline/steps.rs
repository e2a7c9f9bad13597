//! The keys of a step.

use crate::{problems, read, step};
use std::time::Duration;
use stepwell_spec::{Commands, Step, parse};

fn read_step(lines: &str) -> Step {
    read(&step(lines)).jobs.remove(0).steps.remove(0)
}

#[test]
fn a_step_has_defaults() {
    let step = read_step("");
    assert_eq!(step.timeout, None);
    assert_eq!(step.retries, 0);
    assert_eq!(step.commands, None);
    assert_eq!(step.settable_variables, None);
    assert!(!step.continue_on_error);
}

#[test]
fn every_key_of_a_step_is_read() {
    let step = read_step(
        "timeout = \"2m\"\nretries = 10\ncommands = \"restricted\"\n\
         settable-variables = [\"out\", \"tmp.*\"]\ncontinue-on-error = \"on\"\nenabled = true",
    );
    assert_eq!(
        step.timeout.as_ref().unwrap().value,
        Duration::from_secs(120)
    );
    assert_eq!(step.retries, 10);
    assert_eq!(step.commands, Some(Commands::Restricted));
    assert_eq!(step.settable_variables.unwrap(), ["out", "tmp.*"]);
    assert!(step.continue_on_error);

    let timeout = read_step("timeout = 0").timeout.unwrap();
    assert_eq!(timeout.value, Duration::ZERO);
    assert_eq!(
        read_step("commands = \"any\"").commands,
        Some(Commands::Any)
    );
    assert_eq!(
        read_step("commands = \"none\"").commands,
        Some(Commands::None)
    );
    assert_eq!(
        read_step("settable-variables = []").settable_variables,
        Some(Vec::new())
    );
}

#[test]
fn a_step_that_is_not_enabled_is_left_out() {
    let pipeline = read("[[steps]]\ntask = \"a\"\nenabled = false\n[[steps]]\ntask = \"b\"\n");
    let [step] = &pipeline.jobs[0].steps[..] else {
        panic!()
    };
    assert_eq!(step.task.value, "b");
    assert!(
        read("[[steps]]\ntask = \"a\"\nenabled = false\n").jobs[0]
            .steps
            .is_empty()
    );
}

#[test]
fn a_step_that_is_not_enabled_is_checked() {
    insta::assert_snapshot!(problems("[[steps]]\nenabled = false\ntimeout = \"x\"\n"), @r#"
    error[missing-key]: a step needs a task
      1:1 "[[steps]]" `task` is missing
      help: name a declared or built-in task: `task = "NAME"`
    error[invalid-value]: `timeout` must be a duration
      3:11 "\"x\"" `x` is not a duration
      help: write whole numbers with units, largest first: `30s`, `10m`, `1h30m`, `500ms`
    "#);
}

#[test]
fn more_retries_than_ten_are_cut() {
    let text = step("retries = 11");
    let (pipeline, diagnostics) = parse(&text);
    let pipeline = pipeline.unwrap();
    assert!(pipeline.intact);
    assert_eq!(pipeline.jobs[0].steps[0].retries, 10);
    insta::assert_snapshot!(crate::render(&text, &diagnostics), @r#"
    warning[out-of-range]: a step is run again at most 10 times
      3:11 "11" counts as 10
    "#);
    insta::assert_snapshot!(problems(&step("retries = -1")), @r#"
    error[out-of-range]: `retries` cannot be less than zero
      3:11 "-1" a negative number
    "#);
    insta::assert_snapshot!(problems(&step("retries = 1.5")), @r#"
    error[wrong-type]: `retries` must be an integer, not a float
      3:11 "1.5" this is a float
    "#);
    insta::assert_snapshot!(problems(&step("retries = 99999999999999999999")), @r#"
    error[invalid-value]: `retries` is too large a number
      3:11 "99999999999999999999" does not fit into 64 bits
    "#);
}

#[test]
fn commands_are_a_choice() {
    insta::assert_snapshot!(problems(&step("commands = \"restrict\"")), @r#"
    error[invalid-value]: `commands` cannot be "restrict"
      3:12 "\"restrict\"" did you mean `restricted`?
      help: accepted here: "any", "restricted", "none"
    "#);
}

#[test]
fn settable_variables_are_patterns() {
    insta::assert_snapshot!(problems(&step("settable-variables = [\"\", \"a\"]")), @r#"
    error[invalid-value]: an item of `settable-variables` is blank
      3:23 "\"\"" no variable has this name
      help: write names, or patterns such as `"out.*"`; `[]` is none
    "#);
    insta::assert_snapshot!(problems(&step("settable-variables = \"a\"")), @r#"
    error[wrong-type]: `settable-variables` must be an array of strings, not a string
      3:22 "\"a\"" this is a string
      help: write it in brackets
    "#);
}

#[test]
fn quotes_for_a_shell_are_warned_of() {
    for line in [
        r#"args = ["a", "'\"$(x)\"'"]"#,
        r#"inputs = { a = "'\"$(x)\"'" }"#,
        r#"inputs = { a = ["'\"$(x)\"'"] }"#,
        r#"env = { A = "'\"$(x)\"'" }"#,
    ] {
        let (pipeline, diagnostics) = parse(&step(line));
        assert_eq!(diagnostics.len(), 1, "{line}");
        assert_eq!(diagnostics[0].code, "quoted-reference");
        let pipeline = pipeline.unwrap();
        assert!(pipeline.intact && pipeline.jobs[0].steps[0].intact);
    }
    insta::assert_snapshot!(problems(&step(r#"args = ["'\"$(x)\"'", "'\"${GIT_BRANCH}\"'"]"#)), @r#"
    warning[quoted-reference]: the quotes around `$(x)` are part of the value
      3:9 "\"'\\\"$(x)\\\"'\"" no shell takes them away
      help: write only `$(x)`
    warning[quoted-reference]: the quotes around `${GIT_BRANCH}` are part of the value
      3:23 "\"'\\\"${GIT_BRANCH}\\\"'\"" no shell takes them away
      help: write only `$(GIT_BRANCH)`: a name in `${ }` is not replaced
    "#);
    read(&step(
        "args = [\"$(x)\", '\"$(x)\"', \"'$(x)'\", \"echo '$(x)'\"]",
    ));
}

#[test]
fn one_place_of_the_file_has_one_step_of_a_name() {
    insta::assert_snapshot!(
        problems("[[steps]]\ntask = \"x\"\nname = \"a\"\n[[steps]]\ntask = \"x\"\nname = \"A\"\nenabled = false\n"),
        @r#"
    error[duplicate-name]: step `A` appears more than once
      6:8 "\"A\"" the same name again
      3:8 "\"a\"" first here
      help: names that differ only in case are the same name
    "#
    );
}

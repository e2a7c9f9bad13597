//! Nothing that somebody writes makes reading panic, overflow the stack or take long.

use proptest::prelude::*;
use proptest::sample::Index;
use stepwell_spec::{DEFAULT_STAGE, MAX_PROBLEMS, parse};

const VALID: &str = r#"
name = "release-check"
run-number = "$(Date:yyyyMMdd)$(Rev:.r)"
[variables]
Greeting = "hello"
Build = { value = "$[ counter('x', 1) ]", readonly = true }
[tasks.lint]
source = "./lint.wasm"
allow = { workspace = "read" }
limits = { memory = "32MiB", output = "1MiB" }
[stages.one]
condition = "eq(variables['Greeting'], 'hello')"
[stages.two]
depends-on = []
[jobs.a]
stage = "one"
condition = "always()"
demands = ["java", "os -equals linux"]
matrix = { x = { os = "linux" }, y = { os = "mac" } }
max-parallel = 2
[[jobs.a.steps]]
name = "scan"
task = "lint"
inputs = { path = "src", skip = ["a", "b"] }
env = { LOG = "$(Greeting)" }
timeout = "1h30m"
retries = 3
[jobs.b]
stage = "two"
depends-on = ["a"]
timeout = "0"
cancel-timeout = "1m"
parallel = 3
variables = { v = "$[ dependencies.a.result ]" }
[[jobs.b.steps]]
task = "pack"
args = ["-o", "out"]
continue-on-error = "Yes"
commands = "none"
settable-variables = ["out.*"]
"#;

/// What holds for every text.
#[track_caller]
fn check(text: &str) {
    let (pipeline, diagnostics) = parse(text);
    let refused = diagnostics
        .iter()
        .any(stepwell_diagnostic::Diagnostic::is_error);
    let intact = pipeline.as_ref().is_some_and(|pipeline| pipeline.intact);
    assert_eq!(intact, !refused);
    assert!(diagnostics.len() <= MAX_PROBLEMS + 1);
    let count = diagnostics.len().min(MAX_PROBLEMS);
    assert!(diagnostics[..count].is_sorted_by_key(|diagnostic| diagnostic.position()));
    for label in diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
        assert!(text.get(label.span.clone()).is_some(), "{:?}", label.span);
    }
    if let Some(pipeline) = pipeline.filter(|pipeline| pipeline.intact) {
        assert!(!pipeline.jobs.is_empty());
        assert!(!pipeline.stages.is_empty());
        let declared = pipeline.stages[0].name.value != DEFAULT_STAGE;
        assert!(
            pipeline
                .jobs
                .iter()
                .all(|job| job.stage.is_some() || !declared)
        );
    }
}

#[test]
fn the_file_that_is_mutated_is_valid() {
    assert_eq!(parse(VALID).1, []);
}

#[test]
fn deep_nesting_neither_overflows_the_stack_nor_takes_long() {
    let most = 1 << 20;
    for (head, unit) in [
        ("a = ", "["),
        ("a = ", "{a="),
        ("a = ", "[{a="),
        ("", "a."),
        ("", "[a."),
        ("", "["),
        ("", "\"\"."),
        ("", "[[a]]\n"),
        ("", "[a]\n"),
        ("", "a=1\n"),
        ("", "a = {a.a.a.a.a.a.a.a = [\n"),
        ("[[a]]\n", "a . "),
        ("a = ", "1."),
        ("a = \"\"\"", "\\"),
        ("[tasks]\n", "a.a={}\n"),
    ] {
        let text = format!("{head}{}", unit.repeat((most - head.len()) / unit.len()));
        check(&text);
        check(&format!("{text}1"));
        check(&format!("{text}\n[a]\n[a]\n"));
    }
}

#[test]
fn a_flood_of_problems_is_counted() {
    let text: String = (0..150).map(|number| format!("k{number} = 1\n")).collect();
    let (_, diagnostics) = parse(&text);
    assert_eq!(diagnostics.len(), MAX_PROBLEMS + 1);
    let last = diagnostics.last().unwrap();
    // The hundred and fifty keys, and that there is no step.
    assert_eq!(last.message, "51 more problems are not shown");
    assert!(last.is_error());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_read(text: String) {
        check(&text);
    }

    #[test]
    fn text_of_toml_tokens_is_read(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "steps", "jobs", "task", "a", "tasks", "inputs", ".", "=", ",", "[", "]", "{", "}", "[[",
                "]]", "\n", " ", "\"x\"", "'y'", "\"\"\"", "\"", "'''", "1", "true", "#", "é", "\r", "\u{0}",
            ]),
            0..60,
        )
    ) {
        check(&tokens.concat());
    }

    #[test]
    fn mutations_of_a_valid_file_are_read(
        edits in prop::collection::vec((any::<Index>(), 0..12_usize, "[a-z\\[\\]{}=.\",\n0é]{0,4}"), 1..6)
    ) {
        let mut text = VALID.to_owned();
        for (at, length, with) in edits {
            let start = text.floor_char_boundary(at.index(text.len() + 1));
            let end = text.floor_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end.max(start), &with);
        }
        check(&text);
    }
}

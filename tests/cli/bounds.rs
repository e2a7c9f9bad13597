//! Input that is too large, too deep or no text: told in words, at once, in little memory.

use crate::{assert_refused, empty};
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};
use stepwell_testkit::TestEnv;

/// Enough for a slow machine.
const AT_ONCE: Duration = Duration::from_secs(10);

const MEMORY: u64 = 512 << 20;

const PLAY: &str = "[tasks.play]\nsource = \"guests/play.wasm\"\n\n";

/// Refuses the pipeline of `env`.
#[track_caller]
fn check(env: &TestEnv, told: &[&str]) {
    let began = Instant::now();
    let output = env.stepwell(&["run"]);
    let took = began.elapsed();
    assert_refused(env, &output, 2, told);
    assert!(took < AT_ONCE, "{took:?}");
    assert!(output.peak_memory < MEMORY, "{}", output.peak_memory);
    // A person reads it.
    assert!(output.stderr.len() < 64 << 10, "{}", output.stderr.len());
}

/// Refuses these bytes as a pipeline with the task `play`.
#[track_caller]
fn check_pipeline(rest: impl AsRef<[u8]>, told: &[&str]) {
    let env = empty();
    env.add_guests(&["play"]);
    env.write("pipeline.toml", [PLAY.as_bytes(), rest.as_ref()].concat());
    check(&env, told);
}

/// Refuses these bytes as a template.
#[track_caller]
fn check_template(template: impl AsRef<[u8]>, told: &[&str]) {
    let env = empty();
    env.write("pipeline.toml", "[[steps]]\ntemplate = \"ci/steps.toml\"\n");
    env.write("ci/steps.toml", template);
    check(&env, told);
}

#[test]
fn a_template_that_includes_itself() {
    check_template(
        "[[steps]]\ntemplate = \"steps.toml\"\n",
        &[
            "`ci/steps.toml` includes itself",
            "ci/steps.toml:2:12",
            "ci/steps.toml → ci/steps.toml",
        ],
    );
    check_template(
        "[[steps]]\nif = \"true\"\ntemplate = \"../ci/steps.toml\"\n",
        &["`ci/steps.toml` includes itself"],
    );
    check_template(
        "[[steps]]\ntemplate = \"/pipeline.toml\"\n",
        &[
            "`pipeline.toml` includes itself",
            "pipeline.toml → ci/steps.toml → pipeline.toml",
        ],
    );
}

#[test]
fn templates_beyond_one_hundred() {
    let env = empty();
    let mut text = PLAY.to_owned();
    for number in 1..=101 {
        text += &format!("[[steps]]\ntemplate = \"{number}.toml\"\n\n");
        env.write(format!("{number}.toml"), "[[steps]]\ntask = \"play\"\n");
    }
    env.write("pipeline.toml", text);
    check(
        &env,
        &["a pipeline has at most 100 template files", "\"101.toml\""],
    );
}

#[test]
fn templates_inside_of_templates_beyond_one_hundred() {
    let env = empty();
    env.write("pipeline.toml", "[[steps]]\ntemplate = \"1.toml\"\n");
    for number in 1..=101 {
        let next = number + 1;
        env.write(
            format!("{number}.toml"),
            format!("[[steps]]\ntemplate = \"{next}.toml\"\n"),
        );
    }
    check(&env, &["templates are nested more than 100 levels deep"]);
}

#[test]
fn an_expansion_beyond_20_mib() {
    let numbers: Vec<String> = (0..1100).map(|number| number.to_string()).collect();
    let numbers = numbers.join(", ");
    let declared = format!(
        "[parameters]\nword = \"{}\"\n\n[parameters.numbers]\ntype = \"object\"\ndefault = [{numbers}]\n\n",
        "x".repeat(100_000)
    );
    let told = ["the files and what they are expanded to take more than 20MiB"];
    let words = "[[steps]]\neach = \"a in parameters.numbers\"\ntask = \"play\"\nargs = [\"${{ parameters.word }}\"]\n";
    check_pipeline(format!("{declared}{words}"), &told);
    let squares = "[[steps]]\neach = \"a in parameters.numbers\"\n[[steps.steps]]\neach = \"b in parameters.numbers\"\ntask = \"play\"\n";
    check_pipeline(format!("{declared}{squares}"), &told);
}

#[test]
fn what_is_nested_too_deep() {
    for depth in [400, 200_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        check_pipeline(
            format!("[[steps]]\ntask = \"play\"\nargs = {nested}\n"),
            &["pipeline.toml:6:", "recurs"],
        );
    }
    check_pipeline(
        format!("[a{}]\n", ".a".repeat(100_000)),
        &["a key has more than 8 parts"],
    );
    let nested = format!("{}true{}", "not(".repeat(2000), ")".repeat(2000));
    check_pipeline(
        format!("[[steps]]\ntask = \"play\"\ncondition = \"{nested}\"\n"),
        &["Exceeded max expression depth"],
    );
}

#[test]
fn jobs_beyond_what_a_matrix_may_become() {
    let legs: String = (0..10_000)
        .map(|leg| format!("l{leg} = {{ a = \"b\" }}\n"))
        .collect();
    let steps = "steps = [{ task = \"play\" }]\n";
    let told = [
        "the matrix expansion resulted in 10000 jobs",
        "maximum allowable job count of 100",
    ];
    check_pipeline(format!("[jobs.a]\n{steps}\n[jobs.a.matrix]\n{legs}"), &told);
    check_pipeline(format!("[jobs.a]\nparallel = 10000\n{steps}"), &told);
}

#[test]
fn an_expression_that_is_too_long() {
    let condition = |length: usize| {
        let blanks = " ".repeat(length - "true".len());
        format!("[[steps]]\ntask = \"play\"\ncondition = \"{blanks}true\"\n")
    };
    check_pipeline(condition(21_001), &["Exceeded max expression length 21000"]);
    let env = empty();
    env.add_guests(&["play"]);
    env.write("pipeline.toml", format!("{PLAY}{}", condition(21_000)));
    assert_eq!(env.stepwell(&["check"]).code, 0);
}

#[test]
fn nul() {
    check_pipeline("[[steps]]\ntask = \"play\0\"\n", &["pipeline.toml:5:13"]);
    check_pipeline(
        "[[steps]]\ntask = \"play\"\nargs = [\"say:\\u0000\"]\n",
        &["`args` holds a NUL character"],
    );
    check_template("[[steps]]\ntask = \"\0\"\n", &["ci/steps.toml:2:9"]);
}

#[test]
fn what_is_no_utf_8() {
    check_pipeline(b"[[steps]]\ntask = \"\xff\"\n", &["not UTF-8: see line 5"]);
    check_template(
        b"[[steps]]\ntask = \"\xff\"\n",
        &["`ci/steps.toml` is not UTF-8"],
    );
}

#[test]
fn a_file_of_50_mb() {
    let large = format!("# {}", "x".repeat(50_000_000));
    check_pipeline(&large, &["a pipeline file has at most 1048576"]);
    check_template(&large, &["`ci/steps.toml` has 50000002 bytes"]);
}

#[test]
fn a_template_outside_of_the_project() {
    let env = empty();
    env.write("pipeline.toml", "[[steps]]\ntemplate = \"link.toml\"\n");
    symlink("/etc/passwd", env.project().join("link.toml")).unwrap();
    check(&env, &["cannot read template `link.toml`"]);
    for (path, told) in [
        ("../steps.toml", "`../steps.toml` leaves the project"),
        ("/../steps.toml", "`/../steps.toml` leaves the project"),
        // Of the project, that is.
        ("/etc/passwd", "`etc/passwd` does not exist"),
    ] {
        let env = empty();
        env.write(
            "pipeline.toml",
            format!(
                "[[steps]]
template = \"{path}\"
"
            ),
        );
        check(&env, &[told]);
    }
}

#[test]
fn computed_text_without_an_end() {
    let loops = "[parameters.l]\ntype = \"object\"\ndefault = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n\n";
    let doubled = format!("{}'x'{}", "format('{0}{0}', ".repeat(40), ")".repeat(40));
    check_pipeline(
        format!("{loops}[[steps]]\ntask = \"play\"\nargs = [\"${{{{ {doubled} }}}}\"]\n"),
        &["pipeline.toml:"],
    );
}

//! What a valid file becomes.

use crate::read;
use std::time::Duration;
use stepwell_event::{Access, LimitKind};
use stepwell_expr::{Expression, Names};
use stepwell_spec::{Arguments, Pair, Variable, VariableValue};

fn texts(pairs: &[Pair]) -> Vec<(&str, &str)> {
    pairs
        .iter()
        .map(|pair| (pair.name.value.as_str(), pair.value.value.as_str()))
        .collect()
}

fn text(value: &VariableValue) -> &str {
    match value {
        VariableValue::Text(text) => text,
        VariableValue::Expression(expression) => expression.text(),
    }
}

fn variables(variables: &[Variable]) -> Vec<(&str, &str)> {
    variables
        .iter()
        .map(|variable| (variable.name.value.as_str(), text(&variable.value.value)))
        .collect()
}

#[test]
fn every_key_is_read() {
    let pipeline = read(
        r#"
name = "release-check"

[variables]
Greeting = "hello"
Count = 0x10
Ratio = 1.50
Fast = true

[tasks.license-check]
source = "./license.wasm"
allow = { workspace = "read" }
limits = { memory = "32MiB", output = "1MiB" }

[jobs.licenses]
[[jobs.licenses.steps]]
name = "scan"
display-name = "Scan licences"
task = "license-check"
inputs = { path = "src", deep = true, level = 3, skip = ["a", "b"] }
env = { LOG = "$(Greeting)" }
condition = " succeededorfailed ( ) "
timeout = "1h30m"
continue-on-error = true

[jobs.package]
depends-on = "licenses"
condition = "always()"
steps = [{ task = "pack", args = ["-o", "out"] }, { task = "list" }]
"#,
    );
    assert_eq!(pipeline.name, "release-check");
    assert_eq!(
        variables(&pipeline.variables),
        [
            ("Greeting", "hello"),
            ("Count", "16"),
            ("Ratio", "1.50"),
            ("Fast", "true")
        ]
    );

    let [task] = &pipeline.tasks[..] else {
        panic!()
    };
    assert_eq!(task.name.value, "license-check");
    assert_eq!(task.source.as_ref().unwrap().value, "./license.wasm");
    assert_eq!(task.allow.workspace.as_ref().unwrap().value, Access::Read);
    let limit = |kind| task.limits.get(kind).map(|limit| limit.value);
    assert_eq!(limit(LimitKind::Memory), Some(32 << 20));
    assert_eq!(limit(LimitKind::Output), Some(1 << 20));
    assert_eq!(limit(LimitKind::Fuel), None);

    let [licenses, package] = &pipeline.jobs[..] else {
        panic!()
    };
    assert_eq!(licenses.name.value, "licenses");
    assert_eq!(licenses.condition, Expression::default());
    let [scan] = &licenses.steps[..] else {
        panic!()
    };
    assert_eq!(scan.name.as_deref(), Some("scan"));
    assert_eq!(scan.display_name.as_deref(), Some("Scan licences"));
    assert_eq!(scan.task.value, "license-check");
    let Arguments::Inputs(inputs) = &scan.arguments else {
        panic!()
    };
    assert_eq!(
        texts(&inputs.value),
        [
            ("path", "src"),
            ("deep", "true"),
            ("level", "3"),
            ("skip", "a\nb")
        ]
    );
    assert_eq!(texts(&scan.env), [("LOG", "$(Greeting)")]);
    assert_eq!(scan.condition.text(), "succeededorfailed ( )");
    let timeout = scan.timeout.as_ref().map(|timeout| timeout.value);
    assert_eq!(timeout, Some(Duration::from_secs(5400)));
    assert!(scan.continue_on_error);

    assert_eq!(package.depends_on[0].value, "licenses");
    let always = Expression::condition("always()", &Names::JOB_CONDITION);
    assert_eq!(package.condition, always.unwrap());
    let [pack, list] = &package.steps[..] else {
        panic!()
    };
    let Arguments::Args(args) = &pack.arguments else {
        panic!()
    };
    assert_eq!(args.value, ["-o", "out"]);
    assert_eq!(list.arguments, Arguments::None);
    assert!(!list.continue_on_error);
}

#[test]
fn steps_at_the_top_are_one_job() {
    let pipeline = read("[[steps]]\ntask = \"a\"\n[[steps]]\ntask = \"b\"\n");
    assert_eq!(pipeline.name, "pipeline");
    assert_eq!(pipeline.jobs.len(), 1);
    assert_eq!(pipeline.jobs[0].name.value, "main");
    assert_eq!(pipeline.jobs[0].steps.len(), 2);
}

#[test]
fn jobs_keep_the_order_of_the_file() {
    let text = ["z", "m", "a"].map(|name| format!("[[jobs.{name}.steps]]\ntask = \"x\"\n"));
    let pipeline = read(&text.concat());
    let names: Vec<_> = pipeline.jobs.iter().map(|job| &job.name.value).collect();
    assert_eq!(names, ["z", "m", "a"]);
}

#[test]
fn values_keep_their_places() {
    let text =
        "[jobs.b]\ndepends-on = [\"a\"]\n[[jobs.b.steps]]\ntask = \"lint\"\ninputs = { x = 1 }\n";
    let pipeline = read(text);
    let job = &pipeline.jobs[0];
    assert_eq!(&text[job.name.span.clone()], "b");
    assert_eq!(&text[job.depends_on[0].span.clone()], "\"a\"");
    assert_eq!(&text[job.steps[0].task.span.clone()], "\"lint\"");
    let Arguments::Inputs(inputs) = &job.steps[0].arguments else {
        panic!()
    };
    assert_eq!(&text[inputs.span.clone()], "inputs");
    assert_eq!(&text[inputs.value[0].name.span.clone()], "x");
    assert_eq!(&text[inputs.value[0].value.span.clone()], "1");
}

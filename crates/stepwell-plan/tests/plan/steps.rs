//! Steps, tasks and variables.

use crate::{command, digest, planned, read, refused, request};
use std::time::Duration;
use stepwell_diagnostic::Severity;
use stepwell_event::{Access, Limits};
use stepwell_expr::Expression;
use stepwell_plan::{Ceilings, Commands, Grant, Invocation, PlannedStrategy, plan, references};

const TEXT: &str = r#"
name = "check"
[variables]
Greeting = "hello"
[tasks.lint]
source = "lint.wasm"
allow = { workspace = "write" }
limits = { memory = "1MiB", output = "1KiB" }
[[jobs.a.steps]]
name = "first"
task = "lint"
args = ["$(Greeting)"]
env = { A = "$(x)" }
timeout = "1s"
[[jobs.a.steps]]
task = "list"
display-name = "List them"
condition = "always()"
continue-on-error = true
retries = 2
commands = "any"
settable-variables = ["out.*"]
[jobs.b]
display-name = "Second"
depends-on = "A"
condition = "failed()"
timeout = 0
cancel-timeout = "30s"
continue-on-error = true
[[jobs.b.steps]]
task = "lint"
"#;

#[test]
fn each_task_is_referred_to_once_in_the_order_of_use() {
    let pipeline = read(TEXT);
    let references = references(&pipeline, &Ceilings::default());
    let found: Vec<_> = references
        .iter()
        .map(|reference| {
            let source = reference
                .source
                .as_ref()
                .map(|source| source.value.as_str());
            (reference.name.as_str(), source, reference.declared)
        })
        .collect();
    assert_eq!(
        found,
        [("lint", Some("lint.wasm"), true), ("list", None, false)]
    );
    assert_eq!(&TEXT[references[1].span.clone()], "\"list\"");
}

#[test]
fn a_plan_holds_what_the_file_says() {
    let plan = planned(TEXT, &[command("list"), command("lint")]);
    assert_eq!(plan.name, "check");
    let names: Vec<_> = plan.tasks.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names, ["lint", "list"]);
    assert_eq!(plan.tasks[0].digest, digest("lint"));
    assert_eq!(
        plan.tasks[0].grant,
        Grant {
            workspace: Access::Write,
            limits: Limits {
                memory: 1 << 20,
                output: 1 << 10,
                ..Limits::default()
            },
            ..Grant::default()
        }
    );
    assert_eq!(plan.tasks[1].grant, Grant::default());

    let [a, b] = &plan.jobs[..] else { panic!() };
    assert_eq!((&*a.name, &a.depends_on[..]), ("a", &[][..]));
    assert_eq!((&*b.name, &b.depends_on[..]), ("b", &[0][..]));
    assert_eq!(a.condition, Expression::default());
    assert_eq!(b.condition.text(), "failed()");
    assert_eq!((&*a.id, a.label.as_str(), a.stage), ("a", "a", 0));
    assert_eq!(b.label, "Second");
    assert_eq!(a.timeout, Some(Duration::from_secs(60 * 60)));
    assert_eq!(
        (b.timeout, b.cancel_timeout),
        (None, Duration::from_secs(30))
    );
    assert_eq!((a.continue_on_error, b.continue_on_error), (false, true));
    assert_eq!(a.strategy, PlannedStrategy::Single);
    let [first, second] = &a.steps[..] else {
        panic!()
    };
    assert_eq!(first.name.as_deref(), Some("first"));
    assert_eq!(first.label, "first");
    assert_eq!(first.task, 0);
    assert_eq!(
        first.invocation,
        Invocation::Command {
            args: vec!["$(Greeting)".to_owned()]
        }
    );
    assert_eq!(first.env, [("A".to_owned(), "$(x)".to_owned())]);
    assert_eq!(first.timeout, Some(Duration::from_secs(1)));
    assert!(!first.continue_on_error);
    assert_eq!((second.label.as_str(), second.task), ("List them", 1));
    assert_eq!(second.condition.text(), "always()");
    assert_eq!((first.retries, second.retries), (0, 2));
    assert_eq!(first.commands, Commands::Restricted);
    assert_eq!(second.commands, Commands::Any);
    assert_eq!(first.settable_variables, None);
    assert_eq!(second.settable_variables, Some(vec!["out.*".to_owned()]));
    assert!(second.continue_on_error);
    assert_eq!((b.steps[0].label.as_str(), b.steps[0].task), ("lint", 0));
}

#[test]
fn commands_of_a_typed_task_are_its_calls_and_no_lines() {
    let typed = crate::task("x", Vec::new(), Vec::new());
    let plan = planned("[[steps]]\ntask = \"x\"\n", &[typed]);
    assert_eq!(plan.jobs[0].steps[0].commands, Commands::None);
}

#[test]
fn a_task_that_was_not_found_is_an_error_at_its_first_use() {
    insta::assert_snapshot!(refused("[[steps]]\ntask = \"lnit\"\n[[steps]]\ntask = \"lnit\"\n", &[]), @r#"
    unknown-task: unknown task `lnit`
      line 2 "\"lnit\"" no such task was found
      help: declare it:

        [tasks.lnit]
        source = "lnit.wasm"
    "#);
}

#[test]
fn a_task_that_is_never_used_is_a_warning_and_suggested_for_an_unknown_one() {
    let text = "[tasks.lint]\nsource = \"lint.wasm\"\n[[steps]]\ntask = \"lnit\"\n";
    insta::assert_snapshot!(refused(text, &[]), @r#"
    unused-task: task `lint` is never used
      line 1 "lint" no step names it
    unknown-task: unknown task `lnit`
      line 4 "\"lnit\"" did you mean `lint`?
      help: declare it:

        [tasks.lnit]
        source = "lnit.wasm"
    "#);

    let (plan, diagnostics) = plan(&read(text), &request(), &[command("lnit")]);
    assert!(plan.is_some());
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].severity, Severity::Warning);
}

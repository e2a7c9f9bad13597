//! One pipeline with many problems: all are told in one go.

use crate::{command, input, refused, render, request, task};
use stepwell_event::{Access, Capability, InputSpec, InputType};

#[test]
fn all_problems_are_reported_in_the_order_of_the_file() {
    let text = r#"[tasks.scan]
allow = { workspace = "none" }
[tasks.unused]
source = "unused.wasm"
[jobs.build]
depends-on = ["pack", "pack"]
[[jobs.build.steps]]
task = "scan"
inputs = { depth = "deep", colour = "red" }
[[jobs.build.steps]]
task = "list"
inputs = { a = 1 }
[jobs.pack]
depends-on = ["build", "pack", "bulid"]
[[jobs.pack.steps]]
task = "scn"
[[jobs.pack.steps]]
task = "scan"
args = ["x"]
"#;
    let path = InputSpec {
        required: true,
        ..input("path", InputType::Path)
    };
    let inputs = vec![
        path,
        input("depth", InputType::Number),
        input("color", InputType::String),
    ];
    let capabilities = vec![
        Capability::Workspace(Access::Read),
        Capability::Secret("token".to_owned()),
    ];
    let tasks = [task("scan", inputs, capabilities), command("list")];
    insta::assert_snapshot!(refused(text, &tasks));
}

#[test]
fn of_a_broken_file_everything_is_told_that_does_not_follow_from_what_is_missing() {
    let text = r#"nmae = "x"
[tasks.odd]
source = "/odd.wasm"
[tasks.unjudged]
alow = { workspace = "read" }
[tasks.perhaps-used]
[jobs]
text = "no table"
[jobs.2nd]
depends-on = ["text", "nope"]
[[jobs.2nd.steps]]
task = "odd"
inputs = { any = "x" }
[[jobs.2nd.steps]]
task = "unjudged"
[[jobs.2nd.steps]]
task = "scan"
inputs = { path = [1], colour = "red" }
[[jobs.2nd.steps]]
task = "scan"
input = { path = "x" }
[[jobs.2nd.steps]]
task = "scan"
tiemout = "5s"
inputs = {}
[[jobs.2nd.steps]]
task = "list"
inputs = { a = 1 }
args = ["a"]
[jobs.3rd]
depends-on = "2nd"
steps = [{ run = "make" }]
"#;
    let path = InputSpec {
        required: true,
        ..input("path", InputType::Path)
    };
    let capabilities = vec![Capability::Workspace(Access::Read)];
    let tasks = [
        task("scan", vec![path], Vec::new()),
        task("unjudged", Vec::new(), capabilities),
        command("list"),
    ];
    let pipeline = stepwell_spec::parse(text).0.unwrap();
    let (plan, diagnostics) = stepwell_plan::plan(&pipeline, &request(), &tasks);
    assert_eq!(plan, None);
    let diagnostics = stepwell_spec::in_reading_order(diagnostics);
    insta::assert_snapshot!(render(text, &diagnostics), @r#"
    unknown-job: job `2nd` depends on unknown job `nope`
      line 10 "\"nope\"" no such job
    unknown-input: task `scan` has no input `colour`
      line 18 "colour" not an input of this task
      help: inputs of the task: path
    missing-input: task `scan` needs input `path`
      line 23 "\"scan\"" is not given it
      help: `path` (path)
    "#);
}

#[test]
fn a_broken_file_without_further_problems_has_no_plan() {
    let text = "nmae = \"x\"\n[[steps]]\ntask = \"list\"\n";
    let pipeline = stepwell_spec::parse(text).0.unwrap();
    let (plan, diagnostics) = stepwell_plan::plan(&pipeline, &request(), &[command("list")]);
    assert_eq!((plan, diagnostics), (None, Vec::new()));
}

#[test]
fn what_stands_in_a_loop_is_told_once() {
    let text = r#"[jobs."j${{ n }}"]
each = "n in split('1,2,3', ',')"
[[jobs."j${{ n }}".steps]]
task = "scan"
inputs = { colour = "red" }
"#;
    insta::assert_snapshot!(refused(text, &[task("scan", Vec::new(), Vec::new())]), @r#"
    unknown-input: task `scan` has no input `colour`
      line 5 "colour" not an input of this task
      help: the task takes no inputs
    "#);
}

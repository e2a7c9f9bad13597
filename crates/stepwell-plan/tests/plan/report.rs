//! One pipeline with many problems: all are told in one go.

use crate::{command, input, refused, task};
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

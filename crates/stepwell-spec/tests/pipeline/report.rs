//! One file with many problems: all are told in one go.

use stepwell_spec::parse;

#[test]
fn all_problems_are_reported_in_the_order_of_the_file() {
    let text = r#"name = 7
[variables]
PathToTool = "x"
[tasks.lint]
source = "lint"
allow = { workspace = "all", hosts = [] }
limits = { memory = "32MB" }
[jobs.build]
dependsOn = "setup"
timeout = 90
max-parallel = 2
[[jobs.build.steps]]
task = "lint"
inputs = { level = }
condition = "failed"
[[jobs.build.steps]]
run = "make"
timeout = "90"
retries = 11
[[jobs.Build.steps]]
name = "compile"
"#;
    let (pipeline, diagnostics) = parse(text);
    assert_eq!(pipeline, None);
    insta::assert_snapshot!(crate::render(text, &diagnostics));
}

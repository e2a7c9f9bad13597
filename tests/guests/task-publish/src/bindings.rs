//! Through the generated bindings, which show the typed answer.

use std::fmt::Debug;
use stepwell_task::bindings::stepwell::task::logging::{
    DetailResult, DetailState, DetailUpdate, detail,
};
use stepwell_task::bindings::stepwell::task::outputs::{
    EndpointField, VariableOptions, prepend_path, set_endpoint, set_task_variable,
};
use stepwell_task::bindings::stepwell::task::publishing::{
    CodeCoverage, CoverageFormat, TestFormat, TestResults, add_summary, add_tag, attach_file,
    keep_file, keep_log, link_artifact, publish_artifact, publish_coverage, publish_test_results,
    set_run_number,
};
use stepwell_task::info;

pub(crate) fn publish() {
    tell("attach-file", attach_file("kind", "name", "path"));
    tell("add-summary", add_summary("path"));
    tell("keep-file", keep_file("path"));
    tell("keep-log", keep_log("path"));
    tell("publish-artifact", publish_artifact("name", None, "path"));
    tell("link-artifact", link_artifact("name", None, "$/path"));
    let results = TestResults {
        format: TestFormat::Junit,
        files: vec!["path".to_owned()],
        merge: true,
        platform: None,
        configuration: None,
        title: None,
        attach_files: true,
        fail_on_failed_tests: false,
    };
    tell("publish-test-results", publish_test_results(&results));
    let coverage = CodeCoverage {
        format: CoverageFormat::Cobertura,
        summary: "path".to_owned(),
        report_directory: None,
        additional_files: Vec::new(),
    };
    tell("publish-coverage", publish_coverage(&coverage));
    tell("set-run-number", set_run_number("1"));
    tell("add-tag", add_tag("tag"));
    for update in updates() {
        tell("detail", detail(&update));
    }
    tell("prepend-path", prepend_path("path"));
    let options = VariableOptions::READ_ONLY;
    tell(
        "set-task-variable",
        set_task_variable("name", "value", options),
    );
    tell(
        "set-endpoint",
        set_endpoint("id", &EndpointField::Url, "value"),
    );
}

/// One with nothing that is optional, and one with everything.
fn updates() -> [DetailUpdate; 2] {
    let text = |text: &str| Some(text.to_owned());
    let empty = DetailUpdate {
        id: "1".to_owned(),
        parent: None,
        kind: None,
        name: None,
        order: None,
        start_time: None,
        finish_time: None,
        progress: None,
        state: None,
        result: None,
        operation: String::new(),
    };
    let full = DetailUpdate {
        id: "2".to_owned(),
        parent: text("1"),
        kind: text("kind"),
        name: text("name"),
        order: Some(-3),
        start_time: text("2024-05-06T21:07:03Z"),
        finish_time: text("2024-05-06T21:07:04Z"),
        progress: Some(u32::MAX),
        state: Some(DetailState::Pending),
        result: Some(DetailResult::Skipped),
        operation: "operation".to_owned(),
    };
    [empty, full]
}

fn tell(call: &str, answer: impl Debug) {
    info!("{call} {answer:?}");
}

//! Any text as a pipeline file: it is read or refused, and every problem lies in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stepwell_plan::{Capabilities, Request, ResolvedTask, TaskKind};

fuzz_target!(|text: &str| {
    let (pipeline, problems) = stepwell_spec::parse(text);
    for label in problems.iter().flat_map(|problem| &problem.labels) {
        assert!(text.get(label.span.clone()).is_some(), "{problems:?}");
    }
    let Some(pipeline) = pipeline else {
        assert!(problems.iter().any(|problem| problem.is_error()));
        return;
    };
    let tasks: Vec<_> = stepwell_plan::references(&pipeline)
        .into_iter()
        .map(|reference| ResolvedTask {
            name: reference.name,
            digest: stepwell_event::Digest::from_sha256([0; 32]),
            kind: TaskKind::Command,
        })
        .collect();
    let request = Request {
        variables: &[],
        secrets: &[],
        capabilities: &Capabilities::default(),
    };
    let (plan, problems) = stepwell_plan::plan(&pipeline, &request, &tasks);
    let wrong = !pipeline.intact || problems.iter().any(|problem| problem.is_error());
    assert_eq!(plan.is_none(), wrong, "{problems:?}");
});

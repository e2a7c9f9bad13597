//! The host's side in a component: the imports of the world.

pub(crate) use crate::bindings::stepwell::task::cancellation::{
    Pollable, requested, subscribe, time_left,
};
pub(crate) use crate::bindings::stepwell::task::inputs::{get as input, workspace};
pub(crate) use crate::bindings::stepwell::task::logging::{complete, detail, issue, log, progress};
pub(crate) use crate::bindings::stepwell::task::outputs::{
    add_secret, prepend_path, set_endpoint, set_output, set_task_variable, set_variable,
};
pub(crate) use crate::bindings::stepwell::task::publishing::{
    add_summary, add_tag, attach_file, keep_file, keep_log, link_artifact, publish_artifact,
    publish_coverage, publish_test_results, set_run_number,
};
pub(crate) use crate::bindings::stepwell::task::secrets::get as secret;

//! The host's side in a component: the imports of the worlds.

pub(crate) use crate::bindings::host::stepwell::bisect::lab::{
    consult, keep, patch, read_result, run_pipeline,
};
pub(crate) use crate::bindings::host::stepwell::bisect::post::send_mail;

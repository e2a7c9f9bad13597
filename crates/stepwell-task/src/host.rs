//! The host's side in a component: the imports of the world.

pub(crate) use crate::bindings::stepwell::task::cancellation::{
    Pollable, requested, subscribe, time_left,
};
pub(crate) use crate::bindings::stepwell::task::inputs::{get as input, workspace};
pub(crate) use crate::bindings::stepwell::task::logging::{complete, issue, log, progress};
pub(crate) use crate::bindings::stepwell::task::outputs::{add_secret, set_output, set_variable};

//! What the oracles that come with Stepwell have in common.
//!
//! [`settings`] reads what the user configured. [`run`] has a pipeline run on the candidate and tells
//! what its end says of the candidate and what it does not. [`trials`] folds many of these into one
//! observation. [`signature`] makes equal texts of failures of one cause. `script` is a host for
//! the tests of all of them.

pub mod run;
#[cfg(not(target_family = "wasm"))]
pub mod script;
pub mod settings;
pub mod signature;
pub mod trials;

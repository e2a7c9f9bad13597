//! `cargo xtask bisect-sim`: what searches cost, next to the numbers that they are to reach.
//!
//! The games themselves are a benchmark of `stepwell-bisect`, so that they are built without the rest
//! of the workspace.

use crate::build::{cargo, run};
use anyhow::Result;

/// Plays with these arguments.
pub(crate) fn play(arguments: &[&str]) -> Result<()> {
    run(cargo()
        .args(["bench", "--quiet", "--package", "stepwell-bisect"])
        .args(["--bench", "simulation", "--"])
        .args(arguments))
}

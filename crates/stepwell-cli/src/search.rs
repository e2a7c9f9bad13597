//! What searches for a culprit need of the rest: versions from Git, components, and pipelines that
//! run on versions.

mod folder;
mod git;
mod part;
mod pipelines;

pub(crate) use folder::{HandFolder, WorkFolder};
pub(crate) use git::git_problem;
pub(crate) use part::{Parts, Ready, Wish};
pub(crate) use pipelines::{Own, ProjectPipelines};

//! What searches for a culprit need of the rest: versions from Git, components, and pipelines that
//! run on versions.

mod archive;
mod folder;
mod part;
mod pipelines;

pub(crate) use archive::{GitArchive, git_problem};
pub(crate) use folder::{HandFolder, WorkFolder};
pub(crate) use part::{Parts, Ready, Wish};
pub(crate) use pipelines::{Own, ProjectPipelines};

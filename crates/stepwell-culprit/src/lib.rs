//! Drives a search for the change that broke something.
//!
//! [`search`] finds out the range, sees that its ends are what they are said to be, asks a [`Judge`]
//! about one candidate after the other until the culprit is known, and sees that the conclusion
//! holds. Everything that happens is journalled before it is acted on, so [`resume`] goes on after
//! the process was killed at any moment. Where versions come from is an [`Archive`]'s business.
//!
//! A [`ComponentJudge`] asks a component in the sandbox. What that may ask of its host in turn, such
//! as to run a pipeline on a copy of the candidate, is lent to it by the lab.

mod archive;
mod asking;
mod component;
mod driver;
mod ends;
mod errand;
mod failure;
mod finding;
mod git;
mod inquiry;
mod judge;
mod kinds;
mod lab;
mod lens;
mod manual;
mod notice;
mod opening;
mod part;
mod post;
mod record;
mod release;
mod request;
mod schedule;
mod seed;
mod standing;
mod strategy;
mod territory;
mod watch;

pub use archive::{Ancestry, Archive, ExportError, Files, Range};
pub use component::{ComponentJudge, ComponentStrategist};
pub use driver::{Ended, SearchError, Strategist, Tools, resume, resume_within, search};
pub use errand::Errands;
pub use git::{GitArchive, GitFiles};
pub use judge::{Answer, Asked, Judge};
pub use lab::{Bench, Pipelines, Prepared, Wanted};
pub use manual::{Manual, Turn};
pub use notice::{Addressing, Blame, DEFAULT_PER_DAY, Key, Recipient, Unreachable};
pub use part::Part;
pub use post::{Encryption, Letters, Login, MailServer, Post, PostError};
pub use record::Record;
pub use release::Publication;
pub use request::{Course, Ends, Request, Settings};
pub use schedule::{Schedule, ScheduleError};
pub use watch::{
    Happening, HeadSeen, Partly, ReleaseSteps, Settled, Sight, Site, State, Telling, TickEnd,
    TickReport, TickResult, Unpublished, Watching, World,
};

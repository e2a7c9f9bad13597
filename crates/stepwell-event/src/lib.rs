//! The words that every part of Stepwell shares: identifiers, results, outcomes, run events, and
//! what crosses the wall of the sandbox.
//!
//! This is the one versioned wire format. The journal stores it, `--output json` prints it, and a
//! worker process will be spoken to in it, so a type here changes only by addition. Every type is
//! plain data: no clock, no I/O.

mod errand;
mod event;
mod finding;
mod finite;
mod grant;
mod id;
mod judgement;
mod kept;
mod limit;
mod outcome;
mod publish;
mod state;
mod step;
mod terms;

pub use errand::{Notice, Release};
pub use event::{
    Envelope, FORMAT_VERSION, Issue, IssueSeverity, JobSummary, LineKind, RunEvent, Snapshot,
    StageSummary, StepRecord, StepSummary, TaskSummary,
};
pub use finding::{
    BisectEvent, Conclusion, Cost, FINDING_VERSION, Finding, Further, Lens, OracleSummary,
    OtherFailure, Probe, ProbeEnd, Purpose, SearchSummary, Standing, Stretch,
};
pub use finite::{Finite, NotFinite};
pub use grant::{Clock, Grants, HttpRule, Random, WorkspaceGrant};
pub use id::{Digest, ParseIdError, RunId, SearchId};
pub use judgement::{
    About, Belief, Evidence, HostAnswer, HostCall, HostRefusal, JudgeRefusal, LabResult, LabRun,
    LabStep, Measurement, NoiseModel, Observation, Overlay, Person, Proposal, Question, Reply,
    Role, SkipKind, Verdict, Version,
};
pub use kept::Kept;
pub use limit::{LIMITS, LimitKind, LimitSpec, Limits, UNMETERED, Unit};
pub use outcome::{Denial, Frame, LostCause, Outcome, RunResult, StepResult, TrapKind, Usage};
pub use publish::{
    Collect, Collected, Coverage, Detail, DetailState, DetailUpdate, Publish, Published,
    StoredFile, TestFailure, TestResultsRequest, TestRun,
};
pub use state::{JobPosition, JobState, RunState, StageState, StepState};
pub use step::{
    Access, Capability, Description, Entry, GuestEvent, InputSpec, InputType, LogLevel, OutputSpec,
    Refusal, StepReport, StepRequest, Stream,
};
pub use terms::Terms;

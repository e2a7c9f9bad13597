//! What crosses the wall of the sandbox when a component takes part in a search for a culprit: the
//! words of `wit/bisect` as plain data.

use crate::{Finite, Notice, Release, Terms};
use serde::{Deserialize, Serialize};

/// Somebody who wrote or owns a change. Every text is hostile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Person {
    /// May be empty.
    pub name: String,
    /// May be empty.
    pub email: String,
}

/// One version of a project. Every text but `id` and `tree` is hostile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Version {
    /// The commit's hash.
    pub id: String,
    /// The hashes of its parents.
    pub parents: Vec<String>,
    /// The first line of its message.
    pub subject: String,
    /// Who wrote it.
    pub author: Person,
    /// When it was written, as RFC 3339 says.
    pub authored_at: String,
    /// The hash of its tree: equal trees get equal verdicts.
    pub tree: String,
}

/// Why a version cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipKind {
    /// It does not build, so its neighbours probably do not either.
    BuildBroken,
    /// What is to be tested is not in it.
    TestAbsent,
    /// Something that it needs is not to be had.
    DependencyMissing,
    /// It fails in another way than the one that is looked for.
    UnrelatedFailure,
    /// It took too long.
    Timeout,
    /// The machine failed, which says nothing about the version.
    Infrastructure,
    /// Something else.
    Other,
}

/// What a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "skip", rename_all = "kebab-case")]
pub enum Verdict {
    /// It has the old behaviour.
    Good,
    /// It has the new behaviour.
    Bad,
    /// It cannot be judged.
    Skip(SkipKind),
}

/// Numbers behind a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Measurement {
    /// What was measured.
    pub name: String,
    /// In what.
    pub unit: String,
    /// One number for each trial.
    pub samples: Vec<Finite>,
    /// Whether small is good.
    pub lower_is_better: bool,
}

/// A file that an oracle kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Evidence {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// The SHA-256 of its content, in hexadecimal.
    pub digest: String,
    /// Its bytes.
    pub size: u32,
}

/// A judgement and what is behind it. Every text is hostile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Observation {
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Why, in one line.
    pub reason: String,
    /// Trials in which the version was good.
    pub good_trials: u32,
    /// Trials in which it was bad.
    pub bad_trials: u32,
    /// Failures of the same cause have the same signature.
    #[serde(default)]
    pub signature: Option<String>,
    /// Numbers behind the verdict.
    #[serde(default)]
    pub measurements: Vec<Measurement>,
    /// Files behind the verdict.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// Whether a version with the same files may get this verdict without being judged.
    pub cacheable: bool,
}

/// How far one trial can be trusted. Rates are from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum NoiseModel {
    /// The same version always gets the same verdict.
    Deterministic,
    /// It is wrong at known rates.
    Known {
        /// A good version is found bad.
        false_bad: Finite,
        /// A bad version is found good.
        false_good: Finite,
    },
    /// It is wrong at rates that have to be learned. What is believed of them before anything was
    /// seen is Beta(a, b).
    Learned {
        /// Of false bad.
        false_bad: (Finite, Finite),
        /// Of false good.
        false_good: (Finite, Finite),
    },
}

/// What an oracle says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct About {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it judges, in one sentence.
    pub summary: String,
    /// How far one trial can be trusted.
    pub noise: NoiseModel,
    /// What it calls the two behaviours.
    pub terms: Terms,
    /// The most trials worth asking of one judgement, at least 1.
    pub max_trials: u32,
}

/// What a component of `stepwell:bisect` is, by its exports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Role {
    /// World `oracle` or `advising-oracle`.
    Oracle {
        /// What it says of itself.
        about: About,
        /// Whether it knows where to look.
        advises: bool,
    },
    /// World `strategist`.
    Strategist,
    /// World `notifier`.
    Notifier,
    /// World `publisher`.
    Publisher,
}

/// What is asked of a component of `stepwell:bisect`. `config` is the text of a JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "question",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
#[expect(
    clippy::large_enum_variant,
    reason = "a request holds one in a box, and no list of them is kept"
)]
pub enum Question {
    /// `judge.judge`. Whether the files are seen is decided by the request's workspace.
    Judge {
        /// What the user configured.
        config: String,
        /// The candidate.
        candidate: Version,
        /// How many trials to fold into the answer, at least 1.
        trials: u32,
        /// Differs from trial to trial.
        seed: u32,
    },
    /// `advice.believe`.
    Believe {
        /// What the user configured.
        config: String,
        /// Versions and the files that they changed.
        suspects: Vec<(Version, Vec<String>)>,
    },
    /// `advice.same-failure`.
    SameFailure {
        /// What the user configured.
        config: String,
        /// One.
        a: Observation,
        /// The other.
        b: Observation,
    },
    /// `strategy.propose`.
    Propose {
        /// In order, parents before children.
        suspects: Vec<Version>,
        /// What was learned.
        history: Vec<(String, Verdict)>,
        /// What is being judged.
        in_flight: Vec<String>,
        /// How many can be judged side by side.
        slots: u32,
    },
    /// `notify.notify`.
    Notify {
        /// What the user configured.
        config: String,
        /// What is told.
        finding: Notice,
    },
    /// `publish.publish`.
    Publish {
        /// What the user configured.
        config: String,
        /// What is published.
        release: Release,
    },
}

/// What a component of `stepwell:bisect` answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "value", rename_all = "kebab-case")]
pub enum Reply {
    /// To [`Question::Judge`].
    Judged(Result<Observation, JudgeRefusal>),
    /// To [`Question::Believe`].
    Believed(Result<Belief, String>),
    /// To [`Question::SameFailure`].
    Same(bool),
    /// To [`Question::Propose`].
    Proposed(Proposal),
    /// To [`Question::Notify`] and [`Question::Publish`]: what was done, or why not.
    Done(Result<String, String>),
}

/// Why an oracle did not judge. None of it is a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "message", rename_all = "kebab-case")]
pub enum JudgeRefusal {
    /// The whole search is to end.
    Abort(String),
    /// It may work another time.
    Transient(String),
    /// The configuration does not fit.
    Misconfigured(String),
}

/// What is believed before anything was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Belief {
    /// One for each suspect; none is negative.
    pub weights: Vec<Finite>,
    /// The weight of "none of them".
    pub no_culprit: Finite,
    /// What judging each costs; empty if all cost the same.
    pub costs: Vec<Finite>,
}

/// What a strategist wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "versions", rename_all = "kebab-case")]
pub enum Proposal {
    /// Judge these.
    Test(Vec<String>),
    /// These are to blame.
    Culprits(Vec<String>),
    /// It is one of these.
    Ambiguous(Vec<String>),
    /// None is to blame.
    NoCulprit,
}

/// What an oracle or notifier asks its host to do while it works. One at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case")]
pub enum HostCall {
    /// `lab.run-pipeline`.
    RunPipeline(LabRun),
    /// `lab.read-result`.
    ReadResult {
        /// Relative to the run's workspace.
        path: String,
    },
    /// `lab.consult`.
    Consult {
        /// The other oracle.
        oracle: String,
        /// How many trials.
        trials: u32,
        /// The seed.
        seed: u32,
    },
    /// `lab.patch`.
    Patch,
    /// `lab.keep`.
    Keep {
        /// The file's name.
        name: String,
        /// Its media type.
        media_type: String,
        /// The file.
        #[serde(with = "serde_bytes")]
        content: Vec<u8>,
    },
    /// `post.send-mail`.
    SendMail {
        /// Addresses.
        to: Vec<String>,
        /// One line.
        subject: String,
        /// The text.
        text: String,
    },
}

/// A run of a pipeline that an oracle asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LabRun {
    /// The pipeline's file, relative to the project; empty for the one that the search was given.
    pub pipeline: String,
    /// Whether the candidate's own text is meant instead of the project's.
    pub of_candidate: bool,
    /// Files that are laid over the candidate's.
    pub overlays: Vec<Overlay>,
    /// Variables, over the pipeline's own.
    pub variables: Vec<(String, String)>,
}

/// A file that is laid over a candidate's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Overlay {
    /// Relative to the candidate's root.
    pub path: String,
    /// The file.
    #[serde(with = "serde_bytes")]
    pub content: Vec<u8>,
}

/// What came of a [`HostCall`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", content = "value", rename_all = "kebab-case")]
pub enum HostAnswer {
    /// To [`HostCall::RunPipeline`].
    Ran(LabResult),
    /// To [`HostCall::ReadResult`].
    File(#[serde(with = "serde_bytes")] Vec<u8>),
    /// To [`HostCall::Consult`].
    Observed(Box<Observation>),
    /// To [`HostCall::Patch`].
    Text(String),
    /// To [`HostCall::Keep`].
    Kept(Evidence),
    /// To [`HostCall::SendMail`].
    Sent,
    /// To any.
    Refused(HostRefusal),
}

/// Why the host did not do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "message", rename_all = "kebab-case")]
pub enum HostRefusal {
    /// There is none of that name.
    NotFound(String),
    /// This component may not.
    Denied(String),
    /// A name, path or value cannot be used.
    Invalid(String),
    /// It is too much.
    TooLarge(String),
    /// The machine failed.
    Infrastructure(String),
}

/// How a run of a pipeline on a candidate ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LabResult {
    /// How.
    pub end: crate::RunResult,
    /// Its steps, in the order in which they ended.
    pub steps: Vec<LabStep>,
    /// The end of what they said.
    pub log: String,
    /// Milliseconds.
    pub duration_ms: u32,
}

/// One step of a run on a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LabStep {
    /// The job's identifier.
    pub job: String,
    /// The step's name.
    pub name: String,
    /// How it ended.
    pub end: crate::StepResult,
    /// The kind of its outcome, as on the step's record.
    pub cause: String,
    /// The exit code, if there was one.
    pub exit_code: Option<i32>,
    /// What is to be said about it.
    pub message: String,
    /// Milliseconds.
    pub duration_ms: u32,
}

//! What a search for a culprit journals, and what it found.

use crate::{Digest, Finite, NoiseModel, Observation, Terms, Version};
use serde::{Deserialize, Serialize};

/// The version of [`Finding`], printed with it.
pub const FINDING_VERSION: u32 = 1;

/// What happens in a search, in the order in which it is journalled. What was journalled is enough
/// to go on after the process was killed at any moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "event",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum BisectEvent {
    /// The search was opened.
    Opened(Box<SearchSummary>),
    /// The range was found out: how many commits there are in it, and how many versions that differ.
    Ranged {
        /// Commits that may be the culprit.
        commits: u32,
        /// Versions among them that differ in their files.
        versions: u32,
    },
    /// A version is being judged.
    Started {
        /// Counts the probes, from 0.
        probe: u32,
        /// The version.
        version: Box<Version>,
        /// Why.
        purpose: Purpose,
        /// How many trials were asked for.
        trials: u32,
        /// The seed.
        seed: u32,
        /// Commits whose changes were taken back in it, so that it is judged without them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reverted: Vec<String>,
    },
    /// A probe has ended.
    Ended {
        /// Which.
        probe: u32,
        /// How.
        end: Box<ProbeEnd>,
        /// Milliseconds.
        wall_ms: u64,
    },
    /// Somebody said what a version is, instead of the oracle.
    Marked {
        /// The version.
        version: Box<Version>,
        /// What it is.
        observation: Box<Observation>,
    },
    /// What somebody said of a version, the last time, is taken back.
    Unmarked {
        /// The version's identifier.
        version: String,
    },
    /// What is known after an observation.
    Progress {
        /// Versions that may still be the culprit.
        left: u32,
        /// About how many rounds are left.
        rounds: u32,
        /// How likely the likeliest culprit is, if the search weighs.
        confidence: Option<Finite>,
    },
    /// An oracle was asked whether two failures are the same.
    Compared {
        /// The signature of one.
        one: String,
        /// That of the other.
        other: String,
        /// What it said; false without an answer.
        same: bool,
        /// Why there is no answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unanswered: Option<String>,
    },
    /// Another culprit is searched for.
    Further(Box<Lens>),
    /// What a search found that others may follow, the first one among them.
    Found {
        /// What it looked at.
        lens: Box<Lens>,
        /// What it found.
        conclusion: Box<Conclusion>,
    },
    /// The search has ended, with this about the first culprit.
    Concluded(Box<Conclusion>),
}

/// What one of several searches for culprits looks at. The first one looks at every failure, in
/// versions as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Lens {
    /// Commits whose changes are taken back in all versions that have them, in the order of the
    /// range.
    pub reverted: Vec<Version>,
    /// The failure that counts; a version that fails in another way is good. All count if none.
    pub signature: Option<String>,
}

/// What is searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SearchSummary {
    /// The project's name.
    pub project: String,
    /// Versions that are said to be good.
    pub good: Vec<Version>,
    /// The version that is said to be bad.
    pub bad: Version,
    /// Paths that count; all if empty.
    pub paths: Vec<String>,
    /// Whether only first parents are followed.
    pub first_parent: bool,
    /// Who judges.
    pub oracle: OracleSummary,
    /// What the two behaviours are called.
    pub terms: Terms,
    /// How far one trial is trusted.
    pub noise: NoiseModel,
    /// How sure the conclusion has to be, from 0 to 1.
    pub confidence: Finite,
    /// How many candidates are judged side by side.
    pub jobs: u32,
    /// The command that was typed, for people.
    pub command: String,
}

/// An oracle and what it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct OracleSummary {
    /// Its name.
    pub name: String,
    /// The component; none when a person judges.
    pub digest: Option<Digest>,
    /// What the user configured: the text of a JSON object.
    pub config: String,
}

impl OracleSummary {
    /// Whether it is a person, who is asked about one version after the other.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.digest.is_none()
    }
}

/// Why a version is judged. An oracle never sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To see that the good end is good.
    Base,
    /// To see that the bad end is bad.
    Head,
    /// To see whether the behaviour was changed on the way to where two lines meet.
    MergeBase,
    /// To narrow the range.
    Search,
    /// To see that the conclusion holds.
    Verify,
}

/// How a probe ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "end",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum ProbeEnd {
    /// The oracle judged.
    Judged {
        /// What it saw.
        observation: Observation,
        /// Whether the judgement was made before and taken from the store.
        cached: bool,
    },
    /// Its result could not change anything any more.
    Canceled,
    /// The oracle did not judge, trapped, or used up its limits: no verdict.
    Failed {
        /// Why, in one line.
        why: String,
    },
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "conclusion",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Conclusion {
    /// One version is to blame.
    Culprit {
        /// It.
        version: Version,
        /// The newest version that is good, as far as is known: its parent.
        newest_good: Option<Version>,
        /// How likely this is right, from 0 to 1; 1 if judgements are taken at their word.
        confidence: Finite,
        /// The same files as its parent have: judgements contradict one another.
        no_op: bool,
    },
    /// It is one of these, and no judgement can tell which.
    Ambiguous {
        /// All that may be to blame, in order.
        suspects: Vec<Version>,
        /// Those among them that were judged and could not be.
        untestable: Vec<Version>,
        /// Those among them that were taken to be untestable because their neighbours are.
        assumed: Vec<Version>,
        /// The newest version that is good.
        newest_good: Option<Version>,
    },
    /// Nothing is to blame: the failure was a flake.
    NoCulprit {
        /// How likely this is right.
        confidence: Finite,
    },
    /// The budget was spent before it was sure enough.
    Undecided {
        /// The smallest set that holds the culprit with the wanted confidence, the likeliest first.
        /// Empty if not even the ends were judged.
        suspects: Vec<(Version, Finite)>,
        /// The newest version that is probably good.
        newest_good: Option<Version>,
    },
    /// The version that is said to be bad is good.
    HeadGood,
    /// A version that is said to be good is bad, so nobody can be blamed.
    BaseBad {
        /// Which.
        version: Version,
    },
    /// The version at which two lines meet is bad: the behaviour was changed back on the way to a
    /// good version.
    ChangedBack {
        /// Where they meet.
        merge_base: Version,
        /// The good version.
        good: Version,
    },
    /// An end of the range cannot be judged.
    UntestableEnd {
        /// Which.
        version: Version,
        /// Whether it is the bad one.
        head: bool,
        /// Why.
        reason: String,
    },
    /// Nothing lies between the two ends.
    NothingToDo,
    /// The search was ended by the oracle or by what it ran in.
    Aborted {
        /// Why.
        why: String,
    },
}

impl Conclusion {
    /// Whether there is nothing to go on with: otherwise something from outside is missing, which may
    /// be seen to, such as a larger budget.
    #[must_use]
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Undecided { .. } | Self::Aborted { .. })
    }
}

/// One probe in the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Probe {
    /// The version.
    pub version: Version,
    /// Where it is among the commits of the range, from 1 to [`Finding::commits`], parents before
    /// children; 0 is the good end. None for what is outside of it.
    pub position: Option<u32>,
    /// Why it was judged.
    pub purpose: Purpose,
    /// How it ended.
    pub end: ProbeEnd,
    /// Milliseconds since the search began.
    pub started_ms: u64,
    /// Milliseconds that it took.
    pub wall_ms: u64,
    /// Commits whose changes were taken back in it: see [`Finding::further`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reverted: Vec<String>,
}

/// What is known of a commit in the range when the search has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is good: it was judged, or what was judged descends from it.
    Good,
    /// It is bad: it was judged, or it descends from what was judged.
    Bad,
    /// It may be to blame.
    Suspect,
    /// It may be to blame, and it cannot be judged or was taken to be so.
    Untestable,
    /// It is not to blame, but whether it is good or bad is not known: it is on another line.
    Aside,
}

/// Commits next to one another in the range of which the same is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Stretch {
    /// What.
    pub standing: Standing,
    /// How many there are.
    pub commits: u32,
}

/// What a search cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cost {
    /// Judgements.
    pub probes: u32,
    /// Trials in them.
    pub trials: u32,
    /// Judgements that were taken from the store.
    pub cached: u32,
    /// Judgements that were canceled.
    pub canceled: u32,
    /// Milliseconds of the whole.
    pub wall_ms: u64,
}

/// A search for another culprit, after the first one was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Further {
    /// What it looked at.
    pub lens: Lens,
    /// What it found. That the newest version is good means that there is no further culprit.
    pub conclusion: Conclusion,
    /// Why the culprit was found bad, in one line; empty without one.
    pub reason: String,
    /// The signature of its failure.
    pub signature: Option<String>,
    /// What was taken for granted and not judged, in sentences.
    pub unverified: Vec<String>,
}

/// A failure that was seen and whose change was not searched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct OtherFailure {
    /// Its signature.
    pub signature: String,
    /// The newest version that showed it.
    pub version: Version,
}

/// A whole search, for reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// [`FINDING_VERSION`].
    pub format: u32,
    /// The search's identifier.
    pub search: String,
    /// What was searched.
    pub asked: SearchSummary,
    /// Commits that could be the culprit.
    pub commits: u32,
    /// Versions among them that differ in their files.
    pub versions: u32,
    /// What is known of each of the commits, in order. Empty if nothing was ranged.
    #[serde(default)]
    pub range: Vec<Stretch>,
    /// What was judged, in the order in which it began.
    pub probes: Vec<Probe>,
    /// What was found.
    pub conclusion: Conclusion,
    /// What it cost.
    pub cost: Cost,
    /// The command that judges the culprit again; empty without one.
    pub reproduce: String,
    /// What was taken for granted and not judged, in sentences.
    pub unverified: Vec<String>,
    /// The searches for other culprits, in their order.
    #[serde(default)]
    pub further: Vec<Further>,
    /// Failures that are not the culprit's, and for which nothing was searched.
    #[serde(default)]
    pub others: Vec<OtherFailure>,
}

//! Who judges a version.

use stepwell_event::{Belief, Digest, JudgeRefusal, Observation, Outcome, Version};
use stepwell_sandbox::StopHandle;

/// What is asked of a judge. Why it is asked, and what was found for other versions, it never learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The candidate.
    pub version: Version,
    /// How many trials to fold into the answer, at least 1.
    pub trials: u32,
    /// Differs from trial to trial and is the same when a judgement is repeated.
    pub seed: u32,
    /// Whether another seed may get another answer: the search expects noise, or has had this version
    /// judged before.
    pub seeded: bool,
    /// Whether it has to be judged now, and nothing that was kept may stand for it.
    pub fresh: bool,
}

/// What came of a judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The version was judged, or said to be untestable.
    Judged(Observation),
    /// The oracle did not judge.
    Refused(JudgeRefusal),
    /// The oracle did not answer: it trapped, used up its limits, or was lost. It says nothing about
    /// the version.
    Failed(Outcome),
    /// Stepwell could not ask, and it is no use to ask again.
    Impossible(String),
    /// It was stopped.
    Stopped,
}

/// Judges versions, any number of them at once. Every judgement is independent of all others.
pub trait Judge: Send + Sync + 'static {
    /// Judges one version. After `stop` it returns soon.
    fn judge(&self, asked: Asked, stop: StopHandle) -> impl Future<Output = Answer> + Send;

    /// What a judgement is remembered by: equal keys, equal judgements. None if it cannot be
    /// remembered.
    fn key(&self, asked: &Asked) -> Option<Digest>;

    /// The most trials worth asking of one judgement, at least 1.
    fn max_trials(&self) -> u32 {
        u32::MAX
    }

    /// What the judge believes of the suspects before anything was seen; none if it has no opinion.
    /// With each comes what it changed.
    ///
    /// # Errors
    ///
    /// In words for people.
    fn believe(
        &self,
        suspects: Vec<(Version, Vec<String>)>,
    ) -> impl Future<Output = Result<Option<Belief>, String>> + Send {
        drop(suspects);
        std::future::ready(Ok(None))
    }

    /// Whether two failures that were seen have the same cause. It is asked only of one that
    /// [advises](Judge::advises), and only if the signatures differ.
    ///
    /// # Errors
    ///
    /// It has no answer: why, in words for people.
    fn is_same(
        &self,
        one: Observation,
        other: Observation,
    ) -> impl Future<Output = Result<bool, String>> + Send {
        std::future::ready(Ok(one.signature == other.signature))
    }

    /// Whether [`Judge::believe`] and [`Judge::is_same`] have opinions: what they need is costly.
    fn advises(&self) -> bool {
        false
    }
}

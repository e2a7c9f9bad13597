//! Short ways to say what an oracle is and what it found.

use crate::{
    About, Belief, Evidence, Measurement, NoiseModel, NoiseRates, Observation, Refusal, SkipKind,
    Terms, Verdict,
};

impl About {
    /// An oracle that always answers the same for the same files, in one trial.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        version: impl Into<String>,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            summary: summary.into(),
            noise: NoiseModel::Deterministic,
            terms: Terms {
                old: "good".to_owned(),
                new: "bad".to_owned(),
            },
            max_trials: 1,
        }
    }

    /// How far one trial can be trusted.
    #[must_use]
    pub fn noise(mut self, noise: NoiseModel) -> Self {
        self.noise = noise;
        self
    }

    /// What people call the old and the new behaviour, instead of `good` and `bad`.
    #[must_use]
    pub fn terms(mut self, old: impl Into<String>, new: impl Into<String>) -> Self {
        self.terms = Terms {
            old: old.into(),
            new: new.into(),
        };
        self
    }

    /// The most trials worth asking of one judgement; at least 1.
    #[must_use]
    pub fn max_trials(mut self, most: u32) -> Self {
        self.max_trials = most.max(1);
        self
    }
}

impl NoiseModel {
    /// One trial is wrong at these rates, from 0 to 1: a good version is found bad, a bad one good.
    #[must_use]
    pub fn known(false_bad: f64, false_good: f64) -> Self {
        Self::Known(NoiseRates {
            false_bad,
            false_good,
        })
    }
}

impl Observation {
    /// The version has the old behaviour, in one trial.
    #[must_use]
    pub fn good(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Good, reason.into()).trials(1, 0)
    }

    /// The version has the new behaviour, in one trial.
    #[must_use]
    pub fn bad(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Bad, reason.into()).trials(0, 1)
    }

    /// The version cannot be judged. Where that is the machine's doing and may be different the next
    /// time, it is not remembered.
    #[must_use]
    pub fn skip(kind: SkipKind, reason: impl Into<String>) -> Self {
        let mut skipped = Self::new(Verdict::Skip(kind), reason.into());
        skipped.cacheable = !matches!(
            kind,
            SkipKind::DependencyMissing | SkipKind::Timeout | SkipKind::Infrastructure
        );
        skipped
    }

    fn new(verdict: Verdict, reason: String) -> Self {
        Self {
            verdict,
            reason,
            good_trials: 0,
            bad_trials: 0,
            signature: None,
            measurements: Vec::new(),
            evidence: Vec::new(),
            cacheable: true,
        }
    }

    /// How many trials found the version good and how many bad.
    #[must_use]
    pub fn trials(mut self, good: u32, bad: u32) -> Self {
        self.good_trials = good;
        self.bad_trials = bad;
        self
    }

    /// What kind of failure it was: failures of the same cause have the same signature.
    #[must_use]
    pub fn signature(mut self, signature: impl Into<String>) -> Self {
        self.signature = Some(signature.into());
        self
    }

    /// Adds numbers behind the verdict.
    #[must_use]
    pub fn measurement(mut self, measurement: Measurement) -> Self {
        self.measurements.push(measurement);
        self
    }

    /// Adds a file behind the verdict, which [`lab::keep`](crate::lab::keep) gave.
    #[must_use]
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// Has every version judged, even one with the same files.
    #[must_use]
    pub fn not_cacheable(mut self) -> Self {
        self.cacheable = false;
        self
    }
}

impl Measurement {
    /// Numbers of which small ones are good.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        unit: impl Into<String>,
        samples: impl Into<Vec<f64>>,
    ) -> Self {
        Self {
            name: name.into(),
            unit: unit.into(),
            samples: samples.into(),
            lower_is_better: true,
        }
    }

    /// Says that large numbers are good.
    #[must_use]
    pub fn higher_is_better(mut self) -> Self {
        self.lower_is_better = false;
        self
    }
}

impl Belief {
    /// One weight for each suspect, in their order; all cost the same, and one of them is to blame.
    #[must_use]
    pub fn new(weights: impl Into<Vec<f64>>) -> Self {
        Self {
            weights: weights.into(),
            no_culprit: 0.0,
            costs: Vec::new(),
        }
    }
}

impl Refusal {
    /// What it says.
    #[must_use]
    pub fn message(&self) -> &str {
        let (Self::Abort(message) | Self::Transient(message) | Self::Misconfigured(message)) = self;
        message
    }
}

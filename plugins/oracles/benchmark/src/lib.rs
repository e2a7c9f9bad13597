//! The oracle `benchmark`: a version is bad if a number that a pipeline measures is worse than it was.
//!
//! One number says nothing, so the pipeline runs many times. The version is bad if its numbers are
//! worse than the baseline's, which must be both unlikely by chance (the significance) and large (the
//! effect): among many numbers even a difference that nobody cares for is significant. A large effect
//! that may still be chance is measured again, and if that does not settle it there is no verdict.

mod reading;
mod statistics;

use crate::reading::Format;
use crate::statistics::{Comparison, larger, larger_than, median};
use stepwell_judging::run::{Pipeline, Ran, stopped};
use stepwell_judging::settings::{Result as Configured, Settings};
use stepwell_judging::signature::bounded;
use stepwell_judging::trials::seed_of;
use stepwell_oracle::lab::{self, LabError, RunEnd, RunResult};
use stepwell_oracle::{
    About, Measurement, NoiseModel, Observation, Oracle, Question, Refusal, SkipKind,
};

/// The most runs of one judgement.
const MOST_RUNS: u32 = 200;

/// What is taken to be significant, unless the user says otherwise.
const SIGNIFICANCE: f64 = 0.01;

/// The least of what Romano and others call a large effect.
const LARGE_EFFECT: f64 = 0.474;

/// How often a version that is worse is not found worse. It depends on how much worse it is; this is
/// about what the default settings do with a shift of two standard deviations.
const MISSED: f64 = 0.02;

struct Benchmark;

impl Oracle for Benchmark {
    fn about() -> About {
        // All its runs together are one trial: they make one decision.
        About::new(
            "benchmark",
            env!("CARGO_PKG_VERSION"),
            "A version is bad if a number that a pipeline measures is worse than it was.",
        )
        .noise(NoiseModel::known(SIGNIFICANCE, MISSED))
        .terms("fast", "slow")
    }

    fn judge(question: Question) -> Result<Observation, Refusal> {
        let asked = Asked::new(&question.config).map_err(Refusal::Misconfigured)?;
        asked.judge(question.seed)
    }
}

stepwell_oracle::oracle!(Benchmark);

/// What the numbers are compared with.
#[derive(Debug, Clone, PartialEq)]
enum Baseline {
    /// Numbers that were measured in the same way.
    Samples(Vec<f64>),
    /// A bound.
    Threshold(f64),
}

/// What the user configured.
#[derive(Debug)]
struct Asked {
    pipeline: Pipeline,
    metric: String,
    unit: String,
    format: Format,
    /// The file of the run that has the number; none for its log.
    file: Option<String>,
    lower_is_better: bool,
    baseline: Baseline,
    significance: f64,
    effect: f64,
    /// After so many runs it is decided for the first time, and again after as many more.
    runs: u32,
    max_runs: u32,
}

/// What the numbers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Worse,
    NotWorse,
    /// A large effect that may be chance.
    Open,
}

impl Asked {
    fn new(config: &str) -> Configured<Self> {
        let mut settings = Settings::new(config)?;
        let pipeline = Pipeline::new(&mut settings)?;
        let metric = settings.required_text("metric")?;
        let unit = settings.text("unit")?.unwrap_or_default();
        let formats = [("lines", Format::Lines), ("json", Format::Json)];
        let format = settings.choice("format", formats)?;
        let file = settings.text("file")?;
        let directions = [("lower", true), ("higher", false)];
        let lower_is_better = settings.choice("better", directions)?;
        let samples = settings.numbers("baseline")?;
        let threshold = settings.number("threshold")?;
        let tolerance = settings.number_in("tolerance", 0.0, [0.0, 10.0])?;
        let significance = settings.number_in("significance", SIGNIFICANCE, [1e-6, 0.5])?;
        let effect = settings.number_in("effect", LARGE_EFFECT, [0.0, 1.0])?;
        let runs = settings.count("runs", 10, [1, MOST_RUNS])?;
        let max_runs = settings.count("max-runs", (runs * 4).min(MOST_RUNS), [runs, MOST_RUNS])?;
        settings.end()?;
        let worse_by = if lower_is_better {
            tolerance
        } else {
            -tolerance
        };
        let tolerated = |number: f64| number + number.abs() * worse_by;
        let baseline = match (samples.as_slice(), threshold) {
            ([], Some(threshold)) => Baseline::Threshold(tolerated(threshold)),
            ([], None) => return Err("input `baseline` or `threshold` is missing".to_owned()),
            (samples, None) => {
                Baseline::Samples(samples.iter().map(|number| tolerated(*number)).collect())
            }
            (_, Some(_)) => return Err("give `baseline` or `threshold`, not both".to_owned()),
        };
        Ok(Self {
            pipeline,
            metric,
            unit,
            format,
            file,
            lower_is_better,
            baseline,
            significance,
            effect,
            runs,
            max_runs,
        })
    }

    fn judge(&self, seed: u32) -> Result<Observation, Refusal> {
        let mut samples = Vec::new();
        let mut decision = Decision::Open;
        for number in 0..self.max_runs {
            match self.measure(seed_of(seed, number))? {
                Ok(sample) => samples.push(sample),
                Err(skipped) => return Ok(self.with_numbers(skipped, samples)),
            }
            let made = number + 1;
            if made % self.runs == 0 || made == self.max_runs {
                decision = self.decide(self.compare(&samples));
            }
            if decision != Decision::Open {
                break;
            }
        }
        let told = self.told(&samples);
        let observation = match decision {
            Decision::Worse => Observation::bad(told).signature(bounded(self.metric.clone())),
            Decision::NotWorse => Observation::good(told),
            Decision::Open => {
                let reason = format!("not settled after {} runs: {told}", samples.len());
                Observation::skip(SkipKind::Other, reason)
            }
        };
        Ok(self.with_numbers(observation, samples))
    }

    /// A number, or why this version has none.
    fn measure(&self, seed: u32) -> Result<Result<f64, Observation>, Refusal> {
        let result = match self.pipeline.run(seed)? {
            Ran::Ended(result) => result,
            Ran::Skip(kind, reason) => return Ok(Err(Observation::skip(kind, reason))),
        };
        if let Some((kind, reason)) = stopped(&result) {
            return Ok(Err(Observation::skip(kind, reason)));
        }
        if matches!(result.end, RunEnd::Failed | RunEnd::Canceled) {
            let reason = "the pipeline failed, so nothing was measured";
            return Ok(Err(Observation::skip(SkipKind::UnrelatedFailure, reason)));
        }
        Ok(self.number_of(&result)?.ok_or_else(|| {
            let place = self.file.as_deref().unwrap_or("the log");
            let reason = format!("there is no number `{}` in {place}", self.metric);
            Observation::skip(SkipKind::TestAbsent, reason)
        }))
    }

    fn number_of(&self, result: &RunResult) -> Result<Option<f64>, Refusal> {
        let Some(path) = &self.file else {
            return Ok(self.format.read(&result.log, &self.metric));
        };
        match lab::read_result(path) {
            Ok(file) => Ok(self
                .format
                .read(&String::from_utf8_lossy(&file), &self.metric)),
            Err(LabError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn compare(&self, samples: &[f64]) -> Comparison {
        let worse = |numbers: &[f64]| -> Vec<f64> {
            let sign = if self.lower_is_better { 1.0 } else { -1.0 };
            numbers.iter().map(|number| sign * number).collect()
        };
        match &self.baseline {
            Baseline::Samples(baseline) => larger(&worse(samples), &worse(baseline)),
            Baseline::Threshold(bound) => match worse(&[*bound]).first() {
                Some(bound) => larger_than(&worse(samples), *bound),
                None => Comparison { p: 1.0, delta: 0.0 },
            },
        }
    }

    /// Looking several times makes it likelier that one look sees what is not there, so that each has
    /// its share of the significance.
    fn decide(&self, Comparison { p, delta }: Comparison) -> Decision {
        let looks = self.max_runs.div_ceil(self.runs);
        if delta < self.effect || delta <= 0.0 {
            Decision::NotWorse
        } else if p <= self.significance / f64::from(looks) {
            Decision::Worse
        } else {
            Decision::Open
        }
    }

    fn told(&self, samples: &[f64]) -> String {
        let Comparison { p, delta } = self.compare(samples);
        let before = match &self.baseline {
            Baseline::Samples(baseline) => median(baseline),
            Baseline::Threshold(bound) => *bound,
        };
        let unit = match self.unit.as_str() {
            "" => String::new(),
            unit => format!(" {unit}"),
        };
        format!(
            "`{}` is {:.4}{unit} in the middle of {} runs, compared with {before:.4}{unit} \
             (Cliff's delta {delta:.2}, p = {p:.4})",
            self.metric,
            median(samples),
            samples.len(),
        )
    }

    fn with_numbers(&self, observation: Observation, samples: Vec<f64>) -> Observation {
        if samples.is_empty() {
            return observation;
        }
        let measured = Measurement::new(&self.metric, &self.unit, samples);
        observation.measurement(if self.lower_is_better {
            measured
        } else {
            measured.higher_is_better()
        })
    }
}

#[cfg(test)]
mod tests;

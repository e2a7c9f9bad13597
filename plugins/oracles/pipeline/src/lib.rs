//! The oracle `pipeline`: a version is good if a pipeline of the project succeeds on it.
//!
//! A version whose pipeline fails for a reason that is not the version's (the machine, a timeout) or
//! before the question was reached (it does not build) is not bad, but cannot be judged: blaming it
//! would lead the search to the wrong half.

use stepwell_judging::run::{Pipeline, Ran, is_called, late, signature, steps_that, stopped, told};
use stepwell_judging::settings::{Result as Configured, Settings};
use stepwell_judging::trials::{Trial, observe};
use stepwell_oracle::lab::{RunEnd, RunResult, StepEnd, StepResult};
use stepwell_oracle::{About, Observation, Oracle, Question, Refusal, SkipKind};

/// The most trials of one judgement: each is a whole run.
const MOST_TRIALS: u32 = 32;

struct Succeeds;

impl Oracle for Succeeds {
    fn about() -> About {
        About::new(
            "pipeline",
            env!("CARGO_PKG_VERSION"),
            "A version is good if a pipeline of the project succeeds on it.",
        )
        .max_trials(MOST_TRIALS)
    }

    fn judge(question: Question) -> Result<Observation, Refusal> {
        let asked = Asked::new(&question.config).map_err(Refusal::Misconfigured)?;
        let trials = question.trials.min(MOST_TRIALS);
        observe(trials, question.seed, |seed| {
            Ok(match asked.pipeline.run(seed)? {
                Ran::Ended(result) => asked.trial(result),
                Ran::Skip(kind, reason) => Trial::Skip(kind, reason),
            })
        })
    }
}

stepwell_oracle::oracle!(Succeeds);

/// What the user configured.
#[derive(Debug)]
struct Asked {
    pipeline: Pipeline,
    issues_are_bad: bool,
    timeouts_are_bad: bool,
    steps_that_build: Vec<String>,
}

impl Asked {
    fn new(config: &str) -> Configured<Self> {
        let mut settings = Settings::new(config)?;
        let asked = Self {
            pipeline: Pipeline::new(&mut settings)?,
            issues_are_bad: settings.choice("issues", [("good", false), ("bad", true)])?,
            timeouts_are_bad: settings.choice("timeout", [("skip", false), ("bad", true)])?,
            steps_that_build: settings.texts("steps-that-build")?,
        };
        settings.end()?;
        Ok(asked)
    }

    fn trial(&self, result: RunResult) -> Trial {
        let failed = steps_that(&result, StepEnd::Failed);
        if let Some((kind, reason)) = stopped(&result) {
            return match late(&result) {
                Some(step) if self.timeouts_are_bad => bad(step, "took too long", &result),
                _ => Trial::Skip(kind, reason),
            };
        }
        match result.end {
            RunEnd::Succeeded => Trial::Good {
                reason: "the pipeline succeeded".to_owned(),
            },
            RunEnd::SucceededWithIssues if !self.issues_are_bad => Trial::Good {
                reason: "the pipeline succeeded with issues".to_owned(),
            },
            RunEnd::SucceededWithIssues => {
                let step = steps_that(&result, StepEnd::SucceededWithIssues);
                match failed.first().or(step.first()) {
                    Some(step) => bad(step, "has issues", &result),
                    None => Trial::Bad {
                        reason: "the pipeline succeeded with issues".to_owned(),
                        signature: "issues".to_owned(),
                        log: result.log,
                    },
                }
            }
            RunEnd::Failed | RunEnd::Canceled => self.failed(&failed, &result),
        }
    }

    fn failed(&self, failed: &[&StepResult], result: &RunResult) -> Trial {
        let builds = |step: &&&StepResult| {
            let mut names = self.steps_that_build.iter();
            names.any(|name| is_called(step, name))
        };
        if let Some(step) = failed.iter().find(builds) {
            return Trial::Skip(SkipKind::BuildBroken, told(step, "failed"));
        }
        match failed.first() {
            None => Trial::Skip(
                SkipKind::Other,
                "the pipeline failed, and none of its steps did".to_owned(),
            ),
            Some(step) if step.cause == "unusable" => {
                Trial::Skip(SkipKind::DependencyMissing, told(step, "cannot run"))
            }
            Some(step) => bad(step, "failed", result),
        }
    }
}

fn bad(step: &StepResult, what: &str, result: &RunResult) -> Trial {
    Trial::Bad {
        reason: told(step, what),
        signature: signature(step),
        log: result.log.clone(),
    }
}

#[cfg(test)]
mod tests;

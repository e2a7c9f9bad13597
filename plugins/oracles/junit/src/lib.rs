//! The oracle `junit`: one test of the JUnit files that a pipeline leaves behind is the verdict.

use stepwell_judging::run::{Pipeline, Ran, stopped};
use stepwell_judging::settings::{Result as Configured, Settings};
use stepwell_judging::signature::normalized;
use stepwell_judging::trials::{Trial, observe};
use stepwell_oracle::lab::{self, LabError, RunEnd, RunResult};
use stepwell_oracle::{About, Observation, Oracle, Question, Refusal, SkipKind};
use stepwell_results::{Outcome, Test, junit_tests};

/// The most trials of one judgement: each is a whole run.
const MOST_TRIALS: u32 = 32;

struct Junit;

impl Oracle for Junit {
    fn about() -> About {
        About::new(
            "junit",
            env!("CARGO_PKG_VERSION"),
            "One test of the JUnit files that a pipeline leaves behind is the verdict.",
        )
        .max_trials(MOST_TRIALS)
    }

    fn judge(question: Question) -> Result<Observation, Refusal> {
        let asked = Asked::new(&question.config).map_err(Refusal::Misconfigured)?;
        let trials = question.trials.min(MOST_TRIALS);
        observe(trials, question.seed, |seed| {
            match asked.pipeline.run(seed)? {
                Ran::Ended(result) => asked.trial(&result),
                Ran::Skip(kind, reason) => Ok(Trial::Skip(kind, reason)),
            }
        })
    }
}

stepwell_oracle::oracle!(Junit);

/// What the user configured.
#[derive(Debug)]
struct Asked {
    pipeline: Pipeline,
    results: Vec<String>,
    wanted: Wanted,
}

impl Asked {
    fn new(config: &str) -> Configured<Self> {
        let mut settings = Settings::new(config)?;
        let asked = Self {
            pipeline: Pipeline::new(&mut settings)?,
            results: settings.texts("report")?,
            wanted: Wanted {
                test: settings.required_text("test")?,
                suite: settings.text("suite")?,
            },
        };
        settings.end()?;
        if asked.results.is_empty() {
            return Err("input `report` is missing: name the JUnit files".to_owned());
        }
        Ok(asked)
    }

    fn trial(&self, result: &RunResult) -> Result<Trial, Refusal> {
        let mut found = Found::default();
        let mut missing = 0;
        for path in &self.results {
            match lab::read_result(path) {
                Ok(file) => {
                    let read = junit_tests(&file, &mut |test| found.add(&self.wanted, test));
                    if let Err(problem) = read {
                        return Ok(unreadable(path, &problem.to_string(), result));
                    }
                }
                Err(LabError::NotFound(_)) => missing += 1,
                Err(LabError::TooLarge(message)) => {
                    return Ok(Trial::Skip(SkipKind::Other, message));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if missing == self.results.len() {
            return Ok(self.without_files(result));
        }
        Ok(self.verdict(found, result))
    }

    /// Of several tests of that name one that fails is enough.
    fn verdict(&self, found: Found, result: &RunResult) -> Trial {
        let test = &self.wanted.test;
        if let Some(message) = found.failure {
            let line = message.lines().map(str::trim).find(|line| !line.is_empty());
            let line = line.map(|line| format!(": {line}")).unwrap_or_default();
            return Trial::Bad {
                reason: format!("test `{test}` failed{line}"),
                signature: format!("{test}: {}", normalized(&message)),
                log: result.log.clone(),
            };
        }
        if found.passed {
            return Trial::Good {
                reason: format!("test `{test}` passed"),
            };
        }
        if let Some((kind, reason)) = stopped(result) {
            return Trial::Skip(kind, reason);
        }
        let why = if found.skipped {
            "was skipped"
        } else {
            "is not in the results"
        };
        Trial::Skip(SkipKind::TestAbsent, format!("test `{test}` {why}"))
    }

    fn without_files(&self, result: &RunResult) -> Trial {
        if let Some((kind, reason)) = stopped(result) {
            return Trial::Skip(kind, reason);
        }
        let kind = match result.end {
            RunEnd::Failed | RunEnd::Canceled => SkipKind::BuildBroken,
            RunEnd::Succeeded | RunEnd::SucceededWithIssues => SkipKind::TestAbsent,
        };
        let files = self.results.join("`, `");
        Trial::Skip(kind, format!("the run left no `{files}`"))
    }
}

fn unreadable(path: &str, problem: &str, result: &RunResult) -> Trial {
    let (kind, reason) =
        stopped(result).unwrap_or_else(|| (SkipKind::BuildBroken, format!("`{path}`: {problem}")));
    Trial::Skip(kind, reason)
}

/// Which test is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    /// Its name, or its class, a dot and its name.
    test: String,
    /// The suite that it is in, if there are several of that name.
    suite: Option<String>,
}

impl Wanted {
    fn is(&self, test: Test<'_>) -> bool {
        let in_suite = self.suite.as_ref().is_none_or(|suite| suite == test.suite);
        in_suite && (self.test == test.name || self.is_of_class(test))
    }

    /// The class comes before the name, with a dot or as the test's language has it.
    fn is_of_class(&self, test: Test<'_>) -> bool {
        let class = self.test.strip_suffix(test.name);
        let separator = class.and_then(|class| class.strip_prefix(test.class));
        separator.is_some_and(|separator| matches!(separator, "." | "::" | "#" | "/"))
    }
}

/// What became of the wanted test.
#[derive(Debug, Default)]
struct Found {
    passed: bool,
    skipped: bool,
    /// What the first that failed said.
    failure: Option<String>,
}

impl Found {
    fn add(&mut self, wanted: &Wanted, test: Test<'_>) {
        if !wanted.is(test) {
            return;
        }
        match test.outcome {
            Outcome::Passed => self.passed = true,
            Outcome::Skipped => self.skipped = true,
            Outcome::Failed => {
                self.failure.get_or_insert_with(|| test.message.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests;

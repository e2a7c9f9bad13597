//! The status functions: `always`, `canceled`, `failed`, `succeeded` and `succeededOrFailed`.
//!
//! Azure Pipelines' expression language gives them two meanings. In the condition of a step they ask
//! for the status of its job so far; in that of a job or a stage they ask for the results of what it
//! depends on and whether the run is being canceled. Both are one rule over a [`Standing`]: to a
//! step, its job so far is the one thing that it depends on, and a canceled job is one that is being
//! canceled.
//!
//! `succeededOrFailed` over several dependencies follows the documented rule, "some failed or all
//! succeeded". The reference implementation looks only at the last dependency for the second half.

use crate::ordinal;
use crate::value::Value;
use stepwell_event::StepResult;

/// What the status functions look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    canceling: bool,
    /// Names and results; a result that does not exist yet is neither success nor failure.
    dependencies: Vec<(String, Option<StepResult>)>,
}

impl Standing {
    /// The standing of a step in a job with this status; a job without one has succeeded so far.
    #[must_use]
    pub fn of_step(job: Option<StepResult>) -> Self {
        let status = job.unwrap_or(StepResult::Succeeded);
        Self {
            canceling: status == StepResult::Canceled,
            dependencies: vec![(String::new(), Some(status))],
        }
    }

    /// The standing of a job or a stage: whether its run is being canceled, and what it depends on.
    #[must_use]
    pub fn of_dependent(
        canceling: bool,
        dependencies: impl IntoIterator<Item = (String, Option<StepResult>)>,
    ) -> Self {
        Self {
            canceling,
            dependencies: dependencies.into_iter().collect(),
        }
    }

    /// The value of a status function; `None` if `function` is not one.
    ///
    /// Without arguments it asks for all dependencies, otherwise for the ones that they name without
    /// regard to case. A name that is not a dependency makes the answer false.
    #[must_use]
    pub fn call(&self, function: &str, arguments: &[Value]) -> Option<bool> {
        let results = || match arguments {
            [] => Some(
                self.dependencies
                    .iter()
                    .map(|(_, result)| *result)
                    .collect(),
            ),
            names => names
                .iter()
                .map(|name| self.result(name))
                .collect::<Option<Vec<_>>>(),
        };
        let ask = |rule: fn(&[Option<StepResult>]) -> bool| {
            !self.canceling && results().is_some_and(|results| rule(&results))
        };
        Some(match function {
            "always" => true,
            "canceled" => self.canceling,
            "failed" => ask(some_failed),
            "succeeded" => ask(all_succeeded),
            "succeededOrFailed" => ask(|results| some_failed(results) || all_succeeded(results)),
            _ => return None,
        })
    }

    fn result(&self, name: &Value) -> Option<Option<StepResult>> {
        let name = name.as_text().ok()?;
        let mut known = self.dependencies.iter();
        let (_, result) = known.find(|(other, _)| ordinal::same(other, &name))?;
        Some(*result)
    }
}

fn some_failed(results: &[Option<StepResult>]) -> bool {
    results.contains(&Some(StepResult::Failed))
}

fn all_succeeded(results: &[Option<StepResult>]) -> bool {
    let success = |result: &Option<StepResult>| {
        matches!(
            result,
            Some(StepResult::Succeeded | StepResult::SucceededWithIssues)
        )
    };
    results.iter().all(success)
}

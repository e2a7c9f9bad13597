//! What a run begins with: its number, its counters, its first variables.

use std::collections::HashMap;
use stepwell_engine::{Opening, RootVariables, StartVariable, expanded, root_variables};
use stepwell_event::Snapshot;
use stepwell_expr::DateTime;
use stepwell_plan::{Plan, RunFacts};
use stepwell_store::{Journal, JournalError, JournalErrorKind};

/// What is known of a run before it has a number.
pub struct Beginning {
    /// What is needed to run it again.
    pub snapshot: Snapshot,
    /// Milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// The branch that is checked out; empty if there is none.
    pub branch: String,
    /// What the project is called.
    pub project: String,
    /// The variables that the runner itself sets.
    pub predefined: Vec<StartVariable>,
}

/// A run cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// The journal cannot be written.
    #[error("the journal of runs cannot be kept")]
    Journal(#[from] JournalError),
    /// A variable or the number cannot be told, for this reason.
    #[error("{0}")]
    Input(String),
}

/// Counts the run and evaluates the pipeline's variables.
///
/// # Errors
///
/// The journal cannot be written; a variable has no value; the number has characters that a number
/// cannot have.
pub async fn open(
    plan: &Plan,
    journal: &Journal,
    beginning: Beginning,
) -> Result<Opening, OpeningError> {
    let Beginning {
        snapshot,
        started_ms,
        branch,
        project,
        mut predefined,
    } = beginning;
    let id = journal.next_run_id().await?;
    let fixed = |name: &str, value: String| StartVariable {
        name: name.to_owned(),
        value,
        secret: false,
        read_only: true,
        untrusted: false,
    };
    predefined.push(fixed("Build.BuildId", id.to_string()));
    let mut counted = HashMap::new();
    let mut variables = loop {
        match root_variables(plan, &predefined, started_ms, &counted)
            .map_err(OpeningError::Input)?
        {
            RootVariables::Known(variables) => break variables,
            RootVariables::Needs(counter) => {
                let counted_on = journal
                    .counter(&plan.name, &counter.prefix, counter.seed)
                    .await;
                let value = counted_on.map_err(|error| match error.kind() {
                    JournalErrorKind::CounterAtEnd => OpeningError::Input(format!(
                        "the counter of the prefix `{}` has given its highest number",
                        counter.prefix
                    )),
                    _ => error.into(),
                })?;
                counted.insert(counter.key(), value);
            }
        }
    };
    let seconds = i64::try_from(started_ms / 1_000).unwrap_or(i64::MAX);
    let now = DateTime::from_unix(seconds, 0, 0)
        .ok_or_else(|| OpeningError::Input("the clock is not within years 1 to 9999".to_owned()))?;
    let value_of = |name: &str| expanded(&variables, name);
    let draft = plan.run_number.draft(&RunFacts {
        now,
        run_id: id,
        definition: &plan.name,
        branch: &branch,
        project: &project,
        variables: &value_of,
    });
    let revision = match draft.key() {
        Some(key) => journal.revision(&plan.name, key).await?,
        None => 0,
    };
    let number = draft.number(revision).map_err(OpeningError::Input)?;
    variables.push(fixed("Build.BuildNumber", number.clone()));
    Ok(Opening {
        snapshot,
        number,
        started_ms,
        variables,
    })
}

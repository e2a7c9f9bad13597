//! What the sandbox is told about a step.

use crate::expand::expand;
use crate::scope::Scope;
use std::path::Path;
use std::time::Duration;
use stepwell_event::{Access, Entry, Grants, Limits, StepRequest, WorkspaceGrant};
use stepwell_plan::{Invocation, Plan, PlannedStep, PlannedTask};

/// Bytes of all expanded inputs, arguments and environment values of a step. The environment and
/// arguments of a process have a bound of this order on most systems too.
const MAX_TEXT: usize = 1 << 20;

/// Where a shell finds commands.
const PATH: &str = "PATH";

/// The task that a step runs.
pub(crate) fn task<'p>(plan: &'p Plan, step: &PlannedStep) -> Result<&'p PlannedTask, String> {
    plan.tasks
        .get(step.task)
        .ok_or_else(|| format!("the plan has no task number {}", step.task))
}

/// The request for a step, or why it cannot begin.
pub(crate) fn build(
    step: &PlannedStep,
    task: &PlannedTask,
    workspace: &Path,
    scope: &Scope,
    grace: Duration,
) -> Result<StepRequest, String> {
    let variables = &scope.variables;
    let mut room = MAX_TEXT;
    let mut expand = |text: &str, what: &dyn Fn() -> String| {
        expand(text, |name| variables.get(name), &mut room)
            .map(|text| text.into_owned())
            .map_err(|_| {
                format!(
                    "{} is too large: with their variables expanded, inputs, arguments and \
                     environment of a step can have {} KiB together",
                    what(),
                    MAX_TEXT >> 10
                )
            })
    };
    let entry = match &step.invocation {
        Invocation::Task { inputs } => Entry::Task {
            inputs: inputs
                .iter()
                .map(|(name, value)| {
                    let value = expand(value, &|| format!("input `{name}`"))?;
                    // Azure trims inputs; a blank at the end of a line of the file is an accident.
                    Ok((name.clone(), trimmed(value)))
                })
                .collect::<Result<_, String>>()?,
        },
        Invocation::Command { args } => Entry::Command {
            args: args
                .iter()
                .map(|arg| expand(arg, &|| format!("argument `{arg}`")))
                .collect::<Result<_, String>>()?,
        },
    };
    let mut env = variables.environment().to_vec();
    let others = scope.task_variables.environment(step.task).into_iter();
    for (name, value) in others.chain(scope.connections.environment()) {
        put(&mut env, name, value.to_owned());
    }
    for (name, value) in &step.env {
        let value = expand(value, &|| format!("environment variable `{name}`"))?;
        put(&mut env, name, value);
    }
    if matches!(entry, Entry::Command { .. }) {
        let own = env.iter().find(|(name, _)| name == PATH);
        let path = scope
            .search_path
            .before(own.map(|(_, value)| value.as_str()));
        if let Some(path) = path {
            put(&mut env, PATH, path);
        }
    }
    Ok(StepRequest {
        component: task.digest,
        entry,
        env,
        workspace: (task.grant.workspace != Access::None).then(|| WorkspaceGrant {
            path: workspace.to_owned(),
            access: task.grant.workspace,
            folders: Vec::new(),
        }),
        grants: Grants::default(),
        limits: Limits {
            timeout_ms: step
                .timeout
                .map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
            grace_ms: u64::try_from(grace.as_millis()).unwrap_or(u64::MAX),
            memory: task.grant.memory,
            output: task.grant.output,
            ..Limits::default()
        },
    })
}

/// Gives a variable of an environment its value, in place if it is there.
fn put(env: &mut Vec<(String, String)>, name: &str, value: String) {
    match env.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = value,
        None => env.push((name.to_owned(), value)),
    }
}

fn trimmed(value: String) -> String {
    let part = value.trim();
    if part.len() == value.len() {
        value
    } else {
        part.to_owned()
    }
}

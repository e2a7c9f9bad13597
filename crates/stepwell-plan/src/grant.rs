//! What a task asks for against what the pipeline grants it.

use crate::{Grant, TaskReference};
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Access, Capability, Description, Limits};
use stepwell_spec::Task;

/// The code of the diagnostic that says that a task asks for more than it is granted.
pub const GRANT_DENIED: &str = "grant-denied";

/// What the pipeline grants a task. A task that is not declared is granted nothing.
pub(crate) fn of(declared: Option<&Task>) -> Grant {
    let defaults = Limits::default();
    let limits = declared.map(|task| task.limits).unwrap_or_default();
    Grant {
        workspace: workspace(declared),
        memory: limits.memory.unwrap_or(defaults.memory),
        output: limits.output.unwrap_or(defaults.output),
    }
}

fn workspace(declared: Option<&Task>) -> Access {
    declared
        .and_then(|task| task.allow.workspace.as_ref())
        .map_or(Access::None, |access| access.value)
}

/// Reports everything that the task asks for and is not granted.
pub(crate) fn check(
    reference: &TaskReference,
    declared: Option<&Task>,
    description: &Description,
    problems: &mut Vec<Diagnostic>,
) {
    let asked = description.capabilities.iter();
    let asked_workspace = asked.filter_map(|capability| match capability {
        Capability::Workspace(access) => Some(*access),
        Capability::Host(_) | Capability::Env(_) | Capability::Secret(_) => None,
    });
    // One answer for all that it asks of the workspace: the line to add is the one for the most.
    if let Some(access) = asked_workspace.max()
        && access > workspace(declared)
    {
        problems.push(denied_workspace(reference, declared, access));
    }
    for capability in &description.capabilities {
        let what = match capability {
            Capability::Workspace(_) => continue,
            Capability::Host(host) => format!("outbound HTTP to {host:?}"),
            Capability::Env(name) => format!("the environment variable {name:?}"),
            Capability::Secret(name) => format!("the secret {name:?}"),
        };
        let message = format!("task `{}` asks for {what}", reference.name);
        problems.push(
            Diagnostic::error(GRANT_DENIED, message)
                .at(reference.span.clone(), "cannot be granted")
                .help("this version can grant access to the workspace only"),
        );
    }
}

fn denied_workspace(
    reference: &TaskReference,
    declared: Option<&Task>,
    access: Access,
) -> Diagnostic {
    let name = &reference.name;
    let (verb, access) = match access {
        Access::None | Access::Read => ("read", Access::Read.as_str()),
        Access::Write => ("write", Access::Write.as_str()),
    };
    let problem = Diagnostic::error(
        GRANT_DENIED,
        format!("task `{name}` asks to {verb} the workspace"),
    )
    .at(reference.span.clone(), "is not granted that");
    let lines = format!("[tasks.{name}]\nallow = {{ workspace = \"{access}\" }}");
    match declared.map(|task| (task, task.allow.workspace.as_ref())) {
        Some((_, Some(granted))) => problem
            .at(
                granted.span.clone(),
                format!("is granted {:?}", granted.value.as_str()),
            )
            .help(format!("to grant it, make this say:\n\n{lines}")),
        Some((task, None)) => problem
            .at(task.name.span.clone(), "no grant here")
            .help(format!("to grant it, make this say:\n\n{lines}")),
        None => problem.help(format!("to grant it, add:\n\n{lines}")),
    }
}

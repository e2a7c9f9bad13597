//! What a task asks for against what the pipeline grants it, and what that needs of the host.

use crate::{Ceilings, Grant, PlannedTask, Request, TaskReference};
use std::collections::HashSet;
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use stepwell_event::{Access, Capability, Description, LimitKind};
use stepwell_spec::{Allow, Spanned, Task, name, secret};

/// The code of the diagnostic that says that a task asks for more than it is granted, or a pipeline for
/// more than the host allows.
pub const GRANT_DENIED: &str = "grant-denied";

/// The code of the diagnostic that says that a task is granted a secret that the run does not have.
pub const MISSING_SECRET: &str = "missing-secret";

/// What the pipeline grants a task. A task that is not declared is granted nothing. What is over the
/// host's ceilings, and what the run does not have, is reported.
pub(crate) fn of(
    declared: Option<&Task>,
    request: &Request<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Grant {
    let Some(task) = declared else {
        let limits = stepwell_spec::Limits::default();
        return Grant {
            limits: request.ceilings.limits("", &limits, problems),
            ..Grant::default()
        };
    };
    let who = format!("task `{}`", task.name.value);
    of_allow(&who, &task.allow, &task.limits, request, problems)
}

/// What `who` is granted.
pub(crate) fn of_allow(
    who: &str,
    allow: &Allow,
    limits: &stepwell_spec::Limits,
    request: &Request<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Grant {
    check_ceilings(who, allow, request.ceilings, problems);
    check_secrets(who, allow, request.secrets, problems);
    let texts = |texts: &[Spanned<String>]| texts.iter().map(|text| text.value.clone()).collect();
    Grant {
        workspace: allow
            .workspace
            .as_ref()
            .map_or(Access::None, |access| access.value),
        folders: allow
            .folders
            .iter()
            .map(|folder| folder.value.clone())
            .collect(),
        scratch: allow.scratch.as_ref().map(|scratch| scratch.value),
        env: allow.env.as_deref().map(texts),
        secrets: texts(&allow.secrets),
        http: allow.hosts.iter().map(|rule| rule.value.clone()).collect(),
        clock: allow.clock,
        random: allow.random,
        limits: request.ceilings.limits(who, limits, problems),
    }
}

fn check_ceilings(who: &str, allow: &Allow, ceilings: &Ceilings, problems: &mut Vec<Diagnostic>) {
    if let Some(scratch) = &allow.scratch {
        ceilings.check_scratch(who, scratch, problems);
    }
    if let Some(rule) = allow.hosts.first() {
        ceilings.check_hosts(who, rule.span.clone(), problems);
    }
}

/// Reports secrets that are granted and not given. A run that finds out in the middle has already done
/// things.
fn check_secrets(
    who: &str,
    allow: &Allow,
    given: &[(String, String)],
    problems: &mut Vec<Diagnostic>,
) {
    let given: HashSet<String> = given.iter().map(|(known, _)| name::fold(known)).collect();
    let listed = allow
        .secrets
        .iter()
        .map(|secret| (secret.value.as_str(), &secret.span));
    let in_headers = allow.hosts.iter().flat_map(|rule| {
        let headers = rule.value.headers.iter();
        let names = headers.flat_map(|(_, value)| secret::names(value));
        names.map(|name| (name, &rule.span))
    });
    let mut told = HashSet::new();
    for (secret, span) in listed.chain(in_headers) {
        let folded = name::fold(secret);
        if !given.contains(&folded) && told.insert(folded) {
            problems.push(missing_secret(who, secret, span.clone()));
        }
    }
}

fn missing_secret(who: &str, secret: &str, span: Range<usize>) -> Diagnostic {
    let message = format!("{who} is granted the secret `{secret}`, which this run does not have");
    Diagnostic::error(MISSING_SECRET, message)
        .at(span, "not given")
        .help(format!(
            "give it on the command line: `--secret {secret}` takes the value of the environment \
             variable of this name, `--secret {secret}=NAME` that of another"
        ))
}

/// Reports a step that is to have more fuel than its task, or than the host allows.
pub(crate) fn check_fuel(
    who: &str,
    fuel: &Spanned<u64>,
    task: &PlannedTask,
    ceilings: &Ceilings,
    problems: &mut Vec<Diagnostic>,
) {
    let most = task.grant.limits.fuel;
    let by_host = ceilings.of(LimitKind::Fuel);
    if by_host.is_some_and(|ceiling| fuel.value > ceiling) {
        ceilings.check_limit(who, LimitKind::Fuel, fuel, problems);
    } else if fuel.value > most {
        let most = stepwell_spec::count::format(most);
        let message = format!(
            "{who} asks for more fuel than its task `{}` may use",
            task.name
        );
        problems.push(
            Diagnostic::error("out-of-range", message)
                .at(fuel.span.clone(), format!("more than {most}"))
                .help(format!(
                    "raise `limits.fuel` of `[tasks.{}]` first",
                    task.name
                )),
        );
    }
}

/// Reports everything that the task asks for and is not granted.
pub(crate) fn check(
    reference: &TaskReference,
    declared: Option<&Task>,
    granted: &Grant,
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
        && access > granted.widest_access()
    {
        problems.push(denied_workspace(reference, declared, access));
    }
    let mut told = HashSet::new();
    for capability in &description.capabilities {
        let (what, key, value, is_granted) = match capability {
            Capability::Workspace(_) => continue,
            Capability::Host(host) => {
                let mut rules = granted.http.iter();
                let is_granted = rules.any(|rule| covers(&rule.host, host));
                (format!("requests to {host:?}"), "hosts", host, is_granted)
            }
            Capability::Env(name) => {
                let what = format!("the environment variable {name:?}");
                (what, "env", name, granted.shows(name))
            }
            Capability::Secret(wanted) => {
                let wanted_name = name::fold(wanted);
                let mut secrets = granted.secrets.iter();
                let is_granted = secrets.any(|known| name::fold(known) == wanted_name);
                (
                    format!("the secret {wanted:?}"),
                    "secrets",
                    wanted,
                    is_granted,
                )
            }
        };
        if !is_granted && told.insert((key, value)) {
            let message = format!("task `{}` asks for {what}", reference.name);
            let problem = Diagnostic::error(GRANT_DENIED, message)
                .at(reference.span.clone(), "is not granted that");
            problems.push(with_line(problem, reference, declared, key, value));
        }
    }
}

/// Adds where a grant is missing and the line that would be it.
fn with_line(
    problem: Diagnostic,
    reference: &TaskReference,
    declared: Option<&Task>,
    key: &str,
    value: &str,
) -> Diagnostic {
    let name = &reference.name;
    // Without what no line of a file can hold, a guest's word may be any text.
    let line = format!("{key} = [{}]", toml_text(value));
    match declared {
        None => problem.help(format!(
            "to grant it, add:\n\n[tasks.{name}]\nallow = {{ {line} }}"
        )),
        Some(task) if task.allow == Allow::default() => problem
            .at(task.name.span.clone(), "no grant here")
            .help(format!(
                "to grant it, make this say:\n\n[tasks.{name}]\nallow = {{ {line} }}"
            )),
        Some(task) => problem
            .at(task.name.span.clone(), "not among its grants")
            .help(format!(
                "to grant it, let `allow` of `[tasks.{name}]` have among the rest:\n\n{line}"
            )),
    }
}

/// A text as TOML has it between quotes.
fn toml_text(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(letter)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a host of `allow` is, or stands for, the host that a task names.
fn covers(rule: &str, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    rule == host
        || rule.strip_prefix('*').is_some_and(|suffix| {
            let name = host.strip_prefix("*.").unwrap_or(host);
            name.len() > suffix.len() && name.ends_with(suffix)
        })
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

//! What the sandbox is told about a step, and the same as it may be written down.
//!
//! A request holds the values of secrets, so no journal may have it. The recorded form is made from the
//! same plan once more, with every secret left as its name, so that a value cannot get in by being
//! forgotten; whoever knows the secrets can fill them in again.

use crate::expand::expand;
use crate::scope::Scope;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use stepwell_event::{
    Access, Clock, Digest, Entry, Grants, HttpRule, Limits, Random, StepRequest, WorkspaceGrant,
};
use stepwell_plan::secret::{self, Part};
use stepwell_plan::{Grant, Invocation, Plan, PlannedPart, PlannedStep, PlannedTask, fold};

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

/// Where a step runs.
pub(crate) struct Surroundings<'a> {
    pub(crate) workspace: &'a Path,
    pub(crate) scope: &'a Scope,
    pub(crate) grace: Duration,
    /// When the run began.
    pub(crate) started_ms: u64,
    /// The job's identifier.
    pub(crate) job: &'a str,
    /// The step's position in the job.
    pub(crate) index: usize,
}

/// A request without the values of secrets.
pub(crate) struct Recorded {
    pub(crate) request: Box<StepRequest>,
    /// The names of the secrets that stand in it.
    pub(crate) secrets: Vec<String>,
}

impl Recorded {
    /// Hides what has become a secret since it was recorded.
    pub(crate) fn mask(&mut self, scope: &Scope) {
        *self.request = masked((*self.request).clone(), scope);
    }
}

/// The request for a step and its recorded form, or why the step cannot begin.
pub(crate) fn build(
    step: &PlannedStep,
    task: &PlannedTask,
    surroundings: &Surroundings<'_>,
) -> Result<(StepRequest, Recorded), String> {
    let request = Builder::new(step, task, surroundings, Secrets::Filled).build()?;
    let named = RefCell::default();
    let recorded = Builder::new(step, task, surroundings, Secrets::Named(&named)).build()?;
    let recorded = Recorded {
        request: Box::new(masked(recorded, surroundings.scope)),
        secrets: named.into_inner().into_iter().collect(),
    };
    Ok((request, recorded))
}

/// What stands in a request where a secret belongs.
#[derive(Clone, Copy)]
enum Secrets<'a> {
    /// Its value.
    Filled,
    /// Its name, which is noted here.
    Named(&'a RefCell<BTreeSet<String>>),
}

struct Builder<'a> {
    step: &'a PlannedStep,
    task: &'a PlannedTask,
    surroundings: &'a Surroundings<'a>,
    secrets: Secrets<'a>,
    /// Bytes of text that there may still be.
    room: usize,
}

impl<'a> Builder<'a> {
    fn new(
        step: &'a PlannedStep,
        task: &'a PlannedTask,
        surroundings: &'a Surroundings<'a>,
        secrets: Secrets<'a>,
    ) -> Self {
        // A name can be longer than its value; what is recorded is bounded by what is not.
        let room = match secrets {
            Secrets::Filled => MAX_TEXT,
            Secrets::Named(_) => usize::MAX,
        };
        Self {
            step,
            task,
            surroundings,
            secrets,
            room,
        }
    }

    fn build(mut self) -> Result<StepRequest, String> {
        let entry = self.entry()?;
        let env = self.environment(&entry)?;
        let grant = &self.task.grant;
        let is_granted = grant.widest_access() != Access::None;
        Ok(StepRequest {
            component: self.task.digest,
            entry,
            env,
            workspace: is_granted.then(|| WorkspaceGrant {
                path: self.surroundings.workspace.to_owned(),
                access: grant.workspace,
                folders: grant.folders.clone(),
            }),
            grants: grants(
                grant,
                &|name| self.secret(name),
                self.surroundings.started_ms,
                self.seed(),
            )?,
            limits: self.limits(),
        })
    }

    fn expand(&mut self, text: &str, what: &dyn Fn() -> String) -> Result<String, String> {
        let variables = &self.surroundings.scope.variables;
        let secrets = self.secrets;
        let lookup = |name: &str| {
            let value = variables.get(name)?;
            match secrets {
                Secrets::Named(names) if variables.is_secret(name) => {
                    names.borrow_mut().insert(name.to_owned());
                    None
                }
                _ => Some(value),
            }
        };
        expand(text, lookup, &mut self.room)
            .map(|text| text.into_owned())
            .map_err(|_| {
                format!(
                    "{} is too large: with their variables expanded, inputs, arguments and \
                     environment of a step can have {} KiB together",
                    what(),
                    MAX_TEXT >> 10
                )
            })
    }

    fn entry(&mut self) -> Result<Entry, String> {
        Ok(match &self.step.invocation {
            Invocation::Task { inputs } => Entry::Task {
                inputs: inputs
                    .iter()
                    .map(|(name, value)| {
                        let value = self.expand(value, &|| format!("input `{name}`"))?;
                        // Azure trims inputs; a blank at the end of a line of the file is an accident.
                        Ok((name.clone(), trimmed(value)))
                    })
                    .collect::<Result<_, String>>()?,
            },
            Invocation::Command { args } => Entry::Command {
                args: args
                    .iter()
                    .map(|arg| self.expand(arg, &|| format!("argument `{arg}`")))
                    .collect::<Result<_, String>>()?,
            },
        })
    }

    fn environment(&mut self, entry: &Entry) -> Result<Vec<(String, String)>, String> {
        let scope = self.surroundings.scope;
        let grant = &self.task.grant;
        let inherited = scope.variables.environment().iter();
        let mut env: Vec<_> = inherited
            .filter(|(name, _)| grant.shows(name))
            .cloned()
            .collect();
        for (name, value) in scope.task_variables.environment(self.step.task) {
            put(&mut env, name, value.to_owned());
        }
        let connections = scope.connections.environment();
        for (name, value) in connections.filter(|(name, _)| grant.shows(name)) {
            put(&mut env, name, value.to_owned());
        }
        for (name, value) in &self.step.env {
            let value = self.expand(value, &|| format!("environment variable `{name}`"))?;
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
        Ok(env)
    }

    /// The value of a secret variable, which is masked because it is one, or its name.
    fn secret(&self, name: &str) -> Result<String, String> {
        let variables = &self.surroundings.scope.variables;
        let value = variables.get(name).filter(|value| !value.is_empty());
        let Some(value) = value else {
            return Err(format!("the secret `{name}` has no value in this job"));
        };
        if !variables.is_secret(name) {
            return Err(format!(
                "`{name}` is granted as a secret, and a variable of the job or its stage that has this \
                 name is none"
            ));
        }
        Ok(match self.secrets {
            Secrets::Filled => value.to_owned(),
            Secrets::Named(names) => {
                names.borrow_mut().insert(name.to_owned());
                secret::reference(name)
            }
        })
    }

    /// What seeded random bytes are made from: the same for the same step of every run, and another
    /// for each step.
    fn seed(&self) -> u64 {
        let digest = self.task.digest.to_string();
        let index = self.surroundings.index.to_string();
        seed_of(&[&digest, self.surroundings.job, &index])
    }

    fn limits(&self) -> Limits {
        let limits = self.task.grant.limits;
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Limits {
            timeout_ms: self.step.timeout.map(millis),
            grace_ms: millis(self.surroundings.grace),
            fuel: self.step.fuel.unwrap_or(limits.fuel).min(limits.fuel),
            ..limits
        }
    }
}

/// A number that is made from these texts: FNV-1a with a byte between them that no text has.
fn seed_of(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What a component that takes part in searches may do, with the values of `secrets` filled in.
/// `digest` is the component's, and time is frozen at `started_ms` where it is.
///
/// # Errors
///
/// Says which secret has no value or cannot stand where it is to.
pub fn part_grants(
    part: &PlannedPart,
    digest: &Digest,
    secrets: &[(String, String)],
    started_ms: u64,
) -> Result<Grants, String> {
    let secret = |name: &str| {
        let wanted = fold(name);
        // Of a secret that is given more than once the last value counts.
        let mut given = secrets.iter().rev();
        let found = given.find(|(known, _)| fold(known) == wanted);
        let value = found.map(|(_, value)| value.clone());
        value
            .filter(|value| !value.is_empty())
            .ok_or_else(|| format!("the secret `{name}` has no value"))
    };
    let seed = seed_of(&[&digest.to_string(), &part.name]);
    grants(&part.grant, &secret, started_ms, seed)
}

fn grants(
    grant: &Grant,
    secret: &dyn Fn(&str) -> Result<String, String>,
    started_ms: u64,
    seed: u64,
) -> Result<Grants, String> {
    let secrets = grant.secrets.iter();
    let secrets = secrets.map(|name| Ok((name.clone(), secret(name)?)));
    let http = grant.http.iter().map(|rule| http_rule(rule, secret));
    Ok(Grants {
        scratch: grant.scratch,
        http: http.collect::<Result<_, String>>()?,
        secrets: secrets.collect::<Result<_, String>>()?,
        clock: match grant.clock {
            stepwell_plan::Clock::Real => Clock::Real,
            stepwell_plan::Clock::FrozenAtStart => Clock::Frozen { at_ms: started_ms },
            stepwell_plan::Clock::FrozenAt(at_ms) => Clock::Frozen { at_ms },
        },
        random: match grant.random {
            stepwell_plan::Random::Real => Random::Real,
            stepwell_plan::Random::Seeded => Random::Seeded { seed },
        },
    })
}

fn http_rule(
    rule: &HttpRule,
    secret: &dyn Fn(&str) -> Result<String, String>,
) -> Result<HttpRule, String> {
    let mut filled = rule.clone();
    for (name, value) in &mut filled.headers {
        let mut text = String::with_capacity(value.len());
        for part in secret::parts(value) {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Secret(name) => text.push_str(&secret(name)?),
            }
        }
        if text.chars().any(char::is_control) {
            return Err(format!(
                "header `{name}` for {} cannot be set: a secret in it has a line break or another \
                 control character",
                rule.host
            ));
        }
        *value = text;
    }
    Ok(filled)
}

/// A recorded request without secrets that got in as text, such as one in a task variable.
fn masked(mut request: StepRequest, scope: &Scope) -> StepRequest {
    let hide = |text: &mut String| {
        let hidden = scope.mask.apply(text);
        if hidden != *text {
            *text = hidden.into_owned();
        }
    };
    match &mut request.entry {
        Entry::Task { inputs } => inputs.iter_mut().for_each(|(_, value)| hide(value)),
        Entry::Command { args } => args.iter_mut().for_each(hide),
        // No step of a run.
        Entry::Bisect(_) => {}
    }
    request.env.iter_mut().for_each(|(_, value)| hide(value));
    for rule in &mut request.grants.http {
        rule.headers.iter_mut().for_each(|(_, value)| hide(value));
    }
    request
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

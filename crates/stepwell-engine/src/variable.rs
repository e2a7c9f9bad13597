//! The variables of a job.
//!
//! Names ignore case. A variable that a step sets is there for the steps after it, which see it as
//! `$(name)`, in conditions and, unless it is secret, in their environment.

use crate::mask::Mask;
use crate::resolve::{Raw, resolve};
use crate::start::{OutputVariable, StartVariable};
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use stepwell_event::Refusal;
use stepwell_expr::Object;
use stepwell_plan::pattern;

/// Bytes of one value, set or expanded.
pub(crate) const MAX_VALUE: usize = 64 << 10;

/// Variables of one job.
const MAX_VARIABLES: usize = 1_000;

/// Bytes of all values of a job together: they become the environment of every step.
const MAX_TOTAL: usize = 1 << 20;

/// Bytes of a name.
const MAX_NAME: usize = 100;

/// Names of the runner itself start like this; guests cannot set them.
const RESERVED: [&str; 2] = ["system.", "agent."];

/// The worst result in the job so far.
pub(crate) const JOB_STATUS: &str = "Agent.JobStatus";

/// The run's number.
const RUN_NUMBER: &str = "Build.BuildNumber";

/// What a step wants to set.
#[derive(Debug, Default)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) secret: bool,
    pub(crate) output: bool,
    pub(crate) read_only: bool,
    pub(crate) preserve_case: bool,
}

/// Who sets a variable.
#[derive(Clone, Copy, Default)]
pub(crate) struct Setter<'s> {
    /// The step's name, by which others address its outputs.
    pub(crate) step: Option<&'s str>,
    /// Globs of the variables that it may set; `None` is all.
    pub(crate) settable: Option<&'s [String]>,
}

impl Setter<'_> {
    /// Refuses a name that the pipeline does not let the step set.
    pub(crate) fn check(self, name: &str) -> Result<(), Refusal> {
        let Some(patterns) = self.settable else {
            return Ok(());
        };
        if patterns.iter().any(|glob| pattern::matches(glob, name)) {
            return Ok(());
        }
        let allowed = match patterns {
            [] => "none".to_owned(),
            _ => format!("`{}`", patterns.join("`, `")),
        };
        Err(Refusal::Denied(format!(
            "`{name}` is not set: the pipeline lets this step set {allowed} (`settable-variables`)"
        )))
    }
}

/// What a step did set.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The name by which later steps address it.
    pub(crate) name: String,
    /// The value, unless it is secret.
    pub(crate) value: Option<String>,
    /// Whether later steps can address it: an output of a step without a name has no address.
    pub(crate) addressable: bool,
}

#[derive(Default)]
struct Variable {
    name: String,
    value: String,
    /// The value with its macros expanded, where it has any.
    expanded: Option<String>,
    secret: bool,
    /// Whether the expanded value holds a secret.
    tainted: bool,
    read_only: bool,
    /// Whether the value may hold words of a step.
    untrusted: bool,
    /// Whether it is an output of a step, which other jobs can read.
    output: bool,
    preserve_case: bool,
    /// Whether somebody was told that the value cannot be expanded.
    warned: bool,
}

impl Variable {
    fn effective(&self) -> &str {
        self.expanded.as_deref().unwrap_or(&self.value)
    }
}

/// The variables of a job, in the order in which they were first set.
#[derive(Default)]
pub(crate) struct Variables {
    variables: Vec<Variable>,
    /// Positions by lower-case name.
    index: HashMap<String, usize>,
    longest_name: usize,
    total: usize,
    /// Whether something was set since the last [`Variables::refresh`].
    stale: bool,
    environment: Vec<(String, String)>,
}

impl Variables {
    /// The variables that a job starts with.
    pub(crate) fn new(start: Vec<StartVariable>) -> Self {
        let mut variables = Self::default();
        for variable in start {
            if !variable.name.trim().is_empty() {
                variables.store(Variable {
                    name: variable.name,
                    value: variable.value,
                    secret: variable.secret,
                    read_only: variable.read_only,
                    untrusted: variable.untrusted,
                    ..Variable::default()
                });
            }
        }
        variables
    }

    /// Sets [`JOB_STATUS`].
    pub(crate) fn set_job_status(&mut self, status: &str) {
        if self.get(JOB_STATUS) != Some(status) {
            self.set_system(JOB_STATUS, status);
        }
    }

    /// Sets the run's number.
    pub(crate) fn set_run_number(&mut self, number: &str) {
        self.set_system(RUN_NUMBER, number);
    }

    fn set_system(&mut self, name: &str, value: &str) {
        self.store(Variable {
            name: name.to_owned(),
            value: value.to_owned(),
            read_only: true,
            ..Variable::default()
        });
    }

    /// Sets a variable for a step. What is secret is masked also if it is then not set.
    pub(crate) fn set(
        &mut self,
        setter: Setter<'_>,
        assignment: Assignment,
        mask: &mut Mask,
    ) -> Result<Stored, Refusal> {
        let Assignment {
            name: plain, value, ..
        } = assignment;
        check_name(&plain)?;
        if is_reserved(&plain) || self.known(&plain).is_some_and(|known| known.read_only) {
            return Err(Refusal::ReadOnly(format!(
                "variable `{plain}` is read-only"
            )));
        }
        // A step may set an output of its own again: nobody has seen it yet.
        let name = match setter.step {
            Some(step) if assignment.output => Cow::Owned(format!("{step}.{plain}")),
            _ => Cow::Borrowed(plain.as_str()),
        };
        let known = self.known(&name);
        let secret = assignment.secret || known.is_some_and(|known| known.secret);
        if secret && !value.is_empty() {
            mask.add(&value)?;
        }
        setter.check(&plain)?;
        self.check_room(&name, value.len())?;
        let shown = (!secret).then(|| value.clone());
        let addressable = !assignment.output || setter.step.is_some();
        let name = name.into_owned();
        if addressable {
            self.store(Variable {
                name: name.clone(),
                value,
                secret,
                read_only: assignment.read_only || assignment.output,
                untrusted: true,
                output: assignment.output,
                preserve_case: assignment.preserve_case,
                ..Variable::default()
            });
        }
        Ok(Stored {
            name,
            value: shown,
            addressable,
        })
    }

    fn check_room(&self, name: &str, bytes: usize) -> Result<(), Refusal> {
        let known = self.known(name);
        let replaced = known.map_or(0, |known| known.value.len());
        if bytes > MAX_VALUE || self.total - replaced + bytes > MAX_TOTAL {
            return Err(Refusal::TooLarge(format!(
                "the value of `{name}` is too large: one value can have {} KiB, all variables of a \
                 job together {} KiB",
                MAX_VALUE >> 10,
                MAX_TOTAL >> 10
            )));
        }
        if known.is_none() && self.variables.len() >= MAX_VARIABLES {
            return Err(Refusal::TooLarge(format!(
                "variable `{name}` is one too many: a job can have {MAX_VARIABLES}"
            )));
        }
        Ok(())
    }

    fn known(&self, name: &str) -> Option<&Variable> {
        self.variables.get(self.find(name)?)
    }

    /// Brings everything up to date before a step; gives what to warn of.
    ///
    /// A value that pulled in a secret is a secret of its own.
    pub(crate) fn refresh(&mut self, mask: &mut Mask) -> Vec<String> {
        let mut warnings = Vec::new();
        if !std::mem::take(&mut self.stale) {
            return warnings;
        }
        let raw: Vec<Raw<'_>> = self
            .variables
            .iter()
            .map(|variable| Raw {
                value: &variable.value,
                secret: variable.secret,
                untrusted: variable.untrusted,
            })
            .collect();
        let resolved = resolve(&raw, |name| self.find(name));
        for (variable, resolved) in self.variables.iter_mut().zip(resolved) {
            variable.expanded = resolved.value;
            variable.tainted = resolved.secret;
            if let Some(value) = &variable.expanded
                && variable.tainted
            {
                // A refusal is no harm: the secret in it is masked anyway.
                let _ = mask.add(value);
            }
            if let Some(problem) = resolved.problem
                && !std::mem::replace(&mut variable.warned, true)
            {
                warnings.push(format!(
                    "variable `{}` is not expanded: {problem}",
                    variable.name
                ));
            }
        }
        self.environment = self.export();
        warnings
    }

    /// All variables for an expression, as of the last [`Variables::refresh`].
    pub(crate) fn object(&self) -> Object {
        let variables = self.variables.iter();
        variables
            .map(|variable| (variable.name.as_str(), variable.effective()))
            .collect()
    }

    /// What other jobs can read, as of the last [`Variables::refresh`].
    pub(crate) fn outputs(&self) -> Vec<OutputVariable> {
        let outputs = self.variables.iter().filter(|variable| variable.output);
        outputs
            .map(|variable| OutputVariable {
                name: variable.name.clone(),
                value: variable.effective().to_owned(),
                secret: variable.tainted,
            })
            .collect()
    }

    /// Whether a variable is secret or holds a secret.
    pub(crate) fn is_secret(&self, name: &str) -> bool {
        self.known(name)
            .is_some_and(|variable| variable.secret || variable.tainted)
    }

    /// The value for a macro, as of the last [`Variables::refresh`].
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.known(name).map(Variable::effective)
    }

    /// All variables that are not secret, as of the last [`Variables::refresh`], by the names that
    /// they have in an environment.
    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    fn export(&self) -> Vec<(String, String)> {
        let mut environment: Vec<(String, String)> = Vec::with_capacity(self.variables.len() + 1);
        let mut places = HashMap::new();
        for variable in &self.variables {
            // No environment can hold such a name.
            if variable.tainted || variable.name.contains(['=', '\0']) {
                continue;
            }
            let mapped = environment_name(&variable.name, variable.preserve_case);
            // Azure exports this one under its plain name too.
            let plain = (variable.name == JOB_STATUS).then(|| JOB_STATUS.to_ascii_lowercase());
            for name in plain.into_iter().chain([mapped]) {
                let value = variable.effective().to_owned();
                match places.entry(name) {
                    Entry::Vacant(place) => {
                        environment.push((place.key().clone(), value));
                        place.insert(environment.len() - 1);
                    }
                    Entry::Occupied(place) => {
                        if let Some((_, old)) = environment.get_mut(*place.get()) {
                            *old = value;
                        }
                    }
                }
            }
        }
        environment
    }

    fn find(&self, name: &str) -> Option<usize> {
        // A macro may span half of a file; hashing that for nothing would be slow.
        if name.len() > self.longest_name {
            return None;
        }
        self.index.get(fold(name).as_ref()).copied()
    }

    /// Sets a variable without asking.
    fn store(&mut self, new: Variable) {
        self.stale = true;
        self.total += new.value.len();
        self.longest_name = self.longest_name.max(new.name.len());
        let known = self.find(&new.name);
        if let Some(old) = known.and_then(|index| self.variables.get_mut(index)) {
            self.total -= old.value.len();
            *old = new;
        } else {
            self.index
                .insert(fold(&new.name).into_owned(), self.variables.len());
            self.variables.push(new);
        }
    }
}

pub(crate) fn fold(name: &str) -> Cow<'_, str> {
    if !name.is_ascii() {
        Cow::Owned(name.to_lowercase())
    } else if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|prefix| {
        name.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    })
}

/// Refuses what is no name that a step can give to a variable.
///
/// Azure takes any text. A name with `)` could not be addressed, one with `=` could not be in an
/// environment.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    let is_odd = |char: char| char.is_control() || "=)".contains(char);
    if name.len() <= MAX_NAME && !name.trim().is_empty() && !name.contains(is_odd) {
        return Ok(());
    }
    let shown: String = name.chars().take(MAX_NAME).collect();
    Err(Refusal::InvalidName(format!(
        "`{shown}` is no name for a variable: it must not be blank, have more than {MAX_NAME} bytes, \
         `=`, `)` or control characters"
    )))
}

/// The name of a variable in an environment.
pub(crate) fn environment_name(name: &str, preserve_case: bool) -> String {
    let name = name.replace(['.', ' '], "_");
    if preserve_case {
        name
    } else {
        name.to_uppercase()
    }
}

#[cfg(test)]
mod tests;

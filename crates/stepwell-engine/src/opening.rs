//! The variables that a whole run begins with.

use crate::mask::Mask;
use crate::run::{Layers, is_predefined};
use crate::start::StartVariable;
use crate::taint::text_of;
use crate::variable::Variables;
use std::cell::Cell;
use std::collections::HashMap;
use stepwell_expr::{Context, DateTime, Object, Value};
use stepwell_plan::{Plan, VariableValue};

/// A counter that an expression asks for: its prefix, and the value that it starts with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Counter {
    /// The prefix; each has a counter of its own.
    pub prefix: String,
    /// The first value.
    pub seed: i64,
}

impl Counter {
    /// What a value that was counted is kept by: the prefix, whose case does not matter. A run counts
    /// once, whatever seed is given the second time.
    #[must_use]
    pub fn key(&self) -> String {
        self.prefix.to_lowercase()
    }
}

/// The root variables of a run, as far as they can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootVariables {
    /// All of them.
    Known(Vec<StartVariable>),
    /// This counter must be counted on first; then ask again.
    Needs(Counter),
}

/// Puts the pipeline's variables over the predefined ones and evaluates them, each seeing those
/// before it. Counters are counted outside, each once for a run, and are in `counted`.
///
/// # Errors
///
/// Says which variable has no value, and why.
pub fn root_variables(
    plan: &Plan,
    predefined: &[StartVariable],
    started_ms: u64,
    counted: &HashMap<String, i64>,
) -> Result<RootVariables, String> {
    let mut layers = Layers::over(predefined);
    for planned in &plan.variables {
        if is_predefined(&planned.name) {
            continue;
        }
        let (value, secret) = match &planned.value {
            VariableValue::Text(text) => (text.clone(), planned.secret),
            VariableValue::Expression(expression) => {
                let scope = RootScope {
                    variables: layers.variables(),
                    started_ms,
                    counted,
                    needed: Cell::default(),
                    blind: false,
                };
                let secrets = scope.variables.iter().any(|variable| variable.secret);
                let blind = secrets.then(|| RootScope {
                    blind: true,
                    needed: Cell::default(),
                    ..scope
                });
                let blind = blind.as_ref().map(|blind| blind as &dyn Context);
                let value = text_of(expression, &scope, blind);
                if let Some(counter) = scope.needed.take() {
                    return Ok(RootVariables::Needs(counter));
                }
                let (value, secret) = value.map_err(|error| {
                    format!("variable `{}` has no value: {error}", planned.name)
                })?;
                (value, secret || planned.secret)
            }
        };
        layers.add(StartVariable {
            name: planned.name.clone(),
            value,
            secret,
            read_only: planned.read_only,
            untrusted: false,
        });
    }
    Ok(RootVariables::Known(layers.done()))
}

struct RootScope<'s> {
    variables: &'s [StartVariable],
    started_ms: u64,
    counted: &'s HashMap<String, i64>,
    /// A counter that was asked for and is not known.
    needed: Cell<Option<Counter>>,
    /// Whether all secrets are empty texts.
    blind: bool,
}

impl Context for RootScope<'_> {
    fn value(&self, name: &str) -> Option<Value> {
        let object: Object = match name {
            "variables" => self
                .variables
                .iter()
                .map(|variable| {
                    let hidden = self.blind && variable.secret;
                    (&*variable.name, if hidden { "" } else { &*variable.value })
                })
                .collect(),
            "pipeline" => {
                let seconds = i64::try_from(self.started_ms / 1_000).ok()?;
                let started = DateTime::from_unix(seconds, 0, 0)?;
                [("startTime", started)].into_iter().collect()
            }
            _ => return None,
        };
        Some(object.into())
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Result<Value, String> {
        if !function.eq_ignore_ascii_case("counter") {
            return Err(format!("`{function}` is not available here"));
        }
        let prefix = match arguments.first() {
            Some(prefix) => prefix.as_text().map_err(|error| error.to_string())?,
            None => String::new().into(),
        };
        let seed = match arguments.get(1) {
            Some(seed) => {
                let text = seed.as_text().map_err(|error| error.to_string())?;
                text.trim()
                    .parse()
                    .map_err(|_| format!("the seed `{text}` is no whole number"))?
            }
            None => 0,
        };
        let counter = Counter {
            prefix: prefix.to_string(),
            seed,
        };
        match self.counted.get(&counter.key()) {
            Some(value) => Ok((*value).into()),
            None => {
                self.needed.set(Some(counter));
                Err("the counter is not known yet".to_owned())
            }
        }
    }
}

/// The value of a variable as a job would see it, with its macros expanded; none for a secret.
#[must_use]
pub fn expanded(variables: &[StartVariable], name: &str) -> Option<String> {
    let mut all = Variables::new(variables.to_vec());
    let _ = all.refresh(&mut Mask::default());
    let value = all.get(name).filter(|_| !all.is_secret(name))?;
    Some(value.to_owned())
}

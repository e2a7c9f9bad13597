//! The legs of a matrix: those that a file lists, and those that a running pipeline computes.
//!
//! A computed matrix mostly comes out of an output variable, and thus as text. People write such a
//! text by hand in shell scripts, with single quotes where double quotes end the argument, so these
//! are read too. The order of the legs is that of the text.

use crate::{PlannedLeg, PlannedStrategy};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;
use stepwell_expr::Value;
use stepwell_spec::name::{self, MAX_LEGS};
use stepwell_spec::{Leg, Legs, Strategy};

/// How many times a job runs. Without legs, and with one slice, it is an ordinary job.
pub(crate) fn planned(strategy: &Strategy) -> PlannedStrategy {
    match strategy {
        Strategy::Single => PlannedStrategy::Single,
        Strategy::Slices(count) if count.get() == 1 => PlannedStrategy::Single,
        Strategy::Slices(count) => PlannedStrategy::Slices(*count),
        Strategy::Matrix { legs, max_parallel } => match legs {
            Legs::Listed(legs) if legs.is_empty() => PlannedStrategy::Single,
            Legs::Listed(legs) => PlannedStrategy::Matrix {
                legs: legs.iter().map(listed).collect(),
                max_parallel: *max_parallel,
            },
            Legs::Computed(expression) => PlannedStrategy::ComputedMatrix {
                legs: expression.value.clone(),
                max_parallel: *max_parallel,
            },
        },
    }
}

fn listed(leg: &Leg) -> PlannedLeg {
    let pairs = leg.variables.iter();
    PlannedLeg {
        name: leg.name.value.as_str().into(),
        variables: pairs
            .map(|pair| (pair.name.value.clone(), pair.value.value.clone()))
            .collect(),
    }
}

/// The legs of a matrix whose expression has this value: a table of tables, or a text that holds one
/// as JSON, with single or double quotes. None if it is empty: the job is an ordinary one then.
///
/// A name that is not legal becomes `Job` and the number of the leg, as in a listed matrix. A variable
/// that the system sets is left out.
///
/// # Errors
///
/// Says what about the value is wrong, or that there are too many legs.
pub fn computed_legs(value: &Value) -> Result<Vec<PlannedLeg>, String> {
    let legs = match value {
        value if value.is_nothing() => return Ok(Vec::new()),
        Value::String(text) if text.trim().is_empty() => return Ok(Vec::new()),
        Value::String(text) => from_json(text)?,
        Value::Object(legs) => legs
            .iter()
            .map(|(name, leg)| Ok((name.to_owned(), members(name, leg)?)))
            .collect::<Result<_, String>>()?,
        other => {
            return Err(format!("the matrix must be a table, not {}", kind(other)));
        }
    };
    if legs.len() > MAX_LEGS {
        return Err(format!(
            "the matrix expansion resulted in {} jobs which exceeds the maximum allowable job count \
             of {MAX_LEGS}",
            legs.len()
        ));
    }
    let mut seen = HashSet::new();
    (1..)
        .zip(legs)
        .map(|(number, (written, variables))| {
            let name = match name::is_leg(&written) {
                true => written,
                false => name::numbered_leg(number),
            };
            match seen.insert(name::fold(&name)) {
                true => computed(name, variables),
                false => Err(format!("leg `{name}` appears more than once")),
            }
        })
        .collect()
}

fn computed(name: String, variables: Vec<(String, Value)>) -> Result<PlannedLeg, String> {
    let mut planned: Vec<(String, String)> = Vec::with_capacity(variables.len());
    let mut seen = HashSet::new();
    for (variable, value) in variables {
        if name::is_system_variable(&variable) {
            continue;
        }
        if let Some(problem) = name::variable_problem(&variable) {
            return Err(format!("{problem}, in leg `{name}`"));
        }
        if !seen.insert(name::fold(&variable)) {
            return Err(format!(
                "variable `{variable}` appears more than once in leg `{name}`"
            ));
        }
        let text = value.as_text().map_err(|_| {
            let kind = kind(&value);
            format!("variable `{variable}` of leg `{name}` must be a text, not {kind}")
        })?;
        planned.push((variable, text.to_string()));
    }
    Ok(PlannedLeg {
        name: name.into(),
        variables: planned,
    })
}

/// What a leg holds; nothing is an empty table.
fn members(name: &str, leg: &Value) -> Result<Vec<(String, Value)>, String> {
    match leg {
        Value::Null => Ok(Vec::new()),
        Value::Object(members) => Ok(members
            .iter()
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect()),
        other => Err(format!(
            "leg `{name}` must be a table of variables, not {}",
            kind(other)
        )),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Boolean(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Version(_) => "a version",
        Value::DateTime(_) => "a point in time",
        Value::Array(_) => "an array",
        Value::Object(_) => "a table",
    }
}

type Computed = Vec<(String, Vec<(String, Value)>)>;

fn from_json(text: &str) -> Result<Computed, String> {
    let quoted = double_quoted(text);
    let json: Option<Ordered<Option<Ordered<serde_json::Value>>>> =
        serde_json::from_str(&quoted)
            .map_err(|error| format!("the text is not a matrix in JSON: {error}"))?;
    let legs = json.map(|legs| legs.0).unwrap_or_default();
    legs.into_iter()
        .map(|(name, leg)| {
            let members = leg.map(|members| members.0).unwrap_or_default();
            let values = members.into_iter().map(|(variable, json)| {
                let value = Value::from_json(&json)
                    .map_err(|error| format!("variable `{variable}` of leg `{name}`: {error}"))?;
                Ok((variable, value))
            });
            let values = values.collect::<Result<_, String>>()?;
            Ok((name, values))
        })
        .collect()
}

/// JSON whose texts in single quotes are in double quotes.
fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (open, letter) {
            (None, '\'' | '"') => {
                open = Some(letter);
                out.push('"');
            }
            (Some(quote), _) if letter == quote => {
                open = None;
                out.push('"');
            }
            (Some(_), '"') => out.push_str("\\\""),
            (Some(_), '\\') => match letters.next() {
                // JSON has no escape for a single quote.
                Some('\'') => out.push('\''),
                escaped => {
                    out.push('\\');
                    out.extend(escaped);
                }
            },
            (_, letter) => out.push(letter),
        }
    }
    out
}

/// A JSON object in the order in which it is written.
struct Ordered<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Ordered(members))
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

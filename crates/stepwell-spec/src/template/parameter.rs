//! Values of parameters: what types there are, and what a value must be to have one.

use super::conversion::Origins;
use super::problem::Problems;
use crate::tree::{Node, Tree};
use crate::{Spanned, syntax};
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::{Number, Value};

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Any scalar.
    Untyped,
    String,
    Number,
    Boolean,
    Object,
    Step,
    StepList,
    Job,
    JobList,
    Stage,
    StageList,
    StringList,
}

impl Type {
    const ALL: [(&'static str, Self); 11] = [
        ("string", Self::String),
        ("number", Self::Number),
        ("boolean", Self::Boolean),
        ("object", Self::Object),
        ("step", Self::Step),
        ("stepList", Self::StepList),
        ("job", Self::Job),
        ("jobList", Self::JobList),
        ("stage", Self::Stage),
        ("stageList", Self::StageList),
        ("stringList", Self::StringList),
    ];

    /// Types of Azure Pipelines that are not here.
    pub(crate) const UNSUPPORTED: [&'static str; 4] =
        ["deployment", "deploymentList", "container", "containerList"];

    /// The type with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let (_, found) = Self::ALL.into_iter().find(|(other, _)| *other == name)?;
        Some(found)
    }

    /// The names of all types.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(|(name, _)| name)
    }

    /// What a value of the type is, in words.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Untyped => "a string, a number or a boolean",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Boolean => "`true` or `false`",
            Self::Object => "a value",
            Self::Step => "a table, which is a step",
            Self::Job => "a table, which is a job",
            Self::Stage => "a table, which is a stage",
            Self::StepList => "an array of steps, which are tables",
            Self::JobList => "a table of jobs, which are tables",
            Self::StageList => "a table of stages, which are tables",
            Self::StringList => "an array of strings",
        }
    }

    /// Whether a value has the type, for types of collections.
    fn has(self, value: &Value) -> bool {
        let object = |value: &Value| matches!(value, Value::Object(_));
        match self {
            Self::Step | Self::Job | Self::Stage => object(value),
            Self::StepList => {
                matches!(value, Value::Array(array) if array.items().iter().all(object))
            }
            Self::JobList | Self::StageList => {
                matches!(value, Value::Object(entries) if entries.iter().all(|(_, it)| object(it)))
            }
            Self::StringList => {
                let text = |value: &Value| matches!(value, Value::String(_));
                matches!(value, Value::Array(array) if array.items().iter().all(text))
            }
            Self::Untyped | Self::String | Self::Number | Self::Boolean | Self::Object => true,
        }
    }
}

/// The value of a parameter that a node gives.
///
/// # Errors
///
/// Says what the node must be.
pub(crate) fn of_node(
    kind: Type,
    node: &Node,
    origins: &mut Origins,
    problems: &mut Problems,
) -> Result<Value, &'static str> {
    let scalar = match &node.value {
        Tree::Text(text) | Tree::Float(text) | Tree::Datetime(text) => Some(text.clone()),
        Tree::Integer(Some(value)) => Some(value.to_string()),
        Tree::Boolean(value) => Some(value.to_string()),
        Tree::Integer(None) | Tree::Array(_) | Tree::Table(_) => None,
    };
    match (kind, scalar) {
        (Type::String, Some(text)) => Ok(text.into()),
        (Type::Number | Type::Boolean, Some(text)) => scalar_of(kind, &text),
        (Type::String | Type::Number | Type::Boolean | Type::Untyped, None) => Err(kind.expected()),
        _ => {
            let value = origins.value(node, problems);
            match kind.has(&value) {
                true => Ok(value),
                false => Err(kind.expected()),
            }
        }
    }
}

/// The value of a parameter that a command line gives.
///
/// # Errors
///
/// Says what the text must be.
pub(crate) fn of_text(kind: Type, text: &str) -> Result<Value, &'static str> {
    match kind {
        Type::Untyped | Type::String => Ok(text.into()),
        Type::Number | Type::Boolean => scalar_of(kind, text),
        _ => {
            let value = inline(text).ok_or(match kind {
                Type::Object => "a value of TOML or JSON",
                kind => kind.expected(),
            })?;
            match kind.has(&value) {
                true => Ok(value),
                false => Err(kind.expected()),
            }
        }
    }
}

fn scalar_of(kind: Type, text: &str) -> Result<Value, &'static str> {
    let value = match kind {
        Type::Number if !text.trim().is_empty() => Number::parse(text)
            .or_else(|| Number::parse(&text.replace('_', "")))
            .map(Value::Number),
        Type::Boolean if text.eq_ignore_ascii_case("true") => Some(true.into()),
        Type::Boolean if text.eq_ignore_ascii_case("false") => Some(false.into()),
        _ => None,
    };
    value.ok_or(kind.expected())
}

/// A value as a TOML file or as JSON writes it.
fn inline(text: &str) -> Option<Value> {
    let assignment = format!("value = {text}");
    let document = syntax::parse(&assignment);
    if let (Some(root), true) = (&document.root, document.errors.is_empty())
        && let Tree::Table(members) = Tree::table(root, 0)
        && let [member] = members.as_slice()
    {
        // Its places are not those of a file, so nobody may be shown them.
        let mut problems = Problems::default();
        let value = Origins::default().value(&member.value, &mut problems);
        return (!problems.any_error()).then_some(value);
    }
    let json = serde_json::from_str(text).ok()?;
    Value::from_json(&json).ok()
}

/// What to say of a node that is not what it must be.
pub(crate) fn mistyped(what: &str, node: &Node, expected: &str) -> Diagnostic {
    let found = node.value.article();
    let (message, label) = match expected.starts_with(found) {
        true => (
            String::new(),
            "its items or entries are something else".to_owned(),
        ),
        false => (format!(", not {found}"), format!("this is {found}")),
    };
    Diagnostic::error("wrong-type", format!("{what} must be {expected}{message}"))
        .at(node.span.clone(), label)
}

/// A value as text; tables and arrays as JSON.
pub(crate) fn shown(name: &Spanned<String>, value: &Value) -> (String, String) {
    let text = match value.as_text() {
        Ok(text) => text.to_string(),
        Err(_) => value.to_json().to_string(),
    };
    (name.value.clone(), text)
}

//! Declared parameters: `[parameters.NAME]`.

use super::conversion::Origins;
use super::parameter::{self, Type};
use super::problem::Problems;
use super::text;
use crate::Spanned;
use crate::name::{self, did_you_mean, fold};
use crate::tree::{Member, Node, Tree};
use std::collections::HashSet;
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::Value;

/// The most parameters of a file.
const MAX_PARAMETERS: usize = 500;

/// The keys of a declaration.
const KEYS: [&str; 4] = ["type", "default", "values", "display-name"];

/// A parameter that a file declares.
#[derive(Debug)]
pub(crate) struct Declaration {
    pub(crate) name: Spanned<String>,
    pub(crate) kind: Type,
    pub(crate) default: Option<Value>,
    /// The values that it may have; empty if it may have any.
    pub(crate) values: Vec<Value>,
    /// Whether the declaration is all right.
    pub(crate) intact: bool,
}

/// Reads declarations.
pub(crate) struct Reader<'r> {
    pub(crate) problems: &'r mut Problems,
    pub(crate) origins: &'r mut Origins,
    /// Whether this is the file that is run, and no template.
    pub(crate) is_main: bool,
}

impl Reader<'_> {
    /// The parameters of a file, from its key `parameters`.
    pub(crate) fn read(&mut self, node: &Node) -> Vec<Declaration> {
        let Tree::Table(members) = &node.value else {
            self.wrong_type("parameters", node, "a table");
            return Vec::new();
        };
        if let Some(extra) = members.get(MAX_PARAMETERS) {
            let message = format!(
                "the file has {} parameters, and {MAX_PARAMETERS} is the most",
                members.len()
            );
            self.problems.report(
                Diagnostic::error("too-many", message)
                    .at(extra.key.span.clone(), "the first one too many"),
            );
        }
        let mut seen = HashSet::new();
        let mut declarations = Vec::new();
        for member in members.iter().take(MAX_PARAMETERS) {
            let declaration = self.declaration(member);
            if seen.insert(fold(&member.key.value)) {
                declarations.push(declaration);
                continue;
            }
            let message = format!("parameter `{}` appears more than once", member.key.value);
            self.problems.report(
                Diagnostic::error("duplicate-name", message)
                    .at(member.key.span.clone(), "the same name again")
                    .help("names that differ only in case are the same name"),
            );
        }
        declarations
    }

    fn declaration(&mut self, member: &Member) -> Declaration {
        let (key, node) = (&member.key, &member.value);
        if let Some(span) = expression(node) {
            self.problems.report(
                Diagnostic::error("invalid-expression", "a declaration holds no expression")
                    .at(span, "parameters are known before anything is expanded")
                    .help("what a parameter is made into belongs where it is used"),
            );
        }
        let mut declaration = Declaration {
            name: key.clone(),
            kind: Type::Untyped,
            default: None,
            values: Vec::new(),
            intact: true,
        };
        if !name::is_name(&key.value) {
            self.problems.report(
                Diagnostic::error(
                    "invalid-name",
                    format!("{:?} cannot name a parameter", key.value),
                )
                .at(key.span.clone(), "not a name")
                .help(name::NAME_FORM),
            );
        }
        match &node.value {
            Tree::Table(members) => self.full(&mut declaration, members),
            Tree::Array(_) => {
                declaration.intact = false;
                self.problems.report(
                    Diagnostic::error(
                        "wrong-type",
                        format!("a sequence was not expected: parameter `{}` has no type", key.value),
                    )
                    .at(node.span.clone(), "this is an array")
                    .help(format!(
                        "declare it with its type:\n\n[parameters.{}]\ntype = \"object\"\ndefault = […]",
                        key.value
                    )),
                );
            }
            _ => {
                let default = self.value(&mut declaration, node, &key.value);
                declaration.default = default;
            }
        }
        declaration
    }

    fn full(&mut self, declaration: &mut Declaration, members: &[Member]) {
        let find = |key: &str| members.iter().find(|member| member.key.value == key);
        let name = declaration.name.value.clone();
        declaration.kind = Type::String;
        if let Some(member) = find("type") {
            match self.kind(&member.value) {
                Some(kind) => declaration.kind = kind,
                None => {
                    declaration.intact = false;
                    declaration.kind = Type::Object;
                }
            }
        }
        if let Some(member) = find("display-name")
            && !matches!(member.value.value, Tree::Text(_))
        {
            self.wrong_type("display-name", &member.value, "a string");
        }
        for member in members {
            let key = member.key.value.as_str();
            if !KEYS.contains(&key) {
                // It may be meant to be the default.
                declaration.intact = false;
                self.problems.report(
                    Diagnostic::error("unknown-key", format!("unknown key `{key}` in a parameter"))
                        .at(
                            member.key.span.clone(),
                            did_you_mean(key, KEYS, "not a key that belongs here"),
                        )
                        .help(format!("accepted here: {}", KEYS.join(", "))),
                );
            }
        }
        if let Some(member) = find("values") {
            declaration.values = self.values(declaration, &member.value);
        }
        if let Some(member) = find("default") {
            let value = self.value(declaration, &member.value, &name);
            if let Some(value) = &value
                && let Some(problem) = declaration.refused(value)
            {
                declaration.intact = false;
                let problem = problem.at(
                    member.value.span.clone(),
                    declaration.near(value, "not one of its values"),
                );
                self.problems.report(problem.help(declaration.accepted()));
            }
            declaration.default = value;
        }
    }

    fn kind(&mut self, node: &Node) -> Option<Type> {
        let Tree::Text(text) = &node.value else {
            self.wrong_type("type", node, "a string");
            return None;
        };
        let problem = match Type::named(text) {
            Some(Type::StringList) if !self.is_main => Diagnostic::error(
                "unsupported",
                "a template has no parameter of type `stringList`",
            )
            .at(
                node.span.clone(),
                "only a parameter of a run can have this type",
            )
            .help("use `object`"),
            Some(kind) => return Some(kind),
            None if Type::UNSUPPORTED.contains(&text.as_str()) => {
                Diagnostic::error("unsupported", format!("type `{text}` is not supported"))
                    .at(node.span.clone(), "not supported by this version")
            }
            None => Diagnostic::error("invalid-value", format!("there is no type {text:?}"))
                .at(
                    node.span.clone(),
                    did_you_mean(text, Type::names(), "not a type"),
                )
                .help(format!(
                    "types are {}",
                    Type::names().collect::<Vec<_>>().join(", ")
                )),
        };
        self.problems.report(problem);
        None
    }

    fn values(&mut self, declaration: &mut Declaration, node: &Node) -> Vec<Value> {
        let Tree::Array(items) = &node.value else {
            self.wrong_type("values", node, "an array");
            return Vec::new();
        };
        let kind = match declaration.kind {
            Type::StringList => Type::String,
            kind => kind,
        };
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            match parameter::of_node(kind, item, self.origins, self.problems) {
                Ok(value) => values.push(value),
                Err(expected) => {
                    let problem = parameter::mistyped("an item of `values`", item, expected);
                    self.problems.report(problem);
                }
            }
        }
        values
    }

    fn value(&mut self, declaration: &mut Declaration, node: &Node, name: &str) -> Option<Value> {
        match parameter::of_node(declaration.kind, node, self.origins, self.problems) {
            Ok(value) => Some(value),
            Err(expected) => {
                declaration.intact = false;
                self.wrong_type_of(&format!("parameter `{name}`"), node, expected);
                None
            }
        }
    }

    fn wrong_type(&mut self, key: &str, node: &Node, expected: &str) {
        self.wrong_type_of(&format!("`{key}`"), node, expected);
    }

    fn wrong_type_of(&mut self, what: &str, node: &Node, expected: &str) {
        self.problems
            .report(parameter::mistyped(what, node, expected));
    }
}

impl Declaration {
    /// What is wrong with a value of the right type, if anything is.
    pub(crate) fn refused(&self, value: &Value) -> Option<Diagnostic> {
        if self.values.is_empty() {
            return None;
        }
        let bad = match (self.kind, value) {
            (Type::StringList, Value::Array(items)) => items
                .items()
                .iter()
                .find(|item| !self.values.contains(item))?,
            _ if self.values.contains(value) => return None,
            _ => value,
        };
        let message = format!("parameter `{}` cannot be {}", self.name.value, shown(bad));
        Some(Diagnostic::error("invalid-value", message))
    }

    /// A label that says which value was probably meant.
    pub(crate) fn near(&self, value: &Value, otherwise: &str) -> String {
        let texts: Vec<_> = self
            .values
            .iter()
            .filter_map(|value| value.as_text().ok())
            .collect();
        let word = value.as_text().unwrap_or_default();
        did_you_mean(&word, texts.iter().map(|text| &**text), otherwise)
    }

    /// What it may be, as a hint.
    pub(crate) fn accepted(&self) -> String {
        const SHOWN: usize = 12;
        let mut values: Vec<_> = self.values.iter().take(SHOWN).map(shown).collect();
        if self.values.len() > SHOWN {
            values.push("…".to_owned());
        }
        format!("it can be {}", values.join(", "))
    }

    /// Where it is declared.
    pub(crate) fn span(&self) -> Range<usize> {
        self.name.span.clone()
    }
}

/// The first text with an expression.
fn expression(node: &Node) -> Option<Range<usize>> {
    match &node.value {
        Tree::Text(text) => text::has_expression(text).then(|| node.span.clone()),
        Tree::Array(items) => items.iter().find_map(expression),
        Tree::Table(members) => members.iter().find_map(|member| expression(&member.value)),
        _ => None,
    }
}

/// A value in a message.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{text}'"),
        value => value.as_text().map_or_else(
            |_| format!("{} with other content", value.kind()),
            |text| text.to_string(),
        ),
    }
}

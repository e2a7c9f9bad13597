//! Variables, in both of their forms.

use crate::directive::{self, Leaf, guarded};
use crate::document::{Table, Value};
use crate::importer::{Importer, texts};
use crate::text::{said, whole_expression};
use crate::value::{Keys, Scalars, scalar, with_guard};
use crate::yaml::{Entry, Node, Place};

const NO_GROUP: &str = "an entry cannot say when it is there; move it into a variables template";

/// The key, the value, and comments for above them.
type Variable = (String, Value, Vec<String>);

/// A variable, or an entry that stands for several.
#[derive(Debug)]
struct Made {
    name: String,
    value: Value,
    /// Whether it is there in every case, so that it hides one of its name before it.
    is_certain: bool,
    above: Vec<String>,
    place: Place,
}

impl Importer<'_> {
    /// The variables as a table of their own, or as one line if they are few.
    pub(crate) fn variables(&mut self, table: &mut Table, entry: &Entry) {
        let mut made: Vec<Result<Made, Vec<String>>> = Vec::new();
        for (guard, leaf) in guarded(directive::parts(&entry.node), &mut self.budget) {
            let Some(guard) = guard else {
                made.push(Err(self.leave_leaf(&leaf, NO_GROUP)));
                continue;
            };
            match self.variable(&leaf) {
                Ok((name, value, inner)) => {
                    let mut above = texts(leaf.above());
                    above.extend(inner);
                    let certain = guard.is_always() && !leaf.is_insert && is_variable(&value);
                    let value = match value {
                        Value::Table(entries) => {
                            let mut pairs = guard.pairs();
                            pairs.extend(entries);
                            Value::Table(pairs)
                        }
                        value => with_guard(&guard, value),
                    };
                    made.push(Ok(Made {
                        name,
                        value,
                        is_certain: certain,
                        above,
                        place: leaf.entry.map_or(leaf.node.place, |entry| entry.place),
                    }));
                    let below = texts(leaf.below());
                    if !below.is_empty() {
                        made.push(Err(below));
                    }
                }
                Err(comment) => made.push(Err(comment)),
            }
        }
        let mut variables =
            Table::between(texts(&entry.remarks.above), texts(&entry.remarks.below));
        self.hide(&mut made);
        let mut keys = Keys::default();
        for made in made {
            match made {
                Ok(made) => variables.line(&keys.apart(&made.name), made.value, made.above),
                Err(comment) => variables.comment(comment),
            }
        }
        table.child("variables", variables);
    }

    /// Of two variables of one name the last one counts, and TOML has the name once.
    fn hide(&mut self, made: &mut [Result<Made, Vec<String>>]) {
        let mut later = std::collections::HashSet::new();
        for entry in made.iter_mut().rev() {
            let Ok(variable) = entry else { continue };
            if !variable.is_certain {
                continue;
            }
            let hidden = !later.insert(variable.name.to_lowercase());
            if hidden {
                let mut comment = std::mem::take(&mut variable.above);
                let message = format!(
                    "`{}` is hidden by the variable of the same name below",
                    variable.name
                );
                comment.push(self.note(variable.place, message));
                let mut table = Table::default();
                table.line(&variable.name, variable.value.clone(), Vec::new());
                let text = table.render().unwrap_or_default();
                comment.extend(text.lines().map(said));
                *entry = Err(comment);
            }
        }
    }

    /// The key and the value, or why it has none.
    fn variable(&mut self, leaf: &Leaf<'_>) -> Result<Variable, Vec<String>> {
        if leaf.is_insert {
            return match leaf.node.text().and_then(whole_expression) {
                Some(expression) => {
                    let pair = ("insert".to_owned(), Value::Text(expression.to_owned()));
                    Ok(("insert".to_owned(), Value::Table(vec![pair]), Vec::new()))
                }
                None => Err(self.leave_leaf(leaf, "this is no variable")),
            };
        }
        match (leaf.entry, leaf.node.entries()) {
            (Some(entry), _) => match scalar(&entry.node, Scalars::Texts) {
                Some(value) => Ok((entry.key.clone(), value, Vec::new())),
                None => Err(self.leave_leaf(leaf, "the value of a variable is a text")),
            },
            (None, Some(entries)) if leaf.node.get("template").is_some() => {
                self.variables_template(leaf, entries)
            }
            (None, Some(entries)) if leaf.node.get("name").is_some() => self.named(leaf, entries),
            (None, _) if leaf.node.get("group").is_some() => {
                let reason = "variable groups are kept by Azure's server; give its variables here, or with `--var`";
                Err(self.leave_leaf(leaf, reason))
            }
            (None, _) => Err(self.leave_leaf(leaf, "this is no variable")),
        }
    }

    /// `name`, `value` and `readonly`.
    fn named(&mut self, leaf: &Leaf<'_>, entries: &[Entry]) -> Result<Variable, Vec<String>> {
        let mut name = None;
        let mut value = Value::Text(String::new());
        let mut readonly = None;
        for entry in entries {
            match (entry.key.as_str(), scalar(&entry.node, Scalars::Texts)) {
                ("name", Some(Value::Text(text))) => name = Some(text),
                ("value", Some(text)) => value = text,
                ("readonly", Some(_)) => readonly = scalar(&entry.node, Scalars::Typed),
                _ => {
                    return Err(
                        self.leave_leaf(leaf, "a variable has `name`, `value` and `readonly`")
                    );
                }
            }
        }
        let value = match readonly {
            None => value,
            Some(readonly) => Value::Table(vec![
                ("value".to_owned(), value),
                ("readonly".to_owned(), readonly),
            ]),
        };
        Ok((name.unwrap_or_default(), value, texts(leaf.node.remarks())))
    }

    fn variables_template(
        &mut self,
        leaf: &Leaf<'_>,
        entries: &[Entry],
    ) -> Result<Variable, Vec<String>> {
        let path = leaf.node.get("template").and_then(Node::text);
        let is_known = |entry: &Entry| matches!(entry.key.as_str(), "template" | "parameters");
        let (Some(path), true) = (path, entries.iter().all(is_known)) else {
            return Err(
                self.leave_leaf(leaf, "a variables template has `template` and `parameters`")
            );
        };
        let name = self.template_name(path);
        let mut table = Table::default();
        for entry in entries {
            match entry.key.as_str() {
                "template" => self.template(&mut table, entry),
                _ => self.arguments(&mut table, entry),
            }
        }
        let (value, comments) = table.into_value();
        Ok((name, value, comments))
    }
}

/// Whether a value is a variable's own, not that of an entry that stands for several.
fn is_variable(value: &Value) -> bool {
    match value {
        Value::Table(pairs) => pairs.iter().any(|(key, _)| key == "value"),
        _ => true,
    }
}

//! The parameters that a pipeline or template declares.

use crate::directive::{Directive, Leaf};
use crate::document::{Table, Value};
use crate::importer::{Importer, all_of, texts};
use crate::step::Made;
use crate::text::whole_expression;
use crate::value::{Scalars, scalar};
use crate::yaml::{Entry, Kind, Node};

impl Importer<'_> {
    /// `parameters` of a file, in both forms.
    pub(crate) fn parameters(&mut self, table: &mut Table, entry: &Entry) {
        let mut parameters =
            Table::between(texts(&entry.remarks.above), texts(&entry.remarks.below));
        match &entry.node.kind {
            Kind::Sequence(items) => {
                for item in items {
                    let above = texts(&item.remarks.above);
                    match self.parameter(&item.node) {
                        Some((name, mut parameter)) => {
                            parameter.above.splice(0..0, above);
                            parameter.below.extend(texts(&item.remarks.below));
                            parameters.child(&name, parameter);
                        }
                        None => {
                            let leaf = Leaf {
                                entry: None,
                                node: &item.node,
                                remarks: vec![&item.remarks],
                                under: Vec::new(),
                                is_insert: false,
                            };
                            parameters.comment(self.leave_leaf(&leaf, "a parameter has a `name`"));
                        }
                    }
                }
            }
            Kind::Mapping(entries) => {
                for entry in entries {
                    self.old_parameter(&mut parameters, entry);
                }
            }
            Kind::Scalar { .. } => {
                table.comment(self.leave(entry, "parameters are a list"));
                return;
            }
        }
        table.child("parameters", parameters);
    }

    fn parameter(&mut self, node: &Node) -> Option<(String, Table)> {
        let name = node.get("name").and_then(Node::text)?.to_owned();
        let mut parameter = Table::default();
        for entry in node.entries()? {
            match entry.key.as_str() {
                "name" => parameter.above.extend(all_of(entry)),
                "displayName" => self.words(&mut parameter, "display-name", entry),
                "type" => self.parameter_type(&mut parameter, entry),
                "default" => self.parameter_default(&mut parameter, node, entry),
                "values" => self.parameter_values(&mut parameter, entry),
                _ => parameter.comment(self.leave(entry, "a parameter has no such key")),
            }
        }
        Some((name, parameter))
    }

    fn parameter_type(&mut self, parameter: &mut Table, entry: &Entry) {
        let text = entry.node.text().unwrap_or_default();
        let kind = match text {
            "deployment" => "job",
            "deploymentList" => "jobList",
            "string" | "number" | "boolean" | "object" | "step" | "stepList" | "job"
            | "jobList" | "stage" | "stageList" | "stringList" => text,
            _ => {
                parameter.comment(self.leave(entry, "there is no such type of a parameter"));
                return;
            }
        };
        let mut above = all_of(entry);
        if kind != text {
            above.push(self.note(
                entry.place,
                format!("`{text}` is `{kind}`, as deployments are ordinary jobs"),
            ));
        }
        parameter.put("type", Value::Text(kind.to_owned()), above);
    }

    /// A default is a text where the type is not one of numbers and the like: `3.10` is no number.
    fn parameter_default(&mut self, parameter: &mut Table, node: &Node, entry: &Entry) {
        let kind = node.get("type").and_then(Node::text).unwrap_or("string");
        let is_empty = entry.node.items().is_some_and(<[_]>::is_empty);
        match kind {
            "string" | "stringList" if entry.node.text().is_some() => {
                self.words(parameter, "default", entry);
            }
            // Steps are an array, jobs and stages are tables.
            "jobList" | "deploymentList" | "stageList" if is_empty => {
                parameter.put("default", Value::Table(Vec::new()), all_of(entry));
            }
            "step" => {
                let leaf = Leaf {
                    entry: None,
                    node: &entry.node,
                    remarks: vec![&entry.remarks],
                    under: Vec::new(),
                    is_insert: false,
                };
                match self.step(&leaf) {
                    Made::Table(step) => parameter.child("default", step),
                    Made::Comment(lines) => parameter.comment(lines),
                }
            }
            "job" | "deployment" | "stage" => {
                let reason = "make it a list: a pipeline file has jobs and stages by name";
                parameter.comment(self.leave(entry, reason));
            }
            _ => self.argument(parameter, "default", entry),
        }
    }

    fn parameter_values(&mut self, parameter: &mut Table, entry: &Entry) {
        self.argument(parameter, "values", entry);
    }

    /// `name: default`, which has no type.
    fn old_parameter(&mut self, parameters: &mut Table, entry: &Entry) {
        if Directive::of(&entry.key).is_some() || whole_expression(&entry.key).is_some() {
            parameters.comment(self.leave(entry, "parameters are declared without directives"));
            return;
        }
        if let Some(value) = scalar(&entry.node, Scalars::Texts) {
            parameters.put(&entry.key, value, all_of(entry));
            return;
        }
        let mut parameter = Table::default();
        let message = format!(
            "`{}` has no type in the source: see if this one fits",
            entry.key
        );
        parameter.above.push(self.note(entry.place, message));
        let mut default = Table::default();
        self.argument(&mut default, "default", entry);
        let kind = match &entry.node.kind {
            Kind::Sequence(items) if items.is_empty() => "stepList",
            Kind::Sequence(_) if self.is_steps(&entry.node) => "stepList",
            _ => "object",
        };
        parameter.put("type", Value::Text(kind.to_owned()), Vec::new());
        parameter.append(default);
        parameters.child(&entry.key, parameter);
    }

    fn is_steps(&self, node: &Node) -> bool {
        crate::value::holds(node, &crate::step::KINDS)
    }
}

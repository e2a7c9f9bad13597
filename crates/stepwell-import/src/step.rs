//! Steps.

use crate::directive::{self, Governed, Leaf, Part};
use crate::document::{Table, Value};
use crate::duration::Zero;
use crate::importer::{Importer, all_of, texts};
use crate::text::{has_expression, said, whole_expression};
use crate::value::Scalars;
use crate::yaml::{Entry, Node};

/// The keys that say what a step does.
pub(crate) const KINDS: [&str; 13] = [
    "task",
    "script",
    "bash",
    "pwsh",
    "powershell",
    "template",
    "checkout",
    "download",
    "downloadBuild",
    "getPackage",
    "publish",
    "upload",
    "reviewApp",
];

const NO_STEP: &str = "this is no step";
const NO_CONDITIONAL_KEY: &str =
    "keys of a step have no directives; make it two steps, each with a directive";

/// What became of an item.
pub(crate) enum Made {
    Table(Table),
    Comment(Vec<String>),
}

impl Importer<'_> {
    /// A list of steps as the array of tables `key`.
    pub(crate) fn steps(&mut self, table: &mut Table, key: &str, node: &Node) {
        let parts = directive::parts(node);
        if !self.step_parts(table, key, parts) {
            table.put(key, Value::Array(Vec::new()), Vec::new());
        }
    }

    /// Whether there is at least one.
    fn step_parts(&mut self, table: &mut Table, key: &str, parts: Vec<Part<'_>>) -> bool {
        let mut has_step = false;
        for part in parts {
            let made = match part {
                Part::Leaf(leaf) => self.step(&leaf),
                Part::Governed(governed) => Made::Table(self.step_group(key, governed)),
            };
            match made {
                Made::Table(step) => {
                    has_step = true;
                    table.element(key, step);
                }
                Made::Comment(lines) => table.comment(lines),
            }
        }
        has_step
    }

    /// What a directive governs, as one element: the step itself, or a group. Elsewhere than in `steps`
    /// there are no groups, but an array in an array is flattened.
    fn step_group(&mut self, key: &str, mut governed: Governed<'_>) -> Table {
        let mut above: Vec<String> = Vec::new();
        for remarks in &governed.remarks {
            above.extend(texts(&remarks.above));
        }
        let mut group = Table::default();
        let single = match governed.parts.as_slice() {
            [Part::Leaf(_)] => governed.parts.pop(),
            _ => None,
        };
        let inner = if key == "steps" { "steps" } else { "value" };
        let made = match single {
            Some(Part::Leaf(leaf)) => Some(self.step(&leaf)),
            _ => None,
        };
        match made {
            Some(Made::Table(step)) => group = step,
            Some(Made::Comment(lines)) => {
                group.comment(lines);
                group.put(inner, Value::Array(Vec::new()), Vec::new());
            }
            None => {
                if !self.step_parts(&mut group, inner, governed.parts) {
                    group.put(inner, Value::Array(Vec::new()), Vec::new());
                }
            }
        }
        if let Some((name, value)) = governed.directive.pair() {
            group.put_first(name, value);
        }
        above.append(&mut group.above);
        group.above = above;
        for remarks in &governed.remarks {
            group.below.extend(texts(&remarks.below));
        }
        group
    }

    /// One step, or why it is none.
    pub(crate) fn step(&mut self, leaf: &Leaf<'_>) -> Made {
        let mut step = Table::between(texts(leaf.above()), texts(leaf.below()));
        if leaf.is_insert {
            let expression = leaf.node.text().and_then(whole_expression);
            let Some(expression) = expression else {
                return Made::Comment(self.leave_leaf(leaf, NO_STEP));
            };
            step.put("insert", Value::Text(expression.to_owned()), Vec::new());
            return Made::Table(step);
        }
        let Some(entries) = leaf.node.entries() else {
            return Made::Comment(self.leave_leaf(leaf, NO_STEP));
        };
        let kind = entries
            .iter()
            .find(|entry| KINDS.contains(&entry.key.as_str()));
        match kind.map(|entry| entry.key.as_str()) {
            None => return Made::Comment(self.leave_leaf(leaf, NO_STEP)),
            Some("task" | "script" | "bash" | "pwsh" | "powershell" | "template") => {}
            Some("checkout") => {
                let reason = "nothing has to be fetched: tasks see the project as it lies there, as far as `allow` grants it";
                return Made::Comment(self.leave_leaf(leaf, reason));
            }
            Some(_) => {
                let reason = "artifacts, packages and review apps are kept by Azure's server";
                return Made::Comment(self.leave_leaf(leaf, reason));
            }
        }
        for entry in entries {
            self.step_entry(&mut step, entry);
        }
        Made::Table(step)
    }

    fn step_entry(&mut self, step: &mut Table, entry: &Entry) {
        match entry.key.as_str() {
            "task" => self.task(step, entry),
            "template" => self.template(step, entry),
            "parameters" => self.arguments(step, entry),
            "script" | "bash" | "pwsh" | "powershell" => self.script(step, entry),
            "inputs" => self.collection(step, "inputs", entry, Scalars::Typed),
            "env" => self.collection(step, "env", entry, Scalars::Texts),
            "name" => self.words(step, "name", entry),
            "displayName" => self.words(step, "display-name", entry),
            "condition" => self.words(step, "condition", entry),
            "continueOnError" => self.typed(step, "continue-on-error", entry),
            "enabled" => self.typed(step, "enabled", entry),
            "timeoutInMinutes" => self.minutes(step, "timeout", entry, Zero::Default),
            "retryCountOnTaskFailure" => self.typed(step, "retries", entry),
            "target" => self.target(step, entry),
            "workingDirectory" => {
                let reason = "begin the script with `cd`";
                step.comment(self.leave(entry, reason));
            }
            "failOnStderr" | "errorActionPreference" | "ignoreLASTEXITCODE" => {
                let reason = "a step fails by its exit code";
                step.comment(self.leave(entry, reason));
            }
            key if directive::Directive::of(key).is_some() => {
                step.comment(self.leave(entry, NO_CONDITIONAL_KEY));
            }
            _ => step.comment(self.leave(entry, "steps have no such key")),
        }
    }

    /// `Name@2`: the version is that of a program for Azure's agent.
    fn task(&mut self, step: &mut Table, entry: &Entry) {
        let Some(text) = entry.node.text().filter(|text| !text.is_empty()) else {
            step.comment(self.leave(entry, "a task is named by a text"));
            return;
        };
        if has_expression(text) {
            self.words(step, "task", entry);
            return;
        }
        let mut above = all_of(entry);
        let bare = text.split('@').next().unwrap_or(text);
        let name: String = bare
            .chars()
            .map(|c| match c {
                'A'..='Z' | 'a'..='z' | '0'..='9' | '_' | '-' => c,
                _ => '-',
            })
            .collect();
        if name != bare {
            above.push(said(text));
        }
        let sources = self.tasks.entry(name.clone()).or_default();
        if sources.insert(text.to_owned()) {
            let message =
                format!("`{text}` is a program for Azure's agent: a component has to do the same");
            self.note(entry.node.place, message);
        }
        step.put("task", Value::Text(name), above);
    }

    fn script(&mut self, step: &mut Table, entry: &Entry) {
        let Some(script) = entry.node.text() else {
            step.comment(self.leave(entry, "a script is a text"));
            return;
        };
        let mut above = all_of(entry);
        let message = if entry.key.starts_with('p') {
            format!(
                "`{}` is a script for PowerShell: rewrite it for a shell, or as a task",
                entry.key
            )
        } else {
            format!(
                "`{}` waits for the sandboxed shell of a later release; a task does it today",
                entry.key
            )
        };
        above.push(self.note(entry.place, message));
        step.put("run", Value::Text(script.to_owned()), above);
    }

    fn target(&mut self, step: &mut Table, entry: &Entry) {
        let no_container = "a step runs in a sandbox of its own, not in a container";
        let Some(entries) = entry.node.entries() else {
            step.comment(self.leave(entry, no_container));
            return;
        };
        step.comment(texts(&entry.remarks.above));
        for inner in entries {
            match inner.key.as_str() {
                "commands" => self.words(step, "commands", inner),
                "settableVariables" if inner.node.text() == Some("none") => {
                    step.put(
                        "settable-variables",
                        Value::Array(Vec::new()),
                        all_of(inner),
                    );
                }
                "settableVariables" => self.list(step, "settable-variables", inner),
                "container" => step.comment(self.leave_in("target.", inner, no_container)),
                _ => step.comment(self.leave_in("target.", inner, "a target has no such key")),
            }
        }
        step.comment(texts(&entry.remarks.below));
    }
}

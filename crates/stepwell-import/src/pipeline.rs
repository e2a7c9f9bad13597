//! The root: a pipeline in one of its three shapes, or a template.

use crate::document::Table;
use crate::error::ImportError;
use crate::importer::{Importer, texts};
use crate::stage::Stage;
use crate::text::said;
use crate::value::Keys;
use crate::yaml::{Entry, Node};

/// The keys of which a file needs one to be a pipeline or a template.
const SHAPES: [&str; 6] = [
    "steps",
    "jobs",
    "stages",
    "extends",
    "variables",
    "parameters",
];

/// The keys that make steps at the root more than steps.
const OF_JOBS: [&str; 9] = [
    "strategy",
    "timeoutInMinutes",
    "cancelTimeoutInMinutes",
    "continueOnError",
    "condition",
    "displayName",
    "dependsOn",
    "job",
    "deployment",
];

impl Importer<'_> {
    /// The whole file.
    pub(crate) fn pipeline(&mut self, root: &Node) -> Result<Table, ImportError> {
        let entries = root.entries().unwrap_or_default();
        if !entries
            .iter()
            .any(|entry| SHAPES.contains(&entry.key.as_str()))
        {
            return Err(ImportError::new(
                root.place,
                "this is neither a pipeline nor a template of Azure Pipelines",
                "one of them has `steps`, `jobs`, `stages`, `extends`, `variables` or `parameters` at its root",
            ));
        }
        let mut file = Table::default();
        let mut body = Table::default();
        let mut jobs = Table::default();
        let mut job_keys = Keys::default();
        let is_job = is_job(root);
        let mut job = Table::default();
        for entry in entries {
            match entry.key.as_str() {
                "name" => self.words(&mut file, "run-number", entry),
                "parameters" => self.parameters(&mut file, entry),
                "variables" => self.variables(&mut file, entry),
                "extends" => self.extends(&mut body, entry),
                "stages" => {
                    body.comment(texts(&entry.remarks.above));
                    let tables = self.stages(&entry.node);
                    body.child("stages", tables.stages);
                    jobs.append(tables.jobs);
                    job_keys = tables.job_keys;
                    body.comment(texts(&entry.remarks.below));
                }
                "jobs" => {
                    jobs.above.extend(texts(&entry.remarks.above));
                    self.jobs_into(&mut jobs, &mut job_keys, &entry.node, None);
                    jobs.below.extend(texts(&entry.remarks.below));
                }
                "steps" if !is_job => self.job_entry(&mut body, entry, &Stage::default()),
                key if is_job && (OF_JOBS.contains(&key) || matches!(key, "steps" | "pool")) => {
                    self.job_entry(&mut job, entry, &Stage::default());
                }
                key => {
                    let reason = self.job_reason(key);
                    file.comment(self.leave(entry, reason));
                }
            }
        }
        if is_job {
            jobs.child(&job_keys.apart("Job1"), job);
        }
        self.tasks_into(&mut file);
        file.append(body);
        if !jobs.is_empty() {
            file.child("jobs", jobs);
        }
        Ok(file)
    }

    fn extends(&mut self, file: &mut Table, entry: &Entry) {
        let Some(entries) = entry.node.entries() else {
            file.comment(self.leave(entry, "`extends` has `template` and `parameters`"));
            return;
        };
        let mut extends = Table::between(texts(&entry.remarks.above), texts(&entry.remarks.below));
        for inner in entries {
            match inner.key.as_str() {
                "template" => self.template(&mut extends, inner),
                "parameters" => self.arguments(&mut extends, inner),
                _ => extends.comment(self.leave(inner, "`extends` has no such key")),
            }
        }
        file.child("extends", extends);
    }

    /// For each task a table to complete.
    fn tasks_into(&mut self, file: &mut Table) {
        let tasks = std::mem::take(&mut self.tasks);
        if tasks.is_empty() {
            return;
        }
        let mut lines = vec![
            said(
                "These tasks are programs for Azure's agent. Each needs a component that does the same: complete",
            ),
            said("its lines, or take them away where a built-in task has the name."),
        ];
        for (name, sources) in tasks {
            let sources: Vec<String> = sources.into_iter().collect();
            lines.push(format!(" [tasks.{name}] # {}", sources.join(", ")));
            lines.push(format!(" source = \"{name}.wasm\""));
        }
        file.comment(lines);
    }
}

/// Whether the root is one job that has more than steps.
fn is_job(root: &Node) -> bool {
    let demands = root.get("pool").and_then(|pool| pool.get("demands"));
    root.get("steps").is_some()
        && (demands.is_some() || OF_JOBS.iter().any(|key| root.get(key).is_some()))
}

//! Jobs.

use crate::directive::{self, Directive, Governed, Leaf, Part};
use crate::document::{Table, Value};
use crate::duration::Zero;
use crate::importer::{Importer, all_of, texts};
use crate::stage::Stage;
use crate::text::{has_expression, whole_expression};
use crate::value::{Keys, Scalars};
use crate::yaml::{Entry, Item, Kind, Node};

const NO_JOB: &str = "this is no job";

/// The name that a job has, empty if it has none of its own; none if this is no job.
pub(crate) fn name_of(node: &Node) -> Option<&str> {
    let text = |key| node.get(key).and_then(Node::text);
    let name = text("job").or_else(|| text("deployment"));
    name.or_else(|| node.get("steps").map(|_| ""))
}

impl Importer<'_> {
    /// A list of jobs as tables in `table`.
    pub(crate) fn jobs(&mut self, table: &mut Table, node: &Node, stage: Option<&mut Stage>) {
        self.jobs_into(table, &mut Keys::default(), node, stage);
    }

    /// The same where there are jobs already.
    pub(crate) fn jobs_into(
        &mut self,
        table: &mut Table,
        keys: &mut Keys,
        node: &Node,
        stage: Option<&mut Stage>,
    ) {
        let mut own = Stage::default();
        let stage = stage.unwrap_or(&mut own);
        self.job_parts(table, keys, directive::parts(node), stage);
    }

    fn job_parts(
        &mut self,
        table: &mut Table,
        keys: &mut Keys,
        parts: Vec<Part<'_>>,
        stage: &mut Stage,
    ) {
        for part in parts {
            match part {
                Part::Leaf(leaf) => match self.job(&leaf, stage) {
                    Ok((name, job)) => table.child(&keys.apart(&name), job),
                    Err(comment) => table.comment(comment),
                },
                Part::Governed(governed) => self.job_group(table, keys, governed, stage),
            }
        }
    }

    fn job_group(
        &mut self,
        table: &mut Table,
        keys: &mut Keys,
        mut governed: Governed<'_>,
        stage: &mut Stage,
    ) {
        let Some((key, value)) = governed.directive.pair() else {
            self.job_parts(table, keys, governed.parts, stage);
            return;
        };
        let mut above = Vec::new();
        let mut below = Vec::new();
        for remarks in &governed.remarks {
            above.extend(texts(&remarks.above));
            below.extend(texts(&remarks.below));
        }
        let single = match governed.parts.as_slice() {
            [Part::Leaf(_)] => governed.parts.pop(),
            _ => None,
        };
        let made = match single {
            Some(Part::Leaf(leaf)) => Some(self.job(&leaf, stage)),
            _ => None,
        };
        let (name, mut group) = match made {
            Some(Ok((name, job))) => (keys.apart(&name), job),
            Some(Err(comment)) => {
                let mut group = Table::default();
                group.comment(comment);
                group.put("jobs", Value::Table(Vec::new()), Vec::new());
                (self.fresh("group"), group)
            }
            None => {
                let mut jobs = Table::default();
                self.job_parts(&mut jobs, &mut Keys::default(), governed.parts, stage);
                let mut group = Table::default();
                group.child("jobs", jobs);
                (self.fresh("group"), group)
            }
        };
        group.put_first(key, value);
        above.append(&mut group.above);
        group.above = above;
        group.below.extend(below);
        table.child(&name, group);
    }

    /// The name and the job, or what stands in its place.
    fn job(&mut self, leaf: &Leaf<'_>, stage: &mut Stage) -> Result<(String, Table), Vec<String>> {
        let mut job = Table::between(texts(leaf.above()), texts(leaf.below()));
        if !stage.name.is_empty() {
            job.put("stage", Value::Text(stage.name.clone()), Vec::new());
        }
        if let Some(expression) = leaf.node.text().and_then(whole_expression) {
            job.put("insert", Value::Text(expression.to_owned()), Vec::new());
            return Ok((self.fresh("inserted"), job));
        }
        let Some(entries) = leaf.node.entries() else {
            return Err(self.leave_leaf(leaf, NO_JOB));
        };
        let template = leaf.node.get("template").and_then(Node::text);
        let name = match (template, name_of(leaf.node)) {
            (Some(path), _) => self.template_name(path),
            (None, Some(name)) => self.job_name(name, &mut job, leaf.node, stage),
            (None, None) => return Err(self.leave_leaf(leaf, NO_JOB)),
        };
        if leaf.node.get("deployment").is_some()
            && let Some(reason) = crate::deployment::obstacle(leaf.node)
        {
            return Err(self.leave_leaf(leaf, reason));
        }
        for entry in entries {
            self.job_entry(&mut job, entry, stage);
        }
        Ok((name, job))
    }

    fn job_name(&mut self, name: &str, job: &mut Table, node: &Node, stage: &mut Stage) -> String {
        let name = if name.is_empty() {
            stage.unnamed += 1;
            format!("Job{}", stage.unnamed)
        } else {
            name.to_owned()
        };
        self.taken.insert(name.to_ascii_lowercase());
        let renamed = in_stage(&name, stage);
        if renamed != name {
            let message = format!(
                "`{name}` is `{renamed}` here, since jobs of all stages stand side by side: expressions have to follow"
            );
            job.above.push(self.note(node.place, message));
        }
        renamed
    }

    /// One entry of a job, also of one that a whole pipeline is.
    pub(crate) fn job_entry(&mut self, job: &mut Table, entry: &Entry, stage: &Stage) {
        match entry.key.as_str() {
            "job" => job.above.extend(all_of(entry)),
            "deployment" => {
                let message = "this was a deployment: its environment and its checks are not there";
                job.above.extend(all_of(entry));
                job.above.push(self.note(entry.place, message));
            }
            "template" => self.template(job, entry),
            "parameters" => self.arguments(job, entry),
            "displayName" => self.words(job, "display-name", entry),
            "dependsOn" => self.job_dependencies(job, entry, stage),
            "condition" => self.words(job, "condition", entry),
            "continueOnError" => self.typed(job, "continue-on-error", entry),
            "timeoutInMinutes" => self.minutes(job, "timeout", entry, Zero::Unlimited),
            "cancelTimeoutInMinutes" => self.minutes(job, "cancel-timeout", entry, Zero::Default),
            "variables" => self.variables(job, entry),
            "steps" => {
                job.comment(texts(&entry.remarks.above));
                self.steps(job, "steps", &entry.node);
                job.comment(texts(&entry.remarks.below));
            }
            "strategy" => self.strategy(job, entry),
            "pool" => self.pool(job, entry),
            _ => {
                let reason = self.job_reason(&entry.key);
                job.comment(self.leave(entry, reason));
            }
        }
    }

    /// Why a key of a pipeline, stage or job has no counterpart.
    pub(crate) fn job_reason(&self, key: &str) -> &'static str {
        match key {
            "trigger" | "pr" | "schedules" => "whoever wants a run starts it with `stepwell run`",
            "resources" => "what lies elsewhere has to be copied into the project",
            "pool" => "there are no pools of agents; jobs have `demands`",
            "container" | "services" | "containers" => {
                "a step runs in a sandbox of its own, not beside or in a container"
            }
            "workspace" => "the workspace is the project's folder, and nothing clears it",
            "environment" => "environments and their checks are kept by Azure's server",
            "lockBehavior" => "locks are kept by Azure's server",
            "uses" => "repositories and pools need no permission here",
            key if Directive::of(key).is_some() => {
                "directives are for entries of collections, and this is an ordinary table"
            }
            _ => "there is no such key",
        }
    }

    fn job_dependencies(&mut self, job: &mut Table, entry: &Entry, stage: &Stage) {
        let mut renamed = entry.clone();
        rename(&mut renamed.node, stage);
        self.list(job, "depends-on", &renamed);
    }

    fn pool(&mut self, job: &mut Table, entry: &Entry) {
        let reason = "there are no pools of agents; jobs have `demands`";
        let entries = entry.node.entries().unwrap_or_default();
        if !entries.iter().any(|entry| entry.key == "demands") {
            job.comment(self.leave(entry, reason));
            return;
        }
        job.comment(texts(&entry.remarks.above));
        for inner in entries {
            if inner.key == "demands" {
                self.list(job, "demands", inner);
            } else {
                job.comment(self.leave_in("pool.", inner, reason));
            }
        }
        job.comment(texts(&entry.remarks.below));
    }

    fn strategy(&mut self, job: &mut Table, entry: &Entry) {
        let Some(entries) = entry.node.entries() else {
            job.comment(self.leave(entry, "a strategy has `matrix` or `parallel`"));
            return;
        };
        job.comment(texts(&entry.remarks.above));
        for inner in entries {
            match inner.key.as_str() {
                "matrix" if inner.node.text().is_some() => self.words(job, "matrix", inner),
                "matrix" => self.collection(job, "matrix", inner, Scalars::Texts),
                "parallel" => self.typed(job, "parallel", inner),
                "maxParallel" => self.typed(job, "max-parallel", inner),
                "runOnce" => self.run_once(job, inner),
                _ => job.comment(self.leave_in("strategy.", inner, "a strategy has no such key")),
            }
        }
        job.comment(texts(&entry.remarks.below));
    }
}

/// What a job of a stage is called in the pipeline file.
fn in_stage(name: &str, stage: &Stage) -> String {
    if stage.renamed.contains(&name.to_lowercase()) && !has_expression(name) {
        format!("{}_{name}", stage.name)
    } else {
        name.to_owned()
    }
}

/// Gives the jobs in a list of dependencies the names that they have in the pipeline file.
fn rename(node: &mut Node, stage: &Stage) {
    match &mut node.kind {
        Kind::Scalar { text, .. } => *text = in_stage(text, stage),
        Kind::Sequence(items) => items
            .iter_mut()
            .for_each(|Item { node, .. }| rename(node, stage)),
        Kind::Mapping(entries) => entries
            .iter_mut()
            .for_each(|entry| rename(&mut entry.node, stage)),
    }
}

//! Stages: a table for each, and their jobs among all other jobs.

use crate::directive::{self, Governed, Leaf, Part};
use crate::document::{Table, Value};
use crate::importer::{Importer, texts};
use crate::text::{has_expression, whole_expression};
use crate::value::Keys;
use crate::yaml::{Entry, Node};
use std::collections::{BTreeMap, BTreeSet};

const NO_STAGE: &str = "this is no stage";

/// The stage of some jobs.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    pub(crate) name: String,
    /// The jobs, in lower case, that have the name of the stage before theirs, since a pipeline file has each
    /// name once.
    pub(crate) renamed: BTreeSet<String>,
    /// How many jobs without a name there were.
    pub(crate) unnamed: usize,
}

/// The two collections that stages are written to.
#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) stages: Table,
    pub(crate) jobs: Table,
    stage_keys: Keys,
    pub(crate) job_keys: Keys,
}

impl Importer<'_> {
    /// All stages of a list.
    pub(crate) fn stages(&mut self, node: &Node) -> Tables {
        let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let parts = directive::parts(node);
        job_names(&parts, &mut owners);
        let ambiguous: BTreeSet<String> = owners
            .iter()
            .filter(|(_, stages)| stages.len() > 1)
            .map(|(name, _)| name.clone())
            .collect();
        self.taken.extend(owners.into_keys());
        let mut tables = Tables::default();
        let mut unnamed = 0;
        self.stage_parts(&mut tables, parts, &ambiguous, &mut unnamed);
        tables
    }

    fn stage_parts(
        &mut self,
        tables: &mut Tables,
        parts: Vec<Part<'_>>,
        ambiguous: &BTreeSet<String>,
        unnamed: &mut usize,
    ) {
        for part in parts {
            match part {
                Part::Leaf(leaf) => {
                    if let Some((name, stage)) = self.stage(tables, &leaf, ambiguous, unnamed) {
                        tables.stages.child(&name, stage);
                    }
                }
                Part::Governed(governed) => {
                    self.stage_group(tables, governed, ambiguous, unnamed);
                }
            }
        }
    }

    /// Both the stages and their jobs are there only if the directive says so.
    fn stage_group(
        &mut self,
        tables: &mut Tables,
        governed: Governed<'_>,
        ambiguous: &BTreeSet<String>,
        unnamed: &mut usize,
    ) {
        let Some((key, value)) = governed.directive.pair() else {
            self.stage_parts(tables, governed.parts, ambiguous, unnamed);
            return;
        };
        let mut inner = Tables::default();
        self.stage_parts(&mut inner, governed.parts, ambiguous, unnamed);
        let mut above = Vec::new();
        let mut below = Vec::new();
        for remarks in &governed.remarks {
            above.extend(texts(&remarks.above));
            below.extend(texts(&remarks.below));
        }
        let name = self.fresh("group");
        let mut stages = Table::between(above, below);
        stages.put(key, value.clone(), Vec::new());
        stages.child("stages", inner.stages);
        tables.stages.child(&name, stages);
        let mut jobs = Table::default();
        jobs.put(key, value, Vec::new());
        jobs.child("jobs", inner.jobs);
        tables.jobs.child(&name, jobs);
    }

    fn stage(
        &mut self,
        tables: &mut Tables,
        leaf: &Leaf<'_>,
        ambiguous: &BTreeSet<String>,
        unnamed: &mut usize,
    ) -> Option<(String, Table)> {
        let mut table = Table::between(texts(leaf.above()), texts(leaf.below()));
        if let Some(expression) = leaf.node.text().and_then(whole_expression) {
            table.put("insert", Value::Text(expression.to_owned()), Vec::new());
            let place = leaf.node.place;
            table.above.push(self.note(
                place,
                "stages of a parameter bring no jobs: hand over a template, or the jobs beside them",
            ));
            return Some((self.fresh("inserted"), table));
        }
        let Some(entries) = leaf.node.entries() else {
            tables.stages.comment(self.leave_leaf(leaf, NO_STAGE));
            return None;
        };
        let text = |key| leaf.node.get(key).and_then(Node::text);
        let name = match (text("template"), text("stage")) {
            (Some(path), _) => self.template_name(path),
            (None, Some(name)) if !name.is_empty() => tables.stage_keys.apart(name),
            _ if leaf.node.get("jobs").is_some() => {
                *unnamed += 1;
                tables.stage_keys.apart(&format!("Stage{unnamed}"))
            }
            _ => {
                tables.stages.comment(self.leave_leaf(leaf, NO_STAGE));
                return None;
            }
        };
        let mut stage = Stage {
            name: text("stage").map_or_else(|| name.clone(), str::to_owned),
            renamed: ambiguous.clone(),
            unnamed: 0,
        };
        if has_expression(&stage.name) {
            job_names_of(leaf.node, &mut |name| {
                stage.renamed.insert(name.to_lowercase());
            });
        }
        for entry in entries {
            self.stage_entry(&mut table, tables, &mut stage, entry);
        }
        Some((name, table))
    }

    fn stage_entry(
        &mut self,
        table: &mut Table,
        tables: &mut Tables,
        stage: &mut Stage,
        entry: &Entry,
    ) {
        match entry.key.as_str() {
            "stage" => table.above.extend(crate::importer::all_of(entry)),
            "template" => self.template(table, entry),
            "parameters" => self.arguments(table, entry),
            "displayName" => self.words(table, "display-name", entry),
            "dependsOn" => self.list(table, "depends-on", entry),
            "condition" => self.words(table, "condition", entry),
            "variables" => self.variables(table, entry),
            "jobs" => {
                table.comment(texts(&entry.remarks.above));
                self.jobs_into(
                    &mut tables.jobs,
                    &mut tables.job_keys,
                    &entry.node,
                    Some(stage),
                );
                table.comment(texts(&entry.remarks.below));
            }
            _ => {
                let reason = self.job_reason(&entry.key);
                table.comment(self.leave(entry, reason));
            }
        }
    }
}

/// In which stages each name of a job is, both in lower case.
fn job_names(parts: &[Part<'_>], owners: &mut BTreeMap<String, BTreeSet<String>>) {
    for part in parts {
        match part {
            Part::Governed(governed) => job_names(&governed.parts, owners),
            Part::Leaf(leaf) => {
                let stage = leaf.node.get("stage").and_then(Node::text);
                // Stages without a name are told apart by their place.
                let stage =
                    stage.map_or_else(|| leaf.node.range.start.to_string(), str::to_lowercase);
                owners.entry(stage.clone()).or_default();
                job_names_of(leaf.node, &mut |name| {
                    let stages = owners.entry(name.to_lowercase()).or_default();
                    stages.insert(stage.clone());
                });
            }
        }
    }
}

/// The names of the jobs of a stage.
fn job_names_of(stage: &Node, found: &mut impl FnMut(&str)) {
    fn below(parts: &[Part<'_>], unnamed: &mut usize, found: &mut impl FnMut(&str)) {
        for part in parts {
            match part {
                Part::Governed(governed) => below(&governed.parts, unnamed, found),
                Part::Leaf(leaf) => match crate::job::name_of(leaf.node) {
                    Some("") => {
                        *unnamed += 1;
                        found(&format!("Job{unnamed}"));
                    }
                    Some(name) => found(name),
                    None => {}
                },
            }
        }
    }
    if let Some(jobs) = stage.get("jobs") {
        below(&directive::parts(jobs), &mut 0, found);
    }
}

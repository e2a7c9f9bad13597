//! Parameters and templates: from the tree of a file to the tree that somebody could have written.
//!
//! A file is *compiled* first: every expression in it is read and every directive understood, so that
//! a mistake is told wherever it stands, also in a branch that is never taken. What has nothing to do
//! with templates stays a finished tree. The result is *expanded* as often as the file is included.
//!
//! Values know their places through all of that: those of a template lie in the template, and those
//! of a list that is handed to it lie where the list is.
//!
//! Expansion is recursive, and a file of some lines can ask for a lot. [`meter`] bounds it.

mod binding;
mod collection;
mod compilation;
mod conversion;
mod declaration;
mod directive;
mod expansion;
mod file;
mod inclusion;
mod meter;
mod parameter;
mod part;
mod path;
mod problem;
mod scope;
mod shape;
mod text;

use crate::Files;
use crate::Spanned;
use crate::tree::{Member, Node, Tree};
use binding::Binding;
use collection::Collection;
use expansion::Expander;
use file::{File, Origin};
use scope::Scope;
use shape::{Kind, Shape};
use std::ops::Range;
use std::rc::Rc;
use stepwell_diagnostic::{Diagnostic, Sources};

/// The keys at the top of a file that say what is to be expanded.
const KEYS: [&str; 2] = ["parameters", "extends"];

/// A pipeline file that was parsed.
pub(crate) struct Document<'d> {
    /// Where it lies in the project.
    pub(crate) path: &'d str,
    pub(crate) text: &'d str,
    pub(crate) members: Vec<Member>,
    /// Whether a syntax error may have swallowed something.
    pub(crate) damaged: bool,
}

/// What became of a file.
pub(crate) struct Expansion {
    /// The top of the pipeline; `None` if it cannot be told what it is.
    pub(crate) members: Option<Vec<Member>>,
    /// The values of its parameters, as text.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) problems: Vec<Diagnostic>,
    /// Whether something is missing from the tree.
    pub(crate) complete: bool,
    /// All files that were read.
    pub(crate) sources: Sources,
}

/// Expands a pipeline. `sources` has its own file.
pub(crate) fn expand(
    document: Document<'_>,
    parameters: &[(String, String)],
    files: &mut dyn Files,
    sources: Sources,
) -> Expansion {
    if parameters.is_empty() && is_plain(&document.members) {
        return Expansion {
            members: Some(document.members),
            parameters: Vec::new(),
            problems: Vec::new(),
            complete: true,
            sources,
        };
    }
    let main = path::resolve("", document.path).unwrap_or_else(|_| document.path.to_owned());
    let mut expander = Expander::new(files, sources, path::folder(&main));
    let origin = Origin {
        path: &main,
        text: document.text,
        base: 0,
        is_main: true,
        damaged: document.damaged,
    };
    let file = Rc::new(File::new(
        &origin,
        document.members,
        &mut expander.problems,
        &mut expander.meter,
        &mut expander.origins,
    ));
    let values = Binding {
        declared: &file.parameters,
        problems: &mut expander.problems,
        origins: &mut expander.origins,
        complete: !file.damaged,
    }
    .of_command_line(parameters);
    let mut shown = Vec::new();
    let members = values.map(|values| {
        let named = file.parameters.iter().filter_map(|declared| {
            let value = values.get(&declared.name.value)?;
            Some(parameter::shown(&declared.name, value))
        });
        shown = named.collect();
        expander.variables.open(stepwell_expr::Object::default());
        let members = expander.root(&file, Scope::new(values));
        expander.joined(members)
    });
    let mut problems = expander.problems;
    if let Some(problem) = expander.meter.problem() {
        problems.report(problem);
    }
    Expansion {
        members: members.filter(|_| !expander.meter.is_exceeded()),
        parameters: shown,
        complete: !problems.any_error(),
        problems: problems.into_list(),
        sources: expander.sources,
    }
}

fn is_plain(members: &[Member]) -> bool {
    members.iter().all(|member| {
        !KEYS.contains(&member.key.value.as_str())
            && !text::has_expression(&member.key.value)
            && !directive::KEYS.contains(&member.key.value.as_str())
            && compilation::is_plain(&member.value)
    })
}

impl Expander<'_> {
    /// The top of the pipeline with what templates have added to it: tasks, and jobs of stages.
    fn joined(&mut self, mut members: Vec<Member>) -> Vec<Member> {
        let tasks = std::mem::take(&mut self.tasks);
        if let Some(first) = tasks.first() {
            let span = first.key.span.clone();
            members.push(table(Kind::Tasks, span, tasks));
        }
        let jobs = std::mem::take(&mut self.jobs);
        let Some(first) = jobs.first() else {
            return members;
        };
        let span = first.key.span.clone();
        let at = members
            .iter()
            .position(|member| member.key.value == Kind::Jobs.key());
        let own = at.map(|at| members.remove(at));
        let (span, own) = match own {
            Some(Member {
                key,
                value:
                    Node {
                        value: Tree::Table(own),
                        ..
                    },
            }) => (key.span, own),
            Some(other) => {
                // The typed reading says what is wrong with it.
                members.push(other);
                return members;
            }
            None => (span, Vec::new()),
        };
        let mut all = Collection::members(Shape::Collection(Kind::Jobs));
        for Member { key, value } in own.into_iter().chain(jobs) {
            if let Err(problem) = all.add(Some(key), value) {
                self.report(problem);
            }
        }
        if let Some(Node {
            value: Tree::Table(jobs),
            ..
        }) = all.finish(&span, &mut self.meter)
        {
            members.push(table(Kind::Jobs, span, jobs));
        }
        members
    }
}

fn table(kind: Kind, span: Range<usize>, members: Vec<Member>) -> Member {
    Member {
        key: Spanned::new(kind.key().to_owned(), span.clone()),
        value: Node {
            span,
            value: Tree::Table(members),
        },
    }
}

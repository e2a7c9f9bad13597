//! Templates that are included: which file, with which parameters, and what of it.

use super::binding::Binding;
use super::collection::already_defined;
use super::expansion::Expander;
use super::file::{File, Origin};
use super::meter::{MAX_FILES, MAX_NESTING};
use super::part::Include;
use super::path;
use super::scope::{self, Scope};
use super::shape::Kind;
use crate::name::fold;
use crate::tree::{Member, Node, Tree};
use crate::{MAX_FILE_BYTES, Spanned, size, syntax};
use std::rc::Rc;
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::Object;

impl Expander<'_> {
    /// What a template has under the key of `kind`.
    pub(crate) fn include(
        &mut self,
        kind: Kind,
        include: &Include,
        scope: &mut Scope,
    ) -> Option<Node> {
        let file = self.open(include, scope)?;
        let misfits = file.misfits(kind);
        if !misfits.is_empty() {
            for misfit in misfits {
                let problem = misfit.problem(&file.path, kind, include);
                self.report(problem);
            }
            return None;
        }
        let parameters = self.arguments(&file, include, scope)?;
        let stage = self.given_stage(include, scope);
        let before = self.stage.clone();
        if let Some((_, Tree::Text(name))) = stage.as_ref().map(|(key, node)| (key, &node.value)) {
            self.stage = Some(name.clone());
        }
        self.enter(&include.span)?;
        self.chain.push(Rc::clone(&file));
        let node = self.contribution(kind, &file, Scope::new(parameters));
        self.chain.pop();
        self.leave();
        self.stage = before;
        let mut node = node?;
        if let (Some((key, stage)), Tree::Table(jobs)) = (stage, &mut node.value) {
            for job in jobs {
                self.move_to(&key, &stage, &mut job.value);
            }
        }
        Some(node)
    }

    /// What a template of a kind gives, besides the tasks that it declares.
    fn contribution(&mut self, kind: Kind, file: &File, mut scope: Scope) -> Option<Node> {
        self.declare(file, &mut scope);
        let node = self.part(file.member(kind.key())?, &mut scope)?;
        if kind == Kind::Stages {
            self.note_stages(&node);
            if let Some(jobs) = file.member(Kind::Jobs.key())
                && let Some(Node { span, value }) = self.part(jobs, &mut scope)
            {
                match value {
                    Tree::Table(jobs) => self.jobs.extend(jobs),
                    other => self.not_a_table("jobs", span, &other),
                }
            }
        }
        Some(node)
    }

    fn not_a_table(&mut self, key: &str, span: std::ops::Range<usize>, found: &Tree) {
        let found = found.article();
        self.report(
            Diagnostic::error(
                "wrong-type",
                format!("`{key}` must be a table, not {found}"),
            )
            .at(span, format!("this is {found}")),
        );
    }

    /// Remembers the variables of stages for their jobs.
    fn note_stages(&mut self, stages: &Node) {
        let Tree::Table(members) = &stages.value else {
            return;
        };
        for Member { key, value } in members {
            let variables = match &value.value {
                Tree::Table(members) => members.iter().find(|it| it.key.value == "variables"),
                _ => None,
            };
            let variables = variables.map(|member| scope::variables(&member.value));
            self.stages
                .insert(fold(&key.value), variables.unwrap_or_default());
        }
    }

    /// The stage that an entry gives to the jobs of its template.
    fn given_stage(
        &mut self,
        include: &Include,
        scope: &mut Scope,
    ) -> Option<(Spanned<String>, Node)> {
        let (key, part) = include.stage.as_ref()?;
        let node = self.part(part, scope)?;
        Some((key.clone(), node))
    }

    fn move_to(&mut self, key: &Spanned<String>, stage: &Node, job: &mut Node) {
        if let Tree::Table(members) = &mut job.value
            && !members.iter().any(|member| member.key.value == key.value)
        {
            members.push(Member {
                key: key.clone(),
                value: stage.clone(),
            });
        }
    }

    /// The file that an entry names.
    fn open(&mut self, include: &Include, scope: &mut Scope) -> Option<Rc<File>> {
        // Including takes far longer than anything else that is counted.
        const EVENTS: usize = 16;
        self.meter.events(EVENTS, &include.span)?;
        let node = self.part(&include.path, scope)?;
        let Tree::Text(written) = node.value else {
            let found = node.value.article();
            self.report(
                Diagnostic::error(
                    "wrong-type",
                    format!("`template` must be a string, not {found}"),
                )
                .at(node.span, format!("this gives {found}")),
            );
            return None;
        };
        let here = self
            .chain
            .last()
            .map_or(self.folder.as_str(), |file| file.folder());
        let path = match path::resolve(here, &written) {
            Ok(path) => path,
            Err((message, help)) => {
                self.report(
                    Diagnostic::error("invalid-path", message)
                        .at(include.span.clone(), "")
                        .help(help),
                );
                return None;
            }
        };
        if self.chain.iter().any(|file| file.path == path) {
            self.report(self.cycle(&path, include));
            return None;
        }
        if self.chain.len() > MAX_NESTING {
            let message = format!("templates are nested more than {MAX_NESTING} levels deep");
            let problem = Diagnostic::error("too-deep", message);
            self.report(problem.at(include.span.clone(), "one level too many"));
            return None;
        }
        match self.loaded.get(&path) {
            Some(known) => known.clone(),
            None => {
                let file = self.load(&path, include).map(Rc::new);
                self.loaded.insert(path, file.clone());
                file
            }
        }
    }

    fn cycle(&self, path: &str, include: &Include) -> Diagnostic {
        const SHOWN: usize = 8;
        let files = self.chain.iter().map(|file| file.path.as_str());
        let mut cycle: Vec<_> = files.skip_while(|file| *file != path).collect();
        if cycle.len() > SHOWN {
            cycle.splice(SHOWN / 2..cycle.len() - SHOWN / 2, ["…"]);
        }
        cycle.push(path);
        Diagnostic::error("cyclic-template", format!("`{path}` includes itself"))
            .at(include.span.clone(), "here the circle closes")
            .help(format!("the chain is {}", cycle.join(" → ")))
    }

    fn load(&mut self, path: &str, include: &Include) -> Option<File> {
        let at = include.span.clone();
        if self.loaded.len() >= MAX_FILES {
            let message = format!("a pipeline has at most {MAX_FILES} template files");
            let problem = Diagnostic::error("too-many", message);
            self.report(problem.at(at, "the first one too many"));
            return None;
        }
        let text = match self.files.read(path) {
            Ok(text) => text,
            Err(message) => {
                let message = format!("cannot read template `{path}`: {message}");
                let problem = Diagnostic::error("unreadable-template", message);
                let help =
                    "a path is relative to the file that names it; `/x` is relative to the project";
                self.report(problem.at(at, "named here").help(help));
                return None;
            }
        };
        if text.len() > MAX_FILE_BYTES {
            let most = size::format(MAX_FILE_BYTES as u64);
            let message = format!(
                "template `{path}` has {} bytes, and a file has at most {most}",
                text.len()
            );
            self.report(Diagnostic::error("too-large", message).at(at, "named here"));
            return None;
        }
        self.meter.bytes(text.len(), &at)?;
        let base = self.sources.add(path, text.as_str());
        let document = syntax::parse(&text);
        if !document.errors.is_empty() {
            for error in document.errors {
                let error = moved(error, base);
                self.report(error);
            }
            return None;
        }
        let root = match Tree::table(document.root.as_ref()?, base) {
            Tree::Table(members) => members,
            _ => Vec::new(),
        };
        let origin = Origin {
            path,
            text: &text,
            base,
            is_main: false,
            damaged: false,
        };
        Some(File::new(
            &origin,
            root,
            &mut self.problems,
            &mut self.meter,
            &mut self.origins,
        ))
    }

    /// The parameters of a template, from what the entry that includes it gives.
    fn arguments(&mut self, file: &File, include: &Include, scope: &mut Scope) -> Option<Object> {
        let failures = self.failures;
        let given = match &include.arguments {
            Some(part) => self.part(part, scope)?,
            None => Node {
                span: include.span.clone(),
                value: Tree::Table(Vec::new()),
            },
        };
        let Tree::Table(members) = &given.value else {
            self.not_a_table("parameters", given.span, &given.value);
            return None;
        };
        Binding {
            declared: &file.parameters,
            problems: &mut self.problems,
            origins: &mut self.origins,
            // An argument that could not be made is not there.
            complete: self.failures == failures,
        }
        .of_entry(members, include)
    }

    /// Adds the tasks that a file declares to those of the pipeline.
    pub(crate) fn declare(&mut self, file: &File, scope: &mut Scope) {
        let Some(part) = file.member(Kind::Tasks.key()) else {
            return;
        };
        let Some(node) = self.part(part, scope) else {
            return;
        };
        let Tree::Table(tasks) = node.value else {
            return self.not_a_table("tasks", node.span, &node.value);
        };
        for mut task in tasks {
            self.relocate(file, &mut task.value);
            let name = fold(&task.key.value);
            let known = self
                .task_names
                .get(&name)
                .and_then(|at| self.tasks.get(*at));
            match known {
                None => {
                    self.task_names.insert(name, self.tasks.len());
                    self.tasks.push(task);
                }
                Some(first)
                    if first.key.value == task.key.value && alike(&first.value, &task.value) => {}
                Some(first) => {
                    let problem = already_defined(&task.key, &first.key.span);
                    self.report(problem.help(
                        "give the task the same source and access everywhere, or another name",
                    ));
                }
            }
        }
    }

    /// Makes the source of a task that a template declares relative to the pipeline's own file.
    fn relocate(&self, file: &File, task: &mut Node) {
        let Tree::Table(members) = &mut task.value else {
            return;
        };
        let source = members
            .iter_mut()
            .find(|member| member.key.value == "source");
        let Some(Tree::Text(source)) = source.map(|member| &mut member.value.value) else {
            return;
        };
        let is_relative = !source.contains([':', '\\']) && !source.starts_with('/');
        if file.folder() != self.folder
            && is_relative
            && let Some(path) = path::seen_from(&self.folder, file.folder(), source)
        {
            *source = path;
        }
    }

    /// The pipeline that a file describes: its root, expanded.
    pub(crate) fn root(&mut self, file: &Rc<File>, mut scope: Scope) -> Vec<Member> {
        // Whatever stands where in a file, variables are seen by all, and stages by their jobs.
        const FIRST: [&str; 2] = ["variables", "stages"];
        self.chain.push(Rc::clone(file));
        let mut made: Vec<Option<Member>> = file.members.iter().map(|_| None).collect();
        for turn in 0..=FIRST.len() {
            if turn == 1 {
                self.declare(file, &mut scope);
            }
            for ((key, part), slot) in file.members.iter().zip(&mut made) {
                let name = key.value.as_str();
                let its_turn = FIRST.iter().position(|first| *first == name);
                if its_turn.unwrap_or(FIRST.len()) != turn || name == "tasks" {
                    continue;
                }
                let Some(value) = self.part(part, &mut scope) else {
                    continue;
                };
                match name {
                    "variables" => self.define_all(&value),
                    "stages" => self.note_stages(&value),
                    _ => {}
                }
                let key = key.clone();
                *slot = Some(Member { key, value });
            }
        }
        let mut members: Vec<_> = made.into_iter().flatten().collect();
        if let Some((_, include)) = &file.extends {
            for member in self.extended(include, &mut scope) {
                let known = file
                    .members
                    .iter()
                    .find(|(key, _)| key.value == member.key.value);
                match known {
                    Some((key, _)) => self
                        .report(already_defined(key, &member.key.span).help(
                            "with `extends`, what the template defines is not defined again",
                        )),
                    None => members.push(member),
                }
            }
        }
        self.chain.pop();
        members
    }

    fn extended(&mut self, include: &Include, scope: &mut Scope) -> Vec<Member> {
        let Some(file) = self.open(include, scope) else {
            return Vec::new();
        };
        let Some(parameters) = self.arguments(&file, include, scope) else {
            return Vec::new();
        };
        if self.enter(&include.span).is_none() {
            return Vec::new();
        }
        let members = self.root(&file, Scope::new(parameters));
        self.leave();
        members
    }
}

/// Whether two values say the same, wherever they stand.
fn alike(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Tree::Array(one), Tree::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Tree::Table(one), Tree::Table(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| {
                    one.key.value == other.key.value && alike(&one.value, &other.value)
                })
        }
        (one, other) => one == other,
    }
}

/// A problem of a file whose first byte has the place `base`.
fn moved(mut problem: Diagnostic, base: usize) -> Diagnostic {
    for label in &mut problem.labels {
        label.span = label.span.start + base..label.span.end + base;
    }
    problem
}

//! The program of a file to a tree.

use super::collection::Collection;
use super::conversion::Origins;
use super::file::File;
use super::meter::{MAX_DEPTH, Meter};
use super::part::{Condition, Content, Each, Entry, Formula, Key, Part, Segment, Text};
use super::problem::Problems;
use super::scope::{Scope, Variables, View};
use super::shape::{Kind, Shape};
use crate::tree::{Member, Node, Tree};
use crate::{Files, Spanned};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::rc::Rc;
use stepwell_diagnostic::{Diagnostic, Sources};
use stepwell_expr::{Array, Object, Value};

/// Expands a pipeline with all its templates.
pub(crate) struct Expander<'f> {
    pub(crate) files: &'f mut dyn Files,
    pub(crate) sources: Sources,
    /// The templates by path; `None` for one that cannot be used.
    pub(crate) loaded: HashMap<String, Option<Rc<File>>>,
    /// The folder of the pipeline's own file.
    pub(crate) folder: String,
    pub(crate) problems: Problems,
    pub(crate) meter: Meter,
    pub(crate) origins: Origins,
    /// The files that are being expanded, each included by the one before.
    pub(crate) chain: Vec<Rc<File>>,
    pub(crate) variables: Variables,
    /// The variables of each stage.
    pub(crate) stages: BTreeMap<String, Object>,
    /// The stage of jobs that name none.
    pub(crate) stage: Option<String>,
    /// The tasks that were declared so far.
    pub(crate) tasks: Vec<Member>,
    /// The positions of tasks by name.
    pub(crate) task_names: HashMap<String, usize>,
    /// The jobs of templates of stages.
    pub(crate) jobs: Vec<Member>,
    /// How often something could not be made.
    pub(crate) failures: usize,
    depth: usize,
}

impl<'f> Expander<'f> {
    pub(crate) fn new(files: &'f mut dyn Files, sources: Sources, folder: &str) -> Self {
        Self {
            files,
            sources,
            loaded: HashMap::new(),
            folder: folder.to_owned(),
            problems: Problems::default(),
            meter: Meter::new(),
            origins: Origins::default(),
            chain: Vec::new(),
            variables: Variables::default(),
            stages: BTreeMap::new(),
            stage: None,
            tasks: Vec::new(),
            task_names: HashMap::new(),
            jobs: Vec::new(),
            failures: 0,
            depth: 0,
        }
    }

    /// Reports that something cannot be made.
    pub(crate) fn report(&mut self, problem: Diagnostic) {
        self.failures += 1;
        self.problems.report(problem);
    }

    /// One level deeper; `None` if that is too deep.
    pub(crate) fn enter(&mut self, span: &Range<usize>) -> Option<()> {
        if self.depth >= MAX_DEPTH {
            let message =
                format!("values and templates are nested more than {MAX_DEPTH} levels deep");
            self.report(Diagnostic::error("too-deep", message).at(span.clone(), "too deep here"));
            return None;
        }
        self.depth += 1;
        Some(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The value that a part makes; `None` if it makes none, which was reported.
    pub(crate) fn part(&mut self, part: &Part, scope: &mut Scope) -> Option<Node> {
        match part {
            Part::Plain(node, weight) => {
                self.meter.tree(*weight, &node.span)?;
                Some(node.clone())
            }
            Part::Text(text) => self.text(text, scope),
            Part::Array(span, entries) => {
                self.collection(Collection::items(), span, entries, scope)
            }
            Part::Table(span, Shape::Entry(kind @ (Kind::Jobs | Kind::Stages)), entries) => {
                self.enter(span)?;
                let table = self.scoped(*kind, span, entries, scope);
                self.leave();
                table
            }
            Part::Table(span, shape, entries) => {
                self.collection(Collection::members(*shape), span, entries, scope)
            }
            Part::Broken => {
                self.failures += 1;
                None
            }
        }
    }

    fn collection(
        &mut self,
        mut collection: Collection,
        span: &Range<usize>,
        entries: &[Entry],
        scope: &mut Scope,
    ) -> Option<Node> {
        self.enter(span)?;
        let failures = self.failures;
        self.entries(entries, scope, &mut collection);
        self.leave();
        // What is empty only because something is broken is not called empty.
        let broken = collection.is_empty() && self.failures > failures;
        (!broken).then(|| collection.finish(span, &mut self.meter))?
    }

    /// A job or a stage: its variables come first, since the rest of it sees them.
    fn scoped(
        &mut self,
        kind: Kind,
        span: &Range<usize>,
        entries: &[Entry],
        scope: &mut Scope,
    ) -> Option<Node> {
        let mut made: Vec<Option<Member>> = entries.iter().map(|_| None).collect();
        let named =
            |entry: &Entry, key: &str| matches!(&entry.key, Key::Name(name) if name.value == key);
        let stage_first = entries.iter().zip(&mut made);
        let mut stage = self.stage.clone();
        for (entry, slot) in stage_first.filter(|(entry, _)| named(entry, "stage")) {
            *slot = self.member(entry, scope);
            if let Some(Tree::Text(name)) = slot.as_ref().map(|member| &member.value.value) {
                stage = Some(name.clone());
            }
        }
        if kind == Kind::Jobs {
            let layer = self.stage_variables(stage.as_deref());
            self.variables.open(layer);
        }
        self.variables.open(Object::default());
        for first in [true, false] {
            let rest = entries.iter().zip(&mut made);
            for (entry, slot) in rest
                .filter(|(entry, _)| named(entry, "variables") == first && !named(entry, "stage"))
            {
                *slot = self.member(entry, scope);
                if let (true, Some(member)) = (first, &slot) {
                    self.define_all(&member.value);
                }
            }
        }
        self.variables.close();
        if kind == Kind::Jobs {
            self.variables.close();
        }
        let mut members = Collection::members(Shape::Entry(kind));
        for member in made.into_iter().flatten() {
            self.add(&mut members, Some(member.key), member.value);
        }
        members.finish(span, &mut self.meter)
    }

    fn stage_variables(&self, stage: Option<&str>) -> Object {
        match stage {
            Some(name) => self.stages.get(&crate::name::fold(name)),
            None if self.stages.len() == 1 => self.stages.values().next(),
            None => None,
        }
        .cloned()
        .unwrap_or_default()
    }

    /// Makes the variables of a table known.
    pub(crate) fn define_all(&mut self, node: &Node) {
        if let Tree::Table(members) = &node.value {
            for member in members {
                self.variables.define(&member.key.value, &member.value);
            }
        }
    }

    /// An entry that has no directives.
    fn member(&mut self, entry: &Entry, scope: &mut Scope) -> Option<Member> {
        let Content::Value { part, .. } = &entry.content else {
            return None;
        };
        let value = self.part(part, scope)?;
        let key = self.key(&entry.key, scope)??;
        Some(Member { key, value })
    }

    /// The entries of a collection, chain by chain.
    fn entries(&mut self, entries: &[Entry], scope: &mut Scope, into: &mut Collection) {
        // Whether something in the chain was taken.
        let mut taken = false;
        for entry in entries {
            if self.meter.is_exceeded() {
                return;
            }
            let here = match (&entry.condition, &entry.each) {
                (Condition::Always, _) | (Condition::If(_), Some(_)) => Some(true),
                (Condition::If(formula), None) => self.holds(formula, scope),
                (Condition::ElseIf(_) | Condition::Else, _) if taken => Some(false),
                (Condition::ElseIf(formula), _) => self.holds(formula, scope),
                (Condition::Else, _) => Some(true),
            };
            // What cannot be told is not there, and neither is its alternative.
            taken = match entry.condition {
                Condition::Always => false,
                Condition::If(_) => here.unwrap_or(true),
                Condition::ElseIf(_) | Condition::Else => taken || here.unwrap_or(true),
            };
            if here != Some(true) {
                continue;
            }
            match &entry.each {
                Some(each) => self.each(each, entry, scope, into),
                None => self.content(entry, scope, into).unwrap_or_default(),
            }
        }
    }

    fn holds(&mut self, formula: &Formula, scope: &Scope) -> Option<bool> {
        Some(self.evaluate(formula, scope)?.as_boolean())
    }

    fn each(&mut self, each: &Each, entry: &Entry, scope: &mut Scope, into: &mut Collection) {
        let Some(items) = self.evaluate(&each.items, scope) else {
            return;
        };
        match &items {
            Value::Null => {}
            Value::Array(array) => {
                for item in array.items() {
                    self.turn(each, item.clone(), entry, scope, into);
                }
            }
            Value::Object(object) => {
                for (name, value) in object.iter() {
                    let pair = [("key", Value::from(name)), ("value", value.clone())];
                    let pair: Object = pair.into_iter().collect();
                    self.turn(each, pair.into(), entry, scope, into);
                }
            }
            other => {
                let message = format!(
                    "`each` goes over an array or a table, not over a {}",
                    other.kind()
                );
                self.report(
                    Diagnostic::error("invalid-expression", message)
                        .at(each.items.place.span.clone(), "has no items"),
                );
            }
        }
    }

    fn turn(
        &mut self,
        each: &Each,
        item: Value,
        entry: &Entry,
        scope: &mut Scope,
        into: &mut Collection,
    ) {
        if self.meter.events(1, &each.items.place.span).is_none() {
            return;
        }
        scope.items.push((each.variable.clone(), item));
        let here = match &entry.condition {
            Condition::If(formula) => self.holds(formula, scope),
            _ => Some(true),
        };
        if here == Some(true) {
            self.content(entry, scope, into);
        }
        scope.items.pop();
    }

    fn content(&mut self, entry: &Entry, scope: &mut Scope, into: &mut Collection) -> Option<()> {
        match &entry.content {
            Content::Value { part, flattened } => {
                let key = self.key(&entry.key, scope)?;
                let node = self.part(part, scope)?;
                match (node.value, key) {
                    (Tree::Array(items), None) if *flattened => {
                        for item in items {
                            self.add(into, None, item);
                        }
                    }
                    (value, key) => {
                        let span = node.span;
                        self.add(into, key, Node { span, value });
                    }
                }
            }
            Content::Splice(part) => {
                let node = self.part(part, scope)?;
                self.splice(node, into);
            }
            Content::Insert(formula) => {
                let value = self.evaluate(formula, scope)?;
                let span = &formula.place.span;
                if value != Value::Null {
                    let node = self.node(&value, span)?;
                    self.splice(node, into);
                }
            }
            Content::Include(kind, include) => {
                let node = self.include(*kind, include, scope)?;
                self.splice(node, into);
            }
        }
        Some(())
    }

    /// Adds one item or entry.
    fn add(&mut self, into: &mut Collection, key: Option<Spanned<String>>, node: Node) {
        if let (Some(Kind::Variables), Some(key)) = (into.kind(), &key) {
            self.variables.define(&key.value, &node);
        }
        if let Err(problem) = into.add(key, node) {
            self.report(problem);
        }
    }

    /// Adds the items or entries of a collection.
    fn splice(&mut self, node: Node, into: &mut Collection) {
        match (node.value, into.has_keys()) {
            (Tree::Array(items), false) => {
                for item in items {
                    self.add(into, None, item);
                }
            }
            (Tree::Table(members), true) => {
                for member in members {
                    self.add(into, Some(member.key), member.value);
                }
            }
            (value @ Tree::Table(_), false) => {
                let span = node.span;
                self.add(into, None, Node { span, value });
            }
            (value, has_keys) => {
                let found = value.article();
                let needed = match has_keys {
                    true => "a table, whose entries take the place of this one",
                    false => "an array, whose items take the place of this one",
                };
                self.report(
                    Diagnostic::error(
                        "wrong-type",
                        format!("{needed}, is needed here, not {found}"),
                    )
                    .at(node.span, format!("this is {found}")),
                );
            }
        }
    }

    fn key(&mut self, key: &Key, scope: &mut Scope) -> Option<Option<Spanned<String>>> {
        match key {
            Key::None => Some(None),
            Key::Name(name) => Some(Some(name.clone())),
            Key::Text(text) => {
                let node = self.text(text, scope)?;
                let Tree::Text(name) = node.value else {
                    let found = node.value.article();
                    self.report(
                        Diagnostic::error("wrong-type", format!("a key must be text, not {found}"))
                            .at(node.span, format!("this gives {found}")),
                    );
                    return None;
                };
                Some(Some(Spanned::new(name, node.span)))
            }
        }
    }

    /// The value of a text with expressions.
    fn text(&mut self, text: &Text, scope: &Scope) -> Option<Node> {
        let span = &text.span;
        if let [Segment::Expression(formula)] = text.segments.as_slice() {
            let value = self.evaluate(formula, scope)?;
            let value = match (text.shape.is_text(), value.as_text()) {
                (true, Ok(text)) => Value::String(text),
                _ => value,
            };
            let value = match (value, text.shape.item().is_text()) {
                (Value::Array(array), true) => texts(&array),
                (value, _) => value,
            };
            return self.node(&value, span);
        }
        let mut result = String::new();
        for segment in &text.segments {
            match segment {
                Segment::Literal(literal) => result.push_str(literal),
                Segment::Expression(formula) => {
                    let value = self.evaluate(formula, scope)?;
                    let Ok(part) = value.as_text() else {
                        let message = format!("a text cannot hold {}", article(&value));
                        self.report(
                            Diagnostic::error("invalid-expression", message)
                                .at(formula.place.span.clone(), "no text")
                                .help("`join` and `convertToJson` make text of it"),
                        );
                        return None;
                    };
                    self.meter.bytes(part.len(), span)?;
                    result.push_str(&part);
                }
            }
        }
        self.node(&Value::from(result), span)
    }

    fn node(&mut self, value: &Value, span: &Range<usize>) -> Option<Node> {
        let node = self.origins.node(value, span, self.depth, &mut self.meter);
        if node.is_none() && !self.meter.is_exceeded() {
            let message =
                format!("values and templates are nested more than {MAX_DEPTH} levels deep");
            self.report(Diagnostic::error("too-deep", message).at(span.clone(), "too deep here"));
        }
        node
    }

    fn evaluate(&mut self, formula: &Formula, scope: &Scope) -> Option<Value> {
        let place = &formula.place;
        self.meter.events(1, &place.span)?;
        let view = View {
            scope,
            variables: &self.variables,
        };
        let result = formula
            .expression
            .evaluate_within(&view, &mut self.meter.work);
        let size = self.variables.take_cost() + formula.expression.text().len() / 64;
        self.meter.events(size, &place.span)?;
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.meter.spent(&place.span);
                if !self.meter.is_exceeded() {
                    self.report(
                        Diagnostic::error("invalid-expression", error.to_string())
                            .at(place.of(&error.span()), ""),
                    );
                }
                None
            }
        }
    }
}

/// What a value is, with its article.
fn article(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Boolean(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Version(_) => "a version",
        Value::DateTime(_) => "a date or time",
        Value::Array(_) => "an array",
        Value::Object(_) => "a table",
    }
}

/// The items of an array as texts, where they have one.
fn texts(array: &Array) -> Value {
    let text = |item: &Value| item.as_text().map_or_else(|_| item.clone(), Value::String);
    Value::Array(array.items().iter().map(text).collect())
}

//! A tree to the program that expands it.
//!
//! All that can be wrong with a file whatever its parameters are is found here, also in branches that
//! are never taken.

use super::declaration::Declaration;
use super::meter::{MAX_DEPTH, Meter, Weight};
use super::part::{Condition, Content, Each, Entry, Formula, Key, Part, Place, Segment, Text};
use super::problem::Problems;
use super::shape::Shape;
use super::text::{self, Piece};
use crate::name::{did_you_mean, fold};
use crate::tree::{Member, Node, Tree};
use crate::{Spanned, template::directive};
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::{Expression, Names};

/// The most levels of a file that has templates.
const MAX_LEVELS: usize = MAX_DEPTH / 2;

/// How many times larger than its text an expression is once it is read.
const EXPRESSION_FACTOR: usize = 16;

/// Whether there is nothing to expand.
pub(crate) fn is_plain(node: &Node) -> bool {
    match &node.value {
        Tree::Text(text) => !text::has_expression(text),
        Tree::Array(items) => items.iter().all(is_plain),
        Tree::Table(members) => members.iter().all(|member| {
            let key = member.key.value.as_str();
            !directive::KEYS.contains(&key) && !text::has_expression(key) && is_plain(&member.value)
        }),
        _ => true,
    }
}

/// What is broken about the directives of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Whether or how often it is there.
    Control,
    /// It uses a name that nobody knows.
    Scope,
}

/// Compiles one file.
pub(crate) struct Compiler<'c> {
    pub(crate) problems: &'c mut Problems,
    pub(crate) meter: &'c mut Meter,
    /// The text of the file and the place of its first byte.
    pub(crate) source: (&'c str, usize),
    declared: &'c [Declaration],
    /// Whether a syntax error may have swallowed something.
    damaged: bool,
    /// The named values.
    values: Vec<String>,
    level: usize,
}

impl<'c> Compiler<'c> {
    pub(crate) fn new(
        problems: &'c mut Problems,
        meter: &'c mut Meter,
        source: (&'c str, usize),
        declared: &'c [Declaration],
        damaged: bool,
    ) -> Self {
        let values = Names::TEMPLATE.values.iter().copied().map(str::to_owned);
        Self {
            problems,
            meter,
            source,
            declared,
            damaged,
            values: values.collect(),
            level: 0,
        }
    }

    pub(crate) fn report(&mut self, problem: Diagnostic) {
        self.problems.report(problem);
    }

    /// Reports that something is not there, unless a syntax error may have swallowed it.
    pub(crate) fn report_missing(&mut self, problem: Diagnostic) {
        if !self.damaged {
            self.report(problem);
        }
    }

    /// What makes the value of `node`.
    pub(crate) fn part(&mut self, node: Node, shape: Shape) -> Part {
        let span = node.span.clone();
        if self.level > MAX_LEVELS {
            let message = format!("values are nested more than {MAX_LEVELS} levels deep");
            self.report(Diagnostic::error("too-deep", message).at(span, ""));
            return Part::Broken;
        }
        let weight = Weight::of_one(&node);
        if self.meter.tree(weight, &span).is_none() {
            return Part::Broken;
        }
        self.level += 1;
        let part = match node.value {
            Tree::Text(text) if text::has_expression(&text) => {
                let text = self.text(&text, &span, shape);
                text.map_or(Part::Broken, Part::Text)
            }
            Tree::Array(items) => self.array(span, items, shape),
            Tree::Table(members) => self.table(span, members, shape),
            value => Part::Plain(Node { span, value }, weight),
        };
        self.level -= 1;
        part
    }

    fn array(&mut self, span: Range<usize>, items: Vec<Node>, shape: Shape) -> Part {
        let mut chain = directive::Chain::default();
        let mut entries = Vec::with_capacity(items.len());
        for item in items {
            entries.push(self.entry(None, item, shape, &mut chain));
        }
        if !entries.iter().all(Entry::is_plain) {
            return Part::Array(span, entries);
        }
        let mut weight = Weight::of(0);
        let items = entries.into_iter().filter_map(Entry::into_item);
        let items = items.map(|(item, own)| {
            weight = weight.and(own);
            item
        });
        let value = Tree::Array(items.collect());
        Part::Plain(Node { span, value }, weight)
    }

    fn table(&mut self, span: Range<usize>, members: Vec<Member>, shape: Shape) -> Part {
        let mut chain = directive::Chain::default();
        let mut entries = Vec::with_capacity(members.len());
        for Member { key, value } in members {
            if directive::is_misplaced(&key.value, &value, shape) {
                self.report(directive::misplaced(&key));
                continue;
            }
            entries.push(match shape {
                Shape::Collection(_) => self.entry(Some(key), value, shape, &mut chain),
                _ => {
                    let shape = shape.member(&key.value);
                    let part = self.part(value, shape);
                    Entry::new(self.key(key), part)
                }
            });
        }
        if !entries.iter().all(Entry::is_plain) {
            return Part::Table(span, shape, entries);
        }
        let mut weight = Weight::of(0);
        let members = entries.into_iter().filter_map(Entry::into_member);
        let members = members.map(|(member, own)| {
            weight = weight.and(own);
            member
        });
        let value = Tree::Table(members.collect());
        Part::Plain(Node { span, value }, weight)
    }

    /// An entry of a collection, with its directives.
    fn entry(
        &mut self,
        key: Option<Spanned<String>>,
        node: Node,
        collection: Shape,
        chain: &mut directive::Chain,
    ) -> Entry {
        let shape = match &key {
            Some(key) => collection.member(&key.value),
            None => collection.item(),
        };
        let kind = match collection {
            Shape::Collection(kind) => Some(kind),
            _ => None,
        };
        let span = node.span.clone();
        let (directives, node) = match node.value {
            Tree::Table(members) => directive::split(members, span.clone(), kind),
            value => (
                None,
                Node {
                    span: span.clone(),
                    value,
                },
            ),
        };
        let Some(mut directives) = directives else {
            chain.end();
            let key = key.map_or(Key::None, |key| self.key(key));
            let part = self.part(node, shape);
            return Entry::new(key, part);
        };
        let scope = self.values.len();
        let (condition, each, content) = match directives.control(self, chain) {
            Ok((condition, each)) => {
                let content = directives.content(self, node, shape, kind);
                (condition, each, content)
            }
            Err(broken) => {
                if broken == Broken::Control {
                    directives.content(self, node, shape, kind);
                }
                (Condition::Always, None, Content::Splice(Part::Broken))
            }
        };
        let key = match key {
            Some(key) if matches!(content, Content::Value { .. }) => self.key(key),
            Some(key) => Key::Name(key),
            None => Key::None,
        };
        self.values.truncate(scope);
        Entry {
            key,
            condition,
            each,
            content,
        }
    }

    fn key(&mut self, key: Spanned<String>) -> Key {
        if !text::has_expression(&key.value) {
            return Key::Name(key);
        }
        match self.text(&key.value, &key.span, Shape::Text) {
            Some(text) => Key::Text(text),
            None => Key::Name(key),
        }
    }

    /// Where the content of a string or a key stands.
    pub(crate) fn place(&self, text: &str, span: &Range<usize>) -> Place {
        let (source, base) = self.source;
        let raw = span
            .start
            .checked_sub(base)
            .and_then(|start| source.get(start..start + span.len()));
        text::place(raw.unwrap_or_default(), span, text)
    }

    /// A text with expressions.
    pub(crate) fn text(&mut self, text: &str, span: &Range<usize>, shape: Shape) -> Option<Text> {
        let place = self.place(text, span);
        let pieces = match text::pieces(text) {
            Ok(pieces) => pieces,
            Err(open) => {
                self.report(
                    Diagnostic::error("invalid-expression", "the expression is not closed")
                        .at(place.of(&open), "opened here")
                        .help("an expression ends with `}}`; a literal `${{` is written `${{ '${{' }}`"),
                );
                return None;
            }
        };
        let mut segments = Vec::with_capacity(pieces.len());
        let mut intact = true;
        for piece in pieces {
            match piece {
                Piece::Literal(bytes) => {
                    let literal = text.get(bytes).unwrap_or_default();
                    segments.push(Segment::Literal(literal.to_owned()));
                }
                Piece::Expression(bytes) => {
                    let inner = text.get(bytes.clone()).unwrap_or_default();
                    match self.formula(inner, place.part(&bytes)) {
                        Some(formula) => segments.push(Segment::Expression(formula)),
                        None => intact = false,
                    }
                }
            }
        }
        intact.then(|| Text {
            span: span.clone(),
            shape,
            segments,
        })
    }

    /// Reads an expression.
    pub(crate) fn formula(&mut self, text: &str, place: Place) -> Option<Formula> {
        self.meter
            .bytes(text.len() * EXPRESSION_FACTOR, &place.span)?;
        let inner = text.trim();
        if inner.is_empty() {
            self.report(
                Diagnostic::error("invalid-expression", "an expression is missing")
                    .at(place.span, "nothing is here"),
            );
            return None;
        }
        let start = text.len() - text.trim_start().len();
        let place = place.part(&(start..start + inner.len()));
        let values: Vec<_> = self.values.iter().map(String::as_str).collect();
        let names = Names {
            values: &values,
            functions: &[],
        };
        match Expression::parse(inner, &names) {
            Ok(expression) => {
                let known = self.check_parameters(&expression, &place);
                known.then_some(Formula { expression, place })
            }
            Err(error) => {
                let label = error.suggestion();
                let label = label.map(|near| format!("did you mean `{near}`?"));
                self.report(
                    Diagnostic::error("invalid-expression", error.to_string())
                        .at(place.of(&error.span()), label.unwrap_or_default()),
                );
                None
            }
        }
    }

    /// Whether the parameters that an expression names are declared. An entry of a loop's item is
    /// not known before; that of a parameter is.
    fn check_parameters(&mut self, expression: &Expression, place: &Place) -> bool {
        let mut known = true;
        for (name, bytes) in expression.entries("parameters") {
            let declared = |one: &Declaration| fold(&one.name.value) == fold(name);
            if self.damaged || self.declared.iter().any(declared) {
                continue;
            }
            known = false;
            let near = self.declared.iter().map(|one| one.name.value.as_str());
            let label = did_you_mean(name, near, "not declared in this file");
            self.problems.report(
                Diagnostic::error(
                    "undeclared-parameter",
                    format!("there is no parameter `{name}`"),
                )
                .at(place.of(&bytes), label)
                .help(format!("declare it: `[parameters.{name}]`")),
            );
        }
        known
    }

    /// `name in expression`; the name exists from now on.
    pub(crate) fn each(&mut self, node: &Node) -> Result<Each, Broken> {
        let text = self.directive_text("each", node);
        let (text, place) = text.ok_or(Broken::Scope)?;
        let name = text.split_whitespace().next().unwrap_or_default();
        let after = text
            .trim_start()
            .strip_prefix(name)
            .map(str::trim_start)
            .and_then(|rest| rest.strip_prefix("in"))
            .filter(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '('));
        let Some(after) = after else {
            self.report(
                Diagnostic::error(
                    "invalid-directive",
                    "`each` is not of the form `name in expression`",
                )
                .at(place.span, "")
                .help("such as `each = \"system in parameters.systems\"`"),
            );
            return Err(Broken::Scope);
        };
        let start = text.len() - after.len();
        let items = self.formula(after, place.part(&(start..text.len())));
        let values: Vec<_> = self.values.iter().map(String::as_str).collect();
        let names = Names {
            values: &values,
            functions: &[],
        };
        if !names.is_free(name) {
            let at = text.len() - text.trim_start().len();
            self.report(
                Diagnostic::error("invalid-directive", format!("{name:?} cannot name an item")).at(
                    place.of(&(at..at + name.len())),
                    "no word of letters, digits and `_`, or already the name of something",
                ),
            );
            return Err(Broken::Scope);
        }
        self.values.push(name.to_owned());
        Ok(Each {
            variable: name.to_owned(),
            items: items.ok_or(Broken::Control)?,
        })
    }

    /// The expression of a directive.
    pub(crate) fn directive_formula(&mut self, key: &str, node: &Node) -> Option<Formula> {
        let (text, place) = self.directive_text(key, node)?;
        self.formula(&text, place)
    }

    fn directive_text(&mut self, key: &str, node: &Node) -> Option<(String, Place)> {
        let Tree::Text(text) = &node.value else {
            let found = node.value.article();
            self.report(
                Diagnostic::error(
                    "wrong-type",
                    format!("`{key}` must be a string, not {found}"),
                )
                .at(node.span.clone(), format!("this is {found}"))
                .help("it is an expression, in quotes"),
            );
            return None;
        };
        let place = self.place(text, &node.span);
        if text::has_expression(text) {
            self.report(
                Diagnostic::error(
                    "invalid-directive",
                    format!("the expression of `{key}` is written without `${{{{ }}}}`"),
                )
                .at(place.span, "an expression by itself")
                .help(format!("write `{key} = \"{}\"`", unwrapped(text))),
            );
            return None;
        }
        Some((text.clone(), place))
    }
}

/// A text without the braces of its expressions.
fn unwrapped(text: &str) -> String {
    let text: Vec<_> = text
        .split("${{")
        .flat_map(|part| part.split("}}"))
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    text.join(" ")
}

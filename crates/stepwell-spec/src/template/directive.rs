//! Directives: the keys of an entry that say whether it is there, how often, and what it is.

use super::compilation::{Broken, Compiler};
use super::part::{Condition, Content, Each, Include, Part};
use super::shape::{Kind, Shape};
use crate::Spanned;
use crate::tree::{Member, Node, Tree};
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;

const IF: &str = "if";
const ELSEIF: &str = "elseif";
const ELSE: &str = "else";
const EACH: &str = "each";
const INSERT: &str = "insert";
const TEMPLATE: &str = "template";

/// What an entry is, where it is no table. It is a directive only beside another one.
const VALUE: &str = "value";

/// What is handed to a template.
const PARAMETERS: &str = "parameters";

/// The stage of the jobs of a template.
const STAGE: &str = "stage";

/// The keys that make a table an entry with directives.
pub(crate) const KEYS: [&str; 6] = [IF, ELSEIF, ELSE, EACH, INSERT, TEMPLATE];

/// The directives of an entry.
pub(crate) struct Directives {
    members: Vec<Member>,
    /// Where the entry stands.
    span: Range<usize>,
}

/// What the entry before had to do with conditions.
#[derive(Default)]
pub(crate) enum Chain {
    /// Nothing.
    #[default]
    None,
    /// It has an `if` or `elseif`.
    Open,
    /// It has an `else`.
    Closed,
    /// It has an `if` that is asked in each turn of a loop.
    Loop,
}

impl Chain {
    /// An entry without a condition.
    pub(crate) fn end(&mut self) {
        *self = Self::None;
    }
}

/// Whether a member of a table is a directive that belongs into an entry.
pub(crate) fn is_misplaced(key: &str, value: &Node, shape: Shape) -> bool {
    let is_table = matches!(value.value, Tree::Table(_));
    KEYS.contains(&key)
        && match shape {
            Shape::Root => true,
            Shape::Collection(Kind::Jobs | Kind::Stages | Kind::Tasks) => !is_table,
            _ => false,
        }
}

/// What to say of a directive in a table that is no entry.
pub(crate) fn misplaced(key: &Spanned<String>) -> Diagnostic {
    let name = &key.value;
    let help = match name.as_str() {
        TEMPLATE => "a pipeline as a whole is taken from a template by `[extends]`",
        _ => {
            "it stands in an entry of steps, jobs, stages, variables, tasks, inputs, env, matrix or \
             parameters, or in an item of an array"
        }
    };
    Diagnostic::error("misplaced-directive", format!("`{name}` cannot stand here"))
        .at(
            key.span.clone(),
            "this table is not an entry of a collection",
        )
        .help(help)
}

/// The directives of an entry, if there are any, and the entry without them.
pub(crate) fn split(
    members: Vec<Member>,
    span: Range<usize>,
    kind: Option<Kind>,
) -> (Option<Directives>, Node) {
    let is_directive = |member: &Member| KEYS.contains(&member.key.value.as_str());
    let node = |members| Node {
        span: span.clone(),
        value: Tree::Table(members),
    };
    if !members.iter().any(is_directive) {
        return (None, node(members));
    }
    let with_template = members.iter().any(|member| member.key.value == TEMPLATE);
    let (directives, rest) = members.into_iter().partition(|member| {
        is_directive(member)
            || (with_template
                && match member.key.value.as_str() {
                    PARAMETERS => true,
                    STAGE => kind == Some(Kind::Jobs),
                    _ => false,
                })
    });
    let directives = Directives {
        members: directives,
        span: span.clone(),
    };
    (Some(directives), node(rest))
}

impl Directives {
    fn take(&mut self, key: &str) -> Option<Member> {
        let at = self.members.iter().position(|it| it.key.value == key)?;
        Some(self.members.remove(at))
    }

    /// Whether and how often the entry is there.
    pub(crate) fn control(
        &mut self,
        compiler: &mut Compiler<'_>,
        chain: &mut Chain,
    ) -> Result<(Condition, Option<Each>), Broken> {
        let each = self.take(EACH);
        let conditions: Vec<_> = [IF, ELSEIF, ELSE]
            .into_iter()
            .filter_map(|key| self.take(key))
            .collect();
        let before = std::mem::take(chain);
        *chain = match (conditions.first(), &each) {
            (None, _) => Chain::None,
            (Some(member), Some(_)) if member.key.value == IF => Chain::Loop,
            (Some(member), _) if member.key.value == ELSE => Chain::Closed,
            (Some(_), _) => Chain::Open,
        };
        let mut conditions = conditions.into_iter();
        let condition = conditions.next();
        let mut intact = true;
        if let (Some(first), Some(second)) = (&condition, conditions.next()) {
            let (one, other) = (&first.key.value, &second.key.value);
            let message = format!("an entry has either `{one}` or `{other}`");
            compiler.report(
                Diagnostic::error("invalid-directive", message)
                    .at(second.key.span, "one of them too many")
                    .at(first.key.span.clone(), ""),
            );
            intact = false;
        }
        if let Some(member) = &condition
            && member.key.value != IF
            && let Some(problem) = orphan(&member.key, &before, each.is_some())
        {
            compiler.report_missing(problem);
            intact = false;
        }
        let each = each.map(|member| compiler.each(&member.value)).transpose();
        if matches!(each, Err(Broken::Scope)) {
            return Err(Broken::Scope);
        }
        let condition = match condition {
            None => Some(Condition::Always),
            Some(member) => read_condition(compiler, &member),
        };
        let condition = condition.filter(|_| intact).ok_or(Broken::Control)?;
        Ok((condition, each?))
    }

    /// What the entry is; `rest` is the entry without directives.
    pub(crate) fn content(
        mut self,
        compiler: &mut Compiler<'_>,
        rest: Node,
        shape: Shape,
        kind: Option<Kind>,
    ) -> Content {
        let broken = Content::Splice(Part::Broken);
        let (insert, template) = (self.take(INSERT), self.take(TEMPLATE));
        let Tree::Table(mut members) = rest.value else {
            return broken;
        };
        if let (Some(one), Some(other)) = (&insert, &template) {
            compiler.report(
                Diagnostic::error(
                    "invalid-directive",
                    "an entry has either `insert` or `template`",
                )
                .at(other.key.span.clone(), "one of them too many")
                .at(one.key.span.clone(), ""),
            );
            return broken;
        }
        let is_group = |member: &Member| {
            kind.is_some_and(|kind| kind.has_groups() && kind.key() == member.key.value)
        };
        let alone = match (&insert, &template) {
            (Some(member), _) | (_, Some(member)) => Some(member.key.clone()),
            _ => members
                .iter()
                .find(|member| match kind {
                    Some(Kind::Variables) => member.key.value == VALUE && members.len() == 1,
                    _ => member.key.value == VALUE || is_group(member),
                })
                .map(|member| member.key.clone()),
        };
        if let Some(alone) = &alone
            && let Some(other) = members.iter().find(|member| member.key != *alone)
        {
            compiler.report(beside(alone, other));
            return broken;
        }
        if let Some(member) = template {
            return self.include(compiler, member, kind);
        }
        if let Some(member) = insert {
            let formula = compiler.directive_formula(INSERT, &member.value);
            return formula.map_or(broken, Content::Insert);
        }
        match (alone, members.pop()) {
            (Some(_), Some(member)) if is_group(&member) => {
                let shape = kind.map_or(Shape::Any, Shape::Collection);
                Content::Splice(compiler.part(member.value, shape))
            }
            (Some(_), Some(member)) => Content::Value {
                part: compiler.part(member.value, shape),
                flattened: true,
            },
            (_, last) => {
                members.extend(last);
                if matches!(shape, Shape::Text | Shape::Input) {
                    compiler.report_missing(valueless(&self.span));
                    return broken;
                }
                let value = Tree::Table(members);
                let span = rest.span;
                Content::Value {
                    part: compiler.part(Node { span, value }, shape),
                    flattened: false,
                }
            }
        }
    }

    fn include(
        mut self,
        compiler: &mut Compiler<'_>,
        template: Member,
        kind: Option<Kind>,
    ) -> Content {
        let Some(kind) = kind.filter(|kind| kind.has_templates()) else {
            compiler.report(
                Diagnostic::error("misplaced-directive", "`template` cannot stand here")
                    .at(template.key.span, "no templates of this")
                    .help("there are templates of steps, jobs, stages and variables")
                    .help("if it is data: `value = { template = … }` beside `if = \"true\"`"),
            );
            return Content::Splice(Part::Broken);
        };
        let parameters = self.take(PARAMETERS);
        let stage = self.take(STAGE);
        let include = include(compiler, template, parameters, stage);
        include.map_or(Content::Splice(Part::Broken), |include| {
            Content::Include(kind, include)
        })
    }
}

/// A template that is named by `template`.
pub(crate) fn include(
    compiler: &mut Compiler<'_>,
    template: Member,
    parameters: Option<Member>,
    stage: Option<Member>,
) -> Option<Include> {
    let span = template.value.span.clone();
    if !matches!(template.value.value, Tree::Text(_)) {
        let found = template.value.value.article();
        compiler.report(
            Diagnostic::error(
                "wrong-type",
                format!("`template` must be a string, not {found}"),
            )
            .at(span, format!("this is {found}"))
            .help("it is the path of a file"),
        );
        return None;
    }
    let path = compiler.part(template.value, Shape::Text);
    let arguments =
        parameters.map(|member| compiler.part(member.value, Shape::Collection(Kind::Arguments)));
    let stage = stage.map(|member| (member.key, compiler.part(member.value, Shape::Text)));
    Some(Include {
        path,
        span,
        arguments,
        stage,
    })
}

fn read_condition(compiler: &mut Compiler<'_>, member: &Member) -> Option<Condition> {
    match member.key.value.as_str() {
        IF => compiler
            .directive_formula(IF, &member.value)
            .map(Condition::If),
        ELSEIF => compiler
            .directive_formula(ELSEIF, &member.value)
            .map(Condition::ElseIf),
        _ if member.value.value == Tree::Boolean(true) => Some(Condition::Else),
        _ => {
            compiler.report(
                Diagnostic::error("invalid-directive", "`else` must be `true`")
                    .at(member.value.span.clone(), "not `true`")
                    .help("leave the entry out, or give it an `if`"),
            );
            None
        }
    }
}

/// What is wrong with an `elseif` or `else` after an entry like this.
fn orphan(key: &Spanned<String>, before: &Chain, in_loop: bool) -> Option<Diagnostic> {
    let name = &key.value;
    let (message, label) = match before {
        Chain::Open if in_loop && name == ELSEIF => (
            "an entry has either `elseif` or `each`".to_owned(),
            "is it asked once, or in each turn?",
        ),
        Chain::Open => return None,
        Chain::None => (
            format!("`{name}` without `if`"),
            "the entry right before it has no `if` or `elseif`",
        ),
        Chain::Closed => (
            format!("`{name}` after `else`"),
            "the entry right before it has the `else` already",
        ),
        Chain::Loop => (
            format!("`{name}` after a loop"),
            "the `if` before it is asked in each turn",
        ),
    };
    let help = match before {
        Chain::Open | Chain::Loop => "put the loop into a group: an entry that holds several",
        _ => "an `if` is followed by any number of `elseif` and by one `else`",
    };
    Some(
        Diagnostic::error("invalid-directive", message)
            .at(key.span.clone(), label)
            .help(help),
    )
}

/// What is wrong with a key beside one that says all.
fn beside(alone: &Spanned<String>, other: &Member) -> Diagnostic {
    let (one, key) = (&alone.value, &other.key.value);
    let problem = Diagnostic::error(
        "invalid-directive",
        format!("`{key}` cannot stand beside `{one}`"),
    )
    .at(other.key.span.clone(), "says what the entry is")
    .at(alone.span.clone(), "so does this");
    match one.as_str() {
        VALUE => problem.help(format!(
            "a table with both: `value = {{ value = …, {key} = … }}`"
        )),
        TEMPLATE => problem.help("what a template is given is in `parameters`"),
        _ => problem,
    }
}

fn valueless(span: &Range<usize>) -> Diagnostic {
    Diagnostic::error("invalid-directive", "the entry has no value")
        .at(span.clone(), "only directives are here")
        .help("say with `value` what it is: `{ if = \"…\", value = \"…\" }`")
}

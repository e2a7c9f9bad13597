//! A file that was read: what it declares, and the program that makes the rest.

use super::compilation::Compiler;
use super::conversion::Origins;
use super::declaration::{self, Declaration};
use super::directive;
use super::meter::Meter;
use super::part::{Include, Part};
use super::path;
use super::problem::Problems;
use super::shape::{Kind, Shape};
use crate::name::did_you_mean;
use crate::tree::{Member, Node, Tree};
use crate::{Spanned, template::text};
use stepwell_diagnostic::Diagnostic;

/// The keys of a template besides what it is a template of.
const COMMON: [Kind; 2] = [Kind::Arguments, Kind::Tasks];

/// A file of a pipeline.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) parameters: Vec<Declaration>,
    pub(crate) extends: Option<(Spanned<String>, Include)>,
    pub(crate) members: Vec<(Spanned<String>, Part)>,
    /// Whether a syntax error may have swallowed something.
    pub(crate) damaged: bool,
}

/// What a file is.
pub(crate) struct Origin<'o> {
    pub(crate) path: &'o str,
    pub(crate) text: &'o str,
    /// The place of its first byte.
    pub(crate) base: usize,
    pub(crate) is_main: bool,
    pub(crate) damaged: bool,
}

impl File {
    /// Compiles a file.
    pub(crate) fn new(
        origin: &Origin<'_>,
        root: Vec<Member>,
        problems: &mut Problems,
        meter: &mut Meter,
        origins: &mut Origins,
    ) -> Self {
        let mut parameters = Vec::new();
        let mut extends = None;
        let mut others = Vec::with_capacity(root.len());
        for member in root {
            match member.key.value.as_str() {
                "parameters" => {
                    let is_main = origin.is_main;
                    let mut reader = declaration::Reader {
                        problems,
                        origins,
                        is_main,
                    };
                    parameters = reader.read(&member.value);
                }
                "extends" => extends = Some(member),
                _ => others.push(member),
            }
        }
        let source = (origin.text, origin.base);
        let damaged = origin.damaged;
        let mut compiler = Compiler::new(problems, meter, source, &parameters, damaged);
        let extends = extends.and_then(|member| {
            let include = extended(&mut compiler, member.value)?;
            Some((member.key, include))
        });
        let mut members = Vec::with_capacity(others.len());
        for Member { key, value } in others {
            if text::has_expression(&key.value) {
                compiler.report(
                    Diagnostic::error("invalid-key", "a key at the top holds no expression")
                        .at(key.span, "must be written out"),
                );
            } else if directive::is_misplaced(&key.value, &value, Shape::Root) {
                compiler.report(directive::misplaced(&key));
            } else {
                let shape = Shape::Root.member(&key.value);
                let part = compiler.part(value, shape);
                members.push((key, part));
            }
        }
        Self {
            path: origin.path.to_owned(),
            parameters,
            extends,
            members,
            damaged,
        }
    }

    /// The folder that its paths are relative to.
    pub(crate) fn folder(&self) -> &str {
        path::folder(&self.path)
    }

    /// What the file has under a key.
    pub(crate) fn member(&self, key: &str) -> Option<&Part> {
        let (_, part) = self.members.iter().find(|(other, _)| other.value == key)?;
        Some(part)
    }

    /// What is wrong with the file as a template of `kind`, each with whether that is where it is
    /// included.
    pub(crate) fn misfits(&self, kind: Kind) -> Vec<Misfit> {
        let what = kind.key();
        let belongs = |key: &str| {
            key == what
                || COMMON.iter().any(|common| common.key() == key)
                || (kind == Kind::Stages && key == Kind::Jobs.key())
        };
        let kinds = [Kind::Stages, Kind::Jobs, Kind::Steps, Kind::Variables];
        let is = kinds
            .into_iter()
            .find(|kind| self.member(kind.key()).is_some());
        if let Some(is) = is.filter(|is| *is != kind) {
            let key = self.members.iter().find(|(key, _)| key.value == is.key());
            return key
                .map(|(key, _)| Misfit::Kind(key.clone(), is))
                .into_iter()
                .collect();
        }
        let mut misfits: Vec<_> = self
            .members
            .iter()
            .map(|(key, _)| key)
            .chain(self.extends.iter().map(|(key, _)| key))
            .filter(|key| !belongs(&key.value))
            .map(|key| Misfit::Key(key.clone()))
            .collect();
        if is.is_none() && misfits.is_empty() {
            misfits.push(Misfit::Empty);
        }
        misfits
    }
}

/// What is wrong with a file as a template.
pub(crate) enum Misfit {
    /// It is a template of something else.
    Kind(Spanned<String>, Kind),
    /// It has a key that does not belong there.
    Key(Spanned<String>),
    /// It has nothing of what it should have.
    Empty,
}

impl Misfit {
    /// What to say of the template `path`, which was included for `kind`.
    pub(crate) fn problem(self, path: &str, kind: Kind, include: &Include) -> Diagnostic {
        let what = kind.key();
        match self {
            Self::Kind(key, is) => {
                let is = is.key();
                Diagnostic::error(
                    "wrong-template",
                    format!(
                        "unexpected value '{is}': `{path}` is a template of {is}, not of {what}"
                    ),
                )
                .at(include.span.clone(), format!("only {what} can stand here"))
                .at(key.span, "here is what it is a template of")
            }
            Self::Key(key) => {
                let known = [what, "parameters", "tasks"];
                Diagnostic::error("unknown-key", format!("unexpected value '{}'", key.value))
                    .at(
                        key.span,
                        did_you_mean(&key.value, known, "not a key that belongs here"),
                    )
                    .help(format!("a template of {what} has: {}", known.join(", ")))
            }
            Self::Empty => Diagnostic::error(
                "wrong-template",
                format!("`{path}` is no template of {what}"),
            )
            .at(include.span.clone(), format!("the file has no `{what}`")),
        }
    }
}

/// What the key `extends` names.
fn extended(compiler: &mut Compiler<'_>, node: Node) -> Option<Include> {
    let span = node.span.clone();
    let Tree::Table(members) = node.value else {
        let found = node.value.article();
        compiler.report(
            Diagnostic::error(
                "wrong-type",
                format!("`extends` must be a table, not {found}"),
            )
            .at(span, format!("this is {found}"))
            .help("write `[extends]` and below it `template = \"FILE\"`"),
        );
        return None;
    };
    let (mut template, mut parameters) = (None, None);
    for member in members {
        match member.key.value.as_str() {
            "template" => template = Some(member),
            "parameters" => parameters = Some(member),
            key => {
                let label = did_you_mean(key, ["template", "parameters"], "does not belong here");
                compiler.report(
                    Diagnostic::error("unknown-key", format!("unknown key `{key}` in `extends`"))
                        .at(member.key.span, label)
                        .help("accepted here: template, parameters"),
                );
            }
        }
    }
    let Some(template) = template else {
        compiler.report_missing(
            Diagnostic::error("missing-key", "`extends` needs a template")
                .at(span, "`template` is missing"),
        );
        return None;
    };
    directive::include(compiler, template, parameters, None)
}

//! Checking the links of a tree.

use crate::document::{Document, Link};
use crate::place::{Place, Places, nearest};
use crate::slug::Dropped;
use crate::target::{Target, is_line_range};
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use stepwell_tree::{Content, Kind, Tree, Unreadable, Walk, join, parent, resolve};

/// Nobody writes more Markdown into one file.
const SIZE_LIMIT: u64 = 8 << 20;

/// What is wrong with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Nothing is at its path.
    MissingFile,
    /// The path exists with other capitals.
    WrongCase,
    /// The file has no such anchor.
    MissingAnchor,
    /// The path leads out of the workspace.
    OutsideWorkspace,
    /// It leads nowhere.
    EmptyTarget,
    /// Its reference is not defined, so it is no link at all.
    UndefinedReference,
}

impl Code {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingFile => "missing-file",
            Self::WrongCase => "wrong-case",
            Self::MissingAnchor => "missing-anchor",
            Self::OutsideWorkspace => "outside-workspace",
            Self::EmptyTarget => "empty-target",
            Self::UndefinedReference => "undefined-reference",
        }
    }

    /// Whether it is certain that a link was meant; an undefined reference may be just text.
    #[must_use]
    pub fn is_error(self) -> bool {
        self != Self::UndefinedReference
    }
}

/// A link that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file it is in.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// What is wrong.
    pub code: Code,
    /// What is wrong, for a person.
    pub message: String,
}

/// What a check saw.
#[derive(Debug, Default)]
pub struct Report {
    /// The problems, by file and place.
    pub problems: Vec<Problem>,
    /// How many Markdown files were read.
    pub files: usize,
    /// How many links were checked.
    pub links: usize,
    /// How many links lead out of the workspace by an address; they were not checked.
    pub external: usize,
    /// The Markdown files that are not text, or too much of it.
    pub skipped: Vec<String>,
    /// What could not be read.
    pub unreadable: Vec<(String, io::Error)>,
}

impl Report {
    /// How many links are broken for certain.
    #[must_use]
    pub fn broken(&self) -> usize {
        self.errors().count()
    }

    /// In how many files those are.
    #[must_use]
    pub fn affected_files(&self) -> usize {
        let mut paths: Vec<_> = self.errors().map(|problem| &problem.path).collect();
        paths.dedup();
        paths.len()
    }

    fn errors(&self) -> impl Iterator<Item = &Problem> {
        let problems = self.problems.iter();
        problems.filter(|problem| problem.code.is_error())
    }
}

/// Checks the Markdown files of a walk over `tree`; their anchors only `with_anchors`. Before each
/// file `keep_going` is asked, so that a task can be told to stop.
///
/// # Errors
///
/// If the rules for anchors are malformed, which is a defect of this crate.
pub fn check(
    tree: &dyn Tree,
    walk: Walk<'_>,
    with_anchors: bool,
    keep_going: impl Fn() -> bool,
) -> Result<Report, regex::Error> {
    let mut checker = Checker {
        tree,
        places: Places::new(tree),
        documents: HashMap::new(),
        dropped: Dropped::as_on_github()?,
        with_anchors,
    };
    let mut report = Report::default();
    for path in walk.take_while(|_| keep_going()) {
        match path {
            Ok(path) if is_markdown(&path) => checker.check_file(&path, &mut report),
            Ok(_) => {}
            Err(Unreadable { path, error }) => report.unreadable.push((path, error)),
        }
    }
    Ok(report)
}

fn is_markdown(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| {
        ["md", "markdown"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// A document, or why there is none.
enum Read {
    Document(Rc<Document>),
    NoText,
    Failed(io::Error),
}

struct Checker<'a> {
    tree: &'a dyn Tree,
    places: Places<'a>,
    /// Documents that were read, and those that could not be.
    documents: HashMap<String, Option<Rc<Document>>>,
    dropped: Dropped,
    with_anchors: bool,
}

impl Checker<'_> {
    fn check_file(&mut self, path: &str, report: &mut Report) {
        let document = match self.read(path) {
            Read::Document(document) => document,
            Read::NoText => return report.skipped.push(path.to_owned()),
            Read::Failed(error) => return report.unreadable.push((path.to_owned(), error)),
        };
        report.files += 1;
        let from = report.problems.len();
        for link in &document.links {
            let target = Target::parse(&link.target);
            if target == Target::External {
                report.external += 1;
                continue;
            }
            report.links += 1;
            if let Some((code, message)) = self.judge(path, &document, target) {
                report.problems.push(problem(path, link, code, message));
            }
        }
        for link in &document.undefined {
            let message = format!("the reference `[{}]` is not defined", link.target);
            report
                .problems
                .push(problem(path, link, Code::UndefinedReference, message));
        }
        if let Some(added) = report.problems.get_mut(from..) {
            added.sort_by_key(|problem| (problem.line, problem.column));
        }
    }

    fn judge(&mut self, file: &str, own: &Document, target: Target) -> Option<(Code, String)> {
        let (path, fragment) = match target {
            Target::External => return None,
            Target::Empty => {
                return Some((Code::EmptyTarget, "the link has no target".to_owned()));
            }
            Target::Local { path, fragment } => (path, fragment),
        };
        let fragment = fragment.filter(|_| self.with_anchors);
        if path.is_empty() {
            let message = missing_anchor("this file", own, &fragment?)?;
            return Some((Code::MissingAnchor, message));
        }
        let base = if path.starts_with('/') {
            ""
        } else {
            parent(file)
        };
        let Some(resolved) = resolve(base, &path) else {
            let message = format!("`{path}` leads out of the workspace");
            return Some((Code::OutsideWorkspace, message));
        };
        let spelled = |resolved: &str| match path.strip_prefix('/') {
            Some(_) => format!("/{resolved}"),
            None => relative(parent(file), resolved),
        };
        match self.places.find(&resolved) {
            Place::Found(Kind::File) if path.ends_with('/') => {
                let message = format!("`{path}` is a file, not a directory");
                Some((Code::MissingFile, message))
            }
            Place::Found(kind) => {
                let document = self.document_at(&resolved, kind)?;
                let message = missing_anchor(&format!("`{path}`"), &document, &fragment?)?;
                Some((Code::MissingAnchor, message))
            }
            Place::WrongCase(right) => Some((
                Code::WrongCase,
                format!("`{path}` is spelled `{}`", spelled(&right)),
            )),
            Place::Missing(near) => {
                let hint = near.map_or_else(String::new, |near| did_you_mean(&spelled(&near)));
                Some((Code::MissingFile, format!("`{path}` does not exist{hint}")))
            }
        }
    }

    /// The Markdown that a reader of `path` sees: of a directory its README. `None` if that is no
    /// Markdown, or cannot be read: its anchors are then anybody's guess.
    fn document_at(&mut self, path: &str, kind: Kind) -> Option<Rc<Document>> {
        let file = match kind {
            Kind::Directory => join(path, "README.md"),
            _ => path.to_owned(),
        };
        if !self.with_anchors || !is_markdown(&file) {
            return None;
        }
        if let Some(document) = self.documents.get(&file) {
            return document.clone();
        }
        match self.read(&file) {
            Read::Document(document) => Some(document),
            Read::NoText | Read::Failed(_) => None,
        }
    }

    fn read(&mut self, path: &str) -> Read {
        if let Some(Some(document)) = self.documents.get(path) {
            return Read::Document(Rc::clone(document));
        }
        let read = match self.tree.read(path, SIZE_LIMIT) {
            Ok(Content::Text(bytes)) => {
                let text = String::from_utf8_lossy(&bytes);
                let text = text.trim_start_matches('\u{feff}');
                Read::Document(Rc::new(Document::parse(text, &self.dropped)))
            }
            Ok(Content::Binary | Content::TooLarge) => Read::NoText,
            Err(error) => Read::Failed(error),
        };
        let document = match &read {
            Read::Document(document) => Some(Rc::clone(document)),
            Read::NoText | Read::Failed(_) => None,
        };
        self.documents.insert(path.to_owned(), document);
        read
    }
}

fn problem(path: &str, link: &Link, code: Code, message: String) -> Problem {
    Problem {
        path: path.to_owned(),
        line: link.line,
        column: link.column,
        code,
        message,
    }
}

/// What is wrong with `fragment` as an anchor of `document`, if anything is.
fn missing_anchor(whose: &str, document: &Document, fragment: &str) -> Option<String> {
    // GitHub puts this before anchors that authors choose, and finds them with and without it.
    let name = fragment.strip_prefix("user-content-").unwrap_or(fragment);
    let is_top = name.is_empty() || name.eq_ignore_ascii_case("top");
    if is_top || is_line_range(name) || document.anchors.contains(name) {
        return None;
    }
    let lower = name.to_lowercase();
    let near = match document.anchors.get(&lower) {
        Some(anchor) => Some(anchor.as_str()),
        None => nearest(document.anchors.iter().map(String::as_str), &lower),
    };
    let hint = near.map_or_else(String::new, |near| did_you_mean(&format!("#{near}")));
    Some(format!("{whose} has no anchor `#{name}`{hint}"))
}

fn did_you_mean(text: &str) -> String {
    format!("; did you mean `{text}`?")
}

/// `path` as a link in a file of `directory` would write it.
fn relative(directory: &str, path: &str) -> String {
    let mut from: Vec<_> = directory
        .split('/')
        .filter(|name| !name.is_empty())
        .collect();
    let mut to: Vec<_> = path.split('/').collect();
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other);
    let shared = shared.count();
    from.drain(..shared);
    to.drain(..shared);
    let up = from.iter().map(|_| "..");
    up.chain(to).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests;

//! A flat walk over a hostile document.
//!
//! A walk instead of a tree, so that memory is bounded by the depth; explicit instead of recursive,
//! so that the stack is not bounded by the guest. A document type is skipped and what it declares is
//! not known, so nothing can be expanded.

use crate::bound::shown;
use crate::{MAX_DEPTH, Problem, ResultsError};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::borrow::Cow;
use std::fmt::Display;

/// What comes next.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    /// An element begins.
    Start(Element<'a>),
    /// A piece of the text of the innermost element.
    Text(Cow<'a, str>),
    /// The innermost element ends.
    End,
}

/// A document that is being read.
pub(crate) struct Document<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    /// The names of the elements that are open, with the place where each begins.
    open: Vec<(String, usize)>,
    /// How many of `open` remain when the next event comes: an element that ends is still there
    /// while its end is looked at.
    depth: usize,
    began: bool,
}

impl<'a> Document<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self {
            text,
            reader,
            open: Vec::new(),
            depth: 0,
            began: false,
        }
    }

    /// How deep the innermost element is; the root has 1.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The name of the element that is `levels` around the innermost one, empty outside of the root.
    pub(crate) fn around(&self, levels: usize) -> &str {
        self.open
            .iter()
            .rev()
            .nth(levels)
            .map_or("", |(name, _)| name)
    }

    /// The next node, `None` after the document.
    pub(crate) fn next(&mut self) -> Result<Option<Node<'a>>, ResultsError> {
        self.open.truncate(self.depth);
        loop {
            let begin = self.position();
            let event = self.reader.read_event().map_err(|error| {
                let place = usize::try_from(self.reader.error_position()).unwrap_or(begin);
                self.error_at(place, malformed(&error))
            })?;
            let text = match event {
                Event::Start(start) => return self.start(start, begin).map(Some),
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Some(Node::End));
                }
                Event::Text(text) => text.into_inner(),
                Event::CData(text) => text.into_inner(),
                Event::GeneralRef(reference) => resolve(&reference),
                Event::Eof => return self.end(),
                Event::Empty(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_) => continue,
            };
            if !self.open.is_empty() {
                return Ok(Some(Node::Text(text)));
            }
            let outside = text.trim_start();
            if let Some(line) = outside.lines().next() {
                let place = begin + (text.len() - outside.len());
                return Err(self.error_at(place, Problem::NotXml(shown(line))));
            }
        }
    }

    /// The root, which has to be one of `expected`. `format` names what the user asked for, `likely`
    /// tells which format has another root.
    pub(crate) fn root(
        &mut self,
        format: &'static str,
        expected: &'static [&'static str],
        likely: impl Fn(&str) -> Option<&'static str>,
    ) -> Result<Element<'a>, ResultsError> {
        let Some(Node::Start(root)) = self.next()? else {
            return Err(self.error_at(0, Problem::Empty));
        };
        if expected.contains(&root.name()) {
            return Ok(root);
        }
        let problem = Problem::Root {
            expected,
            format,
            found: shown(root.name()),
            likely: likely(root.name()),
        };
        Err(self.error(problem))
    }

    /// An error about the innermost element.
    pub(crate) fn error(&self, problem: Problem) -> ResultsError {
        self.error_at(self.open.last().map_or(0, |(_, begin)| *begin), problem)
    }

    fn start(&mut self, start: BytesStart<'a>, begin: usize) -> Result<Node<'a>, ResultsError> {
        let name = start.local_name().into_inner();
        if self.open.is_empty() && self.began {
            let problem = Problem::SecondRoot(shown(name));
            return Err(self.error_at(begin, problem));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error_at(begin, Problem::TooDeep));
        }
        self.began = true;
        self.open.push((name.to_owned(), begin));
        self.depth = self.open.len();
        Ok(Node::Start(Element(start)))
    }

    fn end(&self) -> Result<Option<Node<'a>>, ResultsError> {
        match self.open.last() {
            Some((name, begin)) => Err(self.error_at(*begin, Problem::Unclosed(shown(name)))),
            None => Ok(None),
        }
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(self.text.len())
    }

    fn error_at(&self, place: usize, problem: Problem) -> ResultsError {
        let before = self.text.as_bytes().iter().take(place);
        ResultsError {
            line: before.filter(|byte| **byte == b'\n').count() + 1,
            problem,
        }
    }
}

/// The start of an element.
#[derive(Debug)]
pub(crate) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    /// The name without a prefix.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// An attribute without surrounding white space, with what it escapes; empty where it is not.
    pub(crate) fn text(&self, attribute: &'static str) -> Result<String, Problem> {
        Ok(self.find(attribute)?.unwrap_or_default())
    }

    /// An attribute that is a count.
    pub(crate) fn count(&self, attribute: &'static str) -> Result<Option<u64>, Problem> {
        let number = |value: String| {
            value.parse().map_err(|_| Problem::Number {
                attribute,
                value: shown(&value),
            })
        };
        self.find(attribute)?.map(number).transpose()
    }

    fn find(&self, attribute: &'static str) -> Result<Option<String>, Problem> {
        let mut found = None;
        // The library's own check for duplicates compares each attribute with each other one.
        for each in self.0.attributes().with_checks(false) {
            let each = each.map_err(|error| malformed(&error))?;
            if each.key.local_name().into_inner() != attribute {
                continue;
            }
            if found.is_some() {
                return Err(Problem::Duplicate {
                    element: shown(self.name()),
                    attribute,
                });
            }
            // An undeclared entity or a character that XML forbids is no reason to lose a test.
            let value = unescape(&each.value).unwrap_or(Cow::Borrowed(&each.value));
            found = Some(value.trim().to_owned());
        }
        Ok(found)
    }
}

/// What the library says without what it begins with: a kind, or a place in the element.
fn malformed(error: &dyn Display) -> Problem {
    let text = error.to_string();
    let reason = text.split_once(": ").map_or(&*text, |(_, reason)| reason);
    Problem::Malformed(shown(reason))
}

/// A character, or the reference itself where nothing predefined is meant.
fn resolve(reference: &BytesRef<'_>) -> Cow<'static, str> {
    let text = format!("&{};", &**reference);
    match unescape(&text) {
        Ok(Cow::Owned(resolved)) => Cow::Owned(resolved),
        Ok(Cow::Borrowed(_)) | Err(_) => Cow::Owned(text),
    }
}

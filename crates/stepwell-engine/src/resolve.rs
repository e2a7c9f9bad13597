//! The values of variables whose values refer to variables.
//!
//! Always worked out from the values as they were set. A variable that refers to itself, over
//! however many others, or through too many levels, keeps its value as it was set; so does one
//! that refers to it. The walk keeps its own stack, since the chain may be as long as the
//! pipeline's author likes, and has bounds on size, since ten doublings make a kilobyte of a byte.

use crate::expand::{Part, TooLarge, expand, parts};
use std::fmt;

/// Levels of variables within variables, the outermost included.
const MAX_LEVELS: usize = 50;

/// Bytes of all expanded values together.
const MAX_TOTAL: usize = 1 << 20;

/// A variable as it was set.
#[derive(Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub(crate) value: &'a str,
    pub(crate) secret: bool,
    /// Whether the value may hold words of a step.
    pub(crate) untrusted: bool,
}

/// A variable's meaning.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The value, where it differs from the one that was set.
    pub(crate) value: Option<String>,
    /// Whether it is secret or holds a secret.
    pub(crate) secret: bool,
    /// Why the value stays as it was set.
    pub(crate) problem: Option<Problem>,
}

/// Why a variable is not expanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It takes part in a cycle or refers to a variable that does.
    Cycle,
    /// It refers to variables through too many levels.
    TooDeep,
    /// It, or all variables together, would become too large.
    TooLarge,
    /// A step wrote it, and it refers to a secret.
    Secret,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cycle => f.write_str("it leads back to itself or to a variable that does"),
            Self::TooDeep => write!(
                f,
                "it refers to variables through more than {MAX_LEVELS} levels"
            ),
            Self::TooLarge => f.write_str("it would become too large"),
            Self::Secret => f.write_str("a step wrote it, and it refers to a secret"),
        }
    }
}

/// Works out all variables; `lookup` gives the position of a name.
pub(crate) fn resolve(raw: &[Raw<'_>], lookup: impl Fn(&str) -> Option<usize>) -> Vec<Resolved> {
    let mut walk = Walk {
        raw,
        lookup,
        nodes: raw.iter().map(|_| Node::New).collect(),
        room: MAX_TOTAL,
    };
    for index in 0..raw.len() {
        walk.visit(index);
    }
    let nodes = walk.nodes.into_iter();
    nodes
        .zip(raw)
        .map(|(node, raw)| match node {
            Node::Done(done) => done.resolved,
            Node::New | Node::Open => unchanged(*raw, None),
        })
        .collect()
}

fn unchanged(raw: Raw<'_>, problem: Option<Problem>) -> Resolved {
    Resolved {
        value: None,
        secret: raw.secret,
        problem,
    }
}

enum Node {
    New,
    Open,
    Done(Done),
}

struct Done {
    resolved: Resolved,
    levels: usize,
}

struct Walk<'r, 'a, L> {
    raw: &'r [Raw<'a>],
    lookup: L,
    nodes: Vec<Node>,
    room: usize,
}

/// A variable whose references are being looked at.
struct Frame<'a> {
    index: usize,
    raw: Raw<'a>,
    references: Vec<usize>,
    next: usize,
    levels: usize,
    secret: bool,
    problem: Option<Problem>,
}

impl<'a, L: Fn(&str) -> Option<usize>> Walk<'_, 'a, L> {
    fn visit(&mut self, root: usize) {
        let mut stack: Vec<Frame<'a>> = self.open(root).into_iter().collect();
        while let Some(frame) = stack.last_mut() {
            let Some(reference) = frame.references.get(frame.next).copied() else {
                if let Some(frame) = stack.pop() {
                    self.close(frame);
                }
                continue;
            };
            match self.nodes.get(reference) {
                // Asked again once it is done.
                Some(Node::New) => stack.extend(self.open(reference)),
                Some(Node::Open) | None => {
                    frame.problem = Some(Problem::Cycle);
                    frame.next += 1;
                }
                Some(Node::Done(done)) => {
                    frame.levels = frame.levels.max(done.levels + 1);
                    frame.secret |= done.resolved.secret;
                    // That a step may not read a secret is no problem of those who read its words.
                    let problem = done.resolved.problem;
                    let problem = problem.filter(|problem| *problem != Problem::Secret);
                    frame.problem = frame.problem.or(problem);
                    if frame.raw.untrusted && done.resolved.secret {
                        frame.problem = frame.problem.or(Some(Problem::Secret));
                    }
                    frame.next += 1;
                }
            }
        }
    }

    fn open(&mut self, index: usize) -> Option<Frame<'a>> {
        let raw = *self.raw.get(index)?;
        let node = self.nodes.get_mut(index)?;
        if !matches!(node, Node::New) {
            return None;
        }
        *node = Node::Open;
        let references = parts(raw.value, &self.lookup).filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Macro(index) => Some(index),
        });
        Some(Frame {
            index,
            raw,
            references: references.collect(),
            next: 0,
            levels: 1,
            secret: raw.secret,
            problem: None,
        })
    }

    fn close(&mut self, frame: Frame<'a>) {
        let too_deep = (frame.levels > MAX_LEVELS).then_some(Problem::TooDeep);
        let resolved = if frame.references.is_empty() {
            unchanged(frame.raw, None)
        } else if let Some(problem) = frame.problem.or(too_deep) {
            unchanged(frame.raw, Some(problem))
        } else {
            match self.expand(frame.raw.value) {
                Ok(value) => Resolved {
                    value: Some(value),
                    secret: frame.secret,
                    problem: None,
                },
                Err(TooLarge) => unchanged(frame.raw, Some(Problem::TooLarge)),
            }
        };
        if let Some(node) = self.nodes.get_mut(frame.index) {
            *node = Node::Done(Done {
                resolved,
                levels: frame.levels,
            });
        }
    }

    fn expand(&mut self, value: &str) -> Result<String, TooLarge> {
        let mut room = self.room.min(crate::variable::MAX_VALUE);
        let lookup = |name: &str| {
            let index = (self.lookup)(name)?;
            match self.nodes.get(index)? {
                Node::Done(done) => done.resolved.value.as_deref(),
                Node::New | Node::Open => None,
            }
            .or(self.raw.get(index).map(|raw| raw.value))
        };
        let expanded = expand(value, lookup, &mut room)?.into_owned();
        self.room -= expanded.len();
        Ok(expanded)
    }
}

//! What an expansion may cost.
//!
//! A few lines can ask for a lot: a loop in a loop, a template that includes another one twice, a
//! parameter that doubles on its way down. Whatever a file says, reading it ends soon and stays small.

use crate::size;
use crate::tree::{Node, Tree};
use std::ops::Range;
use stepwell_diagnostic::Diagnostic;
use stepwell_expr::Budget;

/// The most template files, as in Azure Pipelines.
pub(crate) const MAX_FILES: usize = 100;

/// The most templates inside of each other, as in Azure Pipelines.
pub(crate) const MAX_NESTING: usize = 100;

/// The most levels of tables, arrays and templates together. Expansion is recursive, and this bounds
/// its stack.
pub(crate) const MAX_DEPTH: usize = 320;

/// The most bytes that all files and what they are expanded to may take, as in Azure Pipelines.
const MAX_BYTES: usize = 20 << 20;

/// What a value takes besides its text.
const NODE_BYTES: usize = 64;

/// The most turns of loops, values, evaluations and templates together.
const MAX_EVENTS: usize = 1_000_000;

/// The most bytes that all evaluations may look at or make.
const MAX_WORK_BYTES: usize = 32 << 20;

/// How large a tree is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    nodes: usize,
    bytes: usize,
}

impl Weight {
    /// One value with so much text.
    pub(crate) fn of(bytes: usize) -> Self {
        Self { nodes: 1, bytes }
    }

    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            nodes: self.nodes + other.nodes,
            bytes: self.bytes + other.bytes,
        }
    }

    /// One value without what is in it.
    pub(crate) fn of_one(node: &Node) -> Self {
        Self::of(match &node.value {
            Tree::Text(text) | Tree::Float(text) | Tree::Datetime(text) => text.len(),
            _ => 0,
        })
    }
}

/// What was asked for too much.
#[derive(Debug, Clone, Copy)]
enum Limit {
    Bytes,
    Events,
    Work,
}

/// Counts what is used.
pub(crate) struct Meter {
    bytes: usize,
    events: usize,
    /// What the functions of all expressions have left.
    pub(crate) work: Budget,
    exceeded: Option<(Limit, Range<usize>)>,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self {
            bytes: 0,
            events: 0,
            work: Budget::of(MAX_WORK_BYTES),
            exceeded: None,
        }
    }

    /// Takes the events and bytes of a tree, which is made at `place`; `None` if it is too much.
    pub(crate) fn tree(&mut self, weight: Weight, place: &Range<usize>) -> Option<()> {
        self.events(weight.nodes, place)?;
        self.bytes(weight.nodes * NODE_BYTES + weight.bytes, place)
    }

    /// Takes memory.
    pub(crate) fn bytes(&mut self, bytes: usize, place: &Range<usize>) -> Option<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        self.within(self.bytes <= MAX_BYTES, Limit::Bytes, place)
    }

    /// Takes time.
    pub(crate) fn events(&mut self, events: usize, place: &Range<usize>) -> Option<()> {
        self.events = self.events.saturating_add(events);
        self.within(self.events <= MAX_EVENTS, Limit::Events, place)
    }

    /// Notes that an evaluation has used up the work of all.
    pub(crate) fn spent(&mut self, place: &Range<usize>) {
        self.within(!self.work.is_spent(), Limit::Work, place);
    }

    fn within(&mut self, within: bool, limit: Limit, place: &Range<usize>) -> Option<()> {
        if !within && self.exceeded.is_none() {
            self.exceeded = Some((limit, place.clone()));
        }
        (!self.is_exceeded()).then_some(())
    }

    /// Whether nothing may be made any more.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.exceeded.is_some()
    }

    /// What to say if a limit was exceeded.
    pub(crate) fn problem(&self) -> Option<Diagnostic> {
        let (limit, place) = self.exceeded.clone()?;
        let most = size::format(match limit {
            Limit::Work => MAX_WORK_BYTES,
            Limit::Bytes | Limit::Events => MAX_BYTES,
        } as u64);
        let message = match limit {
            Limit::Bytes => {
                format!("the files and what they are expanded to take more than {most}")
            }
            Limit::Events => format!("expanding takes more than {MAX_EVENTS} events"),
            Limit::Work => format!("the expressions work on more than {most} of text"),
        };
        Some(
            Diagnostic::error("too-large", message)
                .at(place, "exceeded here")
                .help("make loops shorter, or split the pipeline"),
        )
    }
}

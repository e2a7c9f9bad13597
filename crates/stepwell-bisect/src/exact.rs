//! Searches in which no judgement is wrong.
//!
//! A judgement of one version says something about its ancestors (they are good if it is) and about
//! what does not lead to it (it is not to blame if it is bad), so the suspects are always those
//! ancestors of one bad version that are ancestors of no good one. What differs is how the next
//! version is chosen: along a line by arithmetic, in a graph by counting ancestors.

mod belief;
mod cells;
mod git;
mod graph;
mod line;

use crate::history::{Candidate, History};
use crate::search::{Found, Options, Order, Progress};
use graph::Graph;
use line::Line;
use std::collections::BTreeSet;
use std::sync::Arc;
use stepwell_event::SkipKind;

/// Two judgements that cannot both be right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Contradiction;

/// What is to be done next.
#[derive(Debug, PartialEq)]
pub(crate) enum Choice {
    /// Judge these, the most wanted first; none if what is being judged has to end first.
    Judge(Vec<Candidate>),
    /// Nothing is left to judge.
    Found(Found),
}

/// A search without noise.
pub(crate) enum Exact {
    Line(Line),
    Graph(Graph),
}

impl Exact {
    pub(crate) fn new(history: &Arc<History>, options: &Options) -> Self {
        // Git sees a line as any other graph, down to how it breaks ties.
        if history.is_linear() && options.order != Order::Git {
            Self::Line(Line::new(history, options))
        } else {
            Self::Graph(Graph::new(history, options))
        }
    }

    pub(crate) fn good(&mut self, candidate: Candidate) -> Result<(), Contradiction> {
        match self {
            Self::Line(line) => line.good(candidate),
            Self::Graph(graph) => graph.good(candidate),
        }
    }

    pub(crate) fn bad(&mut self, candidate: Candidate) -> Result<(), Contradiction> {
        match self {
            Self::Line(line) => line.bad(candidate),
            Self::Graph(graph) => graph.bad(candidate),
        }
    }

    pub(crate) fn untestable(&mut self, candidate: Candidate, kind: SkipKind) {
        match self {
            Self::Line(line) => line.untestable(candidate, kind),
            Self::Graph(graph) => graph.untestable(candidate, kind),
        }
    }

    /// Whether a judgement of this version can still change anything.
    pub(crate) fn is_open(&self, candidate: Candidate) -> bool {
        match self {
            Self::Line(line) => line.is_open(candidate),
            Self::Graph(graph) => graph.is_open(candidate),
        }
    }

    /// What to do when `free` judgements can begin beside the `running` ones, all of which are open.
    pub(crate) fn choose(&mut self, free: usize, running: &BTreeSet<Candidate>) -> Choice {
        match self {
            Self::Line(line) => line.choose(free, running),
            Self::Graph(graph) => graph.choose(free, running),
        }
    }

    /// How far it is when `slots` judgements go on side by side.
    pub(crate) fn progress(&self, slots: usize) -> Progress {
        let left = match self {
            Self::Line(line) => line.suspects(),
            Self::Graph(graph) => graph.suspects(),
        };
        Progress {
            left: u32::try_from(left).unwrap_or(u32::MAX),
            rounds: rounds(left, slots),
            confidence: None,
        }
    }
}

/// How often `left` has to be divided by `slots + 1` until 1 is left.
fn rounds(left: usize, slots: usize) -> u32 {
    let parts = slots.max(1) + 1;
    let mut left = left;
    let mut rounds = 0;
    while left > 1 {
        left = left.div_ceil(parts);
        rounds += 1;
    }
    rounds
}

/// Whether versions near one that cannot be judged for this reason probably cannot be judged either.
/// What a machine or a clock did says nothing about the neighbours.
fn is_contagious(kind: SkipKind) -> bool {
    match kind {
        SkipKind::Timeout | SkipKind::Infrastructure => false,
        SkipKind::BuildBroken
        | SkipKind::TestAbsent
        | SkipKind::DependencyMissing
        | SkipKind::UnrelatedFailure
        | SkipKind::Other => true,
    }
}

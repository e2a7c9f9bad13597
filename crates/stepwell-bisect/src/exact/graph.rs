//! A search in a graph of versions.
//!
//! The suspects are the ancestors of one bad version, itself included, that are ancestors of no good
//! one. What is judged next cuts them as evenly as can be: it leads to about half of them. Judgements
//! that go on cut them into cells, as gaps on a line, and the next is to cut the largest cell.
//!
//! Versions that cannot be judged are thought to have neighbours that cannot either. Those between two
//! of them, descending from one and leading to another, are a cell of their own, in which only so many
//! judgements are spent; what leads to one, and what descends from one, are cells in which its
//! ends are looked for.

use super::belief::Belief;
use super::{Choice, Contradiction, git, is_contagious};
use crate::history::{Candidate, History};
use crate::search::{Found, Gaps, Options, Order, Rounding};
use crate::sums::sums;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use stepwell_event::SkipKind;

/// See the module.
pub(crate) struct Graph {
    pub(super) history: Arc<History>,
    /// All suspects in order, those included that do not count.
    pub(super) suspects: Vec<Candidate>,
    /// Whether each version is a suspect.
    suspected: Vec<bool>,
    /// Whether each version is good or leads to one that is.
    cleared: Vec<bool>,
    /// The bad version of which all suspects are ancestors.
    pub(super) bad: Candidate,
    /// All versions that were found bad, those included that tell nothing of the suspects.
    found_bad: BTreeSet<Candidate>,
    /// Suspects that cannot be judged.
    pub(super) skipped: BTreeMap<Candidate, SkipKind>,
    /// Whether there ever was a version that cannot be judged.
    has_skipped: bool,
    /// Suspects that count.
    pub(super) counted: usize,
    /// How many of those each suspect leads to, unless that has to be found out again.
    pub(super) weights: Vec<u64>,
    pub(super) rounding: Rounding,
    order: Order,
    pub(super) inside: usize,
    pub(super) belief: Option<Belief>,
}

impl Graph {
    pub(crate) fn new(history: &Arc<History>, options: &Options) -> Self {
        let bad = history.bad();
        let suspects: Vec<Candidate> = history.candidates().collect();
        let counted = suspects.iter().filter(|it| history.counted(**it)).count();
        Self {
            history: Arc::clone(history),
            suspected: vec![true; suspects.len()],
            cleared: vec![false; suspects.len()],
            suspects,
            bad,
            found_bad: BTreeSet::from([bad]),
            skipped: BTreeMap::new(),
            has_skipped: false,
            counted,
            weights: Vec::new(),
            rounding: options.rounding,
            order: options.order,
            inside: match options.gaps {
                Gaps::Edges { inside } => inside as usize,
                Gaps::Exhaustive => usize::MAX,
            },
            belief: Belief::new(options, history.len()),
        }
    }

    pub(crate) fn good(&mut self, candidate: Candidate) -> Result<(), Contradiction> {
        let mut ahead = vec![candidate];
        while let Some(candidate) = ahead.pop() {
            let Some(cleared) = self.cleared.get_mut(candidate.index()) else {
                continue;
            };
            if !std::mem::replace(cleared, true) {
                if self.found_bad.contains(&candidate) {
                    return Err(Contradiction);
                }
                ahead.extend(self.history.parents(candidate));
            }
        }
        let cleared = std::mem::take(&mut self.cleared);
        let is_left = |it: Candidate| !cleared.get(it.index()).copied().unwrap_or(true);
        if self.keep(is_left) {
            // Whatever is left may lead to what is gone.
            self.weights.clear();
        }
        self.cleared = cleared;
        self.check()
    }

    pub(crate) fn bad(&mut self, candidate: Candidate) -> Result<(), Contradiction> {
        if self.cleared.get(candidate.index()) == Some(&true) {
            return Err(Contradiction);
        }
        self.found_bad.insert(candidate);
        if self.is_suspect(candidate) {
            let ancestors = self.ancestors(candidate);
            self.keep(|it| ancestors.get(it.index()) == Some(&true));
            self.bad = candidate;
        }
        self.check()
    }

    /// Drops all other suspects; whether there were any.
    fn keep(&mut self, is_left: impl Fn(Candidate) -> bool) -> bool {
        let before = self.suspects.len();
        let mut suspects = self.suspects.iter();
        self.weights
            .retain(|_| suspects.next().is_some_and(|it| is_left(*it)));
        for candidate in &self.suspects {
            if let Some(suspected) = self.suspected.get_mut(candidate.index()) {
                *suspected = is_left(*candidate);
            }
        }
        self.suspects.retain(|it| is_left(*it));
        self.skipped.retain(|it, _| is_left(*it));
        let counted = |it: &&Candidate| self.history.counted(**it);
        self.counted = self.suspects.iter().filter(counted).count();
        self.suspects.len() < before
    }

    /// Something has to be to blame.
    fn check(&self) -> Result<(), Contradiction> {
        if self.counted == 0 {
            return Err(Contradiction);
        }
        Ok(())
    }

    pub(crate) fn untestable(&mut self, candidate: Candidate, kind: SkipKind) {
        self.has_skipped = true;
        if self.is_suspect(candidate) && candidate != self.bad {
            self.skipped.insert(candidate, kind);
        }
    }

    pub(super) fn is_suspect(&self, candidate: Candidate) -> bool {
        self.suspected.get(candidate.index()) == Some(&true)
    }

    pub(crate) fn is_open(&self, candidate: Candidate) -> bool {
        self.is_suspect(candidate)
            && candidate != self.bad
            && self.history.counted(candidate)
            && !self.skipped.contains_key(&candidate)
    }

    pub(crate) fn suspects(&self) -> usize {
        self.counted
    }

    pub(crate) fn choose(&mut self, free: usize, running: &BTreeSet<Candidate>) -> Choice {
        if self.counted == 1
            && let Some(candidate) = self.counted_suspects().next()
        {
            let confidence = 1.0;
            return Choice::Found(Found::Culprit {
                candidate,
                confidence,
            });
        }
        self.weigh();
        let mut busy = running.clone();
        let mut judge = Vec::new();
        if busy.is_empty() && free > 1 {
            judge = self.even_cut(free);
            busy.extend(&judge);
        }
        while judge.len() < free {
            let Some(next) = self.next(&busy) else { break };
            busy.insert(next);
            judge.push(next);
        }
        if busy.is_empty() && self.next(&busy).is_none() {
            return Choice::Found(self.ambiguous());
        }
        Choice::Judge(judge)
    }

    fn counted_suspects(&self) -> impl Iterator<Item = Candidate> {
        let counted = |it: &Candidate| self.history.counted(*it);
        self.suspects.iter().copied().filter(counted)
    }

    fn ambiguous(&self) -> Found {
        let open = |it: &Candidate| self.is_open(*it);
        Found::Ambiguous {
            suspects: self.counted_suspects().collect(),
            untestable: self.skipped.keys().copied().collect(),
            assumed: self.counted_suspects().filter(open).collect(),
        }
    }

    /// Brings the weights up to date.
    fn weigh(&mut self) {
        if self.weights.is_empty() {
            let counted = |it| u32::from(self.history.counted(it));
            self.weights = sums(&self.history, &self.suspects, counted);
        }
    }

    /// The suspects that can be judged now, each with its weight.
    fn open(&self, busy: &BTreeSet<Candidate>) -> impl Iterator<Item = (u64, Candidate)> {
        let weighed = self
            .weights
            .iter()
            .copied()
            .zip(self.suspects.iter().copied());
        weighed.filter(|(_, it)| self.is_open(*it) && !busy.contains(it))
    }

    /// Versions that cut all suspects into parts of about the same size, if there are such.
    fn even_cut(&self, cuts: usize) -> Vec<Candidate> {
        let is_plain = self.order == Order::Halving && self.belief.is_none();
        if !is_plain || self.has_block() || self.counted <= cuts {
            return Vec::new();
        }
        let mut open: Vec<(u64, Candidate)> = self.open(&BTreeSet::new()).collect();
        open.sort_unstable();
        let (all, parts) = (self.counted as u64, cuts as u64 + 1);
        let cut = |part: u64| {
            let wanted = match self.rounding {
                Rounding::Down => all * part / parts,
                Rounding::Up => (all * part).div_ceil(parts),
            };
            let after = open.partition_point(|(weight, _)| *weight < wanted);
            let near = open.get(after.saturating_sub(1)..(after + 1).min(open.len()))?;
            let best = near
                .iter()
                .min_by_key(|(weight, _)| weight.abs_diff(wanted))?;
            (best.0.abs_diff(wanted) * parts * 4 <= all).then_some(best.1)
        };
        let mut chosen: Vec<Candidate> = (1..parts).map_while(cut).collect();
        chosen.dedup();
        if chosen.len() < cuts {
            chosen.clear();
        }
        chosen
    }

    /// What to judge beside what is `busy`.
    fn next(&self, busy: &BTreeSet<Candidate>) -> Option<Candidate> {
        match self.order {
            Order::Git if busy.is_empty() => self.git(),
            Order::Recent => self.recent(busy).or_else(|| self.split(busy)),
            Order::Git | Order::Halving => self.split(busy),
        }
    }

    fn git(&self) -> Option<Candidate> {
        let suspects = self.weights.iter().zip(&self.suspects);
        let counted = suspects.filter(|(_, it)| self.history.counted(**it));
        let weighed: Vec<git::Weighed> = counted
            .map(|(weight, candidate)| git::Weighed {
                candidate: *candidate,
                weight: *weight,
                parents: {
                    let parents = self.history.parents(*candidate).iter();
                    parents.filter(|parent| self.is_suspect(**parent)).count()
                },
                skipped: self.skipped.contains_key(candidate),
                rank: self.history.rank(*candidate),
            })
            .collect();
        git::next(&weighed, self.has_skipped)
    }

    /// Where to look first for a culprit that is thought to be recent.
    fn recent(&self, busy: &BTreeSet<Candidate>) -> Option<Candidate> {
        if self.has_block() || self.cleared.contains(&true) {
            return None;
        }
        let counted = |it: &Candidate| self.history.counted(*it);
        let all = self.history.candidates().filter(counted).count() as u64;
        let ages = (1..u64::BITS).map(|steps| (1_u64 << steps) - 1);
        let older = ages.map_while(|age| all.checked_sub(age));
        let mut steps = older.filter(|weight| (1..self.counted as u64).contains(weight));
        let wanted = steps.nth(busy.len())?;
        let open = self.open(busy);
        let nearest =
            open.min_by_key(|(weight, it)| (weight.abs_diff(wanted), std::cmp::Reverse(*it)));
        nearest.map(|(_, it)| it)
    }

    pub(super) fn has_block(&self) -> bool {
        self.skipped.values().any(|kind| is_contagious(*kind))
    }
}

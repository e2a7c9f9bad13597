//! The cells of a graph, and how the largest is cut.

use super::belief::Belief;
use super::graph::Graph;
use super::is_contagious;
use crate::history::Candidate;
use crate::search::Rounding;
use crate::sums::sums;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Suspects that nothing has told apart.
#[derive(Clone, Copy, Default)]
struct Cell {
    /// How many of them can be judged.
    open: u32,
    /// How likely it is that the culprit is one of them, if there is a belief.
    mass: f64,
    /// Whether they are between versions that cannot be judged.
    inner: bool,
}

/// How finely beliefs are told apart: an average version has this mass.
const GRAIN: f64 = 64.0;

impl Graph {
    /// All suspects that lead to this one, itself included.
    pub(super) fn ancestors(&self, candidate: Candidate) -> Vec<bool> {
        let mut ancestors = vec![false; self.history.len()];
        let mut ahead = vec![candidate];
        while let Some(candidate) = ahead.pop() {
            if self.is_suspect(candidate)
                && let Some(ancestor) = ancestors.get_mut(candidate.index())
                && !std::mem::replace(ancestor, true)
            {
                ahead.extend(self.history.parents(candidate));
            }
        }
        ancestors
    }

    /// What cuts the largest cell best; nothing if none is worth it.
    pub(super) fn split(&self, busy: &BTreeSet<Candidate>) -> Option<Candidate> {
        let (cells, cell_of) = self.cells(busy);
        let cell = |it: &Candidate| {
            let at = self.suspects.binary_search(it).ok();
            at.and_then(|at| cells.get(*cell_of.get(at)? as usize))
        };
        let is_inner = |it: &&Candidate| cell(it).is_some_and(|cell| cell.inner);
        let spent = self.contagious().count() + busy.iter().filter(is_inner).count();
        let size = |cell: &Cell| match self.belief {
            Some(_) => cell.mass,
            None => f64::from(cell.open),
        };
        let mut widest: Option<(u32, &Cell)> = None;
        for (place, cell) in (0..).zip(&cells) {
            let is_allowed = cell.open > 0 && !(cell.inner && spent >= self.inside);
            let is_wider = widest
                .is_none_or(|(_, widest)| (size(cell), cell.inner) > (size(widest), widest.inner));
            if is_allowed && is_wider {
                widest = Some((place, cell));
            }
        }
        let (widest, cell) = widest?;
        let is_whole = cells.len() == 1;
        let members: Vec<bool> = cell_of.iter().map(|place| *place == widest).collect();
        match &self.belief {
            Some(belief) => self.most_worth(busy, &members, belief),
            None if is_whole => self.middle(busy, &self.weights, &members, self.counted as u64),
            None => {
                let weights = self.weights_within(&members, |it| {
                    u32::from(self.is_open(it) && !busy.contains(&it))
                });
                self.middle(busy, &weights, &members, u64::from(cell.open) + 1)
            }
        }
    }

    /// What of a cell leads to about half of `all`.
    fn middle(
        &self,
        busy: &BTreeSet<Candidate>,
        weights: &[u64],
        members: &[bool],
        all: u64,
    ) -> Option<Candidate> {
        let open = self.open_members(busy, members, weights);
        let uneven = |weight: u64| (2 * weight).abs_diff(all);
        let middle = match self.rounding {
            Rounding::Down => open.min_by_key(|(weight, it)| (uneven(*weight), *weight, *it)),
            Rounding::Up => {
                open.min_by_key(|(weight, it)| (uneven(*weight), Reverse((*weight, *it))))
            }
        };
        middle.map(|(_, it)| it)
    }

    /// What of a cell teaches most for what it costs.
    fn most_worth(
        &self,
        busy: &BTreeSet<Candidate>,
        members: &[bool],
        belief: &Belief,
    ) -> Option<Candidate> {
        let grain = GRAIN * self.history.len() as f64;
        // At least 1, so that a cell that is thought to be innocent is cut evenly too. A cast
        // saturates, which takes a history of 2^26 versions.
        let mass = |it| match self.history.counted(it) {
            true => ((belief.mass(it) * grain) as u32).saturating_add(1),
            false => 0,
        };
        let masses = self.weights_within(members, mass);
        let all = self
            .suspects
            .iter()
            .zip(members)
            .filter(|(_, member)| **member);
        let all = all.map(|(it, _)| u64::from(mass(*it))).sum::<u64>() as f64;
        let mut best: Option<(Candidate, f64)> = None;
        for (mass, candidate) in self.open_members(busy, members, &masses) {
            let worth = belief.worth(candidate, mass as f64 / all);
            if best.is_none_or(|(_, best)| {
                worth > best || self.rounding == Rounding::Up && worth == best
            }) {
                best = Some((candidate, worth));
            }
        }
        best.map(|(candidate, _)| candidate)
    }

    fn open_members(
        &self,
        busy: &BTreeSet<Candidate>,
        members: &[bool],
        weights: &[u64],
    ) -> impl Iterator<Item = (u64, Candidate)> {
        let suspects = self.suspects.iter().zip(members).zip(weights);
        suspects
            .filter(|((it, member), _)| **member && self.is_open(**it) && !busy.contains(it))
            .map(|((it, _), weight)| (*weight, *it))
    }

    /// What each suspect leads to in a cell, in terms of `mass`.
    fn weights_within(&self, members: &[bool], mass: impl Fn(Candidate) -> u32) -> Vec<u64> {
        let mut within = vec![0; self.history.len()];
        for (candidate, member) in self.suspects.iter().zip(members) {
            if *member && let Some(within) = within.get_mut(candidate.index()) {
                *within = mass(*candidate);
            }
        }
        let within = |it: Candidate| within.get(it.index()).copied().unwrap_or(0);
        sums(&self.history, &self.suspects, within)
    }

    fn contagious(&self) -> impl Iterator<Item = Candidate> {
        let contagious = self
            .skipped
            .iter()
            .filter(|(_, kind)| is_contagious(**kind));
        contagious.map(|(it, _)| *it)
    }

    /// The cells, and for each suspect the place of its cell.
    fn cells(&self, busy: &BTreeSet<Candidate>) -> (Vec<Cell>, Vec<u32>) {
        let mut cell_of = vec![0; self.suspects.len()];
        let mut inner = vec![false; self.suspects.len()];
        if self.has_block() {
            let ends = self.contagious().map(|it| self.ancestors(it));
            let leads = ends.reduce(|mut all, one| {
                all.iter_mut().zip(one).for_each(|(all, one)| *all |= one);
                all
            });
            let descends = self.descendants();
            divide(&mut cell_of, &self.suspects, &descends);
            if let Some(mut leads) = leads {
                leads
                    .iter_mut()
                    .zip(&descends)
                    .for_each(|(leads, descends)| *leads &= descends);
                divide(&mut cell_of, &self.suspects, &leads);
                let is_inner = |it: &Candidate| leads.get(it.index()) == Some(&true);
                inner = self.suspects.iter().map(is_inner).collect();
            }
        }
        for candidate in busy {
            divide(&mut cell_of, &self.suspects, &self.ancestors(*candidate));
        }
        let mut cells = Vec::new();
        for ((candidate, place), inner) in self.suspects.iter().zip(&cell_of).zip(inner) {
            let place = *place as usize;
            if place >= cells.len() {
                cells.resize(place + 1, Cell::default());
            }
            let Some(cell) = cells.get_mut(place) else {
                continue;
            };
            cell.inner = inner;
            if self.is_open(*candidate) && !busy.contains(candidate) {
                cell.open += 1;
            }
            if let Some(belief) = &self.belief {
                cell.mass += belief.mass(*candidate);
            }
        }
        (cells, cell_of)
    }

    /// Whatever descends from a version that cannot be judged, itself included.
    fn descendants(&self) -> Vec<bool> {
        let mut descendants = vec![false; self.history.len()];
        for candidate in self.contagious() {
            if let Some(descendant) = descendants.get_mut(candidate.index()) {
                *descendant = true;
            }
        }
        for candidate in &self.suspects {
            let mut parents = self.history.parents(*candidate).iter();
            let descends = parents.any(|it| descendants.get(it.index()) == Some(&true));
            if descends && let Some(descendant) = descendants.get_mut(candidate.index()) {
                *descendant = true;
            }
        }
        descendants
    }
}

/// Divides each cell into what is in a set and what is not.
fn divide(cell_of: &mut [u32], suspects: &[Candidate], set: &[bool]) {
    let mut cells: BTreeMap<(u32, bool), u32> = BTreeMap::new();
    for (cell, candidate) in cell_of.iter_mut().zip(suspects) {
        let is_in = set.get(candidate.index()) == Some(&true);
        let next = u32::try_from(cells.len()).unwrap_or(u32::MAX);
        *cell = *cells.entry((*cell, is_in)).or_insert(next);
    }
}

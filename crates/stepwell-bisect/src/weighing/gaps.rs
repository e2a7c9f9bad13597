//! Versions that cannot be judged.
//!
//! They tend to lie side by side, so what is near to one is likely to be another: the chance that a
//! version can be judged is taken to be `d / (d + span)`, `d` from a stretch of `span` versions that
//! cannot. Weighed with it, choices move away from a stretch in ever greater steps and then close in on
//! its ends. What lies inside is judged when nothing else says more, and in a linear history no longer
//! assumed to be judgeable once enough of it turned out not to be.

use super::ancestry::Ancestry;
use super::{State, Version};
use crate::history::{Candidate, History};
use crate::search::Gaps;
use std::collections::BTreeMap;

/// What can be told apart, and how likely each version can be judged.
#[derive(Debug)]
pub(super) struct Untestable {
    /// The chance of each version.
    pub(super) ease: Vec<f64>,
    /// The suspects that no version tells apart have the same number; last is "none of them".
    pub(super) groups: Vec<usize>,
}

impl Untestable {
    /// `versions` are those of `history`; some are assumed to be untestable from now on.
    pub(super) fn find(
        history: &History,
        ancestry: &Ancestry,
        gaps: Gaps,
        versions: &mut [Version],
    ) -> Self {
        let mut ease = vec![1.0; versions.len()];
        let linear = matches!(ancestry, Ancestry::Linear);
        let mut start = 0;
        while start < versions.len() {
            let seen = |version: &Version| version.seen.total() > 0;
            let rest = versions.get(start..).unwrap_or_default();
            let end = start + rest.iter().position(seen).unwrap_or(rest.len());
            let stretch = versions.get_mut(start..end).unwrap_or_default();
            let assumed = match gaps {
                Gaps::Edges { inside } if linear => Some(inside as usize),
                Gaps::Edges { .. } | Gaps::Exhaustive => None,
            };
            judge(
                stretch,
                assumed,
                ease.get_mut(start..end).unwrap_or_default(),
            );
            start = end + 1;
        }
        Self {
            ease,
            groups: groups(history, ancestry, versions),
        }
    }
}

/// Writes the chances in a stretch between two versions that could be judged.
fn judge(stretch: &mut [Version], assumed: Option<usize>, ease: &mut [f64]) {
    let of = |stretch: &[Version]| -> Vec<usize> {
        let untestable = |(_, version): &(usize, &Version)| version.state == State::Untestable;
        stretch
            .iter()
            .enumerate()
            .filter(untestable)
            .map(|(place, _)| place)
            .collect()
    };
    let places = of(stretch);
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return;
    };
    let span = (last - first + 1) as f64;
    for (place, (version, ease)) in stretch.iter_mut().zip(ease).enumerate() {
        let inside = (first..=last).contains(&&place);
        let distance = match places.binary_search(&place) {
            Ok(_) => 0,
            Err(after) => {
                let before = after.checked_sub(1).and_then(|before| places.get(before));
                let left = before.map_or(usize::MAX, |before| place - before);
                left.min(places.get(after).map_or(usize::MAX, |after| after - place))
            }
        } as f64;
        *ease = distance / (distance + span) * if inside { 0.5 } else { 1.0 };
        if inside
            && version.state == State::Open
            && assumed.is_some_and(|most| places.len() >= most)
        {
            version.state = State::Assumed;
        }
    }
}

/// Numbers of what is told apart: two suspects are, if a version that can be judged descends from one
/// of them and not from the other. Which these are follows from the oldest of them.
fn groups(history: &History, ancestry: &Ancestry, versions: &[Version]) -> Vec<usize> {
    let mut oldest: Vec<Vec<Candidate>> = vec![Vec::new(); versions.len()];
    for (candidate, version) in history.candidates().rev().zip(versions.iter().rev()) {
        let own = match oldest.get_mut(candidate.index()) {
            Some(own) if version.state == State::Open => {
                *own = vec![candidate];
                own.clone()
            }
            Some(own) => {
                own.sort_unstable();
                own.dedup();
                if own.len() > 1 {
                    *own = without_descendants(history, ancestry, own);
                }
                own.clone()
            }
            None => continue,
        };
        for parent in history.parents(candidate) {
            if let Some(parent) = oldest.get_mut(parent.index()) {
                parent.extend(&own);
            }
        }
    }
    let mut numbers: BTreeMap<Vec<Candidate>, usize> = BTreeMap::new();
    // Nothing descends from "none of them".
    oldest.push(Vec::new());
    let numbered = oldest.into_iter().map(|oldest| {
        let next = numbers.len();
        *numbers.entry(oldest).or_insert(next)
    });
    numbered.collect()
}

fn without_descendants(
    history: &History,
    ancestry: &Ancestry,
    candidates: &[Candidate],
) -> Vec<Candidate> {
    let old = candidates.iter().copied().filter(|candidate| {
        let ancestors = ancestry.ancestors(history, *candidate);
        !candidates
            .iter()
            .any(|other| other != candidate && ancestors.contains(other.index()))
    });
    old.collect()
}

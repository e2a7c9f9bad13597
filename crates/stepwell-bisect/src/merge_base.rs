//! What has to be judged before a search among branches.
//!
//! A good version that is no ancestor of the bad one says nothing of what the two have in common: the
//! newest versions that both descend from have to be good too. If one of them is bad, the change that
//! is looked for was not made on the way to the bad version but undone on the way to the good one.

use crate::history::{Candidate, History};

/// The versions to judge first, the newest first; none if every good version is an ancestor of the bad
/// one.
///
/// `graph` holds all of them and whatever they descend from. The bad version itself is among the answers
/// if a good one descends from it: then the two are the wrong way round.
#[must_use]
pub fn merge_bases(graph: &History, bad: Candidate, goods: &[Candidate]) -> Vec<Candidate> {
    let of_bad = ancestors(graph, &[bad]);
    let is_of_bad = |it: &Candidate| of_bad.get(it.index()) == Some(&true);
    if goods.iter().all(is_of_bad) {
        return Vec::new();
    }
    let of_goods = ancestors(graph, goods);
    let is_common = |it: &Candidate| is_of_bad(it) && of_goods.get(it.index()) == Some(&true);
    let mut is_older = vec![false; graph.len()];
    let mut bases = Vec::new();
    for candidate in graph.candidates().rev().filter(is_common) {
        // A good version is known to be good.
        if is_older.get(candidate.index()) == Some(&false) && !goods.contains(&candidate) {
            bases.push(candidate);
        }
        for parent in graph.parents(candidate) {
            if let Some(is_older) = is_older.get_mut(parent.index()) {
                *is_older = true;
            }
        }
    }
    bases
}

/// Which versions lead to one of these, themselves included.
fn ancestors(graph: &History, of: &[Candidate]) -> Vec<bool> {
    let mut ancestors = vec![false; graph.len()];
    let mut ahead = of.to_vec();
    while let Some(candidate) = ahead.pop() {
        if let Some(ancestor) = ancestors.get_mut(candidate.index())
            && !std::mem::replace(ancestor, true)
        {
            ahead.extend(graph.parents(candidate));
        }
    }
    ancestors
}

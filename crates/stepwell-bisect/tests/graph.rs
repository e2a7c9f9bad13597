//! Searches in graphs, against sets of ancestors that are counted one by one.

#![cfg(test)]

use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use stepwell_bisect::*;
use stepwell_event::SkipKind;

/// For each version its ancestors and itself.
fn ancestors(parents: &[Vec<u32>]) -> Vec<BTreeSet<u32>> {
    let mut all: Vec<BTreeSet<u32>> = Vec::new();
    for (version, parents) in (0..).zip(parents) {
        let mut own = BTreeSet::from([version]);
        for parent in parents {
            own.extend(all[*parent as usize].iter().copied());
        }
        all.push(own);
    }
    all
}

/// A graph whose last version descends from all others.
fn graphs(most: usize) -> impl Strategy<Value = Vec<Vec<u32>>> {
    let links = prop::collection::vec((0_u32..8, 0_u32..40, 0_u32..40), 1..most);
    links.prop_map(|links| {
        let mut parents: Vec<Vec<u32>> = Vec::new();
        for (version, (kind, a, b)) in (0_u32..).zip(links) {
            let back = |distance: u32| version.checked_sub(1 + distance);
            let own: BTreeSet<u32> = match kind {
                0 => BTreeSet::new(),
                1..4 => back(0).into_iter().collect(),
                4..6 => back(a % 4).into_iter().collect(),
                _ => back(a % 5).into_iter().chain(back(b)).collect(),
            };
            parents.push(own.into_iter().collect());
        }
        let has_child: BTreeSet<u32> = parents.iter().flatten().copied().collect();
        let count = u32::try_from(parents.len()).unwrap();
        parents.push(
            (0..count)
                .filter(|version| !has_child.contains(version))
                .collect(),
        );
        parents
    })
}

proptest! {
    #[test]
    fn the_weights_are_the_numbers_of_ancestors(parents in graphs(1500), odd in 1_usize..5) {
        let counts = |candidate: Candidate| candidate.index() % 7 != odd;
        let history = History::new(&parents).unwrap().counting(counts);
        let expected = ancestors(&parents);
        for (weight, ancestors) in history.weights().iter().zip(&expected) {
            let counted = ancestors.iter().filter(|version| history.counted(Candidate(**version)));
            prop_assert_eq!(*weight, counted.count() as u64);
        }
    }

    #[test]
    fn the_culprit_of_a_graph_is_found_or_suspected_whatever_the_order_of_completion(
        parents in graphs(120),
        at in 0.0..1.0_f64,
        uncounted in prop::collection::btree_set(0_u32..120, 0..20),
        skips in prop::collection::btree_set(0_u32..120, 0..30),
        inside in 0_u32..20,
        slots in 1_usize..5,
        draws in prop::collection::vec(0_usize..100, 400),
        order in prop::sample::select(vec![Order::Halving, Order::Git, Order::Recent]),
        believed in any::<bool>(),
    ) {
        let ancestors = ancestors(&parents);
        let history = History::new(&parents).unwrap().counting(|it| !uncounted.contains(&it.0));
        let counted: Vec<u32> = history.candidates().filter(|it| history.counted(*it)).map(|it| it.0).collect();
        let culprit = counted[(counted.len() as f64 * at) as usize];
        let mut options = Options { order, gaps: Gaps::Edges { inside }, ..Options::default() };
        if believed {
            options.prior = (0..parents.len()).map(|version| (version % 3) as f64 + 0.1).collect();
            options.costs = (0..parents.len()).map(|version| (version % 5) as f64 + 0.5).collect();
        }
        let mut search = Search::new(history, options).unwrap();
        let mut running: Vec<Candidate> = Vec::new();
        let mut started = BTreeSet::new();
        let mut draws = draws.into_iter();
        let found = loop {
            let next = search.next(slots - running.len());
            running.retain(|candidate| !next.cancel.contains(candidate));
            if let Some(found) = next.found {
                prop_assert!(next.start.is_empty());
                break found;
            }
            prop_assert!(next.start.len() <= slots);
            for start in next.start {
                prop_assert!(started.insert(start.candidate), "{:?} again", start.candidate);
                running.push(start.candidate);
            }
            if running.is_empty() {
                // Everything was cancelled: the slots are free now.
                continue;
            }
            let done = running.swap_remove(draws.next().unwrap() % running.len());
            let is_bad = ancestors[done.index()].contains(&culprit);
            search.observe(done, if skips.contains(&done.0) {
                Seen::Untestable(if done.0.is_multiple_of(2) { SkipKind::BuildBroken } else { SkipKind::Timeout })
            } else {
                Seen::Trials { good: u32::from(!is_bad), bad: u32::from(is_bad) }
            });
        };
        match found {
            Found::Culprit { candidate, .. } => prop_assert_eq!(candidate.0, culprit),
            Found::Ambiguous { suspects, untestable, assumed } => {
                prop_assert!(suspects.contains(&Candidate(culprit)));
                prop_assert!(untestable.iter().all(|it| skips.contains(&it.0)));
                prop_assert!(assumed.iter().all(|it| !started.contains(it)));
                prop_assert!(suspects.len() <= untestable.len() + assumed.len() + 1);
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

#[test]
fn a_search_in_a_graph_takes_about_as_many_judgements_as_its_logarithm() {
    let mut state = 7_u64;
    let mut below = |end: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        u32::try_from((state >> 33) % end).unwrap()
    };
    let mut judged = 0;
    let mut most = 0;
    for _ in 0..40 {
        let mut parents: Vec<Vec<u32>> = vec![Vec::new()];
        for version in 1..200_u32 {
            let mut own = BTreeSet::from([version - 1]);
            if below(3) == 0 {
                own.insert(below(u64::from(version)));
            }
            // A branch that the next merge of its neighbourhood takes in.
            if version > 3 && below(5) == 0 {
                own = BTreeSet::from([version - 3, version - 1]);
            }
            parents.push(own.into_iter().collect());
        }
        let ancestors = ancestors(&parents);
        let culprit = below(200);
        let mut search = Search::new(History::new(&parents).unwrap(), Options::default()).unwrap();
        let mut steps = 0;
        loop {
            let next = search.next(1);
            if next.found.is_some() {
                break;
            }
            let candidate = next.start[0].candidate;
            let is_bad = ancestors[candidate.index()].contains(&culprit);
            search.observe(
                candidate,
                Seen::Trials {
                    good: u32::from(!is_bad),
                    bad: u32::from(is_bad),
                },
            );
            steps += 1;
        }
        judged += steps;
        most = most.max(steps);
    }
    assert!(f64::from(judged) / 40.0 < 8.2, "{judged}");
    assert!(most <= 11, "{most}");
}

#[test]
fn a_stretch_that_cannot_be_judged_costs_little_in_a_graph_too() {
    // A line whose every tenth version is a merge of a branch of two.
    let parents: Vec<Vec<u32>> = (0..1000_u32)
        .map(|version| match version % 10 {
            _ if version == 0 => vec![],
            8 => vec![version - 3],
            9 => vec![version - 2],
            0 => vec![version - 2, version - 1],
            _ => vec![version - 1],
        })
        .collect();
    let ancestors = ancestors(&parents);
    let culprit = 820_u32;
    let mut judged = BTreeMap::new();
    let mut search = Search::new(History::new(&parents).unwrap(), Options::default()).unwrap();
    let found = loop {
        let next = search.next(1);
        if let Some(found) = next.found {
            break found;
        }
        let candidate = next.start[0].candidate;
        let is_bad = ancestors[candidate.index()].contains(&culprit);
        let seen = if (300..700).contains(&candidate.0) {
            Seen::Untestable(SkipKind::BuildBroken)
        } else {
            Seen::Trials {
                good: u32::from(!is_bad),
                bad: u32::from(is_bad),
            }
        };
        judged.insert(candidate, seen);
        search.observe(candidate, seen);
    };
    let candidate = Candidate(culprit);
    assert_eq!(
        found,
        Found::Culprit {
            candidate,
            confidence: 1.0
        }
    );
    assert!(judged.len() < 40, "{judged:?}");
}

#[test]
fn a_wrong_belief_makes_a_search_in_a_graph_no_walk() {
    let parents: Vec<Vec<u32>> = (0..2000_u32)
        .map(|version| match version {
            0 => vec![],
            1 | 2 => vec![0],
            1999 => vec![1997, 1998],
            _ => vec![version - 2],
        })
        .collect();
    let ancestors = ancestors(&parents);
    let mut prior = vec![0.0; parents.len()];
    prior[40] = 1.0;
    let options = Options {
        prior,
        ..Options::default()
    };
    let mut search = Search::new(History::new(&parents).unwrap(), options).unwrap();
    let mut runs = 0;
    let found = loop {
        let next = search.next(1);
        if let Some(found) = next.found {
            break found;
        }
        runs += 1;
        let candidate = next.start[0].candidate;
        let bad = u32::from(ancestors[candidate.index()].contains(&1001));
        search.observe(candidate, Seen::Trials { good: 1 - bad, bad });
    };
    let candidate = Candidate(1001);
    assert_eq!(
        found,
        Found::Culprit {
            candidate,
            confidence: 1.0
        }
    );
    assert!(runs < 22, "{runs}");
}

//! Searches along a line: the traces and means of the literature, and what has to hold of every search.

#![cfg(test)]

use proptest::prelude::*;
use std::collections::BTreeMap;
use stepwell_bisect::*;
use stepwell_event::SkipKind;

/// Judges one version after the other; version `i` is bad from `culprit` on, and `skips` cannot be
/// judged. Gives what was judged and what was found.
fn play(mut search: Search, culprit: u32, skips: &BTreeMap<u32, SkipKind>) -> (Vec<u32>, Found) {
    let mut trace = Vec::new();
    loop {
        let next = search.next(1);
        if let Some(found) = next.found {
            return (trace, found);
        }
        let candidate = next.start[0].candidate;
        trace.push(candidate.0);
        search.observe(candidate, seen(candidate.0, culprit, skips));
    }
}

fn seen(version: u32, culprit: u32, skips: &BTreeMap<u32, SkipKind>) -> Seen {
    match skips.get(&version) {
        Some(kind) => Seen::Untestable(*kind),
        None if version >= culprit => Seen::Trials { good: 0, bad: 1 },
        None => Seen::Trials { good: 1, bad: 0 },
    }
}

fn rounding(rounding: Rounding) -> Options {
    Options {
        rounding,
        ..Options::default()
    }
}

/// The traces of versions 1 to `n`, of which 1 is good: suspects are 2 to `n`.
fn trace(n: u32, culprit: u32, options: Options) -> Vec<u32> {
    let search = Search::new(History::linear(n - 1).unwrap(), options).unwrap();
    let (trace, found) = play(search, culprit - 2, &BTreeMap::new());
    let candidate = Candidate(culprit - 2);
    assert_eq!(
        found,
        Found::Culprit {
            candidate,
            confidence: 1.0
        }
    );
    trace.iter().map(|version| version + 2).collect()
}

#[test]
fn the_traces_of_seven_and_fewer_versions_are_those_of_the_method() {
    let down: [(u32, &[u32]); 6] = [
        (2, &[4, 2]),
        (3, &[4, 2, 3]),
        (4, &[4, 2, 3]),
        (5, &[4, 5]),
        (6, &[4, 5, 6]),
        (7, &[4, 5, 6]),
    ];
    for (culprit, expected) in down {
        assert_eq!(trace(7, culprit, rounding(Rounding::Down)), expected);
    }
    let up: [(u32, &[u32]); 6] = [
        (2, &[4, 3, 2]),
        (3, &[4, 3, 2]),
        (4, &[4, 3]),
        (5, &[4, 6, 5]),
        (6, &[4, 6, 5]),
        (7, &[4, 6]),
    ];
    for (culprit, expected) in up {
        assert_eq!(trace(7, culprit, rounding(Rounding::Up)), expected);
    }
    assert_eq!(trace(3, 2, Options::default()), [2]);
    assert_eq!(trace(8, 5, rounding(Rounding::Down)), [4, 6, 5]);
    assert_eq!(trace(8, 5, rounding(Rounding::Up)), [5, 3, 4]);
    assert_eq!(trace(2, 2, Options::default()), [0_u32; 0]);
}

#[test]
fn the_mean_number_of_judgements_is_that_of_halving() {
    for (n, mean, most) in [(7, 2.667, 3), (10, 3.222, 4), (100, 6.707, 7)] {
        for policy in [Rounding::Down, Rounding::Up] {
            let runs: Vec<usize> = (2..=n)
                .map(|culprit| trace(n, culprit, rounding(policy)).len())
                .collect();
            let sum: usize = runs.iter().sum();
            assert!((sum as f64 / runs.len() as f64 - mean).abs() < 0.001);
            assert_eq!(runs.iter().max(), Some(&most));
        }
    }
}

fn kinds() -> impl Strategy<Value = SkipKind> {
    prop::sample::select(vec![
        SkipKind::BuildBroken,
        SkipKind::Timeout,
        SkipKind::Infrastructure,
    ])
}

proptest! {
    #[test]
    fn a_line_takes_no_more_judgements_than_its_logarithm(n in 1_u32..2000, at in 0.0..1.0_f64) {
        let culprit = (f64::from(n) * at) as u32;
        for order in [Order::Halving, Order::Git] {
            for rounding in [Rounding::Down, Rounding::Up] {
                let options = Options { order, rounding, ..Options::default() };
                let search = Search::new(History::linear(n).unwrap(), options).unwrap();
                let (trace, found) = play(search, culprit, &BTreeMap::new());
                prop_assert_eq!(found, Found::Culprit { candidate: Candidate(culprit), confidence: 1.0 });
                prop_assert!(trace.len() as u32 <= n.next_power_of_two().ilog2());
            }
        }
    }

    #[test]
    fn the_culprit_is_never_lost_among_versions_that_cannot_be_judged(
        n in 1_u32..120,
        at in 0.0..1.0_f64,
        skips in prop::collection::btree_map(0_u32..120, kinds(), 0..60),
        inside in 0_u32..20,
        order in prop::sample::select(vec![Order::Halving, Order::Git, Order::Recent]),
    ) {
        let culprit = (f64::from(n) * at) as u32;
        let gaps = Gaps::Edges { inside };
        let options = Options { order, gaps, ..Options::default() };
        let mut skips = skips;
        skips.remove(&(n - 1));
        let search = Search::new(History::linear(n).unwrap(), options).unwrap();
        let (trace, found) = play(search, culprit, &skips);
        let mut once = trace.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), trace.len());
        match found {
            Found::Culprit { candidate, .. } => prop_assert_eq!(candidate.0, culprit),
            Found::Ambiguous { suspects, untestable, assumed } => {
                prop_assert!(suspects.contains(&Candidate(culprit)));
                prop_assert_eq!(suspects.len(), untestable.len() + assumed.len() + 1);
                for candidate in untestable {
                    prop_assert!(trace.contains(&candidate.0) && skips.contains_key(&candidate.0));
                }
                for candidate in assumed {
                    prop_assert!(!trace.contains(&candidate.0));
                }
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

//! Searches in which trials may be wrong.

#![cfg(test)]

use proptest::prelude::*;
use stepwell_bisect::{Candidate, Found, History, Noise, Options, Search, Seen};
use stepwell_event::SkipKind;

fn known(false_bad: f64, false_good: f64) -> Options {
    Options {
        noise: Noise::Known {
            false_bad,
            false_good,
        },
        no_culprit: Some(0.0),
        ..Options::default()
    }
}

fn learned() -> Options {
    Options {
        noise: Noise::Learned {
            false_bad: (1.0, 9.0),
            false_good: (1.0, 9.0),
        },
        no_culprit: Some(0.0),
        ..Options::default()
    }
}

/// Which versions are bad if `culprit` is to blame.
fn bad_ones(parents: &[Vec<u32>], culprit: usize) -> Vec<bool> {
    let mut bad: Vec<bool> = Vec::new();
    for (version, parents) in parents.iter().enumerate() {
        bad.push(version == culprit || parents.iter().any(|parent| bad[*parent as usize]));
    }
    bad
}

/// A history of which all are ancestors of the last.
fn histories() -> impl Strategy<Value = Vec<Vec<u32>>> {
    prop::collection::vec((any::<u32>(), any::<u32>(), any::<bool>()), 1..12).prop_map(|draws| {
        let mut parents: Vec<Vec<u32>> = vec![vec![]];
        for (place, (first, second, merge)) in (1..).zip(draws) {
            let mut own = vec![first % place];
            if merge && second % place != own[0] {
                own.push(second % place);
            }
            parents.push(own);
        }
        let count = u32::try_from(parents.len()).unwrap();
        let heads = (0..count).filter(|version| !parents.iter().flatten().any(|it| it == version));
        let heads: Vec<u32> = heads.collect();
        parents.push(heads);
        parents
    })
}

/// Whether a search that always sees the truth ends, and how.
fn play(parents: &[Vec<u32>], options: Options, culprit: usize, slots: usize) -> Found {
    let bad = bad_ones(parents, culprit);
    let mut search = Search::new(History::new(parents).unwrap(), options).unwrap();
    for _ in 0..1000 {
        let next = search.next(slots);
        if let Some(found) = next.found {
            return found;
        }
        assert!(!next.start.is_empty(), "nothing is going on");
        for start in next.start {
            let trials = start.trials;
            let bad = if bad[start.candidate.index()] {
                trials
            } else {
                0
            };
            let good = trials - bad;
            search.observe(start.candidate, Seen::Trials { good, bad });
        }
    }
    panic!("it does not end");
}

proptest! {
    #[test]
    fn a_culprit_is_found_if_no_trial_happens_to_be_wrong(
        parents in histories(),
        culprit in any::<prop::sample::Index>(),
        slots in 1_usize..5,
    ) {
        let culprit = culprit.index(parents.len());
        for options in [known(0.1, 0.1), known(0.2, 0.0), known(0.0, 0.3), known(0.0, 0.0), learned()] {
            if options.noise == learned().noise && culprit == 0 {
                // Without a version that is known to be good the rates cannot be told.
                continue;
            }
            let found = play(&parents, options, culprit, slots);
            let right = matches!(found, Found::Culprit { candidate, .. } if candidate.index() == culprit);
            prop_assert!(right, "{found:?} instead of {culprit}");
        }
    }

    #[test]
    fn what_is_believed_is_what_bayes_says_in_any_order(
        parents in histories(),
        seen in prop::collection::vec((any::<prop::sample::Index>(), 0_u32..3, 0_u32..3), 0..8),
        false_bad in 0.01..0.4_f64,
        false_good in 0.01..0.4_f64,
    ) {
        let mut options = known(false_bad, false_good);
        options.no_culprit = Some(0.2);
        let count = parents.len();
        let mut weights: Vec<f64> = (0..count).map(|_| 0.8 / count as f64).chain([0.2]).collect();
        let history = || History::new(&parents).unwrap();
        let mut forward = Search::new(history(), options.clone()).unwrap();
        let mut backward = Search::new(history(), options).unwrap();
        let seen: Vec<(usize, u32, u32)> =
            seen.into_iter().map(|(index, good, bad)| (index.index(count), good, bad)).collect();
        for (version, good, bad) in &seen {
            let candidate = Candidate(u32::try_from(*version).unwrap());
            forward.observe(candidate, Seen::Trials { good: *good, bad: *bad });
            for (culprit, weight) in weights.iter_mut().enumerate() {
                let is_bad = culprit < count && bad_ones(&parents, culprit)[*version];
                let chance = if is_bad { 1.0 - false_good } else { false_bad };
                *weight *= chance.powi(*bad as i32) * (1.0 - chance).powi(*good as i32);
            }
        }
        for (version, good, bad) in seen.iter().rev() {
            let candidate = Candidate(u32::try_from(*version).unwrap());
            backward.observe(candidate, Seen::Trials { good: *good, bad: *bad });
        }
        let most = weights.iter().copied().fold(0.0, f64::max) / weights.iter().sum::<f64>();
        let told = forward.progress().confidence.unwrap();
        prop_assert!((told - most).abs() < 1e-9, "{told} instead of {most}");
        let reversed = backward.progress().confidence.unwrap();
        prop_assert!((told - reversed).abs() < 1e-9, "{told} or {reversed}");
    }

    #[test]
    fn no_observation_makes_a_number_that_is_none(
        seen in prop::collection::vec((0_u32..20, 0..u32::MAX, 0..u32::MAX, any::<bool>()), 0..12),
        rate in prop::sample::select(vec![0.0, 1e-9, 0.1, 0.49]),
    ) {
        for options in [known(rate, rate), known(0.0, rate), learned()] {
            let mut search = Search::new(History::linear(20).unwrap(), options).unwrap();
            for (version, good, bad, judged) in &seen {
                let seen = match judged {
                    true => Seen::Trials { good: *good, bad: *bad },
                    false => Seen::Untestable(SkipKind::BuildBroken),
                };
                search.observe(Candidate(*version), seen);
                let progress = search.progress();
                prop_assert!(progress.confidence.is_some_and(|it| (0.0..=1.0).contains(&it)));
                let next = search.next(3);
                prop_assert!(next.found.is_some() || !next.start.is_empty());
                for start in next.start {
                    search.withdraw(start.candidate);
                }
            }
        }
    }
}

#[test]
fn what_no_version_tells_apart_is_named_together() {
    let mut search = Search::new(History::linear(8).unwrap(), known(0.1, 0.1)).unwrap();
    for _ in 0..200 {
        let next = search.next(1);
        if let Some(found) = next.found {
            let Found::Ambiguous {
                suspects,
                untestable,
                assumed,
            } = found
            else {
                panic!("{found:?}");
            };
            assert_eq!(suspects, [3, 4, 5].map(Candidate));
            assert_eq!(untestable, [3, 4].map(Candidate));
            assert_eq!(assumed, []);
            return;
        }
        for start in next.start {
            let seen = match start.candidate.0 {
                3 | 4 => Seen::Untestable(SkipKind::BuildBroken),
                version => Seen::Trials {
                    good: u32::from(version < 4),
                    bad: u32::from(version >= 4),
                },
            };
            search.observe(start.candidate, seen);
        }
    }
    panic!("it does not end");
}

#[test]
fn a_flake_is_cleared_at_the_newest_version() {
    let mut options = known(0.1, 0.0);
    options.no_culprit = Some(0.6);
    options.confidence = 0.9999;
    let mut search = Search::new(History::linear(1000).unwrap(), options).unwrap();
    let next = search.next(1);
    assert_eq!(next.start[0].candidate, Candidate(999));
    search.observe(Candidate(999), Seen::Trials { good: 1, bad: 0 });
    assert!(matches!(
        search.next(1).found,
        Some(Found::NoCulprit { .. })
    ));
}

#[test]
fn a_spent_budget_leaves_the_likeliest_suspects() {
    let mut options = known(0.1, 0.1);
    options.budget = Some(2);
    let mut search = Search::new(History::linear(4).unwrap(), options).unwrap();
    for _ in 0..2 {
        let start = search.next(1).start[0];
        search.observe(start.candidate, Seen::Trials { good: 0, bad: 1 });
    }
    let Some(Found::Undecided { suspects }) = search.next(1).found else {
        panic!("it is not undecided");
    };
    assert_eq!(suspects[0].0, Candidate(0));
    let sum: f64 = suspects.iter().map(|(_, weight)| weight).sum();
    assert!((0.99..=1.0 + 1e-9).contains(&sum), "{sum}");
}

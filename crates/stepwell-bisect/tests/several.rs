//! More than one change to blame, and what comes before and after a search.

#![cfg(test)]

use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use stepwell_bisect::*;
use stepwell_event::SkipKind;

fn candidates(places: &[u32]) -> Vec<Candidate> {
    places.iter().copied().map(Candidate).collect()
}

/// The graph of the example of Git's documentation: two branches, merged and both gone on with.
///
/// ```text
/// 0 - 1 - 2 - 4 - 6
///      \     /
///       3 - 5 - 7
/// ```
fn forked() -> History {
    let parents = [
        vec![],
        vec![0],
        vec![1],
        vec![1],
        vec![2, 5],
        vec![3],
        vec![4],
        vec![5],
    ];
    // Parents come first: 5 is before 4 in time.
    let order = [0, 1, 2, 3, 5, 4, 6, 7];
    let place = |version: u32| order.iter().position(|it| *it == version).unwrap() as u32;
    let parents: Vec<Vec<u32>> = order
        .iter()
        .map(|version| {
            parents[*version as usize]
                .iter()
                .map(|it| place(*it))
                .collect()
        })
        .collect();
    History::new(&parents).unwrap()
}

#[test]
fn a_later_culprit_is_looked_for_with_the_first_one_taken_back() {
    let rest = forked().without(Candidate(2)).unwrap();
    assert_eq!(rest.versions, candidates(&[3, 4, 5, 6, 7]));
    assert_eq!(rest.reverted, [false, false, true, true, false]);
    assert_eq!(rest.history.parents(Candidate(2)), candidates(&[1]));
    let line = History::linear(5).unwrap();
    assert_eq!(line.without(Candidate(4)), None);
    let rest = line.without(Candidate(1)).unwrap();
    assert_eq!(rest.versions, candidates(&[2, 3, 4]));
    assert_eq!(rest.reverted, [true; 3]);
}

/// Plays searches for failures that begin at different versions.
fn play(
    culprits: &BTreeMap<&'static str, u32>,
    shows_all: bool,
) -> (Signatures<&'static str>, u32) {
    let history = History::linear(200).unwrap();
    let options = Options::default();
    let mut searches = Signatures::new(&history, &options, culprits.keys().copied()).unwrap();
    let mut runs = 0;
    let mut running = BTreeSet::new();
    while !searches.is_done() {
        let next = searches.next(2 - running.len());
        running.retain(|it| !next.cancel.contains(it));
        for start in next.start {
            runs += 1;
            assert!(running.insert(start.candidate));
        }
        let Some(candidate) = running.pop_first() else {
            continue;
        };
        let mut shown = culprits
            .iter()
            .filter(|(_, culprit)| candidate.0 >= **culprit);
        let signatures: BTreeSet<&str> = if shows_all {
            shown.map(|(signature, _)| *signature).collect()
        } else {
            shown
                .next()
                .map(|(signature, _)| *signature)
                .into_iter()
                .collect()
        };
        let judged = match signatures.is_empty() {
            true => Judged::Good,
            false => Judged::Bad {
                signatures,
                shows_all,
            },
        };
        searches.observe(candidate, &judged);
    }
    (searches, runs)
}

#[test]
fn each_failure_gets_its_own_culprit_and_judgements_are_shared() {
    let culprits = BTreeMap::from([("link", 20), ("test", 150), ("unit", 90)]);
    let (searches, runs) = play(&culprits, true);
    for (signature, culprit) in culprits {
        let candidate = Candidate(culprit);
        let expected = Found::Culprit {
            candidate,
            confidence: 1.0,
        };
        assert_eq!(searches.found()[signature], expected);
    }
    assert!(runs < 30, "{runs}");
    assert!(searches.others().is_empty());
}

#[test]
fn a_failure_that_hides_another_never_makes_it_good() {
    // Whatever is after version 50 fails to link, so that nothing is known of the tests there.
    let culprits = BTreeMap::from([("link", 50), ("test", 150)]);
    let (searches, _) = play(&culprits, false);
    let candidate = Candidate(50);
    assert_eq!(
        searches.found()["link"],
        Found::Culprit {
            candidate,
            confidence: 1.0
        }
    );
    let Found::Ambiguous { suspects, .. } = &searches.found()["test"] else {
        panic!("{:?}", searches.found());
    };
    assert!(suspects.contains(&Candidate(150)));
    assert!(!suspects.contains(&Candidate(49)));
}

#[test]
fn a_failure_that_the_bad_version_does_not_show_is_told() {
    let history = History::linear(3).unwrap();
    let mut searches = Signatures::new(&history, &Options::default(), ["a"]).unwrap();
    let signatures = BTreeSet::from(["b"]);
    searches.observe(
        Candidate(1),
        &Judged::Bad {
            signatures,
            shows_all: true,
        },
    );
    assert_eq!(searches.others()["b"], BTreeSet::from([Candidate(1)]));
}

proptest! {
    #[test]
    fn changes_that_are_bad_only_together_are_found(
        count in 1_u32..200,
        together in prop::collection::btree_set(0_u32..200, 1..5),
        clash in prop::collection::btree_set(0_u32..200, 0..3),
    ) {
        let together: BTreeSet<u32> = together.iter().map(|it| it % count).collect();
        // Changes of which some but not all are there do not build.
        let clash: BTreeSet<u32> = clash.iter().map(|it| it % count).collect();
        let mut interaction = Interaction::new(count);
        let mut judged = BTreeSet::new();
        loop {
            match interaction.step() {
                Step::Judge(changes) => {
                    prop_assert!(judged.insert(changes.clone()));
                    let there = clash.intersection(&changes).count();
                    let outcome = if there > 0 && there < clash.len() {
                        Outcome::Untestable
                    } else if together.is_subset(&changes) {
                        Outcome::Bad
                    } else {
                        Outcome::Good
                    };
                    interaction.observe(changes, outcome);
                }
                Step::Found { changes, is_confirmed, is_least } => {
                    if is_confirmed {
                        prop_assert!(together.is_subset(&changes));
                    }
                    if is_least {
                        prop_assert_eq!(&changes, &together);
                    }
                    if clash.len() < 2 {
                        prop_assert!(is_confirmed && is_least);
                    }
                    break;
                }
            }
        }
    }

    #[test]
    fn the_changes_of_a_batch_are_sorted(
        count in 0_u32..70,
        bad in prop::collection::btree_set(0_u32..70, 0..20),
        skipped in prop::collection::btree_set(0_u32..70, 0..5),
    ) {
        let mut batch = Batch::new(count);
        let mut runs = 0;
        while let Some(group) = batch.wanted() {
            runs += 1;
            prop_assert!(!group.is_empty());
            batch.observe(if skipped.range(group.clone()).next().is_some() {
                Outcome::Untestable
            } else if bad.range(group).next().is_some() {
                Outcome::Bad
            } else {
                Outcome::Good
            });
        }
        let mut sorted = batch.sorted().clone();
        sorted.good.sort_unstable();
        sorted.bad.sort_unstable();
        sorted.untestable.sort_unstable();
        let all = || 0..count;
        let untestable: Vec<u32> = all().filter(|it| skipped.contains(it)).collect();
        let is_bad = |it: &u32| bad.contains(it) && !skipped.contains(it);
        prop_assert_eq!(&sorted.untestable, &untestable);
        prop_assert_eq!(&sorted.bad, &all().filter(is_bad).collect::<Vec<_>>());
        prop_assert_eq!(sorted.good.len() + sorted.bad.len() + untestable.len(), count as usize);
        prop_assert!(runs <= 2 * count);
    }
}

#[test]
fn a_good_half_makes_the_other_bad_without_a_judgement() {
    let mut batch = Batch::new(2);
    let mut groups = Vec::new();
    while let Some(group) = batch.wanted() {
        batch.observe(if group.contains(&1) {
            Outcome::Bad
        } else {
            Outcome::Good
        });
        groups.push(group);
    }
    assert_eq!(groups, [0..2, 0..1]);
    assert_eq!(batch.sorted().bad, [1]);
}

#[test]
fn a_judgement_that_cannot_be_made_leaves_all_suspects_of_a_hidden_failure() {
    let history = History::linear(2).unwrap();
    let mut searches = Signatures::new(&history, &Options::default(), ["a"]).unwrap();
    let start = searches.next(1).start[0];
    searches.withdraw(start.candidate);
    assert_eq!(searches.next(1).start, [start]);
    searches.observe(start.candidate, &Judged::Untestable(SkipKind::BuildBroken));
    searches.next(1);
    let left: Vec<u32> = searches
        .progress()
        .map(|(_, progress)| progress.left)
        .collect();
    assert_eq!(left, [2]);
    assert!(matches!(searches.found()["a"], Found::Ambiguous { .. }));
}

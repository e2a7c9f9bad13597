//! More than one change to blame.

#![cfg(test)]

use proptest::prelude::*;
use std::collections::BTreeSet;
use stepwell_bisect::*;

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

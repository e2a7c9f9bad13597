//! More than one change to blame: section 2.6 of the reference.

use crate::random::Random;
use crate::table::{Cell, Reference, Setting, Table};
use std::collections::BTreeSet;
use stepwell_bisect::{Batch, Interaction, Outcome, Step};

/// Batches of independent changes.
pub(crate) fn batches(setting: &Setting) -> Vec<Table> {
    let rows = [
        (0.005, 64, 0.059, 0.045),
        (0.01, 64, 0.099, 0.081),
        (0.02, 32, 0.169, 0.141),
        (0.05, 16, 0.328, 0.286),
        (0.10, 8, 0.518, 0.469),
        (0.25, 2, 0.844, 0.811),
    ];
    let mut table = Table::new("judgements for each change of a batch, halved, with inference");
    for (probability, size, reference, floor) in rows {
        let mut random = Random::new(setting.seed);
        let mut judged = 0_u32;
        let trials = setting.trials * 10;
        for _ in 0..trials {
            let bad: BTreeSet<u32> = (0..size).filter(|_| random.happens(probability)).collect();
            let mut batch = Batch::new(size);
            while let Some(group) = batch.wanted() {
                judged += 1;
                let is_bad = bad.range(group).next().is_some();
                batch.observe(if is_bad { Outcome::Bad } else { Outcome::Good });
            }
            let mut sorted = batch.sorted().bad.clone();
            sorted.sort_unstable();
            assert!(sorted.iter().eq(&bad), "a change was sorted wrongly");
        }
        let each = f64::from(judged) / f64::from(trials * size);
        table.row(
            format!("{} % bad, {size} at a time", probability * 100.0),
            vec![
                Cell::new("judged", each, Reference::AtMost(reference, 0.01)),
                Cell::new("entropy", floor, Reference::Unknown),
            ],
        );
    }
    vec![table]
}

/// Changes that are bad only together.
pub(crate) fn interactions(setting: &Setting) -> Vec<Table> {
    let rows = [
        (1, 1000, 14.9),
        (2, 100, 18.2),
        (2, 1000, 27.7),
        (3, 100, 25.1),
        (3, 1000, 39.2),
    ];
    let mut table =
        Table::new("judgements to find d changes that are bad only together, one to confirm");
    for (needed, count, reference) in rows {
        let mut random = Random::new(setting.seed);
        let mut judged = 0_u32;
        let trials = setting.trials / 5;
        for _ in 0..trials {
            let mut together = BTreeSet::new();
            while together.len() < needed {
                together.insert(random.below(count));
            }
            let mut interaction = Interaction::new(count);
            let found = loop {
                match interaction.step() {
                    Step::Found { changes, .. } => break changes,
                    Step::Judge(changes) => {
                        judged += 1;
                        let is_bad = together.is_subset(&changes);
                        let outcome = if is_bad { Outcome::Bad } else { Outcome::Good };
                        interaction.observe(changes, outcome);
                    }
                }
            };
            assert_eq!(found, together, "another set was found");
        }
        let mean = f64::from(judged) / f64::from(trials);
        table.row(
            format!("d = {needed}, n = {count}"),
            vec![Cell::new(
                "judged",
                mean,
                Reference::AtMost(reference, 0.01),
            )],
        );
    }
    vec![table]
}

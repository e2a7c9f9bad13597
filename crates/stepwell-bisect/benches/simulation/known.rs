//! Searches that know how often trials are wrong: section 7 of the reference.

use crate::noisy::Game;
use crate::play::{mean_and_p95, one_by_one};
use crate::random::Random;
use crate::table::{Cell, ROUNDED, Reference, Setting, Table};
use stepwell_bisect::{Candidate, Found, History, Options, Search, Seen};

/// How many times as many games as were asked for are played where half a percent is to be seen: they are
/// cheap.
const MORE: u32 = 4;

/// A search that takes every verdict at its word, and gets one from several trials of a version.
fn deflaked(
    setting: &Setting,
    mut judge: impl FnMut(&mut Random, bool) -> (bool, u32),
) -> Vec<Cell> {
    let mut random = Random::new(setting.seed);
    let mut right = 0;
    let runs = (0..setting.trials).map(|_| {
        let culprit = random.below(1000);
        let history = History::linear(1000).unwrap_or_else(|error| unreachable!("{error}"));
        let search = Search::new(history, Options::default())
            .unwrap_or_else(|error| unreachable!("{error}"));
        let mut trials = 0;
        let (found, _) = one_by_one(search, |candidate: Candidate| {
            let (bad, count) = judge(&mut random, candidate.0 >= culprit);
            trials += count;
            let bad = u32::from(bad);
            Seen::Trials { good: 1 - bad, bad }
        });
        right += u32::from(
            matches!(found, Some(Found::Culprit { candidate, .. }) if candidate.0 == culprit),
        );
        trials
    });
    let (mean, p95) = mean_and_p95(runs.collect());
    vec![
        Cell::new("runs", mean, Reference::Unknown),
        Cell::new("p95", p95, Reference::Unknown),
        Cell::new(
            "right",
            f64::from(right) / f64::from(setting.trials),
            Reference::Unknown,
        ),
    ]
}

/// What most of so many trials say, which ends as soon as that is certain.
fn majority(random: &mut Random, bad: bool, rate: f64, of: u32) -> (bool, u32) {
    let mut votes = [0; 2];
    loop {
        let verdict = bad != random.happens(rate);
        let [good, bad] = &mut votes;
        let vote = if verdict { bad } else { good };
        *vote += 1;
        if *vote * 2 > of {
            return (verdict, votes.iter().sum());
        }
    }
}

/// Both sides are wrong equally often.
pub(crate) fn symmetric(setting: &Setting) -> Vec<Table> {
    let mut plain =
        Table::new("1000 suspects, both sides wrong equally often, verdicts taken at their word");
    for (rate, counts) in [
        (0.0, &[1][..]),
        (0.01, &[1, 3, 5, 9]),
        (0.1, &[1, 3, 5, 9, 15]),
        (0.3, &[1, 3, 5, 9, 15, 31, 51]),
    ] {
        for of in counts {
            plain.row(
                format!("{rate}: most of {of}"),
                deflaked(setting, |random, bad| majority(random, bad, rate, *of)),
            );
        }
    }
    let mut weighed = Table::new("the same, weighed");
    let confidences = [0.9, 0.95, 0.99, 0.999];
    for (rate, references) in [
        // No way to ask takes fewer: 24 of 1000 leaves of a binary tree at depth 9, the others at 10.
        (
            0.0,
            [(9.976, 1.0), (9.976, 1.0), (9.976, 1.0), (9.976, 1.0)],
        ),
        (
            0.01,
            [(10.5, 0.961), (10.8, 0.971), (12.6, 0.999), (12.7, 0.9998)],
        ),
        (
            0.1,
            [(19.0, 0.943), (19.8, 0.968), (22.1, 0.995), (24.6, 0.9996)],
        ),
        (
            0.3,
            [
                (83.4, 0.918),
                (89.7, 0.961),
                (100.7, 0.992),
                (115.4, 0.9993),
            ],
        ),
    ] {
        for (confidence, (runs, right)) in confidences.into_iter().zip(references) {
            let summary = Game::known(rate, rate, confidence).play(&setting.times(MORE));
            let mut cells = summary.cells(Some(runs), Some(right));
            cells.push(summary.stated_cell());
            weighed.row(format!("{rate}: sure to {confidence}"), cells);
        }
    }
    vec![plain, weighed]
}

/// Only one side is ever wrong.
pub(crate) fn one_sided(setting: &Setting) -> Vec<Table> {
    let mut plain =
        Table::new("1000 suspects, only good versions are found bad, any good trial is believed");
    for (rate, counts) in [
        (0.01, &[1, 2, 4][..]),
        (0.1, &[1, 2, 4, 6]),
        (0.3, &[1, 2, 4, 6, 8]),
    ] {
        for of in counts {
            plain.row(
                format!("{rate}: any of {of}"),
                deflaked(setting, |random, bad| {
                    let good = (1..=*of).find(|_| !bad && !random.happens(rate));
                    (good.is_none(), good.unwrap_or(*of))
                }),
            );
        }
    }
    let mut weighed = Table::new("the same, weighed");
    for (rate, references) in [
        (0.01, [(0.99, 11.2, 0.9998), (0.999, 11.3, 0.9999)]),
        (0.1, [(0.99, 14.3, 0.9975), (0.999, 15.4, 0.9999)]),
        (0.3, [(0.99, 21.9, 0.995), (0.999, 24.1, 0.9995)]),
    ] {
        for (confidence, runs, right) in references {
            let summary = Game::known(rate, 0.0, confidence).play(&setting.times(MORE));
            let cells = summary.cells(Some(runs), Some(right));
            weighed.row(format!("{rate}: sure to {confidence}"), cells);
        }
    }
    let mut rare = Table::new("1000 suspects, only bad versions are found good, sure to 0.99");
    for (rate, runs) in [(0.1, 14.3), (0.3, 21.9), (0.7, 61.8)] {
        let summary = Game::known(0.0, rate, 0.99).play(&setting.times(MORE));
        rare.row(format!("{rate}"), summary.cells(Some(runs), Some(0.99)));
    }
    vec![plain, weighed, rare]
}

/// Two of five failures are flakes: no version is to blame.
pub(crate) fn flakes(setting: &Setting) -> Vec<Table> {
    let mut tables = Vec::new();
    for (title, suspects, believed, factor, references) in [
        (
            "1000 suspects or none, all believed equally",
            1000,
            1.0 / 1001.0,
            1.0,
            [(12.0, 0.9999), (16.2, 0.9999), (26.0, 1.0)],
        ),
        (
            "1000 suspects, none with 40 %",
            1000,
            0.4,
            1.0,
            [(8.5, 1.0), (11.4, 1.0), (18.1, 1.0)],
        ),
        (
            "the same, rates believed to be a third",
            1000,
            0.4,
            1.0 / 3.0,
            [(8.0, 0.9998), (10.9, 0.9986), (21.8, 0.983)],
        ),
        (
            "32 suspects, none with 40 %",
            32,
            0.4,
            1.0,
            [(5.4, 1.0), (7.5, 1.0), (11.9, 0.9998)],
        ),
    ] {
        let mut table = Table::new(format!(
            "{title}; two of five failures are flakes, sure to 0.9999"
        ));
        for (rate, (runs, right)) in [0.01, 0.1, 0.3].into_iter().zip(references) {
            let mut game = Game::known(rate * factor, 0.0, 0.9999);
            game.rates = (rate, 0.0);
            game.suspects = suspects;
            game.no_culprit = 0.4;
            game.options.no_culprit = Some(believed);
            let summary = game.play(&setting.times(MORE));
            let mut cells = summary.cells(Some(runs), Some(right));
            let culprits = summary.ends.iter().filter(|(.., culprit)| *culprit);
            let found = culprits.clone().filter(|(_, right, _)| *right).count();
            let part = found as f64 / culprits.count() as f64;
            cells.push(Cell::new("right with a culprit", part, Reference::Unknown));
            table.row(format!("{rate}"), cells);
        }
        tables.push(table);
    }
    tables
}

/// Judgements side by side.
pub(crate) fn slots(setting: &Setting) -> Vec<Table> {
    let mut table =
        Table::new("1000 suspects, both sides wrong equally often, side by side, sure to 0.99");
    let slots = [1, 2, 4, 8];
    for (rate, references) in [
        (0.0, [9.98, 6.54, 4.75, 3.55]),
        (0.01, [12.6, 7.9, 5.2, 4.1]),
        (0.1, [22.1, 13.4, 8.5, 5.8]),
        (0.3, [101.0, 59.0, 33.5, 19.2]),
    ] {
        for (slots, rounds) in slots.into_iter().zip(references) {
            let mut game = Game::known(rate, rate, 0.99);
            game.slots = slots;
            let summary = game.play(&setting.times(MORE));
            let mut cells = summary.cells(None, Some(0.992));
            let (mean, error) = summary.mean();
            let tolerance = 3.0 * error / mean + ROUNDED / rounds;
            let reference = Reference::AtMost(rounds, tolerance);
            cells.push(Cell::new("rounds", summary.rounds(), reference));
            table.row(format!("{rate}: {slots} at a time"), cells);
        }
    }
    vec![table]
}

/// What is believed at first helps.
pub(crate) fn informed(setting: &Setting) -> Vec<Table> {
    let mut table = Table::new("1000 suspects, half of the weight on 50 of them, sure to 0.99");
    for (rate, runs) in [(0.0, 8.98), (0.1, 19.7), (0.3, 90.7)] {
        let mut game = Game::known(rate, rate, 0.99);
        let weight = |place: u32| if place % 20 == 7 { 0.01 } else { 0.5 / 950.0 };
        game.weights = (0..1000).map(weight).collect();
        game.options.prior.clone_from(&game.weights);
        let summary = game.play(&setting.times(MORE));
        table.row(format!("{rate}"), summary.cells(Some(runs), None));
    }
    vec![table]
}

/// Several trials at one judgement save builds.
pub(crate) fn visits(setting: &Setting) -> Vec<Table> {
    let mut table = Table::new("1000 suspects, several trials at each judgement, sure to 0.99");
    for (rate, rows) in [
        (
            0.1,
            &[(1, 22.1, 15.2), (2, 15.6, 10.5), (5, 10.6, 10.3)][..],
        ),
        (
            0.3,
            &[
                (1, 101.0, 41.6),
                (2, 54.0, 18.7),
                (8, 18.4, 12.6),
                (20, 11.8, 10.6),
            ],
        ),
    ] {
        for (trials, judgements, versions) in rows {
            let mut game = Game::known(rate, rate, 0.99);
            game.options.trials = *trials;
            let summary = game.play(&setting.times(MORE));
            let (mean, error) = summary.mean();
            let tolerance = 3.0 * error / mean + ROUNDED / judgements;
            let (visits, builds) = summary.visits();
            table.row(
                format!("{rate}: {trials} trials"),
                vec![
                    Cell::new(
                        "judgements",
                        visits,
                        Reference::AtMost(*judgements, tolerance),
                    ),
                    Cell::new("builds", builds, Reference::AtMost(*versions, tolerance)),
                    Cell::new("runs", mean, Reference::Unknown),
                    Cell::new("right", summary.accuracy(), Reference::AtLeast(0.99, 0.003)),
                ],
            );
        }
    }
    vec![table]
}

//! Several judgements side by side: section 2.4 of the reference.

use crate::play::{Cost, side_by_side};
use crate::random::Random;
use crate::table::{Cell, Reference, Setting, Table};
use stepwell_bisect::{History, Options, Search};

fn search() -> Search {
    let history = History::linear(1000).unwrap_or_else(|error| unreachable!("{error}"));
    Search::new(history, Options::default()).unwrap_or_else(|error| unreachable!("{error}"))
}

/// Rounds and judgements in step over all culprits.
pub(crate) fn rounds(_setting: &Setting) -> Vec<Table> {
    let rows = [
        (1, 9.976, 10.0, 9.98, 10.0),
        (2, 6.542, 7.0, 12.54, 13.0),
        (3, 5.0, 5.0, 14.93, 15.0),
        (4, 4.75, 5.0, 16.75, 17.0),
        (5, 4.0, 4.0, 18.68, 19.0),
        (7, 3.976, 4.0, 21.98, 22.0),
        (8, 3.542, 4.0, 24.54, 25.0),
        (10, 3.0, 3.0, 27.29, 28.0),
        (15, 3.0, 3.0, 32.93, 33.0),
        (31, 2.0, 2.0, 61.26, 62.0),
    ];
    let mut table = Table::new("1000 suspects, k judgements of the same length side by side");
    for (slots, rounds, most_rounds, runs, most_runs) in rows {
        let play = |culprit| side_by_side(search(), slots, true, culprit, || 1.0);
        let costs: Vec<Cost> = (0..1000).map(play).collect();
        let mean = |number: fn(&Cost) -> u32| {
            costs
                .iter()
                .map(|cost| f64::from(number(cost)))
                .sum::<f64>()
                / 1000.0
        };
        let most =
            |number: fn(&Cost) -> u32| f64::from(costs.iter().map(number).max().unwrap_or(0));
        table.row(
            format!("k = {slots}"),
            vec![
                Cell::new(
                    "rounds",
                    mean(|it| it.rounds),
                    Reference::AtMost(rounds, 0.001),
                ),
                Cell::new(
                    "most",
                    most(|it| it.rounds),
                    Reference::AtMost(most_rounds, 0.0),
                ),
                Cell::new("runs", mean(|it| it.runs), Reference::AtMost(runs, 0.001)),
                Cell::new(
                    "most",
                    most(|it| it.runs),
                    Reference::AtMost(most_runs, 0.0),
                ),
            ],
        );
    }
    vec![table]
}

/// How long searches take if judgements do not all take as long.
pub(crate) fn makespan(setting: &Setting) -> Vec<Table> {
    let slots = [2, 3, 4, 7, 8, 15];
    let rows = [
        (
            0.0,
            [
                (6.54, 6.54, 12.5),
                (5.0, 5.0, 14.9),
                (4.74, 4.75, 16.8),
                (3.98, 3.97, 22.0),
                (3.54, 3.55, 24.6),
                (3.0, 3.0, 32.9),
            ],
        ),
        (
            0.5,
            [
                (8.11, 6.33, 12.1),
                (7.09, 4.97, 13.7),
                (6.90, 4.32, 15.4),
                (6.29, 3.32, 19.0),
                (6.04, 3.18, 20.2),
                (5.62, 2.53, 26.7),
            ],
        ),
        (
            1.0,
            [
                (9.18, 5.90, 11.1),
                (8.74, 4.49, 11.9),
                (8.72, 3.81, 12.7),
                (8.56, 2.87, 14.4),
                (8.53, 2.73, 14.9),
                (8.50, 2.23, 18.0),
            ],
        ),
    ];
    let mut tables = Vec::new();
    for (variation, references) in rows {
        let mut table = Table::new(format!(
            "1000 suspects, durations of mean 1 and CV {variation}: in step, then asynchronously"
        ));
        for (slots, (in_step, freely, busy)) in slots.into_iter().zip(references) {
            let (together, _) = means(setting, slots, true, variation);
            let (time, machine) = means(setting, slots, false, variation);
            table.row(
                format!("k = {slots}"),
                vec![
                    Cell::new("in step", together, Reference::AtMost(in_step, 0.015)),
                    Cell::new("freely", time, Reference::AtMost(freely, 0.015)),
                    Cell::new("busy", machine, Reference::AtMost(busy, 0.015)),
                ],
            );
        }
        tables.push(table);
    }
    tables
}

/// The mean time and machine time.
fn means(setting: &Setting, slots: usize, in_step: bool, variation: f64) -> (f64, f64) {
    let mut random = Random::new(setting.seed);
    let (mut time, mut busy) = (0.0, 0.0);
    for _ in 0..setting.trials {
        let culprit = random.below(1000);
        let duration = || random.lognormal(variation);
        let cost = side_by_side(search(), slots, in_step, culprit, duration);
        time += cost.time;
        busy += cost.busy;
    }
    let trials = f64::from(setting.trials);
    (time / trials, busy / trials)
}

//! Searches without noise, one judgement after the other: sections 2.1 to 2.3 and 2.7 of the reference.

use crate::play::{Gap, mean_and_p95, one_by_one, verdict};
use crate::random::Random;
use crate::table::{Cell, Reference, Setting, Table};
use stepwell_bisect::{Candidate, Found, History, Options, Order, Rounding, Search};

fn search(count: u32, options: Options) -> Search {
    let history = History::linear(count).unwrap_or_else(|error| unreachable!("{error}"));
    Search::new(history, options).unwrap_or_else(|error| unreachable!("{error}"))
}

/// Mean and most judgements over all culprits.
pub(crate) fn halving(_setting: &Setting) -> Vec<Table> {
    let mut table =
        Table::new("judgements over all culprits, n versions of which the first is good");
    let rows = [
        (7, 2.667, 3.0),
        (10, 3.222, 4.0),
        (100, 6.707, 7.0),
        (1000, 9.975, 10.0),
    ];
    for (count, mean, most) in rows {
        for rounding in [Rounding::Down, Rounding::Up] {
            let runs: Vec<u32> = (0..count - 1)
                .map(|culprit| {
                    let options = Options {
                        rounding,
                        ..Options::default()
                    };
                    one_by_one(search(count - 1, options), |it| verdict(it, culprit)).1
                })
                .collect();
            let highest = runs.iter().max().copied().unwrap_or(0);
            table.row(
                format!("n = {count}, {rounding:?}"),
                vec![
                    Cell::new(
                        "mean",
                        mean_and_p95(runs).0,
                        Reference::AtMost(mean, 0.0005),
                    ),
                    Cell::new("most", f64::from(highest), Reference::AtMost(most, 0.0)),
                ],
            );
        }
    }
    vec![table]
}

/// Searches among versions that cannot be judged.
pub(crate) fn skips(setting: &Setting) -> Vec<Table> {
    type Draw = fn(&mut Random) -> Gap;
    let rows: [(&str, Draw, [f64; 3], [f64; 3]); 5] = [
        (
            "10 % at random",
            |it| Gap::scattered(it, 999, 0.1),
            [11.2, 15.0, 0.815],
            [11.1, 14.0, 0.814],
        ),
        (
            "30 % at random",
            |it| Gap::scattered(it, 999, 0.3),
            [14.5, 21.0, 0.495],
            [14.1, 19.0, 0.488],
        ),
        (
            "a block of 100",
            |it| Gap::block(it, 100),
            [12.4, 29.0, 0.899],
            [22.5, 113.0, 0.893],
        ),
        (
            "a block of 300",
            |it| Gap::block(it, 300),
            [17.3, 31.0, 0.687],
            [103.8, 317.0, 0.707],
        ),
        (
            "a block of 100 around the middle",
            |it| Gap::middle(it, 100),
            [13.4, 30.0, 0.896],
            [22.0, 112.0, 0.907],
        ),
    ];
    let mut edges =
        Table::new("1000 versions of which some cannot be judged, ends of stretches looked for");
    let mut git = Table::new("the same as Git searches");
    for (label, draw, ours, theirs) in rows {
        edges.row(
            label,
            skip_cells(setting, (setting.trials, 0.03), draw, Order::Halving, ours),
        );
        git.row(
            label,
            skip_cells(
                setting,
                (setting.trials / 5, 0.05),
                draw,
                Order::Git,
                theirs,
            ),
        );
    }
    vec![edges, git]
}

/// The tolerance of few trials is larger.
fn skip_cells(
    setting: &Setting,
    (trials, tolerance): (u32, f64),
    draw: fn(&mut Random) -> Gap,
    order: Order,
    [mean, p95, unique]: [f64; 3],
) -> Vec<Cell> {
    let mut random = Random::new(setting.seed);
    let mut found = 0;
    let runs = (0..trials).map(|_| {
        let gap = draw(&mut random);
        let culprit = random.below(1000);
        let options = Options {
            order,
            ..Options::default()
        };
        let judge = |it| gap.verdict(it, culprit);
        let (outcome, runs) = one_by_one(search(1000, options), judge);
        let right =
            matches!(outcome, Some(Found::Culprit { candidate, .. }) if candidate.0 == culprit);
        found += u32::from(right);
        runs
    });
    let (measured_mean, measured_p95) = mean_and_p95(runs.collect());
    vec![
        Cell::new("runs", measured_mean, Reference::AtMost(mean, tolerance)),
        Cell::new("p95", measured_p95, Reference::AtMost(p95, 0.07)),
        Cell::new(
            "unique",
            f64::from(found) / f64::from(trials),
            Reference::AtLeast(unique, tolerance / 2.0),
        ),
    ]
}

/// Looking back from the newest.
pub(crate) fn recent(setting: &Setting) -> Vec<Table> {
    let mut table = Table::new("1000 versions, looking back from the newest in growing steps");
    let mut random = Random::new(setting.seed);
    let mut runs = (Vec::new(), Vec::new());
    for _ in 0..setting.trials {
        // The age is geometric of mean 20.
        let age = ((1.0 - random.unit()).ln() / (1.0_f64 - 1.0 / 20.0).ln()) as u32;
        let culprit = 999_u32.saturating_sub(age);
        for (order, runs) in [(Order::Recent, &mut runs.0), (Order::Halving, &mut runs.1)] {
            let options = Options {
                order,
                ..Options::default()
            };
            runs.push(one_by_one(search(1000, options), |it| verdict(it, culprit)).1);
        }
    }
    table.row(
        "a culprit of mean age 20",
        vec![
            Cell::new("back", mean_and_p95(runs.0).0, Reference::AtMost(7.4, 0.02)),
            Cell::new("halving", mean_and_p95(runs.1).0, Reference::Unknown),
        ],
    );
    let mut latest = (0, 0);
    let mut back = Vec::new();
    for _ in 0..setting.trials {
        let mut cuts = [random.below(1000), random.below(1000), random.below(1000)];
        cuts.sort_unstable();
        let [worse, better, again] = cuts;
        let judge = |it: Candidate| {
            let is_bad = (worse..better).contains(&it.0) || it.0 >= again;
            verdict(it, if is_bad { 0 } else { 1000 })
        };
        for (order, latest) in [
            (Order::Recent, &mut latest.0),
            (Order::Halving, &mut latest.1),
        ] {
            let options = Options {
                order,
                ..Options::default()
            };
            let (found, runs) = one_by_one(search(1000, options), judge);
            let is_latest =
                matches!(found, Some(Found::Culprit { candidate, .. }) if candidate.0 == again);
            *latest += u32::from(is_latest);
            if order == Order::Recent {
                back.push(runs);
            }
        }
    }
    let share = |latest: u32| f64::from(latest) / f64::from(setting.trials);
    table.row(
        "good, bad, good, bad",
        vec![
            Cell::new(
                "back: latest",
                share(latest.0),
                Reference::AtLeast(0.782, 0.015),
            ),
            Cell::new("runs", mean_and_p95(back).0, Reference::AtMost(15.0, 0.03)),
            Cell::new(
                "halving: latest",
                share(latest.1),
                Reference::AtLeast(0.494, 0.015),
            ),
        ],
    );
    vec![table]
}

/// Versions that do not cost the same, over all culprits.
pub(crate) fn costs(setting: &Setting) -> Vec<Table> {
    type Draw = fn(&mut Random, u32) -> f64;
    let rows: [(&str, Draw, f64); 4] = [
        (
            "10 % cached at 0.1",
            |it, _| if it.happens(0.1) { 0.1 } else { 1.0 },
            4.12,
        ),
        (
            "30 % cached at 0.1",
            |it, _| if it.happens(0.3) { 0.1 } else { 1.0 },
            2.65,
        ),
        (
            "every 16th prebuilt at 0.05",
            |_, place| if place % 16 == 15 { 0.05 } else { 1.0 },
            4.15,
        ),
        ("lognormal, CV 1", |it, _| it.lognormal(1.0), 3.63),
    ];
    let mut table =
        Table::new("cost of a search among 128 versions, all culprits, 600 draws of costs");
    for (label, draw, reference) in rows {
        let mut random = Random::new(setting.seed);
        let (mut ours, mut best, mut plain) = (0.0, 0.0, 0.0);
        for _ in 0..600 {
            let costs: Vec<f64> = (0..128).map(|place| draw(&mut random, place)).collect();
            ours += mean_cost(
                &costs,
                Options {
                    costs: costs.clone(),
                    ..Options::default()
                },
            );
            plain += mean_cost(&costs, Options::default());
            best += optimum(&costs);
        }
        table.row(
            label,
            vec![
                Cell::new("ours", ours / 600.0, Reference::AtMost(reference, 0.02)),
                Cell::new("to optimum", ours / best, Reference::AtMost(1.015, 0.0)),
                Cell::new("halving", plain / 600.0, Reference::Unknown),
            ],
        );
    }
    vec![table]
}

fn mean_cost(costs: &[f64], options: Options) -> f64 {
    let mut sum = 0.0;
    for culprit in 0..128 {
        let judge = |it: Candidate| {
            sum += costs.get(it.index()).copied().unwrap_or(0.0);
            verdict(it, culprit)
        };
        one_by_one(search(128, options.clone()), judge);
    }
    sum / 128.0
}

/// What the best search costs in the mean, by trying all.
fn optimum(costs: &[f64]) -> f64 {
    let count = costs.len();
    // The sum over the culprits `first..=last` at `first * count + last`.
    let mut table = vec![0.0_f64; count * count];
    for width in 1..count {
        for first in 0..count - width {
            let last = first + width;
            let at = |from: usize, to: usize| table.get(from * count + to).copied().unwrap_or(0.0);
            let whole = (width + 1) as f64;
            let sums = (first..last).zip(costs.iter().skip(first));
            let sums =
                sums.map(|(place, cost)| cost * whole + at(first, place) + at(place + 1, last));
            let best = sums.fold(f64::INFINITY, f64::min);
            if let Some(slot) = table.get_mut(first * count + last) {
                *slot = best;
            }
        }
    }
    table.get(count - 1).copied().unwrap_or(0.0) / count as f64
}

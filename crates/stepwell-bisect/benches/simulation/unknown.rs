//! Searches that learn how often trials are wrong, and how far what they say of themselves is true.

use crate::noisy::{Game, Summary};
use crate::table::{Cell, Reference, Setting, Table};

/// Suspects, true rates, confidence, and what the reference has: trials and accuracy.
type Row = (u32, (f64, f64), f64, Option<(f64, f64)>);

const ROWS: &[Row] = &[
    (1000, (0.0, 0.0), 0.95, Some((18.0, 1.0))),
    (1000, (0.01, 0.01), 0.95, Some((19.0, 1.0))),
    (1000, (0.1, 0.1), 0.95, Some((32.5, 0.9957))),
    (1000, (0.1, 0.1), 0.99, Some((37.2, 0.9992))),
    (1000, (0.1, 0.0), 0.95, Some((23.5, 0.9997))),
    (1000, (0.0, 0.1), 0.95, None),
    (1000, (0.2, 0.2), 0.95, None),
    (1000, (0.3, 0.3), 0.95, Some((179.0, 0.929))),
    (1000, (0.3, 0.0), 0.95, None),
    (1000, (0.0, 0.3), 0.95, None),
    (128, (0.0, 0.0), 0.95, None),
    (128, (0.01, 0.01), 0.95, None),
    (128, (0.1, 0.1), 0.95, Some((26.3, 0.997))),
    (128, (0.2, 0.2), 0.95, Some((58.6, 0.963))),
    (128, (0.3, 0.3), 0.95, Some((143.0, 0.929))),
    (128, (0.3, 0.0), 0.95, None),
    (128, (0.0, 0.3), 0.95, None),
];

/// Rates that are learned, believed to be Beta(1, 9) at first.
pub(crate) fn learned(setting: &Setting) -> Vec<Table> {
    let mut table = Table::new("rates that are learned from Beta(1, 9)");
    let mut all = Vec::new();
    for (suspects, rates, confidence, reference) in ROWS {
        let summary = Game::learned(*suspects, *rates, *confidence).play(setting);
        let runs = reference.map(|(runs, _)| runs);
        let right = reference.map_or(*confidence, |(_, right)| right.max(*confidence));
        let mut cells = summary.cells(runs, Some(right));
        cells.push(summary.stated_cell());
        let (false_bad, false_good) = rates;
        let label = format!("{suspects}, {false_bad} and {false_good}, {confidence}");
        table.row(label, cells);
        all.push(summary);
    }
    vec![
        table,
        bins("all of these, by how sure they were said to be", &all),
    ]
}

/// How often conclusions were right, by how sure they were said to be.
fn bins(title: &str, summaries: &[Summary]) -> Table {
    let mut table = Table::new(title);
    let edges = [
        0.5,
        0.9,
        0.95,
        0.98,
        0.99,
        0.995,
        0.998,
        0.999,
        1.0 + f64::EPSILON,
    ];
    for (low, high) in edges.into_iter().zip(edges.into_iter().skip(1)) {
        let ends = summaries.iter().flat_map(|summary| &summary.ends);
        let inside: Vec<(f64, bool)> = ends
            .filter(|(stated, ..)| (low..high).contains(stated))
            .map(|(stated, right, _)| (*stated, *right))
            .collect();
        if inside.is_empty() {
            continue;
        }
        let count = inside.len() as f64;
        let stated = inside.iter().map(|(stated, _)| stated).sum::<f64>() / count;
        let right = inside.iter().filter(|(_, right)| *right).count() as f64 / count;
        let error = (right * (1.0 - right) / count).sqrt();
        let tolerance = 0.4 * error / 0.001;
        let reference = Reference::AtMost(0.005, tolerance);
        table.row(
            format!("{low} to {:.3}", high.min(1.0)),
            vec![
                Cell::new("conclusions", count, Reference::Unknown),
                Cell::new("stated", stated, Reference::Unknown),
                Cell::new("right", right, Reference::Unknown),
                Cell::new("+-", error, Reference::Unknown),
                Cell::new("|stated - right|", (stated - right).abs(), reference),
            ],
        );
    }
    table
}

/// How far known rates make what is said of conclusions true.
pub(crate) fn calibration(setting: &Setting) -> Vec<Table> {
    let rates = [(0.01, 0.01), (0.1, 0.1), (0.3, 0.3), (0.1, 0.0), (0.0, 0.3)];
    let mut all = Vec::new();
    for (false_bad, false_good) in rates {
        for confidence in [0.9, 0.95, 0.99] {
            let mut game = Game::known(false_bad, false_good, confidence);
            game.suspects = 128;
            all.push(game.play(setting));
        }
    }
    vec![bins(
        "128 suspects, rates that are known, by how sure conclusions were said to be",
        &all,
    )]
}

//! How long it takes to choose the next version among many:
//! `cargo bench -p stepwell-bisect --bench next`.

#![expect(clippy::print_stdout, reason = "prints figures")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use stepwell_bisect::{History, Options, Search, Seen};

const COUNT: u32 = 100_000;

fn main() {
    println!("choices among {COUNT} versions, milliseconds");
    let line = (0..COUNT).map(|version| version.checked_sub(1).into_iter().collect());
    measure("a line", line.collect());
    measure("merges of branches of 1 to 8", merges(8, 20));
    measure("merges of branches of 1 to 300", merges(300, 200));
    measure("50 branches that merge one another", branches(50));
    measure("2000 branches that merge one another", branches(2000));
    measure("every other version merges any older", wild());
}

/// A line into which branches are merged that began at most `back` versions before.
fn merges(longest: u32, back: u32) -> Vec<Vec<u32>> {
    let mut draws = Draws(1);
    let mut parents: Vec<Vec<u32>> = vec![Vec::new()];
    let mut head = 0;
    let mut line = vec![0];
    while parents.len() + longest as usize + 1 < COUNT as usize {
        let at = line.len() as u32 - 1;
        let from = at.saturating_sub(draws.below(back));
        let mut branch = line.get(from as usize).copied().unwrap_or(0);
        for _ in 0..=draws.below(longest) {
            parents.push(vec![branch]);
            branch = parents.len() as u32 - 1;
        }
        parents.push(vec![head, branch]);
        head = parents.len() as u32 - 1;
        line.push(head);
    }
    parents
}

/// Branches side by side, each of which merges another now and then.
fn branches(count: u32) -> Vec<Vec<u32>> {
    let mut draws = Draws(2);
    let mut parents: Vec<Vec<u32>> = vec![Vec::new()];
    let mut heads: Vec<u32> = vec![0; count as usize];
    while parents.len() + count as usize <= COUNT as usize {
        let own = draws.below(count) as usize;
        let other = draws.below(count) as usize;
        let mut from = BTreeSet::new();
        from.extend(heads.get(own));
        if draws.below(3) == 0 {
            from.extend(heads.get(other));
        }
        parents.push(from.into_iter().collect());
        if let Some(head) = heads.get_mut(own) {
            *head = parents.len() as u32 - 1;
        }
    }
    join(parents)
}

/// The worst for sets of ancestors.
fn wild() -> Vec<Vec<u32>> {
    let mut draws = Draws(3);
    let mut parents: Vec<Vec<u32>> = vec![Vec::new()];
    for version in 1..COUNT - 1 {
        let mut from = BTreeSet::from([version - 1]);
        if version % 2 == 0 {
            from = BTreeSet::from([draws.below(version), draws.below(version)]);
        }
        parents.push(from.into_iter().collect());
    }
    join(parents)
}

/// Merges all heads, two at a time.
fn join(mut parents: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
    let has_child: BTreeSet<u32> = parents.iter().flatten().copied().collect();
    let mut heads: Vec<u32> = (0..parents.len() as u32)
        .filter(|version| !has_child.contains(version))
        .collect();
    while let (Some(one), Some(other)) = (heads.pop(), heads.pop()) {
        parents.push(vec![one, other]);
        heads.insert(0, parents.len() as u32 - 1);
    }
    parents
}

/// A whole search, in which every other version is bad.
fn measure(label: &str, parents: Vec<Vec<u32>>) {
    let Ok(history) = History::new(&parents) else {
        return;
    };
    let merges = parents.iter().filter(|parents| parents.len() > 1).count();
    let Ok(mut search) = Search::new(history, Options::default()) else {
        return;
    };
    let mut times = Vec::new();
    loop {
        let begin = Instant::now();
        let next = search.next(1);
        times.push(begin.elapsed());
        let Some(start) = next.start.first() else {
            break;
        };
        let bad = (times.len() % 2) as u32;
        search.observe(start.candidate, Seen::Trials { good: 1 - bad, bad });
    }
    let shown = |time: &Duration| format!("{:.2}", time.as_secs_f64() * 1000.0);
    let first: Vec<String> = times.iter().take(4).map(shown).collect();
    let rest: Duration = times.iter().skip(4).sum();
    println!(
        "  {label:<38} {merges:>6} merges: {} and {} for {} more",
        first.join(", "),
        shown(&rest),
        times.len().saturating_sub(4)
    );
}

/// Numbers that are the same in every run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(end)) as u32
    }
}

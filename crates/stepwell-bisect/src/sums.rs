//! How much each version of a graph leads to: the sum over itself and all its ancestors.
//!
//! Ancestors of a merge can be ancestors of several of its parents and count once, so sets have to be
//! united; sets of all ancestors of all versions are too large. Three things keep it fast and small.
//! A version with one parent that has no other child adds itself to its parent's sum, so only such
//! chains are looked at. Sets are made for [`WIDTH`] chains at a time, in one sweep over the chains
//! after them. A sweep ends as soon as everything that follows leads to all chains of the sweep, which
//! in most histories is soon.

use crate::history::{Candidate, History};

/// Words of a set.
const WORDS: usize = 8;

/// Chains of one sweep.
const WIDTH: usize = 64 * WORDS;

/// A version that is none of those looked at.
const NONE: u32 = u32::MAX;

/// Neighbours of which each but the first has one parent, and each but the last one child.
#[derive(Default)]
struct Chain {
    /// Its first version's parents, all of which end chains.
    parents: Vec<u32>,
    /// The last chain that has it as a parent; 0 if there is none.
    last_child: u32,
    total: u64,
    /// What the chains that it comes from sum up to.
    base: u64,
}

/// The sums of `versions`, which are in order; others are no ancestors.
pub(crate) fn sums(
    history: &History,
    versions: &[Candidate],
    mass: impl Fn(Candidate) -> u32,
) -> Vec<u64> {
    let (mut chains, places) = chains(history, versions, mass);
    unite(&mut chains);
    let base = |chain: u32| chains.get(chain as usize).map_or(0, |chain| chain.base);
    let sums = places.iter().map(|(chain, sum)| base(*chain) + sum);
    sums.collect()
}

/// The chains in order, and for each version its chain and the sum in that chain up to it.
fn chains(
    history: &History,
    versions: &[Candidate],
    mass: impl Fn(Candidate) -> u32,
) -> (Vec<Chain>, Vec<(u32, u64)>) {
    let mut chain_of = vec![NONE; history.len()];
    let mut children = vec![0_u8; history.len()];
    for version in versions {
        for parent in history.parents(*version) {
            if let Some(children) = children.get_mut(parent.index()) {
                *children = children.saturating_add(1);
            }
        }
    }
    let mut chains: Vec<Chain> = Vec::new();
    let mut places = Vec::with_capacity(versions.len());
    let mut parents: Vec<u32> = Vec::new();
    for version in versions {
        parents.clear();
        let mut only_child = true;
        for parent in history.parents(*version) {
            let chain = chain_of.get(parent.index()).copied().unwrap_or(NONE);
            if chain != NONE && !parents.contains(&chain) {
                parents.push(chain);
                only_child &= children.get(parent.index()) == Some(&1);
            }
        }
        let chain = match parents.as_slice() {
            [parent] if only_child => *parent,
            _ => {
                let chain = u32::try_from(chains.len()).unwrap_or(NONE);
                for parent in &parents {
                    if let Some(parent) = chains.get_mut(*parent as usize) {
                        parent.last_child = chain;
                    }
                }
                chains.push(Chain {
                    parents: parents.clone(),
                    ..Chain::default()
                });
                chain
            }
        };
        if let Some(slot) = chain_of.get_mut(version.index()) {
            *slot = chain;
        }
        let Some(sums) = chains.get_mut(chain as usize) else {
            continue;
        };
        sums.total += u64::from(mass(*version));
        places.push((chain, sums.total));
    }
    (chains, places)
}

/// Finds the base of each chain.
fn unite(chains: &mut [Chain]) {
    let roots = chains.iter().rposition(|chain| chain.parents.is_empty());
    let last_root = roots.unwrap_or(0);
    let mut sums = vec![0_u64; chains.len()];
    // What is added to every sum from a place on.
    let mut onwards = vec![0_u64; chains.len() + 1];
    let unended = unended(chains);
    for (start, block) in (0..).step_by(WIDTH).zip(chains.chunks(WIDTH)) {
        let mut sweep = Sweep::new(start, block);
        sweep.unsettled = unended.get(start).copied().unwrap_or(0);
        let end = sweep.run(chains, last_root, &mut sums);
        if let Some(onwards) = onwards.get_mut(end) {
            *onwards += sweep.total;
        }
    }
    let mut everything = 0;
    for place in 0..chains.len() {
        everything += onwards.get(place).copied().unwrap_or(0);
        let base = match chains.get(place).map(|chain| chain.parents.as_slice()) {
            None | Some([]) => 0,
            Some([parent]) => {
                let parent = chains.get(*parent as usize);
                parent.map_or(0, |parent| parent.base + parent.total)
            }
            Some(_) => everything + sums.get(place).copied().unwrap_or(0),
        };
        if let Some(chain) = chains.get_mut(place) {
            chain.base = base;
        }
    }
}

/// How many chains before each place have a child at it or after it.
fn unended(chains: &[Chain]) -> Vec<usize> {
    let mut ends = vec![0; chains.len() + 1];
    let mut unended = Vec::with_capacity(chains.len());
    let mut now = 0;
    for (place, chain) in chains.iter().enumerate() {
        unended.push(now);
        now -= ends.get(place).copied().unwrap_or(0);
        let last_child = chain.last_child as usize;
        if last_child > place {
            now += 1;
            if let Some(ends) = ends.get_mut(last_child) {
                *ends += 1;
            }
        }
    }
    unended
}

/// One sweep.
struct Sweep {
    start: usize,
    /// What all chains of the sweep sum up to.
    total: u64,
    /// A set of all of them.
    full: [u64; WORDS],
    /// The chains whose total has a certain bit, so that a set is summed up by counting.
    planes: Vec<(u32, [u64; WORDS])>,
    /// Which chains of the sweep each chain leads to, itself included.
    rows: Vec<[u64; WORDS]>,
    /// Chains that have children still to come and do not lead to the whole sweep.
    unsettled: usize,
}

impl Sweep {
    fn new(start: usize, block: &[Chain]) -> Self {
        let mut sweep = Self {
            start,
            total: 0,
            full: [0; WORDS],
            planes: Vec::new(),
            rows: Vec::new(),
            unsettled: 0,
        };
        let totals = block.iter().map(|chain| chain.total);
        let all = totals.clone().fold(0, |all, total| all | total);
        sweep.total = totals.sum();
        let set = |holds: &dyn Fn(&Chain) -> bool| {
            let mut set = [0; WORDS];
            for (word, chains) in set.iter_mut().zip(block.chunks(64)) {
                for (bit, chain) in chains.iter().enumerate() {
                    *word |= u64::from(holds(chain)) << bit;
                }
            }
            set
        };
        sweep.full = set(&|_| true);
        for power in (0..u64::BITS).filter(|power| all >> power & 1 == 1) {
            let plane = set(&|chain| chain.total >> power & 1 == 1);
            sweep.planes.push((power, plane));
        }
        sweep
    }

    /// Adds to `sums` what each merge leads to, but for itself, up to a place from which on everything
    /// leads to the whole sweep. Returns that place.
    fn run(&mut self, chains: &[Chain], last_root: usize, sums: &mut [u64]) -> usize {
        for (place, chain) in chains.iter().enumerate().skip(self.start) {
            let row = self.unite(&chain.parents);
            if chain.parents.len() > 1
                && let Some(sum) = sums.get_mut(place)
            {
                *sum += self.sum(&row);
            }
            self.push(row, place);
            let ended = chain.parents.iter().filter(|parent| {
                let parent = **parent as usize;
                let is_last = |chain: &Chain| chain.last_child as usize == place;
                chains.get(parent).is_some_and(is_last) && !self.is_full(parent)
            });
            self.unsettled -= ended.count();
            if chain.last_child as usize > place && !self.is_full(place) {
                self.unsettled += 1;
            }
            let ends = self.start + WIDTH;
            if self.unsettled == 0 && place + 1 >= ends && place >= last_root {
                return place + 1;
            }
        }
        chains.len()
    }

    fn row(&self, place: usize) -> Option<&[u64; WORDS]> {
        self.rows.get(place.checked_sub(self.start)?)
    }

    fn is_full(&self, place: usize) -> bool {
        self.row(place) == Some(&self.full)
    }

    fn unite(&self, parents: &[u32]) -> [u64; WORDS] {
        let mut united = [0; WORDS];
        for parent in parents {
            if let Some(row) = self.row(*parent as usize) {
                for (word, other) in united.iter_mut().zip(row) {
                    *word |= other;
                }
            }
        }
        united
    }

    fn push(&mut self, mut row: [u64; WORDS], place: usize) {
        let bit = place - self.start;
        if let Some(word) = row.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
        self.rows.push(row);
    }

    fn sum(&self, row: &[u64; WORDS]) -> u64 {
        if *row == self.full {
            return self.total;
        }
        if *row == [0; WORDS] {
            return 0;
        }
        let sums = self.planes.iter().map(|(power, plane)| {
            let words = row.iter().zip(plane);
            let count: u32 = words.map(|(word, plane)| (word & plane).count_ones()).sum();
            u64::from(count) << power
        });
        sums.sum()
    }
}

//! The choices of Git, to the letter, for those who compare.
//!
//! Git does not always take the best version. It computes weights in a certain order and takes the
//! first that is about half of the whole: within one half, or within about 0.1 % of many. Weights of
//! versions without parents are known from the start and never looked at in this way. Once a version
//! was skipped, even if it is no suspect any more, it sorts all by how evenly they cut and, if the best
//! of them is skipped, jumps to one that a pseudo-random number of its own decides.

use crate::history::Candidate;

/// A suspect that counts, as Git sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighed {
    pub(super) candidate: Candidate,
    /// How many suspects that count it leads to, itself included.
    pub(super) weight: u64,
    /// How many of its parents are suspects.
    pub(super) parents: usize,
    pub(super) skipped: bool,
    /// Its place in the order of names.
    pub(super) rank: u32,
}

/// How evenly a version cuts.
fn distance(weighed: &Weighed, all: u64) -> u64 {
    weighed.weight.min(all.saturating_sub(weighed.weight))
}

fn is_about_half(weight: u64, all: u64) -> bool {
    let difference = (2 * weight).abs_diff(all);
    difference <= 1 || difference < all / 1024
}

/// What Git judges next among all suspects, which are in order; the last is bad.
pub(super) fn next(suspects: &[Weighed], has_skipped: bool) -> Option<Candidate> {
    let all = suspects.len() as u64;
    if has_skipped {
        return around_skipped(suspects, all);
    }
    let half = |merge: bool| {
        suspects.iter().find(|weighed| {
            let turn = if merge {
                weighed.parents > 1
            } else {
                weighed.parents == 1
            };
            turn && is_about_half(weighed.weight, all)
        })
    };
    let best = || suspects.iter().rev().max_by_key(|it| distance(it, all));
    let next = half(true).or_else(|| half(false)).or_else(best)?;
    Some(next.candidate)
}

/// What Git judges next when some versions cannot be judged; nothing if only those are left.
fn around_skipped(suspects: &[Weighed], all: u64) -> Option<Candidate> {
    let bad = suspects.last()?.candidate;
    let mut sorted: Vec<&Weighed> = suspects.iter().collect();
    sorted.sort_by_key(|weighed| (std::cmp::Reverse(distance(weighed, all)), weighed.rank));
    let best = *sorted.first()?;
    sorted.retain(|weighed| !weighed.skipped);
    let next = if best.skipped {
        let index = jump(sorted.len() as u64);
        match sorted.get(index) {
            Some(next) if next.candidate != bad => Some(*next),
            Some(_) if index > 0 => sorted.get(index - 1).copied(),
            _ => sorted.first().copied(),
        }
    } else {
        Some(best)
    };
    next.map(|next| next.candidate).filter(|next| *next != bad)
}

/// How far Git jumps among so many versions.
fn jump(count: u64) -> usize {
    const MODULO: u64 = 32768;
    let seeded = count.wrapping_mul(1_103_515_245).wrapping_add(12345);
    let number = (seeded & 0xffff_ffff) / 65536 % MODULO;
    let index = count * number / MODULO * number.isqrt() / MODULO.isqrt();
    usize::try_from(index).unwrap_or(usize::MAX)
}

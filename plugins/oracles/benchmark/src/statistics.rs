//! Whether numbers are larger than others, and by how much.
//!
//! Times of programs are not distributed normally and have outliers, so only their order counts: the
//! test of Mann and Whitney for two samples, the sign test for one sample and a bound, and Cliff's
//! delta for the size of the effect. All are one-sided: what is asked is whether the candidate is worse.

/// Up to so many numbers together their arrangements are counted; every count is exact in an `f64`.
const EXACT: usize = 50;

/// What speaks for "these are larger".
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Comparison {
    /// How likely it looks like this or clearer if they are not larger.
    pub(crate) p: f64,
    /// Cliff's delta: how much likelier one of these is larger than smaller; from -1 to 1.
    pub(crate) delta: f64,
}

/// Whether `these` are larger than `those`. Both are finite; nothing is known if one is empty.
pub(crate) fn larger(these: &[f64], those: &[f64]) -> Comparison {
    let pairs = these
        .iter()
        .flat_map(|a| those.iter().map(move |b| sign(*a, *b)));
    let balance: f64 = pairs.sum();
    let (n, m) = (these.len() as f64, those.len() as f64);
    if these.is_empty() || those.is_empty() {
        return Comparison { p: 1.0, delta: 0.0 };
    }
    let ranks = Ranks::of(these, those);
    let p = if these.len() + those.len() <= EXACT {
        ranks.counted()
    } else {
        ranks.approximated(balance, n, m)
    };
    Comparison {
        p,
        delta: balance / (n * m),
    }
}

/// 1 if `a` is larger, -1 if it is smaller.
fn sign(a: f64, b: f64) -> f64 {
    f64::from(i8::from(a > b) - i8::from(a < b))
}

/// Whether these are larger than `bound`.
pub(crate) fn larger_than(these: &[f64], bound: f64) -> Comparison {
    let larger = these.iter().filter(|number| **number > bound).count();
    let smaller = these.iter().filter(|number| **number < bound).count();
    let count = these.len().max(1) as f64;
    Comparison {
        p: heads(larger, larger + smaller),
        delta: (larger as f64 - smaller as f64) / count,
    }
}

/// How likely at least so many of `coins` coins show heads.
fn heads(at_least: usize, coins: usize) -> f64 {
    let mut ways = 1.0;
    let mut tail = 0.0;
    for shown in 0..=coins {
        if shown >= at_least {
            tail += ways;
        }
        ways *= (coins - shown) as f64 / (shown + 1) as f64;
    }
    tail / (coins as f64).exp2()
}

/// The middle number, or the mean of the middle two; 0 of none.
pub(crate) fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let upper = sorted.get(half).copied().unwrap_or_default();
    let lower = sorted
        .get(half.saturating_sub(1))
        .copied()
        .unwrap_or_default();
    if sorted.len() % 2 == 1 {
        upper
    } else {
        f64::midpoint(lower, upper)
    }
}

/// The numbers of two samples in their common order.
struct Ranks {
    /// Twice the rank of each number; equal numbers share the mean of their ranks, so it is twice.
    doubled: Vec<usize>,
    /// How many numbers are equal, for each number that there is.
    ties: Vec<usize>,
    /// How many of them are `these`, and the sum of their doubled ranks.
    taken: usize,
    sum: usize,
}

impl Ranks {
    fn of(these: &[f64], those: &[f64]) -> Self {
        let mine = these.iter().map(|number| (*number, true));
        let mut all: Vec<_> = mine
            .chain(those.iter().map(|number| (*number, false)))
            .collect();
        all.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let mut ranks = Self {
            doubled: Vec::with_capacity(all.len()),
            ties: Vec::new(),
            taken: these.len(),
            sum: 0,
        };
        for equal in all.chunk_by(|(a, _), (b, _)| a == b) {
            let before = ranks.doubled.len();
            // The mean of the ranks before + 1 to before + len.
            let doubled = 2 * before + equal.len() + 1;
            ranks.sum += doubled * equal.iter().filter(|(_, is_mine)| *is_mine).count();
            ranks.doubled.extend(equal.iter().map(|_| doubled));
            ranks.ties.push(equal.len());
        }
        ranks
    }

    /// Of all ways to choose as many of the ranks, the share whose sum is at least this one.
    fn counted(&self) -> f64 {
        let most: usize = self.doubled.iter().sum();
        // How many ways there are to choose so many ranks with this sum.
        let mut ways = vec![vec![0.0_f64; most + 1]; self.taken + 1];
        if let Some(none) = ways.first_mut().and_then(|sums| sums.first_mut()) {
            *none = 1.0;
        }
        for &rank in &self.doubled {
            // From the largest down, so that a rank is chosen once.
            for chosen in (0..self.taken).rev() {
                let (fewer, more) = ways.split_at_mut(chosen + 1);
                if let (Some(fewer), Some(more)) = (fewer.last(), more.first_mut()) {
                    let added = more.iter_mut().skip(rank).zip(fewer);
                    added.for_each(|(more, fewer)| *more += fewer);
                }
            }
        }
        let sums = ways.last().map(Vec::as_slice).unwrap_or_default();
        let all: f64 = sums.iter().sum();
        sums.iter().skip(self.sum).sum::<f64>() / all
    }

    /// The normal distribution, with the corrections for ties and for continuity.
    fn approximated(&self, balance: f64, n: f64, m: f64) -> f64 {
        let all = n + m;
        let cubes = self.ties.iter().map(|&tie| {
            let tie = tie as f64;
            tie * (tie * tie - 1.0)
        });
        let ties = cubes.sum::<f64>() / (all * (all - 1.0));
        let variance = n * m / 12.0 * (all + 1.0 - ties);
        if variance <= 0.0 {
            return 1.0;
        }
        // U is half of the balance above its mean.
        let z = (balance / 2.0 - 0.5) / variance.sqrt();
        0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    /// By going through all arrangements.
    fn enumerated(these: &[f64], those: &[f64]) -> f64 {
        let all: Vec<f64> = these.iter().chain(those).copied().collect();
        let statistic = |mask: u32| -> f64 {
            let is_in = |at: usize| mask & (1 << at) != 0;
            let mut sum = 0.0;
            for (i, a) in all.iter().enumerate().filter(|(i, _)| is_in(*i)) {
                for (j, b) in all.iter().enumerate().filter(|(j, _)| !is_in(*j)) {
                    assert_ne!(i, j);
                    sum += sign(*a, *b);
                }
            }
            sum
        };
        let observed = statistic((1 << these.len()) - 1);
        let masks = (0_u32..1 << all.len()).filter(|m| m.count_ones() as usize == these.len());
        let (mut extreme, mut total) = (0.0, 0.0);
        for mask in masks {
            total += 1.0;
            if statistic(mask) >= observed {
                extreme += 1.0;
            }
        }
        extreme / total
    }

    #[test]
    fn small_samples_are_counted_with_and_without_ties() {
        // Three larger than three others: 1 of the 20 arrangements.
        let clear = larger(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0]);
        close(clear.p, 1.0 / 20.0);
        close(clear.delta, 1.0);
        // U = 16 of 20: 12 of the 126 arrangements have one that is at least as large.
        close(
            larger(&[2.0, 7.0, 8.0, 9.0], &[1.0, 3.0, 4.0, 5.0, 6.0]).p,
            12.0 / 126.0,
        );
        for (these, those) in [
            (vec![1.0, 2.0, 2.0, 3.0], vec![1.0, 1.0, 2.0]),
            (vec![5.0, 5.0, 5.0], vec![5.0, 5.0, 5.0, 5.0]),
            (vec![1.0, 9.0, 9.0, 9.0, 12.0], vec![9.0, 2.0, 9.0, 3.0]),
            (vec![-3.0], vec![0.0, -0.0, 4.0]),
        ] {
            close(larger(&these, &those).p, enumerated(&these, &those));
        }
    }

    #[test]
    fn large_samples_are_nearly_what_counting_gives() {
        let these: Vec<f64> = (0..25).map(|i| f64::from(i % 9) + 2.0).collect();
        let those: Vec<f64> = (0..25).map(|i| f64::from(i % 11)).collect();
        let ranks = Ranks::of(&these, &those);
        let comparison = larger(&these, &those);
        let approximated = ranks.approximated(comparison.delta * 625.0, 25.0, 25.0);
        assert!(
            (comparison.p - approximated).abs() < 0.002,
            "{} {approximated}",
            comparison.p
        );
        // U = 2,697 of 3,600 with a standard deviation of 190.53: z = 4.7054.
        let these: Vec<f64> = (0..60).map(|i| f64::from(i) + 17.5).collect();
        let those: Vec<f64> = (0..60).map(f64::from).collect();
        let shifted = larger(&these, &those);
        close(shifted.delta, 2.0 * 2_697.0 / 3_600.0 - 1.0);
        assert!(
            (shifted.p / 1.266_814_24e-6 - 1.0).abs() < 1e-6,
            "{shifted:?}"
        );
    }

    #[test]
    fn without_a_difference_nothing_speaks_for_one() {
        let same = [3.0; 30];
        assert_eq!(larger(&same, &same), Comparison { p: 1.0, delta: 0.0 });
        assert_eq!(larger(&[], &same).p, 1.0);
        assert!(larger(&[1.0, 2.0], &[3.0, 4.0]).p > 0.99);
    }

    #[test]
    fn a_bound_is_compared_by_signs() {
        // 7 of 7 coins.
        let seven = larger_than(&[2.0; 7], 1.0);
        close(seven.p, 1.0 / 128.0);
        close(seven.delta, 1.0);
        // At least 8 of 10 coins: (45 + 10 + 1) / 1024; two are equal and do not count.
        let mixed = [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 0.0, 0.0, 1.0, 1.0];
        close(larger_than(&mixed, 1.0).p, 56.0 / 1024.0);
        close(larger_than(&mixed, 1.0).delta, 0.5);
        close(larger_than(&[1.0], 1.0).p, 1.0);
        close(larger_than(&[2.0; 200], 1.0).p, 0.5_f64.powi(200));
    }

    #[test]
    fn the_median_is_in_the_middle() {
        close(median(&[5.0, 1.0, 3.0]), 3.0);
        close(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        close(median(&[]), 0.0);
    }
}

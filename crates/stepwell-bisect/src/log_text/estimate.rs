//! What Git says of how far a search is.

/// How many versions are left to judge after this one, of `all` suspects of which it leads to `weight`.
#[must_use]
pub fn left(all: u32, weight: u32) -> u32 {
    all.saturating_sub(weight).saturating_sub(1)
}

/// About how many judgements are left after this one, of `all` suspects.
#[must_use]
pub fn steps(all: u32) -> u32 {
    if all < 3 {
        return 0;
    }
    let power = all.ilog2();
    let whole = 1_u64 << power;
    // One step less if most culprits are found before the last one.
    if whole < 3 * (u64::from(all) - whole) {
        power
    } else {
        power - 1
    }
}

/// The line that Git prints before each judgement.
#[must_use]
pub fn message(all: u32, weight: u32) -> String {
    let (left, steps) = (left(all, weight), steps(all));
    let revisions = if left == 1 { "revision" } else { "revisions" };
    let unit = if steps == 1 { "step" } else { "steps" };
    format!("Bisecting: {left} {revisions} left to test after this (roughly {steps} {unit})")
}
